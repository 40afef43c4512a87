"""A process that forks engines, each of which a test may kill, and what it says. The scripts are tests/kills/runner*.py."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from queue import Empty, Queue
from typing import Any

DEADLINE_S = 60


class Runner:
    """The forking process; one engine at a time."""

    def __init__(self, script: Path, log: Path) -> None:
        self._errors = log.open("w+")
        self._process = subprocess.Popen(
            [sys.executable, str(script)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
        )
        self._said: Queue[list[str]] = Queue()
        self.opened_s: list[float] = []
        """What each opening took."""
        self.pid = 0
        self.is_open = False
        self.at = ""
        """The place that the engine has reached, where it was told to say so."""
        self.ended: int | None = None
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._said.put(line.split())

    def start(self, order: dict[str, Any]) -> None:
        """Fork an engine; returns when it has a process id."""
        assert self._process.stdin is not None
        self.ended, self.is_open, self.at = None, False, ""
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        words = self._next()
        while words[0] != "started":
            self._hear(words)
            words = self._next()
        self.pid = int(words[1])

    def _hear(self, words: list[str]) -> None:
        if words[0] == "opened":
            self.is_open = True
            self.opened_s.append(float(words[2]))
        elif words[0] == "at":
            self.at = words[2]
        elif words[0] == "ended":
            self.ended = int(words[2])

    def hear(self) -> None:
        """Take in what was said meanwhile."""
        while True:
            try:
                self._hear(self._said.get_nowait())
            except Empty:
                return

    def heard_at(self) -> str:
        """The place that the engine has reached, as it says."""
        self.hear()
        return self.at

    def is_over(self) -> bool:
        """Whether the run has ended by itself."""
        self.hear()
        return self.ended is not None

    def wait(self) -> int:
        """Wait for its end; the exit status, negative for a signal."""
        while self.ended is None:
            self._hear(self._next())
        return self.ended

    def _next(self) -> list[str]:
        try:
            return self._said.get(timeout=DEADLINE_S)
        except Empty:
            raise AssertionError(f"nothing was said for {DEADLINE_S} s\n{self.trace()}") from None

    def until(self, condition: Any, what: str) -> bool:
        """Wait for it; False when the run ended without it."""
        end = time.monotonic() + DEADLINE_S
        while not condition():
            if self.is_over():
                return bool(condition())
            assert time.monotonic() < end, f"{what} did not come within {DEADLINE_S} s\n{self.trace()}"
        return True

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the engine."""
        os.kill(self.pid, number)

    def kill(self) -> int:
        """SIGKILL; the exit status, its own where it has ended a moment before."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)
        return self.wait()

    def trace(self) -> str:
        """The end of what went to stderr."""
        self._errors.flush()
        self._errors.seek(0)
        return self._errors.read()[-4000:]

    def close(self) -> None:
        """End the process; an engine that still runs is killed."""
        if self.pid and not self.is_over():
            os.kill(self.pid, signal.SIGCONT)
            os.kill(self.pid, signal.SIGKILL)
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(DEADLINE_S)
        self._errors.close()
