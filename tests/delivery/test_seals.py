"""Seals that do not wait for the end of an epoch, and seals that wait for an output that is slow."""

from datetime import timedelta

import pytest
from delivery import Case, assert_same, at, lead, memory_reader, rows_of, scenario, stored
from msgspec.msgpack import decode

from connectors.memory import MemorySink
from flows.progress import Progress
from state import keys, limits
from state.database import Database
from state.errors import Fault, SinkFault
from state.seal import read_seal

LONG = timedelta(hours=1)
UNTIL = at(14, 12)


class ReadBack(MemorySink):
    """Is read back at a start, as topics are, and safe at once; knows how much it was given since the last cut."""

    reads_back = True

    def __init__(self):
        super().__init__()
        self.since = self.most = self.largest = self.cuts = self.writes = 0
        self.owed = None
        """(shard, row) of which some was read back."""
        self.owed_at = None
        """How many cuts there were before it came."""

    def write(self, stream, lines):
        self.writes += 1
        super().write(stream, lines)

    def found(self, group):
        return (group.shard, group.sequence) == self.owed

    def cut(self):
        self.flush()
        self.since = 0
        self.cuts += 1

    def deliver(self, group):
        super().deliver(group)
        records = sum(len(names) for _, names, _ in group.lines)
        if self.found(group):
            self.owed_at = self.cuts
        self.since += records
        self.largest = max(self.largest, records)
        self.most = max(self.most, self.since)


class Slow(MemorySink):
    """Says that a cut is safe only at the n-th question."""

    def __init__(self, questions):
        super().__init__()
        self.questions = questions
        self.asked = self.cuts = 0
        self.cut_at = {}

    def cut(self):
        self.asked = 0
        self.cuts += 1
        self.flush()
        self.cut_at = {name: len(lines) for name, lines in self.streams.items()}

    def sealed(self):
        self.asked += 1
        return dict(self.cut_at) if self.asked > self.questions else None

    def flush(self):
        super().flush()
        self.asked = self.questions


def sealed(folder):
    database = Database(folder)
    try:
        return read_seal(database)
    finally:
        database.close()


@pytest.fixture(scope="module")
def records():
    return scenario(21, 400)


@pytest.fixture(scope="module")
def expected(records, module_folder):
    case = Case(module_folder / "straight")
    case.run(memory_reader(records), until=UNTIL)
    return case.sink.streams


def test_a_full_output_is_sealed_within_the_epoch(tmp_path, records, expected, monkeypatch):
    """Broken off in the middle of its first epoch, a run goes on far behind the beginning."""
    monkeypatch.setattr(limits, "SEAL_RECORDS", 20)
    case = Case(tmp_path)
    case.sink = ReadBack()
    case.sink.fail("write", 300, SinkFault("broken", "mend it"))
    with pytest.raises(Fault, match="broken"):
        case.run(memory_reader(records, poll_limit=9), until=UNTIL, epoch=LONG)
    assert sealed(tmp_path).position["reader"]["raw_leads"]["offset"] > 50
    case.run(memory_reader(records, poll_limit=9), until=UNTIL, epoch=LONG)
    assert_same(case.sink.streams, expected)


def test_no_more_is_handed_on_than_may_be_read_back(tmp_path, records, expected, monkeypatch):
    """However much is decided while the disk syncs: between two cuts the output gets so many records and no more."""
    monkeypatch.setattr(limits, "SEAL_RECORDS", 60)
    monkeypatch.setattr(limits, "UNSEALED_RECORDS", 80)
    case = Case(tmp_path)
    case.sink = ReadBack()
    case.run(memory_reader(records, poll_limit=40), until=UNTIL, epoch=LONG)
    assert_same(case.sink.streams, expected)
    assert 40 < case.sink.most <= 80
    assert case.sink.cuts > 10


@pytest.fixture
def left(tmp_path, records, monkeypatch):
    """A case whose first run broke off with some 300 records in its outbox, in small rows; now the bounds are narrow."""
    case = Case(tmp_path)
    case.sink = ReadBack()
    case.sink.fail("write", 300, SinkFault("broken", "mend it"))
    with pytest.raises(Fault, match="broken"):
        case.run(memory_reader(records, poll_limit=9), until=UNTIL, epoch=LONG)
    case.sink.since = case.sink.most = 0
    monkeypatch.setattr(limits, "SEAL_RECORDS", 60)
    monkeypatch.setattr(limits, "UNSEALED_RECORDS", 80)
    return case


def test_what_a_former_run_left_leaves_span_by_span_too(left, records, expected):
    """However often a run is killed, the next reads back no more for it."""
    left.run(memory_reader(records, poll_limit=40), until=UNTIL, epoch=LONG)
    assert_same(left.sink.streams, expected)
    assert 40 < left.sink.most <= 80


