"""What the engine's own validation says to a row, at import: the same code and configuration, never a second rule."""

from __future__ import annotations

from typing import Final, NamedTuple

from operators.config.configuration import Configuration
from operators.identity.one_id import OneIds
from operators.intake.times import Clock
from operators.intake.validation import Validation
from operators.registry import RECORD_OF
from state import limits


class Reason(NamedTuple):
    """Why a row is refused."""

    code: str
    field: str
    hint: str


class Verdict(NamedTuple):
    """What the engine would say to a raw lead now."""

    reasons: tuple[Reason, ...]
    """Empty = it is taken."""
    at_ms: int
    """Its event time, or its ingest time where it has none."""


_WORDS: Final = {
    "NOT_JSON": ("", "The line is no JSON object: mend it, one object a line."),
    "TOO_LARGE": ("", "The row is larger than 1 MiB: shorten its texts."),
    "UNKNOWN_TYPE": ("type", "Only raw leads are imported: leave the type out."),
    "MISSING_FIELD": ("channel", "The channel is missing: name one with --channel, or fill its column."),
    "BAD_FIELD": ("", "A field is too long or of a wrong kind: texts have at most 256 bytes."),
    "BAD_TIME": (
        "event_time",
        "The time cannot be read: write it as 2026-03-02 10:15:00, the year first, or leave it empty.",
    ),
    "NO_CONTACT": ("phone", "A mobile or landline number is missing: fill it in."),
    "BAD_PHONE": ("phone", "No number, or more than one, can be read: write the whole number, one in a cell, as text."),
    "SERVICE_NUMBER": ("phone", "This is a service number, not a customer's: ask for his own."),
    "TEST_NUMBER": ("phone", "This is a test number, not a customer's: ask for his own."),
    "FOREIGN_NUMBER": ("phone", "This is a number of another country: its code stands in no validation.countries."),
    "UNKNOWN_CHANNEL": ("channel", "The configuration has no channel of this code or name: add [channels.CODE]."),
    "CHANNEL_NOT_LIVE": ("channel", "The channel is not LIVE: set its status, then import again."),
    "UNKNOWN_LINE": ("line", "The configuration has no business line of this code: correct it, or add [lines.CODE]."),
    "NOT_SUPPORTED": ("origin", "Leads of this kind are not applied by this version yet: keep the row for later."),
}
"""Code → (field, hint)."""


class Judge:
    """The validation of one configuration, by the clock of the import."""

    def __init__(self, configuration: Configuration, ingest_ms: int) -> None:
        ids = OneIds(configuration.secret, limits.SHARDS)
        self._validation = Validation(configuration.rules, ids, RECORD_OF)
        self._clock = Clock(event=False, now=ingest_ms, wall_ms=ingest_ms)

    def judge(self, raw: bytes) -> Verdict:
        """The verdict on one raw lead. Never raises for what the bytes hold."""
        arrival = self._validation.read(raw, "raw_lead", self._clock)
        if not arrival.reasons:
            return Verdict((), arrival.t)
        return Verdict(tuple(Reason(code, *_WORDS.get(code, ("", ""))) for code in arrival.reasons), arrival.t)
