"""What a single value of a configuration may be: each function gives the value, or complains in a whole sentence.

A complaint says what is wrong, then what is allowed. The functions are pydantic validators of `config_tables`.
"""

from __future__ import annotations

import datetime
import json
import math
import re
from collections.abc import Callable
from typing import Any, Final
from zoneinfo import ZoneInfo, available_timezones

from pydantic_core import PydanticCustomError

from operators.base.calendar import parse_ms
from operators.base.rules import DAY_MS
from operators.config.names import nearest
from operators.identity.foreign import HOME_REGION, calling_code
from state.limits import STRING_BYTES
from state.rows.codes import MARKS

HOUR_MS: Final = 3_600_000
MINUTE_MS: Final = 60_000
_DAY_ZERO: Final = datetime.date(1970, 1, 1).toordinal()
LONGEST_DAYS: Final = 3650
LATEST_HOURS: Final = 2160
LONGEST_JUMP_DAYS: Final = 36_500
GROUPS: Final = ("own", "vertical", "wechat", "new_media", "sem", "agent", "offline", "partner")
"""Groups of channels that the contract names; others are free."""
_MISSPELT: Final = 0.8
STATUSES: Final = ("REGISTERED", "TESTING", "LIVE", "SUSPENDED")
REQUIRED_FIELDS: Final = (
    "name",
    "gender",
    "province",
    "city",
    "email",
    "wechat",
    "series",
    "model",
    "budget",
    "trade_in",
    "finance",
    "level",
    "days_to_buy",
)
"""Fields of a lead that `dispatch.required` may name."""


def wrong(sentence: str) -> PydanticCustomError:
    """A complaint about a value; the braces of the value shown must not be read as a template."""
    return PydanticCustomError("leadstream", "{sentence}", {"sentence": sentence})


def shown(value: object) -> str:
    """A value as an operator wrote it, cut to a length that a line can hold, with what it is."""
    if isinstance(value, bool):
        return f"{str(value).lower()} is a truth value"
    if isinstance(value, str):
        text = json.dumps(value, ensure_ascii=False)
        return f"{text if len(text) <= 60 else text[:57] + '…'} is text"
    if isinstance(value, int | float):
        return f"{str(value)[:40]} is a number"
    if isinstance(value, list):
        return "This is a list"
    if isinstance(value, dict):
        return "This is a table"
    if isinstance(value, datetime.datetime | datetime.date | datetime.time):
        return f"{value} is a date or time"
    return f"{str(value)[:40]} is of another kind"


def number(what: str, low: float, high: float, *, above: bool = False, whole: bool = False) -> Callable[[Any], Any]:
    kind = "a whole number" if whole else "a number"
    limits = f"above {low:.12g} and at most {high:.12g}" if above else f"from {low:.12g} to {high:.12g}"
    allowed = f"allowed is {kind} of {what} {limits}." if what else f"allowed is {kind} {limits}."

    def judge(value: Any) -> Any:
        if isinstance(value, bool) or not isinstance(value, int if whole else int | float):
            raise wrong(f"{shown(value)}; {allowed}")
        if not math.isfinite(value) or not (low < value if above else low <= value) or value > high:
            raise wrong(f"{value if isinstance(value, float) else str(value)[:40]} is out of range; {allowed}")
        return value if whole else float(value)

    return judge


def days_of(value: Any) -> float:
    days = float(number("days", 0, LONGEST_DAYS, above=True)(value))
    if round(days * DAY_MS) < 1:
        raise wrong(f"{value} is less than a millisecond; allowed is a number of days above that.")
    return days


def flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise wrong(f"{shown(value)}; allowed is true or false.")
    return value


def text_of(value: Any) -> str:
    if not isinstance(value, str):
        raise wrong(f"{shown(value)}; allowed is a text.")
    if len(value.encode("utf-8", "replace")) > STRING_BYTES:
        raise wrong(f"This text is too long; allowed are {STRING_BYTES} bytes.")
    return value


def code(value: Any) -> str:
    """A code of a channel, store, line, series or calendar, compared exactly with trimmed input (ruling 45)."""
    text = text_of(value)
    if not text or text != text.strip() or not text.isprintable():
        raise wrong(
            f"{json.dumps(text, ensure_ascii=False)} can never match a code in a record; allowed is a text "
            "that is not empty, without blanks around it and without control characters."
        )
    return text


def one_of(names: tuple[str, ...]) -> Callable[[Any], str]:
    def judge(value: Any) -> str:
        if not isinstance(value, str):
            raise wrong(f"{shown(value)}; allowed is one of {', '.join(names)}.")
        if value not in names:
            text = json.dumps(value, ensure_ascii=False)[:60]
            raise wrong(f"{text} is not known{nearest(value, names)}; allowed is one of {', '.join(names)}.")
        return value

    return judge


def group_of(value: Any) -> str:
    """A group of channels: any word, but none that is a known one misspelt; `offline` decides about the lateness (ruling 10)."""
    said = text_of(value)
    near = "" if said in GROUPS else nearest(said, GROUPS, like=_MISSPELT)
    if near:
        text = json.dumps(said, ensure_ascii=False)[:60]
        raise wrong(
            f"{text} is not known{near} The groups are {', '.join(GROUPS)}; another one must not look like these."
        )
    return said


def identity_mode(value: Any) -> str:
    if value == "graph":
        raise wrong('"graph" is not applied by this version; allowed is "strongest".')
    return one_of(("strongest",))(value)


def region(value: Any) -> str:
    """A region by its two letters; the library of numbers is asked only about others than CN, its import is slow."""
    if not isinstance(value, str) or (value != HOME_REGION and not calling_code(value)):
        raise wrong(
            f'{shown(value)}; allowed are the two letters of a region whose numbers are known, as "CN", "HK", "US".'
        )
    return value


