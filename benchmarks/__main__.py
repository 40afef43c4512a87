"""`python -m benchmarks [SCENARIO …] [--json]`: figures with units, and the ratio to the floor of the same run."""

from __future__ import annotations

import argparse
import fcntl
import json
import os
import sys
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks import whole_path

_ROOT = Path(__file__).resolve().parent.parent / "var" / "bench"
SCENARIOS = ("whole_path",)


def main(argv: list[str] | None = None) -> int:
    """Run the scenarios named, all of them by default; returns the exit code."""
    parser = argparse.ArgumentParser(prog="leadstream bench", description=__doc__)
    parser.add_argument("scenario", nargs="*", help=f"one of: {', '.join(SCENARIOS)}")
    parser.add_argument("--json", action="store_true", help="one JSON object a scenario, for machines")
    parser.add_argument("--customers", type=int, default=whole_path.CUSTOMERS, help="customers known to the state")
    parser.add_argument("--leads", type=int, default=whole_path.LEADS, help="further leads of these customers")
    given = parser.parse_args(argv)
    unknown = [name for name in given.scenario if name not in SCENARIOS]
    if unknown or given.customers < 1 or given.leads < 1:
        parser.print_usage(sys.stderr)
        print(f"leadstream bench: unknown scenario or size; scenarios are {', '.join(SCENARIOS)}.", file=sys.stderr)
        return 2
    err = Console(stderr=True)

    def said(text: str) -> None:
        if not given.json:
            err.print(f"[dim]… {text}[/]")

    _ROOT.mkdir(parents=True, exist_ok=True)
    with (_ROOT / "lock").open("w") as lock:
        said("one benchmark at a time: figures taken side by side say nothing")
        fcntl.flock(lock, fcntl.LOCK_EX)
        result = whole_path.measure(_ROOT, given.customers, given.leads, said)
    if given.json:
        print(json.dumps(result.as_json(), ensure_ascii=False))
    else:
        _show(Console(), result)
    return 0


def _show(console: Console, result: whole_path.Result) -> None:
    run = result.run
    console.print(
        f"[bold]whole_path[/]: {run.leads:,} leads of {result.customers:,} known customers, files to files, one process, "
        f"{os.cpu_count()} cores"
    )
    table = Table("figure", "value", "must", "aim")
    table.add_row("leads/s", f"{run.leads_per_s:,.0f}", f"{whole_path.MUST_PER_S:,}", f"{whole_path.AIM_PER_S:,}")
    table.add_row("µs a lead", f"{1e6 / run.leads_per_s:.1f}", "40", "25")
    table.add_row("floor F2, leads/s", f"{result.floor_per_s:,.0f}", "", "")
    table.add_row("whole path / F2", f"{result.ratio:.2f}", f"{whole_path.MUST_RATIO}", f"{whole_path.AIM_RATIO}")
    table.add_row("leads per CPU second, all threads", f"{run.leads / run.cpu_s:,.0f}", "", "")
    table.add_row("F2, leads per CPU second", f"{run.leads / result.floor_cpu_s:,.0f}", "", "")
    table.add_row("whole path / F2 by CPU time", f"{result.cpu_ratio:.2f}", "", "")
    table.add_row("CPU µs a lead, all threads", f"{run.cpu_s / run.leads * 1e6:.1f}", "", "")
    table.add_row("events a lead", f"{run.events / run.leads:.2f}", "", "")
    console.print(table)
    if result.busy > 0.5:
        console.print(
            f"[yellow]The machine was busy (load {result.busy:.1f}): leads/s are too low; the CPU figures suffer less.[/]"
        )
    stages = Table("stage", "µs a lead", "share", title="stages, from a second run of the same data with clocks")
    total = sum(result.stages_us.values())
    for name, value in result.stages_us.items():
        stages.add_row(name, f"{value:.2f}", f"{value / total:.0%}")
    stages.add_row("all", f"{total:.1f}", "")
    console.print(stages)
    written = Table("written", "rows a lead", "bytes a lead")
    for name, (count, size) in result.written.items():
        written.add_row(name, f"{count:.2f}", f"{size:.0f}")
    console.print(written)


if __name__ == "__main__":
    sys.exit(main())
