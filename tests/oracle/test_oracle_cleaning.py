"""The reference model on examples of layers 4 to 6, and what must hold of any run with verdicts and store exits."""

from __future__ import annotations

import json
import random
from collections import Counter, defaultdict
from datetime import datetime
from typing import Any

import pytest
from cleaning_inputs import CLEANING_CONFIG, CLEANING_PLANS, GATED, NO_CLEANING, SHORT_CALLING, draw_cleaning
from inputs import OWNED_CONFIG, draw, until_of
from oracle_case import RAW_LEADS, Case, readable
from oracle_cases import CASES, CLEANING_CASES, FOLLOW_UP_CASES
from oracle_cities import fits
from oracle_cleaned import TaskRecord
from oracle_comparable import advice_of, comparable_cleaning
from oracle_model import Oracle, Result
from oracle_reading import Line
from test_oracle_model import SHORT, holds_together, leads_at

CONFIGS = {"cleaning": CLEANING_CONFIG, "short calling": SHORT_CALLING, "gate": GATED, "switched off": NO_CLEANING}
OLD = [case for case in (*CASES, *FOLLOW_UP_CASES) if "NOT_SUPPORTED" not in str(case.expect.get("rejects"))]


@pytest.mark.parametrize("case", CLEANING_CASES, ids=[f"{case.name} ({case.ruling})" for case in CLEANING_CASES])
def test_worked_example(case: Case) -> None:
    found = readable(Oracle(case.config, layers=case.layers).run(case.lines(), case.until_ms()))
    assert {name: found[name] for name in case.expect} == case.expect


def test_names_of_examples_are_unique() -> None:
    assert len({case.name for case in CLEANING_CASES}) == len(CLEANING_CASES)


@pytest.mark.parametrize("case", OLD, ids=[f"{case.name} ({case.ruling})" for case in OLD])
def test_without_cleaning_all_is_as_before(case: Case) -> None:
    config = {**case.config, "cleaning": {"enabled": False}}
    found = readable(Oracle(config, layers=6).run(case.lines(), case.until_ms()))
    assert {name: found[name] for name in case.expect} == case.expect


@pytest.mark.parametrize(
    ("given", "fit"),
    [
        (["a", "b", "x"], True),
        (["b", "a", "y"], True),
        (["a", "b"], False),
        (["a", "x", "b"], False),
        (["a", "a", "x"], False),
        (["x", "y", "a"], False),
        ([], False),
    ],
)
def test_recommended_stores(given: list[str], fit: bool) -> None:
    """Three, those of the own city first, in an order of their own (ruling 60)."""
    assert fits(given, frozenset("ab"), frozenset("xy")) is fit


def test_recommended_stores_where_there_are_fewer() -> None:
    assert fits([], frozenset(), frozenset())
    assert fits(["x"], frozenset(), frozenset("x"))
    assert fits(["c", "a", "d"], frozenset("abcd"), frozenset("xy"))
    assert not fits(["c", "a", "x"], frozenset("abcd"), frozenset("xy"))


def test_the_form_for_comparisons() -> None:
    lines = draw_cleaning("no store", 3, 30)
    result = Oracle(CLEANING_CONFIG, layers=6).run(lines, until_of(1))
    found = comparable_cleaning(result)
    assert len(found["tasks"]) == len({record.name for record in result.tasks}) > 3
    assert set(found["cleaned"]) == {u.first_touch for u in result.intentions.values() if u.closed_reason is None}
    assert advice_of(result).keys() <= found["tasks"].keys()


def tasks_of(result: Result) -> dict[str, list[TaskRecord]]:
    tasks: defaultdict[str, list[TaskRecord]] = defaultdict(list)
    for record in result.tasks:
        tasks[record.name].append(record)
    return tasks


@pytest.mark.sampled(6)
@pytest.mark.parametrize("config", CONFIGS)
@pytest.mark.parametrize("plan", CLEANING_PLANS)
@pytest.mark.parametrize("seed", range(12))
def test_what_must_hold_of_any_run(seed: int, plan: str, config: str) -> None:
    for part in range(3):
        check(CONFIGS[config], plan, 3 * seed + part)


