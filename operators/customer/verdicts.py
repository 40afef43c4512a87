"""Verdicts (清洗结果): what robot, people and others say of a unique lead (rulings 17, 24, 40, 59 and 61)."""

from __future__ import annotations

from hashlib import blake2b
from typing import Final

import msgspec

from operators.base.desk import Desk
from operators.base.outputs import Outputs, text_of
from operators.base.verdict_kinds import ENDS, INVALID, KIND_OF, SUSPECT, TO_PEOPLE, VerdictKind, reason_of
from operators.customer import consent, replays, split, store_naming
from operators.customer.tasks_named import Named, find
from operators.dispatch import holds
from operators.intention import fold
from operators.intention.attributes import LEVELS
from operators.intention.merge import stands
from operators.lead import arising, care, cleaning_records, life, marks, records, tasks
from operators.lead.case import Case, lead_of, unique_of
from operators.lead.statuses import AT_STORE, CLOSED, WAITING
from operators.wire.arrival import Arrival
from operators.wire.records import VerdictRecord
from operators.wire.streams import Why
from state import limits
from state.rows.codes import ACT_INTENT, ACT_INVALID, AI, BY, MANUAL, T_DONE, T_TIMEOUT
from state.rows.customer_row import Customer
from state.rows.intention import Act, IntentEntry
from state.rows.story import Said

CONSENT_TIE: Final = "\uffff\uffff"
"""Behind raw leads and activities of its instant (ruling 5)."""
_encode: Final = msgspec.msgpack.Encoder().encode


def verdict(row: Customer | None, arrival: Arrival, out: Outputs) -> Customer | None:
    """Apply one validated verdict; returns the row. What finds no lead or no task goes to `rejects`."""
    record = arrival.record
    assert isinstance(record, VerdictRecord)
    if row is None:
        out.reject(arrival, ("NO_TASK" if record.task_id else "NO_LEAD",), one_id=arrival.digest.hex())
        return None
    desk = Desk(row, arrival.digest, out)
    for section in list(row.sections):
        split.settle(section, arrival.now, out.rules)
    known = _heard_before(row, record)
    found = find(desk, arrival, record)
    if isinstance(found, str) and not known:
        out.reject(arrival, (found,), one_id=desk.one_id)
        return row
    if isinstance(found, Named) and not known:
        digest = _digest(record, found.unique.reopened)
        known = found.lead.n if _is_known(found, record, digest, arrival.now) else 0
    if known or isinstance(found, str):
        replays.say(desk, arrival, "", None, [], task_id=text_of(record.task_id), unique_id=desk.unique_id(known))
        return row
    kind = KIND_OF[record.by or "", record.outcome or ""]
    refused = _refusal(found, kind, arrival.now)
    if refused:
        out.reject(arrival, (refused,), one_id=desk.one_id)
        return row
    cleaning = tasks.of(found.lead)
    cleaning.verdicts = [*cleaning.verdicts[1 - limits.VERDICTS_KEPT :], digest]
    _apply(desk, arrival, record, found, kind)
    return row


def _digest(record: VerdictRecord, reopened: int) -> bytes:
    """What makes two verdicts the same: all but when they were handed on. One that names neither time nor task may be said
    again after a reopening."""
    given = msgspec.structs.replace(record, type=None, ingest_time=None)
    opening = 0 if record.task_id or record.event_time else reopened
    return blake2b(_encode((opening, given)), digest_size=8).digest()


def _heard_before(row: Customer, record: VerdictRecord) -> int:
    """The lead to which this very verdict was applied, 0 = none. By an address it may find another one by now: the lead that it
    moved, or into which its own was folded. One without a time speaks of what stands now."""
    if not (record.task_id or record.event_time):
        return 0
    digest = b""
    for section in row.sections:
        for lead in section.leads:
            if lead.cleaning is not None and lead.cleaning.verdicts:
                digest = digest or _digest(record, 0)
                if digest in lead.cleaning.verdicts:
                    return lead.n
    return 0


