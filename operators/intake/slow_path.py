"""The slow reading of a record: field by field, whatever is written there (rulings 77, 78, 81).

Every record comes here that the typed decode does not take as it stands, and every one that the rules then refuse: so the
usual record pays for none of this, and a reject names each field with what was wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec
from msgspec import Struct

from operators.intake import fields, values
from operators.intake.faults import OF_PHONES, fault, fields_of
from operators.intake.json_object import NotJson, read_object
from operators.intake.times import hint_of
from operators.intake.values import Unfit
from operators.wire.arrival import BLANK, FIELD_DROPPED, KEY_UNKNOWN, Arrival, Notes, rejected
from operators.wire.text import cleaned
from state import limits

BY: Final = frozenset({"AI", "MANUAL", "DCC", "ADVISOR", "BIGDATA"})
_MARK: Final = "\ufeff"
_FORMER: Final = ("account", "source_lead_id")
_NAMING: Final = frozenset({"unique_id", "task_id"})
"""By these a record names a unique lead."""


class Given:
    """A record's values as rules take them, and what there is to say of the others."""

    __slots__ = ("notes", "sent", "values", "wrong")

    def __init__(self, sent: dict[str, Any]) -> None:
        self.sent = sent
        """As it is written, by the cleaned names of its keys."""
        self.values: dict[str, Any] = {}
        self.notes = Notes()
        self.wrong: dict[str, str] = {}
        """Field → the code for which its value refuses the record."""


def unread(raw: bytes, default_type: str) -> tuple[Arrival, dict[str, Any] | None]:
    """(what becomes of the bytes where they are no record: a reject, or BLANK; the JSON object where they are one)."""
    arrival = Arrival(default_type, raw)
    if len(raw) > limits.RECORD_BYTES:
        return _refused(arrival, "TOO_LARGE"), None
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        return _refused(arrival, "NOT_JSON"), None
    if not cleaned(text):
        arrival.reasons = BLANK
        return arrival, None
    try:
        return arrival, read_object(text.strip().lstrip(_MARK))
    except NotJson:
        return _refused(arrival, "NOT_JSON"), None


def _refused(arrival: Arrival, code: str, field: str | None = None, got: Any = None) -> Arrival:
    arrival.notes = Notes()
    arrival.notes.faults.append(fault(field, code, got))
    return rejected(arrival, code)


def type_of(record: Mapping[str, Any], default_type: str) -> str:
    """What the record says it is, in small letters; "" where that is no text."""
    said = record.get("type")
    if said is None:
        return default_type
    return cleaned(said).lower() or default_type if type(said) is str else ""


def unknown_type(arrival: Arrival, record: Mapping[str, Any]) -> Arrival:
    """A record that says it is something that nobody knows."""
    return _refused(arrival, "UNKNOWN_TYPE", "type", record.get("type"))


def with_clean_keys(record: dict[str, Any]) -> dict[str, Any]:
    """The same under names without blanks and unseen characters: the first column of a sheet brings a byte order mark."""
    return {name if name.isascii() and name.isalnum() else cleaned(name): value for name, value in record.items()}


def given_of(record: dict[str, Any], shape: type[Struct]) -> Given:
    """Every value read as its field has it."""
    given = Given(record)
    readings = fields.OF[shape]
    objects = fields.OBJECTS.get(shape, ())
    others: dict[str, Any] = {}
    for name, value in record.items():
        reading = readings.get(name)
        if reading is not None:
            _field(given, name, name, value, reading, given.values)
        elif name not in objects and not _is_absent(value):
            others[name] = value
    known = (*readings, *objects)
    for name in others:
        resembled = fields.resembled(name, known, record)
        if resembled:
            given.notes.unknown.append(resembled)
    if "intent" in objects:
        _intent(given, others, fields.OF_INTENT[shape])
    if "extra" in objects:
        _extra(given, others)
    _enumerations(given)
    _former_key(given)
    return given


def _field(given: Given, name: str, said: str, value: Any, reading: fields.Reading, into: dict[str, Any]) -> None:
    """One value into `into`; `said`: the field's name for people."""
    if value is None:
        return
    try:
        read = reading.read(value)
    except Unfit as unfit:
        if not reading.drops:
            given.wrong[said] = str(unfit.args[0])
            return
        given.notes.dropped.append(said)
        read = reading.instead
    if read is not None and read != "" and read != []:
        into[name] = read


def _is_absent(value: Any) -> bool:
    """Whether a key that nobody knows says nothing: null and blanks are not given (rulings 11, 77)."""
    return value is None or (type(value) is str and not cleaned(value))


