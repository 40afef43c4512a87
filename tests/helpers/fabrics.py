"""What an engine under test stands on in place of fakes in memory: files in a folder, or topics of a real Kafka.

A test says its input as a `MemoryReader` and reads `case.sink`; here that becomes files or topics and comes back from them.
Event ids of rejects, replays and late leads name the source and count its records in their own way: read back, they are
those of memory.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Protocol

import orjson
from broker import ANSWER_S, KafkaClient
from kafka_case import CaseSettings, Reading, compacted, create, lines_of, outputs_of, wait_settled

from connectors.files.reader import FileReader
from connectors.files.sink import FileSink
from connectors.kafka.broker import Topics
from connectors.kafka.reading.reader import KafkaReader
from connectors.kafka.writing.sink import KafkaSink
from connectors.memory import MemoryReader
from connectors.protocols import Reader, Record, Sink
from operators.wire.streams import STREAMS

Lines = dict[str, list[bytes]]
PARTITIONS = {"dispositions": 3, "dispatches": 2, "unique_leads": 2, "closings": 2}
"""Of the output topics; one of the others."""
_PLACED = ("rejects", "replays", "late")
_TOPIC = re.compile(rb',"topic":"[^"]*","partition":\d+,"offset":\d+')


class Fabric(Protocol):
    """Where one case's records come from and go to."""

    sink: Any
    """What a test reads: `streams`, `lines(stream)`, `records(stream)`."""

    def reader(self, given: MemoryReader) -> Reader:
        """The input."""

    def writer(self) -> Sink:
        """The output of a run."""


class Outputs:
    """Streams that are read anew each time they are asked for."""

    def __init__(self, read: Callable[[Iterable[str]], Lines]) -> None:
        self._read = read

    @property
    def streams(self) -> Lines:
        """Stream → its records as they were written."""
        return self._read(STREAMS)

    def lines(self, stream: str) -> list[bytes]:
        """Records of a stream as they were written."""
        return self._read([stream])[stream]

    def records(self, stream: str) -> list[dict[str, Any]]:
        """Records of a stream, decoded."""
        return [orjson.loads(line) for line in self.lines(stream)]


class Names:
    """How the sources of a fabric are called in memory."""

    def __init__(self, first: int) -> None:
        self._by = 1 - first
        """From this fabric's number of a record to that of memory, whose first is 1."""
        self._known: dict[bytes, bytes] = {}

    def know(self, name: str, as_in_memory: str) -> None:
        self._known[name.encode()] = as_in_memory.encode()

    def __call__(self, stream: str, lines: list[bytes]) -> list[bytes]:
        """The lines as memory would have them."""
        return [self._of(line) for line in lines] if stream in _PLACED else lines

    def _of(self, line: bytes) -> bytes:
        def moved(found: re.Match[bytes]) -> bytes:
            return b"%s%d" % (found[1], int(found[2]) + self._by)

        for name, known in self._known.items():
            if b"-" + name + b"-" not in line:
                continue
            line = re.sub(rb"(\"event_id\":\"\w+-)" + re.escape(name) + b"(?=-)", rb"\1" + known, line)
            line = line.replace(b'"source":"' + name + b'"', b'"source":"' + known + b'"')
            line = re.sub(rb"(\"event_id\":\"\w+-" + re.escape(known) + rb"-)(\d+)", moved, line)
            return _TOPIC.sub(b"", re.sub(rb"(\"position\":)(\d+)", moved, line))
        return line


class _Polled:
    """A reader that is polled as the given one would be: as many records at a time, and the test is told before."""

    def __init__(self, inner: Any, given: MemoryReader) -> None:
        self._inner, self._given = inner, given
        self._names = [part.name for part in given._parts]
        self._last = [0] * len(self._names)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def poll(self, source: int, limit: int) -> list[Record]:
        inner, given = self._inner, self._given
        if source not in inner.ready() and not inner.ended(source):
            return []  # on its way: a fake never waits, so a test does not count this one
        given.polls += 1
        if given._on_poll is not None:
            given._on_poll(self._names[source], self._last[source])
        found: list[Record] = inner.poll(source, min(limit, given._poll_limit or limit))
        if found:
            self._last[source] = found[-1].offset
        return found


