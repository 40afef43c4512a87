"""Random short inputs for layers 4 to 6: verdicts, behaviours and store exits beside what `inputs` draws.

A task is named as the oracle does, 'm:13812345678/t2' for the customer's second, in the field `task_id`; a lead 'm:…/1'.
Whoever compares puts the engine's ids in their place, as `differ` does for `unique_id`.
"""

from __future__ import annotations

import json
import random
from typing import Any

from inputs import CONFIG, DAY_MS, HOUR_MS, OWNED_CONFIG, Draw, text_of
from oracle_reading import OUTCOMES, Line

MINUTE_MS = 60_000
USUAL = ("13812345678", "13987654321", "021-12345678")
NEIGHBOURS = ("13800137501", "13800137502", "13800137503", "13800137504", "13800137506")
SEGMENTS = ("10012345678", "17012345678")
CITY = {"S1": "连云港", "S2": "昆明市", "S3": "南京", "R1": "连云港市", "L2": "连云港"}
PROVINCE = {"连云港": "江苏", "连云港市": "江苏省", "南京": "江苏省", "昆明市": "云南"}

CLEANING_CONFIG: dict[str, Any] = {
    **OWNED_CONFIG,
    "channels": {
        **CONFIG["channels"],
        "y": {"consent": True, "live_since": "2024-01-01", "group": "vertical"},
        "n": {"consent": False},
    },
    "stores": {
        code: {**table, "city": CITY[code], "province": PROVINCE[CITY[code]]}
        for code, table in CONFIG["stores"].items()
    },
    "cleaning": {
        "young_days": 20,
        "rules": [
            {"route": "NONE", "reason": "TRUSTED", "channel": ["y"], "level": ["HIGH"]},
            {"route": "MANUAL", "reason": "CAMPAIGN", "campaign": ["M"]},
            {"route": "AI", "reason": "SERIES", "series": ["long"], "group": ["vertical", ""]},
            {"route": "AI", "reason": "ROBOT", "campaign": ["R", "T"]},
        ],
    },
}
SHORT_CALLING: dict[str, Any] = {
    **CLEANING_CONFIG,
    "cleaning": {
        **CLEANING_CONFIG["cleaning"],
        "calling": "22:00-00:30",
        "ai_timeout_minutes": 60,
        "manual_timeout_hours": 5,
    },
}
GATED: dict[str, Any] = {
    **CLEANING_CONFIG,
    "score": {"gate": 40, "gate_hold_hours": 5},
    "stores": {
        code: {**table, "gate_consent": code in ("S1", "R1")} for code, table in CLEANING_CONFIG["stores"].items()
    },
}
NO_CLEANING: dict[str, Any] = {**CLEANING_CONFIG, "cleaning": {"enabled": False}}


