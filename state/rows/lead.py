"""What was done about a unique lead: its records, wait, dispatches, and who cares for it."""

from __future__ import annotations

from msgspec import Struct

from state.rows.cleaning import Cleaning
from state.rows.codes import S_PENDING


class Ask(Struct, array_like=True, gc=False):
    """A wish that a store's room has not answered yet (ruling 64)."""

    number: int
    """Counts per customer."""
    advisor: str
    at: int
    """Event time of the command: assigned_at, once granted."""
    command_id: str = ""
    """Of the command that asks; "" = nobody's command: what was taken back is asked for again."""
    source: int = 0
    offset: int = 0
    original: bytes = b""
    """With source and offset: what goes to `rejects` when it is refused."""
    follow_up: int = 0
    """Event time of the follow-up that takes a recycle back by this ask; 0 = it is none."""


class Care(Struct, array_like=True, gc=False):
    """An owner's part of a unique lead (rulings 25, 63 to 66)."""

    owner: str = ""
    previous: str = ""
    assigned_at: int = 0
    """Event time of the command, not before the dispatch; follow-ups from here on count."""
    granted_at: int = 0
    """When the store's room said yes: its clocks start here."""
    place: int = 0
    """Number of the ask by which the room keeps a place; 0 = it keeps none."""
    ask: Ask | None = None
    times: list[int] = []
    """Event times of the latest follow-ups, ascending, whether they count or not."""
    recycled: int = 0
    due: int = 0
    """Due time of the timer's recycle that put it into the pool; 0 = none did."""
    first_at: int = 0
    """First follow-up that counts for the last assignment; 0 = none. It, the last and the number stand still once nobody
    owns the lead or it is closed."""
    last_at: int = 0
    number: int = 0
    passed: int = 0
    """Of those that count, how many `times` no longer lists."""
    windows: list[tuple[int, int]] = []
    """Assignments that a recycle ended, in order: assigned_at, and up to when a follow-up would have been in time."""
    pooled: bool = False
    """Whether it stood in the public pool when it was closed."""


class Counted(Struct, array_like=True, gc=False):
    """Where a unique lead stands in the counts of the effective rate (有效率, ruling 45)."""

    valid: bool
    day: int
    channel: str


class Lead(Struct, array_like=True, gc=False):
    """What was done about a unique lead: versions of its records, its wait, its dispatches."""

    n: int
    version: int = 0
    status: int = S_PENDING
    reason: int = 0
    sequence: int = 0
    """Dispatches so far."""
    sent: bool = False
    """Dispatched since it was last opened or reopened."""
    conditions: int = 0
    until: int = 0
    """End of its hold; 0 = unknown."""
    holds: int = 0
    notices: int = 0
    closings: int = 0
    score: int = 0
    grade: int = 3
    behaviours: list[int] = []
    closed_at: int = 0
    into: int = 0
    """Unique lead it was folded into."""
    queued: int = 0
    """Opening of the store's release that it is queued for; 0 = none."""
    slot: bool = False
    """Whether `until` is a slot that the store gave."""
    first: int = 0
    """Raw lead of first touch as last written."""
    held_at: int = 0
    """Since when it waits; 0 = it does not."""
    care: Care | None = None
    """Who cares for it; None as long as nobody ever did or was asked to."""
    sent_at: int = 0
    """The clock at its latest dispatch."""
    gated: int = 0
    """When the score gate lets it go at the latest; 0 = it has not been held by it since it was last opened (ruling 43)."""
    ordered: bool = False
    """An ORDER came since it was last opened: its score stands still (domain 9)."""
    route: int = 0
    """Its cleaning route (`codes.ROUTES`), judged when it opened or reopened; 0 = it was not judged."""
    cleaning: Cleaning | None = None
    """None as long as nothing ever asked for cleaning."""
    counted: Counted | None = None
    """None as long as nobody knows whether it is valid."""
    confirmed: bool = False
    """Cleaning found it valid: a manual HIGH or NORMAL, or INTENT by AI (ruling 45)."""
