"""Telephone numbers of the simulated people, their written forms, and numbers that are none (domain 4, ruling 39).

A number is a bijection of an index, so two people never share one by accident, whatever the seed. Each kind of number
has prefixes of its own. Numbers that a validator could take for a test number are moved to a prefix kept for them.
"""

from __future__ import annotations

from random import Random

MOBILE, VIRTUAL, ODD, LANDLINE = "mobile", "virtual", "odd", "landline"

_MOBILE_PREFIXES = tuple(
    [
        "130",
        "131",
        "132",
        "133",
        "134",
        "135",
        "136",
        "137",
        "138",
        "139",
        "145",
        "147",
        "149",
        "150",
        "151",
        "152",
        "153",
        "155",
        "156",
        "157",
        "158",
        "159",
        "166",
        "172",
        "173",
        "175",
        "176",
        "177",
        "178",
        "180",
        "181",
        "182",
        "183",
        "184",
        "185",
        "186",
        "187",
        "188",
        "189",
        "191",
    ]
)
_VIRTUAL_PREFIXES = ("162", "165", "167", "170", "171")
# 10x, 11x and 12x are admitted with a warning; 110, 120, 123 and 10086 would look like service numbers.
_ODD_PREFIXES = ("113", "115", "116", "124", "127", "129")
_SPARE_PREFIX = "198"
_RUN_PREFIX = "199"
_AREAS = tuple(
    [
        "010",
        "020",
        "021",
        "022",
        "023",
        "024",
        "025",
        "027",
        "028",
        "029",
        "0311",
        "0351",
        "0371",
        "0411",
        "0431",
        "0451",
        "0512",
        "0531",
        "0571",
        "0591",
        "0755",
    ]
)
_SUSPICIOUS = {f"{digit}" * 8 for digit in range(10)} | {"12345678", "23456789", "87654321", "98765432", "00138000"}
_SUSPICIOUS_RANK = {text: rank for rank, text in enumerate(sorted(_SUSPICIOUS))}
_FULL_WIDTH = str.maketrans("0123456789", "\uff10\uff11\uff12\uff13\uff14\uff15\uff16\uff17\uff18\uff19")

JUNK_REASONS = ("BAD_PHONE", "SERVICE_NUMBER", "TEST_NUMBER")


class Numbers:
    """Numbers by index. The same (seed, kind, index) is always the same number; different indexes are different
    numbers as long as they stay below the size of the kind (mobile 4e9, landline 1.4e9, odd 6e8, virtual 5e8)."""

    def __init__(self, seed: int) -> None:
        rng = Random(f"numbers/{seed}")
        self._factor = rng.randrange(10**8, 9 * 10**8) * 210 + 1
        self._shift = rng.randrange(10**9)

    def canonical(self, kind: str, index: int) -> str:
        """The normalised number: 11 digits of a mobile, or a landline with its area code."""
        if kind == LANDLINE:
            area, local = divmod(self._scatter(index, len(_AREAS) * 7 * 10**7), 7 * 10**7)
            return f"{_AREAS[area]}{local + 2 * 10**7}"
        prefixes = _PREFIXES[kind]
        block, local = divmod(self._scatter(index, len(prefixes) * 10**8), 10**8)
        suffix = f"{local:08d}"
        if kind == MOBILE and suffix in _SUSPICIOUS:
            return f"{_SPARE_PREFIX}{block:02d}{_SUSPICIOUS_RANK[suffix]:02d}4137"
        return prefixes[block] + suffix

    def run_member(self, run: int, member: int) -> str:
        """One of the consecutive numbers (后3位连号) of a number run: same first 8 digits, suffixes 314, 315, …"""
        return f"{_RUN_PREFIX}{self._scatter(run, 10**5):05d}{314 + member:03d}"

    def _scatter(self, index: int, size: int) -> int:
        # The factor is 1 modulo 2, 3, 5 and 7, the only primes of the sizes above: so this is a bijection.
        return (index * self._factor + self._shift) % size


_PREFIXES = {MOBILE: _MOBILE_PREFIXES, VIRTUAL: _VIRTUAL_PREFIXES, ODD: _ODD_PREFIXES}


def written_mobile(number: str, choice: int) -> str | int | float:
    """A mobile as a channel would write it; `choice` is any non-negative integer."""
    pick = choice % 40
    if pick < 22:
        return number
    return _MOBILE_FORMS[pick - 22](number)


_MOBILE_FORMS = (
    lambda n: f"{n[:3]} {n[3:7]} {n[7:]}",
    lambda n: f"{n[:3]}-{n[3:7]}-{n[7:]}",
    lambda n: f"+86 {n}",
    lambda n: f"+86{n}",
    lambda n: f"+86-{n}",
    lambda n: f"0086{n}",
    lambda n: f"86{n}",
    lambda n: f"0{n}",
    lambda n: n.translate(_FULL_WIDTH),
    lambda n: f" {n} ",
    lambda n: f"{n}.0",
    lambda n: f"+86 {n[:3]} {n[3:7]} {n[7:]}",
    lambda n: f"0086 {n[:3]}-{n[3:7]}-{n[7:]}",
    int,
    int,
    int,
    int,
    float,
)


def written_landline(number: str, choice: int) -> str:
    """A landline (area code and local number, perhaps `-extension`) as a channel would write it."""
    digits, _, extension = number.partition("-")
    cut = 3 if digits[:2] in ("01", "02") else 4
    area, local = digits[:cut], digits[cut:]
    pick = choice % 6
    text = (
        f"{area}-{local}",
        digits,
        f"{area} {local[:4]} {local[4:]}",
        f"+86 {area[1:]} {local}",
        f"{area}-{local[:4]}-{local[4:]}",
        digits.translate(_FULL_WIDTH),
    )[pick]
    if extension:
        text += (f"-{extension}", f"转{extension}", f" ext {extension}")[choice // 6 % 3]
    return text


def junk(rng: Random, good: str) -> tuple[str | int, str]:
    """Something that stands where a number should: (what is written, the reason code it is refused with)."""
    pick = rng.randrange(12)
    if pick == 0:
        return rng.choice(("4008001234", "400-820-8820", "8008101234", "95533", "95588", "110", "120")), JUNK_REASONS[1]
    if pick == 1:
        return rng.choice(("13800138000", "11111111111", "+86 13800138000", 13800138000)), JUNK_REASONS[2]
    other = good[:10] + ("8" if good.endswith("7") else "7")  # the same number twice would be one (ruling 79)
    forms: tuple[str | int, ...] = (
        good[:10],
        good[:8],
        good + "5",
        int(good[:9]),
        f"{good[:3]}****{good[7:]}",
        f"{good}/{other}",
        f"2{good[1:]}",
        "无",
        "没有电话",
        f"6{good[4:]}",
    )
    return forms[pick - 2], JUNK_REASONS[0]
