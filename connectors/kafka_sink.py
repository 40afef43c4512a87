"""Kafka out: every outbox row to its topics, in order, once; a seal speaks of it when the broker has acknowledged it.

    deliver ──► held ──► client ──► broker   `once`: as soon as the broker has answered what went before, idempotent
    deliver ──► held ──► transaction         `transactional`: the rows of some milliseconds, by a thread, visible together

A start reads back what lies behind the last seal (`kafka_readback`) and sends the rest of the outbox: nothing is lost, and
nothing is sent twice but what the network delivers after the process that sent it is dead (mode `once`).
"""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Callable
from typing import Any, Final

from confluent_kafka import KafkaError, KafkaException

from connectors.kafka_faults import FENCED, lost_client, refused_record, unacknowledged
from connectors.kafka_producer import connect, take_over
from connectors.kafka_readback import EVENT_ID, SEQUENCE, Delivered, read_back, sealed_ends
from connectors.kafka_settings import TRANSACTIONAL, KafkaSettings
from connectors.kafka_topic import Place, Topics, Watch
from connectors.kafka_transactions import Generation, Sent, Transactions
from connectors.sink import Group
from operators.streams import NULL, STREAMS, event_id_of
from state import errors, limits

log = logging.getLogger("leadstream")

_ID_BEGINS: Final = b'{"event_id":"'
_ID_AT: Final = len(_ID_BEGINS)
_NEXT_BEGINS: Final = b"\n" + _ID_BEGINS
_POLL_S: Final = 0.05
_LISTEN_S: Final = 1.0


