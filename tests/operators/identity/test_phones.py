"""The forms of a number, what is none, and what a number is shown as (domain 4; rulings 37, 39 and 55)."""

from __future__ import annotations

import pytest

from operators.identity import phones
from operators.identity.phones import LANDLINE, MOBILE


@pytest.mark.parametrize(
    ("given", "identity"),
    [
        ("13812345678", (MOBILE, "13812345678")),
        ("138 1234 5678", (MOBILE, "13812345678")),
        ("138-1234-5678", (MOBILE, "13812345678")),
        ("+86 138-1234-5678", (MOBILE, "13812345678")),
        ("+8613812345678", (MOBILE, "13812345678")),
        ("008613812345678", (MOBILE, "13812345678")),
        ("8613812345678", (MOBILE, "13812345678")),
        ("013812345678", (MOBILE, "13812345678")),
        ("  13812345678 ", (MOBILE, "13812345678")),
        (13812345678, (MOBILE, "13812345678")),
        ("13812345678.0", (MOBILE, "13812345678")),
        ("１３８１２３４５６７８", (MOBILE, "13812345678")),
        ("+86 21 12345678", (LANDLINE, "02112345678")),
        ("0086-755-26668888", (LANDLINE, "075526668888")),
        ("021-58881234", (LANDLINE, "02158881234")),
        ("02158881234.0", (LANDLINE, "02158881234")),
        ("(021)58881234", (LANDLINE, "02158881234")),
        ("0571 8765432", (LANDLINE, "05718765432")),
        ("(0571) 87654321转8", (LANDLINE, "057187654321-8")),
        ("021-58881234-801", (LANDLINE, "02158881234-801")),
        ("021 58881234 ext 801", (LANDLINE, "02158881234-801")),
        ("0311 6782 6993-938", (LANDLINE, "031167826993-938")),
    ],
)
def test_forms_of_a_number(given: str | int, identity: tuple[int, str]) -> None:
    """Ruling 39: one customer, however he or a sheet has written it; a landline gets its 0 back after a country code."""
    assert phones.normalise(given) == identity


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ("7654321", "BAD_PHONE"),  # no area code
        ("58881234", "BAD_PHONE"),
        ("138****5678", "BAD_PHONE"),  # mask characters
        ("138XXXX5678", "BAD_PHONE"),
        ("13812345678/13987654321", "BAD_PHONE"),  # two numbers
        ("1381234567", "BAD_PHONE"),  # a digit short
        ("138123456789", "BAD_PHONE"),  # one too many
        ("call me", "BAD_PHONE"),
        ("400-820-8820", "SERVICE_NUMBER"),
        ("800 810 8888", "SERVICE_NUMBER"),
        ("95588", "SERVICE_NUMBER"),
        ("110", "SERVICE_NUMBER"),
        ("13800138000", "TEST_NUMBER"),
        ("+86 138 0013 8000", "TEST_NUMBER"),
        ("11111111111", "TEST_NUMBER"),  # all-same: eleven equal digits
        ("99999999999", "TEST_NUMBER"),
    ],
)
def test_what_is_no_number_of_a_customer(given: str, code: str) -> None:
    """Domain 4 and ruling 39; service and test numbers carry their own code alone (55)."""
    with pytest.raises(phones.BadPhone) as refused:
        phones.normalise(given)
    assert refused.value.args == (code,)


@pytest.mark.parametrize(
    ("mobile", "virtual", "segment"),
    [
        ("13812345678", False, False),
        ("19912345678", False, False),
        ("16212345678", True, False),
        ("16512345678", True, False),
        ("16712345678", True, False),
        ("17012345678", True, False),
        ("17112345678", True, False),
        ("16612345678", False, False),
        ("10112345678", False, True),
        ("11912345678", False, True),
        ("12312345678", False, True),
    ],
)
def test_virtual_operators_and_unusual_segments_are_flagged_not_refused(
    mobile: str, virtual: bool, segment: bool
) -> None:
    """Domain 4."""
    assert phones.normalise(mobile) == (MOBILE, mobile)
    assert (phones.is_virtual(mobile), phones.is_segment(mobile)) == (virtual, segment)


@pytest.mark.parametrize(("number", "shown"), [("13812345678", "138****5678"), ("02112345678", "021******78")])
def test_masks(number: str, shown: str) -> None:
    """Ruling 37."""
    assert phones.masked(number) == shown


@pytest.mark.parametrize(
    ("number", "area"), [("01058881234", "010"), ("075526668888", "0755"), ("05718765432", "0571")]
)
def test_a_landline_shows_its_area_code_and_its_last_two_digits(number: str, area: str) -> None:
    """Ruling 37; the extension is part of the identity and is not shown either."""
    assert phones.masked(number) == area + "*" * (len(number) - len(area) - 2) + number[-2:]
    shown = phones.masked(f"{number}-801")
    assert shown.startswith(area) and "801" not in shown and number not in shown
