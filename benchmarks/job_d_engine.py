"""Process of job D on the engine: `python -m benchmarks.job_d_engine ORDER`, figures as JSON on stdout.

Kafka in, Kafka out, the wall's clock, epochs of a second; it stops when it has read the number of leads it was told.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any, cast

from benchmarks.broker import OneInput
from benchmarks.job_d_layers import JobDBatch, JobDValidation
from benchmarks.processes import Marks, peak_mb
from connectors.kafka.reading.reader import KafkaReader
from connectors.kafka.settings import KafkaSettings
from connectors.kafka.writing.sink import KafkaSink
from connectors.protocols import Record
from flows.engine import Engine, Layers, Options
from flows.run import run
from operators.config.configuration import from_tables


class _Reader(KafkaReader):
    """Notes how much was read, and asks the engine to stop behind the last lead."""

    def __init__(self, settings: KafkaSettings, leads: int, marks: Marks) -> None:
        super().__init__(settings)
        self.engine: Engine | None = None
        self._leads = leads
        self._marks = marks
        self._read = 0

    def poll(self, source: int, limit: int) -> list[Record]:
        """Further records of a partition."""
        found = super().poll(source, limit)
        self._read += len(found)
        self._marks.saw(self._read)
        if self._read >= self._leads and self.engine is not None:
            self.engine.stop()
        return found


class _Sink(KafkaSink):
    """Notes when everything is acknowledged."""

    def __init__(self, settings: KafkaSettings, leads: int, marks: Marks) -> None:
        super().__init__(settings)
        self._leads = leads
        self._marks = marks

    def flush(self) -> None:
        """Wait until everything is acknowledged: the end of the measurement."""
        super().flush()
        self._marks.note(self._leads)


def main() -> None:
    """Run it."""
    order = json.loads(sys.argv[1])
    leads, marks = int(order["leads"]), Marks(int(order["warm"]))
    settings = OneInput(
        bootstrap=os.environ["KAFKA_BOOTSTRAP_SERVERS"],
        topic=order["topic"],
        prefix=order["prefix"],
        group=order["prefix"] + "engine",
        mode=order.get("mode", "once"),
    )
    reader = _Reader(settings, leads, marks)
    layers = cast(Any, Layers)(JobDValidation, JobDBatch)
    reader.engine = engine = Engine(
        from_tables({}),
        reader,
        _Sink(settings, leads, marks),
        Options(Path(order["state"]), event_clock=False),
        layers,
    )
    run(engine)
    print(
        json.dumps(
            {
                "points": marks.points,
                "peak_mb": peak_mb(),
                "seals": engine.meters.seals,
                "batches": engine.meters.batches,
            }
        )
    )


if __name__ == "__main__":
    main()
