"""A unique lead's life as others see it: dispatch or hold, closing, and one record of its state per change.

`review` is the one place that compares what the fold says of an intention with what was done about it, and does the rest
(ruling 2: judged after the fold). It is the same for a record in order, a late one, an activity and a timer.
"""

from __future__ import annotations

from typing import Final

from msgspec import UNSET

from operators.base import count_kinds, outputs
from operators.base.desk import Desk
from operators.dispatch import holds
from operators.intention import score
from operators.intention.attributes import LEVEL_NAMES
from operators.intention.merge import end_of, stands
from operators.wire import streams
from operators.wire.streams import Why
from state import keys
from state.rows.codes import (
    CLOSED_REASONS,
    INVALID,
    LOST,
    OPEN,
    R_INVALID,
    R_LOST,
    R_MAX_LIFE,
    R_MERGE_EXPIRED,
    R_WON,
    S_CLOSED,
    S_DISPATCHED,
    S_INVALID,
    S_LOST,
    S_PENDING,
    S_WON,
    STATUSES,
    WON,
)
from state.rows.customer_row import Lead, Section, Unique
from state.rows.messages import JoinQueue, LeaveQueue

_OUTCOME: Final = {WON: (S_WON, R_WON), LOST: (S_LOST, R_LOST), INVALID: (S_INVALID, R_INVALID)}


def lead_of(section: Section, n: int) -> Lead | None:
    """What was done about unique lead n at this key."""
    for lead in reversed(section.leads):
        if lead.n == n:
            return lead
    return None


def lead_for(section: Section, unique: Unique) -> Lead:
    """The same, made when the unique lead is new."""
    lead = lead_of(section, unique.n)
    if lead is None:
        lead = Lead(unique.n)
        section.leads.append(lead)
    return lead


def pointers_to(section: Section, n: int) -> list[Lead]:
    """The folded leads of the key that point, over one another, to unique lead n: they go where it goes."""
    reached = {n}
    while more := {lead.n for lead in section.leads if lead.into in reached} - reached:
        reached |= more
    return [lead for lead in section.leads if lead.n in reached and lead.n != n]


def expiry_reason(unique: Unique) -> int:
    """MERGE_EXPIRED also where both bounds are equal (ruling 54)."""
    return (
        R_MAX_LIFE
        if unique.opened + unique.life < unique.anchor + unique.merge and not unique.ended
        else R_MERGE_EXPIRED
    )


def is_waiting(lead: Lead) -> bool:
    """Whether it still waits for its dispatch."""
    return not lead.sent and lead.status < S_DISPATCHED


def review(desk: Desk, section: Section, unique: Unique, lead: Lead, now: int, at: int, why: Why) -> None:
    """Bring the lead into the state that the fold gives it at `now`; `at` = logical time of what that emits."""
    if lead.into:
        lead.into = 0  # an intention of its own again, where it had been folded
    outcome = unique.status
    if outcome != OPEN:
        status, reason = _OUTCOME[outcome]
        if lead.status != status:
            close(desk, section, unique, lead, status, reason, at, why)
        lead.closed_at = unique.at
        return
    if not stands(unique, now):
        if lead.status != S_CLOSED or lead.reason != expiry_reason(unique):
            close(desk, section, unique, lead, S_CLOSED, expiry_reason(unique), at, why)
        lead.closed_at = end_of(unique)
        return
    if lead.status >= S_WON:
        reopen(lead)
    if not lead.sent:
        if len(section.leads) > 1 and any(
            other.sent and other.status == S_DISPATCHED for other in section.leads if other is not lead
        ):
            # Ruling 2: no second dispatch where a dispatched lead stands open.
            lead.sent, lead.status = True, S_DISPATCHED
            end_wait(desk, lead)
            queue(desk, section, unique, lead)
            return
        decide(desk, section, unique, lead, now, at, why)


def reopen(lead: Lead) -> None:
    """A closed lead stands open again: after LOST, INVALID or a deal it passes all conditions afresh (ruling 27); a closing
    by the timer, or a folding, that the fold undoes counts as never made (ruling 2)."""
    if lead.status >= S_WON:
        if lead.status != S_CLOSED:
            lead.sent = False
        lead.status = S_DISPATCHED if lead.sent else S_PENDING
        lead.reason = lead.closed_at = lead.into = 0
        lead.conditions = lead.until = 0
        lead.slot = False


