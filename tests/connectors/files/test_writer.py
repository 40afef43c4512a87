"""An output folder has one writer: beside a running engine, and after a copy of its state has written."""

import shutil
from pathlib import Path

import pytest
from delivery import at, configuration, file_outputs, lead, memory_reader

from connectors.files.sink import FileSink
from flows.engine import Engine, Options
from flows.run import run
from state.errors import SinkFault, StateRefused

RECORDS = [lead(f"s{i}", f"1391234567{i}", at(1, 10, i)) for i in range(9)]


def _engine(folder: Path, state: str, upto: int) -> Engine:
    options = Options(folder / state, shards=2)
    return Engine(configuration(), memory_reader(RECORDS[:upto]), FileSink(folder / "out"), options)


def test_a_second_writer_is_refused_while_the_first_one_runs(tmp_path: Path) -> None:
    """A state copied while its engine runs, and gone on with into the same folder."""
    run(_engine(tmp_path, "state", 3))
    first = _engine(tmp_path, "state", 6)
    shutil.copytree(tmp_path / "state", tmp_path / "copy", ignore=shutil.ignore_patterns("LOCK", "HOLDER"))
    with pytest.raises(SinkFault, match=r"is being written by process \d+ on ") as refusal:
        _engine(tmp_path, "copy", 6)
    assert refusal.value.exit_code == 3 and "An output has one writer" in refusal.value.action
    run(first)
    assert len(file_outputs(tmp_path / "out")["dispositions"]) == 6


def test_what_the_other_copy_has_written_is_not_cut(tmp_path: Path) -> None:
    run(_engine(tmp_path, "state", 3))
    shutil.copytree(tmp_path / "state", tmp_path / "copy")
    run(_engine(tmp_path, "copy", 6))
    before = file_outputs(tmp_path / "out")
    with pytest.raises(StateRefused, match="another copy of this state") as refusal:
        _engine(tmp_path, "state", 9)
    assert refusal.value.exit_code == 3 and refusal.value.action.endswith(".")
    assert file_outputs(tmp_path / "out") == before
    run(_engine(tmp_path, "copy", 9))
    assert len(file_outputs(tmp_path / "out")["dispositions"]) == 9


def test_a_backup_that_replaces_its_state_goes_on_when_the_operator_says_so(tmp_path: Path) -> None:
    run(_engine(tmp_path, "state", 3))
    shutil.copytree(tmp_path / "state", tmp_path / "backup")
    run(_engine(tmp_path, "state", 6))
    run(_engine(tmp_path, "state", 8))
    shutil.rmtree(tmp_path / "state")
    with pytest.raises(StateRefused) as refusal:
        _engine(tmp_path, "backup", 9)
    assert str(tmp_path / "out/.writer") in refusal.value.action
    (tmp_path / "out/.writer").unlink()
    run(_engine(tmp_path, "backup", 9))
    ids = [line for line in file_outputs(tmp_path / "out")["dispositions"]]
    assert len(ids) == len(set(ids)) == 9


def test_state_and_output_of_one_backup_go_on(tmp_path: Path) -> None:
    run(_engine(tmp_path, "state", 3))
    for name in ("state", "out"):
        shutil.copytree(tmp_path / name, tmp_path / "backup" / name)
    run(_engine(tmp_path, "state", 6))
    for name in ("state", "out"):
        shutil.rmtree(tmp_path / name)
        shutil.copytree(tmp_path / "backup" / name, tmp_path / name)
    run(_engine(tmp_path, "state", 9))
    assert len(file_outputs(tmp_path / "out")["dispositions"]) == 9


def test_a_run_without_a_new_record_changes_no_file(tmp_path: Path) -> None:
    run(_engine(tmp_path, "state", 3))
    before = {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()}
    run(_engine(tmp_path, "state", 3))
    assert {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()} == before
