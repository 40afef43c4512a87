"""The turn of a record without event time among feeds; values by hand from rulings 4, 20 and 83."""

from __future__ import annotations

from short_story import OTHER, instant, lead, told

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
