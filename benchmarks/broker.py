"""The project's own broker for a measurement: started by `scripts/kafka.py` in a folder that is thrown away behind it."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from confluent_kafka import Consumer, KafkaError, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from benchmarks.processes import cpu_s
from connectors.kafka.settings import KafkaSettings
from connectors.kafka.topics.upkeep import apply, connect
from scripts import kafka

_ANSWER_S: Final = 60.0
_STAMPED: Final = {"message.timestamp.type": "LogAppendTime"}
QUIET: Final = {"log_level": 0}


@dataclass(frozen=True, kw_only=True)
class OneInput(KafkaSettings):
    """Settings of an engine that reads one topic alone: rounds read the same input, and write to topics of their own."""

    topic: str
    kind: str = "raw_lead"

    @property
    def inputs(self) -> tuple[tuple[str, str], ...]:
        """The one input."""
        return ((self.topic, self.kind),)


class Broker:
    """A broker on this machine, in `folder`, for as long as the `with` lasts; killed by the kernel when this process is gone."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.bootstrap = ""
        self._pid = 0
        self._asker: Any = None
        self._feeder: Any = None

    def __enter__(self) -> Broker:
        shutil.rmtree(self._folder, ignore_errors=True)
        place, _ = kafka.start(self._folder, None, kafka.Options(), bound=True)
        self.bootstrap = place.addresses()["PLAINTEXT"]
        pid = place.pid()
        assert pid is not None, "a broker that has answered runs"
        self._pid = pid
        return self

    def __exit__(self, *_: object) -> None:
        if self._asker is not None:
            self._asker.close()
            self._asker = None
        self._feeder = None
        kafka.stop(self._folder)
        os.waitpid(self._pid, 0)
        shutil.rmtree(self._folder, ignore_errors=True)

    def cpu_s(self) -> float:
        """CPU seconds of its process so far."""
        return cpu_s(self._pid)

    def environment(self) -> dict[str, str]:
        """For a process that is to use this broker: no other setting of Kafka goes with it."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("KAFKA_")}
        return {**kept, "KAFKA_BOOTSTRAP_SERVERS": self.bootstrap}

    # --- topics

    def apply(self, settings: KafkaSettings) -> None:
        """All topics of these settings, as `leadstream topics --apply` makes them."""
        _, failed = apply(settings, connect(settings))
        assert not failed, failed

    def create(self, topics: Mapping[str, int]) -> None:
        """Topics by name → partitions; stamped with the time of appending."""
        admin = AdminClient({"bootstrap.servers": self.bootstrap, **QUIET})
        new = [
            NewTopic(name, num_partitions=count, replication_factor=1, config=_STAMPED)
            for name, count in topics.items()
        ]
        for future in admin.create_topics(new).values():
            future.result(_ANSWER_S)
        deadline = time.monotonic() + _ANSWER_S
        while not self._led(admin, topics):
            assert time.monotonic() < deadline, f"no leaders for {', '.join(topics)}"
            time.sleep(0.05)

    def _led(self, admin: Any, topics: Mapping[str, int]) -> bool:
        known = admin.list_topics(timeout=_ANSWER_S).topics
        return all(
            name in known and sum(part.leader >= 0 for part in known[name].partitions.values()) == count
            for name, count in topics.items()
        )

    # --- records

    def produce(self, topic: str, records: Iterable[tuple[bytes | None, bytes]]) -> int:
        """Write (key, value) in their order, acknowledged when this returns; how many."""
        if self._feeder is None:
            # Idempotent: a request that is sent again must not change the order of what a plain computation is told.
            self._feeder = self.producer(**{"batch.size": 500_000, "enable.idempotence": True})
        producer = self._feeder
        count = 0
        for key, value in records:
            while True:
                try:
                    producer.produce(topic, value, key)
                    break
                except BufferError:
                    producer.poll(0.1)
            count += 1
        left = producer.flush(_ANSWER_S)
        assert not left, f"{left} records of {topic} were not acknowledged"
        return count

    def producer(self, **more: Any) -> Any:
        """A producer."""
        return Producer({"bootstrap.servers": self.bootstrap, **QUIET, **more})

    def consumer(self, **more: Any) -> Any:
        """A consumer that belongs to no group and commits nothing."""
        return Consumer(
            {
                "bootstrap.servers": self.bootstrap,
                "group.id": "benchmarks",
                "enable.auto.commit": False,
                "auto.offset.reset": "earliest",
                "enable.partition.eof": True,
                "fetch.wait.max.ms": 10,
                "queued.max.messages.kbytes": 65_536,
                **QUIET,
                **more,
            }
        )

    def records(self, *topics: str, begins: Mapping[tuple[str, int], int] | None = None) -> Iterator[Any]:
        """All committed records of the topics, or those from `begins` on, as the client's messages."""
        consumer = self.consumer()
        try:
            places = self.places(consumer, *topics)
            begins = begins or {}
            consumer.assign([TopicPartition(topic, number, begins.get((topic, number), 0)) for topic, number in places])
            open_places = set(places)
            deadline = time.monotonic() + _ANSWER_S
            while open_places:
                for message in consumer.consume(10_000, 0.1):
                    deadline = time.monotonic() + _ANSWER_S
                    error = message.error()
                    if error is None:
                        yield message
                    elif error.code() == KafkaError._PARTITION_EOF:
                        open_places.discard((message.topic(), message.partition()))
                assert time.monotonic() < deadline, f"the ends of {', '.join(topics)} were not reached"
        finally:
            consumer.close()

    def places(self, consumer: Any, *topics: str) -> list[tuple[str, int]]:
        """(topic, partition) of all partitions."""
        known = consumer.list_topics(timeout=_ANSWER_S).topics
        return [(topic, number) for topic in topics for number in sorted(known[topic].partitions)]

    def ends(self, *topics: str) -> dict[tuple[str, int], int]:
        """Offset behind the last record of each partition."""
        if self._asker is None:
            self._asker = self.consumer()
        return {
            place: self._asker.get_watermark_offsets(TopicPartition(*place), timeout=_ANSWER_S)[1]
            for place in self.places(self._asker, *topics)
        }
