"""Three recommended stores (推荐门店) for a customer who named none (ruling 60)."""

from __future__ import annotations

import re
from collections import defaultdict
from functools import lru_cache
from hashlib import blake2b
from typing import Final

from operators.base.rules import Rules, Store
from operators.identity.home import provinces

RECOMMENDED: Final = 3
_NATIONS: Final = (
    "哈尼", "柯尔克孜", "蒙古", "布依", "土家", "景颇", "哈萨克", "朝鲜", "傈僳", "彝", "藏", "傣", "回", "苗", "羌", "白", "侗",
    "壮", "满",
)  # fmt: skip
_LEVEL: Final = re.compile(
    rf"(?:特别行政区|(?:壮族|回族|维吾尔)?自治区|(?:(?:{'|'.join(_NATIONS)})族?)*自治州|地区|省|市|盟)$"
)
"""What stands behind the name of a city or province (市, 省, 自治区 and the like), with the nations of an autonomous one."""


def bare(name: str) -> str:
    """A city or province as it is compared: 上海市 → 上海, 广西壮族自治区 → 广西."""
    short = _LEVEL.sub("", name.strip())
    return short or name.strip()


@lru_cache(maxsize=1)
def _provinces() -> dict[str, str]:
    return {bare(city): province for city, province in provinces().items()}


def province_of(city: str) -> str:
    """The province in which a city lies, by its bare name; "" where the data do not name it."""
    return _provinces().get(city, "")


class _Map:
    """The stores of a configuration by city and by province, made once."""

    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        self.by_city: dict[str, list[Store]] = defaultdict(list)
        for store in (rules.stores or {}).values():
            if store.city:
                self.by_city[bare(store.city)].append(store)
        self._by_province: dict[str, list[Store]] | None = None

    def of_province(self, province: str) -> list[Store]:
        """The stores of a province; where a city lies is asked for the first time that a city has too few stores."""
        if self._by_province is None:
            self._by_province = defaultdict(list)
            for city, stores in self.by_city.items():
                self._by_province[province_of(city)] += stores
        return self._by_province.get(province, [])


_maps: list[_Map] = []


def _map_of(rules: Rules) -> _Map:
    if not _maps or _maps[0].rules is not rules:
        _maps[:] = [_Map(rules)]
    return _maps[0]


def stores(one_id: str, province: str, city: str, line: str, rules: Rules) -> list[Store]:
    """At most three stores that sell the line: those of the city, then those of its province; within each by rendezvous hash
    of customer and store, so that customers spread evenly and a replay recommends the same."""
    if not rules.stores or not (city or province):
        return []
    known = _map_of(rules)
    own = bare(city) if city else ""
    found = _ranked(one_id, known.by_city.get(own, []) if own else [], line)
    if len(found) < RECOMMENDED:
        around = bare(province) if province else province_of(own)
        others = known.of_province(around) if around else []
        found += _ranked(one_id, [store for store in others if bare(store.city) != own], line)
    return found[:RECOMMENDED]


def _ranked(one_id: str, candidates: list[Store], line: str) -> list[Store]:
    selling = [store for store in candidates if store.lines is None or line in store.lines]
    return sorted(selling, key=lambda store: (_weight(one_id, store.code), store.code), reverse=True)[:RECOMMENDED]


def _weight(one_id: str, store: str) -> bytes:
    return blake2b(f"{one_id}\0{store}".encode(), digest_size=8).digest()
