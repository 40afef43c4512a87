"""The reference model: every record applied from first principles, every key refolded from nothing at each record.

Records and their order come from `oracle_reading`, marks from `oracle_fold`, holds and dispatches from
`oracle_dispatch`, repeats of a source key from `oracle_replays`. Times are milliseconds since 1970. Unique leads carry
integers here, in the order in which they were minted; the engine names them otherwise.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Set
from itertools import pairwise
from typing import Any

from oracle_activities import Activities
from oracle_cleaning import Cleaning
from oracle_config import HOUR_MS, Config
from oracle_dispatch import Dispatcher
from oracle_exits import Exits
from oracle_fold import AnswerIn, FoldResult, Lead, Periods, RawIn, RawRef, fold
from oracle_follow_up import FollowUps
from oracle_reading import Event, Line, Reader, Reject
from oracle_replays import enrich
from oracle_result import Intention, Raw, Result, intention
from oracle_rows import Key, KeyEvents, Placed, Row, Source, Unique, deletion_due, fold_rules
from oracle_runs import Runs
from oracle_verdicts import Verdicts

__all__ = ["Intention", "Oracle", "Raw", "Result"]

LOST_STATES = ("LOST", "INVALID", "WON")  # a closing that no timer made


class Oracle:
    """One run over `lines` from an empty state. `scores(first touch, opening)` orders a store's release (ruling 29).

    `unique_name` turns a unique_id of the input into the name that this model gives the lead (`Unique.name`), `one_id` a
    customer's name into what his leads are ordered by where everything else is equal (ruling 29: unique_id).
    """

    def __init__(
        self,
        config: dict[str, Any],
        *,
        profile_channels: dict[str, Any] | None = None,
        scores: Callable[[RawRef, int], float] | None = None,
        unique_name: Callable[[str], str] = str,
        one_id: Callable[[str], str] = str,
        layers: int | None = None,
    ) -> None:
        self.unique_name = unique_name
        self.raw_config, self.profile_channels = config, profile_channels
        self.config = Config(config, profile_channels, layers)
        self.rules = fold_rules(self.config)
        self.rows: dict[tuple[str, bool], Row] = {}
        self.gone: list[tuple[Row, Unique]] = []
        self.result = Result()
        self.follow_ups = FollowUps(self)
        self.cleaning, self.runs, self.exits = Cleaning(self), Runs(self), Exits(self)
        self.verdicts, self.activities = Verdicts(self), Activities(self)
        self.dispatcher = Dispatcher(self.config, self.result, scores, self.fire, self.follow_ups, one_id)
        self.minted = 0
        self.arrivals = 0
        self.added: list[RawIn] = []  # the raw leads of the record at hand

    def run(self, lines: Iterable[Line], until_ms: int | None = None) -> Result:
        """Apply all records, fire what is due before the clock, then what is due up to `until_ms` (ruling 4)."""
        reader = Reader(self.raw_config, self.profile_channels, layers=self.config.layers)
        for item in reader.read(lines):
            if isinstance(item, Reject):
                self.refuse(item.source, item.number, item.reasons)
                self.result.reject_fields[item.source, item.number] = item.fields
                if item.kind == "raw_lead":
                    self.result.received[item.shadow] += 1
            else:
                self.apply(item)
        clock = reader.clock_ms
        if clock is not None:
            self.fire_all(clock, inclusive=False)
        if until_ms is not None and (clock is None or until_ms >= clock):
            clock = until_ms
            self.fire_all(clock, inclusive=True)
        self.result.clock_ms, self.result.blank = clock, reader.blank
        self.conclude()
        return self.result

    def apply(self, event: Event) -> None:
        self.arrivals += 1
        channel = event.fields.get("channel", "")
        self.result.dropped.update((channel, name) for name in event.dropped)
        self.result.unknown.update((channel, name) for name in event.unknown)
        self.release_before(event.now_ms)
        self.exits.read(event)
        if event.fields.get("kind") == "STORE_EXIT":
            self.exits.came(event)
            return
        row = self.row_of(event)
        self.fire(row, event.now_ms, inclusive=False)
        row.forget_if_over(event.now_ms, self.config.replay_ms)
        if event.kind == "activity":
            self.activities.came(row, event)
        elif event.kind == "command":
            self.follow_ups.command(row, event)
        elif event.kind == "verdict":
            self.verdicts.came(row, event)
        elif event.kind == "behaviour":
            self.behaviour(row, event)
        else:
            self.result.received[event.shadow] += 1
            self.raw_lead(row, event)
        self.judge(row, event.now_ms)

    def judge(self, row: Row, now_ms: int) -> None:
        """What opened is judged with the number runs it is in; then its members are told; then the dispatch conditions."""
        added, self.added = self.added, []
        for r in added:
            self.runs.came(row, r, now_ms)
        self.cleaning.judge_opened(now_ms, added)
        for r in added:
            self.runs.tell(r, now_ms)
        self.dispatcher.judge(row, now_ms)

    def behaviour(self, row: Row, event: Event) -> None:
        if not row.leads:
            self.refuse(event.source, event.number, ["NO_LEAD"])
            return
        fields = event.fields
        row.behaviours.came(fields["kind"], fields.get("series", ""), fields["count"], event.t_ms, event.now_ms)

    def row_of(self, event: Event) -> Row:
        """The customer's row; a unique_id names its customer (ruling 17)."""
        customer = event.customer
        if event.fields.get("task_id"):
            event.fields["task_id"] = self.unique_name(event.fields["task_id"])
            customer = event.fields["task_id"].rpartition("/")[0]
        if event.fields.get("unique_id"):
            event.fields["unique_id"] = self.unique_name(event.fields["unique_id"])
            customer = event.fields["unique_id"].rpartition("/")[0]
        return self.rows.setdefault((customer, event.shadow), Row(customer, event.shadow, len(self.rows)))

    def refuse(self, source: str, number: int, reasons: Iterable[str]) -> None:
        self.result.rejects[source, number] = frozenset(reasons)

    # -- raw leads -------------------------------------------------------------------------------------------------

    def raw_lead(self, row: Row, event: Event) -> None:
        """Ruling 10's order: known source key, late, accept."""
        name = (event.fields["channel"], event.fields["account"], event.fields["source_lead_id"])
        source = row.sources.get(name)
        if source and source.known_at(event.now_ms):
            self.result.replays[event.source, event.number] = enrich(self, row, source, event)
        elif event.t_ms < event.now_ms - self.config.late_ms(name[0]):
            self.result.late.add((event.source, event.number))
            if not event.shadow:
                self.result.late_leads[name[0], event.now_ms - event.now_ms % HOUR_MS + HOUR_MS] += 1
        else:
            self.accept(row, event, name)

    def accept(self, row: Row, event: Event, name: tuple[str, str, str]) -> None:
        source = Source(
            accepted_ms=event.now_ms,
            remember_ms=self.config.remember_ms(name[0]),
            t_ms=event.t_ms,
            submitted_ms=event.submitted_ms,
            has_time=event.has_time,
            source_ms=event.source_ms,
            fields=dict(event.fields),
            flags=event.flags,
        )
        row.sources[name] = source
        stores: list[str | None] = list(event.fields["stores"]) or [None]
        self.result.splits[row.shadow] += len(stores) - 1
        for store in stores:
            self.add_part(row, source, store, event.t_ms, event.now_ms)
        row.said.append(source)

    def add_part(self, row: Row, source: Source, store: str | None, t_ms: int, now_ms: int) -> None:
        """One raw lead of a record (ruling 13), the next split number, at its own key."""
        fields = source.fields
        channel, account, line = fields["channel"], fields["account"], fields["line"]
        split = len(source.parts) + 1
        lead_id = fields["source_lead_id"]
        known = self.config.channel(channel)
        tie = (known.priority if known else 100, channel.encode(), account.encode(), lead_id.encode(), split)
        again = 1
        while (ref := (row.shadow, channel, account, lead_id, row.customer, split)) in row.placed:
            again += 1  # the source key was forgotten and came again: another raw lead under the same names
            lead_id = f"{fields['source_lead_id']}~{again}"
        self.arrivals += 1
        periods = Periods(*self.config.periods(line, fields.get("series", "")))
        r = RawIn(ref, t_ms, tie, self.config.local_day(t_ms), channel, periods, self.arrivals)
        source.parts.append(r)
        self.added.append(r)
        row.source_of[ref] = source
        if row.latest is None or r.order > row.latest.order:
            row.latest = r
        key = (store, line)
        row.keys.setdefault(key, KeyEvents()).raws.append(r)
        self.settle(row, key, now_ms, r)
        self.follow_ups.asked_again(row.leads[row.placed[ref].lead_id], [r])

    # -- store answers -----------------------------------------------------------------------------------------------

    def answer(self, row: Row, u: Unique, store: str, now_ms: int) -> None:
        """The open lead `u` goes to `store`: it folds into what stands there or moves (rulings 7, 53, 57)."""
        left, key = u.key, (store, u.key[1])
        pending = u.lead.copy()
        pending.lead_id = u.lead_id
        row.leave(u)
        self.arrivals += 1
        w = AnswerIn(now_ms, self.arrivals, pending)
        row.keys.setdefault(key, KeyEvents()).answers.append(w)
        u.key = key
        self.settle(row, left, now_ms)
        self.settle(row, key, now_ms, w)
        if u.state == "OPEN" and not u.folded:
            self.cleaning.answered(row, u, now_ms)
        for standing in row.open_leads():
            if w in standing.lead.answers:
                self.follow_ups.asked_again(standing, [r for r, _ in pending.marks])

    # -- one key after a record ----------------------------------------------------------------------------------------

    def settle(self, row: Row, key: Key, now_ms: int, new: RawIn | AnswerIn | None = None) -> None:
        """Refold a key and compare: who keeps which id, what closed, what stands again (ruling 2)."""
        events = row.keys[key]
        result = fold(events.raws, events.acts, events.answers, self.rules, events.moved)
        events.moved = result.moved
        before = {u.lead_id: u for u in row.leads.values() if u.key == key and not u.folded}
        owner = {n: lead for n, lead in self.claim(row, key, result).items() if n not in row.deleted}
        for lead_id, lead in owner.items():
            self.change(row, key, lead_id, lead, now_ms, new)
        self.hint(row, result, owner.keys() - before.keys())
        for lead_id, u in before.items():
            if lead_id not in owner:
                if not (isinstance(new, AnswerIn) and new.lead.lead_id == lead_id):
                    row.leads[row.placed[u.first].lead_id].cleaning.intents += u.cleaning.intents
                self.fold_away(row, u, now_ms)
        self.follow_ups.answer_asks(now_ms)

    def hint(self, row: Row, result: FoldResult, minted: Set[int]) -> None:
        """A lead opened behind one that the timer closed has its owner as a hint (ruling 1); of deleted ones none is left."""
        of_lead = {id(u.lead): u for u in row.leads.values()}
        for before, lead in pairwise(lead for lead in result.leads if id(lead) in of_lead):
            old, new = of_lead[id(before)], of_lead[id(lead)]
            if new.lead_id in minted and before.status == "EXPIRED" and lead.moved is None:
                new.care.previous_owner = old.care.owner or old.care.previous_owner

    def claim(self, row: Row, key: Key, result: FoldResult) -> dict[int, Lead]:
        """In order of first touch each intention takes the earliest-minted id left among its raw leads (ruling 2)."""
        owner = {u.lead_id: u for u in result.leads if u.lead_id is not None}
        for lead in sorted((u for u in result.leads if u.lead_id is None), key=lambda u: u.first.order):
            own = [r.ref for r, _ in lead.marks if r.ref not in lead.brought and r.ref in row.placed]
            ids = {row.placed[ref].lead_id for ref in own} - owner.keys()
            if not ids:
                refs = {r.ref for r, _ in lead.marks}
                folded = [u for u in row.leads.values() if u.key == key and u.folded and u.first in refs]
                ids = {u.lead_id for u in folded} - owner.keys()
            if ids:
                owner[min(ids)] = lead
            else:
                self.minted += 1
                owner[self.minted] = lead
        return owner

    def change(self, row: Row, key: Key, lead_id: int, lead: Lead, now_ms: int, new: RawIn | AnswerIn | None) -> None:
        u = row.leads.get(lead_id)
        if u is None:
            u = row.leads[lead_id] = Unique(row.next_name(), lead_id, key, lead)
        was, reopenings = (u.state, u.reason), u.lead.reopenings
        u.lead, u.key = lead, key
        u.state, u.reason = state_at(lead, now_ms)
        for r, mark in lead.marks:
            row.placed[r.ref] = Placed(r, mark, lead_id, key)
        if u.care.owner and was[0] == "OPEN":
            self.follow_ups.count(u)
        if (u.state, u.reason) == was:
            if u.state == "OPEN" and lead.reopenings > reopenings and not u.dispatched:
                self.cleaning.reopened_within(row, u, now_ms)
            return
        u.hold = u.carry = None
        if u.state != "OPEN":
            self.result.closings.append((u.first, now_ms, u.reason or u.state))
            self.cleaning.closed(u, now_ms)
            return
        self.cleaning.stands(row, u, was)
        if was[0]:
            self.follow_ups.stands_again(row, u, was[0], own=lead.reopened is not None and lead.reopened is new)

    def fold_away(self, row: Row, u: Unique, now_ms: int) -> None:
        """The fold no longer opens it: closed FOLDED; what was dispatched under it counts for the survivor."""
        survivor = row.leads[row.placed[u.first].lead_id]
        survivor.sequence += u.sequence
        if u.dispatched and u.state not in LOST_STATES:
            survivor.dispatched, survivor.hold, survivor.carry = True, None, None
            self.cleaning.counts_as_dispatched(survivor, now_ms)
            self.follow_ups.folded_into(row, u, survivor)
        u.state, u.reason, u.hold, u.carry = "CLOSED", "FOLDED", None, None
        self.cleaning.closed(u, now_ms)
        self.result.closings.append((u.first, now_ms, "FOLDED"))

    # -- the clock -------------------------------------------------------------------------------------------------

    def fire(self, row: Row, at_ms: int, inclusive: bool) -> None:
        """Fire the customer's timers due before `at_ms` (or at it), by (due, closings first, id) (ruling 4)."""
        while True:
            due: list[tuple[int, int, int, Unique]] = []
            for u in row.leads.values():
                if u.state == "OPEN":
                    due.append((u.lead.expires_ms, 0, u.lead_id, u))
                    release_ms = self.dispatcher.own_timer(row, u)
                    if release_ms is not None:
                        due.append((release_ms, 2, u.lead_id, u))
                    if clock := self.follow_ups.due(u):
                        due.append((clock[0], 1, u.lead_id, u))
                    task_ms = self.cleaning.due(u)
                    if task_ms is not None:
                        due.append((task_ms, 4, u.lead_id, u))
                    gate_ms = self.dispatcher.gate_due(u)
                    if gate_ms is not None:
                        due.append((gate_ms, 5, u.lead_id, u))
                elif not u.folded:
                    due.append((deletion_due(u, self.config), 3, u.lead_id, u))
            if not due:
                return
            due_ms, what, _, u = min(due, key=lambda timer: timer[:3])
            if due_ms > at_ms or (due_ms == at_ms and not inclusive):
                return
            if what == 0:
                u.state, u.reason, u.hold, u.carry = "CLOSED", u.lead.reason, None, None
                self.result.closings.append((u.first, due_ms, u.lead.reason))
                self.cleaning.closed(u, due_ms)
            elif what == 1:
                self.follow_ups.run_out(u)
            elif what == 2:
                self.dispatcher.release(row, u, due_ms)
            elif what == 4:
                self.cleaning.run_out(row, u)
            elif what == 5:
                self.dispatcher.judge(row, due_ms)
            else:
                row.deleted.add(u.lead_id)
                self.gone.append((row, row.leads.pop(u.lead_id)))

    def release_before(self, at_ms: int, inclusive: bool = False) -> None:
        """Stores open in the order of time, each when whoever's task ran out by then stands in its queue."""
        while self.config.layers >= 6 and (out := self.cleaning.next_run_out()):
            due_ms, row = out
            if due_ms > at_ms or (due_ms == at_ms and not inclusive):
                break
            self.dispatcher.release_before(due_ms)
            self.fire(row, due_ms, inclusive=True)
        self.dispatcher.release_before(at_ms, inclusive)

    def fire_all(self, at_ms: int, inclusive: bool) -> None:
        self.release_before(at_ms, inclusive)
        for row in self.rows.values():
            self.fire(row, at_ms, inclusive)

    # -- the end ---------------------------------------------------------------------------------------------------

    def conclude(self) -> None:
        result = self.result
        counters: dict[tuple[bool, str, str], Counter[str]] = {}
        for row in self.rows.values():
            for ref, (r, mark, lead_id, (store, line)) in row.placed.items():
                result.raws[ref] = Raw(mark, store, line, lead_id, r.t_ms, row.source_of[ref].flags)
                counters.setdefault((row.shadow, r.channel, r.day), Counter())[mark] += 1
        result.counts = {day: dict(counter) for day, counter in counters.items()}
        standing = [(row, u) for row in self.rows.values() for u in row.leads.values() if not u.folded]
        for row, u in [*self.gone, *standing]:
            result.intentions[u.lead_id] = intention(row, u)


def state_at(lead: Lead, now_ms: int) -> tuple[str, str | None]:
    """(state, closing reason) of a lead by the clock: expired means expires_at < now (ruling 54)."""
    if lead.status == "OPEN" and now_ms <= lead.expires_ms:
        return "OPEN", None
    if lead.status in ("OPEN", "EXPIRED"):
        return "CLOSED", lead.reason
    return lead.status, lead.status
