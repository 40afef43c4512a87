"""One batch of one shard: rows read together, records decided in order, everything written in one atomic batch.

The only place where decisions meet the database. `operators` decides, `state` keeps; nothing here knows a rule.
"""

from __future__ import annotations

import logging
from typing import Any, Final

import msgspec

from operators.base.desk import Desk
from operators.base.outputs import PACKED_AT, Outputs, Source, Unencodable
from operators.base.rules import Rules
from operators.customer import accept, activities, consent
from operators.dispatch import release
from operators.dispatch.release import Reply
from operators.lead import clocks
from operators.wire.arrival import Arrival
from operators.wire.records import RAW_LEAD
from operators.wire.streams import Why
from state import keys, limits
from state.database import Database
from state.errors import InternalFault, LeadstreamError, StateDamaged
from state.rows import customer_row, row_size, store_row
from state.rows.customer_row import Customer
from state.shard import Pending, Shard

log = logging.getLogger("leadstream")

_encode: Final = msgspec.msgpack.Encoder().encode


class RecordFault(Exception):
    """An exception that no rule foresees while one record was applied (ruling 49); carries the record."""

    def __init__(self, arrival: Arrival) -> None:
        super().__init__(arrival)
        self.arrival = arrival


def shard_of_store(code: str, shards: int) -> int:
    """The shard that owns a store entity."""
    value = 2166136261
    for byte in code.encode():
        value = ((value ^ byte) * 16777619) & 0xFFFFFFFF
    return value % shards


