"""Verdicts as they come in (ruling 61): what their bytes alone can say of them."""

from __future__ import annotations

from operators.base.verdict_kinds import wrong_fields
from operators.intake.times import Clock, times_of
from operators.intake.validation import Validation
from operators.wire.arrival import Arrival
from operators.wire.records import VerdictRecord


def check(validation: Validation, record: VerdictRecord, raw: bytes, clock: Clock) -> Arrival:
    """The arrival of a verdict, with every reason why it is none."""
    arrival = Arrival("verdict", raw)
    reasons: set[str] = set()
    if not record.by or not record.outcome:
        reasons.add("MISSING_FIELD")
    if wrong_fields(record.by, record.outcome):
        reasons.add("BAD_FIELD")
    elif record.outcome == "STORE_CHOSEN" and (record.store is None or not str(record.store).strip()):
        reasons.add("MISSING_FIELD")
    if record.intent is not None and type(record.intent.budget) is float:
        reasons.add("BAD_FIELD")  # the slow path reads it as it is written
    fault = times_of(arrival, record.event_time, record.ingest_time, clock, validation.rules, validation.rules.time)
    if fault:
        reasons.add(fault)
    found = validation.addressed(arrival, record, raw, reasons, record.task_id)
    if not found.reasons:
        found.moves = arrival.has_time or (clock.event and clock.now is None)
    return found