def check(config: dict[str, Any], plan: str, seed: int) -> None:
    oracle = Oracle(config, layers=6)
    result = oracle.run(draw_cleaning(plan, seed, 40), until_of(seed))
    holds_together(result)
    tasks = tasks_of(result)
    leads = {u.lead_id: u for row in oracle.rows.values() for u in row.leads.values()}
    for records in tasks.values():
        assert [record.state for record in records][:1] == ["OPEN"] and len(records) <= 2, "opened once, ended once"
        opened, ended = records[0], records[-1]
        assert opened.at_ms <= opened.not_before_ms and opened.at_ms <= ended.at_ms
        assert ended.state == "OPEN" or opened.route == "MANUAL" or ended.at_ms <= opened.expires_ms
        assert (ended.state == "DONE") == bool(ended.outcome)
    assert config["cleaning"].get("enabled", True) or not tasks
    still_open = Counter(name for name, records in tasks.items() if records[-1].state == "OPEN")
    assert still_open == Counter(u.cleaning.task.name for u in leads.values() if u.cleaning.task)
    for u in leads.values():
        assert u.state == "OPEN" or u.cleaning.task is None, "a task ends with its lead"
        if u.state == "OPEN" and not u.dispatched and not u.first[0]:
            assert u.hold is not None, "who waits is seen to wait"
            assert ("CLEANING" in u.hold[0]) == (u.cleaning.task is not None)
        if u.cleaning.task:
            assert u.cleaning.task.beside == u.dispatched
    for row in oracle.rows.values():
        assert not row.shadow or not row.tasks


@pytest.mark.slow
def test_the_inputs_reach_what_they_are_for() -> None:
    found: Counter[str] = Counter()
    for plan in CLEANING_PLANS:
        for seed in range(12):
            result = Oracle(CLEANING_CONFIG, layers=6).run(draw_cleaning(plan, seed, 24), until_of(seed))
            found.update(f"{record.route} {record.state}" for record in result.tasks)
            found.update(f"{record.by} {record.outcome}" for record in result.tasks if record.outcome)
            found.update(code for codes in result.rejects.values() for code in codes)
            found.update(alert=len(result.alerts), suspect=len(result.suspects), sent=len(result.sent))
    wanted = [f"{route} {state}" for route in ("AI", "MANUAL") for state in ("OPEN", "DONE", "TIMEOUT", "WITHDRAWN")]
    wanted += ["AI DEAD", "AI UNSURE", "AI INTENT", "AI STORE_CHOSEN", "MANUAL HIGH", "MANUAL INVALID", "DCC INVALID"]
    wanted += ["NO_TASK", "TASK_CLOSED", "NO_LEAD", "NOT_ALLOWED", "alert", "suspect", "sent"]
    assert not [name for name in wanted if not found[name]]


@pytest.mark.parametrize("seed", range(10))
def test_inputs_of_before_open_no_other_leads(seed: int) -> None:
    """Marks, grouping and closings of raw leads and activities do not hang on cleaning (ruling 2), where no verdict is."""
    lines = draw("owners, hours", seed, 30)
    results = [Oracle(OWNED_CONFIG, layers=layers).run(lines, until_of(seed)) for layers in (3, 6)]
    marks = [{ref: (raw.mark, raw.store) for ref, raw in result.raws.items()} for result in results]
    assert marks[0] == marks[1]
    closed = [{(u.first_touch, u.raws, u.closed_reason) for u in result.intentions.values()} for result in results]
    assert closed[0] == closed[1]


def told(result: Result) -> dict[str, Any]:
    """All that a run says but which lines were refused or repeated."""
    found = {**vars(result)}
    for name in ("rejects", "replays", "reject_fields", "late"):
        del found[name]
    return found


