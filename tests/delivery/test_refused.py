"""What a start refuses, and that a refused start changes nothing (rulings 9, 45, 52)."""

import json
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from delivery import TABLES, Case, at, configuration, lead, memory_reader
from waiting import wait_until

from connectors.files.reader import FileReader
from connectors.files.sink import FileSink
from connectors.memory import MemorySink
from flows.engine import Engine, Options
from flows.run import run
from operators.config.configuration import from_tables
from state import seal
from state.database import Database
from state.errors import PositionFault, SinkFault, StateLocked, StateRefused

RECORDS = [lead(f"s{i}", f"1391234567{i}", at(1, 10, i)) for i in range(6)]
OPENS = "import os, sys, pathlib, state.database; held = state.database.Database(pathlib.Path(sys.argv[1]))"


@pytest.fixture
def used(tmp_path):
    """A state that has delivered to its sink."""
    case = Case(tmp_path)
    case.run(memory_reader(RECORDS[:4]))
    return case


def goes_on(case):
    """The right start after the refused one."""
    case.run(memory_reader(RECORDS))
    assert len(case.sink.records("dispositions")) == 6


@pytest.mark.parametrize("what", ["secret", "shards", "timezone", "foreign sink", "empty sink", "newer format"])
def test_a_start_that_does_not_fit_is_refused(used, monkeypatch, what):
    sink, before = used.sink, {name: list(lines) for name, lines in used.sink.streams.items()}
    if what == "secret":
        monkeypatch.setenv("LEADSTREAM_ONE_ID_SECRET", "another")
        used.settings = configuration()
    elif what == "shards":
        used.shards = 8
    elif what == "timezone":
        used.settings = from_tables({**TABLES, "timezone": "Europe/Berlin"})
    elif what == "foreign sink":
        used.sink = MemorySink()
        used.sink.open({}, "another state", fresh=True)
        used.sink.write(0, [b"{}"])
    elif what == "empty sink":
        used.sink = MemorySink()
    else:
        database = Database(used.folder)
        identity = msgspec.msgpack.decode(database.get(seal._identity), type=seal.Identity)
        identity.format = seal.STATE_FORMAT + 1
        seal.write_identity(database, identity)
        database.close()
    with pytest.raises(StateRefused) as refusal:
        used.run(memory_reader(RECORDS))
    assert refusal.value.exit_code == 3 and refusal.value.action.endswith(".")
    assert {name: list(lines) for name, lines in sink.streams.items()} == before
    if what != "newer format":
        monkeypatch.undo()
        right = Case(used.folder)
        right.sink = sink
        goes_on(right)


def test_a_new_state_refuses_a_used_sink(used, tmp_path):
    fresh = Case(tmp_path / "other")
    fresh.sink = used.sink
    with pytest.raises(StateRefused):
        fresh.run(memory_reader(RECORDS))
    goes_on(used)


def test_a_sink_that_lost_what_was_sealed_is_refused(used):
    used.sink.streams["dispositions"].pop()
    with pytest.raises(SinkFault):
        used.run(memory_reader(RECORDS))


