"""Rows: what a customer's state is on disk (ruling 47).

A row is one format byte and a msgpack array. Fields are never reordered or removed; an optional field with a default,
appended at the end, is not a new format. Anything else bumps `FORMAT`, migrates, and keeps the old golden state.

All times are epoch ms, all periods ms, all days local calendar days; "n" is a number that counts per customer.
No row refers to itself: the cyclic collector need not look at any of it (`gc=False`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec
from msgspec import Struct

from state.errors import StateDamaged, StateRefused
from state.rows.codes import OPEN, S_PENDING

FORMAT: Final = 1


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


class Held(Struct, array_like=True, gc=False):
    """A local day (with dedup.scope = "channel": of one channel) of which a unique lead holds raw leads."""

    day: int
    t: int
    """The latest of them."""
    channel: str = ""


class Unique(Struct, array_like=True, gc=False):
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
    """The days of a lead that an older version wrote, but those since; now `held`."""
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
    cut: int = 0
    """With `days`: its last closing by LOST, INVALID or REFUND on a day of which it then held a raw lead; now `Fold.cuts`."""
    tie: tuple[int, str, str, str] | None = None
    """Priority, account, source id and split of the first touch: with `opened` and `channel` its place in the total order.
    None in a lead that an older version wrote."""
    held: list[Held] = []


class Answer(Struct, array_like=True, tag=3, gc=False):
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
    """A raw lead of the day; the first of its channel is the one that the others repeat."""

    channel: str
    raw: int
    index: int
    """Of its unique lead in `Fold.uniques`."""
    t: int = 0


class Fold(Struct, array_like=True, gc=False):
    """State of a key at one point of its order of events."""

    uniques: list[Unique] = []
    day: int = -1
    owners: list[DayOwner] = []
    cuts: list[int] = []
    """The last closings by LOST, INVALID or REFUND at the key, in order of time (ruling 12's exception)."""


class Ask(Struct, array_like=True, gc=False):
    """A wish that a store's room has not answered yet (ruling 64)."""

    number: int
    """Counts per customer."""
    advisor: str
    at: int
    """Event time of the command: assigned_at, once granted."""
    command_id: str = ""
    """Of the command that asks; "" = nobody's command: what was taken back is asked for again."""
    source: int = 0
    offset: int = 0
    original: bytes = b""
    """With source and offset: what goes to `rejects` when it is refused."""
    follow_up: int = 0
    """Event time of the follow-up that takes a recycle back by this ask; 0 = it is none."""


class Care(Struct, array_like=True, gc=False):
    """An owner's part of a unique lead (rulings 25, 63 to 66)."""

    owner: str = ""
    previous: str = ""
    assigned_at: int = 0
    """Event time of the command, not before the dispatch; follow-ups from here on count."""
    granted_at: int = 0
    """When the store's room said yes: its clocks start here."""
    place: int = 0
    """Number of the ask by which the room keeps a place; 0 = it keeps none."""
    ask: Ask | None = None
    times: list[int] = []
    """Event times of the latest follow-ups, ascending, whether they count or not."""
    recycled: int = 0
    due: int = 0
    """Due time of the timer's recycle that put it into the pool; 0 = none did."""
    first_at: int = 0
    """First follow-up that counts for the last assignment; 0 = none. It, the last and the number stand still once nobody
    owns the lead or it is closed."""
    last_at: int = 0
    number: int = 0
    passed: int = 0
    """Of those that count, how many `times` no longer lists."""
    windows: list[tuple[int, int]] = []
    """Assignments that a recycle ended, in order: assigned_at, and up to when a follow-up would have been in time."""
    pooled: bool = False
    """Whether it stood in the public pool when it was closed."""


class Lead(Struct, array_like=True, gc=False):
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
    held_at: int = 0
    """Since when it waits; 0 = it does not."""
    care: Care | None = None
    """Who cares for it; None as long as nobody ever did or was asked to."""
    sent_at: int = 0
    """The clock at its latest dispatch."""


UNKNOWN: Final = 1 << 62
EMPTY: Final = -UNKNOWN
_NOTHING: Final = msgspec.Raw(b"\x90")
if TYPE_CHECKING:
    Stored = Any  # a part of a row that stays as it is stored until something asks for it; then what it stands for
else:
    Stored = msgspec.Raw


def section_of(line: str, store: str) -> Section:
    """A new key."""
    section = Section(line, store, _NOTHING, _NOTHING, Fold(), [], latest=EMPTY)
    section.base = Fold()
    return section


class Section(Struct, array_like=True, gc=False):
    """One key (OneID, store, line): the fold's base and head, what is kept between them, and the leads."""

    line: str
    store: str
    """"" = PENDING: no store yet."""
    held_base: Stored
    """`base`, not decoded before something asks for it: a record in order looks at the head alone."""
    held_kept: Stored
    """`kept`, not decoded either; with events that came since as (stored, added)."""
    head: Fold
    leads: list[Lead]
    approximate: bool = False
    latest: int = UNKNOWN
    """Where the last kept event stands in the order, EMPTY without one; exact as long as `kept` is not decoded."""

    @property
    def base(self) -> Fold:
        """The fold's state before the first kept event."""
        held: Any = self.held_base
        if type(held) is msgspec.Raw:
            held = self.held_base = copy_fold(held)
        fold: Fold = held
        return fold

    @base.setter
    def base(self, fold: Fold) -> None:
        self.held_base = fold

    @property
    def kept(self) -> list[Kept]:
        """Events in their order, to be changed in place or replaced."""
        held: Any = self.held_kept
        if type(held) is not list:
            held = self.held_kept = _kept_list(held) if type(held) is msgspec.Raw else _kept_list(held[0]) + held[1]
        events: list[Kept] = held
        return events

    @kept.setter
    def kept(self, events: list[Kept]) -> None:
        self.held_kept = events

    def is_last(self, t: int) -> bool:
        """Whether an event at `t` surely comes behind every kept event, seen without decoding them; False = look."""
        return type(self.held_kept) is not list and t > self.latest

    def keep_last(self, event: Raw) -> None:
        """Keep an event of which `is_last` holds."""
        held: Any = self.held_kept
        if type(held) is tuple:
            held[1].append(event)
        else:
            self.held_kept = (held, [event])
        self.latest = event.t

    def settle(self, horizon: int, most: int) -> bool:
        """Make the head the base when every kept event is older than `horizon`; whether nothing else is to be done, with
        at most `most` events kept. False where only the decoded events can say."""
        held: Any = self.held_kept
        if type(held) is list or self.latest == UNKNOWN:
            return False
        if self.latest < horizon:
            if self.latest != EMPTY:
                self.held_base = msgspec.Raw(_encoder.encode(self.head))
                self.held_kept, self.latest = _NOTHING, EMPTY
            return True
        return _length(held[0]) + len(held[1]) <= most if type(held) is tuple else _length(held) <= most


class Source(Struct, array_like=True, gc=False):
    """One source key of the replay memory (ruling 11)."""

    channel: str
    account: str
    source_id: str
    accepted: int
    keep: int
    source_ms: int
    payload: bytes
    """msgpack array of the values in force, in the order of `operators.customer.replays.FIELDS`."""
    raws: list[int]
    t: int
    """Event time of the raw lead."""
    splits: int
    """Highest split number given, 1 when there was one part."""


class Customer(Struct, array_like=True, gc=False):
    """The row of one (OneID, realm).

    `sources` is decoded when something asks for it; whether a source key may be among them, `may_know` says without.
    """

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
    held_sources: Stored = _NOTHING
    """`sources`, not decoded; with those that came since as (stored, added)."""
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
    asks: int = 0
    """Asks of this customer so far."""
    commands: list[tuple[str, int]] = []
    """Replay keys of commands with the clock of their acceptance."""

    @property
    def sources(self) -> list[Source]:
        """The replay memory, to be changed in place or replaced."""
        held: Any = self.held_sources
        if type(held) is not list:
            held = _source_list(held) if type(held) is msgspec.Raw else _source_list(held[0]) + held[1]
            self.held_sources = held
        sources: list[Source] = held
        return sources

    @sources.setter
    def sources(self, sources: list[Source]) -> None:
        self.held_sources = sources

    def remember(self, source: Source) -> None:
        """Add a source key."""
        held: Any = self.held_sources
        if type(held) is list:
            held.append(source)
        elif type(held) is tuple:
            held[1].append(source)
        else:
            self.held_sources = (held, [source])

    def may_know(self, source_id: str) -> bool:
        """False when this source key is surely not remembered: the bytes of its id occur nowhere in the stored ones."""
        held: Any = self.held_sources
        return type(held) is not msgspec.Raw or bytes(held).find(_encoder.encode(source_id)) >= 0


_encoder: Final = msgspec.msgpack.Encoder()
_decode: Final = msgspec.msgpack.Decoder(Customer).decode
_kept_list: Final = msgspec.msgpack.Decoder(list[Kept]).decode
_source_list: Final = msgspec.msgpack.Decoder(list[Source]).decode
_HEAD: Final = bytes([FORMAT])


def _length(stored: msgspec.Raw) -> int:
    """Items of a stored array."""
    head = memoryview(stored)
    return head[0] & 15 if head[0] < 0xDC else int.from_bytes(head[1 : 3 if head[0] == 0xDC else 5], "big")


def _joined(stored: msgspec.Raw, added: list[Any]) -> msgspec.Raw:
    """A stored array with further items, without decoding it."""
    joined = bytearray(stored)
    first = joined[0]
    if first + len(added) < 0xA0:  # the usual case: up to 15 items, whose number stands in the first byte
        joined[0] = first + len(added)
    else:
        joined[: 1 if first < 0xDC else 3 if first == 0xDC else 5] = b"\xdd" + (_length(stored) + len(added)).to_bytes(
            4, "big"
        )
    for item in added:
        _encoder.encode_into(item, joined, -1)
    return msgspec.Raw(joined)


def encode(row: Customer) -> bytes:
    """A row's bytes."""
    held: Any = row.held_sources
    if type(held) is tuple:
        row.held_sources = _joined(*held)
    for section in row.sections:
        held = section.held_kept
        if type(held) is tuple:
            section.held_kept = _joined(*held)
        elif type(held) is list:
            last = held[-1] if held else None
            section.latest = EMPTY if last is None else last.place if type(last) is Act else last.t
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
