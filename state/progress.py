"""How far the shards of this process are: what the source looks at to know that all is quiet, and whom to tick.

Shared by the threads of one process; each number is written by one thread only.
"""

from __future__ import annotations

from typing import Final

NEVER: Final = 1 << 62


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
        self.taken_hops = [0] * shards
        """Hops it has taken, by the receiver's step."""
        self.next_timer = [NEVER] * shards
        self.next_release = [NEVER] * shards
        self.waiting_batch = [0] * shards
        """Batch whose sync its oldest unsent output waits for; 0 = none."""
        self.handed = [0] * shards
        """Highest outbox sequence handed on to the sink."""
        self.covered = [0] * shards
        """Highest outbox sequence that a written seal covers, by the source."""
        self.open = [False] * shards

    def hops_for(self, shard: int) -> int:
        """Hops that wait for this shard."""
        return sum(row[shard] for row in self.sent_hops) - self.taken_hops[shard]

    def is_idle(self) -> bool:
        """Whether every item handed on has been applied."""
        return self.given == self.applied

    def is_quiet(self, before: int, release: int) -> bool:
        """Idle, no hop outstanding, no timer due before `before` and no release due before `release`."""
        return (
            self.given == self.applied
            and all(due >= before for due in self.next_timer)
            and all(due >= release for due in self.next_release)
            and not any(self.hops_for(shard) for shard in range(self.shards))
        )

    def nothing_waits(self, before: int) -> bool:
        """Whether nothing can happen before that time without a further record: no lead can come to wait for a store."""
        return (
            self.given == self.applied
            and all(due >= before for due in self.next_timer)
            and all(due == NEVER for due in self.next_release)
            and not sum(self.hops_for(shard) for shard in range(self.shards))
        )

    def all_handed(self) -> bool:
        """Whether no output waits for its sync."""
        return not any(self.waiting_batch)
