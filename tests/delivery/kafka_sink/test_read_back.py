"""What the sink reads back, cuts and seals, call by call, on a broker in memory."""

import pytest
from confluent_kafka import KafkaError
from fake_kafka import OPEN, Entry
from sink_rows import MODES, group, lead, line, seal_of, sealed_by
from waiting import wait_until

from state import limits
from state.errors import Fault, PositionFault, Refused, SinkFault, StateRefused

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
