"""Layer 2, same-day dedup (线索去重): the first raw lead of a key on a local day passes, the others repeat it (domain 6)."""

from __future__ import annotations

from collections.abc import Callable

from operators.base.rules import Rules
from state.rows.customer_row import DayOwner, Fold, Raw


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


def hold_day(fold: Fold, raw: Raw, day: int, index: int, rules: Rules, comes_first: Callable[[Raw, int], bool]) -> None:
    """A raw lead that an answer brought holds its day here, unless an earlier one of that day does (rulings 7 and 12).

    `comes_first(raw, n)`: whether `raw` stands before raw lead n in the tie order.
    """
    if day < fold.day:
        return
    held = repeated_by(fold, raw, day, rules)
    if held is None:
        own_day(fold, raw, day, index, rules)
    elif raw.t < held.t or (raw.t == held.t and comes_first(raw, held.raw)):
        held.raw, held.index, held.t = raw.n, index, raw.t


def forget_day(fold: Fold, closed: int, rules: Rules) -> None:
    """After a LOST or INVALID the next raw lead of that day is not a repeat of one before the closing (rulings 12, 57)."""
    if fold.day == rules.local.day(closed):
        fold.owners = [owner for owner in fold.owners if owner.t > closed]
        if not fold.owners:
            fold.day = -1
