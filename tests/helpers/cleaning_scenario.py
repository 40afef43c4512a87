"""The small inputs of `delivery` with cleaning, number runs and store exits in play, for runs that are killed."""

from __future__ import annotations

import heapq
import random
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import orjson
from delivery import DAY_MS, HOUR_MS, TABLES, Outputs, Record, at, configuration, instant, lead, scenario

from operators.config.configuration import Configuration

MINUTE_MS = 60_000
EXITING = ("E1", "E2", "E3")
"""Stores that leave: one with a release rate to one with another; one that gets its successor two days later; one in the
middle of a night, to a store without a rate."""

CLEANING_TABLES: dict[str, Any] = {
    "channels": {**TABLES["channels"], "new": {"consent": True, "live_since": "2025-08-20"}},
    "stores": {
        **{code: {**table, "city": "南京"} for code, table in TABLES["stores"].items()},
        "E1": {"city": "南京", "opens": "09:00", "closes": "18:00", "release_per_minute": 1},
        "E2": {"city": "苏州", "opens": "00:00", "closes": "24:00"},
        "E3": {"city": "苏州", "opens": "09:00", "closes": "12:00"},
    },
    "cleaning": {
        "number_run": 3,
        "cost": {"AI": 0.5, "MANUAL": 3.0},
        "rules": [
            {"route": "MANUAL", "reason": "ASKED", "campaign": ["M"]},
            {"route": "AI", "reason": "ROBOT", "campaign": ["R"]},
        ],
    },
}
"""What stands in place of the tables of that name of `TABLES`."""

AI_OUTCOMES = {
    "INTENT": 5, "NO_INTENT": 2, "UNREACHED": 2, "UNSURE": 1, "DEAD": 1, "SUSPENDED": 1, "BONUS_HUNTER": 1, "STORE_CHOSEN": 3,
}  # fmt: skip
MANUAL_OUTCOMES = {"HIGH": 4, "NORMAL": 4, "INVALID": 2, "STORE_CHOSEN": 3}


def cleaning_configuration() -> Configuration:
    """That of `delivery` with `CLEANING_TABLES`."""
    return configuration(**CLEANING_TABLES)


def cleaning_scenario(seed: int, records: int = 1800) -> list[Record | str]:
    """Records in order of arrival: those of `scenario`, some of them moved to stores that leave, to no store, to a channel or
    a campaign that is cleaned; among them verdicts by address, bursts of adjacent numbers, store exits. `records` = how many
    `scenario` draws; a third comes to them."""
    return list(_Scenario(seed).records(scenario(seed, records)))


