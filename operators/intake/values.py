"""Values of a field as they may be written, whatever their JSON type (ruling 78): text, numbers, bools, enumerations."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from operators.wire.text import cleaned, has_halves, whole
from state import limits

WORDS: Final[Mapping[str, bool]] = {
    "true": True,
    "1": True,
    "yes": True,
    "y": True,
    "是": True,
    "false": False,
    "0": False,
    "no": False,
    "n": False,
    "否": False,
}
_NUMBER: Final = re.compile(r"[+-]?[0-9]{1,300}(?:\.[0-9]{0,300})?(?:[eE][+-]?[0-9]{1,4})?")
_DIGITS: Final = 300
"""Digits of a number that are written out; what is longer is no value of a field."""
_LARGEST: Final = 2**63


class Unfit(ValueError):
    """A value that cannot be read as what the field holds; the argument is the code of its reject."""


def text(value: Any) -> str:
    """Text of at most 256 bytes; a number is its decimal text."""
    return _short(_said(value))


def name(value: Any) -> str:
    """The same, with the joiners that belong to a name."""
    return _short(_said(value, joiners=True))


def free_text(value: Any) -> str:
    """Text of any length."""
    return _said(value, joiners=True)


def word(value: Any) -> str:
    """Text that rules look up: no NUL, which would end a stored key early."""
    said = text(value)
    if "\0" in said:
        raise Unfit("BAD_FIELD")
    return said


def key(value: Any) -> str:
    """Text by which something is known again: half a character would make two of one."""
    if type(value) is str and has_halves(value):
        raise Unfit("BAD_FIELD")
    return word(value)


def phone(value: Any) -> str | int:
    """A number as written: a JSON number keeps its literal (ruling 79)."""
    if type(value) is int:
        return value
    if type(value) is Decimal:
        return str(value)
    if type(value) is not str or has_halves(value):
        raise Unfit("BAD_FIELD")
    try:
        return _short(cleaned(value))
    except Unfit:
        raise Unfit(
            "BAD_PHONE"
        ) from None  # no number can be read there: beside a good one it costs nothing (ruling 55)


def time(value: Any) -> str:
    """A time as text, not read yet."""
    if type(value) is str:
        if has_halves(value):
            raise Unfit("BAD_FIELD")
        return cleaned(value)
    if type(value) is not int and type(value) is not Decimal:
        raise Unfit("BAD_TIME")
    try:
        return decimal_text(value)
    except Unfit:
        raise Unfit("BAD_TIME") from None


def flag(value: Any) -> bool | str:
    """A bool, also as a word or a number; "" = absent."""
    if type(value) is bool:
        return value
    said = _said(value).casefold()
    if said and said not in WORDS:
        raise Unfit("BAD_FIELD")
    return WORDS[said] if said else ""


def flag_or_text(value: Any) -> bool | str:
    """A bool in whatever form, else text."""
    try:
        return flag(value)
    except Unfit:
        return text(value)


def number(value: Any) -> int | float | str:
    """A number, also in quotes; "" = absent."""
    if type(value) is str:
        said = cleaned(value)
        if not said:
            return ""
        if not _NUMBER.fullmatch(said):
            raise Unfit("BAD_FIELD")
        value = Decimal(said)
    if type(value) is not int and type(value) is not Decimal:
        raise Unfit("BAD_FIELD")
    if type(value) is Decimal:
        if not value.is_finite() or value.adjusted() > _DIGITS:
            raise Unfit("BAD_FIELD")
        if value.adjusted() < -_DIGITS:
            return 0
        if value != value.to_integral_value():
            return float(value)
        value = int(value)
    return value if -_LARGEST <= value < _LARGEST else float(value)


def amount(value: Any) -> int | float | str:
    """A number of days or seconds. A negative one fits no field: mostly it stands for a number that nobody knows."""
    said = number(value)
    if not isinstance(said, str) and said < 0:
        raise Unfit("BAD_FIELD")
    return said


def yuan(value: Any) -> int | float | str:
    """What a verdict cost. More than any does is a slip, or an id in the wrong column; counts would not hold it."""
    said = amount(value)
    if not isinstance(said, str) and said > limits.YUAN:
        raise Unfit("BAD_FIELD")
    return said


def times(value: Any) -> int | str:
    """How often something was done: a whole number from 1 on; what is beyond the limit counts as that."""
    said = number(value)
    if isinstance(said, str):
        return said
    if said < 1 or said != said // 1:
        raise Unfit("BAD_FIELD")
    return min(int(said), limits.BEHAVIOUR_TIMES)


def number_or_text(value: Any) -> int | float | str:
    """A number as such, text as such."""
    return text(value) if type(value) is str else number(value)


def upper(value: Any) -> str:
    """A value of an enumeration whose words are in capitals."""
    return text(value).upper()


def lower(value: Any) -> str:
    """A value of an enumeration whose words are small."""
    return text(value).lower()


def stores(value: Any) -> list[str]:
    """Store codes: a list, or one of them; repeats count once."""
    said = dict.fromkeys(key(one) for one in (value if type(value) is list else [value]) if one is not None)
    said.pop("", None)
    if len(said) > limits.STORES_PER_LEAD:
        raise Unfit("BAD_FIELD")
    return list(said)


def decimal_text(value: int | Decimal) -> str:
    """A number in digits: 101 for 101.0 and 1.01E+2."""
    if type(value) is int:
        return str(value)
    assert isinstance(value, Decimal)
    if not value.is_finite() or not -_DIGITS < value.adjusted() < _DIGITS or len(value.as_tuple().digits) > _DIGITS:
        raise Unfit("BAD_FIELD")
    said = format(value, "f")
    if "." in said:
        said = said.rstrip("0").rstrip(".")
    return "0" if said in ("-0", "") else said


def kept(value: Any) -> Any:
    """A value of `extra`: the same with its strings cleaned, and numbers as every other reader of JSON has them."""
    if type(value) is str:
        return whole(cleaned(value, joiners=True))
    if type(value) is Decimal:
        return float(value) if value.is_finite() else str(value)
    if type(value) is list:
        return [kept(one) for one in value]
    if type(value) is dict:
        return {whole(name): kept(one) for name, one in value.items()}
    return value


def _said(value: Any, *, joiners: bool = False) -> str:
    if type(value) is str:
        return whole(cleaned(value, joiners=joiners))
    if type(value) is not int and type(value) is not Decimal:
        raise Unfit("BAD_FIELD")
    return decimal_text(value)


def _short(said: str) -> str:
    if len(said) > limits.STRING_BYTES or (len(said) > 64 and len(said.encode()) > limits.STRING_BYTES):
        raise Unfit("BAD_FIELD")
    return said
