"""The engine without Bytewax and RocksDB: the same rules, batches and shards over a dictionary, in a plain loop.

For tests that try thousands of short inputs. What Bytewax and RocksDB add (epochs, syncs, crashes) is tested on the real ones.
"""

from __future__ import annotations

import json
from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator
from typing import Any
from unittest import mock

from connectors.protocols import Record
from flows.batch import Batch
from flows.order import Arrivals
from operators.base.outputs import Source
from operators.config.configuration import Configuration, from_tables
from operators.dispatch.hours import next_opening
from operators.identity.one_id import OneIds
from operators.intake.validation import Validation
from operators.registry import RECORD_OF, SETTLING, SETTLING_RECORDS
from operators.wire.arrival import Arrival
from operators.wire.streams import STREAMS, without_nulls
from state.keys import NO_CLOCK, moment
from state.rows.story import Disputed, Entry
from state.shard import Shard

WALL_MS = 1_790_000_000_000


class _Writes:
    def __init__(self) -> None:
        self.steps: list[tuple[bytes, bytes | None]] = []

    def put(self, key: bytes, value: bytes, family: object = None) -> None:
        if family is None:
            self.steps.append((key, value))

    def delete(self, key: bytes, family: object = None) -> None:
        if family is None:
            self.steps.append((key, None))


class DictDatabase:
    """What `Batch` and `Shard` need of a database, over a dictionary."""

    audit_handle = object()

    def __init__(self) -> None:
        self.rows: dict[bytes, bytes] = {}
        self.order: list[bytes] = []
        self.batches = 0

    def get(self, key: bytes) -> bytes | None:
        return self.rows.get(key)

    def get_many(self, keys: list[bytes]) -> list[bytes | None]:
        return [self.rows.get(key) for key in keys]

    def batch(self) -> _Writes:
        return _Writes()

    def write(self, batch: _Writes) -> int:
        for key, value in batch.steps:
            if value is None:
                if self.rows.pop(key, None) is not None:
                    del self.order[bisect_left(self.order, key)]
            else:
                if key not in self.rows:
                    insort(self.order, key)
                self.rows[key] = value
        self.batches += 1
        return self.batches

    def scan(self, begin: bytes, end: bytes, *, audit: bool = False) -> Iterator[tuple[bytes, bytes]]:
        place = bisect_left(self.order, begin)
        found = []
        while place < len(self.order) and self.order[place] < end:
            found.append((self.order[place], self.rows[self.order[place]]))
            place += 1
        return iter(found)


class _ListReader:
    def __init__(self, parts: dict[str, tuple[str, list[tuple[int, bytes]]]]) -> None:
        self._parts = parts
        self._places = dict.fromkeys(parts, 0)

    def names(self) -> list[str]:
        return list(self._parts)

    def kinds(self) -> list[str]:
        return [kind for kind, _ in self._parts.values()]

    def poll(self, source: int, limit: int) -> list[Record]:
        name = self.names()[source]
        place = self._places[name]
        lines = self._parts[name][1][place : place + limit]
        self._places[name] = place + len(lines)
        return [Record(source, number, raw) for number, raw in lines]

    def ended(self, source: int) -> bool:
        name = self.names()[source]
        return self._places[name] >= len(self._parts[name][1])

    def calendar(self) -> int:
        return 0

    def position(self, applied: list[int]) -> dict[str, Any]:
        return {}

    def restore(self, position: dict[str, Any]) -> None: ...

    def close(self) -> None: ...


