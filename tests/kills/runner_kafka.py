"""Runs engines from Kafka to Kafka, each in a process of its own that a test may kill or stop at any instant.

Reads one JSON object a line (see `Order`). For each it forks (so that a start costs no imports) and writes `started PID`,
`opened PID SECONDS` once the engine is open, `at PID PLACE` at the place it was told to stop or die at, `ended PID STATUS`.
"""

import os
import sys
import time
from datetime import timedelta
from pathlib import Path
from typing import Any, TypedDict

CHECKOUT = Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(CHECKOUT), str(CHECKOUT / "tests" / "helpers")]

from cleaning_scenario import cleaning_configuration  # noqa: E402
from confluent_kafka import Producer  # noqa: E402
from delivery import configuration  # noqa: E402
from forking import serve  # noqa: E402
from kafka_case import CaseSettings  # noqa: E402

from connectors.kafka.reading.reader import KafkaReader  # noqa: E402
from connectors.kafka.writing import producer  # noqa: E402
from connectors.kafka.writing.sink import KafkaSink  # noqa: E402
from connectors.protocols import Record  # noqa: E402
from flows.engine import Engine, Options  # noqa: E402
from flows.run import run  # noqa: E402
from operators.config.configuration import load  # noqa: E402
from state import limits  # noqa: E402


class Order(TypedDict):
    """A run that is wanted."""

    bootstrap: str
    prefix: str
    """Of the outputs' topics."""
    inputs: list[tuple[str, str]]
    mode: str
    transaction_ms: int
    state: str
    config: str
    """Path of a configuration; "" = that of tests/helpers/delivery.py, or of cleaning_scenario.py."""
    cleaning: bool
    until: int | None
    poll: int
    """Records a poll."""
    epoch_ms: int
    limits: dict[str, Any]
    """Changes to state/limits.py."""
    place: str
    """Where to stop or die; "" = nowhere. sent: behind the last record of a transaction; committed: behind its commit; cut:
    the output has acknowledged a cut, and the seal is not written."""
    number: int
    """At the how manieth time."""
    signal: int


class SmallPolls(KafkaReader):
    """Hands on few records at a time: more batches, more seals, more instants to be killed at."""

    limit = 10
    waits_for: KafkaSink | None = None
    """Nothing further is handed on while this waits for the broker: as many transactions as there can be."""

    def poll(self, source: int, limit: int) -> list[Record]:
        if self.waits_for is not None and self.waits_for.waiting():
            return []
        return super().poll(source, min(limit, self.limit))


def meet(order: Order) -> None:
    """Have the process send itself the signal at the place."""
    left = order["number"]

    def reached(place: str) -> None:
        nonlocal left
        if place != order["place"]:
            return
        left -= 1
        if not left:
            print(f"at {os.getpid()} {place}", flush=True)
            os.kill(os.getpid(), order["signal"])

    class Met(Producer):
        def commit_transaction(self, *arguments: Any) -> None:
            # Not `flush`: it waits in slices, and calls back in the one behind a fatal error while that error is pending,
            # where the interpreter finds no attribute any more.
            while len(self):
                self.poll(limits.POLL_S)
            reached("sent")  # the records are in the topics, and the transaction is open
            super().commit_transaction(*arguments)
            reached("committed")

    class MetSink(KafkaSink):
        def sealed(self) -> dict[str, Any] | None:
            found = super().sealed()
            if found is not None:
                reached("cut")
            return found

    global sink_type
    sink_type = MetSink
    producer.Producer = Met  # type: ignore[misc]


sink_type: type[KafkaSink] = KafkaSink


def one(order: Order) -> None:
    began = time.perf_counter()
    for name, value in order["limits"].items():
        setattr(limits, name, value)
    if order["place"]:
        meet(order)
    settings = CaseSettings(
        bootstrap=order["bootstrap"],
        prefix=order["prefix"],
        read=tuple((topic, kind) for topic, kind in order["inputs"]),
        mode=order["mode"],
        transaction_ms=order["transaction_ms"],
        group=f"{order['prefix']}group",
    )
    reader = SmallPolls(settings, to_end=True)
    reader.limit = order["poll"]
    built_in = cleaning_configuration if order["cleaning"] else configuration
    tables = load(Path(order["config"])) if order["config"] else built_in()
    options = Options(Path(order["state"]), shards=4, until_ms=order["until"])
    sink = sink_type(settings)
    if order["place"]:
        reader.waits_for = sink
    engine = Engine(tables, reader, sink, options)
    print(f"opened {os.getpid()} {time.perf_counter() - began:.4f}", flush=True)
    run(engine, epoch=timedelta(milliseconds=order["epoch_ms"]))


if __name__ == "__main__":
    serve(one)
