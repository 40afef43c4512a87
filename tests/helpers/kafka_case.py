"""Topics of an engine under test: settings with few inputs, topics made in one go, outputs read back as streams of lines."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from broker import ANSWER_S, KafkaClient
from confluent_kafka import Consumer, IsolationLevel, KafkaError, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic, OffsetSpec
from waiting import wait_until

from connectors.kafka.settings import KafkaSettings
from connectors.kafka.writing.rows import EVENT_ID
from operators.wire.streams import STREAMS, UNIQUE_LEADS

Place = tuple[str, int]
_SETTLES = (KafkaError.NOT_LEADER_FOR_PARTITION, KafkaError.UNKNOWN_LEADER_EPOCH)
"""Said of a partition made or moved a moment ago: asked again."""
SETTLED_S = 30.0
"""Below the transactions' own time-out: one that was left open is not taken for one that is being marked."""


@dataclass(frozen=True, kw_only=True)
class CaseSettings(KafkaSettings):
    """Settings that read just these topics, whatever begins the names of the outputs: runs over one input can be compared
    byte by byte."""

    read: tuple[tuple[str, str], ...] = ()
    """(topic, default record type)."""

    @property
    def inputs(self) -> tuple[tuple[str, str], ...]:
        """The topics that are read."""
        return self.read


class Row(NamedTuple):
    """A record of an output topic."""

    partition: int
    offset: int
    event_id: bytes
    """Of its header; b"" = there is none."""
    key: bytes | None
    value: bytes | None


def create(
    client: KafkaClient, topics: Mapping[str, int], config: Mapping[str, Mapping[str, str]] | None = None
) -> None:
    """Create topics (name → partitions) in one request; returns when each has its leaders."""
    admin = client.admin()
    new = [
        NewTopic(name, num_partitions=count, replication_factor=1, config=dict((config or {}).get(name, {})))
        for name, count in topics.items()
    ]
    for future in admin.create_topics(new).values():
        future.result(ANSWER_S)

    def led() -> bool:
        found = admin.list_topics(timeout=ANSWER_S).topics
        return all(
            name in found
            and found[name].error is None
            and sum(one.leader >= 0 for one in found[name].partitions.values()) == count
            for name, count in topics.items()
        )

    wait_until(led, ANSWER_S, f"leaders of {len(topics)} topics")


def outputs_of(settings: KafkaSettings, partitions: int | Mapping[str, int]) -> dict[str, int]:
    """Output topic → partitions."""
    return {
        settings.output(stream): partitions if isinstance(partitions, int) else partitions.get(stream, 1)
        for stream in STREAMS
    }


def compacted(settings: KafkaSettings) -> dict[str, dict[str, str]]:
    """What the topic of unique leads needs beyond the broker's defaults."""
    return {
        settings.output(STREAMS[UNIQUE_LEADS]): {"cleanup.policy": "compact", "min.compaction.lag.ms": "3600000"},
    }


class Reading:
    """Reads topics from their beginning to where they end now, with one consumer that stays connected."""

    def __init__(self, client: KafkaClient, isolation: str = "read_committed") -> None:
        self._consumer = Consumer(
            {
                **client.common(),
                "group.id": "not used",
                "enable.auto.commit": False,
                "auto.offset.reset": "earliest",
                "isolation.level": isolation,
                "enable.partition.eof": True,
                "fetch.wait.max.ms": 10,
            }
        )

    def rows(self, topics: Mapping[str, int]) -> dict[str, list[Row]]:
        """Topic → records by (partition, offset), of topics with so many partitions."""
        found: dict[str, list[Row]] = {name: [] for name in topics}
        waiting = {(name, number) for name, count in topics.items() for number in range(count)}
        self._consumer.assign([TopicPartition(name, number, 0) for name, number in waiting])
        end = time.monotonic() + ANSWER_S
        while waiting:
            assert time.monotonic() < end, f"the ends of {sorted(waiting)[:3]} were not reached within {ANSWER_S:g} s"
            for message in self._consumer.consume(5000, 0.1):
                error = message.error()
                if error is None:
                    found[message.topic()].append(_row(message))
                elif error.code() == KafkaError._PARTITION_EOF:
                    waiting.discard((message.topic(), message.partition()))
                elif error.fatal() or error.code() == KafkaError.TOPIC_AUTHORIZATION_FAILED:
                    raise KafkaException(error)
        self._consumer.unassign()
        return {name: sorted(rows, key=lambda row: row[:2]) for name, rows in found.items()}

    def close(self) -> None:
        """Leave."""
        self._consumer.close()


