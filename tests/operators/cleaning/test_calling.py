"""Calling time: each bound at its instant and a millisecond to each side, over midnight, over a closed day (rulings 16, 59)."""

from __future__ import annotations

from dataclasses import replace

import pytest
from cleaning_case import ms
from hypothesis import given
from hypothesis import strategies as st

from operators.base.calendar import LocalTime
from operators.base.rules import CleaningRules, Rules, Store
from operators.cleaning import calling
from operators.dispatch.hours import is_open
from state.rows.codes import AI, MANUAL

HOUR_MS = 3_600_000
DAYTIME = CleaningRules().calling
NIGHT = replace(DAYTIME, code="\0night", opens_ms=20 * HOUR_MS, closes_ms=26 * HOUR_MS)
ALWAYS = replace(DAYTIME, code="\0always", opens_ms=0, closes_ms=24 * HOUR_MS)
HOLIDAY = replace(DAYTIME, code="\0holiday", closed_days=frozenset({LocalTime("Asia/Shanghai").day(ms("01-03T10:00"))}))


def rules(hours: Store = DAYTIME, minutes: int = 10) -> Rules:
    return Rules(cleaning=CleaningRules(calling=hours, ai_ms=minutes * 60_000))


@pytest.mark.parametrize(
    ("hours", "opened", "not_before", "expires"),
    [
        (DAYTIME, "01-02T10:00", "01-02T10:00", "01-02T10:10"),
        # in the morning
        (DAYTIME, "01-02T08:59:59.999", "01-02T09:00", "01-02T09:10"),
        (DAYTIME, "01-02T09:00", "01-02T09:00", "01-02T09:10"),
        (DAYTIME, "01-02T09:00:00.001", "01-02T09:00:00.001", "01-02T09:10:00.001"),
        # at the end of the day: what ruling 59 says itself, and its neighbours
        (DAYTIME, "01-02T19:49:59.999", "01-02T19:49:59.999", "01-02T19:59:59.999"),
        (DAYTIME, "01-02T19:50", "01-02T19:50", "01-02T20:00"),
        (DAYTIME, "01-02T19:50:00.001", "01-02T19:50:00.001", "01-03T09:00:00.001"),
        (DAYTIME, "01-02T19:55", "01-02T19:55", "01-03T09:05"),
        (DAYTIME, "01-02T19:59:59.999", "01-02T19:59:59.999", "01-03T09:09:59.999"),
        (DAYTIME, "01-02T20:00", "01-03T09:00", "01-03T09:10"),
        (DAYTIME, "01-02T23:59:59.999", "01-03T09:00", "01-03T09:10"),
        (DAYTIME, "01-03T00:00", "01-03T09:00", "01-03T09:10"),
        # past midnight: 20:00 to 02:00
        (NIGHT, "01-02T23:55", "01-02T23:55", "01-03T00:05"),
        (NIGHT, "01-03T01:50", "01-03T01:50", "01-03T02:00"),
        (NIGHT, "01-03T01:50:00.001", "01-03T01:50:00.001", "01-03T20:00:00.001"),
        (NIGHT, "01-03T02:00", "01-03T20:00", "01-03T20:10"),
        (NIGHT, "01-03T19:59:59.999", "01-03T20:00", "01-03T20:10"),
        # always
        (ALWAYS, "01-02T23:55", "01-02T23:55", "01-03T00:05"),
        # the third of January is closed
        (HOLIDAY, "01-02T19:50", "01-02T19:50", "01-02T20:00"),
        (HOLIDAY, "01-02T19:55", "01-02T19:55", "01-04T09:05"),
        (HOLIDAY, "01-02T20:00", "01-04T09:00", "01-04T09:10"),
        (HOLIDAY, "01-03T10:00", "01-04T09:00", "01-04T09:10"),
        (HOLIDAY, "01-03T23:59:59.999", "01-04T09:00", "01-04T09:10"),
        (HOLIDAY, "01-04T00:00", "01-04T09:00", "01-04T09:10"),
    ],
)
def test_bounds(hours: Store, opened: str, not_before: str, expires: str) -> None:
    assert calling.not_before(ms(opened), rules(hours)) == ms(not_before)
    assert calling.expires_at(AI, ms(opened), rules(hours)) == ms(expires)


def test_people_have_calendar_time() -> None:
    """Whatever the hour: opening + 24 h."""
    for opened in ("01-02T10:00", "01-02T19:55", "01-02T23:00"):
        assert calling.expires_at(MANUAL, ms(opened), rules(HOLIDAY)) == ms(opened) + 24 * HOUR_MS


def test_a_long_time_passes_over_days() -> None:
    """Twelve hours of calling time from 10:00, of eleven a day: ten today, two tomorrow."""
    assert calling.expires_at(AI, ms("01-02T10:00"), rules(minutes=720)) == ms("01-03T11:00")


def test_hours_that_never_come_have_no_end() -> None:
    first = LocalTime("Asia/Shanghai").day(ms("01-01T00:00"))
    never = replace(DAYTIME, code="\0never", closed_days=frozenset(range(first, first + 1000)))
    assert calling.expires_at(AI, ms("01-02T10:00"), rules(never)) == 0
    assert calling.not_before(ms("01-02T10:00"), rules(never)) == ms("01-02T10:00")


@given(
    opened=st.integers(ms("01-01T00:00"), ms("01-20T00:00")),
    minutes=st.integers(1, 1440),
    opens=st.integers(0, 23),
    length=st.integers(1, 24),
)
def test_exactly_that_much_calling_time_passes(opened: int, minutes: int, opens: int, length: int) -> None:
    """Counted minute by minute: as many open ones as the robot has."""
    opened -= opened % 60_000
    hours = replace(DAYTIME, code=f"\0{opens}-{length}", opens_ms=opens * HOUR_MS, closes_ms=(opens + length) * HOUR_MS)
    known = rules(hours, minutes)
    expires = calling.expires_at(AI, opened, known)
    assert sum(is_open(hours, at, known) for at in range(opened, expires, 60_000)) == minutes
    assert is_open(hours, expires - 60_000, known), "the earliest such instant"
    first = calling.not_before(opened, known)
    assert is_open(hours, first, known) and first >= opened
    assert not any(is_open(hours, at, known) for at in range(opened, first, 60_000))
