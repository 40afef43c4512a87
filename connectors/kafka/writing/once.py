"""Mode `once`: rows go to the client in their order, by the flow's own thread; nothing here waits for the broker.

    hold ──► queue: row, row, cut, row … ──► client ──► broker

What is given is safe when the client holds nothing any more: it keeps the order, and loses nothing without a word.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

from connectors.kafka.writing.rows import Row
from connectors.kafka.writing.seal_points import Cut, Ends, EndsAsker
from state import limits


class Once:
    """What is on its way, and the cuts in it."""

    def __init__(
        self,
        producer: Any,
        give: Callable[[Row], None],
        poll: Callable[[float], None],
        asker: EndsAsker,
        ends: Ends,
        foreign: Callable[[int], None],
    ) -> None:
        self._producer = producer
        self._give = give
        self._poll = poll
        self._asker = asker
        self._ends = ends
        """Where the partitions ended when last nothing was on its way."""
        self._foreign = foreign
        """Told how many records the topics have more than were given: another one writes there."""
        self._since_ends = 0
        """Records given since."""
        self._queue: deque[Row | Cut] = deque()
        self._count = self._size = self._cuts = 0
        self._given = False
        """Whether the client was given anything since."""
        self._asked = False

    def hold(self, row: Row) -> bool:
        """Take a row; False, after a moment's wait, where too much is held: come again with it."""
        if self._size > limits.HELD_BYTES:
            self.wait(limits.POLL_S)
            self.serve()
            if self._size > limits.HELD_BYTES:
                return False
        self._queue.append(row)
        self._count += row.length
        self._size += row.size
        self.serve()
        return True

    def cut(self) -> Cut:
        """Cut behind what is held."""
        cut = Cut()
        self._queue.append(cut)
        self._cuts += 1
        self.serve()
        return cut

    def serve(self) -> None:
        """Give what may be given.

        One request goes to each partition at a time, and what comes meanwhile would be a request of its own for every shard:
        so a row waits while the client waits for the broker, unless a cut waits for the row.
        """
        queue, client = self._queue, self._producer
        if not queue:
            return
        if self._asked:
            ends = self._asker.answer()
            if ends is None:
                return  # what was given now could lie before these ends
            more = sum(ends.values()) - sum(self._ends.values()) - self._since_ends
            self._ends, self._asked, self._given, self._since_ends = ends, False, False, 0
            if more > 0:
                self._foreign(more)
        self._poll(0)
        while queue:
            first = queue[0]
            if isinstance(first, Cut):
                if self._given:
                    if not len(client):
                        self._asker.ask()
                        self._asked = True
                    return
                first.ends = self._ends
                self._cuts -= 1
                queue.popleft()
            elif self._cuts or len(client) <= limits.HELD_BEHIND or self._size > limits.HELD_BYTES:
                while queue and not isinstance(first := queue[0], Cut):
                    queue.popleft()
                    self._count -= first.length
                    self._size -= first.size
                    self._given = True
                    self._since_ends += first.length
                    self._give(first)
                self._poll(0)
            else:
                return

    def wait(self, timeout_s: float) -> None:
        """Wait for the broker's next answer, or so long."""
        if self._asked:
            self._asker.wait(timeout_s)
        else:
            self._poll(timeout_s)

    def hurry(self) -> None:
        """The run ends: nothing to do, a cut hurries."""

    def waiting(self) -> int:
        """Records held or not acknowledged. From any thread."""
        return self._count + len(self._producer)

    @property
    def asking(self) -> bool:
        """Whether the ends are asked for, and nothing else is waited for."""
        return self._asked

    @property
    def oldest(self) -> bytes:
        """Event id of the first record that is held."""
        return next((row.first for row in self._queue if isinstance(row, Row)), b"?")

    def stop(self) -> None:
        """Nothing goes on behind the flow's back."""
