"""Imported raw leads into a topic: taken when all are acknowledged, else a fault with what to do. The client is a stand-in."""

from typing import Any

import pytest

from connectors.kafka.settings import KafkaSettings
from connectors.sheets import topic_outlet
from connectors.sheets.topic_outlet import TopicOutlet
from state import errors


class Client:
    """Takes `room` records at a time; acknowledges all it has at a poll, or none, or refuses them."""

    def __init__(self, room: int, answer: str = "yes") -> None:
        self.room = room
        self.answer = answer
        self.held: list[tuple[str, bytes]] = []
        self.kept: list[tuple[str, bytes]] = []
        self.undelivered: Any = None

    def __call__(self, settings: KafkaSettings, met: Any, undelivered: Any) -> "Client":
        self.undelivered = undelivered
        return self

    def produce(self, topic: str, value: bytes) -> None:
        if len(self.held) >= self.room:
            raise BufferError
        self.held.append((topic, value))

    def poll(self, timeout: float) -> None:
        if self.answer == "no" and self.held:
            self.undelivered(Refusal(), None)
        if self.answer == "yes":
            self.kept += self.held
            self.held = []

    def __len__(self) -> int:
        return len(self.held)


class Refusal:
    def str(self) -> str:
        return "the record is too large"


LEADS = [b"%d" % number for number in range(25)]


def written(client: Client, monkeypatch: pytest.MonkeyPatch, clock: Any = lambda: 0.0) -> list[tuple[str, bytes]]:
    monkeypatch.setattr(topic_outlet, "connect", client)
    outlet = TopicOutlet(KafkaSettings(), clock)
    assert not outlet.has("x")
    outlet.write("x", LEADS)
    return client.kept


def test_all_are_acknowledged_in_their_order_when_it_returns(monkeypatch: pytest.MonkeyPatch) -> None:
    assert written(Client(10), monkeypatch) == [("leads.raw", lead) for lead in LEADS]


def test_a_record_that_is_refused_stops_it(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(errors.SinkFault, match="too large") as fault:
        written(Client(10, "no"), monkeypatch)
    assert "import the same file again" in fault.value.action


def test_a_broker_that_does_not_answer_stops_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """By its clock, which goes on by a minute each time it is asked."""
    minutes = iter(range(10_000))
    with pytest.raises(errors.Fault):
        written(Client(10, ""), monkeypatch, lambda: 60.0 * next(minutes))
