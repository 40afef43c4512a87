"""Number runs: neighbours in a number block from one channel within a day (rulings 28, 62)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from oracle_config import DAY_MS
from oracle_fold import RawIn, RawRef
from oracle_rows import Row

if TYPE_CHECKING:
    from oracle_model import Oracle

MOBILE_DIGITS, BLOCK_DIGITS = 11, 8


@dataclass(eq=False)
class Entry:
    """An accepted raw lead in a block: its suffix, event time, and the clock at which a run with it raised an alert."""

    suffix: int
    t_ms: int
    ref: RawRef
    row: Row
    alerted_ms: int | None = None


class Runs:
    """`blocks` {(channel, first 8 digits): entries of the last 24 h of the clock}; `told` {block: lead ids} once a run."""

    def __init__(self, oracle: Oracle) -> None:
        self.oracle = oracle
        self.blocks: dict[tuple[str, str], list[Entry]] = {}
        self.told: dict[tuple[str, str], set[int]] = {}

    def block_of(self, ref: RawRef) -> tuple[tuple[str, str], int] | None:
        """The block and suffix of a raw lead's mobile; None for any other number and in the shadow realm."""
        number = ref[4][2:]
        if ref[0] or not ref[4].startswith("m:") or len(number) != MOBILE_DIGITS or not number.isdecimal():
            return None
        return (ref[1], number[:BLOCK_DIGITS]), int(number[BLOCK_DIGITS:])

    def living(self, block: tuple[str, str], now_ms: int) -> list[Entry]:
        """Those of numbers of which something came within the day."""
        known = self.blocks.get(block, [])
        there = {entry.suffix for entry in known if entry.t_ms >= now_ms - DAY_MS}
        entries = [entry for entry in known if entry.suffix in there]
        self.blocks[block] = entries
        left = {entry.row.placed[entry.ref].lead_id for entry in entries}
        self.told[block] = self.told.get(block, set()) & left
        return entries

    def run_with(self, block: tuple[str, str], suffix: int, now_ms: int) -> list[Entry]:
        """The entries of the neighbours in one row with `suffix`, where they are enough; none where it is not there."""
        size = self.oracle.cleaning.rules.number_run
        entries = self.living(block, now_ms)
        there = {entry.suffix for entry in entries}
        if not size or suffix not in there:
            return []
        low = high = suffix
        while low - 1 in there:
            low -= 1
        while high + 1 in there:
            high += 1
        return [entry for entry in entries if low <= entry.suffix <= high] if high - low + 1 >= size else []

    def in_run(self, ref: RawRef, now_ms: int) -> bool:
        found = self.block_of(ref)
        if found is None:
            return False
        return any(entry.ref == ref for entry in self.run_with(*found, now_ms))

    def came(self, row: Row, r: RawIn, now_ms: int) -> None:
        """An accepted raw lead: it counts, unless it is older than a day."""
        found = self.block_of(r.ref)
        if found is None or not self.oracle.cleaning.rules.number_run or r.t_ms < now_ms - DAY_MS:
            return
        self.living(found[0], now_ms)  # what is over is over, though the number comes again
        self.blocks[found[0]].append(Entry(found[1], r.t_ms, r.ref, row))

    def tell(self, r: RawIn, now_ms: int) -> None:
        """After the marks of that raw lead: the alert, and every member not told yet."""
        found = self.block_of(r.ref)
        if found is None:
            return
        block, suffix = found
        members = self.run_with(block, suffix, now_ms)
        if not any(entry.ref == r.ref for entry in members):
            return
        last_ms = max((entry.alerted_ms for entry in members if entry.alerted_ms is not None), default=None)
        if last_ms is None or now_ms > last_ms + DAY_MS:
            suffixes = frozenset(entry.suffix for entry in members)
            self.oracle.result.alerts.append((block[0], block[1], now_ms, suffixes))
            last_ms = now_ms
        for entry in members:
            entry.alerted_ms = last_ms
        for entry in members:
            self.tell_member(block, entry, now_ms)

    def tell_member(self, block: tuple[str, str], entry: Entry, now_ms: int) -> None:
        oracle, row = self.oracle, entry.row
        oracle.fire(row, now_ms, inclusive=False)
        u = row.leads.get(row.placed[entry.ref].lead_id)
        if u is None or u.state != "OPEN" or u.lead_id in self.told[block]:
            return
        self.told[block].add(u.lead_id)
        if "NUMBER_RUN" not in u.cleaning.reasons or u.cleaning.task is None:
            oracle.cleaning.arises(row, u, "NUMBER_RUN", now_ms)
        if u.dispatched:
            oracle.result.suspects.append((u.first, now_ms))
        oracle.dispatcher.judge(row, now_ms)
