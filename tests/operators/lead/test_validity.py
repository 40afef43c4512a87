"""The effective rate (有效率; domain 2, ruling 45): counted on the channel of first touch and the day of opening."""

from __future__ import annotations

import json
from typing import Any

import pytest
from plain_engine import PlainEngine
from short_story import BASE, act, lead

from operators.base.count_kinds import INVALID, VALID
from state.counts import read_counts


def counted(*records: dict[str, Any], **tables: Any) -> dict[tuple[str, str], tuple[int, int]]:
    """(day of January, channel) → (valid, invalid), where either is not 0."""
    engine = PlainEngine({**BASE, **tables})
    lines = [(number, json.dumps(record).encode()) for number, record in enumerate(records, 1)]
    engine.run({"raw_leads.jsonl": ("raw_lead", lines)})
    found = {}
    for (day, name), counts in read_counts(engine.database, engine.shard_count).items():  # type: ignore[arg-type]
        if counts[VALID] or counts[INVALID]:
            found[engine.rules.local.day_text(day)[-2:], name] = (counts[VALID], counts[INVALID])
    return found


CALLED = act("c", "CALL", "3 10:00", connected=True, duration_s=60)


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ((), {}),  # nobody knows yet
        ((CALLED,), {("01", "l:a"): (1, 0)}),
        ((act("c", "CALL", "3 10:00", connected=False),), {}),  # no effective follow-up
        ((act("i", "INVALID", "3 10:00", by="DCC"),), {("01", "l:a"): (0, 1)}),
        ((CALLED, act("i", "INVALID", "4 10:00", by="DCC")), {("01", "l:a"): (0, 1)}),
        ((CALLED, act("l", "LOST", "4 10:00")), {("01", "l:a"): (1, 0)}),  # lost is not invalid
        ((act("i", "INVALID", "3 10:00", by="DCC"), lead("2", "5 10:00")), {}),  # reopened: nobody knows
        ((CALLED, lead("2", "5 10:00", channel="b")), {("01", "l:a"): (1, 0)}),  # the first touch's channel
    ],
)
def test_a_lead_counts_once_where_it_stands(more: tuple[dict[str, Any], ...], expected: dict[Any, Any]) -> None:
    assert counted(lead("1", "1 10:00"), *more) == expected


def test_an_earlier_first_touch_moves_it_to_its_day_and_channel() -> None:
    late = lead("2", "2 10:00", channel="b")
    assert counted(lead("1", "3 10:00"), act("c", "CALL", "3 12:00"), late) == {("02", "l:b"): (1, 0)}


def test_a_lead_that_is_folded_counts_no_more() -> None:
    """Two leads of one key, both valid, until a late raw lead shows that they are one."""
    two = [lead("1", "1 10:00"), act("a", "CALL", "1 11:00"), lead("2", "5 10:00"), act("b", "CALL", "5 11:00")]
    short = {"periods": {"merge": 2}}
    assert counted(*two, **short) == {("01", "l:a"): (1, 0), ("05", "l:a"): (1, 0)}
    assert counted(*two, lead("3", "3 10:30"), **short) == {("01", "l:a"): (1, 0)}
