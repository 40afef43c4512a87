"""`kafka_readback`: what a start reads back is bounded by what was written since the last seal, not by what the topics hold.

Millions of records in the output topics, one shard idle for all of it; the engine is killed under load and started again,
some times while it works off a backlog as fast as it can, some times at 1 000 leads/s.
"""

from __future__ import annotations

import re
import shutil
import time
from pathlib import Path
from random import Random
from typing import Any, Final

from benchmarks import readback_load
from benchmarks.broker import Broker
from benchmarks.figures import Figures
from benchmarks.live_engine import LiveEngine, configuration
from benchmarks.processes import wait_until
from connectors.kafka.settings import KafkaSettings
from connectors.kafka.writing.rows import EVENT_ID

RECORDS: Final = 5_000_000
MUST: Final = 20_000
MUST_S: Final = 2.0
RATE: Final = 1_000
KILLS: Final = 5
_RATED_S: Final = 4
_BETWEEN: Final = 50_000
_CHUNK: Final = 100_000
_AHEAD: Final = 3
"""Chunks of leads that lie in the input before the engine: a backlog that does not end under it."""
_DEADLINE_S: Final = 1_800.0
_LOOK_S: Final = 0.02
_LOOKED_AT: Final = 30_000
"""Records of each partition before the first kill that are looked through, with all behind them, for a second delivery."""
_GUARANTEE: Final = "mode once: decided once, in the topic once, survives power loss"
_SAID: Final = re.compile(r"Read back (\d+) records")


def measure(root: Path, records: int, said: Any) -> Figures:
    """Fill the topics, kill, start again; twice."""
    figures = Figures(
        "kafka_readback",
        f"{records:,} records in the output topics, shard {readback_load.IDLE_SHARD} idle for all of it",
    )
    home = root / "readback"
    shutil.rmtree(home, ignore_errors=True)
    with Broker(root / "kafka") as broker:
        settings = KafkaSettings(bootstrap=broker.bootstrap, prefix="readback.", group="readback-engine")
        broker.apply(settings)
        engine = LiveEngine(broker, home, settings)
        try:
            _measure(broker, settings, engine, records, figures, said)
        finally:
            engine.end()
    shutil.rmtree(home, ignore_errors=True)
    return figures


def _measure(
    broker: Broker, settings: KafkaSettings, engine: LiveEngine, records: int, figures: Figures, said: Any
) -> None:
    load = _Load(broker, settings)
    said(f"filling the topics with {records:,} records")
    load.send(_CHUNK * _AHEAD)
    engine.start()
    begun = time.monotonic()
    while (written := engine.outputs()) < records:
        assert time.monotonic() - begun < _DEADLINE_S, f"{written:,} of {records:,} records within {_DEADLINE_S:g} s"
        if load.sent - engine.dispositions() < _CHUNK * (_AHEAD - 1):
            load.send(_CHUNK)
        time.sleep(_LOOK_S)
    figures.add("records in the output topics at the kill", written, guarantee=_GUARANTEE)
    figures.add("records written a second until then", written / (time.monotonic() - begun), guarantee=_GUARANTEE)
    topics = [topic for topic, _ in settings.outputs]
    looked_at = {place: max(0, end - _LOOKED_AT) for place, end in broker.ends(*topics).items()}
    kills = []
    for number in range(KILLS):
        said(f"kill {number + 1} of {KILLS} at full speed")
        if number:
            load.send(_CHUNK)
            _work(engine)
        kills.append(_kill(engine))
    _add(figures, "killed at full speed, with a backlog", kills)
    engine.settle(load.sent * 9 // 10)
    kills = []
    for number in range(KILLS):
        said(f"kill {number + 1} of {KILLS} at {RATE:,} leads/s")
        load.send_rated(_RATED_S)
        kills.append(_kill(engine, load))
    _add(figures, f"killed at {RATE:,} leads/s", kills)
    engine.settle(load.sent * 9 // 10)
    engine.stop()
    said("looking for what was delivered twice")
    seen: set[bytes] = set()
    twice = looked = 0
    for message in broker.records(*topics, begins=looked_at):
        event_id = dict(message.headers())[EVENT_ID]
        looked += 1
        twice += event_id in seen
        seen.add(event_id)
    figures.add(f"delivered twice, of the last {looked:,}", twice, must=0, most=True, guarantee=_GUARANTEE)


def _work(engine: LiveEngine) -> None:
    """Let it write some more between two kills."""
    wanted = engine.outputs() + _BETWEEN
    wait_until(lambda: engine.outputs() > wanted, 120, "work between two kills")


def _kill(engine: LiveEngine, load: _Load | None = None) -> tuple[int, float]:
    """Kill it, start it again: records read back, and seconds from the start of the process to its first new output."""
    engine.kill()
    if load is not None:
        load.send(RATE)  # something new to decide
    before = engine.outputs()
    told = len(_SAID.findall(engine.log.read_text(encoding="utf-8", errors="replace")))
    started = time.monotonic()
    engine.start()
    wait_until(lambda: engine.outputs() > before, 120, "an output of the new process", _LOOK_S)
    took = time.monotonic() - started
    found = _SAID.findall(engine.log.read_text(encoding="utf-8", errors="replace"))[told:]
    return int(found[-1]) if found else 0, took


def _add(figures: Figures, how: str, kills: list[tuple[int, float]]) -> None:
    counts, times = zip(*kills, strict=True)
    figures.add(
        f"{how}: read back, most", max(counts), "records", must=MUST, most=True, guarantee=_GUARANTEE, each=counts
    )
    figures.add(
        f"{how}: start to first output, longest",
        max(times),
        "s",
        must=MUST_S,
        most=True,
        guarantee=_GUARANTEE,
        each=times,
    )


class _Load:
    def __init__(self, broker: Broker, settings: KafkaSettings) -> None:
        self._broker = broker
        self._topic = settings.inputs[0][0]
        self._store = Random(1).choice(sorted(configuration()["stores"]))
        self.sent = 0

    def send(self, count: int) -> None:
        """So many leads at once."""
        self._broker.produce(self._topic, readback_load.leads(self.sent, count, self._store))
        self.sent += count

    def send_rated(self, seconds: int) -> None:
        """At `RATE`, for so long."""
        for _ in range(seconds * 10):
            due = time.monotonic() + 0.1
            self.send(RATE // 10)
            time.sleep(max(0.0, due - time.monotonic()))
