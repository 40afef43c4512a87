"""Imported raw leads into the topic of raw leads; needs the client for Kafka."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

from connectors.kafka.faults import lost_client
from connectors.kafka.settings import KafkaSettings, unreachable
from connectors.kafka.writing.producer import connect
from state import errors, limits


class TopicOutlet:
    """The topic of raw leads; taken once all replicas in sync have acknowledged."""

    def __init__(self, settings: KafkaSettings, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._settings = settings
        self._topic = settings.inputs[0][0]
        self._monotonic = monotonic
        self._failed: list[Any] = []

    def has(self, name: str) -> bool:
        """A topic has no names: rows that came before are replays to the engine (ruling 11)."""
        return False

    def write(self, name: str, leads: Sequence[bytes]) -> None:
        """Send them. Raises a Fault where one is not acknowledged: then the import is to be repeated as a whole."""
        producer = connect(self._settings, self._met, self._undelivered)
        for lead in leads:
            while True:
                try:
                    producer.produce(self._topic, lead)
                    break
                except BufferError:
                    self._wait(producer, len(producer) - 1)
        self._wait(producer, 0)

    def _wait(self, producer: Any, until: int) -> None:
        """Until at most so many wait for the broker's answer; the deadline begins anew with each that gets it."""
        left = len(producer)
        deadline = self._monotonic() + self._settings.give_up_s
        while left > until:
            producer.poll(limits.POLL_S)
            if self._failed:
                raise self._failed[0]
            if len(producer) < left:
                left = len(producer)
                deadline = self._monotonic() + self._settings.give_up_s
            elif self._monotonic() > deadline:
                raise unreachable(self._settings, f"sending raw leads to {self._topic}", f"{left} not acknowledged")

    def _met(self, error: Any) -> None:
        if error.fatal():
            self._failed.append(lost_client(error))

    def _undelivered(self, error: Any, message: Any) -> None:
        self._failed.append(
            errors.SinkFault(
                f"The topic {self._topic} refused raw leads ({error.str()}).",
                "Mend what is named, then import the same file again: what was sent before is a replay to the engine.",
            )
        )
