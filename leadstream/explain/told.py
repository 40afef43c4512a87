"""What every part of a document of `leadstream explain` needs."""

from __future__ import annotations

from typing import Any

from operators.base.calendar import LocalTime
from operators.base.rules import Rules
from operators.identity import phones
from operators.identity.masks import without_contacts
from operators.identity.one_id import OneIds
from state.inspect import Inspection


class Told:
    """What every part of a document needs: the state, the rules for names, the time zone, what may be shown."""

    def __init__(self, inspection: Inspection, rules: Rules, *, reveal: bool) -> None:
        self.inspection = inspection
        self.rules = rules
        self.reveal = reveal
        self.complete = True
        self.local = LocalTime(inspection.identity.timezone)
        self.one_ids = OneIds(b"", inspection.identity.shards)

    def time(self, at: int) -> str:
        """RFC 3339 in the state's time zone."""
        return self.local.text(at)

    def channel_code(self, given: str) -> str:
        """A channel by its code, else by its name where one channel has it."""
        if given in self.rules.channels:
            return given
        named = [code for code, channel in self.rules.channels.items() if channel.name == given]
        return named[0] if len(named) == 1 else given

    def channel_name(self, code: str) -> str:
        """Its name where the configuration knows it."""
        known = self.rules.channels.get(code)
        return known.name if known is not None else ""

    def source_id(self, text: str) -> str:
        """A channel's id as it was sent, numbers inside it masked (rulings 37 and 81). Those in a customer's story were
        masked before they were kept."""
        return text if self.reveal else without_contacts(text)

    def phone(self, number: str) -> str | None:
        """A phone, masked unless it may be shown."""
        if not number:
            return None
        return number if self.reveal else phones.masked(number)

    def document(self, customers: list[dict[str, Any]], refused: list[dict[str, Any]]) -> dict[str, Any]:
        """The whole answer. `refused` = rejects, and late leads of customers not named here."""
        clock = self.inspection.seal.clock
        return {
            "clock": None if clock is None else self.time(clock),
            "timezone": self.local.name,
            "found": bool(customers or refused),
            "complete": self.complete,
            "customers": customers,
            "refused": refused,
        }
