"""From the death of a process to the first new output in the topics: the command as an operator starts it, imports and all.

The must is two seconds. Killed while it works (an engine by the wall clock, as it runs in production), started again, with
leads waiting in the input topic.
"""

import contextlib
import os
import signal
import statistics
import subprocess
import sys
from datetime import UTC, datetime

import orjson
import pytest
from kafka_case import CaseSettings, Follower, ends, outputs_of, wait_settled
from waiting import slowness, wait_until

WITHIN_S = 2.0
NOISE = 3
STARTS = 3
DEADLINE_S = 60
LEADS = 40

pytestmark = [pytest.mark.kills_kafka]

CONFIG = """
[channels.web]
consent = true
[stores.S1]
opens = "00:00"
closes = "24:00"
[kafka]
prefix = "{prefix}"
mode = "{mode}"
partitions = 2
"""


def leads(number):
    """Leads of now, each of a customer of its own."""
    now = datetime.now(UTC).isoformat(timespec="milliseconds")
    return [
        orjson.dumps(
            {"channel": "web", "source_lead_id": f"{number}-{i}", "phone": f"1391{number:03d}{i:04d}", "store": "S1",
             "event_time": now}
        )
        for i in range(LEADS)
    ]  # fmt: skip


@pytest.mark.parametrize("mode", ["once", "transactional"])
def test_killed_and_started_again_it_goes_on_at_once(session_broker, memory_path, prefix, checkout, capsys, mode):
    config = memory_path / "config.toml"
    config.write_text(CONFIG.format(prefix=prefix, mode=mode))
    environment = os.environ | {
        "KAFKA_BOOTSTRAP_SERVERS": session_broker.bootstrap,
        "LEADSTREAM_ONE_ID_SECRET": "a secret of this test",
    }
    base = [sys.executable, "-m", "leadstream"]
    made = subprocess.run(
        [*base, "topics", "--apply", "--config", config], cwd=checkout, env=environment, capture_output=True, text=True
    )
    assert made.returncode == 0, made.stdout + made.stderr
    topics = outputs_of(CaseSettings(prefix=prefix), 2)
    command = [*base, "run", "--config", config, "--source", "kafka", "--sink", "kafka"]
    command += ["--state", memory_path / "state", "--metrics", "127.0.0.1:0"]
    said, decided = memory_path / "said.txt", f"{prefix}dispositions"
    follower, admin = Follower(session_broker, topics), session_broker.admin()
    process, taken = None, []
    with contextlib.ExitStack() as closing, said.open("w") as output:
        closing.callback(follower.close)
        closing.callback(lambda: process and process.poll() is None and process.kill())
        for number in range(STARTS + 1):
            session_broker.produce(f"{prefix}raw", leads(number))
            follower.catch_up(ends(admin, topics, committed=True))
            began = follower.arm()
            process = subprocess.Popen(command, cwd=checkout, env=environment, stdout=output, stderr=output)
            wait_until(
                lambda one=process: follower.first is not None or one.poll() is not None, DEADLINE_S, "new output"
            )
            assert process.poll() is None, said.read_text()[-3000:]
            if number:  # the first start made the state
                taken.append(follower.first - began)
            if number < STARTS:
                os.kill(process.pid, signal.SIGKILL)
                process.wait(DEADLINE_S)
        # The first output may be of leads that were decided before: a stop now would leave the others unread.
        wait_until(lambda: len(session_broker.records(decided)) >= (STARTS + 1) * LEADS, DEADLINE_S, "all decisions")
        process.send_signal(signal.SIGTERM)
        assert process.wait(DEADLINE_S) == 0, said.read_text()[-3000:]
    wait_settled(admin, topics)
    ids = [orjson.loads(one.value)["source_lead_id"] for one in session_broker.records(decided)]
    assert len(ids) == len(set(ids)) == (STARTS + 1) * LEADS
    figures = (
        f"{', '.join(f'{seconds * 1000:.0f}' for seconds in taken)} ms (p50 {statistics.median(taken) * 1000:.0f} ms)"
    )
    with capsys.disabled():
        print(
            f"\nkills on Kafka, {mode}: from `python -m leadstream run` to its first new output in the topics, {figures}"
        )
    assert max(taken) < NOISE * WITHIN_S * slowness(), figures
