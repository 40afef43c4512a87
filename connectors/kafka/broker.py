"""What the broker says of topics: their ids, partitions and offsets. The same questions for source, sink and watch."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable
from typing import Final, NamedTuple

from confluent_kafka import (
    IsolationLevel,
    KafkaError,
    KafkaException,
    TopicCollection,
    TopicPartition,
)
from confluent_kafka.admin import AdminClient, OffsetSpec

from connectors.kafka.away import Silence, client_log
from connectors.kafka.settings import KafkaSettings, unreachable
from state import errors, limits

log = logging.getLogger("leadstream")

_AGAIN_S: Final = 0.1
_TRY_S: Final = 5.0
_MOVING: Final = (
    KafkaError.NOT_LEADER_FOR_PARTITION,
    KafkaError.LEADER_NOT_AVAILABLE,
    KafkaError.UNKNOWN_LEADER_EPOCH,
    KafkaError.FENCED_LEADER_EPOCH,
    KafkaError.UNKNOWN_TOPIC_OR_PART,
)
_GONE: Final = (KafkaError.UNKNOWN_TOPIC_OR_PART, KafkaError._UNKNOWN_TOPIC)


Place = tuple[str, int]
"""(topic, partition)."""


class Topic(NamedTuple):
    """A topic as it stands now."""

    id: str
    """Another one after it was deleted and created again, though its name is the same."""
    partitions: int


class Topics:
    """Asks the broker. Each question is answered, or a Fault is raised, within `limits.CONNECT_S`."""

    def __init__(self, settings: KafkaSettings) -> None:
        self._settings = settings
        self._admin = self._connect()

    def _connect(self) -> AdminClient:
        return AdminClient({**self._settings.common(), "socket.timeout.ms": limits.CONNECT_S * 1000}, logger=client_log)

    def describe(self, names: Iterable[str], timeout_s: float = limits.CONNECT_S) -> dict[str, Topic]:
        """Those of these topics that exist."""
        wanted, deadline = list(names), time.monotonic() + timeout_s
        while True:
            try:
                return self._describe(wanted, min(timeout_s, _TRY_S))
            except errors.Fault:
                # A client that met a broker on its way back may wait for a controller for minutes: another one asks again.
                self._admin = self._connect()
                if time.monotonic() > deadline:
                    raise

    def _describe(self, names: list[str], timeout_s: float) -> dict[str, Topic]:
        asked = self._admin.describe_topics(TopicCollection(names), request_timeout=timeout_s)
        found: dict[str, Topic] = {}
        for name, future in asked.items():
            try:
                said = future.result(timeout=timeout_s + 1)
            except KafkaException as error:
                if error.args[0].code() in _GONE:
                    continue
                raise unreachable(self._settings, f"describing the topic {name}", error) from error
            except TimeoutError as error:
                raise unreachable(self._settings, f"describing the topic {name}", error) from error
            found[name] = Topic(str(said.topic_id), len(said.partitions))
        return found

    def begins(self, partitions: Iterable[tuple[str, int]]) -> dict[tuple[str, int], int]:
        """Offset of the oldest record of each partition that retention has left."""
        return self._offsets(partitions, OffsetSpec.earliest(), committed=False)

    def ends(self, partitions: Iterable[tuple[str, int]], *, committed: bool = False) -> dict[tuple[str, int], int]:
        """Offset behind the last record of each partition; `committed`: behind the last one no transaction holds open."""
        return self._offsets(partitions, OffsetSpec.latest(), committed=committed)

    def _offsets(
        self, partitions: Iterable[tuple[str, int]], which: OffsetSpec, *, committed: bool
    ) -> dict[tuple[str, int], int]:
        left = list(partitions)
        level = IsolationLevel.READ_COMMITTED if committed else IsolationLevel.READ_UNCOMMITTED
        found: dict[tuple[str, int], int] = {}
        deadline = time.monotonic() + limits.CONNECT_S
        while left:
            wanted = {TopicPartition(topic, number): which for topic, number in left}
            asked = self._admin.list_offsets(wanted, isolation_level=level, request_timeout=limits.CONNECT_S)
            left = []
            for place, future in asked.items():
                try:
                    found[place.topic, place.partition] = int(future.result(timeout=limits.CONNECT_S + 1).offset)
                except (KafkaException, TimeoutError) as error:
                    # A leader that was elected a moment ago, or moves: the next answer knows it.
                    passing = isinstance(error, KafkaException) and error.args[0].code() in _MOVING
                    if not passing or time.monotonic() > deadline:
                        what = f"asking for the offsets of {place.topic}-{place.partition}"
                        raise unreachable(self._settings, what, error) from error
                    left.append((place.topic, place.partition))
            if left:
                time.sleep(_AGAIN_S)
                self._admin = self._connect()  # the old one asks the leader that it remembers
        return found


class Watch:
    """Asks about every second whether the topics are still the ones that were opened; the flow raises what it finds.

    A topic that was deleted and created again has other records under the same offsets: reading on would skip, and
    appending would break what the seal says. Neither shows up in an error of the client in time.
    """

    def __init__(
        self, settings: KafkaSettings, known: dict[str, Topic], grown: Callable[[str, int, int], None] | None = None
    ) -> None:
        self._topics = Topics(settings)
        self._known = dict(known)
        self._grown = grown
        self._silence = Silence(settings.bootstrap)
        self._stopping = threading.Event()
        self.fault: errors.LeadstreamError | None = None
        self._thread = threading.Thread(target=self._run, name="kafka-watch", daemon=True)
        self._thread.start()

    def silent_s(self) -> float:
        """Seconds since the broker's last answer: it is asked also when nothing is read or written."""
        return self._silence.seconds()

    def check(self) -> None:
        """Raise what was found."""
        if self.fault is not None:
            raise self.fault

    def _run(self) -> None:
        while not self._stopping.wait(limits.WATCH_S):
            try:
                found = self._topics.describe(self._known, timeout_s=_TRY_S)
            except errors.Fault:
                self._silence.asked_in_vain()  # it is waited for
                continue
            except Exception as error:
                log.debug("The watch over the topics met an error.", exc_info=error)
                continue
            self._silence.answered()
            for name, known in self._known.items():
                now = found.get(name)
                if now is None or now.id != known.id:
                    self.fault = recreated(name, gone=now is None)
                    return
                if now.partitions > known.partitions and self._grown is not None:
                    self._grown(name, known.partitions, now.partitions)
                    self._known[name] = now

    def stop(self) -> None:
        """End the thread."""
        self._stopping.set()
        self._thread.join(limits.DRAIN_S)


def recreated(name: str, *, gone: bool = False) -> errors.PositionFault:
    """The fault for a topic that is not the one that was read or written before."""
    happened = "was deleted" if gone else "was deleted and created again: the same offsets are other records now"
    return errors.PositionFault(
        f"The topic {name} {happened}.",
        "Put the former topic back; or use topics of another name ([kafka] prefix) with this state; or begin a new state "
        "with --state and new topics.",
    )
