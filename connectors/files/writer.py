"""An output folder has one writer: a lock while it runs, and a token that tells the copies of a state apart.

`.lock` is held by the process that writes; the system lets go of it when that process ends, however it ends. `.writer` names
the last start: its token also stands in the state that started. A copy of that state, gone on with beside it, does not know
the tokens that came after the copy was made, and is refused.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import secrets
from pathlib import Path
from typing import IO, Final

from state import errors

LOCK: Final = ".lock"
WRITER: Final = ".writer"


def put_whole(path: Path, text: str) -> None:
    """Write a small file so that after a kill or a power loss it is there whole or not at all."""
    beside = path.with_name(path.name + ".new")
    with beside.open("w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)


def sync_folder(folder: Path) -> None:
    """Make the names of new files survive a power loss: a seal will speak of their lengths."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


class OneWriter:
    """The right to write into a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock: IO[str] | None = None
        self.known: list[str] = []
        """Tokens that the folder may bear when this state starts again: the one that lies there, and this start's."""

    def lock(self) -> None:
        """Take the lock. Raises SinkFault, naming the process, where another one holds it."""
        path = self._folder / LOCK
        file = path.open("a+")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            holder = file.read().strip() or "another process"
            file.close()
            raise errors.SinkFault(
                f"The output folder {self._folder} is being written by {holder}.",
                "An output has one writer: stop that process first, or name another folder with --sink (a copy of a running "
                "state is no backup, and needs an output of its own).",
            ) from None
        file.truncate(0)
        file.write(f"process {os.getpid()} on {os.uname().nodename}\n")
        file.flush()
        self._lock = file

    def check(self, known: list[str]) -> None:
        """Raises StateRefused where the folder was written from another copy of this state since."""
        path = self._folder / WRITER
        token = path.read_text().strip() if path.exists() else ""
        if token and token not in known:
            raise errors.StateRefused(
                f"The output folder {self._folder} was written from another copy of this state since this one last wrote to it.",
                f"Go on with that state. If this is a backup that replaces it, put the output of that backup back too, or "
                f"delete {path}: the output is then cut to what this state knows, and written again from there.",
            )
        self.known = [*([token] if token else []), secrets.token_hex(8)]

    def claim(self) -> None:
        """Name this start in the folder, before its first record; the state knows its token already."""
        if self.known:
            put_whole(self._folder / WRITER, self.known[-1] + "\n")

    def release(self) -> None:
        """Let go of the lock; never raises."""
        if self._lock is not None:
            with contextlib.suppress(OSError, ValueError):
                self._lock.truncate(0)
            self._lock.close()
            self._lock = None
