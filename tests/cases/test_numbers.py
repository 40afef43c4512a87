"""The table of numbers, row by row through validation, and small inputs through the whole engine (ruling 79)."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest
from delivery import Case

from connectors.memory import MemoryReader
from leadstream.commands.main import main
from operators.config.configuration import from_tables, load
from operators.identity.one_id import OneIds
from operators.intake.validation import Clock, Validation
from operators.registry import RECORDS

HERE = Path(__file__).parent / "numbers"
SENTENCES = tomllib.loads((HERE / "table.toml").read_text(encoding="utf-8"))["sentence"]
ROWS = [(sentence, row) for sentence in SENTENCES for row in sentence["rows"]]
CODES = {"BAD_PHONE", "SERVICE_NUMBER", "TEST_NUMBER", "FOREIGN_NUMBER"}


def test_the_table_is_long_enough() -> None:
    assert len(ROWS) >= 120
    assert len({(row.get("json", ""), row.get("written", ""), str(one.get("countries"))) for one, row in ROWS}) == len(
        ROWS
    )


def judged(literal: str, countries: list[str]) -> tuple[Any, set[str]]:
    """What a raw lead with this JSON value as its phone becomes: identity, identities or code; its flags."""
    rules = from_tables({"channels": {"a": {}}, "validation": {"countries": countries}}).rules
    validation = Validation(rules, OneIds(b"secret", 4), {kind.name: kind for kind in RECORDS})
    raw = f'{{"channel": "a", "source_lead_id": "1", "phone": {literal}, "event_time": "2026-03-02T10:00:00+08:00"}}'
    arrival = validation.read(
        raw.encode(), "raw_lead", Clock(event=True, now=None, wall_ms=0, today_ms=1_800_000_000_000)
    )
    if arrival.reasons:
        assert len(arrival.reasons) == 1
        return arrival.reasons[0], set()
    from operators.wire.arrival import FLAGS

    flags = {name for bit, name in FLAGS.items() if arrival.flags & bit} - {"LANDLINE_ONLY"}
    given = [one for one in (arrival.phone, arrival.landline) if one]
    return (given[0] if len(given) == 1 else given), flags


@pytest.mark.parametrize(("sentence", "row"), ROWS, ids=[str(row.get("json", row.get("written"))) for _, row in ROWS])
def test_row(sentence: dict[str, Any], row: dict[str, Any]) -> None:
    literal = row["json"] if "json" in row else json.dumps(row["written"])
    result, flags = judged(literal, sentence.get("countries", ["CN"]))
    assert result == row["is"], sentence["says"]
    assert flags == ({row["flag"]} if "flag" in row else set()), sentence["says"]


def names(letter: str, last: int, first: int = 1) -> dict[str, str]:
    return {f"{letter}{'0123456789abcdef'[at]}": "DEDUPED" for at in range(first, last + 1)}


EXPECTED: dict[str, dict[str, Any]] = {
    "unseen-characters": {
        "marks": {"A0": "FIRST_TOUCH", **names("A", 8), "A9": "FIRST_TOUCH"},
        "rejects": {},
        "contacts": ["02158235823", "13912345678"],
    },
    "plus-in-brackets": {
        "marks": {"A0": "FIRST_TOUCH", **names("A", 5), "B0": "FIRST_TOUCH", **names("B", 3)},
        "rejects": {},
        "contacts": ["02158235823", "13912345678"],
    },
    "exponents": {
        "marks": {"X3": "FIRST_TOUCH", "X4": "FIRST_TOUCH", "X5": "DEDUPED"},
        "rejects": {one: ["BAD_PHONE"] for one in ("X0", "X1", "X2", "X6", "X7")},
        "contacts": ["13912345678", "13912345679"],
    },
    "extensions": {
        "marks": {"B0": "FIRST_TOUCH", **names("B", 9)},
        "rejects": {},
        "contacts": ["02158235823-801"],
    },
    "labels-and-double-prefixes": {
        "marks": {"A0": "FIRST_TOUCH", **names("A", 11), "B0": "FIRST_TOUCH"},
        "rejects": {},
        "contacts": ["02158235823", "13912345678"],
    },
}


@pytest.mark.parametrize("name", EXPECTED)
def test_input(name: str, tmp_path: Path) -> None:
    case = Case(tmp_path / "state", shards=4, settings=load(HERE / "config.toml"))
    case.run(MemoryReader({"raw_leads": (HERE / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()}))
    assert {
        "marks": {one["source_lead_id"]: one["mark"] for one in case.sink.records("dispositions")},
        "rejects": {
            json.loads(one["original"])["source_lead_id"]: one["reasons"] for one in case.sink.records("rejects")
        },
        "contacts": sorted(
            one["contact"]["phone"]
            for stream in ("dispatches", "cleaning_tasks")  # where it stands in clear (37); a landline is cleaned first
            for one in case.sink.records(stream)
        ),
    } == EXPECTED[name]
    assert {path.stem for path in HERE.glob("*.jsonl")} == set(EXPECTED)


def test_activities_and_explain_read_the_same(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Ruling 79, last sentence: an activity by an exponent, a question with unseen characters and a label."""
    lead = (HERE / "unseen-characters.jsonl").read_text(encoding="utf-8").splitlines()[1]
    activity = (
        '{"type": "activity", "activity_id": "c", "kind": "CALL", "event_time": "2026-03-02T11:00:00+08:00", '
        '"connected": true, "phone": %s, "store": "SH001"}'
    )
    case = Case(tmp_path / "state", shards=4, settings=load(HERE / "config.toml"))
    case.run(MemoryReader({"raw_leads": [lead, activity % "1.3912345678E+10", activity % "1.39E+10"]}))
    assert [one["reasons"] for one in case.sink.records("rejects")] == [["BAD_PHONE"]]
    shown = str(tmp_path / "state")
    assert main(["explain", "--state", shown, "--phone", "手机：\u202d139 1234 5678\u202c", "--json"]) == 0
    story = capsys.readouterr().out
    assert len(json.loads(story)["customers"]) == 1
    assert "13912345678" not in story
    assert main(["explain", "--state", shown, "--phone", "021-58235823转801"]) == 1
    said = capsys.readouterr().err
    assert "021******23-*" in said
    assert "801" not in said


@pytest.mark.parametrize(
    ("phone", "source_id", "shown"),
    [
        ("13912345678-801", "a13912345678b", "a139****5678b"),
        ("13912345678转801", "139 1234 5678/7", "139****5678/7"),
        ("+852 9123 4567", "id85291234567", "id852******67"),
        ("+852 9123 4567", "+852-9123-4567", "+852******67"),
    ],
)
def test_the_own_number_in_a_source_id_is_masked(phone: str, source_id: str, shown: str, tmp_path: Path) -> None:
    """Ruling 37, for a number with an extension and for another country's."""
    tables = {"channels": {"a": {"consent": True}}, "validation": {"countries": ["CN", "HK"]}}
    case = Case(tmp_path / "state", shards=4, settings=from_tables(tables))
    lead = {"channel": "a", "source_lead_id": source_id, "phone": phone, "event_time": "2026-03-02T10:00:00+08:00"}
    case.run(MemoryReader({"raw_leads": [json.dumps(lead)]}))
    assert [one["source_lead_id"] for one in case.sink.records("dispositions")] == [shown]
