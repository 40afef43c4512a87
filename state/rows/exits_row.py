"""The row of the store exits (经销商退网) of a shard: every one that was ordered, and how far the last one has come (ruling 31).

One format byte and a msgpack array, like a store's row. A row stays once it has begun: a code that left is an alias for ever.
"""

from __future__ import annotations

from typing import Final

import msgspec
from msgspec import Struct

from state.errors import StateDamaged, StateRefused

FORMAT: Final = 1


class Exit(Struct, array_like=True, frozen=True, gc=False):
    """A store that left."""

    store: str
    successor: str
    """Whose alias its code is; "" = nobody's."""
    at: int
    """The clock at the command, epoch ms."""
    command_id: str


class ExitsRow(Struct, array_like=True, gc=False):
    """The exits of a shard. `armed` = due time of its one timer, 0 = none."""

    armed: int = 0
    exits: list[Exit] = []
    """In order: a customer's row says how many of them it has met."""
    due: int = 0
    """Before this time the customers that may have a lead at the last store are met; 0 = all are."""
    behind: bytes = b""
    """Customer behind whom the next slice begins."""


_encoder: Final = msgspec.msgpack.Encoder()
_decode: Final = msgspec.msgpack.Decoder(ExitsRow).decode


def encode(row: ExitsRow) -> bytes:
    """The exits as bytes."""
    return bytes((FORMAT,)) + _encoder.encode(row)


def decode(stored: bytes) -> ExitsRow:
    """The row in these bytes. Raises StateRefused for a newer format, StateDamaged for what is no row."""
    if stored[0] > FORMAT:
        raise StateRefused(
            f"The row of store exits has format {stored[0]}; this version writes format {FORMAT}.",
            "Start the newer version that wrote this state.",
        )
    try:
        return _decode(stored[1:])
    except msgspec.DecodeError as error:
        raise StateDamaged(
            f"The row of store exits cannot be read ({error}).",
            "Do not delete the state. Restore the last backup of the state and its output folder together.",
        ) from None
