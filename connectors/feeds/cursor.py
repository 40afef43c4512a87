"""How far a pull has come: one small file, written whole and synced, held by one process."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from state import errors

_FORMAT: Final = 1


@dataclass(frozen=True, slots=True)
class Position:
    """Behind what everything is durable: an instant (epoch ms) for a window, the server's own token for a cursor."""

    until_ms: int | None = None
    token: str | None = None
    last: tuple[str, ...] = ()
    """Digests of the page that the token asks for again where it was the last one: its leads are known."""


class CursorFile:
    """`DIR/NAME.json`. Files are made 0600 in a folder 0700, as a token may tell something of customers."""

    def __init__(self, folder: Path, name: str) -> None:
        self.folder = folder
        self.name = "".join(c if c.isalnum() or c in "-_" else f"%{ord(c):x}" for c in name)
        self.path = folder / f"{self.name}.json"

    @contextmanager
    def held(self) -> Iterator[None]:
        """Nobody else pulls meanwhile. Raises StateLocked, or Fault for the disk."""
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            lock = os.open(self.folder / f"{self.name}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise errors.of_disk(error, f"opening the cursor in {self.folder}") from error
        try:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise errors.StateLocked(
                    f"Another pull of {self.name} is running (process {_text(lock)}).",
                    "Wait until it has ended, or stop it.",
                ) from None
            os.ftruncate(lock, 0)
            os.pwrite(lock, str(os.getpid()).encode(), 0)
            yield
        finally:
            os.close(lock)

    def load(self) -> Position:
        """What was saved last; nothing at a first pull. Raises StateDamaged for a file that is none of ours."""
        try:
            text = self.path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return Position()
        except (OSError, UnicodeDecodeError) as error:
            raise self._damaged() from error
        try:
            saved = json.loads(text)
            until, token, last = saved["until_ms"], saved["token"], tuple(saved["last"])
            fits = saved["format"] == _FORMAT and type(until) in (int, type(None)) and type(token) in (str, type(None))
            fits = fits and all(type(one) is str for one in last)
        except (ValueError, KeyError, TypeError, RecursionError):
            raise self._damaged() from None
        if not fits:
            raise self._damaged()
        return Position(until, token, last)

    def save(self, position: Position) -> None:
        """Durable when it returns: the file is either the old one or the new one, whatever is killed. Raises Fault."""
        text = json.dumps({"format": _FORMAT, **asdict(position)}) + "\n"
        new = self.path.with_suffix(".new")
        try:
            file = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
            try:
                write_all(file, text.encode())
                os.fsync(file)
            finally:
                os.close(file)
            os.replace(new, self.path)
            sync_folder(self.folder)
        except OSError as error:
            raise errors.of_disk(error, f"writing the cursor {self.path}") from error

    def _damaged(self) -> errors.StateDamaged:
        return errors.StateDamaged(
            f"The cursor {self.path} cannot be read.",
            "Give --since TIME to pull from that time on; what is pulled twice is dropped as a replay.",
        )


def sync_folder(folder: Path) -> None:
    """Names made or renamed in a folder survive a power loss after this. Raises OSError."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_all(file: int, data: bytes) -> None:
    """All of it: a write may take less than it was given."""
    while data:
        data = data[os.write(file, data) :]


def _text(lock: int) -> str:
    with contextlib.suppress(OSError, ValueError):
        return os.pread(lock, 32, 0).decode() or "unknown"
    return "unknown"
