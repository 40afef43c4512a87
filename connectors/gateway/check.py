"""The light check at the door: is it JSON, small enough, of a channel that is known and taken?

Nothing else refuses a lead here: what the engine's own validation would refuse is taken, and the sender is told. So there is
one rule, and a lead that a later configuration takes is not lost at the door.

A lead's values are passed on as they were written, byte for byte: a number is read from its literal (ruling 79).
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

import msgspec

from connectors.gateway.durable import Line
from connectors.gateway.refusal import DoorRefused
from operators.config.configuration import Configuration
from operators.identity.one_id import NEWEST_FORM, OneIds
from operators.intake.times import Clock
from operators.intake.validation import Validation
from operators.registry import RECORD_OF
from state import limits

log = logging.getLogger("leadstream")

_AT_THE_DOOR: Final = frozenset({"NOT_JSON", "TOO_LARGE", "UNKNOWN_CHANNEL", "CHANNEL_NOT_LIVE"})
"""Reasons for which a lead is refused here; all others are told and taken."""
_TAKEN: Final = frozenset({"LIVE", "TESTING"})
_KIND: Final = "raw_lead"
_BOM: Final = b"\xef\xbb\xbf"
_BLANKS: Final = b" \t\r\n"

_list: Final = msgspec.json.Decoder(list[msgspec.Raw]).decode
_object: Final = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_any: Final = msgspec.json.Decoder().decode
_encode: Final = msgspec.json.Encoder().encode


class Fault(NamedTuple):
    """What is wrong of a lead, as the sender is told."""

    code: str
    field: str | None
    hint: str


class Item(NamedTuple):
    """A lead of a request, judged."""

    line: Line | None
    """None = refused."""
    source_lead_id: str | None
    faults: tuple[Fault, ...]
    """Why it is refused; of one that is taken, what the engine will say."""


class Check:
    """For one configuration."""

    def __init__(self, configuration: Configuration, wall_ms: Callable[[], int]) -> None:
        self._rules = configuration.rules
        self._wall_ms = wall_ms
        self._validation = Validation(
            configuration.rules, OneIds(configuration.secret, limits.SHARDS, NEWEST_FORM), RECORD_OF
        )

    def channel(self, code: str) -> None:
        """Raises DoorRefused where the channel is not known (404) or not taken (403)."""
        known = self._rules.channels.get(code)
        if known is None:
            raise DoorRefused(
                404,
                "UNKNOWN_CHANNEL",
                "The configuration names no such channel.",
                "Check the code in the path; it is written exactly as in the configuration's [channels].",
            )
        if known.status not in _TAKEN:
            raise DoorRefused(
                403,
                "CHANNEL_NOT_LIVE",
                f"The channel {code} is {known.status}.",
                "Its operator sets status = LIVE, or TESTING to try it out.",
            )

    def leads(self, channel: str, body: bytes) -> list[Item]:
        """The leads of a body: an object, or a list of them. Raises DoorRefused where it is no such thing."""
        body = body.removeprefix(_BOM).strip(_BLANKS)
        if not body:
            raise DoorRefused(400, "NOT_JSON", "The body is empty.", "Send a JSON object, or a list of them.")
        try:
            body.decode()
        except UnicodeDecodeError:
            raise DoorRefused(400, "NOT_JSON", "The body is not UTF-8.", "Send JSON in UTF-8.") from None
        if not body.startswith(b"["):
            return [self._one(channel, msgspec.Raw(body), whole=True)]
        try:
            raws = _list(body)
        except (msgspec.DecodeError, RecursionError):
            raise _not_json() from None
        if not raws:
            raise DoorRefused(400, "NOT_JSON", "The list holds no lead.", "Send at least one.")
        if len(raws) > limits.GATEWAY_BATCH:
            raise DoorRefused(
                413,
                "BATCH_TOO_LARGE",
                f"The request holds {len(raws)} leads; {limits.GATEWAY_BATCH} are taken at a time.",
                "Send fewer at a time; none of them was taken.",
            )
        return [self._one(channel, raw, whole=False) for raw in raws]

    def _one(self, channel: str, raw: msgspec.Raw, *, whole: bool) -> Item:
        try:
            fields = _object(raw)
            known: dict[str, Any] = {
                name: _any(fields[name]) for name in ("channel", "type", "source_lead_id") if name in fields
            }
        except (msgspec.DecodeError, RecursionError):
            if whole:
                raise _not_json() from None
            return Item(None, None, (Fault("NOT_JSON", None, "Each entry of the list is a JSON object."),))
        said = known.get("source_lead_id")
        source_id = None if said in (None, "") or isinstance(said, dict | list) else _shown(str(said))
        for name, only in (("channel", channel), ("type", _KIND)):
            if known.get(name) not in (None, "", only):
                # Else one channel's secret would let in another's leads, or a command.
                return Item(None, source_id, (Fault("BAD_FIELD", name, f"Leave it out, or send {only}."),))
        now = self._wall_ms()
        fields["type"] = msgspec.Raw(_encode(_KIND))
        fields["channel"] = msgspec.Raw(_encode(channel))
        fields["ingest_time"] = msgspec.Raw(_encode(datetime.fromtimestamp(now / 1000, UTC).isoformat()))
        # Line feeds stand between values alone: within a string they are escaped.
        value = _encode(fields).replace(b"\n", b" ").replace(b"\r", b" ")
        faults = self._faults(value, now)
        if any(fault.code in _AT_THE_DOOR for fault in faults):
            return Item(None, source_id, tuple(fault for fault in faults if fault.code in _AT_THE_DOOR))
        return Item(Line(value, f"{channel}/{source_id or ''}".encode()), source_id, faults)

    def _faults(self, value: bytes, now: int) -> tuple[Fault, ...]:
        try:
            arrival = self._validation.read(value, _KIND, Clock(event=False, now=now, wall_ms=now))
        except Exception as error:
            # The engine puts such a record to rejects with its original; a lead is not refused for a fault of ours.
            log.error("The check of a lead met an error that no rule foresees (%s).", type(error).__name__)
            return (Fault("INTERNAL", None, "The lead is kept; the engine will say what becomes of it."),)
        return tuple(_fault_of(code) for code in arrival.reasons)


def _fault_of(code: str) -> Fault:
    field, hint = _HINTS.get(code, (None, "See the table of reject codes."))
    return Fault(code, field, hint)


_HINTS: Final[dict[str, tuple[str | None, str]]] = {
    "NOT_JSON": (None, "Send JSON in UTF-8, numbers without NaN."),
    "TOO_LARGE": (None, f"A lead has at most {limits.RECORD_BYTES} bytes."),
    "UNKNOWN_CHANNEL": ("channel", "Use a code of the configuration's [channels]."),
    "CHANNEL_NOT_LIVE": ("channel", "Its operator sets status = LIVE, or TESTING to try it out."),
    "MISSING_FIELD": ("source_lead_id", "Send the channel's own id of the lead, the same each time it is sent."),
    "NO_CONTACT": ("phone", "Send a mobile or a landline."),
    "BAD_PHONE": ("phone", "Send one whole number: 11 digits of a mobile, or area code and landline."),
    "SERVICE_NUMBER": ("phone", "This is a service number; send the customer's own."),
    "TEST_NUMBER": ("phone", 'This is a test number; for trials set "test": true with a real form of number.'),
    "FOREIGN_NUMBER": ("phone", "Numbers of this country are taken when validation.countries names it."),
    "BAD_TIME": ("event_time", "Send RFC 3339 with an offset: 2026-03-02T10:15:00+08:00."),
    "UNKNOWN_LINE": ("line", "Use a code of the configuration's [lines]."),
    "NOT_SUPPORTED": (None, "This kind of lead is kept and not applied by this version."),
    "BAD_FIELD": (None, "A field has a type or length that it may not have."),
}
"""Code → (the field that it is mostly about, what helps)."""


def _shown(text: str) -> str:
    """A lone surrogate cannot be written: it becomes a question mark in the answer; the record has it as it was sent."""
    return text.encode("utf-8", "replace").decode()


def _not_json() -> DoorRefused:
    return DoorRefused(
        400, "NOT_JSON", "The body is no JSON object and no list.", "Send a JSON object, or a list of them."
    )
