"""One record by its own bytes and the configuration: type, fields, times, contact, reject codes (rulings 9-15, 32, 55,
76-81).

Nothing here knows the clock; `oracle_reading` judges times against it.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from oracle_config import Config
from oracle_names import (
    ACTIVITY_KEYS,
    COMMAND_IDS,
    COMMAND_KEYS,
    COMMANDS,
    COMMANDS_TO_COME,
    CONTACT,
    JUDGES,
    KEY_FIELDS,
    KINDS,
    LEAD_FLAGS,
    LEAD_KEYS,
    LEAD_TEXTS,
    LEVELS,
    TYPES,
    WHOLE_RECORD,
    amount_of,
    bool_of,
    cleaned,
    enumerated,
    resembles,
    text_of,
)
from oracle_phones import read_contact
from oracle_text import FREE_TEXTS, has_half, plain, read_object, without_marks
from oracle_times import TimeForm, read_time

MAX_RECORD_BYTES = 1 << 20
FIELD_DROPPED, KEY_UNKNOWN = "FIELD_DROPPED", "KEY_UNKNOWN"


class Line(NamedTuple):
    """One line of a source; `kind` is the type that the source's name gives (ruling 9), `number` counts from 1."""

    source: str
    number: int
    kind: str
    raw: bytes


@dataclass
class Parsed:
    """What the bytes of one record and the configuration say about it; refused where `reasons` is not empty.

    `faults` are the (field, code) of ruling 81; `dropped` the fields that did not fit, `unknown` the known keys that keys
    of the record resemble (78).
    """

    line: Line
    kind: str
    reasons: set[str] = field(default_factory=set)
    channel: str = ""
    shadow: bool = False
    customer: str = ""
    event_ms: int | None = None
    source_ms: int | None = None
    ingest_ms: int | None = None
    fields: dict[str, Any] = field(default_factory=dict)
    given: frozenset[str] = frozenset()
    faults: set[tuple[str, str]] = field(default_factory=set)
    flags: set[str] = field(default_factory=set)
    dropped: set[str] = field(default_factory=set)
    unknown: set[str] = field(default_factory=set)

    @property
    def legible(self) -> bool:
        """Whether it is a JSON object of a known type, so that further reasons can be told."""
        return not self.reasons & {"NOT_JSON", "TOO_LARGE", "UNKNOWN_TYPE"}

    @property
    def moves(self) -> bool:
        """Whether bytes and configuration let it move the clock: accepted, or known and not yet applied (55)."""
        return self.reasons <= {"NOT_SUPPORTED"}

    def refuse(self, code: str, name: str = "") -> None:
        self.reasons.add(code)
        if code not in WHOLE_RECORD:
            self.faults.add((name, code))


def parse(line: Line, config: Config) -> Parsed:
    """The record of one line that is not blank."""
    parsed = Parsed(line, line.kind)
    if len(without_marks(line.raw)) > MAX_RECORD_BYTES:
        parsed.refuse("TOO_LARGE")
        return parsed
    raw = read_object(line.raw)
    if raw is None:
        parsed.refuse("NOT_JSON")
        return parsed
    halves = {name for name, value in raw.items() if has_half(value)}
    raw = {name: value if name in halves and name in CONTACT else cleaned(name, value) for name, value in raw.items()}
    record = {key: value for key, value in raw.items() if value is not None and value != ""}  # not given
    kind = enumerated(record.get("type", line.kind), [name.upper() for name in TYPES])
    parsed.kind = (kind or "").lower()
    if not kind:
        parsed.refuse("UNKNOWN_TYPE", "type")
        return parsed
    fields = READERS[config.layers].get(parsed.kind, Fields)(record, parsed, config, halves)
    fields.read()
    return parsed


