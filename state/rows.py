"""Rows: what a customer's state is on disk (ruling 47).

A row is one format byte and a msgpack array. Fields are never reordered or removed; an optional field with a default,
appended at the end, is not a new format. Anything else bumps `FORMAT`, migrates, and keeps the old golden state.

All times are epoch ms, all periods ms, all days local calendar days; "n" is a number that counts per customer.
"""

from __future__ import annotations

from typing import Final

import msgspec
from msgspec import Struct

from state.errors import StateDamaged, StateRefused

FORMAT: Final = 1

# marks
FIRST_TOUCH: Final = 0
DEDUPED: Final = 1
MERGED: Final = 2
DEAL_MERGED: Final = 3
MARKS: Final = ("FIRST_TOUCH", "DEDUPED", "MERGED", "DEAL_MERGED")

# outcome of an intention in the fold: never set by a timer
OPEN: Final = 0
WON: Final = 1
LOST: Final = 2
INVALID: Final = 3

# kinds of kept activities, in their order at one instant (ruling 26)
EFFECTIVE: Final = 0
ACT_LOST: Final = 1
ACT_INVALID: Final = 2
ACT_PAID: Final = 3
ACT_REFUND: Final = 4

# status of a unique lead as others see it (ruling 32)
S_PENDING: Final = 0
S_CLEANING: Final = 1
S_HELD: Final = 2
S_DISPATCHED: Final = 3
S_ASSIGNED: Final = 4
S_POOL: Final = 5
S_WON: Final = 6
S_LOST: Final = 7
S_INVALID: Final = 8
S_CLOSED: Final = 9
STATUSES: Final = ("PENDING", "CLEANING", "HELD", "DISPATCHED", "ASSIGNED", "POOL", "WON", "LOST", "INVALID", "CLOSED")

CLOSED_REASONS: Final = (
    "",
    "WON",
    "LOST",
    "INVALID",
    "MERGE_EXPIRED",
    "MAX_LIFE",
    "FOLDED",
    "ONEID_MERGED",
    "FORGOTTEN",
)
R_WON: Final = 1
R_LOST: Final = 2
R_INVALID: Final = 3
R_MERGE_EXPIRED: Final = 4
R_MAX_LIFE: Final = 5
R_FOLDED: Final = 6


class IntentEntry(Struct, array_like=True, gc=False):
    """One entry of a unique lead's intent history: what a FIRST_TOUCH or MERGED raw lead said."""

    t: int
    series: str = ""
    level: int = 0
    """0 unknown, 1 LOW, 2 NORMAL, 3 HIGH."""
    days_to_buy: int = -1
    budget: str = ""


class Raw(Struct, array_like=True, tag=1, gc=False):
    """A kept raw lead (part): all that a later fold needs (ruling 46) and its disposition in force."""

    n: int
    t: int
    priority: int
    channel: str
    account: str
    source_id: str
    split: int
    """Number of the part, 0 when the raw lead has one."""
    merge: int
    deal: int
    life: int
    facts: int
    intent: IntentEntry
    flags: int = 0
    mark: int = 0
    u: int = 0
    """Unique lead in force."""
    version: int = 0
    """Of its disposition in force."""
    competitor: int = 0
    """Raw lead that its mark was decided against; 0 = none."""


class Act(Struct, array_like=True, tag=2, gc=False):
    """A kept activity. Where it stands in the fold is `place`; the time it has there, which becomes d or a closing, `time`.

    The two differ from its event time `t` where it is older than the lateness (it stands at the clock of its arrival), where
    it comes up to ten minutes before the first lead (as if at its opening), and where its lead only came here by a store
    answer (it stands at the answer); rulings 26, 46 and 57.
    """

    t: int
    place: int
    kind: int
    activity_id: str
    arrival: int = 0
    time: int = 0
    rank: int = 3
    """Its place among the events of one instant: OLD, BROUGHT or USUAL."""


OLD: Final = 1
BROUGHT: Final = 2
USUAL: Final = 3


class Unique(Struct, array_like=True):
    """A purchase intention as the fold sees it: decided by times alone."""

    n: int
    opened: int
    first: int
    anchor: int
    expires: int
    merge: int
    deal: int
    life: int
    status: int = OPEN
    at: int = 0
    """d of a WON, the closing of a LOST or INVALID."""
    count: int = 0
    touched: int = 0
    raws: list[int] = []
    days: list[int] = []
    intents: list[IntentEntry] = []
    facts: int = 0
    heat: float = 0.0
    """Decayed touches, as of `heat_at`; for the score's interaction group."""
    heat_at: int = 0
    effective: bool = False
    channel: str = ""
    """Of the first touch."""
    reopened: int = 0
    """Number of reopenings."""
    ended: int = 0
    """When another lead took its place before its expiry (ruling 57: closed at T beside a lead that moved); 0 = never."""
    counts_from: int = 0
    """T of a lead that moved here (ruling 57); 0 = it was opened here."""


