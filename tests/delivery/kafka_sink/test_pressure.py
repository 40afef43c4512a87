"""What the sink does where the broker is slow, full or refuses: it holds, waits, and stops in time."""

import weakref

import pytest
from confluent_kafka import KafkaError, KafkaException
from sink_rows import MODES, group, lead, line, seal_of, sealed_by
from waiting import wait_until

from state import limits
from state.errors import Fault, PositionFault, SinkFault

# --- held


def test_what_comes_while_the_broker_answers_goes_out_together(kafka, opened, monkeypatch):
    """One request at a time: the first row goes at once, those behind it when it is acknowledged, in their order."""
    monkeypatch.setattr(limits, "HELD_BEHIND", 0)
    sink = opened({})
    kafka.answers = False
    for sequence, name in enumerate("abcd", 1):
        sink.deliver(group(sequence, name))
        sink.serve()
    assert kafka.ids("dispositions") == ["a"] and sink.waiting() == 4
    kafka.answers = True
    calls = len(kafka.calls)
    sink.serve()
    assert kafka.ids("dispositions") == list("abcd") and sink.waiting() == 0
    assert kafka.calls[calls:].count("send") == 2, "one for the answer to the first, one for the other three"


def test_nothing_is_held_for_ever(kafka, opened, monkeypatch):
    """Not beyond a size, not when everything is to be safe, not when a seal waits for it."""
    monkeypatch.setattr(limits, "HELD_BEHIND", 0)
    sink = opened({})
    kafka.answers = False
    for sequence, name in enumerate("ab", 1):
        sink.deliver(group(sequence, name))
    monkeypatch.setattr(limits, "HELD_BYTES", 2 * len(line("a")))
    sink.deliver(group(3, "c"))
    assert kafka.ids("dispositions") == list("abc"), "too much to be held"
    sink.deliver(group(4, "d"))
    sink.cut()
    kafka.answers = True
    assert sealed_by(sink)["topics"]["dispositions"]["ends"] == {"0": 4}
    kafka.answers = False
    for sequence, name in enumerate("ef", 5):
        sink.deliver(group(sequence, name))
    assert kafka.ids("dispositions") == list("abcde")
    kafka.answers = True
    sink.flush()
    assert kafka.ids("dispositions") == list("abcdef")


# --- back-pressure


def test_the_flow_waits_where_a_seal_holds_too_much(kafka, opened, monkeypatch):
    """While the ends are asked for, the client is given nothing: memory does not grow instead."""
    monkeypatch.setattr(limits, "HELD_BYTES", len(line("a")))
    sink = opened({}, give_up_s=30)
    kafka.tells = False
    sink.deliver(group(1, "a"))
    sink.cut()
    sink.deliver(group(2, "b", "c"))
    times = iter(range(0, 10**6, 7))
    sink._monotonic = lambda: float(next(times))
    with pytest.raises(Fault, match=r"not said for 30 s where the output topics end .*: 2 records, b among them"):
        sink.deliver(group(3, "d"))


def test_a_full_client_makes_the_flow_wait_and_drops_nothing(kafka, opened, monkeypatch):
    kafka.room = 2
    sink = opened({})
    kafka.takes = False
    waits = []

    def overdue(since):
        waits.append(len(sink._producer))
        kafka.takes = len(waits) % 4 == 0

    monkeypatch.setattr(sink, "_overdue", overdue)
    for sequence, name in enumerate("abcdefg", 1):
        sink.deliver(group(sequence, name))
    kafka.takes = True
    sink.flush()
    assert waits[:4] == [2, 2, 2, 2] and kafka.ids("dispositions") == list("abcdefg")


def test_a_broker_that_takes_nothing_stops_the_flow_in_time(kafka, opened, monkeypatch):
    """By `give_up_s`; once a stop was asked for by `limits.DRAIN_S`. The record that waits is named."""
    monkeypatch.setattr(limits, "HELD_BYTES", 0)
    kafka.room, kafka.takes = 1, False
    now = iter(range(0, 10**6, 7))
    sink = opened({}, give_up_s=30, monotonic=lambda: float(next(now)))
    sink.deliver(group(1, "a"))
    with pytest.raises(SinkFault, match="a among them, for 30 s"):
        sink.deliver(group(2, "b"))
    sink = opened({}, give_up_s=10_000, monotonic=lambda: float(next(now)))
    sink.deliver(group(1, "a"))
    sink.hurry()
    with pytest.raises(SinkFault, match=f"for {limits.DRAIN_S} s"):
        sink.deliver(group(2, "b"))


