"""Who is told what (rulings 3, 8, 19, 38, 45); worked out by hand from the words."""

from __future__ import annotations

import json
from typing import Any

from plain_engine import PlainEngine

ALWAYS = {"opens": "00:00", "closes": "24:00"}
CONFIG: dict[str, Any] = {
    "channels": {"a": {"consent": True}, "n": {"consent": False}, "t": {"status": "TESTING", "consent": True}},
    "stores": {"S1": ALWAYS, "S2": ALWAYS},
}


def lead(number: int, at: str, **fields: Any) -> dict[str, Any]:
    record = {"channel": "a", "source_lead_id": str(number), "phone": "13812345678", "store": "S1", **fields}
    return {**record, "event_time": f"2024-{at}:00+08:00"}


def act(number: int, kind: str, at: str, **fields: Any) -> dict[str, Any]:
    record = {
        "type": "activity",
        "activity_id": str(number),
        "kind": kind,
        "phone": "13812345678",
        "store": "S1",
        **fields,
    }
    return {**record, "event_time": f"2024-{at}:00+08:00"}


def told(*records: dict[str, Any]) -> list[tuple[str, str, str]]:
    engine = PlainEngine(CONFIG)
    lines = [(number, json.dumps(record).encode()) for number, record in enumerate(records, 1)]
    engine.run({"raw_leads.jsonl": ("raw_lead", lines)})
    for record in engine.outputs["notifications"]:
        assert "13812345678" not in json.dumps(record)
    return [
        (record["kind"], record["to"]["role"], record["to"]["id"] if record["to"]["role"] != "customer" else "")
        for record in engine.outputs["notifications"]
    ]


ARRIVAL = ("ARRIVAL", "store_admin", "S1")
RECEIPT = ("RECEIPT", "customer", "")


def test_a_dispatched_first_touch() -> None:
    """The admin hears of the arrival, the customer gets his receipt."""
    assert sorted(told(lead(1, "01-01T10:00"))) == [ARRIVAL, RECEIPT]


def test_a_repeat_tells_nobody() -> None:
    """DEDUPED: no receipt, no notice."""
    assert sorted(told(lead(1, "01-01T10:00"), lead(2, "01-01T11:00"))) == [ARRIVAL, RECEIPT]


def test_a_merged_lead_in_the_stores_queue() -> None:
    """Ruling 3: not dispatched again, the store's admin hears that the customer came back; a receipt for MERGED too."""
    expected = sorted([ARRIVAL, RECEIPT, ("CAME_BACK", "store_admin", "S1"), RECEIPT])
    assert sorted(told(lead(1, "01-01T10:00"), lead(2, "01-02T10:00"))) == expected


def test_a_reopened_lead_is_an_arrival_again() -> None:
    """Ruling 27: dispatched again; it did not also come back."""
    found = told(lead(1, "01-01T10:00"), act(1, "LOST", "01-01T12:00"), lead(2, "01-02T10:00"))
    assert sorted(found) == sorted([ARRIVAL, RECEIPT, ARRIVAL, RECEIPT])


def test_a_lead_after_the_deal() -> None:
    """Ruling 45: POST_DEAL to the store's admin where nobody owns it; no receipt for DEAL_MERGED."""
    found = told(lead(1, "01-01T10:00"), act(1, "PAID", "01-01T12:00"), lead(2, "01-05T10:00"))
    assert sorted(found) == sorted([ARRIVAL, RECEIPT, ("POST_DEAL", "store_admin", "S1")])


def test_without_consent_no_receipt() -> None:
    """Held with CONSENT: neither receipt nor arrival."""
    assert told(lead(1, "01-01T10:00", channel="n")) == []


def test_the_shadow_realm_is_silent() -> None:
    """Ruling 8."""
    assert told(lead(1, "01-01T10:00", channel="t"), lead(2, "01-01T10:00", test=True)) == []


def test_an_opt_out_is_told_where_the_lead_lies() -> None:
    """Ruling 38: for dispatched leads."""
    found = told(lead(1, "01-01T10:00"), act(1, "OPT_OUT", "01-01T12:00"))
    assert sorted(found) == sorted([ARRIVAL, RECEIPT, ("OPTED_OUT", "store_admin", "S1")])


def test_a_deal_elsewhere() -> None:
    """Ruling 19: a note to the maker, nothing to the other store."""
    found = told(lead(1, "01-01T10:00"), lead(2, "01-01T10:00", store="S2"), act(1, "PAID", "01-01T12:00"))
    arrivals = [ARRIVAL, ("ARRIVAL", "store_admin", "S2"), RECEIPT, RECEIPT]
    assert sorted(found) == sorted([*arrivals, ("CROSS_STORE", "maker", "main")])
