"""The scanner of TOML positions agrees with tomllib on every text, and never raises."""

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from operators.config.positions import scan, written

TEXT = """\
# a comment
timezone = "Asia/Shanghai"
periods.merge = 30   # dotted
"periods" . 'max_life' = 300

[channels.autohome]
name = '''
two
lines'''
consent = true
[ stores . "上海" ]
lines = [
  "main", # the first
  # nothing
  "used",
]
hours = { opens = "09:00", closes = "18:00" }
[[lists]]
a = 1
[[lists]]
a = 2
b = \"\"\"x = 1
[y]\\\"\"\"\"
"""


def test_lines_of_tables_keys_and_elements() -> None:
    found = scan(TEXT)
    assert not found.faults
    assert found.tables == tomllib.loads(TEXT)
    for path, line in {
        ("timezone",): 2,
        ("periods",): 3,
        ("periods", "merge"): 3,
        ("periods", "max_life"): 4,
        ("channels", "autohome"): 6,
        ("channels", "autohome", "name"): 7,
        ("channels", "autohome", "consent"): 10,
        ("stores", "上海"): 11,
        ("stores", "上海", "lines"): 12,
        ("stores", "上海", "lines", 0): 13,
        ("stores", "上海", "lines", 1): 15,
        ("stores", "上海", "hours", "closes"): 17,
        ("lists", 0, "a"): 19,
        ("lists", 1, "a"): 21,
        ("lists", 1, "b"): 22,
    }.items():
        assert found.lines[path] == line, path


def test_a_path_without_a_line_of_its_own_has_the_line_around_it() -> None:
    found = scan("a = 1\n[b.c]\nd = 2\n")
    assert found.line(("b", "c", "e")) == 2
    assert found.line(("f",)) == 0


def test_windows_line_ends_count_once() -> None:
    found = scan('a = 1\r\n\r\n[b]\r\nc = [\r\n 1,\r\n 2]\r\nd = "x\r\n')
    assert found.lines[("b", "c", 1)] == 6
    assert [line for line, _, _ in found.faults] == [7]


def test_paths_are_written_as_in_toml() -> None:
    assert written(("stores", "上海", "lines", 2)) == 'stores."上海".lines[2]'
    assert written(("a", 'b"c')) == 'a."b\\"c"'


@pytest.mark.parametrize(
    ("text", "line", "key"),
    [
        ("a = \nb = 1\n", 1, "a"),
        ("x = 1\na = \n", 2, "a"),
        ('a = "x\nb = 1\n', 1, "a"),
        ("a = [1,\nb = 2\n", 1, "a"),
        ("x = 1\n\na = {b = 1\nc = 2\n", 3, "a"),
        ('a = """x\nb\n', 1, "a"),
        ("a = '''x\nb\n", 1, "a"),
        ("a\nb = 1\n", 1, ""),
        ("x = 1\n上海 = 1\n", 2, ""),
        ("x = 1\n[stores.上海]\na = 1\n", 2, ""),
        ("[a\nb = 1\n", 1, ""),
        ("a = 1 2\n", 1, "a"),
        ("[t]\na = 2026-02-30\n", 2, "t.a"),
        ('a = "\\q"\n', 1, "a"),
        ("a = 1\nb = 2\na = 3\n", 3, "a"),
        ("[a]\n[b]\n[a]\n", 3, "a"),
        ("[a]\nb.c = 1\n[a.b]\n", 3, "a.b"),
        ("a = {b = 1}\n[a]\n", 2, "a"),
        ("a = 1\n[a]\n", 2, "a"),
        ("a = 1\na.b = 2\n", 2, "a.b"),
        ("a = {b = 1}\na.c = 2\nd = 1\n", 2, ""),
        ("[a.b]\n[a]\nb.c = 1\n[d]\n", 3, ""),
        ("a = []\n[[a]]\n[d]\n", 2, ""),
        ("x = 1\n\r", 2, ""),
        ("\n# \x00\n", 2, ""),
        ("a = 1\n[a.b]\nc = 1\n", 2, "a"),
        ("a = {b = 1, b = 2}\n", 1, "a"),
        ("a = truee\n", 1, "a"),
        ("a = [1 2]\n", 1, "a"),
    ],
)
def test_faults_of_form_have_their_line(text: str, line: int, key: str) -> None:
    with pytest.raises(tomllib.TOMLDecodeError):
        tomllib.loads(text)
    assert [(at, name) for at, name, _ in scan(text).faults] == [(line, key)]


