"""Conditions, holds, dispatches and a store's opening release (rulings 8, 14, 16, 29, 38, 54, 57)."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, Any

from oracle_config import MINUTE_MS, Config, Store
from oracle_fold import RawRef
from oracle_result import sent
from oracle_rows import Row, Unique

if TYPE_CHECKING:
    from oracle_follow_up import FollowUps
    from oracle_result import Result

HOURS, RATE, SHADOW, SCORE = ("HOURS",), ("RATE",), ("SHADOW",), ("SCORE",)


class Dispatcher:
    """`fire(row, at_ms, inclusive)` fires a customer's timers: a store's release asks who is still open by then."""

    def __init__(
        self,
        config: Config,
        result: Result,
        scores: Callable[[RawRef, int], float] | None,
        fire: Callable[[Row, int, bool], None],
        follow_ups: FollowUps,
        one_id: Callable[[str], str] = str,
    ) -> None:
        self.follow_ups, self.one_id = follow_ups, one_id
        self.gated_rows: dict[int, Row] = {}  # where the gate held a lead, by the row's number
        self.config, self.result, self.fire = config, result, fire
        self.scores = scores or (lambda first_touch, opening_ms: 0.0)
        self.openings: list[tuple[int, str]] = []
        self.members: dict[tuple[int, str], list[tuple[Row, Unique]]] = {}

    # -- conditions ------------------------------------------------------------------------------------------------

    def judge(self, row: Row, now_ms: int, again: Collection[int] = ()) -> None:
        """Every open lead of the customer that waits for its dispatch passes the conditions at now (domain 10).

        `again`: leads that came to another store, whose hours and place in a release no longer count.
        """
        for u in sorted(row.open_leads(), key=lambda u: u.lead_id):
            if not u.waiting or (u.hold and u.hold[0] == SHADOW):
                continue  # a shadow lead that would have been dispatched shows SHADOW to its end (ruling 83)
            conditions = self.conditions(row, u, now_ms)
            if conditions:
                self.hold(u, now_ms, conditions, self.gate_end(u) if conditions == SCORE else None)
                continue
            if (
                u.lead_id not in again
                and u.hold
                and u.hold[0] in (HOURS, RATE)
                and (u.hold[1] is None or now_ms <= u.hold[1])
            ):
                continue  # released by its timer alone, last at its instant (ruling 57)
            store = self.store_of(u)
            if self.config.is_open(store, now_ms):
                self.send(row, u, now_ms)
                continue
            until_ms = self.config.next_opening(store, now_ms)
            self.hold(u, now_ms, HOURS, until_ms)
            if until_ms is not None and self.queues(row, store):
                self.enlist(until_ms, row, u)

    def conditions(self, row: Row, u: Unique, now_ms: int) -> tuple[str, ...]:
        """Those beside HOURS, RATE and SHADOW, which stand only where nothing else does (rulings 29, 57)."""
        store, line = u.key
        found = []
        if store is None:
            found.append("STORE_MISSING")
        elif self.config.store(store, line) is None:
            found.append("STORE_UNKNOWN")
        if u.cleaning.holds:
            found.append("CLEANING")
        if not row.consent(self.config):
            found.append("CONSENT")
        if any(not self.has(row, u, name) for name in self.config.required_of(line, u.first[1])):
            found.append("FIELDS")
        if self.gated(u, now_ms):
            self.gated_rows[row.number] = row
            found.append("SCORE")
        return tuple(found)

    def gated(self, u: Unique, now_ms: int) -> bool:
        """Below the gate, where the store agreed to one, for at most `gate_hold_hours` from when it first stood (ruling 43)."""
        code, line = u.key
        store = None if code is None else self.config.store(code, line)
        if not self.config.gate or store is None or not store.gate_consent:
            return False
        if self.scores(u.first, now_ms) >= self.config.gate:
            return False
        if u.cleaning.gate_from_ms is None:
            u.cleaning.gate_from_ms = now_ms
        return now_ms < u.cleaning.gate_from_ms + self.config.gate_hold_ms

    def gate_due(self, u: Unique) -> int | None:
        """When the longest hold for the score ends, while it stands."""
        if u.cleaning.gate_from_ms is None or not u.waiting or u.hold is None or "SCORE" not in u.hold[0]:
            return None
        return self.gate_end(u)

    def gate_end(self, u: Unique) -> int:
        assert u.cleaning.gate_from_ms is not None
        return u.cleaning.gate_from_ms + self.config.gate_hold_ms

    @staticmethod
    def has(row: Row, u: Unique, name: str) -> bool:
        """Whether a raw lead of the unique lead gives the field, as enriched (ruling 12)."""
        if name in ("store", "stores"):
            return u.key[0] is not None
        return any(given(fields, name) for fields in row.fields_of(u))

    def store_of(self, u: Unique) -> Store:
        assert u.key[0] is not None
        store = self.config.store(u.key[0], u.key[1])
        assert store is not None
        return store

    @staticmethod
    def queues(row: Row, store: Store) -> bool:
        """A shadow lead takes no place from a live one: its own timer judges it."""
        return store.release_per_minute > 0 and not row.shadow

    def hold(self, u: Unique, at_ms: int, conditions: tuple[str, ...], until_ms: int | None) -> None:
        """One record whenever the conditions or `until` change (ruling 29)."""
        u.carry = None
        if u.hold != (conditions, until_ms):
            u.hold = (conditions, until_ms)
            self.result.holds.append((u.first, at_ms, conditions, until_ms))

    def send(self, row: Row, u: Unique, at_ms: int) -> None:
        if u.first[0]:
            self.hold(u, at_ms, SHADOW, None)
            return
        assert u.key[0] is not None
        u.dispatched, u.hold, u.carry = True, None, None
        u.sequence += 1
        self.result.dispatches.append((u.first, u.key[0], at_ms, u.sequence))
        u.care.dispatched_ms = at_ms
        self.result.sent.append(sent(row, u, at_ms))
        pool, u.care.pool, u.care.asked_again = u.care.pool, False, False
        if pool:
            self.follow_ups.tell_both(u, "REACTIVATED", at_ms)

    # -- openings --------------------------------------------------------------------------------------------------

    def own_timer(self, row: Row, u: Unique) -> int | None:
        """When the lead's own timer releases it; None where a condition is open or the store's queue does it."""
        if not u.waiting or u.hold is None or u.hold[0] not in (HOURS, RATE):
            return None
        if u.carry is not None or (u.hold[0] == HOURS and self.queues(row, self.store_of(u))):
            return None
        return u.hold[1]

    def release(self, row: Row, u: Unique, at_ms: int) -> None:
        """The timer of a hold: its conditions can only have changed with a record, and that judged it."""
        self.send(row, u, at_ms)

    def enlist(self, opening_ms: int, row: Row, u: Unique) -> None:
        assert u.key[0] is not None
        at = (opening_ms, u.key[0])
        if at not in self.members:
            self.members[at] = []
            heapq.heappush(self.openings, at)
        if all(other is not u for _, other in self.members[at]):
            self.members[at].append((row, u))

    def release_before(self, at_ms: int, inclusive: bool = False) -> None:
        """Open the stores whose opening lies before `at_ms` (or at it)."""
        while self.openings and (self.openings[0][0] < at_ms or (inclusive and self.openings[0][0] == at_ms)):
            opening_ms, code = heapq.heappop(self.openings)
            self.open_store(opening_ms, code)

    def open_store(self, opening_ms: int, code: str) -> None:
        """Ruling 29: those left over from the last opening, then by score, opening of the lead, id; n a minute."""
        members = self.members.pop((opening_ms, code))
        for row, _ in members:
            self.fire(row, opening_ms, True)
        waiting = [(row, u) for row, u in members if self.waits_for(u, opening_ms, code)]
        waiting.sort(key=lambda member: self.rank(member[0], member[1], opening_ms))
        for index, (row, u) in enumerate(waiting):
            store = self.store_of(u)
            slot_ms = opening_ms + index // store.release_per_minute * MINUTE_MS
            closes_ms = self.config.closes_at(store, opening_ms)
            if slot_ms == opening_ms:
                self.send(row, u, slot_ms)
            elif closes_ms is None or slot_ms < closes_ms:
                self.hold(u, opening_ms, RATE, slot_ms)
            else:
                next_ms = self.config.next_opening(store, closes_ms)
                self.hold(u, opening_ms, RATE, next_ms)
                u.carry = index
                if next_ms is not None:
                    self.enlist(next_ms, row, u)

    @staticmethod
    def waits_for(u: Unique, opening_ms: int, code: str) -> bool:
        queued = u.hold == (HOURS, opening_ms) or (u.carry is not None and u.hold == (RATE, opening_ms))
        return u.state == "OPEN" and u.waiting and u.key[0] == code and queued

    def rank(self, row: Row, u: Unique, opening_ms: int) -> tuple[Any, ...]:
        if u.carry is not None:
            return (0, u.carry, 0, "", 0)
        return (1, -self.scores(u.first, opening_ms), u.lead.opened_ms, self.one_id(row.customer), u.lead_id)


def given(fields: dict[str, Any], name: str) -> bool:
    """A field, or one of `intent` by its dotted name."""
    value: Any = fields
    for part in name.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value is not None and value != "" and value != []
