"""SIGKILL at any instant, again and again: every decision made once, no output lost, none twice
(docs/architecture.md, "What must hold", 1).

`LEADSTREAM_KILLS` = how many (300), `LEADSTREAM_SEED` = which input and which instants. Each kill comes only after
something new was decided: the output, then the database's log, grew by amounts drawn from the seed. When the input ends
before all kills were made, everything is compared and another input begins.
"""

import os
import random
import shutil
import signal
import statistics
import subprocess
import sys
import time
from pathlib import Path

import pytest
from cleaning_scenario import cleaning_scenario, idle
from delivery import assert_same, at, decided, feeds, file_outputs, scenario
from forked import Runner
from waiting import slowness

from connectors.files.sink import FileSink
from state.database import Database

KILLS = int(os.environ.get("LEADSTREAM_KILLS") or 300)
SEED = int(os.environ.get("LEADSTREAM_SEED") or 1)
RECORDS = 2500
KILLS_PER_INPUT = 60
DULL = 3
"""Inputs drawn in which not everything is in play: left out, but not more than so many."""
UNTIL = at(22, 12)
OPENED_WITHIN_S = 1.0
NOISE = 3

pytestmark = pytest.mark.kills


@pytest.fixture
def runner(tmp_path):
    runner = Runner(Path(__file__).with_name("runner.py"), tmp_path / "errors.txt")
    yield runner
    runner.close()


def has_cleaning(seed):
    """Each second input, the first of them."""
    return seed % 2 == 0


def order(case, seed, *, poll, epoch_ms):
    """For the runner."""
    folders = {"state": str(case / "state"), "source": str(case / "in"), "sink": str(case / "out")}
    return {**folders, "until": UNTIL, "poll": poll, "epoch_ms": epoch_ms, "cleaning": has_cleaning(seed)}


