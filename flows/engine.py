"""One engine: a process with its database, its source and its sink, wired as a Bytewax dataflow.

Opening checks that state, sink, secret and shard count fit (ruling 52); closing joins every thread. `flows.lead_center`
says what flows; this module says what it stands on.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

from connectors.protocols import Group, Reader, Sink, Written
from flows import messages, wall
from flows.batch import Batch
from flows.observe.meters import Meters
from flows.order import NOTHING, Arrivals
from flows.outlet import Outlet
from flows.progress import Progress
from flows.source import Intake
from flows.step import Core, ShardStep
from operators.base.outputs import Source
from operators.config.configuration import Configuration, registry_digest
from operators.identity.one_id import FORM_1, NEWEST_FORM, OneIds, fingerprint
from operators.intake.validation import Validation
from operators.registry import ENTITIES, RECORD_OF
from state import errors, keys, limits, migrate, seal
from state.database import Database
from state.group_commit import GroupCommit

log = logging.getLogger("leadstream")


def wall_clock_ms() -> int:
    """The wall's time, epoch ms: the one place where a run reads it."""
    return time.time_ns() // 1_000_000


@dataclass
class Options:
    """How a run was asked for."""

    state: Path
    event_clock: bool = True
    until_ms: int | None = None
    shards: int = limits.SHARDS
    wall_ms: Callable[[], int] = wall_clock_ms
    monotonic: Callable[[], float] = time.monotonic
    clock_moved: bool = False
    """The operator has confirmed that the wall clock lies far after the state's (ruling 76)."""
    ids: int = NEWEST_FORM
    """Form of OneIDs in a new state (ruling 62)."""


class Layers(NamedTuple):
    """What an engine decides with: the lead centre's layers, or fewer of them for a comparison (job D)."""

    validation: type[Validation]
    batch: type[Batch]


