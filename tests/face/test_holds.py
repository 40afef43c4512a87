"""`leadstream holds`: what waits, oldest first, by store and condition, and what would end each wait."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from face_shell import Shell
from one_key import RULES, at, empty, raw

import flows.run
from connectors.memory import MemoryReader, MemorySink
from flows.engine import Engine, Options
from leadstream.explain import waits
from operators.base.calendar import LocalTime
from operators.base.rules import Rules
from operators.config.configuration import from_tables
from operators.dispatch import holds
from operators.intention import merge
from operators.intention.attributes import BIT
from state import keys, limits
from state.database import Database
from state.inspect import Inspection
from state.rows import customer_row
from state.rows.lead import Lead

TABLES: dict[str, Any] = {
    "channels": {"a": {"consent": True}, "b": {"consent": False}, "t": {"status": "TESTING", "consent": True}},
    "stores": {"S1": {}, "S2": {}},
    "lines": {"main": {}, "used": {"required": ["city", "level"]}},
}
TOML = """
[channels.a]
consent = true
[stores.S1]
[stores.S2]
[lines.main]
[lines.used]
required = ["city", "level"]
"""


def lead(number: int, hour: int, store: str, **more: Any) -> dict[str, Any]:
    record = {"channel": "a", "source_lead_id": f"L{number}", "phone": f"138{number:04d}{number:04d}", "store": store}
    return record | {"event_time": f"2026-01-04T{hour:02d}:{number:02d}:00+08:00"} | more


LEADS = [  # of numbers that lie in several shards
    lead(1, 10, "S1", channel="b"),
    lead(2, 10, "S1"),  # dispatched at once
    lead(3, 11, "S2", line="used", intent={"level": "HIGH"}),
    lead(4, 12, "S2", channel="b"),
    lead(5, 13, "S1", channel="t"),  # a test lead
    lead(6, 20, "S1"),
    lead(7, 20, "S1", channel="b", line="used"),
    lead(8, 21, "X9"),
]


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("held")
    reader, sink = MemoryReader({"raw_leads": LEADS}), MemorySink()
    flows.run.run(Engine(from_tables(TABLES, environ={}), reader, sink, Options(folder / "state")))
    (folder / "own.toml").write_text(TOML, encoding="utf-8")
    return folder


@pytest.fixture
def shell(state: Path, checkout: Path) -> Shell:
    return Shell(state, checkout)


def asked(shell: Shell, *options: str) -> dict[str, Any]:
    said = shell.call("holds", "--state", "state", "--config", "own.toml", "--json", *options)
    found: dict[str, Any] = json.loads(said.stdout)
    return found


def test_oldest_first_with_what_would_end_each(shell: Shell) -> None:
    found = asked(shell)
    assert [one["since"][11:16] for one in found["holds"]] == ["10:01", "11:03", "12:04", "20:06", "20:07", "21:08"]
    first, third, _, night, both, unknown = found["holds"]
    assert (first["conditions"], first["ends"], first["until"]) == (["CONSENT"], ["the customer's consent"], None)
    assert (third["conditions"], third["ends"]) == (["FIELDS"], ["field city"])
    assert (night["conditions"], night["ends"]) == (["HOURS"], ["store S1 opens on 2026-01-05 09:00"])
    assert night["until"] == "2026-01-05T09:00:00.000+08:00"
    assert both["conditions"] == ["CONSENT", "FIELDS"], "HOURS stands only where nothing else does (ruling 29)"
    assert both["ends"] == ["the customer's consent", "field city, level"]
    assert "STORE_UNKNOWN" in unknown["conditions"]
    assert unknown["ends"][0] == "store X9 in [stores] with line main, or another store for it"
    assert found["more"] == 0


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (("--store", "S1"), ["10:01", "20:06", "20:07"]),
        (("--store", "S2"), ["11:03", "12:04"]),
        (("--condition", "CONSENT"), ["10:01", "12:04", "20:07"]),
        (("--condition", "HOURS"), ["20:06"]),
        (("--store", "S1", "--condition", "CONSENT"), ["10:01", "20:07"]),
        (("--store", "S9"), []),
        (("--store", "X9", "--condition", "STORE_UNKNOWN"), ["21:08"]),
    ],
)
def test_by_store_and_condition(shell: Shell, options: tuple[str, ...], expected: list[str]) -> None:
    assert [one["since"][11:16] for one in asked(shell, *options)["holds"]] == expected


@pytest.mark.parametrize(
    ("options", "shown", "more"),
    [(("--limit", "2"), 2, 4), (("--limit", "1", "--condition", "CONSENT"), 1, 2), (("--limit", "6"), 6, 0)],
)
def test_what_is_not_shown_is_counted(shell: Shell, options: tuple[str, ...], shown: int, more: int) -> None:
    found = asked(shell, *options)
    assert (len(found["holds"]), found["more"]) == (shown, more)
    said = shell.call("holds", "--state", "state", *options).stdout
    assert (f"… and {more} more wait" in said) is bool(more)


def test_rows_are_read_a_few_at_a_time(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a state far larger than memory can be looked at."""
    monkeypatch.setattr(limits, "HOLDS_READ", 2)
    sizes = []
    read = Inspection.customers_of

    def seen(self: Any, waiting: list[Any]) -> Any:
        sizes.append(len(waiting))
        return read(self, waiting)

    monkeypatch.setattr(Inspection, "customers_of", seen)
    assert len(asked(shell, "--condition", "CONSENT", "--limit", "1")["holds"]) == 1
    assert sizes == [2, 2, 2]
    sizes.clear()
    monkeypatch.setattr(limits, "HOLDS_COUNTED", 1)
    some = asked(shell, "--condition", "CONSENT", "--limit", "1")
    assert (some["more"], some["exact"], sizes) == (1, False, [2, 1]), (
        "one more within what is looked at, and further ones behind it"
    )
    assert (
        "… and at least 1 more wait"
        in shell.call("holds", "--state", "state", "--condition", "CONSENT", "--limit", "1").stdout
    )
    sizes.clear()
    assert asked(shell, "--limit", "1")["more"] == 5
    assert sizes == [1], "where nothing is chosen the others are counted by their keys"