class KafkaSink:
    """The output topics of one engine; implements `connectors.sink.Sink`."""

    kind = "kafka"
    reads_back = True

    def __init__(
        self,
        settings: KafkaSettings,
        *,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._topics = [settings.output(stream) for stream in STREAMS]
        self._give_up_at = 0.0
        """When a wait for the broker ends, once a stop was asked for."""
        self._monotonic = monotonic
        self._producer: Any = None
        self._watch: Watch | None = None
        self._ids: dict[str, str] = {}
        self._ends: dict[Place, int] = {}
        """Where each partition ended at the last cut that is safe."""
        self._delivered: Delivered | None = None
        self.read_back = 0
        """Records that this start read back."""
        self._current = self._cut = self._generation()
        self._cut_at = 0.0
        self._purged: bytes | None = None
        """The first record that was given up."""
        self._said = "_TIMED_OUT: no answer"
        """The client's last complaint."""
        self._fault: errors.LeadstreamError | None = None
        self._writer: Transactions | None = None
        self._held: list[tuple[Generation, Group]] = []
        """Mode `once`: delivered, and not handed to the client yet."""
        self._held_count = self._held_bytes = 0

    # --- opening

    def open(self, sealed: dict[str, Any], state_id: str, *, fresh: bool) -> None:
        """Check the topics against the seal, end what a dead process left open, read back what it delivered."""
        if sealed and sealed.get("kind") != self.kind:
            raise errors.StateRefused(
                "The state has delivered to files, not to Kafka.",
                "Name the folder that belongs to it with --sink, or begin a new state with --state.",
            )
        settings, broker = self._settings, Topics(self._settings)
        found = broker.describe(self._topics)
        missing = [name for name in self._topics if name not in found]
        if missing:
            raise errors.Refused(
                f"The topic {missing[0]} does not exist ({len(missing)} missing).",
                "Run `leadstream topics --apply`, then start again.",
            )
        self._ids = {name: topic.id for name, topic in found.items()}
        places = [(name, number) for name, topic in found.items() for number in range(topic.partitions)]
        ends = broker.ends(places)
        begins = sealed_ends(sealed, self._ids, places, ends)
        if not sealed:
            oldest = broker.begins(places)
            held = sorted(name for name, number in places if oldest[name, number] < ends[name, number])
            if held:
                raise errors.StateRefused(
                    f"The state is new, and the topic {held[0]} holds records that it did not write.",
                    "Name the state that wrote them with --state, or use topics of another name ([kafka] prefix).",
                )
        transactional = settings.mode == TRANSACTIONAL
        # Also after a mode that was left: a run of it may have died before its first seal, its transaction open.
        # Before anything is read: taking over ends what a dead process left open.
        if transactional or sealed.get("mode") == TRANSACTIONAL or ends != broker.ends(places, committed=True):
            writer = connect(settings, self._met, state_id)
            take_over(writer, settings, self._monotonic)
            ends = broker.ends(places)
            if transactional:
                self._producer = writer
        if self._producer is None:
            self._producer = connect(settings, self._met)
        # The client connects when it is asked for something, and waits half a second for what it then needs: now, while the
        # topics are read back, and not when the first record is there.
        with contextlib.suppress(KafkaException):
            for name in self._topics:
                self._producer.list_topics(name, limits.CONNECT_S)
        began = self._monotonic()
        delivered = read_back(settings, begins, ends)
        self.read_back = delivered.records
        if delivered.records:
            self._delivered = delivered
            log.info(
                "Read back %d records that were delivered after the last seal (%.1f s).",
                delivered.records,
                self._monotonic() - began,
            )
        self._ends = ends
        self._watch = Watch(settings, found)
        if transactional:
            self._writer = Transactions(self._producer, self.produce, self.check, self._met, settings)

    def begin(self) -> dict[str, Any]:
        """Where the topics ended before the first record of a new state."""
        return self._seal()

    def _seal(self) -> dict[str, Any]:
        ends: dict[str, dict[str, int]] = {}
        for (name, number), end in self._ends.items():
            ends.setdefault(name, {})[str(number)] = end
        topics = {name: {"id": self._ids[name], "ends": ends.get(name, {})} for name in self._topics}
        return {"kind": self.kind, "mode": self._settings.mode, "topics": topics}

    # --- delivering

    def deliver(self, group: Group) -> None:
        """Hand an outbox row's records to the client; waits while it holds as much as it may."""
        current = self._current
        if self._writer is None and self._delivered is None:
            count = sum(len(keys) for _, keys, _ in group.lines)
            current.sent += count
            self._held.append((current, group))
            self._held_count += count
            self._held_bytes += sum(len(lines) for _, _, lines in group.lines)
            self.serve()
            self.check()
            return
        records = self._records(group)
        current.sent += len(records)
        if self._writer is not None:
            began = self._monotonic()
            while not self._writer.hold(current, records):
                self.check()
                self._overdue(began)
        else:
            for record in records:
                self.produce(current, record)
            self._poll(0)
        self.check()

    def serve(self) -> None:
        """Hand on what is held, unless the client still waits for the broker's answer to what it has.

        One request goes to each partition at a time: what comes meanwhile would be a request of its own for every shard.
        """
        if not self._held:
            return
        self._poll(0)
        if self._held_bytes <= limits.HELD_BYTES and self.waiting() > self._held_count:
            return
        self._give_held()
        self._poll(0)

    def _give_held(self) -> None:
        held, self._held = self._held, []
        self._held_count = self._held_bytes = 0
        for generation, group in held:
            self._give(generation, group)

    def _give(self, generation: Generation, group: Group) -> None:
        if not all(_is_plain(keys, lines) for _, keys, lines in group.lines):
            for record in self._records(group):
                self.produce(generation, record)
            return
        produce, at = self._producer.produce, _ID_AT
        head = b"%d-%d-%%d" % (group.shard, group.sequence)
        place = 0
        for stream, keys, lines in group.lines:
            topic, acked = self._topics[stream], generation.callbacks[stream]
            for key, line in zip(keys, lines[:-1].split(b"\n"), strict=True):
                event_id, sequence = line[at : line.index(b'"', at)], head % place
                try:
                    produce(topic, line, key, on_delivery=acked, headers=[(EVENT_ID, event_id), (SEQUENCE, sequence)])
                except (BufferError, KafkaException):
                    # Which waits for room, or says what is wrong.
                    self.produce(generation, Sent(stream, key, line, event_id, sequence))
                place += 1

    def _records(self, group: Group) -> list[Sent]:
        shard, row, delivered = group.shard, group.sequence, self._delivered
        head = b"%d-%d-" % (shard, row)
        records: list[Sent] = []
        place = 0
        for stream, keys, lines in group.lines:
            for key, line in zip(keys, lines[:-1].split(b"\n"), strict=True):
                event_id = line[_ID_AT : line.index(b'"', _ID_AT)] if line.startswith(_ID_BEGINS) else b"\\"
                if line == NULL:
                    event_id = b"unique_leads-%s-deleted" % key.encode()
                elif b"\\" in event_id:
                    event_id = event_id_of(line).encode()
                if delivered is None or not delivered.holds(self._topics[stream], key.encode(), event_id):
                    records.append(Sent(stream, key, line if line != NULL else None, event_id, head + b"%d" % place))
                place += 1
        return records

    def produce(self, generation: Generation, record: Sent) -> None:
        """Hand one record to the client."""
        stream, key, value, event_id, sequence = record
        headers = [(EVENT_ID, event_id), (SEQUENCE, sequence)]
        began = 0.0
        while True:
            try:
                self._producer.produce(
                    self._topics[stream], value, key, on_delivery=generation.callbacks[stream], headers=headers
                )
                return
            except BufferError:
                began = began or self._monotonic()
                self._poll(_POLL_S)
                self.check()
                self._overdue(began)
            except KafkaException as error:
                self._listen(lambda: self._fault)
                self._failed(error.args[0], value, stream)
                self.check()

    def _overdue(self, since: float) -> None:
        """Give up on a broker that has not answered since then. While a full client makes the flow wait, memory does not
        grow."""
        now = self._monotonic()
        if self._give_up_at and now > self._give_up_at:
            raise self._unacknowledged(limits.DRAIN_S)
        if now - since > self._settings.give_up_s:
            raise self._unacknowledged(self._settings.give_up_s)

    def _generation(self) -> Generation:
        generation = Generation()
        generation.callbacks = [self._acker(generation, stream) for stream in range(len(STREAMS))]
        return generation

    def _acker(self, generation: Generation, stream: int) -> Callable[[Any, Any], None]:
        ends = generation.ends[stream]
        counts = self._settings.mode != TRANSACTIONAL  # there a record counts when its transaction is committed

        def acked(error: Any, message: Any) -> None:
            if error is None:
                if counts:
                    generation.acked += 1
                offset = message.offset()
                # Unknown where the broker had it from a former try; a partition's answers come in order.
                if offset >= 0:
                    ends[message.partition()] = offset
            else:
                self._failed(error, message.value(), stream)

        return acked

    def _failed(self, error: Any, value: bytes | None, stream: int) -> None:
        code = error.code()
        if code in (KafkaError._PURGE_QUEUE, KafkaError._PURGE_INFLIGHT):
            self._purged = self._purged or value
            return
        if self._fault is not None:
            return
        self._fault = refused_record(self._topics[stream], value, error)

    def _met(self, error: Any) -> None:
        """What the client says of itself: fatal errors stop, the rest is waited for."""
        if (error.fatal() or error.code() in FENCED) and self._fault is None:
            self._fault = lost_client(error)
        else:
            self._said = f"{error.name()}: {error.str()}"
            log.warning("Kafka: %s", error.str())

    def _poll(self, timeout_s: float) -> None:
        """Serve callbacks."""
        try:
            self._producer.poll(timeout_s)
        except KafkaException as error:  # what is fatal is raised here, before the callbacks of the records that failed
            self._listen(lambda: self._fault)
            self._met(error.args[0])

    def _listen(self, heard: Callable[[], object]) -> None:
        """Wait a moment for the callbacks of records that failed: they say which and why, the client's own error does not."""
        until = self._monotonic() + _LISTEN_S
        while not heard() and self._monotonic() < until:
            with contextlib.suppress(KafkaException):
                self._producer.poll(_POLL_S)

    def check(self) -> None:
        """Raise what callbacks and threads have met."""
        if self._fault is not None:
            raise self._fault
        if self._writer is not None and self._writer.fault is not None:
            raise self._writer.fault
        if self._watch is not None:
            self._watch.check()

    # --- sealing

    def end_epoch(self) -> None:
        """Serve callbacks; nothing waits for the broker here, so that no epoch shows in the latency."""
        if self._writer is None:
            self._poll(0)
            self.serve()
        self.check()

    def cut(self) -> None:
        """What was delivered up to now is what the next seal speaks of."""
        self._cut = self._current
        self._cut_at = self._monotonic()
        self._current = self._generation()
        # Every shard was opened in this run's first epoch and has sent its outbox again. What none of them had is of another
        # run from an older copy of this state: it will be decided again, under the same ids.
        if self._delivered is not None and not self._delivered.unmatched():
            self._delivered = None

    def sealed(self) -> dict[str, Any] | None:
        """Ends of all partitions behind what was cut; None while some of that is not acknowledged."""
        if self._writer is None:
            self._poll(0)
            self.serve()
        self.check()
        cut = self._cut
        if cut.acked < cut.sent:
            self._overdue(self._cut_at)
            return None
        for name, ends in zip(self._topics, cut.ends, strict=True):
            for number, offset in ends.items():
                self._ends[name, number] = offset + 1
            ends.clear()
        return self._seal()

    def hurry(self) -> None:
        """A stop was asked for."""
        self._give_up_at = self._give_up_at or self._monotonic() + limits.DRAIN_S

    def flush(self) -> None:
        """Wait until everything is acknowledged."""
        if self._writer is not None:
            self._writer.hurry()
        self._give_held()  # whatever the client still waits for
        began = self._monotonic()
        while self._cut.acked < self._cut.sent or self._current.acked < self._current.sent:
            if self._writer is None:
                self._poll(_POLL_S)
            else:
                self._writer.wait(_POLL_S)
            self.check()
            self._overdue(began)

    def waiting(self) -> int:
        """Records handed to the client and not acknowledged."""
        return sum(one.sent - one.acked for one in {self._cut, self._current})

    def _unacknowledged(self, after_s: float) -> errors.Fault:
        count = self.waiting()
        first = "?"
        if self._writer is not None:
            first = self._writer.oldest.decode()
        else:  # the callbacks name a record that waits
            self._producer.purge(in_queue=True, in_flight=True, blocking=True)
            self._listen(lambda: self._purged)
            if self._purged:
                first = event_id_of(self._purged)
        return unacknowledged(count, first, after_s, self._said)

    def close(self) -> None:
        """Leave; what is not acknowledged stays in the outbox. Never raises."""
        if self._writer is not None:
            self._writer.stop()
        if self._watch is not None:
            self._watch.stop()
        producer, self._producer = self._producer, None
        if producer is not None:
            with contextlib.suppress(Exception):
                producer.purge(in_queue=True, in_flight=False, blocking=False)
                producer.poll(0)


def _is_plain(keys: list[str], lines: bytes) -> bool:
    """Whether every line begins with its event id, none deletes a key, and no id can hold an escape: asked of all at once."""
    return lines.startswith(_ID_BEGINS) and lines.count(_NEXT_BEGINS) == len(keys) - 1 and b"\\" not in lines
