"""Home location (号码归属地) of numbers of mainland China: province and city (domain 8, ruling 60).

Source: the geographic data of `phonenumbers`, dated by the library's version. Ported numbers and newer segments may have
none. The data of all countries are loaded with the first question (0.8 s, 100 MB), those of China are kept and the rest is
dropped; nothing but a question loads them.
"""

from __future__ import annotations

import sys
from functools import lru_cache
from typing import Final, NamedTuple

from operators.identity.foreign import version

DATED: Final = ("9.0.43", "2026-11-06")
"""The library's version in the lock, and the day on which its data were made: the library does not say it itself."""
_CODE: Final = "86"
_LANGUAGE: Final = "zh"
_MUNICIPALITIES: Final = ("北京", "天津", "上海", "重庆")
"""Provinces that are a city as well (直辖市)."""
_PROVINCES: Final = (
    "北京", "天津", "上海", "重庆", "河北", "山西", "内蒙古", "辽宁", "吉林", "黑龙江", "江苏", "浙江", "安徽", "福建", "江西", "山东",
    "河南", "湖北", "湖南", "广东", "广西", "海南", "四川", "贵州", "云南", "西藏", "陕西", "甘肃", "青海", "宁夏", "新疆",
)  # fmt: skip
_AFTER_PROVINCE: Final = ("省", "壮族自治区", "回族自治区", "维吾尔自治区", "自治区")
_NO_MOBILE: Final = ("10", "11", "12")
"""Mobiles that no operator gives out: their first digits are read as the landlines of Beijing otherwise."""
_DATA: Final = "phonenumbers.geodata"


class Home(NamedTuple):
    """Where a number was given out; "" for what the data do not say."""

    province: str
    """Without 省 and the like: 江苏, 内蒙古."""
    city: str
    """As the data write it: 常州市, 锡林郭勒盟; a municipality stands in both, 上海 and 上海市."""


NOWHERE: Final = Home("", "")


def source() -> str:
    """What the data are and of which day, for people."""
    installed = version()
    known, day = DATED
    return f"phonenumbers {installed}, data of {day if installed == known else 'another day than is known here'}"


def home_of(number: str) -> Home:
    """The home of an identity as `phones.normalise` gives it; an extension changes nothing. Other countries': nowhere."""
    bare = number.partition("-")[0]
    if not bare.isdigit() or bare.startswith(_NO_MOBILE):
        return NOWHERE
    known = _descriptions()
    digits = bare.removeprefix("0")
    for length in range(min(len(digits), _longest()), 0, -1):
        described = known.get(digits[:length])
        if described:
            return _split(described)
    return NOWHERE


@lru_cache(maxsize=1)
def provinces() -> dict[str, str]:
    """City as the data write it → its province without 省 and the like."""
    return {home.city: home.province for home in map(_split, set(_descriptions().values())) if home.city}


@lru_cache(maxsize=1)
def _descriptions() -> dict[str, str]:
    """National prefix → description, of China."""
    before = set(sys.modules)
    from phonenumbers.geodata import GEOCODE_DATA

    known = {
        prefix[len(_CODE) :]: words[_LANGUAGE]
        for prefix, words in GEOCODE_DATA.items()
        if prefix.startswith(_CODE) and _LANGUAGE in words
    }
    if _DATA not in before:  # nobody else had asked for them
        for name in [name for name in sys.modules if name == _DATA or name.startswith(_DATA + ".")]:
            del sys.modules[name]
    return known


@lru_cache(maxsize=1)
def _longest() -> int:
    return max(map(len, _descriptions()))


def _split(described: str) -> Home:
    """浙江省杭州市 → 浙江, 杭州市; 新疆乌鲁木齐市 → 新疆, 乌鲁木齐市; 上海市 → 上海, 上海市."""
    for province in _PROVINCES:
        if described.startswith(province):
            if province in _MUNICIPALITIES:
                return Home(province, f"{province}市")
            city = described.removeprefix(province)
            for word in _AFTER_PROVINCE:
                city = city.removeprefix(word)
            # Several places share a prefix: the first is the prefecture, the rest are its counties.
            return Home(province, city.partition("、")[0])
    return NOWHERE
