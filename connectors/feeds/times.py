"""Times of a feed whose form is known, as RFC 3339. What is in no known form passes as it was sent (ruling 80)."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, Final
from zoneinfo import ZoneInfo

from operators.config.feed_tables import FeedTimeTable

FIELDS: Final = ("event_time", "source_time")
_EPOCH: Final = re.compile(r"\d{6,16}(?:\.0*)?")
_START: Final = datetime(1970, 1, 1, tzinfo=UTC)


def rfc3339(instant: datetime) -> str:
    """With milliseconds where there are any."""
    return instant.isoformat(timespec="milliseconds" if instant.microsecond else "seconds")


def of_ms(epoch_ms: int, zone: str = "UTC") -> str:
    """An instant in epoch ms."""
    return rfc3339((_START + timedelta(milliseconds=epoch_ms)).astimezone(_zone(zone)))


def with_offset(value: Any, form: FeedTimeTable, zone: str) -> Any:
    """`value` as RFC 3339 where it is in one of the feed's forms, else as it is. `zone`: where the form names none."""
    zone = form.zone or zone
    text = value.strip() if isinstance(value, str) else str(value) if type(value) is int else ""
    if not text or len(text) > 64:
        return value
    try:
        if form.epoch and _EPOCH.fullmatch(text):
            number = int(text.partition(".")[0])
            return of_ms(number if form.epoch == "ms" else number * 1000, zone)
        for written in form.formats:
            try:
                instant = datetime.strptime(text, written)
            except ValueError:
                continue
            if instant.tzinfo is None:
                # an instant that the zone skips becomes the first after the gap, and never one before it
                instant = instant.replace(tzinfo=_zone(zone)).astimezone(UTC).astimezone(_zone(zone))
            return rfc3339(instant)
    except (ValueError, OverflowError):
        pass
    return value


@lru_cache(64)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)
