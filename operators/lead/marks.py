"""What follows from a change of a key's fold: dispositions, corrections, counts, folded leads, and a review of each lead."""

from __future__ import annotations

from typing import Final

from operators.base import count_kinds
from operators.base.desk import Desk
from operators.dispatch import holds
from operators.intention.change import Change
from operators.intention.merge import AFTER_EXPIRY, REOPENED, stands
from operators.lead import care, life, number_run, records, tasks
from operators.lead.case import Case, lead_for, lead_of
from operators.lead.statuses import AT_STORE, CLOSED, IN_QUEUE, OWNED, WAITING
from operators.wire.streams import Why
from state import limits
from state.rows.codes import DEAL_MERGED, FIRST_TOUCH, INVALID, MERGED, R_FOLDED, S_CLOSED
from state.rows.customer_row import Section
from state.rows.intention import Raw, Unique
from state.rows.lead import Lead
from state.rows.story import Dispatched, Marked

_HEARD: Final = (FIRST_TOUCH, MERGED)
"""Marks whose customer gets a receipt."""


def accepted(
    desk: Desk, section: Section, raw: Raw, raw_id: str, change: Change, now: int, *, in_run: bool = False
) -> None:
    """Everything that one accepted raw lead does at its key. `in_run`: its number is in a run, which the lead that it came to
    does not know yet (ruling 62)."""
    decision = change.decision
    assert decision is not None, "an accepted raw lead has exactly one mark"
    mark, unique, _, rule = decision
    counts = desk.out.counts[desk.rules.local.day(raw.t), desk.shadow, raw.channel]
    counts[count_kinds.ACCEPTED] += 1
    counts[mark] += 1
    records.disposition(desk, section, raw, raw_id, decision, now)
    records.feedback(desk, raw, raw_id, decision, now)
    why = Why(rule, "", "", raw_id)
    if change.refolded:
        corrections(desk, section, change, now)
        joining = unique.n if in_run else 0
        reviewed(desk, section, change, now, why, raw.flags, asks=(unique.n, raw.t), raw=raw, joining=joining)
        lead = lead_for(section, unique)
        case = Case(desk, section, unique, lead, now, why)
    else:
        lead = lead_for(section, unique)
        case = Case(desk, section, unique, lead, now, why, raw=raw)
        if change.minted and len(section.leads) > 1:
            care.regroup(section)  # a follow-up of this very instant comes behind the raw lead
        if CLOSED >> lead.status & 1 and stands(unique, now):
            life.reopen(case)  # first: one that the timer closed in the pool stands in it again, and comes back
        care.comes_back(lead, raw.t)
        if change.minted:
            counts[count_kinds.OPENED] += 1
            if rule == AFTER_EXPIRY:
                _ended(desk, section, now, why)
                care.hint(section, unique, lead)
        if in_run:
            number_run.joins(case)  # before it is judged: it never reaches a store without a task
        life.touched(case, raw.flags)
    told(case, raw_id, mark)


def _ended(desk: Desk, section: Section, now: int, why: Why) -> None:
    """A new lead takes the place of one that still stood open where it begins: that is closed first (ruling 83)."""
    unique = section.head.uniques[-2]
    lead = lead_of(section, unique.n)
    if unique.ended and lead is not None:
        was = (lead.status, lead.reason)
        case = Case(desk, section, unique, lead, now, why)
        life.review(case)
        if was != (lead.status, lead.reason):
            records.state(case)


def told(case: Case, raw_id: str, mark: int) -> None:
    """What people hear of a raw lead of its own mark (rulings 3 and 45)."""
    desk, lead = case.desk, case.lead
    if mark in _HEARD:
        if holds.has_consent(desk.row, desk.rules):
            records.notify(desk, "RECEIPT", "customer", desk.one_id, case.now, "receipt", lead=lead, raw_id=raw_id)
        at_store = bool((IN_QUEUE | OWNED) >> lead.status & 1)
        if mark == MERGED and at_store and lead.sent and lead.sequence and not _just_sent(desk, lead):
            care.tell_owner(case, "CAME_BACK", "merged", raw_id)
    elif mark == DEAL_MERGED:
        care.tell_owner(case, "POST_DEAL", "deal_merged", raw_id)


def _just_sent(desk: Desk, lead: Lead) -> bool:
    """Whether this very record dispatched the lead: then ARRIVAL has been said and CAME_BACK would repeat it."""
    for entry in desk.story[::-1]:
        if type(entry) is Marked:
            return False
        if type(entry) is Dispatched and entry.unique == lead.n:
            return True
    return False


def corrections(desk: Desk, section: Section, change: Change, now: int) -> None:
    """One correction per raw lead whose mark or unique lead changed; the channel counters follow (domain 3)."""
    for raw, decision, previous in change.remarked:
        day = desk.rules.local.day(raw.t)
        if previous != decision[0]:
            desk.out.count(day, desk.shadow, raw.channel, previous, -1)
            desk.out.count(day, desk.shadow, raw.channel, decision[0])
        desk.out.count(day, desk.shadow, raw.channel, count_kinds.CORRECTIONS)
        raw_id = desk.raw_id(raw.n)
        records.disposition(desk, section, raw, raw_id, decision, now, "correction")
        records.feedback(desk, raw, raw_id, decision, now, previous)


