"""What comes in from topics and how it lies in the topics that go out: keys, poison, headers, ends, the group's copy."""

import base64
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from broker import KafkaClient
from confluent_kafka import ConsumerGroupTopicPartitions, Producer, TopicPartition
from delivery import Record, assert_no_event_twice, at, instant, lead
from kafka_runs import DEADLINE_S, KafkaCase, Leads
from waiting import wait_until

from operators.wire.streams import STREAMS
from state import limits

pytestmark = [pytest.mark.kafka, pytest.mark.xdist_group("kafka")]


def in_order(count: int) -> list[Record | str]:
    """Leads in the order of their event times: first touches, repeats of the day, merges; some activities between."""
    found: list[Record | str] = []
    for number in range(count):
        t = at(1, 9) + number * 40 * 60_000
        phone = f"139{number * 7 % 23:08d}"
        if number % 9 == 8:
            kind = "VISIT" if number % 2 else "LOST"
            found.append(
                {
                    "type": "activity",
                    "activity_id": f"a{number}",
                    "kind": kind,
                    "event_time": instant(t),
                    "phone": phone,
                }
            )
        else:
            found.append(lead(f"s{number}", phone, t, ("P1", "A1")[number % 2]))
    return found


def decisions(case: KafkaCase) -> dict[str, Any]:
    """Marks by source id, dispatches and unique leads by their first touch."""
    marks = {one["source_lead_id"]: one["mark"] for one in case.stream("dispositions")}
    sent = sorted((one["at"], one["store"], one["contact"]["phone"]) for one in case.stream("dispatches"))
    closed = sorted((one["at"], one["store"], one["reason"]) for one in case.stream("closings"))
    return {"marks": marks, "dispatches": sent, "closings": closed}


def test_any_key_or_none_decides_the_same(broker: KafkaClient, prefix: str, tmp_path: Path) -> None:
    """A Java client's partitioner, librdkafka's own, no key at all, all in one partition."""
    records = in_order(180)
    seen = []
    for name, keyed, more in (
        ("java", True, {"partitioner": "murmur2_random"}),
        ("librdkafka", True, {"partitioner": "consistent_random"}),
        ("none", False, {"partitioner": "random", "sticky.partitioning.linger.ms": 0}),
        ("one", True, None),
    ):
        case = KafkaCase(broker, f"{prefix}{name}.", tmp_path / name, partitions=4)
        # One request at a time, none overtaken while it is tried again: else a partition's order is not that of the calls.
        one_by_one = {"enable.idempotence": True, "max.in.flight.requests.per.connection": 1, "batch.num.messages": 1}
        producer = Producer({**broker.common(), **(more or {}), **one_by_one})
        for record in records:
            assert isinstance(record, dict)
            topic = case.prefix + ("activity" if record.get("type") == "activity" else "raw")
            place: dict[str, Any] = {"partition": 1} if more is None else {}
            key = str(record["phone"]).encode() if keyed else None
            producer.produce(topic, json.dumps(record).encode(), key, **place)
        assert producer.flush(DEADLINE_S) == 0
        spread = {one.partition for one in broker.records(f"{case.prefix}raw")}
        assert (len(spread) == 1) == (more is None), "the input lies as it should"
        case.run(until=at(9, 12))
        seen.append(decisions(case))
    assert seen[0]["marks"] and seen[0]["dispatches"] and seen[0]["closings"]
    for name in seen[0]:
        assert [one[name] for one in seen[1:]] == [seen[0][name]] * 3, name


GOOD = lead("good", "13912345678", at(1, 10), "A1")
POISON: dict[str, tuple[bytes, str]] = {
    "text": (b"hello", "NOT_JSON"),
    "binary": (bytes(range(256)), "NOT_JSON"),
    "array": (b"[1]", "NOT_JSON"),
    "deep": (b'{"a":' * 3000 + b"1" + b"}" * 3000, "NOT_JSON"),
    "NUL": (json.dumps({**GOOD, "name": "x"}).encode().replace(b"x", b"\x00"), "NOT_JSON"),
    "no contact": (json.dumps({**GOOD, "phone": ""}).encode(), "NO_CONTACT"),
    "channel": (json.dumps({**GOOD, "channel": "nobody"}).encode(), "UNKNOWN_CHANNEL"),
    "large": (json.dumps({**GOOD, "remark": "x" * limits.RECORD_BYTES}).encode(), "TOO_LARGE"),
}


