"""Behaviours as they come in (行为, ruling 74): what their bytes alone can say of them."""

from __future__ import annotations

from operators.identity import phones
from operators.intake.times import Clock, is_blank, times_of
from operators.intake.validation import Validation
from operators.wire.arrival import Arrival, rejected
from operators.wire.records import BehaviourRecord


def check(validation: Validation, record: BehaviourRecord, raw: bytes, clock: Clock) -> Arrival:
    """The arrival of a behaviour, with every reason why it is none.

    Without phone and landline it is nobody's: NO_LEAD. A channel that the registry does not name costs nothing; that of a
    channel on trial stays in its realm (ruling 8).
    """
    arrival = Arrival("behaviour", raw)
    arrival.channel = record.channel or ""
    channel = validation.rules.channels.get(arrival.channel)
    arrival.shadow = channel is not None and channel.shadow
    reasons: set[str] = set()
    if record.kind is None or not record.kind.strip():
        reasons.add("MISSING_FIELD")
    if validation.is_unfit(record, raw):
        reasons.add("BAD_FIELD")
    if is_blank(record.event_time):
        reasons.add("MISSING_FIELD")
    else:
        form = validation.time_form(arrival.channel)
        fault = times_of(arrival, record.event_time, record.ingest_time, clock, validation.rules, form)
        if fault:
            reasons.add(fault)
    faults = validation.contacts(arrival, record.phone, record.landline, raw)
    reasons |= {"NO_LEAD"} if faults == {"NO_CONTACT"} else faults
    arrival.record = record
    if reasons:
        moves = arrival.has_time and reasons <= {"NO_LEAD"}
        rejected(arrival, *reasons)
        arrival.moves = moves  # refused because of who it speaks of: that moves the clock (ruling 4)
        return arrival
    kind, number = (phones.MOBILE, arrival.phone) if arrival.phone else (phones.LANDLINE, arrival.landline)
    arrival.digest = validation.one_ids.of(kind, number)
    arrival.shard = validation.one_ids.shard(arrival.digest)
    arrival.moves = True
    return arrival
