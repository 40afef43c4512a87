"""Refused and late records as input again: the original out of an output record, and a late lead without its times.

What goes in again is the original as it came: its channel, account and source_lead_id are its identity, so that what was
decided meanwhile is a transport replay and nothing is decided twice (ruling 11). Pure: no file, no topic, no clock.
"""

from __future__ import annotations

import base64
import binascii
from typing import Any, Final, NamedTuple

import msgspec

from operators.registry import RECORDS, default_type

LATE_TIME: Final = "late_event_time"
"""Where in `extra` a late lead that counts from now keeps the event time that it came with."""
_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
_fields: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])


class Original(NamedTuple):
    """A record that was refused or late, as it came."""

    event_id: str
    """Of the output record: by it one knows what was sent again."""
    kind: str
    """Type of a record without `type`, by the file or topic that it stood in (ruling 9)."""
    raw: bytes
    """One line: a line break can only be white space between JSON's tokens, and is a blank here."""
    channel: str
    reasons: tuple[str, ...]
    """() of a late lead."""
    place: str
    """Where it stood, for people: file and line, or topic, partition and offset."""
    why_not: str = ""
    """Why it cannot be sent again, as the end of a sentence; "" = it can."""


def original_of(record: dict[str, Any]) -> Original:
    """The original of a record of `rejects` or `late`. Raises ValueError for what is neither."""
    event_id, text = record.get("event_id"), record.get("original")
    if type(event_id) is not str or type(text) is not str:
        raise ValueError("no record of rejects or late")
    reasons = tuple(str(reason) for reason in record.get("reasons", ()))
    source, place = _placed(record, event_id)
    why_not = ""
    raw = b""
    if record.get("encoding") == "base64":
        try:
            raw = base64.b64decode(text, validate=True)
        except binascii.Error:
            why_not = "its original is no base64 any more"
    else:
        raw = text.encode("utf-8", "surrogatepass")
    if record.get("cut"):
        why_not = f"its original of {record['cut']} bytes was cut"
    elif "TOO_LARGE" in reasons:
        why_not = "it is larger than a record may be"
    return Original(
        event_id,
        _kind(source, str(record.get("topic", ""))),
        raw.replace(b"\r", b" ").replace(b"\n", b" "),
        str(record.get("channel", "")),
        reasons,
        place,
        why_not,
    )


def _placed(record: dict[str, Any], event_id: str) -> tuple[str, str]:
    """(input that it stood in, the place for people); a late lead's stand in its event id alone."""
    if "topic" in record:
        return str(
            record.get("source", "")
        ), f"{record['topic']}, partition {record.get('partition')}, offset {record.get('offset')}"
    if "source" in record:
        return str(record["source"]), f"{record['source']}, position {record.get('position')}"
    source, _, position = event_id.removeprefix("late-").rpartition("-")
    return source, f"{source}, position {position}"


def _kind(source: str, topic: str) -> str:
    if topic:
        return next((kind.name for kind in RECORDS if topic.endswith(kind.topic)), RECORDS[0].name)
    return default_type(source)


def counting_from_now(raw: bytes, event_time: str) -> bytes | None:
    """A late lead without event and ingest time, so that it counts from when it is read (domain 3); everything else as it
    came, byte by byte, and its event time kept in `extra`. None for what is no JSON object."""
    try:
        fields = _fields.decode(raw.removeprefix(_BYTE_ORDER_MARK))
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    fields.pop("event_time", None)
    fields.pop("ingest_time", None)
    try:
        extra = _fields.decode(fields["extra"]) if "extra" in fields else {}
    except msgspec.DecodeError:
        extra = {}  # null, or no object: validation has not kept it either
    extra.setdefault(LATE_TIME, msgspec.Raw(msgspec.json.encode(event_time)))
    fields["extra"] = msgspec.Raw(msgspec.json.encode(extra))
    return msgspec.json.encode(fields)
