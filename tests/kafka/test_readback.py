"""A start reads back what was written since the last seal, however much the topics hold and however long a shard was idle."""

import re
from pathlib import Path

import pytest
from broker import Broker
from delivery import at, lead
from kafka_runs import DEADLINE_S, SECRET, KafkaCase, assert_each_once, command
from waiting import wait_until

from connectors.kafka.broker import Topics
from operators.identity.one_id import OneIds
from operators.identity.phones import MOBILE
from state import limits

pytestmark = [pytest.mark.kafka, pytest.mark.xdist_group("kafka")]

CHECKOUT = Path(__file__).resolve().parents[2]
LEADS = 6_000
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
    """Killed at work seven times, with a backlog before it and one shard idle for all of it."""
    case = KafkaCase(own_broker, prefix, tmp_path / "case", shards=limits.SHARDS)
    case.give(leads_without_a_shard())
    topics = Topics(case.settings)
    places = [(topic, number) for topic, _ in case.settings.outputs for number in range(case.settings.partitions)]

    def written() -> int:
        return sum(topics.ends(places).values())

    def killed(after: int) -> int:
        """How much a start read back, killed when the topics hold so much more."""
        wanted = written() + after
        process = command(case, CHECKOUT, "--clock", "event", limits=SMALL)
        try:
            wait_until(lambda: written() >= wanted or process.poll() is not None, DEADLINE_S, f"{wanted} records")
        finally:
            process.kill()
            process.wait(DEADLINE_S)
        return said_to_have_read_back(case)

    # Far behind the start before, and again and again as soon as something new is there.
    read_back = [killed(after) for after in (A_LEAD * LEADS // 4, 1, 1, 1, A_LEAD * LEADS // 4, 1, 1)]
    assert read_back[0] == 0
    assert any(read_back), "no kill left anything to be read back"
    process = command(case, CHECKOUT, "--clock", "event", limits=SMALL)
    try:
        assert process.wait(DEADLINE_S) == 0
    finally:
        process.kill()
        process.wait(DEADLINE_S)
    read_back.append(said_to_have_read_back(case))
    assert max(read_back) <= BOUND < written() / 4, f"{read_back} of {written()} records were read back"
    assert_each_once(case, [f"w{number}" for number in range(LEADS)])


def said_to_have_read_back(case: KafkaCase) -> int:
    said = (case.folder / "said").read_text(encoding="utf-8", errors="replace")
    found = re.search(r"Read back (\d+) records", said)
    return int(found[1]) if found else 0
