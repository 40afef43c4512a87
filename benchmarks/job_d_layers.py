"""The engine's layers for job D: decode, same-day dedup and merge, and nothing else.

State, fence, outbox, group commit, seal and sink are the engine's own: nothing that its guarantee stands on is left out.
"""

from __future__ import annotations

import zlib
from typing import Any

from benchmarks.job_d_rules import Row, decide, decode_lead, decode_row, encode_row
from flows.batch import Batch
from operators.base.rules import Rules
from operators.identity.one_id import OneIds
from operators.wire.streams import DISPOSITIONS
from state import keys
from state.outbox import Pending


class JobDValidation:
    """Bytes become an arrival: the decoded record itself. Job D's input has no bad records; one would stop the run."""

    def __init__(self, rules: Rules, one_ids: OneIds, kinds: Any) -> None:
        self.rules = rules
        self.one_ids = one_ids
        self._shards = one_ids.shards

    def read(self, raw: bytes, kind: str, clock: Any) -> Any:
        """The arrival for one record."""
        lead = decode_lead(raw)
        phone = lead.phone.encode()
        lead.shard = zlib.crc32(phone) % self._shards
        lead.entity = keys.CUSTOMER + phone
        return lead


class JobDBatch(Batch):
    """One batch of one shard, with rows of a phone instead of a customer's."""

    def __init__(self, *given: Any, careful: bool = False) -> None:
        super().__init__(*given, careful=careful)
        self._rows: dict[bytes, Row | None] = {}

    def records(self, arrivals: list[Any], poisoned: frozenset[tuple[int, int]]) -> None:
        """Decide the records that are not behind their fence."""
        shard, rows = self.shard, self._rows
        applied = {source: fence[0] for source, fence in shard.fences.inputs.items()}
        fresh = [lead for lead in arrivals if lead.offset > applied.get(lead.source, -1)]
        wanted = [entity for entity in {lead.entity: None for lead in fresh} if entity not in rows]
        if wanted:
            head = bytes((shard.number,))
            found = self.database.get_many([head + entity for entity in wanted])
            for entity, value in zip(wanted, found, strict=True):
                rows[entity] = None if value is None else decode_row(value)
        collect = self.out.events.append
        for lead in fresh:
            entity = lead.entity
            rows[entity], mark = decide(rows[entity], lead)
            collect((DISPOSITIONS, lead.phone, mark))
        if fresh:
            self.clock = max(self.clock, fresh[-1].now)
            self.leads += len(fresh)
            for source, offset in {lead.source: lead.offset for lead in fresh}.items():
                self.fences[source] = (offset, 0)

    def write(self, polled: float) -> Pending | None:
        """Rows, fences and outbox in one atomic batch, as `Batch.write` does with a customer's."""
        shard, out = self.shard, self.out
        batch = self.database.batch()
        shard.outbox.prune(batch)
        head = bytes((shard.number,))
        for entity, row in self._rows.items():
            assert row is not None, "a row that was read was decided about"
            batch.put(head + entity, encode_row(row))
        shard.fences.write(batch, self.fences, {})
        pending = None if out.is_empty() else shard.outbox.put(batch, out.lines(), polled, self.leads)
        shard.meta.clock = self.clock
        shard.meta.registry = self.registry
        shard.put_meta(batch)
        wrote = self.database.write(batch)
        shard.fences.written(self.fences, {})
        if pending is not None:
            shard.outbox.written(pending, wrote)
        return pending
