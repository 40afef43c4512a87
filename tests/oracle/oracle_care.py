"""What a unique lead carries of its life after dispatch: owner, follow-ups that count, recycles (rulings 25, 63 to 65)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple


class Recycle(NamedTuple):
    """One move into the public pool: of which assignment, and up to when a follow-up would have been in time.

    `until_ms` is the due time of a timer, for a command the clock at its arrival.
    """

    assigned_ms: int
    granted_ms: int
    until_ms: int
    by_timer: bool


@dataclass(eq=False)
class Care:
    """`owner` outlives a closing (the place does not); `counted` are the event times of the follow-ups that count for
    the last assignment; `asked_again` says that a raw lead asks for reactivation and waits for the conditions."""

    owner: str | None = None
    previous_owner: str | None = None
    assigned_ms: int | None = None  # follow-ups count from here on
    granted_ms: int = 0  # the clocks run from here on
    dispatched_ms: int = 0
    counted: tuple[int, ...] = ()
    recycles: list[Recycle] = field(default_factory=list)
    revoked: int = 0
    pool: bool = False
    asked_again: bool = False

    def leave_owner(self) -> None:
        if self.owner is not None:
            self.previous_owner, self.owner = self.owner, None
