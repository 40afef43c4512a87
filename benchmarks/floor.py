"""The floor F2: a bare loop that decodes the same lines, reads the same rows, and writes rows, outbox, audit, index and timers
of the sizes that the measured path wrote, batch by batch. No rule, no Bytewax, no sync, no sink.

What was written is noted in the instrumented run, per batch: each operation's key and size. The loop gets it unpacked; only
decode, read and write count.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any, Final

import msgspec
from rocksdict import WriteBatch

from flows.engine import Engine
from operators.wire.records import RawLeadRecord
from state import keys
from state.database import Database

_decode_lead: Final = msgspec.json.Decoder(RawLeadRecord).decode

KINDS: Final = ("row", "timer", "outbox", "story", "index", "counts, fence, meta")
_ROW, _TIMER, _OUTBOX, _STORY, _INDEX, _SMALL, _DELETE = range(7)
_POOL_BYTES: Final = 4 << 20
_packed: Final = msgspec.msgpack.Encoder().encode
_unpacked: Final = msgspec.msgpack.Decoder(tuple[list[bytes], list[tuple[int, bytes, int]], bool]).decode


def _kind(key: bytes, audit: bool) -> int:
    if audit:
        return _STORY if key[3:4] == keys.STORY else _INDEX
    return {keys.CUSTOMER: _ROW, keys.TIMER: _TIMER, keys.OUTBOX: _OUTBOX}.get(key[1:2], _SMALL)


class Notes:
    """What the path read and wrote, batch by batch."""

    def __init__(self, engine: Engine) -> None:
        self.batches: list[bytes] = []
        self.bytes = [0] * len(KINDS)
        self.puts = [0] * len(KINDS)
        self.deletes = 0
        self.pools = [bytearray() for _ in KINDS]
        self._read: list[bytes] = []
        database = engine.database
        self._write = database.write
        self._get_many = database.get_many
        database.batch = self._batch  # type: ignore[method-assign,assignment]
        database.write = self._written  # type: ignore[method-assign]
        database.get_many = self._reads  # type: ignore[method-assign,assignment]

    def _batch(self) -> _Noting:
        return _Noting(self)

    def _reads(self, wanted: list[bytes]) -> list[bytes | None]:
        self._read.extend(wanted)
        return self._get_many(wanted)

    def _written(self, batch: Any) -> int:
        if type(batch) is not _Noting:
            return self._write(batch)
        for kind, _, size in batch.operations:
            if kind == _DELETE:
                self.deletes += 1
            else:
                self.puts[kind] += 1
                self.bytes[kind] += size
        self.batches.append(_packed((self._read, batch.operations, batch.has_fence)))
        self._read = []
        return self._write(batch.batch)


class _Noting:
    """A write batch that is noted on its way."""

    __slots__ = ("_notes", "batch", "has_fence", "operations")

    def __init__(self, notes: Notes) -> None:
        self._notes = notes
        self.batch = WriteBatch(raw_mode=True)
        self.operations: list[tuple[int, bytes, int]] = []
        self.has_fence = False

    def put(self, key: bytes, value: bytes, family: Any = None) -> None:
        """Note and put."""
        kind = _kind(key, family is not None)
        pool = self._notes.pools[kind]
        if len(pool) < _POOL_BYTES:
            pool += value
        self.operations.append((kind, key, len(value)))
        self.has_fence = self.has_fence or key[1:2] == keys.FENCE
        if family is None:
            self.batch.put(key, value)
        else:
            self.batch.put(key, value, family)

    def delete(self, key: bytes) -> None:
        """Note and delete."""
        self.operations.append((_DELETE, key, 0))
        self.batch.delete(key)


def run(notes: Notes, lines: Path, state: Path, leads: int) -> tuple[float, float]:
    """(seconds, seconds of CPU of all threads) that decode, read and write of all of it take."""
    database = Database(state)
    spent = cpu = 0.0
    try:
        records = lines.read_bytes().split(b"\n")[:-1]
        batches = len(notes.batches)
        pools = [bytes(pool) or b"-" for pool in notes.pools]
        done = 0
        places = [0] * len(KINDS)
        for index, packed in enumerate(notes.batches):
            read, operations, _ = _unpacked(packed)
            upto = leads * (index + 1) // batches
            begin, begin_cpu = time.perf_counter(), time.process_time()
            for line in records[done:upto]:
                _decode_lead(line)
            if read:
                database.get_many(read)
            batch = database.batch()
            put, delete, audit = batch.put, batch.delete, database.audit_handle
            for kind, key, size in operations:
                if kind == _DELETE:
                    delete(key)
                    continue
                at = places[kind]
                pool = pools[kind]
                if at + size > len(pool):
                    at = 0
                places[kind] = at + size
                value = pool[at : at + size]
                if kind in (_STORY, _INDEX):
                    put(key, value, audit)
                else:
                    put(key, value)
            database.write(batch)
            spent += time.perf_counter() - begin
            cpu += time.process_time() - begin_cpu
            done = upto
    finally:
        database.close()
    return spent, cpu
