"""What this process measures: counts since its start, latency, sizes. Read by the metrics page and the live view."""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING, Final

from flows.refusals import Refusals

if TYPE_CHECKING:
    from flows.batch import Batch

BUCKETS_S: Final = (
    0.0005,
    0.001,
    0.002,
    0.003,
    0.005,
    0.0075,
    0.01,
    0.015,
    0.025,
    0.04,
    0.06,
    0.1,
    0.25,
    0.5,
    1.0,
    2.5,
    5.0,
    10.0,
)


class Meters:
    """Plain numbers; each is changed under the interpreter's lock and read without one."""

    def __init__(self) -> None:
        self.channels: dict[tuple[str, bool], list[int]] = {}
        """(channel, shadow) → COUNTS since the start."""
        self.reasons: dict[tuple[str, str, str], int] = {}
        """(channel, type of record, reason) → how many."""
        self.refusals = Refusals()
        self.dropped: dict[tuple[str, str], int] = {}
        """(channel, field) → values dropped."""
        self.unknown: dict[tuple[str, str], int] = {}
        """(channel, known field) → records with a key that resembles it."""
        self.buckets = [0] * (len(BUCKETS_S) + 1)
        self.latency_sum_s = 0.0
        self.latency_count = 0
        self.batches = 0
        self.leads = 0
        self.events = 0
        self.write_s = 0.0
        self.unsynced = 0
        self.internal = 0
        self.gave_way = 0
        """Rows written beyond their limit, after ruling 48."""
        self.sealed_at = 0.0
        """Monotonic time of the last seal."""
        self.seals = 0

    def wrote(self, batch: Batch, took_s: float) -> None:
        """A batch was written: its counts are now facts."""
        self.batches += 1
        self.leads += batch.leads
        self.events += batch.out.written
        self.write_s += took_s
        self.gave_way += batch.gave_way
        for (_, shadow, channel), more in batch.out.counts.items():
            held = self.channels.get((channel, shadow))
            # A new list each time: a scrape in another thread sees a batch whole or not at all.
            self.channels[(channel, shadow)] = (
                list(more) if held is None else [a + b for a, b in zip(held, more, strict=True)]
            )
        out = batch.out
        self.refusals.wrote(batch.leads, out.refused, out.faults)
        for reason, count in out.reasons.items():
            self.reasons[reason] = self.reasons.get(reason, 0) + count
        for total, added in ((self.dropped, out.dropped), (self.unknown, out.unknown)):
            for key, count in added.items():
                total[key] = total.get(key, 0) + count

    def latency(self, seconds: float, leads: int) -> None:
        """From the poll of the oldest record of a batch to the sending of its events."""
        self.buckets[bisect_left(BUCKETS_S, seconds)] += leads
        self.latency_sum_s += seconds * leads
        self.latency_count += leads

    def quantile_s(self, share: float, since: list[int] | None = None) -> float:
        """Upper bound of the bucket in which this share of leads falls; `since` = earlier buckets to subtract."""
        counts = [now - (since[place] if since else 0) for place, now in enumerate(self.buckets)]
        wanted = share * sum(counts)
        passed = 0
        for place, count in enumerate(counts):
            passed += count
            if passed >= wanted and passed:
                return BUCKETS_S[min(place, len(BUCKETS_S) - 1)]
        return 0.0
