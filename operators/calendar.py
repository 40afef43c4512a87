"""Local days and written times: the business day (domain 3) and RFC 3339 both ways, at a fraction of a microsecond.

A general calendar library costs 1 to 20 µs a call; the hot path has 25 µs for everything. What is cached here is only the
part of a time that many leads share: the hour as text, the zone's offset by the quarter of an hour.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
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
_QUARTERS_KEPT: Final = 1 << 16
_INSTANTS_KEPT: Final = 1 << 14
"""Some polls: leads of one poll share instants across shards. Fewer (2 048) cost 3 µs a lead."""
_TWO: Final = tuple(f"{number:02d}" for number in range(60))
_THREE: Final = tuple(f"{number:03d}" for number in range(1000))
_MINUTE_SECOND: Final = tuple(f"{minute}:{second}" for minute in _TWO for second in _TWO)

_SECONDS: Final = {text: number * 1000 for number, text in enumerate(_MINUTE_SECOND)}
""" "30:15" of an hour → ms of the hour."""
_MILLIS: Final = {text: number for number, text in enumerate(_THREE)}
_hours: dict[str, int] = {}
"""Date and hour with the offset behind them, "2026-03-02T09:+08:00" → epoch ms of the hour's begin."""


def parse_ms(text: str) -> int:
    """An RFC 3339 time with an offset as epoch milliseconds; more than three decimals are cut (ruling 20).

    Raises ValueError for anything else, a time without an offset included.
    """
    # "2026-03-02T09:30:15.250+08:00": the hour and the offset repeat from lead to lead, minutes and seconds are counted.
    length = len(text)
    ms: int | None = 0
    if length == 29 or length == 24:
        shared = text[:14] + text[23:]
        ms = _MILLIS.get(text[20:23]) if text[19] == "." else None
    elif length == 25 or length == 20:
        shared = text[:14] + text[19:]
    else:
        return _parse_any(text)
    within = _SECONDS.get(text[14:19])
    if ms is None or within is None:
        return _parse_any(text)
    known = _hours.get(shared)
    if known is not None:
        return known + within + ms
    value = _parse_any(text)
    hour = value - within - ms
    # Only a text in exactly the canonical form may teach the cache, and only an hour that lies in the calendar as a whole: a
    # look-alike would be accepted ever after.
    if text[10] == "T" and MIN_MS <= hour <= MAX_MS - HOUR_MS:
        if len(_hours) >= _CACHE:
            _hours.clear()
        _hours[shared] = hour
    return value


def _parse_any(text: str) -> int:
    if (
        len(text) < 20
        or text[4] != "-"
        or text[7] != "-"
        or text[10] not in "Tt "
        or text[13] != ":"
        or text[16] != ":"
    ):
        raise ValueError(f"not an RFC 3339 time: {text[:40]!r}")
    if not text.isascii():
        raise ValueError(f"not an RFC 3339 time: {text[:40]!r}")
    body = text[:-1] + "+00:00" if text[-1] in "Zz" else text
    if body[-6] not in "+-" or body[-3] != ":":
        raise ValueError(f"a time without an offset: {text[:40]!r}")
    clock, offset = body[:-6], body[-6:]
    if len(clock) > 19:
        if clock[19] != "." or not clock[20:].isdigit():
            raise ValueError(f"not an RFC 3339 time: {text[:40]!r}")
        clock = clock[:23]
    leap = clock[17:19] == "60"
    if leap:
        clock = clock[:17] + "59" + clock[19:]
    moment = datetime.fromisoformat(clock.upper() + offset)
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
    """Written times by instant, the same way; made from what is the same for a quarter of an hour."""

    __slots__ = ("_local", "_quarters")

    def __init__(self, local: LocalTime) -> None:
        self._local = local
        self._quarters: dict[int, tuple[str, int, str]] = {}
        """Quarter → (date and hour, second of the hour at which it begins, offset)."""

    def __missing__(self, at_ms: int) -> str:
        if len(self) >= _INSTANTS_KEPT:
            self.clear()
        quarter = at_ms // _SLOT_MS
        known = self._quarters.get(quarter)
        if known is None:
            if len(self._quarters) >= _QUARTERS_KEPT:
                self._quarters.clear()
            known = self._quarters[quarter] = self._local.quarter(quarter * _SLOT_MS)
        hour, first, behind = known
        rest = at_ms - quarter * _SLOT_MS
        seconds = rest // 1000
        ms = rest - seconds * 1000
        if first < 0:
            before, behind = self._local.minute(at_ms // 60_000)
            made = self[at_ms] = f"{before}{_TWO[seconds % 60]}.{_THREE[ms]}{behind}"
        else:
            made = self[at_ms] = f"{hour}{_MINUTE_SECOND[first + seconds]}.{_THREE[ms]}{behind}"
        return made


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
        """Epoch ms of a local wall-clock time; `time_ms` may pass 24 h. In a gap, the instant after it."""
        wall = day * DAY_MS + time_ms
        guess = wall - self.offset_ms(wall - self.offset_ms(wall))
        return guess

    def day_text(self, day: int) -> str:
        """ "2026-03-02" for a local day."""
        found = self._days.get(day)
        if found is None:
            if len(self._days) >= _CACHE:
                self._days.clear()
            found = self._days[day] = (_EPOCH + timedelta(days=day)).strftime("%Y-%m-%d").rjust(10, "0")
        return found

    def quarter(self, begin_ms: int) -> tuple[str, int, str]:
        """("2026-03-02T09:", second of the hour, "+08:00") at the begin of a quarter of an hour; the second is -1 where the
        offset is not made of whole quarters, so that the local hour may end within it."""
        iso = (_EPOCH + timedelta(milliseconds=begin_ms)).astimezone(self._zone).isoformat()
        if len(iso) != 25 or self.offset_ms(begin_ms) % _SLOT_MS:
            return "", -1, ""
        return iso[:14], int(iso[14:16]) * 60, iso[19:]

    def minute(self, minute: int) -> tuple[str, str]:
        """("2026-03-02T09:30:", "+08:00") of a minute counted from 1970."""
        iso = (_EPOCH + timedelta(minutes=minute)).astimezone(self._zone).isoformat()
        return iso[:17], iso[19:]
