"""How times are written beside RFC 3339, as a table says it: one for channels, for records without one, and for feeds."""

from __future__ import annotations

from typing import Annotated, Literal, cast

from pydantic import BaseModel, PlainValidator

from operators.base.calendar import LocalTime
from operators.base.rules import TimeForm
from operators.config.table import STRICT
from operators.config.values import one_of, time_format, time_zone


class TimeTable(BaseModel):
    """`[channels.X.time]`, `[feeds.X.time]` and `[time]` (ruling 80)."""

    model_config = STRICT

    zone: Annotated[str, PlainValidator(time_zone)] | None = None
    formats: list[Annotated[str, PlainValidator(time_format)]] = []
    epoch: Annotated[str, PlainValidator(one_of(("s", "ms")))] = "s"


def form_of(table: TimeTable | None, local: LocalTime) -> TimeForm | None:
    """The form of a table that was judged; `local` where it names no zone. None without a table."""
    if table is None:
        return None
    zone = local if table.zone is None or table.zone == local.name else LocalTime(table.zone)
    return TimeForm(zone, tuple(table.formats), cast(Literal["s", "ms"], table.epoch))
