"""A stream's file and the segments that it leaves behind: names, closing, and what a start finds after a crash.

    dispatches.jsonl                    open: records are appended here
    dispatches.000001.jsonl.closing     closed, and the seal that lists it is perhaps not on the disk yet
    dispatches.000001.jsonl             closed and sealed for good: read, pack or move it away as you like

A segment gets its last name only when a seal that lists it has been synced. So what has that name is never written, cut or
looked for again, and a crash at any instant leaves a start with one reading of what lies there.
"""

from __future__ import annotations

import io
import os
import re
from pathlib import Path
from typing import Any, Final

from state import errors, limits

CLOSING: Final = ".closing"
_NUMBER: Final = re.compile(r"\.(\d{6,})\.jsonl(?:\.closing)?")


class StreamFile:
    """One stream's open file. Used by one thread; every call may raise OSError."""

    def __init__(self, folder: Path, name: str) -> None:
        self.folder = folder
        self.name = name
        self.path = folder / f"{name}.jsonl"
        self.length = 0
        self.next = 1
        """Number of the next segment."""
        self.begun = 0
        """Local day on which the open file got its first record; 0 = it has none, or nobody has asked for days."""
        self.closed: list[list[Any]] = []
        """[file name, bytes] of closed segments, oldest first: those that are still looked at."""
        self._file: io.FileIO | None = None

    # --- opening

    def open(self, sealed: dict[str, Any]) -> None:
        """Open at the sealed length; a segment that no seal lists becomes the open file again. Raises SinkFault where what was
        sealed is not there."""
        about = sealed.get("segments", {}).get(self.name, {})
        self.length = int(sealed.get(self.name, 0))
        self.next = int(about.get("next", 1))
        self.begun = int(about.get("day", 0))
        self.closed = [[str(name), int(size)] for name, size in about.get("closed", [])]
        self._undo()
        self.finish()
        self._look_at_closed()
        self._file = file = io.FileIO(self.path, "a+b")
        size = os.fstat(file.fileno()).st_size
        if size < self.length:
            raise errors.SinkFault(
                f"{self.path} has {size} bytes, but {self.length} were delivered and sealed.",
                "Put the file back: a consumer may rely on what it held. Or begin a new state with an empty --sink.",
            )
        if size > self.length:
            os.ftruncate(file.fileno(), self.length)

    def _undo(self) -> None:
        """Closed behind the last seal: the first of these holds what the open file held then, the others only what comes again."""
        unsealed = sorted(
            (int(found[1]), path)
            for path in self.folder.glob(f"{self.name}.*")
            if (found := _NUMBER.fullmatch(path.name[len(self.name) :])) and int(found[1]) >= self.next
        )
        for _, path in reversed(unsealed[1:]):
            path.unlink()
        for _, path in unsealed[:1]:
            path.replace(self.path)

    def _look_at_closed(self) -> None:
        kept = []
        for name, size in self.closed:
            path = self.folder / name
            if not path.exists():
                continue  # moved away
            if path.stat().st_size != size:
                raise errors.SinkFault(
                    f"{path} has {path.stat().st_size} bytes, but it was closed and sealed with {size}.",
                    "Put the file back as it was, or move it out of this folder: a closed segment is not needed here.",
                )
            kept.append([name, size])
        self.closed = kept

    # --- writing

    def write(self, lines: bytes, today: int) -> None:
        """Append whole lines."""
        file = self._file
        assert file is not None, "the sink is open"
        if not self.length or not self.begun:  # one begun by a version that kept no days counts from now
            self.begun = today
        wrote = file.write(lines)
        while wrote is not None and wrote < len(lines):
            lines = lines[wrote:]
            self.length += wrote
            wrote = file.write(lines)
        self.length += len(lines)

    def sync(self) -> None:
        """Make what was written survive a power loss."""
        assert self._file is not None, "the sink is open"
        os.fdatasync(self._file.fileno())

    # --- closing a segment

    def is_full(self, segment_bytes: int, today: int) -> bool:
        """Whether the open file is to be closed: by its size, or because another day has begun."""
        return bool(self.length) and (self.length >= segment_bytes or (today > self.begun > 0))

    def roll(self) -> None:
        """Close the open file as a segment and begin another. Its records are synced; the next seal lists it."""
        assert self._file is not None, "the sink is open"
        name = f"{self.name}.{self.next:06d}.jsonl"
        self.path.replace(self.folder / (name + CLOSING))
        self._file.close()
        self._file = io.FileIO(self.path, "a+b")
        self.closed = [one for one in self.closed if self._lies_there(one[0])][1 - limits.SEGMENTS_LISTED :]
        self.closed.append([name, self.length])
        self.next += 1
        self.length = 0

    def _lies_there(self, name: str) -> bool:
        return (self.folder / name).exists() or (self.folder / (name + CLOSING)).exists()

    def finish(self) -> None:
        """Give listed segments their last name: a synced seal lists them."""
        for name, _ in self.closed:
            closing = self.folder / (name + CLOSING)
            if closing.exists():
                closing.replace(self.folder / name)

    def about(self) -> dict[str, Any]:
        """What a seal says beside the length; {} for a stream that has none of it."""
        if self.next == 1 and not self.begun:
            return {}
        return {"next": self.next, "day": self.begun, "closed": [list(one) for one in self.closed]}

    def close(self) -> None:
        """Close the open file."""
        if self._file is not None:
            self._file.close()


def files_of(folder: Path, name: str) -> list[Path]:
    """The files that a stream's records stand in, oldest first: closed segments, then the open file."""
    numbered = sorted(
        (int(found[1]), path)
        for path in folder.glob(f"{name}.*")
        if (found := _NUMBER.fullmatch(path.name[len(name) :]))
    )
    open_file = folder / f"{name}.jsonl"
    return [path for _, path in numbered] + ([open_file] if open_file.exists() else [])
