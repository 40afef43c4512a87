"""A customer's row beyond its size: what it gives up first (ruling 48). A lead is never refused for its customer's size."""

from __future__ import annotations

from state import limits
from state.rows import customer_row, intention
from state.rows.customer_row import Customer


def giving_way(row: Customer) -> bytes:
    """A row beyond its limit: behaviours, intents, listed raw leads, kept events give way, in this order (ruling 48);
    then the replay memory."""
    if row.behaviours:
        row.behaviours = sorted(row.behaviours, key=lambda one: one.value)[-max(1, len(row.behaviours) // 4) :]
        value = customer_row.encode(row)
        if len(value) <= limits.ROW_BYTES:
            return value
    for step in range(3):
        for section in row.sections:
            for unique in (*section.head.uniques, *section.base.uniques):
                if step == 0:
                    unique.intents = unique.intents[-max(1, len(unique.intents) // 4) :]
                elif step == 1:
                    unique.raws = unique.raws[:1]
                    unique.days = unique.days[-4:]
                    unique.held = unique.held[-4:]
        if step == 2:
            for section in row.sections:
                if len(section.kept) > 8:
                    section.base, section.approximate = intention.copied(section.head), True
                    section.kept = []
            row.activities = row.activities[-16:]
        value = customer_row.encode(row)
        if len(value) <= limits.ROW_BYTES:
            return value
    # Last the replay memory, its oldest first: a repeat of what was forgotten is a new raw lead, which loses nothing.
    for most in (64, 16, 4):
        row.sources = row.sources[-most:]
        value = customer_row.encode(row)
        if len(value) <= limits.ROW_BYTES:
            return value
    return value  # more keys than fit: written as it is, since a lead is never refused for its customer's size
