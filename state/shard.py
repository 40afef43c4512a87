"""One shard's own state: fences, outbox, counts, sequences. Loaded when its first tick opens it, written in each batch.

*Fence*: per input partition the last offset applied; a record at or below it was decided before a crash and is skipped.
*Outbox*: events decided but not yet delivered and sealed; after a crash they are sent again, never decided again.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from typing import Final

import msgspec
from msgspec import Struct
from rocksdict import WriteBatch

from state import keys
from state.database import Database
from state.keys import NEVER

Lines = tuple[int, list[str], bytes]
"""(stream, key of each record, the records as JSON lines, a newline behind each)."""

_encode: Final = msgspec.msgpack.Encoder().encode
_encode_counts: Final = msgspec.msgpack.Encoder(order="deterministic").encode
"""Channels in one order, whichever came first: the same counts are the same bytes."""
_lines: Final = msgspec.msgpack.Decoder(list[tuple[int, list[str] | str, bytes]]).decode
_fence: Final = msgspec.msgpack.Decoder(tuple[int, int]).decode
_counts: Final = msgspec.msgpack.Decoder(dict[str, list[int]]).decode
_DAYS_CACHED: Final = 64


class Meta(Struct, array_like=True):
    """The shard's own row."""

    clock: int = 0
    outbox: int = 0
    """Highest outbox sequence written."""
    hops: int = 0
    """Hops sent so far."""
    stories: int = 0
    """Audit rows written so far."""
    registry: str = ""
    """Digest of the channels, stores and calendars by which its waiting leads were judged last."""


class Pending(Struct, gc=False):
    """An outbox row that waits for its batch to be synced."""

    batch: int
    sequence: int
    lines: list[Lines]
    size: int
    polled: float
    """Monotonic time at which the oldest of its records was read; 0 = a re-sent row or a timer's."""
    leads: int = 0
    records: int = 0


_meta: Final = msgspec.msgpack.Decoder(Meta).decode


