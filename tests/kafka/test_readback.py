"""A start reads back what was written since the last seal, however much the topics hold and however long a shard was idle."""

import re
from pathlib import Path

import pytest
from broker import Broker
from delivery import at, lead
from kafka_runs import DEADLINE_S, SECRET, KafkaCase, assert_each_once, command
from waiting import wait_until

from connectors.kafka_topic import Topics
from operators.one_id import OneIds
from operators.phones import MOBILE
from state import limits

pytestmark = [pytest.mark.kafka, pytest.mark.xdist_group("kafka")]

CHECKOUT = Path(__file__).resolve().parents[2]
LEADS = 4_000
IDLE_SHARD = 7
SMALL = {"BATCH_RECORDS": 100, "SEAL_RECORDS": 1_500, "UNSEALED_RECORDS": 2_000}
"""As many records as a test can wait for, and seals as often beside them as with millions."""
BOUND = 2 * SMALL["UNSEALED_RECORDS"]
"""What was handed on before a cut that is not sealed yet, and behind it."""
A_LEAD = 5
"""Records that each of these leads gives."""


def leads_without_a_shard() -> list[dict[str, object]]:
    one_ids = OneIds(next(iter(SECRET.values())).encode(), limits.SHARDS)
    phones = (f"139{number:08d}" for number in range(2 * LEADS))
    busy = [phone for phone in phones if one_ids.shard(one_ids.of(MOBILE, phone)) != IDLE_SHARD][:LEADS]
    return [lead(f"w{number}", phone, at(1, 9) + number, "A1") for number, phone in enumerate(busy)]


def test_a_start_reads_back_what_no_seal_covers(own_broker: Broker, prefix: str, tmp_path: Path) -> None:
    """Killed at work three times, with a backlog before it and one shard idle for all of it."""
    case = KafkaCase(own_broker, prefix, tmp_path / "case", shards=limits.SHARDS)
    case.give(leads_without_a_shard())
    topics = Topics(case.settings)
    places = [(topic, number) for topic, _ in case.settings.outputs for number in range(case.settings.partitions)]

    def written() -> int:
        return sum(topics.ends(places).values())

    read_back = []
    for share in (0.25, 0.5, 0.75, 1.0):
        process = command(case, CHECKOUT, "--clock", "event", limits=SMALL)
        try:
            if share < 1:
                wanted = int(A_LEAD * LEADS * share)
                wait_until(lambda wanted=wanted: written() >= wanted, DEADLINE_S, f"{wanted} records")
                process.kill()
                process.wait(DEADLINE_S)
            else:
                assert process.wait(DEADLINE_S) == 0
        finally:
            process.kill()
            process.wait(DEADLINE_S)
        said = (case.folder / "said").read_text(encoding="utf-8", errors="replace")
        found = re.search(r"Read back (\d+) records", said)
        read_back.append(int(found[1]) if found else 0)
    assert read_back[0] == 0, "now and then no kill leaves anything: at a cut all is acknowledged"
    assert max(read_back) <= BOUND < written() / 4, f"{read_back} of {written()} records were read back"
    assert_each_once(case, [f"w{number}" for number in range(LEADS)])
