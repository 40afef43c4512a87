"""Intentions in a customer's row: the events that a key keeps, and what their fold says (ruling 46).

All times are epoch ms, all periods ms, all days local calendar days; "n" is a number that counts per customer.
"""

from __future__ import annotations

from typing import Final

import msgspec
from msgspec import Struct

from state.rows.codes import OPEN


class IntentEntry(Struct, array_like=True, gc=False):
    """One entry of a unique lead's intent history: what a FIRST_TOUCH or MERGED raw lead said."""

    t: int
    series: str = ""
    level: int = 0
    """0 unknown, 1 LOW, 2 NORMAL, 3 HIGH."""
    days_to_buy: int = -1
    budget: str = ""


class Raw(Struct, array_like=True, tag=1, gc=False):
    """A kept raw lead (part): all that a later fold needs (ruling 46) and its disposition in force."""

    n: int
    t: int
    priority: int
    channel: str
    account: str
    source_id: str
    split: int
    """Number of the part, 0 when the raw lead has one."""
    merge: int
    deal: int
    life: int
    facts: int
    intent: IntentEntry
    flags: int = 0
    mark: int = 0
    u: int = 0
    """Unique lead in force."""
    version: int = 0
    """Of its disposition in force."""
    competitor: int = 0
    """Raw lead that its mark was decided against; 0 = none."""
    judged: int = 0
    """What a trained model says of it, as `operators.base.scorecard` writes it; 0 = no model was in force."""
    campaign: str = ""


class Act(Struct, array_like=True, tag=2, gc=False):
    """A kept activity. Where it stands in the fold is `place`; the time it has there, which becomes d or a closing, `time`.

    The two differ from its event time `t` where it is older than the lateness (it stands at the clock of its arrival), where
    it comes up to ten minutes before the first lead (as if at its opening), and where its lead only came here by a store
    answer (it stands at the answer); rulings 26, 46 and 57.
    """

    t: int
    place: int
    kind: int
    activity_id: str
    arrival: int = 0
    time: int = 0
    rank: int = 3
    """Its place among the events of one instant: ANSWERED, OLD, BROUGHT or USUAL."""
    intent: IntentEntry | None = None
    """Of an ACT_INTENT: what joins the history (ruling 61)."""


ANSWERED: Final = 0
"""What a store answer says of the wish: right behind that answer."""
OLD: Final = 1
BROUGHT: Final = 2
USUAL: Final = 3


class Touches(Struct, array_like=True, gc=False):
    """Raw leads of one channel, each counted less the longer ago it was."""

    channel: str
    n: float


class Held(Struct, array_like=True, gc=False):
    """A local day (with dedup.scope = "channel": of one channel) of which a unique lead holds raw leads."""

    day: int
    t: int
    """The latest of them."""
    channel: str = ""


class Unique(Struct, array_like=True, gc=False):
    """A purchase intention as the fold sees it: decided by times alone."""

    n: int
    opened: int
    first: int
    anchor: int
    expires: int
    merge: int
    deal: int
    life: int
    status: int = OPEN
    at: int = 0
    """d of a WON, the closing of a LOST or INVALID."""
    count: int = 0
    touched: int = 0
    raws: list[int] = []
    days: list[int] = []
    """The days of a lead that an older version wrote, but those since; now `held`."""
    intents: list[IntentEntry] = []
    facts: int = 0
    heat: float = 0.0
    """Decayed touches of the first touch's channel, as of `heat_at`; for the score's interaction group."""
    heat_at: int = 0
    effective: bool = False
    channel: str = ""
    """Of the first touch."""
    reopened: int = 0
    """Number of reopenings."""
    ended: int = 0
    """When another lead took its place before its expiry (ruling 57: closed at T beside a lead that moved); 0 = never."""
    counts_from: int = 0
    """T of a lead that moved here (ruling 57); 0 = it was opened here."""
    cut: int = 0
    """With `days`: its last closing by LOST, INVALID or REFUND on a day of which it then held a raw lead; now `Fold.cuts`."""
    tie: tuple[int, str, str, str] | None = None
    """Priority, account, source id and split of the first touch: with `opened` and `channel` its place in the total order.
    None in a lead that an older version wrote."""
    held: list[Held] = []
    followed: bool = False
    """A later lead of its key was closed and deleted: this one stands last now, and is not the latest (ruling 46)."""
    others: list[Touches] = []
    """Decayed touches of other channels than the first touch's, as of `heat_at`."""
    judged: int = 0
    """What a trained model says of its latest FIRST_TOUCH or MERGED raw lead; 0 = no model was in force."""
    opener: int = 0
    """Raw lead that opened it, or reopened it last; 0 in a lead that an older version wrote."""
    campaign: str = ""
    """Of the first touch."""
    was: int = OPEN
    """LOST or INVALID: what it was before it was reopened last."""
    first_version: int = 0
    """Of the disposition of its first touch: where that is not kept any more, a store exit can still correct it. 0 in a lead that
    an older version wrote."""


class Answer(Struct, array_like=True, tag=3, gc=False):
    """A store answer: a pending lead came to this key at T (rulings 7, 53, 57)."""

    t: int
    moved: bool
    """Decided at arrival and never again: a lead that moved keeps its id and marks (ruling 53)."""
    lead: Unique
    """The pending lead as it was at T."""
    raws: list[Raw]
    marks: list[int]
    """Marks of `raws` before the answer."""
    arrival: int = 0
    """Order of arrival among answers and old activities of one instant."""


Kept = Raw | Act | Answer


class DayOwner(Struct, array_like=True, gc=False):
    """A raw lead of the day; the first of its channel is the one that the others repeat."""

    channel: str
    raw: int
    index: int
    """Of its unique lead in `Fold.uniques`."""
    t: int = 0


class Fold(Struct, array_like=True, gc=False):
    """State of a key at one point of its order of events."""

    uniques: list[Unique] = []
    day: int = -1
    owners: list[DayOwner] = []
    cuts: list[int] = []
    """The last closings by LOST, INVALID or REFUND at the key, in order of time (ruling 12's exception)."""


_encode: Final = msgspec.msgpack.Encoder().encode
copy_fold: Final = msgspec.msgpack.Decoder(Fold).decode


def copied(fold: Fold) -> Fold:
    """A deep copy."""
    return copy_fold(_encode(fold))
