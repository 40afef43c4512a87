"""As somebody tries it by hand: kcat produces a lead and reads its dispatch."""

import json
import shutil
import subprocess
import time
from pathlib import Path

import pytest
from broker import KafkaClient
from delivery import instant, lead
from kafka_runs import DEADLINE_S, KafkaCase
from waiting import wait_until

pytestmark = [pytest.mark.kafka, pytest.mark.xdist_group("kafka")]


def test_a_lead_by_hand(broker: KafkaClient, prefix: str, tmp_path: Path, lacking) -> None:
    kcat = shutil.which("kcat")
    if kcat is None:
        lacking("kcat is missing: sudo apt-get install kcat, or bash scripts/tools.sh as root.")
    case = KafkaCase(broker, prefix, tmp_path)
    going = case.start(to_end=False)
    record = json.dumps(lead("by hand", "13912345678", time.time_ns() // 1_000_000, "A1"))
    words = [kcat, "-b", broker.bootstrap, "-q"]
    subprocess.run([*words, "-P", "-t", f"{prefix}raw"], input=record + "\n", text=True, check=True, timeout=DEADLINE_S)

    def dispatched() -> list[dict[str, object]]:
        done = subprocess.run(
            [*words, "-C", "-e", "-o", "beginning", "-t", f"{prefix}dispatches"],
            capture_output=True,
            text=True,
            timeout=DEADLINE_S,
        )
        return [json.loads(line) for line in done.stdout.splitlines()]

    wait_until(dispatched, DEADLINE_S, "the dispatch")
    (found,) = dispatched()
    assert (found["store"], found["contact"]) == ("A1", {"name": None, "phone": "13912345678"})
    assert str(found["at"]) <= instant(time.time_ns() // 1_000_000 + 9 * 3_600_000)
    going.stop()
