"""How the values of fields are read, whatever their JSON type (ruling 78)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from operators.intake import values
from operators.intake.json_object import NotJson, read_object
from operators.intake.values import Unfit
from state import limits

UNFIT = object()


def read(reader: Any, value: Any) -> Any:
    try:
        return reader(value)
    except Unfit:
        return UNFIT


@pytest.mark.parametrize(
    ("literal", "text"),
    [
        ("101", "101"),
        ("101.0", "101"),
        ("1.01E+2", "101"),
        ("12.50", "12.5"),
        ("-0.0", "0"),
        ("0.1", "0.1"),
        ("1e-3", "0.001"),
        ("9007199254740993", "9007199254740993"),  # beyond what a float holds
        ("9007199254740993.0", "9007199254740993"),
        ("123456789012345678901234567890", "123456789012345678901234567890"),
        ("1e400", UNFIT),
        ("1e99999999999999999999", UNFIT),
        ('"101.0"', "101.0"),  # text is text
        ("true", UNFIT),
        ("[]", UNFIT),
        ("{}", UNFIT),
    ],
)
def test_text_from_a_literal(literal: str, text: Any) -> None:
    assert read(values.text, read_object(f'{{"a":{literal}}}')["a"]) == text


@pytest.mark.parametrize(
    ("value", "is_true"),
    [
        *[(one, True) for one in (True, 1, Decimal("1.0"), "true", "TRUE", "1", "yes", "Y", "是", " True ")],
        *[(one, False) for one in (False, 0, Decimal("0.0"), "false", "0", "no", "N", "否", "\u3000no")],
        *[(one, UNFIT) for one in (2, "maybe", "2", [], {}, Decimal("0.5"), "真")],
        ("", ""),
        (" ", ""),
    ],
)
def test_bools(value: Any, is_true: Any) -> None:
    read_as = read(values.flag, value)
    assert read_as == is_true and type(read_as) is type(is_true)


@pytest.mark.parametrize(
    ("value", "number"),
    [
        ("7", 7),
        (" 7 ", 7),
        (7, 7),
        (Decimal("7.0"), 7),
        ("7.5", 7.5),
        ("-3", -3),
        ("1e2", 100),
        (2**63, float(2**63)),
        ("", ""),
        ("soon", UNFIT),
        ("1_000", UNFIT),
        ("0x7", UNFIT),
        ("NaN", UNFIT),
        ("Infinity", UNFIT),
        (True, UNFIT),
        ([7], UNFIT),
        (Decimal("1e-999999"), 0),
        (Decimal("1e999999"), UNFIT),
    ],
)
def test_numbers(value: Any, number: Any) -> None:
    assert read(values.number, value) == number


@pytest.mark.parametrize(
    ("value", "codes"),
    [
        ("S1", ["S1"]),
        (101, ["101"]),
        (["S1", " S1", "S\u200b1", "S2"], ["S1", "S2"]),
        ([None, "", "S1"], ["S1"]),
        (["S1"] * 65, ["S1"]),
        ([f"S{n}" for n in range(limits.STORES_PER_LEAD)], [f"S{n}" for n in range(limits.STORES_PER_LEAD)]),
        ([f"S{n}" for n in range(limits.STORES_PER_LEAD + 1)], UNFIT),
        ([["S1"]], UNFIT),
        ({}, UNFIT),
        (True, UNFIT),
    ],
)
def test_stores(value: Any, codes: Any) -> None:
    assert read(values.stores, value) == codes


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "1",
        "null",
        '{"a":NaN}',
        '{"a":-Infinity}',
        '{"a":1',
        '{"a":"\n"}',
        '{"a":01}',
        '{"a":' * 501 + "1" + "}" * 501,
    ],
)
def test_what_is_no_object(text: str) -> None:
    with pytest.raises(NotJson):
        read_object(text)


def test_of_a_key_that_stands_twice_the_last_counts() -> None:
    assert read_object('{"a":1,"a":2}') == {"a": 2}


def test_a_literal_of_any_length() -> None:
    """No integer is made of more digits than a value may have."""
    assert read(values.text, read_object('{"a":' + "9" * 100_000 + "}")["a"]) is UNFIT
    assert read(values.number, read_object('{"a":' + "9" * 100_000 + "}")["a"]) is UNFIT
