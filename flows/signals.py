"""SIGTERM and Ctrl-C (contract): the first asks for a stop, the second ends the process."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from types import FrameType


class Signals:
    """SIGTERM and Ctrl-C ask for a stop; a second one ends the process at once, which loses nothing either."""

    def __init__(
        self,
        stop: Callable[[], None],
        *,
        said: Callable[[str], None],
        what: str = "Stopping: draining and sealing. A second signal stops at once, and loses nothing either.",
    ) -> None:
        self._stop = stop
        self._said = said
        self._what = what
        self._asked = False

    def install(self) -> None:
        """From the main thread."""
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, self._handle)
            signal.signal(signal.SIGINT, self._handle)

    def _handle(self, number: int, frame: FrameType | None) -> None:
        if self._asked:
            os._exit(128 + number)
        self._asked = True
        self._said(self._what)
        self._stop()
