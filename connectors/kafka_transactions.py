"""Mode `transactional`: outbox rows become visible together, some milliseconds' worth at a time.

The sink's own path with begin and commit around it. A commit takes some milliseconds: a thread waits for it, not the flow.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Any, Final, NamedTuple

from confluent_kafka import KafkaException

from connectors.kafka_faults import FENCED, uncommitted
from connectors.kafka_settings import KafkaSettings, unreachable
from operators.streams import STREAMS
from state import errors, limits

log = logging.getLogger("leadstream")

_POLL_S: Final = 0.05
_SLICE_S: Final = 0.5


class Sent(NamedTuple):
    """One record on its way."""

    stream: int
    key: str
    value: bytes | None
    event_id: bytes
    sequence: bytes


class Generation:
    """What was delivered between two cuts: how much of it is acknowledged, and where it came to lie."""

    __slots__ = ("acked", "callbacks", "ends", "sent")

    def __init__(self) -> None:
        self.sent = 0
        self.acked = 0
        self.ends: list[dict[int, int]] = [{} for _ in STREAMS]
        """Per stream: partition → offset of the last record acknowledged."""
        self.callbacks: list[Callable[[Any, Any], None]] = []
        """Per stream: what the client calls for each record."""


class Transactions:
    """The thread of mode `transactional`: begins, sends what is held, commits, at most every `transaction_ms`."""

    def __init__(
        self,
        producer: Any,
        produce: Callable[[Generation, Sent], None],
        check: Callable[[], None],
        met: Callable[[Any], None],
        settings: KafkaSettings,
    ) -> None:
        self._producer = producer
        self._produce = produce
        self._check = check
        self._met = met
        self._settings = settings
        self._interval_s = settings.transaction_ms / 1000
        self._changed = threading.Condition()
        self._held: list[tuple[Generation, list[Sent]]] = []
        self._bytes = 0
        self._hurry = self._stopping = False
        self.fault: errors.LeadstreamError | None = None
        self.oldest = b"?"
        """Event id of the first record of the transaction that is under way."""
        self._thread = threading.Thread(target=self._run, name="kafka-transactions", daemon=True)
        self._thread.start()

    def hold(self, generation: Generation, records: list[Sent]) -> bool:
        """Take records for the next transaction; False, after a moment's wait, where too much is held."""
        if not records:
            return True
        with self._changed:
            if self._bytes > limits.UNSENT_BYTES:
                self._changed.wait(_POLL_S)
            if self._bytes > limits.UNSENT_BYTES:
                return False
            self._held.append((generation, records))
            self._bytes += sum(len(record.value or b"") for record in records)
            self._changed.notify_all()
        return True

    def hurry(self) -> None:
        """Commit at once from now on: the run ends."""
        with self._changed:
            self._hurry = True
            self._changed.notify_all()

    def wait(self, timeout_s: float) -> None:
        """Wait for the next commit, or so long."""
        with self._changed:
            self._changed.wait(timeout_s)

    def _run(self) -> None:
        try:
            while self._next():
                pass
        except errors.LeadstreamError as error:
            self._end(error)
        except BaseException as error:
            log.debug("What ends the transactions:", exc_info=error)
            self._end(unreachable(self._settings, "a transaction", repr(error)))

    def _end(self, error: errors.LeadstreamError) -> None:
        with self._changed:
            self.fault = error
            self._changed.notify_all()

    def _next(self) -> bool:
        began = time.monotonic()
        with self._changed:
            self._changed.wait_for(lambda: self._held or self._stopping)
            if self._stopping:
                return False  # what is held stays in the outbox
            held, self._held, self._bytes = self._held, [], 0
        self.oldest = held[0][1][0].event_id
        self._transaction(held)
        with self._changed:
            for generation, records in held:
                generation.acked += len(records)
            self._changed.notify_all()
            rest = self._interval_s - (time.monotonic() - began)
            if rest > 0:
                self._changed.wait_for(lambda: self._hurry or self._stopping, rest)
        return True

    def _transaction(self, held: list[tuple[Generation, list[Sent]]]) -> None:
        # Behind the transaction's own time-out the broker has ended it: whatever is asked then, it is not committed.
        patience_s = min(self._settings.give_up_s, limits.TRANSACTION_MS / 1000)
        deadline = time.monotonic() + patience_s
        while True:
            try:
                self._producer.begin_transaction()
                for generation, records in held:
                    for record in records:
                        self._produce(generation, record)
                self._patiently(self._producer.commit_transaction, deadline)
                return
            except KafkaException as error:
                known = error.args[0]
                self._end_if_lost(known)
                if time.monotonic() > deadline:
                    raise uncommitted(self.oldest.decode(), patience_s, known) from error
                if known.fatal() or not known.txn_requires_abort() or self._stopping:
                    raise unreachable(
                        self._settings, "committing a transaction", f"{known.name()}: {known.str()}"
                    ) from error
                log.warning("A transaction was aborted and is sent again: %s", known.str())
                self._abort(deadline)

    def _abort(self, deadline: float) -> None:
        try:
            self._patiently(self._producer.abort_transaction, deadline)
        except KafkaException as error:
            self._end_if_lost(error.args[0])
            raise unreachable(self._settings, "aborting a transaction", repr(error)) from error

    def _end_if_lost(self, error: Any) -> None:
        """Raise where the client can do nothing any more: which call is told so first is a matter of time."""
        if error.fatal() or error.code() in FENCED:  # of the ways to say so, some are not marked
            self._met(error)
        try:
            self._producer.poll(0)  # its own last word may wait there, where this error is about something else
        except KafkaException as last:
            self._met(last.args[0])
        self._check()

    def _patiently(self, call: Callable[[float], object], deadline: float) -> None:
        """Call until it is done or the deadline has passed, in slices: a stop is not to wait for the broker."""
        while True:
            try:
                call(_SLICE_S)
                return
            except KafkaException as error:
                if not error.args[0].retriable() or time.monotonic() > deadline or self._stopping:
                    raise

    def stop(self) -> None:
        """End the thread. A transaction that is under way stays open: the next start, or its time-out, ends it."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        self._thread.join(limits.DRAIN_S)
