"""Faults stop loudly with the operator's action, and the next start comes to the same
(docs/architecture.md, "What must hold", 2 and 4; ruling 49).
"""

import errno
import json
import logging
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from delivery import Case, assert_same, at, configuration, file_outputs, lead, memory_reader, rows_of, scenario, stored

import flows.step
from connectors.files.reader import FileReader
from connectors.files.sink import FileSink
from flows.batch import APPLY_RECORD
from flows.engine import Engine, Options
from flows.run import run
from operators.registry import KIND_OF
from state import keys, limits
from state.database import Database
from state.errors import DiskFault, Fault, InternalFault, StateDamaged, of_disk

UNTIL = at(20, 12)


@pytest.fixture(scope="module")
def straight(module_folder):
    records = scenario(7, 120)
    case = Case(module_folder / "straight")
    case.run(memory_reader(records), until=UNTIL)
    return records, case.sink.streams


def run_again(case, records, expected):
    case.run(memory_reader(records, poll_limit=9), until=UNTIL)
    assert_same(case.sink.streams, expected)


# --- sink and source


@pytest.mark.sampled(2, each=("call", "after"))
@pytest.mark.parametrize("number", [1, 2, 9, 40])
@pytest.mark.parametrize("after", [False, True], ids=["undone", "done"])
@pytest.mark.parametrize("call", ["write", "flush"])
def test_a_failing_sink(straight, tmp_path, call, after, number):
    records, expected = straight
    case = Case(tmp_path)
    case.sink.fail(call, number, of_disk(OSError(errno.EIO, "broken"), "writing the sink"), after=after)
    with pytest.raises(DiskFault) as fault:
        case.run(memory_reader(records, poll_limit=9), until=UNTIL)
    assert fault.value.exit_code == 3 and fault.value.action
    run_again(case, records, expected)


def test_an_error_that_nobody_foresaw_names_itself_and_says_what_to_do(straight, tmp_path):
    records, expected = straight
    case = Case(tmp_path)
    case.sink.fail("write", 5, ValueError("a bug"))
    with pytest.raises(InternalFault, match="ValueError") as fault:
        case.run(memory_reader(records, poll_limit=9), until=UNTIL)
    assert "Start it again" in fault.value.action
    run_again(case, records, expected)


@pytest.mark.parametrize("offset", [1, 2, 60, 120])
def test_a_failing_reader(straight, tmp_path, offset):
    records, expected = straight
    case = Case(tmp_path)
    reader = memory_reader(records, poll_limit=9)
    reader.fail("raw_leads", min(offset, len(records)), of_disk(OSError(errno.EIO, "broken"), "reading"))
    with pytest.raises(DiskFault):
        case.run(reader, until=UNTIL)
    run_again(case, records, expected)


# --- the disk


@pytest.mark.parametrize("what", ["full", "read_only"])
def test_a_real_disk_full_or_read_only(tmp_path, lacking, what):
    """A small disk of its own: the same loud stop at each start, then as if nothing had been (property 2)."""
    source = tmp_path / "in" / "raw_leads.jsonl"
    source.parent.mkdir()
    lines = [record if isinstance(record, str) else json.dumps(record) for record in scenario(8, 400)]
    source.write_text("\n".join(lines) + "\n")
    disk = tmp_path / "disk"
    disk.mkdir()
    script = Path(__file__).parents[1] / "helpers" / "tiny_disk.py"
    if subprocess.run(["unshare", "-rm", "mount", "-t", "tmpfs", "none", str(disk)]).returncode:
        lacking("A mount of its own is not possible here (unshare -rm); run the tests where it is.")
    command = ["unshare", "-rm", sys.executable, str(script), what, str(disk), str(source), str(tmp_path / "out")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=100)
    assert done.returncode == 0, done.stderr[-3000:]
    faults = done.stdout.splitlines()
    expected = "The disk is full" if what == "full" else "cannot be written"
    assert len(faults) == 3 and all(line.startswith("DiskFault 3") and expected in line for line in faults), faults
    assert all("start again; nothing was lost" in line for line in faults)
    run(
        Engine(
            configuration(), FileReader(source), FileSink(tmp_path / "s/out"), Options(tmp_path / "s/state", shards=2)
        )
    )
    assert_same(file_outputs(tmp_path / "out"), file_outputs(tmp_path / "s/out"))


