"""How far the shards of this process are: what the source looks at to know that all is quiet, and whom to tick.

Shared by the threads of one process; each number is written by one thread only.
"""

from __future__ import annotations

from typing import Final

from state import limits
from state.keys import NEVER

FORMER: Final = -1


class Progress:
    """Per shard: items handed on and applied, hops outstanding, the next timer, output waiting for its sync."""

    def __init__(self, shards: int) -> None:
        self.shards = shards
        self.given = [0] * shards
        """Items handed to the shard, by the source."""
        self.applied = [0] * shards
        """Items it has applied, by its step."""
        self.sent_hops = [[0] * shards for _ in range(shards)]
        """[sender][receiver]: hops written, by the sender's step."""
        self.hops_sent = [0] * shards
        """Hops written by this sender, to whomever."""
        self.taken_hops = [0] * shards
        """Hops it has taken, by the receiver's step."""
        self.next_due = [NEVER] * shards
        """Moment of the shard's earliest timer."""
        self.wants_rest = [False] * shards
        """Whether a timer of it is due that waits until everything is at rest, by its step."""
        self.waiting_batch = [0] * shards
        """Batch whose sync its oldest unsent output waits for; 0 = none waits, FORMER = a former run's, long synced."""
        self.handed = [0] * shards
        """Highest outbox sequence handed on to the sink."""
        self.covered = [0] * shards
        """Highest outbox sequence that a written seal covers, by the source."""
        self.open = [False] * shards
        self.decided = [0] * shards
        """Output records in its outbox rows of this run, and those that it found there."""
        self.left = [0] * shards
        """Of these, handed on to the sink."""
        self.held_back = False
        """Whether a row waits for the next cut: behind the last one the output has as much as a start may read back."""
        self._at_cut = self._at_seal = 0

    def cut(self) -> None:
        """What was handed on so far belongs to the seal that is being made."""
        self._at_cut = sum(self.left)
        self.held_back = False

    def sealed(self) -> None:
        """The seal is made: what was handed on before its cut is not read back any more."""
        self._at_seal = self._at_cut

    def may_leave(self, records: int) -> bool:
        """Whether an outbox row of so many records may be handed on: what a start would read back stays below two spans of
        `limits.UNSEALED_RECORDS`. A larger row goes alone: it would wait for ever."""
        left = sum(self.left)
        span = limits.UNSEALED_RECORDS
        since_cut, since_seal = left - self._at_cut, left - self._at_seal
        if since_cut and since_cut + records > span:
            return False
        return not since_seal or since_seal + records <= 2 * span

    def since_cut(self) -> int:
        """Records handed on since the last cut."""
        return sum(self.left) - self._at_cut

    def not_handed(self) -> int:
        """Records decided and not handed on yet."""
        return sum(self.decided) - sum(self.left)

    def hop_sent(self, sender: int, receiver: int) -> None:
        """A hop was written."""
        self.sent_hops[sender][receiver] += 1
        self.hops_sent[sender] += 1

    def hops_wait(self) -> bool:
        """Whether any shard has a hop to take: asked at each poll, without looking at every pair."""
        return sum(self.hops_sent) != sum(self.taken_hops)

    def hops_for(self, shard: int) -> int:
        """Hops that wait for this shard."""
        return sum(row[shard] for row in self.sent_hops) - self.taken_hops[shard]

    def is_idle(self) -> bool:
        """Whether every item handed on has been applied."""
        return self.given == self.applied

    def is_quiet(self, before: int) -> bool:
        """Idle, no message outstanding, no timer before the moment `before`: nothing happens by then without a further
        record."""
        return self.given == self.applied and all(due >= before for due in self.next_due) and not self.hops_wait()

    def all_handed(self) -> bool:
        """Whether no output waits for its sync."""
        return not any(self.waiting_batch)
