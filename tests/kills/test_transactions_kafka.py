"""Mode `transactional`, killed or stopped at the places where it could go wrong: readers of committed records see all, once.

The engine sends itself the signal at the place: behind the last record of a transaction (`sent`), behind its commit
(`committed`), and where the output has acknowledged a cut that is not sealed yet (`cut`).
"""

import random
import shutil
import signal
from pathlib import Path

import pytest
from delivery import at, encoded, scenario
from forked import Runner
from killed_runs import Input, Killed, compared
from waiting import wait_until

pytestmark = [pytest.mark.kills_kafka]

DEADLINE_S = 60
TRANSACTION_MS = 2500
"""In place of a minute, where a test waits for the broker to give a transaction up."""
SMALL = {"poll": 3, "transaction_ms": 5}
"""Many transactions."""


@pytest.fixture(scope="module")
def begins(session_broker):
    """Begins the names of this module's topics."""
    name = "kills-transactions."
    session_broker.remove(name)
    yield name
    session_broker.remove(name)


@pytest.fixture(scope="module")
def straight(session_broker, begins, tmp_path_factory):
    """(the input, what a straight run in mode `once` leaves in the topics, its rows)."""
    folder = tmp_path_factory.mktemp("straight")
    given = Input(session_broker, begins, {"raw_leads": encoded(scenario(11, 800))}, until=at(22, 12))
    case = Killed(session_broker, given, f"{begins}straight.", folder / "state", "once")
    runner = Runner(Path(__file__).with_name("runner_kafka.py"), folder / "errors.txt")
    try:
        runner.start(case.order())
        assert runner.wait() == 0, runner.trace()
    finally:
        runner.close()
    return given, case.rows(), case.decided()


@pytest.fixture
def case(session_broker, straight, memory_path, prefix):
    return Killed(session_broker, straight[0], prefix, memory_path / "state", "transactional")


def ends_the_same(runner, case, straight, **how):
    """A start that goes on to the end; what the topics then show is the straight run's, once."""
    runner.start(case.order(**how))
    assert runner.wait() == 0, runner.trace()
    assert_the_same(case, straight)


def assert_the_same(case, straight):
    _, expected, decided = straight
    case.settle()
    assert compared(case.rows(), expected) == 0, "seen twice"
    assert case.decided() == decided


def reaches(runner, case, place, number, what, **how):
    """Run to the place where the engine sends itself the signal."""
    runner.start(case.order(place=place, number=number, signal=what, **how))
    assert runner.until(lambda: runner.heard_at() == place, place), f"no {place} {number}\n{runner.trace()}"


def stopped(pid):
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"


@pytest.mark.parametrize("number", [1, 2, 9])
@pytest.mark.parametrize("place", ["sent", "committed", "cut"])
def test_killed_at_a_place_of_a_transaction(runner, case, straight, place, number):
    """Every seal tries: once with a seal at each poll, once with few."""
    reaches(runner, case, place, number, signal.SIGKILL, epoch_ms=0 if number % 2 else 200, **SMALL)
    assert runner.wait() == -signal.SIGKILL
    if place == "committed":
        case.settle()
    before = sum(map(len, case.rows().values()))
    beyond = sum(map(len, case.rows("read_uncommitted").values())) - before
    if place == "sent":
        assert beyond and case.has_open_transaction(), "the transaction is open, and its records lie in the topics"
    elif place == "committed":
        assert before and not beyond
    ends_the_same(runner, case, straight)
    aborted = sum(map(len, case.rows("read_uncommitted").values())) - sum(map(len, case.rows().values()))
    assert (aborted > 0) == (place == "sent"), "what the dead process left open was aborted and sent again"


def test_killed_in_transaction_after_transaction(runner, case, straight):
    """Each start is killed inside its own: what is left behind is ended by the next one."""
    for number in (1, 1, 2, 1, 3):
        reaches(runner, case, "sent", number, signal.SIGKILL)
        assert runner.wait() == -signal.SIGKILL
    ends_the_same(runner, case, straight)


def test_an_open_transaction_does_not_hold_another_engine_up(
    runner, case, straight, session_broker, memory_path, prefix
):
    """Another state, the same input: it has an id of its own at the broker."""
    reaches(runner, case, "sent", 2, signal.SIGKILL)
    assert runner.wait() == -signal.SIGKILL
    other = Killed(session_broker, straight[0], f"{prefix}other.", memory_path / "other", "transactional")
    ends_the_same(runner, other, straight)
    assert case.has_open_transaction(), "nobody else ended it"
    ends_the_same(runner, case, straight)


