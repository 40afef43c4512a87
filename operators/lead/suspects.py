"""A lead that is found to be in a number run (后3位连号; rulings 28 and 62)."""

from __future__ import annotations

from operators.lead import care, life, records
from operators.lead.case import Case


def joins(case: Case) -> None:
    """By the raw lead that is being applied, before the lead is judged: one that waits gets an AI task, one that was
    dispatched gets it beside, and who has it hears of it."""
    _to_cleaning(case)
    if life.was_sent(case.lead):
        care.tell_owner(case, "FRAUD_SUSPECT", "number_run")


def told(case: Case) -> None:
    """By a raw lead of another number: a record of its own."""
    before = (case.lead.status, case.lead.conditions, case.lead.until)
    joins(case)
    if life.is_waiting(case.lead):
        life.decide(case)
    if before != (case.lead.status, case.lead.conditions, case.lead.until):
        records.state(case)


def _to_cleaning(case: Case) -> None:
    """The fact NUMBER_RUN arises (ruling 58)."""
