"""The page about the built-in profiles: what each says, from its file."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator
from typing import Any, Final

from leadstream.commands.try_lead import text_of
from leadstream.explain.trial import Trial
from operators.base.calendar import parse_ms
from operators.config.built_in import PROFILE, profiles
from operators.config.configuration import from_tables
from scripts import docs_tables as tables
from scripts.docs_tables import CHECKOUT

TITLES: Final = {
    "automotive": "cars (汽车)",
    "home_renovation": "home renovation (家装)",
    "education": "education (教育)",
}
_COMPARED: Final = ("periods", "dispatch", "follow_up", "pools", "nurture", "score", "cleaning")
"""Tables that are set beside each other; lines, rules, words and channels stand with their profile."""
_UNITS: Final = {
    "merge": " days",
    "deal_merge": " days",
    "max_life": " days",
    "recycle_days": " days",
    "half_life_days": " days",
    "first_hours": " h",
}


def _names() -> list[str]:
    """The default one first."""
    return sorted(profiles(), key=lambda name: (name != PROFILE, name))


def _tables(name: str) -> dict[str, Any]:
    path = CHECKOUT / "operators" / "profiles" / f"{name}.toml"
    return tomllib.loads(path.read_text(encoding="utf-8"))


def _keys(table: dict[str, Any], path: str) -> Iterator[tuple[str, Any]]:
    for key, value in table.items():
        where = f"{path}.{key}"
        if isinstance(value, dict):
            yield from _keys(value, where)
        elif key != "rules":
            yield where, value


def _shown(key: str, value: Any) -> str:
    if isinstance(value, list):
        return " ".join(str(one) for one in value)
    return f"{value}{_UNITS.get(key.rpartition('.')[2], '')}"


def compared_part() -> str:
    """Key by key; a blank is the default of the code."""
    said = {name: dict(_said(name)) for name in _names()}
    keys = list(dict.fromkeys(key for values in said.values() for key in values))
    rows = [
        (tables.code(key), *(_shown(key, said[name][key]) if key in said[name] else "" for name in said))
        for table in _COMPARED
        for key in keys
        if key.startswith(f"{table}.")
    ]
    return "\n" + tables.table(("key", *map(tables.code, said)), rows) + "\n"


def _said(name: str) -> Iterator[tuple[str, Any]]:
    found = _tables(name)
    for table in _COMPARED:
        yield from _keys(found.get(table, {}), table)


def profiles_part() -> str:
    """Each profile: lines, cleaning rules, words, channels."""
    return "\n" + "\n".join(map(_one, _names())) + "\n"


def _one(name: str) -> str:
    found = _tables(name)
    parts = [f"### `{name}`: {TITLES[name]}\n"]
    if "lines" in found:
        rows = (
            (
                tables.code(code),
                line.get("name", ""),
                ", ".join(f"{key} {line[key]}" for key in ("merge", "deal_merge", "max_life") if key in line),
                tables.listed(line.get("required", [])),
            )
            for code, line in found["lines"].items()
        )
        parts.append(tables.table(("line", "中文", "periods of its own, days", "also required"), rows))
    rules = found.get("cleaning", {}).get("rules", [])
    if rules:
        parts.append(
            tables.table(
                ("cleaning rule", "route", "where"),
                (
                    (
                        tables.code(rule["reason"]),
                        tables.code(rule["route"]),
                        " and ".join(
                            f"{key} {tables.listed(rule[key])}" for key in rule if key not in ("route", "reason")
                        ),
                    )
                    for rule in rules
                ),
            )
        )
    if "words" in found:
        parts.append(
            "Words: " + ", ".join(f"{tables.code(key)} {said}" for key, said in found["words"].items()) + ".\n"
        )
    groups: dict[str, list[str]] = {}
    for channel in found["channels"].values():
        groups.setdefault(channel["group"], []).append(channel["name"])
    parts.append(f"{len(found['channels'])} channels:\n")
    parts.append("".join(f"- {tables.code(group)}: {' · '.join(names)}\n" for group, names in groups.items()))
    return "\n".join(parts)


# --- the same lead under two of them

_LEAD: Final = {
    "channel": "douyin",
    "source_lead_id": "D-1",
    "phone": "13912345678",
    "store": "SH001",
    "series": "A6L",
    "event_time": "2026-03-02T12:15:00+08:00",
    "intent": {"level": "HIGH"},
}
_SHOWN: Final = ("automotive", "home_renovation")


def example_part() -> str:
    """What is typed, and what is said."""
    lead = json.dumps(_LEAD)
    parts = []
    for name in _SHOWN:
        trial = Trial(from_tables({"profile": name}, environ={}))
        said = text_of(trial.document(trial.read(lead.encode(), parse_ms("2026-03-02T12:15:00+08:00"))))
        file = f"var/{name}.toml"
        typed = f"echo 'profile = \"{name}\"' > {file}\nleadstream try '{lead}' --config {file}"
        parts.append(f"```sh\n{typed}\n```\n\n```text\n" + "\n".join(said) + "\n```\n")
    return "\n" + "\n".join(parts) + "\n"
