"""The demo's source: the simulated live feed under a calendar of its own (ruling 50).

The calendar runs `144 * speed` times as fast as the monotonic clock: at speed 1 a simulated day lasts ten minutes. It
is moved by `poll` alone and stands at the time up to which every record has been handed on, so it never overtakes a
record. The position of a seal is a simulated time; a continued run goes on there, however long the process was away.
"""

from __future__ import annotations

import time
from bisect import bisect_right
from collections import deque
from collections.abc import Callable
from typing import Any, Final, Protocol

from connectors.protocols import Record
from state import errors

NAME: Final = "demo"
DAYS_PER_TEN_MINUTES: Final = 144.0
"""Simulated seconds per second at speed 1: one simulated day in ten minutes."""
MAX_SPEED: Final = 100_000.0
_STEP_MS: Final = 10 * 60_000
"""Simulated time that one poll moves on at most: a stalled process catches up in bounded pieces."""


class Feed(Protocol):
    """What is simulated: `connectors.demo.simulated.DemoFeed`, or a test's own."""

    def start_ms(self) -> int:
        """The first instant of the simulated calendar, epoch ms."""

    def between(self, from_ms: int, to_ms: int) -> list[tuple[int, str, bytes]]:
        """(arrival, type, record) of what arrives in (from_ms, to_ms], in order; however the interval is cut."""


class DemoReader:
    """One partition, `demo`. Offsets count records since the beginning of the simulated calendar.

    `speed` = simulated days per ten minutes; `until_ms` ends the input there (None = it never ends).
    """

    def __init__(
        self,
        feed: Feed,
        speed: float = 1.0,
        monotonic: Callable[[], float] = time.monotonic,
        *,
        until_ms: int | None = None,
    ) -> None:
        if not 0 < speed <= MAX_SPEED:
            raise errors.WrongUsage(
                f"The demo cannot run at speed {speed:g}.",
                f"Give --demo-speed a number above 0 and at most {MAX_SPEED:g}; 1 is a simulated day in ten minutes.",
            )
        self._feed = feed
        self._per_ms = speed * DAYS_PER_TEN_MINUTES
        self._monotonic = monotonic
        self._until = until_ms
        self._now = feed.start_ms()
        self._read = self._now
        """Records up to this simulated time were taken from the feed."""
        self._offset = 0
        """Of the last record taken from the feed."""
        self._waiting: deque[tuple[int, bytes]] = deque()
        """Taken from the feed, not handed on: (arrival, record)."""
        self._began: tuple[float, int] | None = None
        """(monotonic time, simulated time) of the first poll: opening a state takes no simulated time."""
        self._marks: list[tuple[int, int]] = []
        """(offset, arrival) of records handed on and not yet sealed; ascending."""

    def names(self) -> list[str]:
        """The one partition."""
        return [NAME]

    def kinds(self) -> list[str]:
        """Records name their type; what is too broken to do so counts as a raw lead."""
        return ["raw_lead"]

    def restore(self, position: dict[str, Any]) -> None:
        """Go on at the simulated time of the last seal."""
        sealed = position.get(NAME)
        if sealed is None:
            return
        self._now = self._read = int(sealed["at"])
        self._offset = int(sealed["offset"])
        self._marks = []
        self._feed.between(self._read, self._read)  # days of the past are told anew: now, not while the flow waits

    def poll(self, source: int, limit: int) -> list[Record]:
        """What has arrived by the simulated time now."""
        target = min(self._target(), self._read + _STEP_MS)
        if not self._waiting and target > self._read:
            self._waiting.extend((at, raw) for at, _, raw in self._feed.between(self._read, target))
            self._read = target
        found: list[Record] = []
        while self._waiting and len(found) < limit:
            at, raw = self._waiting.popleft()
            self._offset += 1
            self._marks.append((self._offset, at))
            found.append(Record(source, self._offset, raw, 0, at))
        self._now = found[-1].clock if self._waiting and found else self._read
        return found

    def _target(self) -> int:
        at = self._monotonic()
        if self._began is None:
            self._began = (at, self._now)
        since, base = self._began
        target = base + int((at - since) * 1000 * self._per_ms)
        return target if self._until is None else min(target, max(self._until, self._now))

    def ended(self, source: int) -> bool:
        """Only where the run was asked to end at a simulated time."""
        return self._until is not None and not self._waiting and self._read >= self._until

    def position(self, applied: list[int]) -> dict[str, Any]:
        """Simulated time behind the record with this offset, and the offset of the last record up to there.

        Where a further record was handed on and not applied, the time just before it: records of one instant are then
        read again, under the same offsets, and the fence knows those that were applied.
        """
        place = bisect_right(self._marks, (applied[0], 1 << 62))
        if place < len(self._marks):
            at = self._marks[place][1] - 1
        elif self._waiting:
            at = self._waiting[0][0] - 1
        else:
            return self._sealed(self._now, self._offset, place)
        first = place
        while first and self._marks[first - 1][1] > at:
            first -= 1
        behind = self._offset - (len(self._marks) - first)
        return self._sealed(at, behind, first)

    def _sealed(self, at: int, offset: int, marks: int) -> dict[str, Any]:
        del self._marks[:marks]
        return {NAME: {"at": at, "offset": offset}}

    def calendar(self) -> int:
        """The simulated time up to which everything was handed on, epoch ms."""
        return self._now

    def wanted_ms(self) -> int:
        """What the calendar should say now; ahead of it while the engine does not keep up. For other threads."""
        return self._now if self._began is None else self._target()

    def origins(self) -> list[tuple[str, int]]:
        """It has no topic."""
        return []

    def ready(self) -> list[int]:
        """The one partition."""
        return [0]

    def was_sealed(self, position: dict[str, Any]) -> None:
        """Nobody else keeps the position."""

    def close(self) -> None:
        """Nothing is open."""
