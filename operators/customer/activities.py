"""Activities: what happened with a customer after his lead (domain 7 and 11; rulings 19, 26, 38, 57)."""

from __future__ import annotations

from typing import Final

from operators.base.desk import Desk
from operators.base.outputs import Outputs, text_of
from operators.customer import addresses, consent, replays, split
from operators.dispatch import holds
from operators.follow_up import evidence
from operators.intention import fold, merge, score
from operators.intention.places import opening_order
from operators.lead import arising, care, life, marks, records, statuses
from operators.lead.case import Case, lead_for
from operators.lead.statuses import OWNED
from operators.wire.arrival import Arrival
from operators.wire.records import ActivityRecord
from operators.wire.streams import Why
from state import limits
from state.rows.codes import ACT_INVALID, ACT_LOST, ACT_PAID, ACT_REFUND, EFFECTIVE, OPEN, WON
from state.rows.customer_row import Customer, Section
from state.rows.intention import OLD, USUAL, Act, Fold, Unique
from state.rows.story import Acted, OptedOut

FOLLOW_UPS: Final = frozenset({"CALL", "FOLLOW_UP", "VISIT", "TEST_DRIVE", "QUOTE", "ORDER", "PAID"})
_EFFECTIVE_CALL_S: Final = 5


def is_effective(record: ActivityRecord) -> bool:
    """Every follow-up, except a CALL or FOLLOW_UP not connected or shorter than 5 s (rulings 6 and 54)."""
    if record.kind in ("CALL", "FOLLOW_UP"):
        return record.connected is not False and (record.duration_s is None or record.duration_s >= _EFFECTIVE_CALL_S)
    return record.kind in FOLLOW_UPS


def activity(row: Customer | None, arrival: Arrival, out: Outputs) -> Customer | None:
    """Apply one validated activity; returns the row. What finds no lead goes to `rejects` (ruling 26)."""
    record = arrival.record
    assert isinstance(record, ActivityRecord)
    if row is None:
        out.reject(arrival, ("NO_LEAD",), one_id=arrival.digest.hex())
        return None
    desk = Desk(row, arrival.digest, out)
    activity_id = text_of(record.activity_id)
    now = arrival.now
    replay_ms = out.rules.replay_ms
    if any(known == activity_id and now - accepted <= replay_ms for known, accepted in row.activities):
        replays.say(desk, arrival, "", None, [], activity_id)
        return row
    for section in row.sections:
        split.settle(section, now, out.rules)
    refused = _apply(desk, arrival, record, activity_id)
    if refused:
        out.reject(arrival, (refused,), one_id=desk.one_id)
        return row
    row.activities = [(known, accepted) for known, accepted in row.activities if now - accepted <= replay_ms]
    row.activities.append((activity_id, now))
    return row


def _apply(desk: Desk, arrival: Arrival, record: ActivityRecord, activity_id: str) -> str:
    """ "" when applied, else the code of the reject."""
    row, now, t = desk.row, arrival.now, arrival.t
    if not row.sections:
        return "NO_LEAD"
    if record.kind == "OPT_OUT":
        if record.unique_id and addresses.named(desk, record.unique_id) is None:
            return "NO_LEAD"
        _opt_out(desk, now, t)
        return ""
    section_or_code = _section(desk, arrival, record, now)
    if isinstance(section_or_code, str):
        return section_or_code
    section = section_or_code
    old = t < now - desk.rules.late_ms
    kind = _fold_kind(record)
    row.arrivals += 1
    act = Act(
        t, now if old else t, EFFECTIVE if kind is None else kind, activity_id, row.arrivals, t, OLD if old else USUAL
    )
    then = fold.stand(section, act, desk.rules)
    target = _target(then, act, record) if then is not None else None
    if target is None:
        return "NO_LEAD"
    unique = next((u for u in section.head.uniques if u.first == target.first), section.head.uniques[-1])
    desk.story.append(Acted(now, record.kind, unique.n, t))
    lead = lead_for(section, unique)
    follows_up = record.kind in FOLLOW_UPS
    if follows_up:
        care.keep(lead, t)
    owned = statuses.is_in(lead, OWNED)
    won_before = unique.status == WON
    why = Why("activity", note=record.kind or "")
    changed = False
    if kind is not None:
        before = _seen(unique)
        change = fold.add_activity(section, act, row, desk.rules)
        if change.refolded:
            marks.corrections(desk, section, change, now)
            marks.reviewed(desk, section, change, now, why)
            unique = next((u for u in section.head.uniques if u.first == target.first), unique)
            lead = lead_for(section, unique)
        else:
            changed = change.touched is not None and before != _seen(unique)
    if record.kind in score.BEHAVIOURS and merge.stands(unique, now):
        if not lead.behaviours:
            lead.behaviours = [0] * len(score.BEHAVIOURS)
        lead.behaviours[score.BEHAVIOURS.index(record.kind)] += 1
        changed = True
    case = Case(desk, section, unique, lead, now, why)
    if record.kind == "INVALID" and record.by == "BIGDATA" and merge.stands(unique, now):
        arising.suspected(case, arrival.t)
        changed = True
    if follows_up and owned and care.count(lead):  # before a deal closes it: the payment that wins counts
        changed = True
    if changed:
        life.touched(case)
    if record.kind == "ORDER" and merge.stands(unique, now):
        lead.ordered = True  # behind its own points
    if follows_up:
        evidence.came(case, t)
    if kind == ACT_PAID and not won_before:
        _tell_the_maker(desk, section, now)
    return ""