def _is_known(found: Named, record: VerdictRecord, digest: bytes, now: int) -> bool:
    """Whether it came before: the same again, or the outcome that ended the task that it speaks of (ruling 24), in this opening:
    an INVALID that names a task of an earlier one is said of the lead as it stands now (ruling 61)."""
    cleaning = found.lead.cleaning
    if cleaning is None:
        return False
    if digest in cleaning.verdicts:
        return True
    said = f"{record.by} {record.outcome}"
    if found.task:
        before = cleaning.before if record.outcome == "INVALID" and stands(found.unique, now) else 0
        return any(past.number == found.task > before and past.said == said for past in cleaning.past)
    last = cleaning.past[-1] if cleaning.past and not cleaning.route else None
    return last is not None and last.number == cleaning.number > cleaning.before and last.said == said


def _refusal(found: Named, kind: VerdictKind, now: int) -> str:
    """Why the verdict is not taken: TASK_CLOSED, NO_TASK, or "" where it is."""
    lead, cleaning = found.lead, found.lead.cleaning
    if lead.into or CLOSED >> lead.status & 1 or not stands(found.unique, now):
        return "TASK_CLOSED"
    if not kind.needs_task:
        # INVALID applies whatever task it names (ruling 61); what else names one speaks of one that is open.
        named = found.task and kind.effect not in (INVALID, SUSPECT)
        is_open = cleaning is not None and cleaning.route != 0 and found.task == cleaning.number
        return "TASK_CLOSED" if named and not is_open else ""
    if cleaning is None or not (cleaning.route or cleaning.past):
        return "NO_TASK"
    its_own = not found.task or found.task == cleaning.number
    if cleaning.route == AI:
        return "" if its_own else "TASK_CLOSED"
    if cleaning.route != MANUAL:
        return "TASK_CLOSED"
    if kind.by != "AI":
        return "" if its_own else "TASK_CLOSED"
    # After its own time-out the robot ends the task of people by what is a fact of the number alone (ruling 59).
    robots = [past for past in cleaning.past if past.route == AI and past.number > cleaning.before]
    late = bool(robots) and robots[-1].end == T_TIMEOUT and found.task in (0, robots[-1].number)
    return "" if late and kind.effect == INVALID else "TASK_CLOSED"


def _apply(desk: Desk, arrival: Arrival, record: VerdictRecord, found: Named, kind: VerdictKind) -> None:
    now = arrival.now
    section, unique, lead = found.section, found.unique, found.lead
    reason = reason_of(record.reason) if kind.outcome == "INVALID" else ""
    words = f"{kind.by} {kind.outcome} {reason}".strip()
    case = Case(desk, section, unique, lead, now, Why("verdict", note=words))
    cleaning = tasks.of(lead)
    ends = cleaning.route != 0 and (kind.needs_task or kind.effect == INVALID)
    t = arrival.t
    if t < now - desk.rules.late_ms or t < (unique.counts_from or unique.opened) or (ends and t < cleaning.opened):
        t = now  # it takes effect when it comes
    desk.story.append(Said(now, lead.n, kind.by, kind.outcome, arrival.t, reason))
    cost = _cost(desk, record, kind, ends=ends)
    if kind.effect == SUSPECT:
        arising.suspected(case, arrival.t)
        records.state(case)
        if cost is not None:
            cleaning_records.spent(case, cost)
        return
    beside = ends and not cleaning.holds
    if ends:
        tasks.end_task(case, T_DONE, by=kind.by, outcome=kind.outcome, cost=cost)
        if not beside and kind.effect == TO_PEOPLE:
            cleaning.wanted = MANUAL
        else:
            tasks.served(cleaning)
            cleaning.by = BY.index(kind.by)
    if kind.effect == INVALID:
        _invalid(case, t)
    else:
        case = _heard(case, record, kind, t, arrival.t, beside=beside)
    if cost is not None:
        cleaning_records.spent(case, cost)
    if ends and kind.effect in (ENDS, INVALID) and not tasks.is_open(lead):
        cleaning_records.resolved(case, by_robot=kind.by == "AI")


