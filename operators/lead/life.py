"""A unique lead's life as others see it: dispatch or hold, closing, and one record of its state per change.

`review` is the one place that compares what the fold says of an intention with what was done about it, and does the rest
(ruling 2: judged after the fold). It is the same for a record in order, a late one, an activity and a timer.
"""

from __future__ import annotations

from typing import Final

from operators.cleaning import facts
from operators.dispatch import holds
from operators.intention import score
from operators.intention.merge import end_of, stands
from operators.lead import care, records, statuses, tasks
from operators.lead.case import Case
from operators.lead.statuses import AT_STORE, CLOSED, IN_POOL, IN_QUEUE, WAITING
from state import keys
from state.rows.codes import (
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
    S_POOL,
    S_WON,
    WON,
)
from state.rows.intention import Unique
from state.rows.lead import Lead
from state.rows.messages import JoinQueue, LeaveQueue

_OUTCOME: Final = {WON: (S_WON, R_WON), LOST: (S_LOST, R_LOST), INVALID: (S_INVALID, R_INVALID)}


def expiry_reason(unique: Unique) -> int:
    """MERGE_EXPIRED also where both bounds are equal (ruling 54)."""
    return (
        R_MAX_LIFE
        if unique.opened + unique.life < unique.anchor + unique.merge and not unique.ended
        else R_MERGE_EXPIRED
    )


def is_waiting(lead: Lead) -> bool:
    """Whether it still waits for its dispatch: the first, in the public pool the next (ruling 65), or that to the successor of a
    store that left (ruling 66)."""
    return not lead.sent and bool((WAITING | IN_QUEUE | IN_POOL) >> lead.status & 1)


def review(case: Case) -> None:
    """Bring the lead into the state that the fold gives it at `now`."""
    unique, lead = case.unique, case.lead
    if lead.into:
        lead.into = 0  # an intention of its own again, where it had been folded
    if unique.status != OPEN:
        status, reason = _OUTCOME[unique.status]
        if lead.status != status:
            close(case, status, reason)
        lead.closed_at = unique.at
        return
    if not stands(unique, case.now):
        if lead.status != S_CLOSED or lead.reason != expiry_reason(unique):
            close(case, S_CLOSED, expiry_reason(unique))
        lead.closed_at = end_of(unique)
        return
    if CLOSED >> lead.status & 1:
        reopen(case)
    if not lead.sent:
        if len(case.section.leads) > 1 and _another_stands(case):
            counts_as_sent(case)
            queue(case)
            return
        if not care.is_asked_back(lead):
            decide(case)


def _another_stands(case: Case) -> bool:
    """Ruling 2: no second dispatch where a dispatched lead stands open at the key."""
    leads = case.section.leads
    return any(other is not case.lead and other.sent and AT_STORE >> other.status & 1 for other in leads)


def counts_as_sent(case: Case) -> None:
    """It counts as dispatched without a dispatch of its own, and waits for nothing."""
    lead = case.lead
    lead.sent = True
    tasks.withdraw(case)
    tasks.show(case)
    statuses.become(lead, S_DISPATCHED)
    end_wait(case)


def reopen(case: Case, *, own: bool = True) -> None:
    """A closed lead stands open again. `own`: the record's own raw lead or store answer reopens it, not the fold.

    After LOST, INVALID or a deal it passes all conditions afresh, its owner a hint (ruling 27); a closing by the timer, or a
    folding, that the fold undoes counts as never made (ruling 2): in the pool it is in the pool again. One that had an owner and
    is reopened by the fold, or whose closing it undoes, stands in the store's queue, not dispatched again, and asks for him
    (ruling 64)."""
    lead = case.lead
    timer = lead.status == S_CLOSED
    owner = care.owner_of(lead)
    asks = bool(owner) and (timer or not own)
    pooled = timer and lead.care is not None and lead.care.pooled
    if asks:
        lead.sent = True
    elif not timer:
        lead.sent = False
    if timer:
        tasks.goes_on(lead)
    else:
        lead.ordered = False
        tasks.begins_anew(lead, invalid=lead.status == S_INVALID)
    statuses.become(lead, S_POOL if pooled else S_DISPATCHED if lead.sent else S_PENDING)
    lead.reason = lead.closed_at = lead.into = 0
    lead.conditions = lead.until = lead.gated = 0
    lead.slot = False
    care.lost(lead)
    if asks:
        care.ask(case, owner, care.of(lead).assigned_at)


def was_sent(lead: Lead) -> bool:
    """Whether it was dispatched in this opening, though it may wait for its reactivation or be closed by the timer."""
    return lead.sent or bool((IN_QUEUE | IN_POOL) >> lead.status & 1) or (lead.care is not None and lead.care.pooled)


