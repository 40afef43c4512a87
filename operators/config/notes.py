"""What an operator should know of a configuration that has no faults: keys without effect yet, tables that surprise."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from operators.config.positions import written
from operators.config.tables import Tables

LATER: Final = ("nurture",)
"""Tables of layers that this version does not apply; every value is checked all the same."""
LATER_KEYS: Final = (
    ("cleaning", "number_run"),
    ("score", "gate_hold_hours"),
    ("follow_up", "reminder_minutes"),
    ("follow_up", "reminders"),
    ("follow_up", "reminders_always"),
)
LATER_NAMED: Final = (("stores", "gate_consent"),)
"""Keys of channels and stores that only such layers read."""


def notes_of(own: dict[str, Any], tables: Tables) -> list[str]:
    """Whole sentences, in the order of the tables; `own` = what the file itself says (a profile gives no notes)."""
    return [*_not_applied(own, tables), *_surprising(own, tables)]


def _not_applied(own: dict[str, Any], tables: Tables) -> Iterator[str]:
    default = Tables()
    keys = [(table, key) for table in LATER for key in (own.get(table) or {})]
    keys += [(table, key) for table, key in LATER_KEYS if key in (own.get(table) or {})]
    for table, key in keys:
        if getattr(getattr(tables, table), key) != getattr(getattr(default, table), key):
            yield f"{table}.{key} is known and was checked, but this version does not apply it yet."
    for table, key in LATER_NAMED:
        rows = getattr(tables, table) or {}
        setting = [name for name in (own.get(table) or {}) if getattr(rows[name], key)]
        if setting:
            more = f" and {len(setting) - 1} more" if len(setting) > 1 else ""
            where = written((table, setting[0], key))
            verbs = ("are", "were", "them") if more else ("is", "was", "it")
            yield "{}{} {} known and {} checked, but this version does not apply {} yet.".format(where, more, *verbs)


def _surprising(own: dict[str, Any], tables: Tables) -> Iterator[str]:
    if not tables.channels:
        yield "[channels] names no channel, so every lead is rejected with UNKNOWN_CHANNEL."
    if tables.lines is not None and "main" not in tables.lines:
        yield (
            "[lines] does not name main, the line of a lead that gives none, "
            "so such leads are rejected with UNKNOWN_LINE."
        )
    if tables.stores is not None and not tables.stores:
        yield "[stores] names no store, so every lead with a store waits with STORE_UNKNOWN."
    used = {tables.cleaning.calendar}
    for name, store in (tables.stores or {}).items():
        used.add(store.calendar or (name if name in tables.calendars else store.city))
    for name in own.get("calendars") or {}:
        if name not in used:
            yield f"{written(('calendars', name))} is the calendar of no store of [stores] and not of [cleaning], so it has no effect."