def decide(desk: Desk, section: Section, unique: Unique, lead: Lead, now: int, at: int, why: Why) -> None:
    """Dispatch, or one hold that anyone can see (domain 10)."""
    conditions, until = holds.judge(desk.row, section, unique, lead, now, desk.rules)
    if conditions == 0:
        send(desk, section, unique, lead, now, at, why)
        return
    lead.status = holds.waiting_status(conditions)
    hold(desk, section, unique, lead, conditions, until, at, why)


def hold(
    desk: Desk, section: Section, unique: Unique, lead: Lead, conditions: int, until: int, at: int, why: Why
) -> None:
    """One `holds` record whenever the conditions or their end change (ruling 29); keeps the store's queue told."""
    if conditions != lead.conditions or until != lead.until:
        lead.conditions, lead.until = conditions, until
        lead.slot = False
        lead.holds += 1
        if not lead.held_at and not desk.shadow:
            lead.held_at = at
            desk.out.waits.append((desk.digest, lead.n, at, True))
        out = desk.out
        uid = desk.unique_id(lead.n)
        out.events.append(
            (
                streams.HOLDS,
                desk.one_id,
                streams.Hold(
                    f"holds-{uid}-{lead.holds}",
                    desk.text(at),
                    desk.version,
                    why,
                    desk.one_id,
                    uid,
                    section.store or None,
                    section.line,
                    holds.codes(conditions),
                    desk.text(until) if until else None,
                    True if desk.shadow else UNSET,
                ),
            )
        )
        desk.story.append(("hold", at, lead.n, conditions, until))
        out.count(desk.rules.local.day(at), desk.shadow, unique.channel, count_kinds.HELD)
    queue(desk, section, unique, lead)


def queue(desk: Desk, section: Section, unique: Unique, lead: Lead) -> None:
    """Tell a store with a release rate who waits for its opening alone, and who no longer does (ruling 29)."""
    wants = 0
    if lead.conditions == holds.HOURS and not lead.slot and not desk.shadow and is_waiting(lead):
        store = desk.rules.store_of(section.store, section.line)
        if store is not None and store.release_per_minute and lead.until:
            wants = lead.until
    if wants:
        lead.queued = wants
        desk.out.tell(
            keys.store_entity(section.store),
            JoinQueue(desk.digest, lead.n, wants, lead.score, unique.opened, desk.unique_id(lead.n), section.line),
        )
    elif lead.queued and not lead.slot and not (lead.conditions == holds.RATE and is_waiting(lead)):
        desk.out.tell(keys.store_entity(section.store), LeaveQueue(desk.digest, lead.n))
        lead.queued = 0


def end_wait(desk: Desk, lead: Lead) -> None:
    """It no longer waits: out of the order by which the oldest hold is seen."""
    if lead.held_at:
        desk.out.waits.append((desk.digest, lead.n, lead.held_at, False))
        lead.held_at = 0


def send(desk: Desk, section: Section, unique: Unique, lead: Lead, now: int, at: int, why: Why) -> None:
    """One `dispatches` record, and the admin's ARRIVAL."""
    assert not desk.shadow, "a shadow lead never dispatches (ruling 8)"
    assert section.store, "no dispatch without a store"
    assert unique.status == OPEN, "a closed lead is never dispatched"
    row, out = desk.row, desk.out
    lead.sent = True
    lead.sequence += 1
    lead.status = S_DISPATCHED
    end_wait(desk, lead)
    was_queued = lead.queued if not lead.slot else 0
    lead.conditions = lead.until = 0
    if was_queued:
        queue(desk, section, unique, lead)
    lead.queued = 0
    lead.slot = False
    uid = desk.unique_id(lead.n)
    reasons = score.top(score.points_of(unique, lead, now, desk.rules))
    text = desk.text
    intents = [
        streams.IntentOut(text(e.t), e.series, LEVEL_NAMES[e.level], e.days_to_buy, e.budget) for e in unique.intents
    ]
    behaviours = {kind: count for kind, count in zip(score.BEHAVIOURS, lead.behaviours, strict=False) if count}
    out.events.append(
        (
            streams.DISPATCHES,
            desk.one_id,
            streams.Dispatch(
                f"dispatches-{uid}-{lead.sequence}",
                text(at),
                desk.version,
                why,
                desk.one_id,
                uid,
                section.store,
                section.line,
                unique.channel,
                lead.score,
                score.GRADES[lead.grade],
                reasons,
                lead.grade + 1,
                intents,
                behaviours,
                streams.Contact(row.name or None, row.phone or row.landline),
                lead.sequence,
                desk.raw_id(unique.first),
            ),
        )
    )
    desk.story.append(("dispatch", at, lead.n, lead.sequence, lead.score))
    out.count(desk.rules.local.day(at), False, unique.channel, count_kinds.DISPATCHED)
    notify(desk, "ARRIVAL", "store_admin", section.store, at, why.rule, lead=lead, store=section.store)