@pytest.mark.sampled(7)
@pytest.mark.parametrize("plan", CLEANING_PLANS)
@pytest.mark.parametrize("seed", range(8))
def test_a_verdict_twice_is_one(plan: str, seed: int) -> None:
    """Ruling 24: every verdict sent again at once changes nothing, and what was applied is a replay."""
    lines = draw_cleaning(plan, seed, 30)
    twice: list[Line] = []
    again: list[tuple[int, int]] = []
    for line in lines:
        twice.append(line._replace(number=len(twice) + 1))
        if json.loads(line.raw)["type"] == "verdict":
            again.append((twice[-1].number, len(twice) + 1))
            twice.append(line._replace(number=len(twice) + 1))
    once, both = (Oracle(CLEANING_CONFIG, layers=6).run(given, until_of(seed)) for given in (lines, twice))
    assert told(once) == told(both)
    for first, second in again:
        if (line.source, first) in both.rejects:
            assert both.rejects[line.source, second] == both.rejects[line.source, first]
        else:
            assert (line.source, second) in both.replays


@pytest.mark.sampled(6)
@pytest.mark.parametrize("seed", range(30))
def test_an_invalid_verdict_closes_as_an_activity_does(seed: int) -> None:
    """INVALID stands in the fold at its event time (ruling 61): marks are those of an INVALID activity in its place. At the
    clock: one that is older than its lead's opening takes effect when it comes, an activity where it stands."""
    rng = random.Random(seed)
    clock = "2024-01-01T10:00:00+08:00"
    records = [json.loads(line.raw) for line in draw_cleaning("people and robots", seed, 40)]
    for record in records:
        clock = max(clock, str(record.get("event_time") or clock), key=datetime.fromisoformat)
        if record["type"] == "verdict":
            at = clock
            record.clear()
            name = f"m:13812345678/{rng.randint(1, 3)}"
            record |= {"type": "verdict", "by": "DCC", "outcome": "INVALID", "event_time": at, "unique_id": name}
    config = {**CLEANING_CONFIG, "cleaning": {"enabled": False}}
    while True:  # without those that either refuses: an activity may find a closed lead, a verdict one opened after it
        result = Oracle(config, layers=6).run(lines_of(records), until_of(seed))
        acts = [
            {**record, "type": "activity", "kind": "INVALID", "activity_id": f"zz{n}"}
            if record["type"] == "verdict"
            else record
            for n, record in enumerate(records)
        ]
        other = Oracle(config, layers=6).run(lines_of(acts), until_of(seed))
        refused = {number for run in (result, other) for _, number in (*run.rejects, *run.replays)}
        kept = [r for n, r in enumerate(records, 1) if n not in refused or r["type"] != "verdict"]
        if len(kept) == len(records):
            break
        records = kept
    assert result.rejects == other.rejects
    marks = [{ref: (raw.mark, raw.store) for ref, raw in run.raws.items()} for run in (result, other)]
    assert marks[0] == marks[1]
    assert result.closings == other.closings


def lines_of(records: list[dict[str, Any]]) -> list[Line]:
    return Case("", "", [(RAW_LEADS, record) for record in records], {}).lines()


@pytest.mark.sampled(6)
@pytest.mark.parametrize("seed", range(30))
def test_order_of_arrival_within_the_lateness_does_not_matter(seed: int) -> None:
    """Invariant 8 with cleaning on."""
    rng = random.Random(seed)
    made = leads_at(rng, 30, [0, 0, 0.001, 1, 5, 24, 48])
    marks = []
    for shuffled in (False, True, True):
        order = sorted(made, key=lambda item: item[0] + (rng.uniform(0, 71) if shuffled else 0))
        lines = Case("", "", [(RAW_LEADS, record) for _, record in order], {}).lines()
        result = Oracle(SHORT, layers=6).run(lines, Case("", "", [], {}, until="2024-07-01 10:00").until_ms())
        assert not result.late
        marks.append({ref: (raw.mark, raw.store) for ref, raw in result.raws.items()})
    assert marks[0] == marks[1] == marks[2]