def _intent(given: Given, others: dict[str, Any], readings: Mapping[str, fields.Reading]) -> None:
    sent = given.sent.get("intent")
    if _is_absent(sent):
        return
    if type(sent) is not dict:
        given.notes.dropped.append("intent")
        return
    intent: dict[str, Any] = {}
    known = tuple(readings)
    for key, value in sent.items():
        name = cleaned(key)
        reading = readings.get(name)
        if reading is not None:
            _field(given, name, f"intent.{name}", value, reading, intent)
            continue
        if _is_absent(value):
            continue
        others[f"intent.{name}"] = value
        resembled = fields.resembled(name, known, sent)
        if resembled:
            given.notes.unknown.append(f"intent.{resembled}")
    if "level" in intent and intent["level"] not in fields.LEVELS:
        del intent["level"]
        given.notes.dropped.append("intent.level")
    if intent:
        given.values["intent"] = intent


def _extra(given: Given, others: dict[str, Any]) -> None:
    """`extra` with every key that no field has: what it says of such a key itself counts."""
    sent = given.sent.get("extra")
    if sent is not None and type(sent) is not dict:
        if type(sent) is not str or cleaned(sent):
            given.notes.dropped.append("extra")
        sent = None
    extra = {**others, **(sent or {})}
    if extra:
        given.values["extra"] = values.kept(extra)


def _enumerations(given: Given) -> None:
    origin = given.values.get("origin")
    if origin is not None and origin not in fields.ORIGINS:
        del given.values["origin"]
        given.wrong["origin"] = "BAD_FIELD"


def _former_key(given: Given) -> None:
    """The source key as it was read before ruling 77: by it a lead may be remembered."""
    sent = [given.sent.get(name) for name in _FORMER]
    read = [given.values.get(name, "") for name in _FORMER]
    former = [one.strip() if type(one) is str else str(one) if type(one) is int else "" for one in sent]
    if former != read and former[1]:
        given.notes.former = (former[0], former[1])


def _counting(given: Given, rest: Arrival) -> dict[str, str]:
    """The wrong fields that cost the record: of one that is not applied yet the event time alone is read (ruling 57), and a
    number that is none is let pass beside a good one, or where a unique lead is named (rulings 55, 78)."""
    wrong = given.wrong
    if "NOT_SUPPORTED" in rest.reasons:
        return {name: code for name, code in wrong.items() if name == "event_time"}
    if rest.phone or rest.landline or not _NAMING.isdisjoint((*given.values, *wrong)):
        return {name: code for name, code in wrong.items() if code != "BAD_PHONE"}
    return wrong


def judged(arrival: Arrival, given: Given, required: frozenset[str], check: Callable[[], Arrival]) -> Arrival:
    """The arrival that the rules make of what was read, with the reasons of both; `check` = the rules of this kind."""
    notes = given.notes
    try:
        rest = check()
    except msgspec.ValidationError:
        return _refused(arrival, "BAD_FIELD")
    if rest.notes is not None:
        notes.dropped += rest.notes.dropped  # a time that cannot be read or believed
    rest.notes = notes
    rest.flags |= (FIELD_DROPPED if notes.dropped else 0) | (KEY_UNKNOWN if notes.unknown else 0)
    wrong = _counting(given, rest)
    if not rest.reasons and not wrong:
        return rest
    # What is left of the record after its wrong fields was judged like any other, so that all reasons are named. A field
    # that is there but wrong is not missing as well.
    passed: tuple[str, ...] = ("NO_CONTACT",) if "phone" in wrong or "landline" in wrong else ()
    if "unique_id" in wrong or "task_id" in wrong:
        passed = ("NO_CONTACT", *OF_PHONES)
    rules = []
    for field, code in wrong.items():
        notes.faults.append(fault(field, code, given.sent.get(field)))
    for reason in rest.reasons:
        places = [name for name in fields_of(reason, given.values, required, BY) if name not in wrong]
        if not places or reason in passed:
            continue
        rules.append(reason)
        hint = hint_of(rest.time_fault, rest.channel) if reason == "BAD_TIME" else ""
        for name in places:
            notes.faults.append(fault(name, reason, given.sent.get(name or ""), notes.unknown, hint))
    notes.faults.sort(key=lambda one: (one.field or "", one.code))
    if not wrong:
        return rest
    arrival.record, arrival.notes = rest.record, notes
    return rejected(arrival, *{*wrong.values(), *rules})
