"""The live view: what it says of an engine, and that its thread ends."""

import io
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from face_shell import write_inputs
from rich.console import Console
from waiting import wait_until

import flows.run
from connectors.files.reader import FileReader
from connectors.files.sink import FileSink
from flows.engine import Options
from flows.observe.live import FUNNEL, LiveView, Screen, Shown, fitting, funnel, quantile_s
from flows.observe.observation import Observation, ObservedEngine, tasks_open
from operators.base import count_kinds
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
    assert "/s), received 7, valid 6, first touch 3, deduped 1, merged 0, rejected 1, AI tasks 1, " in lines[0]
    assert "manual tasks 0, tasks open 1, scored 3, dispatched 1, holds 2, latency p50 ≤" in lines[0]
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
    looks: list[Shown] = []

    def at_the_end() -> None:
        looks.append(view.look())
        console.print(view.render(looks[0]))

    engine.before_close(at_the_end)
    flows.run.run(engine)
    assert "the note" in text.getvalue()
    said = shown.getvalue()
    assert "autohome 汽车之家" in said and "dongchedi 懂车帝" in said
    assert "first touch 3   deal merged 0   splits 0   rejected 1   late 1   replays 1" in said
    assert _funnel_in([line.rstrip() for line in said.splitlines()], looks[0], 130)["received"] == 7


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


# --- the size of the screen


def _shown(channels: int, each: int = 12_345) -> Shown:
    counts = tuple(each for _ in count_kinds.COUNTS)
    busiest = tuple((f"channel_{n:02d}", counts) for n in range(channels))
    return Shown(1, 1.0, counts, busiest, 0, 0.0, 0.0, 0, 0, 0.0, None)


def _screen(engine: ObservedEngine, shown: Shown, width: int, height: int) -> list[str]:
    text = io.StringIO()
    console = Console(file=text, force_terminal=True, color_system=None, width=width, height=height, highlight=False)
    view = LiveView(Observation(engine), Console(file=io.StringIO(), width=width, height=height), "the note")
    view.close()
    console.print(view.render(shown))
    return [line.rstrip() for line in text.getvalue().splitlines()]


@pytest.mark.parametrize(("width", "height"), [(80, 24), (80, 40), (100, 60), (130, 40), (200, 100), (60, 30), (80, 8)])
def test_it_fills_the_screen_and_not_more(engine: ObservedEngine, width: int, height: int) -> None:
    lines = _screen(engine, _shown(56), width, height)
    there = [line for line in lines if line.startswith("channel_")]
    assert len(lines) <= height and max(map(len, lines)) <= width
    if len(there) < 56:
        assert not there or lines[-1] == f"and {56 - len(there)} more"
        assert not there or len(lines) == height - 1, "no row stays empty but the cursor's"
    else:
        assert "more" not in lines[-1]


@pytest.mark.parametrize("width", [60, 80, 100, 130, 200])
@pytest.mark.parametrize("each", [0, 7, 123_456_789])
def test_no_word_and_no_number_is_cut(engine: ObservedEngine, width: int, each: int) -> None:
    shown = _shown(3, each)
    lines = _screen(engine, shown, width, 30)
    columns = fitting(width, shown.channels)
    row = next(line for line in lines if line.startswith("channel_00"))
    assert row.split() == ["channel_00", *[str(each)] * len(columns)]
    heading = " ".join(lines[lines.index(row) - 2 : lines.index(row)]).split()
    assert sorted(heading) == sorted(["channel", *" ".join(column.heading for column in columns).split()])


def test_what_matters_stays_on_a_narrow_screen() -> None:
    """80 columns: what explains the sum of the marks, and what the run is for."""
    found = [column.heading for column in fitting(80, _shown(56, 999).channels)]
    assert {"received", "splits", "first\ntouch", "deduped", "merged", "rejected", "dispatched"} <= set(found)
    assert len(fitting(200, _shown(56).channels)) == 10


# --- the funnel of the layers (domain 4 to 10)

_WORDS = [
    "received",
    "valid",
    "deduped",
    "merged",
    "AI tasks",
    "manual tasks",
    "tasks open",
    "scored",
    "dispatched",
    "holds",
]


def _funnel_in(lines: list[str], shown: Shown, width: int) -> dict[str, int]:
    """The counts of the funnel by their words: the last line of each of its tables, as it stands on the screen."""
    counts: list[int] = []
    for table in funnel(shown, width):
        text = io.StringIO()
        Console(file=text, width=width, color_system=None).print(table)
        rows = [line.rstrip() for line in text.getvalue().splitlines()]
        assert all(row in lines for row in rows)
        counts += [int(word) for word in rows[-1].split()]
    return dict(zip(_WORDS, counts, strict=True))


def _funnel_shown() -> Shown:
    """Every count another one, so that none stands in the place of another."""
    counts = [0] * len(count_kinds.COUNTS)
    places = {
        count_kinds.RECEIVED: 1000,
        count_kinds.REJECTED: 30,
        0: 500,
        1: 80,
        2: 300,
        3: 7,
        count_kinds.TASKS_AI: 90,
        count_kinds.TASKS_MANUAL: 60,
        count_kinds.TASKS_ENDED: 110,
        count_kinds.OPENED: 505,
        count_kinds.FOLDED: 5,
        count_kinds.DISPATCHED: 440,
        count_kinds.HELD: 210,
    }
    for place, count in places.items():
        counts[place] = count
    return Shown(1, 1.0, tuple(counts), (("autohome", tuple(counts)),), 0, 0.0, 0.0, 0, 0, 0.0, None, 40)


@pytest.mark.parametrize(("width", "tables"), [(60, 2), (80, 1), (160, 1)])
def test_the_layers_are_a_funnel(engine: ObservedEngine, width: int, tables: int) -> None:
    lines = _screen(engine, _funnel_shown(), width, 30)
    assert max(map(len, lines)) <= width
    assert list(_funnel_in(lines, _funnel_shown(), width).values()) == [1000, 970, 80, 307, 90, 60, 40, 500, 440, 210]
    assert len(funnel(_funnel_shown(), width)) == tables


@pytest.mark.parametrize("width", [60, 80, 160])
@pytest.mark.parametrize("each", [0, 123_456_789])
def test_the_funnel_is_never_cut(engine: ObservedEngine, width: int, each: int) -> None:
    shown = replace(_shown(3, each), tasks_open=each)
    lines = _screen(engine, shown, width, 40)
    assert _funnel_in(lines, shown, width)["holds"] == each
    assert "…" not in "".join(lines)
    words = " ".join(lines)
    assert all(word in words for stage in FUNNEL for word in stage.heading.split())


def test_open_tasks_count_those_of_earlier_runs(engine: ObservedEngine, tmp_path: Path) -> None:
    """What the meters count begins with the process; a task may be older (ruling 59)."""
    flows.run.run(engine)
    reader, sink = FileReader(tmp_path / "in"), FileSink(tmp_path / "out")
    again = ObservedEngine(engine.configuration, reader, sink, engine.options)
    try:
        seen = Observation(again)
        assert seen.tasks_open_so_far() == 1
        view = LiveView(seen, Console(file=io.StringIO()), "")
        view.close()
        assert view.look().tasks_open == 1
    finally:
        again.close()


def test_counts_of_an_older_version_have_no_tasks() -> None:
    assert tasks_open([5] * count_kinds.TASKS_AI) == 0
    assert tasks_open([0] * count_kinds.TASKS_AI + [3, 2, 0, 0, 0, 0, 0, 4]) == 1
