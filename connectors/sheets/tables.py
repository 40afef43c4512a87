"""What every reader of a sheet gives: a table of numbered rows of cells."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

Cell = Any
"""Text, a number, a bool, None (blank) or [kind, ISO text] with kind "datetime", "date", "time", "timedelta"."""


@dataclass
class Table:
    """One sheet. Its rows can be read once."""

    name: str
    """Of the sheet; "" where the format has one table alone."""
    rows: Iterator[tuple[int, list[Cell]]]
    """(number as the user's program shows it, from 1; cells); a blank row is []."""
    total: int
    """About how many rows, for progress."""
    hidden: bool = False
    notes: list[str] = field(default_factory=list)
    """Whole sentences about what was done to read it; complete when the rows are read."""
