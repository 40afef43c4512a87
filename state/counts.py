"""Counts: each shard keeps its own part of every count, in the batch of the decisions, so that conservation is exact inside
each shard; readers add over shards. What is counted by channel and what is counted by campaign are spaces of their own."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from typing import Final

import msgspec
from rocksdict import WriteBatch

from state import keys
from state.database import Database

_encode: Final = msgspec.msgpack.Encoder(order="deterministic").encode
"""Channels in one order, whichever came first: the same counts are the same bytes."""
_counts: Final = msgspec.msgpack.Decoder(dict[str, list[int]]).decode
_DAYS_CACHED: Final = 64


class Counts:
    """The counts of one shard in one space, by local day and name: a channel, or a channel and a campaign."""

    def __init__(self, database: Database, number: int, space: bytes = keys.COUNTS, most: int | None = None) -> None:
        """`most`: names of a day; what belongs to further ones is not counted here."""
        self._database = database
        self._number = number
        self._space = space
        self._most = most
        self._days: OrderedDict[int, dict[str, list[int]]] = OrderedDict()

    def add(self, batch: WriteBatch, added: dict[tuple[int, bool, str], list[int]]) -> None:
        """Add to the counts: (local day, shadow, name) → how many of each kind."""
        changed: dict[int, dict[str, list[int]]] = {}
        for (day, shadow, channel), more in added.items():
            counts = changed.get(day)
            if counts is None:
                counts = changed[day] = self._of(day)
            name = f"s:{channel}" if shadow else f"l:{channel}"
            held = counts.get(name)
            if held is None:
                if self._most is None or len(counts) < self._most:
                    counts[name] = list(more)
            else:
                if len(held) < len(more):
                    held.extend([0] * (len(more) - len(held)))
                for place, by in enumerate(more):
                    if by:
                        held[place] += by
        for day, counts in changed.items():
            batch.put(keys.counts_key(self._number, self._space, day), _encode(counts))

    def _of(self, day: int) -> dict[str, list[int]]:
        found = self._days.get(day)
        if found is not None:
            self._days.move_to_end(day)
            return found
        stored = self._database.get(keys.counts_key(self._number, self._space, day))
        found = {} if stored is None else _counts(stored)
        self._days[day] = found
        if len(self._days) > _DAYS_CACHED:
            self._days.popitem(last=False)
        return found

    def drop_cached(self) -> None:
        """Forget cached counts: a batch that changed them was not written."""
        self._days.clear()


def stored_counts(database: Database, shards: int, space: bytes = keys.COUNTS) -> Iterator[tuple[int, str, list[int]]]:
    """(local day, "l:name" or "s:name", counts) of each shard and day, one row after the other; l = live, s = shadow."""
    for number in range(shards):
        begin = keys.prefix(number, space)
        for key, value in database.scan(begin, keys.after(begin)):
            day = keys.day_of_counts(key)
            for name, counts in _counts(value).items():
                yield day, name, counts


def read_counts(database: Database, shards: int) -> dict[tuple[int, str], list[int]]:
    """(day, "l:channel" or "s:channel") → counts, summed over shards."""
    total: dict[tuple[int, str], list[int]] = {}
    for day, name, counts in stored_counts(database, shards):
        held = total.setdefault((day, name), [0] * len(counts))
        if len(held) < len(counts):
            held.extend([0] * (len(counts) - len(held)))
        for place, by in enumerate(counts):
            held[place] += by
    return total
