"""The row of a neighbourhood of numbers on one channel (后3位连号): who of it came in the last 24 h (ruling 62).

One format byte and a msgpack array, like a store's row. Most hold one number; it is deleted a day after its last one.
"""

from __future__ import annotations

from typing import Final

import msgspec
from msgspec import Struct

from state import limits
from state.errors import StateDamaged, StateRefused

FORMAT: Final = 1


class Seen(Struct, array_like=True, gc=False):
    """A number of the neighbourhood."""

    t: int
    """Latest event time of its raw leads, epoch ms."""
    digest: bytes
    """The customer; b"" where the row gave way and everybody of it was told."""
    leads: dict[int, int] = {}
    """His unique leads that hold raw leads of the last 24 h, by number → the latest of these."""
    told: list[int] = []
    """Those of them that were told of the run that stands now."""


class RunRow(Struct, array_like=True, gc=False):
    """A neighbourhood. `armed` = due time of its one timer, 0 = none."""

    armed: int = 0
    last: int = 0
    """The latest of all event times."""
    alerted: int = 0
    """The clock at the last alert; 0 = there was none."""
    seen: dict[int, Seen] = {}
    """By the last three digits."""


_encoder: Final = msgspec.msgpack.Encoder()
_decode: Final = msgspec.msgpack.Decoder(RunRow).decode
_HEAD: Final = bytes((FORMAT,))


def encode(row: RunRow) -> bytes:
    """A neighbourhood's row as bytes."""
    return _HEAD + _encoder.encode(row)


def giving_way(row: RunRow) -> bytes:
    """A row beyond its size: first the addresses of those who were told, then the oldest numbers (limits.ROW_BYTES)."""
    for seen in row.seen.values():
        if seen.told:
            seen.digest, seen.leads, seen.told = b"", {}, seen.told[-1:]
    value = encode(row)
    while len(value) > limits.ROW_BYTES:
        by_age = sorted(row.seen, key=lambda suffix: (row.seen[suffix].t, suffix))
        for suffix in by_age[: len(by_age) // 4 + 1]:
            del row.seen[suffix]
        value = encode(row)
    return value


def decode(stored: bytes) -> RunRow:
    """The row in these bytes. Raises StateRefused for a newer format, StateDamaged for what is no row."""
    if stored[0] > FORMAT:
        raise StateRefused(
            f"A number run's row has format {stored[0]}; this version writes format {FORMAT}.",
            "Start the newer version that wrote this state.",
        )
    try:
        return _decode(memoryview(stored)[1:])
    except msgspec.DecodeError as error:
        raise StateDamaged(
            f"A number run's row cannot be read ({error}).",
            "Do not delete the state. Restore the last backup of the state and its output folder together.",
        ) from None
