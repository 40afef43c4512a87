"""Leads for `kafka_readback`: small and many, none of a customer of one shard, so that this shard stays idle."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Final

from benchmarks.live_engine import SECRET
from connectors.demo.simulated.days import instant_text
from operators.identity.one_id import OneIds
from operators.identity.phones import MOBILE
from state import limits

_SECRET: Final = SECRET.encode()
IDLE_SHARD: Final = 7
CHANNEL: Final = "autohome"
_REPEATED: Final = 4
"""Leads of each customer, one behind the other."""


def leads(first: int, count: int, store: str) -> Iterator[tuple[bytes | None, bytes]]:
    """(phone, record) of so many leads, numbered from `first`."""
    one_ids = OneIds(_SECRET, limits.SHARDS)
    given = 0
    customer = first
    at = instant_text(int(time.time() * 1000) - 60_000)
    while given < count:
        customer += 1
        phone = f"139{customer:08d}"
        if one_ids.shard(one_ids.of(MOBILE, phone)) == IDLE_SHARD:
            continue
        for turn in range(_REPEATED):
            given += 1
            yield (
                phone.encode(),
                f'{{"channel":"{CHANNEL}","source_lead_id":"R{customer}-{turn}","phone":"{phone}","store":"{store}",'
                f'"event_time":"{at}"}}'.encode(),
            )
