"""The light check at the door: is it JSON, small enough, of a channel that is known and taken?

Nothing else refuses a lead here: what the engine's own validation would refuse is taken, and the sender is told. So there is
one rule, and a lead that a later configuration takes is not lost at the door.

A lead's values are passed on as they were written, byte for byte: a number is read from its literal (ruling 79).
"""

from __future__ import annotations

import logging
import re
import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

import msgspec

from connectors.durable.places import Line, key_of
from connectors.gateway.refusal import DoorRefused
from connectors.judge import Judge
from operators.config.configuration import Configuration
from operators.intake.faults import faults_of
from state import limits

log = logging.getLogger("leadstream")

_PLACE: Final = re.compile(r"\((byte \d+)\)")
"""Where the decoder says that JSON ends."""
_AT_THE_DOOR: Final = frozenset({"NOT_JSON", "TOO_LARGE", "UNKNOWN_CHANNEL", "CHANNEL_NOT_LIVE"})
"""Reasons for which a lead is refused here; all others are told and taken."""
_TAKEN: Final = frozenset({"LIVE", "TESTING"})
_KIND: Final = "raw_lead"
_BOM: Final = b"\xef\xbb\xbf"
_BLANKS: Final = b" \t\r\n"

_MAYBE_HALF: Final = re.compile(rb"\\u[Dd][89A-Fa-f]")
_ESCAPE: Final = re.compile(
    rb"\\(?:u[Dd][89ABab][0-9A-Fa-f]{2}\\u[Dd][C-Fc-f][0-9A-Fa-f]{2}|u([Dd][89A-Fa-f][0-9A-Fa-f]{2})|.)", re.DOTALL
)
"""An escape of JSON: a whole pair, a lone half of one (group 1), any other."""

_list: Final = msgspec.json.Decoder(list[msgspec.Raw]).decode
_object: Final = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_any: Final = msgspec.json.Decoder().decode
_encode: Final = msgspec.json.Encoder().encode
_TYPE: Final = msgspec.Raw(_encode(_KIND))


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
        self._judge = Judge(configuration)

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
        mark = _mark_of(body)
        body = _marked(body, mark)
        now = self._wall_ms()
        own = (
            msgspec.Raw(_encode(channel)),
            msgspec.Raw(_encode(datetime.fromtimestamp(now / 1000, UTC).isoformat())),
        )
        if not body.startswith(b"["):
            return [self._one(channel, msgspec.Raw(body), now, own, mark, whole=True)]
        try:
            raws = _list(body)
        except (msgspec.DecodeError, RecursionError) as error:
            raise _not_json(error) from None
        if not raws:
            raise DoorRefused(400, "NOT_JSON", "The list holds no lead.", "Send at least one.")
        if len(raws) > limits.GATEWAY_BATCH:
            raise DoorRefused(
                413,
                "BATCH_TOO_LARGE",
                f"The request holds {len(raws)} leads; {limits.GATEWAY_BATCH} are taken at a time.",
                "Send fewer at a time; none of them was taken.",
            )
        return [self._one(channel, raw, now, own, mark, whole=False) for raw in raws]

    def _one(
        self,
        channel: str,
        raw: msgspec.Raw,
        now: int,
        own: tuple[msgspec.Raw, msgspec.Raw],
        mark: str,
        *,
        whole: bool,
    ) -> Item:
        """One lead; `own` = the channel and the ingest time as the record says them, `mark` as in `_marked`."""
        try:
            fields = _object(raw)
            known: dict[str, Any] = {
                name: _any(fields[name]) for name in ("channel", "type", "source_lead_id") if name in fields
            }
        except (msgspec.DecodeError, RecursionError) as error:
            if whole:
                raise _not_json(error) from None
            return Item(None, None, (Fault("NOT_JSON", None, "Each entry of the list is a JSON object."),))
        said = known.get("source_lead_id")
        source_id = None if said in (None, "") or isinstance(said, dict | list) else _shown(str(said), mark)
        for name, only in (("channel", channel), ("type", _KIND)):
            if known.get(name) not in (None, "", only):
                # Else one channel's secret would let in another's leads, or a command.
                return Item(None, source_id, (Fault("BAD_FIELD", name, f"Leave it out, or send {only}."),))
        fields["type"] = _TYPE
        fields["channel"], fields["ingest_time"] = own
        # Line feeds stand between values alone: within a string they are escaped.
        value = _encode(fields).replace(b"\n", b" ").replace(b"\r", b" ")
        if mark:
            value = re.sub(mark.encode() + rb"([0-9A-Fa-f]{4})", rb"\\u\1", value)
        faults = self._faults(value, now)
        if any(fault.code in _AT_THE_DOOR for fault in faults):
            return Item(None, source_id, tuple(fault for fault in faults if fault.code in _AT_THE_DOOR))
        return Item(Line(value, key_of(channel, source_id or "")), source_id, faults)

    def _faults(self, value: bytes, now: int) -> tuple[Fault, ...]:
        try:
            arrival = self._judge.judge(value, now)
        except Exception as error:
            # The engine puts such a record to rejects with its original; a lead is not refused for a fault of ours.
            log.error("The check of a lead met an error that no rule foresees (%s).", type(error).__name__)
            return (Fault("INTERNAL", None, "The lead is kept; the engine will say what becomes of it."),)
        return tuple(Fault(one.code, one.field, one.hint) for one in faults_of(arrival)) if arrival.reasons else ()


def _shown(text: str, mark: str) -> str:
    """A lone surrogate cannot be written: it becomes a question mark in the answer; the record has it as it was sent."""
    return re.sub(f"{mark}[0-9A-Fa-f]{{4}}", "?", text) if mark else text


def _mark_of(body: bytes) -> str:
    """What stands for the backslash and u of half a character in this body, "" where it has none."""
    halves = any(found[1] for found in _ESCAPE.finditer(body)) if _MAYBE_HALF.search(body) else False
    return f"half-{secrets.token_hex(8)}-" if halves else ""


def _marked(body: bytes, mark: str) -> bytes:
    """The body with its half characters under a mark: the decoder refuses them, the engine reads them (ruling 77)."""
    if not mark:
        return body
    return _ESCAPE.sub(lambda found: mark.encode() + found[1] if found[1] else found[0], body)


def _not_json(error: Exception) -> DoorRefused:
    place = _PLACE.search(str(error))
    where = f": it breaks at {place[1]}" if place else ""
    return DoorRefused(
        400, "NOT_JSON", f"The body is no JSON object and no list{where}.", "Send a JSON object, or a list of them."
    )
