"""A case: one unique lead on the desk, with all that its rules look at, bound once."""

from __future__ import annotations

from operators.base.desk import Desk
from operators.wire.streams import Why
from state.rows.customer_row import Section
from state.rows.intention import Raw, Unique
from state.rows.lead import Lead


class Case:
    """`now` = the clock after what is being applied; `at` = the logical time of what that emits (ruling 21)."""

    __slots__ = ("at", "desk", "lead", "now", "raw", "section", "unique", "why")

    def __init__(
        self,
        desk: Desk,
        section: Section,
        unique: Unique,
        lead: Lead,
        now: int,
        why: Why,
        at: int | None = None,
        raw: Raw | None = None,
    ) -> None:
        self.desk = desk
        self.section = section
        self.unique = unique
        """The intention, as the fold sees it."""
        self.lead = lead
        """What was done about it."""
        self.now = now
        self.at = now if at is None else at
        self.why = why
        self.raw = raw
        """The raw lead that is being applied; None where something else is."""


def lead_of(section: Section, n: int) -> Lead | None:
    """What was done about unique lead n at this key."""
    leads = section.leads
    for place in range(len(leads) - 1, -1, -1):
        if leads[place].n == n:
            return leads[place]
    return None


def lead_for(section: Section, unique: Unique) -> Lead:
    """The same, made when the unique lead is new."""
    lead = lead_of(section, unique.n)
    if lead is None:
        lead = Lead(unique.n)
        section.leads.append(lead)
    return lead


def unique_of(section: Section, n: int) -> Unique | None:
    """The intention of unique lead n at this key."""
    uniques = section.head.uniques
    for place in range(len(uniques) - 1, -1, -1):
        if uniques[place].n == n:
            return uniques[place]
    return None


def pointers_to(section: Section, n: int) -> list[Lead]:
    """The folded leads of the key that point, over one another, to unique lead n: they go where it goes."""
    reached = {n}
    while more := {lead.n for lead in section.leads if lead.into in reached} - reached:
        reached |= more
    return [lead for lead in section.leads if lead.n in reached and lead.n != n]
