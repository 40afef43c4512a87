"""Where imported raw leads go: a folder that the engine reads, as one new file, or the topic of raw leads."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Final, Protocol

from connectors.durable.places import Durable, Line, keep
from state import errors

_NOT_IN_NAMES: Final = re.compile(r"[^\w-]+")
_NAME_CHARS: Final = 40


def name_of(source: Path, contents: Sequence[bytes]) -> str:
    """The name for these leads: what they say decides it, not when they are imported, so that the same rows again are known."""
    digest = blake2b(digest_size=8)
    for content in contents:
        digest.update(content)
    bare = _NOT_IN_NAMES.sub("-", source.stem).strip("-")[:_NAME_CHARS] or "sheet"
    return f"raw_leads-{bare}-{digest.hexdigest()}.jsonl"


class Outlet(Protocol):
    """Takes the raw leads of one import, all or none."""

    def has(self, name: str) -> bool:
        """Whether it took leads of this name before."""

    def write(self, name: str, leads: Sequence[Line]) -> None:
        """Take them; when this returns they are durable. Raises a Fault where they cannot be."""


class FolderOutlet:
    """A folder: each import a new file of JSON lines, complete when it appears."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def has(self, name: str) -> bool:
        return (self.folder / name).exists()

    def write(self, name: str, leads: Sequence[Line]) -> None:
        temporary = self.folder / f".{name}.{os.getpid()}.part"
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            try:
                with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                    for lead in leads:
                        file.write(lead.value + b"\n")
                    file.flush()
                    os.fsync(file.fileno())
                os.replace(temporary, self.folder / name)
            finally:
                with contextlib.suppress(OSError):
                    temporary.unlink()
            directory = os.open(self.folder, os.O_RDONLY)
            try:
                os.fsync(directory)
            finally:
                os.close(directory)
        except OSError as error:
            raise errors.of_disk(error, f"writing the raw leads to {self.folder}") from error


class DurableOutlet:
    """A durable place that knows no names, as the topic of raw leads: rows that came before are replays to the engine
    (ruling 11)."""

    def __init__(self, durable: Durable) -> None:
        self._durable = durable

    def has(self, name: str) -> bool:
        return False

    def write(self, name: str, leads: Sequence[Line]) -> None:
        keep(self._durable, leads)
