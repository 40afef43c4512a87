"""The score (domain 9) and the grade (ruling 43)."""

from __future__ import annotations

from dataclasses import replace

import pytest
from one_key import DAY_MS, RULES, at, empty, raw

from operators.base.rules import ScoreRules
from operators.intention import merge, score
from operators.intention.attributes import BIT
from state.rows.intention import IntentEntry, Unique
from state.rows.lead import Lead

NOW = at(6, 12)
NOTHING = Lead(1)
PLAIN = replace(
    RULES,
    score=ScoreRules(
        customer={"name": 4.0, "city": 18.0},
        key={"series": 5.0, "budget": 15.0, "level_high": 12.0, "level_normal": 6.0, "level_low": 1.0},
        behaviour={"VISIT": 12.0, "CALL": 3.0},
    ),
)
"""Weights of the test's own, beside the maxima and the half-life of domain 9."""


def unique(*, facts: int = 0, heat: float = 0.0, levels: tuple[int, ...] = (), days: tuple[int, ...] = ()) -> Unique:
    """A lead with this intent history."""
    found = merge.raw_lead(empty(), raw(1, NOW), RULES)[1]
    found.facts, found.heat, found.heat_at = facts, heat, NOW
    found.intents = [IntentEntry(NOW, "", level) for level in levels] + [IntentEntry(NOW, "", 0, day) for day in days]
    return found


def points(of: Unique, lead: Lead = NOTHING, now: int = NOW) -> int:
    return score.score_of(of, lead, now, PLAIN)


def test_nothing_known_and_nobody_warm_is_nothing() -> None:
    assert points(unique()) == 0
    assert score.points_of(unique(), NOTHING, NOW, PLAIN) == []


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (("name",), 4),
        (("city",), 18),
        (("name", "city"), 20),  # 22, clipped at 20
        (("series",), 5),
        (("series", "budget"), 20),
        (("name", "series"), 9),
        (("gender",), 0),  # without a weight
    ],
)
def test_attributes_and_key_information_count_by_their_weights(facts: tuple[str, ...], expected: int) -> None:
    """Domain 9: customer attributes up to 20, key information up to 25."""
    bits = sum(BIT[name] for name in facts)
    assert points(unique(facts=bits)) == expected


@pytest.mark.parametrize(("levels", "expected"), [((1,), 1), ((2,), 6), ((3,), 12), ((3, 1), 12), ((0,), 0)])
def test_the_highest_level_of_the_history_counts(levels: tuple[int, ...], expected: int) -> None:
    assert points(unique(levels=levels)) == expected


def test_key_information_is_clipped_with_its_level() -> None:
    assert points(unique(facts=BIT["series"] | BIT["budget"], levels=(3,))) == 25, "5 + 15 + 12 is 32"


@pytest.mark.parametrize(("heat", "expected"), [(1.0, 10), (3.0, 20), (0.5, 5), (100.0, 25)])
def test_interaction_is_ten_points_per_doubling(heat: float, expected: int) -> None:
    """log2(1 + n) × 10, clipped at 25; log2(1.5) × 10 is 5.8, and a score is a whole number, rounded down."""
    assert points(unique(heat=heat)) == expected


@pytest.mark.parametrize(("days", "expected"), [(0, 20), (14, 13), (28, 8)])
def test_interaction_decays_by_half_in_fourteen_days(days: int, expected: int) -> None:
    """n = 3, 1.5, 0.75: 20, 13.2 and 8.07 points."""
    assert points(unique(heat=3.0), now=NOW + days * DAY_MS) == expected


def test_touches_add_up_while_they_decay() -> None:
    """Two touches a half-life apart: 1/2 + 1."""
    fold = empty()
    merge.raw_lead(fold, raw(1, NOW), RULES)
    found = merge.raw_lead(fold, raw(2, NOW + 14 * DAY_MS), RULES)[1]
    assert (found.heat, found.heat_at) == (1.5, NOW + 14 * DAY_MS)


@pytest.mark.parametrize(("visits", "calls", "expected"), [(1, 0, 12), (3, 0, 24), (0, 1, 3), (1, 3, 18), (7, 7, 30)])
def test_behaviour_counts_by_doublings_and_is_clipped(visits: int, calls: int, expected: int) -> None:
    """Weight × log2(1 + n), up to 30: 12, 24, 3, 12 + 6, and 36 + 9."""
    behaviours = [0] * len(score.BEHAVIOURS)
    behaviours[score.BEHAVIOURS.index("VISIT")], behaviours[score.BEHAVIOURS.index("CALL")] = visits, calls
    assert points(unique(), Lead(1, behaviours=behaviours)) == expected


def test_everything_together_is_a_hundred_and_no_more() -> None:
    full = unique(facts=sum(BIT.values()), heat=1000.0, levels=(3,))
    assert points(full, Lead(1, behaviours=[100] * len(score.BEHAVIOURS))) == 20 + 25 + 30 + 25


def test_the_reasons_are_the_factors_strongest_first() -> None:
    """Domain 9: top reasons with points."""
    found = score.points_of(unique(facts=BIT["name"] | BIT["budget"], heat=1.0, levels=(2,)), NOTHING, NOW, PLAIN)
    assert [(reason.factor, reason.points) for reason in found] == [
        ("budget", 15.0),
        ("interaction", 10.0),
        ("level_normal", 6.0),
        ("name", 4.0),
    ]
    assert len(score.top([*found, *found])) == 5


@pytest.mark.parametrize(
    ("levels", "days", "grade"),
    [
        ((), (0,), "H"),
        ((), (7,), "H"),
        ((), (8,), "A"),
        ((), (15,), "A"),
        ((), (16,), "B"),
        ((), (30,), "B"),
        ((), (31,), "C"),
        ((), (90,), "C"),
        ((), (400,), "C"),
        ((3,), (), "A"),
        ((2,), (), "B"),
        ((1,), (), "C"),
        ((), (), "C"),
        ((3,), (60,), "C"),  # days to buy speak before a level
        ((1, 3), (), "A"),  # the latest
        ((3, 1), (), "C"),
        ((), (3, 60), "C"),
        ((3, 0), (), "A"),  # the latest that was given
    ],
)
def test_grades(levels: tuple[int, ...], days: tuple[int, ...], grade: str) -> None:
    """Ruling 43."""
    assert score.GRADES[score.grade_of(unique(levels=levels, days=days))] == grade
