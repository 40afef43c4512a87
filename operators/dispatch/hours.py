"""Opening hours of a store (rulings 16 and 56): open means opens ≤ now < closes, local time."""

from __future__ import annotations

from typing import Final

from operators.base.rules import DAY_MS, Rules, Store
from state import limits

_NEVER: Final = -1
_openings: dict[tuple[str, int], int] = {}
_openings_of: list[Rules] = []


def _open_day(store: Store, day: int) -> bool:
    return day in store.open_days or day not in store.closed_days


def is_open(store: Store, now: int, rules: Rules) -> bool:
    """Whether the store is open at this instant; hours past midnight belong to the day on which they open."""
    day, time = rules.local.day_and_time(now)
    if store.opens_ms <= time < store.closes_ms and _open_day(store, day):
        return True
    return store.closes_ms > DAY_MS and time + DAY_MS < store.closes_ms and _open_day(store, day - 1)


def next_opening(store: Store, now: int, rules: Rules) -> int:
    """The first instant after `now` at which the store, closed now, is open; 0 if none is known within 400 days."""
    if not _openings_of or _openings_of[0] is not rules:
        _openings.clear()
        _openings_of[:] = [rules]
    day, time = rules.local.day_and_time(now)
    first = day if time < store.opens_ms else day + 1
    key = (store.code, first)
    found = _openings.get(key)
    if found is None:
        if len(_openings) > 100_000:
            _openings.clear()
        found = _openings[key] = _opening_from(store, first, rules)
    if found == _NEVER:
        return 0
    if found <= now:  # clocks went back: the hour of the opening comes twice
        again = rules.local.last_instant(first, store.opens_ms)
        return again if again > now else max(_opening_from(store, first + 1, rules), 0)
    return found


def _opening_from(store: Store, first: int, rules: Rules) -> int:
    """The first opening on this local day or behind it. Where clocks skip its hour the store opens behind the gap; where they
    skip all its hours it does not open that day."""
    for day in range(first, first + limits.CALENDAR_DAYS):
        if _open_day(store, day):
            found = rules.local.instant(day, store.opens_ms)
            if is_open(store, found, rules):
                return found
    return _NEVER


def closes_at(store: Store, now: int, rules: Rules) -> int:
    """The end of the opening that contains `now`; a store that is always open closes only at a closed day."""
    day, time = rules.local.day_and_time(now)
    if not (store.opens_ms <= time < store.closes_ms and _open_day(store, day)):
        day -= 1
    end = rules.local.instant(day, store.closes_ms)
    if end <= now:  # clocks went back: the hour of the closing comes twice
        end = rules.local.last_instant(day, store.closes_ms)
    while store.opens_ms == 0 and store.closes_ms == DAY_MS and _open_day(store, day + 1) and end - now < DAY_MS * 7:
        day += 1
        end = rules.local.instant(day, store.closes_ms)
    return end
