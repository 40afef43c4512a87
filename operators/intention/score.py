"""Layer 6, score (线索评分): 0 to 100 from four groups, each clipped, with its reasons (domain 9, ruling 43).

Simple weights from configuration. Rescored on every touch until the order; decay is computed then, never by a timer.
"""

from __future__ import annotations

from math import log2
from typing import Final

from operators.base.rules import Rules
from operators.intention.attributes import BIT
from operators.wire.streams import Reason
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


def points_of(unique: Unique, lead: Lead, now: int, rules: Rules) -> list[Reason]:
    """Every factor that gave points, strongest first."""
    weights = rules.score
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
    return [Reason(name, points) for points, name in sorted(found, key=lambda pair: (-pair[0], pair[1])) if points > 0]


_LEVELS: Final = ("", "level_low", "level_normal", "level_high")
_static: dict[tuple[int, int, int], float] = {}
_static_rules: list[Rules] = []


def score_of(unique: Unique, lead: Lead, now: int, rules: Rules) -> int:
    """Points of the four groups, each clipped at its maximum, rounded down to a whole number."""
    level = 0
    for entry in unique.intents:
        if entry.level > level:
            level = entry.level
    key = (unique.facts, level, 0)
    if not _static_rules or _static_rules[0] is not rules:
        _static.clear()
        _static_rules[:] = [rules]
    stated = _static.get(key)
    if stated is None:
        stated = _static[key] = _stated(unique.facts, level, rules)
    weights = rules.score
    behaviour = 0.0
    if lead.behaviours:
        for kind, count in zip(BEHAVIOURS, lead.behaviours, strict=False):
            if count:
                behaviour += weights.behaviour.get(kind, 0.0) * log2(1 + count)
        behaviour = min(behaviour, weights.behaviour_max)
    interaction = _interaction(unique, now, rules)
    if interaction > weights.interaction_max:
        interaction = weights.interaction_max
    total = int(stated + behaviour + interaction)
    return 0 if total < 0 else 100 if total > 100 else total


def _stated(facts: int, level: int, rules: Rules) -> float:
    """Customer attributes and key information: a function of few bits, so computed once for each combination."""
    weights = rules.score
    customer = sum(points for name, points in weights.customer.items() if facts & BIT[name])
    known = 0.0
    for name, points in weights.key.items():
        if name.startswith("level_"):
            known += points if level and name == _LEVELS[level] else 0.0
        elif facts & BIT[name]:
            known += points
    return min(customer, weights.customer_max) + min(known, weights.key_max)


def _interaction(unique: Unique, now: int, rules: Rules) -> float:
    passed = now - unique.heat_at
    heat = unique.heat * 0.5 ** (passed / rules.score.half_life_ms) if passed > 0 else unique.heat
    return rules.score.interaction * log2(1 + heat)


def top(reasons: list[Reason]) -> list[Reason]:
    """The reasons that a dispatch shows."""
    return reasons[:_TOP]
