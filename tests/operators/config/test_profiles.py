"""The built-in profiles: each is a whole configuration, and the same leads come to other ends under two of them, with reasons."""

from __future__ import annotations

import json
import tomllib
from collections import defaultdict
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from plain_engine import PlainEngine

from connectors.demo.simulated import generate
from operators.base.calendar import parse_ms
from operators.base.rules import DAY_MS
from operators.config.built_in import profiles
from operators.config.configuration import check, from_tables
from operators.config.values import GROUPS
from operators.intention import merge

NAMES = ("automotive", "education", "home_renovation")
MATCHERS = {"group", "series", "campaign", "line", "level"}
"""What a profile's cleaning rule may look at (ruling 58): no channels, which a file's [channels] replaces (ruling 15)."""


@cache
def tables_of(name: str) -> dict[str, Any]:
    folder = Path(__file__).resolve().parents[3] / "operators" / "profiles"
    return tomllib.loads((folder / f"{name}.toml").read_text(encoding="utf-8"))


def test_the_profiles() -> None:
    assert profiles() == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_a_profile_is_a_whole_configuration(name: str, checkout: Path) -> None:
    loaded = from_tables({"profile": name}, environ={})
    rules = loaded.rules
    assert loaded.notes == []
    assert rules.lines is None or "main" in rules.lines, "the line of a lead that names none"
    assert len(rules.channels) >= 30 and {one.group for one in rules.channels.values()} == set(GROUPS)
    assert all(one.name and one.status == "LIVE" for one in rules.channels.values())
    assert len({one.name for one in rules.channels.values()}) == len(rules.channels)
    assert check(checkout / "operators" / "profiles" / f"{name}.toml") == []


@pytest.mark.parametrize("name", NAMES)
def test_cleaning_rules_are_those_of_ruling_58(name: str) -> None:
    tables = tables_of(name)
    for rule in tables.get("cleaning", {}).get("rules", []):
        assert rule["route"] in ("NONE", "AI", "MANUAL") and rule["reason"].isupper()
        matchers = set(rule) - {"route", "reason"}
        assert matchers and matchers <= MATCHERS and all(type(rule[one]) is list for one in matchers)
        assert set(rule.get("group", [])) <= set(GROUPS) and set(rule.get("level", [])) <= {"HIGH", "NORMAL", "LOW"}
        assert set(rule.get("line", [])) <= set(tables["lines"])


