"""A behaviour record at its customer's row (行为, ruling 74): added to what is kept of him, and his open leads scored again."""

from __future__ import annotations

from operators.base.desk import Desk
from operators.base.outputs import Outputs, text_of
from operators.intention import behaviours
from operators.intention.merge import stands
from operators.lead import care, life, records, statuses
from operators.lead.case import Case, lead_of
from operators.lead.statuses import OPEN
from operators.wire.arrival import Arrival
from operators.wire.records import BehaviourRecord
from operators.wire.streams import Why
from state.rows.customer_row import Customer


def behaviour(row: Customer | None, arrival: Arrival, out: Outputs) -> Customer | None:
    """Apply one validated behaviour; returns the row. Who has none goes to `rejects`: NO_LEAD."""
    record = arrival.record
    assert isinstance(record, BehaviourRecord)
    if row is None or _is_reduced(row):
        out.reject(arrival, ("NO_LEAD",), one_id=arrival.digest.hex())
        return row
    channel = out.rules.channels.get(arrival.channel)
    times = 1 if record.count is None else record.count
    behaviours.add(
        row.behaviours,
        kind_of(record),
        text_of(record.series),
        times,
        channel.weight if channel is not None else 1.0,
        arrival.t,
        out.rules,
    )
    _rescored(Desk(row, arrival.digest, out), arrival.now, Why("behaviour", note=kind_of(record)))
    return row


def kind_of(record: BehaviourRecord) -> str:
    """Its kind in capitals, as rules name it."""
    return (record.kind or "").strip().upper()


def _is_reduced(row: Customer) -> bool:
    """Whether nothing but an OPT_OUT is left of the customer (ruling 57): nothing is kept of him any more."""
    return row.opted_out and not (row.sections or row.sources or row.activities)


def _rescored(desk: Desk, now: int, why: Why) -> None:
    """A behaviour touches every open lead of the customer: one that waits may reach the gate by it."""
    for section in desk.row.sections:
        for unique in section.head.uniques:
            lead = lead_of(section, unique.n)
            if lead is None or not statuses.is_in(lead, OPEN) or not stands(unique, now):
                continue
            before = (lead.score, lead.grade, lead.status, lead.conditions, lead.until)
            case = Case(desk, section, unique, lead, now, why)
            life.rescore(case)
            if life.is_waiting(lead) and not care.is_asked_back(lead):
                life.decide(case)
            if before != (lead.score, lead.grade, lead.status, lead.conditions, lead.until):
                records.state(case)
