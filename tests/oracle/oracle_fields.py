"""One record by its own bytes and the configuration: type, fields, times, contact, reject codes (rulings 9-15, 32, 55).

Nothing here knows the clock; `oracle_reading` judges times against it.
"""

import json
import re
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple

from oracle_config import DAY_MS, HOUR_MS, MINUTE_MS, Config
from oracle_phones import read_contact

MAX_RECORD_BYTES = 1 << 20
MAX_STRING_BYTES = 256
TYPES = ("raw_lead", "activity", "verdict", "behaviour", "command")
KINDS = frozenset(
    ["CALL", "VISIT", "TEST_DRIVE", "QUOTE", "ORDER", "PAID", "REFUND", "FOLLOW_UP", "INVALID", "LOST", "OPT_OUT"]
)
COMMANDS = ("ASSIGN", "TRANSFER", "RECYCLE")
COMMANDS_TO_COME = ("STORE_EXIT", "ADVISOR_LEFT", "FORGET")
JUDGES = frozenset(["AI", "MANUAL", "DCC", "ADVISOR", "BIGDATA"])
LEVELS = frozenset({"HIGH", "NORMAL", "LOW"})

LEAD_TEXTS = [
    "wechat_unionid",
    "wechat_openid",
    "external_userid",
    "app_user_id",
    "email",
    "device_id",
    "name",
    "gender",
    "province",
    "city",
    "series",
    "model",
    "campaign",
    "advisor",
    "remark",
]
ACTIVITY_TEXTS = ["unique_id", "advisor", "by", "outcome", "series", "reason", "note"]
FREE_TEXTS = frozenset({"remark", "note", "reason"})

RFC_3339 = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(?:\.(\d+))?(?:[Zz]|([+-])(\d\d):(\d\d))", re.ASCII
)


class Line(NamedTuple):
    """One line of a source; `kind` is the type that the source's name gives (ruling 9), `number` counts from 1."""

    source: str
    number: int
    kind: str
    raw: bytes


@dataclass
class Parsed:
    """What the bytes of one record and the configuration say about it; refused where `reasons` is not empty."""

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

    @property
    def legible(self) -> bool:
        """Whether it is a JSON object of a known type, so that further reasons can be told."""
        return not self.reasons & {"NOT_JSON", "TOO_LARGE", "UNKNOWN_TYPE"}

    @property
    def moves(self) -> bool:
        """Whether bytes and configuration let it move the clock: accepted, or known and not yet applied (55)."""
        return self.reasons <= {"NOT_SUPPORTED"}


def parse(line: Line, config: Config) -> Parsed:
    """The record of one line that is not blank."""
    parsed = Parsed(line, line.kind)
    if len(line.raw) > MAX_RECORD_BYTES:
        parsed.reasons.add("TOO_LARGE")
        return parsed
    try:
        record = json.loads(line.raw.decode(), parse_constant=_refuse, parse_int=_integer)
        json.dumps(record, ensure_ascii=False).encode()  # half a surrogate pair is no UTF-8 text
    except (ValueError, RecursionError):
        record = None
    if not isinstance(record, dict):
        parsed.reasons.add("NOT_JSON")
        return parsed
    record = {key: value for key, value in record.items() if value is not None and value != ""}  # not given
    parsed.kind = record.get("type", line.kind)
    if parsed.kind not in TYPES:
        parsed.kind = ""
        parsed.reasons.add("UNKNOWN_TYPE")
    elif parsed.kind == "raw_lead":
        _Lead(record, parsed, config).read()
    elif parsed.kind == "activity":
        _Activity(record, parsed, config).read()
    elif parsed.kind == "command":
        _Command(record, parsed, config).read()
    else:
        _Fields(record, parsed, config).not_supported()
    return parsed


