"""Engines over the real broker: topics of a test's own, runs in the foreground and beside the test, what the topics hold.

case = KafkaCase(broker, prefix, folder)      topics exist, as `leadstream topics --apply` makes them
case.give(scenario(1, 500))                   records in their input topics
case.run()                                    by the event clock to the end of what the topics hold
going = case.start(); ...; going.stop()       beside the test; `going.fault(deadline_s)` = what stopped it
case.assert_as_straight()                     the topics hold what a run without any trouble decides
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import re
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from broker import ANSWER_S, Broker, KafkaClient
from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AlterConfigOpType, ConfigEntry, ConfigResource, NewPartitions, NewTopic
from delivery import TABLES, Record, assert_no_event_twice, assert_same, lead
from kafka_case import wait_settled
from waiting import wait_until

from connectors.kafka.broker import Topics
from connectors.kafka.reading import reader
from connectors.kafka.reading.reader import KafkaReader
from connectors.kafka.settings import TRANSACTIONAL, KafkaSettings
from connectors.kafka.topics.upkeep import apply, connect
from connectors.kafka.writing.sink import KafkaSink
from connectors.memory import MemorySink
from flows.engine import Engine, Options
from flows.run import run
from operators.config.configuration import from_tables
from operators.wire.streams import STREAMS
from scripts.kafka import tool_command
from state.errors import LeadstreamError

DEADLINE_S = 180.0
"""Only ever waited for in full by a test that fails: a broker that is started anew takes a minute on a busy machine."""
SECRET = {"LEADSTREAM_ONE_ID_SECRET": "a secret of the tests on Kafka"}
_SMALL_BATCHES = {"batch.num.messages": 50, "linger.ms": 1}
"""A broker hands out whole batches: with large ones a consumer would have everything at once."""
EPOCH = timedelta(milliseconds=50)
"""Short, so that much lies before and behind a seal."""


class KafkaCase:
    """Topics, a state and the settings of the runs that share them."""

    def __init__(
        self,
        broker: KafkaClient,
        prefix: str,
        folder: Path,
        *,
        partitions: int = 2,
        shards: int = 4,
        tables: Mapping[str, Any] = TABLES,
        **settings: Any,
    ) -> None:
        self.broker = broker
        self.prefix = prefix
        self.folder = folder
        self.shards = shards
        self.configuration = from_tables(dict(tables), environ=SECRET)
        self.settings = KafkaSettings(
            bootstrap=broker.bootstrap, prefix=prefix, group=f"{prefix}group", partitions=partitions, **settings
        )
        apply(self.settings, connect(self.settings))
        for topic in self.topics():
            broker.wait_for(topic, partitions)

    def topics(self) -> list[str]:
        """All of them, inputs first."""
        return [topic for topic, _ in (*self.settings.inputs, *self.settings.outputs)]

    def change(self, **settings: Any) -> None:
        """Other settings from the next run on."""
        self.settings = dataclasses.replace(self.settings, **settings)

    # --- input

    def give(self, records: Iterable[Record | str]) -> int:
        """Each record to the topic of its type, with its phone as the key; how many."""
        values: dict[str, list[bytes]] = {}
        names: dict[str, list[bytes | None]] = {}
        for record in records:
            activity = isinstance(record, dict) and record.get("type") == "activity"
            topic = self.prefix + ("activity" if activity else "raw")
            values.setdefault(topic, []).append(record.encode() if isinstance(record, str) else _json(record))
            phone = record.get("phone") if isinstance(record, dict) else None
            names.setdefault(topic, []).append(str(phone).encode() if phone is not None else None)
        producer = Producer({**self.broker.common(), "max.in.flight.requests.per.connection": 1, **_SMALL_BATCHES})
        refused: list[Any] = []
        for topic, lines in values.items():
            for key, value in zip(names[topic], lines, strict=True):
                producer.produce(
                    topic, value, key, on_delivery=lambda error, _: refused.extend([error] if error else [])
                )
        wait_until(lambda: producer.flush(1) == 0, DEADLINE_S, "the broker's taking of the records")
        assert not refused, refused
        return sum(map(len, values.values()))

    def ends(self) -> dict[tuple[str, int], int]:
        """Where each partition of the input topics ends."""
        topics = [topic for topic, _ in self.settings.inputs]
        return Topics(self.settings).ends((topic, one) for topic in topics for one in self.broker.partitions(topic))

    # --- runs

    def engine(
        self,
        *,
        to_end: bool = True,
        until: int | None = None,
        state: str = "state",
        sink: Any = None,
        clock_moved: bool = False,
        **settings: Any,
    ) -> Engine:
        """An opened engine: by the event clock to the end of the topics, or by the wall's until it is stopped."""
        used = dataclasses.replace(self.settings, **settings)
        return Engine(
            self.configuration,
            KafkaReader(used, to_end=to_end),
            sink or KafkaSink(used),
            Options(
                self.folder / state, event_clock=to_end, until_ms=until, shards=self.shards, clock_moved=clock_moved
            ),
        )

    def run(self, *, until: int | None = None, epoch: timedelta = EPOCH, **settings: Any) -> Engine:
        """A run to its end."""
        engine = self.engine(until=until, **settings)
        run(engine, epoch=epoch)
        return engine

    def start(self, *, to_end: bool = True, until: int | None = None, **settings: Any) -> Going:
        """A run beside the test."""
        return Going(self.engine(to_end=to_end, until=until, **settings))

    # --- output

    def outputs(self) -> dict[str, list[bytes]]:
        """What a reader of committed records finds in the topics, without the nulls of what was deleted."""
        self._settle()
        with ThreadPoolExecutor(len(STREAMS)) as at_once:  # each waits for its consumer more than it works
            found = at_once.map(self.broker.records, map(self.settings.output, STREAMS))
            return {
                name: [one.value for one in records if one.value is not None]
                for name, records in zip(STREAMS, found, strict=True)
            }

    def stream(self, name: str) -> list[dict[str, Any]]:
        """One stream, decoded."""
        self._settle()
        return [json.loads(one.value) for one in self.broker.records(self.settings.output(name)) if one.value]

    def _settle(self) -> None:
        """A commit is answered before the partitions hold its markers: until then a reader is shown less."""
        if self.settings.mode == TRANSACTIONAL:
            wait_settled(self.broker.admin(), {topic: self.settings.partitions for topic, _ in self.settings.outputs})

    def straight(self, until: int | None = None) -> dict[str, list[bytes]]:
        """What a run without any trouble decides on the same topics."""
        sink = MemorySink()
        name = f"straight-{len(list(self.folder.glob('straight-*')))}"
        run(self.engine(until=until, state=name, sink=sink, group=f"{self.prefix}straight"))
        return sink.streams

    def assert_as_straight(self, until: int | None = None) -> None:
        """The same records, each once, those of one unique lead or raw lead in the same order."""
        found, expected = self.outputs(), self.straight(until)
        assert sum(map(len, expected.values())), "a straight run that decides nothing shows nothing"
        assert_same(found, expected)
        assert_one_disposition_in_force(map(json.loads, found["dispositions"]))

    def thaw(self) -> None:
        """The broker goes on, or is started again; returns when it knows the topics."""
        assert isinstance(self.broker, Broker)
        self.broker.ensure()
        wait_until(self._takes_orders, ANSWER_S, "the controller")

    def _takes_orders(self) -> bool:
        # A thawed broker is fenced for a moment; a client that asks just then waits for a controller for minutes.
        admin, name = self.broker.admin(), f"{self.prefix}thawed"
        with contextlib.suppress(TimeoutError, KafkaException):
            admin.create_topics([NewTopic(name, 1, 1)])[name].result(3)
            return True
        return False

    # --- what operators do to topics

    def delete_and_create(self, topic: str) -> None:
        """The same name, another topic."""
        self.broker.delete(topic)
        apply(self.settings, connect(self.settings))
        self.broker.wait_for(topic, self.settings.partitions)

    def abort_left_behind(self, fault: LeadstreamError) -> None:
        """What the fault of a start says to do with transactions that nobody has ended."""
        said = re.search(r"`kafka-transactions.sh (.*?)`", fault.action)
        assert said, fault
        for topic, number, at in re.findall(r"(\S+)-(\d+) from offset (\d+)", fault.message):
            words = said[1].split()
            for option, value in (("--topic", topic), ("--partition", number), ("--start-offset", at)):
                words[words.index(option) + 1] = value
            subprocess.run(tool_command("kafka-transactions", words), check=True, timeout=ANSWER_S)

    def forget(self, topic: str, partition: int, before: int) -> None:
        """Retention takes every record before this offset."""
        admin = self.broker.admin()
        for future in admin.delete_records([TopicPartition(topic, partition, before)]).values():
            future.result(ANSWER_S)

    def widen(self, topic: str, partitions: int) -> None:
        """Add partitions."""
        admin = self.broker.admin()
        admin.create_partitions([NewPartitions(topic, partitions)])[topic].result(ANSWER_S)
        self.broker.wait_for(topic, partitions)

    def alter(self, topic: str, key: str, value: str) -> None:
        """Change a topic's configuration; returns when the broker shows it."""
        admin = self.broker.admin()
        entry = ConfigEntry(key, value, incremental_operation=AlterConfigOpType.SET)
        resource = ConfigResource(ConfigResource.Type.TOPIC, topic, incremental_configs=[entry])
        admin.incremental_alter_configs([resource])[resource].result(ANSWER_S)

        def shown() -> bool:
            asked = ConfigResource(ConfigResource.Type.TOPIC, topic)
            return bool(admin.describe_configs([asked])[asked].result(ANSWER_S)[key].value == value)

        wait_until(shown, ANSWER_S, f"{key} = {value} of {topic}")


