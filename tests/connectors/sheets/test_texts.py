"""csv in every usual encoding and separator; a quote that is never closed swallows no lead."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.sheets import texts
from connectors.sheets.headings import known
from state import errors, limits

TEXT = "手机号,姓名,门店\n13912345678,张三,SH001\n13912345679,联通,SH002\n"


def read(tmp_path, raw):
    file = tmp_path / "x.csv"
    file.write_bytes(raw if isinstance(raw, bytes) else raw.encode())
    table = texts.table(file, known)
    return list(table.rows), table.notes


ROWS = [
    (1, ["手机号", "姓名", "门店"]),
    (2, ["13912345678", "张三", "SH001"]),
    (3, ["13912345679", "联通", "SH002"]),
]


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "gb18030", "gbk", "gb2312"]
)
def test_encodings(tmp_path, encoding):
    assert read(tmp_path, TEXT.encode(encoding)) == (ROWS, [])


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_separators_and_line_ends(tmp_path, separator, end):
    assert read(tmp_path, TEXT.replace(",", separator).replace("\n", end))[0] == ROWS


def test_a_separator_that_stands_in_cells(tmp_path):
    raw = "手机号;备注;姓名\n13912345678;a,b,c,d;张三\n13912345679;e,f,g,h;李四\n"
    assert read(tmp_path, raw)[0][1] == (2, ["13912345678", "a,b,c,d", "张三"])


def test_the_word_of_a_spreadsheet_for_its_separator(tmp_path):
    assert read(tmp_path, "sep=|\n手机号|姓名\n13912345678|张三\n")[0] == [
        (2, ["手机号", "姓名"]),
        (3, ["13912345678", "张三"]),
    ]


def test_one_column(tmp_path):
    assert read(tmp_path, "手机号\n13912345678\n")[0] == [(1, ["手机号"]), (2, ["13912345678"])]


def test_broken_bytes_cost_their_characters_and_no_row(tmp_path):
    rows, notes = read(tmp_path, TEXT.encode() + b"13912345670," + b"\xff\xfe,SH001\n")
    assert [cells[0] for _, cells in rows] == ["手机号", "13912345678", "13912345679", "13912345670"]
    assert len(notes) == 1 and "UTF-8" in notes[0]


def test_quotes_with_line_ends_inside(tmp_path):
    rows, notes = read(tmp_path, '手机号,备注\n13912345678,"一\n二"\n13912345679,x\n')
    assert rows == [(1, ["手机号", "备注"]), (2, ["13912345678", "一\n二"]), (4, ["13912345679", "x"])]
    assert not notes


@pytest.mark.parametrize("cell", ['"未完', '"五"寸屏', '5"屏"'])
def test_a_quote_that_is_not_closed_swallows_no_row(tmp_path, cell):
    rows, _ = read(tmp_path, f"手机号,备注\n13912345678,{cell}\n13912345679,x\n13912345670,y\n")
    assert [cells[0] for _, cells in rows] == ["手机号", "13912345678", "13912345679", "13912345670"]
    assert rows[1][1][1] == cell


def test_the_line_of_the_quote_is_named(tmp_path):
    _, notes = read(tmp_path, '手机号,备注\n13912345678,x\n13912345679,"未完\n13912345670,y\n')
    assert "line 3" in notes[0]


def test_a_quote_that_another_row_closes_swallows_no_row_between(tmp_path):
    raw = '手机号,姓名,备注\n13912345678,张,"未完\n13912345679,李,x\n13912345670,王,完"\n13912345671,赵,z\n'
    rows, notes = read(tmp_path, raw)
    assert [cells[0] for _, cells in rows][1:] == ["13912345678", "13912345679", "13912345670", "13912345671"]
    assert "line 2" in notes[0]


def test_a_long_cell_is_cut_and_said(tmp_path):
    rows, notes = read(tmp_path, f"手机号,备注\n13912345678,{'x' * (limits.SHEET_CELL_CHARS + 1)}\n")
    assert len(rows[1][1][1]) == limits.SHEET_CELL_CHARS
    assert notes == [f"1 cells were longer than {limits.SHEET_CELL_CHARS} characters and were cut there."]


def test_more_columns_than_the_limit(tmp_path):
    with pytest.raises(errors.SourceRefused, match="columns"):
        read(tmp_path, "手机号," + "x," * limits.SHEET_COLUMNS + "y\n")
    assert len(read(tmp_path, "手机号" + "," * 2 * limits.SHEET_COLUMNS + "\n")[0]) == 1


def test_more_rows_than_the_limit(tmp_path, monkeypatch):
    monkeypatch.setattr(limits, "SHEET_ROWS", 3)
    assert len(read(tmp_path, "手机号\n1\n2\n")[0]) == 3
    with pytest.raises(errors.SourceRefused, match="rows"):
        read(tmp_path, "手机号\n1\n2\n3\n")


CELL = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20).map(str.strip)


@given(
    st.lists(st.lists(CELL, min_size=2, max_size=4), min_size=1, max_size=6),
    st.sampled_from(texts.SEPARATORS),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "gb18030"]),
)
def test_what_a_program_writes_comes_back(tmp_path_factory, rows, separator, encoding):
    buffer = io.StringIO()
    rows = [["手机号", "姓名", "提交时间", "备注"], *rows]
    csv.writer(buffer, delimiter=separator).writerows(rows)
    there, _ = read(tmp_path_factory.mktemp("c"), buffer.getvalue().encode(encoding))
    if encoding == "gb18030" and rows[1:]:
        there, rows = there[:1], rows[:1]  # short texts in one encoding may be good ones in another
    assert [[cell or "" for cell in cells] for _, cells in there] == [
        row if any(cell.strip() for cell in row) else [] for row in rows
    ]


@given(st.binary(max_size=400))
def test_no_bytes_are_too_strange(tmp_path_factory, raw):
    rows, _ = read(tmp_path_factory.mktemp("b"), raw)
    assert all(isinstance(number, int) for number, _ in rows)
