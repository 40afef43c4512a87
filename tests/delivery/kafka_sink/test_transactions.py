"""Transactions, and the one writer of an output, call by call."""

import threading

import pytest
from confluent_kafka import KafkaError, KafkaException
from fake_kafka import OPEN, Entry
from sink_rows import MODES, STATE, group, lead, line, seal_of, sealed_by
from waiting import wait_until

from operators.wire.streams import STREAMS
from state import limits
from state.errors import Fault, Refused, SinkFault

# --- transactions


@pytest.mark.parametrize("mode", MODES)
def test_what_a_dead_process_left_open_is_ended_before_anything_is_read(kafka, opened, monkeypatch, mode):
    """Also by a start in mode `once` whose last seal is of that mode."""
    first = opened({}, "once")
    sealed = first.begin()
    owner = f"leadstream-{STATE}"
    kafka.topics["dispositions"].logs[0].append(Entry(b"key", line("a"), [("event_id", b"a")], OPEN, owner))
    kafka.calls.clear()
    monkeypatch.setattr(limits, "CONNECT_S", 0.2)
    monkeypatch.setattr(limits, "TRANSACTION_MS", 0)
    second = opened(sealed, mode)
    assert "offsets" in kafka.calls[kafka.calls.index("init") :]
    assert not kafka.ids("dispositions") and second.read_back == 0
    assert second._ends["dispositions", 0] == 2, "behind the mark of the abort"
    second.deliver(group(1, "a"))
    second.flush()
    assert kafka.ids("dispositions") == ["a"]


def test_nothing_is_seen_or_sealed_before_its_commit(kafka, opened):
    """Acknowledged is not committed."""
    cut, seen = threading.Event(), []

    def on_call(name):
        if name == "commit" and not seen:
            assert cut.wait(10)
            seen.append((kafka.ids("dispositions"), sink._cut.ends))

    sink = opened({}, "transactional")
    kafka.before = on_call
    sink.deliver(group(1, "a", "b"))
    wait_until(lambda: "commit" in kafka.calls, 10, "the commit")
    sink.cut()
    assert sink.sealed() is None and sink.waiting() == 2
    cut.set()
    sink.deliver(group(2, "c"))
    sink.flush()
    assert seen == [([], None)]
    assert kafka.ids("dispositions") == ["a", "b", "c"]
    assert sink.sealed()["topics"]["dispositions"]["ends"] == {"0": 3}, "behind a, b and the mark of their commit"


@pytest.mark.parametrize(
    ("said", "aborts"),
    [
        (KafkaError(KafkaError._FAIL, "try again", False, False, True), 1),
        # What the client says where a slice of the wait has ended and the commit is still under way.
        (KafkaError(KafkaError._STATE, "Operation not valid in state CommittingTransaction"), 0),
    ],
    ids=["aborted", "under-way"],
)
def test_a_commit_that_fails_once_goes_on(kafka, opened, monkeypatch, said, aborts):
    sink = opened({}, "transactional")
    commit, failed = sink._producer.commit_transaction, []

    def fails_once(timeout):
        if not failed:
            failed.append(1)
            raise KafkaException(said)
        commit(timeout)

    monkeypatch.setattr(sink._producer, "commit_transaction", fails_once)
    sink.deliver(group(1, "a", "b"))
    sink.flush()
    assert failed and kafka.calls.count("abort") == aborts
    assert kafka.ids("dispositions") == ["a", "b"]


@pytest.mark.parametrize(
    ("met", "raised"),
    [
        (
            KafkaException(KafkaError(KafkaError._FAIL, "no more")),
            pytest.raises(Fault, match="committing a transaction"),
        ),
        # What no rule foresees is not blamed on the broker.
        (ZeroDivisionError(), pytest.raises(ZeroDivisionError)),
    ],
    ids=["client", "unforeseen"],
)
def test_what_the_thread_meets_ends_the_run(kafka, opened, monkeypatch, met, raised):
    """Also where the client says nothing of itself."""
    sink = opened({}, "transactional")

    def commit(timeout):
        raise met

    monkeypatch.setattr(sink._producer, "commit_transaction", commit)
    sink.deliver(group(1, "a"))
    with raised:
        sink.flush()


