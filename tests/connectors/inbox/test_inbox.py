"""The inbox: what is acknowledged is there, whole and once; what was torn is cut; one writer."""

import errno
import json
import os
import stat
import subprocess
import sys
import threading

import pytest
from waiting import wait_until

from connectors.inbox.reader import FollowReader
from connectors.inbox.segments import segment_of
from connectors.inbox.writer import Full, Inbox
from state import errors, limits


def lines_in(folder):
    """Every whole line of the segments, in their order."""
    files = sorted(folder.glob("raw_leads-inbox-*.jsonl"))
    return [line for file in files for line in file.read_bytes().splitlines()]


def read_all(reader, limit=1000):
    """What the reader hands on until it has nothing."""
    found = []
    while records := [record for index in reader.ready() for record in reader.poll(index, limit)]:
        found += records
    return found


def lead(number):
    return json.dumps({"channel": "a", "source_lead_id": str(number)}).encode()


def test_what_was_appended_is_read_in_order_with_numbers_from_one(tmp_path):
    with Inbox(tmp_path / "in") as inbox:
        inbox.append([lead(1), lead(2)])
        inbox.append([lead(3)])
    reader = FollowReader(tmp_path / "in")
    assert [(record.offset, record.raw) for record in read_all(reader)] == [(n, lead(n)) for n in (1, 2, 3)]
    assert reader.kinds() == ["raw_lead"]


def test_many_givers_share_one_sync(tmp_path):
    """While one sync is under way others gather; the next sync is for all of them."""
    begun, go = threading.Event(), threading.Event()

    def sync(file):
        begun.set()
        assert go.wait(60)
        os.fdatasync(file)

    told = []
    with Inbox(tmp_path, sync=sync) as inbox:
        inbox.give([lead(0)], told.append)
        assert begun.wait(60)
        for number in range(1, 100):
            inbox.give([lead(number)], told.append)
        assert not told, "nothing is acknowledged before its sync"
        go.set()
    assert told == [None] * 100
    assert inbox.syncs == 2


def test_a_full_queue_is_said_and_nothing_is_taken(tmp_path, monkeypatch):
    monkeypatch.setattr(limits, "INBOX_WAITING", 3)
    begun, go = threading.Event(), threading.Event()

    def sync(_):
        begun.set()
        assert go.wait(60)

    told = []
    with Inbox(tmp_path, sync=sync) as inbox:
        inbox.give([lead(0)], told.append)
        assert begun.wait(60)
        inbox.give([lead(1), lead(2)], told.append)
        with pytest.raises(Full):
            inbox.give([lead(3)], told.append)
        go.set()
    assert lines_in(tmp_path) == [lead(0), lead(1), lead(2)]


def test_segments_close_by_size_and_are_named_by_their_first_line(tmp_path):
    with Inbox(tmp_path, segment_bytes=100) as inbox:
        for number in range(1, 11):
            inbox.append([lead(number)])
    firsts = [segment_of(path.name).first for path in sorted(tmp_path.glob("*.jsonl"))]
    assert firsts == [1, 4, 7, 10]  # lines of some 42 bytes: the third is the one that passes 100
    assert [record.offset for record in read_all(FollowReader(tmp_path))] == list(range(1, 11))


@pytest.mark.parametrize("torn", range(1, 20))
def test_a_torn_last_line_is_no_lead_and_is_cut_at_the_next_start(tmp_path, torn):
    with Inbox(tmp_path) as inbox:
        inbox.append([lead(1)])
    (file,) = tmp_path.glob("*.jsonl")
    with file.open("ab") as opened:
        opened.write(lead(2)[:torn])
    assert [record.raw for record in read_all(FollowReader(tmp_path))] == [lead(1)]
    with Inbox(tmp_path) as inbox:
        assert file.read_bytes() == lead(1) + b"\n"
        inbox.append([lead(3)])
    assert [(record.offset, record.raw) for record in read_all(FollowReader(tmp_path))] == [(1, lead(1)), (2, lead(3))]


def test_it_goes_on_where_it_stopped_over_segments(tmp_path):
    for number in range(1, 8):
        with Inbox(tmp_path, segment_bytes=80) as inbox:
            inbox.append([lead(number)])
    assert lines_in(tmp_path) == [lead(number) for number in range(1, 8)]
    assert len(FollowReader(tmp_path).names()) == 1


