"""Clocks: what falls due in a customer's row, in one list (domain 3, ruling 4).

A row has one timer on disk, at or before the earliest of these times; it is checked against the row as it stands before it
acts, so a timer left behind by a change does nothing but set itself anew.
"""

from __future__ import annotations

from typing import Final

from operators.base.desk import Desk
from operators.base.kinds import Clock
from operators.base.rules import DAY_MS, Rules
from operators.dispatch import holds
from operators.intention import fold
from operators.intention.merge import end_of
from operators.intention.places import order_of
from operators.lead import life, records
from operators.lead.case import Case, lead_of, pointers_to, unique_of
from operators.lead.statuses import CLOSED, IN_POOL, OPEN, WAITING
from operators.wire.streams import Why
from state.rows import codes
from state.rows.codes import STATUSES
from state.rows.customer_row import Customer, Section
from state.rows.intention import Act, Answer, Unique
from state.rows.lead import Lead
from state.rows.messages import Slot
from state.rows.story import Deleted


def _expires(lead: Lead, unique: Unique, rules: Rules) -> int:
    return end_of(unique)


def _expire(case: Case) -> None:
    """The one expiry clock (ruling 6)."""
    assert case.unique.status == codes.OPEN, "the timer closes what the fold holds open"
    case.now = case.at + 1
    case.why = Why("expiry", window_end=case.desk.text(case.at))
    life.review(case)
    case.why = Why("expiry")
    records.state(case)


def _released(lead: Lead, unique: Unique, rules: Rules) -> int:
    return lead.until if not lead.sent and (not lead.queued or lead.slot) else 0


def _release(case: Case) -> None:
    """The opening, or the slot that the store gave: judged by the rules in force now (ruling 33)."""
    lead, desk = case.lead, case.desk
    case.why = Why("slot" if lead.slot else "opening")
    held, lead.conditions = lead.conditions, 0
    lead.slot = False
    lead.until = lead.queued = 0
    conditions, until = holds.judge(desk.row, case.section, case.unique, lead, case.at, desk.rules)
    if conditions == 0:
        life.send(case)
    else:
        lead.conditions = held
        life.wait(case, conditions, until)
    records.state(case)


def _deleted(lead: Lead, unique: Unique, rules: Rules) -> int:
    """max(merge, deal-merge) + lateness + one day after its closing (rulings 46 and 57).

    Never while its last touch, or a repeat of that day, may still be folded again: with a longest life shorter than the gap
    between two raw leads a lead is closed, by its expiry, before the touch that computed it. Nor while a raw lead of a deal may
    be, which a REFUND ended at a time before that raw lead (ruling 19).
    """
    if lead.into:
        return 0  # a pointer goes with the lead it points to
    retention = max(unique.merge, unique.deal) + rules.late_ms + DAY_MS
    last = unique.touched
    if unique.status == codes.LOST:
        last = max([last, *(held.t for held in unique.held)])
    return max(lead.closed_at + retention, last + rules.late_ms + 2 * DAY_MS)


EXPIRY: Final = Clock("expiry", OPEN, _expires, _expire)
RELEASE: Final = Clock("release", WAITING | IN_POOL, _released, _release)


class Agenda:
    """The clocks of a customer's leads, in their order at one instant, and what they say of his row."""

    def __init__(self, *clocks: Clock) -> None:
        self.clocks = clocks
        self._running = tuple(
            tuple((place, clock.due) for place, clock in enumerate(clocks) if clock.group >> status & 1)
            for status in range(len(STATUSES))
        )
        """Status → the clocks that run in it."""

    def next_due(self, row: Customer, rules: Rules) -> int:
        """The earliest time at which something of this row falls due; 0 when nothing ever does."""
        first = 0
        running = self._running
        for section in row.sections:
            for lead in section.leads:
                unique = _intention(section, lead)
                if unique is None:
                    continue
                for _, due_of in running[lead.status]:
                    due = due_of(lead, unique, rules)
                    if due and (not first or due < first):
                        first = due
        return first or _forgotten(row, rules)

    def _first(self, row: Customer, before: int, rules: Rules) -> tuple[int, int, int, Section, Lead] | None:
        """The first of what is due before `before`, by (due, clock, unique lead)."""
        first: tuple[int, int, int, Section, Lead] | None = None
        for section in row.sections:
            for lead in section.leads:
                unique = _intention(section, lead)
                if unique is None:
                    continue
                for place, due_of in self._running[lead.status]:
                    due = due_of(lead, unique, rules)
                    if due and due < before and (first is None or (due, place, lead.n) < first[:3]):
                        first = (due, place, lead.n, section, lead)
        return first

    def fire(self, desk: Desk, before: int) -> bool:
        """Fire, in order, what is due before `before`; False when the row is to be deleted."""
        row, rules = desk.row, desk.rules
        while True:
            due = self.next_due(row, rules)
            if due >= before:
                return True
            if due == 0:
                return bool(row.sections or row.sources or row.activities or row.opted_out)
            found = self._first(row, before, rules)
            if found is None:
                row.sources = [source for source in row.sources if source.accepted + source.keep >= before]
                row.activities = [entry for entry in row.activities if entry[1] + rules.replay_ms >= before]
                if row.sections or row.sources or row.activities:
                    continue
                if row.opted_out:
                    _reduce(row)
                    return True
                return False
            at, place, _, section, lead = found
            unique = unique_of(section, lead.n)
            assert unique is not None, "what has a clock has an intention"
            clock = self.clocks[place]
            clock.fire(Case(desk, section, unique, lead, at, Why(clock.name), at))


