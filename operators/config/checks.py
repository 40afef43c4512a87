"""Every fault of a configuration: of form, of a key, of a value, and between tables."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from pydantic import ValidationError

from operators.base.rules import ScoreRules
from operators.base.words import WORDS
from operators.config import feeds, kafka
from operators.config.names import nearest
from operators.config.positions import Path, Scan, written
from operators.config.tables import MODELS, NAMED, KafkaTable, ScoreTable, Tables
from operators.config.values import code, shown


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """One fault of a configuration; `line` 0 = the file as a whole, `key` '' = no key can be named."""

    file: str
    line: int
    key: str
    message: str

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}" if self.line else self.file
        return f"{where}: {self.key}: {self.message}" if self.key else f"{where}: {self.message}"


@dataclass(frozen=True, slots=True)
class Complaint:
    """A fault that has a path and not yet a line."""

    path: Path
    message: str


def complaints(own: dict[str, Any], merged: dict[str, Any]) -> tuple[Tables | None, list[Complaint]]:
    """Judge the file's tables, and what they mean together with the profile's; the tables only where nothing is wrong.

    `own` is judged alone first, so that nothing of a profile is ever blamed on the file.
    """
    found = [*_of_values(own), *_of_codes(own), *_of_weights(own), *_of_words(own), *_of_feeds(own), *_between(merged)]
    if found:
        return None, found
    try:
        return Tables.model_validate(merged), []
    except ValidationError:  # the profile itself; its own tests keep it right
        return None, _of_values(merged)


def _of_values(tables: dict[str, Any]) -> list[Complaint]:
    try:
        Tables.model_validate(tables)
    except ValidationError as error:
        return [
            Complaint(tuple(one["loc"]), _sentence(tuple(one["loc"]), one["type"], one["input"], one["msg"]))
            for one in error.errors(include_url=False, include_context=False)
        ]
    return []


def _sentence(path: Path, kind: str, value: object, message: str) -> str:
    if kind == "leadstream":
        return message
    if kind == "extra_forbidden":
        around = tuple("*" if isinstance(part, int) else str(part) for part in path[:-1])
        if around[:1] == ("kafka",) and (secret := kafka.secret_in_table(str(path[-1]))):
            return secret
        pattern = (around[0], "*", *around[2:]) if len(around) > 1 and around[0] in NAMED else around
        known = tuple(MODELS[pattern].model_fields) if pattern in MODELS else ()
        return unknown(str(path[-1]), known, "table" if isinstance(value, dict) else "key")
    if kind == "missing":
        return f"The key {path[-1]} is missing; without it this table means nothing."
    if kind in ("model_type", "model_attributes_type", "dict_type"):
        return f"{shown(value)}; allowed here is a table."
    if kind == "list_type":
        return f"{shown(value)}; allowed here is a list."
    return f"{shown(value)}, which does not fit here."


def unknown(name: str, known: tuple[str, ...], what: str = "key") -> str:
    """The complaint about a name that no rule reads."""
    text = json.dumps(name, ensure_ascii=False)[:60]
    return f"The {what} {text} is not known here{nearest(name, known)}; allowed are {', '.join(known)}."


def _of_codes(tables: dict[str, Any]) -> Iterator[Complaint]:
    """Codes as keys: what a record's code can never equal is a slip."""
    for table in NAMED:
        for name in _table(tables.get(table)):
            try:
                code(name)
            except ValueError as error:
                yield Complaint((table, name), str(error))


_GROUPS: Final = ("customer", "key", "behaviour", "negative")
_MAXIMA: Final = ("customer_max", "key_max", "behaviour_max", "interaction_max")


def _of_weights(tables: dict[str, Any]) -> Iterator[Complaint]:
    score = _table(tables.get("score"))
    base = ScoreRules()
    for group in _GROUPS:
        known = tuple(getattr(base, group))
        for name in _table(score.get(group)):
            if name not in known:
                yield Complaint(("score", group, name), unknown(name, known))


def _of_words(tables: dict[str, Any]) -> Iterator[Complaint]:
    """Places in braces: a word has those of the language's own, or some of them."""
    for name, text in _table(tables.get("words")).items():
        places = re.findall(r"{\w+}", WORDS["en"].get(name, ""))
        try:
            str(text).format(**{place[1:-1]: "" for place in places})
        except (KeyError, IndexError, ValueError, AttributeError):
            known = f"known here are {', '.join(places)}." if places else "this word has none."
            yield Complaint(
                ("words", name),
                f"{json.dumps(text, ensure_ascii=False)[:60]} has a place in braces that is not filled; {known}",
            )


def _of_feeds(tables: dict[str, Any]) -> Iterator[Complaint]:
    """Fields that a mapping fills, and headings of pages in `[feeds]`."""
    for name, feed in _table(tables.get("feeds")).items():
        for part in ("fields", "constants", "values", "defaults"):
            for target in _table(_table(feed).get(part)):
                sentence = feeds.of_target(target)
                if sentence:
                    yield Complaint(("feeds", name, part, target), sentence)


