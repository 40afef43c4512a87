"""A broker in memory behind the client's own classes, for tests of what the connectors do with it, call by call.

    kafka = FakeKafka()
    kafka.create("leads.raw", 2)
    kafka.installed(monkeypatch)      KafkaReader and KafkaSink talk to it

It keeps what the connectors lean on: order within a partition, offsets with the marks of transactions between them, the
last stable offset, fencing, topic ids. It is no proof of Kafka: tests/kafka and tests/kills use a real one.
"""

from __future__ import annotations

import copy
import threading
import zlib
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future
from typing import Any, NamedTuple

from confluent_kafka import IsolationLevel, KafkaError, KafkaException, TopicPartition
from confluent_kafka.admin import OffsetSpec

import connectors.kafka.broker
import connectors.kafka.reading.group
import connectors.kafka.reading.reader
import connectors.kafka.writing.producer
import connectors.kafka.writing.readback
import connectors.kafka.writing.seal_points

OPEN, KEPT, ABORTED, MARK = "open", "kept", "aborted", "mark"


class Entry:
    """What lies at an offset."""

    __slots__ = ("headers", "key", "owner", "state", "value")

    def __init__(self, key: bytes | None, value: bytes | None, headers: list[Any], state: str, owner: str = "") -> None:
        self.key, self.value, self.headers, self.state = key, value, headers, state
        self.owner = owner
        """Transactional id."""


class Topic:
    """Partitions of entries."""

    def __init__(self, topic_id: str, partitions: int) -> None:
        self.topic_id = topic_id
        self.partitions = [None] * partitions
        """What `describe_topics` gives: only counted."""
        self.logs: list[list[Entry]] = [[] for _ in range(partitions)]
        self.begins = [0] * partitions

    def end(self, number: int, *, committed: bool) -> int:
        log = self.logs[number]
        if committed:
            return next((offset for offset, entry in enumerate(log) if entry.state == OPEN), len(log))
        return len(log)


class Message(NamedTuple):
    """As the client hands one on."""

    place: tuple[str, int]
    at: int
    entry: Entry | None
    fault: KafkaError | None = None

    def topic(self) -> str:
        return self.place[0]

    def partition(self) -> int:
        return self.place[1]

    def offset(self) -> int:
        return self.at

    def error(self) -> KafkaError | None:
        return self.fault

    def key(self) -> bytes | None:
        return self.entry.key if self.entry else None

    def value(self) -> bytes | None:
        return self.entry.value if self.entry else None

    def headers(self) -> list[Any] | None:
        return self.entry.headers if self.entry else None


class FakeKafka:
    """Topics, and what the test lets the broker do."""

    def __init__(self) -> None:
        self.topics: dict[str, Topic] = {}
        self.epochs: dict[str, int] = {}
        """Transactional id → how often it was taken."""
        self.groups: dict[str, dict[tuple[str, int], int]] = {}
        """Group → its offsets."""
        self.calls: list[str] = []
        """What clients asked for, in order."""
        self.takes = True
        """Whether the broker appends what producers send."""
        self.answers = True
        """Whether it acknowledges what it has appended."""
        self.tells = True
        """Whether it tells where partitions end."""
        self.tells_once: list[tuple[int, KafkaError | None]] = []
        """(offset, error) of each partition in its next answers to that, before it tells the truth."""
        self.fails: set[str] = set()
        """Event ids of records that it does not take."""
        self.refuses: set[str] = set()
        """Event ids of records that the client does not take."""
        self.room = 10**9
        """Records that a producer holds before it is full."""
        self.before: Callable[[str], None] = lambda name: None
        """Told before a call is done."""
        self.consumers: list[FakeConsumer] = []
        self.lock = threading.RLock()
        """Held while topics change: a copy shows whole transactions."""
        self._created = 0

    # --- what a test does

    def create(self, name: str, partitions: int = 1) -> None:
        """A topic, anew where it is there already."""
        self._created += 1
        self.topics[name] = Topic(f"id{self._created}", partitions)

    def append(self, name: str, values: Iterable[bytes], number: int = 0) -> None:
        """Records of another program."""
        self.topics[name].logs[number].extend(Entry(b"", value, [], KEPT) for value in values)

    def forget(self, name: str, upto: int, number: int = 0) -> None:
        """Retention takes what lies before this offset."""
        self.topics[name].begins[number] = upto

    def records(self, name: str) -> list[Entry]:
        """What a reader of committed records sees, by partition and offset."""
        return [entry for log in self.topics[name].logs for entry in log if entry.state == KEPT]

    def ids(self, name: str) -> list[str]:
        """The header event_id of each of them."""
        return [dict(entry.headers)["event_id"].decode() for entry in self.records(name)]

    def installed(self, monkeypatch: Any) -> None:
        """The connectors talk to this broker until the patch is undone."""
        monkeypatch.setattr(connectors.kafka.broker, "AdminClient", lambda config, **_: FakeAdmin(self))
        monkeypatch.setattr(
            connectors.kafka.writing.producer, "Producer", lambda config, **_: FakeProducer(self, config)
        )
        for module in (
            connectors.kafka.reading.reader,
            connectors.kafka.writing.readback,
            connectors.kafka.reading.group,
            connectors.kafka.writing.seal_points,
        ):
            monkeypatch.setattr(module, "Consumer", lambda config, **_: FakeConsumer(self, config))

    def asked(self, name: str) -> None:
        """A client asks for something."""
        self.calls.append(name)
        self.before(name)

    def end_transaction(self, owner: str, state: str) -> None:
        """Commit or abort what an id has open."""
        with self.lock:
            for log in (log for topic in self.topics.values() for log in topic.logs):
                mine = [entry for entry in log if entry.state == OPEN and entry.owner == owner]
                for entry in mine:
                    entry.state = state
                if mine:
                    log.append(Entry(None, None, [], MARK))

    def image(self) -> tuple[dict[str, Topic], dict[str, int]]:
        """Topics and transactional ids as they stand; `restore` goes back to them."""
        with self.lock:
            return copy.deepcopy(self.topics), dict(self.epochs)

    def restore(self, image: tuple[dict[str, Topic], dict[str, int]]) -> None:
        """As if nothing had come after the image; it can be used once."""
        self.topics, self.epochs = image


