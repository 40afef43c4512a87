"""Naming a unique lead from outside: by its id, or by store and line (rulings 17 and 26)."""

from __future__ import annotations

from operators.base.desk import Desk
from operators.intention.merge import stands
from operators.lead.case import lead_of, unique_of
from operators.wire.arrival import Arrival
from state import limits
from state.rows.customer_row import Section
from state.rows.intention import Unique
from state.rows.lead import Lead


def named(desk: Desk, unique_id: str) -> tuple[Section, int] | None:
    """The key of a unique lead by its id; folded ids follow their pointer (ruling 26)."""
    if not unique_id.startswith(desk.prefix + "u"):
        return None
    tail = unique_id[len(desk.prefix) + 1 :]
    if not (tail.isdigit() and tail.isascii()) or len(tail) > 9 or tail[0] == "0":
        return None
    n = int(tail)
    for _ in range(limits.FOLDED_POINTERS):
        for section in desk.row.sections:
            lead = lead_of(section, n)
            if lead is not None:
                if not lead.into:
                    return section, n
                n = lead.into
                break
        else:
            return None
    return None


def standing(desk: Desk, arrival: Arrival, unique_id: str | None, line: str) -> tuple[Section, Unique, Lead] | None:
    """The lead that a command speaks of: that of the id, else the one that stands open at the key, else the latest there.
    Given and contradicting: none (ruling 17)."""
    store = arrival.stores[0] if arrival.stores else ""
    if unique_id:
        found = named(desk, unique_id)
        if found is None or (line and line != found[0].line) or (store and store != desk.rules.alias(found[0].store)):
            return None
        return _entry(found[0], found[1])
    for section in desk.row.sections:
        if section.store == store and section.line == (line or "main") and section.head.uniques:
            uniques = section.head.uniques
            here = next((u for u in reversed(uniques) if stands(u, arrival.now)), uniques[-1])
            return _entry(section, here.n)
    return None


def _entry(section: Section, n: int) -> tuple[Section, Unique, Lead] | None:
    unique, lead = unique_of(section, n), lead_of(section, n)
    return None if unique is None or lead is None else (section, unique, lead)
