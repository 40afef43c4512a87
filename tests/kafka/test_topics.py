"""`leadstream topics` on a real broker: what it creates, finds and mends, and what it leaves alone."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from broker import Broker, KafkaClient
from confluent_kafka import KafkaError, Producer
from confluent_kafka.admin import AlterConfigOpType, ConfigEntry, ConfigResource
from face_shell import DEADLINE_S, Shell
from waiting import wait_until

from connectors.kafka.settings import KafkaSettings
from connectors.kafka.topics.upkeep import check_topics
from operators.wire.streams import STREAMS
from state import limits
from state.errors import Refused

pytestmark = [pytest.mark.kafka, pytest.mark.xdist_group("kafka")]

Topics = Callable[..., dict[str, Any]]


@pytest.fixture
def settings(broker: KafkaClient, prefix: str) -> KafkaSettings:
    return KafkaSettings(bootstrap=broker.bootstrap, prefix=prefix)


@pytest.fixture
def topics(broker: KafkaClient, prefix: str, tmp_path: Path, checkout: Path, monkeypatch: pytest.MonkeyPatch) -> Topics:
    """`leadstream topics OPTIONS --json` with these keys of [kafka]; what it says, with its exit code and stderr."""
    for name in [one for one in os.environ if one.startswith("KAFKA_")]:
        monkeypatch.delenv(name)
    shell = Shell(tmp_path, checkout)

    def run(option: str, code: int = 0, **kafka: Any) -> dict[str, Any]:
        lines = [f"{key} = {json.dumps(value)}" for key, value in {"prefix": prefix, **kafka}.items()]
        (tmp_path / "c.toml").write_text("\n".join(["[kafka]", *lines, ""]), encoding="utf-8")
        options = ("--config", "c.toml", "--json")
        done = shell.call("topics", option, *options, code=code, KAFKA_BOOTSTRAP_SERVERS=broker.bootstrap)
        found: dict[str, Any] = {"stderr": done.stderr, **json.loads(done.stdout)}
        assert found["fits"] is (code == 0)
        return found

    return run


def wrong(found: dict[str, Any], prefix: str) -> dict[str, set[str]]:
    """Topic without its prefix → the properties that are wrong of it."""
    return {
        one["topic"].removeprefix(prefix): {fault["what"] for fault in one["faults"]}
        for one in found["topics"]
        if one["faults"]
    }


def alter(broker: KafkaClient, topic: str, **values: str) -> None:
    """Change a topic's configuration, and wait until the broker says so; `_` stands for the dot of a name."""
    config = {key.replace("_", "."): value for key, value in values.items()}
    entries = [ConfigEntry(*one, incremental_operation=AlterConfigOpType.SET) for one in config.items()]
    resource = ConfigResource(ConfigResource.Type.TOPIC, topic, incremental_configs=entries)
    admin = broker.admin()
    admin.incremental_alter_configs([resource])[resource].result(60)

    def shown() -> bool:
        asked = ConfigResource(ConfigResource.Type.TOPIC, topic)
        said = admin.describe_configs([asked])[asked].result(60)
        return all(said[key].value == value for key, value in config.items())

    wait_until(shown, 60, f"the new configuration of {topic}")


def test_apply_creates_all_topics_and_does_nothing_the_second_time(
    topics: Topics, broker: KafkaClient, prefix: str, settings: KafkaSettings
) -> None:
    before = topics("--check", code=1)
    assert {kind for one in wrong(before, prefix).values() for kind in one} == {"topic"}
    assert "Run `leadstream topics --apply`" in before["stderr"]
    with pytest.raises(Refused, match="is missing") as refused:
        check_topics(settings)
    assert f"{prefix}raw is missing" in refused.value.message

    first = topics("--apply")
    assert len(first["done"]) == len(STREAMS) + 5 and not first["failed"]
    assert broker.topics(prefix) == sorted(
        [*(one for one, _ in settings.inputs), *(one for one, _ in settings.outputs)]
    )
    assert broker.partitions(f"{prefix}raw") == [0, 1, 2, 3]
    check_topics(settings)
    assert topics("--apply")["done"] == []
    by_name = {one["topic"].removeprefix(prefix): one["config"] for one in topics("--check")["topics"]}
    leads = by_name["unique_leads"]
    assert (leads["cleanup.policy"], leads["min.compaction.lag.ms"]) == ("compact", "3600000")
    assert {one["message.timestamp.type"] for one in by_name.values()} == {"LogAppendTime"}


def test_wrong_topics_are_named_and_mended(
    topics: Topics, broker: KafkaClient, prefix: str, settings: KafkaSettings
) -> None:
    topics("--apply")
    alter(broker, f"{prefix}raw", retention_ms="3600000", max_message_bytes="1000")
    alter(broker, f"{prefix}unique_leads", cleanup_policy="delete")
    alter(broker, f"{prefix}late", message_timestamp_type="CreateTime")
    broker.delete(f"{prefix}closings")
    expected = {
        "raw": {"retention.ms", "max.message.bytes"},
        "unique_leads": {"cleanup.policy"},
        "late": {"message.timestamp.type"},
        "closings": {"topic"},
    }
    assert wrong(topics("--check", code=1), prefix) == expected
    with pytest.raises(Refused) as refused:
        check_topics(settings, inputs=False)
    assert "raw" not in refused.value.message and "4 topics" not in refused.value.message
    assert f"{prefix}unique_leads: cleanup.policy is delete, wanted is compact" in refused.value.message

    done = "\n".join(topics("--apply")["done"])
    assert "raw: retention.ms 1 hour → 30 days, max.message.bytes 1000 bytes → 1114112 bytes" in done
    assert "closings: created, 4 partitions" in done
    check_topics(settings)


