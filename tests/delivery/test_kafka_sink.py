"""What the sink does with the client, call by call, on a broker in memory: read-back, cuts, back-pressure, refusals."""

import json
import threading
import time
import weakref

import pytest
from confluent_kafka import KafkaError, KafkaException
from fake_kafka import OPEN, Entry, FakeKafka
from kafka_case import CaseSettings, outputs_of
from waiting import wait_until

from connectors.kafka.writing.sink import KafkaSink
from connectors.protocols import Group
from operators.wire.streams import DISPOSITIONS, NULL, STREAMS, UNIQUE_LEADS
from state import limits
from state.errors import Fault, PositionFault, Refused, SinkFault, StateRefused

STATE = "a0"
MODES = ["once", "transactional"]


@pytest.fixture
def kafka(monkeypatch):
    found = FakeKafka()
    for topic in outputs_of(CaseSettings(prefix=""), 1):
        found.create(topic)
    found.installed(monkeypatch)
    return found


@pytest.fixture
def opened(kafka):
    """opened(sealed, mode, …): a sink of the state, closed behind the test."""
    made = []

    def make(sealed, mode="once", **more):
        clock = more.pop("monotonic", time.monotonic)
        sink = KafkaSink(CaseSettings(prefix="", mode=mode, transaction_ms=0, **more), monotonic=clock)
        made.append(sink)
        sink.open(sealed, STATE, fresh=not sealed)
        return sink

    yield make
    kafka.takes = kafka.answers = kafka.tells = True
    for sink in made:
        sink.close()


def line(name):
    return json.dumps({"event_id": name, "mark": "MERGED"}, separators=(",", ":")).encode()


def group(sequence, *names, stream=DISPOSITIONS):
    """An outbox row of shard 0 whose records have these ids and one key."""
    return Group(0, sequence, [(stream, ["key"] * len(names), b"".join(line(name) + b"\n" for name in names))])


def lead(sequence, *versions):
    """An outbox row of a unique lead."""
    lines = [NULL if one == "deleted" else line(f"unique_leads-u1-{one}") for one in versions]
    return Group(0, sequence, [(UNIQUE_LEADS, ["u1"] * len(lines), b"".join(one + b"\n" for one in lines))])


def sealed_by(sink):
    """What the seal of the cut says, once it may be written."""
    return wait_until(sink.sealed, 10, "the seal")


def seal_of(sink):
    """Cut, and wait until the broker has everything before the cut."""
    sink.cut()
    return sealed_by(sink)


# --- read-back


@pytest.mark.parametrize("mode", MODES)
def test_what_was_delivered_behind_the_seal_is_not_sent_again(kafka, opened, mode):
    """Some of it: the rest of the same outbox row is sent."""
    first = opened({}, mode)
    sealed = first.begin()
    first.deliver(group(1, "a", "b"))
    first.flush()
    second = opened(sealed, mode)
    assert second.read_back == 2
    second.deliver(group(1, "a", "b", "c"))
    second.flush()
    assert kafka.ids("dispositions") == ["a", "b", "c"]


@pytest.mark.parametrize("mode", MODES)
def test_it_is_read_back_from_the_sealed_end_and_no_further(kafka, opened, mode):
    first = opened({}, mode)
    first.deliver(group(1, *"abc"))
    sealed = seal_of(first)
    first.deliver(group(2, *"de"))
    first.flush()
    second = opened(sealed, mode)
    assert second.read_back == 2
    second.deliver(group(2, *"def"))
    second.cut()
    assert second._delivered is None, "all that was found has come again"
    second.flush()
    assert kafka.ids("dispositions") == list("abcdef")


def test_every_record_names_its_event(kafka, opened):
    sink = opened({})
    sink.deliver(group(1, "a", 'with "quotes" \\'))
    sink.deliver(lead(2, 1, "deleted"))
    sink.flush()
    assert kafka.ids("dispositions") == ["a", 'with "quotes" \\']
    assert kafka.ids("unique_leads") == ["unique_leads-u1-1", "unique_leads-u1-deleted"]
    assert [entry.value for entry in kafka.records("unique_leads")] == [line("unique_leads-u1-1"), None]


