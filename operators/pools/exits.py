"""Store exit (经销商退网): a store leaves, its code is an alias of its successor from then on, and its open leads move as a store
answer moves them (rulings 7, 31, 53, 58, 66).

The command reaches every shard. A customer's row says how many exits it has met; whoever is touched first meets those that
came since, and a timer of the shard's exits touches, slice by slice, everybody who may have a lead at the store.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import msgspec

from operators.base.desk import Desk, ExitsDesk
from operators.base.outputs import Outputs, text_of
from operators.customer import store_naming
from operators.dispatch import holds
from operators.dispatch.hours import is_open, next_opening
from operators.intention.merge import stands
from operators.lead import care, life, records, statuses, tasks
from operators.lead.case import Case, lead_of
from operators.lead.statuses import AT_STORE, CLOSED, IN_POOL
from operators.wire import streams
from operators.wire.arrival import Arrival
from operators.wire.records import CommandRecord
from operators.wire.streams import Why
from state import limits
from state.rows.codes import S_DISPATCHED, S_PENDING
from state.rows.exits_row import Exit, ExitsRow
from state.rows.messages import Meet
from state.rows.story import StoreLeft

_encode: Final = msgspec.msgpack.Encoder().encode


def command(row: ExitsRow | None, arrival: Arrival, out: Outputs) -> ExitsRow:
    """Apply one validated STORE_EXIT; one shard speaks for all of what becomes of it."""
    record = arrival.record
    assert isinstance(record, CommandRecord)
    row = ExitsRow(exits=[]) if row is None else row
    rules, now = out.rules, arrival.now
    store, successor = text_of(record.store), rules.alias(text_of(record.successor))
    command_id = text_of(record.command_id)
    if any(known.command_id == command_id and now - known.at <= rules.replay_ms for known in row.exits):
        if out.speaks:
            _say_again(arrival, command_id, out)
        return row
    left = rules.exits.get(store)
    if left or (left is not None and not successor) or successor == store or len(row.exits) >= limits.STORE_EXITS:
        # It has a successor already, or has left without one and names none now, or would be its own; or there are more exits
        # than a shard keeps.
        if out.speaks:
            out.reject(arrival, ("NOT_ALLOWED",))
        return row
    row.exits = [*row.exits, Exit(store, successor, now, command_id)]
    row.due, row.behind = now, b""
    out.exits = row.exits
    out.rules = replace(rules, exits={**rules.exits, store: successor})
    return row


def _say_again(arrival: Arrival, command_id: str, out: Outputs) -> None:
    source = out.source_name(arrival.source)
    out.events.append(
        (
            streams.REPLAYS,
            command_id,
            streams.Replay(
                f"replays-{source}-{arrival.offset}",
                out.text(arrival.now),
                out.rules.version,
                Why("replay"),
                "",
                msgspec.UNSET,
                "",
                "",
                "",
                command_id=command_id,
            ),
        )
    )


def next_due(row: ExitsRow, rules: object) -> int:
    """Just before the command's own clock, so that by the event clock all have met it before the clock moves on."""
    return row.due - 1 if row.due else 0


def fire(desk: ExitsDesk, before: int) -> bool:
    """One slice: whoever of the next customers may have a lead at the store is met."""
    row = desk.row
    wanted = _encode(row.exits[-1].store)
    found, row.behind = desk.holding(wanted, row.behind, limits.EXIT_ROWS_PER_SLICE, limits.EXIT_CUSTOMERS_PER_SLICE)
    for entity in found:
        desk.out.tell_near(entity, Meet())
    if not row.behind:
        row.due = 0
    return True


def met(desk: Desk, message: Meet, now: int) -> None:
    """Nothing more: who is touched has met every exit (`meet`)."""


def is_behind(row: object, out: Outputs) -> bool:
    """Whether the customer's row has not met every exit of its shard."""
    exited: int = getattr(row, "exited")  # noqa: B009
    return exited < len(out.exits)


def meet(desk: Desk) -> None:
    """Apply to the customer's open leads what was ordered since his row was last touched, oldest first."""
    row, exits = desk.row, desk.out.exits
    while row.exited < len(exits):
        left = exits[row.exited]
        row.exited += 1
        standing = [
            (unique.opened, unique, section)
            for section in row.sections
            if section.store == left.store
            for unique in section.head.uniques
            if stands(unique, left.at)
        ]
        for _, unique, section in sorted(standing, key=lambda one: one[0]):
            lead = lead_of(section, unique.n)
            if lead is None or CLOSED >> lead.status & 1:
                continue
            case = Case(desk, section, unique, lead, left.at, Why(store_naming.EXIT, answered=left.successor))
            told = StoreLeft(left.at, lead.n, left.store, left.successor, left.command_id)
            desk.story.append(told)
            _leave(case, left.successor)
            unknown = not left.successor or desk.rules.store_of(left.successor, section.line) is None
            if unknown and desk.shadow:
                tasks.show_unknown(case)  # its route shows it, though SHADOW stands (rulings 58 and 83)
            if left.successor:
                if unknown:
                    _back_to_waiting(case)  # the successor has left too, or does not sell the line
                store_naming.answer(desk, section, unique, lead, left.successor, left.at, rule=store_naming.EXIT)
                told.into = lead.into
            else:
                _wait_for_a_store(case)


def _leave(case: Case, successor: str) -> None:
    """Asks, clocks and places end at the old store; its queue for the opening too (ruling 66)."""
    lead = case.lead
    owned = statuses.is_in(lead, statuses.OWNED)
    care.leave(case)
    held, lead.conditions = lead.conditions, 0
    if lead.queued:
        life.queue(case)
    lead.queued = 0
    lead.slot = False
    if held & (holds.HOURS | holds.RATE) and not _opens_with(case, held, successor):
        lead.until = 0
    else:
        lead.conditions = held  # a new hold only where what holds it changes (ruling 29)
    if owned:
        statuses.become(lead, S_DISPATCHED)
    if not IN_POOL >> lead.status & 1:
        lead.sent = False  # by all conditions at the successor; in the pool nobody asks for it


def _opens_with(case: Case, held: int, successor: str) -> bool:
    """Whether a lead that waits for hours waits for the very same instant at the successor."""
    rules, lead = case.desk.rules, case.lead
    store = rules.store_of(successor, case.section.line) if successor else None
    if store is None or held != holds.HOURS or is_open(store, case.now, rules):
        return False
    return next_opening(store, case.now, rules) == lead.until


def _wait_for_a_store(case: Case) -> None:
    """One that stood at the store goes back to waiting, judged as if reopened; for one that waits its store is unknown from
    now on (ruling 58)."""
    _back_to_waiting(case)
    life.decide(case)
    records.state(case)


def _back_to_waiting(case: Case) -> None:
    """One that stood at the store waits again, to be judged as if reopened."""
    lead = case.lead
    if statuses.is_in(lead, AT_STORE):
        lead.sent = False
        if lead.care is not None:
            lead.care.pooled = False
        tasks.withdraw(case)
        tasks.begins_anew(lead, invalid=False)
        statuses.become(lead, S_PENDING)