class Files:
    """JSON lines in a folder beside the state's database."""

    def __init__(self, folder: Path) -> None:
        self._in, self._out = folder / "files" / "in", folder / "files" / "out"
        self._names = Names(1)
        self.sink = Outputs(self._read)

    def reader(self, given: MemoryReader) -> Reader:
        self._in.mkdir(parents=True, exist_ok=True)
        for part in given._parts:
            self._names.know(f"{part.name}.jsonl", part.name)
            (self._in / f"{part.name}.jsonl").write_bytes(b"".join(raw + b"\n" for raw in part.records))
        return _Polled(FileReader(self._in), given)

    def writer(self) -> Sink:
        return FileSink(self._out)

    def _read(self, streams: Iterable[str]) -> Lines:
        found = {}
        for name in streams:
            file = self._out / f"{name}.jsonl"
            found[name] = self._names(name, file.read_bytes().splitlines() if file.exists() else [])
        return found


class Kafka:
    """Topics of the case's own; `KafkaFabrics` knows those of a folder again."""

    def __init__(self, client: KafkaClient, reading: Reading, prefix: str, mode: str) -> None:
        self._client, self._reading, self._prefix, self._mode = client, reading, prefix, mode
        self._admin = client.admin()
        self._held: dict[str, list[bytes]] = {}
        """Input → records that its topic holds."""
        self._names = Names(0)
        self._kinds: tuple[tuple[str, str], ...] = ()
        self._outputs: dict[str, int] = {}
        self.topics: list[str] = []
        """What was created."""
        self.sink = Outputs(self._read)

    def settings(self) -> CaseSettings:
        """Of a run."""
        return CaseSettings(
            bootstrap=self._client.bootstrap,
            prefix=self._prefix,
            read=self._kinds,
            mode=self._mode,
            transaction_ms=20,
        )

    def reader(self, given: MemoryReader) -> Reader:
        inputs = {part.name: f"{self._prefix}in.{part.name}" for part in given._parts}
        if not self._held:
            self._kinds = tuple((inputs[part.name], part.kind) for part in given._parts)
            settings = self.settings()
            self._outputs = outputs_of(settings, PARTITIONS)
            wanted = {**dict.fromkeys(inputs.values(), 1), **self._outputs}
            self.topics = list(wanted)
            create(self._client, wanted, compacted(settings))
        for part in given._parts:
            held = self._held.setdefault(part.name, [])
            assert part.records[: len(held)] == held, "a topic only grows"
            self._client.produce(inputs[part.name], part.records[len(held) :])
            held.extend(part.records[len(held) :])
        ends = Topics(self.settings()).ends([(topic, 0) for topic in inputs.values()])
        acknowledged = {(inputs[name], 0): len(held) for name, held in self._held.items()}
        assert ends == acknowledged, "the broker's ends are behind what it has acknowledged"
        inner = KafkaReader(self.settings(), to_end=True)
        for name, part in zip(inner.names(), given._parts, strict=True):
            self._names.know(name, part.name)
        return _Polled(inner, given)

    def writer(self) -> Sink:
        return KafkaSink(self.settings())

    def _read(self, streams: Iterable[str]) -> Lines:
        topics = {stream: f"{self._prefix}{stream}" for stream in streams}
        if not self._outputs:
            return {stream: [] for stream in topics}
        if self._mode == "transactional":
            wait_settled(self._admin, {name: self._outputs[name] for name in topics.values()})
        found = self._reading.rows({topic: self._outputs[topic] for topic in topics.values()})
        return {stream: self._names(stream, lines_of(found[topic])) for stream, topic in topics.items()}


class KafkaFabrics:
    """Makes the fabric of a folder, and the same one when the folder is asked for again."""

    def __init__(self, client: KafkaClient, prefix: str) -> None:
        self._client, self._prefix = client, prefix
        self.mode = "once"
        """Of the fabrics made from now on."""
        self._reading, self._admin = Reading(client), client.admin()
        self._numbers = itertools.count(1)
        self._made: dict[Path, Kafka] = {}

    def __call__(self, folder: Path) -> Kafka:
        """The fabric of a case in this folder."""
        if folder not in self._made:
            prefix = f"{self._prefix}{next(self._numbers)}."
            self._made[folder] = Kafka(self._client, self._reading, prefix, self.mode)
        return self._made[folder]

    def forget(self) -> None:
        """Delete the topics that were made; their records go later."""
        topics = [topic for made in self._made.values() for topic in made.topics]
        self._made.clear()
        if topics:
            for future in self._admin.delete_topics(topics).values():
                future.result(ANSWER_S)

    def close(self) -> None:
        """Leave the broker."""
        self._reading.close()
