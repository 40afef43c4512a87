"""The time-out of a cleaning task, and the end of a suspicion (rulings 40 and 59)."""

from __future__ import annotations

from typing import Final

from operators.base.kinds import Clock
from operators.base.rules import Rules
from operators.lead import life, records, tasks
from operators.lead.case import Case
from operators.lead.statuses import OPEN, WAITING
from operators.wire.streams import Why
from state.rows.intention import Unique
from state.rows.lead import Lead


def _due(lead: Lead, unique: Unique, rules: Rules) -> int:
    cleaning = lead.cleaning
    if cleaning is None:
        return 0
    ends = cleaning.suspect + 1 if cleaning.suspect else 0  # that instant itself still counts
    if ends and cleaning.expires:
        return min(ends, cleaning.expires)
    return ends or cleaning.expires


def _fire(case: Case) -> None:
    lead = case.lead
    cleaning = tasks.of(lead)
    if cleaning.suspect and cleaning.suspect < case.at:
        cleaning.suspect = 0
        case.why = Why("suspect_ends")
        records.state(case)
        return
    case.why = Why("cleaning_timeout", note="CLEANING_TIMEOUT")
    waits = bool(WAITING >> lead.status & 1)
    if tasks.timed_out(case) and waits:
        life.decide(case)
    if waits:
        records.state(case)


CLEANING_TIMEOUT: Final = Clock("cleaning_timeout", OPEN, _due, _fire)
