"""Behaviours (ruling 74): joined to the customer, kept as aggregates, shown with the dispatch; worked out from the ruling."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace
from typing import Any

import pytest
from one_key import DAY_MS, RULES, at
from plain_engine import PlainEngine
from short_story import BASE, OTHER, PHONE, clock, instant, lead

from operators.base.words import WORDS
from operators.config.configuration import from_tables
from operators.identity import phones
from operators.identity.one_id import OneIds
from operators.intention import behaviours
from operators.intention.score import value_at
from state import keys, limits
from state.rows import customer_row, row_size
from state.rows.customer_row import Behaviour, Customer

NOW = at(6, 12)
DIGEST = OneIds(from_tables({}, environ={}).secret, 2).of(phones.MOBILE, PHONE)


def behaviour(at: str, kind: str = "VIEW", **more: Any) -> dict[str, Any]:
    return {"type": "behaviour", "kind": kind, "event_time": instant(at), "phone": PHONE, "series": "A6L", **more}


def run(*records: dict[str, Any], **tables: Any) -> PlainEngine:
    engine = PlainEngine({**BASE, **tables})
    lines = [(number, json.dumps(record).encode()) for number, record in enumerate(records, 1)]
    engine.run({"raw_leads.jsonl": ("raw_lead", lines)})
    return engine


def kept_of(engine: PlainEngine) -> list[tuple[str, str, float, int]]:
    """What the usual customer's live row keeps."""
    shard = keys.shard_of_customer(DIGEST, engine.shard_count)
    row = customer_row.decode(engine.database.rows[keys.entity_key(shard, keys.customer_entity(DIGEST, False))])
    return [(one.kind, one.series, round(one.value, 6), one.count) for one in row.behaviours]


def refused(engine: PlainEngine) -> list[list[str]]:
    return [reject["reasons"] for reject in engine.outputs["rejects"]]


# --- who it joins


def test_it_joins_the_customer_and_is_told_with_his_next_dispatch() -> None:
    engine = run(
        lead("1", "1 10:00", "S"), behaviour("1 11:00", count=7), behaviour("1 12:00"), lead("2", "2 10:00", "Z")
    )
    assert refused(engine) == []
    first, second = engine.outputs["dispatches"]
    assert (first["behaviours_text"], first["focus"]) == ([], None)
    assert (second["behaviours_text"], second["focus"]) == (["1 天内浏览 A6L 8 次"], "A6L")


@pytest.mark.parametrize(
    ("record", "reasons"),
    [
        (behaviour("1 11:00", phone=OTHER), ["NO_LEAD"]),  # a customer without a row
        (behaviour("1 11:00", phone=None), ["NO_LEAD"]),
        (behaviour("1 11:00", phone="", wechat_unionid="w", device_id="d"), ["NO_LEAD"]),
        (behaviour("1 11:00", phone="7654321"), ["BAD_PHONE"]),
        (behaviour("1 11:00", phone=[1]), ["BAD_FIELD"]),
        (behaviour("1 11:00", kind=""), ["MISSING_FIELD"]),
        (behaviour("1 11:00", kind=None), ["MISSING_FIELD"]),
        ({**behaviour("1 11:00"), "event_time": None}, ["MISSING_FIELD"]),
        ({**behaviour("1 11:00"), "event_time": "soon"}, ["BAD_TIME"]),
        (behaviour("1 11:00", channel="no such one"), []),
        (behaviour("1 11:00", phone=None, landline=PHONE), []),
    ],
)
def test_who_and_what_is_refused(record: dict[str, Any], reasons: list[str]) -> None:
    engine = run(lead("1", "1 10:00"), record)
    assert refused(engine) == ([reasons] if reasons else [])
    assert all(fault["hint"] for reject in engine.outputs["rejects"] for fault in reject["fields"])


@pytest.mark.parametrize(
    ("count", "kept", "flagged"),
    [(None, 1, False), (3, 3, False), ("3", 3, False), (3.0, 3, False), (0, 1, True), (-2, 1, True), (2.5, 1, True),
     ("many", 1, True), (10**9, limits.BEHAVIOUR_TIMES, False)],
)  # fmt: skip
def test_how_often_decides_no_record(count: Any, kept: int, flagged: bool) -> None:
    """Ruling 78: a count that is none is dropped, and the record counts once."""
    engine = run(lead("1", "1 10:00"), behaviour("1 11:00", count=count))
    assert kept_of(engine) == [("VIEW", "A6L", kept, kept)] and not refused(engine)


