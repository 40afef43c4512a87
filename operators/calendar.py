"""Local days and written times: the business day (domain 3) and RFC 3339 both ways, at a fraction of a microsecond.

A general calendar library costs 1 to 20 µs a call; the hot path has 25 µs for everything. What is cached here is only the
part of a time that many leads share: the minute as text, the zone's offset by the hour.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final
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
_MINUTES_KEPT: Final = 1 << 16
_INSTANTS_KEPT: Final = 1 << 14
_TWO: Final = tuple(f"{number:02d}" for number in range(60))
_THREE: Final = tuple(f"{number:03d}" for number in range(1000))

_SECONDS: Final = {text: number * 1000 for number, text in enumerate(_TWO)}
_MILLIS: Final = {text: number for number, text in enumerate(_THREE)}
_minutes: dict[str, int] = {}


def parse_ms(text: str) -> int:
    """An RFC 3339 time with an offset as epoch milliseconds; more than three decimals are cut (ruling 20).

    Raises ValueError for anything else, a time without an offset included.
    """
    # "2026-03-02T09:30:15.250+08:00": the minute and the offset repeat from lead to lead, seconds do not.
    length = len(text)
    if length == 29:
        known = _minutes.get(text[:17] + text[23:])
        second = _SECONDS.get(text[17:19])
        if known is not None and second is not None and text[19] == ".":
            ms = _MILLIS.get(text[20:23])
            if ms is not None:
                return known + second + ms
    if length == 25:
        shared, tail = text[:17] + text[19:], 0
    elif length == 29 and text[19] == ".":
        shared, tail = text[:17] + text[23:], 3
    elif length == 20:
        shared, tail = text[:17] + text[19:], 0
    elif length == 24 and text[19] == ".":
        shared, tail = text[:17] + text[23:], 3
    else:
        return _parse_any(text)
    base = _minutes.get(shared)
    seconds = text[17:19]
    if base is None:
        value = _parse_any(text)
        # Only a text in exactly the canonical form may teach the cache: a look-alike would be accepted ever after.
        if seconds.isdigit() and seconds.isascii() and text[16] == ":" and text[10] == "T" and text[13] == ":":
            if len(_minutes) >= _CACHE:
                _minutes.clear()
            fraction = int(text[20:23]) if tail else 0
            _minutes[shared] = value - int(seconds) * 1000 - fraction
        return value
    if not (seconds.isdigit() and seconds.isascii()):
        raise ValueError(f"not a time: {text[:40]!r}")
    whole = int(seconds)
    if whole > 60:  # 60: a leap second, taken as the first of the next minute
        raise ValueError(f"not a time: {text[:40]!r}")
    if tail:
        fraction_text = text[20:23]
        if not (fraction_text.isdigit() and fraction_text.isascii()):
            raise ValueError(f"not a time: {text[:40]!r}")
        return base + whole * 1000 + int(fraction_text)
    return base + whole * 1000


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


class _Kept(dict[int, Any]):
    """Results by argument; a hit costs a dictionary's lookup and no call. Emptied when full: it is a cache."""

    __slots__ = ("_make", "_most")

    def __init__(self, make: Callable[[int], Any], most: int) -> None:
        self._make = make
        self._most = most

    def __missing__(self, argument: int) -> Any:
        if len(self) >= self._most:
            self.clear()
        made = self[argument] = self._make(argument)
        return made


class _Texts(dict[int, str]):
    """Written times by instant: the same as `_Kept`, a call less."""

    __slots__ = ("_minutes",)

    def __init__(self, minutes: _Kept) -> None:
        self._minutes = minutes

    def __missing__(self, at_ms: int) -> str:
        if len(self) >= _INSTANTS_KEPT:
            self.clear()
        minute, rest = divmod(at_ms, 60_000)
        before, behind = self._minutes[minute]
        second, ms = divmod(rest, 1000)
        made = self[at_ms] = f"{before}{_TWO[second]}.{_THREE[ms]}{behind}"
        return made


class LocalTime:
    """The business time zone: local day of a time, and times written in it.

    Offsets are looked up once per quarter of an hour and kept: no zone in use changes within one.
    A decision asks for the day and the text of the same few instants again and again: both are kept by the instant.
    """

    __slots__ = ("_days", "_minutes", "_offsets", "_zone", "day", "name", "text")

    day: Callable[[int], int]
    """Local calendar day of an instant (epoch ms), counted from 1970-01-01."""
    text: Callable[[int], str]
    """RFC 3339 of an instant (epoch ms) in the business time zone with milliseconds (ruling 21)."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._zone = ZoneInfo(name)
        self._offsets: dict[int, int] = {}
        self._minutes = _Kept(self._minute, _MINUTES_KEPT)
        self._days: dict[int, str] = {}
        self.day = _Kept(self._day, _INSTANTS_KEPT).__getitem__
        self.text = _Texts(self._minutes).__getitem__

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

    def _minute(self, minute: int) -> tuple[str, str]:
        iso = (_EPOCH + timedelta(minutes=minute)).astimezone(self._zone).isoformat()
        return iso[:17], iso[19:]
