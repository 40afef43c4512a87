"""Layer 1, validation (线索验证): bytes become an arrival that rules can apply, or a reject with every reason.

Judged from the record's own bytes and the configuration alone, so that the source can do it and keep the event clock
(ruling 4). What depends on state (known source id, lateness, a lead to be found) is judged where the customer's row is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec

from operators.base.kinds import RecordKind
from operators.base.rules import Rules, TimeForm
from operators.identity import phones
from operators.identity.one_id import OneIds, of_id
from operators.intake import slow_path
from operators.intake.slow_path import BY as BY
from operators.intake.times import Clock, WrittenTime, is_blank, source_of, times_of
from operators.intake.values import WORDS
from operators.wire.arrival import LANDLINE_ONLY, SEGMENT, UNUSUAL, VIRTUAL, Arrival
from operators.wire.arrival import rejected as rejected
from operators.wire.records import (
    ActivityRecord,
    BehaviourRecord,
    CommandRecord,
    IntentGiven,
    RawLeadRecord,
    TypeGiven,
    VerdictRecord,
    literal,
    too_long,
)
from operators.wire.text import needs_reading, whole
from state import limits

ACTIVITY_KINDS: Final = frozenset(
    {"CALL", "VISIT", "TEST_DRIVE", "QUOTE", "ORDER", "PAID", "REFUND", "FOLLOW_UP", "INVALID", "LOST", "OPT_OUT"}
)
_FREE_TEXT: Final = frozenset({"remark", "note"})
_NOT_MEASURED: Final = _FREE_TEXT | {
    "event_time",
    "source_time",
    "ingest_time",
    "type",
    "kind",
    "by",
    "phone",
    "landline",
}
"""Strings that a rule of their own judges, or that are free text."""
_KEYS: Final = (
    "channel",
    "source_lead_id",
    "account",
    "store",
    "line",
    "series",
    "activity_id",
    "command_id",
    "successor",
    "advisor",
    "task_id",
)
_NO_LIMIT_CHECK: Final = 320
"""A record shorter than this cannot hold a string beyond the limit: the string itself and the required names."""
_type_given: Final = msgspec.json.Decoder(TypeGiven).decode
_TAKEN: Final = frozenset({"LIVE", "TESTING"})
"""Status of a channel whose leads are taken."""


class Validation:
    """The rules of layer 1 for one configuration and one secret."""

    def __init__(self, rules: Rules, one_ids: OneIds, kinds: Mapping[str, RecordKind]) -> None:
        self.rules = rules
        self.one_ids = one_ids
        self.kinds = kinds
        """By what stands in `type`."""
        self.decoders: dict[str, Callable[[bytes], Any]] = {
            name: msgspec.json.Decoder(kind.shape).decode for name, kind in kinds.items() if kind.shape is not None
        }

    def read(self, raw: bytes, default_type: str, clock: Clock) -> Arrival:
        """The arrival for one record; `reasons` is not empty when it is none. Never raises for what the bytes hold."""
        decoders = self.decoders
        # What is no kind of its own is read like a raw lead, to see its `type`.
        kind = default_type if default_type in decoders else "raw_lead"
        record: Any = None
        try:
            if len(raw) <= limits.RECORD_BYTES and not needs_reading(raw):
                try:
                    record = decoders[kind](raw)
                    said = record.type or default_type
                except msgspec.ValidationError:
                    said = _type_given(raw).type or default_type
                    if said == kind:
                        raise
                if said != kind and said in decoders:
                    kind = said
                    record = decoders[kind](raw)
                if said == kind:
                    check = self.kinds[kind].check
                    assert check is not None, "a kind with a shape has a check"
                    arrival = check(self, record, raw, clock)
                    if not arrival.reasons:
                        return arrival
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            pass
        return self._slowly(raw, default_type, clock)

    def _slowly(self, raw: bytes, default_type: str, clock: Clock) -> Arrival:
        """A record that is not as it should be, or that the rules refuse: field by field, and every reason by name."""
        arrival, sent = slow_path.unread(raw, default_type)
        if sent is None:
            return arrival
        record = slow_path.with_clean_keys(sent)
        said = slow_path.type_of(record, default_type)
        if said not in self.kinds:
            return slow_path.unknown_type(arrival, record)
        kind = self.kinds[said]
        arrival.kind = said
        given = slow_path.given_of(record, kind.shape or RawLeadRecord)
        channel = given.values.get("channel") or record.get("channel")
        if type(channel) is str and len(channel) <= limits.STRING_BYTES:
            arrival.channel = whole(channel)  # half a character could not be written out
        known = self.rules.channels.get(arrival.channel)
        is_lead = kind.shape is RawLeadRecord
        arrival.shadow = is_lead and given.values.get("test") is True
        if known is not None and known.shadow and (is_lead or kind.shape is BehaviourRecord):
            arrival.shadow = True

        def rules() -> Arrival:
            values, shape, check = given.values, kind.shape, kind.check
            if shape is None or check is None or (is_lead and values.get("origin") == "advisor"):
                return self.not_supported(arrival, values.get("event_time"), values.get("ingest_time"), clock)
            return check(self, msgspec.convert(values, shape), raw, clock)

        return slow_path.judged(arrival, given, kind.required, rules)

    def not_supported(
        self, arrival: Arrival, event_time: WrittenTime | None, ingest_time: WrittenTime | None, clock: Clock
    ) -> Arrival:
        """Ruling 51: kept for later; of such a record only the event time is read (ruling 57), and it moves the clock."""
        form = self.time_form(arrival.channel)
        fault = times_of(arrival, event_time, ingest_time, clock, self.rules, form)
        if fault and not is_blank(event_time):
            return rejected(arrival, fault, "NOT_SUPPORTED")
        arrival.reasons = ("NOT_SUPPORTED",)
        arrival.moves = arrival.moves and not fault
        return arrival

    def time_form(self, channel: str) -> TimeForm | None:
        """How this channel writes its times; "" = a record without one (ruling 80)."""
        known = self.rules.channels.get(channel)
        return self.rules.time if known is None else known.time

    def raw_lead(self, record: RawLeadRecord, raw: bytes, clock: Clock) -> Arrival:
        arrival = Arrival("raw_lead", raw)
        reasons: set[str] | None = None
        channel_code = arrival.channel = record.channel or ""
        source_id = record.source_lead_id
        rules = self.rules
        channel = rules.channels.get(channel_code) if channel_code else None
        status = "" if channel is None else channel.status
        arrival.shadow = status == "TESTING" or record.test is True
        if record.origin == "advisor":
            return self.not_supported(arrival, record.event_time, record.ingest_time, clock)
        if channel is None:
            reasons = {"UNKNOWN_CHANNEL" if channel_code else "MISSING_FIELD"}
        elif status not in _TAKEN:
            reasons = {"CHANNEL_NOT_LIVE"}
        if source_id is None or (type(source_id) is str and not source_id.strip()):
            reasons = (reasons or set()) | {"MISSING_FIELD"}
        given = record.line
        lines = rules.lines
        if given is not None and lines is not None and given not in lines:
            line = str(given).strip()
            if line and line not in lines:
                reasons = (reasons or set()) | {"UNKNOWN_LINE"}
        form = rules.time if channel is None else channel.time
        fault = times_of(arrival, record.event_time, record.ingest_time, clock, rules, form)
        if fault:
            reasons = (reasons or set()) | {fault}
        if record.source_time is not None:
            source_of(arrival, record.source_time, rules, form)
        if record.intent is not None and not _is_plain(record.intent):
            reasons = (reasons or set()) | {"BAD_FIELD"}  # the slow path reads it as what it says
        phone = record.phone
        if record.landline is None and phone is not None and (type(phone) is not str or phone.strip()):
            # the usual case without building anything
            contact_faults = self._one_contact(arrival, phone, raw)
        else:
            contact_faults = self.contacts(arrival, phone, record.landline, raw)
        if contact_faults:
            reasons = (reasons or set()) | contact_faults
        if record.store is not None or record.stores is not None:
            arrival.stores = _stores(record)
        # `find`, since `in` first makes and drops an exception: bytes are asked whether they hold a number.
        escapes = raw.find(b"\\u") >= 0
        if escapes and raw.find(b"\\u0000") >= 0 and _has_nul(record):
            reasons = (reasons or set()) | {"BAD_FIELD"}
        if len(raw) > _NO_LIMIT_CHECK and (escapes or not raw.isascii()) and too_long(record, raw, _NOT_MEASURED):
            reasons = (reasons or set()) | {"BAD_FIELD"}
        if len(arrival.stores) > limits.STORES_PER_LEAD:
            reasons = (reasons or set()) | {"BAD_FIELD"}
        arrival.record = record
        if reasons:
            return rejected(arrival, *reasons)
        if arrival.phone:
            digest = self.one_ids.of(phones.MOBILE, arrival.phone)
            if arrival.phone[1] in "01267":
                arrival.flags |= (VIRTUAL if phones.is_virtual(arrival.phone) else 0) | (
                    SEGMENT if phones.is_segment(arrival.phone) else 0
                )
        else:
            digest = self.one_ids.of(phones.LANDLINE, arrival.landline)
            arrival.flags |= LANDLINE_ONLY
        arrival.digest = digest
        arrival.shard = self.one_ids.shard(digest)
        arrival.moves = arrival.has_time or (clock.event and clock.now is None)
        return arrival

    def activity(self, record: ActivityRecord, raw: bytes, clock: Clock) -> Arrival:
        arrival = Arrival("activity", raw)
        reasons: set[str] = set()
        if record.activity_id is None or (type(record.activity_id) is str and not record.activity_id.strip()):
            reasons.add("MISSING_FIELD")
        if not record.kind:
            reasons.add("MISSING_FIELD")
        elif record.kind not in ACTIVITY_KINDS:
            reasons.add("BAD_FIELD")
        if record.kind == "INVALID" and record.by is not None and record.by not in BY:
            reasons.add("BAD_FIELD")
        if is_blank(record.event_time):
            reasons.add("MISSING_FIELD")
        else:
            fault = times_of(arrival, record.event_time, record.ingest_time, clock, self.rules, self.rules.time)
            if fault:
                reasons.add(fault)
        return self.addressed(arrival, record, raw, reasons)

    def addressed(
        self,
        arrival: Arrival,
        record: ActivityRecord | CommandRecord | VerdictRecord,
        raw: bytes,
        reasons: set[str],
        task_id: str | None = None,
    ) -> Arrival:
        """A record that names a unique lead by its id, by that of its task, or by contact, store and line (ruling 17): whose
        it is."""
        if self.is_unfit(record, raw):
            reasons.add("BAD_FIELD")
        line = "" if record.line is None else str(record.line).strip()
        if line and self.rules.lines is not None and line not in self.rules.lines:
            reasons.add("UNKNOWN_LINE")
        named = None
        unique_id = record.unique_id or task_id or None
        if unique_id is not None:
            named = of_id(unique_id)
            if named is None:
                # An id that never was one of ours: no customer to ask.
                reasons.add("NO_LEAD" if record.unique_id else "NO_TASK")
        if record.phone is not None or record.landline is not None or unique_id is None:
            faults = self.contacts(arrival, record.phone, record.landline, raw)
            if unique_id is None:
                reasons |= faults  # else its own number decides nothing
        if not reasons:
            if arrival.phone or arrival.landline:
                kind, number = (phones.MOBILE, arrival.phone) if arrival.phone else (phones.LANDLINE, arrival.landline)
                arrival.digest = self.one_ids.of(kind, number)
                if named is not None and named[0] != arrival.digest:
                    reasons.add("NO_LEAD")  # given and contradicting (ruling 17)
            elif named is not None:
                arrival.digest = named[0]
            if named is not None and named[1]:
                reasons.add("NO_LEAD")  # activities do not reach shadow leads (ruling 26)
        if reasons:
            moves = arrival.has_time and reasons <= {"NO_LEAD", "NO_TASK"}
            rejected(arrival, *reasons)
            arrival.moves = moves
            return arrival
        arrival.stores = (str(record.store).strip(),) if record.store is not None and str(record.store).strip() else ()
        arrival.record = record
        arrival.shard = self.one_ids.shard(arrival.digest)
        arrival.moves = True
        return arrival

    def is_unfit(self, record: ActivityRecord | BehaviourRecord | CommandRecord | VerdictRecord, raw: bytes) -> bool:
        """Whether a NUL stands in a key field, or a string is too long."""
        if b"\\u0000" in raw and _has_nul(record):
            return True
        return len(raw) > _NO_LIMIT_CHECK and too_long(record, raw, _NOT_MEASURED)

    def _one_contact(self, arrival: Arrival, given: str | int | float, raw: bytes) -> set[str] | None:
        written = literal(raw, "phone") if isinstance(given, float) else given
        try:
            arrival.phone, arrival.landline, unusual = phones.read(written, self.rules.codes)
        except phones.BadPhone as bad:
            return {bad.args[0]}
        if unusual:
            arrival.flags |= UNUSUAL
        return None

    def contacts(
        self, arrival: Arrival, phone: str | int | float | None, landline: str | int | float | None, raw: bytes
    ) -> set[str]:
        """Mobile and landline from the two fields, whichever holds which (ruling 55); the faults when neither is good."""
        faults: set[str] = set()
        for field, given in (("phone", phone), ("landline", landline)):
            if given is None or (type(given) is str and not given.strip()):
                continue
            written = literal(raw, field) if isinstance(given, float) else given
            try:
                mobile, line, unusual = phones.read(written, self.rules.codes)
            except phones.BadPhone as bad:
                faults.add(bad.args[0])
                continue
            if unusual and ((mobile and not arrival.phone) or (line and not arrival.landline)):
                arrival.flags |= UNUSUAL  # of a number that counts
            arrival.phone = arrival.phone or mobile
            arrival.landline = arrival.landline or line
        if arrival.phone or arrival.landline:
            return set()
        return faults or {"NO_CONTACT"}


def check_raw_lead(validation: Validation, record: RawLeadRecord, raw: bytes, clock: Clock) -> Arrival:
    """A raw lead's check, for the registry."""
    return validation.raw_lead(record, raw, clock)


