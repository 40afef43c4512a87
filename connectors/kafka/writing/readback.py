"""What lies in the output topics behind the last seal: records that were delivered, and of which the state does not know it.

A start sends its outbox again, all but what is found here. Bounded by what was written since the seal (decision 0017).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any, Final

from confluent_kafka import Consumer, KafkaError, TopicPartition

from connectors.kafka.away import client_log
from connectors.kafka.broker import Place, Topics, recreated
from connectors.kafka.faults import lost_records
from connectors.kafka.settings import KafkaSettings, unreachable
from connectors.kafka.writing.rows import EVENT_ID
from operators.wire.streams import KINDS
from state import errors, limits

_AT_ONCE: Final = 10_000
_POLL_S: Final = 0.1
_DELETED: Final = 1 << 62


class Delivered:
    """Records found in the topics: their event ids, and how far each key of the compacted topics had come."""

    def __init__(self, compacted: frozenset[str]) -> None:
        self.records = 0
        self._compacted = compacted
        self._ids: set[bytes] = set()
        self._latest: dict[tuple[str, bytes | None], int] = {}
        """(compacted topic, key) → its latest version found."""

    def add(self, topic: str, key: bytes | None, event_id: bytes) -> None:
        """A record that was found."""
        self.records += 1
        self._ids.add(event_id)
        if topic in self._compacted:
            at = (topic, key)
            self._latest[at] = max(_version(event_id), self._latest.get(at, 0))

    def unmatched(self) -> int:
        """Records found of which no decision has come yet."""
        return len(self._ids)

    def holds(self, topic: str, key: bytes, event_id: bytes) -> bool:
        """Whether this record was delivered before.

        By its id; in a compacted topic also because a later version of its key was: only the latest may be left, and an
        older one sent behind it would be the key's last word. Versions, not outbox rows: those of an older copy of the
        state are others.
        """
        if event_id in self._ids:
            return True
        return topic in self._compacted and _version(event_id) <= self._latest.get((topic, key), 0)

    def matched(self, event_id: bytes) -> None:
        """Its decision has come."""
        self._ids.discard(event_id)


def _version(event_id: bytes) -> int:
    """Of a record of a compacted stream; its end is behind them all."""
    number = event_id.rpartition(b"-")[2]
    if number == b"deleted":
        return _DELETED
    return int(number) if number.isdigit() else 0  # another program's


def read_back(
    settings: KafkaSettings,
    begins: Mapping[Place, int],
    ends: Mapping[Place, int],
    *,
    monotonic: Callable[[], float] = time.monotonic,
) -> Delivered:
    """Every committed record of these partitions from `begins` to `ends`.

    Raises a Fault when the broker does not answer, or when a transaction of somebody else stays open before an end.
    """
    found = Delivered(frozenset(settings.output(kind.name) for kind in KINDS if kind.compacted))
    open_ends = {place: end for place, end in ends.items() if begins[place] < end}
    if not open_ends:
        return found
    consumer = Consumer(
        {
            **settings.common(),
            "group.id": f"{settings.group}-read-back",  # never joined, never committed to
            "enable.auto.commit": False,
            "isolation.level": "read_committed",
            "enable.partition.eof": True,
            "auto.offset.reset": "earliest",  # what retention took meanwhile, nobody can read twice
            "fetch.wait.max.ms": 50,
        },
        logger=client_log,
    )
    try:
        consumer.assign([TopicPartition(topic, number, begins[topic, number]) for topic, number in open_ends])
        waited_since = monotonic()
        while open_ends:
            messages = consumer.consume(_AT_ONCE, _POLL_S)
            for message in messages:
                error = message.error()
                place = (message.topic(), message.partition())
                if error is None:
                    headers = dict(message.headers() or ())
                    if EVENT_ID in headers:
                        found.add(place[0], message.key(), headers[EVENT_ID])
                    at = message.offset() + 1
                elif error.code() == KafkaError._PARTITION_EOF:
                    at = message.offset()
                elif error.code() == KafkaError.TOPIC_AUTHORIZATION_FAILED:
                    raise errors.SinkFault(
                        f"The broker does not let this user read the output topic {place[0]} ({error.str()}).",
                        "Allow it to read the output topics: a start looks there for what was delivered since the last seal.",
                    )
                else:
                    continue
                if at >= open_ends.get(place, at + 1):
                    del open_ends[place]
            if found.records > limits.READ_BACK_RECORDS:
                raise errors.StateRefused(
                    f"The topics hold more than {limits.READ_BACK_RECORDS} records that were delivered after this state's "
                    "last seal: it is an older copy of the state that wrote them.",
                    "Start from the newest copy of the state; or begin a new one with --state and topics of another name.",
                )
            if messages:
                waited_since = monotonic()
            elif monotonic() - waited_since > limits.TRANSACTION_MS / 1000 + limits.CONNECT_S:
                raise _stuck(settings, begins, open_ends)
    finally:
        consumer.close()
    return found


def _stuck(settings: KafkaSettings, begins: Mapping[Place, int], ends: Mapping[Place, int]) -> errors.LeadstreamError:
    """The fault for partitions whose ends a reader of committed records does not reach."""
    readable = Topics(settings).ends(ends, committed=True)
    left = sorted((place, at) for place, at in readable.items() if at < ends[place])
    if not left:
        topic, number = min(ends)
        what = f"reading back what was delivered since the last seal ({topic}-{number})"
        return unreachable(settings, what, "its end was not reached")
    named = ", ".join(f"{topic}-{number} from offset {at}" for (topic, number), at in left)
    fault = f"Transactions that nobody has ended hide what was delivered: {named}."
    if any(at < begins[place] for place, at in left):
        # Its commit was acknowledged, and sealed: the state does not have these records any more.
        return errors.SinkFault(
            fault,
            "Do not abort them: records that were acknowledged as committed lie there. Begin a new state with --state and "
            "topics of another name, and read the input again.",
        )
    (topic, number), at = left[0]
    return errors.SinkFault(
        fault,
        "Stop what else writes there in transactions. Where nothing does, the broker has left them behind (it can, when it "
        f"is killed during a commit): end each with `kafka-transactions.sh --bootstrap-server {settings.bootstrap} abort "
        f"--topic {topic} --partition {number} --start-offset {at}`; started again, the run sends what they held.",
    )


def sealed_ends(
    sealed: dict[str, Any], ids: dict[str, str], places: list[Place], ends: dict[Place, int]
) -> dict[Place, int]:
    """Where each partition ended at the seal. Raises for topics that are not the ones that were written."""
    if not sealed:
        return dict(ends)
    known = sealed["topics"]
    begins: dict[Place, int] = {}
    for name, number in places:
        topic = known.get(name)
        if topic is None:
            begins[name, number] = 0  # a stream that the version before did not have
            continue
        if topic["id"] != ids[name]:
            raise recreated(name)
        end = begins[name, number] = topic["ends"].get(str(number), 0)
        if end > ends[name, number]:
            raise lost_records(name, number, ends[name, number], end)
    return begins