class _Fields:
    """Reads fields of one record into `parsed.fields`, adding a code for each fault."""

    def __init__(self, record: dict[str, Any], parsed: Parsed, config: Config):
        self.record, self.parsed, self.config = record, parsed, config

    def not_supported(self) -> None:
        """Only the event time is read (ruling 57), an ingest time that can be read as its reference (ruling 20)."""
        self.parsed.reasons.add("NOT_SUPPORTED")
        self.parsed.event_ms = self.time("event_time")
        self.parsed.ingest_ms = _instant(self.record.get("ingest_time"))

    def refuse(self, reason: str) -> None:
        self.parsed.reasons.add(reason)

    def missing(self, name: str) -> bool:
        if name in self.record:
            return False
        self.refuse("MISSING_FIELD")
        return True

    def time(self, name: str) -> int | None:
        if name not in self.record:
            return None
        at_ms = _instant(self.record[name])
        if at_ms is None:
            self.refuse("BAD_TIME")
        return at_ms

    def is_text(self, value: Any, free: bool = False) -> bool:
        return isinstance(value, str) and (free or len(value.encode()) <= MAX_STRING_BYTES)

    def keep(self, name: str, good: bool) -> None:
        """Take the field as it stands, or refuse it."""
        if good:
            self.parsed.fields[name] = self.record[name]
        else:
            self.refuse("BAD_FIELD")

    def texts(self, *names: str) -> None:
        for name in names:
            if name in self.record:
                self.keep(name, self.is_text(self.record[name], free=name in FREE_TEXTS))

    def flag(self, name: str) -> None:
        if name in self.record:
            self.keep(name, isinstance(self.record[name], bool))

    def code(self, value: Any) -> str | None:
        """Trimmed text; a JSON integer is its decimal text (ruling 45). None where it was refused."""
        if isinstance(value, int) and not isinstance(value, bool):
            value = str(value)
        if not self.is_text(value):
            self.refuse("BAD_FIELD")
            return None
        return str(value).strip()

    def known_line(self, line: str) -> None:
        if not self.config.line_known(line):
            self.refuse("UNKNOWN_LINE")

    def contact(self, needed: bool) -> None:
        contact = read_contact(self.record.get("phone"), self.record.get("landline"))
        self.parsed.customer = contact.customer
        if contact.mobile:
            self.parsed.fields["phone"] = contact.mobile
        if contact.landline:
            self.parsed.fields["landline"] = contact.landline
        if needed:
            self.parsed.reasons |= contact.faults
            if not contact.customer and not contact.faults:
                self.refuse("NO_CONTACT")
        elif "BAD_FIELD" in contact.faults:
            self.refuse("BAD_FIELD")


class _Lead(_Fields):
    def read(self) -> None:
        record, parsed, fields = self.record, self.parsed, self.parsed.fields
        code = record.get("channel")
        channel = self.config.channel(code) if isinstance(code, str) else None
        parsed.channel = code if isinstance(code, str) else ""
        parsed.shadow = record.get("test") is True or (channel is not None and channel.status == "TESTING")
        if record.get("origin") == "advisor":
            self.not_supported()
            return
        if not self.missing("channel"):
            self.keep("channel", self.is_text(code))
            if "channel" in fields and channel is None:
                self.refuse("UNKNOWN_CHANNEL")
            elif channel is not None and channel.status in ("REGISTERED", "SUSPENDED"):
                self.refuse("CHANNEL_NOT_LIVE")
        fields["account"] = self.code(record.get("account", "")) or ""
        if not self.missing("source_lead_id"):
            fields["source_lead_id"] = self.code(record["source_lead_id"])
            if fields["source_lead_id"] == "":
                self.refuse("MISSING_FIELD")
        line = self.code(record.get("line", ""))
        if line is not None:
            fields["line"] = line or "main"
            self.known_line(fields["line"])
        self.contact(needed=True)
        self.stores()
        self.texts(*LEAD_TEXTS)
        for name in ("consent", "test", "additional_purchase"):
            self.flag(name)
        if "origin" in record:
            self.keep("origin", record["origin"] == "market")
        self.intent()
        if "extra" in record:
            self.keep("extra", isinstance(record["extra"], dict))
        for name in ("event_time", "source_time", "ingest_time"):
            setattr(parsed, name.replace("_time", "_ms"), self.time(name))
        defaults = {name for name in ("account", "line") if not str(record.get(name, "")).strip()}
        parsed.given = frozenset(name for name, value in fields.items() if value != [] and name not in defaults)

    def stores(self) -> None:
        """`store`, then `stores`, in the order given, repeats removed (ruling 13)."""
        named = self.record.get("stores", [])
        if not isinstance(named, list):
            self.refuse("BAD_FIELD")
            named = []
        named = [self.record.get("store"), *named]
        codes = [self.code(code) for code in named if code is not None]
        self.parsed.fields["stores"] = list(dict.fromkeys(code for code in codes if code))

    def intent(self) -> None:
        if "intent" not in self.record:
            return
        intent = self.record["intent"]
        if not isinstance(intent, dict):
            self.refuse("BAD_FIELD")
            return
        intent = {key: value for key, value in intent.items() if value is not None and value != ""}
        days = intent.get("days_to_buy", 0)
        level = intent.get("level", "LOW")
        if not isinstance(level, str) or level not in LEVELS or not _is_amount(days):
            self.refuse("BAD_FIELD")
        elif intent:
            self.parsed.fields["intent"] = intent


