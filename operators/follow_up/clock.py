"""The follow-up clock (rulings 25 and 63): 24 hours from the grant to the first follow-up, then 15 days without one.

It runs only while the lead has an owner. A MERGED raw lead restarts nothing.
"""

from __future__ import annotations

from typing import Final

from operators.base.kinds import Clock
from operators.base.rules import Rules
from operators.lead import care
from operators.lead.case import Case
from operators.lead.statuses import OWNED
from state.rows.intention import Unique
from state.rows.lead import Lead


def _due(lead: Lead, unique: Unique, rules: Rules) -> int:
    owned = care.of(lead)
    if owned.ask is not None and owned.ask.command_id:
        return 0  # it waits for the answer to a command's ask (ruling 66)
    if not owned.number:
        return owned.granted_at + rules.first_ms
    return max(owned.granted_at, owned.last_at) + rules.recycle_ms


def _fire(case: Case) -> None:
    """The lead is taken back and goes into the public pool."""
    reason = "IDLE" if care.of(case.lead).number else "FIRST_FOLLOW_UP"
    care.recycle(case, reason, case.at)


FOLLOW_UP: Final = Clock("follow_up", OWNED, _due, _fire)
