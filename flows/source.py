"""The Bytewax source: one partition per process that reads, ticks, seals and ends.

Records and ticks come from one partition, in one order, so that under the event clock no tick overtakes a record. Its
`next_batch` in a new epoch is the sign that everything of the last epoch is done (contract test): there the seal is written.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Protocol

from bytewax.inputs import FixedPartitionedSource, StatefulSourcePartition

from flows.bundle import Bundle, Item, Tick
from flows.order import Arrivals
from flows.progress import FORMER, Progress
from operators.registry import SETTLING
from state import limits
from state.keys import NO_CLOCK, NOTHING, moment

_IDLE: Final = timedelta(milliseconds=1)
_NO_BARRIER: Final = 1 << 62
_UNKNOWN: Final = _NO_BARRIER + 1

_READ, _BARRIER, _ALONE, _SETTLE, _UNTIL, _DRAIN = range(6)


class Host(Protocol):
    """What the partition needs of the process that runs it."""

    progress: Progress

    def serve(self) -> None:
        """Let the output go on with what it holds."""

    def synced(self) -> int:
        """Number of the last batch that is synced; raises the fault of the background."""

    def seal(self, position: dict[str, Any], clock: int | None) -> None:
        """Everything handed on so far is applied and given to the output: seal it, now or when the output has it safe."""

    def seal_when_safe(self) -> bool:
        """Write a seal that still waits for the output; False while it goes on waiting."""

    def wants_seal(self) -> bool:
        """Whether the output has so much behind the last seal that the end of the epoch is not waited for."""

    def may_read(self) -> bool:
        """Whether further input may be read now."""

    def finish(self, position: dict[str, Any], clock: int | None) -> bool:
        """Flush and seal when everything handed on is applied and written; False while it is not."""

    def stopping(self) -> bool:
        """Whether a stop was asked for."""

    def next_barrier(self, after: int) -> int:
        """The next opening of a store with a release rate after this time; 0 = none."""

    def reached_end(self) -> None:
        """The real end of the input was reached and drained."""


class Intake(FixedPartitionedSource[tuple[str, Item], None]):
    """One partition: this process's input."""

    def __init__(
        self,
        arrivals: Arrivals,
        host: Host,
        *,
        until: int | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._arrivals = arrivals
        self._host = host
        self._until = until
        self._monotonic = monotonic

    def list_parts(self) -> list[str]:
        """The one partition."""
        return ["in"]

    def build_part(self, step_id: str, for_part: str, resume_state: None) -> _Part:
        """The partition; its position comes from the seal, not from Bytewax."""
        return _Part(self._arrivals, self._host, self._until, self._monotonic)


class _Part(StatefulSourcePartition[tuple[str, Item], None]):
    def __init__(self, arrivals: Arrivals, host: Host, until: int | None, monotonic: Callable[[], float]) -> None:
        self._arrivals = arrivals
        self._host = host
        self._progress = host.progress
        self._until = until
        self._monotonic = monotonic
        self._keys = [f"{shard:03d}" for shard in range(self._progress.shards)]
        self._phase = _READ
        self._after_barrier = _READ
        self._barrier = NO_CLOCK
        """The next opening of a store with a release rate."""
        self._passed = NO_CLOCK
        """The last one that was passed."""
        self._at = 0
        self._before = NOTHING
        """Moment: everything before it fires at this opening, then the next of `_bounds`."""
        self._bounds: list[int] = []
        self._handed = False
        self._begun = False
        """Whether all shards are open, and what they found under way is done."""
        self._epoch_over = False
        self._sealed_state: dict[str, Any] = {}
        self._sealed_clock: int | None = None
        self._last_tick = self._read_at = -1e9
        self._busy = True

    def next_batch(self) -> list[tuple[str, Item]]:
        host = self._host
        host.serve()
        if self._epoch_over:
            self._epoch_over = False
            host.seal(self._sealed_state, self._sealed_clock)
        elif host.seal_when_safe() and self._progress.is_idle() and host.wants_seal():
            host.seal(self._arrivals.state(), self._arrivals.clock)
        if self._phase != _DRAIN and host.stopping():
            self._phase = _DRAIN
        items: list[tuple[str, Item]] = []
        if self._phase == _READ:
            self._read(items)
        elif self._phase == _BARRIER:
            self._pass_barrier(items)
        elif self._phase == _ALONE:
            self._hand_alone(items)
        elif self._phase == _SETTLE:
            self._settle(items)
        elif self._phase == _UNTIL:
            self._go_on(items)
        if self._phase == _DRAIN:
            if (
                self._progress.is_idle()
                and self._progress.all_handed()
                and host.finish(self._arrivals.state(), self._arrivals.clock)
            ):
                raise StopIteration
            self._ticks(items, NO_CLOCK, NOTHING)
        self._busy = bool(items)
        return items

    def next_awake(self) -> datetime | None:
        """At once while there is work, else about every millisecond."""
        return None if self._busy else datetime.now(UTC) + _IDLE

    def snapshot(self) -> None:
        """End of an epoch: what the seal will say, once the next epoch shows that this one is done."""
        self._sealed_state = self._arrivals.state()
        self._sealed_clock = self._arrivals.clock
        self._epoch_over = True

    # --- phases

    def _read(self, items: list[tuple[str, Item]]) -> None:
        arrivals = self._arrivals
        found: list[Any] = []
        barrier = self._next_barrier()
        if not self._begun:
            # First every shard opens, and judges its waiting leads again where the registry has changed: not at a clock
            # that depends on how much the first poll brings. By the event clock what a stop or a crash left under way comes
            # to its end before anything is read: the last record may have been a command, whose answer comes first.
            clock = arrivals.stamp(barrier)
            if not all(self._progress.open) or (arrivals.event and not self._progress.is_quiet(moment(clock))):
                self._ticks(items, clock, moment(clock))
                return
            self._begun = True
        # Back-pressure: what was handed on is applied, and most of it sent, before more is read.
        resting = any(self._progress.wants_rest)  # a timer waits until all that was read has come to its end
        if self._progress.is_idle() and not resting and self._host.may_read() and self._has_gathered():
            # Without a clock the next opening is not known yet: one record, then look again.
            found, blocked = arrivals.poll(1 if barrier == _UNKNOWN else limits.BATCH_RECORDS, barrier)
            if found:
                self._bundle(items, found)
            if blocked and not found and self._progress.is_quiet(moment(arrivals.blocked_at)):
                self._passed = arrivals.blocked_at - 1  # no opening before the next record can matter to anybody
                return
            if blocked or (not found and arrivals.calendar() > barrier):
                self._enter_barrier(barrier, _READ)
                return
            if not found and arrivals.settles_at is not None:
                self._at = arrivals.settles_at
                self._handed = False
                self._phase = _ALONE
                return
        clock = arrivals.stamp(barrier)
        self._ticks(items, clock, moment(clock))
        if not found and not resting and arrivals.ended() and self._progress.is_idle():
            self._phase = _SETTLE

    def _has_gathered(self) -> bool:
        """By the wall's clock: what arrives while the last poll's decisions are synced and sent is the next poll's.

        A poll, a batch, a sync and a sending for each lead would cost several times what the lead does.
        """
        if self._arrivals.event:
            return True
        now = self._monotonic()
        if now - self._read_at < limits.GATHER_MS / 1000 and not self._progress.all_handed():
            return False
        self._read_at = now
        return True

    def _next_barrier(self) -> int:
        clock = self._arrivals.clock
        if not self._arrivals.event:
            return _NO_BARRIER
        if clock is None:
            return _UNKNOWN
        after = max(clock - 1, self._passed)  # an opening at the clock itself comes behind the records of its instant
        if self._barrier <= after:
            self._barrier = self._host.next_barrier(after) or _NO_BARRIER
        return self._barrier

    def _enter_barrier(self, barrier: int, then: int) -> None:
        self._phase = _BARRIER
        self._after_barrier = then
        self._at = barrier
        self._bounds = [moment(barrier), *(moment(barrier, rank) for rank in SETTLING), moment(barrier + 1)]
        self._before = self._bounds.pop(0)

    def _pass_barrier(self, items: list[tuple[str, Item]]) -> None:
        """Everything before the opening, then rank by rank what is due at it, each until quiet (decision 0009; ruling 57:
        a store's release comes behind everything else of its instant)."""
        if self._progress.is_quiet(self._before):
            if not self._bounds:
                self._passed = self._at
                self._phase = self._after_barrier
                return
            self._before = self._bounds.pop(0)
        self._ticks(items, self._at, self._before)

    def _hand_alone(self, items: list[tuple[str, Item]]) -> None:
        """A record that wants everything at rest: what is due before it fires, messages come to their end; then it alone is
        applied, and its messages come to their end before the clock moves on (ruling 64)."""
        if not self._progress.is_quiet(moment(self._at)):
            self._ticks(items, self._at, moment(self._at))
        elif self._handed:
            self._phase = _READ
        elif self._host.may_read():
            self._handed = True
            found, _ = self._arrivals.poll(1, self._at, alone=True)
            assert len(found) == 1, "the record that was waited for is still the next one"
            self._bundle(items, found)
        else:
            self._ticks(items, NO_CLOCK, NOTHING)

    def _settle(self, items: list[tuple[str, Item]]) -> None:
        """The real end: fire what is due before the clock, and nothing else (ruling 4)."""
        clock = self._arrivals.clock
        if clock is None or self._progress.is_quiet(moment(clock)):
            if self._until is not None and (clock is None or self._until >= clock):
                self._phase = _UNTIL
                return
            self._host.reached_end()
            self._phase = _DRAIN
            return
        self._ticks(items, clock, moment(clock))

    def _go_on(self, items: list[tuple[str, Item]]) -> None:
        """`--until`: the clock moves on in bounded slices, opening by opening; all due by then fire, in order."""
        assert self._until is not None
        clock = self._arrivals.clock
        if clock is not None and not self._progress.is_quiet(moment(self._until + 1)):
            barrier = self._next_barrier()
            if barrier <= self._until:
                self._arrivals.clock = barrier
                self._enter_barrier(barrier, _UNTIL)
                return
        self._arrivals.clock = self._until
        if self._progress.is_quiet(moment(self._until + 1)):
            self._host.reached_end()
            self._phase = _DRAIN
            return
        self._ticks(items, self._until, moment(self._until + 1))

    # --- items

    def _bundle(self, items: list[tuple[str, Item]], found: list[Any]) -> None:
        polled = self._monotonic()
        shards: dict[int, list[Any]] = {}
        for arrival in found:
            if arrival.everywhere:
                for shard in range(self._progress.shards):
                    shards.setdefault(shard, []).append(arrival)
                continue
            held = shards.get(arrival.shard)
            if held is None:
                shards[arrival.shard] = [arrival]
            else:
                held.append(arrival)
        given = self._progress.given
        for shard, arrivals in shards.items():
            given[shard] += 1
            items.append((self._keys[shard], Bundle(shard, arrivals, polled)))

    def _ticks(self, items: list[tuple[str, Item]], clock: int, before: int) -> None:
        """A tick for each shard that has something to do, and for every shard at least each 100 ms."""
        progress = self._progress
        if not self._host.may_read():
            before = NOTHING  # what falls due is decided when the output has taken more of what was
        now = self._monotonic()
        everyone = now - self._last_tick >= limits.TICK_MS / 1000
        if everyone:
            self._last_tick = now
        synced = self._host.synced()
        if progress.held_back:
            synced = FORMER - 1  # nothing leaves before the next cut
        hops = progress.hops_wait()
        taken = {item.shard for _, item in items}
        at_rest = not items and not hops and progress.is_idle()
        for shard in range(progress.shards):
            if progress.given[shard] != progress.applied[shard] and shard not in taken:
                continue  # it is at work; ticks must not queue up behind each other
            waits = progress.waiting_batch[shard]
            if (
                everyone
                or (waits and waits <= synced)
                or progress.next_due[shard] < before
                or (hops and progress.hops_for(shard))
                or not progress.open[shard]
            ):
                progress.given[shard] += 1
                items.append((self._keys[shard], Tick(shard, clock, before, at_rest=at_rest)))
