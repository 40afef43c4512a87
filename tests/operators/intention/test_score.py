"""The score (domain 9) and the grade (ruling 43)."""

from __future__ import annotations

from dataclasses import replace

import pytest
from one_key import DAY_MS, RULES, at, empty, raw

from operators.base.rules import Channel, ScoreRules
from operators.base.words import WORDS
from operators.intention import merge, score
from operators.intention.attributes import BIT, RISK, facts_of_entry, risks_of
from operators.wire.arrival import SHARED_CONTACT, VIRTUAL
from state import limits
from state.rows.customer_row import Behaviour
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


WEIGHED = replace(
    PLAIN,
    channels={
        "a": Channel("a"),
        "first": Channel("first", weight=0.5),
        **{f"c{n}": Channel(f"c{n}") for n in range(40)},
    },
    score=replace(PLAIN.score, interaction=4.0, types={"VIEW": 2.0}, other_type=0.5),
)
"""A raw lead weighs 4; of two channels one weighs half."""


def touched(*touches: tuple[str, int]) -> Unique:
    """A lead whose raw leads came by these channels at these times, each on a day of its own."""
    fold = empty()
    for n, (channel, t) in enumerate(touches, 1):
        one = replace_channel(n, t, channel)
        found = merge.raw_lead(fold, one, WEIGHED)[1]
    return found


def replace_channel(n: int, t: int, channel: str):  # type: ignore[no-untyped-def]
    one = raw(n, t)
    one.channel = channel
    return one


@pytest.mark.parametrize(
    ("touches", "days", "expected"),
    [
        ((("a", 0),), 0, 4),  # 4 x 1 x log2(1 + 1)
        ((("first", 0),), 0, 2),  # 4 x 0.5 x log2(2)
        ((("nobody", 0),), 0, 4),  # a channel that the registry has lost weighs 1
        (
            (("a", 0), ("c1", 14)),
            14,
            6,
        ),  # 4 x log2(1.5) + 4 x log2(2) = 2.34 + 4; together as one channel: 4 x log2(2.5) = 5
        ((("a", 0), ("first", 14)), 14, 4),  # 2.34 + 0.5 x 4 x log2(2)
        ((("first", 0), ("a", 14)), 14, 5),  # 0.5 x 2.34 + 4
        ((("a", 0), ("c1", 14)), 28, 3),  # 4 x log2(1.25) + 4 x log2(1.5) = 1.29 + 2.34
    ],
)
def test_each_channel_weighs_by_itself(touches: tuple[tuple[str, int], ...], days: int, expected: int) -> None:
    """Domain 9: the sum over channels of w(channel) x w(type) x log2(1 + n), n halved in 14 days."""
    found = touched(*((channel, NOW + day * DAY_MS) for channel, day in touches))
    assert score.score_of(found, NOTHING, NOW + days * DAY_MS, WEIGHED) == expected


def test_beyond_sixteen_other_channels_the_one_with_the_fewest_touches_falls() -> None:
    channels = [f"c{n}" for n in range(limits.TOUCHING_CHANNELS + 2)]
    found = touched(*((channel, NOW + day * DAY_MS) for day, channel in enumerate(channels)))
    assert [held.channel for held in found.others] == channels[2:], "the first touch's channel stands by itself"


@pytest.mark.parametrize(
    ("kept", "expected"),
    [
        ((("VIEW", "A6L", 1.0),), 2),
        ((("VIEW", "A6L", 3.0),), 4),
        ((("VIEW", "A6L", 1.0), ("VIEW", "Q5L", 1.0)), 4),  # each series by itself
        ((("DANCE", "A6L", 15.0),), 2),  # 0.5 x log2(16): a kind that no weight names
        ((("VIEW", "", 1e9),), 25),  # clipped with the raw leads
    ],
)
def test_behaviours_are_interactions_by_their_kind(kept: tuple[tuple[str, str, float], ...], expected: int) -> None:
    heard = [Behaviour(kind, series, value, 1, NOW, NOW) for kind, series, value in kept]
    assert score.score_of(unique(), NOTHING, NOW, WEIGHED, heard) == expected


