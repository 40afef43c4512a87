"""Stores that leave the generated folder: what is told, what it does to the truth, and that the engine meets it."""

import json
from collections import Counter
from datetime import datetime
from pathlib import Path

import pytest

from connectors.demo.simulated import DemoFeed, Summary, generate, shuffle_within
from connectors.files.reader import FileReader
from connectors.files.sink import FileSink
from flows.engine import Engine, Options
from flows.run import run
from operators.config.configuration import load

pytestmark = pytest.mark.xdist_group("exits")  # they share what is made once

DAY_MS = 86_400_000
SEED, LEADS = 11, 2_000


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> tuple[Path, Summary]:
    folder = tmp_path_factory.mktemp("exits")
    return folder, generate(folder, leads=LEADS, seed=SEED, exits=0.3)


@pytest.fixture(scope="module")
def commands(made) -> list[dict]:
    return _lines(made[0] / "commands.jsonl")


def _lines(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_bytes().splitlines()]


def test_commands_are_those_of_the_contract(made, commands):
    folder, summary = made
    assert len(commands) == summary.exits > 40
    registered = load(folder / "config.toml").rules.stores
    for command in commands:
        assert command.get("type", "command") == "command" and command["kind"] == "STORE_EXIT"
        assert command["store"] in registered and command.get("successor", command["store"]) in registered
    times = [datetime.fromisoformat(command["event_time"]) for command in commands]
    assert times == sorted(times)
    assert 0.3 * len(commands) < sum("successor" in command for command in commands) < len(commands)


def test_no_store_leaves_twice_or_takes_over_behind_its_own_exit(commands):
    """No code is anything but left, or one that takes over, once."""
    codes = Counter(code for command in commands for code in (command["store"], command.get("successor")) if code)
    assert set(codes.values()) == {1}


def test_the_other_inputs_are_those_without_exits(made, tmp_path):
    """The same arguments give the same bytes; exits change no raw lead, no activity, no configuration."""
    again, none = tmp_path / "again", tmp_path / "none"
    generate(again, leads=LEADS, seed=SEED, exits=0.3)
    quiet = generate(none, leads=LEADS, seed=SEED, exits=0)
    for name in ("commands.jsonl", "verdicts.jsonl", "truth.jsonl", "delivery.csv"):
        assert (again / name).read_bytes() == (made[0] / name).read_bytes()
    for name in ("raw_leads.jsonl", "activity.jsonl", "config.toml"):
        assert (none / name).read_bytes() == (made[0] / name).read_bytes()
    assert quiet.exits == 0 and (none / "commands.jsonl").read_bytes() == b""


@pytest.mark.parametrize("share", [-0.1, 1.1])
def test_a_share_beyond_all_is_refused(tmp_path, share):
    with pytest.raises(ValueError, match="exits must lie between 0 and 1"):
        generate(tmp_path, leads=10, seed=1, exits=share)


def test_truth_says_what_folds_and_what_waits(made):
    """Ruling 7: a first touch that folds is no first touch; ruling 31: without successor leads wait."""
    folder, summary = made
    truth = _lines(folder / "truth.jsonl")
    folded = [line for line in truth if line.get("case") == "exit_folded"]
    assert summary.calls["exit_folds"] == len({line["intention"] for line in folded}) > 0
    assert {line["mark"] for line in folded} <= {"DEDUPED", "MERGED"}
    gone = {line["store"] for line in _lines(folder / "commands.jsonl") if "successor" not in line}
    waiting = [line for line in truth if line.get("state") == "CLEANING" and line["store"] in gone]
    assert len(waiting) > 5 and summary.calls["exit_waits"] > 10 and summary.calls["exit_moves"] > 10


def test_exits_are_met(made, tmp_path):
    """Leads move, fold and wait; later raw leads with the code of a store that left go to the successor, or wait."""
    folder, _ = made
    run(
        Engine(
            load(folder / "config.toml"), FileReader(folder), FileSink(tmp_path / "out"), Options(tmp_path / "state")
        )
    )
    commands = {line["store"]: line.get("successor") for line in _lines(folder / "commands.jsonl")}
    rejected = [
        json.loads(line["original"]) for line in _lines(tmp_path / "out" / "rejects.jsonl") if _is_command(line)
    ]
    assert not rejected, "every exit is allowed"
    latest: dict[str, dict] = {}
    moved, folded = set(), set()
    for record in _lines(tmp_path / "out" / "unique_leads.jsonl"):
        before = latest.get(record["unique_id"])
        if before is not None and before["store"] in commands and commands[before["store"]] == record["store"]:
            moved.add(record["unique_id"])
        if record["why"]["rule"] == "store_exit" and record["status"] == "CLOSED":
            folded.add(record["unique_id"])
        latest[record["unique_id"]] = record
    assert len(moved) > 10
    tasks = _lines(tmp_path / "out" / "cleaning_tasks.jsonl")
    gone = {store for store, successor in commands.items() if successor is None}
    unknown = [task for task in tasks if "STORE_UNKNOWN" in task["reasons"] and task["store"] in gone]
    assert len(unknown) > 10
    assert {latest[task["unique_id"]]["status"] for task in unknown} >= {"CLEANING"}
    came_later = [
        record
        for record in _lines(tmp_path / "out" / "dispositions.jsonl")
        if record.get("store") in gone and record["why"]["rule"] != "store_exit"
    ]
    assert came_later


def _is_command(reject: dict) -> bool:
    return "STORE_EXIT" in reject["original"]


def test_no_raw_lead_may_pass_an_exit_of_its_customer(made, tmp_path):
    """In another order of arrival each stays on its side of every exit of a store that it names."""
    folder, _ = made
    assert shuffle_within(folder, tmp_path / "other", 3, 36 * 3600) > 100
    left = {line["store"]: _ms(line["event_time"]) for line in _lines(folder / "commands.jsonl")}
    assert (tmp_path / "other" / "commands.jsonl").read_bytes() == (folder / "commands.jsonl").read_bytes()
    sides = [{}, {}]
    for side, at in zip(sides, (folder, tmp_path / "other"), strict=True):
        rows = (at / "delivery.csv").read_text().splitlines()[1:]
        for line, row in zip((at / "raw_leads.jsonl").read_bytes().split(b"\n"), rows, strict=False):
            for store in left:
                if b'"' + store.encode() + b'"' in line and b"source_lead_id" in line and row.split(",")[1]:
                    side[line, store] = int(row.split(",")[0]) < left[store]
    assert len(sides[0]) > 100 and set(sides[0].values()) == {True, False}
    assert sides[0] == sides[1]


def _ms(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * 1000)


def test_a_store_a_day_leaves_the_demo():
    """From its second day on, at most one a day; whoever takes over stays."""
    feed = DemoFeed(seed=7, per_day=300)
    start = feed.start_ms()
    rows = feed.between(start, start + 5 * DAY_MS)
    commands = [(at_ms, json.loads(line)) for at_ms, kind, line in rows if kind == "command"]
    assert [at_ms for at_ms, _ in commands] == [_ms(command["event_time"]) for _, command in commands]
    assert [(at_ms - start) // DAY_MS for at_ms, _ in commands] in (
        [1, 2, 3, 4],
        [0, 1, 2, 3, 4],
        [1, 2, 3],
        [0, 1, 2, 3],
    )
    stores = feed.config()["stores"]
    gone = [command["store"] for _, command in commands]
    assert len(set(gone)) == len(gone) and set(gone) <= set(stores)
    assert not set(gone) & {command.get("successor") for _, command in commands}
    assert all(command["type"] == "command" for _, command in commands)
