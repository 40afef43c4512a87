"""Killed, or without power, before any step of a run: it goes on and comes to the same
(docs/architecture.md, "What must hold", 1 and 2).

Every write of the database, every sync, every write and flush of the sink of a short run that seals at each poll (`make
test` takes each fourth); of one that seals only at its end, each third.
"""

import random
import threading
from datetime import timedelta

import pytest
from crashes import Crash, Steps, crashed, watched
from delivery import ALWAYS, Case, assert_same, at, decided, lead, memory_reader

from connectors.memory import MemorySink
from flows.run import run
from flows.step import ShardStep
from state import keys
from state.database import Database
from state.errors import Fault

UNTIL = at(5, 12)


def short_input():
    """Two nights at a store with one lead a minute for three minutes, late and repeated leads, a deal, a rejection."""
    night = [lead(f"n{i}", f"1391234500{i}", at(1, 20, i), "R1") for i in range(5)]
    return [
        lead("p0", "13812340000", at(1, 10)),
        *night,
        "{junk",
        lead("p1", "13812340000", at(1, 9, 30)),  # late: the true first touch
        night[1],
        {"type": "activity", "activity_id": "a1", "kind": "PAID", "event_time": "2025-09-01T14:00:00Z",
         "phone": "13912345002", "store": "R1"},
        lead("p2", "13812340000", at(2, 8), consent=False),
        lead("p4", "13812340000", at(2, 8, 30), "R1"),
        lead("n6", "13912345000", at(2, 9), "R1"),  # at the opening itself
        lead("n7", "13912345006", at(2, 9, 1), "R1"),
        lead("n8", "13912345007", at(2, 19), "R1"),
        lead("p3", "13812340000", at(4, 10)),
    ]  # fmt: skip


NO_SEAL = timedelta(hours=1)
"""One epoch for the whole run: nothing is sealed before its end."""


@pytest.fixture(scope="module")
def images(module_folder):
    """(images before each step, outputs and rows of the straight run): with a seal at each poll, and with none."""
    found = {}
    for epoch in (ALWAYS, NO_SEAL):
        folder = module_folder / str(epoch.seconds)
        case = Case(folder / "state", shards=2)
        steps = Steps(case.folder, case.sink, folder / "images")
        with pytest.MonkeyPatch.context() as patch, watched(steps, patch):
            case.run(memory_reader(short_input(), poll_limit=3), until=UNTIL, epoch=epoch)
        assert len(steps.taken) > 60
        assert {image.step for image in steps.taken} == {"database write", "sync", "sink write", "sink flush"}
        found[epoch] = steps.taken, case.sink.streams, decided(case.folder, keys.HOP_FENCE)
    return found


def go_on(folder, sink):
    case = Case(folder, shards=2)
    case.sink = sink
    case.run(memory_reader(short_input(), poll_limit=3), until=UNTIL)
    return case


def test_the_short_input_uses_the_store_the_fold_and_late_leads(images):
    _, streams, _ = images[ALWAYS]
    text = b"\n".join(line for lines in streams.values() for line in lines)
    for word in ("slot", "RATE", "corrects", "WON", "replay", "CONSENT", "MERGE_EXPIRED"):
        assert f'"{word}"'.encode() in text, word


@pytest.mark.parametrize("powerless", [False, True], ids=["killed", "powerless"])
@pytest.mark.parametrize(
    ("epoch", "every"),
    [
        pytest.param(ALWAYS, 1, id="sealed", marks=pytest.mark.slow),
        pytest.param(ALWAYS, 4, id="sealed, some"),
        pytest.param(NO_SEAL, 3, id="unsealed"),
    ],
)
def test_every_crash_point(images, tmp_path, powerless, epoch, every):
    taken, expected, rows = images[epoch]
    for image in taken[::every]:
        with crashed(image, tmp_path, powerless=powerless) as (folder, sink):
            case = go_on(folder, sink)
            assert_same(case.sink.streams, expected)
            assert decided(folder, keys.HOP_FENCE) == rows


@pytest.mark.sampled(2)
@pytest.mark.parametrize("seed", range(6))
def test_crash_after_crash(images, tmp_path, monkeypatch, seed):
    """The run that goes on is killed too, again and again, a few steps later each time."""
    taken, expected, rows = images[ALWAYS if seed % 3 else NO_SEAL]
    rng = random.Random(seed)
    powerless = seed % 2 == 1
    image = taken[rng.randrange(len(taken) // 2)]
    folder = tmp_path / "0"
    sink = image.laid_out(folder, powerless=powerless)
    for crash in range(1, 9):
        place = tmp_path / str(crash)
        steps = Steps(folder, sink, place)
        steps_to_go = rng.randrange(1, 40)
        with watched(steps, monkeypatch):
            run_until(folder, sink, steps, steps_to_go)
        if not steps.taken:
            break
        image = steps.taken[-1]
        folder = tmp_path / f"{crash}-next"
        sink = image.laid_out(folder, powerless=powerless)
    case = go_on(folder, sink)
    assert_same(case.sink.streams, expected)
    assert decided(folder, keys.HOP_FENCE) == rows


def run_until(folder, sink, steps, number):
    """Run and stop at this step; what it would have done is not done."""
    step = steps.step

    def counted(name):
        if steps.number >= number:
            raise Crash(name)
        step(name)

    steps.step = counted
    case = Case(folder, shards=2)
    case.sink = sink
    try:
        engine = case.engine(memory_reader(short_input(), poll_limit=3), until=UNTIL)
        run(engine)
    except (Crash, Fault):
        pass


def test_nothing_leaves_before_its_batch_is_synced(tmp_path, monkeypatch):
    """Group commit: at each write of the sink, every event in it lies in the synced part of the log."""
    case = Case(tmp_path / "state", shards=2)
    steps = Steps(case.folder, case.sink, None)
    seen = []
    with watched(steps, monkeypatch):
        sink_write = MemorySink.write

        def checked(self, stream, values):
            log = b"".join(
                file.read_bytes()[: steps.synced.get(file.name, 0)] for file in (case.folder / "db").glob("*.log")
            )
            for value in values:
                # A record may span blocks of the log, with a header between: its first bytes are enough.
                assert value[:60] in log or value[60:100] in log, f"sent before it was synced: {value[:80]!r}"
                seen.append(value)
            sink_write(self, stream, values)

        monkeypatch.setattr(MemorySink, "write", checked)
        case.run(memory_reader(short_input(), poll_limit=3), until=UNTIL)
    assert len(seen) > 50


def test_nothing_is_handed_on_while_the_disk_still_syncs(tmp_path, monkeypatch):
    """Group commit again, without a race: the sync does not end before the steps were called forty times."""
    gate, calls, syncs = threading.Event(), [], []
    sync, on_batch = Database.sync, ShardStep.on_batch

    def slow(self):
        syncs.append(self)
        if len(syncs) > 1:  # the first makes the identity of a new state safe, before anything flows
            assert gate.wait(60)
        sync(self)

    def counted(self, values):
        out = on_batch(self, values)
        calls.append(len(out[0]))
        early = out[0] and not gate.is_set()
        if early or len(calls) == 40:
            gate.set()
        assert not early, "handed on before its batch was synced"
        return out

    monkeypatch.setattr(Database, "sync", slow)
    monkeypatch.setattr(ShardStep, "on_batch", counted)
    case = Case(tmp_path / "state", shards=2)
    case.run(memory_reader(short_input(), poll_limit=3), until=UNTIL)
    assert len(calls) > 40 and not any(calls[:40]) and any(calls[40:])
