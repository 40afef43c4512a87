"""Which number digits are (ruling 79, sentence by sentence): mobile, landline, service number, another country's.

Digits can often be cut in more than one way (a landline of seven or eight digits, an extension, a second number). Every
cut that a sentence allows is a candidate, in the order of the ruling; the first one that leaves nothing unread counts.
"""

from __future__ import annotations

import re
from typing import Final

from operators.identity import foreign
from operators.identity.number_kinds import LANDLINE, MOBILE, TEST_NUMBERS, BadPhone, Number
from operators.identity.taken_off import Piece

_EXTENSION_DIGITS: Final = 6
_MOST: Final = 4
"""Numbers that one piece may hold: a bound for how often digits are cut."""
_MOBILE: Final = re.compile(r"0?(1[3-9]\d{9})")
_SEGMENT: Final = re.compile(r"1[0-2]\d{9}")
_SEGMENT_AFTER_ZERO: Final = re.compile(r"0(1[12]\d{9})")
_SERVICE: Final = re.compile(r"0?[48]00\d{7}")
_SHORT_SERVICE: Final = re.compile(r"9[56]\d{3,6}|1[012]\d|1[012]\d{3}")
_SHORT_AREA: Final = re.compile(r"(?:10|2\d)\d{8}")
_LONG_AREA: Final = re.compile(r"[3-9]\d\d\d{7}")
_FOREIGN_DIGITS: Final = range(7, 16)
"""Digits of a number with its country code (E.164: at most 15)."""
_BARE_FOREIGN_DIGITS: Final = 11


def numbers_of(piece: Piece, codes: frozenset[str]) -> list[Number]:
    """The numbers of one piece; raises BadPhone where it is none, or one that no customer has."""
    found = _cut(piece, 0, codes, _MOST)
    if found is None:
        raise BadPhone("BAD_PHONE")
    for number in found:
        if number.fault:
            raise BadPhone(number.fault)
    return found


def _cut(piece: Piece, at: int, codes: frozenset[str], most: int) -> list[Number] | None:
    """The numbers from this digit on, so that nothing is left over; None where no cut does that."""
    digits = piece.digits
    for number in _candidates(piece, at, codes):
        behind = digits[number.end :]
        if not behind:
            return [number]
        gap = piece.gap(number.end)
        begins_extension = "-" in gap or "(" in gap
        run = piece.run_end(number.end)
        if len(behind) <= _EXTENSION_DIGITS:
            if begins_extension and run == len(digits):
                return [number.extended(behind)]
            if "." in gap and not behind.strip("0"):
                return [number]
            continue
        if most == 1:
            continue
        others = _cut(piece, number.end, codes, most - 1)
        if others is not None:
            return [number, *others]
        if begins_extension and run - number.end <= _EXTENSION_DIGITS:
            others = _cut(piece, run, codes, most - 1)
            if others is not None:
                return [number.extended(digits[number.end : run]), *others]
    return None


def _candidates(piece: Piece, at: int, codes: frozenset[str]) -> list[Number]:
    """Every number that may begin at this digit, the likelier first."""
    digits = piece.digits
    found: list[Number] = []
    starts = _behind_86(piece, at)
    coded = "+" in piece.gap(at) or digits.startswith("00", at)
    for start in reversed(starts):
        found += _national(piece, start, china=True, short=coded)
    if not (starts and coded):  # +86 and 0086 are no other country's
        if coded and not _all_same(digits, at):
            found += _with_code(piece, at, codes)
        else:
            if codes and len(digits) - at >= _BARE_FOREIGN_DIGITS and digits[at] not in "01":
                found += _foreign(piece, at, codes, bare=True)
            found += _national(piece, at, china=False, short=True)
    pluses = [where for where, gap in piece.gaps.items() if where > at and "+" in gap and where not in starts]
    return [one for one in found if not any(where < one.end for where in pluses)]


def _all_same(digits: str, at: int) -> bool:
    """Eleven equal digits to the end: a test number (ruling 55)."""
    return len(digits) - at == 11 and digits.count(digits[at], at) == 11


def _behind_86(piece: Piece, at: int) -> list[int]:
    """Where the number begins behind 86 written as +86, 0086 or bare, once or again (a form that adds it a second time)."""
    digits = piece.digits
    found: list[int] = []
    for _ in range(_MOST):
        if digits.startswith("0086", at):
            at += 4
        elif digits.startswith("86", at):
            at += 2
        else:
            break
        found.append(at)
    return found


