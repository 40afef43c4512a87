"""One cell of a sheet: what it shows, whether it says anything, and which time it names.

Numbers and words are passed on as they are written: rulings 77 to 80 are the engine's. What only the sheet knows is settled
here: its dates and serials are times in the zone of the business, since no cell has an offset.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from decimal import Decimal
from typing import Final

from connectors.sheets.tables import Cell
from operators.base.calendar import DAY_MS, LocalTime

_DAY_ZERO: Final = date(1970, 1, 1).toordinal()
_SERIAL_ZERO: Final = date(1899, 12, 30).toordinal() - _DAY_ZERO
_SERIAL: Final = re.compile(r"[1-9]\d{4}(?:\.\d+)?")
"""Days since 1899-12-30, from 1927 on; ruling 80: numbers below 100 000 are serials."""
_COMPACT: Final = re.compile(r"((?:19|20)\d\d)(\d\d)(\d\d)(?:[ T]?(\d\d):?(\d\d)(?::?(\d\d))?)?")
_LOCAL: Final = re.compile(
    r"(\d{4}) ?[-/.年] ?(\d{1,2}) ?[-/.月] ?(\d{1,2}) ?日?"
    r"(?:[T, ]* ?(?:星期.|周.)? ?(上午|下午|中午|晚上|AM|PM)? ?(\d{1,2}) ?[:时点] ?"
    r"(?:(\d{1,2}) ?分?(?: ?:? ?(\d{1,2})(?:\.\d+)? ?秒?)?)? ?(AM|PM)?)?",
    re.IGNORECASE,
)
"""A local time, year first. Day and month first are not guessed."""
_TIME_OF_DAY: Final = re.compile(r"\d{1,2}[:时点]\d{1,2}")
_QUOTED: Final = re.compile(r'="([^"]*)"')


def shown(cell: Cell) -> str:
    """The cell as text, the same for a number, its text and its cell in another format; "" = blank."""
    if cell is None:
        return ""
    if type(cell) is str:
        return cell
    if type(cell) is list:
        return str(cell[1])
    if type(cell) is bool:
        return "true" if cell else "false"
    if type(cell) is float:
        return format(Decimal(repr(cell)), "f")
    return str(cell)


def said(cell: Cell, blanks: frozenset[str]) -> Cell:
    """The cell, None where it says nothing ("-", 无, N/A …), and the text of `="text"`, by which exports keep a spreadsheet
    from reading it. A formula is never evaluated."""
    if type(cell) is str:
        text = cell.strip()
        if not text or text.casefold() in blanks:
            return None
        if text[0] == "=":
            quoted = _QUOTED.fullmatch(text)
            if quoted is not None:
                return quoted[1] or None
    return cell


def value_of(cell: Cell) -> str | int | float | bool:
    """What is written into a raw lead: numbers and words as they are, a date as it is shown."""
    return shown(cell) if type(cell) is list else cell


def time_of(cell: Cell, day: Cell, local: LocalTime) -> str:
    """A time cell, or a day cell with a time of day beside it, as RFC 3339 in this zone; as written where it is none or has
    an offset of its own: then the engine judges it (ruling 80)."""
    text = _clean(shown(cell))
    if day is not None:
        day_text = _clean(shown(day))
        if not text:
            text = day_text
        elif (type(cell) is list and cell[0] == "time") or _TIME_OF_DAY.match(text):
            text = f"{day_text[:10].strip()} {text}" if _wall_of(day_text, local) is None else _joined(day_text, text)
    ms = _wall_of(text, local)
    return text if ms is None else local.text(ms)


def _joined(day_text: str, text: str) -> str:
    """A day, whatever form, and a time of day."""
    serial = _SERIAL.fullmatch(day_text)
    if serial is not None:
        day_text = date.fromordinal(int(Decimal(day_text)) + _SERIAL_ZERO + _DAY_ZERO).isoformat()
    compact = _COMPACT.fullmatch(day_text)
    if compact is not None:
        day_text = "-".join(compact.groups()[:3])
    return f"{day_text.split(' ')[0]} {text}"


def _clean(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip().removeprefix("'")


def _wall_of(text: str, local: LocalTime) -> int | None:
    """Epoch ms of a local time, None where the text is none that can be read without guessing."""
    match = _LOCAL.fullmatch(text)
    if match is None:
        if _SERIAL.fullmatch(text):
            seconds = round(Decimal(text) * 86_400)
            day, second = divmod(seconds, 86_400)
            return local.instant(day + _SERIAL_ZERO, second * 1000)
        compact = _COMPACT.fullmatch(text)
        if compact is not None:
            year, month, day_of, hour, minute, second_of = compact.groups()
            return _instant(local, year, month, day_of, hour, minute, second_of)
        return None
    year, month, day_of, before, hour, minute, second_of, behind = match.groups()
    half = (before or behind or "").upper()
    if half and hour is not None:
        number = int(hour)
        if half in ("下午", "晚上", "PM", "中午") and number < 12 and not (half == "中午" and number > 10):
            hour = str(number + 12)
        elif half in ("上午", "AM") and number == 12:
            hour = "0"
    return _instant(local, year, month, day_of, hour, minute, second_of)


def _instant(
    local: LocalTime, year: str, month: str, day: str, hour: str | None, minute: str | None, second: str | None
) -> int | None:
    try:
        ordinal = date(int(year), int(month), int(day)).toordinal()
    except ValueError:
        return None
    hours, minutes, seconds = int(hour or 0), int(minute or 0), int(second or 0)
    if hours > 23 or minutes > 59 or seconds > 59:
        return None
    ms = ((hours * 60 + minutes) * 60 + seconds) * 1000
    assert ms < DAY_MS
    try:
        return local.instant(ordinal - _DAY_ZERO, ms)
    except (OverflowError, ValueError):
        return None
