"""What a scenario gives: figures with units, what they must be, what is aimed at, and under which guarantee they were taken."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text


@dataclass(frozen=True)
class Figure:
    """One figure. `must` and `aim` are lower bounds, upper ones with `most`."""

    name: str
    value: float
    unit: str = ""
    must: float | None = None
    aim: float | None = None
    most: bool = False
    guarantee: str = ""
    each: tuple[float, ...] = ()
    """The same of each round, where `value` is their median."""

    def fits(self, bound: float | None) -> bool | None:
        """Whether the bound is kept; None without one."""
        if bound is None:
            return None
        return self.value <= bound if self.most else self.value >= bound


@dataclass
class Figures:
    """All figures of one run of a scenario."""

    scenario: str
    title: str
    figures: list[Figure] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    """Whole sentences: how it was measured, what to doubt."""
    more: dict[str, Any] = field(default_factory=dict)
    """For machines alone."""
    load: float = field(default_factory=lambda: os.getloadavg()[0])
    """Load average when it began: the machine's other work."""

    def add(self, name: str, value: float, unit: str = "", **more: Any) -> None:
        """Add a figure."""
        self.figures.append(Figure(name, value, unit, **more))

    def as_json(self) -> dict[str, Any]:
        """For `--json`."""
        return {
            "scenario": self.scenario,
            "title": self.title,
            "load_average_before": round(self.load, 2),
            "figures": [
                {
                    "name": one.name,
                    "value": round(one.value, 4),
                    "unit": one.unit,
                    "must": one.must,
                    "aim": one.aim,
                    "bounds_are": "upper" if one.most else "lower",
                    "must_is_kept": one.fits(one.must),
                    "aim_is_kept": one.fits(one.aim),
                    "guarantee": one.guarantee,
                    "rounds": [round(value, 4) for value in one.each],
                }
                for one in self.figures
            ],
            "notes": self.notes,
            **self.more,
        }

    def show(self, console: Console) -> None:
        """For a person."""
        console.print(f"[bold]{self.scenario}[/]: {self.title}, {os.cpu_count()} cores", soft_wrap=True)
        for guarantee in dict.fromkeys(one.guarantee for one in self.figures):
            self._table(console, guarantee)
        for note in self.notes:
            console.print(note, markup=False, soft_wrap=True)
        if self.load > 0.5:
            console.print(
                f"[yellow]The machine was busy when it began (load {self.load:.1f}): wall-clock figures suffer from it.[/]",
                soft_wrap=True,
            )

    def _table(self, console: Console, guarantee: str) -> None:
        shown = [one for one in self.figures if one.guarantee == guarantee]
        rounds = any(one.each for one in shown)
        table = Table("figure", "value", "unit", "must", "aim", "", box=None, pad_edge=False, header_style="bold")
        if rounds:
            table.add_column("each round")
        for one in shown:
            sign = "≤ " if one.most else "≥ "
            kept = one.fits(one.must)
            verdict = Text("") if kept is None else Text("kept", "green") if kept else Text("missed", "red")
            if kept and one.fits(one.aim):
                verdict = Text("aim", "bold green")
            bounds = ("" if bound is None else sign + number(bound) for bound in (one.must, one.aim))
            each = [" ".join(map(number, one.each))] if rounds else []
            table.add_row(one.name, number(one.value), one.unit, *bounds, verdict, *each)
        if guarantee:
            console.print(f"\n[italic]{guarantee}[/]", soft_wrap=True)
        console.print(table)


def number(value: float) -> str:
    """A number as a person reads it: 95,000; 12.4; 0.873."""
    if value == 0 or abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.{max(0, 2 - math.floor(math.log10(abs(value))))}f}"


def quantile(ordered: Sequence[float], share: float) -> float:
    """The smallest value that at least this share of the values does not exceed; of sorted values, at least one."""
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]
