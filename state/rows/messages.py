"""Messages between entities (hops): what one has to tell another, as it lies in a row or a topic.

Tagged, so that one decoder reads them all; a tag is never used again. Fields are appended with a default, never reordered.
"""

from __future__ import annotations

from typing import Final

import msgspec
from msgspec import Struct


class JoinQueue(Struct, array_like=True, tag=1, gc=False):
    """A lead to its store: it waits for the opening alone, or says its new score (ruling 29)."""

    digest: bytes
    n: int
    opening: int
    score: int
    opened: int
    unique_id: str
    line: str


class LeaveQueue(Struct, array_like=True, tag=2, gc=False):
    """A lead to its store: it does not wait for the opening any more."""

    digest: bytes
    n: int


class Slot(Struct, array_like=True, tag=3, gc=False):
    """A store to a lead in its queue: released at `until`, which is `opening` or later; `waits` = at another opening."""

    n: int
    opening: int
    until: int
    waits: bool


class AskPlace(Struct, array_like=True, tag=4, gc=False):
    """A lead to its store: a place with this advisor is wished for (ruling 64)."""

    digest: bytes
    n: int
    number: int
    advisor: str
    at: int
    """The clock when it asked."""


class PlaceAnswer(Struct, array_like=True, tag=5, gc=False):
    """A store to a lead: a place is kept for it, or the advisor has none left."""

    n: int
    number: int
    granted: bool
    store: str
    advisor: str
    at: int
    """The clock when it asked: what is granted is granted then."""


class GivePlaceBack(Struct, array_like=True, tag=6, gc=False):
    """A lead to its store: the place that it got by this ask is free."""

    digest: bytes
    n: int
    number: int
    advisor: str


class LateLead(Struct, array_like=True, tag=7, gc=False):
    """A customer to a channel: a raw lead of it came beyond the lateness (ruling 81)."""

    at: int
    """The clock when it came."""


class InRun(Struct, array_like=True, tag=8, gc=False):
    """A neighbourhood of numbers to a customer: these raw leads of his are in a number run (ruling 62). Applied in the batch
    that says it."""

    raws: list[int]


class Meet(Struct, array_like=True, tag=9, gc=False):
    """The store exits to a customer: he may have a lead at the store that left. Applied in the batch that says it."""


Message = JoinQueue | LeaveQueue | Slot | AskPlace | PlaceAnswer | GivePlaceBack | LateLead | InRun | Meet

_encode: Final = msgspec.msgpack.Encoder().encode
_decode: Final = msgspec.msgpack.Decoder(tuple[bytes, Message]).decode


def encode(entity: bytes, message: Message) -> bytes:
    """A message with the entity that it is for."""
    return _encode((entity, message))


def decode(stored: bytes) -> tuple[bytes, Message]:
    """(entity, message)."""
    return _decode(stored)
