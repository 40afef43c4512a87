"""Segments of output files: when a file is closed, what a seal lists, and what a start finds after a crash at any instant."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from delivery import ALWAYS, assert_same, configuration, memory_reader, scenario

from connectors.files.segments import CLOSING
from connectors.files.sink import FileSink
from connectors.memory import MemorySink
from flows.engine import Engine, Options
from flows.run import run
from operators.wire.streams import STREAMS
from state import limits
from state.errors import SinkFault

FIRST = STREAMS[0]
LINE = b'{"a":1}\n'


class Folder:
    """An output folder and the last seal of its state, as an engine keeps it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.day = 1
        self.seal: dict[str, Any] = {}
        self.sink = FileSink(folder)

    def open(self, segment_bytes: int = 20) -> None:
        self.sink = FileSink(self.folder, segment_bytes=segment_bytes, today=lambda: self.day)
        self.sink.open(json.loads(json.dumps(self.seal)), "one", fresh=not self.seal)
        self.seal = self.sink.claims()

    def write(self, lines: int = 1) -> None:
        self.sink.write_lines(0, LINE * lines)

    def sealed(self, *, synced: bool = True) -> None:
        self.sink.flush()
        self.seal = self.sink.sealed()
        if synced:
            self.sink.was_sealed()

    def sizes(self) -> dict[str, int]:
        """Of the files of the first stream that are not empty."""
        return {
            path.name: path.stat().st_size for path in sorted(self.folder.glob(f"{FIRST}.*")) if path.stat().st_size
        }


@pytest.fixture
def out(tmp_path: Path) -> Iterator[Folder]:
    folder = Folder(tmp_path / "out")
    folder.open()
    yield folder
    folder.sink.close()


def test_a_full_file_is_closed_at_the_next_seal_and_listed_with_its_length(out: Folder) -> None:
    out.write(3)
    assert out.sizes() == {f"{FIRST}.jsonl": 24}, "never in the middle of what a seal speaks of"
    out.sealed()
    assert out.sizes() == {f"{FIRST}.000001.jsonl": 24}
    out.write()
    out.sealed()
    assert out.sizes() == {f"{FIRST}.000001.jsonl": 24, f"{FIRST}.jsonl": 8}
    assert out.seal[FIRST] == 8 and out.seal["segments"][FIRST]["closed"] == [[f"{FIRST}.000001.jsonl", 24]]


def test_another_day_closes_what_the_former_one_left(out: Folder) -> None:
    out.write()
    out.sealed()
    out.day = 2
    out.sealed()
    assert out.sizes() == {f"{FIRST}.000001.jsonl": 8}
    out.day = 3
    out.sealed()
    assert out.sizes() == {f"{FIRST}.000001.jsonl": 8}, "an empty file is no segment"


def test_the_day_on_which_a_file_was_begun_outlives_a_stop(out: Folder) -> None:
    out.write()
    out.sealed()
    out.sink.close()
    out.day = 2
    out.open()
    out.write()
    out.sealed()
    assert out.sizes() == {f"{FIRST}.000001.jsonl": 16}


def test_without_days_a_file_is_closed_by_its_size_alone(tmp_path: Path) -> None:
    sink = FileSink(tmp_path)
    sink.open({}, "one", fresh=True)
    sink.write_lines(0, LINE)
    sink.flush()
    assert sink.sealed()[FIRST] == len(LINE)
    sink.close()


def test_its_last_name_says_that_a_seal_on_the_disk_lists_it(out: Folder) -> None:
    """Moved away before, a power loss would take the seal back and the records with it."""
    out.write(3)
    out.sealed(synced=False)
    assert out.sizes() == {f"{FIRST}.000001.jsonl{CLOSING}": 24} and out.sink.waits_for_seal()
    out.sink.was_sealed()
    assert out.sizes() == {f"{FIRST}.000001.jsonl": 24} and not out.sink.waits_for_seal()


def test_a_seal_that_was_lost_takes_its_segments_back(out: Folder) -> None:
    """Two of them, and what came behind: all of it is written again."""
    out.write(1)
    out.sealed()
    kept = out.seal
    for _ in range(2):
        out.write(3)
        out.sealed(synced=False)
    out.write(1)
    out.sink.close()
    out.seal = kept
    out.open()
    assert out.sizes() == {f"{FIRST}.jsonl": 8}


def test_a_seal_that_was_written_gives_its_segments_their_names_at_the_next_start(out: Folder) -> None:
    out.write(3)
    out.sealed(synced=False)
    out.sink.close()
    out.open()
    assert out.sizes() == {f"{FIRST}.000001.jsonl": 24}


def test_closed_segments_may_be_moved_away(out: Folder) -> None:
    for _ in range(3):
        out.write(3)
        out.sealed()
    (out.folder / f"{FIRST}.000001.jsonl").unlink()
    out.sink.close()
    out.open()
    out.write(3)
    out.sealed()
    assert [name for name, _ in out.seal["segments"][FIRST]["closed"]] == [f"{FIRST}.{n:06d}.jsonl" for n in (2, 3, 4)]


