"""The consumer of `examples/`: corrections followed, repeats dropped, nothing lost when the engine rewrites a tail."""

import importlib.util
import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from connectors.demo.simulated import generate
from connectors.files.reader import FileReader
from connectors.files.sink import FileSink
from flows.engine import Engine, Options
from flows.run import run
from operators.config.configuration import load


@pytest.fixture(scope="module")
def example(checkout):
    spec = importlib.util.spec_from_file_location("follow_output", checkout / "examples" / "follow_output.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    """A folder with generated inputs and the output of a run on them."""
    folder = tmp_path_factory.mktemp("ran")
    generate(folder / "in", leads=1500, seed=7)
    config = load(folder / "in" / "config.toml")
    run(Engine(config, FileReader(folder / "in"), FileSink(folder / "out"), Options(folder / "state")))
    return folder


def line(event_id, mark="FIRST_TOUCH", **more):
    raw_id = event_id.rpartition("-")[0]
    return json.dumps({"event_id": event_id, "raw_id": raw_id, "channel": "web", "mark": mark, **more}) + "\n"


def ids(records):
    return [record["event_id"] for record in records]


def test_marks_in_force_are_the_truth(example, ran):
    marks = example.Marks(example.FileSource(ran / "out"))
    corrections = [record for record in marks.catch_up() if "corrects" in record]
    assert corrections, "the input has late leads"
    truth: Counter[tuple[str, str]] = Counter()
    for text in (ran / "in" / "truth.jsonl").read_text().splitlines():
        told = json.loads(text)
        if "mark" in told:
            truth[told["channel"], told["mark"]] += 1
    assert marks.counts() == truth
    assert marks.catch_up() == []


def test_read_in_any_pieces_it_is_the_same(example, ran, tmp_path):
    whole = example.Marks(example.FileSource(ran / "out"))
    whole.catch_up()
    data = (ran / "out" / "dispositions.jsonl").read_bytes()
    pieces = example.Marks(example.FileSource(tmp_path))
    found = 0
    for size in [*range(0, len(data), 99_991), len(data)]:
        (tmp_path / "dispositions.jsonl").write_bytes(data[:size])
        found += len(pieces.catch_up())
    assert pieces.in_force == whole.in_force
    assert found == len(whole.seen)


def test_a_correction_takes_the_place_of_what_it_corrects(example, tmp_path):
    (tmp_path / "dispositions.jsonl").write_text(line("a-1") + line("a-2", "DEDUPED", corrects="a-1"))
    marks = example.Marks(example.FileSource(tmp_path))
    marks.catch_up()
    assert marks.counts() == {("web", "DEDUPED"): 1}


@pytest.mark.parametrize("again", ["", "d-1 c-1", "b-1 c-1", "c-1 b-1", "c-1 b-1 d-1", "b-1 c-1 d-1 e-1"])
def test_a_tail_cut_and_written_again_gives_only_what_is_new(example, tmp_path, again):
    """What a start after a crash does: the file is cut to the seal, the outbox sent again in whatever order of shards."""
    file = tmp_path / "dispositions.jsonl"
    file.write_text(line("a-1") + line("b-1") + line("c-1"))
    marks = example.Marks(example.FileSource(tmp_path))
    assert ids(marks.catch_up()) == ["a-1", "b-1", "c-1"]
    rewritten = again.split()
    file.write_text(line("a-1") + "".join(map(line, rewritten)))
    assert ids(marks.catch_up()) == [event for event in rewritten if event > "c-1"]
    assert len(marks.in_force) == len({"a-1", "b-1", "c-1", *rewritten})


def test_a_line_that_is_still_being_written_waits(example, tmp_path):
    file = tmp_path / "dispositions.jsonl"
    file.write_text(line("a-1") + line("b-1")[:20])
    marks = example.Marks(example.FileSource(tmp_path))
    assert ids(marks.catch_up()) == ["a-1"]
    file.write_text(line("a-1") + line("b-1"))
    assert ids(marks.catch_up()) == ["b-1"]


def test_a_file_that_is_closed_as_a_segment_is_followed(example, tmp_path):
    """Renamed while it is followed, with lines that nobody has read yet; moved away when they are."""
    file = tmp_path / "dispositions.jsonl"
    file.write_text(line("a-1"))
    marks = example.Marks(example.FileSource(tmp_path))
    assert ids(marks.catch_up()) == ["a-1"]
    with file.open("a") as more:
        more.write(line("b-1"))
    file.rename(tmp_path / "dispositions.000001.jsonl.closing")
    file.write_text(line("c-1"))
    assert ids(marks.catch_up()) == ["b-1", "c-1"]
    (tmp_path / "dispositions.000001.jsonl.closing").rename(tmp_path / "dispositions.000001.jsonl")
    assert ids(marks.catch_up()) == []
    (tmp_path / "dispositions.000001.jsonl").unlink()
    with file.open("a") as more:
        more.write(line("d-1"))
    assert ids(marks.catch_up()) == ["d-1"]


def test_as_a_command(checkout: Path, ran, tmp_path):
    def said(*arguments):
        command = [sys.executable, checkout / "examples" / "follow_output.py", *arguments]
        return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)

    done = said(ran / "out")
    assert done.returncode == 0
    assert [text.split()[0] for text in done.stdout.splitlines()] == ["DEAL_MERGED", "DEDUPED", "FIRST_TOUCH", "MERGED"]
    assert said(tmp_path).returncode == 1
    assert said().returncode == 2
