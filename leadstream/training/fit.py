"""Fitting a scorecard: each field in bins, a logistic regression over them, its weights as whole points.

Twenty points more double the odds. Points that are zero for a field's worst bin are easy to read, and their sum says the
probability by one formula, so the calibration is a table of steps.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections import Counter
from typing import Any, Final

import numpy as np
from sklearn.linear_model import LogisticRegression

from leadstream.training.examples import Examples
from operators.base.scorecard import LARGEST, Field, number_of, text_of

DOUBLE_ODDS: Final = 20
"""Points that double the odds."""
_FACTOR: Final = DOUBLE_ODDS / math.log(2)
_STRENGTH: Final = 0.5
"""Inverse strength of the regression's penalty on large weights."""
_MOST_BINS, _PER_BIN = 12, 50
_MOST_VALUES: Final = 200
_FEW_NUMBERS: Final = 5
"""A field with so few different numbers is read like a text."""


class Bins:
    """How one field is cut: code 0 = missing; of a text 1 = any other value, then each value; of a number each bin."""

    def __init__(self, name: str, values: list[Any]) -> None:
        self.name = name
        given = [value for value in values if value is not None and value != ""]
        numbers = [number for value in given if (number := number_of(value)) is not None]
        few = len(values) // _PER_BIN
        self.is_number = len(numbers) == len(given) and len(set(numbers)) > _FEW_NUMBERS
        self.edges: list[float] = []
        self.values: list[str] = []
        if self.is_number:
            count = max(2, min(_MOST_BINS, few))
            cuts = np.quantile(np.array(numbers), np.linspace(0, 1, count + 1)[1:-1])
            self.edges = sorted({float(cut) for cut in cuts if cut > min(numbers)})
        else:
            least = max(5, min(20, few))
            counted = Counter(map(text_of, given))
            self.values = sorted(value for value, n in counted.most_common(_MOST_VALUES) if n >= least)
        self._places = {value: place for place, value in enumerate(self.values, 2)}

    @property
    def size(self) -> int:
        """Codes that there are."""
        return 2 + (len(self.edges) if self.is_number else len(self.values))

    def code(self, value: Any) -> int:
        """The code of one value."""
        if value is None or value == "":
            return 0
        if not self.is_number:
            return self._places.get(text_of(value), 1)
        number = number_of(value)
        return 0 if number is None else 1 + bisect_right(self.edges, number)

    def field(self, points: list[int]) -> Field:
        """The field with these points, one for each code."""
        if self.is_number:
            return Field(self.name, points[0], tuple(self.edges), tuple(points[1:]))
        values = dict(zip(self.values, points[2:], strict=True))
        return Field(self.name, points[0], (), (), values, points[1])


class Card:
    """A fitted scorecard."""

    def __init__(self, fields: list[Field], base: float) -> None:
        self.fields = fields
        most = sum(max([one.missing, one.other, *one.points, *(one.values or {}).values()]) for one in fields)
        scores = [_score(base, total) for total in range(min(most, LARGEST) + 1)]
        steps = [place for place in range(1, len(scores)) if scores[place] != scores[place - 1]]
        self.sums = steps
        self.scores = [scores[0], *(scores[step] for step in steps)]

    def score(self, row: dict[str, Any]) -> int:
        """0 to 100, as the engine reads the card."""
        total = sum(one.points_of(row.get(one.name)) for one in self.fields)
        return self.scores[bisect_right(self.sums, total)]

    def plain_fields(self) -> list[dict[str, Any]]:
        """As they stand in the file."""
        return [
            {"name": one.name, "missing": one.missing, "edges": list(one.edges), "points": list(one.points)}
            if one.values is None
            else {"name": one.name, "missing": one.missing, "values": dict(one.values), "other": one.other}
            for one in self.fields
        ]

    def plain_calibration(self) -> dict[str, Any]:
        """As it stands in the file."""
        return {"sums": self.sums, "scores": self.scores}


def _score(base: float, total: int) -> int:
    odds = base + total / _FACTOR
    return round(100 / (1 + math.exp(-max(-500.0, min(500.0, odds)))))


def fit(examples: Examples, chosen: Any = None) -> Card:
    """The scorecard of the examples; `chosen` = their places, None = all of them."""
    places = range(len(examples.rows)) if chosen is None else chosen
    rows = [examples.rows[place] for place in places]
    won = np.array([examples.won[place] for place in places])
    bins = [Bins(name, [row.get(name) for row in rows]) for name in examples.fields]
    starts = np.cumsum([0, *(one.size for one in bins)])
    matrix = np.zeros((len(rows), int(starts[-1])))
    for start, one in zip(starts, bins, strict=False):
        codes = [one.code(row.get(one.name)) for row in rows]
        matrix[np.arange(len(rows)), int(start) + np.array(codes)] = 1.0
    model = LogisticRegression(C=_STRENGTH, solver="newton-cholesky", max_iter=200).fit(matrix, won)
    base = float(model.intercept_[0])
    fields = []
    for start, one in zip(starts, bins, strict=False):
        weights = [float(weight) for weight in model.coef_[0][int(start) : int(start) + one.size]]
        least = min(weights)
        base += least
        fields.append(one.field([round(_FACTOR * (weight - least)) for weight in weights]))
    return Card(fields, base)