def test_profiles_differ_in_what_a_trade_needs() -> None:
    car, flat, course = (from_tables({"profile": name}, environ={}).rules for name in NAMES[:1] + NAMES[:0:-1])
    assert car.required == () and flat.required == ("city",) and course.required == ("series",)
    assert flat.line_required == {"main": ("budget",)} and course.line_required == {"abroad": ("city", "days_to_buy")}
    assert [rules.periods.merge_ms // DAY_MS for rules in (car, flat, course)] == [60, 90, 30]
    assert course.periods_of("abroad", "").merge_ms == 120 * DAY_MS
    assert len({rules.version for rules in (car, flat, course)}) == 3
    assert len({tuple(sorted(rules.score.key.items())) for rules in (car, flat, course)}) == 3


# --- the same leads under each of them


@dataclass
class Run:
    """What became of the generated leads under a profile."""

    marks: dict[tuple[str, str, str], dict[str, Any]] = field(default_factory=dict)
    """(channel, source id, store) → the disposition in force."""
    holds: dict[str, dict[str, Any]] = field(default_factory=dict)
    """unique_id → its last hold."""
    sent: set[str] = field(default_factory=set)
    leads: dict[str, set[tuple[str, str, str]]] = field(default_factory=lambda: defaultdict(set))
    """unique_id → its raw leads."""
    version: str = ""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("generated")
    generate(out, leads=800, seed=7)
    return out


@pytest.fixture(scope="module")
def runs(folder: Path) -> dict[str, Run]:
    """Channels and stores are the generated ones; everything else is the profile's."""
    own = tomllib.loads((folder / "config.toml").read_text(encoding="utf-8"))
    kept = {name: own[name] for name in ("timezone", "channels", "stores", "calendars")}
    kept["lines"] = {line: {} for line in own["lines"]}
    kept["source"] = own.get("source", {})
    return {name: ran(folder, {**kept, "profile": name}) for name in NAMES}


def ran(folder: Path, tables: dict[str, Any]) -> Run:
    engine = PlainEngine(tables)
    parts: dict[str, tuple[str, list[tuple[int, bytes]]]] = {}
    for name, kind in (("activity.jsonl", "activity"), ("raw_leads.jsonl", "raw_lead")):
        parts[name] = kind, list(enumerate((folder / name).read_bytes().splitlines(), 1))
    engine.run(parts)
    run = Run(version=engine.rules.version)
    for one in engine.outputs["dispositions"]:
        if not one.get("shadow"):
            run.marks[one["channel"], one["source_lead_id"], one["store"] or ""] = one
    for key, one in run.marks.items():
        run.leads[one["unique_id"]].add(key)
    run.holds = {one["unique_id"]: one for one in engine.outputs["holds"] if not one.get("shadow")}
    run.sent = {one["unique_id"] for one in engine.outputs["dispatches"]}
    return run


@pytest.fixture(scope="module")
def given(folder: Path) -> dict[tuple[str, str], list[dict[str, Any]]]:
    """(channel, source id) → what was sent under it, enrichments too."""
    found: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    for line in (folder / "raw_leads.jsonl").read_bytes().splitlines():
        try:
            record = json.loads(line)
        except ValueError:
            continue
        if isinstance(record, dict) and "channel" in record:
            found[str(record["channel"]), str(record.get("source_lead_id"))].append(record)
    return found


def test_the_same_leads_are_accepted_and_each_rule_version_says_whose_rules(runs: dict[str, Run]) -> None:
    assert len({frozenset(run.marks) for run in runs.values()}) == 1 and len(runs["education"].marks) > 500
    for run in runs.values():
        assert {one["rule_version"] for one in run.marks.values()} == {run.version}


def test_other_marks_are_explained_by_other_periods(runs: dict[str, Run]) -> None:
    """A term's enrolment merges for 30 days, a car for 60, a flat for 90: the window of each mark says which."""
    car, course = runs["automotive"].marks, runs["education"].marks
    apart = [key for key in car if car[key]["mark"] == "MERGED" and course[key]["mark"] == "FIRST_TOUCH"]
    assert len(apart) >= 5
    for key in apart:
        merged, first = car[key]["why"], course[key]["why"]
        assert merged["rule"] in (merge.WITHIN_MERGE, merge.REOPENED), merged
        assert first["rule"] in (merge.AFTER_EXPIRY, merge.AFTER_CLOSING), first
        t = parse_ms(car[key]["event_time"])
        touches = [parse_ms(car[one]["event_time"]) for one in runs["automotive"].leads[car[key]["unique_id"]]]
        assert t - max(one for one in touches if one < t) > 30 * DAY_MS, "the touch before lies beyond a term's period"
        if merged["rule"] == merge.WITHIN_MERGE:
            assert parse_ms(merged["window_start"]) <= t <= parse_ms(merged["window_end"])
    flat = runs["home_renovation"].marks
    assert sum(one["mark"] == "MERGED" for one in flat.values()) > sum(one["mark"] == "MERGED" for one in car.values())


def has(record: dict[str, Any], name: str) -> bool:
    intent = record.get("intent") or {}
    return bool(record.get(name) or intent.get(name))


@pytest.mark.parametrize(("name", "wanted"), [("home_renovation", ("city",)), ("education", ("series",))])
def test_other_waits_are_explained_by_other_fields(
    runs: dict[str, Run], given: dict[tuple[str, str], list[dict[str, Any]]], name: str, wanted: tuple[str, ...]
) -> None:
    """What the profile requires holds exactly the leads whose customers never gave it; under automotive nobody waits for it."""
    assert not any("FIELDS" in one["conditions"] for one in runs["automotive"].holds.values())
    run, without, budget = runs[name], 0, ("budget",) if name == "home_renovation" else ()
    for unique_id, keys in run.leads.items():
        said = [record for channel, source_id, _ in keys for record in given[channel, source_id]]
        line = next(iter(said), {}).get("line") or "main"
        needed = (*wanted, *(budget if line == "main" else ()))
        lacking = [one for one in needed if not any(has(record, one) for record in said)]
        if lacking:
            without += 1
            assert unique_id not in run.sent, (unique_id, lacking)
        elif unique_id in run.holds and unique_id not in run.sent:
            assert "FIELDS" not in run.holds[unique_id]["conditions"], unique_id
    assert without >= 20, "the test has something to say"
    assert run.sent and len(run.sent) < len(runs["automotive"].sent)
