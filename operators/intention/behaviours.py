"""Behaviours (行为, ruling 74): what a customer did online, kept as aggregates of (kind, series), never as a log."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from operators.base.rules import DAY_MS, Rules
from operators.intention.score import value_at
from state import limits
from state.rows.customer_row import Behaviour

_SHOWN: Final = 5
_MONTH_DAYS: Final = 30
_YEAR_DAYS: Final = 365


def add(kept: list[Behaviour], kind: str, series: str, times: int, weight: float, t: int, rules: Rules) -> None:
    """One record more: `times` at `t`, by the weight of its channel. The sums are the same in whatever order they come."""
    half_life_ms = rules.score.half_life_ms
    for one in kept:
        if one.kind == kind and one.series == series:
            break
    else:
        one = Behaviour(kind, series, 0.0, 0, t, t)
        kept.append(one)
    if t > one.last:
        one.value, one.last = value_at(one, t, half_life_ms), t
    one.value += times * weight * 0.5 ** ((one.last - t) / half_life_ms)
    one.count = min(one.count + times, limits.BEHAVIOUR_COUNT)
    one.first = min(one.first, t)
    if len(kept) > limits.BEHAVIOURS:
        now = max(each.last for each in kept)
        kept.remove(_by_value(kept, now, rules)[-1])


def _by_value(kept: Sequence[Behaviour], now: int, rules: Rules) -> list[Behaviour]:
    """Highest value first; of equal ones the latest, then by kind and series."""
    half_life_ms = rules.score.half_life_ms
    return sorted(kept, key=lambda one: (-round(value_at(one, now, half_life_ms), 9), -one.last, one.kind, one.series))


def focus_of(kept: Sequence[Behaviour], now: int, rules: Rules) -> str:
    """The series of the highest summed value, then the smaller code; "" = no series was ever named."""
    sums: dict[str, float] = {}
    for one in kept:
        if one.series:
            sums[one.series] = sums.get(one.series, 0.0) + value_at(one, now, rules.score.half_life_ms)
    return min(sums, key=lambda series: (-round(sums[series], 9), series), default="")


def sentences(kept: Sequence[Behaviour], now: int, rules: Rules) -> list[str]:
    """The five of highest value in words: "3 年内浏览 A6L 8 次"."""
    if not kept:
        return []
    return [sentence(one, now, rules) for one in _by_value(kept, now, rules)[:_SHOWN]]


def sentence(one: Behaviour, now: int, rules: Rules) -> str:
    """One of them: kind, series, how often, and since when, rounded up to whole days, months or years."""
    words = rules.words
    days = max(1, -((one.first - now) // DAY_MS))
    if days > _YEAR_DAYS:
        unit, n = "years", -(-days // _YEAR_DAYS)
    elif days > _MONTH_DAYS:
        unit, n = "months", -(-days // _MONTH_DAYS)
    else:
        unit, n = "days", days
    span = words[unit].format(n=n)
    kind = words.get(one.kind, one.kind)
    form = words["behaved" if one.series else "behaved_no_series"]
    return form.format(span=span, kind=kind, series=one.series, count=one.count)
