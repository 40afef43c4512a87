"""The table of how one status becomes another (ruling 32): what the engine does is allowed, what it may never do is not."""

from __future__ import annotations

import json

import pytest
from inputs import CONFIG, OWNED_CONFIG, OWNED_PLANS, PLANS, draw
from plain_engine import PlainEngine

from operators.lead import statuses
from state.rows.codes import STATUSES
from state.rows.lead import Lead

CODE = {name: code for code, name in enumerate(STATUSES)}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("PENDING", "ASSIGNED"),  # nobody gets what was not dispatched (ruling 35)
        ("HELD", "ASSIGNED"),
        ("CLEANING", "POOL"),
        ("DISPATCHED", "POOL"),  # only what had an owner is recycled (ruling 66)
        ("DISPATCHED", "HELD"),  # a dispatch is never revoked (domain 3)
        ("ASSIGNED", "HELD"),
        ("POOL", "HELD"),  # it keeps its status beside its hold (ruling 65)
        ("LOST", "ASSIGNED"),  # what opens again has no owner (ruling 27)
        ("LOST", "POOL"),
        ("WON", "ASSIGNED"),
        ("CLOSED", "ASSIGNED"),
        ("CLOSED", "HELD"),
    ],
)
def test_a_forbidden_change(before: str, after: str) -> None:
    """It is a fault of the engine's, and asserts."""
    lead = Lead(1, status=CODE[before])
    with pytest.raises(AssertionError, match=f"{before} never becomes {after}"):
        statuses.become(lead, CODE[after])
    assert lead.status == CODE[before]


@pytest.mark.sampled(4)
@pytest.mark.parametrize("plan", [*PLANS, *OWNED_PLANS])
def test_every_change_that_is_written_is_in_the_table(plan: str) -> None:
    """Between two records of a lead lie at most two changes: a closed one opens as PENDING, and goes on from there."""
    for seed in range(12):
        engine = PlainEngine(OWNED_CONFIG if plan in OWNED_PLANS else CONFIG)
        lines = draw(plan, seed, 24)
        engine.run({"raw_leads.jsonl": ("raw_lead", [(line.number, line.raw) for line in lines])})
        last: dict[str, int] = {}
        for record in engine.outputs["unique_leads"]:
            after = CODE[record["status"]]
            before = last.get(record["unique_id"], CODE["PENDING"])
            steps = {before} | {code for code in range(len(STATUSES)) if statuses.NEXT[before] >> code & 1}
            assert any(code == after or statuses.NEXT[code] >> after & 1 for code in steps), (before, after)
            last[record["unique_id"]] = after


def test_groups_share_no_status() -> None:
    """Every status is in exactly one of waiting, queue, owned, pool, closed."""
    groups = (statuses.WAITING, statuses.IN_QUEUE, statuses.OWNED, statuses.IN_POOL, statuses.CLOSED)
    for code in range(len(STATUSES)):
        assert sum(group >> code & 1 for group in groups) == 1


def test_a_deal_that_an_old_refund_ends_is_kept_as_long_as_its_raw_leads() -> None:
    """The REFUND, older than the lateness, closes the lead at its own time, days before a raw lead of the deal (ruling 19)."""

    def record(at: str, **fields: object) -> bytes:
        return json.dumps(
            {"phone": "13812345678", "store": "S1", "event_time": f"2024-{at}:00+08:00", **fields}
        ).encode()

    lines = [
        record("01-01T10:00", channel="a", source_lead_id="1"),
        record("01-04T19:50", type="activity", activity_id="p", kind="PAID"),
        record("01-12T02:00", channel="a", source_lead_id="2"),
        record("01-01T19:50", type="activity", activity_id="r", kind="REFUND"),
        record("01-24T08:00", channel="a", source_lead_id="3"),
    ]
    engine = PlainEngine(OWNED_CONFIG)
    engine.run({"raw_leads.jsonl": ("raw_lead", list(enumerate(lines, 1)))})
    assert [record["mark"] for record in engine.outputs["dispositions"]] == [
        "FIRST_TOUCH",
        "DEAL_MERGED",
        "FIRST_TOUCH",
    ]
