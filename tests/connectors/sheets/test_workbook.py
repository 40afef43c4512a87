"""xlsx: sheets, merged and hidden cells, formulas, dates, numbers; what is no workbook or a bomb is refused in a sentence."""

import datetime
import struct
import zipfile

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sheets import Formula, Sheet, xls, xlsx

from connectors.sheets import formats, workbook
from state import errors, limits

MOMENT = datetime.datetime(2026, 3, 2, 10, 15)


def read(path):
    return {table.name: list(table.rows) for table in workbook.tables(path)}


def refusal(path):
    with pytest.raises(errors.SourceRefused) as refused:
        formats.format_of(path)
        read(path)
    return str(refused.value)


def test_cells(tmp_path):
    path = xlsx(
        tmp_path / "x.xlsx",
        Sheet(
            "线索",
            [
                ["手机号", "时间"],
                [13912345678, MOMENT],
                ["13912345678", MOMENT.date()],
                [2158235823, datetime.time(10, 15)],
                [True, 0.5],
                [-5, 46083.427083333336],
            ],
        ),
    )
    assert read(path)["线索"] == [
        (1, ["手机号", "时间"]),
        (2, [13912345678, ["datetime", "2026-03-02 10:15:00"]]),
        (3, ["13912345678", ["date", "2026-03-02"]]),
        (4, [2158235823, ["time", "10:15:00"]]),
        (5, [True, 0.5]),
        (6, [-5, 46083.427083333336]),
    ]


def test_the_old_format(tmp_path):
    path = xls(tmp_path / "x.xls", "线索", [["手机号", "姓名"], [13912345678, "张三"], [None], ["1.39E+10", None]])
    assert formats.format_of(path) == "xls"
    assert read(path) == {
        "线索": [(1, ["手机号", "姓名"]), (2, [13912345678, "张三"]), (3, []), (4, ["1.39E+10", None])]
    }


def test_rows_are_numbered_as_the_program_shows_them(tmp_path):
    path = xlsx(tmp_path / "x.xlsx", Sheet("S", [[None, "手机号"], [None, None], [None, "139"]], first_row=3))
    assert read(path)["S"] == [(1, []), (2, []), (3, ["手机号"]), (4, []), (5, ["139"])]


def test_a_formula_is_its_saved_result(tmp_path):
    rows = [["手机号", "备注"], [Formula("A9", 13912345678), Formula('"=1+1"', "=1+1")], ["=2+2", Formula("NOW()")]]
    assert read(xlsx(tmp_path / "x.xlsx", Sheet("S", rows)))["S"][1:] == [
        (2, [13912345678, "=1+1"]),
        (3, ["=2+2", None]),
    ]


def test_a_merged_area_has_its_value_in_each_of_its_rows(tmp_path):
    """But fills no blank row, and no column beside it."""
    rows = [["手机号", "门店", "x"], ["1", "SH001", "a"], ["2", None, None], [None, None, None], ["3", None, "b"]]
    path = xlsx(tmp_path / "x.xlsx", Sheet("S", rows, merged=["B2:B4", "A1:C1"]))
    assert read(path)["S"][1:] == [(2, ["1", "SH001", "a"]), (3, ["2", "SH001", None]), (4, []), (5, ["3", None, "b"])]


def test_sheets_in_their_order_and_hidden_ones_named(tmp_path):
    path = xlsx(tmp_path / "x.xlsx", Sheet("二", [["a"]]), Sheet("隐", [["b"]], hidden=True), Sheet("空", []))
    seen = []
    for table in workbook.tables(path):  # the rows of the first are left unread
        seen.append((table.name, table.hidden))
    assert seen == [("二", False), ("隐", True), ("空", False)]


def test_dates_since_1904(tmp_path):
    path = xlsx(tmp_path / "x.xlsx", Sheet("S", [[MOMENT - datetime.timedelta(days=1462)]]), from_1904=True)
    assert read(path)["S"] == [(1, [["datetime", "2026-03-02 10:15:00"]])]


# --- what is refused


