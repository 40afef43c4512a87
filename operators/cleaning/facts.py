"""The facts that ask for cleaning, as one table (ruling 58): docs print it, tests run it.

Each fact is a bit of `Cleaning.reasons` and a code in `cleaning_tasks.reasons`. Bits are never given anew, only added.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from state.rows.codes import AI, MANUAL, NONE


class Fact(NamedTuple):
    """A fact that asks for cleaning; its bit is its place in `FACTS`."""

    code: str
    route: int
    """What it asks for (`codes.ROUTES`)."""
    looks_at: str
    """What it is read from, for people."""
    arises: bool = False
    """Whether it may arise after the opening."""
    again: bool = False
    """Whether it asks again after any verdict; else not after HIGH, NORMAL, INTENT or STORE_CHOSEN of this opening."""
    beside: bool = False
    """Whether it opens a task beside a dispatched lead (rulings 40, 59 and 62)."""


FACTS: Final = (
    Fact("LANDLINE_ONLY", MANUAL, "the customer has no mobile"),
    Fact("STORE_MISSING", AI, "the lead has no store", again=True),
    Fact("NO_CITY", MANUAL, "it has no store, no raw lead gives a city, and the mobile's home location is not known"),
    Fact("STORE_UNKNOWN", MANUAL, "the registry does not name the store, or it does not sell the line", True, True),
    Fact("SEGMENT", AI, "the mobile begins with 10, 11 or 12"),
    Fact("NUMBER_RUN", AI, "its mobile is one of a run of adjacent numbers of a channel", arises=True, beside=True),
    Fact("SUSPECT", AI, "BIGDATA called it invalid in the last 72 hours", arises=True, beside=True),
    Fact("REOPENED_INVALID", MANUAL, "it was INVALID and is open again"),
    Fact("YOUNG_CHANNEL", MANUAL, "the channel was live for less than cleaning.young_days when the raw lead came"),
)

LANDLINE_ONLY: Final = 1
STORE_MISSING: Final = 2
NO_CITY: Final = 4
STORE_UNKNOWN: Final = 8
SEGMENT: Final = 16
NUMBER_RUN: Final = 32
SUSPECT: Final = 64
REOPENED_INVALID: Final = 128
YOUNG_CHANNEL: Final = 256
MISSING: Final = 6
"""What any store ends, a known one or not."""
OF_STORE: Final = 14
"""What a store answer ends."""
AGAIN: Final = 14
"""What asks again after any verdict; NO_CITY goes with STORE_MISSING."""
BESIDE: Final = 96
"""What opens a task beside a dispatched lead."""
_MANUAL: Final = 397
"""What asks for people."""

# Written out above, so that compiled code holds them as constants.
assert STORE_MISSING | NO_CITY == MISSING and MISSING | STORE_UNKNOWN == OF_STORE
assert sum(1 << bit for bit, fact in enumerate(FACTS) if fact.again) | NO_CITY == AGAIN
assert sum(1 << bit for bit, fact in enumerate(FACTS) if fact.beside) == BESIDE
assert sum(1 << bit for bit, fact in enumerate(FACTS) if fact.route == MANUAL) == _MANUAL
assert FACTS[-1].code == "YOUNG_CHANNEL" and 1 << len(FACTS) - 1 == YOUNG_CHANNEL

SUSPECT_MS: Final = 72 * 3_600_000
"""How long BIGDATA's word stands (ruling 40)."""

_lists: dict[int, list[str]] = {}


def codes(reasons: int) -> list[str]:
    """The codes of a set of facts, in the order of the table. The list is shared: read it only."""
    known = _lists.get(reasons)
    if known is None:
        known = _lists[reasons] = [fact.code for bit, fact in enumerate(FACTS) if reasons >> bit & 1]
    return known


def route_of(reasons: int) -> int:
    """The strongest route that these facts ask for."""
    return MANUAL if reasons & _MANUAL else AI if reasons else NONE
