"""A record on its way to its shard: what validation has read from its bytes, and the clock after it."""

from __future__ import annotations

from typing import Final

from operators.wire.records import ActivityRecord, CommandRecord, RawLeadRecord

FUTURE: Final = 1
VIRTUAL: Final = 2
SEGMENT: Final = 4
LANDLINE_ONLY: Final = 8
UNUSUAL: Final = 16
FIELD_DROPPED: Final = 256
FLAGS: Final = {
    FUTURE: "FUTURE",
    VIRTUAL: "VIRTUAL_OPERATOR",
    SEGMENT: "SEGMENT",
    LANDLINE_ONLY: "LANDLINE_ONLY",
    UNUSUAL: "UNUSUAL",
    FIELD_DROPPED: "FIELD_DROPPED",
}


class Arrival:
    """One record on its way to its shard. `now` is the clock after it; `t` its event time, clamped; both epoch ms."""

    __slots__ = (
        "channel",
        "digest",
        "entity",
        "flags",
        "has_time",
        "kind",
        "landline",
        "moves",
        "now",
        "offset",
        "phone",
        "raw",
        "reasons",
        "record",
        "shadow",
        "shard",
        "source",
        "source_ms",
        "stores",
        "submitted",
        "t",
        "tail",
        "time_fault",
        "unclocked",
    )

    def __init__(self, kind: str, raw: bytes) -> None:
        self.kind = kind
        self.raw = raw
        self.reasons: tuple[str, ...] = ()
        self.record: RawLeadRecord | ActivityRecord | CommandRecord | None = None
        self.channel = ""
        self.digest = b""
        self.shadow = False
        self.shard = 0
        self.phone = ""
        self.landline = ""
        self.stores: tuple[str, ...] = ()
        self.flags = 0
        self.t = 0
        self.submitted = 0
        """Event time as sent; where there is none, the ingest time, 0 without both."""
        self.time_fault = ""
        """Why its time is BAD_TIME, in the words of `operators.intake.times`."""
        self.unclocked = False
        """It came while there was no clock and did not start it: `now` is its own time alone (ruling 76)."""
        self.source_ms = 0
        self.has_time = False
        self.moves = False
        self.now = 0
        self.source = 0
        self.offset = 0
        self.tail = 0
        """Size of the file when this is its last line without a newline, refused: it may still grow (ruling 9)."""
        self.entity = b""
