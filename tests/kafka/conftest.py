"""One broker for all tests of a session, started when the first asks for it, and topics of each test's own.

pytestmark = [pytest.mark.kafka, pytest.mark.xdist_group("kafka")]      in every file here

broker      it runs and answers, whatever the test before did to it; maybe another's (KAFKA_BOOTSTRAP_SERVERS)
own_broker  the same, but ours: to kill, freeze, restart, and with listeners for TLS and SASL, users, ACLs
prefix      begins the names of the test's topics and groups, which are deleted behind it
"""

import itertools
import os
import re
from collections.abc import Callable, Iterator

import pytest
from broker import Broker, KafkaClient

from scripts.kafka import missing

USERS = {
    "PLAIN": {"reader": "plain secret of reader"},
    "SCRAM-SHA-256": {"writer": "scram secret of writer"},
}
_NUMBERS = itertools.count(1)


@pytest.fixture(scope="session")
def session_broker(lacking: Callable[[str], None], tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaClient]:
    other = os.environ.get("KAFKA_BOOTSTRAP_SERVERS")
    if other:
        yield KafkaClient(other)
        return
    if (sentence := missing()) is not None:
        lacking(sentence)
    one = Broker(
        tmp_path_factory.mktemp("kafka") / "broker",
        listeners=("PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"),
        users=USERS,
        authorizer=True,
    )
    try:
        one.start()
        yield one
    finally:
        one.stop()
        one.remove_data()


@pytest.fixture
def broker(session_broker: KafkaClient, request: pytest.FixtureRequest) -> KafkaClient:
    groups = [mark.args or mark.kwargs.values() for mark in request.node.iter_markers("xdist_group")]
    # Without them a second worker would start a second broker, and `-m "not kafka"` would start one at all.
    assert request.node.get_closest_marker("kafka") and ("kafka",) in map(tuple, groups), (
        'tests with a broker carry pytest.mark.kafka and pytest.mark.xdist_group("kafka")'
    )
    if isinstance(session_broker, Broker):
        session_broker.ensure()
    return session_broker


@pytest.fixture
def own_broker(broker: KafkaClient) -> Broker:
    if not isinstance(broker, Broker):
        pytest.skip("KAFKA_BOOTSTRAP_SERVERS names a broker that is not ours to stop, kill or configure.")
    return broker


@pytest.fixture
def prefix(broker: KafkaClient, request: pytest.FixtureRequest) -> Iterator[str]:
    name = re.sub(r"[^A-Za-z0-9]+", "-", request.node.name)[:60].strip("-")
    begins = f"t{os.getpid()}-{next(_NUMBERS)}-{name}."
    yield begins
    if isinstance(broker, Broker):
        broker.ensure()
    broker.remove(begins)
