"""`leadstream topics` as far as no broker is needed: what is wanted, what is wrong, what is said and returned."""

import json
import os
from typing import Any

import pytest
from face_shell import Shell

from connectors.kafka.settings import KafkaSettings, settings_of
from connectors.kafka.topics import plans
from connectors.kafka.topics.plans import TopicFault, TopicSaid, faults, in_words
from connectors.kafka.topics.upkeep import refused
from operators.base.outputs import original_of
from operators.base.rules import DAY_MS
from operators.config.configuration import from_tables
from operators.wire.streams import KINDS, STREAMS, Reject, Why, encode
from state import limits

DEFAULT = settings_of(from_tables({}, environ={}), {})


def settings(**kafka: Any) -> KafkaSettings:
    return settings_of(from_tables({"kafka": kafka}, environ={}), {})


def created(of: KafkaSettings) -> dict[str, TopicSaid]:
    """The topics as `topics --apply` makes them."""
    return {
        plan.topic: TopicSaid(
            of.partitions,
            of.replication,
            {key: "0" for key in plans.CONFIGS} | {one.what: one.value for one in plan.wishes},
        )
        for plan in plans.plans(of)
    }


def changed(topic: str, **values: Any) -> list[TopicFault]:
    """Faults where this property of this topic is another one; `_` stands for the dot of a name."""
    return of_changed(DEFAULT, topic, **values)


def of_changed(of: KafkaSettings, topic: str, **values: Any) -> list[TopicFault]:
    said = created(of)
    config = {key.replace("_", "."): value for key, value in values.items() if "_" in key}
    whole = {key: value for key, value in values.items() if "_" not in key}
    before = said[topic]
    said[topic] = TopicSaid(
        whole.get("partitions", before.partitions),
        whole.get("replication", before.replication),
        {**before.config, **config},
    )
    return faults(of, said)


# --- what is wanted


@pytest.mark.parametrize(
    "of",
    [
        DEFAULT,
        settings(partitions=12, replication=3, retention_days={"inputs": 40, "late": 3, "holds": 0.5}),
        settings(prefix="other-1."),
    ],
)
def test_what_apply_creates_is_what_check_wants(of: KafkaSettings) -> None:
    assert faults(of, created(of)) == []


def test_every_input_and_every_stream_is_planned() -> None:
    found = [(plan.topic, plan.stream) for plan in plans.plans(DEFAULT)]
    assert found == [*((topic, None) for topic, _ in DEFAULT.inputs), *DEFAULT.outputs]
    assert len(plans.plans(DEFAULT, outputs=False)) == 5
    assert len(plans.plans(DEFAULT, inputs=False)) == len(STREAMS)
    assert all(kind.kept_days > 0 for kind in KINDS if not kind.compacted)


def test_only_unique_leads_is_compacted_and_kept_long_enough_for_a_read_back() -> None:
    by_stream = {plan.stream: plan for plan in plans.plans(DEFAULT)}
    assert by_stream["unique_leads"].value("cleanup.policy") == "compact"
    assert by_stream["unique_leads"].value("min.compaction.lag.ms") == "3600000"
    assert {plan.value("cleanup.policy") for stream, plan in by_stream.items() if stream != "unique_leads"} == {
        "delete"
    }


def test_a_topic_takes_the_largest_output_of_its_stream() -> None:
    """The worst original: every byte of it is written as six characters."""
    original, _, cut = original_of(b"\x01" * limits.RECORD_BYTES)
    text = "\x01" * limits.STRING_BYTES
    longest = Reject(
        text, text, text, Why(text, text, text, text, text, text), text, [text] * 30, text, 1 << 62, original
    )
    longest.cut = cut
    size = len(encode(longest))
    assert 6 * limits.ORIGINAL_BYTES < size < plans.ORIGINAL_OUTPUT_BYTES
    carrying = {
        name for name, record in ((kind.name, kind.shape) for kind in KINDS) if "original" in record.__struct_fields__
    }
    assert carrying == {kind.name for kind in KINDS if kind.original}
    room = 16 << 10  # key, headers and the batch around a record
    assert size < limits.ORIGINAL_OUTPUT_BYTES < plans.ORIGINAL_OUTPUT_BYTES - room
    assert plans.OUTPUT_BYTES - room > limits.OUTPUT_BYTES
    assert int(plans.plans(DEFAULT)[0].value("max.message.bytes")) - room > limits.RECORD_BYTES


def test_inputs_are_kept_for_the_lateness_and_the_replay_period() -> None:
    late = settings_of(from_tables({"periods": {"replay": 30}}, environ={}), {})
    assert plans.plans(late)[0].value("retention.ms") == str(45 * DAY_MS)  # 15 days offline, 30 replay
    assert plans.plans(DEFAULT)[0].value("retention.ms") == str(30 * DAY_MS)


# --- what is wrong