@pytest.mark.parametrize("number", [3, 10, 50])
@pytest.mark.parametrize("call", ["write", "flush_wal"])
def test_the_database_meets_a_full_disk(straight, tmp_path, monkeypatch, call, number):
    """In the step, and in the background thread that syncs: both stop the flow."""
    records, expected = straight
    case = Case(tmp_path)
    engine = case.engine(memory_reader(records, poll_limit=9), until=UNTIL)
    engine.database.rows = Full(engine.database.rows, call, number)
    with pytest.raises(DiskFault, match="The disk is full"):
        run(engine)
    run_again(case, records, expected)


class Full:
    """A database handle without space from the n-th call on."""

    def __init__(self, inner, call, number):
        self.inner, self.call, self.left = inner, call, number

    def __getattr__(self, name):
        found = getattr(self.inner, name)
        if name != self.call:
            return found

        def call(*arguments):
            self.left -= 1
            if self.left <= 0:
                raise Exception("IO error: No space left on device: While appending to file")
            return found(*arguments)

        return call


@pytest.mark.parametrize(
    ("error", "kind", "words"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), DiskFault, "Free space"),
        (Exception("IO error: No space left on device"), DiskFault, "Free space"),
        (OSError(errno.EROFS, "Read-only file system"), DiskFault, "writable"),
        (Exception("Corruption: checksum mismatch"), StateDamaged, "Restore"),
        (OSError(errno.EIO, "Input/output error"), DiskFault, "Check the disk"),
    ],
)
def test_each_error_of_a_disk_has_its_action(error, kind, words):
    fault = of_disk(error, "writing")
    assert type(fault) is kind and words in fault.action and fault.exit_code == 3


