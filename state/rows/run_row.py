"""The row of a neighbourhood of numbers on one channel (后3位连号): who of it came in the last 24 h (ruling 62).

One format byte, up to when it says something in eight bytes, and a msgpack array. Most hold one number. They have no timer:
writing, reading and deleting one would cost as much as the row does; they are swept (decision 0032).
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
    """A neighbourhood."""

    until: int = 0
    """Up to when it says something, epoch ms: a day after its last number and its last alert; 0 = nobody was counted yet."""
    alerted: int = 0
    """The clock at the last alert; 0 = there was none."""
    seen: dict[int, Seen] = {}
    """By the last three digits."""


_encode: Final = msgspec.msgpack.Encoder().encode
_decode: Final = msgspec.msgpack.Decoder(RunRow).decode
_HEAD: Final = bytes((FORMAT,))
_HEAD_BYTES: Final = 9


def fresh() -> RunRow:
    """A neighbourhood of which nobody came yet."""
    return RunRow()


def encode(row: RunRow) -> bytes:
    """A neighbourhood's row as bytes; b"" where nobody was counted."""
    if not row.until:
        return b""
    value = _HEAD + row.until.to_bytes(8, "big") + _encode(row)
    return value if len(value) <= limits.ROW_BYTES else _giving_way(row)


def until_of(stored: bytes) -> int:
    """Up to when a stored row says something."""
    return int.from_bytes(stored[1:9], "big")


def _giving_way(row: RunRow) -> bytes:
    """A row beyond its size: first the addresses of those who were told, then the oldest numbers go (limits.ROW_BYTES)."""
    for seen in row.seen.values():
        if seen.told:
            seen.digest, seen.leads, seen.told = b"", {}, seen.told[-1:]
    while len(_encode(row)) > limits.ROW_BYTES - _HEAD_BYTES:
        by_age = sorted(row.seen, key=lambda suffix: (row.seen[suffix].t, suffix))
        for suffix in by_age[: len(by_age) // 4 + 1]:
            del row.seen[suffix]
    return encode(row)


def decode(stored: bytes) -> RunRow:
    """The row in these bytes. Raises StateRefused for a newer format, StateDamaged for what is no row."""
    if stored[0] > FORMAT:
        raise StateRefused(
            f"A number run's row has format {stored[0]}; this version writes format {FORMAT}.",
            "Start the newer version that wrote this state.",
        )
    try:
        return _decode(memoryview(stored)[_HEAD_BYTES:])
    except msgspec.DecodeError as error:
        raise StateDamaged(
            f"A number run's row cannot be read ({error}).",
            "Do not delete the state. Restore the last backup of the state and its output folder together.",
        ) from None
