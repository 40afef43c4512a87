"""An advisor's room at a store: distinct customers up to `pools.cap` (rulings 35, 64).

Under the event clock an ask and its answer are one step at one instant, and asks come in order of arrival. Nothing is
kept here: who stands with an advisor is read from the leads themselves.
"""

from __future__ import annotations

from collections.abc import Callable

from oracle_rows import Row, Unique


class Rooms:
    """`fire(row, at_ms, inclusive)` fires a customer's timers: what freed a place before now is told first."""

    def __init__(self, cap: int, rows: dict[tuple[str, bool], Row], fire: Callable[[Row, int, bool], None]) -> None:
        self.cap, self.rows, self.fire = cap, rows, fire

    def has_room(self, row: Row, store: str | None, advisor: str, now_ms: int) -> bool:
        """Whether `advisor` can take a lead of this customer at `store`: one more lead of a customer takes no place."""
        if holds_place(row, store, advisor):
            return True
        others = [other for other in self.rows.values() if other is not row and holds_place(other, store, advisor)]
        for other in others:
            self.fire(other, now_ms, False)
        return sum(holds_place(other, store, advisor) for other in others) < self.cap


def holds_place(row: Row, store: str | None, advisor: str) -> bool:
    return not row.shadow and any(
        is_assigned(u) and (u.key[0], u.care.owner) == (store, advisor) for u in row.leads.values()
    )


def is_assigned(u: Unique) -> bool:
    return u.state == "OPEN" and u.care.owner is not None
