"""Doors wait for a durable place: its threads tell, the event loop answers."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Sequence

from connectors.durable.places import Durable, Line


class Waiting:
    """Futures of one event loop that a durable place settles. Waking the loop for each costs more than the rest of a lead:
    it is woken once for all that were told since it last looked."""

    def __init__(self, durable: Durable) -> None:
        self._durable = durable
        self._told: deque[tuple[asyncio.Future[None], BaseException | None]] = deque()
        self._awake = False

    def put(self, lines: Sequence[Line]) -> asyncio.Future[None]:
        """Give lines; the future is done when they are durable. Raises Full, Fault, as the future does."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[None] = loop.create_future()

        def done(error: BaseException | None) -> None:
            self._told.append((future, error))
            if not self._awake:
                self._awake = True
                with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
                    loop.call_soon_threadsafe(self._answer)

        self._durable.give(lines, done)
        return future

    def _answer(self) -> None:
        self._awake = False  # before the look, so that what is told during it wakes the loop again
        while self._told:
            _settle(*self._told.popleft())


def _settle(future: asyncio.Future[None], error: BaseException | None) -> None:
    """The answer, unless whoever waited has gone."""
    if future.done():
        return
    if error is None:
        future.set_result(None)
    else:
        future.set_exception(error)
        future.exception()  # read here: one that nobody waits for any more is no news for the log
