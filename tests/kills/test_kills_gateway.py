"""SIGKILL of the gateway at any instant, again and again: every lead that was acknowledged lies in the inbox, whole.

`LEADSTREAM_KILLS` = how many of the 100, `LEADSTREAM_SEED` = which instants. A kill comes when the inbox has grown by an amount
drawn from the seed. It is a power loss too: of what the disk had not synced a part drawn from the seed is taken back, which
leaves torn lines.
"""

import http.client
import json
import os
import random
import signal
import threading
from pathlib import Path

import pytest
from forked import Runner

from connectors.inbox.reader import FollowReader

KILLS = min(100, int(os.environ.get("LEADSTREAM_KILLS") or 100))
SEED = int(os.environ.get("LEADSTREAM_SEED") or 1)
SENDERS = 4
SEGMENT_BYTES = 4000
PATH = "/v1/channels/web/leads"

pytestmark = pytest.mark.kills


class Sender(threading.Thread):
    """Sends leads of its own, one request after the other, and remembers which were acknowledged, until nobody answers."""

    def __init__(self, port: int, name: str, rng: random.Random) -> None:
        super().__init__(daemon=True)
        self.port = port
        self.prefix = name
        self.rng = rng
        self.acknowledged: list[str] = []

    def run(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        number = 0
        try:
            while True:
                ids = [f"{self.prefix}-{number + place}" for place in range(self.rng.choice((1, 1, 1, 7)))]
                number += len(ids)
                leads = [{"source_lead_id": one, "phone": "13912345678", "remark": "x" * 40} for one in ids]
                connection.request("POST", PATH, json.dumps(leads if len(leads) > 1 else leads[0]))
                answer = connection.getresponse()
                answer.read()
                if answer.status == 202:
                    self.acknowledged += ids
        except (OSError, http.client.HTTPException):
            return


@pytest.fixture
def runner(tmp_path):
    one = Runner(Path(__file__).with_name("runner_gateway.py"), tmp_path / "errors.txt")
    yield one
    one.close()


def size_of(inbox):
    return sum(file.stat().st_size for file in inbox.glob("*.jsonl"))


def note_synced(inbox, synced):
    """A start syncs what it finds."""
    for file in inbox.glob("*.jsonl"):
        (synced / file.name).write_bytes(file.stat().st_size.to_bytes(8, "big"))


def lose_power(inbox, synced, rng):
    """Take back a part of what was not synced; whether any of it was."""
    lost = False
    for file in inbox.glob("*.jsonl"):
        side = synced / file.name
        safe = int.from_bytes(side.read_bytes(), "big") if side.exists() else 0
        size = file.stat().st_size
        if size > safe:
            lost = True
            os.truncate(file, rng.randrange(safe, size + 1))
    return lost


def read(inbox):
    """Offsets and ids, as a run reads them."""
    reader, found = FollowReader(inbox, to_end=True), []
    assert len(reader.names()) == 1
    while records := reader.poll(0, 1000):
        found += [(record.offset, json.loads(record.raw)["source_lead_id"]) for record in records]
    return found


def test_every_acknowledged_lead_is_there(runner, tmp_path, capsys):
    inbox, synced = tmp_path / "in", tmp_path / "synced"
    synced.mkdir()
    losses = 0
    rng = random.Random(f"gateway/{SEED}")
    acknowledged: list[str] = []
    before: list[tuple[int, str]] = []
    for kill in range(KILLS):
        note_synced(inbox, synced)
        runner.start({"inbox": str(inbox), "segment_bytes": SEGMENT_BYTES, "synced": str(synced)})
        assert runner.until(lambda: runner.heard_at(), "the gateway"), runner.trace()
        senders = [Sender(int(runner.at), f"{kill}-{n}", random.Random(rng.random())) for n in range(SENDERS)]
        wanted = size_of(inbox) + rng.randrange(1, 6000)
        for sender in senders:
            sender.start()
        assert runner.until(lambda wanted=wanted: size_of(inbox) >= wanted, "new leads"), runner.trace()
        assert runner.kill() == -signal.SIGKILL, runner.trace()
        for sender in senders:
            sender.join()
            acknowledged += sender.acknowledged
        losses += lose_power(inbox, synced, rng)
        found = read(inbox)
        assert found[: len(before)] == before, "what a run has read keeps its place"
        assert [offset for offset, _ in found] == list(range(1, len(found) + 1))
        missing = set(acknowledged) - {one for _, one in found}
        assert not missing, f"kill {kill}: {len(missing)} acknowledged leads are not there"
        before = found
    assert len(acknowledged) > KILLS and len(list(inbox.glob("*.jsonl"))) > KILLS // 10
    assert losses > KILLS // 10, "the kills came where nothing was under way"
    with capsys.disabled():
        print(f"\nkills of the gateway: {KILLS}, {len(acknowledged)} leads acknowledged, {len(before)} in the inbox")
