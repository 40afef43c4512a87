"""Facts and rules → route and reasons, row by row of ruling 58's table."""

from __future__ import annotations

from typing import Any

import pytest
from cleaning_case import CONFIG, Cleaned, act, lead

from operators.cleaning.facts import FACTS

BEFORE = {**CONFIG["channels"], "y": {"consent": True, "live_since": "2024-01-01"}}
OFFLINE = {**CONFIG["channels"], "y": {"consent": True, "live_since": "2024-01-01", "group": "offline"}}


def routed(record: dict[str, Any], **tables: Any) -> tuple[str, list[str]]:
    """(route, reasons of the task) of the lead that this record opens."""
    engine = Cleaned(**tables)
    engine.feed(record)
    tasks = engine.tasks()
    return engine.outputs["unique_leads"][-1]["route"], tasks[-1]["reasons"] if tasks else []


@pytest.mark.parametrize(
    ("fields", "route", "reasons"),
    [
        ({"store": "SH1"}, "NONE", []),
        ({"store": "SH1", "phone": None, "landline": "021-12345678"}, "MANUAL", ["LANDLINE_ONLY"]),
        ({"city": "上海"}, "AI", ["STORE_MISSING"]),  # the form says the city
        ({}, "AI", ["STORE_MISSING"]),  # the mobile's home location does
        ({"phone": "10012345678"}, "MANUAL", ["STORE_MISSING", "NO_CITY", "SEGMENT"]),  # nobody knows it
        ({"phone": "10012345678", "city": "上海"}, "AI", ["STORE_MISSING", "SEGMENT"]),
        ({"store": "NOBODY"}, "MANUAL", ["STORE_UNKNOWN"]),
        ({"store": "SH1", "phone": "12012345678"}, "AI", ["SEGMENT"]),
        ({"store": "SH1", "phone": "17012345678"}, "NONE", []),  # a virtual operator is flagged, not cleaned
        (
            {"phone": None, "landline": "021-12345678"},
            "MANUAL",
            ["LANDLINE_ONLY", "STORE_MISSING", "NO_CITY"],  # the city comes from the form or the mobile
        ),
    ],
)
def test_each_fact(fields: dict[str, Any], route: str, reasons: list[str]) -> None:
    """The strongest route wins, and every fact that holds is a reason."""
    assert routed(lead("01-02T10:00", **fields)) == (route, reasons)


def test_a_store_that_does_not_sell_the_line_is_unknown() -> None:
    """Ruling 14."""
    stores = {**CONFIG["stores"], "USED": {"lines": ["used"]}}
    assert routed(lead("01-02T10:00", store="USED"), stores=stores) == ("MANUAL", ["STORE_UNKNOWN"])


@pytest.mark.parametrize(
    ("at", "route"),
    [
        ("01-02T10:00", "MANUAL"),
        ("03-30T23:59:59.999", "MANUAL"),  # 90 days from 2024-01-01 00:00 end at 2024-03-31 00:00
        ("03-31T00:00", "NONE"),
    ],
)
def test_a_young_channel(at: str, route: str) -> None:
    reasons = ["YOUNG_CHANNEL"] if route == "MANUAL" else []
    assert routed(lead(at, store="SH1", channel="y"), channels=BEFORE) == (route, reasons)
    assert routed(lead(at, store="SH1", channel="y"), channels=OFFLINE) == ("NONE", [])


def test_young_days_are_configuration() -> None:
    record = lead("01-12T00:00", store="SH1", channel="y")
    assert routed(record, channels=BEFORE, cleaning={"young_days": 11})[0] == "NONE"
    assert routed(record, channels=BEFORE, cleaning={"young_days": 11.01})[0] == "MANUAL"


def rules(*tables: dict[str, Any]) -> dict[str, Any]:
    return {"cleaning": {"rules": [{"reason": f"R{place}", **table} for place, table in enumerate(tables, 1)]}}


@pytest.mark.parametrize(
    ("table", "fields", "matches"),
    [
        ({}, {}, True),
        ({"channel": ["a"]}, {}, True),
        ({"channel": ["y"]}, {}, False),
        ({"group": ["own", "vertical"]}, {}, True),
        ({"group": ["own"]}, {}, False),
        ({"series": ["A8"]}, {"series": "A8"}, True),
        ({"series": ["A8"]}, {"series": "A6"}, False),
        ({"series": ["A8"]}, {}, False),
        ({"campaign": ["11"]}, {"campaign": 11}, True),
        ({"campaign": ["11"]}, {"campaign": "12"}, False),
        ({"line": ["main"]}, {}, True),
        ({"line": ["used"]}, {}, False),
        ({"level": ["HIGH", "NORMAL"]}, {"intent": {"level": "HIGH"}}, True),
        ({"level": ["HIGH", "NORMAL"]}, {"intent": {"level": "LOW"}}, False),
        ({"level": ["HIGH"]}, {}, False),
        ({"series": ["A8"], "level": ["HIGH"]}, {"series": "A8"}, False),  # all that is named must match
    ],
)
def test_what_a_rule_looks_at(table: dict[str, Any], fields: dict[str, Any], matches: bool) -> None:
    found = routed(
        lead("01-02T10:00", store="SH1", **fields),
        channels=BEFORE,
        lines={"main": {}, "used": {}},
        **rules({"route": "AI", **table}),
    )
    assert found == (("AI", ["R1"]) if matches else ("NONE", []))


