"""An input and an output in memory: public fakes for tests of the flow, of rules and of other people's configurations.

Both outlive the engine that uses them, as a topic and a folder do: a second engine on the same state continues there.

    >>> from connectors.memory import MemoryReader, MemorySink
    >>> reader = MemoryReader({"raw_leads": [{"channel": "web", "source_lead_id": "1"}]})
    >>> [(record.offset, record.raw) for record in reader.poll(0, 10)]
    [(1, b'{"channel":"web","source_lead_id":"1"}')]
    >>> reader.ended(0)
    True

A whole run, without a file but the state's:

    >>> import tempfile
    >>> from pathlib import Path
    >>> from flows.engine import Engine, Options
    >>> from flows.run import run
    >>> from operators.config.configuration import from_tables
    >>> configuration = from_tables({"channels": {"web": {"consent": True}}})
    >>> lead = {"channel": "web", "source_lead_id": "1", "phone": "13912345678", "store": "SH001",
    ...         "event_time": "2025-09-01T10:00:00+08:00"}
    >>> sink = MemorySink()
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     run(Engine(configuration, MemoryReader({"raw_leads": [lead]}), sink, Options(Path(folder))))
    >>> [record["mark"] for record in sink.records("dispositions")]
    ['FIRST_TOUCH']
    >>> [record["store"] for record in sink.records("dispatches")]
    ['SH001']
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from hashlib import blake2b
from typing import Any

import orjson

from connectors.protocols import Group, Record
from operators.registry import default_type
from operators.wire.streams import STREAMS, without_nulls
from state import errors

Message = bytes | str | Mapping[str, Any]
"""A record as bytes, as text, or as an object that is written as JSON."""


def as_bytes(message: Message) -> bytes:
    """The record's bytes."""
    if isinstance(message, bytes):
        return message
    return message.encode() if isinstance(message, str) else orjson.dumps(message)


class _Partition:
    __slots__ = ("at", "clocks", "failures", "is_open", "kind", "name", "records", "stalled")

    def __init__(self, name: str, kind: str) -> None:
        self.name = name
        self.kind = kind
        self.records: list[bytes] = []
        self.clocks: dict[int, int] = {}
        self.at = 0
        """Offset of the last record handed on."""
        self.is_open = False
        self.stalled = False
        self.failures: dict[int, Exception] = {}

    def digest(self, upto: int) -> str:
        digest = blake2b(digest_size=16)
        for raw in self.records[:upto]:
            digest.update(len(raw).to_bytes(8, "big") + raw)
        return digest.hexdigest()