def test_after_a_full_disk_it_goes_on_and_no_whole_line_is_taken_back(tmp_path, monkeypatch):
    """A reader may have decided about a whole line already: another in its place would be taken for it."""
    inbox = Inbox(tmp_path)
    inbox.append([lead(1)])
    write, budget = os.write, [len(lead(2)) + 6]

    def filling(file, data):
        if file != inbox._file:
            return write(file, data)
        if not budget[0]:
            raise OSError(errno.ENOSPC, "No space left on device")
        wrote = write(file, bytes(data[: budget[0]]))
        budget[0] -= wrote
        return wrote

    monkeypatch.setattr(os, "write", filling)
    with pytest.raises(errors.DiskFault, match="full"):
        inbox.append([lead(2), lead(3)])
    monkeypatch.undo()
    inbox.append([lead(4)])
    inbox.close()
    assert lines_in(tmp_path) == [lead(1), lead(2), lead(4)]
    assert [record.offset for record in read_all(FollowReader(tmp_path))] == [1, 2, 3]


def test_a_failed_sync_ends_the_writing_for_good(tmp_path):
    def sync(_):
        raise OSError(errno.EIO, "Input/output error")

    with Inbox(tmp_path, sync=sync) as inbox:
        with pytest.raises(errors.DiskFault):
            inbox.append([lead(1)])
        with pytest.raises(errors.DiskFault):
            inbox.append([lead(2)])
    assert lines_in(tmp_path) == [lead(1)]


def test_another_writer_is_refused_naming_the_holder(tmp_path):
    with Inbox(tmp_path, holder="leadstream gateway"):
        said = subprocess.run(
            [sys.executable, "-c", "import sys, pathlib; from connectors.inbox.writer import Inbox; "
             "Inbox(pathlib.Path(sys.argv[1]))", str(tmp_path)],
            capture_output=True, text=True, check=False, env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        ).stderr  # fmt: skip
    assert f"is being written by process {os.getpid()} (leadstream gateway)" in said
    Inbox(tmp_path).close()


def test_two_writers_share_a_folder_each_with_segments_of_its_own(tmp_path):
    with Inbox(tmp_path) as gateway, Inbox(tmp_path, writer="pull_web") as pull:
        gateway.append([lead(1)])
        pull.append([lead(2)])
        gateway.append([lead(3)])
        reader = FollowReader(tmp_path)
        assert sorted((record.source, record.offset, record.raw) for record in read_all(reader)) == [
            (0, 1, lead(1)), (0, 2, lead(3)), (1, 1, lead(2)),
        ]  # fmt: skip
        with pytest.raises(errors.StateLocked):
            Inbox(tmp_path, writer="pull_web")


def test_a_folder_that_goes_away_is_said(tmp_path):
    (tmp_path / "in").mkdir()
    reader = FollowReader(tmp_path / "in", monotonic=Clock())
    (tmp_path / "in").rmdir()
    reader._monotonic.now += limits.FOLLOW_SCAN_S
    with pytest.raises(errors.SourceRefused, match="cannot be read"):
        reader.ready()


def test_files_and_folder_are_the_owners_alone(tmp_path):
    with Inbox(tmp_path / "in") as inbox:
        inbox.append([lead(1)])
    assert stat.S_IMODE((tmp_path / "in").stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "in").iterdir()} == {0o600}


def test_a_missing_open_segment_is_refused(tmp_path):
    """Its numbers would be given again, and a run that has decided about them would skip what is new."""
    with Inbox(tmp_path, segment_bytes=80) as inbox:
        for number in range(1, 8):
            inbox.append([lead(number)])
    sorted(tmp_path.glob("*.jsonl"))[-1].unlink()
    with pytest.raises(errors.PositionFault, match="is missing"):
        Inbox(tmp_path)
    (tmp_path / ".inbox.json").unlink()
    with Inbox(tmp_path) as inbox:
        inbox.append([lead(9)])
    reader = FollowReader(tmp_path)
    assert len(reader.names()) == 2
    assert [record.offset for record in read_all(reader) if record.raw == lead(9)] == [1]


# --- following


class Clock:
    """A monotonic clock that a test moves."""

    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


def test_what_comes_later_is_read_too(tmp_path):
    clock = Clock()
    reader = FollowReader(tmp_path, monotonic=clock)
    assert reader.names() == [] and reader.ready() == []
    with Inbox(tmp_path, segment_bytes=80) as inbox:
        inbox.append([lead(1)])
        clock.now += limits.FOLLOW_SCAN_S
        assert [record.raw for record in read_all(reader)] == [lead(1)]
        inbox.append([lead(2)])
        assert [record.raw for record in read_all(reader)] == [lead(2)], "the open segment is not waited for"
        inbox.append([lead(3)])
        inbox.append([lead(4)])
        (tmp_path / "raw_leads-sheet.jsonl").write_bytes(lead(5) + b"\n" + lead(6))
        clock.now += limits.FOLLOW_SCAN_S
        assert [(r.source, r.offset, r.raw) for r in read_all(reader)] == [
            (0, 3, lead(3)), (0, 4, lead(4)), (1, 1, lead(5)),
        ]  # fmt: skip
    with (tmp_path / "raw_leads-sheet.jsonl").open("ab") as sheet:
        sheet.write(b"\n")
    clock.now += limits.FOLLOW_SCAN_S
    assert [(r.source, r.offset, r.raw) for r in read_all(reader)] == [(1, 2, lead(6))]
    assert not reader.ended(0)


