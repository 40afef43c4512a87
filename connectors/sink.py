"""What the flow asks of an output, and our `FixedPartitionedSink` over it (a `DynamicSink` can lose output)."""

from __future__ import annotations

from typing import Any, Protocol

from bytewax.outputs import FixedPartitionedSink, StatefulSinkPartition

Values = tuple[int, bytes]
"""(stream, encoded records, a newline behind each)."""


class Written(Protocol):
    """What a partition does with an open output."""

    def write(self, stream: int, values: list[bytes]) -> None:
        """Append records to a stream, in their order."""

    def flush(self) -> None:
        """Return when everything written is safe."""


class Sink(Written, Protocol):
    """An output with one writer."""

    kind: str

    def open(self, sealed: dict[str, Any], state_id: str, *, fresh: bool) -> None:
        """Open at the sealed state of the output; what lies behind it is sent again."""

    def sealed(self) -> dict[str, Any]:
        """What a seal must know of the output; only after `flush`."""

    def close(self) -> None:
        """Release it; must not raise."""


def write_lines(sink: Written, stream: int, lines: bytes) -> None:
    """Append JSON lines: as they are where the output is made of lines, record by record elsewhere."""
    whole = getattr(sink, "write_lines", None)
    if whole is not None:
        whole(stream, lines)
    else:
        sink.write(stream, lines[:-1].split(b"\n"))


class _Part(StatefulSinkPartition[Values, None]):
    def __init__(self, sink: Written) -> None:
        self._sink = sink

    def write_batch(self, values: list[Values]) -> None:
        for stream, lines in values:
            write_lines(self._sink, stream, lines)

    def snapshot(self) -> None:
        self._sink.flush()


class Outlet(FixedPartitionedSink[Values, None]):
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
