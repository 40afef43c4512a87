"""`[kafka]` and the environment: what is in force, what is refused, and that no secret is ever shown."""

import dataclasses
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from connectors.kafka.settings import KafkaSettings, Lost, Secret, settings_of, unreachable
from operators.base.rules import DAY_MS
from operators.config.configuration import check, from_tables, load, registry_digest
from operators.config.kafka import INPUTS
from operators.config.tables import RetentionTable
from operators.registry import RECORDS
from operators.wire.streams import STREAMS
from state.errors import ConfigurationRefused

SECRET = "hunter2-Ünsichtbar"


def settings(environ: dict[str, str] | None = None, **kafka: Any) -> KafkaSettings:
    return settings_of(from_tables({"kafka": kafka}, environ={}), environ or {})


@pytest.fixture
def pem(tmp_path: Path) -> str:
    file = tmp_path / "some.pem"
    file.write_text("-----BEGIN CERTIFICATE-----\n", encoding="utf-8")
    return str(file)


# --- what is in force


def test_without_anything_set_the_defaults_stand() -> None:
    found = settings()
    assert found == KafkaSettings(needed_ms=found.needed_ms)
    assert (found.bootstrap, found.group, found.mode) == ("127.0.0.1:9092", "leadstream", "once")
    assert (found.transaction_ms, found.give_up_s, found.lost) == (30, 120.0, frozenset())
    assert (found.partitions, found.replication, found.partitions_are_set) == (4, 1, False)
    assert found.common() == {
        "bootstrap.servers": "127.0.0.1:9092",
        "client.id": "leadstream",
        "security.protocol": "PLAINTEXT",
    }


def test_topics_of_inputs_and_outputs_follow_the_prefix() -> None:
    assert settings().inputs == (
        ("leads.raw", "raw_lead"),
        ("leads.activity", "activity"),
        ("leads.verdicts", "verdict"),
        ("leads.behaviour", "behaviour"),
        ("leads.commands", "command"),
    )
    assert set(INPUTS.values()) == {kind.name for kind in RECORDS}
    assert settings().output("dispatches") == "leads.dispatches"
    other = settings(prefix="test-7.")
    assert other.inputs[0] == ("test-7.raw", "raw_lead") and other.output("late") == "test-7.late"
    assert dict(other.outputs) == {"test-7." + stream: stream for stream in STREAMS}


