"""What stops delivery to Kafka, in words: which record, the broker's code, and what the operator does."""

from __future__ import annotations

from typing import Any, Final

from confluent_kafka import KafkaError

from operators.wire.streams import event_id_of
from state.errors import SinkFault

FENCED: Final = (KafkaError._FENCED, KafkaError.PRODUCER_FENCED, KafkaError.INVALID_PRODUCER_EPOCH)
"""Another process has taken over the transactional id: which of these is said depends on what was asked."""

_AGAIN: Final = "started again, the run sends everything that was decided and not delivered."
_ANSWERS: Final = "Check that the broker runs, can be reached and accepts writes"
_ACTIONS: Final = {
    KafkaError.MSG_SIZE_TOO_LARGE: "Raise its max.message.bytes (`leadstream topics --apply` sets what the engine needs)",
    KafkaError.TOPIC_AUTHORIZATION_FAILED: "Allow this user to write to it",
    KafkaError.CLUSTER_AUTHORIZATION_FAILED: "Allow this user idempotent writes",
    KafkaError.TRANSACTIONAL_ID_AUTHORIZATION_FAILED: "Allow this user the transactional ids that begin with leadstream-",
    KafkaError.UNKNOWN_TOPIC_OR_PART: "Create it again (`leadstream topics --check` says what is missing)",
    KafkaError._UNKNOWN_TOPIC: "Create it again (`leadstream topics --check` says what is missing)",
    KafkaError._MSG_TIMED_OUT: _ANSWERS,  # mode `transactional`
    KafkaError._FENCED: "Stop the other process that writes from a copy of this state",
}


def name_of(key: bytes | str | None, value: bytes | None) -> str:
    """A record's event id."""
    if value:
        return event_id_of(value)
    return f"unique_leads-{key.decode() if isinstance(key, bytes) else key}-deleted"


def refused_record(name: str, topic: str, error: Any) -> SinkFault:
    """The broker, or the client, does not take this record."""
    action = _ACTIONS.get(error.code(), "Look the code up in the broker's documentation and its log")
    return SinkFault(
        f"The record {name} could not be delivered to the topic {topic}: {error.name()} ({error.str()}).",
        f"{action}; {_AGAIN}",
    )


def lost_client(error: Any) -> SinkFault:
    """The client says of itself that it is at its end."""
    code = KafkaError._FENCED if error.code() in FENCED else error.code()
    action = _ACTIONS.get(code, "Look at the broker's log")
    return SinkFault(f"The client cannot deliver any more: {error.name()} ({error.str()}).", f"{action}; {_AGAIN}")


def lost_records(topic: str, number: int, end: int, known: int) -> SinkFault:
    """A partition ends before what was acknowledged."""
    return SinkFault(
        f"The topic {topic}-{number} ends at {end}, but {known} were delivered and sealed.",
        "The broker has lost records: restore it, or begin a new state with --state and new topics.",
    )


def second_writer(count: int) -> SinkFault:
    """Mode `once`, where the broker fences nobody off: the topics have more than was sent."""
    return SinkFault(
        f"{count} records came to the output topics that this engine has not sent: another process writes there.",
        "An output has one writer. Stop the other process (an engine on a copy of this state, or another program); started again, "
        "the run goes on behind its last seal. In mode transactional the broker lets the later one alone write.",
    )


def unacknowledged(count: int, first: str, after_s: float, said: str) -> SinkFault:
    """The broker has not answered for as long as was to be waited; `said` is the client's last complaint."""
    return SinkFault(
        f"The broker has not acknowledged {count} records, {first} among them, for {after_s:g} s ({said}).",
        f"{_ANSWERS}; {_AGAIN}",
    )


def untold_ends(count: int, first: str, after_s: float, said: str) -> SinkFault:
    """The broker has acknowledged all before a cut, and does not say where the topics end."""
    behind = f": {count} records, {first} among them, wait for that" if count else ""
    return SinkFault(
        f"The broker has not said for {after_s:g} s where the output topics end ({said}){behind}.",
        f"{_ANSWERS}; {_AGAIN}",
    )


def uncommitted(first: str, after_s: float, error: Any) -> SinkFault:
    """A transaction could not be committed for as long as the broker keeps one."""
    return SinkFault(
        f"The record {first} and those behind it could not be committed for {after_s:g} s: {error.name()} ({error.str()}).",
        f"{_ANSWERS}; {_AGAIN}",
    )
