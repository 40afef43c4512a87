"""National holidays (法定节假日) of a calendar, `[calendars.X] holidays = "CN"`: from the package chinesecalendar, which is optional.

Read once at the start into days of a calendar's lists (rulings 16 and 56). The package lists holidays up to the end of a year;
behind it no day counts as one, so that an operator must hear of its end in time.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from functools import cache
from typing import Any, Final, NamedTuple

from operators.base.calendar import DAY_MS, LocalTime
from operators.config.values import one_of, wrong

REGIONS: Final = ("CN",)
WARNED_MS: Final = 60 * DAY_MS
"""How long before the end of the last year known everybody is told."""
_DAY_ZERO: Final = date(1970, 1, 1).toordinal()


class Known(NamedTuple):
    """What the package knows; days are local calendar days, counted from 1970-01-01."""

    closed: frozenset[int]
    """Holidays, with the weekends that belong to them; an ordinary weekend is none."""
    open: frozenset[int]
    """Weekend days on which the country works (调休)."""
    last_year: int


def days(listed: Iterable[date]) -> frozenset[int]:
    """Dates as local calendar days."""
    return frozenset(one.toordinal() - _DAY_ZERO for one in listed)


@cache
def known() -> Known | None:
    """The holidays of mainland China; None where the package is not installed."""
    try:
        from chinese_calendar import constants
    except ImportError:
        return None
    return Known(days(constants.holidays), days(constants.workdays), max(constants.holidays).year)


def holiday_region(value: Any) -> str:
    """The value of `holidays`. Refused where the package is missing: stores would be open on holidays without a word."""
    region = one_of(REGIONS)(value)
    if known() is None:
        raise wrong(
            f"The national holidays of {region} stand in the package chinesecalendar, which is not installed; run "
            "`pip install 'leadstream[holidays]'`, or list the dates in closed."
        )
    return region


def end_of(found: Known, local: LocalTime) -> int:
    """The end of the last year known, epoch ms in the business time zone."""
    return local.instant(date(found.last_year + 1, 1, 1).toordinal() - _DAY_ZERO, 0)


def warning(end_ms: int | None, now_ms: int, local: LocalTime) -> str | None:
    """A whole sentence from 60 days before the end of the last year known on; None before, or where no calendar asks."""
    if end_ms is None or now_ms < end_ms - WARNED_MS:
        return None
    last = local.day_text(local.day(end_ms) - 1)
    return (
        f"The national holidays (法定节假日) of [calendars] are known up to {last}; behind it stores count as open on holidays. "
        "Update the package before then: `pip install -U chinesecalendar`, then start again."
    )