def reviewed(
    desk: Desk,
    section: Section,
    change: Change,
    now: int,
    why: Why,
    flags: int = 0,
    *,
    asks: tuple[int, int] = (0, 0),
    raw: Raw | None = None,
    joining: int = 0,
) -> None:
    """After a fold out of order: folded leads first, then every lead of the key whose state the fold changed. `asks` = the
    unique lead that the record's raw lead came to, and its time: one in the pool comes back by it. `raw` = the record's raw
    lead, None where something else is applied. `joining` = that lead where it is found to be in a number run."""
    known = {lead.n for lead in section.leads}
    standing = [(unique, lead_for(section, unique)) for unique in section.head.uniques]
    recounted = care.regroup(section)
    for unique, lead in standing:
        if CLOSED >> lead.status & 1 and stands(unique, now) and lead.reason != R_FOLDED:
            # Before what folds into it: a dispatch of a folded id counts as its own from now on.
            life.reopen(Case(desk, section, unique, lead, now, why), own=_is_own(change, unique))
        if unique.n == asks[0]:
            care.comes_back(lead, asks[1])
    for n, heir in change.folded:
        fold_into(desk, section, change.before.get(n), n, heir, now, why)
    for unique, lead in standing:
        fresh = lead.n not in known
        if fresh:
            desk.out.count(desk.rules.local.day(unique.opened), desk.shadow, unique.channel, count_kinds.OPENED)
        before = change.before.get(unique.n)
        if (
            not fresh
            and before is not None
            and _same(before, unique)
            and (lead.sent or CLOSED >> lead.status & 1)
            and not _due(lead, unique, now)
            and lead.n not in recounted
            and lead.n != joining
        ):
            continue
        if fresh:
            care.hint(section, unique, lead)
        case = Case(desk, section, unique, lead, now, why, raw=raw)
        route, task = lead.route, tasks.number_of(lead)
        if before is not None and unique.reopened > before.reopened and WAITING >> lead.status & 1:
            # Closed and opened again by the fold alone, before anybody saw it closed.
            tasks.withdraw(case)
            tasks.begins_anew(lead, invalid=unique.was == INVALID)
        joined = unique.n == joining and number_run.joins(case)
        if (
            before is None
            or before.count != unique.count
            or before.touched != unique.touched
            or before.facts != unique.facts
            or before.intents != unique.intents
        ):
            life.rescore(case)
        was = (lead.status, lead.reason, lead.first, route, task)
        life.review(case)
        changed = fresh or before is None or not _same(before, unique) or lead.n in recounted or joined
        if changed or was != (lead.status, lead.reason, unique.first, lead.route, tasks.number_of(lead)):
            records.state(case, flags)


def _is_own(change: Change, unique: Unique) -> bool:
    """Whether the record's own raw lead reopens this lead; a store answer comes last, and reopens by itself or not at all."""
    decision = change.decision
    return change.answered or (decision is not None and decision[1] is unique and decision[3] == REOPENED)


def _same(before: Unique, after: Unique) -> bool:
    return (
        before.status == after.status
        and before.at == after.at
        and before.opened == after.opened
        and before.first == after.first
        and before.count == after.count
        and before.expires == after.expires
        and before.ended == after.ended
        and before.touched == after.touched
        and before.effective == after.effective
        and before.facts == after.facts
        and before.intents == after.intents
        and before.raws == after.raws
    )


def _due(lead: Lead, unique: Unique, now: int) -> bool:
    """Whether the lead's written status is not what the fold now says: a closing that the fold undid."""
    return lead.status == S_CLOSED and stands(unique, now)


def fold_into(desk: Desk, section: Section, before: Unique | None, n: int, heir: Unique, now: int, why: Why) -> None:
    """A unique lead that the fold no longer opens closes FOLDED with a pointer (ruling 2); its dispatch counts as the heir's."""
    lead = lead_of(section, n)
    if lead is None:
        return
    into = lead_for(section, heir)
    into.sequence += lead.sequence
    lead.into = heir.n
    if life.was_sent(lead) and (AT_STORE >> lead.status & 1 or lead.status == S_CLOSED):
        heirs = Case(desk, section, heir, into, now, why)
        if not life.was_sent(into):
            into.sent = True
            if WAITING >> into.status & 1:
                into.conditions = into.until = 0
                into.slot = False
                life.counts_as_sent(heirs)
                life.queue(heirs)
        into.sent_at = into.sent_at or lead.sent_at
        if AT_STORE >> into.status & 1:
            care.inherit(heirs, lead)
    case = Case(desk, section, before if before is not None else heir, lead, now, why)
    if lead.reason != R_FOLDED:
        life.close(case, S_CLOSED, R_FOLDED, desk.unique_id(heir.n))
    lead.closed_at = now
    desk.out.count(desk.rules.local.day(now), desk.shadow, heir.channel, count_kinds.FOLDED)
    pointers = [other for other in section.leads if other.into]
    if len(pointers) > limits.FOLDED_POINTERS:
        section.leads.remove(pointers[0])
    records.state(case)
