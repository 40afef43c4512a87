"""The fold of a key (ruling 2): the total order, late records in their place, corrections, ids that stay."""

from __future__ import annotations

import itertools

import pytest
from one_key import MERGE_MS, RULES, act, at, key, raw

from operators.intention import fold
from state.rows.codes import (
    ACT_INVALID,
    ACT_LOST,
    ACT_PAID,
    ACT_REFUND,
    DEAL_MERGED,
    DEDUPED,
    EFFECTIVE,
    FIRST_TOUCH,
    MARKS,
    MERGED,
    OPEN,
)
from state.rows.intention import Kept, Raw

NOON = at(1, 12)


def test_the_order_of_one_instant() -> None:
    """Raw leads by the tie key (32), then activities: effective follow-ups, LOST, INVALID, PAID, REFUND, then by id (26)."""
    events: list[Kept] = [
        raw(9, NOON, "first", "z"),  # priority 50 goes before priority 100, whatever its id
        raw(1, NOON, "a", "10"),  # ids compare as text: "10" before "9"
        raw(2, NOON, "a", "9", split=1),
        raw(3, NOON, "a", "9", split=2),
        act(EFFECTIVE, NOON, "b"),
        act(EFFECTIVE, NOON, "c"),
        act(ACT_LOST, NOON, "a"),
        act(ACT_INVALID, NOON, "a"),
        act(ACT_PAID, NOON, "a"),
        act(ACT_REFUND, NOON, "a"),
        raw(4, NOON + 1, "first", "a"),  # the event time comes first of all
    ]
    for places in (events[::-1], events[5:] + events[:5]):
        assert sorted(places, key=fold.order_of) == events


def applied(events: list[Raw]) -> tuple[list[Raw], list[fold.Change]]:
    """The raw leads of an empty key as they are marked in the end, by number, and what each did."""
    section, row = key()
    changes = [fold.add_raw(section, event, row, RULES) for event in events]
    return sorted(events, key=lambda event: event.n), changes


def test_a_late_lead_that_is_the_true_first_touch_swaps_the_marks() -> None:
    """Ruling 2: one correction for each raw lead whose mark changes; the intention keeps its id."""
    (first, late), (_, change) = applied([raw(1, at(1, 12)), raw(2, at(1, 9))])
    assert (first.mark, late.mark) == (DEDUPED, FIRST_TOUCH)
    assert [(found.n, decision[0], before) for found, decision, before in change.remarked] == [
        (1, DEDUPED, FIRST_TOUCH)
    ]
    assert change.decision is not None and change.decision[0] == FIRST_TOUCH
    assert first.u == late.u == 1 and not change.minted
    assert change.decision[1].opened == at(1, 9)


def test_a_late_lead_of_the_day_before_makes_the_first_touch_a_merged_one() -> None:
    (first, late), (_, change) = applied([raw(1, at(2, 9)), raw(2, at(1, 23))])
    assert (first.mark, late.mark, first.competitor) == (MERGED, FIRST_TOUCH, 2)
    assert [found.n for found, _, _ in change.remarked] == [1]


def test_a_competitor_that_changes_alone_corrects_nothing() -> None:
    """Ruling 2: raw lead 2 stays DEDUPED of the same unique lead, by another first of its day."""
    (_, second, _), (_, _, change) = applied([raw(1, at(1, 12)), raw(2, at(1, 15)), raw(3, at(1, 9))])
    assert (second.mark, second.competitor) == (DEDUPED, 3)
    assert [found.n for found, _, _ in change.remarked] == [1]


def test_a_late_lead_that_joins_two_intentions_leaves_the_elder_id() -> None:
    """Ruling 2: the earliest-minted id among its raw leads; the other one is folded and points to it."""
    gap = [raw(1, at(1, 10)), raw(2, at(1, 10) + MERGE_MS + 1)]
    (one, two, between), (_, second, change) = applied([*gap, raw(3, at(31, 10))])
    assert second.minted and second.minted[0].n == 2
    assert (one.mark, between.mark, two.mark) == (FIRST_TOUCH, MERGED, MERGED)
    assert one.u == two.u == between.u == 1
    assert [(n, heir.n) for n, heir in change.folded] == [(2, 1)]


def test_a_late_payment_makes_deal_merged_of_what_came_after_it() -> None:
    """Ruling 19: raw leads after d by correction, those before d keep their marks."""
    section, row = key()
    raws = [raw(1, at(1)), raw(2, at(5)), raw(3, at(9))]
    for event in raws:
        fold.add_raw(section, event, row, RULES)
    change = fold.add_activity(section, act(ACT_PAID, at(7)), row, RULES)
    assert [event.mark for event in raws] == [FIRST_TOUCH, MERGED, DEAL_MERGED]
    assert [found.n for found, _, _ in change.remarked] == [3]


def test_a_lead_in_order_changes_nobody_else() -> None:
    _, changes = applied([raw(1, at(1)), raw(2, at(1, 5)), raw(3, at(3))])
    assert not any(change.refolded or change.remarked or change.folded for change in changes)


EVENTS = [
    raw(1, at(1, 9)),
    raw(2, at(1, 9), "first"),
    raw(3, at(1, 23, 59)),
    raw(4, at(2, 0)),
    raw(5, at(2, 0) + MERGE_MS),
    raw(6, at(2, 0) + 2 * MERGE_MS + 1),
]
EXPECTED = {
    # worked out by hand: 2 goes before 1 by its priority; day 2 merges; 5 lies at the bound; 6 a millisecond beyond it
    1: "DEDUPED",
    2: "FIRST_TOUCH",
    3: "DEDUPED",
    4: "MERGED",
    5: "MERGED",
    6: "FIRST_TOUCH",
}


@pytest.mark.parametrize("order", list(itertools.permutations(range(6)))[::7])
def test_the_order_of_arrival_does_not_matter(order: tuple[int, ...]) -> None:
    """Invariant 8: the same marks and the same grouping; ids may be named differently."""
    copies = [raw(e.n, e.t, e.channel, e.source_id) for e in EVENTS]
    raws, _ = applied([copies[place] for place in order])
    assert {event.n: MARKS[event.mark] for event in raws} == EXPECTED
    assert len({event.u for event in raws[:5]}) == 1 and raws[5].u != raws[0].u


def test_what_leaves_the_lateness_is_decided_for_good() -> None:
    """Ruling 46: the fold keeps events younger than the largest lateness; the marks they gave stay."""
    section, row = key()
    for event in (raw(1, at(1, 10)), raw(2, at(2, 10))):
        fold.add_raw(section, event, row, RULES)
    assert not fold.settle(section, at(2, 10) + RULES.late_ms, RULES)
    assert len(section.kept) == 2, "an event exactly as old as the lateness is kept"
    assert not fold.settle(section, at(2, 10) + RULES.late_ms + 1, RULES)
    assert not section.kept
    assert [(u.n, u.count, u.status) for u in section.base.uniques] == [(1, 2, OPEN)]
    change = fold.add_raw(section, raw(3, at(20)), row, RULES)
    assert change.decision is not None and (change.decision[0], change.decision[1].n) == (MERGED, 1)
