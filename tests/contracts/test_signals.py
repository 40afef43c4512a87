"""SIGTERM and SIGINT under every entry point. Ours sets a flag, and the source ends by it."""

import signal
from pathlib import Path

import pytest
from waiting import wait_until

from tests.contracts.contract_flow import Plan
from tests.contracts.contract_runs import DEADLINE_S, Run, start, start_stock

pytestmark = pytest.mark.sampled

WAYS = ["run_main", "cli_main", "cli_main, 2 workers", "cluster_main", "cluster_main, 2 workers"]
STOCK = ["stock runner", "stock runner, 2 workers"]

SIGNALS = [signal.SIGTERM, signal.SIGINT]


def running(way: str, handler: str | None, folder: Path) -> Run:
    """The flow, started in the given way, past its first items."""
    entry, _, more = way.partition(", ")
    plan = Plan(
        sources=[{"a": [["k1", "k2"]]}],
        handler=handler,
        live=True,
        epoch_ms=10,
        entry="run_main" if entry == "stock runner" else entry,
        workers=2 if more else 1,
    )
    if entry == "stock runner":
        started = start_stock(plan, folder, "-w", str(plan.workers), "-s", "1")
    else:
        started = start(plan, "one", folder)
    started.wait_for("write_batch")
    return started


@pytest.mark.parametrize("number", SIGNALS)
@pytest.mark.parametrize("way", [*WAYS, *STOCK])
def test_a_handler_that_sets_a_flag_makes_a_clean_end(way: str, number: signal.Signals, tmp_path: Path) -> None:
    """It runs in the main thread; `on_eof` comes as at a real end, once per key, and everything is closed.

    The stock runner calls a function `flow`, once, in the main thread: there the handler can be installed.
    """
    started = running(way, "flag", tmp_path)
    started.send(number)
    done = started.finish()
    assert done.codes == [0]
    assert done.ends == ([] if way in STOCK else ["returned"])
    assert [row.who for row in done.of("flow_called")] == (["main"] if way in STOCK else [])
    assert {row.who for row in done.of("handler")} == {"main"}
    assert len(done.of("on_eof")) == len({row.who for row in done.of("on_eof")}) == 2
    order = [row.what for row in done.rows]
    assert order.index("handler") < order.index("end") < order.index("on_eof") < order.index("sink_close")
    assert len(done.of("sink_close")) == len(done.of("source_close")) == 1


@pytest.mark.parametrize("entry", ["run_main", "cluster_main"])
def test_handlers_run_while_every_source_sleeps_but_the_source_is_not_asked_before_it_wakes(
    entry: str, tmp_path: Path
) -> None:
    """A long `next_awake` would be a long wait for the end."""
    plan = Plan(sources=[{"a": [[]]}], entry=entry, handler="flag", awake_ms={"a": 3_600_000})
    started = start(plan, "one", tmp_path)
    started.wait_for("source_built")
    started.send(signal.SIGTERM)
    started.wait_for("handler")
    started.send(signal.SIGTERM)
    started.wait_for("handler", 2)
    assert started.running()
    assert started.of("next_batch", "end") == []
    started.kill()


@pytest.mark.parametrize("way", [*WAYS, *STOCK])
def test_a_handler_that_raises_makes_no_clean_end(way: str, tmp_path: Path) -> None:
    """Raised in whatever callback runs, or out of the main thread's wait: no `on_eof`, no end of the source.

    With `run_main` it even depends on the instant in what it is wrapped and which code the stock runner ends with.
    """
    started = running(way, "exit", tmp_path)
    started.send(signal.SIGTERM)
    done = started.finish()
    assert done.of("end", "on_eof", "returned") == []
    if way in STOCK:
        assert done.codes[0] in (1, 3)
    elif way in ("run_main", "cli_main"):
        assert done.ends[0].endswith("builtins.SystemExit")
    else:
        assert done.ends == ["raised builtins.SystemExit"]
        assert len(done.of("sink_close")) == len(done.of("source_close")) == 1


@pytest.mark.parametrize("way", ["run_main", "cluster_main, 2 workers", "stock runner"])
def test_without_a_handler_sigterm_ends_the_process_at_once(way: str, tmp_path: Path) -> None:
    started = running(way, None, tmp_path)
    started.send(signal.SIGTERM)
    done = started.finish()
    assert done.codes == [-signal.SIGTERM]
    assert done.of("on_eof", "source_close", "sink_close") == []


@pytest.mark.parametrize("way", ["run_main", "cluster_main", "cluster_main, 2 workers"])
def test_without_a_handler_sigint_is_a_keyboard_interrupt_without_on_eof(way: str, tmp_path: Path) -> None:
    """Parts are closed all the same."""
    started = running(way, None, tmp_path)
    started.send(signal.SIGINT)
    done = started.finish()
    assert done.ends[0].endswith("builtins.KeyboardInterrupt")
    assert done.of("end", "on_eof") == []
    assert len(done.of("sink_close")) == len(done.of("source_close")) == 1


def test_in_a_cluster_of_processes_the_one_that_was_told_to_end_waits_for_the_other(tmp_path: Path) -> None:
    """Its sources end; the process, its keys and its sinks go on until all sources everywhere have ended."""
    plan = Plan(sources=[{"a": [["k1", "k2", "k3"]], "b": [["k1", "k2", "k3"]]}], live=True, handler="flag")
    started = start(plan, "processes", tmp_path)
    started.wait_for("sink_snapshot")
    started.send(signal.SIGTERM)
    started.wait_for("end")
    seen = len(started.of("next_batch"))
    wait_until(lambda: len(started.of("next_batch")) > seen + 20, DEADLINE_S, "polls of the other process")
    assert started.running()
    assert started.of("on_eof", "sink_close") == []
    started.send(signal.SIGTERM, process=1)
    done = started.finish()
    assert done.codes == [0, 0]
    assert done.ends == ["returned", "returned"]
    assert len(done.of("on_eof")) == 3
