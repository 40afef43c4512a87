"""How many leads a channel may send in a minute: a sliding window, kept in memory by the library `limits`."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import SlidingWindowCounterRateLimiter

from connectors.gateway.refusal import DoorRefused


class Rates:
    """Per channel; only channels that the configuration names are counted, so that it does not grow."""

    def __init__(self, per_minute: int, own: Mapping[str, int]) -> None:
        self._per_minute = per_minute
        self._own = dict(own)
        self._limiter = SlidingWindowCounterRateLimiter(MemoryStorage())

    def take(self, channel: str, leads: int) -> None:
        """Count so many leads. Raises DoorRefused: 429 beyond the rate, 413 for a batch that never fits."""
        rate = self._own.get(channel, self._per_minute)
        if leads > rate:
            raise DoorRefused(
                413,
                "BATCH_TOO_LARGE",
                f"The request holds {leads} leads; the channel {channel} may send {rate} in a minute.",
                "Send fewer at a time; none of them was taken.",
            )
        item = RateLimitItemPerMinute(rate)
        if not self._limiter.hit(item, channel, cost=leads):
            reset = self._limiter.get_window_stats(item, channel).reset_time
            wait = min(60, max(1, math.ceil(reset - time.time())))
            raise DoorRefused(
                429,
                "TOO_MANY",
                f"The channel {channel} has sent the {rate} leads that it may send in a minute.",
                "Send them again after the seconds in Retry-After, with the same source_lead_id.",
                wait,
            )
