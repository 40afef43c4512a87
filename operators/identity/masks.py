"""Numbers inside other texts: found by their digits, whatever stands between them (rulings 37 and 81)."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from operators.identity.phones import masked

_GROUP: Final = re.compile(r"\d+")
_BETWEEN: Final = re.compile(r"[ \-_./()]{1,3}")
_NUMBER: Final = re.compile(r"(?:0{0,2}86)?(1[3-9]\d{9})|(0(?:10|2\d)\d{8}|0[3-9]\d{9,10})")
_DIGITS: Final = 15
"""Of the longest number that is looked for, 0086 and a mobile."""
_MAIL: Final = re.compile(r"[\w.+-]+@[\w-]+\.[\w.]+")


def without_number(text: str, number: str) -> str:
    """`text` with each place masked that holds the digits of `number`, its extension passed over. Digits of any script count;
    what stands between them does not, and goes with them."""
    bare = number.partition("-")[0]
    wanted = "".join(letter for letter in bare if letter in "0123456789")
    if not wanted:
        return text
    places = [place for place, letter in enumerate(text) if letter.isdecimal()]
    digits = "".join(str(unicodedata.decimal(text[place])) for place in places)
    parts: list[str] = []
    begin = 0
    at = digits.find(wanted)
    while at >= 0:
        parts += [text[begin : places[at]], masked(bare).removeprefix("+")]
        begin = places[at + len(wanted) - 1] + 1
        at = digits.find(wanted, at + len(wanted))
    return "".join(parts) + text[begin:]


def without_contacts(text: str) -> str:
    """An id of which nobody knows whose numbers it may hold: what has the form of a mobile or of a landline with its area code
    is masked, separators passed over, an address of e-mail removed. A longer number is none: its digits are an id's."""
    groups = list(_GROUP.finditer(text))
    parts: list[str] = []
    begin = first = 0
    while first < len(groups):
        last, number = _number_from(text, groups, first)
        if number:
            parts += [text[begin : groups[first].start()], masked(number)]
            begin = groups[last].end()
        first = last + 1
    return _MAIL.sub("(mail)", "".join(parts) + text[begin:])


def _number_from(text: str, groups: list[re.Match[str]], first: int) -> tuple[int, str]:
    """(last group, number) of the number that begins at this group of digits; "" = none does."""
    digits = ""
    for place in range(first, len(groups)):
        group = groups[place]
        if place > first and not _BETWEEN.fullmatch(text, groups[place - 1].end(), group.start()):
            break
        digits += "".join(str(unicodedata.decimal(digit)) for digit in group[0])
        if len(digits) > _DIGITS:
            break
        found = _NUMBER.fullmatch(digits)
        if found is not None:
            return place, found[1] or found[2]
    return first, ""
