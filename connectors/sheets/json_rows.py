"""JSON lines, and one array of objects: each object a row. What is no object is a row that is refused."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from connectors.sheets.formats import refused
from connectors.sheets.texts import decoded
from state import limits

_SPACE: Final = re.compile(r"\s*")

Row = tuple[int, dict[str, Any] | str]
"""(line or place in the array, from 1; the object, or the text that is none; "" = blank)."""


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


class Written(str):
    """A number with a point or exponent, as it is written: through a float 1.39E+10 would gain eight digits that nobody gave
    (ruling 78)."""

    __slots__ = ()


def _loads(text: str) -> Any:
    return json.loads(text, parse_float=Written, parse_constant=_no_constant)


def rows(path: Path) -> tuple[Iterator[Row], int, list[str]]:
    """(the rows, about how many, notes). Raises SourceRefused for a file that cannot be read or has too many rows."""
    try:
        text, note = decoded(path.read_bytes())
    except OSError as error:
        raise refused(path, f"cannot be read ({error})", "Make it readable for this user.") from error
    notes = [note] if note else []
    if text.lstrip().startswith("["):
        try:
            values = _loads(text)
        except (ValueError, RecursionError) as error:
            raise refused(
                path, f"begins like a JSON array and is none ({error})", "Mend it, or write one JSON object a line."
            ) from error
        if len(values) > limits.SHEET_ROWS:
            raise refused(path, f"has more than {limits.SHEET_ROWS} rows", "Split it into several files.")
        return _objects(values), len(values), notes
    total = text.count("\n") + 1
    if total > limits.SHEET_ROWS:
        raise refused(path, f"has more than {limits.SHEET_ROWS} rows", "Split it into several files.")
    try:
        whole = _loads(text)
    except (ValueError, RecursionError):
        values = _one_after_the_other(text)
        return (_lines(text), total, notes) if values is None else (_objects(values), len(values), notes)
    return _objects([whole]), 1, notes  # one object over several lines


def _one_after_the_other(text: str) -> list[Any] | None:
    """Objects that stand over several lines each; None where the first line is one by itself, or anything is broken."""
    first = next((line for line in text.split("\n") if line.strip()), "")
    values: list[Any] = []
    decode = json.JSONDecoder(parse_float=Written, parse_constant=_no_constant).raw_decode
    at = 0
    try:
        if first.strip() != "{":
            return None
        while (at := _end_of_space(text, at)) < len(text):
            value, at = decode(text, at)
            values.append(value)
    except (ValueError, RecursionError):
        return None
    return values


def _end_of_space(text: str, at: int) -> int:
    space = _SPACE.match(text, at)
    assert space is not None, "the pattern takes nothing too"
    return space.end()


def _objects(values: list[Any]) -> Iterator[Row]:
    for number, value in enumerate(values, 1):
        yield number, value if isinstance(value, dict) else json.dumps(value, ensure_ascii=False)


def _lines(text: str) -> Iterator[Row]:
    lines = text.split("\n")
    for number, line in enumerate(lines if lines[-1] else lines[:-1], 1):
        bare = line.strip().removeprefix("\ufeff")
        if not bare:
            yield number, ""
            continue
        try:
            value = _loads(bare)
        except (ValueError, RecursionError):
            value = None
        yield number, value if isinstance(value, dict) else bare