def _between(merged: dict[str, Any]) -> Iterator[Complaint]:
    """What tables say of each other, read from raw values, so that it is found beside other faults."""
    lines = merged.get("lines")
    calendars = _table(merged.get("calendars"))
    for name, store in _table(merged.get("stores")).items():
        store = _table(store)
        calendar = store.get("calendar")
        if isinstance(calendar, str) and calendar not in calendars:
            known = f"named are {', '.join(list(calendars)[:20])}." if calendars else "the configuration names none."
            text = json.dumps(calendar, ensure_ascii=False)[:60]
            yield Complaint(
                ("stores", name, "calendar"),
                f"No table [calendars] has the name {text}{nearest(calendar, tuple(calendars))}; {known}",
            )
        sold = store.get("lines")
        if isinstance(sold, list):
            yield from _repeated(("stores", name, "lines"), sold)
            for index, line in enumerate(sold):
                if isinstance(lines, dict) and isinstance(line, str) and line not in lines:
                    known = f"named are {', '.join(list(lines)[:20])}." if lines else "it names none."
                    text = json.dumps(line, ensure_ascii=False)[:60]
                    yield Complaint(
                        ("stores", name, "lines", index),
                        f"The line {text} is not named by [lines]{nearest(line, tuple(lines))}; {known}",
                    )
    for name, calendar in calendars.items():
        for key in ("closed", "open"):
            yield from _repeated(("calendars", name, key), _table(calendar).get(key))
    yield from _repeated(("dispatch", "required"), _table(merged.get("dispatch")).get("required"))
    for named in ("lines", "channels"):
        for name, row in _table(merged.get(named)).items():
            yield from _repeated((named, name, "required"), _table(row).get("required"))
    yield from _repeated(("nurture", "days"), _table(merged.get("nurture")).get("days"))
    yield from _of_cleaning(_table(merged.get("cleaning")), merged)
    yield from _of_lost(_table(merged.get("kafka")))
    yield from _of_maxima(_table(merged.get("score")))


def _of_cleaning(table: dict[str, Any], merged: dict[str, Any]) -> Iterator[Complaint]:
    """What the rules of cleaning name must be there: a slip would match nothing, and nobody would see it."""
    calendar, calendars = table.get("calendar"), _table(merged.get("calendars"))
    if isinstance(calendar, str) and calendar not in calendars:
        yield Complaint(("cleaning", "calendar"), _nameless("calendars", calendar, calendars))
    rules = table.get("rules")
    for index, rule in enumerate(rules if isinstance(rules, list) else ()):
        for key, where in (("channel", "channels"), ("line", "lines")):
            known, named = merged.get(where), _table(rule).get(key)
            if not isinstance(known, dict) or not isinstance(named, list):
                continue
            yield from _repeated(("cleaning", "rules", index, key), named)
            for place, name in enumerate(named):
                if isinstance(name, str) and name not in known:
                    yield Complaint(("cleaning", "rules", index, key, place), _nameless(where, name, known))


def _nameless(table: str, name: str, known: dict[str, Any]) -> str:
    text = json.dumps(name, ensure_ascii=False)[:60]
    named = f"named are {', '.join(list(known)[:20])}." if known else "the configuration names none."
    return f"No table [{table}] has the name {text}{nearest(name, tuple(known))}; {named}"


def _of_lost(table: dict[str, Any]) -> Iterator[Complaint]:
    prefix, gaps = table.get("prefix", KafkaTable().prefix), table.get("lost")
    for index, value in enumerate(gaps if isinstance(gaps, list) and isinstance(prefix, str) else ()):
        try:
            sentence = kafka.of_no_input(kafka.lost(value), prefix)
        except ValueError:  # said where the value is judged
            continue
        if sentence:
            yield Complaint(("kafka", "lost", index), sentence)


def _of_maxima(score: dict[str, Any]) -> Iterator[Complaint]:
    base = ScoreTable()
    values = {name: score.get(name, getattr(base, name)) for name in _MAXIMA}
    if any(isinstance(value, bool) or not isinstance(value, int | float) for value in values.values()):
        return
    total = sum(values.values())
    if total > 100 and all(0 <= value <= 100 for value in values.values()):
        first = next((name for name in score if name in _MAXIMA), _MAXIMA[0])
        yield Complaint(
            ("score", first),
            f"The four maxima ({', '.join(f'{name} {value:g}' for name, value in values.items())}) are {total:g} "
            "together; allowed is at most 100, as a score runs from 0 to 100.",
        )


def _repeated(path: Path, values: object) -> Iterator[Complaint]:
    seen: set[str] = set()
    for index, value in enumerate(values if isinstance(values, list) else ()):
        text = str(value)
        if text in seen:
            yield Complaint((*path, index), f"{text[:60]} stands in this list twice; allowed is each once.")
        seen.add(text)


def _table(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def with_lines(found: list[Complaint], file: str, scan: Scan | None) -> list[Fault]:
    """Faults in the order of their lines; without a scan they have none."""
    faults = [Fault(file, scan.line(one.path) if scan else 0, written(one.path), one.message) for one in found]
    return sorted(set(faults))
