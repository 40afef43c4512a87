"""The Bytewax sink over an output: our own `FixedPartitionedSink`, since a `DynamicSink` can lose output (decision 0001)."""

from __future__ import annotations

from bytewax.outputs import FixedPartitionedSink, StatefulSinkPartition

from connectors.protocols import Group, Written


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
