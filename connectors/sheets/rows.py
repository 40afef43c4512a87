"""The rows of a file, each with its fate: a raw lead that is to be sent, or why it is none."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Final

from connectors.durable.places import Line, key_of
from connectors.feeds.mapping import FieldMapping
from connectors.judge import Judge
from connectors.sheets import json_rows, texts, workbook
from connectors.sheets.cells import shown
from connectors.sheets.formats import Format, refused
from connectors.sheets.headings import NO_MAPPING, Columns, columns_of, known
from connectors.sheets.leads import Lead, Leads
from connectors.sheets.results import LINE_KEY, Fate, Results, without_quote
from connectors.sheets.tables import Cell, Table
from operators.base.rules import TimeForm
from operators.config.configuration import Configuration
from operators.intake.faults import fault, faults_of
from operators.wire.arrival import Arrival
from operators.wire.streams import FieldFault
from state import errors, limits

Progress = Callable[[int, int], None]
"""(rows done, about how many)."""

_KIND: Final = "raw_lead"
_NO_CHANNEL: Final = fault(
    "channel", "MISSING_FIELD", None, hint="Name the channel with --channel CODE, or add a column 渠道 (channel)."
)


@dataclass(frozen=True)
class Wanted:
    """What an import was asked for."""

    channel: str = ""
    """Code for rows that name none."""
    only_channel: bool = False
    """Whether rows of other channels are refused: who may send for one must not send for another."""
    account: str = ""
    mapping: FieldMapping = NO_MAPPING
    form: TimeForm | None = None
    """How the mapping's times are written; it goes before the channel's (ruling 80)."""
    ingest_ms: int = 0
    """When it is imported: the event time of rows that have none."""
    sheet: str = ""
    """The one sheet to read; "" = every one that is not hidden."""
    send_refused: bool = False
    """Send refused rows too, so that the engine writes them to `rejects` and counts them."""


@dataclass
class Counts:
    """What became of the rows."""

    fates: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    hints: dict[str, str] = field(default_factory=dict)
    """Code → hint."""
    notes: list[str] = field(default_factory=list)
    """Whole sentences about how the file was read."""

    @property
    def rows(self) -> int:
        """Every row behind the headings."""
        return sum(self.fates.values())


@dataclass(frozen=True)
class Taken:
    """A row that is to be sent."""

    at_ms: int
    """Its event time, else its ingest time."""
    content: bytes
    """Digest of what it says."""
    line: Line


class Rows:
    """One file on its way."""

    def __init__(
        self, path: Path, wanted: Wanted, configuration: Configuration, results: Results, progress: Progress
    ) -> None:
        rules = configuration.rules
        self.path = path
        self.wanted = wanted
        self.results = results
        self.progress = progress
        self.counts = Counts()
        self._taken: list[Taken] = []
        self._maker = Leads(
            rules,
            channel=wanted.channel,
            account=wanted.account,
            ingest_time=rules.local.text(wanted.ingest_ms),
            mapping=wanted.mapping,
            form=wanted.form,
        )
        self._judge = Judge(configuration)
        self._seen: set[tuple[tuple[str, str, str], bytes]] = set()

    def read(self, form: Format) -> list[Taken]:
        """Give every row its fate; what is to be sent, by time: a file is read in its order (ruling 9).

        Raises SourceRefused for a file that is refused as a whole.
        """
        if form == "json":
            self._json()
        elif form == "text":
            self._tables(iter([texts.table(self.path, lambda cells: known(cells, self.wanted.mapping))]))
        else:
            with contextlib.closing(workbook.tables(self.path)) as tables:
                self._tables(tables)
        return sorted(self._taken, key=lambda one: one.at_ms)

    # --- JSON

    def _json(self) -> None:
        rows, total, notes = json_rows.rows(self.path)
        self.counts.notes += notes
        for count, (number, row) in enumerate(rows, 1):
            if isinstance(row, dict) and isinstance(row.get(LINE_KEY), str):
                row = str(row[LINE_KEY])
            lead = self._maker.of_object(row) if isinstance(row, dict) else None
            if isinstance(row, str) and row:
                fate, faults = self._refused(faults_of(self._judged(row.encode("utf-8", "replace"))))
                self.results.line(number, row, fate, faults)
            else:
                fate, faults = self._fate(lead)
                self.results.line(number, row or {}, fate, faults, lead.source_id if lead else "")
            self.progress(count, total)

    # --- tables

    def _tables(self, tables: Iterator[Table]) -> None:
        read, skipped = 0, []
        names = []
        for table in tables:
            names.append(table.name)
            if self.wanted.sheet and table.name != self.wanted.sheet:
                continue
            if table.hidden and not self.wanted.sheet:
                skipped.append(f"Sheet {table.name} is hidden and was left out; --sheet reads it.")
                continue
            if self._table(table):
                read += 1
            elif table.total:
                skipped.append(f"Sheet {table.name} has no heading for a phone number and was left out.")
            self.counts.notes += table.notes
        if not read:
            raise self._nothing_read(names)
        self.counts.notes += skipped

    def _nothing_read(self, names: list[str]) -> errors.SourceRefused:
        if self.wanted.sheet and self.wanted.sheet not in names:
            return refused(self.path, f"has no sheet {self.wanted.sheet}", f"There are: {', '.join(names)}.")
        return refused(
            self.path,
            f"has no heading for a phone number (手机号, 联系电话, phone …) in its first {limits.SHEET_HEADER_ROWS} rows",
            "Add a row of headings above the leads, or name the columns in a file with --mapping.",
        )

    def _table(self, table: Table) -> bool:
        """Whether it is a table of leads; then every row of it got its fate."""
        first: list[tuple[int, list[Cell]]] = []
        with_content = 0
        for number, cells in table.rows:
            first.append((number, cells))
            with_content += bool(cells)
            if with_content >= limits.SHEET_HEADER_ROWS:
                break
        columns, begin = self._find_headings(first)
        if columns is None:
            return False
        self.results.headings(columns.headings)
        beyond = 0
        for number, cells in chain(first[begin:], table.rows):
            if not cells:
                self.counts.fates["blank"] += 1
                self.results.row(table.name, number, [], "blank")
            elif columns.is_headings(cells):
                self.counts.fates["heading"] += 1
            else:
                if columns.is_result:
                    again = columns_of(cells, self.wanted.mapping)
                    if again.is_result:  # the headings of a further sheet, in a result
                        columns = again
                        self.results.headings(columns.headings)
                        self.counts.fates["heading"] += 1
                        continue
                    cells = [without_quote(cell) if type(cell) is str else cell for cell in cells]
                beyond += any(cell is not None for cell in cells[len(columns.headings) :])
                lead = self._maker.of_cells(cells, columns)
                fate, faults = self._fate(lead)
                shown_cells = [shown(cell) for cell in cells]
                self.results.row(table.name, number, shown_cells, fate, faults, lead.source_id if lead else "")
            self.progress(number, table.total)
        if beyond:
            rows = "1 row has" if beyond == 1 else f"{beyond} rows have"
            self.counts.notes.append(
                f"{rows} more cells than there are headings (a separator within a cell?): what is beyond is in no lead, and "
                "stands at the end of the row in the result."
            )
        return True

    def _find_headings(self, rows: list[tuple[int, list[Cell]]]) -> tuple[Columns | None, int]:
        """(the columns, place of the row behind the headings): the row that knows most fields, a phone among them."""
        best: tuple[int, Columns | None, int] = (0, None, 0)
        for place, (_, cells) in enumerate(rows):
            columns = columns_of(cells, self.wanted.mapping) if cells else None
            if columns is not None and columns.has_contact:
                worth = known(cells, self.wanted.mapping)
                if worth > best[0]:
                    best = (worth, columns, place + 1)
        return best[1], best[2]

    # --- fates

    def _fate(self, lead: Lead | None) -> tuple[Fate, list[FieldFault]]:
        """What becomes of a row; counts it, and keeps the raw lead that is to be sent."""
        if lead is None:
            self.counts.fates["blank"] += 1
            return "blank", []
        same = (lead.key, lead.content)
        if same in self._seen:
            self.counts.fates["repeated"] += 1
            return "repeated", []
        self._seen.add(same)
        arrival = self._judged(lead.raw)
        channel = lead.key[0]
        if arrival.kind != _KIND:
            return self._refused([fault("type", "BAD_FIELD", arrival.kind, hint="Only raw leads are imported.")])
        if self.wanted.only_channel and channel != self.wanted.channel:
            hint = f"Leave the channel out, or write {self.wanted.channel}: others are sent with their own secret."
            return self._refused([fault("channel", "BAD_FIELD", channel, hint=hint)])
        if not arrival.reasons or self.wanted.send_refused:
            line = Line(lead.raw, key_of(channel, lead.source_id))
            self._taken.append(Taken(arrival.t, lead.content, line))
        if arrival.reasons:
            return self._refused(faults_of(arrival))
        self.counts.fates["imported"] += 1
        return "imported", []

    def _judged(self, raw: bytes) -> Arrival:
        return self._judge.judge(raw, self.wanted.ingest_ms)

    def _refused(self, faults: list[FieldFault]) -> tuple[Fate, list[FieldFault]]:
        self.counts.fates["refused"] += 1
        faults = [_NO_CHANNEL if (one.code, one.field) == ("MISSING_FIELD", "channel") else one for one in faults]
        for one in faults:
            self.counts.reasons[one.code] += 1
            self.counts.hints[one.code] = one.hint
        return "refused", faults
