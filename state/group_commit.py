"""Group commit: one background thread syncs the log for everybody."""

from __future__ import annotations

import threading

from state import limits
from state.database import Database


class GroupCommit:
    """Group commit: a background thread syncs the log, and what was written before a sync began may be sent after it.

    Nothing visible can then be decided otherwise after a power loss (decision 0005).
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._wanted = threading.Event()
        self._stopping = False
        self.synced = 0
        self.fault: BaseException | None = None
        self._done = threading.Condition()
        self._thread = threading.Thread(target=self._run, name="group-commit", daemon=True)
        self._thread.start()

    def ask(self) -> None:
        """Sync soon."""
        self._wanted.set()

    def check(self) -> None:
        """Raise what the background met: an error of the disk must stop the flow, not the thread alone."""
        if self.fault is not None:
            raise self.fault

    def wait(self, batch: int, deadline_s: float) -> bool:
        """Wait until batch number `batch` is synced; False after the deadline."""
        with self._done:
            self.ask()
            self._done.wait_for(lambda: self.synced >= batch or self.fault is not None, timeout=deadline_s)
        self.check()
        return self.synced >= batch

    def _run(self) -> None:
        while True:
            self._wanted.wait()
            self._wanted.clear()
            if self._stopping:
                return
            upto = self._database.batches
            try:
                if upto > self.synced:
                    self._database.sync()
            except BaseException as error:
                self.fault = error
                with self._done:
                    self._done.notify_all()
                return
            with self._done:
                self.synced = max(self.synced, upto)
                self._done.notify_all()

    def stop(self) -> None:
        """End the thread; a thread inside the database at interpreter exit would end the process with code 134."""
        self._stopping = True
        self._wanted.set()
        self._thread.join(limits.DRAIN_S)
