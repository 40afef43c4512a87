"""The demo's reader: its calendar never overtakes a record, and any position can be gone on from (ruling 50)."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.demo.reader import DAYS_PER_TEN_MINUTES, MAX_SPEED, DemoReader
from connectors.demo.simulated import DemoFeed
from connectors.protocols import Record
from state.errors import WrongUsage

START = 1_000_000
DAY_MS = 86_400_000


class Feed:
    """Arrivals at the given simulated times, several at one instant among them."""

    def __init__(self, times: list[int]) -> None:
        self.times = sorted(START + time for time in times)

    def start_ms(self) -> int:
        return START

    def between(self, from_ms: int, to_ms: int) -> list[tuple[int, str, bytes]]:
        return [(at, "raw_lead", b"%d" % n) for n, at in enumerate(self.times) if from_ms < at <= to_ms]


class Monotonic:
    """Seconds that pass when the test says so."""

    def __init__(self) -> None:
        self.at_s = 50.0

    def __call__(self) -> float:
        return self.at_s


def _all(reader: DemoReader, now: Monotonic, simulated_ms: int, limit: int = 1000) -> list[Record]:
    """Let simulated time pass, read everything."""
    now.at_s += simulated_ms / 1000 / DAYS_PER_TEN_MINUTES
    found: list[Record] = []
    while records := reader.poll(0, limit):
        found += records
    return found


def test_a_simulated_day_lasts_ten_minutes() -> None:
    now = Monotonic()
    reader = DemoReader(Feed([]), 1, now)
    reader.poll(0, 10)
    assert reader.calendar() == START
    for _ in range(600):
        now.at_s += 1
        for _ in range(20):  # a poll moves at most some minutes on
            reader.poll(0, 10)
    assert reader.calendar() == START + DAY_MS
    assert not reader.ended(0)


def test_time_begins_with_the_first_poll() -> None:
    now = Monotonic()
    reader = DemoReader(Feed([]), 1, now)
    now.at_s += 3600  # opening a large state
    reader.poll(0, 10)
    assert reader.calendar() == START


def test_the_calendar_does_not_overtake_a_record_that_waits() -> None:
    now = Monotonic()
    reader = DemoReader(Feed([10, 20, 30]), 1, now)
    reader.poll(0, 10)
    now.at_s += 60
    assert [record.clock for record in reader.poll(0, 2)] == [START + 10, START + 20]
    assert reader.calendar() == START + 20
    assert [record.clock for record in reader.poll(0, 2)] == [START + 30]
    assert reader.calendar() > START + 30
    assert reader.wanted_ms() == reader.calendar() + 60_000 * 144 - 600_000  # a poll moved on by its step


def test_records_carry_the_simulated_time_and_growing_offsets() -> None:
    now = Monotonic()
    reader = DemoReader(DemoFeed(1), 1, now)
    reader.poll(0, 10)
    records = _all(reader, now, 600_000)
    assert [record.offset for record in records] == list(range(1, len(records) + 1))
    assert all(before.clock <= after.clock for before, after in pairwise(records))
    assert DemoFeed(1).start_ms() < records[0].clock < DemoFeed(1).start_ms() + 10_000


@given(
    st.lists(st.integers(1, 5000), max_size=40),
    st.integers(1, 7),
    st.lists(st.tuples(st.integers(0, 2000), st.integers(0, 3)), max_size=8),
)
def test_going_on_from_any_position_reads_the_same_records(
    times: list[int], limit: int, steps: list[tuple[int, int]]
) -> None:
    """`steps`: simulated time that passes, and how many of the records handed on were not applied when it stopped."""
    feed = Feed(times)
    applied: dict[int, bytes] = {}
    behind = 0
    reader = DemoReader(feed, 1, Monotonic())
    for passing, unapplied in [*steps, (10_000, 0)]:
        now = Monotonic()
        fresh = DemoReader(feed, 1, now)
        fresh.restore(reader.position([behind]))
        reader = fresh
        reader.poll(0, 0)
        handed = _all(reader, now, passing, limit)
        for record in handed[: len(handed) - unapplied]:
            assert applied.get(record.offset, record.raw) == record.raw
            applied[record.offset] = record.raw
            behind = record.offset
    now = Monotonic()
    whole = DemoReader(feed, 1, now)
    whole.poll(0, 0)
    assert applied == {record.offset: record.raw for record in _all(whole, now, 20_000)}


def test_until_ends_it() -> None:
    now = Monotonic()
    reader = DemoReader(Feed([10, 20, 30]), 1, now, until_ms=START + 20)
    reader.poll(0, 10)
    assert [record.clock - START for record in _all(reader, now, 60_000)] == [10, 20]
    assert reader.ended(0) and reader.calendar() == START + 20


def test_until_in_the_past_ends_it_at_once() -> None:
    reader = DemoReader(Feed([]), 1, Monotonic(), until_ms=START - 1)
    assert reader.poll(0, 10) == [] and reader.ended(0) and reader.calendar() == START


@pytest.mark.parametrize("speed", [0.0, -1.0, float("nan"), float("inf"), 2 * MAX_SPEED])
def test_a_speed_that_is_none_is_refused(speed: float) -> None:
    with pytest.raises(WrongUsage):
        DemoReader(Feed([]), speed)