@pytest.mark.parametrize("last", [3, "deleted"])
def test_compaction_may_leave_the_latest_alone(kafka, opened, last):
    """An older version sent behind it would be the key's last word."""
    first = opened({})
    sealed = first.begin()
    first.deliver(lead(1, 1, 2))
    first.deliver(lead(2, last))
    first.flush()
    log = kafka.topics["unique_leads"].logs[0]
    for entry in log[:2]:
        entry.state = "aborted"  # no reader sees them any more
    second = opened(sealed)
    second.deliver(lead(1, 1, 2))
    second.deliver(lead(2, last))
    second.flush()
    assert kafka.ids("unique_leads") == [f"unique_leads-u1-{last}"]


def test_a_newer_version_is_sent_whatever_the_rows_of_another_run_were_called(kafka, opened):
    """An older copy of the state decides in other batches: its row 2 is not the row 2 of the run that was there before."""
    first = opened({})
    sealed = first.begin()
    for row in (1, 2, 3):
        first.deliver(lead(row, row))
    first.flush()
    second = opened(sealed)
    second.deliver(lead(1, 1, 2, 3, 4))
    second.flush()
    assert kafka.ids("unique_leads") == [f"unique_leads-u1-{version}" for version in (1, 2, 3, 4)]


def test_an_older_copy_of_a_state_sends_nothing_twice(kafka, opened):
    """What no outbox row had is decided again later: it is remembered until then."""
    first = opened({})
    sealed = first.begin()
    first.deliver(group(1, *"abcd"))
    first.flush()
    older = opened(sealed)
    for sequence, names in enumerate(("ab", "c", "de"), 1):
        older.deliver(group(sequence, *names))
        seal_of(older)
    assert kafka.ids("dispositions") == list("abcde") and older._delivered is None


def test_what_was_found_is_known_until_it_has_come(kafka, opened):
    """Rows of which some was delivered must come again before anything is sealed; in the compacted topic older ones too."""
    first = opened({})
    sealed = first.begin()
    first.deliver(group(1, "a", "b"))
    first.deliver(lead(2, 7))
    first.flush()
    second = opened(sealed)
    assert second.found(group(1, "x", "b")) and second.found(lead(2, 6))
    assert not second.found(group(3, "z")) and not second.found(lead(4, 8))
    second.deliver(group(1, "a", "b"))
    second.deliver(lead(2, 7))
    second.cut()
    assert not second.found(group(1, "a", "b"))


@pytest.mark.parametrize("acknowledged", [True, False])
def test_a_transaction_that_nobody_ends_is_not_waited_for(kafka, opened, monkeypatch, acknowledged):
    """Aborting it is right where the state still has what it held, and wrong where its commit was sealed."""
    monkeypatch.setattr(limits, "TRANSACTION_MS", 0)
    monkeypatch.setattr(limits, "CONNECT_S", 0)
    first = opened({})
    first.deliver(group(1, "a"))
    sealed = seal_of(first)
    log = kafka.topics["dispositions"].logs[0]
    log.extend(Entry(b"", line(name), [], OPEN, "other") for name in "bc")
    if acknowledged:
        sealed["topics"]["dispositions"]["ends"]["0"] = 2
    with pytest.raises(SinkFault, match="hide what was delivered: dispositions-0 from offset 1\\.") as raised:
        opened(sealed)
    if acknowledged:
        assert raised.value.action.startswith("Do not abort them")
    else:
        assert "abort --topic dispositions --partition 0 --start-offset 1`" in raised.value.action


def test_too_much_to_read_back_is_another_copys_work(kafka, opened, monkeypatch):
    first = opened({})
    sealed = first.begin()
    first.deliver(group(1, *"abcd"))
    first.flush()
    monkeypatch.setattr(limits, "READ_BACK_RECORDS", 3)
    with pytest.raises(StateRefused, match="older copy"):
        opened(sealed)


# --- cuts


def test_a_seal_waits_for_the_broker(kafka, opened):
    sink = opened({})
    kafka.answers = False
    sink.deliver(group(1, "a"))
    sink.cut()
    assert sink.sealed() is None and sink.waiting() == 1
    kafka.answers = True
    assert sealed_by(sink)["topics"]["dispositions"]["ends"] == {"0": 1} and sink.waiting() == 0


