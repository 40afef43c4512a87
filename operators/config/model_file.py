"""The file of a trained scorecard: what `leadstream train` writes and `score.model` names.

    read(path)     the scorecard, or ValueError with a sentence that says what is wrong and what to do
    document(…)    what is written: JSON, without any date, so that the same training gives the same bytes

`{"format": 1, "digest": …, "fields": [{"name", "missing", "edges", "points"} | {"name", "missing", "values", "other"}],
"calibration": {"sums", "scores"}, "trained": {…}}`; what stands in `trained` is for people and not digested.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any, Final

import msgspec
import orjson

from operators.base.scorecard import FORMAT, LARGEST, Field, Scorecard, is_field, scorecard
from state import limits

_AGAIN: Final = "Train it again: `leadstream train SOURCE --out FILE`."


class _Field(msgspec.Struct, forbid_unknown_fields=True):
    name: str
    missing: int
    edges: list[float] = []
    points: list[int] = []
    values: dict[str, int] | None = None
    other: int = 0


class _Calibration(msgspec.Struct, forbid_unknown_fields=True):
    sums: list[int]
    scores: list[int]


class _Document(msgspec.Struct):
    format: int
    digest: str
    fields: list[_Field]
    calibration: _Calibration
    trained: dict[str, Any] = {}


def digest_of(fields: list[dict[str, Any]], calibration: dict[str, Any]) -> str:
    """12 hex digits of what decides: the same fields, points and calibration have the same one, whenever they were made."""
    canonical = orjson.dumps([FORMAT, fields, calibration], option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(canonical).hexdigest()[:12]


def document(fields: list[dict[str, Any]], calibration: dict[str, Any], trained: dict[str, Any]) -> bytes:
    """The bytes of a scorecard's file."""
    found = {
        "format": FORMAT,
        "digest": digest_of(fields, calibration),
        "fields": fields,
        "calibration": calibration,
        "trained": trained,
    }
    return orjson.dumps(found, option=orjson.OPT_INDENT_2) + b"\n"


def read(path: Path) -> Scorecard:
    """The scorecard in a file."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise ValueError(
            f"The scorecard {path} cannot be read ({error.strerror or error}); "
            "allowed is a file that `leadstream train` wrote, relative to the configuration."
        ) from None
    if len(raw) > limits.SCORECARD_BYTES:
        raise ValueError(f"The scorecard {path} is longer than {limits.SCORECARD_BYTES} bytes. {_AGAIN}")
    try:
        plain = orjson.loads(raw)
        found = msgspec.convert(plain, _Document)
    except (orjson.JSONDecodeError, msgspec.ValidationError) as error:
        raise ValueError(f"The file {path} is no scorecard ({error}). {_AGAIN}") from None
    if found.format != FORMAT:
        raise ValueError(
            f"The scorecard {path} has format {found.format}; this version reads format {FORMAT}. {_AGAIN}"
        )
    if found.digest != digest_of(plain["fields"], plain["calibration"]):
        raise ValueError(f"The scorecard {path} was changed after it was written: its digest does not fit. {_AGAIN}")
    fault = _fault(found)
    if fault:
        raise ValueError(f"The scorecard {path} cannot be used: {fault}. {_AGAIN}")
    steps = found.calibration
    return scorecard(found.digest, tuple(map(_field, found.fields)), tuple(steps.sums), tuple(steps.scores))


def _field(one: _Field) -> Field:
    return Field(one.name, one.missing, tuple(one.edges), tuple(one.points), one.values, one.other)


def _fault(found: _Document) -> str:
    """What a scorecard must be beside its shape; "" = it is."""
    steps = found.calibration
    if len(steps.scores) != len(steps.sums) + 1 or sorted(set(steps.sums)) != steps.sums:
        return "its calibration is no ascending list of steps"
    if not all(0 <= score <= 100 for score in steps.scores):
        return "a score of it lies outside 0 to 100"
    for one in found.fields:
        if not is_field(one.name):
            return f"no raw lead has a field {one.name!r}"
        if one.values is None and (len(one.points) != len(one.edges) + 1 or sorted(set(one.edges)) != one.edges):
            return f"the bins of {one.name} are no ascending list with points for each"
        said = [one.missing, one.other, *one.points, *(one.values or {}).values()]
        if not all(0 <= points <= LARGEST for points in said):
            return f"the points of {one.name} are not all from 0 to {LARGEST}"
    return ""
