"""The live view: what it says of an engine, and that its thread ends."""

import io
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from face_shell import write_inputs
from rich.console import Console
from waiting import wait_until

import flows.run
from connectors.files.reader import FileReader
from connectors.files.sink import FileSink
from flows.engine import Options
from flows.observe.live import LiveView, Screen, quantile_s
from flows.observe.observation import Observation, ObservedEngine
from operators.config import configuration


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[ObservedEngine]:
    write_inputs(tmp_path / "in")
    config = configuration.load(tmp_path / "in" / "config.toml")
    engine = ObservedEngine(
        config, FileReader(tmp_path / "in"), FileSink(tmp_path / "out"), Options(tmp_path / "state")
    )
    yield engine
    engine.close()


def _view(engine: ObservedEngine, *, terminal: bool) -> tuple[LiveView, io.StringIO]:
    text = io.StringIO()
    console = Console(file=text, force_terminal=terminal, width=130, height=40, highlight=False)
    view = LiveView(Observation(engine), console, "the note", share=lambda: 0.5, plain_s=0.0)
    engine.before_close(view.close)
    return view, text


def test_a_plain_line_without_a_terminal(engine: ObservedEngine) -> None:
    view, text = _view(engine, terminal=False)
    lines: list[str] = []
    engine.before_close(lambda: lines.append(view.line(view.look())))
    flows.run.run(engine)
    assert lines[0].startswith("50% read, records 8 (")
    assert "first touch 3, deduped 1, merged 0, rejected 1, dispatched 1, holds 2, latency p50 ≤" in lines[0]
    assert "clock 2026-03-02 21:00, outbox " in lines[0]
    assert "view" not in {thread.name for thread in threading.enumerate()}
    assert "\x1b" not in text.getvalue()


def test_lines_come_without_being_asked_for(engine: ObservedEngine) -> None:
    _, text = _view(engine, terminal=False)
    wait_until(lambda: "records 0" in text.getvalue(), 30, "a plain line")
    assert "clock not started" in text.getvalue()


def test_a_live_view_on_a_terminal(engine: ObservedEngine) -> None:
    view, text = _view(engine, terminal=True)
    shown = io.StringIO()
    console = Console(file=shown, width=130, highlight=False)
    engine.before_close(lambda: console.print(view.render(view.look())))
    flows.run.run(engine)
    assert "the note" in text.getvalue()
    said = shown.getvalue()
    assert "autohome 汽车之家" in said and "dongchedi 懂车帝" in said
    assert "dispatched 1   holds 2   rejected 1   late 1   replays 1" in said


def test_a_reader_that_went_away_stops_only_the_view(engine: ObservedEngine) -> None:
    class Gone(io.StringIO):
        def write(self, text: str) -> int:
            raise BrokenPipeError

    screen = Screen(file=Gone(), width=80)
    view = LiveView(Observation(engine), screen, "", plain_s=0.0)
    engine.before_close(view.close)
    wait_until(lambda: screen.quiet, 30, "the view to notice")
    flows.run.run(engine)
    screen.print("said to nobody")
    assert engine.ended


def test_quantiles() -> None:
    assert quantile_s([0] * 19, 0.99) == 0.0
    assert quantile_s([99, 1] + [0] * 17, 0.99) == 0.0005
    assert quantile_s([98, 2] + [0] * 17, 0.99) == 0.001
    assert quantile_s([0] * 18 + [1], 0.5) == 10.0
