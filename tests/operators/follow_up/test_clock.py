"""The follow-up clocks (rulings 5, 25, 63, 66): each a millisecond before, at and after its due time."""

from __future__ import annotations

import json

import pytest
from inputs import text_of
from one_key import DAY_MS, HOUR_MS, RULES, at
from plain_engine import PlainEngine

from operators.follow_up.clock import FOLLOW_UP
from operators.lead import care
from state.rows.codes import S_ASSIGNED
from state.rows.intention import Unique
from state.rows.lead import Ask, Care, Lead

GRANTED = at(1, 11)
UNIQUE = Unique(1, at(1, 10), 1, at(1, 10), at(61, 10), 60 * DAY_MS, 180 * DAY_MS, 365 * DAY_MS)


def owned(*times: int, assigned: int = GRANTED, granted: int = GRANTED) -> Lead:
    """A lead of Wang's, with follow-ups at `times`."""
    lead = Lead(1, status=S_ASSIGNED, sent=True, care=Care("Wang", "", assigned, granted, 1, times=[], windows=[]))
    for t in times:
        care.keep(lead, t)
    care.count(lead)
    return lead


def due(lead: Lead) -> int:
    return FOLLOW_UP.due(lead, UNIQUE, RULES)


def test_the_first_follow_up_is_due_24_hours_after_the_grant() -> None:
    """From the grant, not from the command's event time."""
    assert due(owned()) == GRANTED + 24 * HOUR_MS
    assert due(owned(assigned=GRANTED - HOUR_MS)) == GRANTED + 24 * HOUR_MS


@pytest.mark.parametrize(("before_ms", "counts"), [(1, False), (0, True), (-1, True)])
def test_a_follow_up_counts_from_assigned_at_on(before_ms: int, counts: bool) -> None:
    """A millisecond before it does not count: the first clock runs on."""
    t = GRANTED - before_ms
    lead = owned(t)
    assert due(lead) == (max(GRANTED, t) + 15 * DAY_MS if counts else GRANTED + 24 * HOUR_MS)
    assert care.of(lead).number == counts


def test_the_idle_clock_runs_from_the_later_of_grant_and_last_follow_up() -> None:
    """A follow-up from before the grant that counts does not bring the clock forward."""
    early = GRANTED - HOUR_MS
    assert due(owned(early, assigned=early)) == GRANTED + 15 * DAY_MS
    assert due(owned(GRANTED + 2, GRANTED + 9, GRANTED + 5)) == GRANTED + 9 + 15 * DAY_MS


def test_both_wait_for_the_answer_to_a_commands_ask() -> None:
    """Of a command's alone: what takes a recycle back is asked for when there is no owner."""
    lead = owned()
    care.of(lead).ask = Ask(2, "Li", GRANTED, "c")
    assert due(lead) == 0
    care.of(lead).ask = Ask(2, "Li", GRANTED)
    assert due(lead) == GRANTED + 24 * HOUR_MS


def test_more_follow_ups_than_are_kept() -> None:
    """The first, the last and the number are exact all the same."""
    times = [GRANTED + minute for minute in range(50)]
    lead = owned(GRANTED - 5, *times)
    there = care.of(lead)
    assert (there.first_at, there.last_at, there.number) == (times[0], times[-1], 50)


@pytest.mark.parametrize(
    ("what", "due_at"), [("first", GRANTED + 24 * HOUR_MS), ("idle", GRANTED + HOUR_MS + 15 * DAY_MS)]
)
@pytest.mark.parametrize(("later_ms", "owner"), [(-1, "Wang"), (0, "Wang"), (1, "")])
def test_what_happens_at_the_due_time_is_in_time(what: str, due_at: int, later_ms: int, owner: str) -> None:
    """The clock fires once the clock of the input has passed it: a follow-up at the due time is in time."""

    def record(**fields: object) -> bytes:
        return json.dumps({"phone": "13812345678", "store": "S1", **fields}).encode()

    lines = [
        record(channel="a", source_lead_id="1", event_time=text_of(at(1, 10))),
        record(type="command", command_id="c", kind="ASSIGN", advisor="Wang", event_time=text_of(GRANTED)),
    ]
    if what == "idle":
        lines.append(record(type="activity", activity_id="1", kind="CALL", event_time=text_of(GRANTED + HOUR_MS)))
    lines.append(record(type="activity", activity_id="2", kind="CALL", event_time=text_of(due_at + later_ms)))
    engine = PlainEngine(
        {"channels": {"a": {"consent": True}}, "stores": {"S1": {"opens": "00:00", "closes": "24:00"}}}
    )
    engine.run({"raw_leads.jsonl": ("raw_lead", list(enumerate(lines, 1)))})
    assert (engine.outputs["unique_leads"][-1]["owner"] or "") == owner