def test_every_key_is_in_the_settings() -> None:
    found = settings(
        bootstrap_servers="b1:9092, b2:9093,[::1]:9",
        group="center",
        mode="transactional",
        transaction_ms=50,
        give_up_s=30,
        partitions=8,
        replication=3,
        retention_days={"inputs": 40, "holds": 0.5},
        lost=["leads.raw-0:1000-1233", "leads.activity-12:5-5"],
    )
    assert found.bootstrap == "b1:9092,b2:9093,[::1]:9"
    assert (found.group, found.mode, found.transaction_ms, found.give_up_s) == ("center", "transactional", 50, 30.0)
    assert (found.partitions, found.replication) == (8, 3)
    assert found.partitions_are_set and found.replication_is_set
    assert found.retention_ms == {"inputs": 40 * DAY_MS, "holds": DAY_MS // 2}
    assert found.lost == {("leads.raw", 0, 1000, 1233), Lost("leads.activity", 12, 5, 5)}
    assert str(Lost("leads.raw", 0, 1000, 1233)) == "leads.raw-0:1000-1233"


def test_the_environment_wins_and_an_empty_variable_is_not_set(pem: str) -> None:
    environ = {
        "KAFKA_BOOTSTRAP_SERVERS": "b:1",
        "KAFKA_SECURITY_PROTOCOL": "SASL_SSL",
        "KAFKA_SASL_MECHANISM": "SCRAM-SHA-512",
        "KAFKA_SASL_USERNAME": "engine",
        "KAFKA_SASL_PASSWORD": SECRET,
        "KAFKA_SSL_CA": pem,
        "KAFKA_SSL_CERTIFICATE": pem,
        "KAFKA_SSL_KEY": pem,
        "KAFKA_SSL_KEY_PASSWORD": SECRET,
    }
    found = settings(environ, bootstrap_servers="a:1", security_protocol="PLAINTEXT", sasl_username="other")
    assert found.common() == {
        "bootstrap.servers": "b:1",
        "client.id": "leadstream",
        "security.protocol": "SASL_SSL",
        "sasl.mechanism": "SCRAM-SHA-512",
        "sasl.username": "engine",
        "sasl.password": SECRET,
        "ssl.ca.location": pem,
        "ssl.certificate.location": pem,
        "ssl.key.location": pem,
        "ssl.key.password": SECRET,
    }
    assert settings({"KAFKA_BOOTSTRAP_SERVERS": ""}, bootstrap_servers="a:1").bootstrap == "a:1"


@pytest.mark.parametrize("ending", ["", "\n", "\r\n"])
def test_a_password_comes_from_a_file_without_its_line_end(tmp_path: Path, ending: str) -> None:
    file = tmp_path / "password"
    file.write_bytes(f" {SECRET} {ending}".encode())
    found = settings(
        {"KAFKA_SASL_PASSWORD_FILE": str(file)},
        security_protocol="SASL_PLAINTEXT",
        sasl_mechanism="PLAIN",
        sasl_username="engine",
    )
    assert found.sasl_password.reveal() == f" {SECRET} "


# --- not a rule, and needs no client


@pytest.mark.parametrize(
    "kafka", [{"prefix": "x."}, {"mode": "transactional"}, {"partitions": 9}, {"retention_days": {"inputs": 99}}]
)
def test_kafka_is_no_rule(kafka: dict[str, Any]) -> None:
    found = from_tables({"kafka": kafka}, environ={})
    assert found.rules.version == load(None, environ={}).rules.version
    assert registry_digest(found.rules) == registry_digest(load(None, environ={}).rules)
    assert found.notes == []


def test_reading_the_settings_needs_no_kafka_client() -> None:
    code = "import sys, connectors.kafka.settings as k, operators.config.configuration as c\n"
    code += "k.settings_of(c.load(None)); assert not [m for m in sys.modules if m.startswith('confluent')]"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_every_stream_has_its_retention_but_the_compacted_one() -> None:
    assert set(RetentionTable.model_fields) == {"inputs", *STREAMS} - {"unique_leads"}


# --- what is refused, in a file

CASES = [
    ("bootstrap_server = 'a:1'", 2, "kafka.bootstrap_server", "did you mean bootstrap_servers?"),
    ("bootstrap_servers = 9092", 2, "kafka.bootstrap_servers", "allowed is a text"),
    ("bootstrap_servers = 'a:1;b:1'", 2, "kafka.bootstrap_servers", '"a:1;b:1" is no address of a broker'),
    ("bootstrap_servers = 'a:0'", 2, "kafka.bootstrap_servers", "no address"),
    ("bootstrap_servers = 'a:65536'", 2, "kafka.bootstrap_servers", "no address"),
    ("bootstrap_servers = 'a:1,,b:1'", 2, "kafka.bootstrap_servers", "with commas between them"),
    ("bootstrap_servers = ''", 2, "kafka.bootstrap_servers", "no address"),
    ("security_protocol = 'TLS'", 2, "kafka.security_protocol", "allowed is one of PLAINTEXT, SSL, SASL_PLAINTEXT"),
    ("security_protocol = 'sasl_ssl'", 2, "kafka.security_protocol", "did you mean SASL_SSL?"),
    ("sasl_mechanism = 'SCRAM-SHA-265'", 2, "kafka.sasl_mechanism", "did you mean SCRAM-SHA-256?"),
    ("sasl_mechanism = 'GSSAPI'", 2, "kafka.sasl_mechanism", "allowed is one of PLAIN, SCRAM-SHA-256"),
    ("sasl_username = ' '", 2, "kafka.sasl_username", "not blank"),
    ("ssl_ca = ''", 2, "kafka.ssl_ca", "the path of a file"),
    ("prefix = 'leads/'", 2, "kafka.prefix", "no beginning of a topic's name"),
    ("prefix = '线索.'", 2, "kafka.prefix", "no beginning of a topic's name"),
    ("group = ''", 2, "kafka.group", "not blank"),
    ("mode = 'exactly_once'", 2, "kafka.mode", "allowed is one of once, transactional."),
    ("transaction_ms = 0", 2, "kafka.transaction_ms", "whole number of ms from 1 to 10000"),
    ("transaction_ms = 1.5", 2, "kafka.transaction_ms", "whole number"),
    ("give_up_s = 0.5", 2, "kafka.give_up_s", "from 1 to 86400"),
    ("partitions = 0", 2, "kafka.partitions", "from 1 to 10000"),
    ("replication = true", 2, "kafka.replication", "truth value"),
    ("[kafka.retention_days]\nholds = 0", 3, "kafka.retention_days.holds", "number of days above 0"),
    ("[kafka.retention_days]\ninput = 1", 3, "kafka.retention_days.input", "did you mean inputs?"),
    ("[kafka.retention_days]\nunique_leads = 1", 3, "kafka.retention_days.unique_leads", "not known here"),
    ("retention_days = 7", 2, "kafka.retention_days", "allowed here is a table."),
    ("lost = 'leads.raw-0:1-2'", 2, "kafka.lost", "allowed here is a list."),
    ("lost = [\n'leads.raw-0:2-1']", 3, "kafka.lost[0]", "FIRST not behind LAST"),
    ("lost = ['leads.raw-0:1']", 2, "kafka.lost[0]", "TOPIC-PARTITION:FIRST-LAST"),
    ("lost = [7]", 2, "kafka.lost[0]", "allowed is a text"),
    ("lost = ['leads.rw-0:1-2']", 2, "kafka.lost[0]", "did you mean leads.raw?"),
    ("prefix = 'x.'\nlost = ['leads.raw-0:1-2']", 3, "kafka.lost[0]", "allowed are x.raw, x.activity"),
]


@pytest.mark.parametrize(("text", "line", "key", "part"), CASES)
def test_a_fault_has_its_line_and_says_what_is_allowed(
    tmp_path: Path, text: str, line: int, key: str, part: str
) -> None:
    path = tmp_path / "leads.toml"
    path.write_text(f"[kafka]\n{text}\n", encoding="utf-8")
    (fault,) = check(path)
    assert (fault.line, fault.key) == (line, key)
    assert part in fault.message and fault.message.endswith(".")


@pytest.mark.parametrize(
    ("text", "variable"),
    [
        (f'sasl_password = "{SECRET}"', "KAFKA_SASL_PASSWORD_FILE"),
        (f'ssl_key_password = "{SECRET}"', "KAFKA_SSL_KEY_PASSWORD_FILE"),
        (f'password = "{SECRET}"', "KAFKA_SASL_PASSWORD"),
        (f'secret = ["{SECRET}"]', "KAFKA_SASL_PASSWORD"),
        (f'sasl_password = {{ value = "{SECRET}" }}', "KAFKA_SASL_PASSWORD"),
        (f'bootstrap_servers = "engine:{SECRET}@b:9092"', "HOST:PORT"),
        (f'bootstrap_servers = "SASL_SSL://{SECRET}"', "HOST:PORT"),
        (f'ssl_key = """-----BEGIN PRIVATE KEY-----\n{SECRET}"""', "the path of the file"),
    ],
)
def test_a_secret_in_the_file_is_refused_and_not_shown(tmp_path: Path, text: str, variable: str) -> None:
    path = tmp_path / "leads.toml"
    path.write_text(f"[kafka]\n{text}\n", encoding="utf-8")
    with pytest.raises(ConfigurationRefused) as refused:
        load(path, environ={})
    assert variable in str(refused.value)
    assert SECRET not in str(refused.value)


# --- what is refused beside the file


@pytest.mark.parametrize(
    ("environ", "part"),
    [
        ({"KAFKA_SECURITY_PROTOCOL": "ssl"}, 'KAFKA_SECURITY_PROTOCOL is wrong: "ssl" is not known, did you mean SSL?'),
        ({"KAFKA_BOOTSTRAP_SERVERS": "a b"}, "KAFKA_BOOTSTRAP_SERVERS is wrong"),
        ({"KAFKA_BOOTSTRAP_SERVERS": f"x:{SECRET}@b:1"}, "This is no address of a broker"),
        ({"KAFKA_SASL_PASSWORD": SECRET}, "KAFKA_SASL_PASSWORD would not be used: security_protocol is PLAINTEXT"),
        ({"KAFKA_SASL_MECHANISM": "PLAIN"}, "sasl_mechanism would not be used"),
        ({"KAFKA_SSL_CA": "/ca.pem"}, "ssl_ca would not be used: security_protocol is PLAINTEXT, which has no TLS"),
        (
            {"KAFKA_SECURITY_PROTOCOL": "SASL_PLAINTEXT"},
            "sasl_mechanism, sasl_username, KAFKA_SASL_PASSWORD is not set",
        ),
        ({"KAFKA_SECURITY_PROTOCOL": "SSL", "KAFKA_SSL_KEY": "/k"}, "one is set and the other is not"),
        ({"KAFKA_SECURITY_PROTOCOL": "SSL", "KAFKA_SSL_CA": "/no/ca.pem"}, "/no/ca.pem of ssl_ca cannot be read"),
        ({"KAFKA_SASL_PASSWORD": SECRET, "KAFKA_SASL_PASSWORD_FILE": "/x"}, "are both set"),
        ({"KAFKA_SASL_PASSWORD_FILE": "/no/file"}, "cannot be read: No such file"),
    ],
)
def test_what_would_not_work_or_not_be_used_is_refused(environ: dict[str, str], part: str) -> None:
    with pytest.raises(ConfigurationRefused) as refused:
        settings(environ)
    assert part in refused.value.message
    assert SECRET not in str(refused.value)
    assert refused.value.action.endswith(".") and refused.value.exit_code == 1


@pytest.mark.parametrize(
    ("content", "part"), [(b"", "is empty"), (b"\n", "is empty"), (b"x" * 70_000, "longer"), (b"\xffhunter2", "UTF-8")]
)
def test_a_file_of_a_secret_that_is_none_is_refused(tmp_path: Path, content: bytes, part: str) -> None:
    file = tmp_path / "password"
    file.write_bytes(content)
    with pytest.raises(ConfigurationRefused, match=part) as refused:
        settings({"KAFKA_SASL_PASSWORD_FILE": str(file)})
    assert "hunter2" not in str(refused.value) and refused.value.__cause__ is None


def test_inputs_are_kept_as_long_as_a_lead_may_come_again() -> None:
    needed = settings().needed_ms
    assert needed == (15 + 7) * DAY_MS  # offline channels and the replay period of the profile
    with pytest.raises(ConfigurationRefused, match=r"21\.9 days, .* is 22: leads that still count"):
        settings(retention_days={"inputs": 21.9})
    assert settings(retention_days={"inputs": 22}).retention_ms == {"inputs": needed}


# --- secrets


def secured() -> KafkaSettings:
    return settings(
        {"KAFKA_SASL_PASSWORD": SECRET},
        security_protocol="SASL_PLAINTEXT",
        sasl_mechanism="SCRAM-SHA-256",
        sasl_username="engine",
    )


def test_no_secret_is_shown() -> None:
    found = secured()
    assert found.common()["sasl.password"] == SECRET
    assert found.describe() == "127.0.0.1:9092 (SASL_PLAINTEXT, SCRAM-SHA-256 as engine)"
    shown = [repr(found), str(found), f"{found}", found.describe(), str(dataclasses.asdict(found)), str(vars(found))]
    shown.append(str(unreachable(found, "reading the topics", "_TRANSPORT")))
    assert [text for text in shown if SECRET in text] == []
    with pytest.raises(TypeError):
        pickle.dumps(found)


def test_a_secret_equals_itself_and_says_whether_it_is_set() -> None:
    assert Secret("a") == Secret("a") != Secret("b") and not Secret() and Secret("a") != "a"
    assert len({Secret("a"), Secret("a")}) == 1
    assert (repr(Secret("a")), repr(Secret())) == ("Secret(set)", "Secret(not set)")


def test_a_broker_that_does_not_answer_names_the_credentials_too(pem: str) -> None:
    plain = unreachable(KafkaSettings(), "reading the topics", "_TRANSPORT")
    assert plain.exit_code == 3
    assert plain.action == (
        "Check that the broker runs and can be reached from here and that this listener speaks that protocol, "
        "then start again."
    )
    assert "user, password and mechanism" in unreachable(secured(), "reading", "x").action
    over_tls = KafkaSettings(security_protocol="SSL", ssl_ca=pem)
    assert "the certificates" in unreachable(over_tls, "reading", "x").action
