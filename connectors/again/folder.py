"""An output folder read from its first segment to its last record, inputs written beside others, and what was sent already."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from hashlib import blake2b
from pathlib import Path
from typing import IO, Any, Final

import orjson

from connectors.files.segments import files_of
from connectors.files.writer import sync_folder
from operators.registry import RECORD_OF
from operators.wire.streams import STREAMS
from state import errors

SENT: Final = ".replayed"
"""In an output folder: event ids of what was sent again, one a line."""


def read_stream(folder: Path, stream: str) -> Iterator[dict[str, Any]]:
    """Every record of a stream, closed segments first. A last line that is still being written is left out."""
    for path in files_of(folder, stream):
        try:
            with path.open("rb") as file:
                for number, line in enumerate(file, 1):
                    if line.endswith(b"\n") and line.strip():
                        yield _object(line, path, number)
        except OSError as error:
            raise errors.SourceRefused(
                f"{path} cannot be read ({error}).", "Make it readable for this user."
            ) from error


def _object(line: bytes, path: Path, number: int) -> dict[str, Any]:
    try:
        record = orjson.loads(line)
    except orjson.JSONDecodeError:
        record = None
    if not isinstance(record, dict):
        raise errors.SourceRefused(
            f"{path} has no JSON object in line {number}.", "Name the folder that `leadstream run --sink` wrote."
        )
    return record


def newest_time(folder: Path) -> str:
    """The latest `at` among the last records of all streams: how far the engine's clock has come; "" = no record yet."""
    found = ""
    for stream in STREAMS:
        for path in reversed(files_of(folder, stream)):
            with path.open("rb") as file:
                file.seek(max(0, path.stat().st_size - (4 << 20)))
                whole = file.read().split(b"\n")[:-1]
            if whole:
                with contextlib.suppress(orjson.JSONDecodeError):
                    found = max(found, str(orjson.loads(whole[-1]).get("at") or ""))
                break
    return found


class SentAlready:
    """Which records were sent again: event ids in a file. Beyond the replay memory (ruling 11) nothing else knows."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self.ids = set(path.read_text(encoding="utf-8").splitlines()) if path.exists() else set()
        except OSError as error:
            raise errors.of_disk(error, f"reading {path}") from error

    def check_writable(self) -> None:
        """Raise the fault before anything is sent, not after."""
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with self._path.open("a"):
                pass
        except OSError as error:
            raise errors.of_disk(error, f"writing {self._path}") from error

    def add(self, ids: list[str]) -> None:
        """Remember them, on the disk."""
        try:
            with self._path.open("a", encoding="utf-8") as file:
                file.writelines(f"{one}\n" for one in ids)
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise errors.of_disk(error, f"writing {self._path}") from error


class FolderInputs:
    """New input files in a folder, one a kind of record; whole or not there at all.

    Named after their content: the same records again are the same file, and no new input.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files: dict[str, tuple[IO[bytes], Any]] = {}
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise errors.of_disk(error, f"writing the folder {folder}") from error

    def write(self, kind: str, raw: bytes, event_id: str) -> None:
        """Add one record."""
        try:
            if kind not in self._files:
                path = self._folder / f".{kind}-replay-{os.getpid()}"
                self._files[kind] = path.open("wb"), blake2b(digest_size=6)
            file, digest = self._files[kind]
            digest.update(raw + b"\n")
            file.write(raw + b"\n")
        except OSError as error:
            raise errors.of_disk(error, f"writing the folder {self._folder}") from error

    def finish(self) -> list[str]:
        """Give the files their names; returns them."""
        names = []
        try:
            for kind, (file, digest) in self._files.items():
                file.flush()
                os.fsync(file.fileno())
                file.close()
                path = self._folder / f"{RECORD_OF[kind].files}-replay-{digest.hexdigest()}.jsonl"
                Path(file.name).replace(path)
                names.append(str(path))
            if names:
                sync_folder(self._folder)
        except OSError as error:
            raise errors.of_disk(error, f"writing the folder {self._folder}") from error
        return names

    def drop(self) -> None:
        """Remove what has no name yet; never raises."""
        for file, _ in self._files.values():
            with contextlib.suppress(OSError):
                file.close()
                Path(file.name).unlink(missing_ok=True)
