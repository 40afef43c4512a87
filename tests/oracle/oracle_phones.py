"""The two number fields of a record together: who the customer is, or which field is at fault (rulings 39, 55, 57, 79)."""

from dataclasses import dataclass, field
from typing import Any

from oracle_numbers import BAD_PHONE, Number, read
from oracle_text import Numeral, has_half

__all__ = ["Contact", "Number", "read_contact", "read_number"]

BAD_FIELD = "BAD_FIELD"


def read_number(value: Any, countries: tuple[str, ...] = ("CN",)) -> Number | None:
    """The number in a phone or landline field, whichever it holds; None where the field is absent or empty."""
    if value is None:
        return None
    if isinstance(value, Numeral):
        return read(value.literal, countries, literal=True)
    if not isinstance(value, str) or has_half(value):
        return Number(fault=BAD_FIELD)  # ruling 57
    if len(value.encode()) > 256:
        return Number(fault=BAD_PHONE)  # no number can be read there; beside a good one that costs nothing (55)
    return read(value, countries)


@dataclass(frozen=True)
class Contact:
    """What the two fields of one record say together; `faults` are (field, code), none where it is accepted."""

    customer: str = ""  # 'm:' + mobile, else 'l:' + landline, '' where there is no number
    mobile: str = ""
    landline: str = ""
    faults: frozenset[tuple[str, str]] = frozenset()
    flags: frozenset[str] = field(default_factory=frozenset)


def read_contact(phone: Any, landline: Any, countries: tuple[str, ...] = ("CN",)) -> Contact:
    """The contact of a record: the mobile is the identity, else the landline, the field `phone` before the other."""
    named = {"phone": read_number(phone, countries), "landline": read_number(landline, countries)}
    numbers = {name: number for name, number in named.items() if number}
    faults = frozenset((name, number.fault) for name, number in numbers.items() if number.fault)
    mobile = next((number for number in numbers.values() if number.mobile), Number())
    line = next((number for number in numbers.values() if number.landline), Number())
    customer = f"m:{mobile.mobile}" if mobile.mobile else f"l:{line.landline}" if line.landline else ""
    if customer:  # a bad number beside a good one is let pass, a wrong type is not (rulings 55, 57)
        faults = frozenset(fault for fault in faults if fault[1] == BAD_FIELD)
    return Contact(customer, mobile.mobile, line.landline, faults, mobile.flags | line.flags)