def test_partitions_are_added_when_configured_and_never_taken_away(
    topics: Topics, broker: KafkaClient, prefix: str
) -> None:
    topics("--apply", partitions=2)
    assert "raw" in wrong(topics("--check", code=1, partitions=3), prefix)
    done = topics("--apply", partitions=3)["done"]
    assert f"{prefix}raw: partitions 2 → 3; keys lie in other partitions from now on" in done
    assert len(broker.partitions(f"{prefix}dispatches")) == 3
    assert len(broker.partitions(f"{prefix}unique_leads")) == 2  # its old records would stay in the old partitions
    assert topics("--apply", partitions=1)["done"] == []
    assert len(broker.partitions(f"{prefix}raw")) == 3


def test_what_the_broker_does_not_do_is_said(topics: Topics, prefix: str, own_broker: Broker) -> None:
    found = topics("--apply", code=1, replication=3)
    assert len(found["failed"]) == len(STREAMS) + 5 and not found["done"]
    assert "INVALID_REPLICATION_FACTOR" in found["failed"][0]
    assert "correct [kafka], then run `leadstream topics --apply` again" in found["stderr"]
    topics("--apply")
    copies = topics("--check", code=1, replication=2)
    assert "kafka-reassign-partitions" in copies["stderr"]
    assert topics("--apply", code=1, replication=2)["done"] == []


def test_a_record_of_the_largest_size_is_taken(
    topics: Topics, broker: KafkaClient, prefix: str, settings: KafkaSettings
) -> None:
    """The contract's longest record on an input, the longest original on an output; and one that is too long."""
    topics("--apply")
    found: dict[int, KafkaError | None] = {}
    producer = Producer({**settings.common(), "message.max.bytes": 8 << 20})
    longest = 6 * limits.ORIGINAL_BYTES
    for topic, size in (("raw", limits.RECORD_BYTES), ("rejects", longest), ("dispatches", longest)):
        producer.produce(
            prefix + topic, b"x" * size, on_delivery=lambda error, sent: found.update({len(sent.value()): error})
        )
        assert producer.flush(DEADLINE_S) == 0
        error = found.pop(size)
        assert (error is None) is (topic != "dispatches"), error


def refusal(settings: KafkaSettings) -> Refused | None:
    try:
        check_topics(settings)
    except Refused as error:
        return error
    return None


@pytest.mark.parametrize(("operation", "part"), [("DESCRIBE", "describing"), ("DESCRIBE_CONFIGS", "configuration")])
def test_a_user_who_may_not_look_is_told_what_is_lacking(
    operation: str, part: str, topics: Topics, own_broker: Broker, prefix: str, settings: KafkaSettings
) -> None:
    topics("--apply")
    with own_broker.denied(f"{prefix}late", operation):
        wait_until(lambda: refusal(settings) is not None, DEADLINE_S, "the broker's knowing of the ACL")
        refused = refusal(settings)
        assert refused is not None and part in refused.message and f"the topic {prefix}late" in refused.message
        assert "DESCRIBE_CONFIGS" in refused.action
        check_topics(settings, outputs=False)


def test_a_user_who_may_not_mend_is_told_what_failed(
    topics: Topics, own_broker: Broker, prefix: str, settings: KafkaSettings
) -> None:
    topics("--apply")
    for topic in ("late", "holds"):
        alter(own_broker, f"{prefix}{topic}", retention_ms="1000")
    entry = ConfigEntry("retention.ms", "1000", incremental_operation=AlterConfigOpType.SET)
    trial = ConfigResource(ConfigResource.Type.TOPIC, f"{prefix}late", incremental_configs=[entry])
    admin = own_broker.admin()

    def may_not() -> bool:
        tried = admin.incremental_alter_configs([trial], validate_only=True)[trial]
        error = tried.exception(DEADLINE_S)
        return error is not None and error.args[0].code() == KafkaError.TOPIC_AUTHORIZATION_FAILED

    with own_broker.denied(f"{prefix}late", "ALTER_CONFIGS"):
        wait_until(may_not, DEADLINE_S, "the broker's knowing of the ACL")
        found = topics("--apply", code=1)
    assert [line.partition(":")[0] for line in found["failed"]] == [f"{prefix}late"]
    assert "TOPIC_AUTHORIZATION_FAILED" in found["failed"][0]
    assert [line.partition(":")[0] for line in found["done"]] == [f"{prefix}holds"]  # what can be done is done
    assert wrong(found, prefix) == {"late": {"retention.ms"}}
