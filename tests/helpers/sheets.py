"""Workbooks as bytes, for tests of the import: the least of an xlsx, with the standard library alone."""

import datetime
import struct
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple
from xml.sax.saxutils import escape, quoteattr

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_STYLES = {"datetime": (1, 22), "date": (2, 14), "time": (3, 21)}
"""Kind → (place among the cell formats, the built-in number format)."""
_SERIAL_ZERO = datetime.datetime(1899, 12, 30)


class Formula(NamedTuple):
    """A cell with a formula and the result that was saved with it; None = it was never calculated."""

    text: str
    result: Any = None


class Serial(float):
    """A date and time as the number that a spreadsheet keeps, shown as a date."""


class Sheet(NamedTuple):
    """One sheet; rows are lists of cells from column A on, None = blank."""

    name: str
    rows: Sequence[Sequence[Any]]
    hidden: bool = False
    merged: Sequence[str] = ()
    """ "B2:B4"."""
    first_row: int = 1


def column(number: int) -> str:
    """0 → A, 26 → AA."""
    letters = ""
    number += 1
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def serial(moment: datetime.datetime) -> float:
    """A date as a spreadsheet keeps it."""
    return (moment - _SERIAL_ZERO) / datetime.timedelta(days=1)


def _cell(ref: str, value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, Formula):
        body = f"<f>{escape(value.text)}</f>"
        if isinstance(value.result, str):
            return f'<c r="{ref}" t="str">{body}<v>{escape(value.result)}</v></c>'
        return f'<c r="{ref}">{body}{"" if value.result is None else f"<v>{value.result}</v>"}</c>'
    if isinstance(value, Serial):
        return f'<c r="{ref}" s="{_STYLES["datetime"][0]}"><v>{float(value)!r}</v></c>'
    if isinstance(value, bool):
        return f'<c r="{ref}" t="b"><v>{int(value)}</v></c>'
    if isinstance(value, datetime.datetime):
        return f'<c r="{ref}" s="{_STYLES["datetime"][0]}"><v>{serial(value)!r}</v></c>'
    if isinstance(value, datetime.date):
        whole = serial(datetime.datetime.combine(value, datetime.time()))
        return f'<c r="{ref}" s="{_STYLES["date"][0]}"><v>{whole!r}</v></c>'
    if isinstance(value, datetime.time):
        share = (value.hour * 3600 + value.minute * 60 + value.second) / 86_400
        return f'<c r="{ref}" s="{_STYLES["time"][0]}"><v>{share!r}</v></c>'
    if isinstance(value, (int, float)):
        return f'<c r="{ref}"><v>{value!r}</v></c>'
    return f'<c r="{ref}" t="inlineStr"><is><t xml:space="preserve">{escape(value)}</t></is></c>'


def _sheet(sheet: Sheet) -> str:
    rows = "".join(
        f'<row r="{number}">'
        + "".join(_cell(f"{column(place)}{number}", value) for place, value in enumerate(row))
        + "</row>"
        for number, row in enumerate(sheet.rows, sheet.first_row)
    )
    merged = "".join(f'<mergeCell ref="{one}"/>' for one in sheet.merged)
    merged = f'<mergeCells count="{len(sheet.merged)}">{merged}</mergeCells>' if merged else ""
    return f'<?xml version="1.0"?><worksheet xmlns="{_MAIN}"><sheetData>{rows}</sheetData>{merged}</worksheet>'


