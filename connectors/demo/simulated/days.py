"""Calendar arithmetic of the simulated world: milliseconds since the epoch, local days of Asia/Shanghai (+08:00).

Everything is an integer of milliseconds; a *day* is the number of local days since 1970-01-01. China has had no summer
time since 1991, so the offset is a constant and no time zone data is read.
"""

from __future__ import annotations

from bisect import bisect_right
from datetime import date, timedelta
from functools import lru_cache
from itertools import accumulate
from random import Random

SECOND_MS = 1_000
MINUTE_MS = 60 * SECOND_MS
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS
OFFSET_MS = 8 * HOUR_MS

_EPOCH = date(1970, 1, 1)


def local_day(ms: int) -> int:
    """The local calendar day of an instant, in days since 1970-01-01."""
    return (ms + OFFSET_MS) // DAY_MS


def day_start_ms(day: int) -> int:
    """The instant at which a local day begins."""
    return day * DAY_MS - OFFSET_MS


def day_of(year: int, month: int, day: int) -> int:
    """The local day of a date."""
    return (date(year, month, day) - _EPOCH).days


@lru_cache(maxsize=4096)
def date_text(day: int) -> str:
    """`YYYY-MM-DD` of a local day."""
    return (_EPOCH + timedelta(days=day)).isoformat()


def is_weekend(day: int) -> bool:
    """1970-01-01 was a Thursday."""
    return (day + 3) % 7 >= 5


def instant_text(ms: int, form: int = 0) -> str:
    """RFC 3339 text of an instant: form 0 local with milliseconds, 1 UTC with `Z`, 2 local with microseconds.

    Form 2 writes three decimals that a reader cuts (ruling 20); a whole second is written without decimals in form 0.
    """
    shift, zone = (0, "Z") if form == 1 else (OFFSET_MS, "+08:00")
    day, rest = divmod(ms + shift, DAY_MS)
    seconds, milli = divmod(rest, 1000)
    minutes, second = divmod(seconds, 60)
    hour, minute = divmod(minutes, 60)
    head = f"{date_text(day)}T{hour:02d}:{minute:02d}:{second:02d}"
    if form == 2:
        return f"{head}.{milli:03d}871{zone}"
    return f"{head}.{milli:03d}{zone}" if milli else head + zone


# Share of a day's leads per hour, in percent. 35 % lie outside 09:00–18:00 (domain 17).
OFFICE_CURVE = (
    *(1.5, 0.8, 0.4, 0.3, 0.3, 0.5, 0.9, 1.6, 3.0),
    *(6.0, 9.0, 8.0, 6.0, 6.5, 8.0, 8.5, 7.0, 6.0),
    *(4.2, 5.0, 5.8, 5.2, 3.5, 2.0),
)
# The demo's day: the evening is its peak, so that night leads are seen to wait.
EVENING_CURVE = (
    *(1.5, 0.8, 0.5, 0.4, 0.4, 0.6, 0.9, 1.6, 3.0),
    *(4.8, 5.8, 5.4, 4.8, 5.0, 5.4, 5.6, 5.2, 5.0),
    *(5.4, 7.2, 9.6, 9.2, 7.0, 4.9),
)


class DayCurve:
    """Draws instants within a day by the share of each hour."""

    def __init__(self, shares: tuple[float, ...]) -> None:
        total = sum(shares)
        self._cumulated = [0.0, *accumulate(share / total for share in shares)]

    def draw(self, rng: Random) -> int:
        """Milliseconds since local midnight."""
        at = rng.random()
        hour = min(bisect_right(self._cumulated, at) - 1, 23)
        low, high = self._cumulated[hour], self._cumulated[hour + 1]
        return min(int((hour + (at - low) / (high - low)) * HOUR_MS), DAY_MS - 1)

    def share(self, from_ms: int, to_ms: int) -> float:
        """The share of a day's leads between two offsets from local midnight, both within 0…24 h."""
        return self._until(to_ms) - self._until(from_ms)

    def between(self, rng: Random, from_ms: int, to_ms: int) -> int:
        """Like `draw`, within two offsets from local midnight."""
        low, high = self._until(from_ms), self._until(to_ms)
        at = low + (high - low) * rng.random()
        hour = min(bisect_right(self._cumulated, at) - 1, 23)
        left, right = self._cumulated[hour], self._cumulated[hour + 1]
        return min(max(int((hour + (at - left) / (right - left)) * HOUR_MS), from_ms), to_ms - 1)

    def _until(self, offset_ms: int) -> float:
        hour = min(offset_ms // HOUR_MS, 23)
        within = (offset_ms - hour * HOUR_MS) / HOUR_MS
        return self._cumulated[hour] + (self._cumulated[hour + 1] - self._cumulated[hour]) * within


# Calling hours of the call centre, every day (ruling 59).
_CALLS_FROM_MS, _CALLS_TO_MS = 9 * HOUR_MS, 20 * HOUR_MS


def calling_from(at_ms: int) -> int:
    """The first instant of calling hours that is not before this one."""
    day = local_day(at_ms)
    offset = at_ms - day_start_ms(day)
    if offset < _CALLS_FROM_MS:
        return day_start_ms(day) + _CALLS_FROM_MS
    return at_ms if offset < _CALLS_TO_MS else day_start_ms(day + 1) + _CALLS_FROM_MS


def calling_after(at_ms: int, length_ms: int) -> int:
    """The earliest instant by which `length_ms` of calling hours have passed."""
    begin = calling_from(at_ms)
    left = day_start_ms(local_day(begin)) + _CALLS_TO_MS - begin
    if length_ms <= left:
        return begin + length_ms
    days, rest = divmod(length_ms - left - 1, _CALLS_TO_MS - _CALLS_FROM_MS)
    return day_start_ms(local_day(begin) + 1 + days) + _CALLS_FROM_MS + rest + 1