def test_it_continues_at_its_position_and_read_segments_may_be_gone(tmp_path):
    with Inbox(tmp_path, segment_bytes=80) as inbox:
        for number in range(1, 6):
            inbox.append([lead(number)])
        reader = FollowReader(tmp_path)
        for cut in range(6):
            reader = FollowReader(tmp_path)
            first = [record for index in reader.ready() for record in reader.poll(index, cut)] if cut else []
            while len(first) < cut:
                first += [record for index in reader.ready() for record in reader.poll(index, cut - len(first))]
            position = reader.position([first[-1].offset if first else -1])
            again = FollowReader(tmp_path)
            again.restore(position)
            assert [record.offset for record in read_all(again)] == list(range(cut + 1, 6))
        for path in sorted(tmp_path.glob("*.jsonl"))[:-1]:
            path.unlink()
        again = FollowReader(tmp_path)
        again.restore(position)
        inbox.append([lead(6)])
        assert [record.raw for record in read_all(again)] == [lead(6)]


def test_a_segment_that_is_gone_before_it_was_read_is_a_fault(tmp_path):
    with Inbox(tmp_path, segment_bytes=80) as inbox:
        for number in range(1, 8):
            inbox.append([lead(number)])
    reader = FollowReader(tmp_path)
    (record,) = reader.poll(0, 1)
    position = reader.position([record.offset])
    sorted(tmp_path.glob("*.jsonl"))[1].unlink()
    again = FollowReader(tmp_path)
    again.restore(position)
    with pytest.raises(errors.PositionFault, match="were never read"):
        read_all(again)


def test_an_inbox_made_anew_is_other_input(tmp_path):
    """A folder deleted and made again: its first line is not taken for the one that was decided about."""
    names = set()
    for _ in range(2):
        with Inbox(tmp_path) as inbox:
            inbox.append([lead(1)])
        names |= set(FollowReader(tmp_path).names())
        for path in tmp_path.iterdir():
            path.unlink()
    assert len(names) == 2


def test_a_changed_file_is_a_fault(tmp_path):
    clock = Clock()
    file = tmp_path / "raw_leads.jsonl"
    file.write_bytes(lead(1) + b"\n" + lead(2) + b"\n")
    reader = FollowReader(tmp_path, monotonic=clock)
    assert len(read_all(reader)) == 2
    position = reader.position([2])
    file.write_bytes(lead(7) + b"\n" + lead(8) + b"\n" + lead(9) + b"\n")
    with pytest.raises(errors.PositionFault, match="have changed"):
        FollowReader(tmp_path).restore(position)
    file.write_bytes(lead(1) + b"\n")
    clock.now += limits.FOLLOW_SCAN_S
    with pytest.raises(errors.PositionFault, match="have changed"):
        reader.ready()


def test_a_reader_syncs_what_it_hands_on(tmp_path, monkeypatch):
    """Else a power loss takes back a line that was decided about, and the next in its place is skipped."""
    with Inbox(tmp_path) as inbox:
        inbox.append([lead(1)])
    synced = []
    monkeypatch.setattr(os, "fdatasync", lambda file: synced.append(os.fstat(file).st_size))
    assert len(read_all(FollowReader(tmp_path))) == 1
    assert synced == [len(lead(1)) + 1]


def test_the_same_position_serves_the_reader_of_files(tmp_path):
    from connectors.files.reader import FileReader

    file = tmp_path / "raw_leads.jsonl"
    file.write_bytes(lead(1) + b"\n" + lead(2) + b"\n")
    reader = FileReader(tmp_path)
    assert len(reader.poll(0, 1)) == 1
    following = FollowReader(tmp_path)
    following.restore(reader.position([1]))
    assert [record.offset for record in read_all(following)] == [2]
    back = FileReader(tmp_path)
    back.restore(following.position([2]))
    assert back.poll(0, 10) == []


def test_a_missing_folder_is_refused(tmp_path):
    with pytest.raises(errors.SourceRefused, match="does not exist"):
        FollowReader(tmp_path / "none")


def test_waiting_falls_to_nothing(tmp_path):
    with Inbox(tmp_path) as inbox:
        inbox.give([lead(1)], lambda _: None)
        wait_until(lambda: inbox.waiting() == 0, 60, "the sync")
