"""`leadstream generate`, `check` and `bench`: work that needs no engine."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import typer
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

import leadstream
from state import errors

_PLAIN_S = 2.0


def generate_folder(out: Path, *, leads: int, seed: int, calls: float, exits: float, force: bool) -> None:
    """Write a folder of simulated inputs. Raises WrongUsage for fewer than one lead, a share outside 0…1 and files that would be
    overwritten, Fault for the disk."""
    from connectors.demo.simulated import FILES, generate
    from flows.observe.live import Screen

    if leads < 1:
        raise errors.WrongUsage(f"--leads {leads} would write nothing.", "Give --leads a number of at least 1.")
    if not 0 <= calls <= 1:
        raise errors.WrongUsage(
            f"--calls {calls:g} is no share.",
            "Give --calls a number from 0 (nobody answers) to 1 (every task is answered).",
        )
    if not 0 <= exits <= 1:
        raise errors.WrongUsage(
            f"--exits {exits:g} is no share.", "Give --exits a number from 0 (no store leaves) to 1 (nearly all leave)."
        )
    there = [name for name in FILES if (out / name).exists()]
    if there and not force:
        raise errors.WrongUsage(
            f"The folder {out} holds {', '.join(there)}, which would be overwritten.",
            "Name another folder with --out, or add --force.",
        )
    console = Screen(highlight=False)
    began = time.monotonic()
    try:
        if console.is_terminal:
            columns = (TextColumn("generating"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
            with Progress(*columns, console=console, transient=True) as bar:
                task = bar.add_task("", total=leads)

                def progress(at: int, of: int) -> None:
                    bar.update(task, completed=at, total=of)

                done = generate(out, leads=leads, seed=seed, calls=calls, exits=exits, progress=progress)
        else:
            done = generate(out, leads=leads, seed=seed, calls=calls, exits=exits, progress=_Lines())
    except OSError as error:
        raise errors.of_disk(error, f"writing the folder {out}") from error
    marks = ", ".join(f"{name} {count}" for name, count in sorted(done.marks.items()))
    typer.echo(
        f"Wrote {done.records} raw leads, {done.activities} activities, {done.verdicts} verdicts and {done.exits} store exits "
        f"of {done.customers} customers to {out} in {time.monotonic() - began:.1f} s; the truth: {marks}."
    )
    typer.echo(
        f"Run them: leadstream run --config {out / 'config.toml'} --source {out} --state {out}-state --sink {out}-out"
    )


class _Lines:
    """Progress without a terminal: a line every two seconds."""

    def __init__(self, doing: str = "generating", unit: str = "leads") -> None:
        self._doing = doing
        self._unit = unit
        self._said = time.monotonic()

    def __call__(self, done: int, of: int) -> None:
        if time.monotonic() - self._said >= _PLAIN_S:
            self._said = time.monotonic()
            typer.echo(f"{self._doing}: {done} of {of} {self._unit}")


def order_files(files: list[Path], to: Path) -> None:
    """Write files in the order of their event times into a folder. Raises WrongUsage, Refused, Fault."""
    from connectors.files.ordering import put_in_order

    for file in files:
        if not file.is_file():
            raise errors.SourceRefused(f"There is no file {file}.", "Name files of JSON lines, and a folder with --to.")
        if to.resolve() == file.resolve().parent:
            raise errors.WrongUsage(f"{to} is the folder of {file}.", "Name another folder with --to.")
    for file in files:
        done = _Lines("ordering", "bytes")
        size = file.stat().st_size
        target, count = put_in_order(file, to, lambda at, done=done, size=size: done(at, size))  # type: ignore[misc]
        typer.echo(f"Wrote {count} lines in the order of their event times to {target}.")


def check_configuration(file: Path, *, now_ms: int | None = None) -> None:
    """Say every fault with its line. Raises ConfigurationRefused where there is one. `now_ms` stands in for the wall's clock."""
    from flows.engine import wall_clock_ms
    from operators.config import configuration, holidays

    faults = configuration.check(file)
    for fault in faults:
        typer.echo(str(fault))
    if faults:
        count = "a fault" if len(faults) == 1 else f"{len(faults)} faults"
        raise errors.ConfigurationRefused(
            f"The configuration {file} has {count}.", "Correct what is named above, then check again."
        )
    loaded = configuration.load(file)
    rules = loaded.rules
    stores = "every store code" if rules.stores is None else f"{len(rules.stores)} stores"
    typer.echo(f"{file} has no fault: {len(rules.channels)} channels, {stores}, rule version {rules.version}.")
    now = wall_clock_ms() if now_ms is None else now_ms
    outdated = holidays.warning(loaded.holidays_end_ms, now, rules.local)
    for note in filter(None, (*loaded.notes, outdated)):
        typer.echo(f"Note: {note}")


def bench(scenarios: list[str], *, as_json: bool) -> int:
    """Run the checkout's `benchmarks` package; returns its exit code. Raises WrongUsage where there is no checkout."""
    checkout = Path(leadstream.__file__).resolve().parent.parent
    if not (checkout / "benchmarks" / "__main__.py").is_file():
        raise errors.WrongUsage(
            "The benchmarks are not part of an installed leadstream.",
            "Run `leadstream bench` (or `make bench`) from a checkout of the project.",
        )
    command = [sys.executable, "-m", "benchmarks", *scenarios, *(["--json"] if as_json else [])]
    path = os.pathsep.join(filter(None, (str(checkout), os.environ.get("PYTHONPATH", ""))))
    try:
        return subprocess.call(command, env={**os.environ, "PYTHONPATH": path})
    except KeyboardInterrupt:
        return 130
