"""SIGKILL at any instant between Kafka and Kafka: nothing lost, nothing decided twice, and what a reader of the topics sees.

`LEADSTREAM_KILLS` = how many (300), `LEADSTREAM_SEED` = which inputs and which instants. Modes take turns input by input.
Each kill comes only after something new was decided: the output topics, then the database's log, grew by amounts drawn
from the seed. An input is compared with its straight run, and with the oracle where that knows the input.
"""

import os
import random
import signal
import shutil
import statistics
import tomllib
from pathlib import Path

import orjson
import pytest
from delivery import at, rows_of, scenario, stored
from differ import beside_oracle
from forked import Runner
from kafka_case import CaseSettings, Follower, Reading, compacted, create, ends, outputs_of
from oracle_reading import Line, kind_of_name, read_path

from connectors.simulated import generate
from operators.configuration import load
from operators.streams import STREAMS
from state import keys

KILLS = int(os.environ.get("LEADSTREAM_KILLS") or 300)
SEED = int(os.environ.get("LEADSTREAM_SEED") or 1)
RECORDS = 2500
LEADS = 1500
KILLS_PER_INPUT = 30
PARTITIONS = 2
FIRST_OUTPUT_WITHIN_S = 2.0
NOISE = 3

pytestmark = [pytest.mark.kills_kafka]


class Input:
    """Topics that runs read, and what is known of them."""

    def __init__(self, client, prefix, folder, seed):
        self.lines = {}
        self.config = ""
        self.until = at(22, 12)
        if seed % 3 == 2:  # a generated folder: the one kind of long input that the oracle agrees with
            generate(folder, leads=LEADS, seed=seed, days=30)
            self.config = str(folder / "config.toml")
            self.until = None
            for line in read_path(folder):
                self.lines.setdefault(Path(line.source).stem, []).append(line.raw)
        else:
            found = [r.encode() if isinstance(r, str) else orjson.dumps(r) for r in scenario(seed, RECORDS)]
            acts = [line for line in found if b'"activity"' in line] if seed % 3 else []
            self.lines["raw_leads"] = [line for line in found if line not in acts] if acts else found
            if acts:
                self.lines["activity"] = acts
        self.topics = {name: f"{prefix}in.{name}" for name in self.lines}
        create(client, dict.fromkeys(self.topics.values(), 1))
        for name, topic in self.topics.items():
            client.produce(topic, self.lines[name])
        self.kinds = [(topic, kind_of_name(name)) for name, topic in self.topics.items()]
        self.names = {name: f"{topic}-0-{client.topic_id(topic)}" for name, topic in self.topics.items()}

    def oracle_lines(self):
        """As the oracle reads them, under the names that a reader of topics gives them."""
        return [
            Line(self.names[name], number, kind_of_name(name), raw)
            for name, found in self.lines.items()
            for number, raw in enumerate(found)
        ]


class Case:
    """A state and the topics that it writes."""

    def __init__(self, client, given, prefix, folder, mode):
        self.client, self.given, self.folder, self.mode = client, given, folder, mode
        self.settings = CaseSettings(bootstrap=client.bootstrap, prefix=prefix)
        self.topics = outputs_of(self.settings, PARTITIONS)
        create(client, self.topics, compacted(self.settings))
        self.admin = client.admin()

    def order(self, **changes):
        order = {
            "bootstrap": self.client.bootstrap,
            "prefix": self.settings.prefix,
            "inputs": self.given.kinds,
            "mode": self.mode,
            "transaction_ms": 20,
            "state": str(self.folder),
            "config": self.given.config,
            "until": self.given.until,
            "poll": 10,
            "epoch_ms": 50,
            "limits": {},
            "place": "",
            "number": 0,
            "signal": 0,
        }
        assert changes.keys() <= order.keys()
        return {**order, **changes}

    def end(self):
        """Records in the topics, committed or not, with the marks of transactions."""
        return sum(ends(self.admin, self.topics).values())

    def rows(self, isolation="read_committed"):
        """Stream → records in the order of partitions."""
        reading = Reading(self.client, isolation)
        try:
            found = reading.rows(self.topics)
        finally:
            reading.close()
        return {stream: found[self.settings.output(stream)] for stream in STREAMS}

    def log_bytes(self):
        found = 0
        for file in self.folder.glob("db/*.log"):
            try:
                found += file.stat().st_size
            except FileNotFoundError:
                continue  # turned into a table a moment ago
        return found

    def decided(self):
        """The rows that say what was decided."""
        rows = stored(self.folder)
        spaces = (keys.CUSTOMER, keys.STORE, keys.TIMER, keys.RELEASE, keys.HOP, keys.COUNTS)
        return {space: rows_of(rows, space) for space in spaces}


def per_event(rows):
    """(event id → (key, value)), the duplicates left out and counted: the same record twice, and in its first place."""
    found, again = {}, 0
    for row in rows:
        assert row.event_id, f"a record without the header event_id: {row}"
        if row.value is not None:
            assert orjson.loads(row.value)["event_id"].encode() == row.event_id
        if row.event_id in found:
            assert found[row.event_id] == (row.key, row.value), f"{row.event_id} was decided twice, differently"
            again += 1
        else:
            found[row.event_id] = (row.key, row.value)
    return found, again


def by_subject(found):
    """Raw lead or unique lead → event ids in their order (architecture 3, "Equal")."""
    order = {}
    for event_id, (key, value) in found.items():
        if value is None:
            subject = key.decode()
        else:
            record = orjson.loads(value)
            subject = record.get("raw_id") if "mark" in record else record.get("unique_id")
        order.setdefault(subject or event_id, []).append(event_id)
    return order


