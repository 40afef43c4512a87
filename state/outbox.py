"""The outbox: events decided but not yet delivered and sealed. After a crash they are sent again, never decided again."""

from __future__ import annotations

from collections import deque
from typing import Final

import msgspec
from rocksdict import WriteBatch

from state import keys
from state.database import Database

Lines = tuple[int, list[str], bytes]
"""(stream, key of each record, the records as JSON lines, a newline behind each)."""

_encode: Final = msgspec.msgpack.Encoder().encode
_lines: Final = msgspec.msgpack.Decoder(list[tuple[int, list[str] | str, bytes]]).decode


class Pending:
    """An outbox row that waits for its batch to be synced."""

    __slots__ = ("batch", "leads", "lines", "polled", "records", "sequence", "size")

    def __init__(self, batch: int, sequence: int, lines: list[Lines], size: int, polled: float, leads: int = 0) -> None:
        self.batch = batch
        self.sequence = sequence
        self.lines = lines
        self.size = size
        self.polled = polled
        """Monotonic time at which the oldest of its records was read; 0 = a re-sent row or a timer's."""
        self.leads = leads
        self.records = sum(len(names) for _, names, _ in lines)


class Outbox:
    """The outbox of one shard."""

    def __init__(self, database: Database, number: int, covered: int, last: int) -> None:
        self.number = number
        self.last = last
        """Highest sequence written."""
        self.covered = covered
        """Highest sequence that a written seal holds."""
        self.handed = covered
        """Highest sequence handed on to the sink."""
        self.unsealed: deque[int] = deque()
        """Sequences of rows on disk, oldest first."""
        self.pending: deque[Pending] = deque()
        """Rows not handed on yet, oldest first."""
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
                self.pending.append(Pending(0, sequence, lines, len(value), 0.0))

    def seal_covers(self, sequence: int) -> None:
        """A seal holds everything up to `sequence`: the next batch deletes those rows."""
        if sequence > self.covered:
            self.covered = sequence

    def prune(self, batch: WriteBatch) -> None:
        """Delete the rows that a written seal covers, exactly those."""
        unsealed = self.unsealed
        while unsealed and unsealed[0] <= self.covered:
            batch.delete(keys.sequence_key(self.number, keys.OUTBOX, unsealed.popleft()))

    def prunable(self) -> bool:
        """Whether a seal has been written that covers rows still on disk."""
        return bool(self.unsealed) and self.unsealed[0] <= self.covered

    def put(self, batch: WriteBatch, lines: list[Lines], polled: float, leads: int) -> Pending:
        """One row for all events of a batch."""
        self.last += 1
        row = _encode(lines)
        batch.put(keys.sequence_key(self.number, keys.OUTBOX, self.last), row)
        return Pending(0, self.last, lines, len(row), polled, leads)

    def written(self, pending: Pending, batch: int) -> None:
        """The row lies in batch number `batch`."""
        pending.batch = batch
        self.unsealed.append(pending.sequence)
        self.pending.append(pending)
