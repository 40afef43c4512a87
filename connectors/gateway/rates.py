"""How many leads a channel may send in a minute: a bucket a channel, full at first, filled again evenly over a minute.

On the hot path, so it is a few lines and no library: a library for it costs a thread and a tenth of the time of a request.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping

from connectors.gateway.refusal import DoorRefused


class Rates:
    """Per channel; only channels that the configuration names are counted, so that it does not grow."""

    def __init__(
        self, per_minute: int, own: Mapping[str, int], monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._per_minute = per_minute
        self._own = dict(own)
        self._monotonic = monotonic
        self._left: dict[str, tuple[float, float]] = {}
        """Channel → (leads that it may send, when that was so)."""

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
        now = self._monotonic()
        left, since = self._left.get(channel, (float(rate), now))
        left = min(float(rate), left + (now - since) * rate / 60)
        if left < leads:
            self._left[channel] = left, now
            raise DoorRefused(
                429,
                "TOO_MANY",
                f"The channel {channel} has sent the {rate} leads that it may send in a minute.",
                "Send them again after the seconds in Retry-After, with the same source_lead_id.",
                math.ceil((leads - left) * 60 / rate),
            )
        self._left[channel] = left - leads, now