def test_poison_goes_to_rejects_with_its_place(broker: KafkaClient, prefix: str, tmp_path: Path) -> None:
    case = KafkaCase(broker, prefix, tmp_path, partitions=1)
    case.alter(f"{prefix}raw", "max.message.bytes", str(4 << 20))
    values = [json.dumps(GOOD).encode()]
    for number, (value, _) in enumerate(POISON.values()):
        after = lead(f"after {number}", f"138{number:08d}", at(1, 11), "A1")
        values += [value, json.dumps(after).encode()]
    producer = Producer({**broker.common(), "message.max.bytes": 4 << 20})
    for value in values:
        producer.produce(f"{prefix}raw", value, partition=0)
    assert producer.flush(DEADLINE_S) == 0
    case.run()
    rejects = {one["offset"]: one for one in case.stream("rejects")}
    for number, (name, (value, code)) in enumerate(POISON.items()):
        found = rejects[1 + 2 * number]
        assert code in found["reasons"], name
        assert (found["topic"], found["partition"]) == (f"{prefix}raw", 0)
        original = found["original"]
        raw = base64.b64decode(original) if found.get("encoding") else original.encode()
        assert raw == value[: len(raw)] and (len(raw) == len(value) or found["cut"] == len(value))
    assert len(rejects) == len(POISON)
    assert len(case.stream("dispositions")) == 1 + len(POISON), "the flow has gone on"


def test_values_without_content_are_skipped(broker: KafkaClient, prefix: str, tmp_path: Path) -> None:
    """Ruling 77: null (a deletion, as change data capture writes it), empty and blank; a mark before the JSON is none."""
    case = KafkaCase(broker, prefix, tmp_path, partitions=1)
    producer = Producer(broker.common())
    for number, value in enumerate((None, b"", b"\n", b"   ", b"\xef\xbb\xbf")):
        good = lead(f"s{number}", f"1391234567{number}", at(1, 10) + number, "A1")
        for one in (value, b"\xef\xbb\xbf" + json.dumps(good).encode()):
            producer.produce(f"{prefix}raw", one, b"k1", partition=0)
    assert producer.flush(DEADLINE_S) == 0
    case.run()
    assert not case.stream("rejects")
    assert [one["mark"] for one in case.stream("dispositions")] == ["FIRST_TOUCH"] * 5


def test_keys_headers_and_what_is_deleted(broker: KafkaClient, prefix: str, tmp_path: Path) -> None:
    case = KafkaCase(broker, prefix, tmp_path)
    case.give(in_order(60))
    case.run(until=at(28, 12))
    ends = set()
    for stream in STREAMS:
        for one in broker.records(f"{prefix}{stream}"):
            headers = dict(one.headers)
            assert list(headers) == ["event_id", "sequence"], "these two alone"
            if one.value is None:
                assert stream == "unique_leads"
                ends.add(one.key)
                continue
            record = json.loads(one.value)
            assert headers["event_id"] == record["event_id"].encode()
            if stream == "unique_leads":
                assert one.key == record["unique_id"].encode() and one.key not in ends, "nothing follows its end"
            elif "one_id" in record:
                assert one.key == record["one_id"].encode()
    known = {one["unique_id"].encode() for one in case.stream("unique_leads")}
    assert ends and ends <= known
    kept = [one for one in broker.records(f"{prefix}dispositions") if one.key]
    assert len({(one.key, one.partition) for one in kept}) == len({one.key for one in kept}), "a customer, a partition"


def test_the_group_shows_the_truth_and_is_never_read(
    broker: KafkaClient, prefix: str, tmp_path: Path, checkout: Path
) -> None:
    case = KafkaCase(broker, prefix, tmp_path)
    leads = Leads(case)
    going = case.start(to_end=False)
    leads.give(80)
    going.caught_up(case)
    ends = {place: end for place, end in case.ends().items() if end}
    group = case.settings.group

    def shown() -> bool:
        found = broker.committed(group)
        return all(found.get(place) == end for place, end in ends.items())

    wait_until(shown, DEADLINE_S, "the copy of the position")
    going.stop()
    said = subprocess.run(
        [
            *(sys.executable, "scripts/kafka.py", "tool", "kafka-consumer-groups"),
            *("--bootstrap-server", broker.bootstrap, "--describe", "--group", group),
        ],
        cwd=checkout,
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
    )
    lags = [line.split()[5] for line in said.stdout.splitlines() if line.startswith(group)]
    assert lags and set(lags) == {"0"}, said.stdout + said.stderr
    # Somebody sets them elsewhere: nobody looks at them.
    admin = broker.admin()
    moved = ConsumerGroupTopicPartitions(group, [TopicPartition(*place, 1) for place in ends])
    admin.alter_consumer_group_offsets([moved])[group].result(DEADLINE_S)
    again = case.start(to_end=False)
    leads.give(20)
    again.caught_up(case)
    again.stop()
    leads.assert_each_once()
    assert_no_event_twice(case.outputs())
