"""Where a pull puts raw leads when it writes a source folder: one file a run and channel, synced at each page."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from connectors.feeds.cursor import sync_folder, write_all
from state import errors

_MODE: Final = 0o600


class FolderInbox:
    """Appends to `raw_leads-pull-CHANNEL-RUN.jsonl`; a folder source reads these like any others.

    `run` makes the names of this run: no other run may have the same.
    """

    def __init__(self, folder: Path, run: str) -> None:
        self.folder = folder
        self.run = run
        self.files: dict[str, Path] = {}
        """Channel → what was written for it."""

    def append(self, channel: str, lines: list[bytes]) -> None:
        """Returns when the lines survive a power loss. Raises Fault for the disk."""
        if not lines:
            return
        try:
            fresh = channel not in self.files
            if fresh:
                self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            path = self._path(channel)
            file = os.open(
                path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | (os.O_EXCL if fresh else 0) | os.O_CLOEXEC, _MODE
            )
            try:
                write_all(file, b"".join(line + b"\n" for line in lines))
                os.fsync(file)
            finally:
                os.close(file)
            if fresh:
                sync_folder(self.folder)
                self.files[channel] = path
        except OSError as error:
            raise errors.of_disk(error, f"writing leads to {self.folder}") from error

    def _path(self, channel: str) -> Path:
        name = "".join(c if c.isascii() and (c.isalnum() or c in "-_") else f"%{ord(c):x}" for c in channel)[:120]
        return self.folder / f"raw_leads-pull-{name}-{self.run}.jsonl"
