"""The stores of the simulated car maker: cities, opening hours, calendars (domain 10, ruling 16)."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Any

MAIN_LINE, USED_LINE = "main", "used_car"

# city, province, prefix of its store codes, districts
CITIES = (
    ("上海", "上海", "SH", ("浦东", "闵行", "嘉定", "徐汇", "宝山")),
    ("北京", "北京", "BJ", ("朝阳", "海淀", "丰台", "通州", "大兴")),
    ("广州", "广东", "GZ", ("天河", "番禺", "白云", "黄埔")),
    ("深圳", "广东", "SZ", ("福田", "南山", "龙岗", "宝安")),
    ("杭州", "浙江", "HZ", ("西湖", "滨江", "余杭", "萧山")),
    ("成都", "四川", "CD", ("武侯", "高新", "双流", "龙泉驿")),
    ("重庆", "重庆", "CQ", ("渝北", "南岸", "九龙坡")),
    ("武汉", "湖北", "WH", ("江汉", "武昌", "汉阳")),
    ("南京", "江苏", "NJ", ("鼓楼", "江宁", "浦口")),
    ("苏州", "江苏", "SU", ("工业园", "吴中", "昆山")),
    ("西安", "陕西", "XA", ("雁塔", "未央", "高新")),
    ("天津", "天津", "TJ", ("河西", "滨海", "西青")),
    ("青岛", "山东", "QD", ("市南", "城阳", "黄岛")),
    ("郑州", "河南", "ZZ", ("金水", "郑东", "中原")),
    ("长沙", "湖南", "CS", ("岳麓", "雨花", "星沙")),
    ("沈阳", "辽宁", "SY", ("浑南", "铁西", "和平")),
    ("宁波", "浙江", "NB", ("鄞州", "江北", "北仑")),
    ("合肥", "安徽", "HF", ("包河", "蜀山", "滨湖")),
    ("昆明", "云南", "KM", ("官渡", "盘龙", "呈贡")),
    ("厦门", "福建", "XM", ("思明", "湖里", "集美")),
)
_HOURS = (
    (52, None),
    (18, ("08:30", "20:00")),
    (14, ("09:00", "21:00")),
    (8, ("00:00", "24:00")),
    (5, ("10:00", "02:00")),
    (3, ("20:00", "06:00")),
)


@dataclass(frozen=True, slots=True)
class Store:
    """A store, its place in the registry and the lines it sells. An unregistered code is not in the configuration."""

    code: str
    name: str
    city: int
    lines: tuple[str, ...]
    opens: str | None
    closes: str | None
    calendar: str | None


class Stores:
    """The registry: `per_city[i]` are the stores of `CITIES[i]`, `codes[i, line]` those that sell a line, `selling[line]` all of them;
    `unknown` are codes that it does not hold."""

    def __init__(self, seed: int, count: int, always_open_share: int = 8) -> None:
        rng = Random(f"stores/{seed}")
        weights = [always_open_share if hours and hours[0] == "00:00" else weight for weight, hours in _HOURS]
        self.all: list[Store] = []
        self.per_city: list[list[Store]] = [[] for _ in CITIES]
        for number in range(count):
            # Every city has two stores, the large ones most of the others.
            large = min(int(rng.expovariate(0.16)), len(CITIES) - 1)
            city = number % len(CITIES) if number < 2 * len(CITIES) else large
            name, _, prefix, districts = CITIES[city]
            serial = len(self.per_city[city])
            hours = rng.choices([hours for _, hours in _HOURS], weights)[0]
            store = Store(
                code=f"{prefix}{serial + 1:03d}",
                name=f"{name}{districts[serial % len(districts)]}{'' if serial < len(districts) else serial}店",
                city=city,
                lines=(MAIN_LINE, USED_LINE) if serial % 3 == 0 else (MAIN_LINE,),
                opens=hours[0] if hours else None,
                closes=hours[1] if hours else None,
                calendar="mondays" if rng.random() < 0.05 else "holiday" if rng.random() < 0.3 else None,
            )
            self.all.append(store)
            self.per_city[city].append(store)
        self.codes = {
            (city, line): [store.code for store in self.per_city[city] if line in store.lines]
            for city in range(len(CITIES))
            for line in (MAIN_LINE, USED_LINE)
        }
        self.selling = {
            line: frozenset(store.code for store in self.all if line in store.lines) for line in (MAIN_LINE, USED_LINE)
        }
        self.unknown = [f"X{rng.randrange(10**4):04d}" for _ in range(8)]
        # Three stores release at a capped rate, with hours that end, so that their opening matters.
        self._release = {store.code: rate for store, rate in zip(self._closing(), (2, 5, 1), strict=False)}

    def _closing(self) -> list[Store]:
        return [store for store in self.all if store.opens != "00:00"]

    def tables(self) -> dict[str, Any]:
        """The `[stores]` table."""
        tables: dict[str, Any] = {}
        for store in self.all:
            table: dict[str, Any] = {"name": store.name, "city": CITIES[store.city][0], "lines": list(store.lines)}
            if store.opens and store.closes:
                table["opens"], table["closes"] = store.opens, store.closes
            if store.calendar:
                table["calendar"] = store.calendar
            if store.code in self._release:
                table["release_per_minute"] = self._release[store.code]
            tables[store.code] = table
        return tables