def _seen(unique: Unique) -> tuple[int, int, int, bool, int]:
    return unique.status, unique.at, unique.expires, unique.effective, unique.anchor


def _fold_kind(record: ActivityRecord) -> int | None:
    if record.kind == "PAID":
        return ACT_PAID
    if record.kind == "REFUND":
        return ACT_REFUND
    if record.kind == "LOST":
        return ACT_LOST
    if record.kind == "INVALID":
        return None if record.by == "BIGDATA" else ACT_INVALID  # it alone makes nothing invalid (ruling 40)
    return EFFECTIVE if is_effective(record) else None


def _section(desk: Desk, arrival: Arrival, record: ActivityRecord, now: int) -> Section | str:
    """The key an activity speaks of, or the code of its reject (rulings 17 and 26)."""
    row, t = desk.row, arrival.t
    line = text_of(record.line)
    if record.unique_id:
        named = addresses.named(desk, record.unique_id)
        # Given and contradicting: rejected (ruling 17).
        if named is None or (line and line != named[0].line):
            return "NO_LEAD"
        if arrival.stores and arrival.stores[0] != desk.rules.alias(named[0].store):
            return "NO_LEAD"
        return named[0]
    line = line or "main"
    if arrival.stores:
        for section in row.sections:
            if section.store == arrival.stores[0] and section.line == line:
                return section
        return "NO_LEAD"
    of_line = [section for section in row.sections if section.line == line]
    open_now = [s for s in of_line if any(merge.stands(u, now) for u in s.head.uniques)]
    if len(open_now) > 1:
        return "AMBIGUOUS"
    if open_now:
        return open_now[0]
    opened = [
        (u.counts_from or u.opened, opening_order(u), place)
        for place, s in enumerate(of_line)
        for u in s.head.uniques
        if u.opened <= t and not merge.passed_over(u, t)
    ]
    counted = [entry for entry in opened if entry[0] <= t]
    if opened:
        return of_line[max(counted or opened)[2]]
    return "NO_LEAD"


def _target(then: Fold, act: Act, record: ActivityRecord) -> Unique | None:
    """The unique lead it goes to in the key's state `then`, where it stands in the order; None for NO_LEAD."""
    found = merge.candidates(then, act)
    t = act.time
    if record.kind == "REFUND":
        found = [u for u in found if u.status == WON]
    elif not found and act.rank == OLD:
        # On a lead opened after it, within ten minutes, an old activity is only recorded (ruling 26).
        first = min((u for u in then.uniques if not merge.passed_over(u, t)), key=opening_order, default=None)
        return first if first is not None and first.opened - act.t <= limits.EARLY_ACTIVITY_MS else None
    if not found:
        return None
    unique = found[-1]
    if unique.status == OPEN and act.place <= merge.end_of(unique):
        return unique
    # On a lead that is won, too: whatever its merge period, the deal speaks for its own period alone (ruling 83).
    if record.kind == "PAID" and t > merge.closing_of(unique) + unique.deal:
        return None
    return unique


def _opt_out(desk: Desk, now: int, t: int) -> None:
    """The customer withdraws: consent false for all his leads; owners of dispatched ones are told (ruling 38)."""
    row = desk.row
    consented = holds.has_consent(row, desk.rules)
    consent.say(row, False, t, consent.OPT_OUT_TIE)
    desk.story.append(OptedOut(now, t))
    consent.changed(desk, consented, now, "opt_out")


def _tell_the_maker(desk: Desk, sold: Section, now: int) -> None:
    """A deal at one store changes no lead at another; the maker gets a note (ruling 19)."""
    for section in desk.row.sections:
        if (
            section is not sold
            and section.line == sold.line
            and any(merge.stands(u, now) for u in section.head.uniques)
        ):
            records.notify(desk, "CROSS_STORE", "maker", sold.line, now, "deal_elsewhere", store=sold.store)
            return