class Fields:
    """Reads fields of one record into `parsed.fields`, adding a code for each fault."""

    keys: Collection[str] = ()

    def __init__(self, record: dict[str, Any], parsed: Parsed, config: Config, halves: set[str]):
        self.record, self.parsed, self.config, self.halves = record, parsed, config, halves
        self.refuse = parsed.refuse

    def read(self) -> None:
        self.not_supported()

    @property
    def time_form(self) -> TimeForm | None:
        """Of the channel that the record names, as a behaviour does; else `[time]` (80)."""
        channel = None if self.keys else self.config.channel(text_of(self.record.get("channel")) or "")
        return channel.time if channel else self.config.time

    def not_supported(self) -> None:
        """Only the event time is read (ruling 57), an ingest time that can be read as its reference (ruling 20)."""
        self.refuse("NOT_SUPPORTED")
        self.event_time()
        self.parsed.ingest_ms = self.other_time("ingest_time")

    def drop(self, name: str) -> None:
        self.parsed.dropped.add(name)
        self.parsed.flags.add(FIELD_DROPPED)

    def missing(self, name: str) -> bool:
        if name in self.record:
            return False
        self.refuse("MISSING_FIELD", name)
        return True

    def event_time(self) -> None:
        """Rulings 20, 76, 80; the value stays for who asks when it was meant to be."""
        if "event_time" not in self.record:
            return
        if "event_time" in self.halves:
            self.refuse("BAD_FIELD", "event_time")
            return
        self.parsed.event_ms = read_time(self.record["event_time"], self.time_form)
        if self.parsed.event_ms is None or self.parsed.event_ms < self.config.earliest_ms:
            self.refuse("BAD_TIME", "event_time")

    def other_time(self, name: str) -> int | None:
        """An ingest or source time; one that cannot be read or believed counts as absent (rulings 76, 78)."""
        if name not in self.record:
            return None
        at_ms = None if name in self.halves else read_time(self.record[name], self.time_form)
        if at_ms is None or at_ms < self.config.earliest_ms:
            self.drop(name)
            return None
        return at_ms

    def text(self, name: str) -> str | None:
        """The field as text, None where it does not fit."""
        return text_of(self.record[name], free=name in FREE_TEXTS)

    def dropped_texts(self, *names: str) -> None:
        """Texts that decide nothing."""
        for name in names:
            if name in self.record:
                value = self.text(name)
                if value is None:
                    self.drop(name)
                else:
                    self.parsed.fields[name] = value

    def strict_texts(self, *names: str) -> None:
        """Texts that are never dropped."""
        for name in names:
            if name in self.record and (value := self.code(name)) is not None:
                self.parsed.fields[name] = value

    def code(self, name: str) -> str | None:
        """Text of a key field or id, '' where it is absent; None where it was refused."""
        if name not in self.record:
            return ""
        value = None if name in self.halves & KEY_FIELDS else self.text(name)
        if value is None:
            self.refuse("BAD_FIELD", name)
        return value

    def enumeration(self, name: str, names: Collection[str]) -> None:
        value = enumerated(self.record[name], names)
        if value is None:
            self.refuse("BAD_FIELD", name)
        else:
            self.parsed.fields[name] = value

    def flag(self, name: str) -> None:
        """A bool; an unreadable `consent` or `connected` is false, any other dropped."""
        if name not in self.record:
            return
        value = bool_of(self.record[name])
        if value is None:
            self.drop(name)
            if name not in ("consent", "connected"):
                return
        self.parsed.fields[name] = bool(value)

    def intent(self) -> None:
        """Each field of it stands alone: what does not fit is dropped, the rest stays."""
        if "intent" not in self.record:
            return
        intent = self.record["intent"]
        if not isinstance(intent, dict):
            self.drop("intent")
            return
        intent = {key: value for key, value in intent.items() if value is not None and value != ""}
        fitting = {
            "level": enumerated(intent.get("level"), LEVELS),
            "days_to_buy": amount_of(intent.get("days_to_buy")),
        }
        for name, value in fitting.items():
            if name in intent and value is None:
                del intent[name]
                self.drop(f"intent.{name}")
            elif name in intent:
                intent[name] = value
        if intent:
            self.parsed.fields["intent"] = plain(intent)

    def line(self) -> None:
        line = self.code("line")
        self.parsed.fields["line"] = line or ""
        if line and not self.config.line_known(line):
            self.refuse("UNKNOWN_LINE", "line")

    def contact(self, needed: bool) -> None:
        contact = read_contact(self.record.get("phone"), self.record.get("landline"), self.config.countries)
        self.parsed.customer = contact.customer
        self.parsed.flags |= contact.flags
        if contact.mobile:
            self.parsed.fields["phone"] = contact.mobile
        if contact.landline:
            self.parsed.fields["landline"] = contact.landline
        for name, code in contact.faults:
            if needed or code == "BAD_FIELD":
                self.refuse(code, name)
        if needed and not contact.customer and not contact.faults:
            self.refuse("NO_CONTACT", "phone")

    def unknown_keys(self) -> dict[str, Any]:
        """What no key of the contract names; it is counted where it resembles one that is not there."""
        unknown = {key: value for key, value in self.record.items() if key not in self.keys}
        self.parsed.unknown |= {resembles(key, self.keys) for key in unknown} - {""}
        if self.parsed.unknown:
            self.parsed.flags.add(KEY_UNKNOWN)
        return unknown

    def given(self) -> None:
        values = self.parsed.fields.items()
        self.parsed.given = frozenset(name for name, value in values if value != [] and value != "")


