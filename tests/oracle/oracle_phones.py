"""Phone forms of domain 4, rulings 39 and 55: what was submitted, and which number, or which fault, it is."""

import re
from dataclasses import dataclass
from typing import Any

BAD_PHONE, BAD_FIELD, SERVICE_NUMBER, TEST_NUMBER = "BAD_PHONE", "BAD_FIELD", "SERVICE_NUMBER", "TEST_NUMBER"

# Full-width forms to ASCII, the many dashes to one.
ASCII_FORMS = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | dict.fromkeys(
    map(ord, "‐‑‒–—―−－﹣－"), ord("-")
)
BRACKETS = str.maketrans("", "", "()")
EXTENSION = re.compile(r"(.*?)(?:转|ext[.:]?)(.*)", re.IGNORECASE)
MOBILE = re.compile(r"1\d{10}")  # 11 digits, leading 1: the seed's rule
AREA = r"0(?:10|2\d|[3-9]\d{2})"
LANDLINE = re.compile(AREA + r"\d{7,8}")
AREA_ALONE = re.compile(AREA)
LOCAL = re.compile(r"\d{7,8}")
EXTENSION_DIGITS = re.compile(r"[0-9]{1,6}")  # longer is a second number
COUNTRY = re.compile(r"(?:\+86|0086|86)-*")
SERVICE = re.compile(r"[48]00\d{7}|95\d{3}|11[0249]|12[02]|100\d{2}|12\d{3}")
TEST = re.compile(r"13800138000|(\d)\1{10}")


@dataclass(frozen=True)
class Number:
    """One field that was given: a mobile, a landline, or the code of its fault."""

    mobile: str = ""
    landline: str = ""  # area code + number, then -extension
    fault: str = ""


def read_number(value: Any) -> Number | None:
    """The number in a phone or landline field, whichever it holds; None where the field is absent or empty."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return Number(fault=BAD_FIELD)  # ruling 57
    if isinstance(value, str) and len(value.encode()) > 256:
        return Number(fault=BAD_FIELD)
    text = "".join(_text(value).translate(ASCII_FORMS).translate(BRACKETS).split())
    text = text.removesuffix(".0")
    if not text:
        return None
    main, extension = text, ""
    marked = EXTENSION.fullmatch(text)
    if marked:
        main, extension = marked.groups()
        if not EXTENSION_DIGITS.fullmatch(extension.strip("-")):
            return Number(fault=SERVICE_NUMBER if _is(SERVICE, main) else BAD_PHONE)
        extension = extension.strip("-")
    for country in (False, True):
        rest = main
        if country:
            prefix = COUNTRY.match(main)
            if not prefix:
                break
            rest = main[prefix.end() :]
        found = _domestic(rest, extension, country)
        if found:
            return found
    return Number(fault=BAD_PHONE)


def _domestic(main: str, extension: str, after_country: bool) -> Number | None:
    """The number without its country code; None where it is none."""
    groups = [group for group in main.split("-") if group]
    if not groups or not all(re.fullmatch("[0-9]+", group) for group in groups):
        return None
    whole = "".join(groups)
    if TEST.fullmatch(whole) or TEST.fullmatch(whole.removeprefix("0")):
        return Number(fault=TEST_NUMBER)
    if not extension:
        for mobile in (whole, whole.removeprefix("0")):
            if MOBILE.fullmatch(mobile):
                return Number(mobile=mobile)
    for main_groups in (groups, groups[:-1]):  # a service number may have an extension too
        if SERVICE.fullmatch("".join(main_groups)):
            return Number(fault=SERVICE_NUMBER)
    variants = [groups]
    if after_country and not whole.startswith("0"):
        variants.append(["0" + groups[0], *groups[1:]])  # a landline gets its 0 back
    for parts in variants:
        landline = _landline(parts, extension)
        if landline:
            return Number(landline=landline)
    return None


def _landline(groups: list[str], extension: str) -> str:
    """`area-number`, `areanumber`, each with a further group as the extension; other groupings are joined."""
    head, rest = "", groups
    if LANDLINE.fullmatch(groups[0]):
        head, rest = groups[0], groups[1:]
    elif len(groups) > 1 and AREA_ALONE.fullmatch(groups[0]) and LOCAL.fullmatch(groups[1]):
        head, rest = groups[0] + groups[1], groups[2:]
    elif LANDLINE.fullmatch("".join(groups)):
        head, rest = "".join(groups), []
    elif len(groups) > 2 and LANDLINE.fullmatch("".join(groups[:-1])):
        head, rest = "".join(groups[:-1]), groups[-1:]
    if not head or len(rest) > 1 or (rest and extension):
        return ""
    if rest:
        extension = rest[0]
    if extension and not EXTENSION_DIGITS.fullmatch(extension):
        return ""
    return f"{head}-{extension}" if extension else head


def _is(form: re.Pattern[str], text: str) -> bool:
    return bool(form.fullmatch(text.replace("-", "")))


def _text(value: str | int | float) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


@dataclass(frozen=True)
class Contact:
    """What the two fields of one record say together; `faults` is empty where it is accepted."""

    customer: str = ""  # 'm:' + mobile, else 'l:' + landline, '' where there is no number
    mobile: str = ""
    landline: str = ""
    faults: frozenset[str] = frozenset()


def read_contact(phone: Any, landline: Any) -> Contact:
    """The contact of a record: the mobile is the identity, else the landline, the field `phone` before the other."""
    numbers = [number for number in (read_number(phone), read_number(landline)) if number]
    faults = frozenset(number.fault for number in numbers if number.fault)
    mobile = next((number.mobile for number in numbers if number.mobile), "")
    line = next((number.landline for number in numbers if number.landline), "")
    if mobile or line:  # a bad number beside a good one is let pass, a wrong type is not (rulings 55, 57)
        faults &= {BAD_FIELD}
    return Contact(f"m:{mobile}" if mobile else f"l:{line}" if line else "", mobile, line, faults)
