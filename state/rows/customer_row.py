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
from state.rows.intention import Act, Fold, Kept, Raw, copy_fold
from state.rows.lead import Lead

FORMAT: Final = 1


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


class Behaviour(Struct, array_like=True, gc=False):
    """What a customer did of one kind with one series, as aggregates (行为, ruling 74)."""

    kind: str
    series: str
    """"" = none was named."""
    value: float
    """Times, by the weight of their channel, each counted less the longer before `last` it was."""
    count: int
    first: int
    last: int


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
    behaviours: list[Behaviour] = []
    """At most `limits.BEHAVIOURS`, one per (kind, series)."""
    tasks: int = 0
    """Cleaning tasks of this customer so far."""
    province: str = ""
    """With `city` of the latest raw lead that gives a city."""
    city: str = ""
    city_at: int = -(1 << 62)
    exited: int = 0
    """Store exits of its shard that it has met."""

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
