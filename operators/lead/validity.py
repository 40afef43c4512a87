"""The effective rate (有效率): which unique leads are valid, which invalid, as counts per channel and day (domain 2, ruling 45)."""

from __future__ import annotations

from operators.base import count_kinds
from operators.lead.case import Case
from state.rows.codes import INVALID
from state.rows.lead import Counted


def count(case: Case) -> None:
    """Count the lead where it stands now, and no longer where it stood: on the channel of its first touch and the day of its
    opening. Valid = found so by cleaning, or an effective follow-up; a folded lead counts nowhere."""
    unique, lead, desk = case.unique, case.lead, case.desk
    found: Counted | None = None
    if not lead.into and (unique.status == INVALID or unique.effective or lead.confirmed):
        found = Counted(unique.status != INVALID, desk.rules.local.day(unique.opened), unique.channel)
    before = lead.counted
    if found == before:
        return
    for counted, by in ((before, -1), (found, 1)):
        if counted is not None:
            place = count_kinds.VALID if counted.valid else count_kinds.INVALID
            desk.out.count(counted.day, desk.shadow, counted.channel, place, by)
    lead.counted = found
