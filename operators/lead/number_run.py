"""A lead that is found to be in a number run (后3位连号; rulings 28 and 62)."""

from __future__ import annotations

from operators.cleaning import facts
from operators.intention import risks
from operators.intention.merge import stands
from operators.lead import arising, care, life, records, tasks
from operators.lead.case import Case
from state.rows.story import InNumberRun


def joins(case: Case) -> bool:
    """By the raw lead that is being applied, before the lead is judged: one that waits gets an AI task; one that was
    dispatched gets it beside, and who has it hears of it. Whether the lead changed."""
    if not stands(case.unique, case.now):
        return False
    case.desk.story.append(InNumberRun(case.at, case.lead.n, case.raw.n if case.raw is not None else 0))
    against = risks.speaks_against(case.section, case.unique, "number_run")
    if against or not life.was_sent(case.lead):
        life.rescore(case)  # a task says the score at its opening
    changed = tasks.ask(case, facts.NUMBER_RUN) or against
    _tell(case)
    return changed


def told(case: Case) -> None:
    """By a raw lead of another number: judged at once."""
    if not stands(case.unique, case.now):
        return
    case.desk.story.append(InNumberRun(case.at, case.lead.n))
    changed = risks.speaks_against(case.section, case.unique, "number_run")
    if changed:
        life.rescore(case)
    changed = arising.arises(case, facts.NUMBER_RUN) or changed
    _tell(case)
    if changed:
        records.state(case)


def _tell(case: Case) -> None:
    if life.was_sent(case.lead):
        care.tell_owner(case, "FRAUD_SUSPECT", "number_run")
