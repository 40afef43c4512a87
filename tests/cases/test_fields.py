"""Fields as people and other systems send them, through the whole engine (rulings 77, 78, 82): inputs of tests/cases with
the values that must come out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from delivery import Case

from connectors.files.reader import FileReader
from connectors.inbox.reader import FollowReader
from connectors.memory import MemoryReader
from operators.base.count_kinds import COUNTS
from operators.config.configuration import load
from operators.wire.streams import STREAMS
from state.counts import read_counts
from state.database import Database

HERE = Path(__file__).parent
CONFIG = HERE / "byte-order-mark" / "config.toml"
LEAD: dict[str, Any] = {
    "channel": "autohome",
    "source_lead_id": "A",
    "phone": "13912345678",
    "store": "SH001",
    "event_time": "2026-03-02T10:00:00+08:00",
}
Outputs = dict[str, list[dict[str, Any]]]


def run(reader: Any, folder: Path, config: Path = CONFIG, case: Case | None = None) -> tuple[Outputs, dict[str, int]]:
    """(the outputs by stream, the counts over all channels)."""
    case = case or Case(folder / "state", shards=4, settings=load(config))
    case.run(reader)
    totals = [0] * len(COUNTS)
    database = Database(case.folder)
    try:
        for counts in read_counts(database, 4).values():
            totals = [a + b for a, b in zip(totals, counts, strict=True)]
    finally:
        database.close()
    return {stream: case.sink.records(stream) for stream in STREAMS}, dict(zip(COUNTS, totals, strict=True))


def run_case(name: str, folder: Path) -> tuple[Outputs, dict[str, int]]:
    return run(FileReader(HERE / name / "input.jsonl"), folder, HERE / name / "config.toml")


def run_leads(records: list[Any], folder: Path) -> tuple[Outputs, dict[str, int]]:
    return run(
        MemoryReader({"raw_leads": [one if isinstance(one, bytes) else json.dumps(one) for one in records]}), folder
    )


def marks(outputs: Outputs) -> dict[str, str]:
    return {one["source_lead_id"]: one["mark"] for one in outputs["dispositions"]}


def flags(outputs: Outputs) -> dict[str, list[str]]:
    return {one["source_lead_id"]: one.get("flags", []) for one in outputs["dispositions"]}


# --- byte order marks and blank values


def test_a_byte_order_mark_is_no_content(tmp_path: Path) -> None:
    """At the start of a file, and in the middle of one that was put together from several."""
    outputs, counts = run_case("byte-order-mark", tmp_path)
    assert marks(outputs) == {"E1": "FIRST_TOUCH", "E2": "FIRST_TOUCH", "E3": "FIRST_TOUCH"}
    assert len(outputs["dispatches"]) == 3 and not outputs["rejects"]
    assert counts["received"] == 3 and counts["blank"] == 0


def test_blank_values_are_no_raw_leads(tmp_path: Path) -> None:
    """Null (which a reader hands on as nothing), empty and blank values of a topic: counted `blank` alone."""
    good = [{**LEAD, "source_lead_id": f"K{n}", "phone": f"1391234567{n}"} for n in range(3)]
    values = [b"", good[0], b"\n", b"   ", good[1], b"\xef\xbb\xbf", "\u3000\u200b".encode(), good[2]]
    outputs, counts = run_leads(values, tmp_path)
    assert list(marks(outputs).values()) == ["FIRST_TOUCH"] * 3
    assert not outputs["rejects"]
    assert (counts["received"], counts["rejects"], counts["blank"]) == (3, 0, 5)


@pytest.mark.parametrize("reader", [FileReader, lambda path: FollowReader(path, to_end=True)])
@pytest.mark.parametrize("name", ["raw_leads.jsonl", "raw_leads-inbox-0123abcd.000000000000001.jsonl"])
def test_blank_lines_of_a_file_are_counted_once(reader: Any, name: str, tmp_path: Path) -> None:
    """Ruling 77. A second run over the file, which has grown, counts the new ones alone; one that is followed and a segment
    of an inbox are read as any other."""
    (tmp_path / "in").mkdir()
    path = tmp_path / "in" / name
    path.write_text("\n" + json.dumps(LEAD) + "\r\n   \r\n\r\n", encoding="utf-8")
    case = Case(tmp_path / "state", shards=4, settings=load(CONFIG))
    _, counts = run(reader(tmp_path / "in"), tmp_path, case=case)
    assert (counts["received"], counts["blank"]) == (1, 3)
    with path.open("a", encoding="utf-8") as file:
        file.write("\t\n" + json.dumps({**LEAD, "source_lead_id": "B"}) + "\n")
    outputs, counts = run(reader(tmp_path / "in"), tmp_path, case=case)
    assert (counts["received"], counts["blank"]) == (2, 4)
    assert not outputs["rejects"]


# --- blanks and unseen characters


def test_a_name_of_blanks_does_not_take_the_place_of_the_name(tmp_path: Path) -> None:
    outputs, counts = run_case("a-name-of-blanks", tmp_path)
    assert sorted(one["contact"]["name"] for one in outputs["dispatches"] if one["contact"]["name"]) == sorted(
        ["张三", "李四", "王五"]
    )
    assert [(one["source_lead_id"], one.get("changed")) for one in outputs["replays"]] == [("R1", None), ("R1", None)]
    of_r1 = [one for one in outputs["unique_leads"] if one["why"]["rule"] == "enrichment"]
    assert not of_r1 and counts["enrichments"] == 0 and counts["replays"] == 2


UNSEEN = {
    "byte order mark": "\ufeff",
    "soft hyphen": "\u00ad",
    "zero-width space": "\u200b",
    "word joiner": "\u2060",
    "left-to-right mark": "\u200e",
    "right-to-left mark": "\u200f",
    "Arabic letter mark": "\u061c",
    "embedding": "\u202b",
    "override": "\u202d",
    "pop": "\u202c",
    "isolate": "\u2066",
    "pop isolate": "\u2069",
    "joiner": "\u200d",
    "variation selector": "\ufe0f",
}


@pytest.mark.parametrize("unseen", UNSEEN.values(), ids=UNSEEN)
@pytest.mark.parametrize("ascii_only", [True, False])
def test_unseen_characters_in_key_fields(unseen: str, ascii_only: bool, tmp_path: Path) -> None:
    """Before, in and behind channel, id, account, store and line, as UTF-8 and as escapes: the same lead."""
    first = {**LEAD, "account": "ad1", "line": "main"}
    again = {
        name: f"{unseen} {value[:2]}{unseen}{value[2:]}{unseen}" if name not in ("phone", "event_time") else value
        for name, value in first.items()
    }
    raw = json.dumps(again, ensure_ascii=ascii_only).encode()
    outputs, _ = run_leads([first, raw], tmp_path)
    assert not outputs["rejects"]
    assert [(one["source_lead_id"], one.get("changed")) for one in outputs["replays"]] == [("A", None)]
    assert outputs["dispositions"][0]["store"] == "SH001"


@pytest.mark.parametrize("blank", [" ", "\u00a0", "\u3000", "\u2007", "\u202f", "\t", "\n", "\u0085", "\u2028"])
def test_blanks_at_the_ends_of_key_fields(blank: str, tmp_path: Path) -> None:
    first = {**LEAD, "account": "ad1"}
    again = {
        **first,
        **{name: blank + first[name] + blank for name in ("channel", "source_lead_id", "account", "store")},
    }
    outputs, _ = run_leads([first, again], tmp_path)
    assert not outputs["rejects"] and len(outputs["replays"]) == 1 and "changed" not in outputs["replays"][0]


def test_joiners_stay_in_names(tmp_path: Path) -> None:
    """An emoji of several characters is one; without its joiners it would be two."""
    outputs, _ = run_leads([{**LEAD, "name": "\u200b小明\U0001f468\u200d\U0001f469\ufe0f "}], tmp_path)
    assert outputs["dispatches"][0]["contact"]["name"] == "小明\U0001f468\u200d\U0001f469\ufe0f"


def test_half_a_character_costs_no_lead(tmp_path: Path) -> None:
    outputs, _ = run_case("half-a-character", tmp_path)
    assert set(marks(outputs)) == {"U0", "U1", "U2", "U3", "U4"} and not outputs["rejects"]
    names = {one["contact"]["phone"]: one["contact"]["name"] for one in outputs["dispatches"]}
    assert names["13912345671"] == "小明\ufffd"
    assert names["13912345674"] == "小明\U0001f600"


@pytest.mark.parametrize("field", ["channel", "source_lead_id", "account", "store", "line", "phone", "event_time"])
def test_half_a_character_in_a_key_field_is_refused(field: str, tmp_path: Path) -> None:
    """BAD_FIELD with its channel, not NOT_JSON: two different ids would become one."""
    raw = json.dumps({**LEAD, field: f"{LEAD.get(field, 'x')}\ud83d"}).encode()
    outputs, _ = run_leads([{**LEAD, "source_lead_id": "first"}, raw], tmp_path)
    reject = outputs["rejects"][0]
    assert "BAD_FIELD" in reject["reasons"] and "NOT_JSON" not in reject["reasons"]
    assert reject["channel"] == ("autohome\ufffd" if field == "channel" else "autohome")
    assert (field, "BAD_FIELD") in [(one["field"], one["code"]) for one in reject["fields"]]


# --- fields that decide nothing


@pytest.mark.parametrize("value", [False, [], "x" * 300, {"a": 1}])
@pytest.mark.parametrize("field", ["email", "wechat_unionid", "device_id", "external_userid"])
def test_an_identifier_that_decides_nothing_is_dropped(field: str, value: object, tmp_path: Path) -> None:
    """The customer is his mobile, else his landline (ruling 23): contact in ruling 78 is these two."""
    outputs, _ = run_leads([{**LEAD, field: value}], tmp_path)
    assert not outputs["rejects"] and outputs["dispositions"][0]["flags"] == ["FIELD_DROPPED"]


def test_what_is_not_given_says_nothing(tmp_path: Path) -> None:
    """null and blanks are not given (rulings 11, 77), under a name that nobody knows too; a negative number of days is none."""
    outputs, _ = run_leads([{**LEAD, "stor": None, "Name": " "}, {**LEAD, "source_lead_id": "2", "stor": 1}], tmp_path)
    assert flags(outputs) == {"A": [], "2": ["KEY_UNKNOWN"]}
    lead = {**LEAD, "intent": {"days_to_buy": -1, "level": "high"}}
    outputs, _ = run_leads([lead], tmp_path / "intent")
    assert outputs["dispositions"][0]["flags"] == ["FIELD_DROPPED"]
    assert outputs["dispatches"][0]["intents"][0]["level"] == "HIGH"


def test_an_optional_field_of_another_type_costs_no_lead(tmp_path: Path) -> None:
    outputs, counts = run_case("optional-fields-of-other-types", tmp_path)
    assert not outputs["rejects"] and counts["accepted"] == 13
    assert set(marks(outputs).values()) == {"FIRST_TOUCH"}
    dropped = {name for name, found in flags(outputs).items() if "FIELD_DROPPED" in found}
    assert dropped == {"Tb", "Tc"}  # a source time without offset, an extra that is no object
    stores = {one["source_lead_id"]: one["store"] for one in outputs["dispositions"]}
    assert stores.pop("T5") == "101" and set(stores.values()) == {"SH001"}
    by_phone = {one["contact"]["phone"]: one for one in outputs["dispatches"]}
    assert by_phone["13912345602"]["intents"][0]["series"] == "4521"
    assert by_phone["13912345608"]["intents"][0]["days_to_buy"] == 7
    assert by_phone["13912345609"]["intents"][0]["level"] == "HIGH"
    assert "13912345605" not in by_phone  # store 101 is not registered: it waits


def test_what_cannot_be_read_of_consent_is_no_consent(tmp_path: Path) -> None:
    outputs, _ = run_leads([{**LEAD, "consent": "maybe"}], tmp_path)
    assert not outputs["dispatches"] and outputs["holds"][0]["conditions"] == ["CONSENT"]
    assert flags(outputs) == {"A": ["FIELD_DROPPED"]}


def test_a_key_that_resembles_a_known_one_is_said_and_not_guessed(tmp_path: Path) -> None:
    outputs, _ = run_leads(
        [
            {**{name: LEAD[name] for name in LEAD if name != "store"}, "stor": "SH001"},
            {**LEAD, "source_lead_id": "B", "evnt_time": "2026-03-02T11:00:00+08:00"},
            {**LEAD, "source_lead_id": "C", "form_id": 7},
        ],
        tmp_path,
    )
    assert flags(outputs) == {"A": ["KEY_UNKNOWN"], "B": ["KEY_UNKNOWN"], "C": []}
    assert outputs["dispositions"][0]["store"] is None
