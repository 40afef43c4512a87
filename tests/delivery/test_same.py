"""Straight run = other batch sizes, shards, workers = run with stops (docs/architecture.md, "What must hold", 7)."""

import random

import pytest
from delivery import (
    Case,
    assert_no_event_twice,
    assert_same,
    at,
    configuration,
    file_outputs,
    memory_reader,
    rows_of,
    scenario,
    stored,
)

from connectors.demo.simulated.generate import generate
from connectors.files.reader import FileReader
from connectors.files.sink import FileSink
from flows.engine import Engine, Options
from flows.run import run
from operators.config.configuration import load
from state import keys, limits
from state.database import Database

UNTIL = at(20, 12)
SEEDS = [1, 2, 3]

on_every_fabric = pytest.mark.usefixtures("fabric")


@pytest.fixture(scope="module")
def straight(module_folder):
    """Seed → (records, outputs of a straight run)."""
    found = {}
    for seed in SEEDS:
        records = scenario(seed, 260)
        case = Case(module_folder / str(seed))
        case.run(memory_reader(records), until=UNTIL)
        found[seed] = records, case.sink.streams
    return found


def test_the_input_has_everything_in_play(straight):
    """Else the comparisons below would prove nothing."""
    outputs = b"\n".join(line for _, streams in straight.values() for lines in streams.values() for line in lines)
    for text in (
        b'"rule":"slot"', b'"RATE"', b'"corrects"', b'"DEDUPED"', b'"MERGED"', b'"DEAL_MERGED"', b'"FOLDED"',
        b'"MERGE_EXPIRED"', b'"shadow":true', b'"NOT_JSON"', b'"NO_LEAD"', b'"CONSENT"', b'"STORE_UNKNOWN"',
        b'"rule":"store_answer"',         b'"rule":"lateness"', b'"rule":"enrichment"', b'"OPTED_OUT"',
    ):  # fmt: skip
        assert text in outputs, f"{text} does not occur"


@on_every_fabric
@pytest.mark.sampled(4, each=("fabric",))
@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(("shards", "workers", "poll"), [(1, 1, 0), (4, 1, 1), (16, 1, 3), (4, 2, 5), (16, 2, 40)])
def test_other_shards_workers_and_polls(straight, tmp_path, seed, shards, workers, poll):
    records, expected = straight[seed]
    case = Case(tmp_path, shards=shards)
    case.run(memory_reader(records, poll_limit=poll), until=UNTIL, workers=workers)
    assert_same(case.sink.streams, expected)


@on_every_fabric
@pytest.mark.sampled(1, each=("fabric",))
@pytest.mark.parametrize("seed", SEEDS)
def test_other_slices_of_timers_and_hops(straight, tmp_path, monkeypatch, seed):
    """A tick that fires one row and applies one hop at a time comes to the same."""
    monkeypatch.setattr(limits, "TIMERS_PER_SLICE", 1)
    monkeypatch.setattr(limits, "HOPS_PER_SLICE", 1)
    monkeypatch.setattr(limits, "BATCH_RECORDS", 9)
    records, expected = straight[seed]
    case = Case(tmp_path)
    case.run(memory_reader(records), until=UNTIL)
    assert_same(case.sink.streams, expected)


def stops_at_writes(monkeypatch, numbers, stop):
    """Ask for a stop in the middle of these writes of the database, whatever phase they belong to."""
    count = 0
    write = Database.write

    def counted(self, batch):
        nonlocal count
        count += 1
        if count in numbers:
            stop()
        return write(self, batch)

    monkeypatch.setattr(Database, "write", counted)


@on_every_fabric
@pytest.mark.sampled(1, each=("fabric",))
@pytest.mark.parametrize("seed", SEEDS)
def test_stopped_and_continued_ten_times(straight, tmp_path, monkeypatch, seed):
    """SIGTERM in the middle of anything: reading, an opening, the time after the end."""
    records, expected = straight[seed]
    case = Case(tmp_path)
    rng = random.Random(seed)
    engine = None
    numbers = set(rng.sample(range(10, 330), 10))
    stops_at_writes(monkeypatch, numbers, lambda: engine.stop())
    runs = 0
    while engine is None or not engine.ended:
        engine = case.engine(memory_reader(records, poll_limit=7), until=UNTIL)
        run(engine)
        runs += 1
        assert runs < 30
    assert runs >= 7, "stops were asked for while nothing ran"
    assert_same(case.sink.streams, expected)


@on_every_fabric
def test_shards_hold_the_same_rows(straight, tmp_path):
    """Not the outputs alone: every customer's and store's row is the same under another shard count and batch size."""
    records, _ = straight[1]
    found = []
    for shards, poll in ((4, 0), (16, 5)):
        case = Case(tmp_path / str(shards), shards=shards)
        case.run(memory_reader(records, poll_limit=poll))
        rows = case.stored()
        found.append({key[1:]: value for key, value in rows_of(rows, keys.CUSTOMER).items()})
        assert not rows_of(rows, keys.OUTBOX) or shards  # what is left of the outbox is covered by the seal
    assert len(found[0]) > 20
    assert found[0].keys() == found[1].keys()


