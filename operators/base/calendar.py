"""Local days and written times: the business day (domain 3) and RFC 3339 both ways, at a fraction of a microsecond.

A general calendar library costs 1 to 20 µs a call; the hot path has 25 µs for everything. What is cached here is only the
part of a time that many leads share: the hour as text, the zone's offset by the quarter of an hour.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Final
from zoneinfo import ZoneInfo

DAY_MS: Final = 86_400_000
HOUR_MS: Final = 3_600_000
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MS: Final = timedelta(milliseconds=1)
MIN_MS: Final = -62_135_510_400_000
"""0001-01-02: with a day to spare, so that every zone can write it."""
MAX_MS: Final = 253_402_214_400_000
"""9999-12-31, likewise."""
_CACHE: Final = 4096
_SLOT_MS: Final = 15 * 60_000
_EAST_MS: Final = 14 * HOUR_MS
_WEST_MS: Final = 12 * HOUR_MS
"""No zone is further from UTC: a local time lies between these two as an instant."""
_QUARTERS_KEPT: Final = 1 << 16
_INSTANTS_KEPT: Final = 1 << 14
"""Some polls: leads of one poll share instants across shards. With fewer (2 048) the whole path was slower."""
_TWO: Final = tuple(f"{number:02d}" for number in range(60))
_THREE: Final = tuple(f"{number:03d}" for number in range(1000))
_MINUTE_SECOND: Final = tuple(f"{minute}:{second}" for minute in _TWO for second in _TWO)

_SECONDS: Final = {text: number * 1000 for number, text in enumerate(_MINUTE_SECOND)}
""" "30:15" of an hour → ms of the hour."""
_MILLIS: Final = {text: number for number, text in enumerate(_THREE)}
_hours: dict[str, int] = {}
"""Date and hour with the offset behind them, "2026-03-02T09:+08:00" → epoch ms of the hour's begin."""


def parse_ms(text: str) -> int:
    """An RFC 3339 time with an offset as epoch milliseconds; more than three decimals are cut (ruling 20). A space for T, no
    seconds and `+0800` are read too (ruling 80).

    Raises ValueError for anything else, a time without an offset included.
    """
    # "2026-03-02T09:30:15.250+08:00": the hour and the offset repeat from lead to lead, minutes and seconds are counted.
    try:
        if text[19] == ".":
            return _hours[text[:14] + text[23:]] + _SECONDS[text[14:19]] + _MILLIS[text[20:23]]
        return _hours[text[:14] + text[19:]] + _SECONDS[text[14:19]]
    except LookupError:
        return _parse_first(text)


_WRITTEN: Final = re.compile(
    r"(\d{4}-\d{2}-\d{2})[Tt ](\d{2}:\d{2})(?::(\d{2})(?:\.(\d+))?)?([Zz]|[+-]\d{2}:?\d{2})?", re.ASCII
)
"""Date, hour and minute, second, its decimals, offset."""


def _parse_first(text: str) -> int:
    """A time whose hour is not known yet, or that is not in the canonical form: only that form may teach the cache, and only
    an hour that lies in the calendar as a whole, else a look-alike would be accepted ever after."""
    canonical = _canonical(text)
    if canonical != text:
        return parse_ms(canonical)
    value = _parse_canonical(text)
    has_ms = text[19] == "."
    within = _SECONDS.get(text[14:19])
    if within is not None:
        hour = value - within - (_MILLIS[text[20:23]] if has_ms else 0)
        if MIN_MS <= hour <= MAX_MS - HOUR_MS:
            if len(_hours) >= _CACHE:
                _hours.clear()
            _hours[text[:14] + text[23 if has_ms else 19 :]] = hour
    return value


def _canonical(text: str) -> str:
    """A written time in the form that `parse_ms` reads without looking twice: T, seconds, three decimals or none, Z or a colon
    in the offset. Also read (ruling 80): a space for T, no seconds, `+0800`."""
    found = _WRITTEN.fullmatch(text)
    if found is None:
        raise ValueError(f"not an RFC 3339 time: {text[:40]!r}")
    date, minute, second, decimals, offset = found.groups()
    if offset is None:
        raise ValueError(f"a time without an offset: {text[:40]!r}")
    if offset in "Zz":
        offset = "Z"
    else:
        offset = f"{offset[:3]}:{offset[-2:]}"
        if offset[4:] > "59":
            raise ValueError(f"a time whose offset has no such minute: {text[:40]!r}")
    fraction = "" if decimals is None else f".{decimals[:3]:0<3}"  # more than three are cut (ruling 20)
    return f"{date}T{minute}:{second or '00'}{fraction}{offset}"


def _parse_canonical(text: str) -> int:
    leap = text[17:19] == "60"
    moment = datetime.fromisoformat(f"{text[:17]}59{text[19:]}" if leap else text)
    value = (moment - _EPOCH) // _MS + (1000 if leap else 0)
    if not MIN_MS <= value <= MAX_MS:
        raise ValueError(f"a time outside the calendar: {text[:40]!r}")
    return value


class _Days(dict[int, int]):
    """Local days by instant: a hit costs a dictionary's lookup and no call. Emptied when full: it is a cache."""

    __slots__ = ("_make",)

    def __init__(self, make: Callable[[int], int]) -> None:
        self._make = make

    def __missing__(self, at_ms: int) -> int:
        if len(self) >= _INSTANTS_KEPT:
            self.clear()
        made = self[at_ms] = self._make(at_ms)
        return made