def close(
    desk: Desk,
    section: Section,
    unique: Unique | None,
    lead: Lead,
    status: int,
    reason: int,
    at: int,
    why: Why,
    into: str | None = None,
) -> None:
    """A move into a closed status: one `closings` record (ruling 32)."""
    lead.status = status
    lead.reason = reason
    lead.conditions = lead.until = 0
    lead.closings += 1
    end_wait(desk, lead)
    if lead.queued and unique is not None:
        queue(desk, section, unique, lead)
    lead.queued = 0
    lead.slot = False
    uid = desk.unique_id(lead.n)
    desk.story.append(("closing", at, lead.n, reason))
    if not desk.shadow:
        desk.out.events.append(
            (
                streams.CLOSINGS,
                desk.one_id,
                streams.Closing(
                    f"closings-{uid}-{lead.closings}",
                    desk.text(at),
                    desk.version,
                    why,
                    desk.one_id,
                    uid,
                    section.store or None,
                    section.line,
                    CLOSED_REASONS[reason],
                    into if into else UNSET,
                ),
            )
        )


def stage_of(unique: Unique) -> str:
    """UQL opened; MQL cleaning done or exempt; SQL first effective follow-up; WON (ruling 32). All are exempt (ruling 51)."""
    if unique.status == WON:
        return "WON"
    return "SQL" if unique.effective else "MQL"


def state(desk: Desk, section: Section, unique: Unique, lead: Lead, at: int, why: Why, flags: int = 0) -> None:
    """The one `unique_leads` record of this input for this lead (ruling 21)."""
    version = lead.version = lead.version + 1
    first = lead.first = unique.first
    text = desk.text
    uid = desk.unique_id(lead.n)
    desk.out.events.append(
        (
            streams.UNIQUE_LEADS,
            uid,
            streams.UniqueLead(
                f"unique_leads-{uid}-{version}",
                text(at),
                desk.version,
                why,
                desk.one_id,
                uid,
                STATUSES[lead.status],
                stage_of(unique),
                section.store or None,
                section.line,
                None,
                desk.raw_id(first),
                unique.count,
                text(unique.opened),
                text(unique.touched),
                text(unique.expires),
                lead.score,
                score.GRADES[lead.grade],
                CLOSED_REASONS[lead.reason] if lead.reason else None,
                UNSET,
                outputs.flag_names(flags) if flags else UNSET,
                True if desk.shadow else UNSET,
            ),
        )
    )


def rescore(desk: Desk, unique: Unique, lead: Lead, now: int) -> None:
    """Score and grade on a touch, until the order (domain 9)."""
    if unique.status != WON:
        lead.score = score.score_of(unique, lead, now, desk.rules)
        lead.grade = score.grade_of(unique)


def notify(
    desk: Desk,
    kind: str,
    role: str,
    to: str,
    at: int,
    rule: str,
    *,
    lead: Lead | None = None,
    raw_id: str = "",
    store: str | None = None,
    note: str = "",
) -> None:
    """Something for another system to send; nothing of it in the shadow realm (ruling 8)."""
    if desk.shadow:
        return
    # Numbered by its own subject (ruling 21): two leads of a customer may be told of in either order at one instant.
    if lead is not None:
        number = lead.notices = lead.notices + 1
        uid = subject = desk.unique_id(lead.n)
    else:
        number = desk.row.notices = desk.row.notices + 1
        uid, subject = "", desk.prefix[:-1]
    text = desk.text(at)
    one_id = desk.one_id
    desk.out.events.append(
        (
            streams.NOTIFICATIONS,
            one_id,
            streams.Notification(
                f"notifications-{subject}-{number}",
                text,
                desk.version,
                Why(rule, "", "", "", note),
                one_id,
                kind,
                streams.To(role, to),
                text,
                uid or UNSET,
                raw_id or UNSET,
                store,
            ),
        )
    )
