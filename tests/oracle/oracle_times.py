"""Written forms of a time (ruling 80)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from zoneinfo import ZoneInfo

from oracle_text import Numeral

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS = 86_400_000, 3_600_000, 60_000, 1000
SERIAL_ZERO = datetime(1899, 12, 30)  # a sheet's day 0
SERIALS_BELOW = 100_000
LAST_MS = 253_402_300_799_999  # the end of the year 9999: no later time can be written

WRITTEN = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d+))?)?(?:([Zz])|([+-])(\d\d):?(\d\d))?", re.ASCII
)
NUMBER = re.compile(r"[+-]?\d+(\.\d+)?([eE][+-]?\d+)?", re.ASCII)


@dataclass(frozen=True)
class TimeForm:
    """`channels.X.time` or `[time]`: what may be read beside times with an offset."""

    zone: ZoneInfo
    formats: tuple[str, ...]
    epoch_ms: int  # milliseconds in a unit of an epoch number

    @staticmethod
    def of(table: Mapping[str, Any] | None, business: ZoneInfo) -> TimeForm | None:
        if table is None:
            return None
        zone = ZoneInfo(table["zone"]) if "zone" in table else business
        return TimeForm(zone, tuple(table.get("formats", ())), 1 if table.get("epoch", "s") == "ms" else SECOND_MS)


def read_time(value: Any, form: TimeForm | None) -> int | None:
    """Milliseconds since 1970, further decimals cut; None where the value tells no instant."""
    if isinstance(value, str):
        at_ms = _written(value, form)
        if at_ms is not None or form is None:
            return at_ms
        at_ms = _by_formats(value, form)
        if at_ms is not None or not NUMBER.fullmatch(value):
            return at_ms
        value = Numeral(value)
    if not isinstance(value, Numeral) or form is None or value.decimal is None:
        return None
    at_ms = _by_formats(value.text() or "", form)
    return _number(value.decimal, form) if at_ms is None else at_ms


def _written(text: str, form: TimeForm | None) -> int | None:
    match = WRITTEN.fullmatch(text)
    if not match:
        return None
    year, month, day, hour, minute = (int(match[n]) for n in range(1, 6))
    second = int(match[6] or 0)
    if hour > 23 or minute > 59 or second > 60:  # 60: a leap second, taken as the first of the next minute
        return None
    try:
        days = date(year, month, day)
    except ValueError:
        return None
    of_day_ms = hour * HOUR_MS + minute * MINUTE_MS + second * SECOND_MS + int((match[7] or "")[:3].ljust(3, "0"))
    if match[8] or match[9]:
        offset_ms = 0
        if match[9]:
            if int(match[10]) > 23 or int(match[11]) > 59:
                return None
            offset_ms = (int(match[10]) * HOUR_MS + int(match[11]) * MINUTE_MS) * (-1 if match[9] == "-" else 1)
        return (days.toordinal() - date(1970, 1, 1).toordinal()) * DAY_MS + of_day_ms - offset_ms
    if form is None:
        return None
    return _local(datetime(year, month, day), of_day_ms, form.zone)


def _local(day: datetime, of_day_ms: int, zone: ZoneInfo) -> int | None:
    """The instant at which clocks of the zone show it; of two the first, in a skipped hour by the offset before it."""
    try:
        return _ms((day + timedelta(milliseconds=of_day_ms)).replace(tzinfo=zone))
    except OverflowError:
        return None


def _by_formats(text: str, form: TimeForm) -> int | None:
    for written in form.formats:
        try:
            at = datetime.strptime(text, written)
        except ValueError:
            continue
        return _ms(at if at.tzinfo else at.replace(tzinfo=form.zone))
    return None


def _number(value: Decimal, form: TimeForm) -> int | None:
    if value < 0 or value > LAST_MS:
        return None
    if value < SERIALS_BELOW:
        seconds = int((value * 86_400).to_integral_value(ROUND_HALF_UP))
        return _local(SERIAL_ZERO, seconds * SECOND_MS, form.zone)
    at_ms = int(value * form.epoch_ms)
    return at_ms if at_ms <= LAST_MS else None


def _ms(at: datetime) -> int:
    return (at.astimezone(UTC) - EPOCH) // timedelta(milliseconds=1)
