"""A record on its way to its shard: what validation has read from its bytes, and the clock after it."""

from __future__ import annotations

from typing import Any, Final

from operators.wire.records import ActivityRecord, BehaviourRecord, CommandRecord, RawLeadRecord, VerdictRecord
from operators.wire.streams import FieldFault

FUTURE: Final = 1
VIRTUAL: Final = 2
SEGMENT: Final = 4
LANDLINE_ONLY: Final = 8
UNUSUAL: Final = 16
FIELD_DROPPED: Final = 1 << 8
KEY_UNKNOWN: Final = 1 << 9
ORDER_APPROXIMATE: Final = 1 << 10
SHARED_CONTACT: Final = 1 << 11
NUMBER_RUN: Final = 1 << 12
"""Of a raw lead that makes or lengthens a run of adjacent numbers (ruling 62)."""
SUSPECT: Final = 1 << 13
"""Of a unique lead that BIGDATA called invalid (ruling 40)."""
FLAGS: Final = {
    FUTURE: "FUTURE",
    VIRTUAL: "VIRTUAL_OPERATOR",
    SEGMENT: "SEGMENT",
    LANDLINE_ONLY: "LANDLINE_ONLY",
    UNUSUAL: "UNUSUAL",
    FIELD_DROPPED: "FIELD_DROPPED",
    KEY_UNKNOWN: "KEY_UNKNOWN",
    ORDER_APPROXIMATE: "ORDER_APPROXIMATE",
    SHARED_CONTACT: "SHARED_CONTACT",
    NUMBER_RUN: "NUMBER_RUN",
    SUSPECT: "SUSPECT",
}
BLANK: Final = ("BLANK",)
"""In place of reasons: a line or a value without content is no record; it is counted and nothing else (ruling 77)."""


class Notes:
    """What the slow reading has to say of a record beside its values (rulings 77, 78, 81)."""

    __slots__ = ("dropped", "faults", "former", "unknown")

    def __init__(self) -> None:
        self.faults: list[FieldFault] = []
        """Why it is refused, field by field."""
        self.dropped: list[str] = []
        """Fields whose value did not fit and decides nothing: `intent.level` for a part."""
        self.unknown: list[str] = []
        """Known fields that are absent while a key that is not known resembles their name."""
        self.former: tuple[str, str] | None = None
        """(account, source lead id) as versions before ruling 77 read them, where that is another key."""


class Arrival:
    """One record on its way to its shard. `now` is the clock after it; `t` its event time, clamped; both epoch ms."""

    __slots__ = (
        "channel",
        "digest",
        "entity",
        "everywhere",
        "flags",
        "has_time",
        "kind",
        "landline",
        "moves",
        "notes",
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
        "witness",
        "witness_row",
    )

    def __init__(self, kind: str, raw: bytes) -> None:
        self.kind = kind
        self.raw = raw
        self.reasons: tuple[str, ...] = ()
        self.record: RawLeadRecord | ActivityRecord | BehaviourRecord | CommandRecord | VerdictRecord | None = None
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
        self.everywhere = False
        """Every shard applies it; that of `shard` says what becomes of it (ruling 66)."""
        self.witness = b""
        """Name of the witness whose row its rule reads and changes beside its own; b"" = none (decision 0032)."""
        self.witness_row: Any = None
        self.notes: Notes | None = None
        """None for a record that was read as it is written."""


def rejected(arrival: Arrival, *reasons: str) -> Arrival:
    """A reject with these reasons."""
    arrival.reasons = tuple(sorted(reasons))
    arrival.moves = False
    return arrival
