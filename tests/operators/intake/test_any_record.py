"""Records made of every field with every JSON type: nothing is lost, and nothing fails (rulings 77, 78, 81)."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from plain_engine import PlainEngine

from operators.base.count_kinds import ACCEPTED, BLANK, COUNTS, ENRICHED, LATE, RECEIVED, REJECTED, REPLAYED, SPLITS
from operators.config.configuration import from_tables
from operators.identity.one_id import OneIds
from operators.intake import fields
from operators.intake.hints import BY_CODE
from operators.intake.validation import Clock, Validation
from operators.registry import RECORD_OF
from operators.wire.records import RawLeadRecord
from state import limits
from state.counts import read_counts

CONFIG: dict[str, Any] = {
    "channels": {"a": {"consent": True}, "t": {"status": "TESTING"}, "off": {"status": "SUSPENDED"}},
    "stores": {"S1": {"opens": "00:00", "closes": "24:00"}},
}
GOOD: dict[str, Any] = {
    "channel": "a",
    "source_lead_id": "1",
    "phone": "13812345678",
    "event_time": "2024-01-01T10:00:00+08:00",
}
NOW_MS = 1_704_074_400_000
"""2024-01-01 10:00 in Shanghai."""

TEXTS = st.sampled_from(
    (
        *(
            "",
            " ",
            "S1",
            "S2",
            "a",
            "13812345678",
            "021-58235823",
            "yes",
            "否",
            "7",
            "HIGH",
            "high",
            "market",
            "ADVISOR",
        ),
        *(
            "call",
            "LOST",
            "\u200b",
            "\ufeffS1",
            "x\ud83d",
            "a\0b",
            "汉" * 100,
            "2024-01-01T10:00:00+08:00",
            "2024-01-01 10:00",
        ),
    )
)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from([0, 1, 101, 13812345678, 2**63, -(2**70), 10**400, 1.5, 101.0, 1e300, 13812345678.0])
    | TEXTS
    | st.text(max_size=8)
)
ANY = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=5,
)
NAMES = sorted({*fields.RAW_LEAD, *fields.ACTIVITY, *fields.COMMAND, *fields.VERDICT, *fields.OBJECTS[RawLeadRecord]})
INTENTS = st.fixed_dictionaries({}, optional={name: ANY for name in (*fields.INTENT, "levl")})
KEYS = st.sampled_from([*NAMES, "stor", "evnt_time", "Phone", "\ufeffchannel", " name", "form_id"])
CHANGES = st.dictionaries(KEYS, ANY, max_size=6) | st.fixed_dictionaries({"intent": INTENTS})
KINDS = st.sampled_from(
    [{}, {}, {"type": "activity", "activity_id": "v", "kind": "VISIT"}, {"type": "command", "command_id": "c"}]
)
RECORDS = st.builds(lambda kind, changes: {**GOOD, **kind, **changes}, KINDS, CHANGES)
LINES = st.builds(
    lambda record, ascii_only: json.dumps(record, ensure_ascii=ascii_only).encode("utf-8", "replace"),
    RECORDS,
    st.booleans(),
) | st.sampled_from([b"", b"  ", b"\xef\xbb\xbf", b"{", b"[]", b"\xff"])


@settings(max_examples=40, deadline=None)
@given(st.lists(LINES, min_size=1, max_size=6))
def test_every_line_has_one_outcome(lines: list[bytes]) -> None:
    """received = rejects + late + replays + accepted + blank, raw leads by their counts; each reject says what to do."""
    engine = PlainEngine(CONFIG, shards=2)
    engine.run({"raw_leads.jsonl": ("raw_lead", list(enumerate(lines, 1)))})
    counts = [0] * len(COUNTS)
    for counted in read_counts(engine.database, 2).values():  # type: ignore[arg-type]
        counts = [a + b for a, b in zip(counts, counted, strict=True)]
    outcomes = counts[REJECTED] + counts[LATE] + counts[REPLAYED] + counts[ENRICHED] + counts[ACCEPTED] - counts[SPLITS]
    assert counts[RECEIVED] == outcomes
    assert counts[RECEIVED] + counts[BLANK] <= len(lines)
    for reject in engine.outputs["rejects"]:
        assert {one["code"] for one in reject["fields"]} == set(reject["reasons"])
        assert all(one["hint"] and one["code"] in BY_CODE for one in reject["fields"])
        assert all(len(one.get("got", "")) <= limits.GOT_CHARACTERS for one in reject["fields"])
        assert "INTERNAL" not in reject["reasons"]


def validation() -> Validation:
    rules = from_tables(CONFIG, environ={}).rules
    return Validation(rules, OneIds(b"secret", 4), RECORD_OF)


@settings(max_examples=40, deadline=None)
@given(st.fixed_dictionaries({}, optional={name: ANY for name in (*fields.RAW_LEAD, "extra")}), INTENTS)
def test_the_slow_reading_of_a_good_record_is_the_usual_one(changes: dict[str, Any], intent: dict[str, Any]) -> None:
    """What the typed decode takes as it stands, the slow path takes in the same way."""
    raw = json.dumps({**GOOD, **changes, "intent": intent}).encode("utf-8", "replace")
    one = validation()
    clock = Clock(event=True, now=NOW_MS, wall_ms=NOW_MS)
    usual = one.read(raw, "raw_lead", clock)
    if usual.notes is not None or usual.reasons:
        return
    slow = one._slowly(raw, "raw_lead", clock)
    assert not slow.reasons and slow.notes is not None and not slow.notes.dropped and not slow.notes.unknown
    for name in ("kind", "channel", "digest", "phone", "landline", "stores", "flags", "t", "source_ms", "shadow"):
        assert getattr(slow, name) == getattr(usual, name), name
    assert isinstance(slow.record, RawLeadRecord) and isinstance(usual.record, RawLeadRecord)


def test_a_usual_record_is_read_by_the_typed_decode_alone() -> None:
    """Counted in calls, not in seconds: nothing of the slow path is touched."""
    import sys

    one = validation()
    clock = Clock(event=True, now=NOW_MS, wall_ms=NOW_MS)
    raw = json.dumps({**GOOD, "name": "王 小明", "remark": "周末到店。", "store": "S1"}, ensure_ascii=False).encode()
    one.read(raw, "raw_lead", clock)
    called: list[str] = []
    sys.setprofile(lambda frame, event, _: called.append(frame.f_code.co_filename) if event == "call" else None)
    try:
        arrival = one.read(raw, "raw_lead", clock)
    finally:
        sys.setprofile(None)
    assert arrival.notes is None and not arrival.reasons
    ours = [name.rpartition("/operators/")[2] for name in called if "/operators/" in name]
    assert not [name for name in ours if name in ("intake/slow_path.py", "intake/values.py", "intake/fields.py")]
    assert ours.count("wire/text.py") <= 1
