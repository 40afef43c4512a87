"""Outbox rows as Kafka records: key, value, and the headers by which a start finds them again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from connectors.protocols import Group
from operators.wire.streams import NULL, event_id_of

EVENT_ID: Final = "event_id"
SEQUENCE: Final = "sequence"
_ID_BEGINS: Final = b'{"event_id":"'
_ID_AT: Final = len(_ID_BEGINS)
_NEXT_BEGINS: Final = b"\n" + _ID_BEGINS

Headers = list[tuple[str, bytes]]


class Sent(NamedTuple):
    """One record on its way."""

    stream: int
    key: str
    value: bytes | None
    event_id: bytes
    sequence: bytes

    @property
    def headers(self) -> Headers:
        """What a record says of itself."""
        return [(EVENT_ID, self.event_id), (SEQUENCE, self.sequence)]


class Row(NamedTuple):
    """Records that are delivered together, in their order."""

    records: Group | list[Sent]
    """A whole outbox row, or what of it was not delivered before."""
    length: int
    """Of them."""
    size: int
    """Bytes of the values."""

    @property
    def first(self) -> bytes:
        """Event id of the first one."""
        records = self.records if isinstance(self.records, list) else records_of(self.records)
        return next((record.event_id for record in records), b"?")


def row_of(group: Group) -> Row:
    """The whole outbox row."""
    length = sum(len(keys) for _, keys, _ in group.lines)
    return Row(group, length, sum(len(lines) for _, _, lines in group.lines))


def rest_of(records: list[Sent]) -> Row:
    """Some records of an outbox row."""
    return Row(records, len(records), sum(len(record.value or b"") for record in records))


def records_of(group: Group) -> Iterator[Sent]:
    """The records of an outbox row one by one."""
    head = b"%d-%d-" % (group.shard, group.sequence)
    place = 0
    for stream, keys, lines in group.lines:
        for key, line in zip(keys, lines[:-1].split(b"\n"), strict=True):
            event_id = line[_ID_AT : line.index(b'"', _ID_AT)] if line.startswith(_ID_BEGINS) else b"\\"
            if line == NULL:
                event_id = b"unique_leads-%s-deleted" % key.encode()
            elif b"\\" in event_id:
                event_id = event_id_of(line).encode()
            yield Sent(stream, key, line if line != NULL else None, event_id, head + b"%d" % place)
            place += 1


def plain_records_of(group: Group) -> Iterator[tuple[int, str, bytes, Headers]]:
    """(stream, key, value, headers) of each record of a row that `is_plain`: the same in less time."""
    head = b"%d-%d-%%d" % (group.shard, group.sequence)
    place, at = 0, _ID_AT
    for stream, keys, lines in group.lines:
        for key, line in zip(keys, lines[:-1].split(b"\n"), strict=True):
            yield stream, key, line, [(EVENT_ID, line[at : line.index(b'"', at)]), (SEQUENCE, head % place)]
            place += 1


def is_plain(group: Group) -> bool:
    """Whether every line begins with its event id, none deletes a key, and no id can hold an escape: asked of all at once."""
    return all(
        lines.startswith(_ID_BEGINS) and lines.count(_NEXT_BEGINS) == len(keys) - 1 and b"\\" not in lines
        for _, keys, lines in group.lines
    )
