"""TLS and SASL against the real broker, a wrong password, a wrong authority; and that no secret is ever shown."""

import dataclasses
import io
import json
import logging
from collections.abc import Mapping
from pathlib import Path

import pytest
from broker import Broker
from confluent_kafka import Consumer, Producer, TopicPartition
from face_shell import DEADLINE_S, Shell, write_inputs

from connectors.kafka.settings import KafkaSettings, settings_of
from connectors.kafka.topics.upkeep import apply, check_topics, connect
from operators.config.configuration import from_tables
from state.errors import Fault, LeadstreamError, Refused

pytestmark = [pytest.mark.kafka, pytest.mark.xdist_group("kafka")]

WRONG = "wrong hunter2 secret"


@pytest.fixture
def environment(own_broker: Broker, tmp_path: Path) -> Mapping[str, dict[str, str]]:
    """How → the variables of an operator who connects so."""
    plain, scram = own_broker.users["PLAIN"], own_broker.users["SCRAM-SHA-256"]
    (plain_name, plain_password), (scram_name, scram_password) = next(iter(plain.items())), next(iter(scram.items()))
    file = tmp_path / "password"
    file.write_text(scram_password + "\n", encoding="utf-8")
    return {
        "SSL": {
            "KAFKA_BOOTSTRAP_SERVERS": own_broker.listeners["SSL"],
            "KAFKA_SECURITY_PROTOCOL": "SSL",
            "KAFKA_SSL_CA": str(own_broker.authority),
        },
        "PLAIN": {
            "KAFKA_BOOTSTRAP_SERVERS": own_broker.listeners["SASL_PLAINTEXT"],
            "KAFKA_SECURITY_PROTOCOL": "SASL_PLAINTEXT",
            "KAFKA_SASL_MECHANISM": "PLAIN",
            "KAFKA_SASL_USERNAME": plain_name,
            "KAFKA_SASL_PASSWORD": plain_password,
        },
        "SCRAM": {
            "KAFKA_BOOTSTRAP_SERVERS": own_broker.listeners["SASL_SSL"],
            "KAFKA_SECURITY_PROTOCOL": "SASL_SSL",
            "KAFKA_SASL_MECHANISM": "SCRAM-SHA-256",
            "KAFKA_SASL_USERNAME": scram_name,
            "KAFKA_SASL_PASSWORD_FILE": str(file),
            "KAFKA_SSL_CA": str(own_broker.authority),
        },
    }


def settings(environ: Mapping[str, str], prefix: str = "leads.") -> KafkaSettings:
    return settings_of(from_tables({"kafka": {"prefix": prefix}}, environ={}), environ)


@pytest.mark.parametrize("how", ["SSL", "PLAIN", "SCRAM"])
def test_topics_are_made_and_records_written_and_read(
    how: str, environment: Mapping[str, dict[str, str]], prefix: str
) -> None:
    found = settings(environment[how], prefix)
    apply(found, connect(found))
    check_topics(found)
    producer = Producer(found.common())
    producer.produce(f"{prefix}raw", b"{}", partition=0)
    assert producer.flush(DEADLINE_S) == 0
    consumer = Consumer({**found.common(), "group.id": f"{prefix}g", "auto.offset.reset": "earliest"})
    try:
        consumer.assign([TopicPartition(f"{prefix}raw", 0, 0)])
        message = consumer.poll(DEADLINE_S)
        assert message is not None and message.error() is None and message.value() == b"{}"
    finally:
        consumer.close()