def decide(case: Case) -> None:
    """Dispatch, or one hold that anyone can see (domain 10), with the task that cleaning asks for (ruling 58)."""
    desk, lead = case.desk, case.lead
    if lead.cleaning is not None or not lead.route:
        tasks.look(case)
    conditions, until = holds.judge(desk.row, case.section, case.unique, lead, case.now, desk.rules)
    if conditions & holds.STORE_UNKNOWN and not conditions & holds.CLEANING and tasks.ask(case, facts.STORE_UNKNOWN):
        conditions |= holds.CLEANING
    if conditions == 0:
        send(case)
        return
    wait(case, conditions, until)


def wait(case: Case, conditions: int, until: int) -> None:
    """It waits, and shows by its status for what (ruling 54); in the public pool, and behind a store exit, it keeps its status
    (rulings 65 and 66)."""
    if not (IN_QUEUE | IN_POOL) >> case.lead.status & 1:
        statuses.become(case.lead, holds.waiting_status(conditions))
    hold(case, conditions, until)


def hold(case: Case, conditions: int, until: int) -> None:
    """One `holds` record whenever the conditions or their end change (ruling 29); keeps the store's queue told."""
    lead = case.lead
    if conditions != lead.conditions or until != lead.until:
        lead.conditions, lead.until = conditions, until
        lead.slot = False
        if conditions & holds.SCORE and not lead.gated:
            lead.gated = holds.gate_end(lead, case.at, case.desk.rules)
        if not lead.held_at and not case.desk.shadow:
            lead.held_at = case.at
            case.desk.out.waits.append((case.desk.digest, lead.n, case.at, True))
        records.hold(case)
    queue(case)


def queue(case: Case) -> None:
    """Tell a store with a release rate who waits for its opening alone, and who no longer does (ruling 29)."""
    desk, section, lead = case.desk, case.section, case.lead
    wants = 0
    if lead.conditions == holds.HOURS and not lead.slot and not desk.shadow and is_waiting(lead):
        store = desk.rules.store_of(section.store, section.line)
        if store is not None and store.release_per_minute and lead.until:
            wants = lead.until
    if wants:
        lead.queued = wants
        opened, unique_id = case.unique.opened, desk.unique_id(lead.n)
        joins = JoinQueue(desk.digest, lead.n, wants, lead.score, opened, unique_id, section.line)
        desk.out.tell(keys.store_entity(section.store), joins)
    elif lead.queued and not lead.slot and not (lead.conditions == holds.RATE and is_waiting(lead)):
        desk.out.tell(keys.store_entity(section.store), LeaveQueue(desk.digest, lead.n))
        lead.queued = 0


def end_wait(case: Case) -> None:
    """It no longer waits: out of the order by which the oldest hold is seen."""
    lead = case.lead
    if lead.held_at:
        case.desk.out.waits.append((case.desk.digest, lead.n, lead.held_at, False))
        lead.held_at = 0


def send(case: Case) -> None:
    """Dispatch: one `dispatches` record, and the admin's ARRIVAL."""
    lead = case.lead
    assert not case.desk.shadow, "a shadow lead never dispatches (ruling 8)"
    assert case.section.store, "no dispatch without a store"
    assert case.unique.status == OPEN, "a closed lead is never dispatched"
    assert lead.cleaning is None or not lead.cleaning.holds, "no dispatch before it is cleaned"
    again = IN_POOL >> lead.status & 1
    lead.sent, lead.sent_at = True, case.at
    lead.gated = 0
    lead.sequence += 1
    statuses.become(lead, S_DISPATCHED)
    end_wait(case)
    if lead.queued:
        queue(case)  # by the wall's clock it may go before its store's answer: then it takes nobody's slot
    lead.queued = 0
    lead.slot = False
    records.dispatch(case)
    if again:
        care.tell_reactivated(case)
    else:
        records.notify_admin(case, "ARRIVAL", case.why.rule)


def close(case: Case, status: int, reason: int, into: str = "") -> None:
    """A move into a closed status: one `closings` record (ruling 32). `into` = the lead that it is folded into."""
    lead = case.lead
    if lead.care is not None and not CLOSED >> lead.status & 1:
        lead.care.pooled = bool(IN_POOL >> lead.status & 1)
    tasks.withdraw(case)
    statuses.become(lead, status)
    lead.reason = reason
    lead.conditions = lead.until = 0
    lead.closings += 1
    end_wait(case)
    if lead.queued:
        queue(case)
    lead.queued = 0
    lead.slot = False
    care.free(case)
    records.closing(case, into)


def rescore(case: Case) -> None:
    """Score and grade on a touch, until the order (domain 9)."""
    unique, lead = case.unique, case.lead
    if unique.status != WON and not lead.ordered:
        desk = case.desk
        lead.score = score.score_of(unique, lead, case.now, desk.rules, desk.row.behaviours)
        lead.grade = score.grade_of(unique)


def touched(case: Case, flags: int = 0) -> None:
    """A unique lead that an event in order touched: rescored, reviewed, written."""
    rescore(case)
    review(case)
    records.state(case, flags)