def _intention(section: Section, lead: Lead) -> Unique | None:
    """The lead's intention; None for a pointer, which has no clock."""
    if lead.into and CLOSED >> lead.status & 1:
        return None
    unique = unique_of(section, lead.n)
    assert unique is not None, f"a lead without its intention: {lead}"
    return unique


def _forgotten(row: Customer, rules: Rules) -> int:
    """When a row without leads is deleted: with the last of what it remembers; never after an OPT_OUT (ruling 57)."""
    due = 0
    if row.sources or row.activities:
        due = max(
            max((source.accepted + source.keep for source in row.sources), default=0),
            max((accepted + rules.replay_ms for _, accepted in row.activities), default=0),
        )
    if not due and not row.sections and not row.opted_out:
        due = 1
    return due


def slot_given(desk: Desk, message: Slot, now: int) -> None:
    """The store's answer to a queued lead: its slot at or after the opening, or another opening to wait for (ruling 29)."""
    for section in desk.row.sections:
        lead = lead_of(section, message.n)
        if lead is None or lead.queued != message.opening or lead.slot or not life.is_waiting(lead):
            continue
        unique = unique_of(section, message.n)
        if unique is None or lead.conditions not in (holds.HOURS, holds.RATE):
            return
        if message.until > message.opening:
            lead.conditions, lead.until = holds.RATE, message.until
            case = Case(desk, section, unique, lead, message.opening, Why("release_rate"))
            records.hold(case)
            records.state(case)
        lead.until = message.until
        if message.waits:
            lead.queued = message.until
        else:
            lead.slot = True
        return


def _purge(case: Case) -> None:
    """A tombstone's deletion after retention (invariant 12)."""
    desk, section, lead, at = case.desk, case.section, case.lead, case.at
    assert CLOSED >> lead.status & 1, "only a closed lead is deleted"
    horizon = at - desk.rules.late_ms
    kept = section.kept
    waits = not section.store or desk.rules.store_of(section.store, section.line) is None
    if waits:  # raw leads of a lead that still waits for its store stay kept: its answer re-marks them all (ruling 7)
        last = max((place for place, event in enumerate(kept, 1) if _speaks_of(event, lead.n)), default=0)
    else:  # with what happened to the lead: an activity must not find an older one in its place later
        last = sum(order_of(event)[0] < horizon for event in kept)
    if last:
        assert order_of(kept[last - 1])[0] < horizon, "what may still be folded again is not deleted"
        fold.collapse(section, last, desk.rules)
    assert not any(_speaks_of(event, lead.n) for event in section.kept), "an event outlived its lead"
    if waits:
        own = unique_of(section, lead.n)
        assert own is not None, "a lead is deleted together with its intention"
        behind = min((u.opened for u in section.head.uniques if u.opened > own.opened), default=horizon)
        section.kept = [e for e in section.kept if not isinstance(e, Act) or e.time >= behind]
    gone = [lead, *pointers_to(section, lead.n)]
    section.leads = [other for other in section.leads if other not in gone]
    fold.forget(section.base, lead.n)
    fold.forget(section.head, lead.n)
    for other in gone:
        desk.out.deleted(desk.unique_id(other.n))
    desk.story.append(Deleted(at, lead.n))
    if not section.leads:
        section.kept = []
        desk.row.sections.remove(section)


def _speaks_of(event: object, n: int) -> bool:
    if isinstance(event, Act):
        return False
    return (event.lead.n if isinstance(event, Answer) else getattr(event, "u", 0)) == n


def _reduce(row: Customer) -> None:
    """A row whose consent was ended by OPT_OUT is reduced to that fact and kept (ruling 57)."""
    row.name, row.landline, row.activities = "", "", []
    row.newest_channel = row.province = row.city = ""
    row.city_at = -(1 << 62)


DELETION: Final = Clock("deletion", CLOSED, _deleted, _purge)
