"""A reject names each field, what stands there and what to do, and shows nobody's number (rulings 37 and 81)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from plain_engine import PlainEngine

from operators.identity.masks import without_number
from operators.intake import hints
from operators.intake.faults import shown
from state import limits

CONFIG: dict[str, Any] = {
    "channels": {"a": {"consent": True}, "off": {"status": "SUSPENDED"}},
    "stores": {"S1": {"opens": "00:00", "closes": "24:00"}},
    "lines": {"main": {}},
}
GOOD: dict[str, Any] = {
    "channel": "a",
    "source_lead_id": "1",
    "phone": "13812345678",
    "event_time": "2024-01-01T10:00:00+08:00",
    "store": "S1",
}


def refused(**changes: Any) -> dict[str, Any]:
    """The reject of a good record with these fields; None = without it."""
    engine = PlainEngine(CONFIG)
    record = {name: value for name, value in {**GOOD, **changes}.items() if value is not None}
    first = json.dumps({**GOOD, "source_lead_id": "first"}).encode()
    engine.run({"raw_leads.jsonl": ("raw_lead", [(1, first), (2, json.dumps(record).encode())])})
    assert len(engine.outputs["rejects"]) == 1
    reject: dict[str, Any] = engine.outputs["rejects"][0]
    return reject


@pytest.mark.parametrize(
    ("changes", "faults"),
    [
        ({"channel": "nobody"}, [("channel", "UNKNOWN_CHANNEL", "nobody")]),
        ({"channel": "off"}, [("channel", "CHANNEL_NOT_LIVE", "off")]),
        ({"channel": None}, [("channel", "MISSING_FIELD", None)]),
        ({"source_lead_id": "\u200b"}, [("source_lead_id", "MISSING_FIELD", None)]),
        ({"phone": "138****5678"}, [("phone", "BAD_PHONE", "138********")]),
        ({"phone": "400-820-8820"}, [("phone", "SERVICE_NUMBER", "400-***-*820")]),
        ({"phone": "13800138000"}, [("phone", "TEST_NUMBER", "138****8000")]),
        ({"phone": "138 1234"}, [("phone", "BAD_PHONE", "138 ****")]),
        ({"phone": None, "Phone": "13812345678"}, [("phone", "NO_CONTACT", None)]),
        ({"phone": "7", "landline": "8"}, [("landline", "BAD_PHONE", "8"), ("phone", "BAD_PHONE", "7")]),
        ({"line": "boats"}, [("line", "UNKNOWN_LINE", "boats")]),
        ({"event_time": "yesterday"}, [("event_time", "BAD_TIME", "yesterday")]),
        ({"event_time": "2024-01-01 10:00:61"}, [("event_time", "BAD_TIME", "2024-01-01 10:00:61")]),
        ({"event_time": True}, [("event_time", "BAD_TIME", "true")]),
        ({"store": {"code": "S1"}}, [("store", "BAD_FIELD", "an object")]),
        ({"stores": [["S1"]]}, [("stores", "BAD_FIELD", "a list of 1")]),
        ({"store": "x" * 300}, [("store", "BAD_FIELD", "x" * limits.GOT_CHARACTERS)]),
        ({"source_lead_id": ["1"]}, [("source_lead_id", "BAD_FIELD", None)]),
        ({"account": {"13812345678": 1}}, [("account", "BAD_FIELD", "an object")]),
        ({"origin": "street"}, [("origin", "BAD_FIELD", "street")]),
        ({"type": "lead"}, [("type", "UNKNOWN_TYPE", "lead")]),
        (
            {"type": "activity", "activity_id": "v", "kind": "dance", "unique_id": "x"},
            [("kind", "BAD_FIELD", "dance"), ("unique_id", "NO_LEAD", None)],
        ),
        ({"type": "activity", "activity_id": "v", "kind": "visit", "phone": "13711112222"}, [(None, "NO_LEAD", None)]),
        ({"type": "command", "command_id": "c", "kind": "assign"}, [("advisor", "MISSING_FIELD", None)]),
        ({"type": "command", "command_id": "c", "kind": "FORGET"}, [(None, "NOT_SUPPORTED", None)]),
        ({"type": "verdict"}, [("by", "MISSING_FIELD", None), ("outcome", "MISSING_FIELD", None)]),
        ({"type": "verdict", "by": "ai", "outcome": "high"}, [("outcome", "BAD_FIELD", None)]),
        ({"type": "verdict", "by": "me", "outcome": "high"}, [("by", "BAD_FIELD", "me")]),
        ({"type": "verdict", "by": "AI", "outcome": "store_chosen", "store": None}, [("store", "MISSING_FIELD", None)]),
        ({"type": "verdict", "by": "AI", "outcome": "store_chosen"}, [(None, "NO_TASK", None)]),
        (
            {"channel": "nobody", "phone": "1", "line": "boats"},
            [("channel", "UNKNOWN_CHANNEL", "nobody"), ("line", "UNKNOWN_LINE", "boats"), ("phone", "BAD_PHONE", "1")],
        ),
    ],
)
def test_each_field_with_its_code_and_what_stands_there(
    changes: dict[str, Any], faults: list[tuple[str | None, str, str | None]]
) -> None:
    reject = refused(**changes)
    found = [(one["field"], one["code"], one.get("got")) for one in reject["fields"]]
    assert found == faults
    assert all(one["hint"] for one in reject["fields"])


def test_a_missing_field_says_that_a_key_resembles_it() -> None:
    hint = refused(phone=None, Phone="13812345678")["fields"][0]["hint"]
    assert "`phone`" in hint and hint.endswith("write it exactly so.")
    assert "resembles" not in refused(phone=None)["fields"][0]["hint"]


def test_every_code_has_a_hint_of_whole_sentences() -> None:
    for hint in (*hints.BY_CODE.values(), *hints.BY_FIELD.values()):
        assert hint[0].isupper() or hint[0] == "`"
        assert hint.endswith(".") and len(hint) <= 160
    assert {code for _, code in hints.BY_FIELD} <= set(hints.BY_CODE)


@pytest.mark.parametrize("name", ["account", "campaign", "store"])
@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("13812345678", "138****5678"),
        ("ad 138-1234-5678 x", "ad 138-****-5678 x"),
        ("ad_1381234 5678", "ad_138**** 5678"),
        ("(021) 5823 5823", "(021) **** 5823"),
        ("A-12", "A-12"),
    ],
)
def test_a_number_in_another_field_is_masked(name: str, value: str, said: str) -> None:
    assert shown(name, value) == said


@pytest.mark.parametrize(
    ("text", "number", "said"),
    [
        ("x13812345678y", "13812345678", "x138****5678y"),
        ("138-1234-5678", "13812345678", "138****5678"),
        ("138 ---- 1234 ---- 5678!", "13812345678", "138****5678!"),
        ("+86 (138) 1234.5678", "13812345678", "+86 (138****5678"),
        ("１３８１２３４５６７８", "13812345678", "138****5678"),
        ("tel 021/5823-5823", "02158235823-801", "tel 021******23"),
        ("13812345678 13812345678", "13812345678", "138****5678 138****5678"),
        ("13812345679", "13812345678", "13812345679"),
        ("", "13812345678", ""),
        ("x1", "", "x1"),
    ],
)
def test_the_customers_own_number_is_found_by_its_digits(text: str, number: str, said: str) -> None:
    assert without_number(text, number) == said


def test_it_stands_masked_in_what_goes_out() -> None:
    engine = PlainEngine(CONFIG)
    record = {**GOOD, "source_lead_id": "form 138 - 1234 - 5678", "account": "１３８１２３４５６７８"}
    engine.run({"raw_leads.jsonl": ("raw_lead", [(1, json.dumps(record).encode())])})
    made = engine.outputs["dispositions"][0]
    assert (made["source_lead_id"], made["account"]) == ("form 138****5678", "138****5678")
