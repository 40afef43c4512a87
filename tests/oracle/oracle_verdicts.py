"""Verdicts: addressed, judged against the task, applied once (rulings 17, 24, 38, 40, 59, 61)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from oracle_cleaned import AI, DONE, MANUAL, STORE_REASONS, Intent, Task, Verdict
from oracle_config import HOUR_MS
from oracle_fields_cleaning import AI_DONE, AI_INVALID, AI_PASSES_ON
from oracle_fold import ActIn, fold
from oracle_reading import Event
from oracle_rows import Row, Unique

if TYPE_CHECKING:
    from oracle_model import Oracle

SUSPECT_MS = 72 * HOUR_MS
NO_TASK, TASK_CLOSED, NO_LEAD = "NO_TASK", "TASK_CLOSED", "NO_LEAD"
YES = ("HIGH", "NORMAL", "INTENT", "STORE_CHOSEN")


class Verdicts:
    def __init__(self, oracle: Oracle) -> None:
        self.oracle, self.result, self.cleaning = oracle, oracle.result, oracle.cleaning

    def came(self, row: Row, event: Event) -> None:
        store = event.fields.pop("as_said", None) or event.fields["store"]  # before a store exit made another of it
        said = json.dumps(
            {**event.fields, "store": store, "event_time": event.submitted_ms}, sort_keys=True, default=str
        )
        if any(v.said == said for u in row.leads.values() for v in u.cleaning.verdicts):
            self.result.replays[event.source, event.number] = ()
            return
        found = self.addressed(row, event)
        if not isinstance(found, str) and self.ended_so(*found, event):
            self.result.replays[event.source, event.number] = ()
            return
        refused = found if isinstance(found, str) else self.judge(row, *found, event)
        if not refused and not isinstance(found, str):
            found[0].cleaning.verdicts.append(Verdict(said, event.now_ms))
        elif refused:
            self.oracle.refuse(event.source, event.number, [refused])

    @staticmethod
    def ended_so(u: Unique, named: Task | None, event: Event) -> bool:
        """Whether this outcome ended the task that is named, or, where none is open, the last one of this opening."""
        said = f"{event.fields['by']} {event.fields['outcome']}"
        if named is not None:
            anew = event.fields["outcome"] == "INVALID" and u.state == "OPEN"
            return named.said == said and not (anew and named in u.cleaning.tasks[: u.cleaning.before])
        of_opening = u.cleaning.tasks[u.cleaning.before :]
        return u.cleaning.task is None and bool(of_opening) and of_opening[-1].said == said

    # -- whose -------------------------------------------------------------------------------------------------------

    def addressed(self, row: Row, event: Event) -> tuple[Unique, Task | None] | str:
        """The lead, and the task named by its id; the code where there is none."""
        fields = event.fields
        u = None
        by_address = "phone" in fields or "landline" in fields
        if fields.get("unique_id"):
            u = next((u for u in row.leads.values() if u.name == fields["unique_id"]), None)
        elif by_address:
            u = self.at_key(row, event)
        if fields.get("task_id"):
            of_task = [
                (v, task) for v in row.leads.values() for task in v.cleaning.tasks if task.name == fields["task_id"]
            ]
            head, _, number = fields["task_id"].rpartition("/t")
            if not of_task and head == row.customer and row.tasks_before < int(number or 0) <= row.tasks:
                return TASK_CLOSED  # of a lead that is deleted
            if not of_task or (u is not None and of_task[0][0] is not u):
                return NO_TASK
            return of_task[0]
        return (u, None) if u is not None else NO_LEAD

    def at_key(self, row: Row, event: Event) -> Unique | None:
        """No store = the PENDING key. A store named is the address where a lead stands; STORE_CHOSEN, or where none does, it is
        the answer to the PENDING lead, STORE_CHOSEN to one whose store nobody knows too. Where none stands open: the first."""
        store, line = event.fields["store"], event.fields["line"] or "main"
        keys: list[tuple[str | None, str]] = [(store, line), (None, line)] if store else [(None, line)]
        if event.fields["outcome"] == "INVALID" and any(u.key == keys[0] and not u.folded for u in row.leads.values()):
            keys = keys[:1]  # it answers no store: it speaks of the lead that stood there
        if event.fields["outcome"] == "STORE_CHOSEN":
            keys.reverse()
            unknown = [key for key in row.keys if key[0] and key[1] == line and not self.oracle.config.knows(*key)]
            keys[1:1] = [key for key in unknown if key not in keys]
        latest = []
        for key in keys:
            there = [u for u in row.leads.values() if u.key == key and not u.folded]
            if there:
                latest.append(max(there, key=lambda u: (u.state == "OPEN", u.lead.counts_from_ms, u.lead.first.order)))
        return next((u for u in latest if u.state == "OPEN"), latest[0] if latest else None)

    # -- may it ------------------------------------------------------------------------------------------------------

    def judge(self, row: Row, u: Unique, named: Task | None, event: Event) -> str | None:
        by, outcome = event.fields["by"], event.fields["outcome"]
        if u.state != "OPEN":
            return TASK_CLOSED
        if by == "BIGDATA":
            self.suspected(row, u, event.t_ms, event.now_ms)
        elif outcome == "INVALID":
            if not self.close(row, u, event, "INVALID"):
                return NO_LEAD
        elif by in ("DCC", "ADVISOR"):
            if named is not None and named is not u.cleaning.task:
                return TASK_CLOSED
            self.apply(row, u, event, self.effective(u, None, event))
        else:
            refused = self.of_task(row, u, named, event)
            if refused:
                return refused
        return None

    def of_task(self, row: Row, u: Unique, named: Task | None, event: Event) -> str | None:
        """AI and MANUAL speak of a task: AI of one of its own, MANUAL of either."""
        by, outcome = event.fields["by"], event.fields["outcome"]
        task = u.cleaning.task
        if named is not None and named.state != "OPEN" and not (by == AI and named.route == AI):
            return TASK_CLOSED
        if task is None:
            return TASK_CLOSED if u.cleaning.tasks else NO_TASK
        if by == AI and (task.route != AI or (named is not None and named is not task)):
            earlier = named if named is not None else self.last_ai(u)
            if earlier is None:
                return TASK_CLOSED
            late = earlier.state == "TIMEOUT" and task.route == MANUAL and u.cleaning.ai_ran_out
            if not (late and earlier is self.last_ai(u) and outcome in AI_INVALID):
                return TASK_CLOSED
        if by == AI and outcome in AI_INVALID:
            return None if self.close(row, u, event, outcome) else NO_LEAD
        at_ms = self.effective(u, task, event)
        self.cleaning.end_task(u, DONE, event.now_ms, outcome, by, self.cost(event))
        self.apply(row, u, event, at_ms)
        if u.folded or u.state != "OPEN":
            return None
        u.cleaning.settled = u.cleaning.settled or outcome in YES
        if task.beside:
            return None
        if outcome in AI_PASSES_ON:
            if u.cleaning.task is None:
                known = self.oracle.config.knows(*u.key)
                left = {code: asks for code, asks in task.reasons.items() if not known or code not in STORE_REASONS}
                self.cleaning.open_task(row, u, MANUAL, left, event.now_ms)
        elif outcome in YES:
            u.cleaning.high = u.cleaning.high or outcome == "HIGH"
            if u.cleaning.task is None:
                self.ask_store_again(row, u, event.now_ms)
        return None

    @staticmethod
    def last_ai(u: Unique) -> Task | None:
        return next((task for task in reversed(u.cleaning.tasks) if task.route == AI), None)

    def ask_store_again(self, row: Row, u: Unique, now_ms: int) -> None:
        """Done with the store still missing or unknown: a manual task (rulings 24, 58)."""
        if not self.oracle.config.knows(*u.key):
            facts = self.cleaning.rules.facts(row, u, now_ms, "")
            asks = dict.fromkeys((code for code in facts if code in STORE_REASONS), MANUAL)
            self.cleaning.open_task(row, u, MANUAL, asks, now_ms)

    def effective(self, u: Unique, task: Task | None, event: Event) -> int:
        """Its event time; the clock where it ends a task and lies before that task's opening, or before the lead's, or beyond
        the lateness."""
        old = event.t_ms < event.now_ms - self.oracle.config.fold_late_ms
        before = event.t_ms < (u.lead.counts_from_ms if task is None else max(task.opened_ms, u.lead.counts_from_ms))
        return event.now_ms if old or before else event.t_ms

    def cost(self, event: Event) -> float | None:
        """Yuan: what the verdict says, else what `cleaning.cost` says of AI and MANUAL."""
        given = event.fields.get("cost", self.cleaning.rules.cost.get(event.fields["by"]))
        return None if given is None else float(given)

    # -- what it does --------------------------------------------------------------------------------------------------

    def close(self, row: Row, u: Unique, event: Event, outcome: str) -> bool:
        """INVALID stands in the fold (ruling 61). False where it finds no lead there."""
        oracle, task = self.oracle, u.cleaning.task
        at_ms = self.effective(u, task, event)
        old = at_ms < event.now_ms - oracle.config.fold_late_ms
        act = ActIn("", "INVALID", at_ms, oracle.arrivals, event.now_ms if old else None, verdict=True)
        events = row.keys[u.key]
        tried = fold(events.raws, [*events.acts, act], events.answers, oracle.rules, events.moved)
        if tried.outcome[act] == "NO_LEAD":
            return False
        self.cleaning.end_task(u, DONE, event.now_ms, outcome, event.fields["by"], self.cost(event))
        u.cleaning.by = event.fields["by"]
        events.acts.append(act)
        oracle.settle(row, u.key, event.now_ms)
        return True

    def apply(self, row: Row, u: Unique, event: Event, at_ms: int) -> None:
        """The store first, then intent and consent."""
        fields, oracle = event.fields, self.oracle
        by, outcome = fields["by"], fields["outcome"]
        if by in (AI, MANUAL) and outcome in YES:
            row.yes_ms.append(at_ms)
        survivor = u
        if not oracle.config.knows(*u.key) and fields["store"] and fields["store"] != u.key[0]:
            oracle.answer(row, u, fields["store"], event.now_ms)
            if u.folded:
                survivor = row.leads[row.placed[u.first].lead_id]
        intent = fields.get("intent")
        level = {"HIGH": "HIGH", "NORMAL": "NORMAL", "STORE_CHOSEN": "NORMAL" if by == MANUAL else ""}.get(outcome)
        if not intent and level:
            intent = {"level": level}
        if intent:
            survivor.cleaning.intents.append(Intent(at_ms, self.oracle.config.local_day(at_ms), intent))

    def suspected(self, row: Row, u: Unique, t_ms: int, now_ms: int) -> None:
        """Ruling 40; one whose 72 hours are over asks for nothing."""
        stood = (u.cleaning.suspect_until_ms or 0) >= now_ms
        u.cleaning.suspect_until_ms = max(t_ms + SUSPECT_MS, u.cleaning.suspect_until_ms or 0)
        if t_ms + SUSPECT_MS < now_ms:
            return
        self.cleaning.arises(row, u, "SUSPECT", now_ms)
        if u.dispatched and not stood:
            self.result.suspects.append((u.first, now_ms))


__all__ = ["AI_DONE", "Verdicts"]
