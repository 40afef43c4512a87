"""Examples to learn from: leads as they came in, each with its outcome; from a CSV, or from a state's closed leads."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from operators.base.scorecard import is_field, number_of
from operators.intention.attributes import BIT, LEVEL_NAMES
from operators.lead import statuses
from operators.lead.case import lead_of
from state import errors, limits
from state.inspect import Inspection
from state.rows.codes import OPEN, WON
from state.rows.customer_row import Customer
from state.rows.intention import Unique

LEAST: Final = 40
"""Outcomes of each kind without which nothing is learnt (domain 9)."""
LABELS: Final = ("label", "converted", "won", "outcome")
"""Columns that are taken for the outcome where none is named, in any case."""
_SAYS: Final = {
    **dict.fromkeys(("1", "1.0", "true", "yes", "y", "won", "是", "成交"), True),
    **dict.fromkeys(("0", "0.0", "false", "no", "n", "lost", "invalid", "closed", "否", "战败"), False),
}
_GIVEN: Final = ("name", "gender", "province", "city", "email", "series", "model")
_ALL_DIFFERENT: Final = 0.5
"""A text of which more than this part is different says who a lead is, and nothing of leads like it."""


@dataclass(frozen=True, slots=True)
class Examples:
    """Leads with the fields that a scorecard may use."""

    fields: list[str]
    """As `operators.base.scorecard` names them."""
    rows: list[dict[str, Any]]
    won: list[bool]
    left_out: list[str]
    """Whole sentences: what is not used, and why."""

    def only(self, fields: list[str], left_out: list[str]) -> Examples:
        """The same with these fields."""
        return Examples(fields, self.rows, self.won, [*self.left_out, *left_out])


def read(source: Path, label: str | None, columns: list[str]) -> Examples:
    """The examples of a source. Raises Refused where it cannot be read or holds too few of an outcome.

    `label`: the column of the outcome, `columns`: those that are fields; of a CSV alone. None and [] = those that are found.
    """
    if source.is_dir():
        if label is not None or columns:
            raise errors.WrongUsage(
                f"{source} is a state, whose outcomes and fields are known.", "Leave out --label and --field."
            )
        found = _of_state(source)
    else:
        found = _of_csv(source, label, columns)
    won, lost = sum(found.won), len(found.won) - sum(found.won)
    if min(won, lost) < LEAST:
        raise errors.SourceRefused(
            f"{source} has {won} leads that were won and {lost} that were not; a scorecard needs at least {LEAST} of each.",
            "Leave the weights of [score] in force, and train when more outcomes are known.",
        )
    return found


# --- a table


def _of_csv(source: Path, label: str | None, columns: list[str]) -> Examples:
    try:
        with source.open(encoding="utf-8-sig", newline="") as file:
            table = [{key: value for key, value in row.items() if key} for row in csv.DictReader(file)]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise errors.SourceRefused(
            f"{source} cannot be read as a table ({error}).",
            "Give the folder of a state, or a CSV in UTF-8 with a row of headings.",
        ) from None
    heads = list(table[0]) if table else []
    named = label if label is not None else next((head for head in heads if head.lower() in LABELS), "")
    if named not in heads:
        wanted = f"a column {named!r}" if named else f"a column named {', '.join(LABELS)}"
        raise errors.SourceRefused(
            f"{source} has no {wanted[2:]} to learn from; its columns are {', '.join(heads)[:300]}.",
            "Name the column of the outcome with --label.",
        )
    unknown = [column for column in columns if column not in heads]
    if unknown:
        raise errors.SourceRefused(
            f"{source} has no column {unknown[0]!r}; its columns are {', '.join(heads)[:300]}.",
            "Name columns of it with --field.",
        )
    used = columns or [head for head in heads if head != named and head.strip()]
    names = {head: head if is_field(head) else f"extra.{head}" for head in used}
    rows = [{names[head]: value.strip() for head in used if (value := row.get(head)) is not None} for row in table]
    won = [_outcome(source, number, row.get(named), named) for number, row in enumerate(table, 2)]
    left_out: list[str] = []
    fields = []
    for head in used:
        why = _useless([row.get(names[head], "") for row in rows])
        if why:
            left_out.append(f"{head} is left out: {why}.")
        else:
            fields.append(names[head])
    if not fields:
        raise errors.SourceRefused(
            f"{source} has no column that tells its leads apart.", "Name columns that are known when a lead comes in."
        )
    return Examples(fields, rows, won, left_out)


def _outcome(source: Path, number: int, said: str | None, label: str) -> bool:
    known = _SAYS.get((said or "").strip().lower())
    if known is None:
        raise errors.SourceRefused(
            f"{source}, row {number}: {said!r} in {label} is no outcome.",
            "Write 1 for a lead that was won and 0 for one that was not.",
        )
    return known


def _useless(values: list[str]) -> str:
    """Why a column says nothing of a new lead; "" = it may."""
    given = [value for value in values if value]
    different = len(set(given))
    if different < 2 and len(given) in (0, len(values)):
        return "it is the same for all"
    numbers = [number_of(value) for value in given]
    if different > _ALL_DIFFERENT * len(values) and (None in numbers or different == len(values)):
        return "it is another one for nearly every lead, as a name or an id is"
    if any(len(value.encode()) > limits.STRING_BYTES for value in given):
        return "it is free text"
    return ""


# --- a state


def _of_state(folder: Path) -> Examples:
    rows: list[dict[str, Any]] = []
    won: list[bool] = []
    with Inspection(folder) as inspection:
        for row in inspection.customers():
            for fields, outcome in _of_customer(row):
                rows.append(fields)
                won.append(outcome)
    names = ["channel", "line", "series", "intent.level", "intent.days_to_buy", "intent.budget"]
    names += [f"given.{name}" for name in _GIVEN]
    kept = [name for name in names if len({str(one.get(name)) for one in rows}) > 1]
    left_out = [f"{name} is left out: it is the same for all." for name in names if name not in kept]
    return Examples(kept, rows, won, left_out)


def _of_customer(row: Customer) -> Iterator[tuple[dict[str, Any], bool]]:
    """The customer's closed leads, with what was known when they came in."""
    if row.shadow:
        return
    for section in row.sections:
        for unique in section.head.uniques:
            lead = lead_of(section, unique.n)
            if lead is None or lead.into or (unique.status == OPEN and not statuses.is_in(lead, statuses.CLOSED)):
                continue
            yield _fields_of(unique, section.line), unique.status == WON


def _fields_of(unique: Unique, line: str) -> dict[str, Any]:
    first = unique.intents[0] if unique.intents else None
    fields: dict[str, Any] = {"channel": unique.channel, "line": line}
    if first is not None:
        fields["series"] = first.series
        fields["intent.level"] = LEVEL_NAMES[first.level]
        fields["intent.days_to_buy"] = first.days_to_buy if first.days_to_buy >= 0 else None
        fields["intent.budget"] = first.budget
    for name in _GIVEN:
        fields[f"given.{name}"] = "yes" if unique.facts & BIT[name] else "no"
    return fields