def test_a_closed_segment_that_changed_is_named(out: Folder) -> None:
    out.write(3)
    out.sealed()
    out.sink.close()
    (out.folder / f"{FIRST}.000001.jsonl").write_bytes(LINE)
    with pytest.raises(SinkFault, match="8 bytes, but it was closed and sealed with 24"):
        out.open()
    out.sink.close()


def test_a_seal_does_not_grow_with_the_years(out: Folder) -> None:
    for _ in range(limits.SEGMENTS_LISTED + 3):
        out.write(3)
        out.sealed()
    closed = out.seal["segments"][FIRST]["closed"]
    assert len(closed) == limits.SEGMENTS_LISTED and closed[-1][0] == f"{FIRST}.{limits.SEGMENTS_LISTED + 3:06d}.jsonl"


def test_an_output_begun_by_the_former_version_goes_on(tmp_path: Path) -> None:
    """Its seal has lengths and nothing else; its folder no token."""
    (tmp_path / "out").mkdir()
    (tmp_path / "out/.state").write_text("one\n")
    (tmp_path / f"out/{FIRST}.jsonl").write_bytes(LINE * 2 + b"not sealed")
    old = Folder(tmp_path / "out")
    old.seal = {name: 16 if name == FIRST else 0 for name in STREAMS}
    old.open()
    old.write()
    old.day = 2
    old.sealed()
    old.sink.close()
    assert old.sizes() == {f"{FIRST}.000001.jsonl": 24}


# --- an engine on it


UNTIL = 1_760_000_000_000


class _Killed(Exception):
    pass


class _Dies(FileSink):
    """A process that is gone at its n-th step: a write, a seal that is asked for, or one that is on the disk."""

    steps = 1 << 30

    def _step(self) -> None:
        self.steps -= 1
        if self.steps == 0:
            raise _Killed

    def write_lines(self, stream: int, lines: bytes) -> None:
        super().write_lines(stream, lines)
        self._step()

    def sealed(self) -> dict[str, Any]:
        self._step()
        found = super().sealed()
        self._step()
        return found

    def was_sealed(self) -> None:
        self._step()
        super().was_sealed()
        self._step()


def _streams(folder: Path) -> dict[str, list[bytes]]:
    return {
        name: [line for path in sorted(folder.glob(f"{name}*.jsonl")) for line in path.read_bytes().splitlines()]
        for name in STREAMS
    }


def _run(folder: Path, records: list[Any], sink: Any, epoch: timedelta = ALWAYS) -> None:
    options = Options(folder / "state", shards=2, until_ms=UNTIL)
    run(Engine(configuration(), memory_reader(records, poll_limit=20), sink, options), epoch=epoch)


@pytest.mark.sampled(n=6)
@pytest.mark.parametrize("steps", range(1, 400, 13))
def test_killed_at_any_step_the_segments_together_are_what_a_straight_run_writes(tmp_path: Path, steps: int) -> None:
    records = scenario(5, 120)
    straight = MemorySink()
    _run(tmp_path / "straight", records, straight)
    sink = _Dies(tmp_path / "out", segment_bytes=2_000)
    sink.steps = steps
    with pytest.raises(Exception):  # noqa: B017  # whatever it becomes on its way through the runner
        _run(tmp_path, records, sink)
    _run(tmp_path, records, FileSink(tmp_path / "out", segment_bytes=2_000))
    assert_same(_streams(tmp_path / "out"), straight.streams)
    assert not list((tmp_path / "out").glob(f"*{CLOSING}"))
    assert len(list((tmp_path / "out").glob("unique_leads.*"))) > 3


def test_segments_that_were_moved_away_stay_away(tmp_path: Path) -> None:
    records = scenario(6, 120)
    straight = MemorySink()
    _run(tmp_path / "straight", records, straight)
    (tmp_path / "archive").mkdir()
    for upto in (40, 80, 120):
        _run(tmp_path, records[:upto], FileSink(tmp_path / "out", segment_bytes=1_000)) if upto == 120 else _part(
            tmp_path, records, upto
        )
        for path in (tmp_path / "out").glob("*.0*.jsonl"):
            path.rename(tmp_path / "archive" / path.name)
    for path in (tmp_path / "out").glob("*.jsonl"):
        path.rename(tmp_path / "archive" / path.name)
    assert_same(_streams(tmp_path / "archive"), straight.streams)


def _part(folder: Path, records: list[Any], upto: int) -> None:
    options = Options(folder / "state", shards=2)
    reader = memory_reader(records[:upto], poll_limit=20)
    run(Engine(configuration(), reader, FileSink(folder / "out", segment_bytes=1_000), options), epoch=ALWAYS)