@pytest.mark.parametrize("first", ["once", "transactional"])
def test_the_mode_changes_while_a_transaction_is_open(runner, case, straight, first):
    """The last seal was written in the other mode, or in the same: the start in mode `once` ends the transaction."""
    if first == "once":
        case.mode = "once"
        reaches(runner, case, "cut", 1, signal.SIGKILL, epoch_ms=0, **SMALL)
        assert runner.wait() == -signal.SIGKILL
        case.mode = "transactional"
    reaches(runner, case, "sent", 1, signal.SIGKILL, epoch_ms=10_000)
    assert runner.wait() == -signal.SIGKILL
    assert case.has_open_transaction()
    case.mode = "once"
    ends_the_same(runner, case, straight)
    assert max(runner.opened_s) < 10, "it waited for the broker to give the transaction up"


@pytest.mark.parametrize("place", ["sent", "committed"])
@pytest.mark.parametrize("number", [1, 4])
def test_stopped_for_longer_than_the_broker_waits(runner, case, straight, place, number):
    """SIGSTOP, then SIGCONT: it goes on, or ends with exit 3; nothing is lost and nothing seen twice."""
    changed = {"TRANSACTION_MS": 8000}  # no less: what leads to the place must not take as long on a busy machine
    reaches(runner, case, place, number, signal.SIGSTOP, limits=changed)
    wait_until(lambda: stopped(runner.pid), DEADLINE_S, "the process to stop")
    # Inside a transaction: until the broker has ended it. Behind a commit there is nothing to end.
    wait_until(lambda: not case.has_open_transaction(), DEADLINE_S, "the broker to give the transaction up")
    runner.signal(signal.SIGCONT)
    status = runner.wait()
    assert status in (0, 3), runner.trace()
    if place == "committed":
        assert status == 0, runner.trace()
    if status:
        assert "started again" in runner.trace() or "start again" in runner.trace(), runner.trace()
        ends_the_same(runner, case, straight)
    else:
        assert_the_same(case, straight)


@pytest.mark.parametrize("mode", ["once", "transactional"])
def test_stopped_at_any_instant_for_longer_than_the_broker_waits(runner, case, straight, mode):
    """As a machine that is suspended: again and again, wherever it is just then."""
    case.mode = mode
    rng, stops, status = random.Random(f"stops/{mode}"), 0, None
    while status != 0:
        seen = case.end()
        runner.start(case.order(poll=3, transaction_ms=5, limits={"TRANSACTION_MS": TRANSACTION_MS}))
        while stops < 6 and runner.until(lambda seen=seen: case.end() > seen, "new output"):
            log, more = case.log_bytes(), rng.randrange(5_000)
            if not runner.until(lambda log=log, more=more: not log <= case.log_bytes() < log + more, "a decision"):
                break
            runner.signal(signal.SIGSTOP)
            wait_until(lambda: runner.is_over() or stopped(runner.pid), DEADLINE_S, "the process to stop")
            wait_until(lambda: not case.has_open_transaction(), DEADLINE_S, "the broker to give the transaction up")
            stops += 1
            seen = case.end()
            if not runner.is_over():
                runner.signal(signal.SIGCONT)
        status = runner.wait()
        assert status in (0, 3), runner.trace()
        assert mode == "transactional" or not status, "nobody waits for it in mode once"
    assert stops > 2, "it was over too soon"
    assert_the_same(case, straight)


def test_who_wakes_up_beside_a_copy_of_its_state_is_fenced(runner, case, straight, memory_path):
    """Stopped inside a transaction, its state copied and run to the end elsewhere: what wakes up must not write any more."""
    reaches(runner, case, "sent", 3, signal.SIGSTOP)
    wait_until(lambda: stopped(runner.pid), DEADLINE_S, "the process to stop")
    copy = memory_path / "copy"
    shutil.copytree(case.folder, copy, ignore=shutil.ignore_patterns("LOCK", "LOG*", "HOLDER"))
    case.folder = copy
    other = Runner(Path(__file__).with_name("runner_kafka.py"), memory_path / "other.txt")
    try:
        ends_the_same(other, case, straight)
    finally:
        other.close()
    runner.signal(signal.SIGCONT)
    assert runner.wait() == 3, runner.trace()
    assert "Stop the other process that writes from a copy of this state" in runner.trace(), runner.trace()
    assert_the_same(case, straight)


@pytest.mark.parametrize("polls", [(10, 10), (1, 40), (40, 1)])
@pytest.mark.parametrize("mode", ["once", "transactional"])
def test_an_older_copy_of_a_state_sends_nothing_twice(runner, case, straight, memory_path, mode, polls):
    """A backup that was put back: what the run after it had delivered is decided again, in other batches, under the same
    ids, and is neither sent again nor taken for something else."""
    case.mode = mode
    older = memory_path / "older"
    reaches(runner, case, "cut", 3, signal.SIGKILL, epoch_ms=0, **SMALL)
    assert runner.wait() == -signal.SIGKILL
    shutil.copytree(case.folder, older, ignore=shutil.ignore_patterns("LOCK", "LOG*", "HOLDER"))
    reaches(runner, case, "cut", 20, signal.SIGKILL, epoch_ms=0, poll=polls[0], transaction_ms=5)
    assert runner.wait() == -signal.SIGKILL
    case.folder = older
    ends_the_same(runner, case, straight, poll=polls[1])
