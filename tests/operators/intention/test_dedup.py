"""Same-day dedup (ruling 12): who owns a local day, and what repeats him."""

from __future__ import annotations

import pytest
from one_key import RULES, at, empty, raw

from operators.intention import dedup


def day_of(t: int) -> int:
    return RULES.local.day(t)


@pytest.mark.parametrize(
    ("t", "repeats"),
    [
        (at(1, 10), True),  # the same instant
        (at(2) - 1, True),  # 23:59:59.999 of the local day
        (at(2), False),  # midnight in Shanghai: 16:00 of the same day in UTC
        (at(1, 0), True),
    ],
)
def test_the_day_is_the_calendar_day_of_the_business_time_zone(t: int, repeats: bool) -> None:
    """Ruling 5: not 24 hours."""
    fold = empty()
    first = raw(1, at(1, 10))
    dedup.own_day(fold, first, day_of(first.t), 0, RULES)
    owner = dedup.repeated_by(fold, raw(2, t), day_of(t), RULES)
    assert (owner is not None) is repeats
    if owner is not None:
        assert (owner.raw, owner.index) == (1, 0)


def test_whatever_the_channel() -> None:
    """Domain 6: the first passes, the rest are repeats, from whatever channel."""
    fold = empty()
    dedup.own_day(fold, raw(1, at(1, 10)), day_of(at(1)), 0, RULES)
    assert dedup.repeated_by(fold, raw(2, at(1, 11), "first"), day_of(at(1)), RULES) is not None


def test_a_new_day_has_a_new_owner() -> None:
    fold = empty()
    for n, day in ((1, 1), (2, 2)):
        first = raw(n, at(day, 10))
        assert dedup.repeated_by(fold, first, day_of(first.t), RULES) is None
        dedup.own_day(fold, first, day_of(first.t), n - 1, RULES)
    owner = dedup.repeated_by(fold, raw(3, at(2, 12)), day_of(at(2)), RULES)
    assert owner is not None and (owner.raw, owner.index) == (2, 1)