def generated(tmp_path, leads=250, seed=5):
    folder = tmp_path / "in"
    generate(folder, leads=leads, seed=seed, days=30)
    return folder, load(folder / "config.toml")


def file_run(settings, folder, tmp_path, name="straight", *, until=None, shards=4):
    engine = Engine(
        settings,
        FileReader(folder),
        FileSink(tmp_path / name / "out"),
        Options(tmp_path / name / "state", shards=shards, until_ms=until),
    )
    run(engine)
    return engine


def test_a_folder_read_twice_changes_nothing(tmp_path):
    folder, settings = generated(tmp_path)
    file_run(settings, folder, tmp_path)
    outputs = {path.name: path.read_bytes() for path in (tmp_path / "straight/out").glob("*.jsonl")}
    rows = stored(tmp_path / "straight/state")
    for _ in range(2):
        engine = file_run(settings, folder, tmp_path)
        assert engine.meters.leads == 0
    assert outputs == {path.name: path.read_bytes() for path in (tmp_path / "straight/out").glob("*.jsonl")}
    after = stored(tmp_path / "straight/state")
    for space in (keys.CUSTOMER, keys.STORE, keys.TIMER, keys.FENCE, keys.COUNTS, keys.CAMPAIGNS):
        assert rows_of(after, space) == rows_of(rows, space)


def test_one_file_in_pieces_is_one_file(tmp_path):
    """A file that grew goes on: cut after any line, the outputs are those of the whole, byte for byte."""
    folder, settings = generated(tmp_path)
    whole = (folder / "raw_leads.jsonl").read_bytes()
    file_run(settings, folder / "raw_leads.jsonl", tmp_path)
    expected = file_outputs(tmp_path / "straight/out")
    (tmp_path / "grows").mkdir()
    grows = tmp_path / "grows" / "raw_leads.jsonl"
    rng = random.Random(2)
    lines = whole.splitlines(keepends=True)
    for count in [*sorted(rng.sample(range(1, len(lines)), 6)), len(lines)]:
        grows.write_bytes(b"".join(lines[:count]))
        file_run(settings, grows, tmp_path, "pieces")
    assert_same(file_outputs(tmp_path / "pieces/out"), expected)


def test_a_folder_with_other_batch_sizes(tmp_path, monkeypatch):
    """Several files read as one: the order is the records', not the polls'."""
    folder, settings = generated(tmp_path)
    file_run(settings, folder, tmp_path)
    monkeypatch.setattr(limits, "BATCH_RECORDS", 3)
    file_run(settings, folder, tmp_path, "small", shards=16)
    assert_same(file_outputs(tmp_path / "small/out"), file_outputs(tmp_path / "straight/out"))


def test_partitions_in_memory_like_files(tmp_path):
    """The same records in files and in memory give the same outputs."""
    folder, settings = generated(tmp_path, leads=80)
    file_run(settings, folder, tmp_path)
    from connectors.memory import MemoryReader

    partitions = {
        name: (folder / name).read_bytes().splitlines()
        for name in ("activity.jsonl", "commands.jsonl", "raw_leads.jsonl", "verdicts.jsonl")
    }
    case = Case(tmp_path / "memory", settings=settings)
    case.run(MemoryReader(partitions, poll_limit=2))
    assert_same(case.sink.streams, file_outputs(tmp_path / "straight/out"))


def test_a_stalled_partition_holds_the_others_back(tmp_path):
    """Under the event clock the stalled partition's next record may be the older one."""
    settings = configuration()
    records = [r for r in scenario(4, 80) if isinstance(r, dict)]
    leads = [r for r in records if r["type"] == "raw_lead"]
    acts = [r for r in records if r["type"] == "activity"]
    from connectors.memory import MemoryReader

    straight = Case(tmp_path / "straight", settings=settings)
    straight.run(MemoryReader({"raw_leads": leads, "activity": acts}), until=UNTIL)
    stalled = Case(tmp_path / "stalled", settings=settings)
    reader = MemoryReader({"raw_leads": leads, "activity": acts}, poll_limit=3)
    polls = 0

    def on_poll(name, offset):
        nonlocal polls
        polls += 1
        if polls % 13 == 5:
            reader.stall("activity")
        if polls % 13 == 12:
            reader.resume("activity")

    reader._on_poll = on_poll
    stalled.run(reader, until=UNTIL)
    assert_same(stalled.sink.streams, straight.sink.streams)
    assert_no_event_twice(stalled.sink.streams)
