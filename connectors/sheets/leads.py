"""One row as a raw lead in the contract's shape, with a source id that stays the same."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, Final

import orjson

from connectors.feeds.mapping import OTHERS, FieldMapping, at, blank
from connectors.feeds.times import with_offset
from connectors.sheets.cells import said, shown, time_of, value_of
from connectors.sheets.headings import DAY, EXTRA, ID_COLUMN, Columns, built_in, is_own
from connectors.sheets.json_rows import Written
from connectors.sheets.tables import Cell
from operators.base.rules import Rules, TimeForm
from operators.identity import phones
from state import limits

MADE_ID: Final = "row-"
"""Begins an id that an import made. Letters, so that no spreadsheet reads the digits behind it as a number."""
_TIMES: Final = frozenset({"event_time", DAY, "source_time"})
_AS_GIVEN: Final = frozenset(
    {
        "phone",
        "landline",
        "consent",
        "test",
        "additional_purchase",
        "intent.days_to_buy",
        "intent.budget",
        "intent.trade_in",
        "intent.finance",
    }
)
"""Fields whose number or bool may stay one; elsewhere a number is its decimal text (ruling 78)."""
_LONG: Final = 10**15
"""From here on a spreadsheet keeps no more digits of a number: an id with more has lost them."""
_EXPONENT: Final = re.compile(r"\d(?:[.,]\d+)?E\+?\d+", re.IGNORECASE)
_NOT_CONTENT: Final = frozenset({"ingest_time", "source_lead_id"})
"""What is not part of a row's content: ruling 11 compares without ingest time."""
_ROW_NUMBERS: Final = frozenset({"序号", "行号", "#", "no", "no."})
"""Columns that number the rows: other numbers after the next sorting."""


@dataclass(frozen=True)
class Lead:
    """A row that says something."""

    raw: bytes
    """The raw lead, JSON."""
    source_id: str
    key: tuple[str, str, str]
    """Source key (ruling 11): channel, account, source id."""
    content: bytes
    """Digest of what the row says."""
    id_note: str = ""
    """Why the row's own id was not taken."""


