"""What a version before ruling 77 has stored is compared as it would be read now."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from plain_engine import PlainEngine

from leadstream.compiled import variant
from operators.customer import replays
from operators.intake.validation import check_raw_lead
from operators.wire.records import RawLeadRecord

CONFIG: dict[str, Any] = {
    "channels": {"a": {"consent": True}},
    "stores": {"S1": {"opens": "00:00", "closes": "24:00"}},
}
LEAD: dict[str, Any] = {
    "channel": "a",
    "source_lead_id": "1",
    "phone": "13812345678",
    "event_time": "2024-01-01T10:00:00+08:00",
    "store": "S1",
}


needs_former_reading = pytest.mark.skipif(
    variant() == "compiled",
    reason="compiled rules call each other directly: a former reader cannot be put in their place",
)


def sent_twice(monkeypatch: pytest.MonkeyPatch, **changes: Any) -> list[Any]:
    """`changed` of the replay, where the first sending was read as it was before: strings as they are written."""
    raw = json.dumps({**LEAD, **changes}, ensure_ascii=False).encode()
    engine = PlainEngine(CONFIG)
    former = msgspec.json.Decoder(RawLeadRecord).decode

    def as_before(raw: bytes, kind: str, clock: Any) -> Any:
        return check_raw_lead(engine.validation, former(raw), raw, clock)

    with monkeypatch.context() as patch:
        patch.setattr(engine.validation, "read", as_before)
        patch.setattr("operators.intake.validation._is_plain", lambda intent: True)
        engine.run({"raw_leads.jsonl": ("raw_lead", [(1, raw)])})
    assert len(engine.outputs["dispositions"]) == 1
    engine.run({"raw_leads.jsonl": ("raw_lead", [(2, raw)])})
    assert len(engine.outputs["dispositions"]) == 1, "the source key is known"
    return [one.get("changed", []) for one in engine.outputs["replays"]]


@needs_former_reading
@pytest.mark.parametrize(
    "changes",
    [
        {"name": "王五 "},
        {"source_lead_id": "\u200b1"},
        {"source_lead_id": " 1\u2060", "account": "\ufeffad"},
        {"store": "S\u200b1"},
        {"remark": "call me \u200b"},
        {"remark": "x" * 400 + " "},
        {"name": "王" * 60 + "\u3000", "series": "x" * 200, "model": "y" * 200},
        {"extra": {"a": " b", "c": 1.5}},
        {"intent": {"trade_in": "yes", "finance": "否", "budget": 300000}},
        {"intent": {"budget": 250000.5}},
    ],
)
def test_the_same_payload_again_is_a_replay(changes: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    assert sent_twice(monkeypatch, **changes) == [[]]


def test_another_payload_is_an_enrichment_all_the_same() -> None:
    assert replays._former_digest("remark", b'{"remark": "other"}') != replays._short("call me")
    assert replays._former_digest("remark", b"no json") == b""
