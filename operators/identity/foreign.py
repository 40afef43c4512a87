"""Numbers of other countries, read by `phonenumbers`, for the regions that `validation.countries` names (ruling 79).

The library is loaded by the first number that needs it: its import takes a tenth of a second, and where only CN is named
nothing needs it.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Final

HOME_REGION: Final = "CN"
"""Mainland China: its numbers are read by our own rule, whether it is named or not."""
NONE: Final[frozenset[str]] = frozenset()
"""Calling codes of the other countries that are taken: none."""


@lru_cache(maxsize=1)
def _library() -> Any:
    import phonenumbers

    return phonenumbers


def version() -> str:
    """The library's version: part of rule_version where it reads numbers."""
    return str(_library().__version__)


def calling_code(region: str) -> str:
    """ "852" for HK; "" for what is no region."""
    code = _library().country_code_for_region(region)
    return str(code) if code else ""


def e164(digits: str, codes: frozenset[str]) -> str:
    """ "+85291234567" for digits that begin with one of these calling codes and are possible there; else ""."""
    if not any(digits.startswith(code) for code in codes):
        return ""
    library = _library()
    try:
        number = library.parse("+" + digits)
    except library.NumberParseException:
        return ""
    if str(number.country_code) not in codes or not library.is_possible_number(number):
        return ""
    return str(library.format_number(number, library.PhoneNumberFormat.E164))