def test_behaviours_decay_like_touches() -> None:
    """2 x log2(1 + 3/2) = 2.6 after a half-life."""
    heard = [Behaviour("VIEW", "A6L", 3.0, 3, NOW, NOW)]
    assert score.score_of(unique(), NOTHING, NOW + 14 * DAY_MS, WEIGHED, heard) == 2


@pytest.mark.parametrize(
    ("phone", "flags", "risks"),
    [
        ("13812345678", 0, set()),
        ("13812345123", 0, {"ends_123"}),
        ("17012345123", VIRTUAL, {"virtual_operator", "ends_123"}),
        ("13812345678", SHARED_CONTACT, {"shared_contact"}),
    ],
)
def test_what_speaks_against_a_number(phone: str, flags: int, risks: set[str]) -> None:
    assert risks_of(phone, flags) == sum(RISK[name] for name in risks)


@pytest.mark.parametrize(
    ("risks", "expected"),
    [
        ((), 20),
        (("virtual_operator",), 15),
        (("number_run",), 5),
        (("shared_contact",), 10),
        (("ends_123",), 19),  # weak: 2.6 % of all numbers end so
        (("number_run", "shared_contact"), 0),  # never below nothing
    ],
)
def test_what_speaks_against_a_number_is_taken_off_the_sum(risks: tuple[str, ...], expected: int) -> None:
    """Off the clipped groups: attributes beyond their maximum do not make up for it (name and city are 22)."""
    bits = BIT["name"] | BIT["city"] | sum(RISK[name] for name in risks)
    assert points(unique(facts=bits)) == expected


@pytest.mark.parametrize(
    ("entry", "facts"),
    [
        (IntentEntry(NOW), set()),
        (IntentEntry(NOW, "A6L"), {"series"}),
        (IntentEntry(NOW, "", 1), {"level"}),
        (IntentEntry(NOW, "", 0, 0), {"days_to_buy"}),
        (IntentEntry(NOW, "A6L", 3, 7, "30"), {"series", "level", "days_to_buy", "budget"}),
    ],
)
def test_what_a_verdicts_intent_says(entry: IntentEntry, facts: set[str]) -> None:
    """Ruling 61: it joins the history, and is scored like any other."""
    assert facts_of_entry(entry) == sum(BIT[name] for name in facts)


def test_no_bit_means_two_things() -> None:
    bits = [*BIT.values(), *RISK.values()]
    assert len(set(bits)) == len(bits) and max(bits) < 1 << 31


def test_a_reason_says_its_points_in_the_profiles_language() -> None:
    of = unique(facts=BIT["name"] | RISK["number_run"], heat=1.0)
    told = score.points_of(of, NOTHING, NOW, PLAIN)
    assert [(one.factor, one.points, one.text) for one in told] == [
        ("number_run", -15.0, "连号号码:-15 分"),
        ("interaction", 10.0, "留资互动:+10 分"),
        ("name", 4.0, "留下了姓名:+4 分"),
    ]
    english = replace(PLAIN, words={**WORDS["en"], "name": "has a name"})
    assert [one.text for one in score.points_of(of, NOTHING, NOW, english)] == [
        "one of a run of numbers: -15 points",
        "left his number: +10 points",
        "has a name: +4 points",
    ]


def test_every_factor_has_words_in_every_language() -> None:
    weights = ScoreRules()
    factors = {
        *weights.customer,
        *weights.key,
        *weights.negative,
        *weights.types,
        "interaction",
        "behaviour",
        "scorecard",
    }
    factors |= {kind.lower() for kind in weights.behaviour}
    for language, words in WORDS.items():
        assert factors <= set(words), language
        assert set(words) == set(WORDS["zh"]), language


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
