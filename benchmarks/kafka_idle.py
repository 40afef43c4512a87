"""`kafka_idle`: an input topic of 64 partitions in which nothing happens, then a record now and then.

What the idle engine takes of a core; and from a record's LogAppendTime, in a partition drawn at random, to its disposition's.
"""

from __future__ import annotations

import shutil
import time
from pathlib import Path
from random import Random
from typing import Any, Final

import msgspec

from benchmarks.broker import Broker
from benchmarks.figures import Figures, quantile
from benchmarks.live_engine import LiveEngine
from benchmarks.made_input import Maker
from connectors.demo.simulated.records import render_raw_lead
from connectors.kafka.settings import KafkaSettings
from operators.wire.streams import DISPOSITIONS, STREAMS

SECONDS: Final = 60
PARTITIONS: Final = 64
MUST_SHARE: Final = 0.12
MUST_MS: Final = 20.0
_GAP_S: Final = (0.05, 0.25)
_WARM: Final = 100
"""Records before those that count: Java compiles."""
_GUARANTEE: Final = "mode once: decided once, in the topic once, survives power loss; by LogAppendTime"


class _In(msgspec.Struct):
    source_lead_id: str | int


class _Out(msgspec.Struct):
    source_lead_id: str


_lead: Final = msgspec.json.Decoder(_In).decode
_disposition: Final = msgspec.json.Decoder(_Out).decode


def measure(root: Path, seconds: int, said: Any) -> Figures:
    """Idle for so long, then a record now and then for as long."""
    figures = Figures(
        "kafka_idle", f"{PARTITIONS} idle partitions for {seconds} s, then a record now and then for {seconds} s"
    )
    home = root / "idle"
    shutil.rmtree(home, ignore_errors=True)
    with Broker(root / "kafka") as broker:
        settings = KafkaSettings(bootstrap=broker.bootstrap, prefix="idle.", group="idle-engine", partitions=1)
        raw, dispositions = settings.inputs[0][0], settings.output(STREAMS[DISPOSITIONS])
        broker.create({raw: PARTITIONS})
        broker.apply(settings)
        engine = LiveEngine(broker, home, settings)
        try:
            engine.start()
            _wake(broker, raw, _WARM, 0)
            engine.settle(_WARM * 9 // 10)
            said(f"idle for {seconds} s")
            before = engine.cpu_s(), broker.cpu_s(), time.monotonic()
            time.sleep(seconds)
            spent = time.monotonic() - before[2]
            share = (engine.cpu_s() - before[0]) / spent
            figures.add("engine, idle, share of a core", share, must=MUST_SHARE, most=True, guarantee=_GUARANTEE)
            figures.add("broker, idle, share of a core", (broker.cpu_s() - before[1]) / spent, guarantee=_GUARANTEE)
            said(f"a record now and then for {seconds} s")
            _wake(broker, raw, int(seconds * 2 / sum(_GAP_S)), _WARM)
            engine.settle(1)
            engine.stop()
        finally:
            engine.end()
        came = {str(_lead(one.value()).source_lead_id): one.timestamp()[1] for one in broker.records(raw)}
        counted = sorted(came.items(), key=lambda entry: entry[1])[_WARM:]
        found = {_disposition(one.value()).source_lead_id: one.timestamp()[1] for one in broker.records(dispositions)}
    took = sorted(found[name] - since for name, since in counted if name in found)
    assert len(took) >= 0.9 * len(counted), f"of {len(counted)} records {len(took)} have a disposition"
    for name, quantity, must in (("p50", 0.5, None), ("p99", 0.99, MUST_MS), ("longest", 1.0, None)):
        value = quantile(took, quantity)
        figures.add(f"wake to output, {name}", value, "ms", must=must, most=True, guarantee=_GUARANTEE)
    figures.add("wake to output, how many", len(took), guarantee=_GUARANTEE)
    shutil.rmtree(home, ignore_errors=True)
    return figures


def _wake(broker: Broker, topic: str, count: int, first: int) -> None:
    """So many records, one after the other, each in a partition drawn at random."""
    maker, rng = Maker(first + count), Random(f"idle/{first}")
    producer = broker.producer(**{"linger.ms": 0})
    for number in range(first, first + count):
        now_ms = int(time.time() * 1000)
        lead = maker.lead(number, number, now_ms, now_ms, rng)
        producer.produce(topic, render_raw_lead(lead), partition=rng.randrange(PARTITIONS))
        producer.poll(0)
        time.sleep(rng.uniform(*_GAP_S))
    left = producer.flush(60)
    assert not left, f"{left} records were not acknowledged"