def test_the_first_rule_that_matches_counts() -> None:
    record = lead("01-02T10:00", store="SH1")
    assert routed(record, **rules({"route": "AI"}, {"route": "MANUAL"})) == ("AI", ["R1"])
    assert routed(record, **rules({"route": "AI", "channel": ["t"]}, {"route": "MANUAL"})) == ("MANUAL", ["R2"])


@pytest.mark.parametrize(
    ("route", "fields", "expected"),
    [
        ("NONE", {"store": "SH1"}, ("NONE", [])),  # in place of YOUNG_CHANNEL
        ("AI", {"store": "SH1"}, ("AI", ["R1"])),
        ("NONE", {"store": "SH1", "phone": "12012345678"}, ("AI", ["SEGMENT"])),  # of nothing else
        ("AI", {"store": "NOBODY"}, ("MANUAL", ["STORE_UNKNOWN", "R1"])),  # the strongest
        ("MANUAL", {"city": "上海"}, ("MANUAL", ["STORE_MISSING", "R1"])),
    ],
)
def test_a_rule_stands_in_place_of_a_young_channel(
    route: str, fields: dict[str, Any], expected: tuple[str, list[str]]
) -> None:
    assert routed(lead("01-02T10:00", channel="y", **fields), channels=BEFORE, **rules({"route": route})) == expected


def test_reopened_from_invalid() -> None:
    """Domain 7 and ruling 58: MANUAL; from LOST it is judged afresh by what is there."""
    for kind, expected in (("INVALID", [("MANUAL", "OPEN", ["REOPENED_INVALID"])]), ("LOST", [])):
        engine = Cleaned()
        engine.feed(lead("01-02T10:00", store="SH1"), act("01-03T10:00", kind, store="SH1", by="DCC"))
        engine.feed(lead("01-04T10:00", store="SH1"))
        assert engine.ends() == expected
        assert engine.lead()["status"] == ("CLEANING" if expected else "DISPATCHED")


def test_rules_read_the_raw_lead_that_reopens() -> None:
    """Ruling 58: the one that opens or reopens alone."""
    tables = rules({"route": "AI", "series": ["A8"]})
    engine = Cleaned(**tables)
    engine.feed(
        lead("01-02T10:00", store="SH1"),
        lead("01-03T10:00", store="SH1", series="A8"),  # merged: it opens nothing
        act("01-04T10:00", "LOST", store="SH1"),
    )
    assert engine.tasks() == []
    engine.feed(lead("01-05T10:00", store="SH1", series="A8"))
    assert engine.ends() == [("AI", "OPEN", ["R1"])]


def test_a_fold_judges_by_the_raw_lead_that_opens_now() -> None:
    """A late record makes an older raw lead the first touch of a new opening: that one is read."""
    tables = rules({"route": "MANUAL", "series": ["A8"]})
    engine = Cleaned(**tables, periods={"merge": 1})
    engine.feed(lead("01-05T10:00", store="SH1"), act("01-05T11:00", "LOST", store="SH1"))
    engine.feed(lead("01-03T10:00", store="SH1", series="A8"))  # opens and is expired by now: no task (ruling 58)
    assert engine.tasks() == []
    engine.feed(lead("01-05T12:00", store="SH1", series="A8"))  # reopens within a day
    assert engine.ends() == [("MANUAL", "OPEN", ["R1"])]


def test_shadow_leads_show_their_route_and_wait_for_nothing() -> None:
    engine = Cleaned()
    engine.feed(lead("01-02T10:00", channel="t", store="NOBODY"), lead("01-02T10:00", channel="t", phone="13912345678"))
    assert [record["route"] for record in engine.outputs["unique_leads"]] == ["MANUAL", "AI"]
    assert engine.tasks() == []
    assert [record["conditions"] for record in engine.outputs["holds"]] == [["STORE_UNKNOWN"], ["STORE_MISSING"]]


def test_switched_off_there_are_no_routes() -> None:
    """STORE_MISSING and STORE_UNKNOWN wait as before."""
    engine = Cleaned(cleaning={"enabled": False})
    engine.feed(lead("01-02T10:00"), lead("01-02T10:00", store="NOBODY", phone="13912345678"))
    assert engine.tasks() == []
    assert [record["conditions"] for record in engine.outputs["holds"]] == [["STORE_MISSING"], ["STORE_UNKNOWN"]]
    assert all("route" not in record and record["stage"] == "MQL" for record in engine.outputs["unique_leads"])


def test_the_table_of_facts_is_rulings_58s() -> None:
    """Codes and routes by hand from ruling 58; only three may arise later."""
    assert {fact.code: ("", "NONE", "AI", "MANUAL")[fact.route] for fact in FACTS} == {
        "LANDLINE_ONLY": "MANUAL",
        "STORE_MISSING": "AI",
        "NO_CITY": "MANUAL",
        "STORE_UNKNOWN": "MANUAL",
        "SEGMENT": "AI",
        "NUMBER_RUN": "AI",
        "SUSPECT": "AI",
        "REOPENED_INVALID": "MANUAL",
        "YOUNG_CHANNEL": "MANUAL",
    }
    assert {fact.code for fact in FACTS if fact.arises} == {"STORE_UNKNOWN", "NUMBER_RUN", "SUSPECT"}
    assert {fact.code for fact in FACTS if fact.again} == {"STORE_MISSING", "STORE_UNKNOWN"}
