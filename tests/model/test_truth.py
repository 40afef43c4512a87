"""The whole engine on generated folders: marks and unique leads equal to the truth (ruling 44)."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from pathlib import Path

import pytest

from connectors.demo.simulated import generate
from connectors.files.reader import FileReader
from connectors.files.sink import FileSink
from flows.engine import Engine, Options
from flows.run import run
from operators.config.configuration import load
from state.counts import read_counts
from state.database import Database
from state.rows.codes import MARKS

ENDED = ("WON", "LOST", "INVALID", "CLOSED")


@pytest.mark.parametrize("leads", [2_000, pytest.param(100_000, marks=[pytest.mark.slow, pytest.mark.timeout(900)])])
def test_marks_and_unique_leads_equal_the_truth(tmp_path: Path, leads: int) -> None:
    folder, out, state = tmp_path / "leads", tmp_path / "out", tmp_path / "state"
    made = generate(folder, leads=leads, seed=11)
    run(Engine(load(folder / "config.toml"), FileReader(folder), FileSink(out), Options(state)))
    in_force: dict[str, dict[str, object]] = {}
    corrected = 0
    for line in (out / "dispositions.jsonl").read_text().splitlines():
        record = json.loads(line)
        if not record.get("shadow"):
            corrected += "corrects" in record
            in_force[record["raw_id"]] = record
    by_source = defaultdict(list)
    for record in in_force.values():
        by_source[record["channel"], record["account"], record["source_lead_id"], record.get("split", 1)].append(record)
    leads_of: dict[str, set[object]] = defaultdict(set)
    intentions_of: dict[object, set[str]] = defaultdict(set)
    wrong = []
    accepted = 0
    for line in (folder / "truth.jsonl").read_text().splitlines():
        truth = json.loads(line)
        key = (truth["channel"], truth["account"], truth["source_lead_id"], truth.get("split", 1))
        found = by_source.pop(key, []) if "mark" in truth else []
        if "mark" not in truth:
            continue
        accepted += 1
        if [record["mark"] for record in found] != [truth["mark"]]:
            wrong.append((truth, [record["mark"] for record in found]))
            continue
        leads_of[truth["intention"]].add(found[0]["unique_id"])
        intentions_of[found[0]["unique_id"]].add(truth["intention"])
    assert not wrong[:5]
    assert not by_source, "a raw lead that the truth does not know was accepted"
    assert all(len(ids) == 1 for ids in leads_of.values())
    assert all(len(intentions) == 1 for intentions in intentions_of.values())
    assert corrected > 0, "late leads are in play"
    _routes_and_states(folder, out, leads_of)
    # The counts that the engine keeps are those of the marks in force (invariant 1).
    database = Database(state)
    try:
        counted = dict.fromkeys(MARKS, 0)
        for (_, name), counts in read_counts(database, 16).items():
            if name.startswith("l:"):
                for mark, count in zip(MARKS, counts, strict=False):
                    counted[mark] += count
    finally:
        database.close()
    assert sum(counted.values()) == accepted
    for mark in MARKS:
        assert counted[mark] == sum(record["mark"] == mark for record in in_force.values())
    _verdicts(out, made.heard)


def _routes_and_states(folder: Path, out: Path, leads_of: dict[str, set[object]]) -> None:
    """Rulings 24 and 58 to 61: each unique lead is cleaned as its making says, and ends so."""
    latest: dict[object, dict[str, object]] = {}
    judged: dict[object, object] = {}
    for line in (out / "unique_leads.jsonl").read_text().splitlines():
        record = json.loads(line)
        before = latest.get(record["unique_id"])
        if before is None or (before["status"] in ENDED and record["status"] not in ENDED):
            judged[record["unique_id"]] = record["route"]  # what a store answer makes of it later is another matter
        latest[record["unique_id"]] = record
    states = {unique_id: record["status"] for unique_id, record in latest.items()}
    wrong = []
    seen: Counter[tuple[str, str]] = Counter()
    for line in (folder / "truth.jsonl").read_text().splitlines():
        truth = json.loads(line)
        for name, of in (("route", judged), ("state", states)):
            if name not in truth:
                continue
            (unique_id,) = leads_of[truth["intention"]]
            seen[name, truth[name]] += 1
            if of[unique_id] != truth[name]:
                wrong.append((truth, name, of[unique_id]))
    assert not wrong[:5], len(wrong)
    for expected in (("route", ("NONE", "AI", "MANUAL")), ("state", ("INVALID", "DISPATCHED", "PENDING", "CLEANING"))):
        assert all(seen[expected[0], value] for value in expected[1])


def _verdicts(out: Path, heard: Counter[str]) -> None:
    """Those that come too late or contradict are refused, the same again is a replay (ruling 24)."""
    refused: Counter[str] = Counter()
    for line in (out / "rejects.jsonl").read_text().splitlines():
        record = json.loads(line)
        if '"outcome"' in record["original"]:
            refused.update(record["reasons"])
    replays = [json.loads(line) for line in (out / "replays.jsonl").read_text().splitlines()]
    repeated = sum(not record["source_lead_id"] and "activity_id" not in record for record in replays)
    assert refused == {"TASK_CLOSED": heard["refused"]}
    assert repeated == heard["repeated"]
