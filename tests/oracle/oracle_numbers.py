"""Written forms of a number (ruling 79): the digits, what stands between them, and what they can be read as.

A text becomes its digits and the *gap* before each: `-` dash, `s` blank or dot, `(` `)` brackets, `+`, `M` extension
mark, `T` other letters, `P` other signs. Which digits make a number is then a matter of counting, and every reading that
uses all of them is tried in the order of the ruling.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from decimal import Decimal
from itertools import pairwise

import phonenumbers
from oracle_text import is_format

BAD_PHONE, SERVICE_NUMBER, TEST_NUMBER, FOREIGN_NUMBER = "BAD_PHONE", "SERVICE_NUMBER", "TEST_NUMBER", "FOREIGN_NUMBER"
UNUSUAL, SEGMENT = "UNUSUAL", "SEGMENT"

SERVICE = re.compile(r"[48]00\d{7}|95\d{3}|11[0249]|12[02]|100\d{2}|12\d{3}")
TEST = re.compile(r"0?13800138000|(\d)\1{10}")
MASKED = re.compile(r"[*×✱●■◆★☆]|[xX]{2}|\d[xX]\W*$")
FRONT = " '\"‘’“”`´="
SCIENTIFIC = re.compile(r"\+?(\d+)(?:\.(\d+))?[eE]([+-]?\d{1,3})")
FRACTION = re.compile(r"([^.]*\d)\.0+")
MARK_WORDS = ("ext", "extn", "extension", "x")
MARKS = re.compile(r"转分机号|转分机|分机号|分机|转|[A-Za-z]+|[#,]")
DASHES = "\u2212ー~_"
MOST_EXTENSION = 6
MOST_DIGITS = 66  # six mobiles; the ways to read more are too many to be tried
ANOTHER_NUMBER = 7  # digits behind a complete number that are no extension


@dataclass(frozen=True)
class Number:
    """What a field says: a mobile, a landline (area code + number, -extension), both, or the code of its fault."""

    mobile: str = ""
    landline: str = ""
    fault: str = ""
    flags: frozenset[str] = field(default_factory=frozenset)

    def unusual(self) -> Number:
        return replace(self, flags=self.flags | {UNUSUAL})

    def extended(self, extension: str) -> Number:
        if self.fault or not extension:
            return self
        if self.landline:
            return replace(self, landline=f"{self.landline}-{extension}")
        return replace(self, mobile=f"{self.mobile}-{extension}").unusual()


WORDS_BEHIND = re.compile(r"(.*\d)\s+\d{1,6}(?!x|X|ext|转|分)[^\W\d_]\D*")  # 8点后打: the digit belongs to the words


def read(text: str, countries: tuple[str, ...] = ("CN",), literal: bool = False) -> Number | None:
    """`read_whole`, else without words behind that begin with digits."""
    number = read_whole(text, countries, literal)
    words = WORDS_BEHIND.fullmatch(text)
    if number and number.fault and words:
        without = read_whole(words[1], countries)
        if without and not without.fault:
            return without.unusual()
    return number


def read_whole(text: str, countries: tuple[str, ...] = ("CN",), literal: bool = False) -> Number | None:
    """The number of a text, None where it is empty; `literal` where it is a JSON number, so a dot is its decimal point."""
    text = ascii_forms(text).strip()
    if not text:
        return None
    text = text.lstrip(FRONT)
    if MASKED.search(text) or text.startswith("-"):
        return Number(fault=BAD_PHONE)
    digits = [at for at, char in enumerate(text) if char.isdigit()]
    if not 0 < len(digits) <= MOST_DIGITS:
        return Number(fault=BAD_PHONE)
    first = text.index("+") if "+" in text[: digits[0]] else digits[0]
    text = text[first : digits[-1] + 1]
    readings = [
        together(numbers) for variant in decimals(text, literal) for numbers in _Reading(variant, countries).numbers(0)
    ]
    good = [number for number in readings if number.fault != BAD_PHONE]
    return next(iter(good), Number(fault=BAD_PHONE))


def ascii_forms(text: str) -> str:
    """Digits, dashes, brackets and full-width signs in one form each; what shows as nothing is out."""
    chars = []
    for char in text:
        category = unicodedata.category(char)
        if is_format(char):
            continue
        if category == "Nd":
            char = str(unicodedata.decimal(char))
        elif 0xFF01 <= ord(char) <= 0xFF5E:
            char = chr(ord(char) - 0xFEE0)
            category = unicodedata.category(char)
        if category == "Pd" or char in DASHES:
            char = "-"
        elif category in ("Ps", "Pe"):
            char = "(" if category == "Ps" else ")"
        elif char.isspace():
            char = " "
        chars.append(char)
    return "".join(chars)


def decimals(text: str, literal: bool) -> Iterator[str]:
    """The text without exponent and `.0…`; a dot may instead be a separator, in a text."""
    scientific = SCIENTIFIC.fullmatch(text)
    if scientific:
        whole, fraction, shift = scientific[1], scientific[2] or "", int(scientific[3])
        value = Decimal(f"{whole}.{fraction or 0}").scaleb(shift)
        if shift <= len(fraction) and value == value.to_integral_value():  # all digits are written
            yield f"{value:f}".partition(".")[0]
        return
    fraction_less = FRACTION.fullmatch(text)
    if fraction_less:
        yield fraction_less[1]
    if not (literal and set(text) & set(".eE")):
        yield text


def together(numbers: list[Number]) -> Number:
    """The same twice is one, a mobile and a landline are both given, else more than one number can be read."""
    distinct = list({(n.mobile, n.landline, n.fault): n for n in reversed(numbers)}.values())
    if len(distinct) == 1:
        return distinct[0]
    mobiles, landlines = [n for n in distinct if n.mobile], [n for n in distinct if n.landline]
    if len(distinct) == 2 and mobiles and landlines:
        return Number(mobiles[0].mobile, landlines[0].landline, flags=mobiles[0].flags | landlines[0].flags)
    return Number(fault=BAD_PHONE)


def gap_of(text: str) -> str:
    """What stands between two digits, a letter a sign."""
    found, at = "", 0
    for match in MARKS.finditer(text):
        found += "".join(map(_sign, text[at : match.start()]))
        word = match[0].lower()
        found += "M" if not word.isascii() or not word.isalpha() or word in MARK_WORDS else "T"
        at = match.end()
    return found + "".join(map(_sign, text[at:]))


def _sign(char: str) -> str:
    if char in "-()+":
        return char
    if char in " .":
        return "s"
    return "T" if char.isalpha() else "P"


class _Reading:
    """All readings of one text, each as the numbers it holds."""

    def __init__(self, text: str, countries: tuple[str, ...]):
        at = [n for n, char in enumerate(text) if char.isdigit()]
        self.digits = "".join(text[n] for n in at)
        self.gaps = [text[: at[0]]] + [gap_of(text[one + 1 : two]) for one, two in pairwise(at)]
        self.end = len(at)
        self.countries = countries

    def gap(self, at: int) -> str:
        return self.gaps[at] if at < self.end else ""

    def take(self, at: int, count: int) -> str:
        """That many digits with nothing but separators between them, '' where they are not there."""
        if at + count > self.end or any(set(gap) - set("s-()") for gap in self.gaps[at + 1 : at + count]):
            return ""
        return self.digits[at : at + count]

    def begins_extension(self, at: int) -> bool:
        gap = self.gap(at)
        return bool(set(gap) & set("-()M")) and not set(gap) - set("s-()MP")

    def numbers(self, at: int) -> Iterator[list[Number]]:
        """Every way in which all digits from here on are numbers, the most likely first."""
        for number, end in self.first(at):
            yield from self.followed(number, end)

    def followed(self, number: Number, end: int) -> Iterator[list[Number]]:
        """The number with its extension and what comes behind."""
        left = self.end - end
        if not left:
            yield [number]
        if left >= ANOTHER_NUMBER:
            yield from ([number, *others] for others in self.numbers(end))
        if left and self.begins_extension(end):
            stop = end + 1
            while stop < self.end and not self.gap(stop):
                stop += 1
            extended = number.extended(self.digits[end:stop])
            if stop - end > MOST_EXTENSION:
                return
            if stop == self.end:
                yield [extended]
            elif self.end - stop >= ANOTHER_NUMBER:
                yield from ([extended, *others] for others in self.numbers(stop))
        elif "T" in self.gap(end) and left < ANOTHER_NUMBER:
            yield [number.unusual()]  # words with a digit among them: there is still one number

    # -- one number: what it is and where it ends ------------------------------------------------------------------------

    def first(self, at: int) -> Iterator[tuple[Number, int]]:
        plus = "+" in self.gap(at)
        for start in self.behind_86(at):
            yield from self.chinese(start, behind_code=True)
        if tests := list(self.whole(at, TEST, TEST_NUMBER)):
            yield from tests
            return
        for number, end in self.mobile(at, "[3-9]"):
            yield (number.unusual() if plus else number), end
        start = at + 2 if self.digits.startswith("00", at) else at
        if (plus or start > at) and (code := self.code(start)):
            yield from self.foreign(start, code)
            return
        for number, end in self.chinese(at, behind_code=False):
            yield (number.unusual() if plus else number), end

    def behind_86(self, at: int) -> Iterator[int]:
        """Where the number begins behind 86, +86, 0086, once or twice; nothing where it is not there."""
        for _ in range(2):
            count = 4 if self.digits.startswith("0086", at) else 2 if self.digits.startswith("86", at) else 0
            if not count or not self.take(at, count) or at + count >= self.end:
                return
            at += count
            if set(self.gap(at)) - set("s-()+"):
                return
            yield at

    def code(self, at: int) -> int:
        """The country code that is written here, 0 where none is (86 is read elsewhere)."""
        for count in (1, 2, 3):
            code = self.take(at, count)
            if code and code[0] != "0" and int(code) in phonenumbers.COUNTRY_CODE_TO_REGION_CODE:
                return 0 if code == "86" else int(code)
        return 0

    def foreign(self, at: int, code: int) -> Iterator[tuple[Number, int]]:
        """Behind a written code: an accepted number of a named region, else FOREIGN_NUMBER."""
        if any(region in self.countries for region in phonenumbers.COUNTRY_CODE_TO_REGION_CODE[code]):
            stops = [self.end, *(n for n in range(at + 1, self.end) if self.begins_extension(n))]
            for stop in stops:
                e164 = possible(self.take(at, stop - at))
                if e164:
                    yield Number(mobile=e164), stop
        yield Number(fault=FOREIGN_NUMBER), self.end

    def chinese(self, at: int, behind_code: bool) -> Iterator[tuple[Number, int]]:
        """Of ruling 79's sentences the first that fits; the landline's own 0 is given back behind a country code."""
        if tests := list(self.whole(at, TEST, TEST_NUMBER)):
            yield from tests
            return
        yield from self.mobile(at, "[3-9]")
        begins, digits = self.digits[at : at + 3], self.digits[at:]
        if begins.startswith("0") and begins not in ("011", "012"):
            yield from self.landline(at, "")
            return
        of_two = begins.startswith(("10", "2"))
        if of_two and self.gap(at + 2) and self.take(at, 3):
            yield from self.eaten(at, behind_code)
            return
        if digits.startswith("10") and self.begins_extension(at + 10):
            yield from self.eaten(at, behind_code)
        for number, end in self.mobile(at, "[0-2]"):
            yield replace(number, flags=frozenset({SEGMENT})), end
        if services := list(self.whole(at, SERVICE, SERVICE_NUMBER)):
            yield from services
            return
        if not behind_code:
            yield from self.named_country(at)
        yield from self.eaten(at, behind_code)

    def whole(self, at: int, form: re.Pattern[str], fault: str) -> Iterator[tuple[Number, int]]:
        """A service or test number, with whatever extension."""
        for stop in self.stops(at):
            if form.fullmatch(self.take(at, stop - at)):
                yield Number(fault=fault), stop

    def stops(self, at: int) -> list[int]:
        """Where a number may end: before an extension, before anything that does not separate digits, at the end."""
        inner = [n for n in range(at + 1, self.end) if self.begins_extension(n) or set(self.gap(n)) - set("s-()")]
        return [self.end, *inner]

    def mobile(self, at: int, second: str) -> Iterator[tuple[Number, int]]:
        """Eleven digits, one 0 before them passed over."""
        for start in (at, at + 1):
            mobile = self.take(start, 11)
            led = start == at or self.take(at, 2).startswith("0")
            if led and re.fullmatch(rf"1{second}\d{{9}}", mobile):
                yield Number(mobile=mobile), start + 11

    def named_country(self, at: int) -> Iterator[tuple[Number, int]]:
        """Eleven or more digits that begin with the code of a named country and are possible there."""
        for stop in self.stops(at):
            digits = self.take(at, stop - at)
            code = self.code(at)
            if len(digits) < 11 or not code:
                continue
            if any(region in self.countries for region in phonenumbers.COUNTRY_CODE_TO_REGION_CODE[code]):
                e164 = possible(digits)
                if e164:
                    yield Number(mobile=e164), stop

    def eaten(self, at: int, behind_code: bool) -> Iterator[tuple[Number, int]]:
        """A landline without its 0: as after a country code, else as a sheet leaves it."""
        for number, end in self.landline(at, "0"):
            yield (number if behind_code else number.unusual()), end

    def landline(self, at: int, zero: str) -> Iterator[tuple[Number, int]]:
        """Area code 010, 02x and 8 digits, or 0[3-9]xx and 7 or 8; complete with 7 where an extension begins there."""
        digits = zero + self.digits[at:]
        if re.match(r"010|02\d", digits):
            counts = [11]
        elif re.match(r"0[3-9]\d\d", digits):
            seven = at + 11 - len(zero)
            counts = [11] if self.begins_extension(seven) else [12, 11] if self.gap(seven) else [12]
            if seven == self.end:
                counts = [11]
        else:
            return
        for count in counts:
            end = at + count - len(zero)
            whole = self.take(at, end - at)
            if whole:
                yield Number(landline=zero + whole), end


def possible(digits: str) -> str:
    """E.164 of the digits behind a plus, '' where the library does not take them for a possible number."""
    try:
        number = phonenumbers.parse("+" + digits)
    except phonenumbers.NumberParseException:
        return ""
    if not digits or not phonenumbers.is_possible_number(number):
        return ""
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