def test_one_fault_of_form_does_not_hide_the_next() -> None:
    found = scan('a = "x\nb = 2\n[c]\nd = [1,\n2,\ne = 3\n[上]\nf = 1\n[g]\nh = \ni = 4\n')
    assert [line for line, _, _ in found.faults] == [1, 4, 7, 10]
    assert found.tables == {"b": 2, "c": {"e": 3}, "g": {"i": 4}}


def test_what_stands_under_a_header_that_cannot_be_read_belongs_to_no_table() -> None:
    assert scan("[a]\nb = 1\n[c\nd = 1\n").tables == {"a": {"b": 1}}


def test_deep_nesting_is_a_fault_and_no_crash() -> None:
    found = scan("x = 1\na = " + "[" * 5000 + "\n")
    assert [line for line, _, _ in found.faults] == [2]
    assert scan("a = " + "[" * 60 + "1" + "]" * 60).faults == []


PIECES = st.sampled_from(
    [
        *(
            "a",
            "b",
            "c.d",
            '"e f"',
            "'g'",
            "a.b",
            "=",
            " = ",
            "\n",
            "\n",
            "\r\n",
            "[",
            "]",
            "[[",
            "]]",
            "{",
            "}",
            ",",
            " ",
        ),
        *("1", "-2.5", "true", "2026-01-02", '"x"', "'y'", '"""', "'''", '"', "'", "\\", "#", "上", ".", "_", "nan"),
        *("[a]\n", "[b]\n", "[c.d]\n", "[[l]]\n", "a = 1\n", "b.c = 2\n", "x = [1,\n 2]\n", "y = {z = 1}\n"),
    ]
)


@given(st.lists(PIECES, max_size=14).map("".join))
def test_any_text_is_judged_as_tomllib_judges_it(text: str) -> None:
    found = scan(text)
    try:
        tables = tomllib.loads(text)
    except ValueError:
        assert found.faults
        last = text.count("\n") + 1
        assert all(1 <= line <= last for line, _, _ in found.faults)
    else:
        assert not found.faults
        assert repr(found.tables) == repr(tables)


KEYS = st.from_regex(r"[a-z]{1,3}", fullmatch=True)
LEAVES = st.one_of(
    st.integers(-9, 9).map(str), st.sampled_from(["true", '"#[x]="', "'\\'", '"""\nk = 1\n"""', "[ # c\n]"])
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda items: "[\n" + ",\n".join(items) + "\n]")
        | st.dictionaries(KEYS, inner.filter(lambda one: not one.startswith("[\n")), max_size=2).map(
            lambda pairs: "{ " + ", ".join(f"{key} = {value}" for key, value in pairs.items()) + " }"
        )
    ),
    max_leaves=6,
)


@given(st.dictionaries(KEYS, st.dictionaries(KEYS, VALUES, max_size=3), max_size=4))
def test_every_statement_of_a_good_file_has_its_line(tables: dict[str, dict[str, str]]) -> None:
    text = ""
    expected: dict[tuple[str, ...], int] = {}
    for table, keys in tables.items():
        text += "\n# comment\n"
        expected[(table,)] = text.count("\n") + 1
        text += f"[{table}]\n"
        for key, value in keys.items():
            expected[(table, key)] = text.count("\n") + 1
            text += f"{key} = {value}\n"
    found = scan(text)
    assert found.tables == tomllib.loads(text)
    assert not found.faults
    assert {path: found.lines[path] for path in expected} == expected
