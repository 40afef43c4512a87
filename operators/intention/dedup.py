"""Layer 2, same-day dedup (线索去重): the first raw lead of a key on a local day passes, the others repeat it (domain 6).

With dedup.scope = "channel", "of that day" means everywhere of that day and channel (ruling 83).
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Callable
from typing import Final

from operators.base.rules import Rules
from state import limits
from state.rows.intention import DayOwner, Fold, Held, Raw, Unique

_REPEATS: Final = 16
"""Raw leads of the day that are known one by one: who comes after a closing that was only heard of later."""
_CLOSINGS: Final = 16


def repeated_by(fold: Fold, raw: Raw, day: int, rules: Rules) -> DayOwner | None:
    """The owner of the day that `raw` repeats, or None when it is the day's first (ruling 12).

    Whatever became of the day's unique lead: closed, won and expired leads have repeats too.
    """
    if fold.day != day:
        return None
    scope = raw.channel if rules.dedup_per_channel else ""
    for owner in fold.owners:
        if owner.channel == scope:
            return owner
    return None


def own_day(fold: Fold, raw: Raw, day: int, index: int, rules: Rules) -> None:
    """From here on the day's repeats repeat `raw`, which belongs to the unique lead at `index`."""
    owner = DayOwner(raw.channel if rules.dedup_per_channel else "", raw.n, index, raw.t)
    if fold.day == day:
        fold.owners.append(owner)
    else:
        fold.day = day
        fold.owners = [owner]


def repeat_day(fold: Fold, raw: Raw, owner: DayOwner) -> None:
    """`raw` repeats `owner`; it is the day's first where a closing between the two comes to be known."""
    if len(fold.owners) < _REPEATS:
        fold.owners.append(DayOwner(owner.channel, raw.n, owner.index, raw.t))


def hold_day(fold: Fold, raw: Raw, day: int, index: int, rules: Rules, comes_first: Callable[[Raw, int], bool]) -> None:
    """A raw lead that an answer brought holds its day here, at its own time, unless an earlier one of that day does
    (rulings 7 and 12). One from before a closing holds back nothing that may still come.

    `comes_first(raw, n)`: whether `raw` stands before raw lead n in the tie order.
    """
    if day < fold.day or (fold.cuts and raw.t <= fold.cuts[-1]):
        return
    if day > fold.day:
        own_day(fold, raw, day, index, rules)
        return
    scope = raw.channel if rules.dedup_per_channel else ""
    place = len(fold.owners)
    for at, held in enumerate(fold.owners):
        if held.channel == scope and (raw.t < held.t or (raw.t == held.t and comes_first(raw, held.raw))):
            place = at
            break
    if len(fold.owners) >= _REPEATS and any(held.channel == scope for held in fold.owners[:place]):
        return
    fold.owners.insert(place, DayOwner(scope, raw.n, index, raw.t))


def count_day(unique: Unique, raw: Raw, day: int, rules: Rules) -> None:
    """`unique` holds a raw lead of this day."""
    scope = raw.channel if rules.dedup_per_channel else ""
    for held in reversed(unique.held):
        if held.day == day and held.channel == scope:
            if raw.t > held.t:
                held.t = raw.t
            return
    unique.held.append(Held(day, raw.t, scope))
    if len(unique.held) > limits.LISTED_RAWS:
        del unique.held[0]


def holds_day(fold: Fold, unique: Unique, raw: Raw, day: int, rules: Rules) -> bool:
    """Whether it holds a raw lead of the day of `raw` that no closing at the key cuts off from it (rulings 7, 12, 53)."""
    scope = raw.channel if rules.dedup_per_channel else ""
    for held in unique.held:
        # The latest of a day speaks for all: no closing lies between it and `raw` that does not part the others too.
        if held.day == day and held.channel == scope:
            return not any(held.t <= closed < raw.t for closed in fold.cuts)
    # What an older version wrote: no channel, and of several closings the last.
    if day in unique.days:
        return not any(closed < raw.t and rules.local.day(closed) == day for closed in fold.cuts)
    return unique.cut >= raw.t and rules.local.day(unique.cut) == day


def close_day(fold: Fold, closed: int, rules: Rules) -> None:
    """After LOST, INVALID or a REFUND the next raw lead of that day is no repeat of one before it (rulings 12, 57)."""
    insort(fold.cuts, closed)
    if len(fold.cuts) > _CLOSINGS:
        del fold.cuts[0]
    if fold.day == rules.local.day(closed):
        fold.owners = [owner for owner in fold.owners if owner.t > closed]
        if not fold.owners:
            fold.day = -1
