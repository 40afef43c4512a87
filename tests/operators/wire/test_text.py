"""Blanks, unseen characters and halves of characters in any text (ruling 77)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from operators.wire.text import cleaned, has_halves, needs_reading, whole

ODD = (
    " \t\n\u0085\u00a0\u00ad\u061c\u1680\u2003\u200b\u200c\u200d\u200e\u202c\u202d\u2028\u202f\u205f\u2060\u2066\u2069"
    "\u3000\ufe0f\ufeff\U000e0101"
)


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("", ""),
        ("  ", ""),
        (" \u200b ", ""),
        ("\u3000\ufeff\u00a0", ""),
        ("\u202d13912345678\u202c", "13912345678"),
        ("a\u00adb\u200bc\u2060d\ufeffe", "abcde"),
        ("A\u200dB\ufe0f", "AB"),
        ("张 三", "张 三"),
        ("\u200e \u200f张三\u3000", "张三"),
        ("x\0", "x\0"),
    ],
)
def test_what_is_read(text: str, read: str) -> None:
    assert cleaned(text) == read


@pytest.mark.parametrize(
    ("name", "read"),
    [("\U0001f468\u200d\U0001f469", "\U0001f468\u200d\U0001f469"), ("\u200d\ufe0f", ""), (" 李\u200b ", "李")],
)
def test_a_name_keeps_its_joiners_where_something_can_be_seen(name: str, read: str) -> None:
    assert cleaned(name, joiners=True) == read


@given(st.text(st.sampled_from(ODD + "ab，。é")), st.booleans())
def test_reading_twice_is_reading_once(text: str, joiners: bool) -> None:
    read = cleaned(text, joiners=joiners)
    assert cleaned(read, joiners=joiners) == read == read.strip()


def test_half_a_character_becomes_a_sign_that_it_was_there() -> None:
    assert has_halves("小明\ud83d") and not has_halves("小明\U0001f600")
    assert whole("小明\ud83d!\ude00") == "小明\ufffd!\ufffd"


VALUES = st.text(st.sampled_from(ODD + 'ab:,{}[]"\\张'), max_size=6)
RECORDS = st.dictionaries(st.text("abc", min_size=1, max_size=3), VALUES | st.lists(VALUES, max_size=2), max_size=4)


@given(RECORDS, st.booleans(), st.sampled_from([None, (",", ":"), (" , ", " : "), (",\n", ":\t")]))
@example({"a": "b, "}, True, (",\n", ":\t"))
@example({"a": "b: ", "c": "d"}, True, None)
@example({"a": ["b, "]}, True, (",", ":"))
def test_what_needs_no_reading_is_clean(record: dict[str, Any], ascii_only: bool, separators: Any) -> None:
    """Whatever way a sender writes its JSON: a record that is passed on as it is has no string that would be read otherwise."""
    raw = json.dumps(record, ensure_ascii=ascii_only, separators=separators).encode()
    if needs_reading(raw):
        return
    texts = [one for value in record.values() for one in (value if isinstance(value, list) else [value])]
    assert all(cleaned(text) == text for text in texts)


def test_every_character_that_may_go_needs_reading() -> None:
    """Of each character of Unicode beyond ASCII, at the end of a text and within it."""
    letters = [chr(code) for code in range(0x80, 0x110000) if not 0xD800 <= code < 0xE000]
    blocks = [letters[at : at + 256] for at in range(0, len(letters), 256)]
    some = [one for block in blocks if cleaned(f"a{''.join(block)}b") != f"a{''.join(block)}b" for one in block]
    going = [one for one in letters if one.isspace()] + [one for one in some if cleaned(f"a{one}b") != f"a{one}b"]
    assert len(going) > 250
    assert [hex(ord(one)) for one in going if not needs_reading(f'{{"a":"a{one}b"}}'.encode())] == []


@pytest.mark.parametrize("separators", [None, (",", ":")])
@pytest.mark.parametrize("ascii_only", [True, False])
def test_a_usual_record_needs_no_reading(ascii_only: bool, separators: Any) -> None:
    record = {"channel": "autohome", "name": "王 小明", "remark": "周末到店，“试驾” A6L。", "intent": {"level": "HIGH"}}
    assert not needs_reading(json.dumps(record, ensure_ascii=ascii_only, separators=separators).encode()) or ascii_only