class Engine:
    """Opens everything, is asked by the source, closes everything. Used once."""

    def __init__(
        self,
        configuration: Configuration,
        reader: Reader,
        sink: Sink,
        options: Options,
        layers: Layers | None = None,
    ) -> None:
        self.configuration = configuration
        self._layers = layers or Layers(Validation, Batch)
        self.rules = configuration.rules
        self.reader = reader
        self.sink = sink
        self.options = options
        self.meters = Meters()
        self.ended = False
        """Whether the real end of the input was reached and drained."""
        self.finished = False
        self._stop = threading.Event()
        self._written = 0
        self._cut: _Cut | None = None
        self._oldest_audit = 0
        self._sealed_by = 0
        """Number of the batch that holds the last seal, or a later one."""
        self._closed = False
        self.progress = Progress(options.shards)
        self.database = Database(options.state)
        try:
            self._open()
        except BaseException:
            self.close()
            raise

    def _open(self) -> None:
        options, database = self.options, self.database
        self.identity, fresh = seal.identify(
            database,
            shards=options.shards,
            fingerprint=fingerprint(self.configuration.secret),
            timezone=self.rules.local.name,
            late_ms=self.rules.late_ms,
            ids=options.ids,
            today_ms=options.wall_ms(),
        )
        if self.identity.format < seal.STATE_FORMAT:
            migrate.to_newest(database, self.identity)
        if fresh:
            # The sink is marked as this state's next: after a power loss it must not belong to a state that never was.
            database.sync()
        self.seal_row = seal.read_seal(database)
        if not options.event_clock:
            wall.check_start(
                options.wall_ms(),
                self.seal_row.clock,
                gap_ms=self.configuration.clock_gap_ms,
                earliest_ms=self.rules.earliest_ms,
                moved=options.clock_moved,
                local=self.rules.local,
            )
        self.sink.open(self.seal_row.output, self.identity.state_id, fresh=fresh or not self.seal_row.number)
        numbers = seal.number_sources(database, self.reader.names())
        self._number_of = numbers
        position = self.seal_row.position
        self.reader.restore(position.get("reader", {}))
        begins = self.sink.begin()
        unsealed = not self.seal_row.number and bool(begins or self.reader.origins())
        if unsealed:
            # Where topics stood before this state: a crash before its first real seal reads back from there, and what
            # retention takes until then is missed by its name. Synced with the log, before the first outbox row leaves.
            nothing = [NOTHING] * len(self.reader.names())
            born = {"reader": self.reader.position(nothing)} if self.reader.origins() else {}
            self.seal_row = seal.Seal(1, None, born, begins, {}, options.wall_ms())
        claims = self.sink.claims()
        if claims:
            # Ahead of every row in the log, so on the disk before the first outbox row leaves.
            self.seal_row.output = claims
        if claims or unsealed:
            seal.write_seal(database, self.seal_row)
        one_ids = OneIds(self.configuration.secret, options.shards, self.identity.ids)
        if self.identity.ids == FORM_1:
            # Neighbours do not share a shard: nobody looks for runs (ruling 62).
            self.rules = replace(self.rules, cleaning=replace(self.rules.cleaning, number_run=0))
        self._barriers = [kind.barriers(self.rules) for kind in ENTITIES if kind.barriers is not None]
        self.arrivals = Arrivals(
            self.reader,
            self._layers.validation(self.rules, one_ids, RECORD_OF),
            numbers,
            event=options.event_clock,
            wall_ms=options.wall_ms if options.event_clock else wall.Wall(options.wall_ms, options.monotonic),
            clock=self.seal_row.clock,
            today_ms=self.configuration.today_ms or self.identity.today_ms,
            number=self._number_further,
            refusals=self.meters.refusals,
        )
        self.arrivals.restore(position.get("running", {}), position.get("offsets", {}), position.get("settled", {}))
        self._other_positions = position
        for shard in range(options.shards):
            for sender in messages.under_way(database, shard):
                self.progress.hop_sent(sender, shard)
            self.progress.covered[shard] = self.progress.handed[shard] = self.seal_row.covered.get(shard, 0)
        self.commit = GroupCommit(database)
        self._sources = _sources(self.reader, numbers)
        self.core = Core(
            database,
            self.commit,
            self.rules,
            self.progress,
            self._sources,
            self.seal_row.covered,
            self.meters,
            registry_digest(self.rules),
            self._layers.batch,
            found=self.sink.found if self.sink.reads_back else None,
        )
        self.meters.sealed_at = time.monotonic()

    def _number_further(self, names: list[str]) -> dict[str, int]:
        """Partitions found while the engine runs. The log orders their numbers before anything that is decided of them."""
        numbers = seal.number_sources(self.database, names)
        self._sources.update(_sources(self.reader, numbers))
        return numbers

    # --- what Bytewax is given

    def source(self) -> Intake:
        """The input."""
        return Intake(self.arrivals, self, until=self.options.until_ms)

    def step(self, resume: None) -> ShardStep:
        """A shard's logic."""
        return ShardStep(self.core)

    def outlet(self) -> Outlet:
        """The output."""
        return Outlet(_Counting(self.sink, self))

    # --- what the source asks

    def serve(self) -> None:
        """Let the output go on with what it holds."""
        self.sink.serve()
        if self.sink.waits_for_seal():
            if self.commit.synced >= self._sealed_by:
                self.sink.was_sealed()
            else:
                self.commit.ask()

    def synced(self) -> int:
        """Number of the last synced batch; raises what the background met."""
        self.commit.check()
        return self.commit.synced

    def seal(self, position: dict[str, Any], clock: int | None) -> None:
        """Everything handed on is applied: it is what the next seal speaks of, once the output has it safe."""
        assert self._written == sum(self.core.emitted), (
            "a seal speaks of what the sink has been given: an epoch is over only then"
        )
        if not all(self.progress.open):
            return  # not every shard has sent what of its outbox was read back: the next start would not look for it
        if self._cut is not None and not self.seal_when_safe():
            return  # the output is slow: one seal after the other, and this epoch's goes with the next
        self._cut = _Cut(position, clock, list(self.progress.handed))
        self.sink.cut()
        self.progress.cut()
        self.seal_when_safe()

    def seal_when_safe(self) -> bool:
        """Write the seal that was cut, as soon as the output has acknowledged everything before its cut."""
        cut = self._cut
        if cut is None:
            return True
        output = self.sink.sealed()
        if output is None:
            return False
        self._cut = None
        progress, row = self.progress, self.seal_row
        progress.sealed()
        covered = {shard: sequence for shard, sequence in enumerate(cut.handed) if sequence}
        merged = _merge_positions(row.position, cut.position)
        self.meters.sealed_at = time.monotonic()
        if covered == row.covered and merged == row.position and cut.clock == row.clock and output == row.output:
            return True
        self.seal_row = seal.Seal(row.number + 1, cut.clock, merged, output, covered, self.options.wall_ms())
        seal.write_seal(self.database, self.seal_row)
        self._sealed_by = self.database.batches
        for shard, sequence in covered.items():
            progress.covered[shard] = sequence
        self.meters.seals += 1
        self._forget_audit(cut.clock or 0)
        self.reader.was_sealed(cut.position["reader"])
        return True

    def wants_seal(self) -> bool:
        """Whether the output has so much behind the last seal that the end of the epoch is not waited for.

        All items handed on are applied then, the source says; what they emitted must have reached the output too.
        """
        progress = self.progress
        much = self.sink.reads_back and (progress.held_back or progress.since_cut() >= limits.SEAL_RECORDS)
        return much and self._written == sum(self.core.emitted)

    def may_read(self) -> bool:
        """Whether further input may be read: not while more is decided than the output may be given."""
        return not self.sink.reads_back or self.progress.not_handed() <= limits.UNSEALED_RECORDS

    def _forget_audit(self, clock: int) -> None:
        """Once a month: audit rows beyond their retention."""
        oldest = keys.month_of(clock) - limits.AUDIT_MONTHS
        if oldest > self._oldest_audit:
            self._oldest_audit = oldest
            self.database.forget_audit(oldest)

    def finish(self, position: dict[str, Any], clock: int | None) -> bool:
        """The last seal of a run that ends in order."""
        if self._written != sum(self.core.emitted):
            return False
        if not self.finished:
            self.meters.refusals.ended()
            self.sink.flush()
            self.seal_when_safe()  # a cut of the last epoch
            self.seal(position, clock)  # nothing, where a stop came before the shards were opened
            assert self._cut is None, "after a flush the output has everything safe"
            if not self.commit.wait(self.database.batches, limits.DRAIN_S):
                raise errors.DiskFault(
                    f"The disk has not synced the state within {limits.DRAIN_S} s of the stop.",
                    "Check the disk; started again, the run goes on behind the last seal that it holds.",
                )
            if self.sink.waits_for_seal():
                self.sink.was_sealed()
            self.finished = True
        return True

    def stopping(self) -> bool:
        """Whether a stop was asked for."""
        return self._stop.is_set()

    def stop(self) -> None:
        """Ask for a stop: drain, seal, end; nothing fires that was not due."""
        self.sink.hurry()
        self._stop.set()

    def next_barrier(self, after: int) -> int:
        """The next time before which all must have come to rest (rulings 4 and 29); 0 = none."""
        return min((found for found in (following(after) for following in self._barriers) if found), default=0)

    def reached_end(self) -> None:
        """The input was read to its real end, and what was due has fired."""
        self.ended = True

    def delivered(self) -> None:
        """The sink was given one more outbox row."""
        self._written += 1

    # --- the end

    def close(self) -> None:
        """Join threads, close files, release the lock. Safe to call twice and after a fault."""
        if self._closed:
            return
        self._closed = True
        commit = getattr(self, "commit", None)
        if commit is not None:
            commit.stop()
        self.sink.close()
        self.reader.close()
        self.database.close()


