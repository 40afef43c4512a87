"""What a run refuses: how many records of each type, by reason, and one loud line where most of its beginning is refused.

Known by the run that met them: its log and its last lines. None of it decides anything. Named are codes and fields that are
known, never a value (ruling 81).
"""

from __future__ import annotations

import logging
import shlex
from collections.abc import Callable, Mapping
from typing import Final

from connectors.files.looks import looks_like
from operators.intake.hints import hint_of
from state import limits

log = logging.getLogger("leadstream")

_NOT_LINES: Final = frozenset({"NOT_JSON", "TOO_LARGE"})
_NAMED: Final = 5
"""Reasons that the last lines name; the rest is counted."""
PLURALS: Final = {
    "raw_lead": "leads",
    "activity": "activities",
    "verdict": "verdicts",
    "behaviour": "behaviours",
    "command": "commands",
}


class Refusals:
    """Counts since the start of the run, and how the first input that is no JSON begins. From any thread."""

    def __init__(self) -> None:
        self.records = 0
        """Read so far, of every type."""
        self.refused: dict[str, int] = {}
        """Type → records refused."""
        self.faults: dict[tuple[str, str, str], int] = {}
        """(type, field or "", code) → how many."""
        self.path: Callable[[str], str] | None = None
        """The path of an input partition; None = its input is no file."""
        self._begin: list[bytes] = []
        self._name = ""
        """The first partition that brought something that is no JSON."""
        self._judged = False

    def read(self, name: str, reasons: tuple[str, ...], raw: bytes) -> None:
        """A record that validation refuses, in the order of its partition: how it looks is kept of the first ones."""
        if len(self._begin) >= limits.LOOKED_AT_LINES or _NOT_LINES.isdisjoint(reasons):
            return
        self._name = self._name or name
        if name == self._name:
            self._begin.append(raw[: limits.LOOKED_AT_BYTES])

    def wrote(self, records: int, refused: Mapping[str, int], faults: Mapping[tuple[str, str, str], int]) -> None:
        """A batch was written."""
        self.records += records
        for kind, count in refused.items():
            self.refused[kind] = self.refused.get(kind, 0) + count
        for fault, count in faults.items():
            self.faults[fault] = self.faults.get(fault, 0) + count
        if self.records >= limits.FIRST_RECORDS:
            self._judge()

    def ended(self) -> None:
        """The run ends: an input shorter than that is judged now."""
        self._judge()

    def _judge(self) -> None:
        if self._judged:
            return
        self._judged = True
        said = self.loud()
        if said:
            log.warning(said)

    def loud(self) -> str:
        """The one loud line, where more than half of what was read so far is refused; else ""."""
        refused = sum(self.refused.values())
        if 2 * refused <= self.records or not self.faults:
            return ""
        _, field, code = self._commonest()[0]
        said = (
            f"Refused: {refused} of the first {self.records} records, most of them with {_named(field, code)}. "
            f"{hint_of(field, code)}"
        )
        word, command = self._looks()
        if not word:
            return said
        if self.path is None:
            return f"{said} What comes from {self._name} looks like {word}."
        file = self.path(self._name)
        return f"{said} {file} looks like {word}: {command.format(file=shlex.quote(file))}."

    def _looks(self) -> tuple[str, str]:
        return looks_like(b"\n".join(self._begin) + b"\n") if self._begin else ("", "")

    def _commonest(self) -> list[tuple[str, str, str]]:
        return sorted(self.faults, key=lambda fault: (-self.faults[fault], fault))

    def reasons(self) -> str:
        """ "BAD_PHONE (phone) 3, NO_LEAD of activities 1": the commonest reasons with their counts; "" = nothing is refused."""
        commonest = self._commonest()
        said = []
        for kind, field, code in commonest[:_NAMED]:
            whose = "" if kind == "raw_lead" else f" of {PLURALS.get(kind, kind)}"
            said.append(f"{_named(field, code)}{whose} {self.faults[kind, field, code]}")
        left = sum(self.faults[fault] for fault in commonest[_NAMED:])
        return ", ".join([*said, f"others {left}"] if left else said)

    def hint(self) -> str:
        """What to do about the commonest reason."""
        commonest = self._commonest()
        return hint_of(*commonest[0][1:]) if commonest else ""


def _named(field: str, code: str) -> str:
    return f"{code} ({field})" if field else code
