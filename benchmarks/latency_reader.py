"""Process that reads outputs as others see them: `python -m benchmarks.latency_reader ORDER`.

A reader of committed records at the ends of the topics. It says "ready", notes when it got each record, and when its
standard input ends writes [time in ms, topic, value] of each to the file it was told.
"""

from __future__ import annotations

import gc
import json
import os
import select
import sys
import time
from pathlib import Path

import msgspec
from confluent_kafka import Consumer, TopicPartition


def main() -> None:
    """Read until told to end."""
    order = json.loads(sys.argv[1])
    consumer = Consumer(
        {
            "bootstrap.servers": os.environ["KAFKA_BOOTSTRAP_SERVERS"],
            "group.id": "benchmarks",
            "enable.auto.commit": False,
            "isolation.level": "read_committed",
        }
    )
    known = consumer.list_topics(timeout=30).topics
    places = [TopicPartition(topic, number) for topic in order["topics"] for number in known[topic].partitions]
    for place in places:
        place.offset = consumer.get_watermark_offsets(place, timeout=30)[1]
    consumer.assign(places)
    consumer.poll(1.0)
    gc.freeze()
    gc.disable()
    print("ready", flush=True)
    found: list[tuple[float, str, bytes]] = []
    while True:
        message = consumer.poll(0.5)
        if message is not None:
            now = time.time() * 1000
            assert message.error() is None, message.error()
            found.append((now, message.topic(), message.value() or b""))
        elif select.select([sys.stdin], [], [], 0)[0]:
            break
    consumer.close()
    Path(order["file"]).write_bytes(msgspec.msgpack.encode(found))


if __name__ == "__main__":
    main()
