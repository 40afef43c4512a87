"""What comes out of the entry points when a callback raises, beside background threads and other processes too."""

import signal
from pathlib import Path

import pytest

from tests.contracts.contract_flow import Plan
from tests.contracts.contract_runs import Run, run, start, start_stock

pytestmark = pytest.mark.sampled

WRAPPED = ["next_batch", "source_snapshot", "on_batch", "on_eof", "state_snapshot", "sink_snapshot", "part_fn"]
AS_IT_IS = ["builder", "write_batch"]

SCRIPT = [{"a": [["k0"], ["k1"], ["k0"], ["k1"]]}]

CASES = [(shape, where) for shape in ("one", "threads") for where in [*WRAPPED, *AS_IT_IS]]


@pytest.fixture(scope="module", params=CASES, ids=" ".join)
def failed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Run]:
    """A callback, and a run in which it raised a ValueError."""
    shape, where = request.param
    plan = Plan(sources=SCRIPT, sink_parts=["out0", "out1"], part_index={"k0": 0, "k1": 1}, fails_in=[where])
    return where, run(plan, shape, tmp_path_factory.mktemp("failed"))


def test_an_exception_surfaces_wrapped_or_as_it_is(failed: tuple[str, Run]) -> None:
    """Wrapped in a `BytewaxRuntimeError` with the exception as its cause, but not from everywhere: look along the
    whole chain of causes."""
    where, done = failed
    (raised,) = done.of("raised")
    types = [link["type"] for link in raised.detail]
    wrapper = ["bytewax.errors.BytewaxRuntimeError"] if where in WRAPPED else []
    assert types == [*wrapper, "builtins.ValueError"]
    assert raised.detail[-1]["is_thrown"]
    assert done.codes == [0]


def test_close_is_called_after_an_exception_too(failed: tuple[str, Run]) -> None:
    """On every part built, source and sink, once, as the last call. It must not take its call for success."""
    _, done = failed
    for kind in ("source", "sink"):
        built = sorted(row.who for row in done.of(f"{kind}_built"))
        assert sorted(row.who for row in done.of(f"{kind}_close")) == built
    last = {row.who: row.what for row in done.rows if row.what.startswith(("source_", "sink_", "next_", "write_"))}
    assert {last[row.who] for row in done.of("sink_built")} <= {"sink_close"}
    assert last["a"] == "source_close"


@pytest.mark.parametrize("kind", ["SystemExit", "KeyboardInterrupt", "StopIteration"])
@pytest.mark.parametrize("shape", ["one", "threads"])
def test_exceptions_that_ask_for_an_end_are_treated_like_any_other(shape: str, kind: str, tmp_path: Path) -> None:
    """So `sys.exit(3)` in a callback is no way to leave with code 3."""
    done = run(Plan(sources=SCRIPT, fails_in=["on_batch"], fails_with=kind), shape, tmp_path)
    assert done.ends == [f"raised bytewax.errors.BytewaxRuntimeError builtins.{kind}"]
    assert done.of("raised")[0].detail[-1]["is_thrown"]


@pytest.mark.parametrize(("shape", "is_thrown"), [("one", False), ("threads", True)])
def test_a_keyboard_interrupt_out_of_write_batch_is_another_one_with_run_main(
    shape: str, is_thrown: bool, tmp_path: Path
) -> None:
    plan = Plan(sources=SCRIPT, fails_in=["write_batch"], fails_with="KeyboardInterrupt")
    (link,) = run(plan, shape, tmp_path).of("raised")[0].detail
    assert (link["type"], link["is_thrown"]) == ("builtins.KeyboardInterrupt", is_thrown)


def test_stop_iteration_of_next_batch_is_the_end_and_no_error(tmp_path: Path) -> None:
    plan = Plan(sources=SCRIPT, fails_in=["next_batch"], fails_with="StopIteration")
    assert run(plan, "one", tmp_path).ends == ["returned"]


@pytest.mark.parametrize(("entry", "notice"), [("run_main", True), ("cli_main", True), ("cluster_main", False)])
def test_run_main_prints_a_notice_of_a_rust_panic_and_cluster_main_does_not(
    entry: str, notice: bool, tmp_path: Path
) -> None:
    """`cluster_main` without addresses and with one worker is the quiet way to run in one process."""
    done = run(Plan(sources=SCRIPT, entry=entry, fails_in=["on_batch"]), "one", tmp_path)
    assert done.ends == ["raised bytewax.errors.BytewaxRuntimeError builtins.ValueError"]
    assert ("panicked at" in done.stderr()) == notice
    assert notice or done.stderr() == ""


