"""The result file beside the input: every row as it was, and its fate; to be corrected and imported again.

NAME.result.csv for sheets, NAME.result.jsonl for JSON lines.

The table is UTF-8 with a byte order mark, which spreadsheet programs need to read Chinese text. A cell that would be taken
for a formula gets a quote in front, so that opening the file runs nothing; an import takes the quote off again. It holds
what the input holds, phones in clear too, and is readable for its owner alone.
"""

from __future__ import annotations

import contextlib
import csv
import filecmp
import json
import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final, Literal, Protocol

from connectors.sheets.headings import OWN, OWN_PREFIX, is_own
from operators.wire.streams import FieldFault
from state import errors, limits

Fate = Literal["imported", "refused", "repeated", "blank", "heading"]

LINE_KEY: Final = f"{OWN_PREFIX}line"
"""Holds a line that is no JSON object, in a result of JSON lines."""
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
_RESULT: Final = re.compile(r"\.result(?:-\d+)?$")


def free_path(source: Path, ending: str) -> tuple[Path, list[Path]]:
    """(where the result of this input goes, the earlier ones): NAME.result.csv, or with the next free number. An earlier one
    may hold somebody's corrections and is never overwritten."""
    base = _RESULT.sub("", source.stem)
    there: list[Path] = []
    for number in range(1, limits.RESULT_FILES + 1):
        path = source.with_name(f"{base}.result{'' if number == 1 else f'-{number}'}{ending}")
        if not path.exists():
            return path, there
        there.append(path)
    raise errors.Refused(
        f"{source.parent} holds {limits.RESULT_FILES} result files of {base}.",
        "Delete those that are not needed, then import again.",
    )


def without_quote(text: str) -> str:
    """A cell as it was before `_safe`."""
    return text[1:] if text.startswith("'") and text[1:].startswith(_FORMULA) else text


def _safe(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text


def words(faults: Iterable[FieldFault]) -> tuple[str, str, str]:
    """(codes, fields, hints) of a row, each as one text and each word once."""
    faults = tuple(faults)
    return (
        " ".join(dict.fromkeys(one.code for one in faults)),
        " ".join(dict.fromkeys(one.field for one in faults if one.field)),
        " ".join(dict.fromkeys(one.hint for one in faults)),
    )


class Results(Protocol):
    """Where rows and their fates are written down, in their order."""

    def headings(self, headings: Iterable[str]) -> None:
        """A table begins."""

    def row(
        self,
        sheet: str,
        number: int,
        cells: list[str],
        fate: Fate,
        faults: Iterable[FieldFault] = (),
        source_id: str = "",
    ) -> None:
        """One row of the table begun last."""

    def line(
        self, number: int, row: dict[str, Any] | str, fate: Fate, faults: Iterable[FieldFault] = (), source_id: str = ""
    ) -> None:
        """One row of JSON lines."""


class ResultFile:
    """Written under a temporary name beside its place; `publish` gives it its name, `drop` removes it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
        try:
            descriptor = os.open(self._temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        except OSError as error:
            raise errors.of_disk(error, f"writing the result beside the input, {path}") from error
        is_table = path.suffix == ".csv"
        encoding = "utf-8-sig" if is_table else "utf-8"
        self._file = os.fdopen(descriptor, "w", encoding=encoding, errors="replace", newline="")
        self._writer = csv.writer(self._file)
        self._own: tuple[str, ...] = ()
        self._kept: list[int] = []

    def headings(self, headings: Iterable[str]) -> None:
        """Begin a table: its columns, and behind them those of the fate. Once a file, or again for a sheet with others."""
        own = tuple(heading for heading in headings)
        if own == self._own:
            return
        self._own = own
        kept = [heading for heading in own if not is_own(heading)]
        self._kept = [place for place, heading in enumerate(own) if not is_own(heading)]
        self._writer.writerow([*map(_safe, kept), *(OWN_PREFIX + name for name in OWN)])

    def row(
        self,
        sheet: str,
        number: int,
        cells: list[str],
        fate: Fate,
        faults: Iterable[FieldFault] = (),
        source_id: str = "",
    ) -> None:
        """One row of the table begun last."""
        kept = [_safe(cells[place]) if place < len(cells) else "" for place in self._kept]
        beyond = [_safe(cell) for cell in cells[len(self._own) :]]
        while beyond and not beyond[-1]:
            beyond.pop()
        code, fields, hint = words(faults)
        self._writer.writerow(
            [
                *kept,
                fate,
                code,
                fields,
                hint,
                source_id,
                _safe(sheet),
                number,
                *beyond,
            ]
        )

    def line(
        self, number: int, row: dict[str, Any] | str, fate: Fate, faults: Iterable[FieldFault] = (), source_id: str = ""
    ) -> None:
        """One row of JSON lines, with the same words as further keys."""
        code, fields, hint = words(faults)
        kept = {LINE_KEY: row} if isinstance(row, str) else {key: row[key] for key in row if not is_own(key)}
        own = (
            fate,
            code,
            fields,
            hint,
            source_id,
            "",
            number,
        )
        said = {OWN_PREFIX + name: value for name, value in zip(OWN, own, strict=True) if value != ""}
        self._file.write(json.dumps({**kept, **said}, ensure_ascii=True) + "\n")

    def equals(self, other: Path) -> bool:
        """Whether another result says the same, byte by byte."""
        self._file.flush()
        return filecmp.cmp(self._temporary, other, shallow=False)

    def publish(self) -> None:
        """Synced, then under its name."""
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        os.replace(self._temporary, self.path)

    def drop(self) -> None:
        """Leave nothing behind."""
        with contextlib.suppress(OSError):
            self._file.close()
        with contextlib.suppress(OSError):
            self._temporary.unlink()
