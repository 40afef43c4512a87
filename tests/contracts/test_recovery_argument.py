"""`-r` of the stock runner: accepted, and harmless to logics, sources and sinks that keep their own state."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.contracts.contract_flow import Plan
from tests.contracts.contract_runs import Run, broken_barriers, start_stock

pytestmark = pytest.mark.sampled

KEYS = [f"k{n}" for n in range(5)]


@pytest.fixture
def recovery(tmp_path: Path) -> list[str]:
    """The runner's arguments for a recovery directory that is prepared but empty."""
    folder = tmp_path / "recovery"
    folder.mkdir()
    subprocess.run([sys.executable, "-m", "bytewax.recovery", str(folder), "1"], check=True, timeout=60)
    return ["-r", str(folder), "-s", "0", "-b", "0"]


def start_in(folder: Path, plan: Plan, arguments: list[str]) -> Run:
    folder.mkdir()
    return start_stock(plan, folder, *arguments)


def written(done: Run) -> list[tuple[str, int, str]]:
    """Partition, serial number and key of each item."""
    return sorted((item[0], item[2], item[3]) for row in done.of("write_batch") for item in row.detail)


def plan_with(snapshot_value: int | None) -> Plan:
    return Plan(
        sources=[{"a": [KEYS] * 10, "b": [KEYS[:3]] * 10}],
        sink_parts=["out0", "out1"],
        part_index={key: n for n, key in enumerate(KEYS)},
        snapshot_value=snapshot_value,
    )


@pytest.mark.parametrize("snapshot_value", [None, 7])
def test_runs_with_a_recovery_directory_do_what_runs_without_do(
    snapshot_value: int | None, recovery: list[str], tmp_path: Path
) -> None:
    """Also on resume: nothing is skipped, nothing comes twice, and the barrier between epochs holds."""
    plan = plan_with(snapshot_value)
    without = start_in(tmp_path / "without", plan, ["-s", "1"]).finish()
    for name in ("first", "second", "third"):
        done = start_in(tmp_path / name, plan, recovery).finish()
        assert done.codes == [0]
        assert written(done) == written(without)
        assert broken_barriers(done.rows) == []


@pytest.mark.parametrize("snapshot_value", [None, 7])
def test_on_resume_logics_and_sink_parts_are_built_at_the_start_with_their_last_snapshot(
    snapshot_value: int | None, recovery: list[str], tmp_path: Path
) -> None:
    """Without an item and without being told the key: a logic may live, and end, that never learns its shard."""
    assert start_in(tmp_path / "first", plan_with(snapshot_value), recovery).finish().codes == [0]
    idle = plan_with(snapshot_value)
    idle.sources = [{"a": [], "b": []}]
    done = start_in(tmp_path / "second", idle, recovery).finish()
    assert done.codes == [0]
    assert [row.detail["args"] for row in done.of("built")] == [[snapshot_value]] * len(KEYS)
    assert [row.detail for row in done.of("sink_built")] == [snapshot_value] * 2
    assert [row.detail for row in done.of("source_built")] == [snapshot_value] * 2
    assert done.of("on_batch") == []
    assert len(done.of("on_eof")) == len(KEYS)


def test_after_a_sigkill_the_directory_is_no_obstacle(recovery: list[str], tmp_path: Path) -> None:
    plan = plan_with(None)
    plan.live = True
    killed = start_in(tmp_path / "killed", plan, recovery)
    killed.wait_for("source_snapshot", 10)
    killed.send(signal.SIGKILL)
    assert killed.finish().codes == [-signal.SIGKILL]
    done = start_in(tmp_path / "again", plan_with(None), recovery).finish()
    assert done.codes == [0]
    assert len(written(done)) == 10 * (5 + 3)


def test_an_epoch_of_the_stock_runner_is_a_whole_second_or_more_and_ten_by_default(tmp_path: Path) -> None:
    """0 seconds are taken for "not said", unless with `-r`: positions are sealed that seldom under this runner."""
    for name, arguments in (("default", []), ("zero", ["-s", "0"])):
        done = start_in(tmp_path / name, plan_with(None), arguments).finish()
        assert {row.detail["epoch"] for row in done.of("next_batch")} == {0}
    fraction = start_in(tmp_path / "fraction", plan_with(None), ["-s", "0.5"]).finish()
    assert fraction.codes == [2]


def test_the_runner_refuses_a_directory_that_is_not_prepared_and_one_without_intervals(tmp_path: Path) -> None:
    """The operator's texts have to name both."""
    (tmp_path / "empty").mkdir()
    bare = ["-r", str(tmp_path / "empty")]
    unprepared = start_in(tmp_path / "unprepared", plan_with(None), [*bare, "-s", "0", "-b", "0"]).finish()
    assert unprepared.codes == [1]
    assert "NoPartitionsError" in unprepared.stderr()
    without_intervals = start_in(tmp_path / "without_intervals", plan_with(None), bare).finish()
    assert without_intervals.codes == [2]
    assert without_intervals.rows == unprepared.of("on_batch") == []
