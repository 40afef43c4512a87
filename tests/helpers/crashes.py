"""Crashes without a process: an image of database and sink before each step of a run, from which a second run goes on.

A step is a write of the database (batches, seals), a sync of its log, a write or flush of the sink. An image as it is
shows what SIGKILL leaves; laid out `powerless` it lacks every byte of the log that was not synced and every record that
was not flushed.
"""

from __future__ import annotations

import copy
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from connectors.memory import MemorySink
from state.database import Database
from state.errors import Fault


@dataclass
class Image:
    """State and sink as they stood before a step."""

    number: int
    step: str
    state: Path
    sink: MemorySink
    synced: dict[str, int]
    """Size of each log file of the database at its last sync."""

    def laid_out(self, folder: Path, *, powerless: bool) -> MemorySink:
        """Put the state into `folder`; returns the sink that goes with it."""
        shutil.copytree(self.state, folder)
        sink = copy.deepcopy(self.sink)
        if powerless:
            for log in (folder / "db").glob("*.log"):
                with log.open("r+b") as file:
                    file.truncate(self.synced.get(log.name, 0))
            sink.lose_power()
        return sink


class Steps:
    """Counts the steps of a run; takes an image before each, or stops the run at one."""

    def __init__(self, state: Path, sink: MemorySink, images: Path | None) -> None:
        self.state = state
        self.sink = sink
        self.images = images
        self.taken: list[Image] = []
        self.number = 0
        self.crash_at = 0
        self.synced: dict[str, int] = {}
        # One step at a time: an image taken while the sync thread works would show what no crash can leave.
        self.lock = threading.RLock()

    def step(self, name: str) -> None:
        """Before something is done that a crash may undo or leave undone."""
        self.number += 1
        if self.number == self.crash_at:
            raise Crash(name)
        if self.images is None or self.crash_at:
            return
        place = self.images / f"{self.number:04d}"
        ignored = shutil.ignore_patterns("LOCK", "LOG*", "HOLDER")
        shutil.copytree(self.state, place, ignore=ignored)
        sink = MemorySink()
        sink.streams = {stream: list(lines) for stream, lines in self.sink.streams.items()}
        sink.flushed = dict(self.sink.flushed)
        sink.state_id = self.sink.state_id
        self.taken.append(Image(self.number, name, place, sink, dict(self.synced)))

    def after_sync(self) -> None:
        """What the log held before the sync began is safe now."""
        self.synced = {log.name: log.stat().st_size for log in (self.state / "db").glob("*.log")}


@contextmanager
def named(image: Any) -> Iterator[None]:
    """What goes wrong inside says which crash it went on from."""
    try:
        yield
    except (AssertionError, Fault) as error:
        raise AssertionError(f"crash before step {image.number}, {image.step}: {error}") from error


@contextmanager
def crashed(image: Image, folder: Path, *, powerless: bool) -> Iterator[tuple[Path, MemorySink]]:
    """(state, sink) as this crash left them, below `folder`; the state goes when all was well."""
    state = folder / f"{image.number}"
    with named(image):
        yield state, image.laid_out(state, powerless=powerless)
        shutil.rmtree(state)


class Crash(BaseException):
    """The process is gone."""


@contextmanager
def watched(steps: Steps, monkeypatch: Any) -> Iterator[Steps]:
    """Runs inside report their steps."""
    write, sync = Database.write, Database.sync
    sink_write, sink_flush = MemorySink.write, MemorySink.flush

    def on_write(self: Database, batch: Any) -> int:
        with steps.lock:
            steps.step("database write")
            return write(self, batch)

    def on_sync(self: Database) -> None:
        with steps.lock:
            steps.step("sync")
            sync(self)
            steps.after_sync()

    def on_sink_write(self: MemorySink, stream: int, values: list[bytes]) -> None:
        with steps.lock:
            steps.step("sink write")
            sink_write(self, stream, values)

    def on_flush(self: MemorySink) -> None:
        with steps.lock:
            steps.step("sink flush")
            sink_flush(self)

    with monkeypatch.context() as patch:
        patch.setattr(Database, "write", on_write)
        patch.setattr(Database, "sync", on_sync)
        patch.setattr(MemorySink, "write", on_sink_write)
        patch.setattr(MemorySink, "flush", on_flush)
        yield steps
