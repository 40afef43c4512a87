"""The gateway on a real broker: HTTP → topic → engine → dispatch topic, and what a broker that does not answer means."""

import json
import signal
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from broker import Broker, KafkaClient
from face_shell import DEADLINE_S, Shell
from gateway_doors import SECRET, GatewayProcess
from kafka_runs import KafkaCase
from waiting import wait_until

from connectors.kafka.settings import KafkaSettings

pytestmark = [pytest.mark.kafka, pytest.mark.xdist_group("kafka")]

LEADS = "/v1/channels/web/leads"
CONFIG = """
[channels.web]
consent = true
[stores.S1]
opens = "00:00"
closes = "24:00"
[kafka]
bootstrap_servers = "{bootstrap}"
prefix = "{prefix}"
group = "{prefix}group"
"""
ENVIRON = {"LEADSTREAM_CHANNEL_WEB": SECRET, "LEADSTREAM_ONE_ID_SECRET": "a secret of the tests on Kafka"}


def lead(number: int) -> dict[str, Any]:
    now = datetime.now(UTC).isoformat()
    return {"source_lead_id": f"A{number}", "phone": f"138{number:04d}0000", "store": "S1", "event_time": now}


@pytest.fixture
def shells(broker: KafkaClient, prefix: str, tmp_path: Path, checkout: Path) -> Iterator[tuple[Shell, Shell]]:
    """Two folders, since each process says things of its own; topics are there, and the configuration names them."""
    started: list[Any] = []
    two = Shell(tmp_path / "gateway", checkout, started), Shell(tmp_path / "engine", checkout, started)
    KafkaCase(broker, prefix, tmp_path, partitions=2)
    for shell in two:
        shell.folder.mkdir()
        text = CONFIG.format(bootstrap=broker.bootstrap, prefix=prefix)
        (shell.folder / "config.toml").write_text(text, encoding="utf-8")
    yield two
    for process in started:
        if process.poll() is None:
            process.kill()
            process.wait(DEADLINE_S)


def in_topic(broker: KafkaClient, topic: str) -> list[dict[str, Any]]:
    return [json.loads(one.value) for one in broker.records(topic) if one.value]


def test_http_to_topic_to_engine_to_dispatch_topic(
    broker: KafkaClient, prefix: str, shells: tuple[Shell, Shell]
) -> None:
    doors, runs = shells
    gateway = GatewayProcess(doors, "--config", "config.toml", "--to", "kafka", **ENVIRON)
    engine = runs.start(
        "leadstream", "run", "--config", "config.toml", "--source", "kafka", "--sink", "kafka",
        "--state", "state", "--metrics", "127.0.0.1:0", **ENVIRON,
    )  # fmt: skip
    with httpx.Client(timeout=DEADLINE_S) as client:
        assert gateway.send(client, LEADS, lead(1)).status_code == 202
        assert gateway.send(client, LEADS, [lead(2), lead(3)]).status_code == 202
        assert gateway.send(client, LEADS, {**lead(4), "phone": "12"}).status_code == 202
    sent = KafkaSettings(bootstrap=broker.bootstrap, prefix=prefix).output("dispatches")
    wait_until(lambda: engine.poll() is not None or len(in_topic(broker, sent)) >= 3, DEADLINE_S * 3, "dispatches")
    assert {one["contact"]["phone"] for one in in_topic(broker, sent)} == {f"138{n:04d}0000" for n in (1, 2, 3)}
    assert runs.end(engine, signal.SIGTERM) == 0
    assert doors.end(gateway.process, signal.SIGTERM) == 0


def test_a_broker_that_does_not_answer_is_429_and_nothing_acknowledged_is_lost(
    own_broker: Broker, prefix: str, shells: tuple[Shell, Shell]
) -> None:
    gateway = GatewayProcess(shells[0], "--config", "config.toml", "--to", "kafka", **ENVIRON)
    with httpx.Client(timeout=DEADLINE_S) as client:
        assert gateway.send(client, LEADS, lead(1)).status_code == 202
        own_broker.freeze()
        answer = gateway.send(client, LEADS, lead(2))
        assert answer.status_code == 429 and int(answer.headers["Retry-After"]) >= 1
        own_broker.thaw()
        wait_until(
            lambda: gateway.send(client, LEADS, lead(2)).status_code == 202, DEADLINE_S * 2, "the broker's answer"
        )
    there = {one["source_lead_id"] for one in in_topic(own_broker, prefix + "raw")}
    assert there == {"A1", "A2"}
    assert shells[0].end(gateway.process) == 0


def test_topics_that_are_not_there_are_refused(broker: KafkaClient, shells: tuple[Shell, Shell]) -> None:
    shell = shells[0]
    text = CONFIG.format(bootstrap=broker.bootstrap, prefix="none.")
    (shell.folder / "config.toml").write_text(text, encoding="utf-8")
    said = shell.run("gateway", "--config", "config.toml", "--to", "kafka", "--listen", "127.0.0.1:0", code=1).stderr
    assert "leadstream topics --apply" in said
