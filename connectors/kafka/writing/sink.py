"""Kafka out: every outbox row to its topics, in order, once; a seal speaks of it when the broker has acknowledged it.

    deliver ──► held ──► client ──► broker   `once` (`once.py`): as the broker answers what went before, idempotent
    deliver ──► held ──► transaction         `transactional` (`transactions.py`): some milliseconds' rows, by a thread

A start reads back what lies behind the last seal (`readback.py`) and sends the rest of the outbox: nothing is lost, and
nothing is sent twice but what the network delivers after the process that sent it is dead (mode `once`).
"""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Callable
from typing import Any, Final

from confluent_kafka import KafkaError, KafkaException

from connectors.kafka.away import complain
from connectors.kafka.broker import Place, Topics, Watch, recreated
from connectors.kafka.faults import (
    FENCED,
    lost_client,
    lost_records,
    name_of,
    refused_record,
    second_writer,
    unacknowledged,
    untold_ends,
)
from connectors.kafka.settings import TRANSACTIONAL, KafkaSettings
from connectors.kafka.writing.once import Once
from connectors.kafka.writing.producer import connect, take_over
from connectors.kafka.writing.readback import Delivered, read_back, sealed_ends
from connectors.kafka.writing.rows import Headers, Row, Sent, is_plain, plain_records_of, records_of, rest_of, row_of
from connectors.kafka.writing.seal_points import Cut, Ends, EndsAsker
from connectors.kafka.writing.transactions import Transactions
from connectors.protocols import Group
from operators.wire.streams import STREAMS
from state import errors, limits

log = logging.getLogger("leadstream")

_LISTEN_S: Final = 1.0


