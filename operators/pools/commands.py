"""Commands on a unique lead (rulings 35, 64, 66): ASSIGN, TRANSFER, RECYCLE, and the answers of the store's room."""

from __future__ import annotations

import re
from typing import Final

from operators.base.desk import Desk
from operators.base.outputs import Outputs, text_of
from operators.customer import addresses, replays
from operators.follow_up import evidence
from operators.intention.merge import stands
from operators.lead import care, life, records, statuses
from operators.lead.case import Case, lead_of, unique_of
from operators.lead.statuses import AT_STORE, IN_POOL, OWNED
from operators.wire.arrival import Arrival
from operators.wire.records import CommandRecord
from operators.wire.streams import Why
from state import keys
from state.rows.codes import S_ASSIGNED
from state.rows.customer_row import Customer
from state.rows.lead import Ask
from state.rows.messages import GivePlaceBack, PlaceAnswer
from state.rows.story import Assigned

_WORD: Final = re.compile(r"[A-Za-z][A-Za-z_]{0,39}")


def command(row: Customer | None, arrival: Arrival, out: Outputs) -> Customer | None:
    """Apply one validated command; returns the row. What cannot be done goes to `rejects`."""
    record = arrival.record
    assert isinstance(record, CommandRecord)
    if row is None:
        out.reject(arrival, ("NO_LEAD",), one_id=arrival.digest.hex())
        return None
    desk = Desk(row, arrival.digest, out)
    command_id = text_of(record.command_id)
    now, replay_ms = arrival.now, out.rules.replay_ms
    row.commands = [entry for entry in row.commands if now - entry[1] <= replay_ms]
    if any(known == command_id for known, _ in row.commands):
        replays.say(desk, arrival, "", None, [], command_id=command_id)
        return row
    refused = _apply(desk, arrival, record, command_id)
    if refused:
        out.reject(arrival, (refused,), one_id=desk.one_id)
    else:
        row.commands.append((command_id, now))
    return row


def _apply(desk: Desk, arrival: Arrival, record: CommandRecord, command_id: str) -> str:
    """ "" when applied, else the code of the reject."""
    found = addresses.standing(desk, arrival, record.unique_id, text_of(record.line))
    if found is None:
        return "NO_LEAD"
    section, unique, lead = found
    case = Case(desk, section, unique, lead, arrival.now, Why("command", note=record.kind or ""))
    if not stands(unique, arrival.now) or not statuses.is_in(lead, AT_STORE):
        return "NOT_ALLOWED"
    if record.kind == "RECYCLE":
        if not statuses.is_in(lead, OWNED):
            return "NOT_ALLOWED"
        care.recycle(case, _code(record.reason))
        return ""
    advisor = text_of(record.advisor)
    at = max(arrival.t, lead.sent_at)  # nobody is late before the dispatch (ruling 63)
    wish = Ask(0, advisor, at, command_id, arrival.source, arrival.offset, arrival.raw)
    care.ask(case, advisor, at, wish)
    return ""


def answered(desk: Desk, message: PlaceAnswer, now: int) -> None:
    """The room's answer. It counts only if the lead still waits for that number; else that place alone is given back."""
    for section in desk.row.sections:
        lead = lead_of(section, message.n)
        unique = unique_of(section, message.n)
        if lead is None or unique is None or lead.into:
            continue
        case = Case(desk, section, unique, lead, message.at, Why("assigned"))
        owned = care.of(lead)
        if owned.ask is None or owned.ask.number != message.number:
            if owned.place == message.number:
                return  # answered before: he holds it
            break
        wish, owned.ask = owned.ask, None
        if not message.granted:
            care.refuse(case, wish, "CAP_REACHED")
            if wish.follow_up:
                evidence.disputed(case, wish.follow_up)
            elif life.is_waiting(lead) and statuses.is_in(lead, IN_POOL) and not wish.command_id:
                case.why = Why("reactivated")  # the customer has asked again meanwhile, and waited for this answer
                life.decide(case)
                records.state(case)
            return
        _grant(case, wish)
        return
    if message.granted:  # nobody waits for it any more
        desk.out.tell(
            keys.store_entity(message.store), GivePlaceBack(desk.digest, message.n, message.number, message.advisor)
        )


def _grant(case: Case, wish: Ask) -> None:
    """An advisor gets the lead (分配): the clocks start (ruling 63), and he is told."""
    desk, lead = case.desk, case.lead
    owned = care.of(lead)
    if owned.place:
        care.give_back(case, owned.place, owned.owner)
    if owned.owner and owned.owner != wish.advisor:
        owned.previous = owned.owner
    if owned.assigned_at != wish.at:
        owned.passed = 0
    owned.owner, owned.place = wish.advisor, wish.number
    owned.assigned_at, owned.granted_at, owned.due = wish.at, case.now, 0
    care.count(lead)
    lead.sent = True
    statuses.become(lead, S_ASSIGNED)
    life.end_wait(case)
    lead.conditions = lead.until = 0
    if lead.queued:
        life.queue(case)  # he waits for no opening any more, and takes nobody's slot
    lead.queued = 0
    lead.slot = False
    desk.story.append(Assigned(case.at, lead.n, wish.advisor))
    kind = "RECYCLE_REVOKED" if wish.follow_up else "ASSIGNED"
    care.tell_owner(case, kind, kind.lower())
    records.state(case)


def _code(reason: str | None) -> str:
    """A RECYCLE's reason where it is one word; `why` never carries free text (ruling 37), which may name the customer."""
    return reason if reason and _WORD.fullmatch(reason) else "RECYCLE"
