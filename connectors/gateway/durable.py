"""Where leads become durable before anybody is answered: the synced inbox, or the topic with all acknowledgements.

Both are given lines from the server's event loop and answer by a future of it. Kafka's is `connectors.gateway.topic`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple, Protocol

from connectors.inbox.writer import Full, Inbox

__all__ = ["Durable", "Full", "InboxDurable", "Line", "settle"]


class Line(NamedTuple):
    """A record on its way in."""

    value: bytes
    """A JSON object without a line feed."""
    key: bytes
    """Of its source: the same source lead always goes the same way."""


class Durable(Protocol):
    """A place that survives a power loss."""

    def put(self, lines: Sequence[Line]) -> asyncio.Future[None]:
        """Take lines; the future is done when all of them are durable. Raises Full where more waits than may.

        The future holds Full where the place gave them up for being behind, another exception where it failed.
        """

    def fault(self) -> BaseException | None:
        """What ended it for good."""

    def waiting(self) -> int:
        """Lines taken and not durable yet."""

    def describe(self) -> str:
        """Where, for people."""

    def close(self) -> None:
        """Make durable what was taken, then release it."""


def settle(future: asyncio.Future[None], error: BaseException | None) -> None:
    """In the event loop: the answer, unless whoever waited has gone."""
    if future.done():
        return
    if error is None:
        future.set_result(None)
    else:
        future.set_exception(error)
        future.exception()  # read here: one that nobody waits for any more is no news for the log


class InboxDurable:
    """The inbox of a folder."""

    def __init__(self, folder: Path) -> None:
        """Raises Fault where another process writes it, or where it does not fit."""
        self._inbox = Inbox(folder, holder="leadstream gateway")

    def put(self, lines: Sequence[Line]) -> asyncio.Future[None]:
        """Give them to the group that is gathering."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[None] = loop.create_future()

        def done(error: BaseException | None) -> None:
            loop.call_soon_threadsafe(settle, future, error)

        self._inbox.give([line.value for line in lines], done)
        return future

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
