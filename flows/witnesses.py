"""Witnesses of a batch: rows that a record reads and changes beside its entity's (docs/decisions/0032-witnesses.md)."""

from __future__ import annotations

from typing import Any

from operators.registry import WITNESS_OF, WITNESSES
from state import keys, limits
from state.database import Database
from state.shard import Shard


class Witnesses:
    """The witnesses that a batch's records named, as they stand in it."""

    def __init__(self) -> None:
        self.rows: dict[bytes, Any] = {}

    def row(self, witness: bytes, stored: bytes | None) -> Any:
        """The row as it stands in this batch; `stored` = as it was read, None = there is none yet."""
        row = self.rows.get(witness)
        if row is None:
            kind = WITNESS_OF[witness[0]]
            row = self.rows[witness] = kind.fresh() if stored is None else kind.decode(stored)
        return row

    def put(self, batch: Any, number: int) -> None:
        """Write those that say something."""
        head = bytes((number,))
        for witness, row in self.rows.items():
            value = WITNESS_OF[witness[0]].encode(row)
            if value:
                batch.put(head + witness, value)

    def sweep(self, batch: Any, database: Database, shard: Shard, clock: int) -> None:
        """Rows that say nothing any more are deleted: once through them all a day, a slice with each batch."""
        if clock // limits.SWEPT_MS == shard.swept:
            return
        left = limits.SWEPT_PER_SLICE
        for kind in WITNESSES:
            begin = keys.prefix(shard.number, kind.space)
            for key, value in database.scan(max(begin, shard.sweeps_from), keys.after(begin)):
                if left == 0:
                    shard.sweeps_from = key
                    return
                left -= 1
                if kind.until(value) < clock and key[1:] not in self.rows:
                    batch.delete(key)
        shard.swept, shard.sweeps_from = clock // limits.SWEPT_MS, b""
