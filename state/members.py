"""Members: what an entity has many of, as rows of their own; joining, leaving and the next in order cost O(log n).

A store's queue and an advisor's customers are such groups. A row that held them all would be searched and written whole at
each change: a store with 100 000 leads before an opening would cost 100 000 times what one costs.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from typing import Protocol

from rocksdict import WriteBatch

from state import keys
from state.database import Database


class Group(Protocol):
    """The members of one group of one entity, as rules see them. A member and an order are bytes without a fixed length."""

    def get(self, member: bytes) -> bytes | None:
        """What is kept of a member: its order where the group has one, else its value; None = it is none."""

    def put(self, member: bytes, value: bytes) -> None:
        """Join, or change what is kept, in a group without order."""

    def join(self, member: bytes, order: bytes, value: bytes) -> None:
        """Join at a place in the order; a member that is there already moves to it. No two members share a place."""

    def leave(self, member: bytes) -> bool:
        """Leave; whether it was a member."""

    def take(self, member: bytes, order: bytes) -> None:
        """Leave from this place in the order."""

    def following(self, start: bytes, limit: int) -> list[tuple[bytes, bytes]]:
        """Up to `limit` (order, value) from `start` on, in order."""


class Members:
    """The member rows of one shard as they stand in one batch."""

    def __init__(self, database: Database, shard: int) -> None:
        self._database = database
        self._shard = shard
        self._changed: dict[bytes, bytes | None] = {}
        """Key → value, None = deleted; both member and order rows."""
        self._orders: list[bytes] = []
        """Changed order keys, sorted."""

    def group(self, entity: bytes, name: bytes, *, ordered: bool) -> BatchGroup:
        """A group of an entity. `name` holds no NUL; neither does an entity's."""
        assert 0 not in entity[1:] and 0 not in name, "a NUL would end an entity or a group early"
        return BatchGroup(self, self._shard, entity, name, ordered)

    def get(self, key: bytes) -> bytes | None:
        """The value of a member or order key."""
        if key in self._changed:
            return self._changed[key]
        return self._database.get(key)

    def put(self, key: bytes, value: bytes | None) -> None:
        """Change a member row."""
        self._changed[key] = value

    def put_order(self, key: bytes, value: bytes | None) -> None:
        """Change an order row."""
        if key not in self._changed:
            insort(self._orders, key)
        self._changed[key] = value

    def scan(self, begin: bytes, end: bytes, limit: int) -> list[tuple[bytes, bytes]]:
        """Order rows with begin ≤ key < end as they stand in this batch."""
        changed, orders = self._changed, self._orders
        place = bisect_left(orders, begin)
        found: list[tuple[bytes, bytes]] = []
        for key, value in self._database.scan(begin, end):
            while place < len(orders) and orders[place] < key:
                new = changed[orders[place]]
                if new is not None:
                    found.append((orders[place], new))
                place += 1
            if place < len(orders) and orders[place] == key:
                place += 1
                new = changed[key]
                if new is not None:
                    found.append((key, new))
            else:
                found.append((key, value))
            if len(found) >= limit:
                return found[:limit]
        while place < len(orders) and orders[place] < end and len(found) < limit:
            new = changed[orders[place]]
            if new is not None:
                found.append((orders[place], new))
            place += 1
        return found

    def holding(self, space: bytes, wanted: bytes, behind: bytes, rows: int, most: int) -> tuple[list[bytes], bytes]:
        """(entities of a space whose stored row holds `wanted`, the last one looked at), at most `most` of the next `rows`
        behind an entity, b"" = from the first on; b"" as the last one: there are no more. What this batch changes is not seen."""
        head = bytes((self._shard,))
        begin = head + (behind + b"\0" if behind else space)
        found: list[bytes] = []
        for key, value in self._database.scan(begin, keys.after(head + space)):
            rows -= 1
            if value.find(wanted) >= 0:
                found.append(key[1:])
            if rows == 0 or len(found) >= most:
                return found, key[1:]
        return found, b""

    def write(self, batch: WriteBatch) -> None:
        """All changes into the batch that changes the entity's row."""
        for key, value in self._changed.items():
            if value is None:
                batch.delete(key)
            else:
                batch.put(key, value)

    def is_empty(self) -> bool:
        """Whether nothing changed."""
        return not self._changed


class BatchGroup:
    """One group within a batch; implements `Group`."""

    __slots__ = ("_members", "_order", "_ordered", "_prefix")

    def __init__(self, members: Members, shard: int, entity: bytes, name: bytes, ordered: bool) -> None:
        self._members = members
        self._ordered = ordered
        self._prefix = keys.member_key(shard, entity, name, b"")
        self._order = keys.order_prefix(shard, entity, name)

    def get(self, member: bytes) -> bytes | None:
        """Its order, or its value in a group without one."""
        return self._members.get(self._prefix + member)

    def put(self, member: bytes, value: bytes) -> None:
        """Join or change."""
        assert not self._ordered, "a member of an ordered group joins at a place"
        self._members.put(self._prefix + member, value)

    def join(self, member: bytes, order: bytes, value: bytes) -> None:
        """Join or move."""
        assert self._ordered, "this group has no order"
        held = self._members.get(self._prefix + member)
        if held is not None and held != order:
            self._members.put_order(self._order + held, None)
        if held != order:
            self._members.put(self._prefix + member, order)
        self._members.put_order(self._order + order, value)

    def leave(self, member: bytes) -> bool:
        """Leave."""
        held = self._members.get(self._prefix + member)
        if held is None:
            return False
        self._members.put(self._prefix + member, None)
        if self._ordered:
            self._members.put_order(self._order + held, None)
        return True

    def take(self, member: bytes, order: bytes) -> None:
        """Leave, where the place in the order is known: nothing is read."""
        self._members.put(self._prefix + member, None)
        self._members.put_order(self._order + order, None)

    def following(self, start: bytes, limit: int) -> list[tuple[bytes, bytes]]:
        """The next in order."""
        skip = len(self._order)
        found = self._members.scan(self._order + start, keys.after(self._order), limit)
        return [(key[skip:], value) for key, value in found]
