"""Mode `transactional`: outbox rows become visible together, some milliseconds' worth at a time.

The sink's own path with begin and commit around it. A commit takes some milliseconds: a thread waits for it, not the flow.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any, Final

from confluent_kafka import KafkaError, KafkaException

from connectors.kafka.faults import FENCED, uncommitted, untold_ends
from connectors.kafka.settings import KafkaSettings, unreachable
from connectors.kafka.writing.rows import Row
from connectors.kafka.writing.seal_points import Cut, Ends, EndsAsker
from state import limits

log = logging.getLogger("leadstream")

_SLICE_S: Final = 0.5


class Transactions:
    """The thread of mode `transactional`: begins, gives what is held, commits, at most every `transaction_ms`."""

    def __init__(
        self,
        producer: Any,
        give: Callable[[Row], None],
        check: Callable[[], None],
        met: Callable[[Any], None],
        asker: EndsAsker,
        ends: Ends,
        settings: KafkaSettings,
    ) -> None:
        self._producer = producer
        self._give = give
        self._check = check
        self._met = met
        self._asker = asker
        self._ends = ends
        """Where the partitions ended when last nothing was on its way."""
        self._settings = settings
        self._interval_s = settings.transaction_ms / 1000
        self._changed = threading.Condition()
        self._queue: deque[Row | Cut] = deque()
        self._size = self._count = 0
        self._given = self._hurry = self._stopping = False
        self.fault: BaseException | None = None
        """What has ended the thread: the flow raises it."""
        self.asking = False
        """Whether the ends are asked for, and nothing else is waited for."""
        self._under_way: Row | None = None
        """The first row of the transaction that is under way."""
        self._thread = threading.Thread(target=self._run, name="kafka-transactions", daemon=True)
        self._thread.start()

    def hold(self, row: Row) -> bool:
        """Take a row for the next transaction; False, after a moment's wait, where too much is held: come again with it."""
        if not row.length:
            return True
        with self._changed:
            if self._size > limits.UNSENT_BYTES:
                self._changed.wait(limits.POLL_S)
            if self._size > limits.UNSENT_BYTES:
                return False
            self._queue.append(row)
            self._count += row.length
            self._size += row.size
            self._changed.notify_all()
        return True

    def cut(self) -> Cut:
        """Cut behind what is held: a transaction holds rows of one side only."""
        cut = Cut()
        with self._changed:
            if self._queue or self._count or self._given:
                self._queue.append(cut)
                self._changed.notify_all()
            else:
                cut.ends = self._ends
        return cut

    def serve(self) -> None:
        """The thread goes on by itself."""

    def waiting(self) -> int:
        """Records that are not committed. From any thread."""
        return self._count

    def hurry(self) -> None:
        """Commit at once from now on: the run ends."""
        with self._changed:
            self._hurry = True
            self._changed.notify_all()

    def wait(self, timeout_s: float) -> None:
        """Wait for the next commit, or so long."""
        with self._changed:
            self._changed.wait(timeout_s)

    @property
    def oldest(self) -> bytes:
        """Event id of the first record that is not committed."""
        with self._changed:
            held = (item for item in self._queue if isinstance(item, Row))
            row = self._under_way or next(held, None)
        return row.first if row is not None else b"?"

    def _run(self) -> None:
        try:
            while self._next():
                pass
        except BaseException as error:
            with self._changed:
                self.fault = error
                self._changed.notify_all()

    def _next(self) -> bool:
        began, queue = time.monotonic(), self._queue
        rows: list[Row] = []
        cut: Cut | None = None
        with self._changed:
            self._changed.wait_for(lambda: queue or self._stopping)
            if self._stopping:
                return False  # what is held stays in the outbox
            while queue and cut is None:
                item = queue.popleft()
                if isinstance(item, Cut):
                    cut = item
                else:
                    rows.append(item)
                    self._size -= item.size
            self._under_way = rows[0] if rows else None
        if rows:
            self._transaction(rows)
        with self._changed:
            self._under_way = None
            self._given = self._given or bool(rows)
            self._count -= sum(row.length for row in rows)
            self._changed.notify_all()
        if cut is not None:
            if self._given:
                self.asking = True
                self._ends, self._given = self._ask(), False
                self.asking = False
            cut.ends = self._ends
        with self._changed:
            self._changed.notify_all()
            rest = self._interval_s - (time.monotonic() - began)
            if rows and rest > 0:
                self._changed.wait_for(lambda: self._hurry or self._stopping, rest)
        return True

    def _ask(self) -> Ends:
        deadline = time.monotonic() + self._settings.give_up_s
        while True:
            try:
                return self._asker.now()
            except KafkaException as error:
                if self._stopping or time.monotonic() > deadline:
                    patience_s, first = self._settings.give_up_s, self.oldest.decode()
                    raise untold_ends(self._count, first, patience_s, self._asker.said) from error
                with self._changed:
                    self._changed.wait_for(lambda: self._stopping, limits.POLL_S)

    def _transaction(self, rows: list[Row]) -> None:
        # Behind the transaction's own time-out the broker has ended it: whatever is asked then, it is not committed.
        patience_s = min(self._settings.give_up_s, limits.TRANSACTION_MS / 1000)
        deadline = time.monotonic() + patience_s
        while True:
            try:
                self._producer.begin_transaction()
                for row in rows:
                    self._give(row)
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
        try:  # its own last word may come, where this error is about something else
            self._producer.poll(limits.POLL_S)
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
                known = error.args[0]
                # A call that goes on where a slice ended may take that slice's result for its own, and so meet a commit that
                # is still under way: _STATE.
                under_way = known.code() == KafkaError._STATE and not known.fatal()
                if not (known.retriable() or under_way) or time.monotonic() > deadline or self._stopping:
                    raise
                if under_way:
                    with self._changed:
                        self._changed.wait_for(lambda: self._stopping, limits.POLL_S)

    def stop(self) -> None:
        """End the thread. A transaction that is under way stays open: the next start, or its time-out, ends it."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        self._thread.join(limits.DRAIN_S)
