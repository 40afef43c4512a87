"""What a decision leaves behind beside the row: events, counts, index entries, the audit story, messages.

Pure data. The shard's step writes all of it in the batch of the row (decision 0003), or none of it.
"""

from __future__ import annotations

import base64
from collections import defaultdict
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

from msgspec import UNSET, Struct

from operators.base.count_kinds import COUNTS, PER_CAMPAIGN, PLACE_OF
from operators.base.rules import Rules
from operators.wire import streams
from operators.wire.arrival import FLAGS, Arrival
from operators.wire.streams import FieldFault, Why
from state import limits
from state.outbox import Lines
from state.rows.exits_row import Exit
from state.rows.messages import Message
from state.rows.story import Entry


class Source(NamedTuple):
    """An input partition, as records speak of it."""

    name: str
    """In event ids (ruling 21)."""
    topic: str = ""
    """Of a broker; '' = a file."""
    partition: int = -1


class Place(NamedTuple):
    """Where a record stood that is refused later, and when that happens."""

    source: int
    offset: int
    now: int
    channel: str = ""
    tail: int = 0
    shadow: bool = False
    kind: str = ""
    """Its type."""


Event = tuple[int, str, Struct | None]
"""(stream, key, record); None = the key is deleted, for a compacted topic."""

PACKED_AT: Final = 64
"""Records collected before they are encoded together: one call for many costs a third, and their memory is still near."""

_flag_lists: dict[int, list[str]] = {}


def flag_names(flags: int) -> list[str]:
    """Names of a raw lead's flags. The list is shared: read it only."""
    found = _flag_lists.get(flags)
    if found is None:
        found = _flag_lists[flags] = [name for bit, name in FLAGS.items() if flags & bit]
    return found


def _zeros() -> list[int]:
    return [0] * len(COUNTS)


def _no_costs() -> list[int]:
    return [0] * len(PER_CAMPAIGN)


def _nothing() -> tuple[list[str], list[Struct | None]]:
    return [], []


class Unencodable(Exception):
    """A collected record cannot be written as JSON; which one, only encoding one by one tells."""


