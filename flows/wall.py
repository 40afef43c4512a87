"""The wall's clock of a run that decides by it, and when it is not believed (ruling 76)."""

from __future__ import annotations

from collections.abc import Callable

from operators.base.calendar import DAY_MS, LocalTime
from state import limits
from state.errors import ClockFault

CONFIRMED = "--clock-moved"


class Wall:
    """The wall's time, epoch ms. Raises ClockFault where it leapt since it was last asked, before anything is stamped with it."""

    def __init__(self, wall_ms: Callable[[], int], monotonic: Callable[[], float]) -> None:
        self._wall_ms = wall_ms
        self._monotonic = monotonic
        self._last = (wall_ms(), monotonic())

    def __call__(self) -> int:
        wall, monotonic = self._wall_ms(), self._monotonic()
        before, since = self._last
        leap = wall - before - int((monotonic - since) * 1000)
        if abs(leap) > limits.WALL_LEAP_MS:
            raise ClockFault(
                f"The clock of this machine leapt by {leap / 3_600_000:+.1f} h while the engine ran.",
                "Nothing was stamped with it. See that the machine's time is right (a machine that slept leaps too), then start "
                "again.",
            )
        self._last = (wall, monotonic)
        return wall


def check_start(
    wall_ms: int, state_ms: int | None, *, gap_ms: int, earliest_ms: int, moved: bool, local: LocalTime
) -> None:
    """Whether a run may begin by this wall clock. `state_ms` = the state's clock, None where it has none; `moved` = the
    operator has confirmed the gap. Raises ClockFault."""
    if wall_ms < earliest_ms:
        raise ClockFault(
            f"The clock of this machine says {local.text(wall_ms)}, which lies before periods.earliest.",
            "Set the machine's time, then start again.",
        )
    if state_ms is None or moved or wall_ms - state_ms <= gap_ms:
        return
    raise ClockFault(
        f"The clock of this machine says {local.text(wall_ms)}, {(wall_ms - state_ms) / DAY_MS:.0f} days after this state's "
        f"({local.text(state_ms)}): everything due in between would happen at once.",
        f"See that the machine's time is right. Where it is, start with {CONFIRMED}; periods.clock_gap_days "
        f"({gap_ms / DAY_MS:g}) says how long a state may rest without it.",
    )
