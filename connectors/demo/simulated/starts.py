"""When customers of a generated folder come first: by the day of the week, the hour, and at one festival."""

from __future__ import annotations

from itertools import accumulate
from random import Random

from connectors.demo.simulated.days import (
    DAY_MS,
    HOUR_MS,
    MINUTE_MS,
    OFFICE_CURVE,
    DayCurve,
    day_start_ms,
    is_weekend,
)

# The festival: ten minutes of an evening at a hundred times the mean rate (domain 17).
_FESTIVAL_AT, _FESTIVAL_MS, _FESTIVAL_RATE = 71 / 90, 10 * MINUTE_MS, 100


class Starts:
    """Draws the event time of a customer's first raw lead: weekends are busier, and there is one festival."""

    def __init__(self, first_day: int, days: int) -> None:
        self._curve = DayCurve(OFFICE_CURVE)
        self._days = range(first_day, first_day + days)
        self._weights = list(accumulate(1.2 if is_weekend(day) else 0.92 for day in self._days))
        festival_day = first_day + int(days * _FESTIVAL_AT)
        self._festival_ms = day_start_ms(festival_day) + 20 * HOUR_MS
        self._festival_share = _FESTIVAL_RATE * _FESTIVAL_MS / (days * DAY_MS)

    def draw(self, rng: Random) -> int:
        """An instant, in ms since the epoch."""
        if rng.random() < self._festival_share / (1 + self._festival_share):
            return self._festival_ms + int(rng.random() * _FESTIVAL_MS)
        day = rng.choices(self._days, cum_weights=self._weights)[0]
        return day_start_ms(day) + self._curve.draw(rng)
