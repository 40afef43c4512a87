"""Layer 6, score (线索评分): 0 to 100 from four groups, each clipped, with its reasons (domain 9, ruling 43).

- Customer attributes (客户属性) and key information (关键信息): what is known, by the weights of the configuration.
- Key behaviour (关键行为): what happened with the lead, weight x log2(1 + times).
- Interaction (互动行为): for each channel w(channel) x w(type) x log2(1 + n) of its raw leads, and for each kind and series of
  behaviour (ruling 74) w(type) x log2(1 + n); n loses half in 14 days. A behaviour's channel weighs where its times are
  counted, since what is kept of it knows no channel.

What speaks against the number is taken off the sum. Rescored on every touch until the order; decay is computed then, never by
a timer. A trained scorecard (`score.model`) takes the place of all that, for the leads that it judged.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import log2
from typing import Final

from operators.base.rules import Rules
from operators.intention.attributes import BIT, RISK
from operators.wire.streams import Reason
from state.rows.customer_row import Behaviour
from state.rows.intention import Unique
from state.rows.lead import Lead

GRADES: Final = ("H", "A", "B", "C")
BEHAVIOURS: Final = ("CALL", "FOLLOW_UP", "VISIT", "TEST_DRIVE", "QUOTE", "ORDER")
_TOP: Final = 5


def grade_of(unique: Unique) -> int:
    """Index into GRADES: the latest days_to_buy, else the latest level, else C (ruling 43)."""
    for entry in reversed(unique.intents):
        days = entry.days_to_buy
        if days >= 0:
            return 0 if days <= 7 else 1 if days <= 15 else 2 if days <= 30 else 3
    for entry in reversed(unique.intents):
        if entry.level:
            return 4 - entry.level
    return 3


def points_of(unique: Unique, lead: Lead, now: int, rules: Rules, behaviours: Sequence[Behaviour] = ()) -> list[Reason]:
    """Every factor that gave points or took some off, strongest first, with its words."""
    weights = rules.score
    trained = _trained(unique, rules)
    if trained >= 0:
        return [_reason("scorecard", float(trained), rules)] if trained else []
    facts = unique.facts
    found: list[tuple[float, str]] = []
    for name, points in weights.customer.items():
        if facts & BIT[name]:
            found.append((points, name))
    level = max((entry.level for entry in unique.intents), default=0)
    for name, points in weights.key.items():
        if name.startswith("level_"):
            if level and name == _LEVELS[level]:
                found.append((points, name))
        elif facts & BIT[name]:
            found.append((points, name))
    for kind, count in zip(BEHAVIOURS, lead.behaviours, strict=False):
        if count:
            found.append((round(weights.behaviour.get(kind, 0.0) * log2(1 + count), 1), kind.lower()))
    found.append((round(_interaction(unique, now, rules), 1), "interaction"))
    found.append((round(_behaviour(behaviours, now, rules), 1), "behaviour"))
    for name, points in weights.negative.items():
        if facts & RISK[name]:
            found.append((-points, name))
    found.sort(key=lambda pair: (-abs(pair[0]), pair[1]))
    return [_reason(name, points, rules) for points, name in found if points]


def _reason(factor: str, points: float, rules: Rules) -> Reason:
    words = rules.words
    text = words.get(factor, factor)
    return Reason(factor, points, words.get("points", "{text}: {points}").format(text=text, points=f"{points:+g}"))


_LEVELS: Final = ("", "level_low", "level_normal", "level_high")
_static: dict[tuple[int, int], tuple[float, float]] = {}
_static_rules: list[Rules] = []


def score_of(unique: Unique, lead: Lead, now: int, rules: Rules, behaviours: Sequence[Behaviour] = ()) -> int:
    """Points of the four groups, each clipped at its maximum, less what speaks against the number, rounded down to a whole
    number of 0 to 100. `behaviours`: the customer's."""
    weights = rules.score
    if weights.model is not None:
        trained = weights.model.score(unique.judged)
        if trained >= 0:
            return trained
    level = 0
    for entry in unique.intents:
        if entry.level > level:
            level = entry.level
    key = (unique.facts, level)
    if not _static_rules or _static_rules[0] is not rules:
        _static.clear()
        _static_rules[:] = [rules]
    stated = _static.get(key)
    if stated is None:
        stated = _static[key] = _stated(unique.facts, level, rules)
    behaviour = 0.0
    if lead.behaviours:
        for kind, count in zip(BEHAVIOURS, lead.behaviours, strict=False):
            if count:
                behaviour += weights.behaviour.get(kind, 0.0) * log2(1 + count)
        behaviour = min(behaviour, weights.behaviour_max)
    interaction = _interaction(unique, now, rules)
    if behaviours:
        interaction += _behaviour(behaviours, now, rules)
    if interaction > weights.interaction_max:
        interaction = weights.interaction_max
    total = int(stated[0] + behaviour + interaction - stated[1])
    return 0 if total < 0 else 100 if total > 100 else total


def _trained(unique: Unique, rules: Rules) -> int:
    """What the scorecard in force says of it; -1 = there is none, or it has not judged this lead."""
    model = rules.score.model
    return -1 if model is None else model.score(unique.judged)


def _stated(facts: int, level: int, rules: Rules) -> tuple[float, float]:
    """(customer attributes and key information, what is taken off): a function of few bits, so computed once for each
    combination."""
    weights = rules.score
    customer = sum(points for name, points in weights.customer.items() if facts & BIT[name])
    known = 0.0
    for name, points in weights.key.items():
        if name.startswith("level_"):
            known += points if level and name == _LEVELS[level] else 0.0
        elif facts & BIT[name]:
            known += points
    off = sum(points for name, points in weights.negative.items() if facts & RISK[name])
    return min(customer, weights.customer_max) + min(known, weights.key_max), off


def _interaction(unique: Unique, now: int, rules: Rules) -> float:
    """Points of its raw leads, channel by channel."""
    weights = rules.score
    passed = now - unique.heat_at
    cooled = 0.5 ** (passed / weights.half_life_ms) if passed > 0 else 1.0
    channel = rules.channels.get(unique.channel)
    points = log2(1 + unique.heat * cooled)
    if channel is not None:
        points *= channel.weight
    for touches in unique.others:
        other = rules.channels.get(touches.channel)
        points += log2(1 + touches.n * cooled) * (other.weight if other is not None else 1.0)
    return weights.interaction * points


def _behaviour(behaviours: Sequence[Behaviour], now: int, rules: Rules) -> float:
    """Points of what the customer did, by kind and series."""
    weights = rules.score
    points = 0.0
    for one in behaviours:
        points += weights.types.get(one.kind, weights.other_type) * log2(1 + value_at(one, now, weights.half_life_ms))
    return points


def value_at(behaviour: Behaviour, now: int, half_life_ms: int) -> float:
    """Its value, decayed to `now`."""
    passed = now - behaviour.last
    return behaviour.value * 0.5 ** (passed / half_life_ms) if passed > 0 else behaviour.value


def top(reasons: list[Reason]) -> list[Reason]:
    """The reasons that a dispatch shows."""
    return reasons[:_TOP]