class CleaningDraw(Draw):
    """`shares` {what: weight} of lead, again, act, command, verdict, behaviour, exit; `numbers` the customers' numbers; `hurry`
    how often the next record follows within minutes."""

    def __init__(
        self,
        rng: random.Random,
        *,
        numbers: tuple[str, ...],
        shares: dict[str, float],
        stores: list[Any],
        channels: str,
        advisors: tuple[str, ...] = ("Wang", "Li"),
        hurry: float = 0.4,
    ) -> None:
        super().__init__(
            rng, stores=stores, channels=channels, acts=0.0, agains=0.0, commands=1.0, phones=1, advisors=advisors
        )
        self.numbers, self.weights, self.hurry = numbers, shares, hurry
        self.verdicts: list[dict[str, Any]] = []
        self.exits = 0

    def step(self) -> None:
        """Mostly minutes: else every robot's time-out has passed before its verdict comes."""
        rng = self.rng
        if rng.random() < self.hurry:
            self.now += rng.choice([0, 1, MINUTE_MS, 2 * MINUTE_MS, 5 * MINUTE_MS])
            return
        if rng.random() < 0.3:
            super().step()
            return
        steps = [0, 1, MINUTE_MS, 5 * MINUTE_MS, 10 * MINUTE_MS - 1, 10 * MINUTE_MS, 10 * MINUTE_MS + 1, HOUR_MS]
        steps += [6 * HOUR_MS, 24 * HOUR_MS - 1, 24 * HOUR_MS, 24 * HOUR_MS + 1]
        self.now += rng.choice(steps[:7] * 2 + steps)
        if rng.random() < 0.15:  # to an edge of the calling hours, or beside it
            midnight = self.now - (self.now + 8 * HOUR_MS) % DAY_MS
            edge = midnight + rng.choice([9 * HOUR_MS, 20 * HOUR_MS, 20 * HOUR_MS - 10 * MINUTE_MS])
            self.now = max(self.now, edge + rng.choice([-1, 0, 1]))

    def number_of(self, record: dict[str, Any]) -> dict[str, Any]:
        if "phone" in record:
            record["phone"] = self.rng.choice(self.numbers)
        return record

    def named(self, what: str, most: int) -> str:
        phone = self.rng.choice(self.numbers)
        return f"{'l' if phone[0] == '0' else 'm'}:{phone.replace('-', '')}/{what}{self.rng.randint(1, most)}"

    def intent(self) -> dict[str, Any]:
        rng = self.rng
        intent: dict[str, Any] = {}
        if rng.random() < 0.7:
            intent["level"] = rng.choice(["HIGH", "NORMAL", "LOW"])
        if rng.random() < 0.5:
            intent["days_to_buy"] = rng.choice([7, 8, 30, 31])
        return intent

    def lead(self) -> dict[str, Any]:
        rng, record = self.rng, self.number_of(super().lead())
        if rng.random() < 0.4:
            record["campaign"] = rng.choice("MRRT")
        if rng.random() < 0.2:
            record["city"] = rng.choice(["连云港", "昆明", "拉萨市"])
        if rng.random() < 0.25 and (intent := self.intent()):
            record["intent"] = intent
        return record

    def again(self) -> dict[str, Any]:
        record = super().again()
        if "phone" in record and record["phone"] not in self.numbers:
            record["phone"] = self.rng.choice(self.numbers)
        return record

    def verdict(self) -> dict[str, Any]:
        """Half of them speak of one of the last leads, in time for its task; the others of any task, lead or number."""
        rng = self.rng
        if self.verdicts and rng.random() < 0.1:
            return dict(rng.choice(self.verdicts))
        by = rng.choice(["AI", "AI", "AI", "MANUAL", "MANUAL", "DCC", "ADVISOR", "BIGDATA"])
        outcome = rng.choice(OUTCOMES[by] if rng.random() < 0.97 else OUTCOMES["AI"])
        if by == "AI" and rng.random() < 0.25:
            outcome = "INTENT"
        record: dict[str, Any] = {"type": "verdict", "by": by, "outcome": outcome}
        if rng.random() < 0.95:
            record["event_time"] = text_of(self.now - rng.choice([0, 0, 0, 0, 0, 1, MINUTE_MS, HOUR_MS, 73 * HOUR_MS]))
        self.name_lead(record)
        if rng.random() < 0.3 and (intent := self.intent()):
            record["intent"] = intent
        if outcome == "INVALID" and rng.random() < 0.5:
            record["reason"] = rng.choice(["EMPTY_NUMBER", "REFUSED", "whatever"])
        if rng.random() < 0.1:
            record["cost"] = rng.choice([0.2, 3])
        self.verdicts.append(record)
        return record

    def name_lead(self, record: dict[str, Any]) -> None:
        """Whose verdict it is. Where `store` is the answer to a missing one the address names none."""
        rng, chosen = self.rng, record["outcome"] == "STORE_CHOSEN"
        store = rng.choice([store for store in self.stores if not isinstance(store, list)] or [None])
        way = rng.random()
        if way < 0.5:
            lead = rng.choice(self.leads[-2:])
            record["phone"] = lead["phone"]
            store = lead.get("store") or (lead["stores"][0] if "stores" in lead else None)
        elif way < 0.7:
            record["task_id"] = self.named("t", 3)
        elif way < 0.8:
            record["unique_id"] = self.named("", 3)
        else:
            record["phone"] = rng.choice(self.numbers)
        if chosen:
            record["store"] = store or rng.choice(["S1", "S2", "X1"])
        elif "phone" in record:
            if store:
                record["store"] = store
        elif rng.random() < 0.3:
            record["store"] = store or "S1"

    def behaviour(self) -> dict[str, Any]:
        rng = self.rng
        record: dict[str, Any] = {"type": "behaviour", "kind": rng.choice(["VIEW", "VIEW", "COMPARE", "CONFIGURE"])}
        record["event_time"] = text_of(self.now - rng.choice([0, 0, 1, HOUR_MS, 20 * DAY_MS]))
        record["phone"] = rng.choice(self.numbers)
        if rng.random() < 0.8:
            record["series"] = rng.choice(["short", "long", "A6L", "Q5"])
        if rng.random() < 0.5:
            record["count"] = rng.randint(1, 9)
        return record

    def exit(self) -> dict[str, Any]:
        """A few an input: who has left has left."""
        rng = self.rng
        self.exits += 1
        record: dict[str, Any] = {"type": "command", "command_id": f"x{self.exits}", "kind": "STORE_EXIT"}
        record["event_time"] = text_of(self.now)
        record["store"] = rng.choice(["S1", "S2", "R1", "X1"])
        if rng.random() < 0.7:
            record["successor"] = rng.choice(["S1", "S2", "S3", "R1"])
        return record

    def lines(self, count: int) -> list[Line]:
        """An input of one source; it begins with a raw lead."""
        draws = {
            "lead": self.lead,
            "again": self.again,
            "act": lambda: self.number_of(dict(self.act())),
            "command": lambda: self.number_of(dict(self.command())),
            "verdict": self.verdict,
            "behaviour": self.behaviour,
            "exit": self.exit,
        }
        names, weights = list(self.weights), list(self.weights.values())
        records = [self.lead()]
        while len(records) < count:
            what = self.rng.choices(names, weights)[0]
            if what == "verdict" and self.rng.random() < 0.6:
                self.now += self.rng.choice([0, MINUTE_MS, 5 * MINUTE_MS, 10 * MINUTE_MS, 10 * MINUTE_MS + 1])
            else:
                self.step()
            records.append(draws["lead" if what == "exit" and self.exits > 2 else what]())
        return [
            Line("raw_leads.jsonl", number, "raw_lead", json.dumps(record, ensure_ascii=False).encode())
            for number, record in enumerate(records, 1)
        ]


