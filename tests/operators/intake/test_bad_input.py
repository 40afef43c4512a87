"""Bad input ends in `rejects` with its codes and original, is counted, and the flow goes on (rulings 9, 32, 52, 55)."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from plain_engine import PlainEngine

from operators.base.count_kinds import COUNTS, RECEIVED, REJECTED
from state import limits
from state.counts import read_counts

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


def made(**fields: Any) -> bytes:
    return json.dumps({**GOOD, **fields}).encode()


DEEP = b'{"extra":' + b'{"a":' * 3000 + b"1" + b"}" * 3000 + b"}"
BAD: dict[str, tuple[bytes, set[str]]] = {
    "not JSON": (b"hello", {"NOT_JSON"}),
    "cut off": (made()[:-9], {"NOT_JSON"}),
    "array": (b"[1, 2]", {"NOT_JSON"}),
    "null": (b"null", {"NOT_JSON"}),
    "NaN": (made()[:-1] + b', "x": NaN}', {"NOT_JSON"}),
    "Infinity": (made()[:-1] + b', "phone": Infinity}', {"NOT_JSON"}),
    "deep nesting": (DEEP, {"NOT_JSON"}),
    "broken UTF-8": (made()[:-1] + b', "name": "\xff"}', {"NOT_JSON"}),
    "broken UTF-8 in an unknown field": (made()[:-1] + b', "zz": "\xff"}', {"NOT_JSON"}),
    "NUL byte": (made()[:-1] + b', "name": "\x00"}', {"NOT_JSON"}),
    "NUL in a key": (made(source_lead_id="a\0b"), {"BAD_FIELD"}),
    "too large": (made(remark="x" * limits.RECORD_BYTES), {"TOO_LARGE"}),
    "wrong type": (made(source_lead_id=[5]), {"BAD_FIELD"}),
    "wrong types, all named": (made(store={}, phone=[], event_time=True), {"BAD_FIELD", "BAD_TIME"}),
    "long string": (made(store="汉" * 100), {"BAD_FIELD"}),
    "unknown type": (made(type="lead"), {"UNKNOWN_TYPE"}),
    "type of a wrong type": (made(type=7), {"UNKNOWN_TYPE"}),
    "unknown channel": (made(channel="nobody"), {"UNKNOWN_CHANNEL"}),
    "channel not live": (made(channel="off"), {"CHANNEL_NOT_LIVE"}),
    "unknown line": (made(line="boats"), {"UNKNOWN_LINE"}),
    "nothing in it": (b"{}", {"MISSING_FIELD", "NO_CONTACT", "BAD_TIME"}),
    "no source id": (made(source_lead_id=None), {"MISSING_FIELD"}),
    "no contact": (made(phone=""), {"NO_CONTACT"}),
    "bad phone": (made(phone="7654321"), {"BAD_PHONE"}),
    "masked phone": (made(phone="138****5678"), {"BAD_PHONE"}),
    "service number": (made(phone="400-820-8820"), {"SERVICE_NUMBER"}),
    "test number": (made(phone="13800138000"), {"TEST_NUMBER"}),
    "time without offset": (made(event_time="2024-01-01T10:00:00"), {"BAD_TIME"}),
    "no time at all": (made(event_time="yesterday"), {"BAD_TIME"}),
    "absurd year": (made(event_time="9024-01-01T10:00:00+08:00"), {"BAD_TIME"}),
    "huge number": (made(days=1, phone=10**40), {"BAD_PHONE"}),
    "command of a later version": (made(type="command", command_id="c", kind="FORGET"), {"NOT_SUPPORTED"}),
    "verdict": (made(type="verdict"), {"MISSING_FIELD"}),
    "verdict of a task that never was": (made(type="verdict", by="AI", outcome="DEAD", task_id="t1"), {"NO_TASK"}),
    "advisor": (made(origin="advisor"), {"NOT_SUPPORTED"}),
    "activity of an unknown kind": (made(type="activity", activity_id="v", kind="DANCE"), {"BAD_FIELD"}),
    "activity without a lead": (made(type="activity", activity_id="v", kind="VISIT", phone="13711112222"), {"NO_LEAD"}),
}


@pytest.mark.parametrize("name", BAD)
def test_ends_in_rejects_and_the_flow_goes_on(name: str) -> None:
    raw, reasons = BAD[name]
    engine = PlainEngine(CONFIG, shards=2)
    before, behind = (
        made(source_lead_id="before"),
        made(source_lead_id="behind", event_time="2024-01-02T10:00:00+08:00"),
    )
    if name == "nothing in it":
        before = made(source_lead_id="before", phone="")  # nothing may have started the clock
    engine.run({"raw_leads.jsonl": ("raw_lead", [(1, before), (2, raw), (3, behind)])})
    rejects = [record for record in engine.outputs["rejects"] if record["position"] == 2]
    assert len(rejects) == 1
    assert set(rejects[0]["reasons"]) == reasons
    assert rejects[0]["source"] == "raw_leads.jsonl"
    original = rejects[0]["original"]
    back = base64.b64decode(original) if rejects[0].get("encoding") == "base64" else original.encode()
    if name == "too large":
        assert rejects[0]["cut"] == len(raw) and raw.startswith(back)
    else:
        assert back == raw
    assert {record["source_lead_id"] for record in engine.outputs["dispositions"]} >= {"behind"}
    counts = [0] * len(COUNTS)
    for counted in read_counts(engine.database, 2).values():  # type: ignore[arg-type]
        counts = [a + b for a, b in zip(counts, counted, strict=True)]
    of_leads = [
        r
        for r in engine.outputs["rejects"]
        if r["event_id"] and not name.startswith(("activity", "verdict", "command"))
    ]
    assert counts[RECEIVED] == counts[REJECTED] + len(engine.outputs["dispositions"])
    assert counts[REJECTED] == len(of_leads)


@pytest.mark.parametrize(
    "fields",
    [
        {"intent": {"days_to_buy": 2**64}},
        {"intent": {"budget": -(2**80)}},
        {"extra": {"a": [2**64, {"b": -(10**40)}]}},
    ],
)
def test_numbers_that_fit_into_no_row_lose_no_lead(fields: dict[str, Any]) -> None:
    """No rule bounds what a customer says of his budget; sent again, it is the same record."""
    engine = PlainEngine(CONFIG)
    lines = [(place, made(**fields)) for place in (1, 2)]
    engine.run({"raw_leads.jsonl": ("raw_lead", lines)})
    assert not engine.outputs["rejects"]
    assert len(engine.outputs["dispositions"]) == 1 and len(engine.outputs["replays"]) == 1


def test_duplicate_keys_the_last_counts() -> None:
    engine = PlainEngine(CONFIG)
    engine.run({"raw_leads.jsonl": ("raw_lead", [(1, made()[:-1] + b', "source_lead_id": "2"}')])})
    assert [record["source_lead_id"] for record in engine.outputs["dispositions"]] == ["2"]
