"""What happens to topics: recreated, emptied by retention, widened, limited, forbidden. It stops loudly, never skips."""

import re
from pathlib import Path

import pytest
from broker import ANSWER_S, Broker, KafkaClient
from confluent_kafka import Producer
from confluent_kafka.admin import ResourceType
from delivery import at, scenario
from kafka_runs import KafkaCase, Leads

from connectors.kafka.settings import Lost
from operators.wire.streams import DISPATCHES, DISPOSITIONS, STREAMS
from state import limits
from state.errors import LeadstreamError, PositionFault, Refused, SinkFault

pytestmark = [pytest.mark.kafka, pytest.mark.xdist_group("kafka")]

UNTIL = at(20, 12)


def refused(case: KafkaCase, kind: type[LeadstreamError], word: str) -> LeadstreamError:
    """A start that must not come to anything."""
    before = case.outputs()
    with pytest.raises(kind, match=word) as raised:
        case.run(until=UNTIL)
    assert case.outputs() == before, "a start that is refused sends nothing"
    return raised.value


# --- another topic under the same name


@pytest.mark.parametrize("which", ["raw", STREAMS[DISPOSITIONS]])
def test_recreated_while_stopped(broker: KafkaClient, prefix: str, tmp_path: Path, which: str) -> None:
    case = KafkaCase(broker, prefix, tmp_path)
    case.give(scenario(2, 120))
    case.run()
    case.delete_and_create(prefix + which)
    error = refused(case, PositionFault, f"{prefix}{which} was deleted and created again")
    assert error.exit_code == 3 and "prefix" in error.action


@pytest.mark.parametrize("which", ["raw", STREAMS[DISPOSITIONS]])
def test_recreated_while_running(broker: KafkaClient, prefix: str, tmp_path: Path, which: str) -> None:
    case = KafkaCase(broker, prefix, tmp_path)
    leads = Leads(case)
    going = case.start(to_end=False)
    leads.give(50)
    going.caught_up(case)
    case.delete_and_create(prefix + which)
    error = going.fault()
    assert error.exit_code == 3 and f"{prefix}{which}" in error.message
    refused(case, PositionFault, f"{prefix}{which} was deleted and created again")


def test_a_topic_that_is_missing_is_refused_by_name(broker: KafkaClient, prefix: str, tmp_path: Path) -> None:
    case = KafkaCase(broker, prefix, tmp_path)
    broker.delete(f"{prefix}activity")
    with pytest.raises(Refused, match=f"{prefix}activity does not exist") as raised:
        case.run()
    assert raised.value.exit_code == 1 and "topics --apply" in raised.value.action


def test_a_new_state_refuses_topics_that_hold_records(broker: KafkaClient, prefix: str, tmp_path: Path) -> None:
    case = KafkaCase(broker, prefix, tmp_path)
    case.give(scenario(2, 60))
    case.run()
    with pytest.raises(LeadstreamError, match="holds records that it did not write") as raised:
        case.run(state="another")
    assert raised.value.exit_code == 3


# --- retention


