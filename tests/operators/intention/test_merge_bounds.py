"""Row 2 of the table and how long an activity still reaches a lead; values by hand from ruling 83."""

from __future__ import annotations

import pytest
from short_story import act, clock, lead, told

PERIODS = {
    "periods": {"merge": 5, "deal_merge": 9, "max_life": 12},
    "series": {"brief": {"max_life": 3}, "early": {"merge": 2}},
}


def test_within_the_expiry_that_it_would_get_to_the_millisecond() -> None:
    found = told(PERIODS, lead("1", "1 10:00"), lead("2", "4 10:00", series="brief"))
    assert found.marks == {"1": "FIRST_TOUCH", "2": "MERGED"}
    assert found.closings == [], "what happens exactly at a deadline is in time"


def test_beyond_it_a_new_lead_takes_the_place_of_the_open_one() -> None:
    found = told(PERIODS, lead("1", "1 10:00"), lead("2", "4 10:00:00.001", series="brief"))
    assert found.marks == {"1": "FIRST_TOUCH", "2": "FIRST_TOUCH"}
    assert found.closings == [("1", "MERGE_EXPIRED", "4 10:00:00.001")]
    assert found.leads == {"1": ("S", "MERGE_EXPIRED", "1"), "2": ("S", "DISPATCHED", "2")}
    assert found.sent == [("1", "S", "1 10:00"), ("2", "S", "4 10:00:00.001")]


def test_it_counts_from_the_opening_where_the_expiry_does() -> None:
    tables = {**PERIODS, "periods": {**PERIODS["periods"], "from_first": True}}
    for at, mark in (("3 10:00", "MERGED"), ("3 10:00:00.001", "FIRST_TOUCH")):
        assert told(tables, lead("1", "1 10:00"), lead("2", at, series="early")).marks["2"] == mark


def test_a_late_one_closes_the_open_one_when_it_arrives() -> None:
    found = told(PERIODS, lead("1", "1 10:00"), clock("5 12:00"), lead("2", "4 12:00", series="brief"))
    assert found.marks["2"] == "FIRST_TOUCH"
    assert found.closings == [("1", "MERGE_EXPIRED", "5 12:00")]
    assert ("2", "S", "5 12:00") in found.sent, "the closed one stands in nobody's way"


def test_an_earlier_first_touch_puts_a_later_one_beyond_it() -> None:
    tables = {**PERIODS, "series": {"brief": {"max_life": 2}}}
    records = [lead("1", "3 10:00"), lead("2", "5 09:00", series="brief")]
    assert told(tables, *records).marks["2"] == "MERGED"
    # 0 opens the lead on the 2nd at 12:00: two days later is the 4th.
    found = told(tables, *records, lead("0", "2 12:00"))
    assert found.marks == {"0": "FIRST_TOUCH", "1": "MERGED", "2": "FIRST_TOUCH"}


TWO = {
    "periods": {"merge": 5, "deal_merge": 9, "max_life": 12},
    "series": {"deal": {"merge": 1, "deal_merge": 30}, "brief": {"merge": 2, "deal_merge": 2}},
}
FIRST_OVER = [lead("1", "1 10:00", series="deal"), lead("2", "4 10:00", series="brief"), act("l", "LOST", "4 12:00")]


@pytest.mark.parametrize(("at", "won"), [("6 12:00", "2"), ("6 12:00:00.001", "1")])
def test_an_activity_passes_over_the_younger_lead(at: str, won: str) -> None:
    # 2 closed at 4 12:00, its longer period is two days; 1 closed at 2 10:00 and has thirty.
    found = told(TWO, *FIRST_OVER, act("p", "PAID", at))
    assert {name for name, (_, status, _) in found.leads.items() if status == "WON"} == {won}
    assert found.refused == []


def test_where_none_is_left_it_is_refused() -> None:
    brief = {**TWO, "series": {"deal": {"merge": 1, "deal_merge": 2}, "brief": {"merge": 2, "deal_merge": 2}}}
    for kind in ("CALL", "LOST", "PAID", "REFUND"):
        assert told(brief, *FIRST_OVER, act("v", kind, "6 12:00:00.001")).refused == ["NO_LEAD"], kind


@pytest.mark.parametrize(("at", "refused"), [("4 12:00", []), ("4 12:00:00.001", ["NO_LEAD"])])
def test_a_second_deal_has_the_deal_merge_period_whatever_the_merge_period(at: str, refused: list[str]) -> None:
    tables = {"periods": {"merge": 5, "deal_merge": 2, "max_life": 12}}
    records = [lead("1", "1 10:00"), act("p", "PAID", "2 12:00"), act("q", "PAID", at), act("v", "VISIT", "7 12:00")]
    assert told(tables, *records).refused == refused, "a visit is recorded up to the longer of the two"


def test_a_refund_from_before_the_deal_finds_none_where_it_stands() -> None:
    found = told(PERIODS, lead("1", "1 10:00"), act("p", "PAID", "2 10:00"), act("r", "REFUND", "1 12:00"))
    assert found.refused == ["NO_LEAD"] and found.leads["1"][1] == "WON"
    # Older than the lateness it stands at the clock of its arrival, and the lead is won by then.
    found = told(
        PERIODS, lead("1", "1 10:00"), act("p", "PAID", "2 10:00"), clock("9 10:00"), act("r", "REFUND", "1 12:00")
    )
    assert found.refused == [] and found.leads["1"][1] == "LOST"