def test_one_cell_far_outside_does_not_end_the_import(tmp_path):
    """A file of two kilobytes; unfolded it is half a terabyte."""
    path = xlsx(
        tmp_path / "x.xlsx", Sheet("S", [["手机号"]]), Sheet("T", [[None] * 16_383 + ["x"]], first_row=1_048_576)
    )
    text = path.read_bytes()
    with zipfile.ZipFile(path, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        body = archive.read("xl/worksheets/sheet2.xml").replace(
            b"<sheetData>", b'<sheetData><row r="1"><c r="A1"><v>1</v></c></row>'
        )
        archive.writestr("xl/worksheets/sheet2.xml", body)
    assert len(text) < 5_000
    said = refusal(path)
    assert "cannot be unfolded" in said or "more than" in said


def test_a_bomb_is_refused_before_it_is_opened(tmp_path, monkeypatch):
    path = xlsx(tmp_path / "x.xlsx", Sheet("S", [["手机号"]]))
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/media/zeros.bin", bytes(3 << 20))
    assert path.stat().st_size < 10_000
    monkeypatch.setattr(limits, "SHEET_UNPACKED_BYTES", 2 << 20)
    monkeypatch.setattr(workbook, "tables", lambda path: pytest.fail("it was opened"))
    assert "unpacks to" in refusal(path)


def test_a_bomb_of_many_parts(tmp_path, monkeypatch):
    path = xlsx(tmp_path / "x.xlsx", Sheet("S", [["手机号"]]))
    monkeypatch.setattr(limits, "SHEET_PARTS", 3)
    assert "parts" in refusal(path)


@pytest.mark.parametrize(
    ("limit", "named"), [("SHEET_ROWS", "rows"), ("SHEET_COLUMNS", "columns"), ("SHEETS", "sheets")]
)
def test_limits_are_said(tmp_path, monkeypatch, limit, named):
    path = xlsx(tmp_path / "x.xlsx", Sheet("S", [["手机号", "a"], ["1", "b"]]), Sheet("T", [["x"]]))
    assert set(read(path)) == {"S", "T"}
    monkeypatch.setattr(limits, limit, 1)
    assert named in refusal(path)


def test_a_file_that_is_too_large(tmp_path, monkeypatch):
    path = xlsx(tmp_path / "x.xlsx", Sheet("S", [["手机号"]]))
    monkeypatch.setattr(limits, "SHEET_FILE_BYTES", 100)
    assert "at most" in refusal(path)


def _locked(path):
    """The least of an OLE file, as a workbook with a password is one."""
    path.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504))


def _ods(path):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")


def _archive(path):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("leads.csv", "手机号\n")


def _cut(path):
    whole = xlsx(path, Sheet("S", [["手机号"]])).read_bytes()
    path.write_bytes(whole[: len(whole) // 2])


def _no_sheet(path):
    xlsx(path, Sheet("S", [["手机号"]]))
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, body in parts.items():
            archive.writestr(name, b"<no" if "sheet1" in name else body)


@pytest.mark.parametrize(
    ("make", "named"),
    [
        (_locked, "cannot be read as a workbook"),
        (_ods, "OpenDocument"),
        (_archive, "archive without a workbook"),
        (_cut, "damaged archive"),
        (_no_sheet, "cannot be read as a workbook"),
        (lambda path: path.write_bytes(b"\x1f\x8b\x08rest"), "gzip"),
        (lambda path: path.write_bytes(b"%PDF-1.4"), "PDF"),
        (lambda path: path.write_bytes(b"\x89PNG\r\n\x1a\n"), "picture"),
        (lambda path: path.write_text("<html><table><tr><td>手机号"), "web page"),
        (lambda path: path.write_text('<?xml version="1.0"?><Workbook>'), "XML"),
        (lambda path: path.write_bytes(b"\x00\x01\x02\x03" * 99), "no text"),
        (lambda path: path.mkdir(), "no regular file"),
        (lambda path: None, "does not exist"),
    ],
)
def test_what_is_no_sheet_is_refused_in_a_sentence(tmp_path, make, named):
    path = tmp_path / "leads.xlsx"
    make(path)
    assert named in refusal(path)


@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow])
@given(st.binary(min_size=1, max_size=60), st.integers(0, 10_000))
def test_a_damaged_workbook_is_read_or_refused(tmp_path_factory, noise, at):
    """Bytes changed somewhere: never another exception, never the end of the process."""
    path = xlsx(tmp_path_factory.mktemp("d") / "x.xlsx", Sheet("S", [["手机号", "时间"], [13912345678, MOMENT]] * 20))
    raw = bytearray(path.read_bytes())
    place = at % len(raw)
    raw[place : place + len(noise)] = noise
    path.write_bytes(bytes(raw))
    try:
        if formats.format_of(path) in ("xlsx", "xls"):
            read(path)
    except errors.SourceRefused as refused:
        assert refused.action.endswith(".")


def test_sizes_that_lie_are_held_by_the_process(tmp_path):
    """The archive's list says one byte; what is there is read by the library under its process's bounds."""
    path = xlsx(tmp_path / "x.xlsx", Sheet("S", [["手机号"], ["13912345678"]]))
    raw = path.read_bytes()
    central = raw.rindex(b"PK\x01\x02")
    path.write_bytes(raw[: central + 24] + struct.pack("<I", 1) + raw[central + 28 :])
    try:
        read(path)
    except errors.SourceRefused as refused:
        assert refused.action.endswith(".")
