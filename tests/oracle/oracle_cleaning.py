"""Routes judged, tasks opened and ended, time-outs (rulings 24, 58, 59). Verdicts: `oracle_verdicts`."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from oracle_cities import candidates, city_of
from oracle_cleaned import (
    AI,
    DONE,
    MANUAL,
    MISSING_REASONS,
    NONE,
    STORE_REASONS,
    TIMEOUT,
    WITHDRAWN,
    Task,
    TaskRecord,
    strongest,
)
from oracle_fold import RawIn
from oracle_routes import ASKS, CleaningRules, opener
from oracle_rows import Row, Unique

if TYPE_CHECKING:
    from oracle_model import Oracle


class Cleaning:
    """`opened` are the leads that the record at hand opened or reopened, with the state before: judged when its marks stand."""

    def __init__(self, oracle: Oracle) -> None:
        self.oracle, self.result, self.config = oracle, oracle.result, oracle.config
        self.rules = CleaningRules(oracle.config, oracle.raw_config)
        self.added: Collection[RawIn] = ()
        self.watched: dict[int, Row] = {}  # rows with something that runs out, by their number
        self.opened: list[tuple[Row, Unique, tuple[str, str | None]]] = []

    # -- opening and closing -----------------------------------------------------------------------------------------

    def stands(self, row: Row, u: Unique, was: tuple[str, str | None]) -> None:
        """A lead is open after a fold; `was` is ('', None) for a new one, else the state and the reason before."""
        if was[0] in ("LOST", "INVALID", "WON"):
            u.cleaning.kept_grade = ""
        if self.rules.enabled:
            self.opened.append((row, u, was))

    def reopened_within(self, row: Row, u: Unique, now_ms: int) -> None:
        """The fold closed it and opened it again, before anybody saw it closed: judged as reopened."""
        if self.rules.enabled:
            self.end_task(u, WITHDRAWN, now_ms)
            self.opened.append((row, u, (u.lead.was, u.lead.was)))

    def judge_opened(self, now_ms: int, added: Collection[RawIn] = ()) -> None:
        """`added` are the raw leads of the record at hand."""
        opened, self.opened, self.added = self.opened, [], added
        for row, u, (was, reason) in opened:
            if u.state != "OPEN":
                continue
            cut_off, u.cleaning.cut_off = u.cleaning.cut_off, None
            if was == "CLOSED" and reason != "FOLDED":  # that closing counts as never made (ruling 2)
                if cut_off and not u.dispatched:
                    self.open_task(row, u, cut_off.route, cut_off.reasons, now_ms)
                elif not u.cleaning.route:  # closed as soon as it was opened
                    self.judge(row, u, now_ms, "")
            elif not was or not u.dispatched:
                self.judge(row, u, now_ms, was)

    def judge(self, row: Row, u: Unique, now_ms: int, was: str) -> None:
        """Once when it opens or reopens; nothing of an earlier opening counts any more (rulings 24, 58)."""
        raw, cleaning = opener(u), u.cleaning
        by = u.lead.reopened
        cleaning.opened_t_ms = raw.t_ms if by is None else by.t_ms
        cleaning.settled = cleaning.ai_ran_out = False
        cleaning.by, cleaning.gate_from_ms, cleaning.before = "", None, len(cleaning.tasks)
        cleaning.reasons = {**self.rules.facts(row, u, now_ms, was), **self.rules.by_rule(row, raw)}
        if not row.shadow and any(self.oracle.runs.in_run(r.ref, now_ms) for r, _ in u.lead.marks if r in self.added):
            cleaning.reasons["NUMBER_RUN"] = AI
        cleaning.route = strongest(cleaning.reasons.values())
        if cleaning.route != NONE and not row.shadow and not u.dispatched:
            self.open_task(row, u, cleaning.route, cleaning.reasons, now_ms)

    def closed(self, u: Unique, now_ms: int) -> None:
        """Closed or folded: its task is withdrawn."""
        u.cleaning.cut_off = u.cleaning.task if u.state == "CLOSED" else None
        self.end_task(u, WITHDRAWN, now_ms)

    # -- facts that arise, and answers ---------------------------------------------------------------------------------

    def arises(self, row: Row, u: Unique, code: str, now_ms: int) -> None:
        """STORE_UNKNOWN, NUMBER_RUN or SUSPECT after the opening."""
        cleaning, route = u.cleaning, ASKS[code]
        if not self.rules.enabled or (cleaning.settled and code != "STORE_UNKNOWN"):
            return
        if not u.dispatched:
            cleaning.reasons[code] = route
            cleaning.route = strongest(cleaning.reasons.values())
        if row.shadow:
            return
        task = cleaning.task
        if task is None:
            self.open_task(row, u, route, {code: route}, now_ms, beside=u.dispatched)
        elif task.route == AI and route == MANUAL and not task.beside:
            self.end_task(u, WITHDRAWN, now_ms)
            self.open_task(row, u, MANUAL, {**task.reasons, code: route}, now_ms)
        else:
            task.reasons[code] = route

    def answered(self, row: Row, u: Unique, now_ms: int) -> None:
        """A store answer moved it: what the missing or unknown store alone asked for ends."""
        if not self.rules.enabled:
            return
        cleaning, task = u.cleaning, u.cleaning.task
        known = self.config.knows(*u.key)
        falls = STORE_REASONS if known else MISSING_REASONS
        cleaning.reasons = {code: route for code, route in cleaning.reasons.items() if code not in falls}
        cleaning.route = strongest(cleaning.reasons.values())
        if task is not None and task.reasons.keys() & set(falls):
            task.reasons = {code: route for code, route in task.reasons.items() if code not in falls}
            if not task.reasons or task.overdue:
                self.end_task(u, WITHDRAWN, now_ms)
        if not known:
            self.arises(row, u, "STORE_UNKNOWN", now_ms)

    def counts_as_dispatched(self, u: Unique, now_ms: int) -> None:
        """A fold says that it was dispatched: it needs no task any more (rulings 2, 58)."""
        if u.cleaning.holds:
            self.end_task(u, WITHDRAWN, now_ms)

    # -- tasks (ruling 59) -------------------------------------------------------------------------------------------

    def open_task(
        self, row: Row, u: Unique, route: str, reasons: dict[str, str], at_ms: int, beside: bool = False
    ) -> None:
        row.tasks += 1
        expires_ms = self.rules.ai_expiry(at_ms) if route == AI else at_ms + self.rules.manual_ms
        not_before_ms = self.rules.not_before(at_ms)
        city = city_of(row)
        own = near = None
        if u.key[0] is None:
            own, near = candidates(self.oracle.raw_config.get("stores"), u.key[1], city)
        name = f"{row.customer}/t{row.tasks}"
        record = TaskRecord(
            first=u.first,
            name=name,
            state="OPEN",
            at_ms=at_ms,
            route=route,
            reasons=frozenset(reasons),
            not_before_ms=not_before_ms,
            expires_ms=expires_ms,
            city=city.name,
            city_from=city.came_from,
            own=own,
            province=near,
        )
        task = Task(name, route, dict(reasons), at_ms, not_before_ms, expires_ms, beside, record)
        u.cleaning.task = task
        self.watched[row.number] = row
        u.cleaning.tasks.append(task)
        self.result.tasks.append(record)

    def end_task(
        self, u: Unique, state: str, at_ms: int, outcome: str = "", by: str = "", cost: float | None = None
    ) -> None:
        task = u.cleaning.task
        if task is None:
            return
        task.state, u.cleaning.task = state, None
        if state == DONE:
            u.cleaning.by = by
            task.said = f"{by} {outcome}"
        reasons = task.record.reasons | task.reasons.keys()
        record = task.record._replace(state=state, at_ms=at_ms, outcome=outcome, by=by, reasons=reasons, cost=cost)
        self.result.tasks.append(record)

    def due(self, u: Unique) -> int | None:
        task = u.cleaning.task
        return None if task is None or task.overdue else task.expires_ms

    def run_out(self, row: Row, u: Unique) -> None:
        """No verdict in time (ruling 24); the lead's conditions are judged at that instant."""
        task = u.cleaning.task
        assert task is not None
        due_ms = task.expires_ms
        if task.beside:
            self.end_task(u, TIMEOUT, due_ms)
        elif task.route == AI:
            self.end_task(u, TIMEOUT, due_ms)
            u.cleaning.ai_ran_out = True
            self.open_task(row, u, MANUAL, task.reasons, due_ms)
        elif not self.config.knows(*u.key):
            task.overdue = True
        else:
            self.end_task(u, TIMEOUT, due_ms)
            u.cleaning.by = TIMEOUT
        self.oracle.dispatcher.judge(row, due_ms)

    def next_run_out(self) -> tuple[int, Row] | None:
        """Whose task or longest hold runs out next, over all customers: an opening wants to know who waits for it by then."""
        self.watched |= self.oracle.dispatcher.gated_rows
        self.oracle.dispatcher.gated_rows.clear()
        for row in list(self.watched.values()):
            if all(self.due(u) is None and u.cleaning.gate_from_ms is None for u in row.leads.values()):
                del self.watched[row.number]
        due = [
            (due_ms, row.number, row)
            for row in self.watched.values()
            for u in row.leads.values()
            for due_ms in (self.due(u), self.oracle.dispatcher.gate_due(u))
            if u.state == "OPEN" and due_ms is not None
        ]
        first = min(due, key=lambda item: item[:2], default=None)
        return None if first is None else (first[0], first[2])
