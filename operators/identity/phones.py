"""Phone numbers of a lead: forms, identity, masks (domain 4; rulings 37, 39, 55).

Our own rule and not a phone library's: the number is the customer's identity, and a library's metadata changes with each
release, which would make two customers of one. It also costs a thirtieth (`docs/decisions/`).
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

MOBILE: Final = 1
LANDLINE: Final = 2

_TEST: Final = frozenset({"13800138000"})
_VIRTUAL: Final = ("162", "165", "167", "170", "171")
_UNUSUAL: Final = ("10", "11", "12")
_USUAL: Final = re.compile(r" *(?:\+?86[ -]?|0086)?0?(1[0-9]{2})[ -]?([0-9]{4})[ -]?([0-9]{4})(?:\.0)? *")
"""Forms of a mobile number that need no closer look: all that the steps of `normalise` do to them is to find its digits."""
_FILLER: Final = re.compile(r"[\s\-‐-―().·]+")
_EXTENSION: Final = re.compile(r"^(.*?\d)\s*(?:转|ext\.?|x(?=\s*\d{1,6}$)|#)\s*[:.]?\s*(\d{1,6})$", re.IGNORECASE)
_DASHED: Final = re.compile(r"^(\(?0\d{2,3}[)\s-]\s*\d{7,8})-(\d{1,6})$")
_TRAILING: Final = re.compile(r"^(.+?)\s*-\s*(\d{1,6})$")
_SERVICE: Final = re.compile(r"^(?:0?[48]00\d{7}|9[56]\d{3,6}|1[012]\d|1[012]\d{3})$")
_AREA: Final = re.compile(r"^0(?:10|2\d|[3-9]\d\d)(?=\d{7,8}$)")
_BARE_AREA: Final = re.compile(r"^(?:10|2\d|[3-9]\d\d)\d{7,8}$")


class BadPhone(ValueError):
    """A number that is none; the argument is its code of ruling 32."""


def normalise(given: str | int | float) -> tuple[int, str]:
    """(MOBILE, "13812345678") or (LANDLINE, "02112345678-801") for any written form.

    Raises BadPhone with BAD_PHONE, SERVICE_NUMBER or TEST_NUMBER. The empty text is the caller's: it means absent.
    """
    if type(given) is not str:
        if isinstance(given, float):
            if not given.is_integer() or abs(given) > 1e17:
                raise BadPhone("BAD_PHONE")
            given = int(given)
        given = str(given)
    if len(given) == 11 and given[0] == "1" and given.isascii() and given.isdigit():
        return MOBILE, _checked_mobile(given)
    usual = _USUAL.fullmatch(given)
    if usual is not None:
        return MOBILE, _checked_mobile("".join(usual.groups()))
    text = unicodedata.normalize("NFKC", given).strip()
    text = text[:-2] if text.endswith(".0") else text
    if (found := _EXTENSION.match(text)) or (found := _DASHED.match(text)):
        return _landline_with(found)
    try:
        return _bare(text)
    except BadPhone as bad:
        if bad.args[0] == "BAD_PHONE" and (found := _TRAILING.match(text)):
            return _landline_with(found)
        raise


def _landline_with(found: re.Match[str]) -> tuple[int, str]:
    kind, number = _bare(found.group(1))
    if kind == MOBILE:
        raise BadPhone("BAD_PHONE")  # two numbers, or a mobile with an extension
    return kind, f"{number}-{found.group(2)}"


def _bare(text: str) -> tuple[int, str]:
    """A number without an extension."""
    country = text.startswith("+")
    digits = _FILLER.sub("", text[1:] if country else text)
    if not digits.isdigit() or not digits.isascii():
        raise BadPhone("BAD_PHONE")  # mask characters, two numbers, letters
    if country:
        if not digits.startswith("86"):
            raise BadPhone("BAD_PHONE")
        digits = digits[2:]
    elif digits.startswith("0086"):
        country, digits = True, digits[4:]
    elif digits.startswith("86") and len(digits) >= 11 and _national(digits[2:]):
        country, digits = True, digits[2:]
    if _SERVICE.match(digits):
        raise BadPhone("SERVICE_NUMBER")
    if len(digits) == 11 and digits == digits[0] * 11:
        raise BadPhone("TEST_NUMBER")
    mobile = digits[1:] if len(digits) == 12 and digits.startswith("01") else digits
    if len(mobile) == 11 and mobile[0] == "1":
        return MOBILE, _checked_mobile(mobile)
    if country and _BARE_AREA.match(digits):
        digits = "0" + digits
    if _AREA.match(digits):
        return LANDLINE, digits
    raise BadPhone("BAD_PHONE")


def _national(digits: str) -> bool:
    return (
        (len(digits) == 11 and digits[0] == "1")
        or (len(digits) == 12 and digits.startswith("01"))
        or bool(_AREA.match(digits) or _BARE_AREA.match(digits))
    )


def _checked_mobile(number: str) -> str:
    if number in _TEST or number == "11111111111":
        raise BadPhone("TEST_NUMBER")
    return number


def is_virtual(mobile: str) -> bool:
    """Whether a virtual operator's number (flagged, not rejected)."""
    return mobile.startswith(_VIRTUAL)


def is_unusual(mobile: str) -> bool:
    """10x, 11x, 12x: admitted with a warning that will route to cleaning (domain 4)."""
    return mobile.startswith(_UNUSUAL)


def masked(number: str) -> str:
    """138****5678; a landline shows its area code and the last two digits (ruling 37)."""
    if number.startswith("0"):
        bare, _, extension = number.partition("-")
        area = 3 if bare.startswith(("010", "02")) else 4
        hidden = max(0, len(bare) - area - 2)
        return bare[:area] + "*" * hidden + bare[-2:] + ("-*" if extension else "")
    return number[:3] + "*" * max(0, len(number) - 7) + number[-4:]
