"""What the reader does with the client, call by call, on a broker in memory: positions, gaps, ends, what is ahead."""

import pytest
from fake_kafka import ABORTED, KEPT, MARK, OPEN, Entry, FakeKafka
from kafka_case import CaseSettings

from connectors.kafka.reading.reader import KafkaReader
from connectors.kafka.settings import Lost
from state import limits
from state.errors import PositionFault, SourceRefused

RAW, ACTIVITY = "in.raw", "in.activity"


@pytest.fixture
def kafka(monkeypatch):
    found = FakeKafka()
    found.create(RAW, 2)
    found.create(ACTIVITY)
    found.installed(monkeypatch)
    found.append(RAW, [b"a0", b"a1", b"a2", b"a3"], 0)
    found.append(RAW, [b"b0", b"b1"], 1)
    found.append(ACTIVITY, [b"c0"])
    return found


@pytest.fixture
def opened(kafka):
    """opened(position, …): a reader at its place, closed behind the test."""
    made = []

    def make(position=None, *, to_end=True, **more):
        settings = CaseSettings(read=((RAW, "raw_lead"), (ACTIVITY, "activity")), **more)
        reader = KafkaReader(settings, to_end=to_end)
        made.append(reader)
        reader.restore(position or {})
        return reader

    yield make
    for reader in made:
        reader.close()


def poll(reader, source, limit=100):
    return [(record.offset, record.raw) for record in reader.poll(source, limit)]


def test_names_say_topic_partition_and_the_topics_id(kafka, opened):
    reader = opened()
    first, second = kafka.topics[RAW].topic_id, kafka.topics[ACTIVITY].topic_id
    assert reader.names() == [f"{RAW}-0-{first}", f"{RAW}-1-{first}", f"{ACTIVITY}-0-{second}"]
    assert reader.origins() == [(RAW, 0), (RAW, 1), (ACTIVITY, 0)]
    assert reader.kinds() == ["raw_lead", "raw_lead", "activity"]


def test_it_goes_on_exactly_behind_what_was_applied(kafka, opened):
    """Also where records were fetched and handed on that nobody applied."""
    first = opened()
    assert poll(first, 0, 3) == [(0, b"a0"), (1, b"a1"), (2, b"a2")] and poll(first, 1) == [(0, b"b0"), (1, b"b1")]
    position = first.position([1, -1, -1])
    assert [part["next"] for part in position.values()] == [2, 0, 0]
    again = opened(position)
    assert poll(again, 0) == [(2, b"a2"), (3, b"a3")] and poll(again, 1) == [(0, b"b0"), (1, b"b1")]
    assert poll(again, 2) == [(0, b"c0")]
    end = again.position([3, 1, 0])
    last = opened(end)
    assert [poll(last, source) for source in range(3)] == [[], [], []] and all(map(last.ended, range(3)))
    assert last.position([3, 1, 0]) == end == last.position([-1, -1, -1]), "nothing was applied: it stays where it was"


def test_a_gap_is_refused_until_it_is_accepted(kafka, opened):
    position = opened().position([0, -1, -1])
    kafka.forget(RAW, 3)
    with pytest.raises(PositionFault, match="removed 2 records that were never read") as fault:
        opened(position)
    assert f'lost = ["{RAW}:1-2"]'.replace(RAW, f"{RAW}-0") in fault.value.action
    for lost in (Lost(RAW, 0, 2, 2), Lost(RAW, 0, 1, 1), Lost(RAW, 1, 1, 2), Lost(ACTIVITY, 0, 1, 2)):
        with pytest.raises(PositionFault):
            opened(position, lost=frozenset({lost}))
    assert poll(opened(position, lost=frozenset({Lost(RAW, 0, 1, 2)})), 0) == [(3, b"a3")]
    kafka.forget(RAW, 1)
    assert poll(opened(position), 0) == [(1, b"a1"), (2, b"a2"), (3, b"a3")], "what is gone was read"


def test_a_new_state_begins_with_the_oldest_record(kafka, opened):
    kafka.forget(RAW, 3)
    reader = opened()
    assert reader.position([-1, -1, -1])[reader.names()[0]]["next"] == 3
    assert poll(reader, 0) == [(3, b"a3")]


