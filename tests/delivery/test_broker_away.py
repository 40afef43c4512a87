"""A broker that is away is noticed also by an engine that has nothing to do, and is said once a minute."""

import logging

import pytest
from confluent_kafka import KafkaError
from fake_kafka import FakeKafka
from waiting import wait_until

from connectors.kafka import away
from connectors.kafka.broker import Topics, Watch
from connectors.kafka.settings import KafkaSettings
from connectors.protocols import OfBroker
from state import errors, limits


class Time:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def heard(caplog: pytest.LogCaptureFixture):
    logger = logging.getLogger("leadstream")
    before = logger.propagate
    logger.propagate = True
    with caplog.at_level(logging.INFO, logger="leadstream"):
        yield lambda: [record.getMessage() for record in caplog.records]
    logger.propagate = before


def test_a_line_a_minute_and_one_when_it_answers(heard):
    time = Time()
    silence = away.Silence("kafka:9092", monotonic=time, seldom=away.Seldom(time))
    for _ in range(200):
        time.now += 1
        silence.asked_in_vain()
    said = heard()
    assert len(said) == 4, "the first second, then each minute of 200 s"
    assert said[0].startswith("The broker at kafka:9092 has not answered for 1 s. Nothing is lost")
    assert "check that it runs" in said[0]
    assert silence.seconds() == 200
    silence.answered()
    assert heard()[4:] == ["The broker at kafka:9092 answers again, after 200 s."]
    assert silence.seconds() == 0
    silence.answered()
    assert len(heard()) == 5


def test_what_every_client_says_of_it_is_the_same_line(heard, monkeypatch):
    time = Time()
    monkeypatch.setattr(away, "seldom", away.Seldom(time))
    for _ in range(1000):
        time.now += 0.1
        away.complain(KafkaError(KafkaError._ALL_BROKERS_DOWN, "1/1 brokers are down"))
        away.complain(KafkaError(KafkaError._TRANSPORT, "refused"))
        away.client_log.warning("FAIL [rdkafka#consumer-1] [thrd:x]: Connect to x failed: Connection refused")
        away.client_log.warning("ERROR [rdkafka#producer-2] [thrd:x]: 1/1 brokers are down")
    assert len(heard()) == 2, "100 seconds"
    away.complain(KafkaError(KafkaError._AUTHENTICATION, "wrong password"))
    assert heard()[-1] == "Kafka: wrong password", "another fault is not drowned"


def test_the_watch_asks_while_nothing_is_read(heard, monkeypatch):
    kafka = FakeKafka()
    kafka.create("leads.raw", 1)
    kafka.installed(monkeypatch)
    monkeypatch.setattr(limits, "WATCH_S", 0.01)
    settings = KafkaSettings()
    watch = Watch(settings, Topics(settings).describe(["leads.raw"]))
    try:

        def away_(*_, **__):
            raise errors.Fault("x", "y")

        describe = watch._topics.describe
        monkeypatch.setattr(watch._topics, "describe", away_)
        wait_until(lambda: watch.silent_s() > 0.2, 10, "silence")
        wait_until(lambda: any("has not answered" in line for line in heard()), 10, "a line")
        monkeypatch.setattr(watch._topics, "describe", describe)
        wait_until(lambda: watch.silent_s() < 0.2, 10, "an answer")
        watch.check()
    finally:
        watch.stop()


def test_readers_and_sinks_of_a_broker_say_how_long_it_is_silent():
    from connectors.files.reader import FileReader
    from connectors.files.sink import FileSink
    from connectors.kafka.reading.reader import KafkaReader
    from connectors.kafka.writing.sink import KafkaSink

    assert issubclass(KafkaReader, OfBroker) and issubclass(KafkaSink, OfBroker)
    assert not issubclass(FileReader, OfBroker) and not issubclass(FileSink, OfBroker)


def test_the_bound_leaves_time_for_one_question_and_stays_below_half_a_minute():
    """Unready within 30 s: a question takes up to 7 s, and none may be counted as silence."""
    assert 7 < limits.BROKER_SILENT_S <= 23
