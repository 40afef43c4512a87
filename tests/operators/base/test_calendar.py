"""Times as text and local days (rulings 5, 20 and 21)."""

from __future__ import annotations

import pickle

import pytest

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
