"""What is taken off a written number before its digits are read (ruling 79), and how the rest falls into pieces."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from operators.identity.number_kinds import BadPhone

_ASCII: Final = {ord(one): "-" for one in "_~"} | {ord(one): "(" for one in "[{<"} | {ord(one): ")" for one in "]}>"}
_DASHES: Final = "\u2212\u30fc\u2500\u2501"
_DOTS: Final = "\u00b7\u30fb\u2027\u2219\u22c5\u3002"
_QUOTES: Final = " '\"=`´‘’‚‛“”„‟′″«»"
_DROPPED: Final = frozenset({"Cf", "Mn", "Me"})
"""Categories that show as nothing or as an ornament of the digit before (a keycap); case of numbers copied from pages."""
_NEGATIVE: Final = re.compile(r"[-−]\d")
_LABEL: Final = re.compile(r"[^\d+(]*")
_EXPONENT: Final = re.compile(r"\+?(\d+)(?:\.(\d*))?e([+-]?\d{1,3})")
_THOUSANDS: Final = re.compile(r"\d{1,3}(?:,\d{3}){2,}(?:\.0+)?")
_MASKED: Final = re.compile(r"\d *[*●○•×█]|[*●○•×█] *\d|\d *x{2,}|x{2,} *\d|\dx+$")
_DIGITS: Final = re.compile(r"([0-9]+)")
_SEPARATORS: Final = re.compile(r"[ \-.()+]*")
_SEPARATORS_BEHIND: Final = re.compile(r"[ \-.()+]*$")
_AROUND_MARK: Final = " -.():;=+,"
_MARKS: Final = frozenset(
    {
        "转",
        "轉",
        "分机",
        "分機",
        "转分机",
        "轉分機",
        "分机号",
        "分机号码",
        "转分机号",
        "转接",
        "ext",
        "extn",
        "extension",
        "x",
        "#",
    }
)


class Piece:
    """Digits with nothing but separators between them."""

    __slots__ = ("digits", "gaps", "marked")

    def __init__(self, marked: bool) -> None:
        self.digits = ""
        self.gaps: dict[int, str] = {}
        """Index of a digit → the separators before it; inside a run of digits there is none."""
        self.marked = marked
        """A mark of an extension stands before it."""

    def gap(self, at: int) -> str:
        """The separators before the digit at this index."""
        return self.gaps.get(at, "")

    def run_end(self, at: int) -> int:
        """Index behind the run of digits that begins at `at`."""
        return min((one for one in self.gaps if one > at), default=len(self.digits))


def pieces(written: str) -> list[Piece]:
    """The pieces of a written number, marks and labels taken off. Raises BadPhone where it is negative or masked, and for
    an exponent whose digits are not all written."""
    text = unicodedata.normalize("NFKC", written)
    text = "".join([one for one in text if unicodedata.category(one) not in _DROPPED]).strip().strip(_QUOTES)
    if _NEGATIVE.match(text):
        raise BadPhone("BAD_PHONE")
    text = _plain(text)
    bare = text[_LABEL.match(text).end() :]  # type: ignore[union-attr]
    exponent = _EXPONENT.fullmatch(bare)
    if exponent is not None:
        text = _written_out(*exponent.groups())
    elif _THOUSANDS.fullmatch(bare):
        text = bare.replace(",", "")
    if _MASKED.search(text):
        raise BadPhone("BAD_PHONE")
    return _pieces(text)


def _plain(text: str) -> str:
    """Digits of every script, dashes, dots, brackets and spaces as ASCII; letters small."""
    text = text.translate(_ASCII)
    if not text.isascii():
        text = "".join([one if one.isascii() else _plain_character(one) for one in text])
    return " ".join(text.lower().split())


def _plain_character(one: str) -> str:
    digit = unicodedata.digit(one, None)
    if digit is not None:
        return str(digit)
    category = unicodedata.category(one)
    if category == "Pd" or one in _DASHES:
        return "-"
    if one in _DOTS:
        return "."
    if category == "Ps":
        return "("
    return ")" if category == "Pe" else one


def _written_out(whole: str, fraction: str | None, exponent: str) -> str:
    """The digits of 1.3912345678E+10: a spreadsheet that shows fewer than the number has does not know the rest."""
    digits = whole + (fraction or "")
    behind = len(fraction or "") - int(exponent)
    if behind < 0 or behind >= len(digits) or digits[len(digits) - behind :].strip("0"):
        raise BadPhone("BAD_PHONE")
    return digits[: len(digits) - behind]


def _pieces(text: str) -> list[Piece]:
    parts = _DIGITS.split(text)
    found: list[Piece] = []
    for at in range(1, len(parts), 2):
        between = parts[at - 1]
        if not found or not _SEPARATORS.fullmatch(between):
            core = between.strip(_AROUND_MARK)
            found.append(Piece(bool(found) and (core in _MARKS or (not core and "," in between))))
            behind = _SEPARATORS_BEHIND.search(between)
            between = "" if behind is None else behind.group()
        piece = found[-1]
        if between:
            piece.gaps[len(piece.digits)] = between
        elif piece.digits:  # cannot be: two runs without anything between are one
            continue
        piece.digits += parts[at]
    return found
