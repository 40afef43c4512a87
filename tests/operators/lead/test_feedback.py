"""What a channel is told of its raw leads' marks (ruling 71, domain 16); worked out by hand from the words."""

from __future__ import annotations

import json
from typing import Any

import pytest
from plain_engine import PlainEngine

from connectors.feeds.registry import FEEDS
from operators.config import configuration
from state import errors

ALWAYS = {"opens": "00:00", "closes": "24:00"}
CODES = {"FIRST_TOUCH": "0", "MERGED": "1", "DEAL_MERGED": "1", "DEDUPED": "2"}
CONFIG: dict[str, Any] = {
    "channels": {
        "wav": {"consent": True, "feedback": CODES},
        "other": {"consent": True},
        "some": {"consent": True, "feedback": {"DEDUPED": "again"}},
        "trial": {"status": "TESTING", "feedback": CODES},
    },
    "stores": {"S1": ALWAYS, "S2": ALWAYS},
}


def lead(number: object, at: str, **fields: Any) -> dict[str, Any]:
    record = {"channel": "wav", "source_lead_id": str(number), "phone": "13812345678", "store": "S1", **fields}
    return {**record, "event_time": f"2024-{at}:00+08:00"}


def fed(*records: dict[str, Any]) -> list[dict[str, Any]]:
    engine = PlainEngine(CONFIG)
    lines = [(number, json.dumps(record).encode()) for number, record in enumerate(records, 1)]
    engine.run({"raw_leads.jsonl": ("raw_lead", lines)})
    return engine.outputs["feedback"]


def codes(*records: dict[str, Any]) -> list[tuple[str, str, str]]:
    return [(one["source_lead_id"], one["mark"], one["code"]) for one in fed(*records)]


def test_created_duplicate_and_merged_have_the_codes_of_the_channel() -> None:
    assert codes(lead(1, "01-01T10:00"), lead(2, "01-01T11:00"), lead(3, "01-03T10:00")) == [
        ("1", "FIRST_TOUCH", "0"),
        ("2", "DEDUPED", "2"),
        ("3", "MERGED", "1"),
    ]


def test_who_has_no_codes_is_told_nothing() -> None:
    records = [lead(1, "01-01T10:00", channel="other"), lead(2, "01-01T11:00", channel="some")]
    assert codes(*records, lead(3, "01-01T12:00", channel="some"), lead(4, "01-03T10:00", channel="some")) == [
        ("2", "DEDUPED", "again"),
        ("3", "DEDUPED", "again"),
    ]


def test_nothing_of_it_leaves_the_shadow_realm() -> None:
    assert codes(lead(1, "01-01T10:00", channel="trial"), lead(2, "01-01T10:00", test=True)) == []


def test_a_correction_of_the_mark_is_told_with_an_event_of_its_own() -> None:
    """The second turns out to be the true first touch."""
    records = fed(lead(1, "01-01T10:00"), lead(2, "01-01T09:00"))
    assert [(one["source_lead_id"], one["code"]) for one in records] == [("1", "0"), ("2", "0"), ("1", "2")]
    assert len({one["event_id"] for one in records}) == 3


def test_a_correction_that_changes_nothing_for_the_channel_is_not_told() -> None:
    """Another unique lead, the same code."""
    records = [lead(1, "01-01T10:00"), lead(2, "01-01T11:00"), lead(3, "01-01T09:00", channel="other")]
    assert [code for _, _, code in codes(*records)] == ["0", "2", "2"]


def test_parts_of_one_lead_speak_once() -> None:
    assert codes(lead(1, "01-01T10:00", store=None, stores=["S1", "S2"])) == [("1", "FIRST_TOUCH", "0")]


def test_a_replay_is_not_told_again() -> None:
    assert len(codes(lead(1, "01-01T10:00"), lead(1, "01-01T10:00"))) == 1


def test_numbers_in_its_ids_are_masked() -> None:
    (one,) = fed(lead("x 138-1234-5678", "01-01T10:00", account="13812345678"))
    assert (one["source_lead_id"], one["account"]) == ("x 138****5678", "138****5678")
    assert "12345678" not in json.dumps(one)


def test_tencents_lead_is_answered_0_and_its_mark_comes_behind() -> None:
    """From CreateLead to feedback: the same customer asks twice a day, each call is answered 0, the second is a duplicate."""
    feed = FEEDS["tencent_wav"]
    again = json.loads(feed.sample())
    again["Remark"], again["CreateTime"] = "again", again["CreateTime"] + 3_600_000
    calls = [feed.sample(), json.dumps(again).encode()]
    deliveries = [feed.try_out(body, again["CreateTime"]) for body in calls]
    assert [json.loads(one.reply.body)["Response"]["BusinessCode"] for one in deliveries] == [0, 0]
    engine = PlainEngine({})
    lines = [(number, delivery.lines[0]) for number, delivery in enumerate(deliveries, 1)]
    engine.run({"raw_leads.jsonl": ("raw_lead", lines)})
    records = engine.outputs["feedback"]
    assert [one["code"] for one in records] == ["0", "2"]
    assert [one["source_lead_id"] for one in records] == [one.leads[0]["source_lead_id"] for one in deliveries]


def test_the_profile_has_the_codes_of_tencents_reply() -> None:
    """BusinessCode: 0 created, 1 merged, 2 duplicate (domain 16)."""
    profile = configuration.from_tables({}, environ={})
    assert profile.rules.channels["tencent_auto"].feedback == CODES


def test_a_code_for_what_is_no_mark_is_refused() -> None:
    with pytest.raises(errors.ConfigurationRefused, match="is no mark, did you mean MERGED"):
        configuration.from_tables({"channels": {"a": {"feedback": {"MERGD": "1"}}}}, environ={})
