"""Kafka in: every partition of the input topics through one consumer, at the positions of the seal.

Partitions are assigned, not subscribed to: a restart waits for no group's session. The seal alone says where to go on; the
group's offsets are a copy of it for lag tools, written at each seal and never read.

A partition is named topic-partition-topic id: what a deleted and recreated topic holds is other input (ruling 21).
"""

from __future__ import annotations

import logging
from collections import deque
from typing import Any, Final

from confluent_kafka import Consumer, KafkaError, TopicPartition

from connectors.kafka.away import client_log, complain
from connectors.kafka.broker import Place, Topics, Watch, recreated
from connectors.kafka.reading.group import GroupCopy
from connectors.kafka.settings import KafkaSettings
from connectors.protocols import Record
from state import errors, limits

log = logging.getLogger("leadstream")

_AT_ONCE: Final = limits.BATCH_RECORDS
_FORGOTTEN: Final = "Widen the topic's retention before the next outage."


class _Partition:
    __slots__ = ("buffer", "bytes", "end", "first", "id", "name", "next", "number", "paused", "place", "topic")

    def __init__(self, topic: str, number: int, topic_id: str) -> None:
        self.topic = topic
        self.number = number
        self.id = topic_id
        self.name = f"{topic}-{number}-{topic_id}"
        self.place: Place = (topic, number)
        self.buffer: deque[Record] = deque()
        self.bytes = 0
        """Of the records in the buffer."""
        self.first = self.next = 0
        """Where this run began to read, and the offset behind the last record fetched."""
        self.end = -1
        """Where it ends in a run that ends; -1 = the run does not."""
        self.paused = False