@pytest.mark.parametrize(
    ("topic", "values", "found", "wanted"),
    [
        ("leads.raw", {"cleanup_policy": "compact"}, "compact", "delete"),
        ("leads.dispatches", {"cleanup_policy": "compact,delete"}, "compact,delete", "delete"),
        ("leads.unique_leads", {"cleanup_policy": "delete"}, "delete", "compact"),
        ("leads.unique_leads", {"cleanup_policy": "compact,delete"}, "compact,delete", "compact"),
        ("leads.unique_leads", {"min_compaction_lag_ms": "0"}, "0 ms", "at least 1 hour"),
        ("leads.unique_leads", {"min_compaction_lag_ms": "600000"}, "10 minutes", "at least 1 hour"),
        ("leads.raw", {"retention_ms": "604800000"}, "7 days", "at least 22 days"),
        ("leads.holds", {"retention_ms": "3600000"}, "1 hour", "at least 1 day"),
        ("leads.raw", {"max_message_bytes": "1048588"}, "1048588 bytes", "at least 1114112 bytes"),
        ("leads.late", {"max_message_bytes": "1048588"}, "1048588 bytes", "at least 2097152 bytes"),
        ("leads.holds", {"max_message_bytes": "1000"}, "1000 bytes", "at least 1048576 bytes"),
        ("leads.raw", {"message_timestamp_type": "CreateTime"}, "CreateTime", "LogAppendTime"),
        ("leads.closings", {"message_timestamp_type": "CreateTime"}, "CreateTime", "LogAppendTime"),
    ],
)
def test_a_wrong_property_is_named(topic: str, values: dict[str, str], found: str, wanted: str) -> None:
    (fault,) = changed(topic, **values)
    what = next(iter(values)).replace("_", ".")
    assert (fault.topic, fault.what, fault.found, fault.wanted, fault.action) == (topic, what, found, wanted, "")
    assert str(fault) == f"{topic}: {what} is {found}, wanted is {wanted}"


@pytest.mark.parametrize(
    ("topic", "values"),
    [
        ("leads.raw", {"retention_ms": "-1"}),
        ("leads.raw", {"retention_ms": str(90 * DAY_MS)}),
        ("leads.holds", {"retention_ms": str(DAY_MS)}),
        ("leads.holds", {"max_message_bytes": "1048588"}),  # Kafka's default
        ("leads.raw", {"max_message_bytes": "9000000"}),
        ("leads.unique_leads", {"min_compaction_lag_ms": "86400000"}),
        ("leads.unique_leads", {"retention_ms": "1000"}),  # nothing is deleted by age where all is compacted
        ("leads.raw", {"partitions": 1}),
        ("leads.raw", {"partitions": 64, "replication": 3}),
    ],
)
def test_a_topic_of_other_hands_may_be_larger_and_keep_longer(topic: str, values: dict[str, Any]) -> None:
    assert changed(topic, **values) == []


def test_what_the_operator_has_set_is_wanted_exactly() -> None:
    of = settings(partitions=8, replication=2, retention_days={"late": 30, "inputs": 30})
    assert [str(one) for one in of_changed(of, "leads.late", retention_ms=str(31 * DAY_MS))] == [
        "leads.late: retention.ms is 31 days, wanted is 30 days"
    ]
    assert of_changed(of, "leads.raw", retention_ms=str(31 * DAY_MS)) == []  # others may read it too
    assert [one.wanted for one in of_changed(of, "leads.raw", partitions=4)] == ["at least 8"]
    (copies,) = of_changed(of, "leads.raw", replication=1)
    assert "kafka-reassign-partitions" in copies.action


def test_more_partitions_are_never_wanted_of_a_compacted_topic() -> None:
    """A key would go to another partition, and its old record stay in the former one for ever."""
    assert of_changed(settings(partitions=8), "leads.unique_leads", partitions=4) == []


def test_a_missing_topic_is_one_fault() -> None:
    said = created(DEFAULT)
    del said["leads.late"]
    (fault,) = faults(DEFAULT, said)
    assert (fault.what, fault.wanted) == ("topic", "4 partitions, 1 copy of each, kept 30 days")
    assert str(fault) == "leads.late is missing"
    assert faults(DEFAULT, said, outputs=False) == []
    assert len(faults(DEFAULT, {})) == len(plans.plans(DEFAULT))


def test_a_property_that_the_broker_does_not_tell_is_a_fault() -> None:
    said = created(DEFAULT)
    said["leads.late"] = TopicSaid(4, 1, {})
    assert {one.found for one in faults(DEFAULT, said)} == {"unknown"}


@pytest.mark.parametrize(
    ("ms", "words"),
    [(-1, "unlimited"), (0, "0 ms"), (999, "999 ms"), (1000, "1 second"), (90_000, "1.5 minutes"), (DAY_MS, "1 day")],
)
def test_times_are_read_by_people(ms: int, words: str) -> None:
    assert in_words("retention.ms", str(ms)) == words


