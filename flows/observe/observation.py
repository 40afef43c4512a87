"""What a running engine can be asked: its meters and progress, and a few bounded looks into its database.

Metrics page and live view read from here. The database is only touched under a lock that the engine's end takes first,
so that no thread is inside RocksDB when it closes (a thread there at interpreter exit ends the process with code 134).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

import msgspec

from connectors.demo.reader import DemoReader
from connectors.protocols import OfBroker, Reader, Sink
from flows.engine import Engine, Options
from operators.base import count_kinds
from operators.config.configuration import Configuration
from state import keys, limits
from state.counts import read_counts
from state.rows.shard_row import Meta
from state.shard import oldest_wait

DUE_COUNTED: Final = 200
"""Due timers counted per shard at one look; a gauge that says "many" does not need more."""
SEAL_AGE_READY_S: Final = 30.0
"""`/ready` wants a seal younger than this."""
_LOOKS: Final = 8
_MARKS: Final = (0, 1, 2, 3)
_meta: Final = msgspec.msgpack.Decoder(Meta).decode


def tasks_open(counts: Sequence[int]) -> int:
    """Cleaning tasks that were opened and have not ended, of one row of counts; one of an older version has none."""
    if len(counts) <= count_kinds.TASKS_ENDED:
        return 0
    return counts[count_kinds.TASKS_AI] + counts[count_kinds.TASKS_MANUAL] - counts[count_kinds.TASKS_ENDED]


@dataclass(frozen=True)
class Depths:
    """What waits, as of one look into the database."""

    outbox_rows: int = 0
    """Outbox rows that no seal covers yet."""
    timers_due: int = 0
    """Timers due before the clock and not fired; at most DUE_COUNTED per shard are counted."""
    timers_lag_ms: int = 0
    """How long the oldest of them is due, by the clock."""
    oldest_hold_ms: int = 0
    """How long the longest waiting lead waits, by the clock."""


class ObservedEngine(Engine):
    """An engine whose observers are told to end before anything of it closes."""

    def __init__(self, configuration: Configuration, reader: Reader, sink: Sink, options: Options) -> None:
        self._before_close: list[Callable[[], None]] = []
        super().__init__(configuration, reader, sink, options)

    def before_close(self, end: Callable[[], None]) -> None:
        """Call `end` before the engine closes; the last one registered first."""
        self._before_close.append(end)

    def close(self) -> None:
        """End the observers, then the engine."""
        while self._before_close:
            self._before_close.pop()()
        super().close()


@dataclass
class Observation:
    """The view of one engine for threads other than its own. `end()` before the engine closes."""

    engine: Engine
    monotonic: Callable[[], float] = time.monotonic
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _ended: bool = False

    def end(self) -> None:
        """From now on the database is not asked any more; returns when nobody asks."""
        with self._lock:
            self._ended = True

    # --- from memory

    @property
    def clock(self) -> int:
        """The engine's clock, epoch ms; 0 = it has none yet."""
        return self.engine.arrivals.clock or 0

    def clock_lag_ms(self) -> int | None:
        """How far the clock is behind its source: the wall, or the source's own calendar; None where files drive it."""
        engine = self.engine
        if not engine.options.event_clock:
            now = engine.options.wall_ms()
        elif isinstance(engine.reader, DemoReader):
            now = engine.reader.wanted_ms()
        else:
            return None
        return max(0, now - self.clock) if self.clock else None

    def holidays_left_ms(self) -> int | None:
        """Until the national holidays known end, negative behind that; None where no calendar asks for them."""
        end = self.engine.configuration.holidays_end_ms
        return None if end is None else end - (self.clock or self.engine.options.wall_ms())

    def seal_age_s(self) -> float:
        """Seconds since the last seal, or since the start."""
        return max(0.0, self.monotonic() - self.engine.meters.sealed_at)

    def broker_silent_s(self) -> float | None:
        """Seconds since the last answer of the broker that is read from or written to; None = there is none."""
        ends = (self.engine.reader, self.engine.sink)
        return max((end.silent_s() for end in ends if isinstance(end, OfBroker)), default=None)

    def opened(self) -> bool:
        """Whether every shard is open."""
        return all(self.engine.progress.open)

    def fault(self) -> BaseException | None:
        """What stopped the engine or its background."""
        return self.engine.core.fault or self.engine.commit.fault

    def not_ready(self) -> str:
        """ "" when the engine takes and delivers records; else a sentence that says why not."""
        if self.fault() is not None:
            return "The engine was stopped by a fault."
        if not self.opened():
            return "The state is being opened."
        if self.engine.stopping():
            return "The engine is stopping."
        silent = self.broker_silent_s()
        if silent is not None and silent > limits.BROKER_SILENT_S:
            return f"The broker has not answered for {silent:.0f} s."
        age = self.seal_age_s()
        if age > SEAL_AGE_READY_S:
            return f"The last seal is {age:.0f} s old."
        return ""

    def channels(self) -> dict[tuple[str, bool], list[int]]:
        """(channel, shadow) → counts since the start, each list of one moment."""
        return {key: list(counts) for key, counts in self.engine.meters.channels.copy().items()}

    def conservation(self, *, wait: Callable[[float], None] = time.sleep) -> dict[tuple[str, str], int]:
        """(realm, sum) → difference that must be 0 (domain 15, rulings 8, 11, 30).

        `marks`: accepted - first touch - deduped - merged - deal-merged. `received`: received - rejects - late -
        replays - enrichments - (accepted - splits). A batch in the middle of being counted is no difference: a sum that
        is not 0 is read again.
        """
        found: dict[tuple[str, str], int] = {}
        for _ in range(_LOOKS):
            found = {(realm, name): 0 for realm in ("live", "shadow") for name in ("marks", "received")}
            for (_, shadow), counts in self.channels().items():
                realm = "shadow" if shadow else "live"
                accepted = counts[count_kinds.ACCEPTED]
                found[realm, "marks"] += accepted - sum(counts[place] for place in _MARKS)
                found[realm, "received"] += (
                    counts[count_kinds.RECEIVED]
                    - counts[count_kinds.REJECTED]
                    - counts[count_kinds.LATE]
                    - counts[count_kinds.REPLAYED]
                    - counts[count_kinds.ENRICHED]
                    - accepted
                    + counts[count_kinds.SPLITS]
                )
            if not any(found.values()):
                break
            wait(0.005)
        return found

    # --- from the database

    def tasks_open_so_far(self) -> int:
        """Cleaning tasks of the live realm that are open by the counts of the state: before the engine runs, those of earlier
        runs. A scan of all days; every other look adds what the meters have counted since."""
        with self._lock:
            if self._ended:
                return 0
            stored = read_counts(self.engine.database, self.engine.progress.shards)
        return sum(tasks_open(counts) for (_, name), counts in stored.items() if name.startswith("l:"))

    def depths(self) -> Depths:
        """Outbox rows, timers due and their lag; a read per shard and a bounded scan where a timer is due."""
        engine, progress = self.engine, self.engine.progress
        with self._lock:
            if self._ended:
                return Depths()
            database = engine.database
            stored = database.get_many([keys.prefix(shard, keys.META) for shard in range(progress.shards)])
            rows = due = lag = 0
            clock = self.clock
            for shard, value in enumerate(stored):
                if value is None:
                    continue
                rows += max(0, _meta(value).outbox - progress.covered[shard])
                first = progress.next_due[shard]
                if first < keys.moment(clock):
                    # From the first one on: before it lie the tombstones of timers long fired.
                    begin, end = keys.timer_bound(shard, first), keys.timer_bound(shard, keys.moment(clock))
                    due += sum(1 for _ in islice(database.scan(begin, end), DUE_COUNTED))
                    lag = max(lag, clock - (first >> 8))
            since = oldest_wait(database, progress.shards)
            return Depths(rows, due, lag, max(0, clock - since) if since else 0)