def _sources(reader: Reader, numbers: dict[str, int]) -> dict[int, Source]:
    """Number in fences → what records say of where they came from; those of former inputs too."""
    origins = dict(zip(reader.names(), reader.origins(), strict=False))
    return {number: Source(name, *origins.get(name, ("", -1))) for name, number in numbers.items()}


class _Cut(NamedTuple):
    """An epoch that is over and not sealed yet."""

    position: dict[str, Any]
    clock: int | None
    handed: list[int]
    """Per shard: highest outbox sequence handed to the sink."""


class _Counting(Written):
    """The sink, counting what it was given: `finish` must not flush before the last row has arrived."""

    def __init__(self, sink: Sink, engine: Engine) -> None:
        self._sink = sink
        self._engine = engine

    def deliver(self, group: Group) -> None:
        """Deliver one outbox row."""
        self._sink.deliver(group)
        self._engine.delivered()

    def end_epoch(self) -> None:
        """End an epoch."""
        self._sink.end_epoch()


def _merge_positions(old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    """Positions by partition: those of inputs that this run does not read stay."""
    merged: dict[str, Any] = dict(old)
    for part, values in new.items():
        merged[part] = {**old.get(part, {}), **values}
    return merged


def describe(error: BaseException) -> errors.LeadstreamError | None:
    """The LeadstreamError behind what Bytewax raised, if there is one."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, errors.LeadstreamError):
            return seen
        seen = seen.__cause__ or seen.__context__
    return None
