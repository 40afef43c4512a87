"""A handful of records through the engine's rules, and what became of them in words that a worked example can state."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from plain_engine import PlainEngine

PHONE = "13812345678"
OTHER = "13900000000"
ALWAYS = {"opens": "00:00", "closes": "24:00"}
BASE: dict[str, Any] = {
    "channels": {"a": {"consent": True}, "b": {"consent": True, "priority": 50}, "t": {"status": "TESTING"}, "n": {}},
    "stores": {"S": ALWAYS, "Z": ALWAYS, "Y": ALWAYS},
}


def instant(text: str) -> str:
    """ "1 10:00" → 1 January 2024, 10:00 in Shanghai; seconds and milliseconds may follow."""
    day, _, time = text.partition(" ")
    return f"2024-01-{int(day):02}T{time}{':00' if time.count(':') == 1 else ''}+08:00"


def lead(source_id: str, at: str | None, store: str | None = "S", **more: Any) -> dict[str, Any]:
    """A raw lead of channel a; `at` None = without event time, store None = without store."""
    record = {"type": "raw_lead", "channel": "a", "source_lead_id": source_id, "phone": PHONE}
    if at is not None:
        record["event_time"] = instant(at)
    if store is not None:
        record["store"] = store
    return {**record, **more}


def act(activity_id: str, kind: str, at: str, store: str | None = "S", **more: Any) -> dict[str, Any]:
    """An activity of the usual customer."""
    record = {"type": "activity", "activity_id": activity_id, "kind": kind, "phone": PHONE, "event_time": instant(at)}
    if store is not None:
        record["store"] = store
    return {**record, **more}


def clock(at: str) -> dict[str, Any]:
    """A lead of somebody else that moves the clock."""
    return lead(f"clock {at}", at, "S", phone=OTHER)


class Story:
    """What the outputs say: marks by source id ("1#2" for a part), leads by the source id of their first touch."""

    def __init__(self, outputs: Mapping[str, list[dict[str, Any]]]) -> None:
        self.outputs = outputs
        of_raw: dict[str, str] = {}
        self.marks: dict[str, str] = {}
        for record in outputs["dispositions"]:
            split = record.get("split", 1)
            name = of_raw[record["raw_id"]] = record["source_lead_id"] + (f"#{split}" if split > 1 else "")
            self.marks[name] = record["mark"]
        last = {record["unique_id"]: record for record in outputs["unique_leads"]}
        raws: dict[str, set[str]] = {}
        for record in outputs["dispositions"]:
            for others in raws.values():
                others.discard(of_raw[record["raw_id"]])
            raws.setdefault(record["unique_id"], set()).add(of_raw[record["raw_id"]])
        self.leads = {
            of_raw[lead["first_touch_raw_id"]]: (
                lead["store"],
                lead["closed_reason"] or lead["status"],
                " ".join(sorted(raws.get(uid, ()))),
            )
            for uid, lead in last.items()
            if lead["closed_reason"] != "FOLDED"
        }
        self.marks = {name: mark for name, mark in self.marks.items() if _told(name)}
        self.leads = {name: lead for name, lead in self.leads.items() if _told(name)}
        first_of = {uid: of_raw[lead["first_touch_raw_id"]] for uid, lead in last.items()}

        def of(stream: str) -> list[tuple[str, dict[str, Any]]]:
            return [(first_of[r["unique_id"]], r) for r in outputs[stream] if _told(first_of[r["unique_id"]])]

        self.sent = sorted(
            [(name, r["store"], short(r["at"])) for name, r in of("dispatches")], key=lambda s: _day(s[2])
        )
        self.holds = [(name, " ".join(r["conditions"])) for name, r in of("holds")]
        self.closings = [(name, r["reason"], short(r["at"])) for name, r in of("closings")]
        self.refused = [" ".join(r["reasons"]) for r in outputs["rejects"]]
        self.changed = [" ".join(r.get("changed", ())) for r in outputs["replays"]]


def _told(name: str) -> bool:
    return not name.startswith("clock ")


def _day(at: str) -> tuple[int, str]:
    day, _, time = at.partition(" ")
    return int(day), time


def short(at: str) -> str:
    """The reverse of `instant`."""
    day, time = at[8:10], at[11:23]
    return f"{int(day)} {time.removesuffix('.000').removesuffix(':00')}"


def told(tables: Mapping[str, Any], *records: dict[str, Any], until: str | None = None, **feeds: Any) -> Story:
    """Run `records` as one feed, and each of `feeds` as a further one."""
    engine = PlainEngine({**BASE, **tables})
    parts = {"raw_leads.jsonl": list(records)} if records else {}
    parts |= {f"raw_leads_{name}.jsonl": list(given) for name, given in feeds.items()}
    end = None if until is None else int(datetime.fromisoformat(instant(until)).astimezone(UTC).timestamp() * 1000)
    lines = {
        name: ("raw_lead", [(number, json.dumps(record).encode()) for number, record in enumerate(given, 1)])
        for name, given in parts.items()
    }
    engine.run(lines, end)
    return Story(engine.outputs)
