"""The broker dies, freezes, stays away: the engine waits and goes on, or stops loudly; nothing is lost or decided twice."""

import logging
import re
import time
from pathlib import Path
from typing import Any

import pytest
from broker import Broker
from delivery import at, scenario
from kafka_runs import DEADLINE_S, KafkaCase, Leads, command, fetch_little, resident_bytes
from waiting import slowness, wait_until

from connectors.kafka.settings import ONCE, TRANSACTIONAL
from flows.observe.observation import Observation
from state import limits
from state.errors import SinkFault

pytestmark = [pytest.mark.kafka, pytest.mark.xdist_group("kafka"), pytest.mark.timeout(900)]

UNTIL = at(20, 12)
MODES = (ONCE, TRANSACTIONAL)


@pytest.fixture
def fetches_little(monkeypatch: pytest.MonkeyPatch) -> None:
    fetch_little(monkeypatch)


def made(broker: Broker, prefix: str, folder: Path, records: int = 2500, **settings: Any) -> KafkaCase:
    case = KafkaCase(broker, prefix, folder, **settings)
    case.give(scenario(1, records))
    return case


# --- it waits and goes on


@pytest.mark.usefixtures("fetches_little")
@pytest.mark.parametrize("mode", [ONCE, pytest.param(TRANSACTIONAL, marks=pytest.mark.slow)])
def test_killed_and_restarted_under_load(own_broker: Broker, prefix: str, tmp_path: Path, mode: str) -> None:
    case = made(own_broker, prefix, tmp_path, mode=mode)
    going = case.start(until=UNTIL)
    going.decided(300)
    own_broker.kill()
    own_broker.start()
    going.end()
    case.assert_as_straight(UNTIL)


@pytest.mark.parametrize("mode", [pytest.param(ONCE, marks=pytest.mark.slow), TRANSACTIONAL])
def test_killed_while_leads_come_in(own_broker: Broker, prefix: str, tmp_path: Path, mode: str) -> None:
    """By the wall clock: what is produced before, during and after the outage is decided, in the same run."""
    case = KafkaCase(own_broker, prefix, tmp_path, mode=mode)
    leads = Leads(case)
    going = case.start(to_end=False)
    leads.give(300)
    going.decided(300)
    with leads.given_beside(1500):
        going.decided(500)
        own_broker.kill()
        own_broker.start()
    leads.give(100)
    going.decided(1900)
    going.stop()
    leads.assert_each_once()


def test_an_idle_engine_outlives_the_broker(own_broker: Broker, prefix: str, tmp_path: Path) -> None:
    """With nothing to send no wait for the broker is too long."""
    case = KafkaCase(own_broker, prefix, tmp_path)
    leads = Leads(case)
    going = case.start(to_end=False)
    leads.give(20)
    going.caught_up(case)
    going.gives_up_after(3)
    own_broker.kill()
    own_broker.start()
    assert going.runs, going.raised
    going.gives_up_after(DEADLINE_S)
    leads.give(20)
    going.decided(40)
    going.stop()
    leads.assert_each_once()


