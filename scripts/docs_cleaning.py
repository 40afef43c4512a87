"""The tables of cleaning that the code decides by, for docs/cleaning.md."""

from __future__ import annotations

from typing import Final

from operators.base.verdict_kinds import ENDS, INVALID, SAYS, SUSPECT, TO_PEOPLE, VERDICTS
from operators.cleaning.facts import FACTS
from operators.intention.attributes import LEVEL_NAMES
from scripts import docs_tables as tables
from state.rows.codes import ROUTES

_EFFECTS: Final = {
    ENDS: "the task is done, and with it the cleaning; with the store still missing people get one more",
    TO_PEOPLE: "the task is done, and people get one",
    INVALID: "the lead is `INVALID`, an open task is done",
    SAYS: "it says what the customer wants, and ends no task",
    SUSPECT: "the lead is `SUSPECT` for 72 hours, and the robot gets a task",
}


def facts_part() -> str:
    """Every fact with its route."""
    rows = [
        (
            tables.code(fact.code),
            ROUTES[fact.route],
            fact.looks_at,
            tables.yes(fact.arises),
            tables.yes(fact.again),
            tables.yes(fact.beside),
        )
        for fact in FACTS
    ]
    heads = ("fact", "route", "holds when", "may arise later", "asks after any verdict", "beside a dispatched lead")
    return "\n" + tables.table(heads, rows) + "\n"


def verdicts_part() -> str:
    """Every verdict with what follows."""
    rows = [
        (
            tables.code(kind.by),
            tables.code(kind.outcome),
            _EFFECTS[kind.effect],
            tables.yes(kind.consents),
            LEVEL_NAMES[kind.level],
            tables.yes(kind.needs_task),
        )
        for kind in VERDICTS
    ]
    heads = ("by", "outcome", "what follows", "counts as consent", "level where it gives none", "needs an open task")
    return "\n" + tables.table(heads, rows) + "\n"