class Answer(Struct, array_like=True, tag=3):
    """A store answer: a pending lead came to this key at T (rulings 7, 53, 57)."""

    t: int
    moved: bool
    """Decided at arrival and never again: a lead that moved keeps its id and marks (ruling 53)."""
    lead: Unique
    """The pending lead as it was at T."""
    raws: list[Raw]
    marks: list[int]
    """Marks of `raws` before the answer."""
    arrival: int = 0
    """Order of arrival among answers and old activities of one instant."""


Kept = Raw | Act | Answer


class DayOwner(Struct, array_like=True, gc=False):
    """The raw lead that the others of its local day repeat."""

    channel: str
    raw: int
    index: int
    """Of its unique lead in `Fold.uniques`."""
    t: int = 0


class Fold(Struct, array_like=True):
    """State of a key at one point of its order of events."""

    uniques: list[Unique] = []
    day: int = -1
    owners: list[DayOwner] = []


class Lead(Struct, array_like=True):
    """What was done about a unique lead: versions of its records, its wait, its dispatches."""

    n: int
    version: int = 0
    status: int = S_PENDING
    reason: int = 0
    sequence: int = 0
    """Dispatches so far."""
    sent: bool = False
    """Dispatched since it was last opened or reopened."""
    conditions: int = 0
    until: int = 0
    """End of its hold; 0 = unknown."""
    holds: int = 0
    notices: int = 0
    closings: int = 0
    score: int = 0
    grade: int = 3
    behaviours: list[int] = []
    closed_at: int = 0
    into: int = 0
    """Unique lead it was folded into."""
    queued: int = 0
    """Opening of the store's release that it is queued for; 0 = none."""
    slot: bool = False
    """Whether `until` is a slot that the store gave."""
    first: int = 0
    """Raw lead of first touch as last written."""
    memory: int = 0
    """max(merge, deal-merge) of a folded lead, whose intention is gone, ms."""


class Section(Struct, array_like=True):
    """One key (OneID, store, line): the fold's base and head, what is kept between them, and the leads."""

    line: str
    store: str
    """"" = PENDING: no store yet."""
    base: Fold
    kept: list[Kept]
    head: Fold
    leads: list[Lead]
    approximate: bool = False


class Source(Struct, array_like=True, gc=False):
    """One source key of the replay memory (ruling 11)."""

    channel: str
    account: str
    source_id: str
    accepted: int
    keep: int
    source_ms: int
    payload: bytes
    """msgpack array of the values in force, in the order of `operators.replays.FIELDS`."""
    raws: list[int]
    t: int
    """Event time of the raw lead."""
    splits: int
    """Highest split number given, 1 when there was one part."""


class Customer(Struct, array_like=True):
    """The row of one (OneID, realm)."""

    life: str
    """Local date when the row was created, "s" appended in the shadow realm: part of every id (ruling 21)."""
    phone: str
    landline: str
    shadow: bool
    raws: int = 0
    uniques: int = 0
    name: str = ""
    name_at: int = -(1 << 62)
    consent: int = -1
    """Explicit consent: 1, 0, or -1 where nothing explicit exists (ruling 38)."""
    consent_at: int = -(1 << 62)
    opted_out: bool = False
    newest_at: int = -(1 << 62)
    newest_channel: str = ""
    sources: list[Source] = []
    activities: list[tuple[str, int]] = []
    """Replay keys of activities with the clock of their acceptance."""
    sections: list[Section] = []
    armed: int = 0
    """Due time of this row's one timer; 0 = none."""
    day: int = -1
    day_count: int = 0
    notices: int = 0
    arrivals: int = 0
    """Activities accepted so far: the order of arrival."""
    consent_tie: str = ""


_encoder: Final = msgspec.msgpack.Encoder()
_decode: Final = msgspec.msgpack.Decoder(Customer).decode
_HEAD: Final = bytes([FORMAT])


def encode(row: Customer) -> bytes:
    """A row's bytes."""
    return _HEAD + _encoder.encode(row)


def decode(stored: bytes) -> Customer:
    """The row in these bytes. Raises StateRefused for a newer format, StateDamaged for what is no row."""
    if stored[0] != FORMAT:
        if stored[0] > FORMAT:
            raise StateRefused(
                f"A row has format {stored[0]}; this version writes format {FORMAT}.",
                "Start the newer version that wrote this state.",
            )
        raise StateDamaged(
            f"A row has the unknown format {stored[0]}.", "Restore the last backup of the state and its output folder."
        )
    try:
        return _decode(memoryview(stored)[1:])
    except msgspec.DecodeError as error:
        raise StateDamaged(
            f"A customer's row cannot be read ({error}).",
            "Do not delete the state. Restore the last backup of the state and its output folder together.",
        ) from None


copy_fold: Final = msgspec.msgpack.Decoder(Fold).decode


def copied(fold: Fold) -> Fold:
    """A deep copy."""
    return copy_fold(_encoder.encode(fold))
