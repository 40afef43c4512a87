"""Numbers in any form (rulings 37, 77, 79): never an exception, read again the same, and what separators do not change."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from operators.config.configuration import from_tables
from operators.identity import phones
from operators.identity.home import Home, home_of
from operators.identity.one_id import OneIds
from state.errors import ConfigurationRefused

CODES = {"BAD_PHONE", "SERVICE_NUMBER", "TEST_NUMBER", "FOREIGN_NUMBER"}
HONG_KONG = frozenset({"852"})
PARTS = [
    *(
        "+86",
        "0086",
        "86",
        "0",
        "139",
        "1234",
        "5678",
        "13912345678",
        "021",
        "0571",
        "58235823",
        "8765432",
        "10",
        "801",
    ),
    *(
        "转",
        "分机",
        "ext",
        ",",
        ";ext=",
        "(",
        ")",
        "-",
        " ",
        ".",
        "+",
        "/",
        "E+10",
        ".0",
        "*",
        "x",
        "手机：",
        "852",
        "00",
    ),
]
mobiles = st.from_regex(r"1[3-9]\d{9}", fullmatch=True).map(
    lambda text: "".join(str(int(one)) for one in text)
).filter(lambda number: number not in ("13800138000",))  # fmt: skip
landlines = st.builds(
    lambda area, number: area + number,
    st.sampled_from(["010", "021", "029", "0571", "0755", "0991"]),
    st.from_regex(r"[2-8][0-9]{7}", fullmatch=True),
)


@given(
    st.one_of(st.text(), st.lists(st.sampled_from(PARTS), max_size=12).map("".join)),
    st.sampled_from([HONG_KONG, phones.NONE]),
)
def test_never_an_exception_and_read_again_the_same(text: str, codes: frozenset[str]) -> None:
    try:
        mobile, landline, _ = phones.read(text, codes)
    except phones.BadPhone as bad:
        assert bad.args[0] in CODES
        return
    assert mobile or landline
    if mobile:
        assert phones.read(mobile, codes)[:2] == (mobile, "")
    if landline:
        assert phones.read(landline, codes)[:2] == ("", landline)


@given(mobiles, st.data())
def test_separators_and_full_width_digits_do_not_change_a_mobile(number: str, data: st.DataObject) -> None:
    between = st.sampled_from(["", "", " ", "-", "—", "ー", "～", "_", ".", "·", ") ", "\u200b", "\u00a0"])
    text = number[0] + "".join(data.draw(between) + one for one in number[1:])
    wide = text.translate({ord("0") + at: ord("０") + at for at in range(10)})
    front = data.draw(st.sampled_from(["", "+86", "0086 ", "(+86)", "手机：", "'", "tel:", "+86 86 "]))
    assert phones.read(front + text) == phones.read(front + wide) == (number, "", False)


@given(landlines, st.data())
def test_spaces_and_full_width_digits_do_not_change_a_landline(number: str, data: st.DataObject) -> None:
    text = number[0] + "".join(
        data.draw(st.sampled_from(["", "", " ", "\u3000", "\u200b"])) + one for one in number[1:]
    )
    wide = text.translate({ord("0") + at: ord("０") + at for at in range(10)})
    assert phones.read(text) == phones.read(wide) == ("", number, False)


@given(mobiles, mobiles, st.sampled_from([" ", "/", ",", "、", "-", "或"]))
def test_two_mobiles_are_more_than_one(one: str, other: str, between: str) -> None:
    if one == other:
        assert phones.read(one + between + other)[0] == one
        return
    with pytest.raises(phones.BadPhone, match="BAD_PHONE"):
        phones.read(one + between + other)


def test_a_long_text_is_read_at_once() -> None:
    """What can be cut in many ways is bounded: 256 characters of the worst kind."""
    for unit in ("0571-8765432-", "10-", "86", "0-", "13912345678-", "00", "+", "(0571)"):
        with pytest.raises(phones.BadPhone):
            phones.read((unit * 256)[:256] + "x9x")


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        ("13912345678", "139****5678"),
        ("13912345678-801", "139****5678-*"),
        ("02158235823-801", "021******23-*"),
        ("+85291234567", "+852******67"),
        ("+85291234567-12", "+852******67-*"),
    ],
)
def test_masks_of_extensions_and_foreign_numbers(number: str, shown: str) -> None:
    """Ruling 37."""
    assert phones.masked(number) == shown


def test_ids_of_what_was_an_identity_before_are_the_same_and_an_extension_is_another_customer() -> None:
    ids = OneIds(b"secret", 16)
    # Written down before extensions and other countries were read.
    assert ids.of(phones.MOBILE, "13912345678").hex() == "b9c6a6e5dab833b2c7e64468"
    assert ids.of(phones.LANDLINE, "02158235823-801").hex() == "356e6f9a4f610b64b8f9dcfc"
    plain, extended = ids.of(phones.MOBILE, "13912345678"), ids.of(phones.MOBILE, "13912345678-801")
    assert plain != extended
    assert plain[:2] == extended[:2], "one neighbourhood: the first eight digits (ruling 62)"
    assert ids.of(phones.MOBILE, "+85291234567")[:2] == ids.of(phones.MOBILE, "+85291234999")[:2]


def test_where_other_countries_are_named_the_library_is_a_rule() -> None:
    """Ruling 79: its version is part of rule_version where it reads numbers, and only there."""
    plain, named = from_tables({}).rules, from_tables({"validation": {"countries": ["CN", "HK"]}}).rules
    assert named.codes == {"852"} and not plain.codes
    assert named.version != plain.version
    assert from_tables({"validation": {"countries": ["CN"]}}).rules.version == plain.version
    with pytest.raises(ConfigurationRefused, match="allowed are the two letters of a region"):
        from_tables({"validation": {"countries": ["CN", "XX"]}})


def test_the_library_is_not_loaded_where_nothing_needs_it() -> None:
    program = (
        "import sys; from operators.config.configuration import from_tables; from operators.identity import phones\n"
        "from_tables({}); phones.read('tel:+86 139 1234 5678 转 8')\n"
        "sys.exit('phonenumbers' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


@pytest.mark.parametrize(
    ("number", "home"),
    [
        ("02158235823", Home("上海", "上海市")),
        ("01058881234-801", Home("北京", "北京市")),
        ("057187654321", Home("浙江", "杭州市")),
        ("09911234567", Home("新疆", "乌鲁木齐市")),
        ("07715551234", Home("广西", "南宁市")),
        ("13912345678", Home("江苏", "常州市")),
        ("13912345678-801", Home("江苏", "常州市")),
        ("10588812345", Home("", "")),
        ("+85291234567", Home("", "")),
    ],
)
def test_home_location(number: str, home: Home) -> None:
    """Domain 8, ruling 60: province and city by the data of `phonenumbers`."""
    assert home_of(number) == home