def test_totals(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    found = asked(shell, "--totals")
    rows = {(one["store"], one["condition"]): (one["leads"], one["oldest"][11:16]) for one in found["totals"]}
    assert rows[("S1", "CONSENT")] == (2, "10:01") and rows[("S2", "CONSENT")] == (1, "12:04")
    assert rows[("S1", "FIELDS")] == (1, "20:07") and found["leads"] == 6
    assert found["totals"][0]["store"] == "S1" and found["totals"][0]["condition"] == "CONSENT", "the most first"
    only = asked(shell, "--totals", "--condition", "HOURS")["totals"]
    assert [(one["store"], one["condition"], one["leads"]) for one in only] == [("S1", "HOURS", 1)]
    monkeypatch.setattr(limits, "HOLDS_GROUPS", 1)
    crowded = asked(shell, "--totals", "--condition", "CONSENT")["totals"]
    assert [(one["store"], one["leads"]) for one in crowded] == [("S1", 2), ("others", 1)]


def test_it_says_the_same_to_people(shell: Shell) -> None:
    said = shell.call("holds", "--state", "state", "--config", "own.toml").stdout
    assert "2026-01-04 20:06  HOURS: store S1, line main" in said
    assert "    ends with: store S1 opens on 2026-01-05 09:00\n" in said
    assert "ends with: field city, level" in said
    assert "138" not in "".join(line for line in said.splitlines() if "u1" not in line), "no number is shown"
    assert said.endswith("Times are Asia/Shanghai; the clock stands at 2026-01-04 21:08:00.\n")
    without = shell.call("holds", "--state", "state").stdout
    assert "ends with: a field that the run's configuration requires (--config)" in without
    assert "No lead waits that was asked for." in shell.call("holds", "--state", "state", "--store", "S9").stdout


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--condition", "HOUR"), "did you mean HOURS?"),
        (("--condition", "SHADOW"), "Test leads are not listed"),
        (("--limit", "0"), "--limit 0 is out of range"),
        (("--limit", str(limits.HOLDS_SHOWN + 1)), "Give a number from 1 to"),
    ],
)
def test_what_cannot_be_asked(shell: Shell, options: tuple[str, ...], said: str) -> None:
    assert said in shell.call("holds", "--state", "state", *options, code=2).stderr


def test_a_folder_without_state_is_refused(shell: Shell) -> None:
    assert "There is no state" in shell.call("holds", "--state", "nowhere", code=3).stderr


