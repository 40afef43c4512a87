"""Under the stock runner, `python -m bytewax.run flows.lead_center`: configured by the environment, ended in order."""

import signal
from pathlib import Path

import pytest
from face_shell import Shell

from flows.stock_runner import wanted_of
from state.errors import WrongUsage

FILES = {
    "LEADSTREAM_CONFIG": "in/config.toml",
    "LEADSTREAM_SOURCE": "in",
    "LEADSTREAM_STATE": "state",
    "LEADSTREAM_SINK": "out",
    "LEADSTREAM_METRICS": "127.0.0.1:0",
}


@pytest.mark.slow
def test_the_embedded_default_stops_in_order(shell: Shell) -> None:
    process = shell.start("bytewax.run", "flows.lead_center", LEADSTREAM_METRICS="127.0.0.1:0")
    shell.wait_for_output(process, "var/out/dispatches.jsonl", 3)
    assert shell.end(process, signal.SIGTERM) == 0
    assert "Traceback" not in shell.log() and "panicked" not in shell.log()
    assert shell.log().splitlines()[-1].startswith("Stopping: draining and sealing.")
    # It was sealed: the next run goes on there.
    before = shell.lines("var/out/dispositions.jsonl")
    shell.run("run", "--metrics", "127.0.0.1:0", "--demo-speed", "500", "--until", "2026-03-02T11:00:00+08:00")
    after = shell.lines("var/out/dispositions.jsonl")
    assert after[: len(before)] == before
    assert len({line["event_id"] for line in after}) == len(after)


def test_files_run_to_their_end(shell: Shell, inputs: Path) -> None:
    process = shell.start("bytewax.run", "flows.lead_center", **FILES)
    assert process.wait(60) == 0, shell.log()
    assert len(shell.lines("out/dispositions.jsonl")) == 4


def test_a_refusal_is_said_last_with_its_code(shell: Shell) -> None:
    process = shell.start("bytewax.run", "flows.lead_center", LEADSTREAM_SINK="kafka")
    assert process.wait(60) == 1
    assert shell.log().splitlines()[-1].startswith("Set LEADSTREAM_ONE_ID_SECRET")
    assert "Traceback" not in shell.log()


def test_a_fault_is_said_last_with_code_3(shell: Shell, inputs: Path) -> None:
    """The runner prints a notice of a Rust panic before; ours stands last, and there is no traceback."""
    (shell.folder / "out").mkdir()
    (shell.folder / "out" / "dispositions.jsonl").symlink_to("/dev/full")
    process = shell.start("bytewax.run", "flows.lead_center", **FILES)
    assert process.wait(60) == 3
    assert shell.log().splitlines()[-1].startswith("Free space on that disk")
    assert "Traceback" not in shell.log()


def test_the_variables() -> None:
    wanted = wanted_of({})
    assert (wanted.config, wanted.source, wanted.sink, str(wanted.state)) == (None, "demo", "var/out", "var/state")
    assert wanted.event_clock is None and wanted.until_ms is None and wanted.metrics is None
    given = {**FILES, "LEADSTREAM_CLOCK": "event", "LEADSTREAM_UNTIL": "1970-01-01T00:00:01Z", "LEADSTREAM_CONFIG": ""}
    wanted = wanted_of(given)
    assert (wanted.config, wanted.event_clock, wanted.until_ms, wanted.metrics) == (None, True, 1000, ("127.0.0.1", 0))


@pytest.mark.parametrize("name", ["CLOCK", "UNTIL", "METRICS"])
def test_a_variable_that_means_nothing_is_refused(name: str) -> None:
    with pytest.raises(WrongUsage):
        wanted_of({f"LEADSTREAM_{name}": "nonsense"})
