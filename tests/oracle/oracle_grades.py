"""Grades from the history of intents (rulings 12, 43, 61)."""

from __future__ import annotations

from typing import Any

from oracle_fold import DEDUPED, FIRST_TOUCH, MERGED
from oracle_rows import Row, Unique

BY_DAYS = ((7, "H"), (15, "A"), (30, "B"))
BY_LEVEL = {"HIGH": "A", "NORMAL": "B", "LOW": "C"}
LEVELS = ("LOW", "NORMAL", "HIGH")


def history(row: Row, u: Unique) -> list[tuple[Any, dict[str, Any]]]:
    """The entries by time: those of FIRST_TOUCH and MERGED raw leads, their level raised by a deduped one of the day, and
    those of verdicts."""
    entries: list[tuple[Any, dict[str, Any]]] = []
    for r, mark in u.lead.marks:
        if mark in (FIRST_TOUCH, MERGED):
            entry = dict(row.source_of[r.ref].fields.get("intent") or {})
            for other, its_mark in u.lead.marks:
                if its_mark == DEDUPED and other.day == r.day and other.ref not in u.lead.brought:
                    raised = (row.source_of[other.ref].fields.get("intent") or {}).get("level")
                    if raised and LEVELS.index(raised) > LEVELS.index(entry.get("level", "LOW")):
                        entry["level"] = raised
            entries.append(((r.t_ms, 0, *r.order), entry))
    entries += [((intent.t_ms, 1, n), intent.fields) for n, intent in enumerate(u.cleaning.intents)]
    return sorted(entries, key=lambda item: item[0])


def grade(row: Row, u: Unique) -> str:
    """By the latest days to buy, else by the latest level, else C."""
    entries = [fields for _, fields in history(row, u)]
    days = next((e["days_to_buy"] for e in reversed(entries) if e.get("days_to_buy") is not None), None)
    if days is not None:
        return next((name for most, name in BY_DAYS if float(days) <= most), "C")
    level = next((e["level"] for e in reversed(entries) if e.get("level")), "LOW")
    return BY_LEVEL.get(str(level).upper(), "C")
