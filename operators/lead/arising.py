"""Facts that arise while a unique lead is open (ruling 58): number runs (62) and SUSPECT (40) call this."""

from __future__ import annotations

from operators.cleaning import facts
from operators.lead import care, life, tasks
from operators.lead.case import Case
from operators.lead.statuses import WAITING


def arises(case: Case, fact: int) -> bool:
    """A fact of `operators.cleaning.facts` that may arise, at an open lead; `case.at` = when its task would open.

    One not yet dispatched gets its task, or the open one this further reason, and waits with CLEANING. One dispatched gets
    the robot's task beside, where the fact's line of the table says so, and nothing else of it changes. A fact that asked
    before, and asks not again, changes nothing; nor does any in the shadow realm or with `cleaning.enabled = false`.

    Returns whether something changed: then the caller writes the one `unique_leads` record of what it applies.
    """
    if not tasks.ask(case, fact):
        return False
    if WAITING >> case.lead.status & 1:
        life.decide(case)
    return True


def suspected(case: Case, t: int) -> None:
    """BIGDATA calls the lead invalid at event time `t` (ruling 40): SUSPECT for 72 hours from then, and a task for the robot; of
    one dispatched its owner hears too, once as long as the suspicion stands. One whose hours are over asks for nothing. The
    caller writes the record."""
    until = min(t, case.now) + facts.SUSPECT_MS
    if until < case.now:
        return
    cleaning = tasks.of(case.lead)
    stood = cleaning.suspect >= case.now
    cleaning.suspect = max(until, cleaning.suspect)
    arises(case, facts.SUSPECT)
    if not stood and not WAITING >> case.lead.status & 1:
        care.tell_owner(case, "FRAUD_SUSPECT", "suspect")
