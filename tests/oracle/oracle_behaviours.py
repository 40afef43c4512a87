"""What a customer did, kept per (kind, series) as an aggregate (ruling 74)."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import NamedTuple

from oracle_config import DAY_MS

HALF_LIFE_MS = 14 * DAY_MS
KEPT, SHOWN = 64, 5


class Shown(NamedTuple):
    """One of those on a dispatch."""

    kind: str
    series: str
    times: int
    first_ms: int
    last_ms: int


@dataclass
class Seen:
    count: int = 0
    first_ms: int = 0
    last_ms: int = 0
    times: list[tuple[int, int]] = field(default_factory=list)  # (event time, count)

    def value(self, now_ms: int) -> float:
        return sum((count * math.exp2((t_ms - now_ms) / HALF_LIFE_MS) for t_ms, count in self.times), 0.0)


class Behaviours:
    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], Seen] = {}

    def came(self, kind: str, series: str, count: int, t_ms: int, now_ms: int) -> None:
        """At 64 the smallest value falls; what is new finds its place."""
        name = (kind, series)
        if name not in self.kept and len(self.kept) >= KEPT:
            del self.kept[min(self.kept, key=lambda one: (self.kept[one].value(now_ms), one))]
        seen = self.kept.setdefault(name, Seen(first_ms=t_ms, last_ms=t_ms))
        seen.count += count
        seen.first_ms, seen.last_ms = min(seen.first_ms, t_ms), max(seen.last_ms, t_ms)
        seen.times.append((t_ms, count))

    def shown(self, now_ms: int) -> tuple[Shown, ...]:
        """The five of highest value."""
        ranked = sorted(self.kept.items(), key=lambda item: (-item[1].value(now_ms), item[0]))
        return tuple(Shown(*name, seen.count, seen.first_ms, seen.last_ms) for name, seen in ranked[:SHOWN])

    def focus(self, now_ms: int) -> str:
        """The series of the highest summed value, then by its code; '' where none is named."""
        values: dict[str, float] = {}
        for (_, series), seen in self.kept.items():
            if series:
                values[series] = values.get(series, 0.0) + seen.value(now_ms)
        return min(values, key=lambda series: (-values[series], series), default="")