class Leads:
    """Makes raw leads for one import."""

    def __init__(
        self,
        rules: Rules,
        *,
        channel: str,
        account: str,
        ingest_time: str,
        mapping: FieldMapping,
        form: TimeForm | None = None,
    ) -> None:
        self.rules = rules
        self._form = form
        self.channel = channel
        self.account = account
        self.ingest_time = ingest_time
        self.mapping = mapping
        synonyms = built_in()
        self._blanks = synonyms.blanks
        self._keys = {place.written: field for field, places in mapping.fields.items() for place in places}
        self._values: dict[str, dict[str, Any]] = {}
        for table in (synonyms.values, mapping.values):
            for field, values in table.items():
                self._values.setdefault(field, {}).update(values)
        self._channels = _by_name({code: one.name for code, one in rules.channels.items()})
        self._stores = _by_name({code: one.name for code, one in (rules.stores or {}).items()})

    def of_cells(self, cells: list[Cell], columns: Columns) -> Lead | None:
        """The raw lead of a row of cells; None where no cell says anything."""
        given: dict[str, Cell] = {}
        extra: dict[str, Any] = {}
        for cell, target in zip(cells, columns.targets, strict=False):
            if cell is None or not target:
                continue
            cell = said(cell, self._blanks)
            if cell is None:
                continue
            if target.startswith(EXTRA):
                extra[target[len(EXTRA) :]] = value_of(cell)
            else:
                given[target] = cell
        own_id = given.pop(ID_COLUMN, None)
        if not given and not extra:
            return None
        record: dict[str, Any] = {}
        intent: dict[str, Any] = {}
        for field, cell in given.items():
            if field in _TIMES:
                continue
            value = self._value(field, cell)
            table, _, part = field.partition(".")
            if value == "":  # a value table says that it is none
                continue
            if table == "intent":
                intent[part] = value
            elif part:
                extra[part] = value
            else:
                record[field] = value
        self._times(record, given)
        if intent:
            record["intent"] = intent
        if extra:
            record["extra"] = extra
        return self._finished(record, None if own_id is None else shown(own_id).strip().removeprefix("'"))

    def _times(self, record: dict[str, Any], given: Mapping[str, Cell]) -> None:
        """Times and days of a row. No cell has an offset: they are local to the channel, or to the business."""
        day = given.get(DAY)
        for field, beside in (("event_time", day), ("source_time", None)):
            if field not in given and beside is None:
                continue
            form = self._form_of(record)
            written = time_of(given.get(field), beside, self.rules.local if form is None else form.zone)
            record[field] = written if self._form is None else with_offset(written, self._form)

    def _form_of(self, record: Mapping[str, Any]) -> TimeForm | None:
        """How times are written: as the mapping says, else as the row's channel writes them (ruling 80)."""
        if self._form is not None:
            return self._form
        mapping = self.mapping
        code = mapping.constants.get("channel") or record.get("channel") or mapping.defaults.get("channel")
        channel = self.rules.channels.get(str(code or self.channel))
        return self.rules.time if channel is None else channel.time

    def of_object(self, record: dict[str, Any]) -> Lead | None:
        """The raw lead of a JSON object: keys of the contract as they are, others by the synonyms; None where it is empty."""
        made: dict[str, Any] = {}
        extra: dict[str, Any] = {}
        times: dict[str, Any] = {}
        own_id = None
        for key, value in record.items():
            if value is None or (type(value) is str and not value.strip()):
                continue
            field = self._field_of(key)
            if key == ID_COLUMN:
                own_id = str(value)
            elif is_own(key):
                continue
            elif field in _TIMES and field != DAY and _is_simple(value):
                times.setdefault(field, value)
            elif field and "." not in field and field != DAY and field not in made:
                read = self._value(field, value) if _is_simple(value) else value
                if read != "":  # else a value table says that it is none
                    made[field] = read
            elif key in ("type", "ingest_time", "stores", "intent", "extra"):
                made[key] = value
            else:
                extra[key] = value
        self._mapped(record, made, times)
        self._times(made, times)
        if not made and not extra:
            return None
        if extra:
            before = made.get("extra")
            made["extra"] = {**before, **extra} if isinstance(before, dict) else extra
        return self._finished(made, own_id)

    def _mapped(self, record: dict[str, Any], made: dict[str, Any], times: dict[str, Any]) -> None:
        """What the mapping finds inside of objects and lists, and parts of `intent` and `extra`."""
        for field, places in self.mapping.fields.items():
            if field in made or field in times:
                continue
            value = next((one for one in (at(record, place) for place in places) if not blank(one)), None)
            if value is None:
                continue
            if field in _TIMES and _is_simple(value):
                times[field] = value
            elif field != DAY:
                read = self._value(field, value) if _is_simple(value) else value
                if read != "":
                    _put(made, field, read, over=False)

    def _field_of(self, key: str) -> str:
        """The field of a JSON key; "" = none."""
        field = self._keys.get(key)
        if field is None:
            hit = built_in().field_of(key)
            # As of columns: where the mapping names another key for a field, the key that is known for it is none.
            field = hit[0] if hit is not None and hit[0] not in self.mapping.fields else ""
            if len(self._keys) < limits.SHEET_COLUMNS:
                self._keys[key] = field
        return field

    def _value(self, field: str, cell: Cell) -> Any:
        """What a field gets for a cell; for a number of a phone its text, as it is written."""
        table = self._values.get(field)
        if table is not None:
            hit = table.get(shown(cell).strip())
            if hit is None:
                hit = table.get(OTHERS)
            if hit is not None:
                return hit
        if field in _AS_GIVEN and not isinstance(cell, Written):
            return value_of(cell)
        text = str(shown(cell))
        if field == "store":
            return self._stores.get(text.strip(), text)
        if field == "channel":
            return self._channels.get(text.strip(), text)
        return text

    def _finished(self, record: dict[str, Any], own_id: str | None) -> Lead:
        for field, value in self.mapping.constants.items():
            _put(record, field, value, over=True)
        for field, value in self.mapping.defaults.items():
            _put(record, field, value, over=False)
        if self.channel:
            record.setdefault("channel", self.channel)
        if self.account:
            record.setdefault("account", self.account)
        content = blake2b(_canonical(record, self.rules.codes), digest_size=12)
        note = ""
        given = record.get("source_lead_id")
        if given is not None and (note := _mangled(given)):
            given = None
        if given is None:
            # An id that an earlier import made goes on: the corrected row is a new try of the same one.
            given = record["source_lead_id"] = own_id or MADE_ID + content.hexdigest()
        record.setdefault("ingest_time", self.ingest_time)
        key = (str(record.get("channel", "")).strip(), str(record.get("account", "")).strip(), str(given).strip())
        return Lead(_encoded(record), str(given), key, content.digest(), note)


