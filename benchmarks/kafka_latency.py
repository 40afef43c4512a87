"""`kafka_latency`: open loop, 1 000 leads/s for a minute, broker to broker, the whole path, everything on one machine.

From the LogAppendTime of a lead in its input topic to that of its disposition, and of its dispatch, in theirs; in mode
`transactional` to the moment at which a reader of committed records has got it. The engine is the command line's, by the
wall's clock, its epochs of a second; sync before sending is included.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

import msgspec

from benchmarks import latency_load, latency_plot
from benchmarks.broker import Broker
from benchmarks.figures import Figures, quantile
from benchmarks.live_engine import LiveEngine
from benchmarks.processes import CHECKOUT, run_module
from connectors.kafka.settings import ONCE, TRANSACTIONAL, KafkaSettings
from operators.wire.streams import DISPATCHES, DISPOSITIONS, STREAMS

SECONDS: Final = 60
RATE: Final = 1_000
WARM_S: Final = 30
"""Sent before the measurement, at the same rate: Java compiles."""
KNOWN: Final = 30_000
PHASES: Final = 10
MUSTS: Final = {ONCE: {0.5: 10.0, 0.99: 25.0, 0.999: 60.0}, TRANSACTIONAL: {0.5: 60.0, 0.99: 115.0}}
AIMS: Final = {ONCE: {0.5: 5.0, 0.99: 12.0, 0.999: 25.0}, TRANSACTIONAL: {0.5: 30.0, 0.99: 57.5}}
_GUARANTEES: Final = {
    ONCE: "mode once: decided once, in the topic once, survives power loss (synced before it is sent); by LogAppendTime",
    TRANSACTIONAL: "mode transactional: the same, and readers of committed records see it once whatever happens; "
    "as such a reader got it",
}
_NAMES: Final = {0.5: "p50", 0.99: "p99", 0.999: "p99.9", 1.0: "longest"}


class _In(msgspec.Struct):
    source_lead_id: str | int


class _Disposition(msgspec.Struct):
    raw_id: str
    source_lead_id: str
    at: str
    corrects: str | None = None


class _Dispatch(msgspec.Struct):
    first_touch_raw_id: str
    at: str


_lead: Final = msgspec.json.Decoder(_In).decode
_disposition: Final = msgspec.json.Decoder(_Disposition).decode
_dispatch: Final = msgspec.json.Decoder(_Dispatch).decode

Point = tuple[float, float]
"""(when its lead came in, ms since the epoch; how long it took, ms)."""


def measure(root: Path, seconds: int, said: Any) -> Figures:
    """Both modes, one after the other, each with topics and a state of its own."""
    figures = Figures(
        "kafka_latency",
        f"{RATE:,} leads/s for {seconds} s, open loop, broker to broker, the whole path, engine and broker and load on one machine",
    )
    home = root / "latency"
    shutil.rmtree(home, ignore_errors=True)
    with Broker(root / "kafka") as broker:
        for mode in (ONCE, TRANSACTIONAL):
            taken = _run(broker, home / mode, mode, seconds, said)
            _add(figures, mode, taken)
            plot = root / f"latency-{mode}.svg"
            plot.write_text(
                latency_plot.svg(taken.dispositions, taken.seals, f"mode {mode}, {RATE:,} leads/s"), encoding="utf-8"
            )
            figures.notes.append(f"Mode {mode}, latency over time and by the epoch: {plot}")
    shutil.rmtree(home, ignore_errors=True)
    return figures


class _Taken:
    def __init__(self, dispositions: list[Point], dispatches: list[Point], seals: list[float], more: dict[str, float]):
        self.dispositions = dispositions
        self.dispatches = dispatches
        self.seals = seals
        self.more = more


def _run(broker: Broker, home: Path, mode: str, seconds: int, said: Any) -> _Taken:
    settings = KafkaSettings(bootstrap=broker.bootstrap, prefix=f"{mode}.", group=f"{mode}-engine", mode=mode)
    raw, outputs = settings.inputs[0][0], [settings.output(STREAMS[one]) for one in (DISPOSITIONS, DISPATCHES)]
    broker.apply(settings)
    engine = LiveEngine(broker, home, settings)
    reader: subprocess.Popen[bytes] | None = None
    try:
        said(f"mode {mode}: {KNOWN:,} customers of the day before")
        broker.produce(raw, latency_load.before(KNOWN, int(time.time() * 1000)))
        engine.start()
        engine.settle(KNOWN * 9 // 10)
        seen = home / "seen"
        if mode == TRANSACTIONAL:
            reader = _reader(broker, outputs, seen)
        said(f"mode {mode}: {WARM_S} s to warm up, {seconds} s that count")
        count = RATE * (WARM_S + seconds)
        order = {"topic": raw, "rate": RATE, "leads": count, "known": KNOWN}
        before = engine.cpu_s(), broker.cpu_s(), time.time()
        sent = run_module("benchmarks.latency_load", order, broker.environment())
        spent_s = count / RATE
        more = {
            "load, lateness p99": sent["late_p99_ms"],
            "load, share of a core": sent["cpu_share"],
            "engine, share of a core": (engine.cpu_s() - before[0]) / spent_s,
            "broker, share of a core": (broker.cpu_s() - before[1]) / spent_s,
        }
        engine.settle(KNOWN * 9 // 10)
        engine.stop()
        if reader is not None:
            reader.communicate(timeout=60)
            got: Iterable[tuple[float, str, bytes]] = msgspec.msgpack.decode(
                seen.read_bytes(), type=list[tuple[float, str, bytes]]
            )
        else:
            got = ((one.timestamp()[1], one.topic(), one.value() or b"") for one in broker.records(*outputs))
        first_ms = sent["begin_ms"] + WARM_S * 1000
        return _matched(broker, raw, settings, got, (first_ms, first_ms + seconds * 1000), more)
    finally:
        if reader is not None and reader.poll() is None:
            reader.kill()
            reader.wait()
        engine.end()


def _reader(broker: Broker, topics: list[str], file: Path) -> subprocess.Popen[bytes]:
    order = json.dumps({"topics": topics, "file": str(file)})
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.latency_reader", order],
        cwd=CHECKOUT,
        env={**broker.environment(), "PYTHONPATH": str(CHECKOUT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n", "the reader has not begun"
    return process


def _matched(
    broker: Broker,
    raw: str,
    settings: KafkaSettings,
    got: Iterable[tuple[float, str, bytes]],
    window: tuple[float, float],
    more: dict[str, float],
) -> _Taken:
    """Outputs with the leads that they speak of; those that came in within the window."""
    came: dict[str, int] = {}
    for message in broker.records(raw):
        came.setdefault(str(_lead(message.value()).source_lead_id), message.timestamp()[1])
    dispositions_topic = settings.output(STREAMS[DISPOSITIONS])
    of_raw: dict[str, tuple[int, str]] = {}
    dispositions: list[Point] = []
    dispatches: list[tuple[float, _Dispatch]] = []
    for at_ms, topic, value in got:
        if topic != dispositions_topic:
            dispatches.append((at_ms, _dispatch(value)))
            continue
        one = _disposition(value)
        if one.corrects:
            continue
        since = came[one.source_lead_id]
        of_raw[one.raw_id] = since, one.at
        if window[0] <= since < window[1]:
            dispositions.append((since, at_ms - since))
    found = []
    for at_ms, sent in dispatches:
        since, at = of_raw.get(sent.first_touch_raw_id, (0, ""))
        if sent.at == at and window[0] <= since < window[1]:  # else something later than its lead has sent it
            found.append((since, at_ms - since))
    return _Taken(sorted(dispositions), sorted(found), _seals(broker, settings.group), more)


def _seals(broker: Broker, group: str) -> list[float]:
    """When the group's offsets were written, which is at each seal: where the epochs ended, seen from outside."""
    named = group.encode()
    return sorted(
        {
            float(message.timestamp()[1])
            for message in broker.records("__consumer_offsets")
            if named in (message.key() or b"") and message.value()
        }
    )


def _add(figures: Figures, mode: str, taken: _Taken) -> None:
    guarantee = _GUARANTEES[mode]
    for name, points in (("disposition", taken.dispositions), ("dispatch", taken.dispatches)):
        assert points, f"no {name} was seen"
        took = sorted(ms for _, ms in points)
        for share, said in _NAMES.items():
            bounds = {"must": MUSTS[mode].get(share), "aim": AIMS[mode].get(share)} if name == "disposition" else {}
            figures.add(f"{name}, {said}", quantile(took, share), "ms", most=True, guarantee=guarantee, **bounds)
        figures.add(f"{name}, how many", len(points), "", guarantee=guarantee)
    folded = latency_plot.folded(taken.dispositions, taken.seals, PHASES)
    if folded:
        each = tuple(quantile(sorted(one), 0.99) if one else 0.0 for one in folded)
        figures.add(
            "p99 by time since the last seal, each 100 ms: largest", max(each), "ms", guarantee=guarantee, each=each
        )
    figures.add("load, p99 behind its schedule", taken.more["load, lateness p99"], "ms", guarantee=guarantee)
    for name in ("engine, share of a core", "broker, share of a core", "load, share of a core"):
        figures.add(name, taken.more[name], "", guarantee=guarantee)
