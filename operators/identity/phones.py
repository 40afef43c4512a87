"""Phone numbers of a lead: forms, identity, masks (domain 4; rulings 37, 39, 55, 79).

Numbers of mainland China by our own rule and not a phone library's: the number is the customer's identity, and a library's
metadata changes with each release, which would make two customers of one. It also costs a thirtieth (`docs/decisions/`).
Other countries' numbers are read by the library, where the configuration names their regions.

The usual forms are read here; every other one by `operators.identity.written`.
"""

from __future__ import annotations

import re
from typing import Final

from operators.identity import written
from operators.identity.foreign import NONE
from operators.identity.number_kinds import LANDLINE, MOBILE, TEST_NUMBERS, BadPhone

__all__ = ["LANDLINE", "MOBILE", "BadPhone", "is_segment", "is_virtual", "masked", "normalise", "read"]

_VIRTUAL: Final = ("162", "165", "167", "170", "171")
_SEGMENT: Final = ("10", "11", "12")
_USUAL: Final = re.compile(r" *(?:\+?86[ -]?|0086)?0?(1[3-9][0-9])[ -]?([0-9]{4})[ -]?([0-9]{4})(?:\.0)? *")
"""Forms of a mobile number that need no closer look: all that a closer look does to them is to find its digits."""
_USUAL_LANDLINE: Final = re.compile(r"0(?:10|2[0-9])[ -]?[0-9]{8}|0(?![48]00)[3-9][0-9]{2}[ -]?[0-9]{7,8}")
"""The same of a landline; 0400 and 0800 may be service numbers."""


def read(given: str | int, codes: frozenset[str] = NONE) -> tuple[str, str, bool]:
    """(mobile or "", landline or "", unusual) for any written form; at least one of the two is a number.

    `given` is text, an integer, or the literal of a JSON number with a fraction or exponent: as it is written, never
    through a float. `codes`: calling codes of the other countries that `validation.countries` names. A mobile may be
    another country's, "+85291234567"; either may carry an extension, "02158235823-801". `unusual`: flag UNUSUAL.
    Raises BadPhone with BAD_PHONE, SERVICE_NUMBER, TEST_NUMBER or FOREIGN_NUMBER. The empty text is the caller's: it
    means absent.
    """
    if type(given) is not str:
        given = str(given)
    if len(given) == 11 and given[0] == "1" and given.isascii() and given.isdigit():
        return _checked_mobile(given), "", False
    usual = _USUAL.fullmatch(given)
    if usual is not None:
        return _checked_mobile("".join(usual.groups())), "", False
    if _USUAL_LANDLINE.fullmatch(given) is not None:
        return "", given.replace(" ", "").replace("-", ""), False
    return written.read(given, codes)


def normalise(given: str | int, codes: frozenset[str] = NONE) -> tuple[int, str]:
    """(MOBILE, "13812345678") or (LANDLINE, "02112345678-801"): the identity of a number; a mobile before a landline.

    Arguments and errors as of `read`.
    """
    mobile, landline, _ = read(given, codes)
    return (MOBILE, mobile) if mobile else (LANDLINE, landline)


def _checked_mobile(number: str) -> str:
    if number in TEST_NUMBERS:
        raise BadPhone("TEST_NUMBER")
    return number


def is_virtual(mobile: str) -> bool:
    """Whether a virtual operator's number (flagged, not rejected)."""
    return mobile.startswith(_VIRTUAL)


def is_segment(mobile: str) -> bool:
    """10x, 11x, 12x: admitted with the warning SEGMENT, which routes to cleaning (domain 4, ruling 79)."""
    return mobile.startswith(_SEGMENT)


def masked(number: str) -> str:
    """138****5678 for an identity. A landline shows its area code and the last two digits, another country's number its
    first four characters and the last two; of an extension only that there is one (ruling 37)."""
    bare, _, extension = number.partition("-")
    if bare.startswith("0"):
        first, last = (3 if bare.startswith(("010", "02")) else 4), 2
    elif bare.startswith("+"):
        first, last = 4, 2
    else:
        first, last = 3, 4
    shown = bare[:first] + "*" * max(0, len(bare) - first - last) + bare[-last:]
    return shown + "-*" if extension else shown
