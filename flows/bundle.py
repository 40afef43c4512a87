"""What travels from the source to a shard's step: its records of one poll, or a tick."""

from __future__ import annotations

from operators.wire.arrival import Arrival
from state.keys import NO_CLOCK, NOTHING


class Bundle:
    """Records of one poll for one shard, in their order."""

    __slots__ = ("arrivals", "polled", "shard")

    def __init__(self, shard: int, arrivals: list[Arrival], polled: float) -> None:
        self.shard = shard
        self.arrivals = arrivals
        self.polled = polled


class Tick:
    """Opens a shard, sends what is synced, carries the clock, applies messages, fires timers before the moment `before`
    (`state.keys.moment`).

    `NO_CLOCK` and `NOTHING`: only opens and sends. Under the event clock ticks come from the partition that reads the records, so
    that the clock never overtakes a record.
    """

    __slots__ = ("at_rest", "before", "clock", "shard")

    def __init__(self, shard: int, clock: int = NO_CLOCK, before: int = NOTHING, *, at_rest: bool = False) -> None:
        """`at_rest`: every record handed on is applied, and no message is under way."""
        self.shard = shard
        self.clock = clock
        self.before = before
        self.at_rest = at_rest


Item = Bundle | Tick
