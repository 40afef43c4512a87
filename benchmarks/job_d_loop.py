"""Process of job D as a bare loop: `python -m benchmarks.job_d_loop ORDER`, figures as JSON on stdout.

The client and RocksDB with the engine's own options, nothing between them: consume, decode, multi-get, decide, one write
batch, produce the same records with the same keys and headers. Each second everything is flushed, then the offsets are
written beside the state: at least once. After a crash some leads are decided again, on rows that have seen them: their marks
are wrong. No log is synced: a power loss can take what was sent.
"""

from __future__ import annotations

import gc
import json
import os
import sys
import time
from pathlib import Path
from typing import Any, Final

import msgspec
from confluent_kafka import Consumer, Producer, TopicPartition

from benchmarks.job_d_rules import Row, decide, decode_lead, decode_row, encode_row
from benchmarks.processes import Marks, peak_mb
from operators.wire.streams import encode
from state.database import Database

_AT_ONCE: Final = 2_000
_SEALED_EACH_S: Final = 1.0
_offsets: Final = msgspec.msgpack.Encoder().encode


def main() -> None:
    """Run it."""
    order = json.loads(sys.argv[1])
    leads, marks = int(order["leads"]), Marks(int(order["warm"]))
    bootstrap = {"bootstrap.servers": os.environ["KAFKA_BOOTSTRAP_SERVERS"]}
    consumer = Consumer(
        {
            **bootstrap,
            "group.id": order["prefix"] + "loop",
            "enable.auto.commit": False,
            "queued.min.messages": 100_000,
            "fetch.wait.max.ms": 10,
        }
    )
    consumer.assign([TopicPartition(order["topic"], number, 0) for number in range(int(order["partitions"]))])
    refused: list[Any] = []
    producer = Producer(
        {
            **bootstrap,
            "enable.idempotence": True,
            "linger.ms": 5,
            "batch.size": 262_144,
            "queue.buffering.max.messages": 1_000_000,
            "delivery.report.only.error": True,
            "on_delivery": lambda error, _: refused.append(error),
        }
    )
    database = Database(Path(order["state"]))
    gc.freeze()
    gc.disable()
    _run(consumer, producer, database, order["prefix"] + "dispositions", leads, marks, refused)
    gc.enable()
    consumer.close()
    database.close()
    print(json.dumps({"points": marks.points, "peak_mb": peak_mb()}))


def _run(
    consumer: Any, producer: Any, database: Database, topic: str, leads: int, marks: Marks, refused: list[Any]
) -> None:
    produce = producer.produce
    done = number = 0
    offsets: dict[int, int] = {}
    sealed_at = time.monotonic()
    while done < leads:
        messages = consumer.consume(_AT_ONCE, 0.1)
        if not messages:
            continue
        done += len(messages)
        marks.saw(done)
        number += 1
        values = []
        for message in messages:
            assert message.error() is None, message.error()
            values.append(decode_lead(message.value()))
        keys = [message.key() for message in messages]
        for message in messages:
            offsets[message.partition()] = message.offset()
        wanted = list(dict.fromkeys(keys))
        rows: dict[bytes, Row | None] = {
            key: None if value is None else decode_row(value)
            for key, value in zip(wanted, database.get_many(wanted), strict=True)
        }
        out = []
        for key, lead in zip(keys, values, strict=True):
            rows[key], mark = decide(rows[key], lead)
            out.append((key, mark))
        batch = database.batch()
        for key, row in rows.items():
            batch.put(key, encode_row(row))
        database.write(batch)
        for place, (key, mark) in enumerate(out):
            headers = [("event_id", mark.event_id), ("sequence", b"0-%d-%d" % (number, place))]
            value = encode(mark)
            while True:
                try:
                    produce(topic, value, key, headers=headers)
                    break
                except BufferError:
                    producer.poll(0.1)
        producer.poll(0)
        if time.monotonic() - sealed_at >= _SEALED_EACH_S:
            sealed_at = time.monotonic()
            producer.flush()
            assert not refused, refused[0]
            database.put(b"offsets", _offsets(offsets))
    producer.flush()
    marks.note(done)
    assert not refused, refused[0]
    database.put(b"offsets", _offsets(offsets))


if __name__ == "__main__":
    main()
