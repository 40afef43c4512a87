"""A folder read as it grows: the inbox's segments, and any other file whose name says a record type.

Follows for ever, or reads to where everything ends now (`to_end`). Partitions and positions of ordinary files are those of
`connectors.files.reader`, so a state may change between the two. What comes into the folder while it is followed becomes a
further partition; the numbers of partitions never change.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

from connectors.inbox.lines import Lines, SegmentLines, changed
from connectors.inbox.segments import Segment, segment_of
from connectors.protocols import Record
from operators.registry import RECORDS, default_type
from state import errors, limits

_BEGINNINGS: Final = tuple(kind.files for kind in RECORDS)


def has_segments(source: Path) -> bool:
    """Whether a folder is an inbox: its segments are one input, whatever their number."""
    return source.is_dir() and any(segment_of(name) is not None for name in os.listdir(source))


class FollowReader:
    """Implements `connectors.protocols.Reader`; used by one thread."""

    def __init__(self, source: Path, *, to_end: bool = False, monotonic: Callable[[], float] = time.monotonic) -> None:
        """Raises SourceRefused where there is nothing that can be followed."""
        self._folder = source
        self._only: str | None = None
        self._to_end = to_end
        self._monotonic = monotonic
        if source.is_file():
            self._folder, self._only = source.parent, source.name
        elif not source.is_dir():
            raise errors.SourceRefused(
                f"The source {source} does not exist or is no folder and no file.",
                "Name the folder that `leadstream gateway --to` names, or make it first.",
            )
        self._parts: list[Lines] = []
        self._index: dict[str, int] = {}
        self._active: dict[int, None] = {}
        """Partitions that had something at the last look; the others are asked at each scan alone."""
        self._position: dict[str, Any] = {}
        self._scanned = float("-inf")
        self._scan()
        if to_end and not self._parts:
            raise errors.SourceRefused(
                f"The folder {source} has no input.", "Name a folder that holds some, or wait for it with --follow."
            )

    # --- the folder

    def _scan(self) -> None:
        """Take in new files and segments; see which have grown."""
        self._scanned = self._monotonic()
        sizes: dict[str, int] = {}
        logs: dict[str, list[Segment]] = {}
        for name, size in self._listed():
            segment = segment_of(name)
            if segment is not None and self._only is None:
                logs.setdefault(segment.log, []).append(segment)
            else:
                sizes[name] = size
        for name in sorted({*sizes, *logs}):
            index = self._index.get(name)
            if index is None:
                index = self._add(name, logs.get(name))
            part = self._parts[index]
            if isinstance(part, SegmentLines):
                part.saw(sorted(logs[name]))
                self._active[index] = None
            elif sizes[name] < part.start:
                raise changed(part.path, part.start)
            elif sizes[name] > part.start and index not in self._active:
                self._active[index] = None
            elif sizes[name] == part.start and index in self._active:
                del self._active[index]
                part.rest()

    def _listed(self) -> Iterator[tuple[str, int]]:
        """(name, size) of the files that count."""
        try:
            with os.scandir(self._folder) as entries:
                for entry in entries:
                    # One that was moved away since it was listed is not there.
                    with contextlib.suppress(FileNotFoundError):
                        if self._counts(entry.name) and entry.is_file():
                            yield entry.name, entry.stat().st_size
        except OSError as error:
            raise errors.SourceRefused(
                f"The folder {self._folder} cannot be read ({error.strerror}).",
                "Put it back or make it readable, then start again: the run goes on where it stopped.",
            ) from error

    def _counts(self, name: str) -> bool:
        if self._only is not None:
            return name == self._only
        return name.endswith(".jsonl") and name.startswith(_BEGINNINGS)

    def _add(self, name: str, segments: list[Segment] | None) -> int:
        part = Lines(self._folder, name) if segments is None else SegmentLines(self._folder, name)
        if isinstance(part, SegmentLines):
            part.saw(sorted(segments or []))
        index = self._index[name] = len(self._parts)
        self._parts.append(part)
        sealed = self._position.get(name)
        if sealed is not None:
            part.restore(sealed)
        elif isinstance(part, SegmentLines):
            part.begin()
        return index

    # --- the protocol

    def names(self) -> list[str]:
        """Paths relative to the source; of an inbox the name of its segments without their numbers."""
        return [part.name for part in self._parts]

    def kinds(self) -> list[str]:
        """Default record type of each."""
        return [default_type(part.name) for part in self._parts]

    def origins(self) -> list[tuple[str, int]]:
        """Lines have no topic."""
        return []

    def restore(self, position: dict[str, Any]) -> None:
        """Continue each at its sealed line; what comes back into the folder later continues too."""
        self._position = position
        for part in self._parts:
            sealed = position.get(part.name)
            if sealed is not None:
                part.restore(sealed)

    def ready(self) -> list[int]:
        """Partitions that may have further lines; new ones stand behind all that were known."""
        if self._to_end:
            return list(range(len(self._parts)))
        if self._monotonic() - self._scanned >= limits.FOLLOW_SCAN_S:
            self._scan()
        return [index for index in self._active if self._parts[index].pending() or not self._parts[index].is_open()]

    def poll(self, source: int, limit: int) -> list[Record]:
        """Further lines of one."""
        part = self._parts[source]
        records = part.poll(source, limit)
        if not records and self._to_end and not isinstance(part, SegmentLines):
            return part.tail(source)
        return records

    def ended(self, source: int) -> bool:
        """Only in a run to the end: whether everything that was there is handed on."""
        if not self._to_end:
            return False
        part = self._parts[source]
        return part.at_end() and (isinstance(part, SegmentLines) or part.is_tail_done())

    def position(self, applied: list[int]) -> dict[str, Any]:
        """Of the partitions that the flow knows: those found since its last look have no place yet."""
        return {part.name: part.position(line) for part, line in zip(self._parts[: len(applied)], applied, strict=True)}

    def calendar(self) -> int:
        """Files have none."""
        return 0

    def was_sealed(self, position: dict[str, Any]) -> None:
        """Nobody else keeps the position."""

    def close(self) -> None:
        """Close what is open."""
        for part in self._parts:
            part.rest()
