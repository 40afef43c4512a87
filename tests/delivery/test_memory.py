"""The public fakes do what they say."""

import doctest

import pytest

import connectors.memory
from connectors.memory import MemoryReader, MemorySink
from state.errors import PositionFault, SinkFault, StateRefused


def test_examples_in_the_docstrings_run():
    found = doctest.testmod(connectors.memory)
    assert found.attempted > 10 and found.failed == 0


def test_a_failure_comes_at_its_record_and_once():
    reader = MemoryReader({"raw_leads": ["a", "b", "c"]})
    reader.fail("raw_leads", 2, OSError("gone"))
    assert [record.raw for record in reader.poll(0, 10)] == [b"a"]
    with pytest.raises(OSError, match="gone"):
        reader.poll(0, 10)
    assert [record.offset for record in reader.poll(0, 10)] == [2, 3]


def test_an_open_partition_waits_and_a_stalled_one_has_not_ended():
    reader = MemoryReader({"raw_leads": ["a"], "activity": []}, open_ended=True)
    assert len(reader.poll(0, 10)) == 1 and not reader.ended(0) and not reader.ended(1)
    reader.add("activity", "x")
    reader.stall("activity")
    reader.end()
    assert reader.ended(0) and reader.poll(1, 10) == [] and not reader.ended(1)
    reader.resume("activity")
    assert [record.raw for record in reader.poll(1, 10)] == [b"x"] and reader.ended(1)
    assert reader.kinds() == ["raw_lead", "activity"]


@pytest.mark.parametrize("change", ["changed", "cut"])
def test_a_changed_beginning_is_noticed(change):
    reader = MemoryReader({"raw_leads": ["a", "b", "c"]})
    position = reader.position([2])
    if change == "changed":
        reader.replace("raw_leads", 1, "A")
    else:
        reader.truncate("raw_leads", 1)
    with pytest.raises(PositionFault):
        reader.restore(position)


def test_a_sink_is_cut_to_its_seal_and_belongs_to_one_state():
    sink = MemorySink()
    sink.open({}, "one", fresh=True)
    sink.write(1, [b"a", b"b"])
    with pytest.raises(AssertionError):
        sink.sealed()
    sink.flush()
    sealed = sink.sealed()
    sink.write(1, [b"c"])
    sink.lose_power()
    assert sink.lines("rejects") == [b"a", b"b"]
    with pytest.raises(StateRefused):
        sink.open(sealed, "another", fresh=False)
    with pytest.raises(StateRefused):
        MemorySink().open(sealed, "one", fresh=False)
    sink.open(sealed, "one", fresh=False)
    with pytest.raises(SinkFault):
        sink.open({"rejects": 3}, "one", fresh=False)


@pytest.mark.parametrize("after", [False, True])
def test_a_failing_write_is_done_or_not(after):
    sink = MemorySink()
    sink.fail("write", 2, OSError("gone"), after=after)
    sink.open({}, "one", fresh=True)
    sink.write(0, [b"a"])
    with pytest.raises(OSError, match="gone"):
        sink.write(0, [b"b"])
    assert len(sink.lines("dispositions")) == (2 if after else 1)