def test_the_refusal_names_every_fault_and_what_to_do() -> None:
    found = [
        TopicFault("leads.raw", "topic", "missing", "x"),
        TopicFault("leads.late", "replication", "1", "2", "Move."),
    ]
    error = refused(found)
    assert error.exit_code == 1
    assert error.message == (
        "2 topics cannot be used as they are:\n  leads.raw is missing\n  leads.late: replication is 1, wanted is 2"
    )
    assert error.action == "Run `leadstream topics --apply` (with the same --config), then start again. Move."
    assert refused(found[1:]).action == "Move."
    assert refused(found[:1]).message.startswith("1 topic cannot be used as it is:")


# --- the command


@pytest.fixture(autouse=True)
def no_other_broker(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [one for one in os.environ if one.startswith("KAFKA_")]:
        monkeypatch.delenv(name)


@pytest.mark.parametrize("options", [[], ["--check", "--apply"]])
def test_one_of_check_and_apply_is_needed(shell: Shell, options: list[str]) -> None:
    assert "Give --check to look" in shell.call("topics", *options, code=2).stderr


def test_a_configuration_with_faults_is_refused(shell: Shell) -> None:
    (shell.folder / "c.toml").write_text('[kafka]\nsasl_password = "hunter2"\n', encoding="utf-8")
    said = shell.call("topics", "--check", "--config", "c.toml", code=1)
    assert "c.toml:2: kafka.sasl_password: A password does not belong" in said.stderr
    assert "hunter2" not in said.stderr + said.stdout


def test_a_broker_that_is_not_there(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("leadstream.commands.topics.WAIT_S", 0.5)
    said = shell.call("topics", "--check", code=3, KAFKA_BOOTSTRAP_SERVERS="127.0.0.1:1")
    assert "does not answer: connecting at 127.0.0.1:1 (PLAINTEXT) failed" in said.stderr
    assert "Connection refused" in said.stderr
    assert said.stdout == "" and "rdkafka" not in said.stderr


class _Broker:
    """In place of a broker: what it says, and what `apply` did."""

    def __init__(self, said: dict[str, TopicSaid]) -> None:
        self.said = said
        self.failed: list[str] = []

    def apply(self, of: KafkaSettings, _: object) -> tuple[list[str], list[str]]:
        if not self.failed:
            self.said = created(of)
        return ([] if self.failed else ["leads.raw: created"]), self.failed


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> _Broker:
    broker = _Broker({})
    at = "leadstream.commands.topics."
    monkeypatch.setattr(at + "connect", lambda *_: None)
    monkeypatch.setattr(at + "ask", lambda *_: broker.said)
    monkeypatch.setattr(at + "apply", broker.apply)
    return broker


def test_check_shows_what_is_and_what_is_wanted(shell: Shell, fake: _Broker) -> None:
    said = shell.call("topics", "--check", code=1)
    lines = said.stdout.splitlines()
    assert lines[0].split() == ["topic", "is", "wanted"]
    assert lines[1].split(maxsplit=2) == ["leads.raw", "missing", "4 partitions, 1 copy of each, kept 30 days"]
    assert said.stderr.splitlines() == [
        "leadstream: 17 topics cannot be used as they are, see above.",
        "Run `leadstream topics --apply` (with the same --config), then start again.",
    ]


def test_apply_says_what_it_did_and_that_all_fits(shell: Shell, fake: _Broker) -> None:
    lines = shell.call("topics", "--apply").stdout.splitlines()
    assert lines[0] == "leads.raw: created"
    assert lines[2].rstrip().split(maxsplit=1) == ["leads.raw", "4 partitions, 1 copy of each, kept 30 days  fits"]
    assert lines[-1] == "All 17 topics at 127.0.0.1:9092 (PLAINTEXT) are as the engine needs them."


def test_apply_that_could_not_do_all_is_refused(shell: Shell, fake: _Broker) -> None:
    fake.failed = ["leads.raw: creating the topic leads.raw failed with INVALID_REPLICATION_FACTOR (…)"]
    said = shell.call("topics", "--apply", code=1)
    assert "1 changes failed" not in said.stderr and "A change failed" in said.stderr
    assert "INVALID_REPLICATION_FACTOR" in said.stderr


def test_json_for_machines(shell: Shell, fake: _Broker) -> None:
    missing = json.loads(shell.call("topics", "--check", "--json", code=1).stdout)
    assert missing["fits"] is False and len(missing["topics"]) == 17
    raw = missing["topics"][0]
    assert (raw["topic"], raw["stream"], raw["exists"], raw["config"]) == ("leads.raw", None, False, None)
    assert raw["faults"][0]["what"] == "topic" and raw["faults"][0]["action"] == "leadstream topics --apply"
    whole = json.loads(shell.call("topics", "--apply", "--json").stdout)
    assert whole["fits"] and whole["done"] == ["leads.raw: created"]
    assert whole["topics"][11]["config"]["cleanup.policy"] == "compact"
