"""csv: any usual encoding (UTF-8 with and without a mark, UTF-16, GB18030) and separator (, ; tab |)."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from connectors.sheets.formats import looks_utf16, refused
from connectors.sheets.tables import Cell, Table
from state import errors, limits

SEPARATORS: Final = (",", "\t", ";", "|")
_LINE_END: Final = re.compile(r"\r\n|\n|\r")
_SAMPLE_CHARS: Final = 64 << 10
_SAMPLE_ROWS: Final = 30


def decoded(raw: bytes) -> tuple[str, str]:
    """(the text, a note on its encoding or ""). Never raises: what fits no encoding becomes U+FFFD, and the note says so."""
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return _with_note(raw, "utf-16", "UTF-16")
    wide = looks_utf16(raw[:4096])
    if wide:
        return _with_note(raw, wide, "UTF-16")
    try:
        return raw.decode("utf-8-sig"), ""
    except UnicodeDecodeError:
        pass
    # Whether a few broken bytes stand in a text in UTF-8, or none of it is: by its lines, since in short pieces the
    # encodings look like each other.
    good = bad = 0
    for line in raw.splitlines():
        if not line.isascii():
            try:
                line.decode()
                good += 1
            except UnicodeDecodeError:
                bad += 1
    if good > bad:
        return _with_note(raw, "utf-8-sig", "UTF-8")
    return _with_note(raw, "gb18030", "GB18030")


def _with_note(raw: bytes, encoding: str, name: str) -> tuple[str, str]:
    text = raw.decode(encoding, "replace").removeprefix("\ufeff")
    try:
        raw.decode(encoding)
    except UnicodeDecodeError:
        return text, f"Some bytes are no {name}: their characters are shown as \ufffd."
    return text, ""


def table(path: Path, known: Callable[[list[Cell]], int]) -> Table:
    """The table of a csv file. `known` says how many cells of a row are headings that an import knows.

    Raises SourceRefused for more rows or columns than the limits.
    """
    try:
        text, note = decoded(path.read_bytes())
    except OSError as error:
        raise refused(path, f"cannot be read ({error})", "Make it readable for this user.") from error
    first, _, rest = text.partition("\n")
    separator = ""
    skipped = 0
    if first.lower().startswith("sep=") and len(first.strip()) == 5:  # a spreadsheet's own word for it
        separator, text, skipped = first.strip()[4], rest, 1
    separator = separator or separator_of(text[:_SAMPLE_CHARS], known)
    made = Table("", iter(()), text.count("\n") + 1)
    if note:
        made.notes.append(note)
    made.rows = _rows(path, text, separator, skipped, made.notes)
    return made


def separator_of(sample: str, known: Callable[[list[Cell]], int]) -> str:
    """The separator with which most headings are known; else the one that most rows are cut by alike."""
    return max(SEPARATORS, key=lambda one: _worth(sample, one, known))


def _worth(sample: str, separator: str, known: Callable[[list[Cell]], int]) -> tuple[int, int]:
    rows = []
    for row in csv.reader(io.StringIO(sample, newline=""), delimiter=separator):
        rows.append(row)
        if len(rows) >= _SAMPLE_ROWS:
            break
    widths = [len(row) for row in rows if len(row) > 1]
    alike = max((widths.count(width) for width in set(widths)), default=0)
    return max((known(list(row)) for row in rows), default=0), alike


def _rows(path: Path, text: str, separator: str, skipped: int, notes: list[str]) -> Iterator[tuple[int, list[Cell]]]:
    """The rows, numbered by their first line. A quote that is never closed would swallow the rest of the file: then every
    line is read by itself, and the note names the line."""
    open_at = _unclosed(text, separator)
    if open_at:
        notes.append(
            f"A quote is opened in line {open_at + skipped} and never closed as it should be: every line was read by itself, "
            "and that quote as a character."
        )
        numbered = _line_by_line(text, separator)
    else:
        numbered = _whole(text, separator)
    cut = 0
    for count, (number, row) in enumerate(numbered):
        if count >= limits.SHEET_ROWS:
            raise _too_much(path, "rows", limits.SHEET_ROWS)
        if len(row) > limits.SHEET_COLUMNS:
            if any(cell.strip() for cell in row[limits.SHEET_COLUMNS :]):
                raise _too_much(path, "columns", limits.SHEET_COLUMNS)
            row = row[: limits.SHEET_COLUMNS]
        cells: list[Cell] = []
        for cell in row:
            if len(cell) > limits.SHEET_CELL_CHARS:
                cut += 1
                cell = cell[: limits.SHEET_CELL_CHARS]
            cells.append(cell if cell and not cell.isspace() else None)
        yield number + skipped, cells if any(cell is not None for cell in cells) else []
    if cut:
        notes.append(f"{cut} cells were longer than {limits.SHEET_CELL_CHARS} characters and were cut there.")


def _too_much(path: Path, what: str, most: int) -> errors.SourceRefused:
    return refused(path, f"has more than {most} {what}", "Split it into several files, each with the row of headings.")


def _unclosed(text: str, separator: str) -> int:
    """Line at which a quote begins that is not closed before the end, is closed in the middle of a cell, or by the quote of
    another row, with whole rows between the two; 0 = none."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    before = width = 0
    try:
        for row in reader:
            if reader.line_num > before + 1 and width > 2 and _swallows(row, separator, width):
                return before + 1
            before = reader.line_num
            width = max(width, len(row))
    except csv.Error:
        return before + 1
    return 0


def _swallows(row: list[str], separator: str, width: int) -> bool:
    """Whether a cell holds a line with as many separators as a row has."""
    return any(
        line.count(separator) >= width - 1
        for cell in row
        if "\n" in cell or "\r" in cell
        for line in cell.splitlines()[1:-1]
    )


def _whole(text: str, separator: str) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    before = 0
    for row in reader:
        yield before + 1, row
        before = reader.line_num


def _line_by_line(text: str, separator: str) -> Iterator[tuple[int, list[str]]]:
    lines = _LINE_END.split(text)
    for number, line in enumerate(lines if lines[-1] else lines[:-1], 1):
        try:
            row = next(csv.reader([line], delimiter=separator, strict=True), [])
        except csv.Error:
            row = next(csv.reader([line], delimiter=separator, quoting=csv.QUOTE_NONE), [])
        yield number, row


csv.field_size_limit(limits.SHEET_FILE_BYTES)  # a longer cell is cut and said, not an error that ends the file
