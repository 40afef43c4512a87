"""Lines of something that grows: one file, or an inbox's segments read as one.

A line is handed on when its line feed is there and its bytes are synced: what is decided about a line that a power loss
takes back would be decided about the one that is written in its place.
"""

from __future__ import annotations

import os
from hashlib import blake2b
from pathlib import Path
from typing import Any, Final

from connectors.inbox.segments import Segment, segments_in
from connectors.protocols import Record
from state import errors, limits

_DIGEST_BYTES: Final = 64 << 10
_CHUNK: Final = 1 << 20


def digest_of(file: int, upto: int) -> str:
    """Of the first and the last 64 KiB before byte `upto`, as ruling 9's positions have it."""
    digest = blake2b(digest_size=16)
    digest.update(os.pread(file, min(upto, _DIGEST_BYTES), 0))
    begin = max(0, upto - _DIGEST_BYTES)
    digest.update(os.pread(file, upto - begin, begin))
    return digest.hexdigest()


def changed(path: Path, byte: int) -> errors.PositionFault:
    """The fault for a file that is not the one that was read."""
    return errors.PositionFault(
        f"{path} is not the file that was read before: its first {byte} bytes have changed.",
        "Put the former file back, or give the new content another name (it is then new input), "
        "or begin a new state with --state and an empty --sink.",
    )


class Lines:
    """One file, read forward as it grows. Open only while there is something to read: a folder may hold thousands."""

    def __init__(self, folder: Path, name: str) -> None:
        self.folder = folder
        self.name = name
        self.path = folder / name
        self.line = 0
        """Number of the last line handed on."""
        self.start = 0
        """Byte of the open file at which the next line begins."""
        self.tail_given = False
        self._file = -1
        self._buffer = b""
        self._synced = 0
        self._marks: list[tuple[int, str, int]] = [(0, name, 0)]
        """(line, its file, byte behind it) of lines handed on and not yet sealed; ascending."""
        self._last: dict[str, Any] = {}
        """The position that was asked for last."""
        self._known = (0, "")
        """(byte, digest) by which the file is known when it is opened again."""

    # --- the file

    def _open(self) -> None:
        if self._file >= 0:
            return
        try:
            self._file = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC)
        except OSError as error:
            raise errors.SourceRefused(
                f"The source {self.path} cannot be read ({error.strerror}).", "Make it readable for this user."
            ) from error
        byte, digest = self._known
        if byte and (self.size() < byte or digest_of(self._file, byte) != digest):
            raise changed(self.path, byte)

    def size(self) -> int:
        """Size of the open file."""
        return os.fstat(self._file).st_size

    def rest(self) -> None:
        """Close it until it grows."""
        if self._file >= 0:
            if self.start:
                self._known = (self.start, digest_of(self._file, self.start))
            os.close(self._file)
            self._file, self._buffer = -1, b""

    close = rest

    # --- reading

    def poll(self, index: int, limit: int) -> list[Record]:
        """Further lines, up to `limit` and `limits.BATCH_BYTES`."""
        self._open()
        if b"\n" not in self._buffer and not self._fill():
            return []
        records: list[Record] = []
        end = self._buffer.rfind(b"\n")
        size, byte, number = 0, self.start, self.line
        for line in self._buffer[:end].split(b"\n"):
            if len(records) >= limit or size >= limits.BATCH_BYTES:
                break
            byte += len(line) + 1
            number += 1
            # Blank ones too: the engine counts them (ruling 77).
            records.append(Record(index, number, line[:-1] if line.endswith(b"\r") else line))
            size += len(line)
        self._buffer = self._buffer[byte - self.start :]
        self.start, self.line = byte, number
        self._marks.append((number, self.path.name, byte))
        return records

    def tail(self, index: int) -> list[Record]:
        """In a run that ends: the last line without a line feed, once (ruling 9)."""
        if self.tail_given or self._buffer.isspace() or not self._buffer:
            return []
        self.tail_given = True
        return [Record(index, self.line + 1, self._buffer, self.start + len(self._buffer))]

    def _fill(self) -> bool:
        """Read until there is a whole line; False where there is none yet."""
        size = self.size()
        if size < self.start:
            raise changed(self.path, self.start)
        at = self.start + len(self._buffer)
        if size <= at:
            return False
        parts = [self._buffer]
        whole = False
        while not whole and at < size:
            try:
                chunk = os.pread(self._file, min(_CHUNK, size - at), at)
            except OSError as error:
                raise errors.of_disk(error, f"reading {self.path}") from error
            if not chunk:
                break
            parts.append(chunk)
            at += len(chunk)
            whole = b"\n" in chunk
            if at - self.start > limits.LINE_BYTES:
                raise errors.SourceRefused(
                    f"{self.path} holds a line of more than {limits.LINE_BYTES >> 20} MiB from byte {self.start} on: "
                    "it is not JSON lines.",
                    "Check the file; one JSON object a line is expected.",
                )
        self._buffer = b"".join(parts)
        if whole and at > self._synced:
            try:
                os.fdatasync(self._file)
            except OSError as error:
                raise errors.of_disk(error, f"syncing {self.path}") from error
            self._synced = size
        return whole

    def is_open(self) -> bool:
        """Whether the file is open."""
        return self._file >= 0

    def at_end(self) -> bool:
        """Whether no whole line is left; opens the file."""
        self._open()
        return b"\n" not in self._buffer and not self._fill()

    def is_tail_done(self) -> bool:
        """Whether there is no last line without a line feed, or it was handed on."""
        return self.tail_given or not self._buffer.strip()

    def pending(self) -> bool:
        """Whether the open file has bytes behind the last line handed on."""
        return self._file >= 0 and self.size() > self.start

    # --- positions

    def restore(self, sealed: dict[str, Any]) -> None:
        """Continue behind the sealed byte: a file that grew goes on, a changed beginning stops (ruling 9)."""
        self.start, self.line = int(sealed["byte"]), int(sealed["line"])
        self._known = (self.start, str(sealed["digest"]))
        self._marks = [(self.line, self.path.name, self.start)]
        self._last = dict(sealed)
        self._open()

    def position(self, applied: int) -> dict[str, Any]:
        """Byte, line and digest behind the line `applied`, which ended a poll; seals happen between polls."""
        while len(self._marks) > 1 and self._marks[1][0] <= applied:
            self._marks.pop(0)
        line, name, byte = self._marks[0]
        if self._last.get("line") != line:
            self._last = {"byte": byte, "line": line, "digest": self._digest(name, byte)}
        return self._last

    def _digest(self, name: str, byte: int) -> str:
        if name == self.path.name and self._file >= 0:
            return digest_of(self._file, byte)
        if name == self.path.name and self._known[0] == byte and self._known[1]:
            return self._known[1]
        file = os.open(self.folder / name, os.O_RDONLY | os.O_CLOEXEC)
        try:
            return digest_of(file, byte)
        finally:
            os.close(file)


