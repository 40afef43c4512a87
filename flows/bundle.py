"""What travels from the source to a shard's step: its records of one poll, or a tick."""

from __future__ import annotations

from typing import Any


class Bundle:
    """Records of one poll for one shard, in their order."""

    __slots__ = ("arrivals", "polled", "shard")

    def __init__(self, shard: int, arrivals: list[Any], polled: float) -> None:
        self.shard = shard
        self.arrivals = arrivals
        self.polled = polled


class Tick:
    """Opens a shard, sends what is synced, carries the clock, applies hops, fires timers due before `before` and releases of
    stores due before `release`.

    `clock` = 0: only opens and sends. Under the event clock ticks come from the partition that reads the records, so
    that the clock never overtakes a record.
    """

    __slots__ = ("before", "clock", "release", "shard")

    def __init__(self, shard: int, clock: int = 0, before: int = 0, release: int = 0) -> None:
        self.shard = shard
        self.clock = clock
        self.before = before or clock
        self.release = release or self.before


Item = Bundle | Tick
