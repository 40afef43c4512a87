"""What follows from a change of a key's fold: dispositions, corrections, counts, folded leads, and a review of each lead."""

from __future__ import annotations

from typing import Final

from msgspec import UNSET

from operators.base import outputs
from operators.base.desk import Desk
from operators.dispatch import holds
from operators.intention import score
from operators.intention.fold import Change
from operators.intention.merge import AFTER_EXPIRY, SAME_DAY, WITHIN_DEAL, WITHIN_MERGE, Decision, stands
from operators.lead import life
from operators.wire import streams
from operators.wire.streams import Why
from state import limits
from state.rows.codes import DEAL_MERGED, FIRST_TOUCH, MARKS, MERGED, R_FOLDED, S_CLOSED, S_DISPATCHED, S_WON
from state.rows.customer_row import Lead, Raw, Section, Unique

_HEARD: Final = (FIRST_TOUCH, MERGED)
"""Marks whose customer gets a receipt."""


def why_of(desk: Desk, raw: Raw, decision: Decision, note: str = "") -> Why:
    """The rule of a mark, the window it compared with, the raw lead it was decided against."""
    _, unique, against, rule = decision
    text = desk.text
    start = end = ""
    if rule == SAME_DAY:
        start = desk.rules.local.day_text(desk.rules.local.day(raw.t))
    elif rule == WITHIN_MERGE:
        start, end = text(unique.opened), text(unique.expires)
    elif rule == WITHIN_DEAL:
        start, end = text(unique.at), text(unique.at + unique.deal)
    return Why(rule, start, end, desk.raw_id(against) if against else "", note)


def disposition(
    desk: Desk, section: Section, raw: Raw, raw_id: str, decision: Decision, at: int, note: str = ""
) -> None:
    """The mark of a raw lead, or, from its second version on, a correction that repeats all fields (ruling 21)."""
    mark, unique, _, rule = decision
    previous = raw.version
    raw.version += 1
    text = desk.text
    one_id = desk.one_id
    source_id = desk.masked(raw.source_id)
    desk.out.events.append(
        (
            streams.DISPOSITIONS,
            one_id,
            streams.Disposition(
                f"dispositions-{raw_id}-{raw.version}",
                text(at),
                desk.version,
                why_of(desk, raw, decision, note),
                one_id,
                desk.unique_id(unique.n),
                raw_id,
                raw.channel,
                desk.masked(raw.account) if raw.account else "",
                source_id,
                text(raw.t),
                section.store or None,
                section.line,
                MARKS[mark],
                raw.split if raw.split else UNSET,
                f"dispositions-{raw_id}-{previous}" if previous else UNSET,
                outputs.flag_names(raw.flags) if raw.flags else UNSET,
                True if desk.shadow else UNSET,
            ),
        )
    )
    desk.story.append(("mark", at, raw.n, raw.version, mark, unique.n, rule, raw.competitor))


def accepted(desk: Desk, section: Section, raw: Raw, raw_id: str, change: Change, now: int) -> None:
    """Everything that one accepted raw lead does at its key."""
    decision = change.decision
    assert decision is not None, "an accepted raw lead has exactly one mark"
    mark, unique, _, rule = decision
    counts = desk.out.counts[desk.rules.local.day(raw.t), desk.shadow, raw.channel]
    counts[outputs.ACCEPTED] += 1
    counts[mark] += 1
    disposition(desk, section, raw, raw_id, decision, now)
    why = Why(rule, "", "", raw_id)
    if not change.refolded:
        lead = life.lead_for(section, unique)
        if change.minted:
            counts[outputs.OPENED] += 1
            if rule == AFTER_EXPIRY:
                _ended(desk, section, now, why)
        touched(desk, section, unique, lead, now, why, raw.flags)
    else:
        corrections(desk, section, change, now)
        reviewed(desk, section, change, now, why, raw.flags)
        lead = life.lead_for(section, unique)
    told(desk, section, raw_id, mark, lead, now)


def _ended(desk: Desk, section: Section, now: int, why: Why) -> None:
    """A new lead takes the place of one that still stood open where it begins: that is closed first (ruling 83)."""
    unique = section.head.uniques[-2]
    lead = life.lead_of(section, unique.n)
    if unique.ended and lead is not None:
        was = (lead.status, lead.reason)
        life.review(desk, section, unique, lead, now, now, why)
        if was != (lead.status, lead.reason):
            life.state(desk, section, unique, lead, now, why)


def touched(desk: Desk, section: Section, unique: Unique, lead: Lead, now: int, why: Why, flags: int = 0) -> None:
    """A unique lead that an event in order touched: rescored, reviewed, written."""
    life.rescore(desk, unique, lead, now)
    life.review(desk, section, unique, lead, now, now, why)
    life.state(desk, section, unique, lead, now, why, flags)