@pytest.mark.parametrize("how", ["PLAIN", "SCRAM"])
def test_a_wrong_password_is_said_at_once_and_not_shown(
    how: str,
    environment: Mapping[str, dict[str, str]],
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    environ = {**environment[how], "KAFKA_SASL_PASSWORD": WRONG}
    environ.pop("KAFKA_SASL_PASSWORD_FILE", None)
    caplog.set_level(logging.DEBUG)
    with pytest.raises(Fault) as stopped:
        check_topics(settings(environ))
    assert stopped.value.exit_code == 3
    assert "refuses the connection" in stopped.value.message and "uthentication" in stopped.value.message
    assert "user, password and mechanism" in stopped.value.action
    said = capfd.readouterr()
    assert WRONG not in str(stopped.value) + caplog.text + said.out + said.err
    assert "rdkafka" not in said.err


def test_a_mechanism_that_the_broker_does_not_have(environment: Mapping[str, dict[str, str]]) -> None:
    with pytest.raises(Fault, match="SCRAM-SHA-512") as stopped:
        connect(settings({**environment["SCRAM"], "KAFKA_SASL_MECHANISM": "SCRAM-SHA-512"}))
    assert "mechanism" in stopped.value.action


def test_another_authority_is_refused(environment: Mapping[str, dict[str, str]]) -> None:
    """Without `ssl_ca` the system's authorities count, and none of them has signed this broker."""
    environ = {key: value for key, value in environment["SSL"].items() if key != "KAFKA_SSL_CA"}
    with pytest.raises(Fault, match="certificate verify failed") as stopped:
        connect(settings(environ))
    assert "ssl_ca" in stopped.value.action


def test_a_listener_of_another_protocol(own_broker: Broker, environment: Mapping[str, dict[str, str]]) -> None:
    to_plain = {**environment["SSL"], "KAFKA_BOOTSTRAP_SERVERS": own_broker.listeners["PLAINTEXT"]}
    with pytest.raises(Fault) as stopped:
        connect(settings(to_plain), wait_s=2)
    assert "that this listener speaks that protocol" in stopped.value.action or "ssl_ca" in stopped.value.action
    to_sasl = {"KAFKA_BOOTSTRAP_SERVERS": own_broker.listeners["SASL_PLAINTEXT"]}
    with pytest.raises(Fault, match="does not answer") as stopped:
        connect(settings(to_sasl), wait_s=2)
    assert "that this listener speaks that protocol" in stopped.value.action


def test_a_file_that_is_no_certificate_is_a_fault_of_the_configuration(
    environment: Mapping[str, dict[str, str]], tmp_path: Path
) -> None:
    wrong = tmp_path / "ca.pem"
    wrong.write_text("no certificate\n", encoding="utf-8")
    with pytest.raises(Refused, match=r"ssl\.ca\.location") as refused:
        connect(settings({**environment["SSL"], "KAFKA_SSL_CA": str(wrong)}))
    assert refused.value.exit_code == 1


@pytest.mark.parametrize("how", ["SSL", "PLAIN", "SCRAM"])
def test_the_command_shows_no_secret(
    how: str, environment: Mapping[str, dict[str, str]], tmp_path: Path, checkout: Path, prefix: str
) -> None:
    """In a process of its own, with the log at debug; the right password and the wrong one."""
    shell = Shell(tmp_path, checkout)
    (tmp_path / "c.toml").write_text(f'[kafka]\nprefix = "{prefix}"\n', encoding="utf-8")
    environ = environment[how]
    right = settings(environ).sasl_password.reveal()
    said = shell.run("topics", "--apply", "--config", "c.toml", LEADSTREAM_LOG="debug", **environ)
    shown = said.stdout + said.stderr
    assert "are as the engine needs them" in said.stdout
    if right:
        wrong = {key: value for key, value in environ.items() if "PASSWORD" not in key}
        options = ("topics", "--check", "--json", "--config", "c.toml")
        refused = shell.run(*options, code=3, LEADSTREAM_LOG="debug", KAFKA_SASL_PASSWORD=WRONG, **wrong)
        shown += refused.stdout + refused.stderr
        assert right not in shown and WRONG not in shown
        assert refused.stderr.splitlines()[-1].startswith("Check user, password and mechanism")


def test_a_run_over_tls_and_sasl_decides_and_shows_no_secret(
    environment: Mapping[str, dict[str, str]], own_broker: Broker, tmp_path: Path, checkout: Path, prefix: str
) -> None:
    """The whole path as a user of SCRAM over TLS; log at debug, `explain`, every file of the state."""
    shell = Shell(tmp_path, checkout)
    write_inputs(tmp_path / "in")
    config = (tmp_path / "in" / "config.toml").read_text(encoding="utf-8")
    (tmp_path / "c.toml").write_text(f'{config}\n[kafka]\nprefix = "{prefix}"\n', encoding="utf-8")
    environ = {**environment["SCRAM"], "LEADSTREAM_ONE_ID_SECRET": "one id hunter3 secret", "LEADSTREAM_LOG": "debug"}
    secrets = [settings(environ).sasl_password.reveal(), environ["LEADSTREAM_ONE_ID_SECRET"]]
    said = [shell.run("topics", "--apply", "--config", "c.toml", **environ)]
    own_broker.produce(f"{prefix}raw", (tmp_path / "in" / "raw_leads.jsonl").read_bytes().splitlines(), partition=0)
    run = ("run", "--config", "c.toml", "--source", "kafka", "--sink", "kafka", "--clock", "event", "--state", "state")
    said.append(shell.run(*run, "--metrics", "127.0.0.1:0", **environ))
    decided = [json.loads(one.value or b"") for one in own_broker.records(f"{prefix}dispositions")]
    assert "FIRST_TOUCH" in {one["mark"] for one in decided}
    explain = ("explain", "--state", "state", "--config", "c.toml", "--one-id", decided[0]["one_id"])
    said += [shell.run(*explain, **environ), shell.run(*explain, "--json", "--reveal", **environ)]
    shown = [one.stdout + one.stderr for one in said]
    kept = [path.read_bytes() for path in (tmp_path / "state").rglob("*") if path.is_file()]
    for secret in secrets:
        assert not any(secret in text for text in shown) and not any(secret.encode() in one for one in kept)


@pytest.mark.parametrize("how", ["PLAIN", "SCRAM"])
def test_settings_and_errors_show_no_secret(how: str, environment: Mapping[str, dict[str, str]]) -> None:
    found = settings(environment[how])
    secret = found.sasl_password.reveal()
    assert secret and found.common()["sasl.password"] == secret
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    logger = logging.getLogger("test of secrets")
    logger.addHandler(handler)
    logger.warning("%s %r %s", found, found, vars(found))
    shown = [stream.getvalue(), json.dumps(dataclasses.asdict(found), default=repr), found.describe()]
    for error in (_raised(dataclasses.replace(found, bootstrap="127.0.0.1:1")),):
        shown += [str(error), repr(error), repr(error.__cause__)]
    assert [text for text in shown if secret in text] == []


def _raised(of: KafkaSettings) -> LeadstreamError:
    with pytest.raises(LeadstreamError) as raised:
        connect(of, wait_s=0.5)
    return raised.value
