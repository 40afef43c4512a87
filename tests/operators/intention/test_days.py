"""Whose day it is after closings, in store answers and by channel; values by hand from rulings 7, 12, 53 and 83."""

from __future__ import annotations

from typing import Any

import pytest
from short_story import act, clock, lead, told

from operators.base.rules import Rules
from operators.intention.dedup import close_day, holds_day
from state.rows.intention import Fold, IntentEntry, Raw, Unique

CHANNEL: dict[str, Any] = {"dedup": {"scope": "channel"}}


def test_after_a_closing_each_channel_has_a_first_one_again() -> None:
    records = [
        lead("1", "1 10:00"),
        lead("2", "1 10:30", channel="b"),
        act("l", "LOST", "1 12:00"),
        lead("3", "1 13:00", channel="b"),
        lead("4", "1 14:00", channel="b"),
        lead("5", "1 15:00"),
    ]
    assert told(CHANNEL, *records).marks == {
        "1": "FIRST_TOUCH",
        "2": "MERGED",
        "3": "MERGED",
        "4": "DEDUPED",
        "5": "MERGED",
    }


@pytest.mark.parametrize(("tables", "mark"), [(CHANNEL, "MERGED"), ({}, "DEDUPED")])
def test_an_answer_finds_the_day_held_by_its_own_channel_alone(tables: dict[str, Any], mark: str) -> None:
    records = [lead("1", "1 10:00"), lead("p", "1 11:00", None, channel="b"), clock("1 13:00")]
    assert told(tables, *records, lead("p", "1 11:00", channel="b")).marks["p"] == mark


def test_a_lead_keeps_the_days_of_each_of_its_closings() -> None:
    records = [
        lead("s", "1 10:00"),
        lead("p", "1 11:00", None),
        act("k", "LOST", "1 12:00"),
        lead("r", "2 09:30"),
        lead("q", "2 09:45", None),
        act("i", "INVALID", "2 10:00"),
        lead("x", "3 09:00"),
        act("l", "LOST", "3 10:00"),
        clock("3 11:00"),
        lead("p", "1 11:00"),
    ]
    # s holds the first day, r the second; each closing came after p and after q.
    marks = told({}, *records).marks
    assert (marks["p"], marks["q"], marks["x"]) == ("DEDUPED", "DEDUPED", "MERGED")


def test_what_comes_behind_a_closing_of_its_day_is_not_held_back_by_an_answer_either() -> None:
    records = [lead("s", "1 10:00"), act("l", "LOST", "1 12:00"), lead("p", "1 13:00", None), clock("1 14:00")]
    assert told({}, *records, lead("p", "1 13:00")).marks["p"] == "MERGED"


def test_a_refund_of_an_older_lead_parts_the_day_of_the_younger_one_too() -> None:
    tables = {"periods": {"merge": 2, "deal_merge": 3, "max_life": 12}}
    records = [
        lead("1", "1 10:00"),
        act("d", "PAID", "1 12:00"),
        lead("2", "5 10:00"),
        lead("p", "5 12:00", None),
        act("r", "REFUND", "5 11:00"),
        clock("5 13:00"),
        lead("p", "5 12:00"),
    ]
    # The REFUND lies more than three days after d: it passes over lead 1 and nothing parts the day.
    assert told(tables, *records).marks["p"] == "DEDUPED"
    within = {"periods": {**tables["periods"], "deal_merge": 4}}
    records[2] = lead("2", "5 12:00:00.001")  # behind the deal's period by a millisecond
    records[3] = lead("p", "5 13:00", None)
    records[4] = act("r", "REFUND", "5 12:00")
    records[5:] = [clock("5 14:00"), lead("p", "5 13:00")]
    assert told(within, *records).marks["p"] == "DEDUPED", "2 lies behind the closing, like p"


def test_the_first_raw_lead_behind_a_closing_holds_the_day_though_it_was_a_repeat() -> None:
    records = [
        lead("p", "1 10:00", None),
        lead("q", "1 12:00", None),
        clock("1 15:00"),
        lead("p", "1 10:00"),
        act("l", "LOST", "1 11:00"),
        lead("r", "1 16:00"),
    ]
    # The lead moved at 15:00; the LOST of 11:00 takes effect there, at its own time. q comes behind it, p before it.
    found = told({}, *records)
    assert found.marks == {"p": "FIRST_TOUCH", "q": "DEDUPED", "r": "DEDUPED"}
    assert found.leads["p"][1] == "LOST"


HOUR = 3_600_000


def at(hour: int) -> Raw:
    return Raw(9, hour * HOUR, 100, "a", "", "r", 0, 1, 1, 1, 0, IntentEntry(hour * HOUR))


def test_the_days_of_a_lead_that_an_older_version_wrote() -> None:
    rules, fold = Rules(), Fold()
    older = Unique(1, 0, 1, 0, 9, 9, 9, 9, days=[0], cut=26 * HOUR)  # day 0 held; on day 1 closed at 10:00 in Shanghai
    assert holds_day(fold, older, at(2), 0, rules)
    assert holds_day(fold, older, at(25), 1, rules) and not holds_day(fold, older, at(27), 1, rules)
    close_day(fold, 4 * HOUR, rules)  # at noon of day 0
    assert holds_day(fold, older, at(4), 0, rules) and not holds_day(fold, older, at(5), 0, rules)
