"""Messages between entities (hops) on their way: delivered once, in each sender's order, under a fence per sender.

A hop is a row under the receiver's shard, written in the batch that changed the sender, deleted in the batch that changes the
receiver; that batch also moves the fence. Between processes the same messages will come through a topic, where nothing is
deleted: the fence alone then says what was applied.
"""

from __future__ import annotations

from typing import NamedTuple

from rocksdict import WriteBatch

from state import keys
from state.database import Database
from state.fence import Fences
from state.rows import messages
from state.rows.messages import Message


class Hop(NamedTuple):
    """A message that waits for a shard."""

    key: bytes
    sender: int
    sequence: int
    entity: bytes
    message: Message


def waiting(database: Database, shard: int, fences: Fences, limit: int) -> tuple[list[Hop], list[bytes]]:
    """(the next messages for a shard, in each sender's order; keys of those that its fences have passed)."""
    begin = keys.prefix(shard, keys.HOP)
    found: list[Hop] = []
    passed: list[bytes] = []
    for key, value in database.scan(begin, keys.after(begin)):
        if len(found) + len(passed) >= limit:
            break
        sender, sequence = keys.sender_of_hop(key)
        if fences.is_taken(sender, sequence):
            passed.append(key)
            continue
        entity, message = messages.decode(value)
        found.append(Hop(key, sender, sequence, entity, message))
    return found, passed


def send(batch: WriteBatch, sender: int, last: int, told: list[tuple[bytes, Message]], shards: int) -> list[int]:
    """Write messages behind sequence `last` of their sender; returns the shard of each receiver."""
    receivers: list[int] = []
    for entity, message in told:
        last += 1
        receiver = keys.shard_of(entity, shards)
        batch.put(keys.hop_key(receiver, sender, last), messages.encode(entity, message))
        receivers.append(receiver)
    return receivers
