"""`whole_path`: leads per second from a file to the output files with every customer known, its stages, and the floor F2."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.table import Table

from benchmarks import engine_run, floor, made_input
from benchmarks.stages import Stages

CUSTOMERS: Final = 500_000
LEADS: Final = 300_000
MUST_PER_S: Final = 25_000
AIM_PER_S: Final = 40_000
MUST_RATIO: Final = 0.35
AIM_RATIO: Final = 0.5


@dataclass
class Result:
    """Figures of one run of the scenario."""

    customers: int
    run: engine_run.Run
    staged: engine_run.Run
    stages_us: dict[str, float]
    floor_s: float
    floor_cpu_s: float
    busy: float
    """Load average when it began: the machine's other work, which wall-clock figures suffer from."""
    written: dict[str, tuple[float, float]]
    """Kind of row → (rows, bytes) per lead."""

    @property
    def floor_per_s(self) -> float:
        """Leads per second of F2."""
        return self.run.leads / self.floor_s

    @property
    def ratio(self) -> float:
        """Whole path to F2."""
        return self.run.leads_per_s / self.floor_per_s

    @property
    def cpu_ratio(self) -> float:
        """The same by CPU time of all threads: what a busy machine distorts least."""
        return self.floor_cpu_s / self.run.cpu_s

    def as_json(self) -> dict[str, Any]:
        """For `--json`; units in the names."""
        run = self.run
        return {
            "scenario": "whole_path",
            "customers": self.customers,
            "leads": run.leads,
            "leads_per_s": round(run.leads_per_s),
            "us_per_lead": round(1e6 / run.leads_per_s, 2),
            "cpu_us_per_lead": round(run.cpu_s / run.leads * 1e6, 2),
            "batches": run.batches,
            "events_per_lead": round(run.events / run.leads, 2),
            "floor_f2_leads_per_s": round(self.floor_per_s),
            "ratio_to_f2": round(self.ratio, 3),
            "leads_per_cpu_s": round(run.leads / run.cpu_s),
            "floor_f2_leads_per_cpu_s": round(run.leads / self.floor_cpu_s),
            "cpu_ratio_to_f2": round(self.cpu_ratio, 3),
            "load_average_before": round(self.busy, 2),
            "stages_us_per_lead": {name: round(value, 2) for name, value in self.stages_us.items()},
            "stages_run_leads_per_s": round(self.staged.leads_per_s),
            "written_per_lead": {
                name: {"rows": round(count, 3), "bytes": round(size, 1)} for name, (count, size) in self.written.items()
            },
            "must": {"leads_per_s": MUST_PER_S, "ratio_to_f2": MUST_RATIO},
            "aim": {"leads_per_s": AIM_PER_S, "ratio_to_f2": AIM_RATIO},
        }

    def show(self, console: Console) -> None:
        """For a person."""
        run = self.run
        console.print(
            f"[bold]whole_path[/]: {run.leads:,} leads of {self.customers:,} known customers, files to files, one process, "
            f"{os.cpu_count()} cores"
        )
        table = Table("figure", "value", "must", "aim")
        table.add_row("leads/s", f"{run.leads_per_s:,.0f}", f"{MUST_PER_S:,}", f"{AIM_PER_S:,}")
        table.add_row("µs a lead", f"{1e6 / run.leads_per_s:.1f}", "40", "25")
        table.add_row("floor F2, leads/s", f"{self.floor_per_s:,.0f}", "", "")
        table.add_row("whole path / F2", f"{self.ratio:.2f}", f"{MUST_RATIO}", f"{AIM_RATIO}")
        table.add_row("leads per CPU second, all threads", f"{run.leads / run.cpu_s:,.0f}", "", "")
        table.add_row("F2, leads per CPU second", f"{run.leads / self.floor_cpu_s:,.0f}", "", "")
        table.add_row("whole path / F2 by CPU time", f"{self.cpu_ratio:.2f}", "", "")
        table.add_row("CPU µs a lead, all threads", f"{run.cpu_s / run.leads * 1e6:.1f}", "", "")
        table.add_row("events a lead", f"{run.events / run.leads:.2f}", "", "")
        console.print(table)
        if self.busy > 0.5:
            console.print(
                f"[yellow]The machine was busy (load {self.busy:.1f}): leads/s are too low; the CPU figures suffer less.[/]"
            )
        stages = Table("stage", "µs a lead", "share", title="stages, from a second run of the same data with clocks")
        total = sum(self.stages_us.values())
        for name, value in self.stages_us.items():
            stages.add_row(name, f"{value:.2f}", f"{value / total:.0%}")
        stages.add_row("all", f"{total:.1f}", "")
        console.print(stages)
        written = Table("written", "rows a lead", "bytes a lead")
        for name, (count, size) in self.written.items():
            written.add_row(name, f"{count:.2f}", f"{size:.0f}")
        console.print(written)


def measure(root: Path, customers: int, leads: int, said: Any) -> Result:
    """Run the scenario; `said(text)` tells what is going on."""
    busy = os.getloadavg()[0]
    configuration = engine_run.configured()
    said(f"input: {customers:,} customers, {leads:,} further leads")
    load, days = made_input.folders(root, customers, leads)
    said("state: every customer's first lead")
    loaded = engine_run.loaded_state(root, load, configuration)
    scratch = root / "scratch"
    said("the whole path")
    run = engine_run.execute(engine_run.engine(days, engine_run.copy_of(loaded, scratch), configuration))
    said("the whole path again, with a clock at each stage")
    engine = engine_run.engine(days, engine_run.copy_of(loaded, scratch), configuration)
    notes = floor.Notes(engine)
    stages = Stages()
    stages.open(engine)
    try:
        staged = engine_run.execute(engine)
    finally:
        stages.close()
    said("the floor F2")
    (lines,) = days.glob("*.jsonl")
    floor_s, floor_cpu_s = floor.run(notes, lines, engine_run.copy_of(loaded, scratch), run.leads)
    written = {
        name: (notes.puts[kind] / run.leads, notes.bytes[kind] / run.leads) for kind, name in enumerate(floor.KINDS)
    }
    shutil.rmtree(scratch, ignore_errors=True)
    written["deletes"] = (notes.deletes / run.leads, 0.0)
    return Result(
        customers, run, staged, stages.microseconds(run.leads, staged.seconds), floor_s, floor_cpu_s, busy, written
    )
