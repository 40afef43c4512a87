"""A source key that comes again: an exact repeat, or an enrichment of the raw lead it names (rulings 11, 57)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from oracle_reading import Event
from oracle_rows import Row, Source, Unique

if TYPE_CHECKING:
    from oracle_model import Oracle

NEVER_CHANGE = ("phone", "landline", "line", "origin")
NOT_COMPARED = ("channel", "account", "source_lead_id", "event_time", "source_time", "ingest_time", "store", "stores")
DEFAULTS = {"test": False, "origin": "market"}


def enrich(oracle: Oracle, row: Row, source: Source, event: Event) -> tuple[str, ...]:
    """Apply the repeat; returns the names of the fields that differ, () for an exact repeat."""
    changed = set()
    older = source.source_ms is not None and event.source_ms is not None and event.source_ms < source.source_ms
    for name in sorted(event.given):
        if name in NOT_COMPARED:
            continue
        value, held = event.fields[name], source.fields.get(name, DEFAULTS.get(name))
        if same(value, held):
            continue
        changed.add(name)
        if name not in NEVER_CHANGE and (held is None or not older):
            source.fields[name] = value
    if event.has_time and not (event.t_ms == source.t_ms or event.submitted_ms == source.submitted_ms):
        changed.add("event_time")
    if name_stores(oracle, row, source, event):
        changed.add("store")
    if event.source_ms is not None and not older:
        source.source_ms = event.source_ms
    return tuple(sorted(changed))


def same(one: Any, other: Any) -> bool:
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


def name_stores(oracle: Oracle, row: Row, source: Source, event: Event) -> bool:
    """`store` and `stores` are one field. Returns whether a store not in force was named.

    Beside a name in force every further one is a new part. Where none is in force the first answers the first open
    waiting part, or is ignored where none waits (ruling 83).
    """
    named: list[str] = event.fields["stores"]
    in_force = [oracle.exits.of(row.placed[r.ref].key[0] or "") for r in source.parts]
    new = [code for code in named if code not in in_force]
    if not new:
        return False
    if len(new) == len(named):
        first = new.pop(0)
        waiting = waiting_part(oracle, row, source)
        if waiting:
            oracle.answer(row, waiting, first, event.now_ms)
    for code in new:
        oracle.add_part(row, source, code, event.now_ms, event.now_ms)
        oracle.result.splits[row.shadow] += 1
    return True


def waiting_part(oracle: Oracle, row: Row, source: Source) -> Unique | None:
    """The open lead of the first part (by split) whose store is missing or unknown."""
    for r in source.parts:
        _, _, lead_id, (store, line) = row.placed[r.ref]
        if store is not None and oracle.config.store(store, line) is not None:
            continue
        u = row.leads.get(lead_id)
        if u is not None and u.state == "OPEN":
            return u
    return None
