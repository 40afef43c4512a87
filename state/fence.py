"""Fences: up to where a shard has applied what comes to it. A record or message at or below its fence was decided before a
crash and is skipped; a fence moves in the batch of the decision.

Two kinds: per input partition the last offset, and per sender's shard the last message.
"""

from __future__ import annotations

from typing import Final

import msgspec
from rocksdict import WriteBatch

from state import keys
from state.database import Database

_encode: Final = msgspec.msgpack.Encoder().encode
_fence: Final = msgspec.msgpack.Decoder(tuple[int, int]).decode


class Fences:
    """The fences of one shard."""

    def __init__(self, database: Database, number: int) -> None:
        self.number = number
        self.inputs: dict[int, tuple[int, int]] = {}
        """Number of an input partition → (offset, size of the file when its last line was refused, else 0)."""
        self.hops: dict[int, int] = {}
        """Sender's shard → sequence of its last message applied."""
        begin = keys.prefix(number, keys.FENCE)
        for key, value in database.scan(begin, keys.after(begin)):
            self.inputs[int.from_bytes(key[2:6], "big")] = _fence(value)
        begin = keys.prefix(number, keys.HOP_FENCE)
        for key, value in database.scan(begin, keys.after(begin)):
            self.hops[key[2]] = int.from_bytes(value, "big")

    def is_applied(self, source: int, offset: int, tail: int) -> bool:
        """Whether this record was decided before. `tail` > 0: a last line that may still grow, judged at this size."""
        fence = self.inputs.get(source)
        if fence is None:
            return False
        return offset <= fence[0] or (tail > 0 and fence[1] == tail)

    def is_taken(self, sender: int, sequence: int) -> bool:
        """Whether this message was applied before."""
        return sequence <= self.hops.get(sender, 0)

    def write(self, batch: WriteBatch, inputs: dict[int, tuple[int, int]], hops: dict[int, int]) -> None:
        """Move fences, in the batch of what was decided."""
        for source, fence in inputs.items():
            batch.put(keys.fence_key(self.number, source), _encode(fence))
        for sender, sequence in hops.items():
            batch.put(keys.hop_fence_key(self.number, sender), sequence.to_bytes(8, "big"))

    def written(self, inputs: dict[int, tuple[int, int]], hops: dict[int, int]) -> None:
        """The batch was written."""
        self.inputs.update(inputs)
        self.hops.update(hops)
