"""The oracle's reader of written numbers against the table of ruling 79."""

import json

import pytest
from oracle_numbers import BAD_PHONE, FOREIGN_NUMBER
from oracle_phones import read_contact, read_number
from oracle_text import Numeral
from oracle_written_numbers import EXAMPLES, FOREIGN, Example


@pytest.mark.parametrize("example", EXAMPLES, ids=[f"{e.sentence}: {e.written}" for e in EXAMPLES])
def test_example(example: Example) -> None:
    number = read_number(json.loads(example.written, parse_int=Numeral, parse_float=Numeral))
    assert number is not None
    assert " ".join(filter(None, (number.mobile, number.landline, number.fault))) == example.says
    assert number.flags == example.flags


@pytest.mark.parametrize(("written", "countries", "says", "unusual"), FOREIGN)
def test_other_countries(written: str, countries: tuple[str, ...], says: str, unusual: bool) -> None:
    number = read_number(json.loads(written, parse_int=Numeral, parse_float=Numeral), countries)
    assert number is not None
    assert (number.mobile or number.fault, bool(number.flags)) == (says, unusual)


@pytest.mark.parametrize("empty", [None, "", " ", "\u3000", "\u200b", "\ufeff \u2060"])
def test_nothing_is_no_number(empty: str | None) -> None:
    assert read_number(empty) is None


def test_both_in_one_field_count_as_given_in_both() -> None:
    contact = read_contact("13912345678/021-58235823", None)
    assert (contact.customer, contact.mobile, contact.landline) == ("m:13912345678", "13912345678", "02158235823")
    contact = read_contact("021-58235823 13912345678", "010-12345678")  # the field `phone` before the other
    assert (contact.customer, contact.landline) == ("m:13912345678", "02158235823")


def test_a_foreign_number_beside_a_good_one_is_let_pass() -> None:
    assert read_contact("+852 6123 4567", "021-58235823").customer == "l:02158235823"
    assert read_contact("+852 6123 4567", "12").faults == {("phone", FOREIGN_NUMBER), ("landline", BAD_PHONE)}
