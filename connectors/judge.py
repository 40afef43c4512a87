"""What the engine's own validation says to a raw lead before it is sent: the gateway, the import and `feeds try` ask here, so
that there is one rule, one configuration and one set of words."""

from __future__ import annotations

from operators.config.configuration import Configuration
from operators.identity.one_id import NEWEST_FORM, OneIds
from operators.intake.times import Clock
from operators.intake.validation import Validation
from operators.registry import RECORD_OF
from operators.wire.arrival import Arrival
from state import limits


class Judge:
    """For one configuration. May be used by several threads."""

    def __init__(self, configuration: Configuration) -> None:
        self._validation = Validation(
            configuration.rules, OneIds(configuration.secret, limits.SHARDS, NEWEST_FORM), RECORD_OF
        )

    def judge(self, raw: bytes, now_ms: int) -> Arrival:
        """The record as the engine would read it now, by the wall's clock (epoch ms); `reasons` where it would refuse it.
        Never raises for what the bytes hold."""
        return self._validation.read(raw, "raw_lead", Clock(event=False, now=now_ms, wall_ms=now_ms))
