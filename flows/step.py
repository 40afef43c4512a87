"""The one stateful step: a shard's items become decisions, written first, sent once their log is synced.

Keyed by shard, not by customer: one Bytewax logic holds a shard, rows live in RocksDB (`docs/decisions/`). The builder is
not told its key, so the shard travels in the items; nothing hangs on `on_notify` or `on_eof`.
"""

from __future__ import annotations

import logging
import time
import traceback
from collections import deque
from collections.abc import Callable
from typing import Final

from bytewax.operators import StatefulBatchLogic

from connectors.protocols import Group
from flows.batch import Batch, RecordFault
from flows.bundle import Bundle, Item, Tick
from flows.observe.meters import Meters
from flows.progress import FORMER, Progress
from flows.worker_thread import keep_thread_state
from operators.base.outputs import Source, Unencodable
from operators.base.rules import Rules
from state import limits
from state.database import Database
from state.errors import InternalFault
from state.group_commit import GroupCommit
from state.shard import Shard

log = logging.getLogger("leadstream")

_HOUR_S: Final = 3600.0


class Core:
    """What the steps of one process share."""

    def __init__(
        self,
        database: Database,
        commit: GroupCommit,
        rules: Rules,
        progress: Progress,
        sources: dict[int, Source],
        covered: dict[int, int],
        meters: Meters,
        registry: str = "",
        batch: type[Batch] = Batch,
        *,
        found: Callable[[Group], bool] | None = None,
    ) -> None:
        self.found = found
        """Where a start reads back what the output holds behind the last seal: whether that is some of a row's records.
        Then it is kept small."""
        self.database = database
        self.registry = registry
        """Digest of the channels, stores and calendars in force."""
        self.commit = commit
        self.rules = rules
        self.progress = progress
        self.sources = sources
        self.covered = covered
        self.meters = meters
        self.batch = batch
        """The layers: what one batch of a shard decides."""
        self.internal: deque[float] = deque()
        self.emitted = [0] * progress.shards
        """Per shard: outbox rows handed to the sink; the sink counts what it was given."""
        self.fault: BaseException | None = None


