"""The forms of a number, and what it is shown as."""

from __future__ import annotations

import pytest

from operators.identity import phones


@pytest.mark.parametrize(
    ("given", "identity"),
    [
        ("+86 138-1234-5678", (phones.MOBILE, "13812345678")),
        (13812345678, (phones.MOBILE, "13812345678")),
        (13812345678.0, (phones.MOBILE, "13812345678")),
        ("１３８１２３４５６７８", (phones.MOBILE, "13812345678")),
        ("013812345678", (phones.MOBILE, "13812345678")),
        ("+86 21 12345678", (phones.LANDLINE, "02112345678")),
        ("(0571) 87654321转8", (phones.LANDLINE, "057187654321-8")),
        ("0311 6782 6993-938", (phones.LANDLINE, "031167826993-938")),
    ],
)
def test_forms_of_a_number(given: str | int | float, identity: tuple[int, str]) -> None:
    """Ruling 39."""
    assert phones.normalise(given) == identity


@pytest.mark.parametrize(("number", "shown"), [("13812345678", "138****5678"), ("02112345678", "021******78")])
def test_masks(number: str, shown: str) -> None:
    """Ruling 37."""
    assert phones.masked(number) == shown
