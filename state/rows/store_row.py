"""The row of a store entity: its queue for the opening release (ruling 29). A row of its own kind, like a customer's: one
format byte and a msgpack array."""

from __future__ import annotations

from typing import Final

import msgspec
from msgspec import Struct

from state.errors import StateDamaged, StateRefused

FORMAT: Final = 1


class Waiting(Struct, array_like=True):
    """A lead in a store's queue."""

    one_id: str
    n: int
    opening: int
    score: int
    opened: int
    unique_id: str
    line: str
    carried: bool = False
    """Left over from an earlier opening: goes before newer ones."""


class StoreRow(Struct, array_like=True):
    """The row of a store entity: its queue. `armed` = due time of its one timer, 0 = none."""

    code: str
    queue: list[Waiting] = []
    armed: int = 0
    sequence: int = 0


_encoder: Final = msgspec.msgpack.Encoder()
_decode: Final = msgspec.msgpack.Decoder(StoreRow).decode


def encode(row: StoreRow) -> bytes:
    """A store's row as bytes."""
    return bytes([FORMAT]) + _encoder.encode(row)


def decode(stored: bytes) -> StoreRow:
    """The row in these bytes. Raises StateRefused for a newer format, StateDamaged for what is no row."""
    if stored[0] > FORMAT:
        raise StateRefused(
            f"A store's row has format {stored[0]}; this version writes format {FORMAT}.",
            "Start the newer version that wrote this state.",
        )
    try:
        return _decode(stored[1:])
    except msgspec.DecodeError as error:
        raise StateDamaged(
            f"A store's row cannot be read ({error}).",
            "Do not delete the state. Restore the last backup of the state and its output folder together.",
        ) from None