class Going:
    """An engine that runs beside the test."""

    def __init__(self, engine: Engine, epoch: timedelta = EPOCH) -> None:
        self.engine = engine
        self.raised: BaseException | None = None
        self._thread = threading.Thread(target=self._run, args=(epoch,), name="engine", daemon=True)
        self._thread.start()

    def _run(self, epoch: timedelta) -> None:
        try:
            run(self.engine, epoch=epoch)
        except BaseException as error:
            self.raised = error

    @property
    def runs(self) -> bool:
        return self._thread.is_alive()

    def decided(self, least: int, deadline_s: float = DEADLINE_S) -> None:
        """Until so many records were decided."""
        self.until(lambda: self.engine.meters.leads >= least, f"{least} decided records", deadline_s)

    def until(self, condition: Callable[[], Any], what: str, deadline_s: float = DEADLINE_S) -> None:
        """Until the condition holds; the engine must still run by then."""
        wait_until(lambda: condition() or not self.runs, deadline_s, what)
        if not condition():
            raise AssertionError(f"the engine ended before {what}: {self.raised!r}") from self.raised

    def caught_up(self, case: KafkaCase) -> None:
        """Until a seal covers all that the input topics hold and all that was decided."""
        ends = case.ends()
        self.until(lambda: self._sealed_to(ends), "a seal of everything")

    def _sealed_to(self, ends: Mapping[tuple[str, int], int]) -> bool:
        progress = self.engine.progress
        read = {
            (one["topic"], int(name.removeprefix(one["topic"]).split("-")[1])): one["next"]
            for name, one in self._position()
        }
        sent = progress.is_idle() and progress.all_handed() and list(progress.handed) == list(progress.covered)
        return sent and all(read.get(place, 0) == end for place, end in ends.items())

    def _position(self) -> Iterable[tuple[str, dict[str, Any]]]:
        return dict(self.engine.seal_row.position.get("reader", {})).items()

    def unsent(self) -> int:
        """Records that the client holds."""
        return len(self.engine.sink._producer)  # type: ignore[attr-defined]

    def stands_still(self, looks: int = 50) -> None:
        """Until so many looks in a row show no further decision and nothing further sent."""
        seen = [(-1, -1)] * looks

        def still() -> bool:
            seen.append((self.engine.meters.leads, sum(self.engine.core.emitted)))
            return len(set(seen[-looks:])) == 1

        self.until(still, "a standstill")

    def stop(self, deadline_s: float = DEADLINE_S) -> None:
        """Ask for a stop and wait for it; raises what the run raised."""
        self.engine.stop()
        self.end(deadline_s)

    def end(self, deadline_s: float = DEADLINE_S) -> None:
        """Wait for the end of the run; raises what it raised."""
        wait_until(lambda: not self.runs, deadline_s, "the end of the run")
        if self.raised is not None:
            raise self.raised

    def gives_up_after(self, seconds: float) -> None:
        """From now on: before a broker is away, a busy one may take longer than a test wants to wait."""
        object.__setattr__(self.engine.sink._settings, "give_up_s", seconds)  # type: ignore[attr-defined]

    def fault(self, deadline_s: float = DEADLINE_S) -> LeadstreamError:
        """What stops the run, within the deadline."""
        wait_until(lambda: not self.runs, deadline_s, "the stop of the run")
        assert isinstance(self.raised, LeadstreamError), f"no fault stopped the run: {self.raised!r}"
        return self.raised


