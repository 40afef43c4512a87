"""Which column of a table is which field: by the synonyms of `headings.toml`, or by a mapping of the user's own."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

from connectors.feeds.mapping import FieldMapping, mapping_of, of_columns
from connectors.sheets.cells import shown
from connectors.sheets.tables import Cell
from state import errors

CONTACT: Final = frozenset({"phone", "landline"})
OWN: Final = ("fate", "code", "field", "hint", "id", "sheet", "row")
"""Columns that an import adds to its result file, each with `leadstream_` in front."""
OWN_PREFIX: Final = "leadstream_"
ID_COLUMN: Final = f"{OWN_PREFIX}id"
EXTRA: Final = "extra:"
"""Begins the target of a column that is no field."""
_BRACKETS: Final = re.compile(r"[(\[{<【「〈《〔][^)\]}>】」〉》〕]*[)\]}>】」〉》〕]")
_DROPPED: Final = re.compile(r"[\W_]+")


def is_own(heading: str) -> bool:
    """Whether an import itself has written this column or key."""
    bare = heading.strip().casefold()
    return bare.startswith(OWN_PREFIX) and bare[len(OWN_PREFIX) :] in OWN


def plain(heading: str) -> str:
    """A heading for comparison: width, case, spaces and punctuation say nothing."""
    return _DROPPED.sub("", unicodedata.normalize("NFKC", heading).casefold())


@dataclass(frozen=True)
class Synonyms:
    """The table of headings."""

    rank: Mapping[str, tuple[str, int]]
    """Plain heading → (field, place in its list)."""
    values: Mapping[str, Mapping[str, Any]]
    """Field → what is written → what is meant."""
    blanks: frozenset[str]

    def field_of(self, heading: str) -> tuple[str, int] | None:
        """The field of a heading, as a whole, without what stands in brackets, or its part before a slash."""
        for form in (heading, _BRACKETS.sub("", unicodedata.normalize("NFKC", heading)), heading.split("/")[0]):
            hit = self.rank.get(plain(form))
            if hit is not None:
                return hit
        return None


@cache
def built_in() -> Synonyms:
    """The synonyms that come with leadstream."""
    tables = tomllib.loads(files("connectors.sheets").joinpath("headings.toml").read_text(encoding="utf-8"))
    rank: dict[str, tuple[str, int]] = {}
    for name, headings in tables["fields"].items():
        for place, heading in enumerate(headings):
            rank.setdefault(plain(heading), (name, place))
    return Synonyms(rank, tables["values"], frozenset(one.casefold() for one in tables["blanks"]))


NO_MAPPING: Final = FieldMapping()
DAY: Final = "event_date"
"""Field of a sheet alone: the day of an event time whose time of day stands in another column."""


def load_mapping(path: Path) -> FieldMapping:
    """A mapping from TOML: the tables `[fields]`, `[constants]`, `[values.FIELD]` and `[defaults]` of `[feeds.X]`, in a file
    of their own. A heading is taken as it stands, with brackets and dots too.

    Raises ConfigurationRefused with a sentence for each fault.
    """
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError) as error:
        raise errors.ConfigurationRefused(
            f"The mapping {path} cannot be read ({error}).", "Name a TOML file with a table [fields]."
        ) from error
    fields = tables.get("fields")
    day: list[str] = []
    if isinstance(fields, dict):
        fields = {name: [value] if isinstance(value, str) else value for name, value in fields.items()}
        day = [one for one in fields.pop(DAY, []) if isinstance(one, str)]
        tables["fields"] = {name: _judged(value) for name, value in fields.items()}
    mapping = mapping_of(tables, str(path))
    columns = of_columns({**(fields or {}), **({DAY: day} if day else {})})
    return replace(mapping, fields=columns.fields)


def _judged(headings: Any) -> Any:
    """What the tables of a feed say of headings: their names are no paths, so a plain word stands for each."""
    if not isinstance(headings, list):
        return headings
    return ["heading" if isinstance(one, str) and one.strip() else one for one in headings]


@dataclass(frozen=True)
class Columns:
    """The columns of one table."""

    headings: tuple[str, ...]
    """As written; one for each column."""
    targets: tuple[str, ...]
    """For each column its field; "" = an own column of a result file or one without heading and content is left out;
    `EXTRA` and the heading = kept under that key."""
    row: tuple[str, ...]
    """The row of headings, plain, to know it again further down."""

    @property
    def has_contact(self) -> bool:
        return not CONTACT.isdisjoint(self.targets)

    @property
    def is_result(self) -> bool:
        """Whether an import has written this table."""
        return ID_COLUMN in self.targets

    def is_headings(self, cells: list[Cell]) -> bool:
        """Whether a row repeats the headings (sheets pasted below each other)."""
        # The first cell alone decides for nearly every row.
        return bool(self.row) and plain(shown(cells[0])) == self.row[0] and plain_row(cells) == self.row


def plain_row(cells: Iterable[Cell]) -> tuple[str, ...]:
    """A row for comparison, without blank cells at its end."""
    made = [plain(shown(cell)) for cell in cells]
    while made and not made[-1]:
        made.pop()
    return tuple(made)


def columns_of(cells: list[Cell], mapping: FieldMapping = NO_MAPPING) -> Columns:
    """The columns by a row of headings."""
    synonyms = built_in()
    headings = tuple(shown(cell).strip() for cell in cells)
    own = {plain(heading): (name, -1 - rank) for name, heading, rank in _own_headings(mapping)}
    best: dict[str, tuple[int, int]] = {}
    wanted: list[tuple[str, int] | None] = []
    for place, heading in enumerate(headings):
        hit = None
        if heading and not is_own(heading):
            hit = own.get(plain(heading)) or synonyms.field_of(heading)
            if hit is not None and hit[1] >= 0 and hit[0] in mapping.fields:
                hit = None  # the mapping names another column for this field
        wanted.append(hit)
        if hit is not None and (hit[1], place) < best.get(hit[0], (1 << 30, 0)):
            best[hit[0]] = (hit[1], place)
    targets = []
    spare = "landline" if "landline" not in best and "phone" in best else ""
    for place, heading in enumerate(headings):
        hit = wanted[place]
        if heading.casefold() == ID_COLUMN:
            targets.append(ID_COLUMN)
        elif is_own(heading):
            targets.append("")
        elif hit is not None and best[hit[0]][1] == place:
            targets.append(hit[0])
        elif hit is not None and hit[0] in CONTACT and spare:
            targets.append(spare)
            spare = ""
        else:
            targets.append(f"{EXTRA}{heading or f'column {place + 1}'}")
    return Columns(headings, tuple(targets), plain_row(cells))


def _own_headings(mapping: FieldMapping) -> Iterable[tuple[str, str, int]]:
    """(field, heading, rank): the first heading of a field has the highest."""
    for name, headings in mapping.fields.items():
        for place, heading in enumerate(headings):
            yield name, heading.written, len(headings) - place


def known(cells: list[Cell], mapping: FieldMapping = NO_MAPPING) -> int:
    """How many different fields a row's cells name as headings."""
    names = {target for target in columns_of(cells, mapping).targets if target and not target.startswith(EXTRA)}
    return len(names)
