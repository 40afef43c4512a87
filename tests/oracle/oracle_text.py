"""A record's bytes as values: byte order marks, numbers by their literal, unseen characters, halves of pairs (77, 78)."""

from __future__ import annotations

import json
import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

BOM = b"\xef\xbb\xbf"
BLANKS = b" \t\r\n"
FREE_TEXTS = frozenset({"remark", "note", "extra", "intent"})
KEEPS_JOINERS = FREE_TEXTS | {"name"}
MOST_DIGITS = 400  # a number with more is no text of at most 256 bytes, nor an amount


def _span(first: int, last: int) -> str:
    return "".join(map(chr, range(first, last + 1)))


UNSEEN = "\ufeff\u00ad\u200b\u2060" + "\u200e\u200f\u061c" + _span(0x202A, 0x202E) + _span(0x2066, 0x2069)
JOINERS = "\u200d" + _span(0xFE00, 0xFE0F) + _span(0xE0100, 0xE01EF) + _span(0x180B, 0x180D)
NO_UNSEEN = dict.fromkeys(map(ord, UNSEEN))
NO_JOINERS = dict.fromkeys(map(ord, JOINERS))
HALVES = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True)
class Numeral:
    """A JSON number as it is written; never a float, which would lose digits."""

    literal: str

    @property
    def decimal(self) -> Decimal | None:
        """Its value, None where it has more digits than any field can use."""
        value = Decimal(self.literal)
        return value if abs(value.adjusted()) < MOST_DIGITS and len(self.literal) < MOST_DIGITS else None

    def text(self) -> str | None:
        """Its decimal text: 101.0 is 101."""
        value = self.decimal
        if value is None:
            return None
        written = f"{value:f}"
        if "." in written:
            written = written.rstrip("0").rstrip(".")
        return "0" if written == "-0" else written


def without_marks(raw: bytes) -> bytes:
    """The line without byte order marks in front, however many `cat` has left there, and blanks before them."""
    while raw.lstrip(BLANKS).startswith(BOM):
        raw = raw.lstrip(BLANKS)[len(BOM) :]
    return raw


def content(raw: bytes) -> bytes:
    return without_marks(raw).strip(BLANKS)


def read_object(raw: bytes) -> dict[str, Any] | None:
    """The JSON object of a line, its keys read like every string; None where it is none."""
    try:
        record = json.loads(content(raw).decode(), parse_constant=_refuse, parse_int=Numeral, parse_float=Numeral)
    except (ValueError, RecursionError):
        return None
    return {clean(key): value for key, value in record.items()} if isinstance(record, dict) else None


def _refuse(constant: str) -> None:
    raise ValueError(constant)  # NaN and Infinity are no JSON (ruling 55)


def clean(text: str, joiners: bool = False) -> str:
    """A string as it is read: unseen characters out, trimmed, half a surrogate pair as U+FFFD."""
    text = text.translate(NO_UNSEEN)
    if not joiners:
        text = text.translate(NO_JOINERS)
    return HALVES.sub("\ufffd", text).strip()


def clean_all(value: Any, joiners: bool) -> Any:
    """The strings within, whatever holds them; numbers stay as they are written."""
    if isinstance(value, str):
        return clean(value, joiners)
    if isinstance(value, list):
        return [clean_all(item, joiners) for item in value]
    if isinstance(value, dict):
        return {clean(key): clean_all(item, joiners) for key, item in value.items()}
    return value


def has_half(value: Any) -> bool:
    """Whether half a surrogate pair stands in the string, or in one of the list."""
    if isinstance(value, list):
        return any(map(has_half, value))
    return isinstance(value, str) and bool(HALVES.search(value))


def plain(value: Any) -> Any:
    """What is kept as it came (`extra`, `intent`), its numbers as values that compare."""
    if isinstance(value, Numeral):
        number = value.decimal
        if number is None:
            return value.literal
        return int(number) if number == number.to_integral_value() else str(number.normalize())
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return value


def is_format(char: str) -> bool:
    """Shows as nothing: Unicode's format characters and variation selectors, none of which belongs to a number."""
    return unicodedata.category(char) == "Cf" or char in JOINERS