def test_the_first_record_that_is_not_committed_is_named(kafka, opened):
    """Not one that is: the ends are asked for behind it."""
    sink = opened({}, "transactional")
    kafka.tells = False
    sink.deliver(group(1, "a"))
    sink.cut()
    wait_until(lambda: sink._way.asking, 10, "the question")
    assert sink.waiting() == 0 and sink._way.oldest == b"?"
    sink.deliver(group(2, "b"))
    assert sink.waiting() == 1 and sink._way.oldest == b"b"
    kafka.tells = True


def test_who_is_fenced_ends_and_says_why(kafka, opened):
    sink = opened({}, "transactional")
    kafka.epochs[f"leadstream-{STATE}"] += 1
    sink.deliver(group(1, "a"))
    with pytest.raises(SinkFault, match="copy of this state"):
        sink.flush()
    assert not kafka.ids("dispositions")


def test_who_is_fenced_while_he_aborts_says_the_same(kafka, opened, monkeypatch):
    """The commit fails for another reason first: by then another process has taken over."""
    sink = opened({}, "transactional")

    def commit(timeout):
        raise KafkaException(KafkaError(KafkaError._TIMED_OUT, "too late", False, False, True))

    def abort(timeout):
        raise KafkaException(KafkaError(KafkaError._FENCED, "fenced", False))

    monkeypatch.setattr(sink._producer, "commit_transaction", commit)
    monkeypatch.setattr(sink._producer, "abort_transaction", abort)
    sink.deliver(group(1, "a"))
    with pytest.raises(SinkFault, match="cannot deliver any more") as raised:
        sink.flush()
    assert raised.value.action.startswith("Stop the other process")


def test_the_streams_are_all_there(kafka, opened):
    """Each has its topic; one that is missing is found at the start, not at its first record."""
    for stream in STREAMS:
        held = kafka.topics.pop(stream)
        with pytest.raises(Refused, match=f"The topic {stream} does not exist"):
            opened({})
        kafka.topics[stream] = held


# --- one writer


class _Clock:
    now = 0.0

    def __call__(self):
        return self.now


def test_a_second_writer_stops_the_first_at_its_next_seal(kafka, opened):
    """A copy of a running state gone on with, mode `once`: the broker lets both write."""
    clock = _Clock()
    first = opened({}, monotonic=clock)
    first.deliver(group(1, "a"))
    sealed = seal_of(first)
    clock.now = limits.STRAGGLERS_S + 1
    copy = opened(sealed)
    copy.deliver(group(2, "b", "c"))
    copy.flush()
    first.deliver(group(2, "b"))
    first.cut()
    with pytest.raises(SinkFault, match="2 records came to the output topics that this engine has not sent") as fault:
        sealed_by(first)
    assert "An output has one writer" in fault.value.action and fault.value.exit_code == 3


def test_what_the_former_process_had_under_way_is_no_second_writer(kafka, opened):
    """The network delivers it behind the start that reads back."""
    clock = _Clock()
    sink = opened({}, monotonic=clock)
    kafka.topics["dispositions"].logs[0].append(Entry(b"key", line("x"), [], "kept"))
    sink.deliver(group(1, "a"))
    seal_of(sink)
    clock.now = limits.STRAGGLERS_S + 1
    sink.deliver(group(2, "b"))
    assert seal_of(sink)


@pytest.mark.parametrize("rest", [1, "deleted"])
def test_its_own_records_are_counted_to_the_last_one(kafka, opened, rest):
    clock = _Clock()
    sink = opened({}, monotonic=clock)
    clock.now = limits.STRAGGLERS_S + 1
    for sequence in range(1, 5):
        sink.deliver(group(2 * sequence, *"abc"))
        sink.deliver(lead(2 * sequence + 1, 1, rest))
        assert seal_of(sink)