def test_what_was_read_back_leaves_before_the_first_seal(left, records, expected):
    """However much it is: no start after that seal would look for it."""
    outbox = sorted(rows_of(stored(left.folder), keys.OUTBOX))
    shard = max({key[0] for key in outbox}, key=lambda one: sum(key[0] == one for key in outbox))
    last = max(int.from_bytes(key[2:10], "big") for key in outbox if key[0] == shard)
    left.sink.owed = (shard, last)
    left.run(memory_reader(records, poll_limit=40), until=UNTIL, epoch=LONG)
    assert_same(left.sink.streams, expected)
    assert left.sink.owed_at == 0, "before any cut"
    assert left.sink.most > 80, "there was more of it than a span"


def test_a_run_ends_when_it_has_sent_what_a_former_one_left(tmp_path, records, monkeypatch):
    """Also where nothing is left to be read, and nothing falls due."""
    monkeypatch.setattr(limits, "SEAL_RECORDS", 20)
    monkeypatch.setattr(limits, "UNSEALED_RECORDS", 20)
    straight, case = Case(tmp_path / "straight", shards=16), Case(tmp_path / "broken", shards=16)
    straight.sink, case.sink = ReadBack(), ReadBack()
    straight.run(memory_reader(records, poll_limit=400), epoch=LONG)
    case.sink.fail("write", straight.sink.writes - 30, SinkFault("broken", "mend it"))
    with pytest.raises(Fault, match="broken"):
        case.run(memory_reader(records, poll_limit=400), epoch=LONG)
    assert sealed(case.folder).position["reader"] == sealed(straight.folder).position["reader"], "all of it was read"
    case.run(memory_reader(records), epoch=LONG)
    assert_same(case.sink.streams, straight.sink.streams)


def test_two_spans_and_no_more(monkeypatch):
    """One before the cut that is not sealed yet and one behind it; what was read back counts too, however much it is."""
    monkeypatch.setattr(limits, "UNSEALED_RECORDS", 80)
    progress = Progress(2)
    progress.left[1] = 150  # read back, and sent again
    assert not progress.may_leave(1)
    progress.cut()
    assert progress.may_leave(10) and not progress.may_leave(11)
    progress.sealed()
    assert progress.may_leave(80) and progress.may_leave(1000), "a larger one alone"
    progress.left[0] = 80
    progress.cut()
    assert progress.may_leave(80) and not progress.may_leave(81)
    progress.left[1] += 80
    assert not progress.may_leave(1)
    progress.sealed()
    progress.cut()
    assert progress.may_leave(80)


@pytest.mark.timeout(30)
def test_a_row_larger_than_may_be_read_back_goes_by_itself(tmp_path, records, expected, monkeypatch):
    """One batch of one shard, or one record that moves many leads, may give more than the bound: it must not wait for ever."""
    monkeypatch.setattr(limits, "SEAL_RECORDS", 3)
    monkeypatch.setattr(limits, "UNSEALED_RECORDS", 5)
    case = Case(tmp_path)
    case.sink = ReadBack()
    case.run(memory_reader(records, poll_limit=40), until=UNTIL, epoch=LONG)
    assert_same(case.sink.streams, expected)
    assert case.sink.most > 5, "there was such a row"
    assert case.sink.most == case.sink.largest, "and nothing beside it"


class Stuck(ReadBack):
    """From the first closing on nothing becomes safe any more; the run ends at the 200th question."""

    def __init__(self):
        super().__init__()
        self.questions = 0

    def sealed(self):
        if not self.lines("closings"):
            return super().sealed()
        self.questions += 1
        if self.questions > 200:
            raise SinkFault("stuck", "mend it")
        return None


def test_what_falls_due_waits_for_an_output_that_is_stuck(tmp_path, monkeypatch):
    """Timers, as input: memory and what a start reads back do not grow with the customers that are due."""
    monkeypatch.setattr(limits, "SEAL_RECORDS", 10)
    monkeypatch.setattr(limits, "UNSEALED_RECORDS", 20)
    monkeypatch.setattr(limits, "TIMERS_PER_SLICE", 4)
    leads = [lead(f"{i}", f"1390100{i:04d}", at(1, 9, 0) + i, "A1") for i in range(400)]
    case = Case(tmp_path, shards=4)
    case.sink = Stuck()
    with pytest.raises(Fault, match="stuck"):
        case.run(memory_reader(leads, poll_limit=3), until=at(28, 12) + 60 * 86_400_000, epoch=LONG)
    rows = rows_of(stored(tmp_path), keys.OUTBOX)
    assert (
        20 < sum(len(names) for row in rows.values() for _, names, _ in decode(row)) < 600
    )  # of 1 200 where nothing waits


@pytest.mark.parametrize("questions", [1, 7, 1000])
def test_a_slow_output_is_sealed_as_it_was_cut(tmp_path, records, expected, questions):
    """However long an output takes to be safe, the seal speaks of its cut; broken off anywhere, the rest is sent again."""
    case = Case(tmp_path)
    case.sink = Slow(questions)
    for number in (40, 90, 150):
        case.sink.fail("write", number, SinkFault("broken", "mend it"))
        with pytest.raises(Fault, match="broken"):
            case.run(memory_reader(records, poll_limit=9), until=UNTIL)
    case.run(memory_reader(records, poll_limit=9), until=UNTIL)
    assert_same(case.sink.streams, expected)
    assert case.sink.cuts
