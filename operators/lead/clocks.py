"""What falls due in a customer's row: closing by expiry, release of a hold, deletion after retention (domain 3, ruling 4).

A row has one timer on disk, at the earliest of these times; it is checked against the row as it stands before it acts, so
a timer left behind by a change does nothing but set itself anew.
"""

from __future__ import annotations

from typing import Final

from operators.base.desk import Desk
from operators.base.rules import DAY_MS, Rules
from operators.customer import store_naming
from operators.dispatch import holds
from operators.intention import fold
from operators.intention.merge import end_of
from operators.intention.places import order_of
from operators.lead import life
from operators.wire.streams import Why
from state.rows.codes import OPEN, S_DISPATCHED, S_HELD, S_WON
from state.rows.customer_row import Act, Answer, Customer, Lead, Section, Unique
from state.rows.messages import Slot

CLOSE: Final = 0
RELEASE: Final = 1
PURGE: Final = 2

Due = tuple[int, int, int]
"""(due, kind, unique lead): the order of ruling 4, closings first."""


def deletion_of(unique: Unique | None, lead: Lead, rules: Rules) -> int:
    """When a closed lead is deleted: max(merge, deal-merge) + lateness + one day after its closing (rulings 46 and 57).

    Never while its last touch, or a repeat of that day, may still be folded again: with a longest life shorter than the gap
    between two raw leads a lead is closed, by its expiry, before the touch that computed it.
    """
    assert unique is not None, "a closed lead is deleted together with its intention"
    retention = max(unique.merge, unique.deal) + rules.late_ms + DAY_MS
    return max(lead.closed_at + retention, unique.touched + rules.late_ms + 2 * DAY_MS)


def _dues(row: Customer, rules: Rules) -> list[tuple[Due, Section, Unique | None, Lead]]:
    found: list[tuple[Due, Section, Unique | None, Lead]] = []
    for section in row.sections:
        uniques = {unique.n: unique for unique in section.head.uniques}
        for lead in section.leads:
            unique = uniques.get(lead.n)
            if lead.status >= S_WON:
                if lead.into:
                    continue  # a pointer goes with the lead it points to
                found.append(((deletion_of(unique, lead, rules), PURGE, lead.n), section, unique, lead))
                continue
            assert unique is not None, f"an open lead without its intention: {lead}"
            found.append(((end_of(unique), CLOSE, lead.n), section, unique, lead))
            if lead.until and lead.status < S_DISPATCHED and (not lead.queued or lead.slot):
                found.append(((lead.until, RELEASE, lead.n), section, unique, lead))
    return found


def next_due(row: Customer, rules: Rules) -> int:
    """The earliest time at which something of this row falls due; 0 when nothing ever does."""
    due = 0
    for section in row.sections:
        for lead in section.leads:
            unique = _unique(section, lead.n)
            if lead.status >= S_WON:
                if lead.into:
                    continue
                at = deletion_of(unique, lead, rules)
            else:
                assert unique is not None, f"an open lead without its intention: {lead}"
                at = end_of(unique)
                if lead.until and lead.until < at and lead.status < S_DISPATCHED and (not lead.queued or lead.slot):
                    at = lead.until
            if not due or at < due:
                due = at
    if not due and (row.sources or row.activities):
        due = max(
            max((source.accepted + source.keep for source in row.sources), default=0),
            max((accepted + rules.replay_ms for _, accepted in row.activities), default=0),
        )
    if not due and not row.sections and not row.opted_out:
        due = 1
    return due


def _unique(section: Section, n: int) -> Unique | None:
    for unique in reversed(section.head.uniques):
        if unique.n == n:
            return unique
    return None


