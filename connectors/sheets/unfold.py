"""Unfolds a workbook in a process of its own: `python -P unfold.py FILE LIMITS`, rows as JSON lines on stdout.

The library allocates a sheet as one block from its first to its last cell, and a failed allocation ends the process: a file
of two kilobytes with one cell far outside does it. Here it ends this process, under its own bound of memory and time.

It stands alone (the standard library, orjson and calamine), so that it starts fast and wherever the package lies.

Lines, in this order for each sheet:

    {"sheet": name, "hidden": bool, "rows": height, "columns": width, "merged_left_out": n}
    [cell, …]                  one row; [] = blank. A cell is text, number, bool, null or [kind, ISO text] with the kinds
                               "datetime", "date", "time", "timedelta"
    {"error": kind, "text": …} instead of anything: "password", "unreadable", "sheets", "rows", "columns"
"""

from __future__ import annotations

import datetime
import resource
import sys
from collections.abc import Iterator
from typing import Any, Final

import orjson
from python_calamine import CalamineSheet, CalamineWorkbook, PasswordError, SheetTypeEnum, SheetVisibleEnum

_EXACT: Final = 1 << 53
"""Up to here a spreadsheet's number is the whole number that it shows."""


def main(path: str, limits: dict[str, int]) -> None:
    """Write all sheets of the workbook to stdout. Never raises for what the file holds, but may be killed by a bound."""
    resource.setrlimit(resource.RLIMIT_AS, (limits["memory"], limits["memory"]))
    resource.setrlimit(resource.RLIMIT_CPU, (limits["cpu_s"], limits["cpu_s"]))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    out = sys.stdout.buffer
    try:
        for line in lines(path, limits):
            out.write(orjson.dumps(line) + b"\n")
    except PasswordError:
        out.write(orjson.dumps({"error": "password", "text": ""}) + b"\n")
    except (KeyboardInterrupt, SystemExit, BrokenPipeError):
        raise
    except BaseException as error:  # a panic of the library is no Exception
        text = str(error).encode("utf-8", "replace").decode()[:200]
        out.write(orjson.dumps({"error": "unreadable", "text": text}) + b"\n")
    out.flush()


def lines(path: str, limits: dict[str, int]) -> Iterator[Any]:
    """What is written, before it is JSON."""
    book = CalamineWorkbook.from_path(path)
    sheets = [one for one in book.sheets_metadata if one.typ == SheetTypeEnum.WorkSheet]
    if len(sheets) > limits["sheets"]:
        yield {"error": "sheets", "text": str(len(sheets))}
        return
    for about in sheets:
        sheet = book.get_sheet_by_name(about.name)
        rows = 0 if sheet.end is None else sheet.end[0] + 1
        if rows > limits["rows"]:
            yield {"error": "rows", "text": about.name}
            return
        if sheet.width > limits["columns"]:
            yield {"error": "columns", "text": about.name}
            return
        merged, left_out = _merged(sheet, limits["merged"])
        yield {
            "sheet": about.name,
            "hidden": about.visible != SheetVisibleEnum.Visible,
            "rows": rows,
            "columns": sheet.width,
            "merged_left_out": left_out,
        }
        yield from _rows(sheet, merged)


def _merged(sheet: CalamineSheet, most: int) -> tuple[list[tuple[int, int, int]], int]:
    """(first row, last row, column) of each area that is more than one row high, by its first row."""
    first = sheet.start
    if first is None:
        return [], 0
    areas = sorted(
        (top, bottom, left - first[1])
        for (top, left), (bottom, _) in sheet.merged_cell_ranges or ()
        if bottom > top and left >= first[1]
    )
    return areas[:most], max(0, len(areas) - most)


def _rows(sheet: CalamineSheet, merged: list[tuple[int, int, int]]) -> Iterator[list[Any]]:
    """Every row; an area merged over several rows has its value in each of them that is not blank."""
    waiting = merged[::-1]
    running: list[tuple[int, int, Any]] = []
    for number, row in enumerate(sheet.iter_rows()):
        cells = [_cell(value) for value in row]
        blank = all(cell is None for cell in cells)
        if running:
            running = [area for area in running if area[0] >= number]
            for _, column, value in running:
                if not blank and cells[column] is None:
                    cells[column] = value
        while waiting and waiting[-1][0] <= number:
            _, bottom, column = waiting.pop()
            if column < len(cells) and cells[column] is not None and bottom > number:
                running.append((bottom, column, cells[column]))
        yield [] if blank else cells


def _cell(value: Any) -> Any:
    if isinstance(value, str):
        return value if value and not value.isspace() else None
    if isinstance(value, float) and value.is_integer() and abs(value) < _EXACT:
        return int(value)
    if isinstance(value, datetime.datetime):
        return ["datetime", value.isoformat(" ")]
    if isinstance(value, datetime.date):
        return ["date", value.isoformat()]
    if isinstance(value, datetime.time):
        return ["time", value.isoformat()]
    if isinstance(value, datetime.timedelta):
        return ["timedelta", str(value)]
    return value


if __name__ == "__main__":
    main(sys.argv[1], orjson.loads(sys.argv[2]))