def test_a_seal_speaks_of_what_lies_before_its_cut(kafka, opened):
    """What was sent behind the cut and acknowledged with it is read back after a crash."""
    sink = opened({})
    kafka.answers = False
    sink.deliver(group(1, "a"))
    sink.cut()
    sink.deliver(group(2, "b"))
    kafka.answers = True
    sealed = sealed_by(sink)
    sink.serve()
    assert sink.waiting() == 0 and sealed["topics"]["dispositions"]["ends"] == {"0": 1}
    again = opened(sealed)
    again.deliver(group(2, "b"))
    again.flush()
    assert kafka.ids("dispositions") == ["a", "b"]


@pytest.mark.parametrize("mode", MODES)
def test_nothing_leaves_while_the_ends_are_asked_for(kafka, opened, mode):
    """It would lie before them, and not be read back."""
    sink = opened({}, mode)
    kafka.tells = False
    sink.deliver(group(1, "a"))
    sink.cut()
    wait_until(lambda: [sink.sealed()] and "ends" in kafka.calls, 10, "the question")
    sink.deliver(group(2, "b"))
    assert sink.sealed() is None and kafka.ids("dispositions") == ["a"]
    kafka.tells = True
    end = {"once": 1, "transactional": 2}[mode]  # behind the mark
    assert sealed_by(sink)["topics"]["dispositions"]["ends"] == {"0": end}
    sink.flush()
    assert kafka.ids("dispositions") == ["a", "b"]


def test_a_seal_without_anything_new_asks_nobody(kafka, opened):
    sink = opened({})
    sink.deliver(group(1, "a"))
    first = seal_of(sink)
    kafka.calls.clear()
    assert seal_of(sink) == first and not kafka.calls


@pytest.mark.parametrize("anew", [False, True])
def test_a_broker_that_lost_what_it_had_acknowledged_stops_the_flow(kafka, opened, anew):
    """No seal says less than the one before it."""
    sink = opened({})
    sink.deliver(group(1, "a", "b"))
    seal_of(sink)
    kafka.topics["dispositions"].logs[0].clear()
    if anew:
        kafka.create("dispositions")
    sink.deliver(group(2, "c"))
    sink.cut()
    with pytest.raises(Fault, match="deleted and created again" if anew else "ends at 1, but 2 were delivered"):
        sealed_by(sink)


@pytest.mark.parametrize("told", [(-1, None), (5, KafkaError(KafkaError.LEADER_NOT_AVAILABLE))])
def test_an_answer_that_is_none_is_not_taken_for_one(kafka, opened, told):
    """It is asked again."""
    sink = opened({})
    sink.deliver(group(1, "a"))
    kafka.tells_once = [told]
    assert seal_of(sink)["topics"]["dispositions"]["ends"] == {"0": 1}
    assert kafka.calls.count("ends") == 2


def test_another_programs_open_transaction_moves_no_end(kafka, opened):
    sink = opened({})
    kafka.topics["dispositions"].logs[0].append(Entry(b"", line("x"), [], OPEN, "other"))
    sink.deliver(group(1, "a"))
    assert seal_of(sink)["topics"]["dispositions"]["ends"] == {"0": 2}


def test_partitions_that_were_added_are_sealed_too(kafka, opened):
    """The client that asks remembers how many there were: behind a failure another one asks."""
    sink = opened({})
    sink._asker.grown("dispositions", 1, 2)
    kafka.topics["dispositions"].logs.append([])
    sink.deliver(group(1, "a"))
    assert set(seal_of(sink)["topics"]["dispositions"]["ends"]) == {"0", "1"}


def test_the_topics_are_those_of_the_seal(kafka, opened):
    first = opened({})
    first.deliver(group(1, "a"))
    sealed = seal_of(first)
    kafka.topics["dispositions"].logs[0].clear()
    with pytest.raises(SinkFault, match="ends at 0, but 1 were delivered"):
        opened(sealed)
    kafka.create("dispositions")
    with pytest.raises(PositionFault, match="deleted and created again"):
        opened(sealed)
    del kafka.topics["dispositions"]
    with pytest.raises(Refused, match="does not exist"):
        opened(sealed)


def test_a_new_state_refuses_topics_that_others_wrote(kafka, opened):
    kafka.append("holds", [b"x"])
    with pytest.raises(StateRefused, match="holds records that it did not write"):
        opened({})
    kafka.forget("holds", 1)
    opened({})


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
