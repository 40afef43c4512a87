"""Ids that may hold somebody's number: found by its digits, whatever stands between them (rulings 37 and 81)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from operators.identity.masks import without_contacts


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("F-13912345678", "F-139****5678"),
        ("x13912345678y", "x139****5678y"),
        ("138-1234-5678", "138****5678"),
        ("form 138 1234 5678/3", "form 138****5678/3"),
        ("+86 (138) 1234.5678", "+138****5678"),
        ("008613812345678", "138****5678"),
        ("１３８１２３４５６７８", "138****5678"),
        ("tel_021-58235823", "tel_021******23"),
        ("0755 8358 2383", "0755******83"),
        ("13912345678_13912345679", "139****5678_139****5679"),
        ("20260302-13912345678", "20260302-139****5678"),
        ("li.si@example.com/7", "(mail)/7"),
        # an id's digits
        ("7310013912345678012", "7310013912345678012"),
        ("A-1001", "A-1001"),
        ("2026-03-13 10:15:00.123", "2026-03-13 10:15:00.123"),
        ("12345678901", "12345678901"),
        ("", ""),
    ],
)
def test_what_has_the_form_of_a_number_is_masked(text: str, said: str) -> None:
    assert without_contacts(text) == said


@given(st.text(max_size=20), st.integers(13_000_000_000, 19_999_999_999), st.text(max_size=20))
def test_no_mobile_comes_through(before: str, mobile: int, behind: str) -> None:
    text = f"{before} : {mobile} : {behind}"
    assert str(mobile) not in without_contacts(text)