def lay_out(folder, seed):
    """An input of its own per seed: one mixed file, or several read as one."""
    (folder / "in").mkdir(parents=True)
    records = cleaning_scenario(seed) if has_cleaning(seed) else scenario(seed, RECORDS)
    for name, lines in feeds(records, apart=seed // 2 % 2 == 1).items():
        (folder / "in" / f"{name}.jsonl").write_bytes(b"\n".join(lines) + b"\n")


def not_in_play(outputs, seed):
    """What an input lacks."""
    text = b"\n".join(outputs["holds"] + outputs["dispositions"] + outputs["closings"])
    missing = [word.decode() for word in (b'"RATE"', b'"corrects"', b'"MERGE_EXPIRED"') if word not in text]
    return missing + (idle(outputs) if has_cleaning(seed) else [])


def output_bytes(folder):
    return sum(file.stat().st_size for file in folder.glob("out/*.jsonl"))


def log_bytes(folder):
    found = 0
    for file in folder.glob("state/db/*.log"):
        try:
            found += file.stat().st_size
        except FileNotFoundError:
            continue  # turned into a table a moment ago
    return found


def killed_again_and_again(runner, case, seed, kills, total):
    """One input to its end; returns the kills made."""
    rng = random.Random(f"kills/{seed}")
    made = 0
    seen = 0
    step = 2 * total // KILLS_PER_INPUT
    while True:
        runner.start(order(case, seed, poll=rng.choice((3, 10, 40)), epoch_ms=rng.choice((0, 5, 50))))
        if made < kills:
            wanted = seen + rng.randrange(1, step)
            more = rng.randrange(40_000) if rng.random() < 0.7 else 0
            if runner.until(lambda wanted=wanted: output_bytes(case) >= wanted, "new output"):
                log = log_bytes(case)
                if runner.until(lambda log=log, more=more: not log <= log_bytes(case) < log + more, "a new decision"):
                    status = runner.kill()
                    assert status in (-signal.SIGKILL, 0), runner.trace()
                    seen = max(seen, output_bytes(case))
                    if status:
                        made += 1
                        continue
        if runner.wait() == 0:
            return made
        raise AssertionError(f"the run ended with {runner.ended}\n{runner.trace()}")


def test_killed_again_and_again_it_comes_to_the_same(runner, tmp_path, capsys):
    made = number = dull = 0
    while made < KILLS:
        seed = SEED * 1000 + number
        straight, case = tmp_path / f"{number}-straight", tmp_path / f"{number}"
        lay_out(straight, seed)
        shutil.copytree(straight / "in", case / "in")
        runner.start(order(straight, seed, poll=10, epoch_ms=50))
        assert runner.wait() == 0, runner.trace()
        expected = file_outputs(straight / "out")
        if missing := not_in_play(expected, seed):
            dull += 1
            assert dull <= DULL, f"{missing} is not in play, nor were others in {dull - 1} inputs before"
            number += 1
            continue
        kills = min(KILLS_PER_INPUT, KILLS - made)
        now = killed_again_and_again(runner, case, seed, kills, output_bytes(straight))
        assert now, "no kill was made"
        made += now
        assert_same(file_outputs(case / "out"), expected)
        assert decided(case / "state") == decided(straight / "state")
        number += 1
        said = ", cleaning" if has_cleaning(seed) else ""
        with capsys.disabled():
            print(f"\nkills: {made} of {KILLS}, input {number} (seed {seed}{said}): the same", end="")
        for folder in (straight, case):
            shutil.rmtree(folder)
    opened_ms = [seconds * 1000 for seconds in runner.opened_s]
    shares = statistics.quantiles(opened_ms, n=100, method="inclusive")
    figures = f"p50 {shares[49]:.0f} ms, p99 {shares[98]:.0f} ms, max {max(opened_ms):.0f} ms"
    with capsys.disabled():
        print(f"\nkills: {len(opened_ms)} openings, {figures}")
    assert max(runner.opened_s) < NOISE * OPENED_WITHIN_S * slowness(), figures


_WRITES = """
import os, sys, pathlib
from rocksdict import WriteBatch
import state.database
database = state.database.Database(pathlib.Path(sys.argv[1]))
row = os.urandom(700)
for number in range(int(sys.argv[2])):
    batch = database.batch()
    for place in range(100):
        batch.put(b"\\x01c" + (number * 7919 % 4096).to_bytes(2, "big") + place.to_bytes(2, "big") + b"\\x00", row)
    database.write(batch)
os.kill(os.getpid(), 9)
"""


def test_an_opening_under_load_stays_under_a_second(tmp_path, capsys, checkout):
    """Tens of megabytes written as fast as they can be: what of the log is not in tables yet, an opening replays."""
    taken = []
    for batches in (400, 900, 1300):
        folder = tmp_path / str(batches)
        done = subprocess.run([sys.executable, "-c", _WRITES, str(folder), str(batches)], cwd=checkout)
        assert done.returncode == -9
        log = sum(file.stat().st_size for file in (folder / "db").glob("*.log"))
        began = time.perf_counter()
        database = Database(folder)
        taken.append((log >> 20, time.perf_counter() - began))
        database.close()
    figures = ", ".join(f"{log} MB of log: {seconds * 1000:.0f} ms" for log, seconds in taken)
    with capsys.disabled():
        print(f"\nkills: opening after SIGKILL, {figures}")
    assert max(log for log, _ in taken) >= 20, "the log was not long"
    assert max(seconds for _, seconds in taken) < NOISE * OPENED_WITHIN_S * slowness(), figures


def test_what_was_written_behind_the_seal_is_cut_also_in_the_middle_of_a_line(tmp_path):
    """A torn write of a stream: cut to the sealed length at open, byte by byte."""
    sink = FileSink(tmp_path)
    sink.open({}, "one", fresh=True)
    sink.write_lines(0, b"first\n")
    sink.flush()
    sealed = sink.sealed()
    sink.write_lines(0, b"second\n")
    sink.close()
    file = tmp_path / "dispositions.jsonl"
    whole = file.read_bytes()
    for length in range(sealed["dispositions"], len(whole) + 1):
        file.write_bytes(whole[:length])
        again = FileSink(tmp_path)
        again.open(sealed, "one", fresh=False)
        sealed = again.claims()  # the state keeps it before the first record is written
        again.write_lines(0, b"second\n")
        again.close()
        assert file.read_bytes() == whole