class KafkaSink:
    """The output topics of one engine; implements `connectors.protocols.Sink`."""

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
        self._opened_at = 0.0
        self._asker: EndsAsker | None = None
        self._ids: dict[str, str] = {}
        self._delivered: Delivered | None = None
        self.read_back = 0
        """Records that this start read back."""
        self._ends: Ends = {}
        """Where each partition ended at the last cut that is safe."""
        self._cut = Cut()
        self._cut_at = 0.0
        self._purged = ""
        """Event id of the first record that was given up."""
        self._said = "_TIMED_OUT: no answer"
        """The client's last complaint."""
        self._fault: errors.LeadstreamError | None = None
        self._way: Once | Transactions | None = None

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
            writer = connect(settings, self._met, self._undelivered, state_id)
            take_over(writer, settings, self._monotonic)
            ends = broker.ends(places)
            if transactional:
                self._producer = writer
        if self._producer is None:
            self._producer = connect(settings, self._met, self._undelivered)
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
        self._ends, self._cut = ends, Cut(ends)
        self._asker = asker = EndsAsker(settings, {name: topic.partitions for name, topic in found.items()})
        self._watch = Watch(settings, found, asker.grown)
        if transactional:
            self._way = Transactions(self._producer, self._give, self.check, self._met, asker, ends, settings)
        else:
            self._way = Once(self._producer, self._give, self._poll, asker, ends, self._written_by_others)
        self._opened_at = self._monotonic()

    def begin(self) -> dict[str, Any]:
        """Where the topics ended before the first record of a new state."""
        return self._seal()

    def claims(self) -> dict[str, Any]:
        """What was delivered behind the last seal is read back."""
        return {}

    def waits_for_seal(self) -> bool:
        """Nothing does."""
        return False

    def was_sealed(self) -> None:
        """Nothing waits for it."""

    def _seal(self) -> dict[str, Any]:
        ends: dict[str, dict[str, int]] = {}
        for (name, number), end in self._ends.items():
            ends.setdefault(name, {})[str(number)] = end
        topics = {name: {"id": self._ids[name], "ends": ends.get(name, {})} for name in self._topics}
        return {"kind": self.kind, "mode": self._settings.mode, "topics": topics}

    @property
    def _open(self) -> Once | Transactions:
        assert self._way is not None, "the sink is open"
        return self._way

    # --- delivering

    def deliver(self, group: Group) -> None:
        """Send an outbox row's records, but those that were delivered before; waits while as much is held as may be."""
        way, found = self._open, self._delivered
        if found is None:
            row = row_of(group)
        else:
            row = rest_of([one for one in records_of(group) if not self._holds(one)])
            for one in records_of(group):
                found.matched(one.event_id)
        began = self._monotonic()
        while not way.hold(row):
            self.check()
            self._overdue(began)
        self.check()

    def _holds(self, record: Sent) -> bool:
        found = self._delivered
        return found is not None and found.holds(self._topics[record.stream], record.key.encode(), record.event_id)

    def found(self, group: Group) -> bool:
        """Whether some of these records were read back."""
        return self._delivered is not None and any(self._holds(record) for record in records_of(group))

    def serve(self) -> None:
        """Go on with what is held."""
        self._open.serve()

    def _give(self, row: Row) -> None:
        """Hand records to the client, in their order. In mode `transactional` from its thread."""
        produce, topics, records = self._producer.produce, self._topics, row.records
        if isinstance(records, list) or not is_plain(records):
            for record in records if isinstance(records, list) else records_of(records):
                self._wait_for_room(record.stream, record.key, record.value, record.headers)
            return
        for stream, key, value, headers in plain_records_of(records):
            try:
                produce(topics[stream], value, key, headers=headers)
            except (BufferError, KafkaException):
                # Which waits for room, or says what is wrong.
                self._wait_for_room(stream, key, value, headers)

    def _wait_for_room(self, stream: int, key: str, value: bytes | None, headers: Headers) -> None:
        began = 0.0
        while True:
            try:
                self._producer.produce(self._topics[stream], value, key, headers=headers)
                return
            except BufferError:
                began = began or self._monotonic()
                self._poll(limits.POLL_S)
                self.check()
                self._overdue(began)
            except KafkaException as error:
                self._listen(lambda: self._fault)
                self._failed(error.args[0], self._topics[stream], name_of(key, value))
                self.check()

    def _overdue(self, since: float) -> None:
        """Give up on a broker that has not answered since then. While a full client makes the flow wait, memory does not
        grow."""
        now = self._monotonic()
        if self._give_up_at and now > self._give_up_at:
            raise self._unacknowledged(limits.DRAIN_S)
        if now - since > self._settings.give_up_s:
            raise self._unacknowledged(self._settings.give_up_s)

    def _undelivered(self, error: Any, message: Any) -> None:
        """What the client calls for a record that it does not deliver."""
        self._failed(error, message.topic(), name_of(message.key(), message.value()))

    def _failed(self, error: Any, topic: str, name: str) -> None:
        if error.code() in (KafkaError._PURGE_QUEUE, KafkaError._PURGE_INFLIGHT):
            self._purged = self._purged or name
        elif self._fault is None:
            self._fault = refused_record(name, topic, error)

    def _met(self, error: Any) -> None:
        """What the client says of itself: fatal errors stop, the rest is waited for."""
        if (error.fatal() or error.code() in FENCED) and self._fault is None:
            self._fault = lost_client(error)
        else:
            self._said = f"{error.name()}: {error.str()}"
            complain(error)

    def _written_by_others(self, count: int) -> None:
        """An output has one writer. What the network still delivers of this state's former process comes soon, or never."""
        if self._monotonic() - self._opened_at < limits.STRAGGLERS_S:
            log.warning("%d records came to the output topics that this run has not sent.", count)
        elif self._fault is None:
            self._fault = second_writer(count)

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
                self._producer.poll(limits.POLL_S)

    def check(self) -> None:
        """Raise what callbacks and threads have met."""
        if self._fault is not None:
            raise self._fault
        if isinstance(self._way, Transactions) and self._way.fault is not None:
            raise self._way.fault
        if self._watch is not None:
            self._watch.check()

    # --- sealing

    def end_epoch(self) -> None:
        """Serve callbacks; nothing waits for the broker here, so that no epoch shows in the latency."""
        if isinstance(self._way, Once):
            self._poll(0)
            self._way.serve()
        self.check()

    def cut(self) -> None:
        """What was delivered up to now is what the next seal speaks of."""
        assert self._cut.ends is not None, "one cut after the other"
        self._cut = self._open.cut()
        self._cut_at = self._monotonic()
        # Every shard was opened in this run's first epoch and has sent its outbox again. What none of them had is of another
        # run from an older copy of this state: it will be decided again, under the same ids.
        if self._delivered is not None and not self._delivered.unmatched():
            self._delivered = None

    def sealed(self) -> dict[str, Any] | None:
        """Ends of all partitions at the cut; None while something before it is not acknowledged."""
        self._open.serve()
        self.check()
        ends = self._cut.ends
        if ends is None:
            self._overdue(self._cut_at)
            return None
        for place, known in self._ends.items():
            if ends[place] < known:
                raise self._shorter(place, ends[place], known)
        self._ends = ends
        return self._seal()

    def _shorter(self, place: Place, end: int, known: int) -> errors.LeadstreamError:
        name, number = place
        now = Topics(self._settings).describe([name]).get(name)
        if now is None or now.id != self._ids[name]:
            return recreated(name, gone=now is None)
        return lost_records(name, number, end, known)

    def hurry(self) -> None:
        """A stop was asked for."""
        self._give_up_at = self._give_up_at or self._monotonic() + limits.DRAIN_S

    def flush(self) -> None:
        """Wait until everything is acknowledged."""
        way = self._open
        way.hurry()
        began, end = self._monotonic(), way.cut()
        while end.ends is None:
            way.wait(limits.POLL_S)
            way.serve()
            self.check()
            self._overdue(began)

    def waiting(self) -> int:
        """Records delivered and not acknowledged."""
        way = self._way
        return way.waiting() if way is not None else 0

    def silent_s(self) -> float:
        """Seconds since the broker's last answer."""
        watch = self._watch
        return watch.silent_s() if watch is not None else 0.0

    def _unacknowledged(self, after_s: float) -> errors.Fault:
        way, count = self._open, self.waiting()
        first = way.oldest.decode()
        if way.asking and self._asker is not None:
            return untold_ends(count, first, after_s, self._asker.said)
        if isinstance(way, Once) and len(self._producer):  # the callbacks name a record that waits
            self._producer.purge(in_queue=True, in_flight=True, blocking=True)
            self._listen(lambda: self._purged)
            first = self._purged or first
        return unacknowledged(count, first, after_s, self._said)

    def close(self) -> None:
        """Leave; what is not acknowledged stays in the outbox. Never raises."""
        way, self._way = self._way, None
        if way is not None:
            way.stop()
        del way  # the last one to hold the client: one that lives on sends what was in flight, whoever reads back then
        if self._watch is not None:
            self._watch.stop()
        if self._asker is not None:
            with contextlib.suppress(Exception):
                self._asker.stop()
        producer, self._producer = self._producer, None
        if producer is not None:
            with contextlib.suppress(Exception):
                producer.purge(in_queue=True, in_flight=False, blocking=False)
                producer.poll(0)
