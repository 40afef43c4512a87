"""What a scorecard is worth: on leads that it has not seen, beside two models without its limits, in one table.

Stratified five-fold: each fifth is judged by what the other four have taught. AUC is the chance that of a won and a lost lead
the won one has the higher score; the expected calibration error (ECE) is how far scores and rates lie apart, over ten bins.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, NamedTuple

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold
from sklearn.preprocessing import StandardScaler

from leadstream.training.examples import Examples
from leadstream.training.fit import Bins, fit
from operators.base.scorecard import number_of

FOLDS: Final = 5
_SEED: Final = 20_240_101
_TELLS_ALL: Final = 0.9
"""A field that alone says the outcome so well was mostly written after it was known."""
CARD: Final = "points scorecard"
LOGISTIC: Final = "logistic regression"
BOOSTED: Final = "histogram gradient boosting"


class Worth(NamedTuple):
    """One model on leads that it has not seen."""

    model: str
    auc: float
    ece: float


def compared(examples: Examples, said: Callable[[str], None]) -> list[Worth]:
    """The scorecard, and the two others on the same fields and folds."""
    won = np.array(examples.won)
    seen = {name: np.zeros(len(won)) for name in (CARD, LOGISTIC, BOOSTED)}
    plain = _plain(examples)
    for number, (taught, asked) in enumerate(_folds(won), 1):
        said(f"fold {number} of {FOLDS}")
        card = fit(examples, taught)
        seen[CARD][asked] = [card.score(examples.rows[place]) / 100 for place in asked]
        seen[LOGISTIC][asked] = _logistic(plain, won, taught, asked)
        seen[BOOSTED][asked] = _boosted(plain, won, taught, asked)
    return [
        Worth(name, float(roc_auc_score(won, chances)), calibration_error(chances, won))
        for name, chances in seen.items()
    ]


def _folds(won: Any) -> Any:
    return StratifiedKFold(FOLDS, shuffle=True, random_state=_SEED).split(won, won)


def calibration_error(chances: Any, won: Any) -> float:
    """The expected calibration error over ten bins of equal width."""
    bins = np.minimum((np.asarray(chances) * 10).astype(int), 9)
    error = 0.0
    for one in range(10):
        there = bins == one
        if there.any():
            error += abs(float(np.mean(chances[there])) - float(np.mean(won[there]))) * float(np.mean(there))
    return error


class _Plain(NamedTuple):
    """The examples for models that are no scorecard."""

    numbers: Any
    """NaN = missing."""
    codes: Any
    """Of texts."""
    sizes: list[int]


def _plain(examples: Examples) -> _Plain:
    numbers, codes, sizes = [], [], []
    for name in examples.fields:
        values = [row.get(name) for row in examples.rows]
        bins = Bins(name, values)
        if bins.is_number:
            numbers.append([float(number_of(value) or 0.0) if bins.code(value) else np.nan for value in values])
        else:
            codes.append([bins.code(value) for value in values])
            sizes.append(bins.size)
    count = len(examples.rows)
    return _Plain(np.array(numbers).reshape(-1, count).T, np.array(codes, dtype=int).reshape(-1, count).T, sizes)


def _logistic(plain: _Plain, won: Any, taught: Any, asked: Any) -> Any:
    middle = [
        np.nanmedian(column[taught]) if not np.all(np.isnan(column[taught])) else 0.0 for column in plain.numbers.T
    ]
    filled = np.where(np.isnan(plain.numbers), np.array(middle), plain.numbers)
    parts = [np.eye(size)[plain.codes[:, place]] for place, size in enumerate(plain.sizes)]
    if filled.shape[1]:
        parts.append(StandardScaler().fit(filled[taught]).transform(filled))
    matrix = np.hstack(parts)
    model = LogisticRegression(solver="newton-cholesky", max_iter=200).fit(matrix[taught], won[taught])
    return model.predict_proba(matrix[asked])[:, 1]


def _boosted(plain: _Plain, won: Any, taught: Any, asked: Any) -> Any:
    matrix = np.hstack([plain.codes.astype(float), plain.numbers])
    texts = list(range(len(plain.sizes)))
    model = HistGradientBoostingClassifier(random_state=_SEED, categorical_features=texts or None)
    return model.fit(matrix[taught], won[taught]).predict_proba(matrix[asked])[:, 1]


def without_hindsight(examples: Examples) -> Examples:
    """The same without fields that alone say nearly everything: such a field was mostly written after the outcome was
    known, and no new lead will have it."""
    won = np.array(examples.won)
    kept, left_out = [], []
    for name in examples.fields:
        values = [row.get(name) for row in examples.rows]
        bins = Bins(name, values)
        codes = np.array([bins.code(value) for value in values])
        rates = np.zeros(len(won))
        for taught, asked in _folds(won):
            count = np.bincount(codes[taught], minlength=bins.size)
            sold = np.bincount(codes[taught], weights=won[taught], minlength=bins.size)
            rates[asked] = ((sold + won.mean()) / (count + 1))[codes[asked]]
        auc = float(roc_auc_score(won, rates))
        if auc > _TELLS_ALL:
            left_out.append(
                f"{name.removeprefix('extra.')} is left out: alone it tells the outcome with AUC {auc:.3f}, as what is "
                "written afterwards does; name it with --field if it is known when a lead comes in."
            )
        else:
            kept.append(name)
    return examples.only(kept or examples.fields, left_out if kept else [])