def test_a_flipped_byte_in_the_log_is_no_wrong_answer(straight, tmp_path):
    """Either the start stops loudly, or it goes on from what the log still says, and comes to the same."""
    records, expected = straight
    case = Case(tmp_path / "a")
    case.sink.fail("write", 30, ValueError("stop here"))
    engine = case.engine(memory_reader(records, poll_limit=9), until=UNTIL)
    engine.database.close = lambda: None  # as SIGKILL leaves it: the log not yet turned into tables
    with pytest.raises(InternalFault):
        run(engine)
    (log,) = (tmp_path / "a/db").glob("*.log")
    damaged = bytearray(log.read_bytes())
    damaged[len(damaged.rstrip(b"\0")) * 2 // 3] ^= 0x40
    Database.close(engine.database)
    stopped = 0
    import shutil

    shutil.copytree(tmp_path / "a", tmp_path / "b")
    case.folder = tmp_path / "b"
    for table in (tmp_path / "b/db").glob("*.log"):
        table.write_bytes(bytes(damaged))
    try:
        run_again(case, records, expected)
    except Fault as fault:
        stopped = fault.exit_code
    assert stopped in (0, 3)


# --- exceptions that no rule foresees (ruling 49)


def poison(monkeypatch, which, error=ValueError):
    """The rules fail at raw leads with these source ids."""
    apply = APPLY_RECORD["raw_lead"]

    def raw_lead(row, arrival, out):
        found = apply(row, arrival, out)
        if arrival.record.source_lead_id in which:
            raise error(f"poison {arrival.record.source_lead_id}")
        return found

    monkeypatch.setitem(APPLY_RECORD, "raw_lead", raw_lead)


def quiet_leads(count):
    return [lead(f"s{i}", f"13912{i % 9:06d}", at(1, 10, i, i % 7)) for i in range(count)]


def test_one_poisonous_record_is_refused_with_internal_and_nothing_of_it_is_applied(tmp_path, monkeypatch, caplog):
    """Its original goes to `rejects`; what else came in the same batch is decided as if it had not been there."""
    records = quiet_leads(30)
    without = [*records[:11], "\n", *records[12:]]
    expected = Case(tmp_path / "without")
    expected.run(memory_reader(without))
    poison(monkeypatch, {"s11"})
    case = Case(tmp_path / "poisoned")
    with caplog.at_level(logging.ERROR, "leadstream"):
        case.run(memory_reader(records))
    (reject,) = case.sink.records("rejects")
    assert reject["reasons"] == ["INTERNAL"] and json.loads(reject["original"]) == records[11]
    assert reject["position"] == 12 and "poison s11" in caplog.text and "position 12" in caplog.text
    for stream in ("dispositions", "unique_leads", "dispatches", "notifications", "holds"):
        assert sorted(case.sink.lines(stream)) == sorted(expected.sink.lines(stream))
    assert rows_of(stored(case.folder), keys.CUSTOMER) == rows_of(stored(expected.folder), keys.CUSTOMER)
    # What was refused stays refused: a second run reads nothing, and the original can be sent again.
    monkeypatch.undo()
    again = memory_reader(records)
    again.add("raw_leads", reject["original"])
    case.run(again)
    assert len(case.sink.records("rejects")) == 1 and len(case.sink.records("dispositions")) == 30


def test_several_poisonous_records_of_one_batch(tmp_path, monkeypatch):
    """Each is found in turn; what was refused stays refused while the rest is decided again."""
    poison(monkeypatch, {"s3", "s9", "s20", "s21"})
    case = Case(tmp_path, shards=1)
    case.run(memory_reader(quiet_leads(30)))
    assert sorted(r["position"] for r in case.sink.records("rejects")) == [4, 10, 21, 22]
    assert len(case.sink.records("dispositions")) == 26


def test_more_than_twenty_within_an_hour_stop(tmp_path, monkeypatch):
    poison(monkeypatch, {f"s{i}" for i in range(30)})
    case = Case(tmp_path)
    with pytest.raises(InternalFault, match=r"raw_leads, position 2\d"):
        case.run(memory_reader(quiet_leads(40), poll_limit=1))
    monkeypatch.undo()
    case.run(memory_reader(quiet_leads(40)))
    assert len(case.sink.records("rejects")) == limits.INTERNAL_PER_HOUR
    assert len(case.sink.records("dispositions")) == 20


def test_twenty_an_hour_for_hours_do_not_stop(tmp_path, monkeypatch):
    poison(monkeypatch, {f"s{i}" for i in range(30)})
    case = Case(tmp_path)
    now = 0.0

    class Clock:
        perf_counter = staticmethod(lambda: now)

        @staticmethod
        def monotonic():
            nonlocal now
            now += 60.0
            return now

    monkeypatch.setattr(flows.step, "time", Clock)
    case.run(memory_reader(quiet_leads(40), poll_limit=1))
    assert len(case.sink.records("rejects")) == 30


def test_a_failed_assertion_stops_and_names_the_record(tmp_path, monkeypatch):
    poison(monkeypatch, {"s11"}, AssertionError)
    case = Case(tmp_path)
    with pytest.raises(StateDamaged) as fault:
        case.run(memory_reader(quiet_leads(30)))
    assert "raw_leads" in str(fault.value) and "12" in str(fault.value)
    assert not case.sink.records("rejects")
    monkeypatch.undo()
    case.run(memory_reader(quiet_leads(30)))
    assert len(case.sink.records("dispositions")) == 30


@pytest.mark.parametrize("by", ["tick", "record"])
def test_an_exception_in_a_timer_stops_and_no_record_is_blamed(tmp_path, monkeypatch, by):
    """Fired by a tick, or before the customer's next record: it is the row that is at fault, and that is named."""
    customer = KIND_OF[keys.CUSTOMER[0]]

    def failing(desk, before):
        raise ValueError("a bug in a timer")

    monkeypatch.setitem(KIND_OF, customer.rank, replace(customer, fire=failing))
    case = Case(tmp_path)
    night = lead("a", "13912345678", at(1, 20))
    records = [night, lead("b", "13912345678", at(2, 12))] if by == "record" else [night]
    with pytest.raises(InternalFault) as fault:
        case.run(memory_reader(records), until=at(3, 0))
    one_id = (case.sink.records("dispositions") or [{"one_id": "-"}])[0]["one_id"]
    assert not case.sink.records("rejects")
    monkeypatch.setitem(KIND_OF, customer.rank, customer)
    case.run(memory_reader(records), until=at(3, 0))
    one_id = case.sink.records("dispositions")[0]["one_id"]
    assert one_id in str(fault.value)
    assert [r["store"] for r in case.sink.records("dispatches")] == ["P1"]
