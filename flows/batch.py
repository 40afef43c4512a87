"""One batch of one shard: rows read together, records decided in order, everything written in one atomic batch.

The only place where decisions meet the database. `operators` decides, `state` keeps; nothing here knows a kind of record,
entity or message by its name: `operators.registry` lists them.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec
from mypy_extensions import mypyc_attr

from flows import messages
from flows.witnesses import Witnesses
from operators.base import count_kinds, shard_rules
from operators.base.outputs import PACKED_AT, Outputs, Source, Unencodable
from operators.base.rules import Rules
from operators.intake import hints
from operators.registry import AT_REST, KIND_OF, MESSAGES, RECORD_OF, RECORDS
from operators.wire.arrival import BLANK, Arrival
from state import keys, limits
from state.database import Database
from state.errors import InternalFault, LeadstreamError, StateDamaged
from state.members import Members
from state.outbox import Pending
from state.shard import Shard

_encode: Final = msgspec.msgpack.Encoder().encode
APPLY_RECORD: Final = {kind.name: kind.apply for kind in RECORDS if kind.apply is not None}
NAME_WITNESS: Final = {kind.name: kind.witness for kind in RECORDS if kind.witness is not None}
ENTITY_OF: Final = {kind.name: kind.entity for kind in RECORDS if kind.entity is not None}
APPLY_MESSAGE: Final = {(kind.shape, kind.to[0]): kind.apply for kind in MESSAGES}


class RecordFault(Exception):
    """An exception that no rule foresees while one record was applied (ruling 49); carries both."""

    def __init__(self, arrival: Arrival, met: BaseException) -> None:
        super().__init__(arrival)
        self.arrival = arrival
        self.met = met
        """Kept here, since compiled code keeps no `__cause__`."""


@mypyc_attr(allow_interpreted_subclasses=True)  # job D's
class Batch:
    """Work of one shard that becomes one `WriteBatch`."""

    def __init__(
        self, shard: Shard, rules: Rules, sources: dict[int, Source], shards: int, *, careful: bool = False
    ) -> None:
        self.careful = careful
        """Encode what each record gives by itself, to know the one whose output cannot be encoded."""
        self.shard = shard
        self.database: Database = shard.database
        if shard.exits:
            rules = shard_rules.of(rules, shard.exits)
        self.rules = rules
        self.shards = shards
        self.out = Outputs(rules, sources, hints.BY_CODE)
        self.out.exits = shard.exits
        self.members = Members(shard.database, shard.number)
        self.read: dict[bytes, bytes | None] = {}
        """Rows as stored; decoded where they are decided about, while their memory is near."""
        self.rows: dict[bytes, Any] = {}
        """Rows as they stand in this batch, None = deleted; by entity."""
        self.witnesses = Witnesses()
        self.fences: dict[int, tuple[int, int]] = {}
        self.hop_fences: dict[int, int] = {}
        self.timers_gone: list[bytes] = []
        self.hops_gone: list[bytes] = []
        self.clock = shard.meta.clock
        self.registry = shard.meta.registry
        self.before = keys.NOTHING
        """Timers before this moment may fire: the clock, or one further at an opening."""
        self.at_rest = True
        """Whether every record handed on is applied and no message is under way."""
        self.wants_rest: bool | None = None
        """Whether a timer is due that waits for that; None = nobody looked."""
        self.leads = 0
        self.receivers: list[int] = []
        """Shards to which messages were written."""
        self.gave_way = 0
        """Rows beyond their limit."""

    # --- reading

    def load(self, entities: list[bytes]) -> None:
        """Read the rows of these entities in one go."""
        read = self.read
        wanted = [entity for entity in dict.fromkeys(entities) if entity not in read]
        if not wanted:
            return
        head = bytes((self.shard.number,))
        found = self.database.get_many([head + entity for entity in wanted])
        read.update(zip(wanted, found, strict=True))

    def _row(self, entity: bytes) -> Any:
        """The row as it stands in this batch; it was loaded. What was ordered for every row of the shard it has met."""
        if entity in self.rows:
            row = self.rows[entity]
        else:
            value = self.read[entity]
            row = self.rows[entity] = None if value is None else KIND_OF[entity[0]].decode(value)
        if self.out.exits and row is not None:
            kind = KIND_OF[entity[0]]
            if kind.is_behind is not None and kind.meet is not None and kind.is_behind(row, self.out):
                kind.meet(kind.desk(row, entity, self.out, self.members))
        return row

    # --- deciding

    def records(self, arrivals: list[Arrival], poisoned: frozenset[tuple[int, int]]) -> None:
        """Decide the records that are not behind their fence."""
        shard, out, fences, careful = self.shard, self.out, self.fences, self.careful
        fresh = []
        entities = []
        for arrival in arrivals:
            if shard.fences.is_applied(arrival.source, arrival.offset, arrival.tail):
                continue
            fresh.append(arrival)
            if not arrival.reasons:
                arrival.entity = ENTITY_OF[arrival.kind](arrival)
                entities.append(arrival.entity)
                name = NAME_WITNESS.get(arrival.kind)
                if name is not None:
                    witness = arrival.witness = name(arrival, self.rules)
                    if witness:
                        entities.append(witness)
        self.load(entities)
        for arrival in fresh:
            if arrival.now > self.clock and not arrival.unclocked:
                self.clock = arrival.now
            try:
                if poisoned and (arrival.source, arrival.offset) in poisoned:
                    self._refuse(arrival, ("INTERNAL",))
                elif arrival.reasons:
                    self._refuse(arrival, arrival.reasons)
                else:
                    self._record(arrival)
                if arrival.notes is not None:
                    out.note(arrival)
                if careful or len(out.events) >= PACKED_AT:
                    out.pack()
            except LeadstreamError:
                raise
            except Unencodable as unencodable:
                if not careful:
                    raise
                raise RecordFault(arrival, unencodable) from unencodable
            except AssertionError as broken:  # it speaks of stored rows: a loud stop, never a reject
                place = f"{self.out.source_name(arrival.source)}, position {arrival.offset}"
                raise StateDamaged(
                    f"A stored row is not what must be there: {str(broken) or 'an assertion failed'} (customer "
                    f"{arrival.digest.hex()}, shard {shard.number}, at {place}).",
                    "Nothing was decided from it. Report this with the trace in the log; do not delete the state.",
                ) from broken
            except Exception as error:
                raise RecordFault(arrival, error) from error
            if arrival.tail:
                fence = fences.get(arrival.source) or shard.fences.inputs.get(arrival.source) or (0, 0)
                fences[arrival.source] = (fence[0], arrival.tail)
            else:
                fences[arrival.source] = (arrival.offset, 0)
        self.leads += len(fresh)

    def _refuse(self, arrival: Arrival, reasons: tuple[str, ...]) -> None:
        if arrival.everywhere and arrival.shard != self.shard.number:
            return  # another shard says it
        if reasons == BLANK:
            self.leads -= 1
            self.out.count(self.rules.local.day(arrival.now), False, "", count_kinds.BLANK)
            return
        kind = RECORD_OF.get(arrival.kind)
        if kind is not None and kind.refused is not None:
            kind.refused(arrival, self.out)
        self.out.reject(arrival, reasons)

    def _record(self, arrival: Arrival) -> None:
        entity = arrival.entity
        now = arrival.now
        assert arrival.t > 0, "rows read the first instant of 1970 as none (ruling 76)"
        row = self._at(entity, now)
        witness = arrival.witness
        if witness:
            arrival.witness_row = self.witnesses.row(witness, self.read[witness])
        out = self.out
        if arrival.everywhere:
            out.speaks = arrival.shard == self.shard.number
            self.rows[entity] = APPLY_RECORD[arrival.kind](row, arrival, out)
            self.rules = out.rules
            return
        if self.rules.exits and arrival.stores:
            arrival.stores = self.rules.aliases(arrival.stores)  # every code that left, in whatever record (ruling 31)
        self.rows[entity] = APPLY_RECORD[arrival.kind](row, arrival, out)
        if out.near:
            self._near(now)

    def _at(self, entity: bytes, now: int) -> Any:
        """The row as it stands in this batch, what of it is due before `now` fired."""
        changed = entity in self.rows
        row = self._row(entity)
        # Its timer on disk stands at or before what is due; what this batch changed has no timer there yet.
        if row is not None and (changed or (row.armed and row.armed < now)):
            row = self.rows[entity] = self._fire(entity, row, now)
        return row

    def _near(self, now: int) -> None:
        """What this record tells others of the shard: each is brought up to date and told, in order."""
        told, self.out.near = self.out.near, []
        self.load([entity for entity, _ in told])
        for entity, message in told:
            assert keys.shard_of(entity, self.shards) == self.shard.number, "a near message for another shard"
            row = self._at(entity, now)
            if row is not None:
                desk = KIND_OF[entity[0]].desk(row, entity, self.out, self.members)
                APPLY_MESSAGE[type(message), entity[0]](desk, message, now)
        assert not self.out.near, "who is told by a record tells nobody near"

    def _fire(self, entity: bytes, row: Any, before: int) -> Any:
        """An entity's timers due before `before`, checked against the row as it stands in this batch."""
        kind = KIND_OF[entity[0]]
        due = kind.next_due(row, self.rules)
        if due == 0 or due >= before:
            return row
        try:
            alive = kind.fire(kind.desk(row, entity, self.out, self.members), before)
        except LeadstreamError:  # a disk or table that cannot be read says itself what to do
            raise
        except Exception as error:  # no record is to blame: the row is (ruling 49)
            raise InternalFault(
                f"The timers of {kind.name} {kind.shown(entity)} (shard {self.shard.number}) failed with "
                f"{type(error).__name__}.",
                "Nothing was decided from it. Report this with the trace in the log; do not delete the state.",
            ) from error
        if alive:
            return row
        self._disarm(entity, row)
        return None

    def _disarm(self, entity: bytes, row: Any) -> None:
        if row.armed:
            self.timers_gone.append(keys.timer_key(self.shard.number, row.armed, entity))
            row.armed = 0

    # --- ticks

    def hops(self, limit: int) -> int:
        """Apply messages that wait for this shard, in each sender's order; returns how many."""
        taken = {**self.shard.fences.hops, **self.hop_fences}  # this batch's own too
        found = messages.waiting(self.database, self.shard.number, self.shards, taken, limit)
        self.load([hop.entity for hop in found])
        bound = max(self.before, keys.moment(self.clock))
        for hop in found:
            entity = hop.entity
            kind = KIND_OF[entity[0]]
            row = self._row(entity)
            if row is None and kind.fresh is not None:
                row = self.rows[entity] = kind.fresh(entity)
            if row is not None:
                apply = APPLY_MESSAGE[type(hop.message), entity[0]]
                apply(kind.desk(row, entity, self.out, self.members), hop.message, self.clock)
                # What settles is fired by its timer alone: so much a batch, however many messages it gets.
                self.rows[entity] = (
                    row if kind.settles or kind.at_rest else self._fire(entity, row, keys.due_before(bound, kind.rank))
                )
            assert hop.sequence > self.hop_fences.get(hop.sender, 0), "a sender's messages come once and in order"
            assert not self.shard.fences.is_taken(hop.sender, hop.sequence), "a message was applied before"
            self.hop_fences[hop.sender] = hop.sequence
            self.hops_gone.append(hop.key)
        return len(found)

    def timers(self, before: int, limit: int) -> bool:
        """Fire timers before this moment, in their order, at most `limit` rows; True when more are due."""
        number = self.shard.number
        due = self._due(keys.timer_bound(number, self.shard.next_due), keys.timer_bound(number, before), limit)
        more = len(due) >= limit
        self.wants_rest = False
        if not self.at_rest:
            now = [(key, entity) for key, entity in due if entity[0] not in AT_REST]
            due, self.wants_rest = now, len(now) < len(due)
        self.load([entity for _, entity in due])
        for key, entity in due:
            row = self._row(entity)
            assert row is not None, "a timer outlived its row"
            self.timers_gone.append(key)
            if row.armed == keys.timer_of(key)[0]:  # another's is a fault's, and goes by itself: the armed one stays
                row.armed = 0
            self.rows[entity] = self._fire(entity, row, keys.due_before(before, entity[0]))
            if self.out.near:
                self._near(self.clock)
        return more

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
        entities = [keys.customer_entity(digest, False) for digest in dict.fromkeys(waiting)]
        self.load(entities)
        for entity in entities:
            here = entity in self.rows
            row = self._row(entity)
            if row is None:
                assert here, "a lead waits without its customer's row"
                continue  # a record of this very batch ended it
            row = self._fire(entity, row, self.clock)
            kind = KIND_OF[entity[0]]
            if row is not None and kind.judge_again is not None:
                kind.judge_again(kind.desk(row, entity, self.out, self.members), self.clock)
            self.rows[entity] = row

    # --- writing

    def is_empty(self) -> bool:
        """Whether there is nothing to write."""
        return not (
            self.rows
            or self.fences
            or self.hops_gone
            or self.timers_gone
            or self.registry != self.shard.meta.registry
            or not self.out.is_empty()
        )

    def write(self, polled: float) -> Pending | None:
        """Everything in one atomic batch; returns the outbox row, not yet synced."""
        shard, out = self.shard, self.out
        batch = self.database.batch()
        shard.outbox.prune(batch)
        armed_at, disarmed_at = self._put_rows(batch)
        self.witnesses.put(batch, shard.number)
        self.members.write(batch)
        self.receivers = messages.send(batch, shard.number, shard.meta.hops, out.messages, self.shards)
        shard.meta.hops += len(self.receivers)
        for key in self.hops_gone:
            batch.delete(key)
        shard.fences.write(batch, self.fences, self.hop_fences)
        if out.counts:
            shard.counts.add(batch, out.counts)
        if out.campaigns:
            shard.campaigns.add(batch, out.campaigns)
        for digest, lead, since, begins in out.waits:
            key = keys.wait_key(shard.number, since, digest, lead)
            if begins:
                batch.put(key, b"")
            else:
                batch.delete(key)
        self.witnesses.sweep(batch, self.database, shard, self.clock)
        self._audit(batch)
        pending = None if out.is_empty() else shard.outbox.put(batch, out.lines(), polled, self.leads)
        shard.meta.clock = self.clock
        shard.meta.registry = self.registry
        shard.exits = out.exits
        shard.put_meta(batch)
        wrote = self.database.write(batch)
        shard.fences.written(self.fences, self.hop_fences)
        shard.timers_changed(armed_at, disarmed_at)
        if pending is not None:
            shard.outbox.written(pending, wrote)
        return pending

    def _put_rows(self, batch: Any) -> tuple[list[int], list[int]]:
        """Rows and their timers; returns the moments of timers put and deleted."""
        put, delete = batch.put, batch.delete
        clock, rules, number = self.clock, self.rules, self.shard.number
        head = bytes((number,))
        armed_at: list[int] = []
        disarmed_at: list[int] = []
        for key in self.timers_gone:
            delete(key)
            disarmed_at.append(keys.moment_of(key))
        for entity, row in self.rows.items():
            key = head + entity
            kind = KIND_OF[entity[0]]
            rank = entity[0]
            if row is None or kind.is_gone(row):
                if row is not None and row.armed:
                    delete(keys.timer_key(number, row.armed, entity))
                    disarmed_at.append(keys.moment(row.armed, rank))
                if self.read[entity] is not None:
                    delete(key)
                continue
            due = kind.next_due(row, rules)
            armed = row.armed
            if due and (not armed or due < armed or armed < clock):
                if armed:
                    delete(keys.timer_key(number, armed, entity))
                    disarmed_at.append(keys.moment(armed, rank))
                row.armed = due
                put(keys.timer_key(number, due, entity), b"")
                armed_at.append(keys.moment(due, rank))
            assert not due or row.armed <= due, "a row's timer stands at or before its earliest due time"
            value = kind.encode(row)
            if len(value) > limits.ROW_BYTES and kind.giving_way is not None:
                value = kind.giving_way(row)
                self.gave_way += 1
            put(key, value)
        return armed_at, disarmed_at

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