def _cost(desk: Desk, record: VerdictRecord, kind: VerdictKind, *, ends: bool) -> float | None:
    """Yuan: as the verdict says, else that of a task of its sort where it ends one; None = it cost nothing."""
    if record.cost is not None:
        return float(record.cost)
    rules = desk.rules.cleaning
    usual = rules.cost_ai if kind.by == "AI" else rules.cost_manual if kind.by == "MANUAL" else 0.0
    return usual if ends and usual else None


def _invalid(case: Case, t: int) -> None:
    """The lead is INVALID where it stands in the fold; the owner of a dispatched one hears of it, nothing is withdrawn."""
    if AT_STORE >> case.lead.status & 1:
        care.tell_owner(case, "LEAD_WITHDRAWN", "invalid")
    _put(case, Act(t, t, ACT_INVALID, "", 0, t))


def _heard(case: Case, record: VerdictRecord, kind: VerdictKind, t: int, said_at: int, *, beside: bool) -> Case:
    """What the verdict says of consent, store and wish; returns the case of the lead that heard it."""
    desk, section, lead, now = case.desk, case.section, case.lead, case.now
    row, rules = desk.row, desk.rules
    cleaning = tasks.of(lead)
    consented = holds.has_consent(row, rules)
    if kind.consents:
        consent.say(row, True, t, CONSENT_TIE)
        cleaning.clean = True
        lead.confirmed = lead.confirmed or kind.by == "MANUAL" or kind.outcome == "INTENT"
        cleaning.high = cleaning.high or (kind.outcome == "HIGH" and not beside)
    entry = _intent_of(record, kind, t)
    store = rules.alias(text_of(record.store))
    asks = not section.store or rules.store_of(section.store, section.line) is None
    if store and asks and store != section.store and WAITING >> lead.status & 1:
        store_naming.answer(desk, section, case.unique, lead, store, now, intent=entry, note=case.why.note)
        case = _where(case)
    elif entry is not None:
        _put(case, Act(t, t, ACT_INTENT, "", 0, t, intent=entry))
    else:
        life.touched(case)
    consent.changed(desk, consented, now, "consent", skip={(case.section.line, case.section.store)})
    return case


def _intent_of(record: VerdictRecord, kind: VerdictKind, t: int) -> IntentEntry | None:
    """The entry that joins the history; None where nothing is said. HIGH and NORMAL set the level where none is given."""
    given = record.intent
    if given is None:
        return IntentEntry(t, "", kind.level) if kind.level else None
    days = given.days_to_buy
    return IntentEntry(
        t,
        given.series or "",
        LEVELS.get(given.level or "", 0) or kind.level,
        -1 if days is None else max(0, min(int(days), 100_000)),
        "" if given.budget is None else str(given.budget),
    )


def _put(case: Case, act: Act) -> None:
    """One event of the key's fold, and the one record of the lead that it speaks of."""
    desk, section, lead, now = case.desk, case.section, case.lead, case.now
    row = desk.row
    row.arrivals += 1
    act.activity_id, act.arrival = f"v{row.arrivals}", row.arrivals
    version = lead.version
    change = fold.add_activity(section, act, row, desk.rules)
    if change.refolded:
        marks.corrections(desk, section, change, now)
        marks.reviewed(desk, section, change, now, case.why)
        unique = unique_of(section, lead.n)
        if unique is None or lead.version != version:
            return
        case.unique = unique
    life.touched(case)


def _where(case: Case) -> Case:
    """The case of the lead that an answer moved, or of the one that it was folded into."""
    desk, n = case.desk, case.lead.into or case.lead.n
    for section in desk.row.sections:
        lead, unique = lead_of(section, n), unique_of(section, n)
        if lead is not None and unique is not None:
            return Case(desk, section, unique, lead, case.now, case.why)
    return case
