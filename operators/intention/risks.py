"""What comes to speak against a lead's number after its raw leads were accepted (domain 9): kept so that every fold repeats it."""

from __future__ import annotations

from operators.intention.attributes import RISK
from state.rows.customer_row import Section
from state.rows.intention import Answer, Raw, Unique


def speaks_against(section: Section, unique: Unique, risk: str) -> bool:
    """Say of a unique lead that this risk (a key of `RISK`) speaks against it: now, and in whatever is folded again.

    False where it is known already. Who calls it scores the lead again: `life.rescore`.
    """
    bit = RISK[risk]
    if unique.facts & bit:
        return False
    unique.facts |= bit
    for held in section.base.uniques:
        if held.n == unique.n:
            held.facts |= bit
    for event in section.kept:
        if isinstance(event, Raw):
            if event.u == unique.n:
                event.facts |= bit
        elif isinstance(event, Answer):
            if event.lead.n == unique.n:
                event.lead.facts |= bit
            for raw in event.raws:
                if raw.u == unique.n:
                    raw.facts |= bit
    return True