def _national(piece: Piece, at: int, *, china: bool, short: bool) -> list[Number]:
    """Numbers of mainland China from here. `china`: behind the country code; `short`: 110 and 95588 count too."""
    digits = piece.digits
    if _all_same(digits, at):
        return [Number(MOBILE, digits[at:], len(digits), fault="TEST_NUMBER")]
    found: list[Number] = []
    mobile = _MOBILE.match(digits, at)
    if mobile is not None:
        return [_mobile(mobile.group(1), mobile.end())]
    service = _SERVICE.match(digits, at)
    if service is not None:
        found.append(Number(LANDLINE, service.group(), service.end(), fault="SERVICE_NUMBER"))
    if short and _SHORT_SERVICE.fullmatch(digits, at):
        found.append(Number(LANDLINE, digits[at:], len(digits), fault="SERVICE_NUMBER"))
    if digits.startswith("0", at):
        after_zero = _SEGMENT_AFTER_ZERO.match(digits, at)
        if after_zero is not None:
            found.append(_mobile(after_zero.group(1), after_zero.end()))
        return found + _landlines(piece, at + 1, unusual=False)
    segment = _SEGMENT.match(digits, at)
    if segment is not None and not (digits.startswith("10", at) and piece.gap(at + 2)):
        found.append(_mobile(segment.group(), segment.end()))
    return found + _landlines(piece, at, unusual=not china)


def _mobile(number: str, end: int) -> Number:
    return Number(MOBILE, number, end, fault="TEST_NUMBER" if number in TEST_NUMBERS else "")


def _landlines(piece: Piece, at: int, *, unusual: bool) -> list[Number]:
    """A landline whose area code, without its 0, begins here. `unusual`: the 0 is not written."""
    digits = piece.digits
    short = _SHORT_AREA.match(digits, at)
    if short is not None:
        ends = [short.end()]
    else:
        area = _LONG_AREA.match(digits, at)
        if area is None:
            return []
        seven = area.end()
        gap = piece.gap(seven)
        eight = [seven + 1] if seven < len(digits) else []
        # The first dash or bracket behind a complete number begins the extension, also where eight digits would do; and
        # the .0 of a sheet is no eighth digit.
        short_first = "-" in gap or "(" in gap or (gap == "." and not digits[seven:].strip("0"))
        ends = [seven, *eight] if short_first else [*eight, seven]
    if unusual:  # without the 0 only whole runs: in the midst of other digits it would be read into anything
        ends = [end for end in ends if end == len(digits) or piece.gap(end)]
    return [Number(LANDLINE, "0" + digits[at:end], end, unusual=unusual) for end in ends]


def _with_code(piece: Piece, at: int, codes: frozenset[str]) -> list[Number]:
    """A number with a written country code that is not 86."""
    digits = piece.digits
    start = at + 2 if digits.startswith("00", at) else at
    if digits.startswith("0", start):  # no country code begins with 0: a plus before a national number
        found = _national(piece, start, china=False, short=False)
        return [Number(one.kind, one.text, one.end, unusual=True, fault=one.fault) for one in found]
    found = []
    mobile = _MOBILE.match(digits, start)
    if mobile is not None and "1" not in codes:
        found.append(
            Number(MOBILE, mobile.group(1), mobile.end(), unusual=True, fault=_mobile(mobile.group(1), 0).fault)
        )
    return found + _foreign(piece, start, codes, bare=False)


def _foreign(piece: Piece, at: int, codes: frozenset[str], *, bare: bool) -> list[Number]:
    """Another country's number, up to the next plus; E.164 where its region is named, else FOREIGN_NUMBER."""
    digits = piece.digits
    end = min((where for where, gap in piece.gaps.items() if where > at and "+" in gap), default=len(digits))
    found: list[Number] = []
    gaps = [where for where in piece.gaps if at < where < end]
    ends = [end]
    if len(gaps) == 1 and end - gaps[0] <= _EXTENSION_DIGITS and piece.gap(gaps[0]) in ("-", "("):
        ends.insert(0, gaps[0])  # written as one run, so that what stands behind it is an extension
    for stop in ends:
        number = foreign.e164(digits[at:stop], codes) if codes else ""
        if number:
            found.append(Number(MOBILE, number, stop))
    if not bare and end - at in _FOREIGN_DIGITS:
        found.append(Number(MOBILE, digits[at:end], end, fault="FOREIGN_NUMBER"))
    return found
