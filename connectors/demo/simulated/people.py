"""The simulated people: each one person, one or two telephone numbers, a city."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

from connectors.demo.simulated import phones
from connectors.demo.simulated.stores import CITIES

_SURNAMES = "王李张刘陈杨黄赵周吴徐孙马朱胡郭何林高罗郑梁谢宋唐许邓冯韩曹曾彭萧蔡潘田董袁于余叶蒋杜苏魏程吕丁沈任姚卢"
_GIVEN = [
    "伟",
    "芳",
    "娜",
    "敏",
    "静",
    "丽",
    "强",
    "磊",
    "军",
    "洋",
    "勇",
    "艳",
    "杰",
    "娟",
    "涛",
    "明",
    "超",
    "秀英",
    "霞",
    "平",
    "刚",
    "桂英",
    "建国",
    "建华",
    "志强",
    "晓燕",
    "雪梅",
    "海燕",
    "俊杰",
    "宇轩",
    "子涵",
    "浩然",
    "欣怡",
    "思远",
    "文博",
    "佳琪",
    "梓萱",
    "国栋",
    "玉兰",
    "春梅",
    "小龙",
    "天宇",
    "晨",
    "鑫",
    "鹏",
    "飞",
    "斌",
    "波",
    "辉",
    "宁",
]


@dataclass(slots=True)
class Identity:
    """One number of a person; the strongest identity mode knows customers by it alone (ruling 23)."""

    kind: str
    number: str


@dataclass(slots=True)
class Person:
    """A person: `key` names him in the truth; `identities` are the numbers he leaves, in order."""

    key: str
    identities: list[Identity]
    name: str
    gender: str
    city: int
    unionid: str | None
    # One store and line only, so that an activity may name the person alone (ruling 26).
    solo: bool
    intentions: int = 0
    stores: set[str] = field(default_factory=set)

    def new_intention(self) -> str:
        """A name for the next purchase intention, which is one unique lead."""
        self.intentions += 1
        return f"{self.key}.{self.intentions}"


class People:
    """Draws people; index → person is fixed up to the draws of `rng`."""

    def __init__(self, seed: int, numbers: phones.Numbers) -> None:
        self._seed = seed
        self._numbers = numbers

    def person(
        self, index: int, rng: Random, *, wechat_first: bool = False, run: tuple[int, int] | None = None
    ) -> Person:
        """Person number `index`; `run` = (run, member) gives a number of a number run instead of his own."""
        draw = rng.random()
        kind = phones.MOBILE
        if run is None and not wechat_first and draw < 0.052:
            kind = phones.VIRTUAL if draw < 0.04 else phones.LANDLINE if draw < 0.05 else phones.ODD
        if run is not None:
            identity = Identity(phones.MOBILE, self._numbers.run_member(*run))
        else:
            identity = Identity(kind, self._number(kind, index, draw))
        identities = [identity]
        if wechat_first:
            identities.insert(0, Identity(phones.LANDLINE, self._number(phones.LANDLINE, index, draw)))
        has_wechat = wechat_first or rng.random() < 0.2
        return Person(
            key=f"c{index:07d}",
            identities=identities,
            name=rng.choice(_SURNAMES) + rng.choice(_GIVEN),
            gender=("M", "F", "")[int(rng.random() * 3)],
            city=min(int(rng.expovariate(0.16)), len(CITIES) - 1),
            unionid=f"oU{self._seed % 10**6:06d}-{index:09d}" if has_wechat else None,
            solo=rng.random() < 0.4,
        )

    def _number(self, kind: str, index: int, draw: float) -> str:
        number = self._numbers.canonical(kind, index)
        if kind == phones.LANDLINE and int(draw * 10**6) % 4 == 0:
            return f"{number}-{100 + index % 900}"
        return number