def test_another_topic_of_the_same_name_is_refused(kafka, opened):
    position = opened().position([3, 1, 0])
    kafka.create(RAW, 2)
    kafka.append(RAW, [b"other"] * 10)
    with pytest.raises(PositionFault, match="deleted and created again"):
        opened(position)
    kafka.topics.pop(RAW)
    with pytest.raises(SourceRefused, match=f"The topic {RAW} does not exist"):
        opened(position)


def test_a_topic_that_lost_its_end_is_refused(kafka, opened):
    position = opened().position([3, 1, 0])
    kafka.topics[RAW].logs[0].pop()
    with pytest.raises(PositionFault, match="ends at 3, and it was read up to 4: the broker has lost records"):
        opened(position)


def test_transactions_of_others(kafka, opened):
    """Aborted ones are skipped, marks are no records, and what is open holds the end of the run back."""
    log = kafka.topics[ACTIVITY].logs[0]
    log += [Entry(b"", b"gone", [], ABORTED, "x"), Entry(None, None, [], MARK), Entry(b"", None, [], KEPT)]
    log += [Entry(b"", b"late", [], OPEN, "x")]
    reader = opened()
    assert poll(reader, 2) == [(0, b"c0"), (3, b"")] and not reader.ended(2)
    kafka.end_transaction("x", KEPT)
    assert poll(reader, 2) == [(4, b"late")]
    assert not poll(reader, 2) and reader.ended(2), "the mark at the very end is behind it"


def test_a_run_that_ends_takes_nothing_that_came_after_its_start(kafka, opened):
    reader = opened()
    kafka.append(ACTIVITY, [b"later"])
    assert poll(reader, 2) == [(0, b"c0")] and not poll(reader, 2) and reader.ended(2)
    assert poll(opened(reader.position([-1, -1, 0])), 2) == [(1, b"later")]


def test_a_live_run_waits_for_more(kafka, opened):
    reader = opened(to_end=False)
    assert sorted(reader.ready()) == [0, 1, 2] and poll(reader, 2) == [(0, b"c0")]
    assert sorted(reader.ready()) == [0, 1] and not reader.ended(2)
    kafka.append(ACTIVITY, [b"c1"])
    assert len(poll(reader, 0)) == 4 and len(poll(reader, 1)) == 2
    assert reader.ready() == [2] and poll(reader, 2) == [(1, b"c1")] and reader.ready() == []


@pytest.mark.parametrize(("limit", "value"), [("AHEAD_RECORDS", 10), ("AHEAD_BYTES", 10 * len(b"more"))])
def test_a_partition_far_ahead_is_paused_and_loses_nothing(kafka, opened, monkeypatch, limit, value):
    """Its records wait for those of another partition: memory does not grow, nothing is skipped."""
    monkeypatch.setattr(limits, limit, value)
    monkeypatch.setattr("connectors.kafka.reading.reader._AT_ONCE", 4)
    kafka.append(RAW, [b"more"] * 100)
    reader = opened()
    consumer = kafka.consumers[-1]
    for _ in range(60):
        reader.poll(1, 100)
    assert consumer._paused == {(RAW, 0)} and len(reader._parts[0].buffer) < 10 + 4
    found = []
    for _ in range(80):
        found += poll(reader, 0, 3)
    assert [offset for offset, _ in found] == list(range(104)) and not consumer._paused


def test_what_retention_takes_while_it_runs_stops_it(kafka, opened):
    reader = opened(to_end=False)
    kafka.forget(RAW, 2)
    with pytest.raises(PositionFault, match="no longer holds the record that comes next"):
        reader.poll(0, 10)


def test_the_group_holds_a_copy_of_what_was_sealed(kafka, opened):
    reader = opened()
    consumer = kafka.consumers[-1]
    assert consumer.config["enable.auto.commit"] is False
    reader.was_sealed(reader.position([1, -1, 0]))
    assert kafka.groups == {"leadstream": {(RAW, 0): 2, (RAW, 1): 0, (ACTIVITY, 0): 1}}
    kafka.groups.clear()
    reader.was_sealed(reader.position([1, 0, 0]))
    assert kafka.groups == {"leadstream": {(RAW, 1): 1}}, "those that moved"
