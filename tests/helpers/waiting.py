"""Waiting for what a real process does: for a condition, with a deadline, never for time to pass."""

import os
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

_LOOK_EVERY_S = 0.01


def wait_until(condition: Callable[[], T], deadline_s: float, what: str) -> T:
    """Call `condition` until it returns something true, and return that.

    `what` completes the sentence "waited for ..." of the `AssertionError` raised after `deadline_s` seconds; the last
    value seen stands there too. An exception of `condition` goes through: a condition that cannot be asked yet (a file
    not there) has to say so by a false value.
    """
    end = time.monotonic() + deadline_s
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() >= end:
            raise AssertionError(f"waited {deadline_s:g} s for {what}; last seen: {value!r}")
        time.sleep(_LOOK_EVERY_S)


def slowness() -> float:
    """How much longer this machine takes than an idle one, at least 1: processes that want to run, for each core. A limit
    in seconds is a limit for an idle machine."""
    return max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))
