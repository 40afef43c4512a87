"""What one event did to a key: what the fold hands back, in a module of its own, since a Struct is never compiled
(decision 0022)."""

from __future__ import annotations

from msgspec import Struct

from operators.intention.merge import Decision
from state.rows.intention import Raw, Unique


class Change(Struct, gc=False):
    """What one event did to a key."""

    decision: Decision | None = None
    """Of the raw lead that was applied."""
    touched: Unique | None = None
    """The unique lead that an activity in order changed."""
    refolded: bool = False
    answered: bool = False
    """By a store answer."""
    before: dict[int, Unique] = {}
    """Unique leads of the head as they were, by number; only after a refold."""
    remarked: list[tuple[Raw, Decision, int]] = []
    """Raw leads whose mark or unique lead changed: the decision now in force and the mark before; in the total order."""
    folded: list[tuple[int, Unique]] = []
    """Unique leads that the fold no longer opens, each with the one it points to."""
    minted: list[Unique] = []
