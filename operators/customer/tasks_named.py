"""Which unique lead a verdict speaks of: by its task, by its id, or by contact, store and line (rulings 17, 24 and 61)."""

from __future__ import annotations

from operators.base.desk import Desk
from operators.base.outputs import text_of
from operators.intention.merge import stands
from operators.lead.case import lead_of, unique_of
from operators.wire.arrival import Arrival
from operators.wire.records import VerdictRecord
from state.rows.cleaning import Cleaning
from state.rows.customer_row import Section
from state.rows.intention import Unique
from state.rows.lead import Lead


class Named:
    """The lead, and the number of the task that the verdict names, 0 = none."""

    __slots__ = ("lead", "section", "task", "unique")

    def __init__(self, section: Section, unique: Unique, lead: Lead, task: int) -> None:
        self.section = section
        self.unique = unique
        self.lead = lead
        self.task = task


def find(desk: Desk, arrival: Arrival, record: VerdictRecord) -> Named | str:
    """The lead, or the code of the reject. An id is not followed over a folding: what names a folded lead is TASK_CLOSED."""
    line = text_of(record.line)
    if record.task_id:
        found = _by_task(desk, record.task_id)
    elif record.unique_id:
        found = _by_id(desk, record.unique_id)
    else:
        return _by_key(desk, arrival, record, line or "main")
    if isinstance(found, Named):
        # Given and contradicting (ruling 17).
        if record.task_id and record.unique_id and record.unique_id != desk.unique_id(found.lead.n):
            return "NO_TASK"
        if line and line != found.section.line:
            return "NO_LEAD"
    return found


def _number(desk: Desk, identifier: str, letter: str) -> int:
    """The number in an id of this customer; 0 where it is none."""
    head = desk.prefix + letter
    tail = identifier[len(head) :]
    if not identifier.startswith(head) or not (tail.isdigit() and tail.isascii()) or len(tail) > 9 or tail[0] == "0":
        return 0
    return int(tail)


def _by_task(desk: Desk, task_id: str) -> Named | str:
    number = _number(desk, task_id, "t")
    if not 0 < number <= desk.row.tasks:
        return "NO_TASK"
    for section in desk.row.sections:
        for lead in section.leads:
            if lead.cleaning is not None and _had(lead.cleaning, number):
                return _named(section, lead, number) or "TASK_CLOSED"
    return "TASK_CLOSED"  # its lead is deleted, or had many since


def _had(cleaning: Cleaning, number: int) -> bool:
    return cleaning.number == number or any(past.number == number for past in cleaning.past)


def _by_id(desk: Desk, unique_id: str) -> Named | str:
    number = _number(desk, unique_id, "u")
    for section in desk.row.sections:
        lead = lead_of(section, number)
        if lead is not None:
            return _named(section, lead, 0) or "TASK_CLOSED"
    return "NO_LEAD"


def _named(section: Section, lead: Lead, task: int) -> Named | None:
    unique = unique_of(section, lead.n)
    return None if unique is None else Named(section, unique, lead, task)


def _by_key(desk: Desk, arrival: Arrival, record: VerdictRecord, line: str) -> Named | str:
    """The key is that of the store, else the one without; a chosen store is the answer to one that has none, or none that is
    known. Within it the lead that stands open, else the latest. INVALID says nothing of a store: where there was a lead it
    speaks of that one, closed or not, and of no other (rulings 17 and 61)."""
    store = arrival.stores[0] if arrival.stores else ""
    chosen = record.outcome == "STORE_CHOSEN"
    of_line = [section for section in desk.row.sections if section.line == line and section.head.uniques]
    own = [section for section in of_line if section.store == store]
    none = [section for section in of_line if not section.store]
    unknown = [s for s in of_line if s.store and desk.rules.store_of(s.store, line) is None]
    places = [*none, *unknown, *own] if chosen else own if own and record.outcome == "INVALID" else [*own, *none]
    open_first = [section for section in places if any(stands(u, arrival.now) for u in section.head.uniques)]
    for section in open_first or places:
        uniques = section.head.uniques
        unique = next((u for u in reversed(uniques) if stands(u, arrival.now)), uniques[-1])
        lead = lead_of(section, unique.n)
        if lead is not None:
            return Named(section, unique, lead, 0)
    return "NO_LEAD"