def xlsx(path: Path, *sheets: Sheet, from_1904: bool = False) -> Path:
    """Write a workbook; returns the path."""
    numbers = range(1, len(sheets) + 1)
    listed = "".join(
        f'<sheet name={quoteattr(sheet.name)} sheetId="{n}" r:id="rId{n}"{" state=" + quoteattr("hidden") if sheet.hidden else ""}/>'
        for n, sheet in zip(numbers, sheets, strict=True)
    )
    calendar = '<workbookPr date1904="1"/>' if from_1904 else ""
    relations = "".join(
        f'<Relationship Id="rId{n}" Type="{_OFFICE}/worksheet" Target="worksheets/sheet{n}.xml"/>' for n in numbers
    )
    styles = "".join(f'<xf numFmtId="{form}"/>' for _, form in _STYLES.values())
    parts = {
        "[Content_Types].xml": f'<?xml version="1.0"?><Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/></Types>',
        "_rels/.rels": f'<?xml version="1.0"?><Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1" '
        f'Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<?xml version="1.0"?><workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}">{calendar}'
        f"<sheets>{listed}</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": f'<?xml version="1.0"?><Relationships xmlns="{_PACKAGE}/relationships">{relations}'
        f'<Relationship Id="rId0" Type="{_OFFICE}/styles" Target="styles.xml"/></Relationships>',
        "xl/styles.xml": f'<?xml version="1.0"?><styleSheet xmlns="{_MAIN}"><cellXfs count="{len(_STYLES) + 1}">'
        f'<xf numFmtId="0"/>{styles}</cellXfs></styleSheet>',
    }
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
        for number, sheet in zip(numbers, sheets, strict=True):
            archive.writestr(f"xl/worksheets/sheet{number}.xml", _sheet(sheet))
    return path


# --- xls: one sheet, as BIFF8 records in the least of an OLE file


def _record(kind: int, body: bytes) -> bytes:
    return struct.pack("<HH", kind, len(body)) + body


def _biff(name: str, rows: Sequence[Sequence[Any]]) -> bytes:
    def begin(kind: int) -> bytes:
        return _record(0x809, struct.pack("<HHHHII", 0x600, kind, 0, 0, 0, 0))

    def bound(at: int) -> bytes:
        return _record(0x85, struct.pack("<IBBBB", at, 0, 0, len(name), 1) + name.encode("utf-16-le"))

    end = _record(0x0A, b"")
    head = begin(0x05) + _record(0x42, struct.pack("<H", 1200)) + _record(0xE0, bytes(20))
    cells = b""
    for row, values in enumerate(rows):
        for place, value in enumerate(values):
            where = struct.pack("<HHH", row, place, 0)
            if isinstance(value, str):
                text = struct.pack("<HB", len(value), 1) + value.encode("utf-16-le")
                cells += _record(0x204, where + text)
            elif value is not None:
                cells += _record(0x203, where + struct.pack("<d", value))
    return head + bound(len(head) + len(bound(0)) + len(end)) + end + begin(0x10) + cells + end


def xls(path: Path, name: str, rows: Sequence[Sequence[Any]]) -> Path:
    """Write a workbook of the old format: text and numbers; returns the path."""
    sector, free, chain_end, table = 512, 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
    stream = _biff(name, rows)
    stream = stream.ljust(max(4096, -(-len(stream) // sector) * sector), b"\0")
    count = len(stream) // sector
    fat = [table, chain_end, *(place + 3 for place in range(count - 1)), chain_end]
    assert len(fat) <= sector // 4, "more than one sector of the table: too many rows for this helper"
    fat += [free] * (sector // 4 - len(fat))
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + bytes(6)
    header += struct.pack("<10I", 0, 1, 1, 0, 4096, chain_end, 0, chain_end, 0, 0) + b"\xff" * 432

    def entry(title: str, kind: int, start: int, size: int, child: int = free) -> bytes:
        text = f"{title}\0".encode("utf-16-le") if title else b""
        about = struct.pack("<HBBIII", len(text), kind, 1, free, free, child)
        return text.ljust(64, b"\0") + about + bytes(36) + struct.pack("<IQ", start, size)

    folder = entry("Root Entry", 5, chain_end, 0, 1) + entry("Workbook", 2, 2, len(stream)) + entry("", 0, 0, 0) * 2
    path.write_bytes(header + struct.pack("<128I", *fat) + folder + stream)
    return path
