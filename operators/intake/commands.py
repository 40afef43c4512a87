"""Commands as they come in (ruling 66): what their bytes alone can say of them."""

from __future__ import annotations

from typing import Final

from operators.base.outputs import text_of
from operators.intake.times import Clock, times_of
from operators.intake.validation import Validation
from operators.wire.arrival import Arrival, rejected
from operators.wire.records import CommandRecord
from state.keys import shard_of, store_entity

APPLIED: Final = frozenset({"ASSIGN", "TRANSFER", "RECYCLE", "STORE_EXIT"})
KNOWN: Final = APPLIED | {"ADVISOR_LEFT", "FORGET"}
"""The others are refused NOT_SUPPORTED, with their original (ruling 51)."""
_WITH_ADVISOR: Final = frozenset({"ASSIGN", "TRANSFER"})


def check(validation: Validation, record: CommandRecord, raw: bytes, clock: Clock) -> Arrival:
    """The arrival of a command, with every reason why it is none."""
    arrival = Arrival("command", raw)
    reasons: set[str] = set()
    if record.kind in KNOWN and record.kind not in APPLIED:
        return validation.not_supported(arrival, record.event_time, record.ingest_time, clock)
    if not _given(record.command_id) or not record.kind:
        reasons.add("MISSING_FIELD")
    if record.kind and record.kind not in KNOWN:
        reasons.add("BAD_FIELD")
    if record.kind in _WITH_ADVISOR and not _given(record.advisor):
        reasons.add("MISSING_FIELD")
    fault = times_of(arrival, record.event_time, record.ingest_time, clock, validation.rules, validation.rules.time)
    if fault:
        reasons.add(fault)
    if record.kind == "STORE_EXIT":
        return _store_exit(validation, arrival, record, raw, reasons, clock)
    found = validation.addressed(arrival, record, raw, reasons)
    if not found.reasons:
        found.moves = arrival.has_time or (clock.event and clock.now is None)
    return found


def _store_exit(
    validation: Validation, arrival: Arrival, record: CommandRecord, raw: bytes, reasons: set[str], clock: Clock
) -> Arrival:
    """It speaks of no customer: every shard applies it, and that of the store says what becomes of it."""
    if not _given(record.store):
        reasons.add("MISSING_FIELD")
    store, successor = text_of(record.store), text_of(record.successor)
    if (store and store == successor) or validation.is_unfit(record, raw):
        reasons.add("BAD_FIELD")
    if reasons:
        return rejected(arrival, *reasons)
    arrival.record = record
    arrival.everywhere = True
    arrival.stores = (store,)
    arrival.shard = shard_of(store_entity(store), validation.one_ids.shards)
    arrival.moves = arrival.has_time or (clock.event and clock.now is None)
    return arrival


def _given(value: str | int | None) -> bool:
    return value is not None and (type(value) is not str or bool(value.strip()))
