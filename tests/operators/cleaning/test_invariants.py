"""What must hold of tasks whatever comes in whatever order: random leads, verdicts, activities and stops (rulings 58, 59)."""

from __future__ import annotations

import json
import random
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from typing import Any

from cleaning_case import CONFIG, Cleaned
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from operators.base.verdict_kinds import VERDICTS
from operators.lead.statuses import CLOSED, WAITING
from operators.registry import KIND_OF
from state import keys

PHONES = ("13812345678", "12012345678", "02158235823")
TABLES: dict[str, Any] = {
    "channels": {
        "a": {"consent": True},
        "n": {},
        "y": {"consent": True, "live_since": "2023-12-20"},
        "t": {"status": "TESTING", "consent": True},
    },
    "stores": {**CONFIG["stores"], "R": {"city": "苏州", "release_per_minute": 1}},
    "periods": {"merge": 2, "deal_merge": 3, "max_life": 5, "late_hours": 48},
    "cleaning": {
        "manual_timeout_hours": 6,
        "young_days": 20,
        "rules": [
            {"route": "AI", "reason": "A8", "series": ["A8"]},
            {"route": "NONE", "reason": "OWN", "level": ["LOW"]},
        ],
    },
}


def drawn(seed: int, count: int) -> list[dict[str, Any]]:
    """Records of three customers within some days, mostly in order, some late, some again."""
    rng = random.Random(seed)
    at = datetime(2024, 1, 3, tzinfo=UTC)
    records: list[dict[str, Any]] = []
    for number in range(count):
        at += timedelta(minutes=rng.choice((0, 1, 5, 9, 30, 240, 900)))
        moment = at - timedelta(hours=rng.choice((0, 0, 0, 0, 1, 20, 40)))
        record: dict[str, Any] = {"phone": rng.choice(PHONES), "event_time": moment.isoformat()}
        what = rng.random()
        store = rng.choice((None, None, "SH1", "SZ1", "DAY", "R", "NOBODY"))
        if store is not None:
            record["store"] = store
        if what < 0.4:
            record |= {"type": "raw_lead", "channel": rng.choice("aaanyt"), "source_lead_id": f"s{rng.randrange(12)}"}
            record |= rng.choice(
                ({}, {"series": "A8"}, {"intent": {"level": "LOW"}}, {"city": "苏州"}, {"consent": True})
            )
        elif what < 0.8:
            kind = rng.choice(VERDICTS)
            record |= {"type": "verdict", "by": kind.by, "outcome": kind.outcome}
            record |= rng.choice(({}, {"intent": {"level": "HIGH", "series": "A8"}}, {"cost": 2}))
        else:
            kinds = ("LOST", "INVALID", "PAID", "REFUND", "CALL", "OPT_OUT")
            record |= {"type": "activity", "activity_id": f"v{number}", "kind": rng.choice(kinds)}
            record |= rng.choice(({}, {"by": "BIGDATA"}, {"by": "DCC"}))
        records.append(record)
        if rng.random() < 0.05:
            records.append(record)
    return records


def ran(records: list[dict[str, Any]], *, stops: int = 1, **how: int) -> Cleaned:
    engine = Cleaned(**TABLES)
    for name, value in how.items():
        setattr(engine, name, value)
    size = max(1, -(-len(records) // stops))
    for begin in range(0, len(records), size):
        engine.feed(*records[begin : begin + size])
    engine.feed(until="02-20T00:00")
    return engine


def leads_of(engine: Cleaned) -> list[tuple[Any, Any]]:
    """(row, lead) of every lead that stands in the state."""
    found = []
    for shard in range(engine.shard_count):
        begin = keys.prefix(shard, keys.CUSTOMER)
        for key, value in engine.database.scan(begin, keys.after(begin)):
            row = KIND_OF[key[1]].decode(value)
            found += [(row, section, one) for section in row.sections for one in section.leads]
    return [((row, section), one) for row, section, one in found]


def holds_together(engine: Cleaned) -> None:
    open_task: dict[str, str] = {}
    seen: dict[str, list[str]] = defaultdict(list)
    for record in engine.tasks():
        seen[record["task_id"]].append(record["state"])
        lead = record["unique_id"]
        if record["state"] == "OPEN":
            assert lead not in open_task, "a lead has one open task at most"
            open_task[lead] = record["task_id"]
        else:
            assert open_task.pop(lead) == record["task_id"]
    assert all(states[0] == "OPEN" and len(states) <= 2 for states in seen.values())
    for (row, section), lead in leads_of(engine):
        cleaning = lead.cleaning
        is_open = cleaning is not None and cleaning.route > 0
        if CLOSED >> lead.status & 1 or row.shadow:
            assert not is_open
        elif WAITING >> lead.status & 1:
            assert (cleaning is not None and cleaning.holds) == bool(lead.conditions & 4), lead
            known = section.store and engine.rules.store_of(section.store, section.line) is not None
            assert known or is_open, "whoever has no store is looked after"
            assert lead.route, "everybody is judged"
        else:
            assert not (cleaning is not None and cleaning.holds)
    waiting: dict[str, list[str]] = {}
    for record in engine.outputs["holds"]:
        waiting[record["unique_id"]] = record["conditions"]
    for record in engine.outputs["dispatches"]:
        assert record["store"] in TABLES["stores"]
    for stream in ("unique_leads", "holds", "closings", "notifications", "dispositions", "replays"):
        assert not any(phone in json.dumps(engine.outputs[stream]) for phone in PHONES)
    versions: dict[str, int] = defaultdict(int)
    for record in engine.outputs["unique_leads"]:
        version = int(record["event_id"].rpartition("-")[2])
        assert version == versions[record["unique_id"]] + 1
        versions[record["unique_id"]] = version


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, 10**9), st.integers(1, 40))
def test_tasks_hold_together(seed: int, count: int) -> None:
    records = drawn(seed, count)
    engine = Cleaned(**TABLES)
    for record in records:
        engine.feed(record)
        holds_together(engine)
    engine.feed(until="02-20T00:00")
    holds_together(engine)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, 10**9), st.integers(5, 25))
def test_stopped_and_gone_on_is_the_same(seed: int, count: int) -> None:
    records = drawn(seed, count)
    straight = ran(records)
    holds_together(straight)
    for how in ({"stops": 5}, {"poll": 1}):
        other = ran(records, **how)
        for stream, made in straight.outputs.items():
            ours = sorted(json.dumps(record, sort_keys=True) for record in made)
            assert ours == sorted(json.dumps(record, sort_keys=True) for record in other.outputs[stream]), stream
