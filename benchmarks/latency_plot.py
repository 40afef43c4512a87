"""Latency over time as a drawing in which an epoch's end could be seen, and latencies folded by the epoch."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence
from typing import Final

from benchmarks.figures import quantile

EPOCH_MS: Final = 1_000
_BIN_MS: Final = 100
_WIDTH: Final = 960
_LEFT: Final = 46
_RIGHT: Final = 30
_HIGH: Final = 220
_SHOWN: Final = (("p50", 0.5, "#2f6fb2"), ("p99", 0.99, "#d07a1f"), ("longest", 1.0, "#b8b8b8"))

Point = tuple[float, float]


def folded(points: Sequence[Point], seals: Sequence[float], phases: int) -> list[list[float]]:
    """Latencies by the time between the last seal and the lead's coming in, the epoch cut into so many phases."""
    if not seals:
        return []
    found: list[list[float]] = [[] for _ in range(phases)]
    for since, took in points:
        last = bisect_right(seals, since)
        if last:
            found[min(phases - 1, int((since - seals[last - 1]) * phases / EPOCH_MS))].append(took)
    return found


def svg(points: Sequence[Point], seals: Sequence[float], title: str) -> str:
    """Two drawings: latency per 100 ms over the whole time, with a line at each seal; and folded by the epoch."""
    begin, end = points[0][0], points[-1][0]
    top = max(10.0, quantile(sorted(ms for _, ms in points), 0.9995))
    bins: list[list[float]] = [[] for _ in range(int((end - begin) // _BIN_MS) + 1)]
    for since, took in points:
        bins[int((since - begin) // _BIN_MS)].append(took)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {2 * _HIGH + 130}" font-family="sans-serif" '
        'font-size="12" fill="#333">',
        f'<rect width="{_WIDTH}" height="{2 * _HIGH + 130}" fill="#fff"/>',
        f'<text x="{_LEFT}" y="18" font-size="14">Latency, {title}: each {_BIN_MS} ms; thin lines: seals</text>',
    ]
    whole_s = (end - begin) / 1000
    marks = [
        (begin + second * 1000, f"{second} s") for second in range(0, int(whole_s) + 1, max(1, int(whole_s // 12)))
    ]
    lines = [at for at in seals if begin <= at <= end]
    parts += _panel(30, bins, top, (begin, end), marks, lines)
    phases = EPOCH_MS // 20
    by_phase = folded(points, seals, phases)
    if by_phase:
        y = _HIGH + 90
        parts.append(f'<text x="{_LEFT}" y="{y - 12}" font-size="14">The same by the time since the last seal</text>')
        ticks = [(float(ms), f"{ms} ms") for ms in range(0, EPOCH_MS + 1, 100)]
        parts += _panel(y, by_phase, top, (0.0, float(EPOCH_MS)), ticks, [])
    return "\n".join([*parts, "</svg>"]) + "\n"


def _panel(
    y: int,
    bins: Sequence[list[float]],
    top: float,
    span: tuple[float, float],
    marks: Sequence[tuple[float, str]],
    lines: Sequence[float],
) -> list[str]:
    wide = _WIDTH - _LEFT - _RIGHT

    def x_of(at: float) -> float:
        return _LEFT + wide * (at - span[0]) / max(1.0, span[1] - span[0])

    def y_of(ms: float) -> float:
        return y + _HIGH * (1 - min(ms, top) / top)

    parts = [f'<path d="M{x_of(at):.1f} {y}v{_HIGH}" stroke="#e3e8ee" stroke-width="1"/>' for at in lines]
    step = 10.0 ** math.floor(math.log10(top / 2))
    step = next(step * factor for factor in (1, 2, 5, 10) if top / (step * factor) <= 6)
    for line in range(int(top / step) + 1):
        ms = line * step
        parts.append(f'<path d="M{_LEFT} {y_of(ms):.1f}h{wide}" stroke="#ddd" stroke-width="0.5"/>')
        parts.append(f'<text x="{_LEFT - 6}" y="{y_of(ms) + 4:.1f}" text-anchor="end">{ms:g}</text>')
    parts += [f'<text x="{x_of(at):.1f}" y="{y + _HIGH + 16}" text-anchor="middle">{text}</text>' for at, text in marks]
    width = (span[1] - span[0]) / len(bins)
    for place, (name, share, colour) in enumerate(reversed(_SHOWN)):
        found = [
            f"{x_of(span[0] + (number + 0.5) * width):.1f},{y_of(quantile(sorted(one), share)):.1f}"
            for number, one in enumerate(bins)
            if one
        ]
        parts.append(f'<polyline points="{" ".join(found)}" fill="none" stroke="{colour}" stroke-width="1.2"/>')
        parts.append(
            f'<text x="{_WIDTH - _RIGHT - 60 * (len(_SHOWN) - place) + 56}" y="{y - 12}" text-anchor="end" '
            f'fill="{colour}">{name}</text>'
        )
    parts.append(f'<text x="{_LEFT - 6}" y="{y - 6}" text-anchor="end">ms</text>')
    return parts
