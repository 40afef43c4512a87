"""One import: a file's rows become raw leads, each gets its fate, the result stands beside the file.

The result is published before the leads are: what a kill between the two leaves behind is a result whose rows are imported
when the same file is imported again.
"""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

from connectors.sheets import json_rows, texts, workbook
from connectors.sheets.cells import shown
from connectors.sheets.formats import format_of, refused
from connectors.sheets.headings import NO_MAPPING, Columns, OwnMapping, columns_of, known
from connectors.sheets.judging import Judge, Reason
from connectors.sheets.leads import Lead, Leads
from connectors.sheets.outlets import Outlet, name_of
from connectors.sheets.results import LINE_KEY, Fate, ResultFile, free_path, without_quote
from connectors.sheets.tables import Cell, Table
from operators.config.configuration import Configuration
from state import errors, limits

Progress = Callable[[int, int], None]
"""(rows done, about how many)."""


@dataclass(frozen=True)
class Wanted:
    """What an import was asked for."""

    channel: str = ""
    """Code for rows that name none."""
    account: str = ""
    mapping: OwnMapping = NO_MAPPING
    ingest_ms: int = 0
    """When it is imported: the event time of rows that have none."""
    sheet: str = ""
    """The one sheet to read; "" = every one that is not hidden."""
    send_refused: bool = False
    """Send refused rows too, so that the engine writes them to `rejects` and counts them."""


@dataclass
class Done:
    """What an import did."""

    fates: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    hints: dict[str, str] = field(default_factory=dict)
    """Code → hint."""
    written: int = 0
    """Raw leads that the outlet took."""
    name: str = ""
    """Under which name; "" = there was nothing to take."""
    known_before: bool = False
    """The outlet had all of it: nothing was changed."""
    result: Path | None = None
    notes: list[str] = field(default_factory=list)

    @property
    def rows(self) -> int:
        """Every row behind the headings."""
        return sum(self.fates.values())


def import_file(path: Path, wanted: Wanted, configuration: Configuration, outlet: Outlet, progress: Progress) -> Done:
    """Import one file. Raises SourceRefused for a file that is refused as a whole, a Fault for the disk or the broker;
    nothing was imported then, and the same call is right again."""
    form = format_of(path)
    place, earlier = free_path(path, ".jsonl" if form == "json" else ".csv")
    result = ResultFile(place)
    job = _Job(path, wanted, configuration, result, progress)
    try:
        if form == "json":
            job.json()
        elif form == "text":
            job.tables(iter([texts.table(path, lambda cells: known(cells, wanted.mapping))]))
        else:
            with contextlib.closing(workbook.tables(path)) as tables:
                job.tables(tables)
        done = job.done
        leads = sorted(job.leads, key=lambda one: one[0])  # by time: a file is read in its order (ruling 9)
        if leads:
            done.name = name_of(path, sorted(content for _, content, _ in leads))
            done.known_before = outlet.has(done.name)
        same = next((one for one in earlier if done.known_before or result.equals(one)), None)
        if same is None:
            result.publish()
        done.result = same or place
    except OSError as error:
        raise errors.of_disk(error, f"writing the result beside the input, {place}") from error
    finally:
        result.drop()
    if leads and not done.known_before:
        outlet.write(done.name, [raw for _, _, raw in leads])
        done.written = len(leads)
    return done


class _Job:
    """One file on its way."""

    def __init__(
        self, path: Path, wanted: Wanted, configuration: Configuration, result: ResultFile, progress: Progress
    ) -> None:
        rules = configuration.rules
        self.path = path
        self.wanted = wanted
        self.result = result
        self.progress = progress
        self.done = Done()
        self.leads: list[tuple[int, bytes, bytes]] = []
        """(time, digest of content, raw lead)."""
        self._maker = Leads(
            rules,
            channel=wanted.channel,
            account=wanted.account,
            ingest_time=rules.local.text(wanted.ingest_ms),
            mapping=wanted.mapping,
        )
        self._judge = Judge(configuration, wanted.ingest_ms)
        self._seen: set[tuple[tuple[str, str, str], bytes]] = set()

    # --- JSON

    def json(self) -> None:
        rows, total, notes = json_rows.rows(self.path)
        self.done.notes += notes
        for count, (number, row) in enumerate(rows, 1):
            if isinstance(row, dict) and isinstance(row.get(LINE_KEY), str):
                row = str(row[LINE_KEY])
            lead = self._maker.of_object(row) if isinstance(row, dict) else None
            if isinstance(row, str) and row:
                fate, reasons = self._refused(self._judge.judge(row.encode("utf-8", "replace")).reasons)
                self.result.line(number, row, fate, reasons)
            else:
                fate, reasons = self._fate(lead)
                self.result.line(number, row or {}, fate, reasons, lead.source_id if lead else "")
            self.progress(count, total)

    # --- tables

    def tables(self, tables: Iterator[Table]) -> None:
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
            self.done.notes += table.notes
        if not read:
            raise self._nothing_read(names)
        self.done.notes += skipped

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
        self.result.headings(columns.headings)
        for number, cells in chain(first[begin:], table.rows):
            if not cells:
                self.done.fates["blank"] += 1
                self.result.row(table.name, number, [], "blank")
            elif columns.is_headings(cells):
                self.done.fates["heading"] += 1
            else:
                if columns.is_result:
                    again = columns_of(cells, self.wanted.mapping)
                    if again.is_result:  # the headings of a further sheet, in a result
                        columns = again
                        self.result.headings(columns.headings)
                        self.done.fates["heading"] += 1
                        continue
                    cells = [without_quote(cell) if type(cell) is str else cell for cell in cells]
                lead = self._maker.of_cells(cells, columns)
                fate, reasons = self._fate(lead)
                shown_cells = [shown(cell) for cell in cells]
                self.result.row(table.name, number, shown_cells, fate, reasons, lead.source_id if lead else "")
            self.progress(number, table.total)
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

    def _fate(self, lead: Lead | None) -> tuple[Fate, tuple[Reason, ...]]:
        """What becomes of a row; counts it, and keeps the raw lead that is to be sent."""
        if lead is None:
            self.done.fates["blank"] += 1
            return "blank", ()
        same = (lead.key, lead.content)
        if same in self._seen:
            self.done.fates["repeated"] += 1
            return "repeated", ()
        self._seen.add(same)
        verdict = self._judge.judge(lead.raw)
        if not verdict.reasons or self.wanted.send_refused:
            self.leads.append((verdict.at_ms, lead.content, lead.raw))
        if verdict.reasons:
            return self._refused(verdict.reasons)
        self.done.fates["imported"] += 1
        return "imported", ()

    def _refused(self, reasons: tuple[Reason, ...]) -> tuple[Fate, tuple[Reason, ...]]:
        self.done.fates["refused"] += 1
        for reason in reasons:
            self.done.reasons[reason.code] += 1
            self.done.hints[reason.code] = reason.hint
        return "refused", reasons
