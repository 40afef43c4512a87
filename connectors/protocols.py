"""What the flow asks of an input and of an output. Inputs: records in arrival order, a position to seal, a digest to know
it again. Outputs: everything of an outbox row, in order, and what a seal must know of it."""

from __future__ import annotations

from typing import Any, NamedTuple, Protocol, runtime_checkable

from state.outbox import Lines


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


@runtime_checkable
class OfBroker(Protocol):
    """An input or output that a broker holds."""

    def silent_s(self) -> float:
        """Seconds since the broker's last answer. From any thread."""


class Group(NamedTuple):
    """An outbox row on its way out: what one batch of a shard decided."""

    shard: int
    sequence: int
    """Of the row in its shard's outbox."""
    lines: list[Lines]


class Written(Protocol):
    """What a partition does with an open output."""

    def deliver(self, group: Group) -> None:
        """Append the records of an outbox row to their streams, in their order."""

    def end_epoch(self) -> None:
        """An epoch is over. Raises the fault of a delivery that failed."""


class Sink(Written, Protocol):
    """An output with one writer."""

    kind: str
    reads_back: bool
    """Whether a start reads back what was delivered behind the last seal: then a seal comes before that is much."""

    def open(self, sealed: dict[str, Any], state_id: str, *, fresh: bool) -> None:
        """Open at the sealed state of the output; what lies behind it is sent again."""

    def begin(self) -> dict[str, Any]:
        """What the seal of a new state must say of the output before anything is written to it; {} = nothing."""

    def claims(self) -> dict[str, Any]:
        """What the seal must say of the output, at every start, before anything is written to it; {} = nothing."""

    def found(self, group: Group) -> bool:
        """Whether some records of an outbox row of a former run were read back: no seal may come before that row."""

    def cut(self) -> None:
        """What was delivered up to now is what `sealed` speaks of, until the next cut."""

    def sealed(self) -> dict[str, Any] | None:
        """What a seal must know of the output as it was cut; None while not all of that is safe."""

    def waits_for_seal(self) -> bool:
        """Whether something waits for the last seal to be on the disk."""

    def was_sealed(self) -> None:
        """The last seal is on the disk."""

    def serve(self) -> None:
        """Go on with what is held, if anything is. Called between any two polls of the source."""

    def hurry(self) -> None:
        """A stop was asked for: no wait may be longer than `limits.DRAIN_S` from now on. Called by a signal handler."""

    def flush(self) -> None:
        """Return when everything delivered is safe. Raises a fault when that takes longer than a stop may."""

    def waiting(self) -> int:
        """Records delivered and not safe yet. From any thread."""

    def close(self) -> None:
        """Release it; must not raise."""
