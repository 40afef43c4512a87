"""Phones and reject codes of the reference model, by examples worked out by hand (domain 4, rulings 32, 39, 55)."""

import json
from typing import Any

import pytest
from oracle_phones import read_contact, read_number
from oracle_reading import Event, Line, Reader
from oracle_text import Numeral

CHANNELS = {"autohome": {}, "dcd": {"status": "TESTING"}}


def reasons(record: Any, kind: str = "raw_lead", **config: Any) -> set[str]:
    raw = record if isinstance(record, bytes) else json.dumps(record).encode()
    run = Reader({"channels": CHANNELS} | config, wall_ms=1_780_000_000_000)
    (outcome,) = run.read([Line("raw_leads.jsonl", 1, kind, raw)])
    return set() if isinstance(outcome, Event) else set(outcome.reasons)


def lead(**fields: Any) -> dict[str, Any]:
    base = {"channel": "autohome", "source_lead_id": "a1", "phone": "13812345678"}
    return base | {"event_time": "2026-03-02T10:00:00+08:00"} | fields


def activity(**fields: Any) -> dict[str, Any]:
    return {"activity_id": "v1", "kind": "CALL", "event_time": "2026-03-02T10:00:00Z", "phone": "13812345678"} | fields


MOBILES = """138 1234 5678|138-1234-5678|+86 13812345678|+86-138-1234-5678|0086 138 1234 5678|8613812345678
013812345678|+86 013812345678|13812345678.0|１３８１２３４５６７８|＋８６ 138－1234－5678"""
LANDLINES = {
    "021-12345678": "02112345678",
    "(021)12345678": "02112345678",
    "０２１　12345678": "02112345678",
    "0755-1234567": "07551234567",
    "021-12345678-801": "02112345678-801",
    "02112345678转801": "02112345678-801",
    "021 1234 5678 ext 801": "02112345678-801",
    "0755-1234567-8": "07551234567-8",
    "+86 21 12345678": "02112345678",
    "86-755-12345678": "075512345678",
    "+86 021-12345678-801": "02112345678-801",
    "+86 10 1234 5678": "01012345678",
}
FAULTS = {
    "BAD_PHONE": "12345678|138****5678|1381234567|138123456789|13812345678/13912345678|13812345678 13912345678|abc|"
    "021-12345678-02187654321|23812345678|012-12345678",
    "SERVICE_NUMBER": "4001234567|400-123-4567|8001234567|95588|110|119|+86 400 123 4567",
    "FOREIGN_NUMBER": "+85261234567",
    "TEST_NUMBER": "13800138000|+8613800138000|11111111111|88888888888|00000000000",
}


@pytest.mark.parametrize(
    "text", [*MOBILES.replace("\n", "|").split("|"), Numeral("13812345678"), Numeral("13812345678.0")]
)
def test_mobile(text: Any) -> None:
    number: Any = read_number(text)
    assert number.mobile == "13812345678"


@pytest.mark.parametrize(("text", "landline"), LANDLINES.items())
def test_landline(text: Any, landline: Any) -> None:
    number: Any = read_number(text)
    assert (number.landline, number.mobile, number.fault) == (landline, "", "")


@pytest.mark.parametrize(
    ("fault", "text"), [(code, text) for code, texts in FAULTS.items() for text in texts.split("|")]
)
def test_a_fault_carries_its_code_alone(fault: Any, text: Any) -> None:
    assert reasons(lead(phone=text)) == {fault}


@pytest.mark.parametrize(
    ("phone", "landline", "customer", "faults"),
    [
        ("13812345678", "02112345678", "m:13812345678", set()),
        ("02112345678-8", "13812345678", "m:13812345678", set()),
        (None, "13812345678", "m:13812345678", set()),
        (None, "02112345678", "l:02112345678", set()),
        ("02112345678-8", "", "l:02112345678-8", set()),
        ("123", "02112345678", "l:02112345678", set()),
        ("13812345678", "110", "m:13812345678", set()),
        ("123", "110", "", {("phone", "BAD_PHONE"), ("landline", "SERVICE_NUMBER")}),
        (["13812345678"], "02112345678", "l:02112345678", {("phone", "BAD_FIELD")}),
        (True, None, "", {("phone", "BAD_FIELD")}),
        (" ", None, "", set()),
    ],
)
def test_two_fields_one_contact(phone: Any, landline: Any, customer: Any, faults: Any) -> None:
    contact = read_contact(phone, landline)
    assert (contact.customer, contact.faults) == (customer, faults)


