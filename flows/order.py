"""Records become arrivals in the order in which they are applied, each with the clock after it (rulings 4, 20, 50).

Under the event clock several partitions are read as one: next comes the record of the partition whose own running maximum
of event times, that record included, is smallest; ties by name. Under the wall clock partitions take turns.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any, Final

from connectors.protocols import Reader, Record
from flows.odd_times import OddTimes
from flows.refusals import Refusals
from operators.intake.times import OF_THE_CLOCK, Clock
from operators.intake.validation import Validation
from operators.registry import SETTLING_RECORDS
from operators.wire.arrival import Arrival
from state.keys import NO_CLOCK

_FIRST: Final = -(1 << 62)
NOTHING: Final = -1
"""Offset before the first record: Kafka begins with 0, lines with 1."""


class _Partition:
    __slots__ = ("buffer", "ended", "head", "index", "kind", "name", "number", "offset", "running")

    def __init__(self, index: int, name: str, kind: str, number: int) -> None:
        self.index = index
        self.name = name
        self.kind = kind
        self.number = number
        """In fences."""
        self.buffer: deque[Record] = deque()
        self.head: Arrival | None = None
        self.running = _FIRST
        self.offset = NOTHING
        """Of the last record handed on."""
        self.ended = False


def _turn(head: Arrival, running: int, waits: bool) -> int:
    """The maximum by which a partition takes its turn, its next record included. For one without event time its ingest time
    stands in, for this turn alone; without both it comes first (ruling 83). `waits` = there is no clock yet: what is refused
    by the clock alone takes its turn by its time, since another feed may start the clock before (ruling 76)."""
    if head.moves or head.has_time or head.reasons:
        by_time = head.moves or (waits and head.time_fault in OF_THE_CLOCK)
        return head.t if by_time and head.t > running else running
    return max(head.submitted, running) if head.submitted else _FIRST


def _starts(arrival: Arrival) -> bool:
    """Whether it may start the clock: only a raw lead that validation accepts (ruling 76)."""
    return arrival.kind == "raw_lead" and not arrival.reasons


class Arrivals:
    """Reads, validates, stamps. `barrier` stops before the first record that would pass that time."""

    def __init__(
        self,
        reader: Reader,
        validation: Validation,
        numbers: dict[str, int],
        *,
        event: bool,
        wall_ms: Callable[[], int],
        clock: int | None,
        today_ms: int | None = None,
        number: Callable[[list[str]], dict[str, int]] | None = None,
        refusals: Refusals | None = None,
    ) -> None:
        """`clock` = where an earlier run left it; `today_ms` = what ruling 76 calls today, by default the wall's time now;
        `number` gives partitions that come while a run goes on the numbers that they keep."""
        self._number = number
        self._reader = reader
        self.validation = validation
        self._wall_ms = wall_ms
        self.event = event
        self.clock = clock
        self.today_ms = wall_ms() if today_ms is None else today_ms
        self.odd = OddTimes()
        self.refusals = refusals or Refusals()
        self.blocked_at = 0
        """Clock after the record that would have passed the barrier."""
        self.settles_at: int | None = None
        """Clock after the next record, where that one wants everything at rest before it is applied."""
        self._alone = False
        self._settled = False
        """Whether a record that settles was ever handed on."""
        self._parts = [
            _Partition(index, name, kind, numbers[name])
            for index, (name, kind) in enumerate(zip(reader.names(), reader.kinds(), strict=True))
        ]
        self._turn = 0
        self._former: dict[str, tuple[int, int]] = {}
        """(running maximum, offset) of the last seal, also of partitions that are not there now."""

    def restore(self, running: dict[str, int], offsets: dict[str, int], settled: dict[str, bool]) -> None:
        """Continue with the running maxima and offsets of the last seal, and whether a record that settles was handed on."""
        self._settled = bool(settled)
        self._former = {name: (running.get(name, _FIRST), offset) for name, offset in offsets.items()}
        for part in self._parts:
            part.running = running.get(part.name, _FIRST)
            part.offset = offsets.get(part.name, NOTHING)

    def state(self) -> dict[str, Any]:
        """What a seal must know: position, running maxima, offsets. Only between polls."""
        return {
            "reader": self._reader.position([part.offset for part in self._parts]),
            "running": {part.name: part.running for part in self._parts if part.running != _FIRST},
            "offsets": {part.name: part.offset for part in self._parts},
            "settled": {"seen": True} if self._settled else {},
        }

    def ended(self) -> bool:
        """Whether every partition is read to its end."""
        parts = self._parts  # none: a folder that is followed and has nothing yet
        return bool(parts) and all(part.head is None and not part.buffer and part.ended for part in parts)

    def calendar(self) -> int:
        """The source's own calendar (ruling 50); `NO_CLOCK` = it has none."""
        return (self._reader.calendar() if self.event else 0) or NO_CLOCK

    def stamp(self, barrier: int) -> int:
        """The clock now, without a record: the wall's, or the source's own calendar up to `barrier`."""
        now = min(self.calendar(), barrier) if self.event else self._wall_ms()
        if now > (NO_CLOCK if self.clock is None else self.clock):
            self.clock = now
        return NO_CLOCK if self.clock is None else self.clock

    def poll(self, limit: int, barrier: int, *, alone: bool = False) -> tuple[list[Arrival], bool]:
        """(further arrivals, whether the next one would pass `barrier`). By the event clock it stops before a record that
        wants everything at rest (`settles_at`); `alone` = that is so now: that record is handed on, and no other."""
        found: list[Arrival] = []
        self.settles_at, self._alone = None, alone
        if self.event:
            blocked = (
                self._merged(found, limit, barrier) if len(self._parts) > 1 else self._single(found, limit, barrier)
            )
            return found, blocked
        ready = self._reader.ready()
        if ready and max(ready) >= len(self._parts):
            self._take_in()
        now = self.stamp(0)
        clock = Clock(event=False, now=now, wall_ms=now)
        first = self._turn % len(ready) if ready else 0
        for index in ready[first:] + ready[:first]:
            part = self._parts[index]
            self._turn += 1
            self._fill(part, limit - len(found))
            self._all(part, found, clock, now)
            if len(found) >= limit:
                break
        return found, False

    def _take_in(self) -> None:
        """Partitions that the reader has found since the start."""
        names, kinds, known = self._reader.names(), self._reader.kinds(), len(self._parts)
        assert self._number is not None, "a reader that finds partitions needs numbers for them"
        numbers = self._number(names)
        for index in range(known, len(names)):
            name = names[index]
            part = _Partition(index, name, kinds[index], numbers[name])
            part.running, part.offset = self._former.get(name, (_FIRST, NOTHING))
            self._parts.append(part)

    def _all(self, part: _Partition, found: list[Arrival], clock: Clock, now: int) -> None:
        """Everything that is buffered of a partition, by the wall clock: what `_read` and `_hand` do, without their calls."""
        read, kind, number = self.validation.read, part.kind, part.number
        shards = self.validation.one_ids.shards
        buffer = part.buffer
        collect = found.append
        for record in buffer:
            _, offset, raw, tail, at = record
            if at:  # a calendar of the source's own
                arrival = self._read(part, record, clock)
            else:
                arrival = read(raw, kind, clock)
                arrival.source = number
                arrival.offset = offset
            arrival.now = now
            if arrival.reasons:
                if tail:
                    arrival.tail = tail
                arrival.shard = offset % shards
                if arrival.time_fault:
                    self.odd.refused(arrival.time_fault, part.name, offset)
                self.refusals.read(part.name, arrival.reasons, raw)
            if not arrival.tail:
                part.offset = offset
            collect(arrival)
        buffer.clear()

    def _single(self, found: list[Arrival], limit: int, barrier: int) -> bool:
        part = self._parts[0]
        self._fill(part, limit)
        clock = self._event_clock()
        buffer = part.buffer
        while len(found) < limit:
            arrival = part.head
            if arrival is None:
                if not buffer:
                    return False
                arrival = part.head = self._read(part, buffer[0], clock)
            at = self._after(arrival, buffer[0] if buffer else None)
            if at is not None and at > barrier:
                self.blocked_at = at
                return True
            if not self._alone and self._settles(arrival):
                self.settles_at = NO_CLOCK if at is None else at
                return False
            part.head = None
            buffer.popleft()
            if self._moves(arrival) and arrival.t > part.running:
                part.running = arrival.t
            if at != self.clock:
                self._move(part, arrival, at)
                clock.now = at
            found.append(self._hand(part, arrival, at))
        return False

    def _event_clock(self) -> Clock:
        return Clock(event=True, now=self.clock, wall_ms=0, today_ms=self.today_ms)

    def _merged(self, found: list[Arrival], limit: int, barrier: int) -> bool:
        clock = self._event_clock()
        while len(found) < limit:
            best: _Partition | None = None
            best_running = 0
            for part in self._parts:
                if part.head is None:
                    if not part.buffer:
                        self._fill(part, limit)
                        if not part.buffer:
                            if part.ended:
                                continue
                            return False  # a partition that has not ended holds the others back: its next record may be older
                    part.head = self._read(part, part.buffer[0], clock)
                running = _turn(part.head, part.running, self.clock is None)
                if best is None or running < best_running or (running == best_running and part.name < best.name):
                    best, best_running = part, running
            if best is None:
                return False
            arrival = best.head
            assert arrival is not None
            if not arrival.has_time or arrival.time_fault in OF_THE_CLOCK:
                # It was read when the clock stood earlier: what depends on the clock is judged at its turn.
                arrival = self._read(best, best.buffer[0], clock)
                best.head = arrival
                if arrival.moves and arrival.t > best_running:
                    continue
            at = self._after(arrival, best.buffer[0])
            if at is not None and at > barrier:
                self.blocked_at = at
                return True
            if not self._alone and self._settles(arrival):
                self.settles_at = NO_CLOCK if at is None else at
                return False
            best.head = None
            best.buffer.popleft()
            if self._moves(arrival) and arrival.t > best.running:
                best.running = arrival.t
            if at != self.clock:
                if self.clock is None:
                    self._forget_heads()
                self._move(best, arrival, at)
                clock.now = at
            found.append(self._hand(best, arrival, at))
        return False

    def _moves(self, arrival: Arrival) -> bool:
        """Whether the event clock follows this record; while there is none, only what may start it counts."""
        return arrival.moves and (self.clock is not None or _starts(arrival))

    def _forget_heads(self) -> None:
        """The clock starts: what was read ahead without one is judged again (ruling 76)."""
        for part in self._parts:
            part.head = None

    def _settles(self, arrival: Arrival) -> bool:
        """Whether everything must be at rest before this record. Behind the first command that holds for records older than the
        clock too: a late follow-up or a fold may ask a store's room, and is answered before the clock moves on (ruling 64)."""
        if arrival.reasons:
            return False
        if arrival.kind in SETTLING_RECORDS:
            return True
        return self._settled and self.clock is not None and arrival.moves and arrival.t < self.clock

    def _fill(self, part: _Partition, limit: int) -> None:
        if not part.buffer and not part.ended:
            part.buffer.extend(self._reader.poll(part.index, limit))
            if not part.buffer:
                part.ended = self._reader.ended(part.index)

    def _read(self, part: _Partition, record: Record, clock: Clock) -> Arrival:
        if record.clock and (clock.now is None or record.clock > clock.now):
            clock = Clock(event=True, now=record.clock, wall_ms=0, today_ms=self.today_ms)
        arrival = self.validation.read(record.raw, part.kind, clock)
        arrival.source = part.number
        arrival.offset = record.offset
        if record.tail and arrival.reasons:
            arrival.tail = record.tail
        return arrival

    def _after(self, arrival: Arrival, record: Record | None) -> int | None:
        """The clock after this record."""
        at = self.clock
        if record is not None and record.clock and (at is None or record.clock > at):
            at = record.clock
        if at is None:
            return arrival.t if arrival.moves and _starts(arrival) else None
        return arrival.t if arrival.moves and arrival.t > at else at

    def _move(self, part: _Partition, arrival: Arrival, at: int | None) -> None:
        before = self.clock
        self.clock = at
        if before is None or at is None or not arrival.moves:
            return
        jump, rules = at - before, self.validation.rules
        if jump > rules.max_jump_ms or (
            jump > rules.late_ms and getattr(arrival.record, "ingest_time", "") is None  # nothing vouches for it
        ):
            self.odd.jumped(part.name, arrival.offset, jump)

    def _hand(self, part: _Partition, arrival: Arrival, now: int | None) -> Arrival:
        if now is None:
            # No clock yet: its own time, which moves nothing (ruling 76); today where it has none that is believed.
            now = arrival.t if arrival.has_time or (not arrival.reasons and arrival.t) else self.today_ms
            arrival.unclocked = True
        arrival.now = now
        self._settled = self._settled or (arrival.kind in SETTLING_RECORDS and not arrival.reasons)
        if not arrival.tail:
            part.offset = arrival.offset
        if arrival.reasons:
            # A reject has no customer: its shard is a function of its position, the same after any crash.
            arrival.shard = arrival.offset % self.validation.one_ids.shards
            if arrival.time_fault:
                self.odd.refused(arrival.time_fault, part.name, arrival.offset)
            self.refusals.read(part.name, arrival.reasons, arrival.raw)
        return arrival
