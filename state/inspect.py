"""Reading a state beside its writer: a customer's row, his story, where a channel's id led (ruling 47), who waits.

The database is opened as a secondary, which sees what was written up to that moment, holds no lock and changes nothing.
Decisions are not explained here: this module returns what is stored, `leadstream explain` says it in words.
"""

from __future__ import annotations

from collections.abc import Iterator
from heapq import merge
from pathlib import Path
from types import TracebackType
from typing import Final, NamedTuple

import msgspec

from state import errors, keys
from state.counts import stored_counts
from state.database import Database
from state.rows import customer_row, story
from state.rows.customer_row import Customer
from state.rows.story import Entry
from state.seal import STATE_FORMAT, Identity, Seal, read_seal

INDEX_ROWS_SEARCHED: Final = 2_000_000
"""Index rows that a search without the channel's id looks at, newest month first; a few seconds."""
_OPENINGS: Final = 3
"""Times the state is opened before giving up: its writer may replace a file while we look for it."""
_identity_key: Final = keys.process_key("identity")


class Outcome(NamedTuple):
    """Where one record of a channel's id led."""

    channel: str
    account: str
    source_id: str
    subject: str
    """raw_id of an accepted part; `<one_id>-<input>-<position>` of a late lead; `<input>-<position>` of a reject."""
    result: str
    """A mark at acceptance, `late`, or `reject CODE,CODE`."""
    month: int
    """30-day month of the clock, counted from 1970."""


class Waiting(NamedTuple):
    """A lead of the live realm that waits for its dispatch; in this order the oldest comes first."""

    since: int
    """Since when, epoch ms."""
    digest: bytes
    lead: int
    """Number of the customer's unique lead."""
    shard: int


