"""One cell: the times that a sheet writes, what says nothing, what is passed on as written."""

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.sheets.cells import said, shown, time_of
from connectors.sheets.headings import built_in
from operators.base.calendar import LocalTime, parse_ms

SHANGHAI = LocalTime("Asia/Shanghai")
QUARTER_PAST = "2026-03-02T10:15:00.000+08:00"


@pytest.mark.parametrize(
    ("cell", "time"),
    [
        # a date cell, a serial as a number and as text (ruling 80: below 100 000, rounded to the second)
        (["datetime", "2026-03-02 10:15:00"], QUARTER_PAST),
        (["date", "2026-03-02"], "2026-03-02T00:00:00.000+08:00"),
        (46083.427083333336, QUARTER_PAST),
        ("46083.427083333336", QUARTER_PAST),
        (46083, "2026-03-02T00:00:00.000+08:00"),
        # text, the year first
        ("2026-03-02 10:15:00", QUARTER_PAST),
        ("2026-03-02T10:15:00", QUARTER_PAST),
        ("2026-03-02 10:15", QUARTER_PAST),
        ("2026/3/2 10:15", QUARTER_PAST),
        ("2026.3.2 10:15", QUARTER_PAST),
        ("2026年3月2日 10:15", QUARTER_PAST),
        ("2026年3月2日10时15分", QUARTER_PAST),
        ("2026年3月2日 10时15分0秒", QUARTER_PAST),
        ("２０２６－０３－０２　１０：１５", QUARTER_PAST),
        ("2026/3/2 上午10:15", QUARTER_PAST),
        ("2026/3/2 10:15 AM", QUARTER_PAST),
        ("2026/3/2 下午3:05", "2026-03-02T15:05:00.000+08:00"),
        ("2026/3/2 3:05 PM", "2026-03-02T15:05:00.000+08:00"),
        ("2026/3/2 12:05 AM", "2026-03-02T00:05:00.000+08:00"),
        ("2026/3/2 12:05 PM", "2026-03-02T12:05:00.000+08:00"),
        ("20260302", "2026-03-02T00:00:00.000+08:00"),
        (20260302, "2026-03-02T00:00:00.000+08:00"),
        ("20260302101500", QUARTER_PAST),
        ("2026-03-02", "2026-03-02T00:00:00.000+08:00"),
        # passed on as written: an offset of its own, or nothing that can be read without guessing
        ("2026-03-02T10:15:00+09:00", "2026-03-02T10:15:00+09:00"),
        ("2026-03-02T10:15:00Z", "2026-03-02T10:15:00Z"),
        ("3/2/2026", "3/2/2026"),
        ("2026-02-30 10:15", "2026-02-30 10:15"),
        ("2026-03-02 25:00", "2026-03-02 25:00"),
        ("1772417700", "1772417700"),
        ("明天", "明天"),
        (["time", "10:15:00"], "10:15:00"),
    ],
)
def test_a_time_cell(cell, time):
    assert time_of(cell, None, SHANGHAI) == time


@pytest.mark.parametrize(
    ("cell", "day"),
    [
        (["time", "10:15:00"], ["date", "2026-03-02"]),
        ("10:15", "2026/3/2"),
        ("10:15:00", "2026年3月2日"),
        ("10:15", 46083),
        ("10:15", "20260302"),
        (["time", "10:15:00"], ["datetime", "2026-03-02 00:00:00"]),
        ("2026-03-02 10:15", "2026-03-02"),
    ],
)
def test_a_day_and_a_time_of_day_in_two_columns(cell, day):
    assert time_of(cell, day, SHANGHAI) == QUARTER_PAST


def test_a_day_alone_is_its_midnight():
    assert time_of(None, "2026/3/2", SHANGHAI) == "2026-03-02T00:00:00.000+08:00"


def test_the_zone_is_the_business_one():
    assert time_of("2026-03-02 10:15", None, LocalTime("Asia/Urumqi")) == "2026-03-02T10:15:00.000+06:00"


@given(st.datetimes(datetime.datetime(1970, 1, 2), datetime.datetime(2100, 1, 1)))
def test_a_serial_is_the_date_that_it_stands_for(moment):
    moment = moment.replace(microsecond=0)
    days = (moment - datetime.datetime(1899, 12, 30)) / datetime.timedelta(days=1)
    there = parse_ms(time_of(days, None, LocalTime("UTC")))
    if days < 100_000:
        assert there == (moment - datetime.datetime(1970, 1, 1)) // datetime.timedelta(milliseconds=1)


CELLS = st.one_of(
    st.none(),
    st.text(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.booleans(),
    st.tuples(st.sampled_from(["datetime", "date", "time", "timedelta"]), st.text()).map(list),
    st.from_regex(r"[0-9年月日:/. -]{4,20}", fullmatch=True),
)


@given(CELLS, CELLS)
def test_no_cell_is_too_strange(cell, day):
    assert isinstance(time_of(cell, day, SHANGHAI), str)
    assert isinstance(shown(cell), str)
    said(cell, built_in().blanks)


@pytest.mark.parametrize(
    "cell", ["", "  ", "\u3000", "-", "--", "/", "无", "暂无", "N/A", "#N/A", "NULL", "null", '=""']
)
def test_what_says_nothing(cell):
    assert said(cell, built_in().blanks) is None


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("=1+1", "=1+1"),
        ("+8613912345678", "+8613912345678"),
        ("@SUM(A1)", "@SUM(A1)"),
        ("-5", "-5"),
        ('="0012"', "0012"),
        ("'13912345678", "'13912345678"),
        ("1.39E+10", "1.39E+10"),
        ("00123", "00123"),
    ],
)
def test_what_is_passed_on_as_written(cell, text):
    """No formula is evaluated; how a number is read is the engine's (ruling 79)."""
    assert said(cell, built_in().blanks) == text


def test_a_number_shows_all_its_digits():
    assert shown(13912345678) == "13912345678"
    assert shown(1e-7) == "0.0000001"
    assert shown(0.1) == "0.1"
    assert shown(1.5e20) == "150000000000000000000"
