"""Older states: brought to today's format when they are opened, once, before anything is read from them.

From 1 to 2: a store's queue leaves its row for member rows, a store's timer stands among all others, messages are tagged. What
is large, customers' rows and their timers, is the same in both. A crash in between does no harm: what is done is not done
again, and the format is written last.
"""

from __future__ import annotations

import logging
from typing import Final

import msgspec
from msgspec import Struct
from rocksdict import WriteBatch

from state import keys, seal
from state.database import Database
from state.members import Members
from state.rows import messages, store_row
from state.rows.messages import JoinQueue, LeaveQueue, Slot
from state.rows.store_row import StoreRow

log = logging.getLogger("leadstream")

_RELEASE: Final = b"r"
"""Format 1: timers of stores."""
_QUEUE: Final = b"queue"
_BIAS: Final = 1 << 62


class _Waiting1(Struct, array_like=True):
    one_id: str
    n: int
    opening: int
    score: int
    opened: int
    unique_id: str
    line: str
    carried: bool = False


class _Store1(Struct, array_like=True):
    code: str
    queue: list[_Waiting1] = []
    armed: int = 0
    sequence: int = 0


_store1: Final = msgspec.msgpack.Decoder(_Store1).decode
_hop1: Final = msgspec.msgpack.Decoder(tuple[str, bytes, bytes]).decode
_told1: Final = msgspec.json.Decoder(list[str | int]).decode
_slot1: Final = msgspec.msgpack.Decoder(tuple[int, int, int, bool]).decode


def to_newest(database: Database, identity: seal.Identity) -> None:
    """Bring a state of an older format to today's."""
    assert identity.format == 1, "no other older format exists"
    stores = hops = 0
    for shard in range(identity.shards):
        batch = database.batch()
        stores += _stores(database, shard, batch)
        hops += _hops(database, shard, batch)
        database.write(batch)
    database.sync()
    identity.format = seal.STATE_FORMAT
    seal.write_identity(database, identity)
    database.sync()
    log.info("The state was brought from format 1 to 2: %d stores, %d messages under way.", stores, hops)


def _stores(database: Database, shard: int, batch: WriteBatch) -> int:
    members = Members(database, shard)
    done = 0
    begin = keys.prefix(shard, keys.STORE)
    for key, value in list(database.scan(begin, keys.after(begin))):
        if value[0] != 1:
            continue  # done before a crash
        old = _store1(memoryview(value)[1:])
        entity = key[1:]
        group = members.group(entity, _QUEUE, ordered=True)
        row = StoreRow(old.code)
        queue = {(waiting.one_id, waiting.n): waiting for waiting in old.queue}.values()  # a lead is a member once
        for waiting in queue:
            digest = bytes.fromhex(waiting.one_id)
            order = (
                (waiting.opening + _BIAS).to_bytes(8, "big")
                + (b"\x00" if waiting.carried else b"\x01")
                + (0xFFFF - max(0, min(waiting.score, 0xFFFF))).to_bytes(2, "big")
                + (waiting.opened + _BIAS).to_bytes(8, "big")
                + waiting.unique_id.encode()
            )
            value = msgspec.msgpack.encode((digest, waiting.n, waiting.line))
            group.join(f"{waiting.one_id}{waiting.n:x}".encode(), order, value)
        row.queued = len(queue)
        row.due = row.armed = min((waiting.opening for waiting in queue), default=0)
        if row.queued:
            batch.put(keys.timer_key(shard, row.armed, entity), b"")
            batch.put(key, store_row.encode(row))
        else:
            batch.delete(key)
        done += 1
    members.write(batch)
    begin = keys.prefix(shard, _RELEASE)
    for key, _ in list(database.scan(begin, keys.after(begin))):  # also those that no row knows
        batch.delete(key)
    return done


def _hops(database: Database, shard: int, batch: WriteBatch) -> int:
    done = 0
    begin = keys.prefix(shard, keys.HOP)
    for key, value in list(database.scan(begin, keys.after(begin))):
        if value[0] == 0x92:
            continue  # done before a crash
        kind, name, told = _hop1(value)
        if kind == "store":
            fields = _told1(told)
            digest, n = bytes.fromhex(str(fields[1])), int(fields[2])
            entity = keys.STORE + name
            if fields[0] == "leave":
                batch.put(key, messages.encode(entity, LeaveQueue(digest, n)))
            else:
                opening, score, opened, unique_id, line = fields[3:8]
                joins = JoinQueue(digest, n, int(opening), int(score), int(opened), str(unique_id), str(line))
                batch.put(key, messages.encode(entity, joins))
        else:
            n, opening, until, waits = _slot1(told)
            batch.put(key, messages.encode(keys.customer_entity(name, False), Slot(n, opening, until, waits)))
        done += 1
    return done