def _put(record: dict[str, Any], field: str, value: Any, *, over: bool) -> None:
    table, dot, name = field.partition(".")
    place = record.setdefault(table, {}) if dot else record
    if isinstance(place, dict):
        if over:
            place[name or field] = value
        else:
            place.setdefault(name or field, value)


def _is_simple(value: object) -> bool:
    return isinstance(value, (str, int)) and type(value) is not bool


def _by_name(names: Mapping[str, str]) -> dict[str, str]:
    """Name → code, for names that one code alone has, and that are no code."""
    found: dict[str, str] = {}
    twice = set()
    for code, name in names.items():
        if name and name not in names:
            if name in found:
                twice.add(name)
            found[name] = code
    return {name: code for name, code in found.items() if name not in twice}


def _mangled(given: object) -> str:
    """Why this is no id any more: a spreadsheet has taken digits from it, and other rows may have the same rest."""
    text = str(given).strip()
    if _EXPONENT.fullmatch(text):
        return "The id is written with an exponent: a spreadsheet has taken digits from it."
    if type(given) is not str or not text.isdigit():
        return ""
    return (
        "The id is a number of more than 15 digits: a spreadsheet has put zeros for the rest."
        if int(text) >= _LONG and text.endswith("00")
        else ""
    )


def _canonical(record: dict[str, Any], codes: frozenset[str]) -> bytes:
    """What a row says, the same for a number and its text, however a sheet writes it, and wherever the row stands: a sheet,
    its CSV and the sheet saved again are one."""
    plain = {name: _plain(value) for name, value in record.items() if name not in _NOT_CONTENT}
    for name in ("phone", "landline"):
        if name in plain:
            plain[name] = _number(plain[name], codes)
    extra = plain.get("extra")
    if isinstance(extra, dict):
        plain["extra"] = {name: value for name, value in extra.items() if name.strip().casefold() not in _ROW_NUMBERS}
    try:
        return orjson.dumps(plain, option=orjson.OPT_SORT_KEYS)
    except TypeError:  # lone surrogates, nesting beyond the encoder's
        return json.dumps(plain, sort_keys=True, ensure_ascii=True).encode()


def _number(written: Any, codes: frozenset[str]) -> Any:
    """The number that is read from it; as it is written where there is none."""
    try:
        return phones.read(written, codes)[:2] if type(written) is str else written
    except phones.BadPhone:
        return written


def _plain(value: Any) -> Any:
    if type(value) is str:
        return value.strip()
    if isinstance(value, dict):
        return {str(name): _plain(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_plain(one) for one in value]
    return shown(value).strip() if isinstance(value, (str, int, float, bool)) else value


def _encoded(record: dict[str, Any]) -> bytes:
    try:
        return orjson.dumps(record, default=_as_written, option=orjson.OPT_PASSTHROUGH_SUBCLASS)
    except TypeError:  # lone surrogates, numbers beyond 64 bits: written as they came, for the engine to judge
        return json.dumps(record, ensure_ascii=True).encode()


def _as_written(value: object) -> orjson.Fragment:
    if isinstance(value, Written):
        return orjson.Fragment(str(value))
    raise TypeError(type(value).__name__)