@pytest.mark.parametrize(
    "raw", [b"[]", b"1", b"null", b'{"a": NaN}', b'{"a": -Infinity}', b"{", b'{"a":"\xff"}', b"[" * 9000]
)
def test_not_json(raw: Any) -> None:
    assert reasons(raw) == {"NOT_JSON"}


def test_the_last_of_equal_keys_counts() -> None:
    assert reasons(json.dumps(lead(phone="110"))[:-1].encode() + b', "phone": "13812345678"}') == set()


def test_size() -> None:
    body = json.dumps(lead(remark="")).encode()
    full = body.replace(b'"remark": ""', b'"remark": "' + b"x" * ((1 << 20) - len(body)) + b'"')
    assert len(full) == 1 << 20
    assert reasons(full) == set()
    assert reasons(full + b" ") == {"TOO_LARGE"}
    assert reasons(lead(name="林" * 85)) == set()  # 255 bytes
    assert reasons(lead(campaign="林" * 86)) == set()  # dropped (ruling 78)
    assert reasons(lead(account="林" * 86)) == {"BAD_FIELD"}


def test_all_reasons_that_apply() -> None:
    record = {"channel": "nobody", "phone": "", "line": "used", "event_time": "yesterday", "store": []}
    expected = {"UNKNOWN_CHANNEL", "MISSING_FIELD", "NO_CONTACT", "UNKNOWN_LINE", "BAD_TIME", "BAD_FIELD"}
    assert reasons(record, lines={"main": {}}) == expected


@pytest.mark.parametrize(
    ("fields", "codes"),
    [
        ({"source_lead_id": 17}, set()),
        ({"source_lead_id": " "}, {"MISSING_FIELD"}),
        ({"source_lead_id": True}, {"BAD_FIELD"}),
        ({"channel": None}, {"MISSING_FIELD"}),
        ({"origin": "other"}, {"BAD_FIELD"}),
        ({"origin": "advisor"}, {"NOT_SUPPORTED"}),
        ({"origin": "advisor", "channel": "nobody", "phone": "1"}, {"NOT_SUPPORTED"}),
        ({"intent": {"level": "VERY"}}, set()),
        ({"intent": {"level": []}}, set()),
        ({"intent": {"level": "LOW", "days_to_buy": 30}}, set()),
        ({"extra": {"anything": [1, None]}}, set()),
    ],
)
def test_lead_fields(fields: Any, codes: Any) -> None:
    assert reasons(lead(**fields)) == codes


@pytest.mark.parametrize(
    ("fields", "codes"),
    [
        ({}, set()),
        ({"kind": "SMS"}, {"BAD_FIELD"}),
        ({"kind": None}, {"MISSING_FIELD"}),
        ({"activity_id": None, "phone": None}, {"MISSING_FIELD", "NO_CONTACT"}),
        ({"phone": None, "unique_id": "u"}, set()),
        ({"phone": None, "landline": "021-12345678"}, set()),
        ({"phone": "123"}, {"BAD_PHONE"}),
        ({"duration_s": "5"}, set()),
        ({"duration_s": "long"}, set()),
        ({"by": 5.5, "kind": "call"}, set()),
        ({"outcome": ["HIGH"]}, {"BAD_FIELD"}),
    ],
)
def test_activity_fields(fields: Any, codes: Any) -> None:
    assert reasons(activity(**fields), "activity") == codes


@pytest.mark.parametrize("started", [True, False])
def test_types_not_yet_applied_move_the_clock_once_it_runs(started: bool) -> None:
    run = Reader({"channels": CHANNELS})
    kinds: Any = [("verdict", None), ("behaviour", None), ("command", "STORE_EXIT"), ("command", "FORGET")]
    records = [{"event_time": "2026-03-02T10:00:00Z", "type": name, "kind": kind} for name, kind in kinds]
    if started:
        records = [lead(event_time="2026-03-02T09:00:00Z"), *records]
    outcomes: list[Any] = list(
        run.read(Line("x", n, "raw_lead", json.dumps(r).encode()) for n, r in enumerate(records))
    )
    assert {reason for outcome in outcomes[started:] for reason in outcome.reasons} == {"NOT_SUPPORTED"}
    assert run.clock_ms == (1_772_445_600_000 if started else None)  # 2026-03-02T10:00:00Z; ruling 76


def test_what_was_given_and_what_is_default() -> None:
    raw = json.dumps(lead(name=None, city="", account=" ", store="S1", extra={})).encode()
    event: Any = next(Reader({"channels": CHANNELS}).read([Line("x", 1, "raw_lead", raw)]))
    assert event.given == {"channel", "source_lead_id", "phone", "stores", "extra"}
    assert (event.fields["account"], event.fields["line"]) == ("", "main")
    assert "name" not in event.fields