class Outputs:
    """Collects for one batch of one shard; `batch` of thousands of decisions, one of these."""

    __slots__ = (
        "_packed",
        "campaigns",
        "counts",
        "dropped",
        "events",
        "exits",
        "faults",
        "hints",
        "index",
        "messages",
        "near",
        "reasons",
        "refused",
        "rules",
        "sources",
        "speaks",
        "stories",
        "text",
        "unknown",
        "waits",
        "written",
    )

    def __init__(
        self, rules: Rules, sources: Mapping[int, Source], hints: Mapping[str, str] = MappingProxyType({})
    ) -> None:
        """`hints`: what to do about each code of a reject, in words."""
        self.hints = hints
        self.exits: list[Exit] = []
        """Store exits that the shard knows, in order."""
        self.speaks = True
        """Of a record that every shard applies: whether this one says what becomes of it."""
        self.rules = rules
        self.sources = sources
        """By the number of an input partition."""
        self.text = rules.local.text
        self.events: list[Event] = []
        """Not encoded yet. A record is final when it is appended: nothing that it refers to may change afterwards."""
        self._packed: dict[int, tuple[list[str], list[bytes]]] = {}
        self.written = 0
        """Records encoded so far."""
        self.counts: dict[tuple[int, bool, str], list[int]] = defaultdict(_zeros)
        """(local day, shadow, channel) → COUNTS."""
        self.campaigns: dict[tuple[int, bool, str], list[int]] = defaultdict(_no_costs)
        """(local day, shadow, channel NUL campaign) → PER_CAMPAIGN."""
        self.index: list[tuple[str, str, str, str, bytes]] = []
        """(channel, account, source lead id, outcome's subject, outcome)."""
        self.stories: dict[tuple[bytes, bool], list[Entry]] = defaultdict(list)
        self.messages: list[tuple[bytes, Message]] = []
        """(entity, message): what an entity tells another, in this order."""
        self.near: list[tuple[bytes, Message]] = []
        """(entity of this shard, message): applied in this batch, behind the record that is being applied."""
        self.waits: list[tuple[bytes, int, int, bool]] = []
        """(customer, unique lead, since, whether it begins or ends): for the age of the oldest hold."""
        self.reasons: dict[tuple[str, str, str], int] = {}
        """(channel, type of record, reject reason) → how many."""
        self.faults: dict[tuple[str, str, str], int] = {}
        """(type of record, field or "", reject reason) → how many."""
        self.refused: dict[str, int] = {}
        """Type → records refused."""
        self.dropped: dict[tuple[str, str], int] = {}
        """(channel, field) → values that did not fit and were dropped (ruling 78)."""
        self.unknown: dict[tuple[str, str], int] = {}
        """(channel, known field) → records without it that have a key which resembles its name (ruling 78)."""

    def pack(self, at_least: int = 1) -> None:
        """Encode what is collected when that is enough; order is kept within each stream."""
        events = self.events
        if len(events) < at_least:
            return
        streams_of: dict[int, tuple[list[str], list[Struct | None]]] = defaultdict(_nothing)
        for stream, key, record in events:
            names, records = streams_of[stream]
            names.append(key)
            records.append(record)
        for stream, (names, records) in streams_of.items():
            try:
                lines = streams.encode_lines(records)
            except Exception as error:
                raise Unencodable(f"a record of {streams.STREAMS[stream]}: {error}") from error
            longest = streams.LONGEST[stream]
            if len(lines) > longest and max(map(len, lines.split(b"\n"))) > longest:
                raise Unencodable(f"a record of {streams.STREAMS[stream]}: longer than {longest} bytes")
            held = self._packed.get(stream)
            if held is None:
                self._packed[stream] = (names, [lines])
            else:
                held[0].extend(names)
                held[1].append(lines)
        self.written += len(events)
        events.clear()

    def lines(self) -> list[Lines]:
        """Everything collected, encoded, by stream."""
        self.pack(1)
        return [(stream, names, b"".join(parts)) for stream, (names, parts) in self._packed.items()]

    def tell(self, entity: bytes, message: Message) -> None:
        """A message for another entity: delivered once, in the sender's order."""
        self.messages.append((entity, message))

    def tell_near(self, entity: bytes, message: Message) -> None:
        """A message for another entity of this very shard: applied behind this record, before the next (decision 0032)."""
        self.near.append((entity, message))

    def deleted(self, unique_id: str) -> None:
        """A unique lead is deleted: its key in the compacted topic gets no value; files hold nothing of it."""
        self.events.append((streams.UNIQUE_LEADS, unique_id, None))

    def is_empty(self) -> bool:
        """Whether no record was collected."""
        return not (self.events or self._packed)

    def source_name(self, number: int) -> str:
        """The name of an input partition in event ids."""
        return self.sources[number].name

    def count(self, day: int, shadow: bool, channel: str, place: int, by: int = 1) -> None:
        """Add to a count of a channel and day (rulings 8 and 30)."""
        self.counts[day, shadow, channel][place] += by

    def count_cleaning(self, day: int, shadow: bool, channel: str, campaign: str, place: int, by: int = 1) -> None:
        """Add to a count of `PER_CAMPAIGN`, of the channel and of its campaign ("" = none): ruling 61."""
        self.counts[day, shadow, channel][place] += by
        self.campaigns[day, shadow, f"{channel}\0{campaign}"][PLACE_OF[place]] += by

    def reject(self, arrival: Arrival, reasons: tuple[str, ...], *, one_id: str | None = None) -> None:
        """One record of `rejects`; the reject of a known shadow channel says so (ruling 8)."""
        source, position, channel = self.sources[arrival.source].name, arrival.offset, arrival.channel
        self._rejected(arrival, arrival.raw, reasons, one_id, [] if arrival.notes is None else arrival.notes.faults)
        known = channel if channel in self.rules.channels else ""
        self._count_reasons(known, arrival.kind, reasons)
        source_id = getattr(arrival.record, "source_lead_id", None)
        if source_id is not None and channel:
            self.index.append(
                (
                    channel,
                    text_of(getattr(arrival.record, "account", None)),
                    text_of(source_id),
                    f"{source}-{position}",
                    b"reject " + ",".join(reasons).encode(),
                )
            )

    def reject_later(self, place: Place, original: bytes, reasons: tuple[str, ...], one_id: str) -> None:
        """A record that was accepted and came to nothing: to `rejects` after all, with its original."""
        self._rejected(place, original, reasons, one_id, [])
        self._count_reasons("", place.kind, reasons)

    def note(self, arrival: Arrival) -> None:
        """Count what was dropped of a record, and the keys that nobody knows, by its channel."""
        notes = arrival.notes
        assert notes is not None, "only what was read slowly has notes"
        channel = arrival.channel if arrival.channel in self.rules.channels else ""
        for counts, names in ((self.dropped, notes.dropped), (self.unknown, notes.unknown)):
            for name in names:
                counts[channel, name] = counts.get((channel, name), 0) + 1

    def _count_reasons(self, channel: str, kind: str, reasons: tuple[str, ...]) -> None:
        self.refused[kind] = self.refused.get(kind, 0) + 1
        for reason in reasons:
            key = (channel, kind, reason)
            self.reasons[key] = self.reasons.get(key, 0) + 1

    def _rejected(
        self,
        place: Arrival | Place,
        raw: bytes,
        reasons: tuple[str, ...],
        one_id: str | None,
        faults: list[FieldFault],
    ) -> None:
        told = {one.code for one in faults}
        others = [FieldFault(None, code, UNSET, self.hints.get(code, "")) for code in reasons if code not in told]
        named = [one for one in faults if one.code in reasons] + others
        for one in named:
            key = (place.kind, one.field or "", one.code)
            self.faults[key] = self.faults.get(key, 0) + 1
        source, topic, partition = self.sources[place.source]
        original, encoding, cut = original_of(raw)
        position, channel = place.offset, place.channel
        self.events.append(
            (
                streams.REJECTS,
                one_id or channel,
                streams.Reject(
                    f"rejects-{source}-{position}-{place.tail}" if place.tail else f"rejects-{source}-{position}",
                    self.text(place.now) if place.now else None,
                    self.rules.version,
                    Why("validation" if one_id is None else "state"),
                    channel,
                    list(reasons),
                    source,
                    position,
                    original,
                    encoding if encoding else UNSET,
                    cut if cut else UNSET,
                    True if place.shadow else UNSET,
                    topic if topic else UNSET,
                    partition if topic else UNSET,
                    position if topic else UNSET,
                    named,
                ),
            )
        )


def text_of(value: str | int | None) -> str:
    """An id as text: trimmed, an integer in decimal, absent = "" (ruling 45)."""
    if value is None:
        return ""
    return value.strip() if type(value) is str else str(value)


def original_of(raw: bytes) -> tuple[str, str, int]:
    """(text, encoding, length before it was cut): the original as text where it is UTF-8, else base64."""
    cut = 0
    if len(raw) > limits.ORIGINAL_BYTES:
        cut, raw = len(raw), raw[: limits.ORIGINAL_BYTES]
    try:
        return raw.decode(), "", cut
    except UnicodeDecodeError:
        return base64.b64encode(raw).decode(), "base64", cut
