"""After any enrichment the leads that it touches are judged with all it brought (ruling 83); values by hand."""

from __future__ import annotations

from typing import Any

import pytest
from short_story import clock, lead, told

NAME: dict[str, Any] = {"dispatch": {"required": ["name"]}}


@pytest.mark.parametrize("store", [None, "X"])
def test_store_and_field_in_one_record(store: str | None) -> None:
    found = told(NAME, lead("p", "1 10:00", store), clock("1 11:00"), lead("p", "1 10:00", name="Li"))
    assert found.sent == [("p", "S", "1 11:00")]
    assert [h for h in found.holds if h[0] == "p"] == [
        ("p", "STORE_UNKNOWN CLEANING FIELDS" if store else "STORE_MISSING CLEANING FIELDS")
    ]


def test_what_folds_in_brings_the_field_to_the_lead_that_lacks_it() -> None:
    records = [lead("s", "1 09:00"), lead("p", "2 10:00", None), clock("2 11:00")]
    found = told(NAME, *records, lead("p", "2 10:00", name="Li"))
    assert found.marks["p"] == "MERGED" and found.sent == [("s", "S", "2 11:00")]


def test_store_field_and_consent_in_one_record() -> None:
    record = lead("p", "1 10:00", None, channel="n")
    found = told(NAME, record, clock("1 11:00"), {**record, "store": "S", "name": "Li", "consent": True})
    assert found.sent == [("p", "S", "1 11:00")]
    found = told(NAME, record, clock("1 11:00"), {**record, "store": "S", "name": "Li", "consent": False})
    assert found.sent == [] and [h for h in found.holds if h[0] == "p"][-1] == ("p", "CONSENT")


def test_a_part_that_is_added_has_what_its_raw_lead_has_by_then() -> None:
    found = told(NAME, lead("1", "1 10:00", name="Li"), lead("1", "1 10:00", None, stores=["S", "Z"]))
    assert found.sent == [("1", "S", "1 10:00"), ("1#2", "Z", "1 10:00")]


def test_one_record_per_lead_and_input() -> None:
    record = lead("1", "1 10:00", name="Li", store="S")
    found = told({}, record, {**record, "store": None, "stores": ["S", "Z"], "name": "Wang"})
    versions = [(r["store"], r["event_id"].rpartition("-")[2]) for r in found.outputs["unique_leads"]]
    assert sorted(versions) == [("S", "1"), ("S", "2"), ("Z", "1")]


def test_a_later_fold_keeps_what_came_after_the_answer() -> None:
    record = lead("p", "2 10:00", None, channel="n")
    records = [
        record,
        {**record, "store": "S"},
        {**record, "store": "S", "name": "Li"},
        clock("2 12:00"),
        lead("r", "2 09:00", channel="n", phone="13812345678"),
    ]
    found = told(NAME, *records)
    assert [h for h in found.holds if h[0] == "p"] == [
        ("p", "STORE_MISSING CLEANING CONSENT FIELDS"),
        ("p", "CONSENT FIELDS"),
        ("p", "CONSENT"),
    ]


WISH: dict[str, Any] = {"level": "HIGH", "days_to_buy": 5}


def grades(*records: dict[str, Any]) -> list[str]:
    return [record["grade"] for record in told({}, *records).outputs["unique_leads"]]


@pytest.mark.parametrize("again", ["1 10:05", "1 10:00"], ids=["later that day", "at the same instant"])
def test_a_repeat_that_brings_a_wish_raises_the_level_of_its_day(again: str) -> None:
    """Ruling 12: it adds no entry, and only the level counts; a fold of later finds the same."""
    first, repeat = lead("1", "1 10:00"), lead("2", again)
    records = [first, repeat, {**repeat, "intent": WISH}]
    assert grades(*records)[-1] == "A"
    assert grades(*records, lead("0", "1 09:00"))[-1] == "A"


def test_what_comes_after_the_order_changes_no_grade() -> None:
    """Domain 9: rescored on every touch until the order."""
    order = {
        "type": "activity",
        "activity_id": "o",
        "kind": "ORDER",
        "phone": lead("1", "1 10:00")["phone"],
        "store": "S",
    }
    order["event_time"] = lead("1", "1 12:00")["event_time"]
    assert grades(lead("1", "1 10:00"), lead("2", "2 10:00", intent=WISH))[-1] == "H"
    assert grades(lead("1", "1 10:00"), order, lead("2", "2 10:00", intent=WISH))[-1] == "C"