@pytest.mark.parametrize(
    ("silent", "said"),
    [
        ("answers", "has not acknowledged 1 records, a among them"),
        ("tells", "not said for 30 s where the output topics end"),
    ],
)
def test_a_cut_that_is_not_safe_stops_the_flow_in_time(kafka, opened, silent, said):
    """Not acknowledged; or acknowledged, and nobody tells where the topics end."""
    setattr(kafka, silent, False)
    now = iter(range(0, 10**6, 7))
    sink = opened({}, give_up_s=30, monotonic=lambda: float(next(now)))
    sink.deliver(group(1, "a"))
    sink.cut()
    with pytest.raises(Fault, match=said):
        while sink.sealed() is None:
            pass


@pytest.mark.parametrize("stopped", [False, True])
def test_the_end_of_the_input_waits_as_long_as_any_other_time(kafka, opened, stopped):
    """`give_up_s`, not a stop's limit; and that one from when a stop is asked for, also in the middle of the wait."""
    kafka.answers = False
    times = []

    def now():
        times.append(7 * len(times))
        if stopped and len(times) == 6:
            sink.hurry()
        return float(times[-1])

    sink = opened({}, give_up_s=300)
    sink._monotonic = now
    sink.deliver(group(1, "a"))
    with pytest.raises(SinkFault, match=f"a among them, for {limits.DRAIN_S if stopped else 300} s"):
        sink.flush()
    assert times[-1] < 120 if stopped else times[-1] > 300


def test_transactions_that_are_full_wait_and_drop_nothing(kafka, opened, monkeypatch):
    """More is held than may be: the flow comes back later with the same rows."""
    size = 2 * len(line("10-a")) + 2
    monkeypatch.setattr(limits, "UNSENT_BYTES", 3 * size)
    monkeypatch.setattr(limits, "DRAIN_S", 5)
    sink = opened({}, "transactional")
    kafka.answers = False
    waits, held = [], []

    def overdue(since):
        waits.append(1)
        held.append(sink._way._size)
        kafka.answers = len(waits) > 3

    monkeypatch.setattr(sink, "_overdue", overdue)
    for sequence in range(40):
        sink.deliver(group(sequence + 1, f"{sequence}-a", f"{sequence}-b"))
    assert len(waits) > 3 and max(held) <= 4 * size
    kafka.answers = True
    sink.flush()
    assert kafka.ids("dispositions") == [f"{number}-{which}" for number in range(40) for which in "ab"]


# --- refused


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("which", ["fails", "refuses"])
def test_a_record_that_is_not_taken_is_never_sealed(kafka, opened, mode, which):
    """By the broker, or by the client itself: the run ends with its name, and nothing speaks of it as delivered."""
    sink = opened({}, mode)
    getattr(kafka, which).add("b")
    with pytest.raises(SinkFault, match="The record b could not be delivered to the topic dispositions: MSG_SIZE"):
        sink.deliver(group(1, "a", "b"))
        seal_of(sink)
    with pytest.raises(SinkFault, match="The record b"):
        sink.sealed()


def test_a_deletion_that_is_not_taken_has_a_name_too(kafka, opened):
    sink = opened({})
    kafka.fails.add("unique_leads-u1-deleted")
    with pytest.raises(SinkFault, match="The record unique_leads-u1-deleted could not"):
        sink.deliver(lead(1, "deleted"))
        sink.flush()


def test_what_the_client_says_of_itself_ends_the_run(kafka, opened, monkeypatch):
    sink = opened({})

    def poll(timeout):
        raise KafkaException(KafkaError(KafkaError._FATAL, "gap", True))

    monkeypatch.setattr("connectors.kafka.writing.sink._LISTEN_S", 0.01)
    monkeypatch.setattr(sink._producer, "poll", poll)
    with pytest.raises(SinkFault, match="cannot deliver any more"):
        sink.deliver(group(1, "a"))


def test_a_topic_that_is_made_anew_is_noticed_while_running(kafka, opened, monkeypatch):
    monkeypatch.setattr(limits, "WATCH_S", 0.01)
    sink = opened({})
    kafka.create("holds")

    def noticed():
        try:
            sink.check()
        except PositionFault as fault:
            return "holds was deleted and created again" in str(fault)

    wait_until(noticed, 10, "the watch")


@pytest.mark.parametrize("mode", MODES)
def test_a_sink_that_is_closed_keeps_no_client(kafka, opened, mode):
    """One that lives on would send what was in flight while the next process reads back."""
    sink = opened({}, mode)
    client = weakref.ref(sink._producer)
    sink.close()
    assert client() is None
