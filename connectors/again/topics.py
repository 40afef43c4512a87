"""An output topic read from its beginning to its present end, and records written to the input topics."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any, Final

import orjson
from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from connectors.kafka.away import client_log
from connectors.kafka.broker import Topics
from connectors.kafka.faults import refused_record, unacknowledged
from connectors.kafka.settings import KafkaSettings, unreachable
from connectors.kafka.writing.producer import connect
from operators.registry import RECORD_OF
from state import errors, limits

_AT_ONCE: Final = 1_000
REPLAY_OF: Final = "replay_of"
"""Header of a record that was sent again: the event id of its reject or late lead."""


def read_topic(settings: KafkaSettings, stream: str) -> Iterator[dict[str, Any]]:
    """Every committed record of a stream's topic up to its end of now, partition by partition in their order."""
    topic = settings.output(stream)
    broker = Topics(settings)
    described = broker.describe([topic]).get(topic)
    if described is None:
        raise errors.SourceRefused(
            f"The topic {topic} does not exist.", "Name the topics' beginning with [kafka] prefix in --config."
        )
    places = [(topic, number) for number in range(described.partitions)]
    begins, ends = broker.begins(places), broker.ends(places, committed=True)
    left = {place: end for place, end in ends.items() if begins[place] < end}
    consumer = Consumer(
        {
            **settings.common(),
            "group.id": f"{settings.group}-read-back",  # never joined, never committed to
            "enable.auto.commit": False,
            "isolation.level": "read_committed",
            "enable.partition.eof": True,
            "auto.offset.reset": "earliest",
        },
        logger=client_log,
    )
    try:
        consumer.assign([TopicPartition(topic, number, begins[topic, number]) for _, number in left])
        heard = time.monotonic()
        while left:
            messages = consumer.consume(_AT_ONCE, limits.POLL_S)
            if messages:
                heard = time.monotonic()
            elif time.monotonic() - heard > limits.CONNECT_S:
                raise unreachable(settings, f"reading the topic {topic}", "its end was not reached")
            for message in messages:
                place, error, at = (topic, message.partition()), message.error(), message.offset()
                if error is None:
                    at += 1
                    if at <= ends[place] and message.value():
                        yield orjson.loads(message.value())
                elif error.code() != KafkaError._PARTITION_EOF:
                    continue
                if at >= left.get(place, at + 1):
                    del left[place]
    finally:
        consumer.close()


class TopicInputs:
    """Records into the input topics, each acknowledged by all copies before `finish` returns."""

    def __init__(self, settings: KafkaSettings) -> None:
        self._settings = settings
        self._fault: errors.LeadstreamError | None = None
        self._said = "_TIMED_OUT: no answer"
        self._names: dict[str, int] = {}
        self._producer = connect(settings, self._met, self._undelivered)

    def _met(self, error: Any) -> None:
        self._said = f"{error.name()}: {error.str()}"

    def _undelivered(self, error: Any, message: Any) -> None:
        self._fault = self._fault or refused_record("of a replay", message.topic(), error)

    def write(self, kind: str, raw: bytes, event_id: str) -> None:
        """Hand on one record; waits while the client is full."""
        topic = self._settings.prefix + RECORD_OF[kind].topic
        deadline = time.monotonic() + self._settings.give_up_s
        while True:
            try:
                self._producer.produce(topic, raw, event_id, headers=[(REPLAY_OF, event_id.encode())])
                break
            except BufferError:
                self._producer.poll(limits.POLL_S)
                self._check(deadline)
            except KafkaException as error:
                raise refused_record(event_id, topic, error.args[0]) from error
        self._names[topic] = self._names.get(topic, 0) + 1
        self._producer.poll(0)

    def _check(self, deadline: float) -> None:
        if self._fault is not None:
            raise self._fault
        if time.monotonic() > deadline:
            raise unacknowledged(len(self._producer), "a replay", self._settings.give_up_s, self._said)

    def finish(self) -> list[str]:
        """Wait until all are acknowledged; returns the topics."""
        deadline = time.monotonic() + self._settings.give_up_s
        while len(self._producer):
            self._producer.poll(limits.POLL_S)
            self._check(deadline)
        self._check(deadline + 1)
        return list(self._names)

    def drop(self) -> None:
        """Give up what is not sent; never raises."""
        self._producer.purge(in_queue=True, in_flight=True, blocking=False)
