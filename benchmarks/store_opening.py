"""`store_opening`: what a lead costs when many wait for one store's opening: queued, released in its slot, dispatched.

One store with a release rate gets N leads in a night, each of a customer of his own; then the clock moves on behind the last
slot. Figures are the process's CPU time a lead, for growing N: it must stay the same.
"""

from __future__ import annotations

import json
import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.table import Table

from connectors.files.reader import FileReader
from connectors.files.sink import FileSink
from flows.engine import Engine, Options
from flows.run import run
from operators.base.calendar import parse_ms
from operators.config.configuration import from_tables

SIZES: Final = (1_000, 10_000, 100_000)
MUST: Final = 1.3
AIM: Final = 1.1
_RATE: Final = 100
"""Leads a minute: nearly all of every size get a slot behind the opening, and 100 000 fit into the day."""
_NIGHT_MS: Final = 3_500_000
_TABLES: Final = {
    "channels": {"web": {"consent": True}},
    "stores": {"S1": {"opens": "01:00", "closes": "24:00", "release_per_minute": _RATE}},
}
_BEHIND: Final = "2026-03-02T23:59:00+08:00"


@dataclass
class Opening:
    """One run."""

    leads: int
    queue_us: float
    """CPU a lead until all are queued."""
    release_us: float
    """CPU a lead from there until all are dispatched."""


@dataclass
class Result:
    """All runs, in their order."""

    runs: list[Opening]

    def ratio(self, run: Opening) -> float:
        """Of a lead's whole cost to that of the smallest run."""
        first = self.runs[0]
        return (run.queue_us + run.release_us) / (first.queue_us + first.release_us)

    def as_json(self) -> dict[str, Any]:
        """For `--json`; units in the names."""
        return {
            "scenario": "store_opening",
            "runs": [
                {
                    "leads": one.leads,
                    "queue_cpu_us_per_lead": round(one.queue_us, 1),
                    "release_cpu_us_per_lead": round(one.release_us, 1),
                    "ratio_to_smallest": round(self.ratio(one), 3),
                }
                for one in self.runs
            ],
            "must": {"ratio_to_smallest": MUST},
            "aim": {"ratio_to_smallest": AIM},
        }

    def show(self, console: Console) -> None:
        """For a person."""
        table = Table("leads at one opening", "queued, CPU µs a lead", "released, CPU µs a lead", "to the smallest")
        for one in self.runs:
            table.add_row(
                f"{one.leads:,}", f"{one.queue_us:.0f}", f"{one.release_us:.0f}", f"{self.ratio(one):.2f} (must {MUST})"
            )
        console.print(table)


def measure(root: Path, leads: int, said: Any) -> Result:
    """Run the scenario for each size up to `leads`."""
    sizes = [size for size in SIZES if size < leads] + [leads]
    _one(root, sizes[0])  # imports, first pages: not any size's cost
    runs = []
    for size in sizes:
        said(f"{size:,} leads at one opening")
        # A small run lasts a moment: the best of several, so that all are measured over about as much work.
        tries = [_one(root, size) for _ in range(max(1, min(5, sizes[-1] // size)))]
        runs.append(min(tries, key=lambda one: one.queue_us + one.release_us))
    return Result(runs)


def _one(root: Path, size: int) -> Opening:
    home = root / "opening"
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    source = home / "raw_leads.jsonl"
    with source.open("w") as file:
        for number in range(size):
            second, ms = divmod(number * _NIGHT_MS // size, 1000)
            record = {
                "channel": "web",
                "source_lead_id": f"L-{number}",
                "phone": f"139{number:08d}",
                "store": "S1",
                "event_time": f"2026-03-02T{second // 3600:02d}:{second // 60 % 60:02d}:{second % 60:02d}.{ms:03d}+08:00",
            }
            file.write(json.dumps(record) + "\n")
    configuration = from_tables(_TABLES)

    def cpu_of(until_ms: int | None) -> float:
        options = Options(home / "state", until_ms=until_ms)
        engine = Engine(configuration, FileReader(source), FileSink(home / "out"), options)
        began = time.process_time()
        run(engine)
        return time.process_time() - began

    queued = cpu_of(None)
    idle = cpu_of(None)  # opening, reading nothing, closing: what each run costs without any lead
    released = cpu_of(parse_ms(_BEHIND))
    sent = (home / "out" / "dispatches.jsonl").read_bytes().count(b"\n")
    assert sent == size, f"{sent} of {size} leads were dispatched"
    return Opening(size, (queued - idle) / size * 1e6, (released - idle) / size * 1e6)