class SegmentLines(Lines):
    """An inbox's segments as one: lines are numbered over all of them. Read ones may be moved away once a later is begun."""

    def __init__(self, folder: Path, log: str) -> None:
        super().__init__(folder, log)
        self._segment = Segment(log, 1)
        self.path = folder / self._segment.file
        self._marks = [(0, self.path.name, 0)]
        self._there: list[Segment] = []

    def saw(self, there: list[Segment]) -> None:
        """The segments that the folder holds now, ascending."""
        self._there = there

    def begin(self) -> None:
        """A run that has read nothing of it: at its oldest segment, whatever was moved away before."""
        if self._there:
            self._at(self._there[0], 0, self._there[0].first - 1)
            self._marks.pop(0)

    def _at(self, segment: Segment, byte: int, line: int) -> None:
        self.rest()
        self._segment, self.path = segment, self.folder / segment.file
        self.start, self.line, self._buffer, self._synced = byte, line, b"", 0
        self._known = (0, "")
        self._marks.append((line, self.path.name, byte))

    def poll(self, index: int, limit: int) -> list[Record]:
        """Further lines, on into the next segment where one ends."""
        if not self._there:
            return []
        records = super().poll(index, limit)
        if not records and not super().pending() and (following := self._next()) is not None:
            self._at(following, 0, self.line)
            return super().poll(index, limit)
        return records

    def _next(self) -> Segment | None:
        """The segment behind the one that is read to its end."""
        later = [segment for segment in self._there if segment.first > self._segment.first]
        if not later:
            return None
        if later[0].first != self.line + 1:
            raise self._gap(later[0])
        return later[0]

    def _gap(self, found: Segment) -> errors.PositionFault:
        return errors.PositionFault(
            f"The inbox {self.folder} has no lines {self.line + 1} to {found.first - 1}, and they were never read: "
            f"a segment before {found.file} is missing.",
            "Put the segment back; only those that were read and sealed may be moved away.",
        )

    def at_end(self) -> bool:
        """Whether no whole line is left in any segment."""
        return super().at_end() and self._next() is None

    def pending(self) -> bool:
        """Whether there is more: in the open segment, or a further one."""
        return super().pending() or bool(self._there and self._there[-1].first > self._segment.first)

    def restore(self, sealed: dict[str, Any]) -> None:
        """Continue behind the sealed line; its segment may be gone where it was read to its end."""
        line = int(sealed["line"])
        segment = Segment(self.name, int(sealed.get("segment", 1)))
        if segment in self._there:
            self._segment, self.path = segment, self.folder / segment.file
            super().restore(sealed)
            return
        self.line = line
        self._marks = [(line, segment.file, int(sealed["byte"]))]
        self._last = dict(sealed)
        self._segment, self.path = segment, self.folder / segment.file
        following = [one for one in self._there if one.first > segment.first]
        if following:
            if following[0].first != line + 1:
                raise self._gap(following[0])
            self._at(following[0], 0, line)
            self._marks.pop(0)
        elif line or self._there:
            raise errors.PositionFault(
                f"The segment {segment.file} of the inbox {self.folder} is missing; it is the last that was read, and lines "
                "may have come behind what was read of it.",
                "Put it back; only segments with a later one behind them may be moved away.",
            )

    def position(self, applied: int) -> dict[str, Any]:
        """As a file's, with the first line of the segment that the byte lies in."""
        while len(self._marks) > 1 and self._marks[1][0] <= applied:
            self._marks.pop(0)
        line, name, byte = self._marks[0]
        first = int(name.split(".")[-2])
        if (self._last.get("line"), self._last.get("segment")) != (line, first):
            self._last = {"byte": byte, "line": line, "segment": first, "digest": self._digest(name, byte)}
        return self._last


def segment_lines(folder: Path, log: str) -> SegmentLines:
    """An inbox's lines, with the segments that are there."""
    lines = SegmentLines(folder, log)
    lines.saw(segments_in(folder, log))
    return lines