def test_one_that_finds_nobody_moves_the_clock_all_the_same() -> None:
    """Ruling 4: only what its bytes refuse for another reason does not."""
    for phone, moved in ((OTHER, True), (None, True), ("7654321", False)):
        engine = run(lead("1", "1 10:00"), behaviour("5 11:00", phone=phone))
        assert (engine.clock == at(5, 11)) is moved, phone


def test_that_of_a_channel_on_trial_stays_in_its_realm() -> None:
    engine = run(lead("1", "1 10:00"), behaviour("1 11:00", channel="t"))
    assert refused(engine) == [["NO_LEAD"]] and engine.outputs["rejects"][0]["shadow"] is True
    engine = run(lead("1", "1 10:00"), lead("2", "1 10:00", channel="t"), behaviour("1 11:00", channel="t"))
    assert refused(engine) == [] and kept_of(engine) == []


def test_no_log_is_kept() -> None:
    """A hundred records of two kinds leave two aggregates."""
    many = [
        behaviour(f"2 {hour:02}:{minute:02}", kind)
        for hour in (10, 11)
        for minute in range(25)
        for kind in ("VIEW", "CHAT")
    ]
    engine = run(lead("1", "1 10:00"), *many)
    assert [(kind, count) for kind, _, _, count in sorted(kept_of(engine))] == [("CHAT", 50), ("VIEW", 50)]


# --- what is kept


def test_the_order_of_arrival_does_not_matter() -> None:
    times = [(NOW, 2), (NOW - 3 * DAY_MS, 1), (NOW + DAY_MS, 4), (NOW - 20 * DAY_MS, 5)]
    found = set()
    for order in itertools.permutations(times):
        kept: list[Behaviour] = []
        for t, n in order:
            behaviours.add(kept, "VIEW", "A6L", n, 0.5, t, RULES)
        (one,) = kept
        found.add((round(one.value, 9), one.count, one.first, one.last))
    value = 0.5 * (4 + 2 * 2 ** (-1 / 14) + 2 ** (-4 / 14) + 5 * 2 ** (-21 / 14))
    assert found == {(round(value, 9), 12, NOW - 20 * DAY_MS, NOW + DAY_MS)}


def test_at_sixty_four_the_smallest_value_falls() -> None:
    kept: list[Behaviour] = []
    for n in range(limits.BEHAVIOURS):
        behaviours.add(kept, "VIEW", f"S{n:02}", 2, 1.0, NOW, RULES)
    behaviours.add(kept, "VIEW", "old", 3, 1.0, NOW - 28 * DAY_MS, RULES)  # 0.75 by now
    assert len(kept) == limits.BEHAVIOURS and "old" not in {one.series for one in kept}
    behaviours.add(kept, "VIEW", "new", 3, 1.0, NOW, RULES)
    assert len(kept) == limits.BEHAVIOURS and "new" in {one.series for one in kept}


def test_they_give_way_first_in_a_row_that_is_too_large() -> None:
    """Ruling 48."""
    row = Customer("20240101", PHONE, "", False)
    for n in range(limits.BEHAVIOURS):
        row.behaviours.append(Behaviour("VIEW", f"{n:03}" + "x" * 253, float(n), n, NOW, NOW))
    row.activities = [("a" * 100, NOW)] * 20
    left = customer_row.decode(row_size.giving_way(row))
    assert sorted(one.value for one in left.behaviours) == [float(n) for n in range(48, 64)]
    assert len(left.activities) == 20


# --- what is shown


@pytest.mark.parametrize(
    ("days", "span"),
    [(0, "1 天内"), (1, "1 天内"), (1.001, "2 天内"), (30, "30 天内"), (30.5, "2 个月内"), (60, "2 个月内"), (365, "13 个月内"),
     (366, "2 年内"), (1000, "3 年内"), (1095, "3 年内"), (1096, "4 年内")],
)  # fmt: skip
def test_the_span_is_since_the_first_in_whole_units(days: float, span: str) -> None:
    one = Behaviour("VIEW", "A6L", 8.0, 8, NOW - int(days * DAY_MS), NOW)
    assert behaviours.sentence(one, NOW, RULES) == f"{span}浏览 A6L 8 次"


def test_a_sentence_is_of_the_profiles_language() -> None:
    english = replace(RULES, words={**WORDS["en"], "DANCE": "danced in"})
    one = Behaviour("VIEW", "A6L", 8.0, 8, NOW - 1000 * DAY_MS, NOW)
    assert behaviours.sentence(one, NOW, english) == "viewed A6L 8 times within 3 years"
    assert (
        behaviours.sentence(Behaviour("DANCE", "", 1.0, 1, NOW, NOW), NOW, english) == "danced in 1 times within 1 days"
    )
    assert behaviours.sentence(Behaviour("SING", "", 1.0, 1, NOW, NOW), NOW, RULES) == "1 天内SING 1 次"


