"""What is beyond a limit is counted and goes on (rulings 48 and 49)."""

from __future__ import annotations

import json
from typing import Any

from engine_result import EngineResult
from plain_engine import PlainEngine

from state import limits
from state.rows import customer_row

ALWAYS = {"opens": "00:00", "closes": "24:00"}
START = 1_704_074_400_000  # 2024-01-01 10:00 in Shanghai


def run(records: list[dict[str, Any]], tables: dict[str, Any] | None = None) -> PlainEngine:
    engine = PlainEngine(tables or {"channels": {"a": {"consent": True}}, "stores": {"S1": ALWAYS}}, poll=50)
    lines = [(number, json.dumps(record).encode()) for number, record in enumerate(records, 1)]
    engine.run({"raw_leads.jsonl": ("raw_lead", lines)})
    return engine


def lead(number: int, minute: int, **fields: Any) -> dict[str, Any]:
    at = f"2024-01-{1 + minute // 1440:02d}T{minute // 60 % 24:02d}:{minute % 60:02d}:00+08:00"
    record = {"channel": "a", "source_lead_id": str(number), "phone": "13812345678", "event_time": at, "store": "S1"}
    return {**record, **fields}


def largest_row(engine: PlainEngine) -> int:
    return max(len(value) for key, value in engine.database.rows.items() if key[1:2] == b"c")


def test_one_contact_with_more_raw_leads_than_a_row_holds() -> None:
    """SHARED_CONTACT: marked and written like any other, one alert; the row stays within its limit."""
    engine = run([lead(n, n // 2) for n in range(limits.RAWS_PER_DAY + 200)])
    assert len(engine.outputs["dispositions"]) == limits.RAWS_PER_DAY + 200
    marks = [record["mark"] for record in EngineResult(engine.outputs).raws.values()]
    assert marks.count("FIRST_TOUCH") == 1 and marks.count("DEDUPED") == len(marks) - 1
    assert len(engine.outputs["fraud_alerts"]) == 1
    assert largest_row(engine) <= limits.ROW_BYTES


def test_more_keys_than_a_row_holds() -> None:
    """A lead is never refused for its customer's size: each of two hundred stores gets its own."""
    stores = {f"S{n}": ALWAYS for n in range(200)}
    tables = {"channels": {"a": {"consent": True}}, "stores": stores}
    engine = run([lead(n, n, store=f"S{n}") for n in range(200)], tables)
    assert len(engine.outputs["dispatches"]) == 200
    assert not engine.outputs["rejects"]


def test_more_kept_events_than_the_fold_keeps() -> None:
    """Beyond 200 the oldest collapse: ORDER_APPROXIMATE, marks as before."""
    engine = run([lead(n, n * 14) for n in range(300)])
    marks = [record["mark"] for record in EngineResult(engine.outputs).raws.values()]
    assert marks.count("FIRST_TOUCH") == 1 and set(marks) == {"FIRST_TOUCH", "MERGED", "DEDUPED"}
    found = [customer_row.decode(value) for key, value in engine.database.rows.items() if key[1:2] == b"c"]
    assert found[0].sections[0].approximate
    assert len(found[0].sections[0].kept) <= limits.KEPT_EVENTS


def test_a_longest_life_shorter_than_the_gap() -> None:
    """A touch may compute an expiry before itself: closed at once, deleted only when nothing can be folded again."""
    tables = {
        "channels": {"a": {"consent": True}},
        "stores": {"S1": ALWAYS},
        "series": {"B": {"merge": 10, "deal_merge": 10, "max_life": 5}},
    }
    engine = run(
        [lead(1, 0), lead(2, 30 * 1440 - 1440, series="B"), lead(3, 30 * 1440 - 60, phone="13912345678")], tables
    )
    engine.run({"raw_leads.jsonl": ("raw_lead", [])}, START + 400 * 86_400_000)
    assert not [key for key in engine.database.rows if key[1:2] == b"c"]


def test_what_gives_way_is_seen_in_the_records_that_it_concerns() -> None:
    """Ruling 82: ORDER_APPROXIMATE from the first raw lead on whose key gave events up, SHARED_CONTACT beyond 1 000 a day."""
    engine = run([lead(n, n * 14) for n in range(300)])
    for stream in ("dispositions", "unique_leads"):
        flags = ["ORDER_APPROXIMATE" in record.get("flags", []) for record in engine.outputs[stream]]
        first = flags.index(True)
        assert 100 < first <= limits.KEPT_EVENTS + 1 and all(flags[first:]), stream  # 16 KB binds first
    engine = run([lead(n, n // 2) for n in range(limits.RAWS_PER_DAY + 3)])
    for stream in ("dispositions", "unique_leads"):
        shared = [place for place, one in enumerate(engine.outputs[stream]) if "SHARED_CONTACT" in one.get("flags", [])]
        assert shared == [limits.RAWS_PER_DAY + n for n in range(3)], stream