def resident_bytes() -> int:
    """Of this process, its engine and clients."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def fetch_little(monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on readers hold a few hundred records: most of the input is still at the broker when it goes away."""

    def little(config: dict[str, Any], **more: Any) -> Consumer:
        little = {"fetch.message.max.bytes": 16 << 10, "queued.max.messages.kbytes": 32, "queued.min.messages": 100}
        return Consumer({**config, **little}, **more)

    monkeypatch.setattr(reader, "Consumer", little)


# --- what the topics must say


def assert_one_disposition_in_force(dispositions: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Every raw lead has exactly one disposition that no later one corrects; raw id → its mark."""
    found = list(dispositions)
    corrected = Counter(one["corrects"] for one in found if "corrects" in one)
    assert not [one for one, count in corrected.items() if count > 1], "a disposition is corrected once"
    in_force = [one for one in found if one["event_id"] not in corrected]
    assert not corrected.keys() - {one["event_id"] for one in found}, "what is corrected was sent before"
    counts = Counter(one["raw_id"] for one in in_force)
    assert not [raw for raw, count in counts.items() if count > 1], "a raw lead has one disposition in force"
    assert counts.keys() == {one["raw_id"] for one in found}, "a raw lead has a disposition in force"
    return {one["raw_id"]: one["mark"] for one in in_force}


class Leads:
    """Raw leads for runs by the wall clock: each another customer's, decided as it comes."""

    def __init__(self, case: KafkaCase) -> None:
        self._case = case
        self.ids: list[str] = []

    def give(self, count: int, **more: Any) -> None:
        """So many further ones, acknowledged by the broker when this returns."""
        now = time.time_ns() // 1_000_000
        first = len(self.ids)
        records: list[Record | str] = [
            lead(f"w{number}", f"139{number:08d}", now, "A1", **more) for number in range(first, first + count)
        ]
        self.ids += [f"w{number}" for number in range(first, first + count)]
        self._case.give(records)

    @contextlib.contextmanager
    def given_beside(self, count: int, at_once: int = 50) -> Iterator[None]:
        """So many further ones by a thread, while the test does something else; all are acknowledged at the end."""
        raised: list[BaseException] = []

        def give() -> None:
            try:
                for _ in range(count // at_once):
                    self.give(at_once)
            except BaseException as error:
                raised.append(error)

        thread = threading.Thread(target=give, name="leads", daemon=True)
        thread.start()
        yield
        thread.join(DEADLINE_S)
        assert not thread.is_alive(), "the leads were not taken by the broker"
        if raised:
            raise raised[0]

    def assert_each_once(self) -> None:
        assert_each_once(self._case, self.ids)


def assert_each_once(case: KafkaCase, source_ids: Sequence[str]) -> None:
    """For runs by the wall clock: each of these leads was decided, none twice, and no event id stands twice."""
    found = case.outputs()
    assert_no_event_twice(found)
    dispositions = [json.loads(line) for line in found["dispositions"]]
    assert_one_disposition_in_force(dispositions)
    counts = Counter(one["source_lead_id"] for one in dispositions if "corrects" not in one)
    missing = [one for one in source_ids if not counts[one]]
    assert not missing, f"{len(missing)} of {len(source_ids)} leads were never decided: {missing[:3]}"
    assert len(counts) == len(source_ids) and set(counts.values()) == {1}


# --- the command, with limits of the test's own


def command(
    case: KafkaCase, checkout: Path, *arguments: str, limits: Mapping[str, float] | None = None, **kafka: Any
) -> subprocess.Popen[bytes]:
    """`leadstream run` between the case's topics in a process of its own; its words go to the file `said`."""
    case.folder.mkdir(exist_ok=True)
    table = {
        "prefix": case.prefix,
        "group": case.settings.group,
        "mode": case.settings.mode,
        "give_up_s": case.settings.give_up_s,
        **kafka,
    }
    config = case.folder / "c.toml"
    config.write_text(toml({**case.configuration.tables, "kafka": table}), encoding="utf-8")
    patch = "".join(f"limits.{name} = {value!r}; " for name, value in (limits or {}).items())
    program = (
        f"import sys; from state import limits; {patch}from leadstream.commands.main import main; sys.exit(main())"
    )
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("LEADSTREAM", "KAFKA"))}
    environ = {**kept, **SECRET, "PYTHONPATH": str(checkout), "KAFKA_BOOTSTRAP_SERVERS": case.broker.bootstrap}
    words = ("run", "--config", str(config), "--source", "kafka", "--sink", "kafka", "--metrics", "127.0.0.1:0")
    with (case.folder / "said").open("wb") as said:
        return subprocess.Popen(
            [sys.executable, "-c", program, *words, "--state", str(case.folder / "state"), *arguments],
            cwd=case.folder,
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=subprocess.STDOUT,
        )


def toml(tables: Mapping[str, Any]) -> str:
    """Nested tables of plain values as TOML."""
    lines: list[str] = []

    def write(path: tuple[str, ...], table: Mapping[str, Any]) -> None:
        if path:
            lines.append(f"[{'.'.join(path)}]")
        lines.extend(f"{k} = {json.dumps(v)}" for k, v in table.items() if not isinstance(v, Mapping))
        for key, value in table.items():
            if isinstance(value, Mapping):
                write((*path, key), value)

    write((), tables)
    return "\n".join(lines) + "\n"


def _json(record: Record) -> bytes:
    return json.dumps(record, ensure_ascii=False).encode()
