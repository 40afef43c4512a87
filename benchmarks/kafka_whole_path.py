"""`kafka_whole_path`: the whole path Kafka to Kafka beside the whole path files to files, on the same leads.

The state of `whole_path`, which knows every customer, copied for each run; the leads of its further days from a file, or from
a topic of four partitions keyed by the customer; by the event clock in both, since the days are past ones; interleaved rounds.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any, Final

import msgspec

from benchmarks import engine_run, made_input
from benchmarks.broker import Broker, OneInput
from benchmarks.figures import Figures
from connectors.files.reader import FileReader
from connectors.files.sink import FileSink
from connectors.kafka.reading.reader import KafkaReader
from connectors.kafka.writing.sink import KafkaSink
from flows.engine import Engine, Options
from operators.config.configuration import Configuration
from operators.wire.streams import STREAMS

ROUNDS: Final = 3
MUST: Final = 0.8
_PARTITIONS: Final = 4
_TOPIC: Final = "whole_path"
_FILES: Final = "files to files: decided once, in the file once; survives power loss"
_KAFKA: Final = "Kafka to Kafka, mode once: decided once, in the topic once; survives power loss"
_BOTH: Final = "Kafka beside files, the same guarantee"


class _Phone(msgspec.Struct):
    phone: str | float | None = None
    landline: str | float | None = None


_phone: Final = msgspec.json.Decoder(_Phone).decode


@dataclass
class _Taken:
    run: engine_run.Run
    broker_s: float
    outputs: dict[str, int]
    """Stream → records."""


def measure(root: Path, customers: int, leads: int, rounds: int, said: Any) -> Figures:
    """Run the rounds."""
    figures = Figures(
        "kafka_whole_path",
        f"{leads:,} leads of {customers:,} known customers, {rounds} interleaved rounds, one process beside its broker",
    )
    configuration = engine_run.configured()
    said(f"input: {customers:,} customers, {leads:,} further leads")
    load, days = made_input.folders(root, customers, leads)
    said("state: every customer's first lead")
    loaded = engine_run.loaded_state(root, load, configuration)
    scratch = root / "scratch"
    taken: dict[str, list[_Taken]] = {_FILES: [], _KAFKA: []}
    with Broker(root / "kafka") as broker:
        broker.create({_TOPIC: _PARTITIONS})
        broker.produce(_TOPIC, _keyed(days))
        for number in range(rounds + 1):  # the first does not count: Java compiles
            for which in (_FILES, _KAFKA) if number % 2 else (_KAFKA, _FILES):
                said(f"round {number or 'to warm the broker'}: {which.partition(':')[0]}")
                state = engine_run.copy_of(loaded, scratch)
                if which == _FILES:
                    one = _files(configuration, days, state, scratch / "out")
                else:
                    one = _kafka(configuration, broker, f"r{number}.", state)
                if number:
                    taken[which].append(one)
    shutil.rmtree(scratch, ignore_errors=True)
    _add(figures, taken)
    return figures


def _files(configuration: Configuration, days: Path, state: Path, out: Path) -> _Taken:
    run = engine_run.execute(Engine(configuration, FileReader(days), FileSink(out), Options(state)))
    return _Taken(run, 0.0, {one: (out / f"{one}.jsonl").read_bytes().count(b"\n") for one in STREAMS})


def _kafka(configuration: Configuration, broker: Broker, prefix: str, state: Path) -> _Taken:
    settings = OneInput(bootstrap=broker.bootstrap, prefix=prefix, group=f"{prefix}engine", topic=_TOPIC)
    broker.create({settings.output(one): _PARTITIONS for one in STREAMS})
    before = broker.cpu_s()
    run = engine_run.execute(
        Engine(configuration, KafkaReader(settings, to_end=True), KafkaSink(settings), Options(state))
    )
    spent = broker.cpu_s() - before
    ends = broker.ends(*(settings.output(one) for one in STREAMS))
    outputs = dict.fromkeys(STREAMS, 0)
    for (topic, _), end in ends.items():
        outputs[topic.removeprefix(prefix)] += end
    return _Taken(run, spent, outputs)


def _keyed(days: Path) -> Iterator[tuple[bytes | None, bytes]]:
    """(phone as written, record): most leads of a customer lie in one partition, as a producer that knows no OneID does it."""
    (file,) = days.glob("*.jsonl")
    with file.open("rb") as lines:
        for line in lines:
            given = _phone(line)
            yield str(given.phone or given.landline or "").encode(), line[:-1]


def _add(figures: Figures, taken: dict[str, list[_Taken]]) -> None:
    speeds = {which: tuple(one.run.leads_per_s for one in runs) for which, runs in taken.items()}
    per_core = {which: tuple(one.run.leads / one.run.cpu_s for one in runs) for which, runs in taken.items()}
    for which in taken:
        figures.add("throughput", median(speeds[which]), "leads/s", guarantee=which, each=speeds[which])
        figures.add("per core", median(per_core[which]), "leads/core-s", guarantee=which, each=per_core[which])
    broker_s = tuple(one.broker_s for one in taken[_KAFKA])
    figures.add("broker CPU", median(broker_s), "s", guarantee=_KAFKA, each=broker_s)
    for name, figure, must in (("throughput", speeds, MUST), ("per core", per_core, None)):
        figures.add(
            f"Kafka / files, {name}",
            median(figure[_KAFKA]) / median(figure[_FILES]),
            must=must,
            guarantee=_BOTH,
            each=tuple(ours / theirs for ours, theirs in zip(figure[_KAFKA], figure[_FILES], strict=True)),
        )
    outputs = {which.partition(",")[0].partition(":")[0]: runs[0].outputs for which, runs in taken.items()}
    figures.more["outputs"] = outputs
    written = {
        which: f"{found['dispositions']:,} dispositions, {sum(found.values()):,} records"
        for which, found in outputs.items()
    }
    figures.notes.append("Written: " + "; ".join(f"{which} {said}" for which, said in written.items()) + ".")
