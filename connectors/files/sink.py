"""Files out: JSON lines, a file per stream, cut to its sealed length at open, so that each record stands there once.

A file that is large, or that another day's, is closed as a segment (`segments.py`). The folder has one writer (`writer.py`).
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from connectors.files.segments import StreamFile
from connectors.files.writer import OneWriter, put_whole, sync_folder
from connectors.protocols import Group
from operators.wire.streams import STREAMS, without_nulls
from state import errors, limits

_OWNER: Final = ".state"


def _no_days() -> int:
    return 0


class FileSink:
    """One JSON-lines file per stream; exact after a crash. `today` = the local day as a number; without it, no segment is
    closed because of the day."""

    kind = "files"
    reads_back = False

    def __init__(
        self, folder: Path, *, segment_bytes: int = limits.SEGMENT_BYTES, today: Callable[[], int] = _no_days
    ) -> None:
        self.folder = folder
        self._segment_bytes = segment_bytes
        self._today = today
        self._day = 0
        self._streams: list[StreamFile] = []
        self._dirty: set[int] = set()
        self._writer = OneWriter(folder)
        self._claimed = False
        self._closing = False
        """Whether a segment waits for its last name."""

    def open(self, sealed: dict[str, Any], state_id: str, *, fresh: bool) -> None:
        """Open every stream's file. Refuses a folder that this state did not write (rulings 45 and 52), that another process
        writes, or that another copy of this state has written since."""
        try:
            if sealed.get("kind", self.kind) != self.kind:
                raise errors.StateRefused(
                    "The state has delivered to topics of Kafka, not to files.",
                    "Deliver there with --sink kafka, or begin a new state with --state.",
                )
            self.folder.mkdir(parents=True, exist_ok=True)
            self._refuse_foreign(state_id)
            self._writer.lock()
            owner = self.folder / _OWNER
            written_by = self._refuse_foreign(state_id)
            if not fresh and not written_by and any(sealed.get(name) for name in STREAMS):
                raise errors.StateRefused(
                    f"The output folder {self.folder} is empty, but the state has already delivered to it.",
                    "Put the folder back (state and output belong together), or begin a new state with --state.",
                )
            self._writer.check(sealed.get("writer", []))
            if not written_by:
                put_whole(owner, state_id + "\n")
            self._day = self._today()
            for name in STREAMS:
                stream = StreamFile(self.folder, name)
                self._streams.append(stream)
                stream.open(sealed)
            sync_folder(self.folder)
        except OSError as error:
            raise errors.of_disk(error, f"opening the output folder {self.folder}") from error

    def _refuse_foreign(self, state_id: str) -> str:
        """The state that wrote the folder, or "" """
        owner = self.folder / _OWNER
        written_by = owner.read_text().strip() if owner.exists() else ""
        files = (self.folder / f"{name}.jsonl" for name in STREAMS)
        occupied = any(file.exists() and file.stat().st_size for file in files)
        if written_by != state_id and (occupied or written_by):
            raise errors.StateRefused(
                f"The output folder {self.folder} was not written from this state.",
                "Name an empty folder with --sink, or the state that wrote it with --state.",
            )
        return written_by

    def begin(self) -> dict[str, Any]:
        """A new state's files are empty: nothing to say."""
        return {}

    def claims(self) -> dict[str, Any]:
        """The output as it was sealed, with this start's token, which the folder gets with the first record."""
        return self._seal()

    def deliver(self, group: Group) -> None:
        """Append an outbox row's records, which are lines already, each stream's to its file."""
        for stream, _, lines in group.lines:
            self.write_lines(stream, without_nulls(stream, lines))

    def write_lines(self, stream: int, lines: bytes) -> None:
        """Append JSON lines to a stream's file."""
        if not lines:
            return
        file = self._streams[stream]
        try:
            if not self._claimed:
                self._claimed = True
                self._writer.claim()
            file.write(lines, self._day)
        except OSError as error:
            raise errors.of_disk(error, f"writing {file.path}") from error
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
                self._streams[stream].sync()
        except OSError as error:
            raise errors.of_disk(error, f"syncing the output folder {self.folder}") from error
        self._dirty.clear()

    def sealed(self) -> dict[str, Any]:
        """Length of each file and its closed segments; only after `flush`. A file that is full is closed here."""
        assert not self._dirty, "a length is sealed only after its bytes are synced"
        self._day = self._today()
        full = [stream for stream in self._streams if stream.is_full(self._segment_bytes, self._day)]
        try:
            for stream in full:
                stream.roll()
            if full:
                self._closing = True
                sync_folder(self.folder)
        except OSError as error:
            raise errors.of_disk(error, f"closing a segment in {self.folder}") from error
        return self._seal()

    def _seal(self) -> dict[str, Any]:
        found: dict[str, Any] = {stream.name: stream.length for stream in self._streams}
        segments = {stream.name: about for stream in self._streams if (about := stream.about())}
        if segments:
            found["segments"] = segments
        found["writer"] = self._writer.known
        return found

    def waits_for_seal(self) -> bool:
        """Whether a closed segment waits for the seal that lists it."""
        return self._closing

    def was_sealed(self) -> None:
        """The last seal is on the disk: closed segments get their last names."""
        try:
            self._closing = False
            for stream in self._streams:
                stream.finish()
            sync_folder(self.folder)
        except OSError as error:
            raise errors.of_disk(error, f"closing a segment in {self.folder}") from error

    def close(self) -> None:
        """Close the files; never raises, since it also runs while a fault is on its way up."""
        for stream in self._streams:
            with contextlib.suppress(OSError):
                stream.close()
        self._writer.release()
