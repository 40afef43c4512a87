"""The wall's clock is not believed blindly (ruling 76); machine and clocks are the tests' own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from delivery import DAY_MS, HOUR_MS, at, configuration, lead

from connectors.memory import MemoryReader, MemorySink
from connectors.protocols import Record
from flows.engine import Engine, Options
from flows.open import DEMO, Wanted, refuse_wrong_usage
from flows.run import run
from flows.stock_runner import wanted_of
from flows.wall import Wall
from state import limits
from state.errors import ClockFault, WrongUsage

NOW = at(3, 12)


class Machine:
    """Its wall clock and its monotonic one."""

    def __init__(self) -> None:
        self.wall = NOW
        self.monotonic = 1000.0

    def goes_on(self, ms: int, leap_ms: int = 0) -> None:
        self.wall += ms + leap_ms
        self.monotonic += ms / 1000


class LeapingReader(MemoryReader):
    """While its second record is read the machine's clock leaps."""

    def __init__(self, machine: Machine, leap_ms: int, *leads: dict[str, Any]) -> None:
        super().__init__({"raw_leads": list(leads)}, poll_limit=1)
        self._machine, self._leap_ms, self._polls = machine, leap_ms, 0

    def poll(self, source: int, limit: int) -> list[Record]:
        self._polls += 1
        if self._polls == 2:
            self._machine.goes_on(1000, self._leap_ms)
        return super().poll(source, limit)


def engine(folder: Path, reader: MemoryReader, sink: MemorySink, machine: Machine, *, moved: bool = False) -> Engine:
    options = Options(
        folder,
        event_clock=False,
        shards=2,
        wall_ms=lambda: machine.wall,
        monotonic=lambda: machine.monotonic,
        clock_moved=moved,
    )
    return Engine(configuration(), reader, sink, options)


@pytest.mark.parametrize("leap_ms", [limits.WALL_LEAP_MS + 1, -limits.WALL_LEAP_MS - 1, 365 * DAY_MS])
def test_a_leap_stops_before_anything_is_stamped_with_it(tmp_path: Path, leap_ms: int) -> None:
    machine, sink = Machine(), MemorySink()
    leads = [lead(f"{n}", f"1381234567{n}", NOW) for n in range(3)]
    with pytest.raises(ClockFault, match="leapt") as stopped:
        run(engine(tmp_path, LeapingReader(machine, leap_ms, *leads), sink, machine))
    assert stopped.value.exit_code == 3
    machine.wall = NOW + HOUR_MS  # set right
    reader = MemoryReader({"raw_leads": leads})
    again = engine(tmp_path, reader, sink, machine)
    run(again)
    assert [record["source_lead_id"] for record in sink.records("dispositions")] == ["0", "1", "2"]
    assert {record["at"][:10] for record in sink.records("dispositions")} == {"2025-09-03"}
    assert again.seal_row.clock == NOW + HOUR_MS


def test_a_clock_that_goes_with_the_monotonic_one_is_believed() -> None:
    """However long nobody asked, and an hour at a time: only a leap is one."""
    machine = Machine()
    wall = Wall(lambda: machine.wall, lambda: machine.monotonic)
    for ms, leap_ms in ((10 * DAY_MS, 0), (1000, limits.WALL_LEAP_MS), (1000, -limits.WALL_LEAP_MS)):
        machine.goes_on(ms, leap_ms)
        assert wall() == machine.wall


def test_a_start_far_after_the_state_s_clock_is_confirmed_first(tmp_path: Path) -> None:
    machine, sink = Machine(), MemorySink()
    run(engine(tmp_path, MemoryReader({"raw_leads": [lead("1", "13812345678", NOW)]}), sink, machine))
    further = MemoryReader({"further": [lead("2", "13812345679", NOW + 31 * DAY_MS)]})
    machine.wall = NOW + 30 * DAY_MS
    run(engine(tmp_path, MemoryReader({"nothing": []}), sink, machine))  # thirty days are no more than thirty
    machine.wall += 30 * DAY_MS + 1
    before = {name: list(lines) for name, lines in sink.streams.items()}
    with pytest.raises(ClockFault, match="30 days after this state's") as refused:
        engine(tmp_path, further, sink, machine)
    assert refused.value.exit_code == 3 and "--clock-moved" in refused.value.action
    assert sink.streams == before, "nothing fired by that clock"
    confirmed = engine(tmp_path, further, sink, machine, moved=True)
    run(confirmed)
    assert confirmed.seal_row.clock == machine.wall


def test_a_machine_that_boots_to_1970_starts_no_state(tmp_path: Path) -> None:
    machine = Machine()
    machine.wall = 0
    with pytest.raises(ClockFault, match=r"before periods\.earliest"):
        engine(tmp_path, MemoryReader({"raw_leads": []}), MemorySink(), machine)


def test_until_far_after_now_is_wrong_usage() -> None:
    def wanted(until: int, **more: Any) -> Wanted:
        return Wanted(**{"source": "in", "until_ms": until, "wall_ms": lambda: NOW, **more})

    refuse_wrong_usage(wanted(NOW + DAY_MS))
    with pytest.raises(WrongUsage, match="24 h after now") as refused:
        refuse_wrong_usage(wanted(NOW + DAY_MS + 1))
    assert "--beyond-today" in refused.value.action
    refuse_wrong_usage(wanted(NOW + 9000 * DAY_MS, beyond_today=True))
    refuse_wrong_usage(wanted(NOW + 9000 * DAY_MS, source=DEMO))  # it keeps a calendar of its own


def test_the_flags_as_variables() -> None:
    named = wanted_of({"LEADSTREAM_BEYOND_TODAY": "1", "LEADSTREAM_CLOCK_MOVED": "0"})
    assert (named.beyond_today, named.clock_moved) == (True, False)
