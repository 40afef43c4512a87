"""Opening hours (rulings 16 and 56): open means opens ≤ now < closes, local time."""

from __future__ import annotations

import pytest
from one_key import DAY_MS, HOUR_MS, RULES, at

from operators.base.calendar import LocalTime, parse_ms
from operators.base.rules import Rules, Store
from operators.dispatch.hours import closes_at, is_open, next_opening


def day(number: int) -> int:
    """The local day of January 2024 as calendars name it."""
    return RULES.local.day(at(number))


def store(opens: int = 9, closes: int = 18, *, closed: tuple[int, ...] = (), opened: tuple[int, ...] = ()) -> Store:
    """Each with a code of its own: openings are remembered by it. Days are those of January."""
    code = f"{opens}-{closes} {closed} {opened}"
    closed_days, open_days = frozenset(map(day, closed)), frozenset(map(day, opened))
    hours = {"opens_ms": opens * HOUR_MS, "closes_ms": closes * HOUR_MS}
    return Store(code, **hours, closed_days=closed_days, open_days=open_days)


NIGHT = store(20, 28)
"""20:00 to 04:00."""
ALWAYS = store(0, 24)


@pytest.mark.parametrize(
    ("of", "now", "expected"),
    [
        (store(), at(6, 9) - 1, False),
        (store(), at(6, 9), True),
        (store(), at(6, 18) - 1, True),
        (store(), at(6, 18), False),
        (store(), at(7, 12), True),  # 2024-01-07 is a Sunday: every day of the year, weekends too
        (NIGHT, at(6, 20) - 1, False),
        (NIGHT, at(6, 20), True),
        (NIGHT, at(7), True),
        (NIGHT, at(7, 4) - 1, True),
        (NIGHT, at(7, 4), False),
        (ALWAYS, at(6), True),
        (ALWAYS, at(7) - 1, True),
        (store(closed=(6,)), at(6, 12), False),
        (store(closed=(6,)), at(7, 12), True),
        (store(closed=(6,), opened=(6,)), at(6, 12), True),  # ruling 56: a date both closed and open is open
    ],
)
def test_open_means_from_the_opening_up_to_the_closing(of: Store, now: int, expected: bool) -> None:
    assert is_open(of, now, RULES) is expected


def test_hours_past_midnight_belong_to_the_day_on_which_they_open() -> None:
    """Ruling 56: closed on the 6th, the night of the 5th goes on to its end, that of the 6th does not begin."""
    of = store(20, 28, closed=(6,))
    found = [is_open(of, now, RULES) for now in (at(6, 3), at(6, 21), at(7, 3), at(7, 21), at(8, 3))]
    assert found == [True, False, False, True, True]


@pytest.mark.parametrize(
    ("of", "now", "expected"),
    [
        (store(), at(6, 3), at(6, 9)),
        (store(), at(6, 18), at(7, 9)),
        (store(), at(6, 23), at(7, 9)),
        (store(closed=(7, 8)), at(6, 20), at(9, 9)),
        (NIGHT, at(6, 4), at(6, 20)),
        (store(20, 28, closed=(6,)), at(6, 4), at(7, 20)),
        (store(0, 24, closed=(6, 7)), at(6, 12), at(8)),
    ],
)
def test_held_until_the_first_open_instant_after_now(of: Store, now: int, expected: int) -> None:
    """Ruling 16; and at that instant it is open, a millisecond before it is not."""
    assert not is_open(of, now, RULES)
    assert next_opening(of, now, RULES) == expected
    assert is_open(of, expected, RULES) and not is_open(of, expected - 1, RULES)


def test_a_store_that_never_opens_again_has_no_known_opening() -> None:
    """Ruling 29: null where an end is unknown."""
    assert next_opening(store(closed=tuple(range(1, 500))), at(6, 12), RULES) == 0


@pytest.mark.parametrize(
    ("of", "now", "expected"),
    [
        (store(), at(6, 9), at(6, 18)),
        (store(), at(6, 18) - 1, at(6, 18)),
        (NIGHT, at(6, 21), at(7, 4)),
        (NIGHT, at(7, 3), at(7, 4)),
        (store(0, 24, closed=(8,)), at(6, 12), at(8)),
    ],
)
def test_the_end_of_an_opening(of: Store, now: int, expected: int) -> None:
    assert closes_at(of, now, RULES) == expected
    assert is_open(of, expected - 1, RULES) and not is_open(of, expected, RULES)


def test_a_store_that_is_always_open_does_not_close_this_week() -> None:
    assert closes_at(ALWAYS, at(6, 12), RULES) >= at(6, 12) + 6 * DAY_MS


NEW_YORK = Rules(local=LocalTime("America/New_York"))
"""Clocks go from 02:00 to 03:00 on 2026-03-08, and from 02:00 to 01:00 on 2026-11-01."""


def there(code: str, opens: str, closes: str) -> Store:
    """A store with hours like "02:30"."""
    first, last = (int(text[:2]) * HOUR_MS + int(text[3:]) * 60_000 for text in (opens, closes))
    return Store(code, opens_ms=first, closes_ms=last)


@pytest.mark.parametrize(
    ("opens", "closes", "now", "expected"),
    [
        ("02:30", "10:00", "2026-03-07T12:00:00-05:00", "2026-03-08T03:00:00-04:00"),  # clocks skip the opening
        ("02:30", "10:00", "2026-03-08T01:45:00-05:00", "2026-03-08T03:00:00-04:00"),
        ("02:15", "02:45", "2026-03-07T12:00:00-05:00", "2026-03-09T02:15:00-04:00"),  # they skip all its hours
        ("01:30", "10:00", "2026-11-01T00:30:00-04:00", "2026-11-01T01:30:00-04:00"),  # they show the opening twice
        ("01:30", "10:00", "2026-11-01T01:10:00-05:00", "2026-11-01T01:30:00-05:00"),
        ("01:10", "01:20", "2026-11-01T01:25:00-05:00", "2026-11-02T01:10:00-05:00"),
    ],
)
def test_an_opening_where_clocks_change(opens: str, closes: str, now: str, expected: str) -> None:
    """Ruling 16: the first open instant after now."""
    of = there(f"{opens}-{closes}", opens, closes)
    assert not is_open(of, parse_ms(now), NEW_YORK)
    found = next_opening(of, parse_ms(now), NEW_YORK)
    assert NEW_YORK.local.iso(found) == expected
    assert is_open(of, found, NEW_YORK)


def test_the_end_of_an_opening_where_clocks_show_it_twice() -> None:
    of = there("early", "00:00", "01:30")
    for now, end in (
        ("2026-11-01T01:10:00-04:00", "2026-11-01T01:30:00-04:00"),
        ("2026-11-01T01:10:00-05:00", "2026-11-01T01:30:00-05:00"),
    ):
        assert NEW_YORK.local.iso(closes_at(of, parse_ms(now), NEW_YORK)) == end
