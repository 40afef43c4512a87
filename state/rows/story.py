"""The story of a customer: one entry per thing that happened, as it lies in the audit rows and `leadstream explain` tells it.

Each entry is an array that begins with its tag and the logical time. Fields are appended with a default, never reordered.
"""

from __future__ import annotations

from typing import Final

import msgspec
from msgspec import Struct


class Received(Struct, array_like=True, tag="received", gc=False):
    """A raw lead (part) was accepted."""

    at: int
    n: int
    event_ms: int
    channel: str
    account: str
    source_id: str
    line: str
    store: str
    split: int


class Marked(Struct, array_like=True, tag="mark", gc=False):
    """A raw lead got its mark, or from version 2 on a correction."""

    at: int
    n: int
    version: int
    mark: int
    unique: int
    rule: str
    against: int


class Held(Struct, array_like=True, tag="hold", gc=False):
    """A unique lead waits, for what and until when."""

    at: int
    unique: int
    conditions: int
    until: int


class Dispatched(Struct, array_like=True, tag="dispatch", gc=False):
    """A unique lead went to its store."""

    at: int
    unique: int
    sequence: int
    score: int


class Closed(Struct, array_like=True, tag="closing", gc=False):
    """A unique lead moved into a closed status."""

    at: int
    unique: int
    reason: int


class Repeated(Struct, array_like=True, tag="replay", gc=False):
    """A known source key again; `changed` = an enrichment of these fields."""

    at: int
    n: int
    changed: list[str]


class Acted(Struct, array_like=True, tag="activity", gc=False):
    """Something happened with the customer."""

    at: int
    kind: str | None
    unique: int
    event_ms: int


class OptedOut(Struct, array_like=True, tag="opt_out", gc=False):
    """The customer withdrew his consent."""

    at: int
    event_ms: int


class Deleted(Struct, array_like=True, tag="deleted", gc=False):
    """A closed lead was deleted after its retention."""

    at: int
    unique: int


class Assigned(Struct, array_like=True, tag="assigned", gc=False):
    """An advisor got the lead."""

    at: int
    unique: int
    advisor: str


class Recycled(Struct, array_like=True, tag="recycled", gc=False):
    """The lead went into the public pool, and why."""

    at: int
    unique: int
    reason: str


class Disputed(Struct, array_like=True, tag="dispute", gc=False):
    """A follow-up that was in time came too late to keep the lead (ruling 63)."""

    at: int
    unique: int
    event_ms: int


class TaskOpened(Struct, array_like=True, tag="task", gc=False):
    """A cleaning task was opened, and why."""

    at: int
    unique: int
    number: int
    route: int
    reasons: list[str]
    expires: int
    stores: list[str] = []
    """Recommended to the customer."""


class TaskEnded(Struct, array_like=True, tag="task_end", gc=False):
    """A cleaning task ended."""

    at: int
    unique: int
    number: int
    end: int
    by: str = ""
    outcome: str = ""


class Said(Struct, array_like=True, tag="verdict", gc=False):
    """A verdict came (判定)."""

    at: int
    unique: int
    by: str
    outcome: str
    event_ms: int
    reason: str = ""


class InNumberRun(Struct, array_like=True, tag="number_run", gc=False):
    """A unique lead is in a number run (后3位连号)."""

    at: int
    unique: int
    n: int = 0
    """The raw lead whose number made or lengthened the run; 0 = a later number of it did, and this lead was told."""


class RunAlerted(Struct, array_like=True, tag="run_alert", gc=False):
    """A raw lead of the customer showed a number run of which the alert went out."""

    at: int
    n: int
    channel: str
    numbers: list[str]
    """Of the run, masked, ascending."""


class StoreLeft(Struct, array_like=True, tag="store_exit", gc=False):
    """The store of a unique lead left (经销商退网), by a command."""

    at: int
    unique: int
    store: str
    successor: str
    """Where the lead went; "" = its store is not known any more."""
    command_id: str
    into: int = 0
    """The lead at the successor into which it folded; 0 = none."""


Entry = (
    Received
    | Marked
    | Held
    | Dispatched
    | Closed
    | Repeated
    | Acted
    | OptedOut
    | Deleted
    | Assigned
    | Recycled
    | Disputed
    | TaskOpened
    | TaskEnded
    | Said
    | InNumberRun
    | RunAlerted
    | StoreLeft
)

_decode: Final = msgspec.msgpack.Decoder(list[Entry]).decode


def decode(stored: bytes) -> list[Entry]:
    """The entries of one audit row."""
    return _decode(stored)