@pytest.mark.parametrize("where", ["next_batch", "on_batch", "write_batch"])
def test_in_a_cluster_of_processes_the_exception_is_lost_and_all_processes_end(where: str, tmp_path: Path) -> None:
    """Both get a Rust panic, which is no `Exception`: a fault has to be recorded before it is raised."""
    plan = Plan(sources=[{"a": [["k0", "k1", "k2"]] * 50, "b": [["k1", "k0", "k2"]] * 50}], fails_in=[where])
    done = run(plan, "processes", tmp_path)
    assert done.ends == ["raised pyo3_runtime.PanicException"] * 2
    assert not any(link["is_exception"] for row in done.of("raised") for link in row.detail)


def test_a_process_of_a_cluster_ends_when_the_other_is_killed(tmp_path: Path) -> None:
    started = start(Plan(sources=[{"a": [["k"]], "b": [["k"]]}], live=True), "processes", tmp_path)
    started.wait_for("write_batch", 2)
    started.send(signal.SIGKILL, process=1)
    done = started.finish()
    assert done.ends == ["raised pyo3_runtime.PanicException"]
    assert done.codes == [0, -signal.SIGKILL]


@pytest.mark.parametrize(
    ("where", "kind", "workers", "code"),
    [
        ("on_batch", "ValueError", "1", 1),
        ("on_batch", "SystemExit", "1", 1),
        ("on_batch", "SystemExit", "2", 1),
        ("write_batch", "SystemExit", "1", 3),
    ],
)
def test_the_stock_runner_ends_with_code_1(where: str, kind: str, workers: str, code: int, tmp_path: Path) -> None:
    """Bar the callbacks out of which an exception comes as it is."""
    plan = Plan(sources=SCRIPT, fails_in=[where], fails_with=kind)
    assert start_stock(plan, tmp_path, "-w", workers).finish().codes == [code]


def test_under_the_stock_runner_an_atexit_callback_decides_the_code(tmp_path: Path) -> None:
    plan = Plan(sources=SCRIPT, fails_in=["on_batch"], leaves_with=5)
    assert start_stock(plan, tmp_path).finish().codes == [5]


@pytest.mark.parametrize("thread", ["waiting", "busy"])
@pytest.mark.parametrize("shape", ["one", "threads"])
def test_a_background_thread_in_python_code_does_no_harm(shape: str, thread: str, tmp_path: Path) -> None:
    """The exception surfaces as it does without, the process leaves in order."""
    done = run(Plan(sources=SCRIPT, fails_in=["write_batch"], thread=thread), shape, tmp_path)
    assert done.ends == ["raised builtins.ValueError"]
    assert done.codes == [0]


@pytest.mark.parametrize("fails_in", [["write_batch"], []])
@pytest.mark.parametrize("shape", ["one", "threads"])
def test_a_daemon_thread_within_rocksdb_aborts_the_process_when_it_leaves(
    shape: str, fails_in: list[str], tmp_path: Path
) -> None:
    """Code 134 to a shell: the interpreter ends the thread inside foreign code. The exception is not to blame.

    Not certain each time (the thread may just be in Python code), hence the best of five.
    """
    codes = []
    for attempt in range(5):
        folder = tmp_path / str(attempt)
        folder.mkdir()
        done = run(Plan(sources=SCRIPT, fails_in=fails_in, thread="syncing"), shape, folder)
        assert done.ends == ["raised builtins.ValueError" if fails_in else "returned"]
        codes += done.codes
        if codes[-1]:
            assert "exception not rethrown" in done.stderr()
            break
    assert codes[-1] == -signal.SIGABRT


@pytest.mark.parametrize(
    ("shape", "joined"),
    [
        ("one", "before_raising"),
        ("one", "sink_close"),
        ("one", "after_run"),
        ("one", "atexit"),
        ("threads", "sink_close"),
    ],
)
def test_joining_that_thread_anywhere_before_the_exit_avoids_the_abort(shape: str, joined: str, tmp_path: Path) -> None:
    """In the callback that raises, in a `close()`, after the entry point, or in an `atexit` callback."""
    plan = Plan(sources=SCRIPT, fails_in=["write_batch"], thread="syncing", joined=joined)
    done = run(plan, shape, tmp_path)
    assert done.ends == ["raised builtins.ValueError"]
    assert done.codes == [0]


def test_joined_after_a_normal_end_there_is_no_abort_either(tmp_path: Path) -> None:
    done = run(Plan(sources=SCRIPT, thread="syncing", joined="after_run"), "one", tmp_path)
    assert (done.ends, done.codes) == (["returned"], [0])
