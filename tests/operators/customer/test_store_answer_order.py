"""Store answers (rulings 7 and 53): where an answer stands among the events of its key."""

from __future__ import annotations

import json
from typing import Any

from plain_engine import PlainEngine

from operators.intention import fold
from state.rows import customer_row
from state.rows.intention import Answer

CONFIG: dict[str, Any] = {
    "channels": {"a": {"consent": True}},
    "stores": {"S1": {"opens": "00:00", "closes": "24:00"}},
}


def lead(number: int, hour: int, **fields: Any) -> dict[str, Any]:
    at = f"2024-01-01T{hour}:00:00+08:00"
    return {"channel": "a", "source_lead_id": str(number), "phone": "13812345678", "event_time": at, **fields}


def answers_of(records: list[dict[str, Any]], store: str) -> list[Answer]:
    """The answers that the customer's key at this store keeps, in the order of its fold."""
    engine = PlainEngine(CONFIG)
    lines = [(number, json.dumps(record).encode()) for number, record in enumerate(records, 1)]
    engine.run({"raw_leads.jsonl": ("raw_lead", lines)})
    (value,) = (value for key, value in engine.database.rows.items() if key[1:2] == b"c")
    (section,) = (found for found in customer_row.decode(value).sections if found.store == store)
    return [event for event in section.kept if isinstance(event, Answer)]


def test_answers_of_one_instant_stand_in_their_order_of_arrival() -> None:
    """A lead without a store and one at an unknown code (ruling 14) are answered with S1 at one and the same clock: the fold's
    order is total (ruling 2), so each answer holds a place of its own in the order of arrival."""
    waiting = [lead(1, 10), lead(2, 11, store="X1")]
    first, second = answers_of([*waiting, lead(2, 11, store="S1"), lead(1, 10, store="S1")], "S1")
    assert first.t == second.t
    assert ([raw.source_id for raw in first.raws], [raw.source_id for raw in second.raws]) == (["2"], ["1"])
    assert 0 < first.arrival < second.arrival
    assert fold.order_of(first) < fold.order_of(second)


def test_an_answer_counts_among_the_activities_that_arrived() -> None:
    """Numbers are never given twice: an activity before the answer and one behind it have others (ruling 26)."""
    visit = {"type": "activity", "activity_id": "v", "kind": "VISIT", "phone": "13812345678", "store": "S1"}
    records = [lead(1, 10, store="S1"), {**visit, "event_time": "2024-01-01T11:00:00+08:00"}, lead(2, 12)]
    (answer,) = answers_of([*records, lead(2, 12, store="S1")], "S1")
    assert answer.arrival == 2