def test_a_second_process_is_refused_and_told_who_holds_the_state(used):
    code = f"{OPENS}; print('open', flush=True); sys.stdin.read()"
    command = [sys.executable, "-c", code, str(used.folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None and holder.stdout.readline() == "open\n"
        with pytest.raises(StateLocked) as refusal:
            used.run(memory_reader(RECORDS))
        assert f"process {holder.pid}" in str(refusal.value) and refusal.value.exit_code == 3
        holder.communicate("")
    wait_until(lambda: holder.poll() is not None, 10, "the holder's end")
    goes_on(used)


def test_a_holder_that_was_killed_holds_nothing(used):
    code = f"{OPENS}; os.kill(os.getpid(), 9)"
    assert subprocess.run([sys.executable, "-c", code, str(used.folder)]).returncode == -9
    assert (used.folder / "HOLDER").exists()
    goes_on(used)


# --- the input


class Files:
    """A file, its state and its output folder."""

    def __init__(self, folder, shards=2):
        self.folder = folder
        self.shards = shards
        self.file = folder / "raw_leads.jsonl"

    def run(self, *, text=None, source=None):
        if text is not None:
            self.file.write_text(text)
        sink = FileSink(self.folder / "out")
        run(
            Engine(
                configuration(),
                FileReader(source or self.file),
                sink,
                Options(self.folder / "state", shards=self.shards),
            )
        )

    def records(self, stream):
        return [json.loads(line) for line in (self.folder / f"out/{stream}.jsonl").read_text().splitlines()]


def text_of(records):
    return "".join(json.dumps(record) + "\n" for record in records)


def test_a_file_that_grew_goes_on(tmp_path):
    files = Files(tmp_path)
    files.run(text=text_of(RECORDS[:2]))
    files.run(text=text_of(RECORDS))
    assert sorted(r["source_lead_id"] for r in files.records("dispositions")) == [f"s{i}" for i in range(6)]


@pytest.mark.parametrize("change", ["other beginning", "other end", "shorter"])
def test_a_file_whose_beginning_changed_stops_the_start(tmp_path, change):
    files = Files(tmp_path)
    files.run(text=text_of(RECORDS))
    text = text_of(RECORDS)
    if change == "other beginning":
        text = text.replace("s0", "x0")
    elif change == "other end":
        text = text.replace("s5", "x5")
    else:
        text = text_of(RECORDS[:5])
    with pytest.raises(PositionFault) as refusal:
        files.run(text=text)
    assert "raw_leads.jsonl" in refusal.value.message and refusal.value.exit_code == 3
    files.run(text=text_of(RECORDS))
    assert len(files.records("dispositions")) == 6 and not files.records("replays")


def test_a_changed_log_in_memory_stops_the_start(used):
    reader = memory_reader(RECORDS)
    reader.replace("raw_leads", 2, "{}")
    with pytest.raises(PositionFault):
        used.run(reader)


def test_the_same_content_under_another_name_is_new_input(tmp_path):
    """Its source keys are known: transport replays, nothing else (rulings 9 and 11)."""
    files = Files(tmp_path)
    files.run(text=text_of(RECORDS))
    other = tmp_path / "raw_leads_again.jsonl"
    other.write_text(text_of(RECORDS))
    files.run(source=other)
    assert len(files.records("dispositions")) == 6 and len(files.records("replays")) == 6


def test_a_last_line_without_newline_that_parses_is_a_record(tmp_path):
    files = Files(tmp_path)
    files.run(text=text_of(RECORDS[:3])[:-1])
    assert len(files.records("dispositions")) == 3
    files.run()
    files.run(text=text_of(RECORDS))
    assert sorted(r["source_lead_id"] for r in files.records("dispositions")) == [f"s{i}" for i in range(6)]
    assert not files.records("replays") and not files.records("rejects")


@pytest.mark.parametrize("shards", [1, 3])
def test_half_a_last_line_is_refused_then_completed(tmp_path, shards):
    """The reject stands under its line number, once; position and fence stay before it (ruling 9)."""
    files = Files(tmp_path, shards)
    whole = text_of(RECORDS)
    third = whole.index('"s2"') + 20
    files.run(text=whole[:third])
    files.run()
    (reject,) = files.records("rejects")
    assert reject["position"] == 3 and reject["reasons"] == ["NOT_JSON"] and whole[:third].endswith(reject["original"])
    assert len(files.records("dispositions")) == 2
    files.run(text=whole)
    assert sorted(r["source_lead_id"] for r in files.records("dispositions")) == [f"s{i}" for i in range(6)]
    assert len(files.records("rejects")) == 1


def test_blank_lines_and_windows_ends_are_no_records(tmp_path):
    files = Files(tmp_path)
    files.run(text="\n" + text_of(RECORDS).replace("\n", "\r\n\r\n  \n"))
    assert len(files.records("dispositions")) == 6 and not files.records("rejects")


# --- the mark of an output folder


def test_the_mark_of_an_output_folder_is_whole_or_not_there(tmp_path, monkeypatch):
    """Killed while it is written: an empty mark would make the folder a stranger's for ever."""
    files = Files(tmp_path)

    def killed(self, target):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(Path, "replace", killed)
        files.run(text=text_of(RECORDS[:2]))
    assert not (tmp_path / "out/.state").exists()
    files.run()
    mark = tmp_path / "out/.state"
    written = mark.stat().st_mtime_ns
    files.run(text=text_of(RECORDS))
    assert mark.stat().st_mtime_ns == written, "the mark of a folder is written once"
    assert len(files.records("dispositions")) == 6
