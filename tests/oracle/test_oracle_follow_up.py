"""The reference model on examples of the life after dispatch, and what must hold of any run with commands."""

import random
from collections import Counter, defaultdict
from datetime import timedelta
from typing import Any

import pytest
from oracle_case import BASE, RAW_LEADS, Case, act, command, instant, lead, readable
from oracle_cases import FOLLOW_UP_CASES
from oracle_model import Oracle, Result

SMALL: dict[str, Any] = {
    **BASE,
    "periods": {"merge": 5, "deal_merge": 9, "max_life": 30},
    "stores": {"S1": {}, "S2": {"opens": "00:00", "closes": "24:00"}},
    "pools": {"cap": 2},
    "follow_up": {"first_hours": 24, "recycle_days": 3},
}
PHONES = ("13800000001", "13800000002", "13800000003", "13800000004")


@pytest.mark.parametrize("case", FOLLOW_UP_CASES, ids=[f"{case.name} ({case.ruling})" for case in FOLLOW_UP_CASES])
def test_worked_example(case: Case) -> None:
    found = readable(Oracle(case.config).run(case.lines(), case.until_ms()))
    assert {name: found[name] for name in case.expect} == case.expect


def test_names_of_examples_are_unique() -> None:
    assert len({case.name for case in FOLLOW_UP_CASES}) == len(FOLLOW_UP_CASES) >= 40


def drawn(seed: int, commands: bool = True) -> list[tuple[str, dict[str, Any] | bytes]]:
    """A few customers, two stores, two advisors: raw leads, follow-ups, closings, commands, some late, some repeated."""
    rng = random.Random(seed)
    records: list[tuple[str, dict[str, Any] | bytes]] = []
    at_h = 10.0
    for number in range(90):
        at_h += rng.choice([0, 0.1, 1, 3, 12, 24, 30])
        late_h = rng.choice([0, 0, 0, 1, 20, 60, 80])
        at = (instant("2024-01-01 00:00") + timedelta(hours=at_h - late_h)).replace(tzinfo=None).isoformat(" ")
        phone, store = rng.choice(PHONES), rng.choice(["S1", "S2"])
        draw = rng.random()
        if draw < 0.35 or number < 3:
            records.append(lead(str(number), instant(at).isoformat(), rng.choice([store, None]), phone=phone))
        elif draw < 0.65 and commands:
            kind = rng.choice(["ASSIGN", "ASSIGN", "TRANSFER", "RECYCLE"])
            command_id = f"c{rng.randrange(60)}"
            records.append(command(command_id, kind, at, store, phone=phone, advisor=rng.choice(["Wang", "Li"])))
        elif draw < 0.97:
            kind = rng.choice(["CALL", "CALL", "VISIT", "FOLLOW_UP", "LOST", "INVALID", "PAID", "REFUND"])
            records.append(act(f"v{number}", kind, at, rng.choice([store, None]), phone=phone))
        else:
            again = rng.choice(records)[1]
            if isinstance(again, dict) and again["type"] == "raw_lead":
                records.append((RAW_LEADS, {**again, "store": store}))
    return records


@pytest.mark.sampled(5)
@pytest.mark.parametrize("seed", range(60))
def test_what_must_hold_of_any_run(seed: int) -> None:
    """Invariants 6 and 7: a room holds no more than its cap; who owns a lead is assigned, who does not is not."""
    case = Case("", "", drawn(seed), {}, until=("2024-04-01 10:00", None)[seed % 2])
    result = Oracle(SMALL).run(case.lines(), case.until_ms())
    rooms: defaultdict[tuple[str | None, str | None], set[str]] = defaultdict(set)
    for u in result.intentions.values():
        assert (u.status == "ASSIGNED") == (u.owner is not None and u.closed_reason is None)
        assert u.status != "POOL" or (u.owner is None and u.previous_owner is not None)
        assert u.revoked <= u.recycled
        if u.first_follow_up_ms is not None:
            assert u.assigned_ms is not None and u.assigned_ms <= u.first_follow_up_ms
        if u.status == "ASSIGNED":
            rooms[u.store, u.owner].add(u.customer)
    assert all(len(customers) <= 2 for customers in rooms.values())
    granted = Counter(advisor for _, _, advisor in result.assignments)
    assert set(granted) <= {"Wang", "Li"}
    assert not any(ref[0] for ref, *_ in result.assignments)


def marks_of(result: Result) -> Any:
    found = {ref: (raw.mark, raw.store, raw.event_ms) for ref, raw in result.raws.items() if "clock" not in ref[3]}
    groups = {(u.first_touch, u.raws, u.closed_reason, u.expires_ms) for u in result.intentions.values()}
    return found, {group for group in groups if "clock" not in group[0][3]}


@pytest.mark.sampled(15)
@pytest.mark.parametrize("seed", range(40))
def test_commands_change_no_mark(seed: int) -> None:
    """Marks, grouping and closings are a function of raw leads, answers and activities alone (ruling 2)."""
    records = drawn(seed)
    without: list[tuple[str, dict[str, Any] | bytes]] = []
    for number, (source, record) in enumerate(records):
        assert isinstance(record, dict)
        if record["type"] == "command":  # what moves the clock as it did
            record = lead(f"clock {number}", record["event_time"], "S9", phone="13800000009")[1]
        without.append((source, record))
    results = [Oracle(SMALL).run(Case("", "", kept, {}).lines(), None) for kept in (records, without)]
    assert marks_of(results[0]) == marks_of(results[1])
    assert results[0].assignments or seed


@pytest.mark.sampled(5)
@pytest.mark.parametrize("seed", range(20))
def test_without_commands_nothing_of_it_happens(seed: int) -> None:
    case = Case("", "", drawn(seed, commands=False), {}, until="2024-04-01 10:00")
    result = Oracle(SMALL).run(case.lines(), case.until_ms())
    assert not (result.assignments or result.recycles or result.disputes or result.notices)
    assert not any(u.owner or u.previous_owner for u in result.intentions.values())
