"""Messages between entities (hops) on their way: delivered once, in each sender's order, under a fence per sender.

A hop is a row under the receiver's shard, written in the batch that changed the sender, deleted in the batch that changes the
receiver; that batch also moves the fence. Between processes the same messages will come through a topic, where nothing is
deleted: the fence alone then says what was applied.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from rocksdict import WriteBatch

from state import keys
from state.database import Database
from state.fence import Fences
from state.rows import messages
from state.rows.messages import Message

_LAST: Final = (1 << 64) - 1


class Hop(NamedTuple):
    """A message that waits for a shard."""

    key: bytes
    sender: int
    sequence: int
    entity: bytes
    message: Message


def under_way(database: Database, shard: int) -> list[int]:
    """The senders of the messages that wait for a shard, one entry a message. Called before anything is applied: what lies
    behind its fence was applied before, and is deleted."""
    fences = Fences(database, shard)
    found: list[int] = []
    taken: list[bytes] = []
    begin = keys.prefix(shard, keys.HOP)
    for key, _ in database.scan(begin, keys.after(begin)):
        sender, sequence = keys.sender_of_hop(key)
        if fences.is_taken(sender, sequence):
            taken.append(key)
        else:
            found.append(sender)
    if taken:
        batch = database.batch()
        for key in taken:
            batch.delete(key)
        database.write(batch)
    return found


def waiting(database: Database, shard: int, shards: int, taken: dict[int, int], limit: int) -> list[Hop]:
    """The next messages for a shard, each sender's in its order, behind the last that was taken of it."""
    found: list[Hop] = []
    # Sender by sender, each from behind its fence: before it lie only the tombstones of what was applied.
    for sender in range(shards):
        begin = keys.hop_key(shard, sender, taken.get(sender, 0) + 1)
        for key, value in database.scan(begin, keys.hop_key(shard, sender, _LAST)):
            if len(found) >= limit:
                return found
            entity, message = messages.decode(value)
            found.append(Hop(key, sender, keys.sender_of_hop(key)[1], entity, message))
    return found


def send(batch: WriteBatch, sender: int, last: int, told: list[tuple[bytes, Message]], shards: int) -> list[int]:
    """Write messages behind sequence `last` of their sender; returns the shard of each receiver."""
    receivers: list[int] = []
    for entity, message in told:
        last += 1
        receiver = keys.shard_of(entity, shards)
        batch.put(keys.hop_key(receiver, sender, last), messages.encode(entity, message))
        receivers.append(receiver)
    return receivers
