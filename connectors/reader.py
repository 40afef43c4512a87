"""What the source asks of an input: records in arrival order, a position to seal, a digest to know it again."""

from __future__ import annotations

from typing import Any, NamedTuple, Protocol


class Record(NamedTuple):
    """One record of an input partition."""

    source: int
    """Index of the partition in `Reader.names()`."""
    offset: int
    """Grows by record within its partition: what fences compare."""
    raw: bytes
    tail: int = 0
    """Size of the file when this is its last line without a newline; 0 otherwise (ruling 9)."""
    clock: int = 0
    """What the source's own calendar says at this record, epoch ms; 0 = it has none (ruling 50)."""


class Reader(Protocol):
    """An input with one or several partitions. Used by one thread."""

    def names(self) -> list[str]:
        """Stable names of the partitions: they stand in event ids and fences."""

    def kinds(self) -> list[str]:
        """Default record type of each partition (ruling 9)."""

    def origins(self) -> list[tuple[str, int]]:
        """(topic, partition) of each partition of a broker, for rejects; [] where there is none."""

    def restore(self, position: dict[str, Any]) -> None:
        """Continue at a sealed position. Raises PositionFault when the input is not the one that was read."""

    def ready(self) -> list[int]:
        """Partitions that may have further records now: those that a poll by the wall clock looks at."""

    def poll(self, source: int, limit: int) -> list[Record]:
        """Up to `limit` further records of a partition; empty when there are none now."""

    def ended(self, source: int) -> bool:
        """Whether the partition has no further record, ever in this run."""

    def position(self, applied: list[int]) -> dict[str, Any]:
        """The position behind the records with these offsets, partition by partition, in the reader's own terms.

        -1: nothing of this partition was applied yet, in this run or an earlier one.
        """

    def was_sealed(self, position: dict[str, Any]) -> None:
        """A seal with this position was written: a copy of it may be kept where other tools look."""

    def calendar(self) -> int:
        """The source's own calendar between records, epoch ms; 0 = it has none (ruling 50)."""

    def close(self) -> None:
        """Release what is open."""
