"""The row of a channel entity (渠道): its late raw leads that nobody has been told of yet (ruling 81).

One format byte and a msgpack array, like a store's row. A row stays once it has begun: there are as many as the configuration
has channels.
"""

from __future__ import annotations

from typing import Final

import msgspec
from msgspec import Struct

from state.errors import StateDamaged, StateRefused

FORMAT: Final = 1


class ChannelRow(Struct, array_like=True, gc=False):
    """A channel. `armed` = due time of its one timer, 0 = none."""

    code: str
    armed: int = 0
    hours: dict[int, int] = {}
    """End of an hour of the clock, epoch ms → late raw leads in it."""
    told: int = 0
    """End of the last hour that was told of, epoch ms; 0 = none was."""


_encoder: Final = msgspec.msgpack.Encoder()
_decode: Final = msgspec.msgpack.Decoder(ChannelRow).decode


def encode(row: ChannelRow) -> bytes:
    """A channel's row as bytes."""
    return bytes((FORMAT,)) + _encoder.encode(row)


def decode(stored: bytes) -> ChannelRow:
    """The row in these bytes. Raises StateRefused for a newer format, StateDamaged for what is no row."""
    if stored[0] > FORMAT:
        raise StateRefused(
            f"A channel's row has format {stored[0]}; this version writes format {FORMAT}.",
            "Start the newer version that wrote this state.",
        )
    try:
        return _decode(stored[1:])
    except msgspec.DecodeError as error:
        raise StateDamaged(
            f"A channel's row cannot be read ({error}).",
            "Do not delete the state. Restore the last backup of the state and its output folder together.",
        ) from None