def compared(ours, theirs):
    """Raises where the two differ in any record or in the order within a key; returns the duplicates in ours."""
    doubled = 0
    for stream in STREAMS:
        expected, twice = per_event(theirs[stream])
        assert not twice, "the straight run has none"
        found, again = per_event(ours[stream])
        lost = [name for name in expected if name not in found]
        more = [name for name in found if name not in expected]
        other = [name for name in expected if name in found and found[name] != expected[name]]
        assert not (lost or more or other), (
            f"{stream}: lost {len(lost)} {lost[:3]}, decided beyond the straight run {len(more)} {more[:3]}, "
            f"otherwise {len(other)} {[(found[name], expected[name]) for name in other[:1]]}"
        )
        assert by_subject(found) == by_subject(expected), f"{stream}: another order within a subject"
        doubled += again
    return doubled


@pytest.fixture
def runner(memory_path):
    runner = Runner(Path(__file__).with_name("runner_kafka.py"), memory_path / "errors.txt")
    yield runner
    runner.close()


@pytest.fixture
def build(session_broker, memory_path, prefix):
    """build(seed, mode) → a case of an input of this seed, and its straight run's."""
    numbers = iter(range(10**6))

    def made(runner, seed, mode):
        number = next(numbers)
        name = f"{prefix}{number}."
        given = Input(session_broker, name, memory_path / f"{number}-in", seed)
        straight, case = (
            Case(session_broker, given, f"{name}{which}.", memory_path / f"{number}-{which}", which_mode)
            for which, which_mode in (("straight", "once"), ("killed", mode))
        )
        runner.start(straight.order())
        assert runner.wait() == 0, runner.trace()
        return straight, case

    def remove(case):
        session_broker.delete(*session_broker.topics(case.settings.prefix.rpartition("killed.")[0]))

    made.remove = remove
    return made


def killed_again_and_again(runner, case, rng, kills, total, follower):
    """One input to its end; returns the kills made and what each start took until its first new output."""
    made, first_s, seen = 0, [], 0
    step = 2 * total // KILLS_PER_INPUT
    while True:
        follower.catch_up(ends(case.admin, case.topics, committed=True))
        began = follower.arm()
        runner.start(case.order(poll=rng.choice((3, 10, 40)), epoch_ms=rng.choice((0, 5, 50)), transaction_ms=rng.choice((10, 50))))
        if made < kills:
            wanted = seen + rng.randrange(1, step)
            more = rng.randrange(40_000) if rng.random() < 0.7 else 0
            if runner.until(lambda: case.end() >= wanted and follower.first is not None, "new output"):
                log = case.log_bytes()
                if runner.until(lambda log=log, more=more: not log <= case.log_bytes() < log + more, "a new decision"):
                    status = runner.kill()
                    assert status in (-signal.SIGKILL, 0), runner.trace()
                    seen = max(seen, case.end())
                    first_s.append(follower.first - began)
                    if status:
                        made += 1
                        continue
        if runner.wait() == 0:
            return made, first_s
        raise AssertionError(f"the run ended with {runner.ended}\n{runner.trace()}")


def test_killed_again_and_again_it_comes_to_the_same(runner, build, capsys):
    made = number = 0
    first_s = {"once": [], "transactional": []}
    doubled = dict.fromkeys(first_s, 0)
    while made < KILLS:
        seed = SEED * 1000 + number
        mode = ("once", "transactional")[number % 2]
        straight, case = build(runner, seed, mode)
        expected = straight.rows()
        text = b"\n".join(row.value for name in ("holds", "dispositions", "closings") for row in expected[name])
        for word in (b'"HOURS"' if case.given.config else b'"RATE"', b'"corrects"', b'"MERGE_EXPIRED"'):
            assert word in text, f"{word} is not in play"
        follower = Follower(case.client, case.topics)
        try:
            kills = min(KILLS_PER_INPUT, KILLS - made)
            rng = random.Random(f"kills/{seed}")
            now, taken = killed_again_and_again(runner, case, rng, kills, straight.end(), follower)
        finally:
            follower.close()
        assert now, "no kill was made"
        made += now
        found = case.rows()
        again = compared(found, expected)
        doubled[mode] += again
        first_s[mode] += taken
        assert case.decided() == straight.decided()
        oracle = ""
        if case.given.config:
            decoded = {name: [orjson.loads(row.value) for row in rows if row.value] for name, rows in found.items()}
            path = Path(case.given.config)
            tables, secret = tomllib.loads(path.read_text()), load(path).secret
            differing = beside_oracle(tables, secret, case.given.oracle_lines(), decoded, case.given.until)
            assert not differing, differing[:10]
            oracle = ", and the oracle's"
        number += 1
        with capsys.disabled():
            print(
                f"\nkills on Kafka: {made} of {KILLS}, input {number} (seed {seed}, {mode}): the same{oracle}; "
                f"{again} records twice",
                end="",
            )
        build.remove(case)
        for one in (straight, case):
            shutil.rmtree(one.folder)
    figures = {mode: said(found) for mode, found in first_s.items() if found}
    with capsys.disabled():
        for mode, words in figures.items():
            print(f"\nkills on Kafka: {mode}: from a start to its first new output in the topics, {words}", end="")
        print(f"\nkills on Kafka: {doubled}")
    assert not doubled["transactional"], "a reader of committed records saw something twice"
    assert max(max(found) for found in first_s.values() if found) < NOISE * FIRST_OUTPUT_WITHIN_S, figures


def said(seconds):
    """p50 and max in words."""
    return f"p50 {statistics.median(seconds) * 1000:.0f} ms, max {max(seconds) * 1000:.0f} ms ({len(seconds)} starts)"