class Inspection:
    """A state opened for looking. Use as a context manager."""

    def __init__(self, path: Path) -> None:
        self._database = _opened(path)
        try:
            self.identity = _identity_of(self._database, path)
            self.seal: Seal = read_seal(self._database)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Inspection:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close it; what a secondary leaves on disk is removed with it."""
        self._database.close()

    def customer(self, shard: int, digest: bytes, *, shadow: bool) -> Customer | None:
        """The row of a customer in one realm."""
        stored = self._database.get(keys.entity_key(shard, keys.customer_entity(digest, shadow)))
        return None if stored is None else customer_row.decode(stored)

    def waiting(self) -> Iterator[Waiting]:
        """Every lead that waits, oldest first, one after the other: in memory is one of each shard."""
        return merge(*map(self._waiting_in, range(self.identity.shards)))

    def count_waiting(self) -> int:
        """How many wait: a look at the keys alone."""
        spaces = [keys.prefix(shard, keys.WAIT) for shard in range(self.identity.shards)]
        return sum(1 for begin in spaces for _ in self._database.scan(begin, keys.after(begin)))

    def _waiting_in(self, shard: int) -> Iterator[Waiting]:
        begin = keys.prefix(shard, keys.WAIT)
        for key, _ in self._database.scan(begin, keys.after(begin)):
            yield Waiting(keys.since_of_wait(key), keys.digest_of_wait(key), keys.lead_of_wait(key), shard)

    def customers_of(self, waiting: list[Waiting]) -> list[Customer | None]:
        """The rows of their customers, read together; None where there is none."""
        wanted = [keys.entity_key(one.shard, keys.customer_entity(one.digest, False)) for one in waiting]
        found = self._database.get_many(wanted) if wanted else []
        return [None if stored is None else customer_row.decode(stored) for stored in found]

    def customers(self) -> Iterator[Customer]:
        """Every customer's row, one after the other."""
        for shard in range(self.identity.shards):
            begin = keys.prefix(shard, keys.CUSTOMER)
            for _, stored in self._database.scan(begin, keys.after(begin)):
                yield customer_row.decode(stored)

    def counts(self, space: bytes) -> Iterator[tuple[int, str, list[int]]]:
        """(local day, "l:name" or "s:name", counts), one part after the other; `space` = by channel, or by campaign."""
        return stored_counts(self._database, self.identity.shards, space)

    def story(self, shard: int, digest: bytes, *, shadow: bool) -> list[Entry]:
        """Everything that happened to a customer, in order: as the rules wrote it."""
        found: list[Entry] = []
        for month in self._months():
            begin = keys.story_prefix(month, shard, digest, shadow)
            for _, value in self._database.scan(begin, keys.after(begin), audit=True):
                found.extend(story.decode(value))
        return found

    def outcomes(self, channel: str, account: str, source_id: str) -> list[Outcome]:
        """What became of the records with this source key, months ascending."""
        found: list[Outcome] = []
        for month in self._months():
            for shard in range(self.identity.shards):
                begin = keys.index_prefix(month, shard, channel, account, source_id)
                for key, value in self._database.scan(begin, keys.after(begin), audit=True):
                    subject = key[len(begin) :].decode("utf-8", "replace")
                    found.append(Outcome(channel, account, source_id, subject, value.decode(), month))
        return found

    def accounts(self, channel: str) -> list[str]:
        """The accounts under which this channel has sent anything; "" = without one."""
        found: set[str] = set()
        head = channel.encode("utf-8", "replace") + b"\0"
        for month in self._months():
            for shard in range(self.identity.shards):
                start = month.to_bytes(2, "big") + bytes((shard,)) + keys.INDEX + head
                at, end = start, keys.after(start)
                while (key := self._first(at, end)) is not None:
                    account = key[len(start) :].partition(b"\0")[0]
                    found.add(account.decode("utf-8", "replace"))
                    at = start + account + b"\x01"  # behind everything of this account
        return sorted(found)

    def outcomes_of(self, shard: int, one_id: str) -> tuple[list[Outcome], bool]:
        """(outcomes of one customer, whether all of the index was searched). Rejects are nobody's: not among them."""
        found: list[Outcome] = []
        left = INDEX_ROWS_SEARCHED
        head = one_id.encode()
        for month in reversed(list(self._months())):
            begin = month.to_bytes(2, "big") + bytes((shard,)) + keys.INDEX
            for key, value in self._database.scan(begin, keys.after(begin), audit=True):
                left -= 1
                if left < 0:
                    return found[::-1], False
                parts = key[len(begin) :].split(b"\0", 3)
                if len(parts) == 4 and parts[3].startswith(head):
                    channel, account, source_id, subject = (part.decode("utf-8", "replace") for part in parts)
                    found.append(Outcome(channel, account, source_id, subject, value.decode(), month))
        return found[::-1], True

    def _months(self) -> Iterator[int]:
        """The months that have audit rows, ascending: each found by one seek, however far apart they are."""
        month = 0
        while month <= 0xFFFF:
            key = self._first(month.to_bytes(2, "big"), b"\xff" * 16)
            if key is None:
                return
            month = int.from_bytes(key[:2], "big")
            yield month
            month += 1

    def _first(self, begin: bytes, end: bytes) -> bytes | None:
        for key, _ in self._database.scan(begin, end, audit=True):
            return key
        return None


def _identity_of(database: Database, path: Path) -> Identity:
    stored = database.get(_identity_key)
    if stored is None:
        raise errors.StateRefused(
            f"The state in {path} was never used.", "Name the folder that `leadstream run --state` used."
        )
    identity = msgspec.msgpack.decode(stored, type=Identity)
    if identity.format > STATE_FORMAT:
        raise errors.StateRefused(
            f"The state has format {identity.format}, which this version does not know.",
            "Use the newer version that wrote it.",
        )
    return identity


def _opened(path: Path) -> Database:
    for _ in range(_OPENINGS - 1):
        try:
            return Database(path, read_only=True)
        except errors.DiskFault:
            continue
    return Database(path, read_only=True)