def test_the_five_of_highest_value_are_shown() -> None:
    kept = [Behaviour("VIEW", f"S{n}", float(n), n, NOW, NOW) for n in (3, 1, 6, 2, 5, 4)]
    kept.append(Behaviour("VIEW", "S9", 9.0, 9, NOW - 70 * DAY_MS, NOW - 70 * DAY_MS))  # worth 0.28 by now
    assert [one.split()[2] for one in behaviours.sentences(kept, NOW, RULES)] == ["S6", "S5", "S4", "S3", "S2"]


@pytest.mark.parametrize(
    ("kept", "focus"),
    [
        ([], ""),
        ([("VIEW", "", 9.0)], ""),
        ([("VIEW", "Q5L", 2.0), ("VIEW", "A6L", 1.0)], "Q5L"),
        ([("VIEW", "Q5L", 2.0), ("VIEW", "A6L", 1.0), ("CHAT", "A6L", 1.5)], "A6L"),  # summed over kinds
        ([("VIEW", "Q5L", 2.0), ("VIEW", "A6L", 1.0), ("CHAT", "A6L", 1.0)], "A6L"),  # equal: the smaller code
    ],
)
def test_focus_is_the_series_of_the_highest_summed_value(kept: list[tuple[str, str, float]], focus: str) -> None:
    rows = [Behaviour(kind, series, value, 1, NOW, NOW) for kind, series, value in kept]
    assert behaviours.focus_of(rows, NOW, RULES) == focus


def test_values_are_compared_as_they_are_now() -> None:
    rows = [Behaviour("VIEW", "Q5L", 3.0, 3, NOW, NOW - 28 * DAY_MS), Behaviour("VIEW", "A6L", 1.0, 1, NOW, NOW)]
    assert value_at(rows[0], NOW, 14 * DAY_MS) == 0.75
    assert behaviours.focus_of(rows, NOW, RULES) == "A6L"


# --- what it does to his leads


def test_an_open_lead_is_scored_again_and_written_where_that_changes_something() -> None:
    tables = {"score": {"interaction": 10, "types": {"VIEW": 2, "CLICK": 0}}}
    engine = run(lead("1", "1 10:00"), behaviour("1 10:00", count=3), behaviour("1 10:00", "CLICK"), **tables)
    assert [(one["score"], one["why"].get("note")) for one in engine.outputs["unique_leads"]] == [
        (10, None),
        (14, "VIEW"),
    ]


def test_after_the_order_the_score_stands_still() -> None:
    """Domain 9: rescored on every touch until the order, whose own points count."""
    ordered = {
        "type": "activity",
        "activity_id": "o",
        "kind": "ORDER",
        "phone": PHONE,
        "store": "S",
        "event_time": instant("1 11:00"),
    }
    engine = run(lead("1", "1 10:00"), ordered, behaviour("1 12:00", count=100), lead("2", "2 10:00"))
    assert [one["score"] for one in engine.outputs["unique_leads"]] == [
        10,
        29,
        29,
    ]  # 29: 20 + 9.98 of what cooled an hour


def test_closed_leads_stay_as_they_are() -> None:
    lost = {
        "type": "activity",
        "activity_id": "l",
        "kind": "LOST",
        "phone": PHONE,
        "store": "S",
        "event_time": instant("1 11:00"),
    }
    engine = run(lead("1", "1 10:00"), lost, behaviour("1 12:00", count=100))
    assert [one["status"] for one in engine.outputs["unique_leads"]] == ["DISPATCHED", "LOST"]
    assert kept_of(engine) == [("VIEW", "A6L", 100.0, 100)]


def test_nothing_is_kept_of_who_is_reduced_to_his_opt_out() -> None:
    """Ruling 57: of such a customer only that fact is left."""
    out = {"type": "activity", "activity_id": "o", "kind": "OPT_OUT", "phone": PHONE, "event_time": instant("1 11:00")}
    engine = PlainEngine({**BASE, "periods": {"merge": 1, "deal_merge": 1, "max_life": 2}})
    records = [lead("1", "1 10:00"), out, behaviour("1 12:00"), clock("28 10:00"), behaviour("28 11:00")]
    lines = [(number, json.dumps(record).encode()) for number, record in enumerate(records, 1)]
    engine.run({"raw_leads.jsonl": ("raw_lead", lines)})
    assert refused(engine) == [["NO_LEAD"]]
    assert kept_of(engine) == []
