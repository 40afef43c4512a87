"""A cut through what is delivered, and where the output's partitions end at it.

Nobody is told of each record where it came to lie: that would be a call into Python for every one of them. When everything
before a cut is acknowledged and nothing behind it is given to the client yet, the partitions' ends are asked for: all
before the cut lies before them, and all behind it will lie behind them.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping
from typing import Any, Final

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from connectors.kafka.away import client_log
from connectors.kafka.broker import Place
from connectors.kafka.settings import KafkaSettings
from state import limits

log = logging.getLogger("leadstream")

_TRY_S: Final = 5.0
_AGAIN_S: Final = 0.2
_LATEST: Final = -1
"""Of an offset that is asked for by its time: the end."""

Ends = Mapping[Place, int]


class Cut:
    """A place in the order of what is delivered."""

    __slots__ = ("ends",)

    def __init__(self, ends: Ends | None = None) -> None:
        self.ends = ends
        """Offset behind the last record of each partition; None while something before the cut is not safe."""


class EndsAsker:
    """Asks where the partitions end: `ask` and `answer` for the flow, which does not wait for the broker; `now` waits.

    By a consumer that reads nothing: its question is one request to each broker. What it knows of leaders and partitions it
    asks for anew only after many minutes: behind every failure another one asks.
    """

    def __init__(self, settings: KafkaSettings, partitions: Mapping[str, int]) -> None:
        self._settings = settings
        self._partitions = dict(partitions)
        """Topic → how many it has."""
        self._consumer = self._connect()
        self.said = "_TIMED_OUT: no answer"
        """The last complaint."""
        self._answer: Ends | None = None
        self._wanted, self._answered = threading.Event(), threading.Event()
        self._stopping = False
        self._thread: threading.Thread | None = None

    def _connect(self) -> Any:
        return Consumer(
            {
                **self._settings.common(),
                "group.id": f"{self._settings.group}-ends",  # never joined, never committed to
                "enable.auto.commit": False,
                "isolation.level": "read_uncommitted",  # a transaction of another program is not waited for
            },
            logger=client_log,
        )

    def grown(self, topic: str, before: int, now: int) -> None:
        """A topic has more partitions now. From any thread."""
        self._partitions[topic] = now

    def now(self) -> Ends:
        """The ends; a KafkaException where the broker does not tell them: `said` then says why, and it may be asked again."""
        try:
            return self._ends()
        except KafkaException as error:
            self.said = f"{error.args[0].name()}: {error.args[0].str()}"
            log.debug("The ends of the output topics were not told: %s", self.said)
            self._consumer.close()
            self._consumer = self._connect()
            raise

    def _ends(self) -> Ends:
        places = [
            TopicPartition(topic, number, _LATEST)
            for topic, count in self._partitions.items()
            for number in range(count)
        ]
        self._consumer.poll(0)  # what it says of itself, to the log
        found: dict[Place, int] = {}
        for place in self._consumer.offsets_for_times(places, _TRY_S):
            if place.error is not None:
                raise KafkaException(place.error)
            if place.offset < 0:
                raise KafkaException(KafkaError(KafkaError._TIMED_OUT, f"no end of {place.topic}-{place.partition}"))
            found[place.topic, place.partition] = place.offset
        return found

    def ask(self) -> None:
        """Begin to ask; the answer before is forgotten."""
        self._answer = None
        self._answered.clear()
        self._wanted.set()
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="kafka-ends", daemon=True)
            self._thread.start()

    def answer(self) -> Ends | None:
        """The ends that were asked for; None while the broker has not answered."""
        return self._answer

    def wait(self, timeout_s: float) -> None:
        """Wait for the answer, or so long."""
        self._answered.wait(timeout_s)

    def _run(self) -> None:
        again = threading.Event()
        while True:
            self._wanted.wait()
            self._wanted.clear()
            if self._stopping:
                return
            try:
                ends = self.now()
            except KafkaException:  # a broker that is away is waited for: the sink gives up
                again.wait(_AGAIN_S)
                self._wanted.set()
                continue
            self._answered.set()
            self._answer = ends  # last: with it, the flow may ask anew

    def stop(self) -> None:
        """End the thread."""
        self._stopping = True
        self._wanted.set()
        if self._thread is not None:
            self._thread.join(limits.DRAIN_S)
        self._consumer.close()
