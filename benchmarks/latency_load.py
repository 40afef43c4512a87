"""Process that sends leads by the clock: `python -m benchmarks.latency_load ORDER`, what it did as JSON on stdout.

Every lead is rendered before the first is sent, with the time of its turn as event time, and goes out at that time, however
slow the rest is: an open loop. It shares nothing with what is measured but the machine.
"""

from __future__ import annotations

import gc
import json
import os
import sys
import time
from random import Random
from typing import Any, Final

from confluent_kafka import Producer

from benchmarks.figures import quantile
from benchmarks.made_input import Maker
from connectors.demo.simulated.records import render_raw_lead

SAME_DAY: Final = 0.18
"""Share of leads whose customer has sent one since the load began."""
KNOWN: Final = 0.5
"""Share of customers who sent one a day before: their lead is merged."""
REPLAYED: Final = 0.025
"""Share of records that are an earlier one once more, byte by byte."""
_BEFORE_MS: Final = 86_400_000
_RENDER_S: Final = 0.000_15


def main() -> None:
    """Render, wait, send."""
    order: dict[str, Any] = json.loads(sys.argv[1])
    rate, count = float(order["rate"]), int(order["leads"])
    producer = Producer({"bootstrap.servers": os.environ["KAFKA_BOOTSTRAP_SERVERS"]})  # as clients are set by default
    producer.list_topics(order["topic"], timeout=30)
    begin = time.time() + 1 + count * _RENDER_S
    leads = render(int(order["known"]), count, rate, int(begin * 1000))
    gc.freeze()
    gc.disable()
    assert time.time() < begin, "rendering took longer than was planned"
    cpu = time.process_time()
    late = _send(producer, order["topic"], leads, rate, begin)
    left = producer.flush(60)
    assert not left, f"{left} leads were not acknowledged"
    late.sort()
    print(
        json.dumps(
            {
                "begin_ms": begin * 1000,
                "late_p99_ms": quantile(late, 0.99) * 1000,
                "late_max_ms": late[-1] * 1000,
                "cpu_share": (time.process_time() - cpu) * rate / count,
            }
        )
    )


def before(known: int, now_ms: int) -> list[tuple[bytes, bytes]]:
    """(key, record): one lead of each known customer, a day before."""
    maker, rng = Maker(known), Random("latency/before")
    found = []
    for index in range(known):
        at_ms = now_ms - _BEFORE_MS + index * 1000 // known
        lead = maker.lead(index, index, at_ms, at_ms + 1000, rng)
        found.append((lead.identity.number.encode(), render_raw_lead(lead)))
    return found


def render(known: int, count: int, rate: float, begin_ms: int) -> list[tuple[bytes, bytes]]:
    """(key, record) of all leads of the load."""
    maker, rng = Maker(known), Random("latency/load")
    found: list[tuple[bytes, bytes]] = []
    seen: list[int] = []
    fresh = known
    for turn in range(count):
        if found and rng.random() < REPLAYED:
            found.append(found[rng.randrange(len(found))])
            continue
        at_ms = begin_ms + int(turn * 1000 / rate)
        if seen and rng.random() < SAME_DAY:
            index = seen[rng.randrange(len(seen))]
        elif rng.random() < KNOWN:
            index = rng.randrange(known)
        else:
            index = fresh = fresh + 1
        seen.append(index)
        lead = maker.lead(index, known + 1 + turn, at_ms, at_ms, rng)
        found.append((lead.identity.number.encode(), render_raw_lead(lead)))
    return found


def _send(producer: Any, topic: str, leads: list[tuple[bytes, bytes]], rate: float, begin: float) -> list[float]:
    """Each in its turn; how much later than that, seconds."""
    late: list[float] = []
    for turn, (key, value) in enumerate(leads):
        due = begin + turn / rate
        now = time.time()
        if now < due:
            producer.poll(0)
            time.sleep(max(0.0, due - time.time()))
            now = time.time()
        producer.produce(topic, value, key)
        late.append(now - due)
    return late


if __name__ == "__main__":
    main()