def _done(value: Any) -> Future[Any]:
    future: Future[Any] = Future()
    future.set_result(value)
    return future


class FakeAdmin:
    """Describes topics and offsets."""

    def __init__(self, kafka: FakeKafka) -> None:
        self._kafka = kafka

    def describe_topics(self, names: Any, **_: Any) -> dict[str, Future[Any]]:
        self._kafka.asked("describe")
        found: dict[str, Future[Any]] = {}
        for name in names.topic_names:
            topic = self._kafka.topics.get(name)
            found[name] = Future()
            if topic is None:
                found[name].set_exception(KafkaException(KafkaError(KafkaError.UNKNOWN_TOPIC_OR_PART)))
            else:
                found[name].set_result(topic)
        return found

    def list_offsets(self, wanted: Mapping[TopicPartition, Any], *, isolation_level: Any, **_: Any) -> dict[Any, Any]:
        self._kafka.asked("offsets")
        found = {}
        for place, which in wanted.items():
            topic = self._kafka.topics[place.topic]
            committed = isolation_level == IsolationLevel.READ_COMMITTED
            first = which is OffsetSpec.earliest()
            offset = topic.begins[place.partition] if first else topic.end(place.partition, committed=committed)
            found[place] = _done(_Offset(offset))
        return found


class _Offset(NamedTuple):
    offset: int


class FakeProducer:
    """Holds what it is given until it is polled; then the broker takes it, and acknowledges it, as the test allows."""

    def __init__(self, kafka: FakeKafka, config: Mapping[str, Any]) -> None:
        self._kafka = kafka
        self._owner = str(config.get("transactional.id", ""))
        self._epoch = 0
        self._undelivered = config["on_delivery"]
        assert config["delivery.report.only.error"]
        self._held: list[tuple[str, Entry]] = []
        self._sent: list[Message] = []
        self._must_abort = False

    def __len__(self) -> int:
        return len(self._held) + len(self._sent)

    def list_topics(self, topic: str, timeout: float) -> None:
        """It is connected."""

    def produce(self, topic: str, value: Any, key: Any, *, headers: Any) -> None:
        if len(self) >= self._kafka.room:
            raise BufferError
        if dict(headers)["event_id"].decode() in self._kafka.refuses:
            raise KafkaException(KafkaError(KafkaError.MSG_SIZE_TOO_LARGE))
        entry = Entry(key.encode(), value, list(headers), OPEN if self._owner else KEPT, self._owner)
        self._held.append((topic, entry))

    def poll(self, timeout: float) -> int:
        kafka = self._kafka
        if (self._held or self._sent) and kafka.takes:
            kafka.asked("send")
            if self._owner:
                self._mine()
            held, self._held = self._held, []
            with kafka.lock:
                for name, entry in held:
                    if dict(entry.headers)["event_id"].decode() in kafka.fails:
                        self._undelivered(KafkaError(KafkaError.MSG_SIZE_TOO_LARGE), Message((name, 0), -1001, entry))
                        self._must_abort = True
                        continue
                    logs = kafka.topics[name].logs
                    number = zlib.crc32(entry.key or b"") % len(logs)
                    self._sent.append(Message((name, number), len(logs[number]), entry))
                    logs[number].append(entry)
            if kafka.answers:
                kafka.asked("acknowledge")
                self._sent.clear()
        return 0

    def purge(self, *, in_queue: bool, in_flight: bool, blocking: bool) -> None:
        held, self._held = self._held, []
        sent, self._sent = (self._sent, []) if in_flight else ([], self._sent)
        if not blocking:
            return
        for name, entry in held:
            self._undelivered(KafkaError(KafkaError._PURGE_QUEUE), Message((name, 0), -1001, entry))
        for message in sent:
            self._undelivered(KafkaError(KafkaError._PURGE_INFLIGHT), message)

    def init_transactions(self, timeout: float) -> None:
        self._kafka.asked("init")
        self._kafka.end_transaction(self._owner, ABORTED)  # what a dead process left open
        self._epoch = self._kafka.epochs[self._owner] = self._kafka.epochs.get(self._owner, 0) + 1

    def begin_transaction(self) -> None:
        self._mine()

    def _mine(self) -> None:
        if self._kafka.epochs[self._owner] != self._epoch:
            raise KafkaException(KafkaError(KafkaError._FENCED, "fenced", True))

    def commit_transaction(self, timeout: float) -> None:
        self._mine()
        self.poll(0)
        if self._held or self._sent:
            raise KafkaException(KafkaError(KafkaError._TIMED_OUT, "timed out", False, True))
        if self._must_abort:
            raise KafkaException(KafkaError(KafkaError._FAIL, "a record has failed", False, False, True))
        self._kafka.asked("commit")
        self._kafka.end_transaction(self._owner, KEPT)

    def abort_transaction(self, timeout: float) -> None:
        self._kafka.asked("abort")
        self._must_abort = False
        self._held.clear()
        self._sent.clear()
        self._kafka.end_transaction(self._owner, ABORTED)


