"""Where a customer lives, and the stores that are near: form, home of the mobile, candidates (ruling 60)."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any, NamedTuple

import phonenumbers
from oracle_rows import Row
from phonenumbers import geocoder

ENDS = ("特别行政区", "维吾尔自治区", "壮族自治区", "回族自治区", "自治区", "自治州", "地区", "省", "市", "盟")
BARE_REGIONS = ("内蒙古", "广西", "西藏", "宁夏", "新疆")
"""As the library writes them before a city: without 自治区."""
BY_THEMSELVES = ("北京", "上海", "天津", "重庆", "香港", "澳门")


class City(NamedTuple):
    """`name` '' where none is known; `came_from` form or home_location."""

    name: str = ""
    province: str = ""
    came_from: str = ""


def bare(name: str) -> str:
    """Without 市, 省, 自治区 and the like."""
    for end in ENDS:
        if name.endswith(end) and len(name) > len(end):
            return name[: -len(end)]
    return name


def city_of(row: Row) -> City:
    """That of the customer's latest raw lead that gives one, else of the mobile's home location."""
    for r in sorted((placed.raw for placed in row.placed.values()), key=lambda r: r.order, reverse=True):
        fields = row.source_of[r.ref].fields
        if fields.get("city"):
            return City(fields["city"], fields.get("province", ""), "form")
    if row.customer.startswith("m:"):
        province, city = home(row.customer[2:])
        if city:
            return City(city, province, "home_location")
    return City()


@functools.cache
def home(mobile: str) -> tuple[str, str]:
    """(province, city) of a mobile, ('', '') where the library names no city."""
    try:
        number = phonenumbers.parse(mobile if mobile.startswith("+") else f"+86{mobile}")
    except phonenumbers.NumberParseException:
        return "", ""
    if number.country_code != 86:
        return "", ""
    return split(str(geocoder.description_for_number(number, "zh")))


def split(place: str) -> tuple[str, str]:
    """'江苏省苏州市' in its province and city, each bare; a country alone is neither."""
    for end in ("自治区", "省"):
        if end in place:
            at = place.index(end) + len(end)
            return bare(place[:at]), bare(place[at:])
    if bare(place) in BY_THEMSELVES:
        return bare(place), bare(place)
    for region in BARE_REGIONS:
        if place.startswith(region):
            return region, bare(place[len(region) :])
    return "", ""


def candidates(stores: Mapping[str, Any] | None, line: str, city: City) -> tuple[frozenset[str], frozenset[str]]:
    """The stores of that city that sell the line, and the further ones of its province, where the stores name theirs."""
    own, near = set(), set()
    for code, table in (stores or {}).items():
        if "lines" in table and line not in table["lines"]:
            continue
        if not city.name:
            continue
        if bare(table.get("city", "")) == bare(city.name):
            own.add(code)
        elif city.province and bare(table.get("province", "")) == bare(city.province):
            near.add(code)
    return frozenset(own), frozenset(near)


def fits(given: list[str], own: frozenset[str], near: frozenset[str], count: int = 3) -> bool:
    """Whether these are recommended stores: as many as there are up to three, the own city's first."""
    first = min(count, len(own))
    rest = min(count - first, len(near))
    wanted = len(given) == len(set(given)) == first + rest
    return wanted and set(given[:first]) <= own and set(given[first:]) <= near
