"""Counts: each shard keeps its own part of every count, in the batch of the decisions, so that conservation is exact inside
each shard; readers add over shards."""

from __future__ import annotations

from collections import OrderedDict
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
    """The counts of one shard, by local day and channel."""

    def __init__(self, database: Database, number: int) -> None:
        self._database = database
        self._number = number
        self._days: OrderedDict[int, dict[str, list[int]]] = OrderedDict()

    def add(self, batch: WriteBatch, added: dict[tuple[int, bool, str], list[int]]) -> None:
        """Add to the counts: (local day, shadow, channel) → how many of each kind."""
        changed: dict[int, dict[str, list[int]]] = {}
        for (day, shadow, channel), more in added.items():
            counts = changed.get(day)
            if counts is None:
                counts = changed[day] = self._of(day)
            name = f"s:{channel}" if shadow else f"l:{channel}"
            held = counts.get(name)
            if held is None:
                counts[name] = list(more)
            else:
                if len(held) < len(more):
                    held.extend([0] * (len(more) - len(held)))
                for place, by in enumerate(more):
                    if by:
                        held[place] += by
        for day, counts in changed.items():
            batch.put(keys.counts_key(self._number, day), _encode(counts))

    def _of(self, day: int) -> dict[str, list[int]]:
        found = self._days.get(day)
        if found is not None:
            self._days.move_to_end(day)
            return found
        stored = self._database.get(keys.counts_key(self._number, day))
        found = {} if stored is None else _counts(stored)
        self._days[day] = found
        if len(self._days) > _DAYS_CACHED:
            self._days.popitem(last=False)
        return found

    def drop_cached(self) -> None:
        """Forget cached counts: a batch that changed them was not written."""
        self._days.clear()


def read_counts(database: Database, shards: int) -> dict[tuple[int, str], list[int]]:
    """(day, "l:channel" or "s:channel") → counts, summed over shards."""
    total: dict[tuple[int, str], list[int]] = {}
    for number in range(shards):
        begin = keys.prefix(number, keys.COUNTS)
        for key, value in database.scan(begin, keys.after(begin)):
            day = keys.day_of_counts(key)
            for name, counts in _counts(value).items():
                held = total.setdefault((day, name), [0] * len(counts))
                if len(held) < len(counts):
                    held.extend([0] * (len(counts) - len(held)))
                for place, by in enumerate(counts):
                    held[place] += by
    return total