def check_activity(validation: Validation, record: ActivityRecord, raw: bytes, clock: Clock) -> Arrival:
    """An activity's check, for the registry."""
    return validation.activity(record, raw, clock)


def _stores(record: RawLeadRecord) -> tuple[str, ...]:
    """`store` and `stores` together, in the order given, trimmed, repeats removed (ruling 13)."""
    if record.stores is None:
        store = record.store
        text = store.strip() if type(store) is str else str(store)
        return (text,) if text else ()
    named = ([] if record.store is None else [record.store]) + record.stores
    texts = [str(store).strip() for store in named if store is not None]
    return tuple(dict.fromkeys([text for text in texts if text]))


def _is_plain(intent: IntentGiven) -> bool:
    """Whether no bool stands there as a word ("no" is not yes) and no budget went through a float."""
    traded, financed = intent.trade_in, intent.finance
    return not (
        type(intent.budget) is float
        or (type(traded) is str and traded.casefold() in WORDS)
        or (type(financed) is str and financed.casefold() in WORDS)
    )


def _has_nul(record: RawLeadRecord | ActivityRecord | BehaviourRecord | CommandRecord | VerdictRecord) -> bool:
    """A NUL in a string that becomes part of a key would end the key early."""
    values = [getattr(record, name, None) for name in _KEYS]
    values += getattr(record, "stores", None) or []
    return any(type(value) is str and "\0" in value for value in values)