class MemoryReader:
    """Partitions of records with offsets from 1 on; implements `connectors.protocols.Reader`.

    A partition ends behind its last record unless it is open. `poll_limit` hands on fewer records at a time than asked
    for; `on_poll(name, offset)` is called before each poll with the offset of the last record handed on. A position
    holds the offset and a digest of everything before it, so that a changed beginning is noticed.

    >>> reader = MemoryReader({"raw_leads": ["a", "b"]}, poll_limit=1)
    >>> reader.poll(0, 100), reader.position([1])["raw_leads"]["offset"]
    ([Record(source=0, offset=1, raw=b'a', tail=0, clock=0)], 1)
    >>> reader.stall("raw_leads"); reader.poll(0, 100), reader.ended(0)
    ([], False)
    >>> reader.resume("raw_leads"); [record.raw for record in reader.poll(0, 100)]
    [b'b']
    """

    def __init__(
        self,
        partitions: Mapping[str, Iterable[Message]],
        *,
        kinds: Mapping[str, str] | None = None,
        open_ended: bool = False,
        poll_limit: int = 0,
        on_poll: Callable[[str, int], None] | None = None,
    ) -> None:
        self._parts: list[_Partition] = []
        for name, records in partitions.items():
            part = _Partition(name, (kinds or {}).get(name) or default_type(name))
            part.records.extend(map(as_bytes, records))
            part.is_open = open_ended
            self._parts.append(part)
        self._poll_limit = poll_limit
        self._on_poll = on_poll
        self.polls = 0
        self.positions: list[dict[str, Any]] = []
        """Every position that was asked for, oldest first."""
        self.now = 0
        """What `calendar()` says."""

    def _part(self, name: str) -> _Partition:
        return next(part for part in self._parts if part.name == name)

    # --- what a test does

    def add(self, name: str, *messages: Message, clock: int = 0) -> None:
        """Append records to a partition; `clock` as in `Record`."""
        part = self._part(name)
        for message in messages:
            if clock:
                part.clocks[len(part.records) + 1] = clock
            part.records.append(as_bytes(message))

    def open(self, name: str) -> None:
        """The partition may get further records: behind its last one it waits."""
        self._part(name).is_open = True

    def end(self, name: str = "") -> None:
        """The partition (all of them without a name) ends behind its last record."""
        for part in self._parts:
            if not name or part.name == name:
                part.is_open = False

    def stall(self, name: str) -> None:
        """Hand on nothing, as a partition whose broker is away; it has not ended either."""
        self._part(name).stalled = True

    def resume(self, name: str) -> None:
        """End a stall."""
        self._part(name).stalled = False

    def fail(self, name: str, offset: int, error: Exception) -> None:
        """Raise `error`, once, in the poll that would hand on this record."""
        self._part(name).failures[offset] = error

    def replace(self, name: str, offset: int, message: Message) -> None:
        """Change a record that may have been read: another log under the same name."""
        self._part(name).records[offset - 1] = as_bytes(message)

    def truncate(self, name: str, count: int) -> None:
        """Keep the first `count` records: a log that lost its end."""
        del self._part(name).records[count:]

    def handed_on(self, name: str) -> int:
        """Offset of the last record handed on."""
        return self._part(name).at

    # --- what the flow asks

    def names(self) -> list[str]:
        """Names of the partitions."""
        return [part.name for part in self._parts]

    def kinds(self) -> list[str]:
        """Default record type of each partition."""
        return [part.kind for part in self._parts]

    def restore(self, position: dict[str, Any]) -> None:
        """Go to a sealed position, without one to the beginning. PositionFault: the records before it are others."""
        for part in self._parts:
            sealed = position.get(part.name)
            part.at = 0 if sealed is None else sealed["offset"]
            if part.at > len(part.records) or (sealed is not None and part.digest(part.at) != sealed["digest"]):
                raise errors.PositionFault(
                    f"The partition {part.name} is not the one read before: its first {part.at} records have changed.",
                    "Put the former records back, or begin a new state with --state and an empty --sink.",
                )

    def poll(self, source: int, limit: int) -> list[Record]:
        """Further records; a failure comes at its record, after those before it were handed on."""
        part = self._parts[source]
        self.polls += 1
        if self._on_poll is not None:
            self._on_poll(part.name, part.at)
        if part.stalled:
            return []
        end = min(len(part.records), part.at + min(limit, self._poll_limit or limit))
        found: list[Record] = []
        for offset in range(part.at + 1, end + 1):
            if offset in part.failures:
                if not found:
                    raise part.failures.pop(offset)
                break
            found.append(Record(source, offset, part.records[offset - 1], 0, part.clocks.get(offset, 0)))
            part.at = offset
        return found

    def ended(self, source: int) -> bool:
        """Whether the partition is closed and read to its end."""
        part = self._parts[source]
        return not part.is_open and not part.stalled and part.at >= len(part.records)

    def position(self, applied: list[int]) -> dict[str, Any]:
        """Offset and digest of each partition."""
        found = {
            part.name: {"offset": max(0, offset), "digest": part.digest(max(0, offset))}
            for part, offset in zip(self._parts, applied, strict=True)
        }
        self.positions.append(found)
        return found

    def origins(self) -> list[tuple[str, int]]:
        """They have no topic."""
        return []

    def ready(self) -> list[int]:
        """Any partition may have a further record."""
        return list(range(len(self._parts)))

    def was_sealed(self, position: dict[str, Any]) -> None:
        """Nobody else keeps the position."""

    def calendar(self) -> int:
        """`now`, which a test may set (ruling 50)."""
        return self.now

    def close(self) -> None:
        """Nothing is open."""


