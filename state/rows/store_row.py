"""The row of a store entity (门店): what of its queue for the opening release is not a lead's (ruling 29).

One format byte and a msgpack array, like a customer's row; the leads in the queue are member rows (`state.members`).
"""

from __future__ import annotations

from typing import Final

import msgspec
from msgspec import Struct

from state.errors import StateDamaged, StateRefused

FORMAT: Final = 2


class StoreRow(Struct, array_like=True, gc=False):
    """A store. `armed` = due time of its one timer, 0 = none."""

    code: str
    armed: int = 0
    queued: int = 0
    """Leads in the queue."""
    due: int = 0
    """The earliest opening that a lead in the queue may wait for; 0 = none."""
    released: int = 0
    """Leads that the opening at `due` has released so far: the place of the next one."""
    behind: bytes = b""
    """Order of the last one released at `due`: the next is looked for behind it, past the tombstones of the others."""
    advisors: dict[str, int] = {}
    """Advisor → distinct customers that he holds; each is a member row of its own."""


_encoder: Final = msgspec.msgpack.Encoder()
_decode: Final = msgspec.msgpack.Decoder(StoreRow).decode


def encode(row: StoreRow) -> bytes:
    """A store's row as bytes."""
    return bytes((FORMAT,)) + _encoder.encode(row)


def decode(stored: bytes) -> StoreRow:
    """The row in these bytes. Raises StateRefused for a newer format, StateDamaged for what is no row."""
    if stored[0] > FORMAT:
        raise StateRefused(
            f"A store's row has format {stored[0]}; this version writes format {FORMAT}.",
            "Start the newer version that wrote this state.",
        )
    try:
        if stored[0] != FORMAT:
            raise msgspec.DecodeError(f"format {stored[0]}")
        return _decode(stored[1:])
    except msgspec.DecodeError as error:
        raise StateDamaged(
            f"A store's row cannot be read ({error}).",
            "Do not delete the state. Restore the last backup of the state and its output folder together.",
        ) from None