def test_retention_passed_while_the_engine_was_down(
    broker: KafkaClient, prefix: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The gap is named; accepted by that name, and by no other, the run goes on behind it."""
    case = KafkaCase(broker, prefix, tmp_path, partitions=1)
    case.give(scenario(3, 100))
    case.run()
    read = case.ends()[f"{prefix}raw", 0]
    case.give(scenario(4, 100))
    case.forget(f"{prefix}raw", 0, read + 10)
    gap = f"{prefix}raw-0:{read}-{read + 9}"
    error = refused(case, PositionFault, "retention has removed 10 records")
    assert error.exit_code == 3 and f'lost = ["{gap}"]' in error.action
    case.change(lost=frozenset({Lost(f"{prefix}raw", 0, read, read + 5)}))
    refused(case, PositionFault, "retention has removed 10 records")
    case.change(lost=frozenset({Lost(f"{prefix}raw", 0, read, read + 9)}))
    case.run()
    assert f"{gap} is skipped" in caplog.text
    behind = case.ends()[f"{prefix}raw", 0] - read - 10
    assert case.engine().seal_row.position["reader"], "sealed"
    decided = {(one["topic"], one["offset"]) for one in case.stream("rejects") if "offset" in one}
    assert behind > 0 and all(topic != f"{prefix}raw" or not read <= at < read + 10 for topic, at in decided)


def test_the_end_lies_before_the_position(broker: KafkaClient, prefix: str, tmp_path: Path) -> None:
    """A broker that lost its tail: a sealed position beyond the end of the very same topic."""
    case = KafkaCase(broker, prefix, tmp_path, partitions=1)
    case.give(scenario(3, 60))
    case.run()
    engine = case.engine()
    position = dict(engine.seal_row.position["reader"])
    name = next(name for name in position if name.startswith(f"{prefix}raw-0"))
    with pytest.raises(PositionFault, match="the broker has lost records"):
        engine.reader.restore({**position, name: {**position[name], "next": position[name]["next"] + 1}})
    engine.close()


# --- partitions


def test_inputs_widened_while_stopped(broker: KafkaClient, prefix: str, tmp_path: Path) -> None:
    case = KafkaCase(broker, prefix, tmp_path)
    leads = Leads(case)
    leads.give(60)
    going = case.start(to_end=False)
    going.caught_up(case)
    going.stop()
    case.widen(f"{prefix}raw", 5)
    leads.give(120)
    again = case.start(to_end=False)
    again.caught_up(case)
    assert sum(name.startswith(f"{prefix}raw-") for name in again.engine.reader.names()) == 5
    again.stop()
    leads.assert_each_once()


def test_inputs_widened_while_running(
    broker: KafkaClient, prefix: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """What goes to the new partitions waits for a restart, which the log asks for; nothing of it is lost."""
    case = KafkaCase(broker, prefix, tmp_path)
    leads = Leads(case)
    going = case.start(to_end=False)
    leads.give(40)
    going.decided(40)
    case.widen(f"{prefix}raw", 4)
    going.until(lambda: "has grown from 2 to 4 partitions" in caplog.text, "the warning")
    leads.give(80)
    going.stop()
    again = case.start(to_end=False)
    again.caught_up(case)
    again.stop()
    leads.assert_each_once()


def test_outputs_widened_while_stopped(broker: KafkaClient, prefix: str, tmp_path: Path) -> None:
    case = KafkaCase(broker, prefix, tmp_path)
    case.give(scenario(7, 150))
    case.run()
    case.widen(f"{prefix}{STREAMS[DISPOSITIONS]}", 5)
    case.give(scenario(7, 400)[150:])
    case.run()
    leads = case.stream("dispositions")
    assert len({one["event_id"] for one in leads}) == len(leads)


@pytest.mark.parametrize("mode", ["once", "transactional"])
def test_outputs_widened_while_running(broker: KafkaClient, prefix: str, tmp_path: Path, mode: str) -> None:
    """The seals go on, and soon speak of the new partitions too."""
    case = KafkaCase(broker, prefix, tmp_path, mode=mode)
    leads = Leads(case)
    going = case.start(to_end=False)
    leads.give(40)
    going.caught_up(case)
    topic = f"{prefix}{STREAMS[DISPOSITIONS]}"
    case.widen(topic, 5)

    def sealed() -> bool:
        leads.give(1)
        return len(going.engine.seal_row.output["topics"][topic]["ends"]) == 5

    going.until(sealed, "a seal of the new partitions")
    going.caught_up(case)
    going.stop()
    leads.assert_each_once()


# --- limits and rights


def test_a_record_too_large_for_its_topic(broker: KafkaClient, prefix: str, tmp_path: Path) -> None:
    """Stops with event id, code and action; when the limit is raised, everything comes, once and in order."""
    topic = f"{prefix}{STREAMS[DISPATCHES]}"
    case = KafkaCase(broker, prefix, tmp_path)
    case.alter(topic, "max.message.bytes", "300")
    case.give(scenario(8, 200))
    with pytest.raises(LeadstreamError, match="MSG_SIZE_TOO_LARGE") as raised:
        case.run(until=UNTIL)
    assert raised.value.exit_code == 3 and topic in raised.value.message
    assert "dispatches-" in raised.value.message, "the event id"
    assert "max.message.bytes" in raised.value.action and "topics --apply" in raised.value.action
    case.alter(topic, "max.message.bytes", "1048588")
    case.run(until=UNTIL)
    case.assert_as_straight(UNTIL)


def test_a_topic_made_read_only(own_broker: Broker, prefix: str, tmp_path: Path) -> None:
    topic = f"{prefix}{STREAMS[DISPOSITIONS]}"
    case = KafkaCase(own_broker, prefix, tmp_path)
    case.give(scenario(9, 200))
    with own_broker.denied(topic, "WRITE"):
        with pytest.raises(LeadstreamError, match="TOPIC_AUTHORIZATION_FAILED") as raised:
            case.run(until=UNTIL)
        assert raised.value.exit_code == 3 and topic in raised.value.message
        assert "dispositions-" in raised.value.message and "write" in raised.value.action
    case.run(until=UNTIL)
    case.assert_as_straight(UNTIL)


def test_a_topic_that_may_not_be_read(own_broker: Broker, prefix: str, tmp_path: Path) -> None:
    case = KafkaCase(own_broker, prefix, tmp_path)
    case.give(scenario(9, 50))
    with own_broker.denied(f"{prefix}raw", "READ"), pytest.raises(LeadstreamError) as raised:
        case.run(until=UNTIL)
    assert f"{prefix}raw" in raised.value.message or "read" in raised.value.message
    case.run(until=UNTIL)
    case.assert_as_straight(UNTIL)


def test_an_output_that_may_not_be_read(own_broker: Broker, prefix: str, tmp_path: Path) -> None:
    """It is needed when there is something to read back: said at once, not waited for."""
    topic = f"{prefix}{STREAMS[DISPOSITIONS]}"
    case = KafkaCase(own_broker, prefix, tmp_path)
    case.give(scenario(9, 50))
    case.run()
    own_broker.produce(topic, [b"of another program"])
    with own_broker.denied(topic, "READ"), pytest.raises(SinkFault, match="does not let this user read") as raised:
        case.run(until=UNTIL)
    assert topic in raised.value.message and raised.value.action.startswith("Allow it to read")


def test_a_transactional_id_that_is_not_allowed(own_broker: Broker, prefix: str, tmp_path: Path) -> None:
    case = KafkaCase(own_broker, prefix, tmp_path, mode="transactional")
    with (
        own_broker.denied("leadstream-", "WRITE", ResourceType.TRANSACTIONAL_ID),
        pytest.raises(SinkFault) as raised,
    ):
        case.run(until=UNTIL)
    assert raised.value.action.startswith("Allow this user the transactional ids that begin with leadstream-")


def test_a_transaction_that_nobody_ends(
    own_broker: Broker, prefix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It hides what was delivered: the start stops, says where, and how it is ended; that is done here to the letter."""
    case = KafkaCase(own_broker, prefix, tmp_path / "case")
    case.give(scenario(7, 200))
    case.run()
    monkeypatch.setattr(limits, "TRANSACTION_MS", 1000)
    monkeypatch.setattr(limits, "CONNECT_S", 15)
    other = Producer({**own_broker.common(), "transactional.id": f"{prefix}other"})
    other.init_transactions(ANSWER_S)
    other.begin_transaction()
    for number in (0, 1):
        other.produce(case.settings.output("dispositions"), b"of another program", partition=number)
    assert not other.flush(ANSWER_S)
    with pytest.raises(SinkFault) as raised:
        case.run()
    assert re.search(r"hide what was delivered: \S+dispositions-0 from offset \d+, \S+-1 from", raised.value.message)
    case.abort_left_behind(raised.value)
    case.run(until=UNTIL)
    case.assert_as_straight(UNTIL)
