"""What a lead waits for, in words: why it is held, and what would end each condition (domain 10; rulings 14, 29, 38, 43)."""

from __future__ import annotations

from typing import Final

from operators.base.calendar import LocalTime
from operators.base.rules import Rules
from operators.dispatch import holds
from state.rows.customer_row import Section
from state.rows.intention import Unique
from state.rows.lead import Lead

WAITS: Final = {
    "STORE_MISSING": "no store is known yet",
    "STORE_UNKNOWN": "the registry does not name store {store} for line {line}",
    "CLEANING": "it is being cleaned (清洗)",
    "CONSENT": "the customer's consent is missing",
    "FIELDS": "a field that a dispatch needs is missing",
    "SCORE": "its score is below the gate",
    "HOURS": "store {store} is closed until {until}",
    "RATE": "its place in the opening release of store {store} is at {until}",
    "SHADOW": "it belongs to a test channel or is a test lead, which are never sent",
}
"""Condition → why it holds the lead."""
ENDS: Final = {
    "STORE_MISSING": "a store for it: a verdict, or the lead sent again with its store",
    "STORE_UNKNOWN": "store {store} in [stores] with line {line}, or another store for it",
    "CLEANING": "the verdict of its cleaning task (清洗)",
    "CONSENT": "the customer's consent",
    "FIELDS": "{fields}",
    "SCORE": "a score at the gate, now {score}",
    "HOURS": "store {store} opens",
    "RATE": "its place in the opening release of store {store}",
    "SHADOW": "nothing: test leads are never sent",
}
"""Condition → what would end it."""
_TIMED: Final = frozenset({"CLEANING", "SCORE", "HOURS", "RATE"})
"""Conditions that also end by themselves, at `until`."""


def minute(local: LocalTime, at: int) -> str:
    """An instant as people write it: local date and time to the minute, the rest where it has any."""
    text = local.text(at)[:23].replace("T", " ")
    return text.removesuffix(".000").removesuffix(":00")


def reasons(section: Section, unique: Unique | None, lead: Lead, rules: Rules, until: str | None) -> list[str]:
    """Why each condition holds it, in the same order; `until` = the end as it is to be written, None where it is not known."""
    missing = [] if unique is None else holds.missing_fields(unique, section.line, rules)
    places = {"store": section.store, "line": section.line, "until": until or "a time not known"}
    return [
        WAITS[code].format(**places) + (f" ({', '.join(missing)})" if code == "FIELDS" and missing else "")
        for code in holds.codes(lead.conditions)
    ]


def ends(section: Section, unique: Unique | None, lead: Lead, rules: Rules, local: LocalTime) -> list[str]:
    """What would end each condition, in the order of `holds.codes`."""
    missing = [] if unique is None else holds.missing_fields(unique, section.line, rules)
    places = {
        "store": section.store,
        "line": section.line,
        "score": lead.score,
        "fields": f"field {', '.join(missing)}"
        if missing
        else "a field that the run's configuration requires (--config)",
    }
    until = f" on {minute(local, lead.until)}" if lead.until else ""
    return [
        ENDS[code].format(**places)
        + (
            ""
            if not until or code not in _TIMED
            else f"{', at the latest' if code in ('CLEANING', 'SCORE') else ''}{until}"
        )
        for code in holds.codes(lead.conditions)
    ]
