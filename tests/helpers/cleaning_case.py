"""One customer and his cleaning: leads, verdicts, tasks, through the engine without Bytewax and RocksDB."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from plain_engine import PlainEngine

PHONE = "13812345678"
ALWAYS = {"opens": "00:00", "closes": "24:00"}
CONFIG: dict[str, Any] = {
    "channels": {"a": {"consent": True, "group": "vertical"}, "t": {"status": "TESTING", "consent": True}},
    "stores": {
        "SH1": {"city": "上海", **ALWAYS},
        "SZ1": {"city": "苏州", **ALWAYS},
        "DAY": {"city": "无锡"},
    },
    "cleaning": {"cost": {"AI": 0.5, "MANUAL": 3.0}},
}


def when(at: str) -> str:
    """ "01-02T10:00" or with seconds and milliseconds, of 2024 in Shanghai."""
    return f"2024-{at}{':00' if at.count(':') == 1 else ''}+08:00"


def ms(at: str) -> int:
    """The same as epoch ms."""
    return round(datetime.fromisoformat(when(at)).timestamp() * 1000)


_numbers = iter(range(1, 1 << 30))


def lead(at: str, **fields: Any) -> dict[str, Any]:
    """A raw lead of the customer; without `store` it names none."""
    record = {"type": "raw_lead", "channel": "a", "source_lead_id": f"L{next(_numbers)}", "phone": PHONE, **fields}
    return {**record, "event_time": when(at)}


def verdict(at: str, by: str, outcome: str, **fields: Any) -> dict[str, Any]:
    """A verdict; what it speaks of stands in `fields`."""
    return {"type": "verdict", "by": by, "outcome": outcome, **fields, "event_time": when(at)}


def act(at: str, kind: str, **fields: Any) -> dict[str, Any]:
    """An activity of the customer."""
    record = {"type": "activity", "activity_id": f"A{next(_numbers)}", "kind": kind, "phone": PHONE, **fields}
    return {**record, "event_time": when(at)}


class Cleaned(PlainEngine):
    """An engine that is fed record by record; every feeding goes on from the state of the one before."""

    def __init__(self, **tables: Any) -> None:
        merged = {**CONFIG, **tables}
        super().__init__(merged)
        self._fed = 0

    def feed(self, *records: dict[str, Any], until: str | None = None) -> None:
        """Apply these, then move the clock on to `until` inclusive."""
        lines = [(number, json.dumps(record).encode()) for number, record in enumerate(records, self._fed + 1)]
        self._fed += len(records)
        self.run({"raw_leads.jsonl": ("raw_lead", lines)}, None if until is None else ms(until))

    def tasks(self) -> list[dict[str, Any]]:
        """Every record of `cleaning_tasks`."""
        return self.outputs["cleaning_tasks"]

    def task(self) -> dict[str, Any]:
        """The latest one."""
        return self.tasks()[-1]

    def ends(self) -> list[tuple[str, str, list[str]]]:
        """(route, state, reasons) of every record of `cleaning_tasks`."""
        return [(record["route"], record["state"], record["reasons"]) for record in self.tasks()]

    def lead(self, n: int = 1) -> dict[str, Any]:
        """The last state of the customer's n-th unique lead."""
        return [record for record in self.outputs["unique_leads"] if record["unique_id"].endswith(f".u{n}")][-1]

    def status(self, n: int = 1) -> tuple[str, str, list[str]]:
        """(status, stage, conditions of its last hold)."""
        last = self.lead(n)
        holds = [record for record in self.outputs["holds"] if record["unique_id"] == last["unique_id"]]
        return last["status"], last["stage"], holds[-1]["conditions"] if holds else []

    def refused(self) -> list[list[str]]:
        """Reasons of every reject."""
        return [record["reasons"] for record in self.outputs["rejects"]]


ASKED = {
    "AI": {"rules": [{"route": "AI", "reason": "ASKED"}]},
    "MANUAL": {"rules": [{"route": "MANUAL", "reason": "ASKED"}]},
}
COST = {"cost": {"AI": 0.5, "MANUAL": 3.0}}


def opened(route: str, **fields: Any) -> Cleaned:
    """An engine with a lead whose task has this route."""
    engine = Cleaned(cleaning={**ASKED[route], **COST})
    engine.feed(lead("01-02T10:00", **{"store": "SH1", **fields}))
    return engine


def states(engine: Cleaned) -> list[tuple[str, str]]:
    """(route, state) of every record that ends a task, as `Cleaned.ends`."""
    return [(route, state) for route, state, _ in engine.ends()]
