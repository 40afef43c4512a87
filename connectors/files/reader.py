"""Files in: JSON lines read by path, each file with a position and a digest by which it is known again (ruling 9)."""

from __future__ import annotations

import os
from hashlib import blake2b
from pathlib import Path
from typing import Any, Final

from connectors.protocols import Record
from operators.config.names import nearest
from operators.registry import RECORDS, default_type
from state import errors, limits

_DIGEST_BYTES: Final = 64 << 10
_CHUNK: Final = 1 << 20
_BEGINNINGS: Final = tuple(kind.files for kind in RECORDS)


def files_of(source: Path) -> list[Path]:
    """The files of a source: itself, or the `*.jsonl` of a folder whose names say a record type, never `truth.jsonl`."""
    if source.is_dir():
        found = sorted(path for path in source.glob("*.jsonl") if path.name.startswith(_BEGINNINGS))
        if not found:
            raise errors.SourceRefused(
                f"The folder {source} has no input: no *.jsonl whose name begins with {', '.join(sorted(_BEGINNINGS))}.",
                "Name a folder that `leadstream generate` wrote, or one JSON-lines file.",
            )
        return found
    if not source.exists():
        raise errors.SourceRefused(
            f"The source {source} does not exist{nearest(str(source), ('demo', 'kafka'))}.",
            "Name a file of JSON lines or a folder of them with --source, or kafka, or demo.",
        )
    if not source.is_file():
        raise errors.SourceRefused(
            f"The source {source} is no regular file: a run that continues must find its place in it again.",
            "Copy it to a file first, and name that with --source.",
        )
    return [source]


class _Lines:
    """One file read forward, line by line, in large chunks."""

    def __init__(self, path: Path, name: str) -> None:
        self.path = path
        self.name = name
        try:
            self.file = path.open("rb", buffering=0)
        except OSError as error:
            raise errors.SourceRefused(
                f"The source {path} cannot be read ({error}).", "Make it readable for this user."
            ) from error
        self.start = 0
        """Byte at which the next line begins."""
        self.line = 0
        """Number of the last line handed on."""
        self.buffer = b""
        self.at_end = False
        self.marks: list[tuple[int, int]] = [(0, 0)]
        """(line, byte behind it) of lines handed on and not yet sealed; ascending."""
        self.tail_given = False

    def digest(self, upto: int) -> str:
        """Of the first and the last 64 KiB before byte `upto`."""
        digest = blake2b(digest_size=16)
        fd = self.file.fileno()
        digest.update(os.pread(fd, min(upto, _DIGEST_BYTES), 0))
        begin = max(0, upto - _DIGEST_BYTES)
        digest.update(os.pread(fd, upto - begin, begin))
        return digest.hexdigest()

    def poll(self, index: int, limit: int) -> list[Record]:
        records: list[Record] = []
        size = 0
        while len(records) < limit and size < limits.BATCH_BYTES:
            cut = self.buffer.find(b"\n")
            if cut < 0:
                if self.at_end or not self._fill():
                    break
                continue
            # A whole chunk is split at once: a find per line would copy the rest of the buffer each time.
            end = self.buffer.rfind(b"\n")
            lines = self.buffer[:end].split(b"\n")
            take = min(len(lines), limit - len(records))
            byte = self.start
            number = self.line
            for line in lines[:take]:
                byte += len(line) + 1
                number += 1
                records.append(Record(index, number, line[:-1] if line.endswith(b"\r") else line))
                size += len(line)
            self.buffer = self.buffer[byte - self.start :]
            self.start, self.line = byte, number
            self.marks.append((number, byte))
        if not records and self.at_end and self.buffer and not self.tail_given:
            self.tail_given = True
            if not self.buffer.isspace():
                records.append(Record(index, self.line + 1, self.buffer, self.start + len(self.buffer)))
        return records

    def _fill(self) -> bool:
        try:
            chunk = self.file.read(_CHUNK)
        except OSError as error:
            raise errors.of_disk(error, f"reading {self.path}") from error
        if not chunk:
            self.at_end = True
            return False
        self.buffer += chunk
        if len(self.buffer) > 2 * _CHUNK and b"\n" not in self.buffer:
            self._skip_giant_line()
        return True

    def _skip_giant_line(self) -> None:
        """A line without end: what is beyond the limit is not kept in memory; it will be refused TOO_LARGE."""
        while b"\n" not in self.buffer[-_CHUNK:]:
            chunk = self.file.read(_CHUNK)
            if not chunk:
                self.at_end = True
                return
            if len(self.buffer) > 64 * _CHUNK:
                raise errors.SourceRefused(
                    f"{self.path} holds a line of more than {64 * _CHUNK >> 20} MiB from byte {self.start} on: it is not JSON lines.",
                    "Check the file; one JSON object a line is expected.",
                )
            self.buffer += chunk

    def done(self) -> bool:
        return self.at_end and (not self.buffer.strip() or self.tail_given) and b"\n" not in self.buffer

    def byte_behind(self, line: int) -> int:
        """Where the line after `line` begins, for a line that ended a poll; seals happen between polls."""
        while len(self.marks) > 1 and self.marks[1][0] <= line:
            self.marks.pop(0)
        return self.marks[0][1]


