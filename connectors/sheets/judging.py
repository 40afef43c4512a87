"""What the engine's own validation says to a row, at import: the same code, words and configuration, never a second rule."""

from __future__ import annotations

from typing import NamedTuple

from operators.config.configuration import Configuration
from operators.identity.one_id import OneIds
from operators.intake.faults import faults_of
from operators.intake.times import Clock
from operators.intake.validation import Validation
from operators.registry import RECORD_OF
from operators.wire.streams import FieldFault
from state import limits


class Verdict(NamedTuple):
    """What the engine would say to a record now."""

    faults: list[FieldFault]
    """Empty = it is taken."""
    at_ms: int
    """Its event time, or its ingest time where it has none."""
    kind: str
    """What its `type` says it is."""


class Judge:
    """The validation of one configuration, by the clock of the import."""

    def __init__(self, configuration: Configuration, ingest_ms: int) -> None:
        ids = OneIds(configuration.secret, limits.SHARDS)
        self._validation = Validation(configuration.rules, ids, RECORD_OF)
        self._clock = Clock(event=False, now=ingest_ms, wall_ms=ingest_ms)

    def judge(self, raw: bytes) -> Verdict:
        """The verdict on one raw lead. Never raises for what the bytes hold."""
        arrival = self._validation.read(raw, "raw_lead", self._clock)
        return Verdict(faults_of(arrival) if arrival.reasons else [], arrival.t, arrival.kind)