CLEANING_PLANS: dict[str, dict[str, Any]] = {
    "one lead, verdicts": {
        "numbers": USUAL[:1],
        "stores": ["S1"],
        "channels": "aby",
        "shares": {"lead": 3, "verdict": 4, "act": 0.7},
    },
    "no store": {
        "numbers": (*USUAL, SEGMENTS[1]),
        "stores": [None, None, "S1", "X1"],
        "channels": "ab",
        "shares": {"lead": 4, "again": 1, "verdict": 5, "act": 0.5},
    },
    "people and robots": {
        "numbers": (USUAL[0], USUAL[2], SEGMENTS[0]),
        "stores": ["S1", "S2", None],
        "channels": "abynt",
        "shares": {"lead": 4, "again": 0.5, "act": 1, "verdict": 4, "behaviour": 1},
    },
    "runs": {
        "numbers": NEIGHBOURS,
        "stores": ["S1", "S2", None],
        "channels": "aaab",
        "hurry": 0.85,
        "shares": {"lead": 8, "again": 0.3, "act": 0.3, "verdict": 1},
    },
    "exits": {
        "numbers": USUAL[:2],
        "stores": ["S1", "S2", "R1", None, "X1", ["S1", "S2"]],
        "channels": "abc",
        "shares": {"lead": 5, "again": 0.7, "act": 1, "command": 1, "verdict": 1.5, "exit": 0.7},
    },
    "owners": {
        "numbers": (USUAL[0], SEGMENTS[0]),
        "stores": ["S1", "S1", "S2"],
        "channels": "ab",
        "shares": {"lead": 4, "act": 2, "command": 2.5, "verdict": 2.5, "behaviour": 0.3},
    },
    "rate": {
        "numbers": (*USUAL, *SEGMENTS),
        "stores": ["R1", "R1", "S2", None],
        "channels": "abn",
        "shares": {"lead": 5, "again": 0.5, "act": 0.5, "verdict": 3},
    },
}
"""To be run under `CLEANING_CONFIG`, `SHORT_CALLING`, `GATED` or `NO_CLEANING`, with layers = 6."""


def draw_cleaning(plan: str, seed: int, count: int) -> list[Line]:
    """The input of this plan and seed."""
    return CleaningDraw(random.Random(f"{plan} {seed}"), **CLEANING_PLANS[plan]).lines(count)
