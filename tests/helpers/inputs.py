"""Random short inputs for a handful of customers: everything that can meet at one key, with times on the bounds."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime, timedelta
from typing import Any

from oracle_reading import Line

DAY_MS = 86_400_000
HOUR_MS = 3_600_000
START_MS = 1_704_038_400_000  # 2024-01-01 00:00 in Shanghai
PHONES = ("13812345678", "13987654321", "021-12345678")

CONFIG: dict[str, Any] = {
    "periods": {"merge": 5, "deal_merge": 9, "max_life": 12, "late_hours": 72, "replay": 7},
    "channels": {
        "a": {"consent": True, "priority": 50},
        "b": {"consent": True},
        "c": {"consent": False, "late_hours": 24},
        "t": {"status": "TESTING", "consent": True},
        "o": {"group": "offline", "consent": True, "late_hours": 96},
    },
    "stores": {
        "S1": {"opens": "00:00", "closes": "24:00"},
        "S2": {"opens": "09:00", "closes": "18:00"},
        "S3": {"opens": "20:00", "closes": "04:00"},
        "R1": {"opens": "09:00", "closes": "18:00", "release_per_minute": 1},
        "L2": {"lines": ["used"]},
    },
    "series": {"short": {"merge": 2, "deal_merge": 3}},
}


def text_of(ms: int) -> str:
    """RFC 3339."""
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=ms)
    return moment.isoformat(timespec="milliseconds")


# The life after dispatch: short clocks of an owner, and rooms that a second customer fills. One deal period: else a later lead
# is deleted before an earlier one, and the oracle, which folds from nothing, decides anew (docs/decisions/0021).
OWNED_CONFIG: dict[str, Any] = {
    **CONFIG,
    "periods": {**CONFIG["periods"], "max_life": 30},
    "series": {"short": {"merge": 2}},
    "follow_up": {"first_hours": 24, "recycle_days": 3},
    "pools": {"cap": 1},
}


class Draw:
    """Draws the records of one input. `acts`, `agains` and `commands`: their share of the records."""

    def __init__(
        self,
        rng: random.Random,
        *,
        stores: list[Any],
        channels: str,
        phones: int = 1,
        acts: float,
        agains: float,
        commands: float = 0.0,
        advisors: tuple[str, ...] = (),
    ) -> None:
        self.rng = rng
        self.stores = stores
        self.channels = channels
        self.phones = phones
        self.shares = (acts, agains, commands)
        self.advisors = advisors
        self.now = START_MS + 10 * HOUR_MS
        self.leads: list[dict[str, Any]] = []
        self.acts: list[dict[str, Any]] = []
        self.commands: list[dict[str, Any]] = []
        self.number = 0

    def step(self) -> None:
        rng = self.rng
        steps = [0, 1, 60_000, HOUR_MS, 5 * HOUR_MS, DAY_MS - 1, DAY_MS, DAY_MS + 1, 2 * DAY_MS, 2 * DAY_MS + 1]
        steps += [3 * DAY_MS, 5 * DAY_MS - 1, 5 * DAY_MS, 5 * DAY_MS + 1, 9 * DAY_MS, 12 * DAY_MS + 1]
        self.now += rng.choice(steps[:7] * 2 + steps)

    def event_time(self) -> int:
        rng = self.rng
        back = rng.choice(
            [0, 0, 0, 0, 1, HOUR_MS, 12 * HOUR_MS, DAY_MS, 2 * DAY_MS, 72 * HOUR_MS, 72 * HOUR_MS + 1, 90 * HOUR_MS]
        )
        return self.now - back

    def lead(self) -> dict[str, Any]:
        rng = self.rng
        self.number += 1
        record: dict[str, Any] = {
            "type": "raw_lead",
            "channel": rng.choice(self.channels),
            "source_lead_id": str(self.number),
            "phone": PHONES[rng.randrange(self.phones)],
            "event_time": text_of(self.event_time()),
        }
        store = rng.choice(self.stores)
        if isinstance(store, list):
            record["stores"] = store
        elif store:
            record["store"] = store
        if rng.random() < 0.2:
            record["series"] = rng.choice(["short", "long"])
        if rng.random() < 0.15:
            record["consent"] = rng.random() < 0.6
        if rng.random() < 0.2:
            record["name"] = rng.choice(["王", "李"])
        if rng.random() < 0.05:
            record["line"] = "used"
        if rng.random() < 0.04:
            del record["event_time"]
        elif rng.random() < 0.04:
            record["ingest_time"] = text_of(self.now)
            record["event_time"] = text_of(self.now + rng.choice([300_000, 300_001, DAY_MS]))
        self.leads.append(record)
        return record

    def again(self) -> dict[str, Any]:
        rng = self.rng
        record = dict(rng.choice(self.leads))
        change = rng.random()
        if change < 0.5:
            store = rng.choice([s for s in self.stores if s] or ["S1"])
            record.pop("store", None)
            record.pop("stores", None)
            record["stores" if isinstance(store, list) else "store"] = store
        elif change < 0.6:
            record["name"] = "张"
        elif change < 0.7:
            record["consent"] = rng.random() < 0.5
        elif change < 0.75:
            record["phone"] = PHONES[rng.randrange(len(PHONES))]
        return record

    def kinds(self) -> list[str]:
        kinds = ["CALL", "VISIT", "LOST", "LOST", "INVALID", "PAID", "PAID", "REFUND", "OPT_OUT"]
        return [*kinds, "CALL", "CALL", "FOLLOW_UP", "VISIT", "CALL", "VISIT"] if self.advisors else kinds

    def act(self) -> dict[str, Any]:
        rng = self.rng
        self.number += 1
        if self.acts and rng.random() < 0.05:
            return rng.choice(self.acts)
        kind = rng.choice(self.kinds())
        record: dict[str, Any] = {
            "type": "activity",
            "activity_id": f"v{self.number}",
            "kind": kind,
            "phone": PHONES[rng.randrange(self.phones)],
            "event_time": text_of(self.event_time() - rng.choice([0, 0, 0, 600_000, 600_001])),
        }
        store = rng.choice(self.stores)
        if store and not isinstance(store, list) and rng.random() < 0.8:
            record["store"] = store
        if kind == "CALL" and rng.random() < 0.5:
            record["connected"] = rng.random() < 0.5
        if kind == "INVALID" and rng.random() < 0.2:
            record["by"] = "BIGDATA"
        self.acts.append(record)
        return record

    def command(self) -> dict[str, Any]:
        rng = self.rng
        self.number += 1
        if self.commands and rng.random() < 0.06:
            return rng.choice(self.commands)
        kind = rng.choice(["ASSIGN", "ASSIGN", "ASSIGN", "TRANSFER", "RECYCLE"])
        record: dict[str, Any] = {"type": "command", "command_id": f"c{self.number}", "kind": kind}
        record["event_time"] = text_of(self.now - rng.choice([0, 0, 0, 0, 1, HOUR_MS, 12 * HOUR_MS, DAY_MS]))
        phone = PHONES[rng.randrange(self.phones)]
        if rng.random() < 0.1:
            record["unique_id"] = f"{'l' if phone[0] == '0' else 'm'}:{phone.replace('-', '')}/{rng.randint(1, 3)}"
        else:
            record["phone"] = phone
            store = rng.choice(self.stores)
            if store and not isinstance(store, list):
                record["store"] = store
        if kind != "RECYCLE":
            record["advisor"] = rng.choice(self.advisors)
        elif rng.random() < 0.5:
            record["reason"] = "holiday"
        self.commands.append(record)
        return record

    def lines(self, count: int) -> list[Line]:
        """An input of one source; with commands it begins with a raw lead."""
        acts, agains, commands = self.shares
        records = [self.lead()] if commands else []
        while len(records) < count:
            self.step()
            roll = self.rng.random()
            if roll < acts:
                records.append(self.act())
            elif roll < acts + agains and self.leads:
                records.append(self.again())
            elif acts + agains <= roll < acts + agains + commands:
                records.append(self.command())
            else:
                records.append(self.lead())
        return [
            Line("raw_leads.jsonl", number, "raw_lead", json.dumps(record, ensure_ascii=False).encode())
            for number, record in enumerate(records, 1)
        ]


PLANS: dict[str, dict[str, Any]] = {
    "one key": {"stores": ["S1"], "channels": "ab", "acts": 0.0, "agains": 0.0},
    "one key, activities": {"stores": ["S1"], "channels": "ab", "acts": 0.4, "agains": 0.05},
    "hours": {"stores": ["S1", "S2", "S3"], "channels": "abco", "acts": 0.15, "agains": 0.1},
    "shadow": {"stores": ["S1", None], "channels": "at", "acts": 0.1, "agains": 0.1},
    "two customers": {
        "stores": ["S1", "S2", ["S1", "S2"]],
        "channels": "abco",
        "acts": 0.2,
        "agains": 0.1,
        "phones": 3,
    },
    "pending": {"stores": [None, None, "S1"], "channels": "ab", "acts": 0.0, "agains": 0.3},
    "pending, activities": {
        "stores": [None, "S1", "S2", "X1", ["S1", "X2"]],
        "channels": "ab",
        "acts": 0.25,
        "agains": 0.25,
    },
    "rate": {"stores": ["R1", "R1", "S2"], "channels": "abc", "acts": 0.05, "agains": 0.1, "phones": 3},
}

OWNED_PLANS: dict[str, dict[str, Any]] = {
    "one owner": {
        "stores": ["S1"],
        "channels": "ab",
        "acts": 0.35,
        "agains": 0.03,
        "commands": 0.35,
        "advisors": ("Wang", "Li"),
    },
    "a full room": {
        "stores": ["S1"],
        "channels": "ab",
        "acts": 0.3,
        "agains": 0.03,
        "commands": 0.4,
        "phones": 2,
        "advisors": ("Wang",),
    },
    "owners, hours": {
        "stores": ["S1", "S2", None],
        "channels": "abc",
        "acts": 0.3,
        "agains": 0.15,
        "commands": 0.3,
        "phones": 2,
        "advisors": ("Wang", "Li"),
    },
    "owners, rate": {
        "stores": ["R1", "R1", "S1"],
        "channels": "ab",
        "acts": 0.25,
        "agains": 0.05,
        "commands": 0.35,
        "phones": 3,
        "advisors": ("Wang", "Li"),
    },
}
"""With commands, to be run under `OWNED_CONFIG`."""


def draw(plan: str, seed: int, count: int) -> list[Line]:
    """The input of this plan and seed."""
    settings = PLANS[plan] if plan in PLANS else OWNED_PLANS[plan]
    return Draw(random.Random(f"{plan} {seed}"), **settings).lines(count)


def until_of(seed: int) -> int | None:
    """An end beyond the input, or none."""
    return None if seed % 3 == 0 else START_MS + (40 + seed % 50) * DAY_MS + (seed % 7) * HOUR_MS