class ShardStep(StatefulBatchLogic[Item, Group, None]):
    """One shard's logic. Built by Bytewax at the first item of its key, which is a tick."""

    def __init__(self, core: Core) -> None:
        keep_thread_state()
        self._core = core
        self._shard: Shard | None = None
        self._owed = 0
        """Up to this outbox row all must be handed on before the first seal: some of it was read back."""

    def on_batch(self, values: list[Item]) -> tuple[list[Group], bool]:
        """Apply the items in order, in one atomic batch; emit what is synced."""
        core = self._core
        try:
            shard = self._shard
            if shard is None:
                shard = self._open(values[0].shard)
            self._apply(shard, values)
            return self._emit(shard), False
        except BaseException as error:
            if core.fault is None:
                core.fault = error
                log.debug("What stops the engine:", exc_info=error)
            raise

    def _open(self, number: int) -> Shard:
        core = self._core
        shard = self._shard = Shard(core.database, number, core.covered.get(number, 0))
        core.progress.next_due[number] = shard.next_due
        core.progress.decided[number] = sum(row.records for row in shard.outbox.pending)
        if core.found is not None:
            found = [row.sequence for row in shard.outbox.pending if core.found(Group(number, row.sequence, row.lines))]
            self._owed = found[-1] if found else 0
        return shard

    def _apply(self, shard: Shard, values: list[Item]) -> None:
        core, number = self._core, shard.number
        progress = core.progress
        assert all(item.shard == number for item in values), "an item reached another shard's step"
        shard.outbox.seal_covers(progress.covered[number])
        if len(values) == 1 and not shard.outbox.prunable() and self._only_sends(shard, values[0]):
            progress.open[number] = True
            progress.applied[number] += 1
            return
        poisoned: frozenset[tuple[int, int]] = frozenset()
        careful = False
        while True:
            batch = core.batch(shard, core.rules, core.sources, progress.shards, careful=careful)
            try:
                taken, polled = self._decide(batch, values, poisoned)
                batch.out.pack(1)
                break
            except Unencodable:
                if careful:
                    raise
                careful = True  # decided again, each record's outputs encoded by themselves: so the culprit is known
            except RecordFault as fault:
                shard.counts.drop_cached()
                shard.campaigns.drop_cached()
                self._blame(fault)
                poisoned |= {(fault.arrival.source, fault.arrival.offset)}
        if not batch.is_empty() or shard.outbox.prunable():
            started = time.perf_counter()
            pending = batch.write(polled)
            core.meters.wrote(batch, time.perf_counter() - started)
            if pending is not None:
                progress.decided[number] += pending.records
                core.commit.ask()
                core.meters.unsynced += pending.size
                if core.meters.unsynced > limits.UNSYNCED_BYTES and not core.commit.wait(pending.batch, limits.DRAIN_S):
                    log.warning("The disk has not synced the log for %d s; input waits.", limits.DRAIN_S)
        progress.taken_hops[number] += taken
        for receiver in batch.receivers:
            progress.hop_sent(number, receiver)
        progress.next_due[number] = shard.next_due
        if batch.wants_rest is not None:
            progress.wants_rest[number] = batch.wants_rest
        progress.open[number] = True
        progress.applied[number] += len(values)

    def _only_sends(self, shard: Shard, item: Item) -> bool:
        """Whether this is a tick at which nothing is due: it sends what is synced, and mostly that is why it came."""
        core, number = self._core, shard.number
        progress = core.progress
        return (
            type(item) is Tick
            and shard.meta.registry == core.registry
            and not progress.hops_wait()
            and progress.next_due[number] >= item.before
        )

    def _decide(self, batch: Batch, values: list[Item], poisoned: frozenset[tuple[int, int]]) -> tuple[int, float]:
        taken = 0
        polled = 0.0
        deadline = time.monotonic() + limits.TIMER_BUDGET_MS / 1000
        for item in values:
            if type(item) is Bundle:
                if not polled or item.polled < polled:
                    polled = item.polled
                batch.records(item.arrivals, poisoned)
                continue
            assert type(item) is Tick
            if item.clock > batch.clock:
                batch.clock = item.clock
            batch.before = max(batch.before, item.before)
            batch.at_rest = item.at_rest
            if not batch.registry:
                batch.registry = self._core.registry  # a new shard: nobody has waited by another registry
            elif batch.registry != self._core.registry:
                batch.recheck(self._core.registry)
            progress = self._core.progress
            if progress.hops_wait() and progress.hops_for(batch.shard.number) > taken:
                taken += batch.hops(limits.HOPS_PER_SLICE)
            if progress.next_due[batch.shard.number] < item.before and time.monotonic() < deadline:
                batch.timers(item.before, limits.TIMERS_PER_SLICE)
        return taken, polled

    def _blame(self, fault: RecordFault) -> None:
        """Ruling 49: the record goes to `rejects` with INTERNAL; too many within an hour stop the engine."""
        core = self._core
        arrival = fault.arrival
        name = core.sources[arrival.source].name
        log.error(
            "A record was refused with INTERNAL: %s, position %d.\n%s",
            name,
            arrival.offset,
            "".join(traceback.format_exception(fault.met)),
        )
        now = time.monotonic()
        core.internal.append(now)
        while core.internal and core.internal[0] < now - _HOUR_S:
            core.internal.popleft()
        core.meters.internal += 1
        if len(core.internal) > limits.INTERNAL_PER_HOUR:
            raise InternalFault(
                f"More than {limits.INTERNAL_PER_HOUR} records failed within an hour; the last is {name}, position {arrival.offset}.",
                "Report the traces in the log; the refused records lie in `rejects` with their originals and can be sent again.",
            )

    def _emit(self, shard: Shard) -> list[Group]:
        """Outbox rows whose batch is synced, in order. Nothing leaves before (group commit)."""
        core, number = self._core, shard.number
        progress = core.progress
        core.commit.check()
        synced = core.commit.synced
        out: list[Group] = []
        pending = shard.outbox.pending
        now = 0.0
        while pending and pending[0].batch <= synced:
            row = pending[0]
            # What was read back comes first: while some of it is missing, no seal may speak of the output's end.
            if core.found is not None and row.sequence > self._owed and not progress.may_leave(row.records):
                progress.held_back = True
                break
            pending.popleft()
            progress.left[number] += row.records
            out.append(Group(number, row.sequence, row.lines))
            assert row.sequence > shard.outbox.handed, "outbox rows leave once and in order"
            shard.outbox.handed = row.sequence
            core.meters.unsynced -= row.size if row.batch else 0
            if row.polled:
                now = now or time.monotonic()
                core.meters.latency(now - row.polled, row.leads)
        core.emitted[number] += len(out)
        progress.handed[number] = shard.outbox.handed
        progress.waiting_batch[number] = (pending[0].batch or FORMER) if pending else 0
        return out

    def snapshot(self) -> None:
        """Nothing: state lies in RocksDB, positions in the seal."""
        return None