class FileReader:
    """A file, or a folder read as one (rulings 4 and 9)."""

    def __init__(self, source: Path) -> None:
        base = source if source.is_dir() else source.parent
        self._files = [_Lines(path, path.relative_to(base).as_posix()) for path in files_of(source)]

    def names(self) -> list[str]:
        """Paths relative to the source."""
        return [file.name for file in self._files]

    def kinds(self) -> list[str]:
        """Default record type of each file."""
        return [default_type(file.name) for file in self._files]

    def total_bytes(self) -> int:
        """Size of all files, for a progress bar."""
        return sum(file.path.stat().st_size for file in self._files)

    def read_bytes(self) -> int:
        """How much was handed on."""
        return sum(file.start for file in self._files)

    def unread(self) -> list[tuple[Path, int]]:
        """(file, byte from which on it is not read yet)."""
        return [(file.path, file.start) for file in self._files]

    def restore(self, position: dict[str, Any]) -> None:
        """Continue each file at its sealed byte: a file that grew goes on, a changed beginning stops (ruling 9)."""
        for file in self._files:
            sealed = position.get(file.name)
            if sealed is None:
                continue
            size = file.path.stat().st_size
            if size < sealed["byte"] or file.digest(sealed["byte"]) != sealed["digest"]:
                raise errors.PositionFault(
                    f"{file.path} is not the file that was read before: its first {sealed['byte']} bytes have changed.",
                    "Put the former file back, or give the new content another name (it is then new input), "
                    "or begin a new state with --state and an empty --sink.",
                )
            file.file.seek(sealed["byte"])
            file.start, file.line = sealed["byte"], sealed["line"]
            file.marks = [(file.line, file.start)]

    def poll(self, source: int, limit: int) -> list[Record]:
        """Further lines of one file."""
        return self._files[source].poll(source, limit)

    def ended(self, source: int) -> bool:
        """Whether the file is read to its end."""
        return self._files[source].done()

    def position(self, applied: list[int]) -> dict[str, Any]:
        """Byte, line and digest of each file."""
        found: dict[str, Any] = {}
        for file, line in zip(self._files, applied, strict=True):
            byte = file.byte_behind(line)
            found[file.name] = {"byte": byte, "line": file.marks[0][0], "digest": file.digest(byte)}
        return found

    def calendar(self) -> int:
        """Files have none."""
        return 0

    def origins(self) -> list[tuple[str, int]]:
        """Lines have no topic."""
        return []

    def ready(self) -> list[int]:
        """Any file may have a further line."""
        return list(range(len(self._files)))

    def was_sealed(self, position: dict[str, Any]) -> None:
        """Nobody else keeps the position of a file."""

    def close(self) -> None:
        """Close the files."""
        for file in self._files:
            file.file.close()
