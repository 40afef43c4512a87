"""Statuses of a unique lead (ruling 32): the groups that rules ask for, and the one table of how one becomes another.

A rule asks for a group and never compares numbers: a further status is one line in the table and in its groups.
"""

from __future__ import annotations

from typing import Final

from state.rows.codes import (
    S_ASSIGNED,
    S_CLEANING,
    S_CLOSED,
    S_DISPATCHED,
    S_HELD,
    S_INVALID,
    S_LOST,
    S_PENDING,
    S_POOL,
    S_WON,
    STATUSES,
)
from state.rows.lead import Lead


def _group(*statuses: int) -> int:
    return sum(1 << status for status in statuses)


WAITING: Final = 0b0000000111
"""It waits for its dispatch."""
AT_STORE: Final = 0b0000111000
"""It was dispatched and stands open at its store."""
IN_QUEUE: Final = 0b0000001000
"""It stands in its store's queue: dispatched, and nobody's yet (ruling 3)."""
OWNED: Final = 0b0000010000
"""It has an owner."""
IN_POOL: Final = 0b0000100000
"""It stands in the public pool: recycled, and not assigned since (ruling 3)."""
OPEN: Final = 0b0000111111
"""It is open."""
CLOSED: Final = 0b1111000000
"""It is closed."""

# Written out above, so that compiled code holds them as constants.
assert _group(S_PENDING, S_CLEANING, S_HELD) == WAITING
assert _group(S_DISPATCHED, S_ASSIGNED, S_POOL) == AT_STORE
assert _group(S_DISPATCHED) == IN_QUEUE
assert _group(S_ASSIGNED) == OWNED
assert _group(S_POOL) == IN_POOL
assert WAITING | AT_STORE == OPEN
assert _group(S_WON, S_LOST, S_INVALID, S_CLOSED) == CLOSED

GROUPS: Final = {
    "waiting": WAITING,
    "at its store": AT_STORE,
    "in the store's queue": IN_QUEUE,
    "owned": OWNED,
    "in the public pool": IN_POOL,
    "closed": CLOSED,
}

NEXT: Final = (
    WAITING | _group(S_DISPATCHED) | CLOSED,  # PENDING
    WAITING | _group(S_DISPATCHED) | CLOSED,  # CLEANING
    WAITING | _group(S_DISPATCHED) | CLOSED,  # HELD
    # What stands at a store waits again where that leaves without a successor (ruling 58).
    _group(S_PENDING, S_DISPATCHED, S_ASSIGNED) | CLOSED,  # DISPATCHED
    _group(S_PENDING, S_DISPATCHED, S_ASSIGNED, S_POOL) | CLOSED,  # ASSIGNED
    _group(S_PENDING, S_DISPATCHED, S_ASSIGNED, S_POOL) | CLOSED,  # POOL
    # What is closed opens again by a later raw lead, or since a late record shows that the closing was none.
    CLOSED | _group(S_PENDING, S_DISPATCHED),  # WON
    CLOSED | _group(S_PENDING, S_DISPATCHED),  # LOST
    CLOSED | _group(S_PENDING, S_DISPATCHED),  # INVALID
    CLOSED | _group(S_PENDING, S_DISPATCHED, S_POOL),  # CLOSED: in the pool again, where the timer's closing was none
)
"""Status → group of those that it may become."""

assert len(NEXT) == len(STATUSES)


def is_in(lead: Lead, group: int) -> bool:
    """Whether the lead's status is one of the group."""
    return bool(group >> lead.status & 1)


def become(lead: Lead, status: int) -> None:
    """The one place where a lead's status changes."""
    assert NEXT[lead.status] >> status & 1, f"{STATUSES[lead.status]} never becomes {STATUSES[status]}"
    lead.status = status


def members(group: int) -> list[str]:
    """The names of a group's statuses, for docs and messages."""
    return [name for status, name in enumerate(STATUSES) if group >> status & 1]