class _Activity(_Fields):
    def read(self) -> None:
        record, parsed, fields = self.record, self.parsed, self.parsed.fields
        if not self.missing("activity_id"):
            fields["activity_id"] = self.code(record["activity_id"])
            if fields["activity_id"] == "":
                self.refuse("MISSING_FIELD")
        if not self.missing("kind"):
            self.keep("kind", isinstance(record["kind"], str) and record["kind"] in KINDS)
        for name in ("store", "line"):
            fields[name] = self.code(record.get(name, "")) or ""
        if fields["line"]:
            self.known_line(fields["line"])
        self.texts(*ACTIVITY_TEXTS)
        if record.get("kind") == "INVALID" and fields.get("by", "AI") not in JUDGES:
            self.refuse("BAD_FIELD")
        self.contact(needed="unique_id" not in record)
        self.flag("connected")
        if "duration_s" in record:
            self.keep("duration_s", _is_amount(record["duration_s"]))
        if "satisfaction" in record:
            self.keep("satisfaction", True)
        if not self.missing("event_time"):
            parsed.event_ms = self.time("event_time")
        parsed.ingest_ms = self.time("ingest_time")
        parsed.given = frozenset(name for name, value in fields.items() if value != "")


class _Command(_Fields):
    """By unique_id, or by phone or landline with store and line (ruling 17)."""

    def read(self) -> None:
        record, parsed, fields = self.record, self.parsed, self.parsed.fields
        kind = record.get("kind")
        if kind in COMMANDS_TO_COME:
            self.not_supported()
            return
        if not self.missing("command_id"):
            fields["command_id"] = self.code(record["command_id"])
            if fields["command_id"] == "":
                self.refuse("MISSING_FIELD")
        if not self.missing("kind"):
            self.keep("kind", kind in COMMANDS)
        if kind in ("ASSIGN", "TRANSFER") and not self.missing("advisor"):
            fields["advisor"] = self.code(record["advisor"])
            if fields["advisor"] == "":
                self.refuse("MISSING_FIELD")
        for name in ("store", "line"):
            fields[name] = self.code(record.get(name, "")) or ""
        if fields["line"]:
            self.known_line(fields["line"])
        self.texts("unique_id", "reason")
        self.contact(needed="unique_id" not in record)
        parsed.event_ms = self.time("event_time")
        parsed.ingest_ms = self.time("ingest_time")
        parsed.given = frozenset(name for name, value in fields.items() if value != "")


def _is_amount(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value >= 0


def _refuse(constant: str) -> None:
    raise ValueError(constant)  # NaN and Infinity are no JSON (ruling 55)


def _integer(digits: str) -> int | float:
    return int(digits) if len(digits) < 4000 else float(digits)


def _instant(value: Any) -> int | None:
    """Milliseconds since 1970 of an RFC 3339 time with an offset, further decimals cut; None where it is none."""
    match = RFC_3339.fullmatch(value) if isinstance(value, str) else None
    if not match:
        return None
    year, month, day, hour, minute, second = (int(match[n]) for n in range(1, 7))
    try:
        days = date(year, month, day).toordinal() - date(1970, 1, 1).toordinal()
    except ValueError:
        return None
    if hour > 23 or minute > 59 or second > 60:  # 60: a leap second, taken as the first of the next minute
        return None
    offset_ms = 0
    if match[8]:
        offset_hour, offset_minute = int(match[9]), int(match[10])
        if offset_hour > 23 or offset_minute > 59:
            return None
        offset_ms = (offset_hour * HOUR_MS + offset_minute * MINUTE_MS) * (-1 if match[8] == "-" else 1)
    decimals_ms = int((match[7] or "")[:3].ljust(3, "0"))
    return days * DAY_MS + hour * HOUR_MS + minute * MINUTE_MS + second * 1000 + decimals_ms - offset_ms
