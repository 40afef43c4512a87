"""Which column of a table is which field: by the synonyms of `headings.toml`, or by a mapping of the user's own."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

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


@dataclass(frozen=True)
class OwnMapping:
    """A mapping of the user's own; it wins over the synonyms."""

    fields: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Field → headings; the first one that is there counts."""
    constants: Mapping[str, Any] = field(default_factory=dict)
    """Field → value, whatever the row says."""
    values: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Field → what is written → what is meant; `OTHERS` = any other."""
    defaults: Mapping[str, Any] = field(default_factory=dict)
    """Field → value where the row says nothing."""


OTHERS: Final = "*"
NO_MAPPING: Final = OwnMapping()


def load_mapping(path: Path) -> OwnMapping:
    """A mapping from TOML: `[fields]` (field = "heading", or a list), `[constants]` and `[defaults]` (field = value),
    `[values.FIELD]` ("written" = value).

    Raises ConfigurationRefused with a sentence for each fault.
    """
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError) as error:
        raise errors.ConfigurationRefused(
            f"The mapping {path} cannot be read ({error}).", "Name a TOML file with a table [fields]."
        ) from error
    known = {name for name, _ in built_in().rank.values()}
    sections = ("fields", "constants", "values", "defaults")
    faults = [
        f"[{name}] is no table of a mapping; there are [fields], [constants], [defaults] and [values.FIELD]."
        for name in tables
        if name not in sections or not isinstance(tables[name], dict)
    ]
    if not faults:
        for name in sections:
            for key, value in tables.get(name, {}).items():
                if key not in known:
                    faults.append(f"[{name}] {key}: a raw lead has no such field.")
                elif name == "fields" and not all(isinstance(one, str) and one.strip() for one in _list(value)):
                    faults.append(f"[fields] {key}: the heading of a column is expected, in quotes.")
                elif name == "values" and not isinstance(value, dict):
                    faults.append(f'[values.{key}]: a table is expected, "what is written" = what is meant.')
                elif name in ("constants", "defaults") and not isinstance(value, (str, int, float, bool)):
                    faults.append(f"[{name}] {key}: a text, a number, true or false is expected.")
    if faults:
        raise errors.ConfigurationRefused(
            f"The mapping {path} has faults: " + " ".join(faults), "Correct what is named and import again."
        )
    fields = {name: tuple(_list(value)) for name, value in tables.get("fields", {}).items()}
    return OwnMapping(fields, tables.get("constants", {}), tables.get("values", {}), tables.get("defaults", {}))


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


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


def columns_of(cells: list[Cell], mapping: OwnMapping = NO_MAPPING) -> Columns:
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


def _own_headings(mapping: OwnMapping) -> Iterable[tuple[str, str, int]]:
    """(field, heading, rank): the first heading of a field has the highest."""
    for name, headings in mapping.fields.items():
        for place, heading in enumerate(headings):
            yield name, heading, len(headings) - place


def known(cells: list[Cell], mapping: OwnMapping = NO_MAPPING) -> int:
    """How many different fields a row's cells name as headings."""
    names = {target for target in columns_of(cells, mapping).targets if target and not target.startswith(EXTRA)}
    return len(names)
