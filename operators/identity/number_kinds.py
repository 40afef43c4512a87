"""What a number may be, and what it may be refused with: the words that the readers of numbers share (ruling 79)."""

from __future__ import annotations

from typing import Final

MOBILE: Final = 1
LANDLINE: Final = 2

TEST_NUMBERS: Final = frozenset({"13800138000", "11111111111"})
"""Well-formed mobiles that are nobody's (domain 4); besides these, eleven times one digit (ruling 55)."""


class BadPhone(ValueError):
    """A number that is none; the argument is its code (rulings 32 and 79).

    BAD_PHONE, SERVICE_NUMBER, TEST_NUMBER or FOREIGN_NUMBER.
    """


class Number:
    """One number that was read, and where in the digits it ends."""

    __slots__ = ("end", "extension", "fault", "kind", "text", "unusual")

    def __init__(self, kind: int, text: str, end: int, *, unusual: bool = False, fault: str = "") -> None:
        self.kind = kind
        self.text = text
        """Eleven digits of a mobile, area code and number of a landline, E.164 of another country's."""
        self.end = end
        """Index of the first digit behind it."""
        self.unusual = unusual
        self.fault = fault
        """The code it is refused with; "" for a number that a customer can have."""
        self.extension = ""

    def identity(self) -> str:
        """The number with its extension, which makes another customer of it (ruling 79)."""
        return f"{self.text}-{self.extension}" if self.extension else self.text

    def extended(self, extension: str) -> Number:
        """The same with an extension; behind anything but a landline that is a privacy number: unusual."""
        other = Number(self.kind, self.text, self.end, unusual=self.unusual or self.kind == MOBILE, fault=self.fault)
        other.extension = extension
        return other