def _row(message: Any) -> Row:
    event_id = dict(message.headers() or ()).get(EVENT_ID) or b""
    return Row(message.partition(), message.offset(), event_id, message.key(), message.value())


def lines_of(rows: Iterable[Row]) -> list[bytes]:
    """The records as lines, without those that delete a key: a file has none of them either."""
    return [row.value for row in rows if row.value is not None]


def ends(admin: AdminClient, topics: Mapping[str, int], *, committed: bool = False) -> dict[Place, int]:
    """Where each partition ends; `committed`: before the first open transaction."""
    level = IsolationLevel.READ_COMMITTED if committed else IsolationLevel.READ_UNCOMMITTED
    places = [TopicPartition(name, number) for name, count in topics.items() for number in range(count)]

    def asked() -> dict[Place, int]:
        answers = admin.list_offsets(
            dict.fromkeys(places, OffsetSpec.latest()), isolation_level=level, request_timeout=ANSWER_S
        )
        try:
            return {(one.topic, one.partition): int(future.result(ANSWER_S).offset) for one, future in answers.items()}
        except KafkaException as error:
            if error.args[0].code() not in _SETTLES:
                raise
            return {}

    return wait_until(asked, ANSWER_S, "leaders")


def wait_settled(admin: AdminClient, topics: Mapping[str, int]) -> None:
    """Wait until nothing in the topics is neither committed nor aborted.

    A commit is acknowledged when the coordinator has written that it will be one; the partitions' marks, without which a
    reader of committed records sees nothing, come a moment later.
    """
    wait_until(
        lambda: ends(admin, topics) == ends(admin, topics, committed=True), SETTLED_S, "the marks of what was committed"
    )


class Follower:
    """A reader of committed records that stays: when does the next one become visible?"""

    def __init__(self, client: KafkaClient, topics: Mapping[str, int]) -> None:
        self._next = {(name, number): 0 for name, count in topics.items() for number in range(count)}
        self.first: float | None = None
        """Monotonic time at which the first record since `arm` was seen."""
        self.seen = 0
        self._stopping = threading.Event()
        self._consumer = Consumer(
            {
                **client.common(),
                "group.id": "not used",
                "enable.auto.commit": False,
                "auto.offset.reset": "earliest",
                "enable.partition.eof": True,
                "fetch.wait.max.ms": 100,
                "fetch.error.backoff.ms": 10,
            }
        )
        self._consumer.assign([TopicPartition(name, number, 0) for name, number in self._next])
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while not self._stopping.is_set():
            for message in self._consumer.consume(1000, 0.05):
                error = message.error()
                if error is None:
                    if self.first is None:
                        self.first = time.monotonic()
                    self.seen += 1
                    self._next[message.topic(), message.partition()] = message.offset() + 1
                elif error.code() == KafkaError._PARTITION_EOF:
                    self._next[message.topic(), message.partition()] = message.offset()

    def catch_up(self, ends: Mapping[Place, int]) -> None:
        """Wait until everything before these offsets was seen."""
        wait_until(
            lambda: all(self._next[place] >= end for place, end in ends.items()), ANSWER_S, "what lies in the topics"
        )

    def arm(self) -> float:
        """From now on; the time now."""
        self.first = None
        return time.monotonic()

    def close(self) -> None:
        """Leave."""
        self._stopping.set()
        self._thread.join(ANSWER_S)
        self._consumer.close()