class _Scenario:
    def __init__(self, seed: int) -> None:
        self.rng = random.Random(f"cleaning/{seed}")
        self.due: list[tuple[int, int, Record]] = []
        """(event time, number, record) of what comes once the clock is there."""
        self.number = 0
        self.stores: dict[tuple[str, str | None], str | None] = {}
        """(phone, store of `scenario`) → store: an activity names that of its lead."""
        self.more: dict[str, Record] = {}
        """Source lead id → further fields: a replay brings the same ones."""
        self.exits()
        for run in range(12):
            self.burst(run)

    def plan(self, t: int, record: Record) -> None:
        """Have this record arrive at its event time."""
        self.number += 1
        heapq.heappush(self.due, (t, self.number, {**record, "event_time": instant(t)}))

    def exits(self) -> None:
        """In the middle of the input, where leads stand open."""
        for number, (t, store, successor) in enumerate((
            (at(4, 8, 30), "E1", "R2"),
            (at(6, 14), "E2", None),
            (at(8, 10), "E2", "P1"),
            (at(9, 23), "E3", "P1"),
        )):  # fmt: skip
            record: Record = {"type": "command", "kind": "STORE_EXIT", "command_id": f"x{number}", "store": store}
            self.plan(t, record if successor is None else {**record, "successor": successor})

    def burst(self, run: int) -> None:
        """Adjacent numbers on one channel within hours, in any order; some of their leads are dispatched before the third."""
        rng = self.rng
        begin = at(1 + run % 11, rng.randrange(24), rng.randrange(60))
        first = rng.randrange(1000 - 6)
        for suffix in rng.sample(range(6), rng.choice((4, 5, 6))):
            begin += rng.randrange(3 * HOUR_MS)
            store = rng.choice(("A1", "A1", "E2", "P1", "R1", "E1", None))
            number = f"1377000{run % 4}{first + suffix:03d}"
            self.plan(begin, lead(f"b{run}.{suffix}", number, begin, store))

    def records(self, given: list[Record | str]) -> Iterator[Record | str]:
        """Those that were drawn, with what falls due between them."""
        clock = 0
        for record in given:
            if isinstance(record, str):
                yield record
                continue
            clock = max(clock, _ms(record["event_time"]))
            yield from self.fallen_due(clock)
            moved = self.moved(record)
            yield moved
            if moved["type"] == "raw_lead" and len(moved["phone"]) == 11:
                self.answer(moved, clock)
        yield from self.fallen_due(at(15, 0))

    def fallen_due(self, clock: int) -> Iterator[Record]:
        while self.due and self.due[0][0] <= clock:
            t, _, record = heapq.heappop(self.due)
            yield record
            if record["type"] == "raw_lead":
                self.answer(record, t)

    def moved(self, record: Record) -> Record:
        """The record with the store, channel and campaign that its lead has here."""
        rng, phone, store = self.rng, record["phone"], record.get("store")
        if (phone, store) not in self.stores:
            elsewhere = (*EXITING, None, store)
            self.stores[phone, store] = rng.choices(elsewhere, (14, 10, 10, 8, 58))[0]
        found = {**record, "store": self.stores[phone, store]}
        if found["store"] is None:
            del found["store"]
        if record["type"] != "raw_lead":
            return found
        more = self.more.get(record["source_lead_id"])
        if more is None:
            more = self.more[record["source_lead_id"]] = {}
            if rng.random() < 0.18:
                more["campaign"] = rng.choice("RRM")
            if rng.random() < 0.05:
                more["channel"] = "new"
            if rng.random() < 0.3:
                more["city"] = rng.choice(("南京", "苏州", "拉萨"))
        return {**found, **more}

    def answer(self, record: Record, clock: int) -> None:
        """Plan what people and robots say of a lead that is likely to have a task: in time, too late, twice, or never."""
        rng = self.rng
        burst, asked = record["source_lead_id"][0] == "b", "campaign" in record or "store" not in record
        if rng.random() > (0.7 if asked or burst or record["channel"] == "new" else 0.06):
            return
        if "store" in record and rng.random() < 0.08:
            act: Record = {"type": "activity", "kind": rng.choice(("LOST", "INVALID", "PAID"))}
            act |= {"activity_id": f"w{self.number}", "phone": record["phone"], "store": record["store"]}
            self.plan(clock + rng.randrange(10 * MINUTE_MS), act)  # the lead closes under its task
            return
        by = "MANUAL" if record.get("campaign") == "M" or record["channel"] == "new" else "AI"
        t = clock
        for said in (by, "MANUAL"):
            t += rng.randrange(9 * MINUTE_MS) if said == "AI" else rng.randrange(rng.choice((HOUR_MS, DAY_MS)))
            if rng.random() < 0.1:
                t += rng.randrange(DAY_MS)  # most of these find the task timed out
            self.plan(t, verdict := self.verdict(record, said))
            if rng.random() < 0.08:
                self.plan(t + rng.randrange(HOUR_MS), verdict)
            if said == "MANUAL" or rng.random() < 0.5:
                return

    def verdict(self, record: Record, by: str) -> Record:
        """What is said of the lead by its address; the store of one without is the answer."""
        rng = self.rng
        outcomes = MANUAL_OUTCOMES if by == "MANUAL" else AI_OUTCOMES
        outcome = rng.choices(list(outcomes), list(outcomes.values()))[0]
        if rng.random() < 0.06:
            by, outcome = rng.choice((("DCC", "INVALID"), ("ADVISOR", "INVALID"), ("BIGDATA", "INVALID")))
        found: Record = {"type": "verdict", "by": by, "outcome": outcome, "phone": record["phone"], "line": "main"}
        if outcome == "STORE_CHOSEN":
            found["store"] = record.get("store") or rng.choice(("P1", "R1", "E1", "E3", "A1"))
        elif "store" in record:
            found["store"] = record["store"]
        if rng.random() < 0.2:
            found["intent"] = {"level": rng.choice(("HIGH", "NORMAL"))}
        return found


def _ms(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * 1000)


def idle(outputs: Outputs) -> list[str]:
    """What is not in play in these outputs of a whole run."""
    streams = ("cleaning_tasks", "fraud_alerts", "notifications", "unique_leads")
    tasks, alerts, notes, leads = ([orjson.loads(line) for line in outputs[stream]] for stream in streams)
    exited = [one for one in leads if one["why"]["rule"] == "store_exit"]
    states = {(one["route"], one["state"]) for one in tasks}
    wanted = {
        **{f"a {route} task that is {state}": (route, state) in states
           for route in ("AI", "MANUAL") for state in ("OPEN", "DONE", "TIMEOUT", "WITHDRAWN")},
        "NUMBER_RUN": any(one["kind"] == "NUMBER_RUN" for one in alerts),
        "a dispatched lead that is told of a run": any(
            one["kind"] == "FRAUD_SUSPECT" and one["why"]["rule"] == "number_run" for one in notes
        ),
        "a lead in cleaning that was told of a run": any(
            one["status"] == "CLEANING" and one["why"]["rule"] == "number_run" for one in leads
        ),
        "an exit with a successor": any(one["store"] in ("R2", "P1") for one in exited),
        "an exit without a successor": any(one["store"] == "E2" for one in exited),
        "an exit that meets an open task": any(one.get("task_id") for one in exited),
    }  # fmt: skip
    return [what for what, there in wanted.items() if not there]
