"""Grades from the history of intents (rulings 12, 43, 61)."""

from __future__ import annotations

from typing import Any

from oracle_fold import DEDUPED, FIRST_TOUCH, MERGED
from oracle_rows import Row, Unique

BY_DAYS = ((7, "H"), (15, "A"), (30, "B"))
BY_LEVEL = {"HIGH": "A", "NORMAL": "B", "LOW": "C"}
LEVELS = ("LOW", "NORMAL", "HIGH")


def history(row: Row, u: Unique) -> list[dict[str, Any]]:
    """The entries by time: those of FIRST_TOUCH and MERGED raw leads and of verdicts; a deduped raw lead raises the level of
    the latest one of its day."""
    said: list[tuple[Any, str, str, dict[str, Any]]] = []
    for r, mark in u.lead.marks:
        if mark in (FIRST_TOUCH, MERGED) or (mark == DEDUPED and r.ref not in u.lead.brought):
            said.append(((r.t_ms, 0, *r.order), r.day, mark, row.source_of[r.ref].fields.get("intent") or {}))
    said += [((i.t_ms, 1, n), i.day, "", i.fields) for n, i in enumerate(u.cleaning.intents)]
    entries: list[tuple[str, dict[str, Any]]] = []
    for _, day, mark, fields in sorted(said, key=lambda item: item[0]):
        if mark != DEDUPED:
            entries.append((day, dict(fields)))
            continue
        entry: dict[str, Any] = next((its for its_day, its in reversed(entries) if its_day == day), {})
        raised = fields.get("level")
        if raised and LEVELS.index(raised) > LEVELS.index(entry.get("level", "LOW")):
            entry["level"] = raised
    return [its for _, its in entries]


def grade(row: Row, u: Unique) -> str:
    """By the latest days to buy, else by the latest level, else C; from the order on that of the order."""
    if u.cleaning.kept_grade:
        return u.cleaning.kept_grade
    entries = history(row, u)
    days = next((e["days_to_buy"] for e in reversed(entries) if e.get("days_to_buy") is not None), None)
    if days is not None:
        return next((name for most, name in BY_DAYS if float(days) <= most), "C")
    level = next((e["level"] for e in reversed(entries) if e.get("level")), "LOW")
    return BY_LEVEL.get(str(level).upper(), "C")