def told(desk: Desk, section: Section, raw_id: str, mark: int, lead: Lead, now: int) -> None:
    """What people hear of a raw lead of its own mark (rulings 3 and 45)."""
    if mark in _HEARD:
        if holds.has_consent(desk.row, desk.rules):
            life.notify(desk, "RECEIPT", "customer", desk.one_id, now, "receipt", lead=lead, raw_id=raw_id)
        if (
            mark == MERGED
            and lead.status == S_DISPATCHED
            and lead.sent
            and lead.sequence
            and not _just_sent(desk, lead, now)
        ):
            life.notify(
                desk,
                "CAME_BACK",
                "store_admin",
                section.store,
                now,
                "merged",
                lead=lead,
                raw_id=raw_id,
                store=section.store,
            )
    elif mark == DEAL_MERGED:
        life.notify(
            desk,
            "POST_DEAL",
            "store_admin",
            section.store,
            now,
            "deal_merged",
            lead=lead,
            raw_id=raw_id,
            store=section.store,
        )


def _just_sent(desk: Desk, lead: Lead, now: int) -> bool:
    """Whether this very record dispatched the lead: then ARRIVAL has been said and CAME_BACK would repeat it."""
    for entry in reversed(desk.story):
        if entry[0] == "mark":
            return False
        if entry[0] == "dispatch" and entry[2] == lead.n:
            return True
    return False


def corrections(desk: Desk, section: Section, change: Change, now: int) -> None:
    """One correction per raw lead whose mark or unique lead changed; the channel counters follow (domain 3)."""
    for raw, decision, previous in change.remarked:
        day = desk.rules.local.day(raw.t)
        if previous != decision[0]:
            desk.out.count(day, desk.shadow, raw.channel, previous, -1)
            desk.out.count(day, desk.shadow, raw.channel, decision[0])
        desk.out.count(day, desk.shadow, raw.channel, outputs.CORRECTIONS)
        disposition(desk, section, raw, desk.raw_id(raw.n), decision, now, "correction")


def reviewed(desk: Desk, section: Section, change: Change, now: int, why: Why, flags: int = 0) -> None:
    """After a fold out of order: folded leads first, then every lead of the key whose state the fold changed."""
    for unique in section.head.uniques:
        known = life.lead_of(section, unique.n)
        if known is not None and stands(unique, now) and known.reason != R_FOLDED:
            life.reopen(known)  # before what folds into it: a dispatch of a folded id counts as its own from now on
    for n, heir in change.folded:
        fold_into(desk, section, change.before.get(n), n, heir, now, why)
    for unique in section.head.uniques:
        lead = life.lead_of(section, unique.n)
        fresh = lead is None
        if lead is None:
            lead = Lead(unique.n)
            section.leads.append(lead)
            desk.out.count(desk.rules.local.day(unique.opened), desk.shadow, unique.channel, outputs.OPENED)
        before = change.before.get(unique.n)
        if (
            not fresh
            and before is not None
            and _same(before, unique)
            and (lead.sent or lead.status >= S_WON)
            and not _due(lead, unique, now)
        ):
            continue
        if (
            before is None
            or before.count != unique.count
            or before.touched != unique.touched
            or before.facts != unique.facts
        ):
            life.rescore(desk, unique, lead, now)
        was = (lead.status, lead.reason, lead.first)
        life.review(desk, section, unique, lead, now, now, why)
        if fresh or before is None or not _same(before, unique) or was != (lead.status, lead.reason, unique.first):
            life.state(desk, section, unique, lead, now, why, flags)


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


def fold_into(
    desk: Desk,
    section: Section,
    before: Unique | None,
    n: int,
    heir: Unique,
    now: int,
    why: Why,
    *,
    target: Section | None = None,
) -> None:
    """A unique lead that the fold no longer opens closes FOLDED with a pointer (ruling 2); its dispatch counts as the heir's."""
    lead = life.lead_of(section, n)
    if lead is None:
        return
    into = life.lead_for(target or section, heir)
    if lead.sent and lead.status in (S_DISPATCHED, S_CLOSED):
        into.sent = True
        if into.status < S_DISPATCHED:
            into.status = S_DISPATCHED
            into.conditions = into.until = 0
            into.slot = False
            life.end_wait(desk, into)
            life.queue(desk, target or section, heir, into)
    into.sequence += lead.sequence
    lead.into = heir.n
    heir_id = desk.unique_id(heir.n)
    if lead.reason != R_FOLDED:
        life.close(desk, section, before, lead, S_CLOSED, R_FOLDED, now, why, heir_id)
    lead.closed_at = now
    desk.out.count(desk.rules.local.day(now), desk.shadow, heir.channel, outputs.FOLDED)
    lead.version += 1
    known = before if before is not None else heir
    pointers = [other for other in section.leads if other.into]
    if len(pointers) > limits.FOLDED_POINTERS:
        section.leads.remove(pointers[0])
    uid = desk.unique_id(n)
    text = desk.text
    desk.out.events.append(
        (
            streams.UNIQUE_LEADS,
            uid,
            streams.UniqueLead(
                f"unique_leads-{uid}-{lead.version}",
                text(now),
                desk.version,
                why,
                desk.one_id,
                uid,
                "CLOSED",
                life.stage_of(known),
                section.store or None,
                section.line,
                None,
                desk.raw_id(known.first),
                known.count,
                text(known.opened),
                text(known.touched),
                text(known.expires),
                lead.score,
                score.GRADES[lead.grade],
                "FOLDED",
                heir_id,
                UNSET,
                True if desk.shadow else UNSET,
            ),
        )
    )