class Lead(Fields):
    keys = LEAD_KEYS

    @property
    def time_form(self) -> TimeForm | None:
        channel = self.config.channel(self.parsed.channel)
        return channel.time if channel else None

    def read(self) -> None:
        record, parsed, fields = self.record, self.parsed, self.parsed.fields
        parsed.channel = text_of(record.get("channel")) or ""
        channel = self.config.channel(parsed.channel)
        test = bool_of(record.get("test")) is True
        parsed.shadow = test or (channel is not None and channel.status == "TESTING")
        if enumerated(record.get("origin"), ["ADVISOR"]):
            self.not_supported()
            return
        if not self.missing("channel"):
            fields["channel"] = self.code("channel")
            if fields["channel"] is not None and channel is None:
                self.refuse("UNKNOWN_CHANNEL", "channel")
            elif channel is not None and channel.status in ("REGISTERED", "SUSPENDED"):
                self.refuse("CHANNEL_NOT_LIVE", "channel")
        fields["account"] = self.code("account") or ""
        if not self.missing("source_lead_id"):
            fields["source_lead_id"] = self.code("source_lead_id")
        self.line()
        self.contact(needed=True)
        self.stores()
        self.dropped_texts(*LEAD_TEXTS)
        for name in LEAD_FLAGS:
            self.flag(name)
        if "origin" in record:
            self.enumeration("origin", ["MARKET"])
            fields["origin"] = "market"
        self.intent()
        self.extra()
        self.event_time()
        parsed.source_ms = self.other_time("source_time")
        parsed.ingest_ms = self.other_time("ingest_time")
        self.given()
        fields["line"] = fields["line"] or "main"

    def stores(self) -> None:
        """`store`, then `stores`, in the order given, repeats removed (ruling 13); one code for a list of one (78)."""
        named = self.record.get("stores", [])
        named = [code for code in (named if isinstance(named, list) else [named]) if code is not None and code != ""]
        codes = [text_of(code) for code in named]
        if None in codes or "stores" in self.halves:
            self.refuse("BAD_FIELD", "stores")
        codes = [self.code("store"), *codes]
        self.parsed.fields["stores"] = list(dict.fromkeys(code for code in codes if code))

    def extra(self) -> None:
        extra = self.record.get("extra", {})
        if not isinstance(extra, dict):
            self.drop("extra")
            extra = {}
        extra = {**self.unknown_keys(), **extra}
        if extra or ("extra" in self.record and "extra" not in self.parsed.dropped):
            self.parsed.fields["extra"] = plain(extra)


class Activity(Fields):
    keys = ACTIVITY_KEYS

    def read(self) -> None:
        record, parsed, fields = self.record, self.parsed, self.parsed.fields
        if not self.missing("activity_id"):
            fields["activity_id"] = self.code("activity_id")
        if not self.missing("kind"):
            self.enumeration("kind", KINDS)
        fields["store"] = self.code("store") or ""
        self.line()
        self.strict_texts("unique_id", "advisor", "by", "outcome")
        fields["by"] = enumerated(fields.get("by", ""), JUDGES) or fields.get("by", "")
        self.dropped_texts("series", "reason", "note")
        if fields.get("kind") == "INVALID" and fields["by"] and fields["by"] not in JUDGES:
            self.refuse("BAD_FIELD", "by")
        self.contact(needed="unique_id" not in record)
        self.flag("connected")
        if "duration_s" in record:
            duration = amount_of(record["duration_s"])
            if duration is None:
                self.drop("duration_s")
            else:
                fields["duration_s"] = duration
        if "satisfaction" in record:
            satisfaction = text_of(record["satisfaction"])
            if satisfaction is None:
                self.drop("satisfaction")
            else:
                fields["satisfaction"] = satisfaction
        if not self.missing("event_time"):
            self.event_time()
        parsed.ingest_ms = self.other_time("ingest_time")
        self.unknown_keys()
        self.given()


class Command(Fields):
    """By unique_id, or by phone or landline with store and line (ruling 17)."""

    keys = COMMAND_KEYS

    def read(self) -> None:
        record, parsed, fields = self.record, self.parsed, self.parsed.fields
        kind = enumerated(record.get("kind"), COMMANDS + COMMANDS_TO_COME)
        if kind in COMMANDS_TO_COME:
            self.not_supported()
            return
        if not self.missing("command_id"):
            fields["command_id"] = self.code("command_id")
        if not self.missing("kind"):
            self.enumeration("kind", COMMANDS)
        if kind in ("ASSIGN", "TRANSFER"):
            self.missing("advisor")
        fields["store"] = self.code("store") or ""
        self.line()
        self.strict_texts(*COMMAND_IDS)
        self.dropped_texts("reason")
        self.contact(needed="unique_id" not in record)
        self.event_time()
        parsed.ingest_ms = self.other_time("ingest_time")
        self.unknown_keys()
        self.given()


READERS: dict[int, dict[str, type[Fields]]] = {3: {"raw_lead": Lead, "activity": Activity, "command": Command}}
"""Who reads a record of which type, by the layers that are built; any other is NOT_SUPPORTED."""