class Batch:
    """Work of one shard that becomes one `WriteBatch`."""

    def __init__(
        self, shard: Shard, rules: Rules, sources: dict[int, Source], shards: int, *, careful: bool = False
    ) -> None:
        self.careful = careful
        """Encode what each record gives by itself, to know the one whose output cannot be encoded."""
        self.shard = shard
        self.database: Database = shard.database
        self.rules = rules
        self.shards = shards
        self.out = Outputs(rules, sources)
        self.read: dict[bytes, bytes | None] = {}
        """Rows as stored; decoded where they are decided about, while their memory is near."""
        self.customers: dict[bytes, Customer | None] = {}
        self.stores: dict[bytes, store_row.StoreRow] = {}
        self.fences: dict[int, tuple[int, int]] = {}
        self.timers_gone: list[bytes] = []
        self.releases_gone: list[bytes] = []
        self.hops_gone: list[bytes] = []
        self.replies: list[Reply] = []
        self.clock = shard.meta.clock
        self.registry = shard.meta.registry
        self.before = 0
        """Timers due before this may fire: the clock, or one past it at an opening."""
        self.leads = 0
        self.sent_hops: list[int] = []
        self.gave_way = 0
        """Rows beyond their limit."""

    # --- reading

    def load(self, entities: list[bytes]) -> None:
        """Read the rows of these customers in one go."""
        wanted = [entity for entity in dict.fromkeys(entities) if entity not in self.read]
        if not wanted:
            return
        number = self.shard.number
        head = bytes((number,))
        found = self.database.get_many([head + entity for entity in wanted])
        self.read.update(zip(wanted, found, strict=True))

    def _customer(self, entity: bytes) -> Customer | None:
        """The row as it stands in this batch."""
        if entity in self.customers:
            return self.customers[entity]
        value = self.read[entity]
        row = self.customers[entity] = None if value is None else customer_row.decode(value)
        return row

    def _store(self, entity: bytes) -> store_row.StoreRow:
        found = self.stores.get(entity)
        if found is None:
            value = self.database.get(keys.entity_key(self.shard.number, entity))
            found = self.stores[entity] = (
                store_row.StoreRow(entity[1:].decode()) if value is None else store_row.decode(value)
            )
        return found

    # --- deciding

    def records(self, arrivals: list[Arrival], poisoned: frozenset[tuple[int, int]]) -> None:
        """Decide the records that are not behind their fence."""
        shard, out, fences, careful = self.shard, self.out, self.fences, self.careful
        fresh = []
        entities = []
        for arrival in arrivals:
            if shard.is_applied(arrival.source, arrival.offset, arrival.tail):
                continue
            fresh.append(arrival)
            if not arrival.reasons:
                arrival.entity = keys.customer_entity(arrival.digest, arrival.shadow)
                entities.append(arrival.entity)
        self.load(entities)
        for arrival in fresh:
            if arrival.now > self.clock:
                self.clock = arrival.now
            try:
                if poisoned and (arrival.source, arrival.offset) in poisoned:
                    self._count_received(arrival)
                    out.reject(arrival, ("INTERNAL",))
                elif arrival.reasons:
                    self._count_received(arrival)
                    out.reject(arrival, arrival.reasons)
                else:
                    self._record(arrival)
                if careful or len(out.events) >= PACKED_AT:
                    out.pack()
            except LeadstreamError:
                raise
            except Unencodable as error:
                if not careful:
                    raise
                raise RecordFault(arrival) from error
            except AssertionError as error:  # it speaks of stored rows: a loud stop, never a reject
                place = f"{self.out.source_name(arrival.source)}, position {arrival.offset}"
                raise StateDamaged(
                    f"A stored row is not what must be there: {str(error) or 'an assertion failed'} (customer "
                    f"{arrival.digest.hex()}, shard {shard.number}, at {place}).",
                    "Nothing was decided from it. Report this with the trace in the log; do not delete the state.",
                ) from error
            except Exception as error:
                raise RecordFault(arrival) from error
            if arrival.tail:
                fence = fences.get(arrival.source) or shard.fences.get(arrival.source) or (0, 0)
                self.fences[arrival.source] = (fence[0], arrival.tail)
            else:
                fences[arrival.source] = (arrival.offset, 0)
        self.leads += len(fresh)

    def _count_received(self, arrival: Arrival) -> None:
        if arrival.kind == RAW_LEAD:
            channel = arrival.channel if arrival.channel in self.rules.channels else ""
            self.out.count(self.rules.local.day(arrival.now), arrival.shadow, channel, 4)

    def _record(self, arrival: Arrival) -> None:
        entity = arrival.entity
        now = arrival.now
        changed = entity in self.customers
        row = self.customers[entity] if changed else self._customer(entity)
        # Its timer on disk stands at or before what is due; what this batch changed has no timer there yet.
        if row is not None and (changed or (row.armed and row.armed < now)):
            row = self._fire(entity, row, arrival.digest, now)
        if arrival.kind == RAW_LEAD:
            row = accept.raw_lead(row, arrival, self.out)
        else:
            row = activities.activity(row, arrival, self.out)
        self.customers[entity] = row

    def _fire(self, entity: bytes, row: Customer, digest: bytes, before: int) -> Customer | None:
        """Timers of one customer due before `before`, checked against the row as it stands in this batch."""
        if clocks.next_due(row, self.rules) >= before:
            return row
        try:
            alive = clocks.fire(Desk(row, digest, self.out), before)
        except Exception as error:  # no record is to blame: the row is (ruling 49)
            raise InternalFault(
                f"The timers of customer {digest.hex()} (shard {self.shard.number}) failed with {type(error).__name__}.",
                "Nothing was decided from it. Report this with the trace in the log; do not delete the state.",
            ) from error
        if alive:
            return row
        self._disarm(entity, row)
        return None

    def _disarm(self, entity: bytes, row: Customer) -> None:
        if row.armed:
            self.timers_gone.append(keys.timer_key(self.shard.number, row.armed, entity))
            row.armed = 0

    # --- ticks

    def hops(self, limit: int) -> int:
        """Apply hops that wait for this shard, in each sender's order; returns how many."""
        number = self.shard.number
        begin = keys.prefix(number, keys.HOP)
        taken = 0
        for key, value in self.database.scan(begin, keys.after(begin)):
            if taken >= limit:
                break
            taken += 1
            self.hops_gone.append(key)
            kind, name, message = msgspec.msgpack.decode(value, type=tuple[str, bytes, bytes])
            if kind == "store":
                row = self._store(keys.STORE + name)
                self.replies.extend(release.told(row, message, self.clock, self.rules))
            else:
                self._slot(name, message)
        return taken

    def _slot(self, digest: bytes, message: bytes) -> None:
        n, opening, until, waits = msgspec.msgpack.decode(message, type=tuple[int, int, int, bool])
        entity = keys.customer_entity(digest, False)
        self.load([entity])
        row = self._customer(entity)
        if row is None:
            return
        clocks.slot(Desk(row, digest, self.out), n, opening, until, waits)
        self.customers[entity] = self._fire(entity, row, digest, max(self.before, self.clock))

    def timers(self, before: int, limit: int) -> bool:
        """Fire customers' timers due before `before`, at most `limit` rows; True when more are due."""
        first = keys.timer_bound(self.shard.number, self.shard.next_timer)
        due = self._due(first, keys.timer_bound(self.shard.number, before), limit)
        self.load([entity for _, entity in due])
        for key, entity in due:
            self.timers_gone.append(key)
            row = self._customer(entity)
            assert row is not None, "a timer outlived its customer's row"
            if row.armed == keys.timer_of(key)[0]:
                row.armed = 0
            self.customers[entity] = self._fire(entity, row, entity[1:-1], before)
        return len(due) >= limit

    def releases(self, before: int, limit: int) -> bool:
        """Opening releases of stores due before `before`: behind everything else of their instant (ruling 57)."""
        number = self.shard.number
        due = self._due(keys.prefix(number, keys.RELEASE), keys.timer_bound(number, before, keys.RELEASE), limit)
        for key, entity in due:
            self.releases_gone.append(key)
            store = self._store(entity)
            store.armed = 0
            self.replies.extend(release.fire(store, before, self.rules))
        return len(due) >= limit

    def _due(self, first: bytes, bound: bytes, limit: int) -> list[tuple[bytes, bytes]]:
        """(key, entity) of timers due, without those that a record of this very batch fired."""
        gone = set(self.timers_gone)
        found: list[tuple[bytes, bytes]] = []
        for key, _ in self.database.scan(first, bound):
            if key not in gone:
                found.append((key, keys.timer_of(key)[1]))
                if len(found) >= limit:
                    break
        return found

    def recheck(self, registry: str) -> None:
        """The registry has changed since this shard's waiting leads were judged: judge them again (ruling 14)."""
        self.registry = registry
        begin = keys.prefix(self.shard.number, keys.WAIT)
        waiting = [keys.digest_of_wait(key) for key, _ in self.database.scan(begin, keys.after(begin))]
        digests = list(dict.fromkeys(waiting))
        self.load([keys.customer_entity(digest, False) for digest in digests])
        for digest in digests:
            entity = keys.customer_entity(digest, False)
            here = entity in self.customers
            row = self._customer(entity)
            if row is None:
                assert here, "a lead waits without its customer's row"
                continue  # a record of this very batch ended it
            row = self._fire(entity, row, digest, self.clock)
            if row is not None:
                consent.judge_waiting(Desk(row, digest, self.out), self.clock, Why("registry"))
            self.customers[entity] = row

    # --- writing

    def is_empty(self) -> bool:
        """Whether there is nothing to write."""
        return not (
            self.customers
            or self.stores
            or self.fences
            or self.hops_gone
            or self.timers_gone
            or self.registry != self.shard.meta.registry
            or not self.out.is_empty()
        )

    def write(self, polled: float) -> Pending | None:
        """Everything in one atomic batch; returns the outbox row, not yet synced."""
        shard, out = self.shard, self.out
        number = shard.number
        batch = self.database.batch()
        put, delete = batch.put, batch.delete
        shard.prune(batch)
        armed_at: list[int] = []
        disarmed_at: list[int] = []
        for key in self.timers_gone:
            delete(key)
            disarmed_at.append(keys.timer_of(key)[0])
        for key in self.releases_gone:
            delete(key)
        clock, rules = self.clock, self.rules
        head = bytes((number,))
        for entity, row in self.customers.items():
            key = head + entity
            if row is None:
                if self.read[entity] is not None:
                    delete(key)
                continue
            due = clocks.next_due(row, rules)
            armed = row.armed
            if due and (not armed or due < armed or armed < clock):
                if armed:
                    delete(keys.timer_key(number, armed, entity))
                    disarmed_at.append(armed)
                row.armed = due
                put(keys.timer_key(number, due, entity), b"")
                armed_at.append(due)
            assert not due or row.armed <= due, "a row's timer stands at or before its earliest due time"
            value = customer_row.encode(row)
            if len(value) > limits.ROW_BYTES:
                value = row_size.giving_way(row)
                self.gave_way += 1
            put(key, value)
        self._hops(batch)
        for entity, store in self.stores.items():
            due = release.next_due(store)
            if store.armed and store.armed != due:
                delete(keys.timer_key(number, store.armed, entity))
            if due and store.armed != due:
                put(keys.timer_key(number, due, entity), b"")
            store.armed = due
            key = keys.entity_key(number, entity)
            if store.queue:
                put(key, store_row.encode(store))
            else:
                delete(key)
        for key in self.hops_gone:
            delete(key)
        for source, (offset, tail) in self.fences.items():
            shard.put_fence(batch, source, offset, tail)
        if out.counts:
            shard.add_counts(batch, out.counts)
        for digest, lead, since, begins in out.waits:
            key = keys.wait_key(number, since, digest, lead)
            if begins:
                put(key, b"")
            else:
                delete(key)
        self._audit(batch)
        pending = None if out.is_empty() else shard.put_outbox(batch, out.lines(), polled, self.leads)
        shard.meta.clock = clock
        shard.meta.registry = self.registry
        shard.put_meta(batch)
        wrote = self.database.write(batch)
        shard.fences.update(self.fences)
        shard.timers_changed(armed_at, disarmed_at)
        if pending is not None:
            pending.batch = wrote
            shard.unsealed.append(pending.sequence)
            shard.pending.append(pending)
        return pending

    def _hops(self, batch: Any) -> None:
        """Hops of this batch: rows under the receiver's shard, deleted in the batch that applies them."""
        meta, number = self.shard.meta, self.shard.number
        for store, message in self.out.hops:
            receiver = shard_of_store(store, self.shards)
            meta.hops += 1
            batch.put(keys.hop_key(receiver, number, meta.hops), _encode(("store", store.encode(), message)))
            self.sent_hops.append(receiver)
        for one_id, n, opening, until, waits in self.replies:
            digest = bytes.fromhex(one_id)
            receiver = ((digest[0] << 8) | digest[1]) % self.shards
            meta.hops += 1
            batch.put(
                keys.hop_key(receiver, number, meta.hops),
                _encode(("customer", digest, _encode((n, opening, until, waits)))),
            )
            self.sent_hops.append(receiver)

    def _audit(self, batch: Any) -> None:
        """The story of each customer of this batch, and where each source key led (ruling 47)."""
        out, shard = self.out, self.shard
        month = keys.month_of(self.clock)
        family = self.database.audit_handle
        meta, number = shard.meta, shard.number
        put = batch.put
        head = keys.story_head(month, number)
        sequence = meta.stories
        for (digest, shadow), story in out.stories.items():
            if story:
                sequence += 1
                put(head + keys.story_tail(digest, shadow, sequence), _encode(story), family)
        meta.stories = sequence
        head = keys.index_head(month, number)
        for channel, account, source_id, subject, outcome in out.index:
            put(head + keys.index_tail(channel, account, source_id, subject), outcome, family)
