"""The pages about written numbers and times, from the tables that the tests run."""

from __future__ import annotations

import tomllib
import unicodedata
from typing import Any, Final

from scripts import docs_tables as tables
from scripts.docs_tables import CHECKOUT

NUMBERS: Final = CHECKOUT / "tests" / "cases" / "numbers" / "table.toml"


# --- numbers


def _visible(text: str) -> str:
    """What is written, in a code span; unseen characters as {U+200B}."""
    unseen = ("Cf", "Mn", "Me", "Cc", "Zs")
    shown = [f"{{U+{ord(one):04X}}}" if unicodedata.category(one) in unseen and one != " " else one for one in text]
    return tables.code("".join(shown))


def _numbers_row(row: dict[str, Any]) -> tuple[str, str, str]:
    said = row["is"] if isinstance(row["is"], list) else [row["is"]]
    written = f"{tables.code(row['json'])} as a JSON number" if "json" in row else _visible(row["written"])
    return written, " and ".join(map(tables.code, said)), tables.code(row.get("flag", ""))


def numbers_page() -> str:
    """docs/numbers.md."""
    sentences = tomllib.loads(NUMBERS.read_text(encoding="utf-8"))["sentence"]
    parts = [
        "# Numbers\n\nWhich customer a written number is, sentence by sentence of ruling 79 "
        "([3 What comes in](rules/03-what-comes-in.md#ruling-79)). `scripts/docs_parts.py` writes this page from "
        "`tests/cases/numbers/table.toml`, whose rows the tests run through validation. The result is the identity, or both "
        "where a mobile and a landline are given, or the code of the reject. Flags stand in the disposition.\n"
    ]
    for sentence in sentences:
        named = sentence.get("countries")
        where = f"\n`validation.countries`: {tables.listed(named)}.\n" if named else ""
        table = tables.table(("written", "is", "flag"), map(_numbers_row, sentence["rows"]))
        parts.append(f"\n**{sentence['says']}**\n{where}\n{table}")
    return "".join(parts)


# --- times


def _shown(form: Any) -> str:
    """A table of the configuration as one writes it in a line."""
    if isinstance(form, dict):
        return "{ " + ", ".join(f"{key} = {_shown(value)}" for key, value in form.items()) + " }"
    if isinstance(form, list):
        return "[" + ", ".join(map(_shown, form)) + "]"
    return f'"{form}"'


def times_page() -> str:
    """docs/times.md."""
    table = tomllib.loads((CHECKOUT / "tests/cases/times.toml").read_text(encoding="utf-8"))
    page = (
        "# Written times\n\nWhich written time is which instant. `scripts/docs_parts.py` writes this page from "
        "`tests/cases/times.toml`, which `tests/cases/test_times.py` runs. The business time zone is Asia/Shanghai; the event "
        "clock stands at 2026-03-02T12:00:00+08:00, and that day is today ([the law](rules/02-time.md)).\n"
    )
    for group in table["group"]:
        page += f"\n## {group['title']}\n\n**Ruling {group['rule']}.** {group['law']}\n\n"
        form = table["forms"].get(group["form"])
        page += f"`time = {_shown(form)}`\n\n" if form else ""
        page += tables.table(
            ("`event_time`, as JSON", "is"), ((tables.code(written), reads) for written, reads in group["rows"])
        )
    page += "\n# Believed times\n\nWhat stands empty is not there.\n"
    for group in table["clock"]:
        page += f"\n## {group['title']}\n\n**Ruling {group['rule']}.** {group['law']}\n\n"
        page += tables.table(
            ("clock before", "what comes", "`event_time`", "`ingest_time`", "counts as"), group["rows"]
        )
    return page
