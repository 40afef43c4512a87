"""A broker in memory, and sinks on it that are closed behind each test."""

import time

import pytest
from fake_kafka import FakeKafka
from kafka_case import CaseSettings, outputs_of
from sink_rows import STATE

from connectors.kafka.writing.sink import KafkaSink


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