class KafkaReader:
    """The input topics; implements `connectors.protocols.Reader`.

    `to_end`: the run ends behind what the topics hold at its start, as with files (a replay by the event clock);
    otherwise it goes on until it is stopped.
    """

    def __init__(self, settings: KafkaSettings, *, to_end: bool = False) -> None:
        self._settings = settings
        self._to_end = to_end
        self._broker = Topics(settings)
        kinds = dict(settings.inputs)
        self._known = self._broker.describe(kinds)
        missing = [topic for topic in kinds if topic not in self._known]
        if missing:
            raise errors.SourceRefused(
                f"The topic {missing[0]} does not exist ({len(missing)} missing).",
                "Run `leadstream topics --apply`, then start again.",
            )
        self._parts = [
            _Partition(topic, number, self._known[topic].id)
            for topic in kinds
            for number in range(self._known[topic].partitions)
        ]
        self._kinds = [kinds[part.topic] for part in self._parts]
        self._index = {part.place: index for index, part in enumerate(self._parts)}
        self._filled: list[int] = []
        """Partitions with records fetched and not handed on."""
        self._consumer: Any = None
        self._watch: Watch | None = None
        self._copy: GroupCopy | None = None
        self._sealed: dict[Place, int] = {}

    def names(self) -> list[str]:
        """topic-partition-topic id."""
        return [part.name for part in self._parts]

    def origins(self) -> list[tuple[str, int]]:
        """(topic, partition) of each partition, as people name it."""
        return [part.place for part in self._parts]

    def kinds(self) -> list[str]:
        """Default record type of each partition: its topic's."""
        return self._kinds

    # --- positions

    def restore(self, position: dict[str, Any]) -> None:
        """Begin at the sealed positions, at the oldest record where there is none.

        PositionFault: a topic is not the one that was read, or no longer holds what comes next.
        """
        for sealed in position.values():
            topic = self._known.get(sealed["topic"]) if "topic" in sealed else None
            if topic is not None and topic.id != sealed["id"]:
                raise recreated(sealed["topic"])
        places = [part.place for part in self._parts]
        begins, ends = self._broker.begins(places), self._broker.ends(places)
        for part in self._parts:
            found = position.get(part.name)
            begin, end = begins[part.place], ends[part.place]
            part.next = begin if found is None else self._continue(part, int(found["next"]), begin, end)
            part.first = part.next
            if self._to_end:
                part.end = end
        self._connect()

    def _continue(self, part: _Partition, at: int, begin: int, end: int) -> int:
        if at > end:
            raise errors.PositionFault(
                f"{part.topic}-{part.number} ends at {end}, and it was read up to {at}: the broker has lost records.",
                "Restore the topic; or use topics of another name ([kafka] prefix) with this state.",
            )
        if at >= begin:
            return at
        gap = f"{part.topic}-{part.number}:{at}-{begin - 1}"
        if any(
            (lost.topic, lost.partition) == part.place and lost.first <= at and begin - 1 <= lost.last
            for lost in self._settings.lost
        ):
            log.warning("%s is skipped: it was accepted as lost.", gap)
            return begin
        raise errors.PositionFault(
            f"{part.topic}-{part.number} begins at {begin}, and it was read up to {at}: retention has removed "
            f"{begin - at} records that were never read.",
            f'Send them again from their source, then accept the gap: [kafka] lost = ["{gap}"]. {_FORGOTTEN}',
        )

    def _connect(self) -> None:
        settings = self._settings
        self._consumer = Consumer(
            {
                **settings.common(),
                "group.id": settings.group,
                "enable.auto.commit": False,
                "enable.auto.offset.store": False,
                "auto.offset.reset": "error",  # a position that the topic does not have stops; nothing is skipped
                "isolation.level": "read_committed",
                "enable.partition.eof": self._to_end,
                "fetch.wait.max.ms": 100,
                "fetch.queue.backoff.ms": 10,
                "fetch.error.backoff.ms": 100,
                "queued.min.messages": 50_000,
                "queued.max.messages.kbytes": limits.FETCHED_BYTES >> 10,
                "fetch.message.max.bytes": 1 << 20,
                "reconnect.backoff.max.ms": 1_000,
                "error_cb": complain,
            },
            logger=client_log,
        )
        self._consumer.assign([TopicPartition(part.topic, part.number, part.next) for part in self._parts])
        self._watch = Watch(settings, self._known, _grown)
        self._copy = GroupCopy(settings)

    # --- reading

    def ready(self) -> list[int]:
        """Partitions with records that were fetched and not handed on."""
        if not self._filled:
            self._fetch()
        return self._filled

    def poll(self, source: int, limit: int) -> list[Record]:
        """Further records of a partition."""
        part = self._parts[source]
        buffer = part.buffer
        if not buffer:
            self._fetch()
            if not buffer:
                return []
        if len(buffer) <= limit:
            found = list(buffer)
            buffer.clear()
            part.bytes = 0
            self._filled = [index for index in self._filled if index != source]
        else:
            found = [buffer.popleft() for _ in range(limit)]
            part.bytes -= sum(len(record.raw) for record in found)
        if part.paused and len(buffer) < limits.AHEAD_RECORDS // 2 and part.bytes < limits.AHEAD_BYTES // 2:
            part.paused = False
            self._consumer.resume([TopicPartition(part.topic, part.number)])
        return found

    def _fetch(self) -> None:
        assert self._watch is not None and self._copy is not None, "restore comes before the first poll"
        self._watch.check()
        self._copy.go_on()
        part: _Partition | None = None
        topic, number, index = "", -1, -1
        new = tuple.__new__
        for message in self._consumer.consume(_AT_ONCE, 0):
            error = message.error()
            if error is not None:
                self._met(error, message)
                continue
            # Records come in runs of one partition: what is the same is looked up once.
            if part is None or message.partition() != number or message.topic() != topic:
                topic, number = message.topic(), message.partition()
                index = self._index[topic, number]
                part = self._parts[index]
            offset = message.offset()
            assert offset >= part.next, "a partition's records come in order, each once"
            part.next = offset + 1
            if offset >= part.end >= 0:
                continue  # it came after the start of a run that ends
            buffer = part.buffer
            if not buffer:
                self._filled.append(index)
            raw = message.value() or b""
            part.bytes += len(raw)
            buffer.append(new(Record, (index, offset, raw, 0, 0)))
            if (len(buffer) >= limits.AHEAD_RECORDS or part.bytes >= limits.AHEAD_BYTES) and not part.paused:
                part.paused = True
                self._consumer.pause([TopicPartition(part.topic, part.number)])

    def _met(self, error: Any, message: Any) -> None:
        code = error.code()
        if code == KafkaError._PARTITION_EOF:
            part = self._parts[self._index[message.topic(), message.partition()]]
            part.next = max(part.next, message.offset())
        elif code in (KafkaError._AUTO_OFFSET_RESET, KafkaError.OFFSET_OUT_OF_RANGE):
            raise errors.PositionFault(
                f"{message.topic()}-{message.partition()} no longer holds the record that comes next ({error.str()}).",
                f"Start again: the start says what is missing and how to go on. {_FORGOTTEN}",
            )
        elif code in (KafkaError.UNKNOWN_TOPIC_OR_PART, KafkaError._UNKNOWN_TOPIC, KafkaError._UNKNOWN_PARTITION):
            raise recreated(message.topic() or "?", gone=True)
        elif code in (KafkaError.TOPIC_AUTHORIZATION_FAILED, KafkaError.GROUP_AUTHORIZATION_FAILED):
            raise errors.SourceRefused(
                f"The broker does not let this user read {message.topic() or 'the topics'} ({error.str()}).",
                "Allow it to read the input topics and its consumer group.",
            )
        else:
            complain(error)

    def ended(self, source: int) -> bool:
        """Whether a run that ends has handed on everything of this partition."""
        part = self._parts[source]
        return part.end >= 0 and not part.buffer and part.next >= part.end

    def position(self, applied: list[int]) -> dict[str, Any]:
        """Offset of the next record of each partition, with the topic's name and id."""
        found: dict[str, Any] = {}
        for part, offset in zip(self._parts, applied, strict=True):
            found[part.name] = {"topic": part.topic, "id": part.id, "next": max(offset + 1, part.first)}
        return found

    def was_sealed(self, position: dict[str, Any]) -> None:
        """Copy the position to the consumer group, for lag tools."""
        moved: dict[Place, int] = {}
        for part in self._parts:
            at = position[part.name]["next"]
            if self._sealed.get(part.place) != at:
                self._sealed[part.place] = at
                moved[part.place] = at
        if moved and self._copy is not None:
            self._copy.put(moved)

    def calendar(self) -> int:
        """Topics have none."""
        return 0

    def silent_s(self) -> float:
        """Seconds since the broker's last answer."""
        return self._watch.silent_s() if self._watch is not None else 0.0

    def close(self) -> None:
        """Leave the broker."""
        if self._watch is not None:
            self._watch.stop()
        if self._copy is not None:
            self._copy.close()
        consumer, self._consumer = self._consumer, None
        if consumer is not None:
            consumer.close()


def _grown(topic: str, before: int, now: int) -> None:
    log.warning(
        "The topic %s has grown from %d to %d partitions: start again to read the new ones; nothing of them is lost.",
        topic,
        before,
        now,
    )
