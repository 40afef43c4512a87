"""The position as the consumer group's offsets, for lag tools: written at each seal and never read."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Sequence
from typing import Any, Final

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from connectors.kafka.away import client_log
from connectors.kafka.broker import Place
from connectors.kafka.settings import KafkaSettings

log = logging.getLogger("leadstream")

_AGAIN_S: Final = 0.5
_SELDOM_S: Final = 30.0
_CLOSE_S: Final = 5.0
_LEAVE_S: Final = 1.0
_COORDINATING: Final = (
    KafkaError.NOT_COORDINATOR,
    KafkaError.COORDINATOR_LOAD_IN_PROGRESS,
    KafkaError.COORDINATOR_NOT_AVAILABLE,
    KafkaError._WAIT_COORD,
)
"""A group that was never used yet, or a broker that has just started."""


_JOINED: Final = (KafkaError.UNKNOWN_MEMBER_ID, KafkaError.ILLEGAL_GENERATION, KafkaError.REBALANCE_IN_PROGRESS)
"""Somebody has joined the group: only its members may write its offsets then."""


class GroupCopy:
    """One request at a time, the newest position each time.

    By a consumer that reads nothing: the close of the one that reads would wait for a commit that is under way for as long
    as the broker is away. Not by the admin client: a coordinator that comes back ends the process in its own assertion
    (librdkafka 2.16, `eonce->refcnt > 0`).
    """

    def __init__(self, settings: KafkaSettings) -> None:
        self._consumer: Any = Consumer(
            {
                **settings.common(),
                "group.id": settings.group,
                "enable.auto.commit": False,
                "enable.auto.offset.store": False,
                "on_commit": self._answered,
            },
            logger=client_log,
        )
        self._group = settings.group
        self._wanted: dict[Place, int] = {}
        self._sent: dict[Place, int] = {}
        self._under_way = False
        self._again_at = 0.0

    def put(self, offsets: dict[Place, int]) -> None:
        """Offsets of the next records to be read, of the partitions that have moved."""
        self._wanted.update(offsets)
        self.go_on()

    def go_on(self) -> None:
        """Take the answer to what is under way; send what waits, if nothing is."""
        if self._under_way:
            self._consumer.poll(0)
        if not self._under_way and self._wanted and time.monotonic() >= self._again_at:
            self._sent, self._wanted = self._wanted, {}
            places = [TopicPartition(topic, number, at) for (topic, number), at in self._sent.items()]
            self._under_way = True
            try:
                self._consumer.commit(offsets=places, asynchronous=True)
            except KafkaException as error:
                self._answered(error.args[0], [])

    def _answered(self, error: Any, places: Sequence[Any]) -> None:
        self._under_way = False
        error = error or next((one.error for one in places if one.error is not None), None)
        if error is None:
            return
        self._wanted = {**self._sent, **self._wanted}
        passing = error.code() in _COORDINATING or error.retriable()
        self._again_at = time.monotonic() + (_AGAIN_S if passing else _SELDOM_S)
        level = logging.DEBUG if error.code() in _COORDINATING else logging.WARNING
        cause = " Another consumer has joined the group: give it one of its own." if error.code() in _JOINED else ""
        log.log(
            level,
            "The offsets of the group %s were not written (%s): lag tools show older ones until they are.%s",
            self._group,
            error.str(),
            cause,
        )

    def close(self) -> None:
        """Wait a moment for the last one, then leave, or leave it behind where the broker is away."""
        end = time.monotonic() + _CLOSE_S
        while (self._under_way or (self._wanted and self._again_at < end)) and time.monotonic() < end:
            self.go_on()
            self._consumer.poll(0.01)
        leaving = threading.Thread(target=self._consumer.close, name="kafka-group", daemon=True)
        leaving.start()
        leaving.join(_LEAVE_S)
