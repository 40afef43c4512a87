"""The turn of a record among feeds: without event time, and while there is no clock; values by hand from rulings 4, 20, 76, 83."""

from __future__ import annotations

from short_story import OTHER, act, instant, lead, told

THIRD = "13912340000"


def test_its_ingest_time_stands_in() -> None:
    found = told(
        {},
        x=[lead("1", "1 10:00"), lead("2", "1 12:00", "Z")],
        y=[lead("3", None, phone=OTHER, ingest_time=instant("1 11:00")), lead("4", "1 10:30", phone=THIRD)],
    )
    # 3 waits for 11:00 and holds back 4 behind it; the clock is 10:00 until then, and 3 does not move it.
    assert found.sent == [("1", "S", "1 10:00"), ("3", "S", "1 10:00"), ("4", "S", "1 10:30"), ("2", "Z", "1 12:00")]


def test_it_stands_in_for_that_turn_alone() -> None:
    found = told(
        {},
        x=[lead("1", "1 10:00"), lead("2", "1 10:40", "Z")],
        y=[lead("3", None, phone=OTHER, ingest_time=instant("1 10:20")), lead("4", "1 10:10", phone=THIRD)],
    )
    # 4 goes at the clock of 10:10, before 2 moves it on.
    assert found.sent == [("1", "S", "1 10:00"), ("3", "S", "1 10:00"), ("4", "S", "1 10:10"), ("2", "Z", "1 10:40")]


def test_without_both_it_comes_first() -> None:
    late = lead("3", None, phone=OTHER)
    found = told({}, x=[lead("1", "1 10:00"), lead("2", "1 12:00", "Z")], y=[lead("4", "1 10:05", phone=THIRD), late])
    assert set(found.sent) == {
        ("1", "S", "1 10:00"),
        ("4", "S", "1 10:05"),
        ("3", "S", "1 10:05"),
        ("2", "Z", "1 12:00"),
    }
    assert told({}, x=[lead("1", "1 10:00")], y=[late]).refused == ["BAD_TIME"], "there is no clock yet"


def test_before_the_clock_starts_a_record_takes_its_turn_by_its_own_time() -> None:
    """Ruling 76: it moves nothing, and it does not overtake the lead that it speaks of."""
    found = told({}, x=[lead("1", "1 10:00"), lead("2", "1 12:00", "Z")], a=[act("v", "VISIT", "1 11:00")])
    assert not found.refused and found.marks == {"1": "FIRST_TOUCH", "2": "FIRST_TOUCH"}
    early = told({}, x=[lead("1", "1 10:00")], a=[act("v", "VISIT", "1 09:00"), act("w", "VISIT", "1 10:30")])
    assert early.refused == ["NO_LEAD"]
    assert early.sent == [("1", "S", "1 10:00")], "an activity has not moved the clock"


def test_a_time_that_nobody_believes_holds_no_record_behind_it_back() -> None:
    """Ruling 76: it was read ahead without a clock, and is judged again when there is one."""
    far = lead("far", None, event_time="2062-01-01T00:00:00+08:00")
    found = told({}, x=[lead("1", "1 10:00"), lead("2", "1 12:00", "Z")], y=[far, lead("4", "1 10:30", phone=THIRD)])
    assert found.refused == ["BAD_TIME"]
    assert found.sent == [("1", "S", "1 10:00"), ("4", "S", "1 10:30"), ("2", "Z", "1 12:00")]


def test_after_today_counts_for_the_first_lead_alone() -> None:
    """Ruling 76; today is 2026-09-21 here. What stands in one feed changes nothing for another."""
    later = lead("3", None, phone=OTHER, event_time="2026-12-25T10:00:00+08:00")
    assert told({}, y=[later]).refused == ["BAD_TIME"]
    for names in (("x", "y"), ("y", "x")):
        feeds = dict(zip(names, ([lead("1", "1 10:00")], [later]), strict=True))
        found = told({}, **feeds)
        assert not found.refused and set(found.sent) == {("1", "S", "1 10:00"), ("3", "S", "25 10:00")}
