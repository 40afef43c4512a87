"""The plots of purchase intentions: what shall happen, as a sequence of steps, before any time is drawn.

`life` turns each step into a time that makes it true. Weights were set so that 90 days show the shares of domain 17.
A step that no longer fits (the simulated time ends, a bound is passed) ends its plot.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from itertools import accumulate
from random import Random
from typing import Final

ACTIVITY_STEPS: Final = frozenset(
    [
        "follow",
        "idle_call",
        "lose",
        "lose_same_day",
        "invalidate",
        "pay",
        "pay_same_day",
        "pay_expired",
        "pay_lost",
        "refund",
        "opt_out",
    ]
)


@dataclass(frozen=True, slots=True)
class Plot:
    """Steps after the first touch. `short`: needs a series whose periods end within the simulated time."""

    weight: float
    steps: tuple[str, ...]
    short: bool = False
    activities: bool = False


def _plot(weight: float, steps: str, short: bool = False) -> Plot:
    names = tuple(steps.split())
    return Plot(weight, names, short, bool(ACTIVITY_STEPS.intersection(names)))


_COMMON = (
    _plot(36, ""),
    _plot(7, "same_day"),
    _plot(1.2, "same_day same_day"),
    _plot(0.4, "same_day same_day same_day same_day"),
    _plot(0.6, "tie"),
    _plot(5.5, "next_day"),
    _plot(1.5, "next_day next_day"),
    _plot(2.0, "next_day later"),
    _plot(1.0, "same_day next_day same_day later"),
    _plot(7.0, "later"),
    _plot(4.0, "later later"),
    _plot(2.0, "later same_day later next_day later"),
    _plot(1.2, "later later later later later"),
    _plot(4.0, "follow"),
    _plot(2.5, "idle_call"),
    _plot(2.5, "follow later"),
    _plot(1.0, "idle_call follow later follow later"),
    _plot(0.3, "opt_out later"),
)
_CLOSED = (
    _plot(1.5, "lose"),
    _plot(1.0, "invalidate"),
    _plot(1.0, "lose reopen"),
    _plot(0.8, "later follow lose reopen same_day later"),
    _plot(0.8, "invalidate reopen later"),
    _plot(0.6, "lose_same_day reopen_same_day same_day"),
    _plot(0.3, "next_day lose_same_day reopen_same_day same_day later lose reopen"),
    _plot(1.0, "lose beyond_lost same_day", short=True),
    _plot(0.6, "follow invalidate beyond_lost later", short=True),
)
_DEALS = (
    _plot(2.4, "follow pay deal_next"),
    _plot(1.6, "next_day follow follow pay deal_next same_day deal_next"),
    _plot(1.5, "follow pay"),
    _plot(0.4, "pay_same_day same_day deal_next"),
    _plot(0.8, "follow pay beyond_deal later", short=True),
    _plot(0.5, "lose pay_lost deal_next", short=True),
    _plot(0.5, "pay_expired deal_next", short=True),
    _plot(0.3, "follow pay refund"),
    _plot(0.3, "follow pay deal_next refund reopen same_day", short=True),
    _plot(0.2, "follow pay refund beyond_lost", short=True),
)
_EXPIRY = (
    _plot(3.0, "expired", short=True),
    _plot(1.0, "later expired later expired", short=True),
    _plot(0.8, "follow expired same_day", short=True),
    _plot(0.6, "idle_call expired", short=True),
    _plot(0.5, "switch later expired", short=True),
    _plot(0.7, "expired"),
)
_BOUNDS = (
    _plot(0.8, "at_bound", short=True),
    _plot(0.3, "later at_bound at_bound", short=True),
    _plot(0.3, "follow at_bound same_day", short=True),
    _plot(0.8, "past_bound", short=True),
    _plot(0.3, "follow past_bound later", short=True),
    _plot(0.3, "past_bound at_bound past_bound", short=True),
    _plot(0.4, "lose reopen_at_bound", short=True),
    _plot(0.4, "lose past_lost_bound", short=True),
    _plot(0.4, "follow pay deal_at_bound", short=True),
    _plot(0.4, "follow pay past_deal_bound", short=True),
    _plot(0.4, "at_bound"),
    _plot(0.4, "past_bound"),
)
PLOTS: Final = (*_COMMON, *_CLOSED, *_DEALS, *_EXPIRY, *_BOUNDS)
BOUND_STEPS: Final = frozenset(
    [
        "at_bound",
        "past_bound",
        "reopen_at_bound",
        "past_lost_bound",
        "deal_at_bound",
        "past_deal_bound",
        "late_at_bound",
        "tie",
    ]
)


class Plots:
    """A draw by weight from plots that pass a condition."""

    def __init__(self, plots: tuple[Plot, ...] = PLOTS) -> None:
        self._plots = plots
        self._weights = list(accumulate(plot.weight for plot in plots))

    def draw(self, rng: Random) -> Plot:
        """One plot by its weight."""
        return self._plots[bisect_right(self._weights, rng.random() * self._weights[-1])]


ANY = Plots()
WITHOUT_ACTIVITIES = Plots(tuple(plot for plot in PLOTS if not plot.activities))
