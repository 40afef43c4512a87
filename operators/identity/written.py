"""Any written form of a number (ruling 79): what the pieces of it say together."""

from __future__ import annotations

import re
from typing import Final

from operators.identity.digits import numbers_of
from operators.identity.number_kinds import LANDLINE, MOBILE, BadPhone, Number
from operators.identity.taken_off import Piece, pieces

_ANOTHER: Final = 7
"""Digits from which a piece is another number and no extension, house number or hour."""
_MOST_PIECES: Final = 64
"""A text with more holds a list, not a number."""
_REMARK: Final = re.compile(r"(.*\d)\s+\d{1,6}(?!x|X|ext|转|轉|分)[^\W\d_]\D*")
"""Words behind a number that begin with digits (8点后打); a digit behind a blank is else one of the number."""


def read(written: str, codes: frozenset[str]) -> tuple[str, str, bool]:
    """(mobile or "", landline or "", unusual) of a written number; each with its extension.

    `codes`: calling codes of the other countries that are taken. Raises BadPhone with the code of the fault where no
    number or more than one can be read.
    """
    try:
        return _read(written, codes)
    except BadPhone:
        remark = _REMARK.fullmatch(written)
        if remark is None:
            raise
        try:
            mobile, landline, _ = _read(remark[1], codes)
        except BadPhone:
            pass
        else:
            return mobile, landline, True
        raise


def _read(written: str, codes: frozenset[str]) -> tuple[str, str, bool]:
    numbers: list[Number] = []
    faults: list[str] = []
    loose = 0
    last: Number | None = None
    parts = pieces(written)
    if len(parts) > _MOST_PIECES:
        raise BadPhone("BAD_PHONE")
    for piece in parts:
        if piece.marked and last is not None and not last.extension and _extends(piece):
            if last.fault == "":
                numbers[-1] = last.extended(piece.digits)
            last = None
            continue
        try:
            numbers += numbers_of(piece, codes)
            last = numbers[-1]
        except BadPhone as bad:
            last = None
            code = str(bad.args[0])
            if code != "BAD_PHONE":
                last = Number(MOBILE, "", 0, fault=code)
            if code == "BAD_PHONE" and len(piece.digits) < _ANOTHER:
                loose += 1
            elif code != "SERVICE_NUMBER" or len(piece.digits) >= _ANOTHER or len(parts) == 1 or not numbers:
                faults.append(code)
            else:
                loose += 1
    if faults or not numbers:
        raise BadPhone(faults[0] if len(faults) == 1 and not numbers else "BAD_PHONE")
    return _together(numbers, loose > 0)


def _extends(piece: Piece) -> bool:
    """Whether the digits behind a mark are an extension: one run of at most six."""
    return len(piece.digits) < _ANOTHER and piece.run_end(0) == len(piece.digits)


def _together(numbers: list[Number], unusual: bool) -> tuple[str, str, bool]:
    """The same number twice is one; a mobile and a landline count as given in both fields; else more than one."""
    of_kind = {MOBILE: "", LANDLINE: ""}
    for number in numbers:
        identity = number.identity()
        if of_kind[number.kind] not in ("", identity):
            raise BadPhone("BAD_PHONE")
        of_kind[number.kind] = identity
        unusual = unusual or number.unusual
    return of_kind[MOBILE], of_kind[LANDLINE], unusual