class PlainEngine:
    """Runs records to the end, then to `until_ms`; `outputs[stream]` = decoded records in the order of writing.

    `at_rest`: before each record, not only before a command, everything due has fired and every message has come to its end,
    as ruling 64 has it; otherwise what asks a store's room is answered behind the records of its own poll.
    """

    def __init__(
        self, tables: dict[str, Any] | Configuration, *, shards: int = 2, poll: int = 64, at_rest: bool = False
    ) -> None:
        configuration = tables if isinstance(tables, Configuration) else from_tables(tables, environ={})
        self.rules = configuration.rules
        self.today_ms = configuration.today_ms
        self.shard_count = shards
        self.poll = poll
        self.at_rest = at_rest
        self.disputes: list[tuple[str, int]] = []
        """(one_id, at): they stand in the customer's story alone."""
        self.stories: dict[str, list[Entry]] = {}
        """By one_id."""
        self.database = DictDatabase()
        self.validation = Validation(self.rules, OneIds(configuration.secret, shards), RECORD_OF)
        self.outputs: dict[str, list[dict[str, Any]]] = {name: [] for name in STREAMS}
        self.clock: int | None = None
        self.hops = [0] * shards
        stores = (self.rules.stores or {}).values() if self.rules.stores is not None else [self.rules.default_store]
        self.rated = [store for store in stores if store.release_per_minute]

    def run(self, parts: dict[str, tuple[str, Iterable[tuple[int, bytes]]]], until_ms: int | None = None) -> None:
        """`parts`: name → (default record type, [(line, bytes)])."""
        settling = frozenset(RECORD_OF) if self.at_rest else SETTLING_RECORDS
        with mock.patch("flows.order.SETTLING_RECORDS", settling):
            self._run(parts, until_ms)

    def _run(self, parts: dict[str, tuple[str, Iterable[tuple[int, bytes]]]], until_ms: int | None) -> None:
        reader = _ListReader({name: (kind, list(lines)) for name, (kind, lines) in parts.items()})
        self.sources = {index + 1: Source(name) for index, name in enumerate(reader.names())}
        self.shards = [Shard(self.database, number, 0) for number in range(self.shard_count)]  # type: ignore[arg-type]
        arrivals = Arrivals(
            reader,
            self.validation,
            {source.name: number for number, source in self.sources.items()},
            event=True,
            wall_ms=lambda: WALL_MS,
            clock=self.clock,
            today_ms=self.today_ms,
        )
        while True:
            barrier = self._barrier(arrivals.clock)
            found, blocked = arrivals.poll(self.poll if arrivals.clock is not None else 1, barrier)
            self._apply(found)
            if arrivals.settles_at is not None and not found:
                at = arrivals.settles_at
                self._tick(at, moment(at))
                self._apply(arrivals.poll(1, barrier, alone=True)[0])
                self._tick(at, moment(at))
            elif blocked:
                self._pass(barrier)
            elif found:
                self._tick(arrivals.clock or 0, moment(arrivals.clock or 0), hops_only=True)
            elif arrivals.ended():
                break
        clock = arrivals.clock
        if clock is not None:
            self._tick(clock, moment(clock))
        if until_ms is not None and (clock is None or until_ms >= clock):
            while clock is not None and (barrier := self._barrier(clock)) <= until_ms:
                self._pass(barrier)
                clock = barrier
            clock = until_ms
            self._tick(until_ms, moment(until_ms + 1))
        self.clock = clock

    def _apply(self, found: list[Arrival]) -> None:
        for shard in self.shards:
            mine = [arrival for arrival in found if arrival.everywhere or arrival.shard == shard.number]
            if mine:
                batch = self._batch(shard)
                batch.records(mine, self.poisoned)
                self._write(batch)

    def _barrier(self, clock: int | None) -> int:
        if clock is None:
            return 1 << 62
        openings = (next_opening(store, max(clock, self._passed), self.rules) for store in self.rated)
        return min((found for found in openings if found), default=1 << 62)

    _passed = NO_CLOCK
    poisoned: frozenset[tuple[int, int]] = frozenset()
    """(source, offset) of records whose outputs cannot be encoded: they are refused."""

    def _pass(self, barrier: int) -> None:
        for before in (moment(barrier), *(moment(barrier, rank) for rank in SETTLING), moment(barrier + 1)):
            self._tick(barrier, before)
        self._passed = barrier

    def _batch(self, shard: Shard) -> Batch:
        return Batch(shard, self.rules, self.sources, self.shard_count)

    def _tick(self, clock: int, before: int, *, hops_only: bool = False) -> None:
        busy = True
        while busy:
            busy = False
            for shard in self.shards:
                batch = self._batch(shard)
                batch.clock = max(batch.clock, clock)
                batch.before = max(batch.before, before)
                taken = batch.hops(1000)
                if not hops_only:
                    batch.timers(before, 1000)
                if not batch.is_empty():
                    busy = True
                    self._write(batch)
                assert taken >= 0

    def _write(self, batch: Batch) -> None:
        for (digest, _), story in batch.out.stories.items():
            self.stories.setdefault(digest.hex(), []).extend(story)
            self.disputes += [(digest.hex(), entry.at) for entry in story if isinstance(entry, Disputed)]
        batch.write(0.0)
        for stream, _, lines in batch.out.lines():
            self.outputs[STREAMS[stream]] += map(json.loads, without_nulls(stream, lines).splitlines())
