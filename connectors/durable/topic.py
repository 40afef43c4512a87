"""Durable in the raw topic of Kafka: acknowledged by all replicas in sync, written once by an idempotent producer."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any, Final

from confluent_kafka import KafkaError, Producer

from connectors.durable.places import Done, Full, Line
from connectors.kafka.away import client_log
from connectors.kafka.faults import lost_client
from connectors.kafka.settings import KafkaSettings
from state import errors, limits

_GIVE_UP_MS: Final = (limits.GATEWAY_WAIT_S - 2) * 1000
"""Below what a request waits: its sender hears that the broker did not answer, and no record is sent behind his back."""
_LATE: Final = (KafkaError._MSG_TIMED_OUT, KafkaError._TIMED_OUT, KafkaError.REQUEST_TIMED_OUT, KafkaError._QUEUE_FULL)
_POLL_S: Final = 0.05


class TopicDurable:
    """The topic that raw leads are read from."""

    def __init__(self, settings: KafkaSettings, give_up_ms: int = _GIVE_UP_MS) -> None:
        """`give_up_ms`: how long a record waits for the broker before whoever gave it hears of it."""
        self._settings = settings
        self._topic = settings.inputs[0][0]
        self._fault: errors.Fault | None = None
        self._producer: Any = Producer(
            {
                **settings.common(),
                "enable.idempotence": True,
                "acks": "all",
                "partitioner": "murmur2_random",
                "linger.ms": 5,  # the broker works per batch, and shares the machine at small sites
                "message.timeout.ms": give_up_ms,
                "message.max.bytes": 8 << 20,  # the topic's own limit decides
                "queue.buffering.max.messages": limits.UNSENT_RECORDS,
                "queue.buffering.max.kbytes": limits.UNSENT_BYTES >> 10,
                "error_cb": self._met,
            },
            logger=client_log,
        )
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._serve, name="gateway-kafka", daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while not self._ending.is_set():
            self._producer.poll(_POLL_S)

    def _met(self, error: Any) -> None:
        if error.fatal():
            self._fault = lost_client(error)

    def give(self, lines: Sequence[Line], done: Done) -> None:
        """To the client. Where it is full in the middle the rest is not given, and the sender sends all again."""
        if self._fault is not None:
            raise self._fault
        if len(self._producer) + len(lines) > limits.INBOX_WAITING:
            raise Full
        left = [len(lines)]
        failed: list[BaseException] = []

        def delivered(error: Any, message: Any) -> None:  # in the serving thread, one after the other
            if error is not None:
                failed.append(self._said(error))
            left[0] -= 1
            if not left[0]:
                done(failed[0] if failed else None)

        for line in lines:
            try:
                self._producer.produce(self._topic, line.value, line.key, on_delivery=delivered)
            except BufferError:
                raise Full from None

    def _said(self, error: Any) -> BaseException:
        if error.code() in _LATE:
            return Full()
        return errors.SinkFault(
            f"The topic {self._topic} does not take a record: {error.name()} ({error.str()}).",
            "Check the topic with `leadstream topics --check`; what was sent before may be sent again.",
        )

    def fault(self) -> BaseException | None:
        """A client at its end."""
        return self._fault

    def waiting(self) -> int:
        """Records given and not acknowledged yet."""
        return len(self._producer)

    def describe(self) -> str:
        """The topic and its broker."""
        return f"the topic {self._topic} at {self._settings.describe()}"

    def close(self) -> None:
        """Wait for what was given, as long as a stop may."""
        self._producer.flush(limits.DRAIN_S)
        self._ending.set()
        self._thread.join()