class _End:
    """An answer: a `TopicPartition` takes no error."""

    def __init__(self, place: TopicPartition, offset: int, error: KafkaError | None) -> None:
        self.topic, self.partition = place.topic, place.partition
        self.offset, self.error = offset, error


class FakeConsumer:
    """Reads assigned partitions up to the last stable offset."""

    def __init__(self, kafka: FakeKafka, config: Mapping[str, Any]) -> None:
        self._kafka = kafka
        self.config = dict(config)
        self._next: dict[tuple[str, int], int] = {}
        self._told: dict[tuple[str, int], int] = {}
        self._paused: set[tuple[str, int]] = set()
        self._answers: list[tuple[Any, list[TopicPartition]]] = []
        self._knows = {name: len(topic.logs) for name, topic in kafka.topics.items()}
        """Partitions of each topic when it first asked, as a client remembers them."""
        if "enable.partition.eof" in self.config or "auto.offset.reset" in self.config:  # others read nothing
            kafka.consumers.append(self)

    def assign(self, places: list[TopicPartition]) -> None:
        for place in places:
            self._next[place.topic, place.partition] = place.offset

    def consume(self, count: int, timeout: float) -> list[Message]:
        found: list[Message] = []
        for place, at in self._next.items():
            topic = self._kafka.topics[place[0]]
            if place in self._paused or len(found) >= count:
                continue
            if at < topic.begins[place[1]]:
                if self.config["auto.offset.reset"] == "error":
                    found.append(Message(place, at, None, KafkaError(KafkaError._AUTO_OFFSET_RESET)))
                    continue
                at = topic.begins[place[1]]
            committed = self.config["isolation.level"] == "read_committed"
            end = topic.end(place[1], committed=committed)
            while at < end and len(found) < count:
                entry = topic.logs[place[1]][at]
                if entry.state == KEPT or (entry.state != MARK and not committed):
                    found.append(Message(place, at, entry))
                at += 1
            self._next[place] = at
            if at >= end and self._told.get(place) != at and self.config.get("enable.partition.eof"):
                self._told[place] = at
                found.append(Message(place, at, None, KafkaError(KafkaError._PARTITION_EOF)))
        return found

    def offsets_for_times(self, places: list[TopicPartition], timeout: float) -> list[_End]:
        assert all(place.offset == -1 for place in places), "only ends are asked for"
        self._kafka.asked("ends")
        if not self._kafka.tells:
            raise KafkaException(KafkaError(KafkaError._TIMED_OUT))
        committed = self.config["isolation.level"] == "read_committed"
        told = self._kafka.tells_once.pop(0) if self._kafka.tells_once else None
        with self._kafka.lock:
            return [_End(place, *(told or self._end(place, committed=committed))) for place in places]

    def _end(self, place: TopicPartition, *, committed: bool) -> tuple[int, KafkaError | None]:
        if place.partition >= self._knows[place.topic]:
            return -1001, KafkaError(KafkaError._UNKNOWN_PARTITION)
        return self._kafka.topics[place.topic].end(place.partition, committed=committed), None

    def commit(self, *, offsets: list[TopicPartition], asynchronous: bool) -> None:
        assert asynchronous, "the flow does not wait for the group's copy"
        self._kafka.asked("group")
        moved = {(place.topic, place.partition): place.offset for place in offsets}
        self._kafka.groups.setdefault(self.config["group.id"], {}).update(moved)
        self._answers.append((None, offsets))

    def poll(self, timeout: float) -> None:
        while self._answers:
            self.config["on_commit"](*self._answers.pop(0))

    def pause(self, places: list[TopicPartition]) -> None:
        self._paused |= {(place.topic, place.partition) for place in places}

    def resume(self, places: list[TopicPartition]) -> None:
        self._paused -= {(place.topic, place.partition) for place in places}

    def close(self) -> None:
        self._next.clear()