def fire(desk: Desk, before: int) -> bool:
    """Fire, in order, what is due before `before`; False when the row is to be deleted."""
    row, rules = desk.row, desk.rules
    while True:
        due = next_due(row, rules)
        if due >= before:
            return True
        if due == 0:
            return bool(row.sections or row.sources or row.activities or row.opted_out)
        dues = [entry for entry in _dues(row, rules) if entry[0][0] < before]
        if not dues:
            row.sources = [source for source in row.sources if source.accepted + source.keep >= before]
            row.activities = [entry for entry in row.activities if entry[1] + rules.replay_ms >= before]
            if row.sections or row.sources or row.activities:
                continue
            if row.opted_out:
                _reduce(row)
                return True
            return False
        (at, kind, _), section, unique, lead = min(dues, key=lambda entry: entry[0])
        if kind == CLOSE:
            assert unique is not None and unique.status == OPEN, "the timer closes what the fold holds open"
            life.review(desk, section, unique, lead, at + 1, at, Why("expiry", window_end=desk.text(at)))
            life.state(desk, section, unique, lead, at, Why("expiry"))
        elif kind == RELEASE:
            assert unique is not None
            _release(desk, section, unique, lead, at)
        else:
            _purge(desk, section, lead, at)


def _release(desk: Desk, section: Section, unique: Unique, lead: Lead, at: int) -> None:
    """The opening, or the slot that the store gave: judged by the rules in force now (ruling 33)."""
    slot = lead.slot
    lead.slot = False
    lead.until = 0
    held, lead.conditions = lead.conditions, 0
    conditions, until = holds.judge(desk.row, section, unique, lead, at, desk.rules)
    why = Why("slot" if slot else "opening")
    if conditions == 0:
        life.send(desk, section, unique, lead, at, at, why)
    else:
        lead.conditions = held
        lead.queued = 0
        lead.status = holds.waiting_status(conditions)
        life.hold(desk, section, unique, lead, conditions, until, at, why)
    life.state(desk, section, unique, lead, at, why)


def slot_given(desk: Desk, message: Slot, now: int) -> None:
    """The store's answer to a queued lead (ruling 29)."""
    n, opening, until, waits = message.n, message.opening, message.until, message.waits
    for section in desk.row.sections:
        lead = life.lead_of(section, n)
        if lead is None or lead.queued != opening or lead.slot or lead.status != S_HELD:
            continue
        unique = _unique(section, n)
        if unique is None or lead.conditions not in (holds.HOURS, holds.RATE):
            return
        if until > opening:
            lead.conditions, lead.until = holds.RATE, until
            lead.holds += 1
            _rate_record(desk, section, unique, lead, opening)
            life.state(desk, section, unique, lead, opening, Why("release_rate"))
        lead.until = until
        if waits:
            lead.queued = until
        else:
            lead.slot = True
        return


def _rate_record(desk: Desk, section: Section, unique: Unique, lead: Lead, at: int) -> None:
    conditions, until = lead.conditions, lead.until
    lead.conditions, lead.until = 0, 0
    lead.holds -= 1
    queued, lead.queued = lead.queued, 0
    life.hold(desk, section, unique, lead, conditions, until, at, Why("release_rate"))
    lead.queued = queued


def _purge(desk: Desk, section: Section, lead: Lead, at: int) -> None:
    """A tombstone's deletion after retention (invariant 12)."""
    assert lead.status >= S_WON, "only a closed lead is deleted"
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
        own = _unique(section, lead.n)
        assert own is not None, "a lead is deleted together with its intention"
        behind = min((u.opened for u in section.head.uniques if u.opened > own.opened), default=horizon)
        section.kept = [e for e in section.kept if not isinstance(e, Act) or e.time >= behind]
    gone = [lead, *life.pointers_to(section, lead.n)]
    section.leads = [other for other in section.leads if other not in gone]
    store_naming.drop(section.base, lead.n)
    store_naming.drop(section.head, lead.n)
    for other in gone:
        desk.out.deleted(desk.unique_id(other.n))
    desk.story.append(("deleted", at, lead.n))
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
    row.newest_channel = ""
