"""A record's JSON as it is written: numbers by their literal, halves of characters as they are (rulings 55, 77, 78)."""

from __future__ import annotations

import json
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from state import limits

_LONG: Final = 300
_NO_NUMBER: Final = Decimal("NaN")


class NotJson(ValueError):
    """The text is no JSON object."""


def read_object(text: str) -> dict[str, Any]:
    """The object; a number with a fraction or an exponent is a Decimal. Of a key that stands twice the last counts.

    Raises NotJson, also for NaN, Infinity and for nesting deeper than `limits.NESTING`.
    """
    try:
        value = json.loads(text, parse_float=_decimal, parse_int=_integer, parse_constant=_refused)
    except (ValueError, RecursionError):
        raise NotJson("no JSON") from None
    if type(value) is not dict:
        raise NotJson("not an object")
    if _is_deep(value):
        raise NotJson("too deep")
    return value


def _is_deep(value: Any) -> bool:
    """Whether it is nested too deeply, found level by level: rules that go down it need not count."""
    level = [value]
    for _ in range(limits.NESTING):
        below: list[Any] = []
        for one in level:
            if type(one) is dict:
                below += [inner for inner in one.values() if type(inner) in (dict, list)]
            else:
                below += [inner for inner in one if type(inner) in (dict, list)]
        if not below:
            return False
        level = below
    return True


def _decimal(literal: str) -> Decimal:
    try:
        return Decimal(literal)
    except InvalidOperation:  # an exponent beyond every number
        return _NO_NUMBER


def _integer(literal: str) -> int | Decimal:
    return int(literal) if len(literal) < _LONG else Decimal(literal)


def _refused(literal: str) -> Any:
    raise NotJson(literal)
