"""One shard's own state: its row, fences, outbox, counts, timers. Loaded when its first tick opens it, written in each batch."""

from __future__ import annotations

from typing import Final

import msgspec
from rocksdict import WriteBatch

from state import keys, limits
from state.counts import Counts
from state.database import Database
from state.fence import Fences
from state.keys import NEVER
from state.outbox import Outbox
from state.rows import exits_row
from state.rows.exits_row import Exit
from state.rows.shard_row import Meta

_encode: Final = msgspec.msgpack.Encoder().encode


_meta: Final = msgspec.msgpack.Decoder(Meta).decode


class Shard:
    """What a shard holds in memory. One worker thread uses it."""

    def __init__(self, database: Database, number: int, covered: int) -> None:
        self.database = database
        self.number = number
        stored = database.get(keys.prefix(number, keys.META))
        self.meta = Meta(keys.NO_CLOCK) if stored is None else _meta(stored)
        self.fences = Fences(database, number)
        self.outbox = Outbox(database, number, covered, self.meta.outbox)
        self.counts = Counts(database, number)
        self.campaigns = Counts(database, number, keys.CAMPAIGNS, limits.CAMPAIGNS_PER_DAY)
        exits = database.get(keys.prefix(number, keys.EXITS))
        self.exits: list[Exit] = [] if exits is None else exits_row.decode(exits).exits
        self.swept = 0
        """Day of the clock on which the rows of witnesses were swept, since the start."""
        self.sweeps_from = b""
        """Key at which the sweep of this day goes on."""
        self.next_due = self._first_timer(keys.prefix(number, keys.TIMER))
        """Moment of the earliest timer, or NEVER."""

    def put_meta(self, batch: WriteBatch) -> None:
        """The shard's own row."""
        self.meta.outbox = self.outbox.last
        batch.put(keys.prefix(self.number, keys.META), _encode(self.meta))

    def timers_changed(self, put: list[int], gone: list[int]) -> None:
        """Moments of timers that the batch just written put and deleted: the earliest is known without a scan, except
        where the earliest itself is gone."""
        first = min(put, default=NEVER)
        if first > self.next_due:
            first = self.next_due
        if gone and min(gone) <= first < NEVER:
            # From where it stood on: before it lie only the tombstones of timers long fired.
            first = self._first_timer(keys.timer_bound(self.number, first))
        self.next_due = first

    def _first_timer(self, begin: bytes) -> int:
        for key, _ in self.database.scan(begin, keys.after(keys.prefix(self.number, keys.TIMER))):
            return keys.moment_of(key)
        return NEVER


def oldest_wait(database: Database, shards: int) -> int:
    """Since when the longest waiting lead waits, epoch ms; 0 = none waits. One seek a shard."""
    found = 0
    for number in range(shards):
        begin = keys.prefix(number, keys.WAIT)
        for key, _ in database.scan(begin, keys.after(begin)):
            since = keys.since_of_wait(key)
            found = since if not found or since < found else found
            break
    return found
