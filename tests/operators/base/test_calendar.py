"""Times as text and local days (rulings 5, 20 and 21)."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from operators.base.calendar import DAY_MS, HOUR_MS, LocalTime, parse_ms

NEW_YEAR_MS = 1_704_038_400_000
"""2023-12-31T16:00:00Z: midnight of 2024-01-01 in Shanghai."""
NEW_YEAR_DAY = 19_723
"""54 years of 365 days and the 13 leap days from 1972 to 2020."""
SHANGHAI = LocalTime("Asia/Shanghai")
NEW_YORK = LocalTime("America/New_York")


@pytest.mark.parametrize(
    ("text", "ms"),
    [
        ("2024-01-01T00:00:00+08:00", NEW_YEAR_MS),
        ("2023-12-31T16:00:00Z", NEW_YEAR_MS),
        ("2023-12-31T16:00:00.000Z", NEW_YEAR_MS),
        ("2023-12-31t16:00:00z", NEW_YEAR_MS),
        ("2023-12-31T21:30:00+05:30", NEW_YEAR_MS),
        ("2023-12-31T11:00:00-05:00", NEW_YEAR_MS),
        ("2024-01-01T00:00:00.250+08:00", NEW_YEAR_MS + 250),
        ("2024-01-01T00:00:00.1239999+08:00", NEW_YEAR_MS + 123),  # ruling 20: more than three decimals are cut
        ("2024-01-01T00:00:00.5+08:00", NEW_YEAR_MS + 500),
        ("2024-02-29T00:00:00+08:00", NEW_YEAR_MS + 59 * DAY_MS),
        ("1970-01-01T00:00:00Z", 0),
        ("2024-01-01 00:00:00+08:00", NEW_YEAR_MS),  # ruling 80: a space for T
        ("2024-01-01T00:00+08:00", NEW_YEAR_MS),  # no seconds
        ("2023-12-31 16:00Z", NEW_YEAR_MS),
        ("2024-01-01T00:00:00+0800", NEW_YEAR_MS),  # no colon
        ("2024-01-01 00:00+0800", NEW_YEAR_MS),
        ("2024-01-01 00:00:00.25+0800", NEW_YEAR_MS + 250),
        ("2024-01-01T05:59:00+13:59", NEW_YEAR_MS),
    ],
)
def test_a_time_is_an_instant(text: str, ms: int) -> None:
    """Asked twice: what is kept of the first must not change the second."""
    assert (parse_ms(text), parse_ms(text)) == (ms, ms)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "2024-01-01",
        "2024-01-01T00:00:00",  # without an offset: BAD_TIME (ruling 20)
        "2024-01-01T00:00:00.250",
        "2024-02-30T00:00:00+08:00",
        "2023-02-29T00:00:00+08:00",
        "2024-13-01T00:00:00+08:00",
        "2024-01-01T24:00:01+08:00",
        "2024-01-01T00:61:00+08:00",
        "2024-01-01T00:00:00+08",
        "2024-01-01T00:00:00 Shanghai",
        "2024-01-01T00:00:00+08:60",  # ruling 80: an offset's minutes are below 60
        "2024-01-01T00:00:00+0860",
        "2024-01-01T00:00:00+800",
        "2024-01-01T00:00",
        "2024-01-01T00+08:00",
        "2024-01-01  00:00:00+08:00",
        "2024-01-01T00:00:00.x50+08:00",
        "２０２４-01-01T00:00:00+08:00",
        "0000-01-01T00:00:00Z",
        "9999-12-31T23:59:59-12:00",
    ],
)
def test_what_is_no_time_is_refused_every_time(text: str) -> None:
    for _ in range(2):
        with pytest.raises(ValueError):
            parse_ms(text)


def test_a_look_alike_of_a_time_that_was_read_is_still_refused() -> None:
    """The hour is known by then."""
    parse_ms("2024-01-01T10:15:00+08:00")
    for text in ("2024-01-01T10:60:00+08:00", "2024-01-01T10:1500+08:00", "2024-01-01T10:15:0+08:00"):
        with pytest.raises(ValueError):
            parse_ms(text)


@pytest.mark.parametrize(
    ("at", "day", "time"),
    [
        (NEW_YEAR_MS - 1, NEW_YEAR_DAY - 1, DAY_MS - 1),
        (NEW_YEAR_MS, NEW_YEAR_DAY, 0),
        (NEW_YEAR_MS + DAY_MS - 1, NEW_YEAR_DAY, DAY_MS - 1),
        (NEW_YEAR_MS + 9 * HOUR_MS, NEW_YEAR_DAY, 9 * HOUR_MS),
        (-1, 0, 8 * HOUR_MS - 1),  # before 1970
    ],
)
def test_the_local_day_begins_at_local_midnight(at: int, day: int, time: int) -> None:
    """Ruling 5: 'the same day' is the local calendar day."""
    assert SHANGHAI.day(at) == day
    assert SHANGHAI.day_and_time(at) == (day, time)


@pytest.mark.parametrize(
    ("at", "text"),
    [
        (NEW_YEAR_MS, "2024-01-01T00:00:00.000+08:00"),
        (NEW_YEAR_MS + 1, "2024-01-01T00:00:00.001+08:00"),
        (NEW_YEAR_MS + 14 * HOUR_MS + 59 * 60_000 + 59_999, "2024-01-01T14:59:59.999+08:00"),
        (NEW_YEAR_MS - 1, "2023-12-31T23:59:59.999+08:00"),
    ],
)
def test_times_are_written_in_the_business_time_zone_with_milliseconds(at: int, text: str) -> None:
    """Ruling 21; and what is written is read back."""
    assert SHANGHAI.text(at) == SHANGHAI.text(at) == text
    assert parse_ms(text) == at


def test_a_local_day_and_time_is_an_instant() -> None:
    assert SHANGHAI.instant(NEW_YEAR_DAY, 0) == NEW_YEAR_MS
    assert SHANGHAI.instant(NEW_YEAR_DAY, 28 * HOUR_MS) == NEW_YEAR_MS + 28 * HOUR_MS
    assert SHANGHAI.day_text(NEW_YEAR_DAY) == "2024-01-01"


SPRING = 1_710_046_800_000
"""2024-03-10T05:00:00Z: midnight in New York, of a day of 23 hours."""
AUTUMN = 1_730_606_400_000
"""2024-11-03T04:00:00Z: midnight in New York, of a day of 25 hours."""


@pytest.mark.parametrize(("midnight", "hours"), [(SPRING, 23), (AUTUMN, 25)])
def test_a_day_may_have_an_hour_less_or_more(midnight: int, hours: int) -> None:
    """Each hour of it is written once with its own offset, and read back."""
    day = NEW_YORK.day(midnight)
    assert NEW_YORK.day(midnight - 1) == day - 1
    assert NEW_YORK.day(midnight + hours * HOUR_MS - 1) == day
    assert NEW_YORK.day(midnight + hours * HOUR_MS) == day + 1
    written = [NEW_YORK.text(midnight + hour * HOUR_MS) for hour in range(hours)]
    assert len(set(written)) == hours
    assert [parse_ms(text) for text in written] == [midnight + hour * HOUR_MS for hour in range(hours)]
    assert NEW_YORK.instant(day, 9 * HOUR_MS) == midnight + (hours - 15) * HOUR_MS, "nine o'clock is nine o'clock"


def test_zones_with_odd_offsets_keep_their_minutes() -> None:
    kathmandu = LocalTime("Asia/Kathmandu")  # +05:45
    assert kathmandu.text(NEW_YEAR_MS) == "2023-12-31T21:45:00.000+05:45"
    assert kathmandu.day(NEW_YEAR_MS) == NEW_YEAR_DAY - 1


def test_a_zone_goes_to_another_process_by_its_name() -> None:
    assert pickle.loads(pickle.dumps(SHANGHAI)).text(NEW_YEAR_MS) == SHANGHAI.text(NEW_YEAR_MS)


def local(zone: str, text: str, reading: Callable[[LocalTime, int, int], int] = LocalTime.instant) -> int:
    """The instant of a local time, "2026-03-08 02:30", as `LocalTime` finds it."""
    day, _, time = text.partition(" ")
    hour, minute = time.split(":")
    days = date.fromisoformat(day).toordinal() - date(1970, 1, 1).toordinal()
    return reading(LocalTime(zone), days, int(hour) * HOUR_MS + int(minute) * 60_000)


@pytest.mark.parametrize(
    ("zone", "skipped", "instant"),
    [
        ("America/New_York", "2026-03-08 02:00", "2026-03-08T03:00:00-04:00"),
        ("America/New_York", "2026-03-08 02:30", "2026-03-08T03:00:00-04:00"),
        ("America/New_York", "2026-03-08 02:59", "2026-03-08T03:00:00-04:00"),
        ("Europe/Berlin", "2026-03-29 02:30", "2026-03-29T03:00:00+02:00"),
        ("Africa/Cairo", "2026-04-24 00:30", "2026-04-24T01:00:00+03:00"),
        ("America/Sao_Paulo", "2018-11-04 00:15", "2018-11-04T01:00:00-02:00"),
        ("Australia/Lord_Howe", "2026-10-04 02:15", "2026-10-04T02:30:00+11:00"),  # half an hour
        ("Pacific/Apia", "2011-12-30 12:00", "2011-12-31T00:00:00+14:00"),  # a whole day
    ],
)
def test_in_a_gap_of_the_clocks_the_first_instant_after_it(zone: str, skipped: str, instant: str) -> None:
    """Ruling 16: the first open instant after now, east and west of Greenwich."""
    assert LocalTime(zone).text(local(zone, skipped)) == LocalTime(zone).text(parse_ms(instant))
    assert LocalTime(zone).iso(local(zone, skipped)) == instant


@pytest.mark.parametrize(
    ("zone", "skipped", "instant"),
    [
        ("America/New_York", "2026-03-08 02:00", "2026-03-08T03:00:00-04:00"),
        ("America/New_York", "2026-03-08 02:30", "2026-03-08T03:30:00-04:00"),
        ("Europe/Berlin", "2026-03-29 02:59", "2026-03-29T03:59:00+02:00"),
        ("Africa/Cairo", "2026-04-24 00:30", "2026-04-24T01:30:00+03:00"),
        ("Australia/Lord_Howe", "2026-10-04 02:15", "2026-10-04T02:45:00+11:00"),
        ("Pacific/Apia", "2011-12-30 12:00", "2011-12-31T12:00:00+14:00"),
        ("America/New_York", "2026-11-01 01:30", "2026-11-01T01:30:00-04:00"),  # shown twice
        ("Asia/Shanghai", "2026-03-02 09:00", "2026-03-02T09:00:00+08:00"),
    ],
)
def test_a_written_time_in_a_gap_is_read_by_the_offset_before_it(zone: str, skipped: str, instant: str) -> None:
    """RFC 5545, 3.3.5: two such times stay two."""
    assert LocalTime(zone).iso(local(zone, skipped, LocalTime.written)) == instant


@pytest.mark.parametrize(
    ("zone", "twice", "first", "last"),
    [
        ("America/New_York", "2026-11-01 01:30", "2026-11-01T01:30:00-04:00", "2026-11-01T01:30:00-05:00"),
        ("Europe/Berlin", "2026-10-25 02:30", "2026-10-25T02:30:00+02:00", "2026-10-25T02:30:00+01:00"),
        ("Australia/Lord_Howe", "2026-04-05 01:45", "2026-04-05T01:45:00+11:00", "2026-04-05T01:45:00+10:30"),
        ("Asia/Shanghai", "2026-03-02 09:00", "2026-03-02T09:00:00+08:00", "2026-03-02T09:00:00+08:00"),
    ],
)
def test_a_time_that_clocks_show_twice_is_the_first_of_both(zone: str, twice: str, first: str, last: str) -> None:
    there = LocalTime(zone)
    assert there.iso(local(zone, twice)) == first
    day, time = there.day_and_time(local(zone, twice))
    assert there.iso(there.last_instant(day, time)) == last


@given(
    st.sampled_from(["America/New_York", "Europe/Berlin", "Africa/Cairo", "Africa/Casablanca", "Australia/Lord_Howe"]),
    st.integers(14_610, 21_900),  # 2010 to 2029
    st.integers(0, 1439),
)
def test_a_local_time_is_the_first_instant_at_which_clocks_show_it_or_a_later_one(
    zone: str, day: int, minute: int
) -> None:
    there, time = LocalTime(zone), minute * 60_000
    found = there.instant(day, time)
    assert there.day_and_time(found) >= (day, time)
    assert there.day_and_time(found - 1) < (day, time)
