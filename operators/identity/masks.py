"""Numbers inside other texts: found by their digits, whatever stands between them (rulings 37 and 81)."""

from __future__ import annotations

import unicodedata

from operators.identity.phones import masked


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
