"""Calling time (外呼时段): when a task may be worked on, and when it is over (rulings 16 and 59). Times are epoch ms.

Calling hours are read like those of a store: every day but the closed ones, past midnight where they end before they begin.
"""

from __future__ import annotations

from operators.base.rules import Rules, Store
from operators.dispatch.hours import closes_at, is_open, next_opening
from state import limits
from state.rows.codes import AI


def not_before(opened: int, rules: Rules) -> int:
    """The first instant of calling time that is not before the opening; the opening itself where none is known to come."""
    calling = rules.cleaning.calling
    return opened if is_open(calling, opened, rules) else next_opening(calling, opened, rules) or opened


def expires_at(route: int, opened: int, rules: Rules) -> int:
    """When a task of this route times out; exactly then is in time. 0 = never: no calling time is known to come."""
    if route == AI:
        return after(rules.cleaning.calling, opened, rules.cleaning.ai_ms, rules)
    return opened + rules.cleaning.manual_ms


def after(calling: Store, opened: int, length: int, rules: Rules) -> int:
    """The earliest instant by which `length` of calling time has passed since the opening; 0 where none is known."""
    at = opened
    for _ in range(limits.CALENDAR_DAYS):
        if not is_open(calling, at, rules):
            at = next_opening(calling, at, rules)
            if not at:
                return 0
        end = closes_at(calling, at, rules)
        if end - at >= length:
            return at + length
        length -= end - at
        at = end
    return 0
