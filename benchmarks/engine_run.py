"""One run of the whole path, timed; and the state that the measured runs begin with, loaded once per version of the code."""

from __future__ import annotations

import hashlib
import os
import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from benchmarks import made_input
from connectors.files.reader import FileReader
from connectors.files.sink import FileSink
from connectors.protocols import Group
from flows.engine import Engine, Options
from flows.run import run
from operators.config.configuration import Configuration, from_tables

_CODE: Final = ("connectors", "flows", "operators", "state")


class _Nowhere:
    """A sink that keeps nothing: the load's output is not what is measured."""

    kind = "files"
    reads_back = False

    def open(self, sealed: dict[str, Any], state_id: str, *, fresh: bool) -> None:
        """Nothing to open."""

    def begin(self) -> dict[str, Any]:
        """Nothing was there."""
        return {}

    def claims(self) -> dict[str, Any]:
        """Nobody else writes it."""
        return {}

    def waits_for_seal(self) -> bool:
        """Nothing does."""
        return False

    def was_sealed(self) -> None:
        """Nothing waits for it."""

    def deliver(self, group: Group) -> None:
        """Dropped."""

    def end_epoch(self) -> None:
        """Nothing failed."""

    def cut(self) -> None:
        """Everything is safe as soon as it is dropped."""

    def sealed(self) -> dict[str, Any]:
        """Nothing was written, so that the measured run may begin an output of its own."""
        return {}

    def waiting(self) -> int:
        """Nothing waits."""
        return 0

    def serve(self) -> None:
        """Nothing is held."""

    def hurry(self) -> None:
        """It is as fast as can be."""

    def flush(self) -> None:
        """Nothing to flush."""

    def close(self) -> None:
        """Nothing to close."""


@dataclass
class Run:
    """What a run of the whole path took."""

    leads: int
    seconds: float
    cpu_s: float
    batches: int
    events: int
    write_s: float

    @property
    def leads_per_s(self) -> float:
        """Leads per second, from the first poll until state and output are closed."""
        return self.leads / self.seconds


def configured() -> Configuration:
    """The configuration of all runs."""
    return from_tables(made_input.configuration())


def loaded_state(root: Path, load: Path, configuration: Configuration) -> Path:
    """A state that knows every customer. Kept for as long as no file of the engine changes; older ones are removed."""
    digest = hashlib.blake2b(f"{made_input.FORMAT} {load.parent.name}".encode(), digest_size=8)
    checkout = Path(__file__).resolve().parent.parent
    for package in _CODE:
        for path in sorted((checkout / package).rglob("*.py")):
            digest.update(path.read_bytes())
    home = root / f"state-{digest.hexdigest()}"
    if not (home / "ready").exists():
        for old in root.glob("state-*"):
            shutil.rmtree(old)
        execute(Engine(configuration, FileReader(load), _Nowhere(), Options(home / "state")))
        (home / "ready").touch()
    return home / "state"


def copy_of(state: Path, scratch: Path) -> Path:
    """A state of one's own. Table files are never changed in place, so links do for them; the rest is copied."""
    shutil.rmtree(scratch, ignore_errors=True)

    def place(source: str, target: str) -> None:
        if source.endswith(".sst"):
            os.link(source, target)
        else:
            shutil.copy2(source, target)

    shutil.copytree(state, scratch / "state", copy_function=place)
    return scratch / "state"


def engine(days: Path, state: Path, configuration: Configuration) -> Engine:
    """An engine over a copy of the loaded state: files in, files out."""
    return Engine(configuration, FileReader(days), FileSink(state.parent / "out"), Options(state))


def execute(opened: Engine) -> Run:
    """Run to the end of the input."""
    cpu = time.process_time()
    started = time.perf_counter()
    run(opened)
    seconds = time.perf_counter() - started
    meters = opened.meters
    return Run(meters.leads, seconds, time.process_time() - cpu, meters.batches, meters.events, meters.write_s)
