"""Times of a feed whose form is known, as RFC 3339. What is in no known form passes as it was sent (ruling 80)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, Final
from zoneinfo import ZoneInfo

from operators.base.rules import TimeForm
from operators.intake.times import read_ms

FIELDS: Final = ("event_time", "source_time")
_START: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LONGEST: Final = 64
"""Characters; a longer text is no time, and reading it would cost without end."""


def of_ms(epoch_ms: int, zone: str = "UTC") -> str:
    """An instant in epoch ms, with milliseconds where there are any."""
    instant = (_START + timedelta(milliseconds=epoch_ms)).astimezone(_zone(zone))
    return instant.isoformat(timespec="milliseconds" if instant.microsecond else "seconds")


def with_offset(value: Any, form: TimeForm) -> Any:
    """`value` as RFC 3339 where only the feed's form can read it, else as it is: validation says what that means."""
    if type(value) is not int and (type(value) is not str or len(value) > _LONGEST):
        return value
    if not read_ms(value, None)[1]:
        return value
    epoch_ms, fault = read_ms(value, form)
    return value if fault else of_ms(epoch_ms, form.zone.name)


@lru_cache(64)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)
