"""Killed, or without power, before any step of a run that delivers to topics, on a broker in memory
(docs/architecture.md, "What must hold", 1 and 2).

Steps are every write and sync of the database, and every time the broker appends, acknowledges or commits something or is
asked where its partitions end.
"""

import shutil
import threading
from datetime import timedelta

import pytest
from crashes import named
from delivery import ALWAYS, Case, assert_same, at, lead, memory_reader, rows_of, stored
from fake_kafka import FakeKafka
from kafka_case import CaseSettings, outputs_of

from connectors.kafka.writing.sink import KafkaSink
from state import keys
from state.database import Database

UNTIL = at(5, 12)
NO_SEAL = timedelta(hours=1)
"""One epoch for the whole run: nothing is sealed before its end."""
STEPS = ("send", "acknowledge", "init", "commit", "ends")
PARTITIONS = 2


def short_input():
    """A night at a store with a rate, a late lead and a replay, a deal, an expiry, a deletion after retention."""
    night = [lead(f"n{i}", f"1391234500{i}", at(1, 20, i), "R1") for i in range(4)]
    return [
        lead("p0", "13812340000", at(1, 10)),
        *night,
        "{junk",
        lead("p1", "13812340000", at(1, 9, 30)),
        night[1],
        {"type": "activity", "activity_id": "a1", "kind": "PAID", "event_time": "2025-09-01T14:00:00Z",
         "phone": "13912345002", "store": "R1"},
        lead("n6", "13912345000", at(2, 9), "R1"),
        lead("p3", "13812340000", at(4, 10)),
    ]  # fmt: skip


def settings(mode):
    return CaseSettings(prefix="", mode=mode, transaction_ms=0, read=())


class Image:
    """State and topics before a step."""

    def __init__(self, number, step, folder, topics, synced):
        self.number, self.step, self.folder, self.topics, self.synced = number, step, folder, topics, synced

    def laid_out(self, folder, kafka, *, powerless):
        shutil.copytree(self.folder, folder)
        kafka.restore(self.topics)
        if powerless:  # the broker's machine has kept its own
            for log in (folder / "db").glob("*.log"):
                with log.open("r+b") as file:
                    file.truncate(self.synced.get(log.name, 0))


def straight_with_images(folder, mode, epoch, late, monkeypatch):
    """(images, streams, rows): a run to the end and what it looked like before each of its steps."""
    kafka = fresh(mode)
    kafka.installed(monkeypatch)
    lock, synced, found = threading.RLock(), {}, []

    def step(name):
        with lock:
            place = folder / "images" / f"{len(found):04d}"
            shutil.copytree(folder / "state", place, ignore=shutil.ignore_patterns("LOCK", "LOG*", "HOLDER"))
            found.append(Image(len(found), name, place, kafka.image(), dict(synced)))

    def on_call(name):
        if name == "send" and late:  # the broker takes at once and acknowledges every third time
            kafka.answers = kafka.calls.count("send") % 3 == 0
        if name in STEPS:
            step(name)

    write, sync = Database.write, Database.sync

    def on_write(self, batch):
        with lock:
            step("database write")
            return write(self, batch)

    def on_sync(self):
        with lock:
            step("sync")
            sync(self)
            synced.update({log.name: log.stat().st_size for log in (folder / "state" / "db").glob("*.log")})

    kafka.before = on_call
    with monkeypatch.context() as patch:
        patch.setattr(Database, "write", on_write)
        patch.setattr(Database, "sync", on_sync)
        go_on(folder / "state", mode, epoch)
    kafka.before = lambda name: None
    return found, streams_of(kafka), decided(folder / "state")


def fresh(mode):
    kafka = FakeKafka()
    for topic in outputs_of(settings(mode), 1):
        kafka.create(topic, PARTITIONS)
    return kafka


def go_on(folder, mode, epoch=ALWAYS):
    case = Case(folder, shards=2)
    case.sink = KafkaSink(settings(mode))
    case.run(memory_reader(short_input(), poll_limit=3), until=UNTIL, epoch=epoch)
    return case.sink


def streams_of(kafka):
    return {name: [entry.value for entry in kafka.records(name) if entry.value is not None] for name in kafka.topics}


def decided(folder):
    rows = stored(folder)
    spaces = (keys.CUSTOMER, keys.STORE, keys.TIMER, keys.MEMBER, keys.ORDER, keys.HOP, keys.COUNTS, keys.CAMPAIGNS)
    return {space: rows_of(rows, space) for space in spaces}


@pytest.mark.sampled(1, each=("mode", "epoch", "late", "every"))
@pytest.mark.parametrize("powerless", [False, True], ids=["killed", "powerless"])
@pytest.mark.parametrize(
    ("epoch", "late", "every"),
    [
        pytest.param(ALWAYS, False, 1, id="sealed", marks=pytest.mark.slow),
        pytest.param(ALWAYS, False, 4, id="sealed, some"),
        pytest.param(ALWAYS, True, 3, id="unanswered"),
        pytest.param(NO_SEAL, False, 3, id="unsealed"),
    ],
)
@pytest.mark.parametrize("mode", ["once", "transactional"])
def test_every_crash_point(tmp_path, monkeypatch, mode, epoch, late, every, powerless):
    """Nothing lost, nothing twice; and what was read back is what the outbox sends again, all of it."""
    taken, expected, rows = straight_with_images(tmp_path, mode, epoch, late, monkeypatch)
    assert len(taken) > 50 and {"send", "database write", "sync"} <= {image.step for image in taken}
    plain = Case(tmp_path / "plain", shards=2)
    plain.run(memory_reader(short_input(), poll_limit=3), until=UNTIL)
    assert_same(expected, plain.sink.streams)
    read_back = 0
    for image in taken[::every]:
        folder = tmp_path / f"{image.number}"
        kafka = fresh(mode)
        kafka.installed(monkeypatch)
        image.laid_out(folder, kafka, powerless=powerless)
        with named(image):
            sink = go_on(folder, mode)
            ids = [name for topic in kafka.topics for name in kafka.ids(topic)]
            assert len(ids) == len(set(ids)), "seen twice"
            assert_same(streams_of(kafka), expected)
            assert decided(folder) == rows
            assert sink._delivered is None, "read back, and no outbox row had it"
            read_back += sink.read_back
            shutil.rmtree(folder)
    assert read_back, "no crash left anything to be read back"
