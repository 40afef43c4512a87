"""Whole files of dirty bytes: received = rejects + late + replays + accepted + blank, and never an exception (rulings 30, 81)."""

from __future__ import annotations

import random
from collections import Counter

import pytest
from dirty import Dirty
from fuzzing import TABLES, mutated_bytes
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from plain_engine import PlainEngine

from operators.base import count_kinds as counted
from operators.intake.times import Clock
from operators.wire.arrival import BLANK
from state.counts import read_counts

Files = dict[str, list[bytes]]
NAMES = ("raw_leads-1.jsonl", "raw_leads-2.jsonl", "activity.jsonl", "commands.jsonl")
KINDS = {"activity.jsonl": "activity", "commands.jsonl": "command"}


@st.composite
def dirty_files(draw: st.DrawFn, most: int = 30) -> Files:
    """Feeds of records, wild ones among them, mutated and torn lines, and bytes that are nothing."""
    rng = random.Random(draw(st.integers(0, 2**40)))
    dirty = Dirty(rng, wild=draw(st.booleans()))
    files: Files = {name: [] for name in draw(st.sets(st.sampled_from(NAMES), min_size=1))}
    for _ in range(draw(st.integers(0, most))):
        raw = dirty.record()
        if rng.random() < 0.3:
            raw = mutated_bytes(rng, raw)
        files[rng.choice(sorted(files))].append(raw)
    extra = st.lists(st.tuples(st.sampled_from(sorted(files)), st.binary(max_size=60)), max_size=3)
    for name, raw in draw(extra):
        files[name].insert(rng.randrange(len(files[name]) + 1), raw)
    # A reader of lines gives no line break within one.
    return {name: [raw.replace(b"\n", b" ") for raw in lines] for name, lines in files.items()}


def conserved(files: Files, poll: int, shards: int) -> None:
    engine = PlainEngine(TABLES, poll=poll, shards=shards)
    engine.run({name: (KINDS.get(name, "raw_lead"), list(enumerate(lines, 1))) for name, lines in files.items()})
    outputs = engine.outputs
    given = {(name, number) for name, lines in files.items() for number in range(1, len(lines) + 1)}
    refused = [(one["source"], one["position"]) for one in outputs["rejects"]]
    assert len(refused) == len(set(refused)) and set(refused) <= given, "a record is refused once"

    totals: Counter[int] = Counter()
    for (_, name), counts in read_counts(engine.database, shards).items():  # type: ignore[arg-type]
        row = Counter(dict(enumerate(counts)))
        assert sum(row[mark] for mark in range(4)) == row[counted.ACCEPTED], name
        totals += row
    clock = Clock(event=True, now=engine.clock, wall_ms=0, today_ms=engine.today_ms or 0)
    read = [
        engine.validation.read(raw, KINDS.get(name, "raw_lead"), clock)
        for name, lines in files.items()
        for raw in lines
    ]
    blank = sum(arrival.reasons == BLANK for arrival in read)
    leads = sum(arrival.kind == "raw_lead" and arrival.reasons != BLANK for arrival in read)
    assert (totals[counted.BLANK], totals[counted.RECEIVED]) == (blank, leads)
    accepted = totals[counted.ACCEPTED] - totals[counted.SPLITS]
    assert leads == totals[counted.REJECTED] + totals[counted.LATE] + totals[counted.REPLAYED] + accepted
    assert totals[counted.REJECTED] <= len(refused) and totals[counted.LATE] == len(outputs["late"])


SOME = settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@SOME
@given(dirty_files(), st.sampled_from([1, 3, 64]), st.integers(1, 4))
@example({"raw_leads-1.jsonl": []}, 1, 1)
def test_every_record_has_one_fate(files: Files, poll: int, shards: int) -> None:
    conserved(files, poll, shards)


@pytest.mark.slow
@settings(SOME, max_examples=3000)
@given(dirty_files(most=80), st.sampled_from([1, 3, 64]), st.integers(1, 4))
def test_every_record_of_many_has_one_fate(files: Files, poll: int, shards: int) -> None:
    conserved(files, poll, shards)
