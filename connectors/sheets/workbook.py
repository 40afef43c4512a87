"""xlsx and xls by calamine, unfolded in a process of its own: see `connectors/sheets/unfold.py` for the reason."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import IO, Any, Final

import orjson

from connectors.sheets.formats import refused
from connectors.sheets.tables import Cell, Table
from state import errors, limits

_UNFOLD: Final = Path(__file__).with_name("unfold.py")
_SAID_BYTES: Final = 64 << 10
_NOT_INSTALLED: Final = "No module named"


def tables(path: Path) -> Generator[Table, None, None]:
    """The sheets of a workbook in its order; the rows of one must be read (or left) before the next is asked for.

    Raises SourceRefused for a password, damage, or more than the limits.
    """
    bounds = {
        "memory": limits.SHEET_MEMORY_BYTES,
        "cpu_s": limits.SHEET_CPU_S,
        "sheets": limits.SHEETS,
        "rows": limits.SHEET_ROWS,
        "columns": limits.SHEET_COLUMNS,
        "merged": limits.SHEET_MERGED,
    }
    command = [sys.executable, "-P", str(_UNFOLD), str(path.absolute()), orjson.dumps(bounds).decode()]
    with (
        tempfile.TemporaryFile() as said,  # no pipe: nobody reads it before the end, and a full one would stop the process
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=said, stdin=subprocess.DEVNULL) as process,
    ):
        assert process.stdout is not None
        try:
            yield from _Lines(path, process.stdout).tables()
            if process.wait() != 0:
                said.seek(0)
                raise _ended(path, said.read(_SAID_BYTES).decode("utf-8", "replace"))
        finally:
            process.kill()


class _Lines:
    """What the process writes, table by table."""

    def __init__(self, path: Path, lines: IO[bytes]) -> None:
        self.path = path
        self.lines = lines
        self.ahead: dict[str, Any] | None = None
        """The line about the next sheet, read at the end of the one before."""

    def tables(self) -> Iterator[Table]:
        for _ in self._rows():  # the line about the first sheet
            pass
        while (about := self.ahead) is not None:
            self.ahead = None
            table = Table(about["sheet"], self._numbered(), about["rows"], about["hidden"])
            if about["merged_left_out"]:
                table.notes.append(
                    f"Sheet {table.name}: {about['merged_left_out']} merged areas beyond {limits.SHEET_MERGED} have "
                    "their value in their first row alone."
                )
            yield table
            for _ in table.rows:
                pass

    def _numbered(self) -> Iterator[tuple[int, list[Cell]]]:
        return enumerate(self._rows(), 1)

    def _rows(self) -> Iterator[list[Cell]]:
        for line in self.lines:
            if not line.endswith(b"\n"):
                return  # the process ended in the middle of it: what it left is looked at then
            value = orjson.loads(line)
            if isinstance(value, list):
                yield value
            elif "error" in value:
                raise self._refused(value["error"], value["text"])
            else:
                self.ahead = value
                return

    def _refused(self, error: str, text: str) -> errors.SourceRefused:
        path = self.path
        if error == "password":
            return refused(path, "is locked with a password", "Save it without a password, then import that.")
        if error == "sheets":
            return refused(
                path,
                f"has {text} sheets; an import reads at most {limits.SHEETS}",
                "Save the sheets with leads alone, then import that.",
            )
        if error in ("rows", "columns"):
            most = limits.SHEET_ROWS if error == "rows" else limits.SHEET_COLUMNS
            return refused(
                path,
                f"has a sheet {text!r} of more than {most} {error}",
                f"Delete {error} that are not needed (blank ones far outside count too), or split the file.",
            )
        return refused(
            path,
            f"cannot be read as a workbook ({text})",
            "Open it in a spreadsheet program and save it anew as .xlsx.",
        )


def _ended(path: Path, said: str) -> errors.LeadstreamError:
    """Why the process ended before it was done."""
    if _NOT_INSTALLED in said:
        return errors.Refused(
            "The library that reads workbooks is not installed.", "Install it: pip install 'leadstream[sheets]'."
        )
    return refused(
        path,
        f"cannot be unfolded within {limits.SHEET_MEMORY_BYTES >> 30} GiB of memory and {limits.SHEET_CPU_S} s of processor "
        "time",
        "A cell far to the right or far below makes a sheet huge: delete what lies outside the table, or save the sheet as "
        "CSV, then import that.",
    )