def test_beside_a_writer(shell: Shell, tmp_path: Path) -> None:
    """Who writes the state has it open, and is not disturbed; what he wrote last is seen."""
    copy = Shell(tmp_path, shell.checkout)
    shutil.copytree(shell.folder / "state", tmp_path / "state")
    writer = Database(tmp_path / "state")
    try:
        before = json.loads(copy.call("holds", "--state", "state", "--json").stdout)["holds"]
        gone = Inspection(tmp_path / "state")
        oldest = next(iter(gone.waiting()))
        gone.close()
        batch = writer.batch()
        batch.delete(keys.wait_key(oldest.shard, oldest.since, oldest.digest, oldest.lead))
        writer.write(batch)
        after = json.loads(copy.call("holds", "--state", "state", "--json").stdout)["holds"]
        assert len(before) == 6 and after == before[1:]
    finally:
        writer.close()


def test_who_waits_for_his_place_at_an_opening(tmp_path: Path, checkout: Path) -> None:
    """A store with a rate of one a minute: at its opening the second of two shows RATE (ruling 29)."""
    tables = {**TABLES, "stores": {"S1": {"release_per_minute": 1}}}
    leads = [lead(1, 20, "S1", name="A"), lead(2, 20, "S1"), lead(3, 21, "S1", channel="b")]
    late = lead(4, 9, "S1", event_time="2026-01-05T09:00:30+08:00")
    reader, sink = MemoryReader({"raw_leads": [*leads, late]}), MemorySink()
    flows.run.run(Engine(from_tables(tables, environ={}), reader, sink, Options(tmp_path / "state")))
    (tmp_path / "own.toml").write_text(TOML, encoding="utf-8")
    found = asked(Shell(tmp_path, checkout), "--condition", "RATE")
    (one,) = found["holds"]
    assert one["ends"] == ["its place in the opening release of store S1 on 2026-01-05 09:01"]


# --- words, each condition at its bound

LOCAL = LocalTime("Asia/Shanghai")


def ended(conditions: int, *, until: int = 0, rules: Rules = RULES) -> list[str]:
    unique = merge.raw_lead(empty(), raw(1, at(6, 10)), rules)[1]
    section = customer_row.section_of("main", "S1")
    return waits.ends(section, unique, Lead(1, conditions=conditions, until=until, score=31), rules, LOCAL)


@pytest.mark.parametrize(
    ("condition", "until", "said"),
    [
        (holds.STORE_MISSING, 0, "a store for it: a verdict, or the lead sent again with its store"),
        (holds.CLEANING, 0, "the verdict of its cleaning task (清洗)"),
        (holds.CLEANING, at(7, 9), "the verdict of its cleaning task (清洗), at the latest on 2024-01-07 09:00"),
        (holds.SCORE, at(7, 9), "a score at the gate, now 31, at the latest on 2024-01-07 09:00"),
        (holds.HOURS, at(7, 9) + 500, "store S1 opens on 2024-01-07 09:00:00.500"),
        (holds.HOURS, 0, "store S1 opens"),
        (holds.RATE, at(7, 9, 3), "its place in the opening release of store S1 on 2024-01-07 09:03"),
    ],
)
def test_what_would_end_a_condition(condition: int, until: int, said: str) -> None:
    assert ended(condition, until=until) == [said]


def test_why_it_waits_names_the_fields() -> None:
    rules = replace(RULES, required=("city", "level"))
    unique = merge.raw_lead(empty(), raw(1, at(6, 10), facts=BIT["city"]), rules)[1]
    section = customer_row.section_of("main", "S1")
    lead = Lead(1, conditions=holds.FIELDS | holds.CONSENT)
    said = ["the customer's consent is missing", "a field that a dispatch needs is missing (level)"]
    assert waits.reasons(section, unique, lead, rules, None) == said
    held = Lead(1, conditions=holds.HOURS)
    assert waits.reasons(section, unique, held, rules, "nine") == ["store S1 is closed until nine"]
    assert waits.reasons(section, unique, held, rules, None) == ["store S1 is closed until a time not known"]


def test_every_condition_has_its_words() -> None:
    assert tuple(waits.ENDS) == tuple(waits.WAITS) == holds.CODES
    assert len(ended((1 << len(holds.CODES)) - 1)) == len(holds.CODES)