class _Texts(dict[int, str]):
    """Written times by instant, the same way; put together from what is the same for a quarter of an hour."""

    __slots__ = ("_local", "_quarters")

    def __init__(self, local: LocalTime) -> None:
        self._local = local
        self._quarters: dict[int, tuple[str, int, tuple[str, ...]]] = {}
        """Quarter → (date and hour, second counted from 1970 at which that hour begins, milliseconds with the offset)."""

    def __missing__(self, at_ms: int) -> str:
        try:
            hour, begin, tails = self._quarters[at_ms // _SLOT_MS]
        except KeyError:
            return self._first(at_ms)
        if len(self) >= _INSTANTS_KEPT:
            self.clear()
        second = at_ms // 1000
        made = self[at_ms] = f"{hour}{_MINUTE_SECOND[second - begin]}{tails[at_ms - second * 1000]}"
        return made

    def _first(self, at_ms: int) -> str:
        """A time in a quarter that is not known, or that lies across a border of local hours: then it never is."""
        quarter = at_ms // _SLOT_MS
        iso = self._local.iso(quarter * _SLOT_MS)
        if len(iso) != 25 or self._local.offset_ms(at_ms) % _SLOT_MS:
            iso = self._local.iso(at_ms // 60_000 * 60_000)
            return f"{iso[:17]}{_TWO[at_ms // 1000 % 60]}.{_THREE[at_ms % 1000]}{iso[19:]}"
        if len(self._quarters) >= _QUARTERS_KEPT:
            self._quarters.clear()
        begin = quarter * (_SLOT_MS // 1000) - int(iso[14:16]) * 60
        self._quarters[quarter] = iso[:14], begin, _tails(iso[19:])
        return self.__missing__(at_ms)


@cache
def _tails(offset: str) -> tuple[str, ...]:
    """ ".000+08:00" to ".999+08:00"."""
    return tuple(f".{ms}{offset}" for ms in _THREE)


class LocalTime:
    """The business time zone: local day of a time, and times written in it.

    Offsets are looked up once per quarter of an hour and kept: no zone in use changes within one.
    A decision asks for the day and the text of the same few instants again and again: both are kept by the instant.
    """

    __slots__ = ("_days", "_offsets", "_zone", "day", "name", "text")

    day: Callable[[int], int]
    """Local calendar day of an instant (epoch ms), counted from 1970-01-01."""
    text: Callable[[int], str]
    """RFC 3339 of an instant (epoch ms) in the business time zone with milliseconds (ruling 21)."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._zone = ZoneInfo(name)
        self._offsets: dict[int, int] = {}
        self._days: dict[int, str] = {}
        self.day = _Days(self._day).__getitem__
        self.text = _Texts(self).__getitem__

    def __reduce__(self) -> tuple[type[LocalTime], tuple[str]]:
        return LocalTime, (self.name,)

    def offset_ms(self, at_ms: int) -> int:
        """Offset from UTC at this instant, ms."""
        slot = at_ms // _SLOT_MS
        found = self._offsets.get(slot)
        if found is None:
            if len(self._offsets) >= _CACHE:
                self._offsets.clear()
            moment = (_EPOCH + timedelta(milliseconds=slot * _SLOT_MS)).astimezone(self._zone)
            offset = moment.utcoffset()
            assert offset is not None
            found = self._offsets[slot] = offset // _MS
        return found

    def _day(self, at_ms: int) -> int:
        return (at_ms + self.offset_ms(at_ms)) // DAY_MS

    def day_and_time(self, at_ms: int) -> tuple[int, int]:
        """Local calendar day and the milliseconds since its midnight."""
        return divmod(at_ms + self.offset_ms(at_ms), DAY_MS)

    def instant(self, day: int, time_ms: int) -> int:
        """Epoch ms of a local wall-clock time; `time_ms` may pass 24 h. In a gap of the clocks, the first instant after it;
        where clocks show a time twice, the first of both."""
        wall = day * DAY_MS + time_ms
        before, after = self.offset_ms(wall - _EAST_MS), self.offset_ms(wall + _WEST_MS)
        if before == after:
            return wall - before
        if self.offset_ms(wall - before) == before:
            return wall - before
        if self.offset_ms(wall - after) == after:
            return wall - after
        # The gap ends where the offset changes, and that is at a border of slots.
        first, last = (wall - after) // _SLOT_MS, (wall - before) // _SLOT_MS
        while last - first > 1:
            middle = (first + last) // 2
            if self.offset_ms(middle * _SLOT_MS) == before:
                first = middle
            else:
                last = middle
        return last * _SLOT_MS

    def written(self, day: int, time_ms: int) -> int:
        """As `instant` for a time that somebody wrote down: in a gap of the clocks by the offset before it (RFC 5545, 3.3.5),
        so that two such times stay two."""
        wall = day * DAY_MS + time_ms
        before, after = self.offset_ms(wall - _EAST_MS), self.offset_ms(wall + _WEST_MS)
        if self.offset_ms(wall - before) != before and self.offset_ms(wall - after) == after:
            return wall - after
        return wall - before

    def last_instant(self, day: int, time_ms: int) -> int:
        """As `instant`; where clocks show a time twice, the last of both."""
        wall = day * DAY_MS + time_ms
        after = self.offset_ms(wall + _WEST_MS)
        return wall - after if self.offset_ms(wall - after) == after else self.instant(day, time_ms)

    def day_text(self, day: int) -> str:
        """ "2026-03-02" for a local day."""
        found = self._days.get(day)
        if found is None:
            if len(self._days) >= _CACHE:
                self._days.clear()
            found = self._days[day] = (_EPOCH + timedelta(days=day)).strftime("%Y-%m-%d").rjust(10, "0")
        return found

    def iso(self, at_ms: int) -> str:
        """The local time at an instant without milliseconds, "2026-03-02T09:30:15+08:00"."""
        return (_EPOCH + timedelta(milliseconds=at_ms)).astimezone(self._zone).isoformat()
