"""A consumer of the output: the mark in force of every raw lead, corrections followed, repeats dropped.

    python examples/follow_output.py var/out             count the marks and end
    python examples/follow_output.py var/out --follow    print each change as it comes, until Ctrl-C
    python examples/follow_output.py kafka [--follow]    the same from the topic (KAFKA_BOOTSTRAP_SERVERS, LEADSTREAM_PREFIX)

After a crash the engine cuts a file to its sealed length and writes the rest again: what stood there comes back under the
same event ids, perhaps in another order between customers. A topic may hold a record twice if the network delivered what
a dead process had sent. Hence the two rules here: drop an event id that is known, and let the last record of a raw_id win.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

_TAIL_BYTES = 64 << 10


class Marks:
    """Marks in force, by raw_id. A real consumer keeps `seen`, `in_force` and the position in its own database."""

    def __init__(self, source: FileSource | TopicSource) -> None:
        self._source = source
        self.in_force: dict[str, dict[str, Any]] = {}
        self.seen: set[str] = set()

    def catch_up(self) -> list[dict[str, Any]]:
        """The dispositions that are new, corrections among them, in their order."""
        fresh = []
        for line in self._source.read():
            record = json.loads(line)
            if record["event_id"] not in self.seen:
                self.seen.add(record["event_id"])
                self.in_force[record["raw_id"]] = record  # the last record of a raw_id is in force, all fields repeated
                fresh.append(record)
        return fresh

    def counts(self) -> Counter[tuple[str, str]]:
        """(channel, mark) → raw leads, those of channels on trial (`shadow`) left out."""
        return Counter((r["channel"], r["mark"]) for r in self.in_force.values() if not r.get("shadow"))


class FileSource:
    """The lines of a file that grows, is cut and written again after a crash, and is closed under another name when full."""

    def __init__(self, output: Path) -> None:
        self.file = output / "dispositions.jsonl"
        self._followed: dict[int, tuple[int, bytes]] = {}
        """By the file's number on its disk, which stays when it is renamed: how far it was read, and what stood there last."""

    def read(self) -> list[bytes]:
        """The lines that came since the last call, closed segments first: dispositions.000001.jsonl, …, dispositions.jsonl."""
        closed = sorted(self.file.parent.glob("dispositions.*.jsonl*"))
        lines: list[bytes] = []
        followed: dict[int, tuple[int, bytes]] = {}
        for path in [*closed, self.file]:
            try:
                file = path.open("rb")
            except FileNotFoundError:
                if path == self.file and not closed:
                    raise
                continue  # renamed a moment ago: the next call finds it
            with file:
                number = os.fstat(file.fileno()).st_ino
                position, tail = followed.get(number) or self._followed.get(number, (0, b""))
                file.seek(position - len(tail))
                read = file.read()
                if not read.startswith(tail):  # cut after a crash: from the beginning, known events fall out above
                    position, tail = 0, b""
                    file.seek(0)
                    read = file.read()
            whole = read[len(tail) : read.rfind(b"\n") + 1]  # a line without its end is still being written
            followed[number] = position + len(whole), (tail + whole)[-_TAIL_BYTES:]
            lines.extend(whole.splitlines())
        self._followed.update(followed)
        return lines


class TopicSource:
    """The records of a topic, from its beginning. All of one customer lie in one partition, in order."""

    def __init__(self, bootstrap: str, topic: str) -> None:
        from confluent_kafka import Consumer, TopicPartition

        self._consumer = Consumer(
            {
                "bootstrap.servers": bootstrap,
                "group.id": "follow-output",
                "enable.auto.commit": False,
                "auto.offset.reset": "earliest",
                "isolation.level": "read_committed",  # an aborted transaction was never decided
                "enable.partition.eof": True,
            }
        )
        found = self._consumer.list_topics(topic, timeout=10).topics[topic]
        self._left = set(found.partitions)
        self._consumer.assign([TopicPartition(topic, number, 0) for number in found.partitions])

    def read(self) -> list[bytes]:
        """The records that came since the last call; the first call reads up to the end."""
        lines = []
        while True:
            messages = self._consumer.consume(1000, 1.0 if self._left else 0.1)
            for message in messages:
                if message.error() is None:
                    lines.append(message.value())
                else:  # the end of a partition; anything else comes again until the broker is well
                    self._left.discard(message.partition())
            if not messages and not self._left:
                return lines


def main(arguments: list[str]) -> int:
    """Count, or follow; returns the exit code."""
    if not arguments or set(arguments[1:]) - {"--follow"}:
        print("Usage: python examples/follow_output.py OUTPUT_FOLDER|kafka [--follow]", file=sys.stderr)
        return 2
    source: FileSource | TopicSource
    if arguments[0] == "kafka":
        bootstrap = os.environ.get("KAFKA_BOOTSTRAP_SERVERS", "127.0.0.1:9092")
        source = TopicSource(bootstrap, os.environ.get("LEADSTREAM_PREFIX", "leads.") + "dispositions")
    else:
        source = FileSource(Path(arguments[0]))
        if not source.file.exists():
            print(f"There is no {source.file}. Name the folder that `leadstream run --sink` wrote.", file=sys.stderr)
            return 1
    marks = Marks(source)
    marks.catch_up()
    by_mark: Counter[str] = Counter()
    for (_, mark), count in marks.counts().items():
        by_mark[mark] += count
    for mark, count in sorted(by_mark.items()):
        print(f"{mark:12} {count}")
    while "--follow" in arguments:
        for record in marks.catch_up():
            was = f", corrects {record['corrects']}" if "corrects" in record else ""
            print(f"{record['at']} {record['channel']}/{record['source_lead_id']}: {record['mark']}{was}", flush=True)
        time.sleep(1)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
