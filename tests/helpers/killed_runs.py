"""Runs of the engine in processes between topics: their input, their order, what they left, and what two of them must share."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson
from broker import KafkaClient
from cleaning_scenario import cleaning_scenario
from delivery import at, decided, feeds, scenario
from kafka_case import CaseSettings, Reading, Row, compacted, create, ends, outputs_of, wait_settled
from oracle_reading import Line, kind_of_name, read_path

from connectors.demo.simulated import generate
from operators.wire.streams import STREAMS

RECORDS = 2500
LEADS = 1500
PARTITIONS = 2
"""Of every output topic."""

Rows = Mapping[str, list[Row]]
Event = tuple[bytes | None, bytes | None]
"""(key, value)."""


class Input:
    """Topics that runs read, and what is known of them."""

    def __init__(
        self,
        client: KafkaClient,
        prefix: str,
        lines: Mapping[str, list[bytes]],
        config: str = "",
        until: int | None = None,
        *,
        cleaning: bool = False,
    ) -> None:
        self.lines = lines
        """Name of a file or topic, which says its record type → records."""
        self.config = config
        """Path; "" = that of `delivery`, or of `cleaning_scenario`."""
        self.cleaning = cleaning
        self.until = until
        self.topics = {name: f"{prefix}in.{name}" for name in self.lines}
        create(client, dict.fromkeys(self.topics.values(), 1))
        for name, topic in self.topics.items():
            client.produce(topic, self.lines[name])
        self.kinds = [(topic, kind_of_name(name)) for name, topic in self.topics.items()]
        self.names = {name: f"{topic}-0-{client.topic_id(topic)}" for name, topic in self.topics.items()}

    def oracle_lines(self) -> list[Line]:
        """As the oracle reads them, under the names that a reader of topics gives them."""
        return [
            Line(self.names[name], number, kind_of_name(name) or "raw_lead", raw)
            for name, found in self.lines.items()
            for number, raw in enumerate(found)
        ]


def drawn(client: KafkaClient, prefix: str, folder: Path, seed: int) -> Input:
    """An input of its own per seed: of three one with cleaning, one without, and a generated folder, which is the one kind of
    long input that the oracle knows (it has `config`). The first two lie in one topic or in several that are read as one."""
    if seed % 3 == 2:
        generate(folder, leads=LEADS, seed=seed, days=30)
        found: dict[str, list[bytes]] = {}
        for line in read_path(folder):
            found.setdefault(Path(line.source).stem, []).append(line.raw)
        return Input(client, prefix, found, str(folder / "config.toml"))
    cleaning = seed % 3 == 1
    records = cleaning_scenario(seed) if cleaning else scenario(seed, RECORDS)
    apart = seed // 3 % 2 == 1
    return Input(client, prefix, feeds(records, apart=apart), until=at(22, 12), cleaning=cleaning)


class Killed:
    """A state and the topics that it writes."""

    def __init__(self, client: KafkaClient, given: Input, prefix: str, folder: Path, mode: str) -> None:
        self.client, self.given, self.folder, self.mode = client, given, folder, mode
        self.settings = CaseSettings(bootstrap=client.bootstrap, prefix=prefix)
        self.topics = outputs_of(self.settings, PARTITIONS)
        create(client, self.topics, compacted(self.settings))
        self.admin = client.admin()

    def order(self, **changes: Any) -> dict[str, Any]:
        """For tests/kills/runner_kafka.py."""
        order: dict[str, Any] = {
            "bootstrap": self.client.bootstrap,
            "prefix": self.settings.prefix,
            "inputs": self.given.kinds,
            "mode": self.mode,
            "transaction_ms": 20,
            "state": str(self.folder),
            "config": self.given.config,
            "cleaning": self.given.cleaning,
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

    def ends(self, *, committed: bool = False) -> dict[tuple[str, int], int]:
        """Where each partition ends."""
        return ends(self.admin, self.topics, committed=committed)

    def end(self) -> int:
        """Records in the topics, committed or not, with the marks of transactions."""
        return sum(self.ends().values())

    def has_open_transaction(self) -> bool:
        """Whether something lies in the topics that is neither committed nor aborted."""
        return self.ends() != self.ends(committed=True)

    def settle(self) -> None:
        """Wait for the marks of what was committed. Raises when a transaction was left open."""
        wait_settled(self.admin, self.topics)

    def rows(self, isolation: str = "read_committed") -> dict[str, list[Row]]:
        """Stream → records in the order of partitions."""
        reading = Reading(self.client, isolation)
        try:
            found = reading.rows(self.topics)
        finally:
            reading.close()
        return {stream: found[self.settings.output(stream)] for stream in STREAMS}

    def log_bytes(self) -> int:
        """Size of the database's log."""
        found = 0
        for file in self.folder.glob("db/*.log"):
            try:
                found += file.stat().st_size
            except FileNotFoundError:
                continue  # turned into a table a moment ago
        return found

    def decided(self) -> dict[bytes, dict[bytes, bytes]]:
        """The rows that say what was decided."""
        return decided(self.folder)


def per_event(rows: list[Row]) -> tuple[dict[bytes, Event], int]:
    """(event id → (key, value) in the order of the topic, how many stand there once more). One decided twice raises."""
    found: dict[bytes, Event] = {}
    again = 0
    for row in rows:
        assert row.event_id, f"a record without the header event_id: {row}"
        if row.value is not None:
            assert orjson.loads(row.value)["event_id"].encode() == row.event_id
        if row.event_id in found:
            assert found[row.event_id] == (row.key, row.value), f"{row.event_id!r} was decided twice, differently"
            again += 1
        else:
            found[row.event_id] = (row.key, row.value)
    return found, again


def by_subject(found: Mapping[bytes, Event]) -> dict[str, list[bytes]]:
    """Raw lead or unique lead → event ids in their order (docs/architecture.md, "Equal")."""
    order: dict[str, list[bytes]] = {}
    for event_id, (key, value) in found.items():
        if value is None:
            subject = (key or b"").decode()
        else:
            record = orjson.loads(value)
            subject = record.get("raw_id") if "mark" in record else record.get("unique_id")
        order.setdefault(subject or event_id.decode(), []).append(event_id)
    return order


def compared(ours: Rows, theirs: Rows) -> int:
    """Raises where the two differ in any record or in the order within a subject; returns the duplicates in ours."""
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