def score_gate(value: Any) -> int:
    # A gate that is accepted and not applied would let leads through that the operator believes held.
    if number("", 0, 100)(value):
        raise wrong(f"{value} would switch the score gate on, which this version does not apply; allowed is 0 (off).")
    return 0


_TIME: Final = re.compile(r"([01]\d|2[0-3]):([0-5]\d)", re.ASCII)


def time_of_day_ms(value: Any, *, closing: bool = False) -> int:
    """ "09:30" as ms since midnight; "24:00" only where `closing`."""
    allowed = 'allowed is "HH:MM" from "00:00" to "23:59"' + (', and "24:00".' if closing else ".")
    if not isinstance(value, str):
        raise wrong(f"{shown(value)}; {allowed}")
    if closing and value == "24:00":
        return DAY_MS
    found = _TIME.fullmatch(value)
    if found is None:
        raise wrong(f"{json.dumps(value, ensure_ascii=False)[:60]} is not a time of day; {allowed}")
    return int(found[1]) * HOUR_MS + int(found[2]) * MINUTE_MS


def closing_ms(value: Any) -> int:
    return time_of_day_ms(value, closing=True)


def calling_hours(value: Any) -> tuple[int, int]:
    """`calling = ["09:00", "20:00"]` or "09:00-20:00": from, to, ms since midnight; past midnight where they end before they
    begin (rulings 16 and 59)."""
    parts = value.split("-") if isinstance(value, str) else value
    if not isinstance(parts, list) or len(parts) != 2:
        raise wrong(f'{shown(value)}; allowed are two times of day, ["09:00", "20:00"].')
    first, last = time_of_day_ms(parts[0]), time_of_day_ms(parts[1], closing=True)
    if last == first:
        raise wrong('Calling hours end when they begin; allowed are two times of day, ["09:00", "20:00"].')
    return first, last if last > first else last + DAY_MS


def ms_of(value: float, unit_ms: int) -> int:
    """A number of days, hours or minutes as ms."""
    return round(value * unit_ms)


def day_of(day: datetime.date) -> int:
    """A date as days since 1970-01-01."""
    return day.toordinal() - _DAY_ZERO


_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


def date_of(value: Any) -> datetime.date:
    if isinstance(value, datetime.date) and not isinstance(value, datetime.datetime):
        return value
    if not isinstance(value, str):
        raise wrong(f"{shown(value)}; allowed is a date YYYY-MM-DD.")
    if _DATE.fullmatch(value):
        try:
            return datetime.date.fromisoformat(value)
        except ValueError:
            pass
    raise wrong(f"{json.dumps(value, ensure_ascii=False)[:60]} is not a date that exists; allowed is YYYY-MM-DD.")


_EARLIEST: Final = datetime.date(1970, 1, 2)


def earliest_date(value: Any) -> datetime.date:
    found = date_of(value)
    if found < _EARLIEST:  # rows write "none" as 0, the first instant of 1970
        raise wrong(f"{found} is too early; allowed is a date from {_EARLIEST} on.")
    return found


def today_of(value: Any) -> int | datetime.date:
    """A time as epoch ms, or a day, which means its end in the business time zone."""
    allowed = "allowed is a day YYYY-MM-DD, or a time with its offset, as 2026-03-02T18:00:00+08:00."
    if isinstance(value, datetime.datetime):
        value = value.isoformat()
    if isinstance(value, datetime.date):
        return value
    if not isinstance(value, str):
        raise wrong(f"{shown(value)}; {allowed}")
    try:
        return date_of(value) if _DATE.fullmatch(value) else parse_ms(value)
    except ValueError:
        raise wrong(f"{json.dumps(value, ensure_ascii=False)[:60]} is no such time; {allowed}") from None


_SAMPLE: Final = datetime.datetime(2026, 3, 2, 10, 15, tzinfo=datetime.UTC)


def feedback_codes(value: Any) -> dict[str, str]:
    """Mark → the channel's code for it, as its interface names them."""
    if not isinstance(value, dict):
        raise wrong(f"{shown(value)}; allowed is a table of marks, each with the channel's code as text.")
    for mark, given in value.items():
        if mark not in MARKS:
            raise wrong(f"{json.dumps(mark)[:60]} is no mark{nearest(mark, MARKS)}; allowed are {', '.join(MARKS)}.")
        text_of(given)
    return dict(value)


def time_format(value: Any) -> str:
    """A format as `strptime` reads it, "%d.%m.%Y %H:%M"; a time without its date would be read as one of 1900."""
    text = text_of(value)
    allowed = 'allowed is a format of year, month, day and time, as "%Y/%m/%d %H:%M".'
    quoted = json.dumps(text, ensure_ascii=False)[:60]
    try:
        found = datetime.datetime.strptime(_SAMPLE.strftime(text), text)
    except ValueError:
        raise wrong(f"{quoted} cannot be read; {allowed}") from None
    if found.date() != _SAMPLE.date():
        raise wrong(f"{quoted} leaves out a part of the date; {allowed}")
    return text


def time_zone(value: Any) -> str:
    name = text_of(value)
    try:
        ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        text = json.dumps(name, ensure_ascii=False)[:60]
        raise wrong(
            f"{text} is no time zone of this machine{nearest(name, available_timezones())}; "
            "allowed is a name of the IANA list, as Asia/Shanghai."
        ) from None
    return name


def variable_name(value: Any) -> str:
    name = text_of(value)
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name, re.ASCII):
        raise wrong(
            f"{shown(value)}, but no name of an environment variable; "
            "allowed are letters, digits and _, not beginning with a digit."
        )
    return name


def whole_days(value: Any) -> int:
    return int(number("days", 1, LONGEST_DAYS, whole=True)(value))
