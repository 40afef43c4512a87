"""A trained scorecard (评分卡): points per field of a raw lead, and what their sum says in points of 0 to 100 (domain 9).

`leadstream train` makes one from outcomes, `operators.config.model_file` reads it. A raw lead is judged once, when it is
accepted, since only then all its fields are there; the sum is kept with it as one number, the scorecard's own number beside
it, so that sums of another scorecard are never compared with these.
"""

from __future__ import annotations

import copyreg
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Final

from operators.wire.records import RawLeadRecord

FORMAT: Final = 1
LARGEST: Final = (1 << 15) - 1
"""Most points that a sum may have."""
_SHIFT: Final = 16
_TEXTS: Final = ("channel", "account", "campaign", "line", "gender", "province", "city", "series", "model", "origin")
_INTENTS: Final = ("level", "days_to_buy", "budget", "trade_in", "finance")


@dataclass(frozen=True, slots=True)
class Field:
    """One field: the value's bin says its points."""

    name: str
    """As the raw lead has it: `city`, `intent.level`, `extra.KEY`; `given.city` = whether it is there."""
    missing: int
    """Points where the lead does not have it, or says nothing that a number's bins can hold."""
    edges: tuple[float, ...] = ()
    """Of a number: where each bin but the first begins."""
    points: tuple[int, ...] = ()
    """Of a number: one for each bin, one more than edges."""
    values: Mapping[str, int] | None = None
    """Of a text: value → points; None = it is a number."""
    other: int = 0
    """Of a text: points of any other value."""

    def points_of(self, value: object) -> int:
        """Points of one value as the record has it."""
        if value is None or value == "":
            return self.missing
        if self.values is not None:
            return self.values.get(value if type(value) is str else text_of(value), self.other)
        number = number_of(value)
        return self.missing if number is None else self.points[bisect_right(self.edges, number)]


Plan = tuple[tuple[str, "Mapping[str, int] | None", int, Field], ...]
"""Fields that stand in one object: the name there, a text's points by its value and those of any other, the field."""


@dataclass(frozen=True, slots=True)
class Scorecard:
    """Fields with their points, and the score of each sum."""

    digest: str
    """Of fields and calibration, 12 hex digits."""
    fields: tuple[Field, ...]
    sums: tuple[int, ...]
    """Where each step of the calibration but the first begins."""
    scores: tuple[int, ...]
    """0 to 100, one for each step, one more than sums."""
    number: int
    """The first six digits of the digest, by which rows say whose sum they hold; never 0."""
    of_record: Plan
    of_intent: Plan
    of_extra: Plan
    of_given: tuple[tuple[str, int, int], ...]
    """The name in the record, points where it is there, and where it is not."""
    without_intent: int
    """Points of all its fields together where a lead has no `intent`."""
    without_extra: int

    @property
    def reads_extra(self) -> bool:
        """Whether a field of it stands in `extra`."""
        return bool(self.of_extra)

    def judge(self, record: RawLeadRecord) -> int:
        """What a row keeps of a raw lead: the scorecard's number and the sum of its points."""
        total = 0
        value: Any
        for key, values, other, one in self.of_record:
            value = getattr(record, key)
            if value is None:
                total += one.missing
            elif values is not None and type(value) is str:
                total += values.get(value, other)
            else:
                total += one.points_of(value)
        intent = record.intent
        if intent is None:
            total += self.without_intent
        else:
            for key, _, _, one in self.of_intent:
                total += one.points_of(getattr(intent, key))
        extra = record.extra
        if extra is None:
            total += self.without_extra
        else:
            for key, values, other, one in self.of_extra:
                value = extra.get(key)
                if value is None:
                    total += one.missing
                elif values is None:
                    total += one.points[bisect_right(one.edges, value)] if type(value) is int else one.points_of(value)
                elif type(value) is str:
                    total += values.get(value, other)
                else:
                    total += one.points_of(value)
        for key, there, absent in self.of_given:
            total += there if getattr(record, key) else absent
        return self.number << _SHIFT | (total if total < LARGEST else LARGEST)

    def score(self, judged: int) -> int:
        """0 to 100 of what a row keeps; -1 where another scorecard, or none, judged the lead."""
        if judged >> _SHIFT != self.number:
            return -1
        return self.scores[bisect_right(self.sums, judged & (1 << _SHIFT) - 1)]


def number_in(judged: int) -> str:
    """The first six hex digits of the digest of the scorecard that judged, "" = none did."""
    return f"{judged >> _SHIFT:06x}" if judged else ""


def is_field(name: str) -> bool:
    """Whether a raw lead may have a field of this name."""
    head, _, tail = name.partition(".")
    if head == "extra":
        return bool(tail)
    if head == "given":
        return tail in _TEXTS or tail in ("name", "email")
    return tail in _INTENTS if head == "intent" else name in _TEXTS


def scorecard(digest: str, fields: tuple[Field, ...], sums: tuple[int, ...], scores: tuple[int, ...]) -> Scorecard:
    """A scorecard ready to judge: its fields by where they stand, since a lead is judged on the hot path."""
    plans: dict[str, list[tuple[str, Mapping[str, int] | None, int, Field]]] = {"": [], "intent": [], "extra": []}
    given = []
    for one in fields:
        head, _, tail = one.name.partition(".")
        if head == "given":
            given.append((tail, one.points_of("yes"), one.points_of("no")))
            continue
        values = None if one.values is None else {**one.values, "": one.missing}
        plans[head if tail else ""].append((tail or head, values, one.other, one))
    number = int(digest[:6], 16) or 1
    ready = [tuple(plans[head]) for head in ("", "intent", "extra")]
    without = [sum(entry[3].missing for entry in plan) for plan in ready]
    return Scorecard(
        digest, fields, sums, scores, number, ready[0], ready[1], ready[2], tuple(given), without[1], without[2]
    )


def text_of(value: object) -> str:
    """A value as a scorecard's table of texts has it: 2 for 2.0, yes and no for a truth value."""
    if value is True or value is False:
        return "yes" if value else "no"
    if type(value) is float and value.is_integer():
        return str(int(value))
    return str(value).strip()


def number_of(value: object) -> float | None:
    """A value as a number; None where it is none."""
    if type(value) is bool or not isinstance(value, int | float | str):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if found - found == 0 else None  # neither infinite nor NaN


def _parts(one: Any) -> tuple[Any, tuple[Any, ...]]:
    return type(one), tuple(getattr(one, each.name) for each in fields(one))


for _kind in (Field, Scorecard):
    copyreg.pickle(_kind, _parts)