class MemorySink:
    """Streams of records in memory; implements `connectors.protocols.Sink`, cut to the sealed lengths at open like files.

    `fail("write", 3, error)` raises at the third write from the opening on; `after=True` raises when its work is done,
    as a connection does that breaks before the answer.

    >>> sink = MemorySink()
    >>> sink.open({}, "one", fresh=True)
    >>> sink.write(0, [b'{"mark":"MERGED"}', b'{"mark":"DEDUPED"}']); sink.flush()
    >>> sealed = sink.sealed(); sealed["dispositions"]
    2
    >>> sink.write(0, [b"{}"]); len(sink.lines("dispositions"))
    3
    >>> sink.open(sealed, "one", fresh=False); sink.records("dispositions")
    [{'mark': 'MERGED'}, {'mark': 'DEDUPED'}]
    """

    kind = "memory"
    reads_back = False

    def __init__(self) -> None:
        self.streams: dict[str, list[bytes]] = {name: [] for name in STREAMS}
        self.flushed: dict[str, int] = dict.fromkeys(STREAMS, 0)
        """Length of each stream at the last flush: what a power loss leaves."""
        self.state_id = ""
        self.opened = 0
        self.calls: dict[str, int] = {"write": 0, "flush": 0}
        self.before: Callable[[str, int], None] | None = None
        """Called with the name of a call and its number, before it does anything."""
        self._failures: dict[tuple[str, int], tuple[Exception, bool]] = {}

    # --- what a test does

    def fail(self, call: str, number: int, error: Exception, *, after: bool = False) -> None:
        """Raise `error`, once, in the `number`-th "write" or "flush" from the next opening on."""
        self._failures[(call, number)] = (error, after)

    def lines(self, stream: str) -> list[bytes]:
        """Records of a stream as they were written."""
        return list(self.streams[stream])

    def records(self, stream: str) -> list[dict[str, Any]]:
        """Records of a stream, decoded."""
        return [orjson.loads(line) for line in self.streams[stream]]

    def lose_power(self) -> None:
        """Drop what was written since the last flush."""
        for name, lines in self.streams.items():
            del lines[self.flushed[name] :]

    # --- what the flow asks

    def open(self, sealed: dict[str, Any], state_id: str, *, fresh: bool) -> None:
        """Cut each stream to its sealed length. Refuses a sink that this state did not write (rulings 45 and 52)."""
        occupied = any(self.streams.values())
        if self.state_id != state_id and (occupied or self.state_id):
            raise errors.StateRefused(
                "The sink was not written from this state.", "Take an empty sink, or the state that wrote it."
            )
        if not fresh and not self.state_id and any(sealed.values()):
            raise errors.StateRefused(
                "The sink is empty, but the state has already delivered to it.",
                "Take the sink that belongs to the state.",
            )
        self.state_id = state_id
        for name, lines in self.streams.items():
            length = int(sealed.get(name, 0))
            if len(lines) < length:
                raise errors.SinkFault(
                    f"The stream {name} has {len(lines)} records, but {length} were delivered and sealed.",
                    "Take the sink that belongs to the state.",
                )
            del lines[length:]
            self.flushed[name] = length
        self.opened += 1
        self.calls = {"write": 0, "flush": 0}

    def _call(self, name: str) -> Exception | None:
        number = self.calls[name] = self.calls[name] + 1
        if self.before is not None:
            self.before(name, number)
        error, after = self._failures.pop((name, number), (None, False))
        if error is not None and not after:
            raise error
        return error

    def begin(self) -> dict[str, Any]:
        """A new state's streams are empty: nothing to say."""
        return {}

    def claims(self) -> dict[str, Any]:
        """Nobody else can write to it."""
        return {}

    def waits_for_seal(self) -> bool:
        """Nothing does."""
        return False

    def was_sealed(self) -> None:
        """Nothing waits for it."""

    def deliver(self, group: Group) -> None:
        """Append an outbox row's records, each stream's to its list."""
        for stream, _, lines in group.lines:
            kept = without_nulls(stream, lines)
            if kept:
                self.write(stream, kept[:-1].split(b"\n"))

    def end_epoch(self) -> None:
        """An epoch ends: flush."""
        self.flush()

    def found(self, group: Group) -> bool:
        """Nothing is read back: what lies behind the seal was cut off."""
        return False

    def cut(self) -> None:
        """Nothing is under way between epochs."""

    def serve(self) -> None:
        """Nothing is held."""

    def hurry(self) -> None:
        """Nothing waits."""

    def waiting(self) -> int:
        """Nothing waits."""
        return 0

    def write(self, stream: int, values: list[bytes]) -> None:
        """Append records to a stream."""
        error = self._call("write")
        self.streams[STREAMS[stream]].extend(values)
        if error is not None:
            raise error

    def flush(self) -> None:
        """What was written survives `lose_power`."""
        error = self._call("flush")
        self.flushed = {name: len(lines) for name, lines in self.streams.items()}
        if error is not None:
            raise error

    def sealed(self) -> dict[str, Any]:
        """Length of each stream; only after `flush`."""
        lengths = {name: len(lines) for name, lines in self.streams.items()}
        assert lengths == self.flushed, "a length is sealed only after its records are flushed"
        return lengths

    def close(self) -> None:
        """Nothing is open."""
