"""Job D itself: same-day dedup and merge of one phone, decided by the engine's layers and by the bare loop alike.

No state, or 60 days behind its first lead: FIRST. The same Asia/Shanghai day as the last one: DEDUPED. Else MERGED.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

import msgspec
from msgspec import Struct

FIRST: Final = "FIRST"
DEDUPED: Final = "DEDUPED"
MERGED: Final = "MERGED"
_MERGE_S: Final = 60 * 86_400
_OFFSET_S: Final = 8 * 3_600


class Lead(Struct, gc=False):
    """One input record; behind its own fields the place that an engine notes on an arrival."""

    lead_id: str
    channel: str
    submitted_at: datetime
    name: str
    phone: str
    city: str
    province: str
    store_id: str
    series: str
    model: str
    campaign: str
    intent: str
    remark: str
    shard: int = 0
    source: int = 0
    offset: int = 0
    now: int = 0
    tail: int = 0
    entity: bytes = b""
    reasons: tuple[str, ...] = ()


class Row(Struct, array_like=True, gc=False):
    """What is kept of a phone."""

    first_s: int
    last_day: int
    n: int
    unique_no: int


class Mark(Struct, gc=False):
    """One output record."""

    event_id: str
    lead_id: str
    mark: str
    n: int
    unique_no: int


decode_lead: Final = msgspec.json.Decoder(Lead).decode
decode_row: Final = msgspec.msgpack.Decoder(Row).decode
encode_row: Final = msgspec.msgpack.Encoder().encode


def decide(row: Row | None, lead: Lead) -> tuple[Row, Mark]:
    """The phone's row behind this lead, and the lead's mark."""
    at = int(lead.submitted_at.timestamp())
    day = (at + _OFFSET_S) // 86_400
    if row is None:
        row = Row(at, day, 0, 1)
        mark = FIRST
    elif at - row.first_s > _MERGE_S:
        row.first_s = at
        row.unique_no += 1
        mark = FIRST
    elif day == row.last_day:
        mark = DEDUPED
    else:
        mark = MERGED
    row.n += 1
    row.last_day = day
    lead_id = lead.lead_id
    return row, Mark(f"dispositions-{lead_id}-1", lead_id, mark, row.n, row.unique_no)
