"""What a durable place of raw leads is, and the synced inbox as one. Kafka's is `connectors.durable.topic`."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, NamedTuple, Protocol

from connectors.inbox.writer import INBOX, Full, Inbox
from state import errors

__all__ = ["SLICE", "Done", "Durable", "Full", "InboxDurable", "Line", "keep", "key_of"]

Done = Callable[[BaseException | None], None]
"""Told once, by a thread of the place: None = the lines are durable."""

SLICE: Final = 2_000
"""Lines that are given to the disk or broker at a time: a sheet's many rows must not fill the queue for everybody."""


class Line(NamedTuple):
    """A record on its way in."""

    value: bytes
    """A JSON object without a line feed."""
    key: bytes
    """Of its source: the same source lead always goes the same way."""


def key_of(channel: object, source_lead_id: object) -> bytes:
    """A line's key. A lone surrogate cannot be written and becomes a question mark in it."""
    return f"{channel}/{source_lead_id}".encode("utf-8", "replace")


class Durable(Protocol):
    """A place that survives a power loss."""

    def give(self, lines: Sequence[Line], done: Done) -> None:
        """Take lines; `done` is told when all of them are durable. Raises Full where more waits than may, and Fault.

        `done` gets Full where the place gave them up for being behind, another exception where it failed.
        """

    def fault(self) -> BaseException | None:
        """What ended it for good."""

    def waiting(self) -> int:
        """Lines taken and not durable yet."""

    def describe(self) -> str:
        """Where, for people."""

    def close(self) -> None:
        """Make durable what was taken, then release it."""


def keep(durable: Durable, lines: Sequence[Line]) -> None:
    """Return when all lines are durable; for a caller that nobody waits for, as an import or a pull.

    Raises Fault where they are not: then some of them may be there, and all are to be sent again.
    """
    for first in range(0, len(lines), SLICE):
        error = _kept(durable, lines[first : first + SLICE])
        if isinstance(error, Full):
            raise errors.SinkFault(
                f"Leads were not durable in time in {durable.describe()}.",
                "Look at the disk or the broker, then do the same again: what was sent before is a replay to the engine.",
            )
        if error is not None:
            raise error


def _kept(durable: Durable, lines: Sequence[Line]) -> BaseException | None:
    told: list[BaseException | None] = []
    safe = threading.Event()

    def done(error: BaseException | None) -> None:
        told.append(error)
        safe.set()

    try:
        durable.give(lines, done)
    except Full as full:
        return full
    safe.wait()
    return told[0]


class InboxDurable:
    """The inbox of a folder."""

    def __init__(self, folder: Path, *, writer: str = INBOX, holder: str = "leadstream gateway") -> None:
        """Raises Fault where another process writes it under this name, or where it does not fit."""
        self._inbox = Inbox(folder, writer=writer, holder=holder)

    def give(self, lines: Sequence[Line], done: Done) -> None:
        """To the group that is gathering."""
        self._inbox.give([line.value for line in lines], done)

    def fault(self) -> BaseException | None:
        """A sync that failed."""
        return self._inbox.fault

    def waiting(self) -> int:
        """Lines given and not synced yet."""
        return self._inbox.waiting()

    def describe(self) -> str:
        """The folder."""
        return f"the inbox {self._inbox.folder}"

    def close(self) -> None:
        """Sync what was given."""
        self._inbox.close()