def test_an_idle_engine_says_that_its_broker_is_away(
    own_broker: Broker, prefix: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Unready within half a minute though nothing is to be read, a line about it and no thousands, and ready again after."""
    case = KafkaCase(own_broker, prefix, tmp_path)
    leads = Leads(case)
    going = case.start(to_end=False)
    leads.give(20)
    going.caught_up(case)
    seen = Observation(going.engine)
    assert seen.not_ready() == ""
    logger, before = logging.getLogger("leadstream"), logging.getLogger("leadstream").propagate
    logger.propagate = True
    try:
        own_broker.kill()
        going.until(lambda: "The broker has not answered for" in seen.not_ready(), "the engine to be unready")
        silent = re.search(r"for (\d+) s", seen.not_ready())
        assert silent and int(silent[1]) < 30 * slowness()
        said = [record.getMessage() for record in caplog.records]
    finally:
        logger.propagate = before
        own_broker.start()
    assert any("has not answered for" in line and "Nothing is lost" in line for line in said)
    assert len(said) < 10, said
    going.until(lambda: seen.not_ready() == "", "the engine to be ready again")
    leads.give(20)
    going.decided(40)
    going.stop()
    leads.assert_each_once()


@pytest.mark.usefixtures("fetches_little")
@pytest.mark.parametrize("mode", MODES)
def test_frozen_under_load(own_broker: Broker, prefix: str, tmp_path: Path, mode: str) -> None:
    case = made(own_broker, prefix, tmp_path, mode=mode)
    going = case.start(until=UNTIL)
    going.decided(300)
    own_broker.freeze()
    going.stands_still()
    own_broker.thaw()
    going.end()
    case.assert_as_straight(UNTIL)


@pytest.mark.slow
@pytest.mark.usefixtures("fetches_little")
@pytest.mark.parametrize("mode", MODES)
def test_frozen_for_thirty_seconds_under_load(own_broker: Broker, prefix: str, tmp_path: Path, mode: str) -> None:
    """The one test that waits for time: what is shown is what the client's own time-outs do meanwhile."""
    case = made(own_broker, prefix, tmp_path, mode=mode)
    going = case.start(until=UNTIL)
    going.decided(300)
    own_broker.freeze()
    frozen_at = time.monotonic()
    wait_until(lambda: time.monotonic() > frozen_at + 30 or not going.runs, DEADLINE_S, "thirty seconds")
    own_broker.thaw()
    going.end()
    case.assert_as_straight(UNTIL)


# --- back-pressure


@pytest.mark.usefixtures("fetches_little")
@pytest.mark.parametrize("mode", [ONCE, pytest.param(TRANSACTIONAL, marks=pytest.mark.slow)])
def test_a_frozen_broker_costs_no_memory(
    own_broker: Broker, prefix: str, tmp_path: Path, mode: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Under load the client holds what it may, nothing further is read, and memory stays; thawed, all goes on."""
    monkeypatch.setattr(limits, "UNSENT_RECORDS", 500)
    monkeypatch.setattr(limits, "UNSENT_BYTES", 512 << 10)
    monkeypatch.setattr(limits, "HELD_BYTES", 512 << 10)  # all is held where it is frozen while it tells its ends
    case = KafkaCase(own_broker, prefix, tmp_path, mode=mode)
    leads = Leads(case)
    leads.give(12_000)
    going = case.start(to_end=False)
    going.decided(500)
    own_broker.freeze()
    at_first = resident_bytes()
    going.stands_still()
    decided, waiting = going.engine.meters.leads, going.engine.sink.waiting()
    going.stands_still(looks=200)
    assert going.engine.meters.leads == decided < len(leads.ids), "nothing further is decided"
    assert going.engine.sink.waiting() == waiting > 0 and going.unsent() <= 500, "the client is full"
    assert resident_bytes() - at_first < 16 << 20
    case.thaw()
    going.caught_up(case)
    going.stop()
    leads.assert_each_once()


# --- it stops loudly


@pytest.mark.usefixtures("fetches_little")
@pytest.mark.parametrize(
    ("mode", "full", "killed"),
    [
        pytest.param(ONCE, False, False, marks=pytest.mark.slow),
        (ONCE, True, False),
        pytest.param(ONCE, True, True, marks=pytest.mark.slow),
        (TRANSACTIONAL, False, False),
        pytest.param(TRANSACTIONAL, True, True, marks=pytest.mark.slow),
    ],
)
def test_away_longer_than_the_limit(
    own_broker: Broker,
    prefix: str,
    tmp_path: Path,
    mode: str,
    full: bool,
    killed: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Exit 3 with an event id, a code and what to do; `full`: the flow itself waits for room in the client."""
    if full:
        monkeypatch.setattr(limits, "UNSENT_RECORDS", 200)
        monkeypatch.setattr(limits, "UNSENT_BYTES", 64 << 10)
    case = made(own_broker, prefix, tmp_path, mode=mode)
    going = case.start(until=UNTIL)
    going.decided(300)
    (own_broker.kill if killed else own_broker.freeze)()
    going.gives_up_after(3)
    fault = going.fault()
    assert fault.exit_code == 3
    assert re.search(r" [a-z_]+-\S+-\d+ (among|and those behind)", fault.message), fault
    assert re.search(r"\b_[A-Z_]+: | _[A-Z_]+ \(", fault.message), fault
    assert fault.action.startswith("Check that the broker runs") and "started again" in fault.action
    case.thaw()
    try:
        case.run(until=UNTIL)
    except SinkFault as left:
        # The broker's doing: its coordinator finds no leaders while it starts, takes the partitions of a commit that was
        # under way for deleted, and never marks them.
        assert killed and mode == TRANSACTIONAL, left
        case.abort_left_behind(left)
        case.run(until=UNTIL)
    case.assert_as_straight(UNTIL)


@pytest.mark.usefixtures("fetches_little")
def test_frozen_longer_than_a_transaction_may_last(
    own_broker: Broker, prefix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The broker would end the transaction, and the client knows: it stops, and the next start sends it."""
    monkeypatch.setattr(limits, "TRANSACTION_MS", 10_000)
    case = made(own_broker, prefix, tmp_path, mode=TRANSACTIONAL)
    going = case.start(until=UNTIL)
    going.decided(300)
    own_broker.freeze()
    fault = going.fault()
    # Frozen within a transaction the fault is about that one; between two, about the seal that the next one waits for.
    assert fault.exit_code == 3 and re.search(r"[a-z_]+-\S+-\d+ ", fault.message), fault
    assert "Check that the broker runs" in fault.action
    case.thaw()
    case.run(until=UNTIL)
    case.assert_as_straight(UNTIL)


@pytest.mark.parametrize("mode", [pytest.param(ONCE, marks=pytest.mark.slow), TRANSACTIONAL])
def test_stopped_while_the_broker_is_away(
    own_broker: Broker, prefix: str, tmp_path: Path, mode: str, checkout: Path
) -> None:
    """SIGTERM to the command: bounded by the drain's limit, exit 3, nothing lost at the next start."""
    case = KafkaCase(own_broker, prefix, tmp_path, mode=mode, shards=limits.SHARDS)
    leads = Leads(case)
    leads.give(8000)
    process = command(case, checkout, limits={"DRAIN_S": 2, "CONNECT_S": 15}, transaction_ms=500)
    try:
        wait_until(
            lambda: process.poll() is not None or len(own_broker.records(f"{prefix}dispositions")) > 100,
            DEADLINE_S,
            "output",
        )
        own_broker.freeze()
        asked = time.monotonic()
        process.terminate()
        code = process.wait(DEADLINE_S)
        took_s = time.monotonic() - asked
    finally:
        process.kill()
    said = (tmp_path / "said").read_text()
    case.thaw()
    assert code == 3, said
    # Frozen while it acknowledges, or while it tells where the topics end.
    waits = r"[0-9]+ records, [a-z_]+-\S+-\d+ among them"
    assert re.search(rf"not acknowledged {waits}, for 2 s|not said for 2 s where .* end .*: {waits}, wait", said), said
    assert "Traceback" not in said
    assert took_s < 25 * slowness(), f"2 s to drain, and what closing takes; it was {took_s:.1f} s"
    going = case.start(to_end=False)
    going.caught_up(case)
    going.stop()
    leads.assert_each_once()


def test_not_there_at_the_start(own_broker: Broker, prefix: str, tmp_path: Path, checkout: Path) -> None:
    case = made(own_broker, prefix, tmp_path, 50)
    own_broker.stop()
    process = command(case, checkout, limits={"CONNECT_S": 1})
    try:
        code = process.wait(DEADLINE_S)
    finally:
        process.kill()
    said = (tmp_path / "said").read_text()
    print(said)
    assert code == 3, said
    assert "does not answer" in said and own_broker.bootstrap in said and "Check that the broker runs" in said
    assert "Traceback" not in said