class Shard:
    """What a shard holds in memory. One worker thread uses it."""

    def __init__(self, database: Database, number: int, covered: int) -> None:
        self.database = database
        self.number = number
        stored = database.get(keys.prefix(number, keys.META))
        self.meta = Meta() if stored is None else _meta(stored)
        self.fences: dict[int, tuple[int, int]] = {}
        begin = keys.prefix(number, keys.FENCE)
        for key, value in database.scan(begin, keys.after(begin)):
            self.fences[int.from_bytes(key[2:6], "big")] = _fence(value)
        self.unsealed: deque[int] = deque()
        """Sequences of outbox rows on disk, oldest first."""
        self.pending: deque[Pending] = deque()
        """Outbox rows not handed on yet, oldest first."""
        self.handed = covered
        """Highest outbox sequence handed on to the sink."""
        begin = keys.prefix(number, keys.OUTBOX)
        for key, value in database.scan(begin, keys.after(begin)):
            sequence = int.from_bytes(key[2:10], "big")
            self.unsealed.append(sequence)
            if sequence > covered:
                # A key alone is one record without a newline: how an outbox row was written before it held lines.
                lines = [
                    (stream, [names], line + b"\n") if isinstance(names, str) else (stream, names, line)
                    for stream, names, line in _lines(value)
                ]
                self.pending.append(Pending(0, sequence, lines, len(value), 0.0, 0, _count(lines)))
        self.covered = covered
        self._days: OrderedDict[int, dict[str, list[int]]] = OrderedDict()
        self.next_timer = self._first_timer(keys.prefix(number, keys.TIMER))
        """Due time of the earliest timer, or NEVER."""

    def is_applied(self, source: int, offset: int, tail: int) -> bool:
        """Whether this record was decided before. `tail` > 0: a last line that may still grow, judged at this size."""
        fence = self.fences.get(source)
        if fence is None:
            return False
        return offset <= fence[0] or (tail > 0 and fence[1] == tail)

    def seal_covers(self, sequence: int) -> None:
        """A seal holds everything up to `sequence`: the next batch deletes those outbox rows."""
        if sequence > self.covered:
            self.covered = sequence

    def prune(self, batch: WriteBatch) -> None:
        """Delete the outbox rows that a written seal covers, exactly those."""
        unsealed = self.unsealed
        while unsealed and unsealed[0] <= self.covered:
            batch.delete(keys.sequence_key(self.number, keys.OUTBOX, unsealed.popleft()))

    def prunable(self) -> bool:
        """Whether a seal has been written that covers rows still on disk."""
        return bool(self.unsealed) and self.unsealed[0] <= self.covered

    def put_outbox(self, batch: WriteBatch, lines: list[Lines], polled: float, leads: int) -> Pending:
        """One outbox row for all events of a batch."""
        self.meta.outbox += 1
        row = _encode(lines)
        batch.put(keys.sequence_key(self.number, keys.OUTBOX, self.meta.outbox), row)
        return Pending(0, self.meta.outbox, lines, len(row), polled, leads, _count(lines))

    def put_fence(self, batch: WriteBatch, source: int, offset: int, tail: int) -> None:
        """Move a fence."""
        batch.put(keys.fence_key(self.number, source), _encode((offset, tail)))

    def put_meta(self, batch: WriteBatch) -> None:
        """The shard's own row."""
        batch.put(keys.prefix(self.number, keys.META), _encode(self.meta))

    def add_counts(self, batch: WriteBatch, added: dict[tuple[int, bool, str], list[int]]) -> None:
        """This shard's part of the counts, in the batch of the decisions (conservation is exact inside each shard)."""
        changed: dict[int, dict[str, list[int]]] = {}
        for (day, shadow, channel), more in added.items():
            counts = changed.get(day)
            if counts is None:
                counts = changed[day] = self._counts_of(day)
            name = f"s:{channel}" if shadow else f"l:{channel}"
            held = counts.get(name)
            if held is None:
                counts[name] = list(more)
            else:
                if len(held) < len(more):
                    held.extend([0] * (len(more) - len(held)))
                for place, by in enumerate(more):
                    if by:
                        held[place] += by
        for day, counts in changed.items():
            batch.put(keys.counts_key(self.number, day), _encode_counts(counts))

    def _counts_of(self, day: int) -> dict[str, list[int]]:
        found = self._days.get(day)
        if found is not None:
            self._days.move_to_end(day)
            return found
        stored = self.database.get(keys.counts_key(self.number, day))
        found = {} if stored is None else _counts(stored)
        self._days[day] = found
        if len(self._days) > _DAYS_CACHED:
            self._days.popitem(last=False)
        return found

    def drop_cached_counts(self) -> None:
        """Forget cached counts: a batch that changed them was not written."""
        self._days.clear()

    def timers_changed(self, put: list[int], gone: list[int]) -> None:
        """Due times of timers that the batch just written put and deleted: the earliest is known without a scan, except
        where the earliest itself is gone."""
        first = min(put, default=NEVER)
        if first > self.next_timer:
            first = self.next_timer
        if gone and min(gone) <= first < NEVER:
            # From where it stood on: before it lie only the tombstones of timers long fired.
            first = self._first_timer(keys.timer_bound(self.number, first))
        self.next_timer = first

    def first_release(self) -> int:
        """Due time of the earliest release of a store, or NEVER."""
        begin = keys.prefix(self.number, keys.RELEASE)
        for key, _ in self.database.scan(begin, keys.after(begin)):
            return keys.timer_of(key)[0]
        return NEVER

    def _first_timer(self, begin: bytes) -> int:
        for key, _ in self.database.scan(begin, keys.after(keys.prefix(self.number, keys.TIMER))):
            return keys.timer_of(key)[0]
        return NEVER


def _count(lines: list[Lines]) -> int:
    return sum(len(names) for _, names, _ in lines)


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


def read_counts(database: Database, shards: int) -> dict[tuple[int, str], list[int]]:
    """(day, "l:channel" or "s:channel") → counts, summed over shards."""
    total: dict[tuple[int, str], list[int]] = {}
    for number in range(shards):
        begin = keys.prefix(number, keys.COUNTS)
        for key, value in database.scan(begin, keys.after(begin)):
            day = keys.day_of_counts(key)
            for name, counts in _counts(value).items():
                held = total.setdefault((day, name), [0] * len(counts))
                if len(held) < len(counts):
                    held.extend([0] * (len(counts) - len(held)))
                for place, by in enumerate(counts):
                    held[place] += by
    return total
