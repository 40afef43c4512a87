"""Files out: one JSON-lines file per stream, cut to its sealed length at open, so that each record stands there once."""

from __future__ import annotations

import contextlib
import io
import os
from pathlib import Path
from typing import Any

from connectors.protocols import Group
from operators.wire.streams import STREAMS, without_nulls
from state import errors


def _put_whole(path: Path, text: str) -> None:
    """Write a small file so that after a kill or a power loss it is there whole or not at all."""
    beside = path.with_name(path.name + ".new")
    with beside.open("w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)


def _sync_folder(folder: Path) -> None:
    """Make the names of new files survive a power loss: a seal will speak of their lengths."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


class FileSink:
    """One JSON-lines file per stream, each with one writer; exact after a crash: cut to the sealed length at open."""

    kind = "files"
    reads_back = False

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._files: list[io.FileIO] = []
        self._lengths: list[int] = []
        self._dirty: set[int] = set()

    def open(self, sealed: dict[str, Any], state_id: str, *, fresh: bool) -> None:
        """Open every stream's file. Refuses a folder that this state did not write (rulings 45 and 52)."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            owner = self.folder / ".state"
            written_by = owner.read_text().strip() if owner.exists() else ""
            occupied = [name for name in STREAMS if self._path(name).exists() and self._path(name).stat().st_size]
            if written_by != state_id and (occupied or written_by):
                raise errors.StateRefused(
                    f"The output folder {self.folder} was not written from this state.",
                    "Name an empty folder with --sink, or the state that wrote it with --state.",
                )
            if sealed.get("kind", self.kind) != self.kind:
                raise errors.StateRefused(
                    "The state has delivered to topics of Kafka, not to files.",
                    "Deliver there with --sink kafka, or begin a new state with --state.",
                )
            if not fresh and not written_by and any(sealed.values()):
                raise errors.StateRefused(
                    f"The output folder {self.folder} is empty, but the state has already delivered to it.",
                    "Put the folder back (state and output belong together), or begin a new state with --state.",
                )
            if not written_by:
                _put_whole(owner, state_id + "\n")
            for name in STREAMS:
                path = self._path(name)
                file = io.FileIO(path, "a+b")
                length = int(sealed.get(name, 0))
                size = os.fstat(file.fileno()).st_size
                if size < length:
                    raise errors.SinkFault(
                        f"{path} has {size} bytes, but {length} were delivered and sealed.",
                        "Put the file back: a consumer may rely on what it held. Or begin a new state with an empty --sink.",
                    )
                if size > length:
                    os.ftruncate(file.fileno(), length)
                self._files.append(file)
                self._lengths.append(length)
            _sync_folder(self.folder)
        except OSError as error:
            raise errors.of_disk(error, f"opening the output folder {self.folder}") from error

    def _path(self, name: str) -> Path:
        return self.folder / f"{name}.jsonl"

    def begin(self) -> dict[str, Any]:
        """A new state's files are empty: nothing to say."""
        return {}

    def deliver(self, group: Group) -> None:
        """Append an outbox row's records, which are lines already, each stream's to its file."""
        for stream, _, lines in group.lines:
            self.write_lines(stream, without_nulls(stream, lines))

    def write_lines(self, stream: int, lines: bytes) -> None:
        """Append JSON lines to a stream's file."""
        if not lines:
            return
        file, data = self._files[stream], lines
        try:
            wrote = file.write(data)
            while wrote is not None and wrote < len(data):
                data = data[wrote:]
                self._lengths[stream] += wrote
                wrote = file.write(data)
        except OSError as error:
            raise errors.of_disk(error, f"writing {self._path(STREAMS[stream])}") from error
        self._lengths[stream] += len(data)
        self._dirty.add(stream)

    def end_epoch(self) -> None:
        """Make what was written survive a power loss: the seal will rely on it."""
        self.flush()

    def found(self, group: Group) -> bool:
        """Nothing is read back: what lies behind the seal was cut off."""
        return False

    def cut(self) -> None:
        """Nothing is under way between epochs."""

    def serve(self) -> None:
        """Nothing is held."""

    def hurry(self) -> None:
        """Nothing waits."""

    def waiting(self) -> int:
        """Nothing waits."""
        return 0

    def flush(self) -> None:
        """Make what was written survive a power loss."""
        try:
            for stream in sorted(self._dirty):
                os.fdatasync(self._files[stream].fileno())
        except OSError as error:
            raise errors.of_disk(error, f"syncing the output folder {self.folder}") from error
        self._dirty.clear()

    def sealed(self) -> dict[str, Any]:
        """Length of each file; only after `flush`."""
        assert not self._dirty, "a length is sealed only after its bytes are synced"
        return dict(zip(STREAMS, self._lengths, strict=True))

    def close(self) -> None:
        """Close the files; never raises, since it also runs while a fault is on its way up."""
        for file in self._files:
            with contextlib.suppress(OSError):
                file.close()
