"""A lead that is found to be in a number run (后3位连号; rulings 28 and 62)."""

from __future__ import annotations

from operators.intention.merge import stands
from operators.lead import care, life, records
from operators.lead.case import Case


def joins(case: Case) -> bool:
    """By the raw lead that is being applied, before the lead is judged: one that waits gets an AI task; one that was
    dispatched gets it beside, and who has it hears of it. Whether the lead changed."""
    if not life.was_sent(case.lead):
        life.rescore(case)  # a task says the score at its opening
    return _suspected(case)


def told(case: Case) -> None:
    """By a raw lead of another number."""
    if _suspected(case):
        records.state(case)


def _suspected(case: Case) -> bool:
    if not stands(case.unique, case.now):
        return False
    changed = _to_cleaning(case)
    if life.was_sent(case.lead):
        care.tell_owner(case, "FRAUD_SUSPECT", "number_run")
    return changed


def _to_cleaning(case: Case) -> bool:
    """The fact NUMBER_RUN arises at the lead (ruling 58). Whether that changed it."""
    return False
