"""The mapping that feeds, sheets and pull share: our field ← path into what a channel sent.

A mapping is data: a table `[feeds.NAME]` of a configuration, or one that is built in (`connectors/feeds/known/`). The
values pass as they were sent: what a number, a time or a blank means is said by validation (rulings 77 to 80).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from operators.config import configuration
from operators.config.feed_tables import FeedTable
from operators.config.feeds import Path, Pick, path
from state import errors

Scalar = str | int | float | bool
OTHERS: Final = "*"
"""Key of a value table for every value that the table does not name."""
_NOT_THERE: Final = object()


@dataclass(frozen=True, slots=True)
class FieldMapping:
    """Which field comes from where. Everything is immutable and may be shared between threads."""

    fields: Mapping[str, tuple[Path, ...]] = field(default_factory=dict)
    """Our field → paths, the first that leads to a value counts."""
    constants: Mapping[str, Scalar] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, Scalar]] = field(default_factory=dict)
    """Our field → value as sent → value as ours; `OTHERS` = any other, "" = none."""
    defaults: Mapping[str, Scalar] = field(default_factory=dict)
    """Our field → its value where the channel gave none."""


def of_table(table: FeedTable) -> FieldMapping:
    """The mapping of a table that was judged."""
    return FieldMapping(table.fields, table.constants, table.values, table.defaults)


def mapping_of(table: Mapping[str, Any], name: str = "mapping") -> FieldMapping:
    """The mapping of a TOML table; raises ConfigurationRefused with a whole sentence for each fault."""
    try:
        configuration.from_tables({"feeds": {"mapping": dict(table)}}, environ={}, name=name)
    except errors.ConfigurationRefused as refused:  # keys as they stand in a table of its own
        message = refused.message.replace("feeds.mapping.", "").replace("The configuration", "The mapping", 1)
        raise errors.ConfigurationRefused(message, refused.action) from None
    return of_table(FeedTable.model_validate(dict(table)))


def of_columns(columns: Mapping[str, str | Iterable[str]]) -> FieldMapping:
    """A mapping of plain names, our field → column; names that are no path (they have brackets) are taken as they stand."""
    named = {ours: (theirs,) if isinstance(theirs, str) else tuple(theirs) for ours, theirs in columns.items()}
    return FieldMapping({ours: tuple(Path(one, (one,)) for one in theirs) for ours, theirs in named.items()})


def mapped(payload: Mapping[str, Any], mapping: FieldMapping) -> dict[str, Any]:
    """A raw lead in the shape of the contract, with the values as sent; {} where nothing of it is there.

    Pure. A constant wins over what was sent, a default stands where nothing was.
    """
    lead: dict[str, Any] = {}
    for ours, paths in mapping.fields.items():
        value = _first(payload, paths)
        table = mapping.values.get(ours)
        if table is not None and value is not _NOT_THERE and not isinstance(value, dict | list):
            value = table.get(_written(value), table.get(OTHERS, value))
        if value is not _NOT_THERE and not blank(value):
            _put(lead, ours, value)
    for ours, constant in mapping.constants.items():
        _put(lead, ours, constant)
    for ours, default in mapping.defaults.items():
        if value_of(lead, ours) is None:
            _put(lead, ours, default)
    return lead


def at(payload: Any, place: Path, default: Any = None) -> Any:
    """The value at a path, `default` where there is none. A name looks into the first element of a list."""
    value = _at(payload, place)
    return default if value is _NOT_THERE else value


def value_of(lead: Mapping[str, Any], ours: str) -> Any:
    """The value of one of our fields, `intent.level` and `extra.NAME` among them; None where it is absent."""
    table, dot, name = ours.partition(".")
    if not dot:
        return lead.get(ours)
    inner = lead.get(table)
    return inner.get(name) if isinstance(inner, dict) else None


def missing(lead: Mapping[str, Any]) -> list[str]:
    """Which fields a lead lacks that validation or dispatch asks for; `phone or landline` as one."""
    lacks = [name for name in ("channel", "source_lead_id") if blank(lead.get(name))]
    if blank(lead.get("phone")) and blank(lead.get("landline")):
        lacks.append("phone or landline")
    lacks += [name for name in ("event_time", "name") if blank(lead.get(name))]
    if blank(lead.get("store")) and not lead.get("stores"):
        lacks.append("store")
    return lacks


def blank(value: Any) -> bool:
    """Whether a value is as good as absent: null, or a text of white space alone."""
    return value is None or (isinstance(value, str) and not value.strip())


def _first(payload: Any, paths: tuple[Path, ...]) -> Any:
    for place in paths:
        found = _at(payload, place)
        if found is not _NOT_THERE and not blank(found):
            return found
    return _NOT_THERE


def _at(payload: Any, place: Path) -> Any:
    if isinstance(payload, dict) and place.written in payload:
        return payload[place.written]
    here = payload
    for step in place.steps:
        here = _picked(here, step) if isinstance(step, Pick) else _named(here, step)
        if here is _NOT_THERE:
            return _NOT_THERE
    return here


def _named(here: Any, name: str) -> Any:
    if isinstance(here, list) and here:
        here = here[0]
    return here.get(name, _NOT_THERE) if isinstance(here, dict) else _NOT_THERE


def _picked(here: Any, pick: Pick) -> Any:
    # What stands alone is a list of one: XML and careless JSON write a single element without its list.
    elements = here if isinstance(here, list) else [here]
    if not pick.key:
        return elements[pick.place] if pick.place < len(elements) else _NOT_THERE
    for one in elements:
        if isinstance(one, dict) and pick.key in one and _written(one[pick.key]) == pick.value:
            return one
    return _NOT_THERE


def _written(value: Any) -> str:
    """A value as a value table names it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value).strip()


def _put(lead: dict[str, Any], ours: str, value: Any) -> None:
    table, dot, name = ours.partition(".")
    if not dot:
        lead[ours] = value
        return
    inner = lead.setdefault(table, {})
    if isinstance(inner, dict):
        inner[name] = value


__all__ = [
    "FieldMapping",
    "at",
    "blank",
    "mapped",
    "mapping_of",
    "missing",
    "of_columns",
    "of_table",
    "path",
    "value_of",
]
