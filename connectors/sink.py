"""What the flow asks of an output, and our `FixedPartitionedSink` over it (a `DynamicSink` can lose output)."""

from __future__ import annotations

from typing import Any, NamedTuple, Protocol

from bytewax.outputs import FixedPartitionedSink, StatefulSinkPartition

from state.shard import Lines


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

    def found(self, group: Group) -> bool:
        """Whether some records of an outbox row of a former run were read back: no seal may come before that row."""

    def cut(self) -> None:
        """What was delivered up to now is what `sealed` speaks of, until the next cut."""

    def sealed(self) -> dict[str, Any] | None:
        """What a seal must know of the output as it was cut; None while not all of that is safe."""

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


class _Part(StatefulSinkPartition[Group, None]):
    def __init__(self, sink: Written) -> None:
        self._sink = sink

    def write_batch(self, values: list[Group]) -> None:
        for group in values:
            self._sink.deliver(group)

    def snapshot(self) -> None:
        self._sink.end_epoch()


class Outlet(FixedPartitionedSink[Group, None]):
    """One partition: a stream's file has one writer."""

    def __init__(self, sink: Written) -> None:
        self._sink = sink

    def list_parts(self) -> list[str]:
        """The one partition."""
        return ["out"]

    def part_fn(self, item_key: str) -> int:
        """Always the one partition."""
        return 0

    def build_part(self, step_id: str, for_part: str, resume_state: None) -> _Part:
        """A part writes to the sink that the engine opened; it opens and closes nothing itself."""
        return _Part(self._sink)
