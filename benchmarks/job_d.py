"""`job_d`: same-day dedup and merge alone, Kafka to Kafka: the engine with just these layers beside a bare loop.

Interleaved rounds on one broker, each with topics and state of its own; a figure counts only when every output record of
the round is what a plain computation says. Leads per core-second are those of the measured process alone, all its threads
(librdkafka's and RocksDB's too), from the first record read to the last output acknowledged.
"""

from __future__ import annotations

import shutil
import time
from pathlib import Path
from statistics import median
from typing import Any, Final

from benchmarks import job_d_input
from benchmarks.broker import Broker
from benchmarks.figures import Figures
from benchmarks.processes import busy_s, run_module, used_s
from operators.wire.streams import DISPOSITIONS, STREAMS

LEADS: Final = 1_000_000
ROUNDS: Final = 3
WARM: Final = 0.3
"""Share of the leads behind which all is warm: 300 000 of a million."""
MUST: Final = 0.8
AIM: Final = 1.0
_PARTITIONS: Final = 4
_TOPIC: Final = "job_d"
_GUARANTEES: Final = {
    "engine": "engine: each lead decided once, in the topic once; survives power loss",
    "loop": "bare loop: at least once, marks wrong after a crash; survives the end of the process alone",
}
_UNITS: Final = {
    "throughput": "leads/s",
    "throughput, warm": "leads/s",
    "per core": "leads/core-s",
    "per core, warm": "leads/core-s",
    "peak memory": "MB",
    "broker CPU": "s",
    "other work of the machine": "cores",
}


def measure(root: Path, leads: int, rounds: int, said: Any) -> Figures:
    """Run the rounds."""
    figures = Figures(
        "job_d", f"{leads:,} leads, Kafka to Kafka, {rounds} interleaved rounds, one process beside its broker"
    )
    said(f"input: {leads:,} leads, and what a plain computation says of them")
    lines = job_d_input.lines_of(root, leads)
    truth = job_d_input.expected(lines)
    taken: dict[str, list[dict[str, float]]] = {"loop": [], "engine": []}
    with Broker(root / "kafka") as broker:
        broker.create({_TOPIC: _PARTITIONS})
        broker.produce(_TOPIC, job_d_input.records(lines))
        # A round that does not count: the broker's Java compiles what both sides of it will use.
        for number_of in range(rounds + 1):
            for which in ("loop", "engine") if number_of % 2 else ("engine", "loop"):
                said(f"round {number_of or 'to warm the broker'}: {which}")
                values = _round(broker, root, which, f"r{number_of}.{which}.", leads, truth)
                if number_of:
                    taken[which].append(values)
    _add(figures, taken)
    figures.more["marks"] = truth.marks
    figures.notes.append(
        f"Every output record was compared with a plain computation: {', '.join(f'{k} {v:,}' for k, v in truth.marks.items())}."
    )
    return figures


def _round(
    broker: Broker, root: Path, which: str, prefix: str, leads: int, truth: job_d_input.Truth
) -> dict[str, float]:
    broker.create({prefix + one: _PARTITIONS if one == STREAMS[DISPOSITIONS] else 1 for one in STREAMS})
    state = root / "job-d-state"
    shutil.rmtree(state, ignore_errors=True)
    order = {
        "leads": leads,
        "warm": int(leads * WARM),
        "topic": _TOPIC,
        "partitions": _PARTITIONS,
        "prefix": prefix,
        "state": str(state),
    }
    broker_before, began = broker.cpu_s(), (busy_s(), used_s(), time.monotonic())
    try:
        said = run_module(f"benchmarks.job_d_{which}", order, broker.environment())
    finally:
        shutil.rmtree(state, ignore_errors=True)
    broker_s, took_s = broker.cpu_s() - broker_before, time.monotonic() - began[2]
    others_s = busy_s() - began[0] - (used_s() - began[1]) - broker_s
    found = job_d_input.truth_of(
        [job_d_input.mark_of(one.value()) for one in broker.records(prefix + STREAMS[DISPOSITIONS])]
    )
    assert found == truth, f"{which} has written {found.marks}, a plain computation {truth.marks}"
    (begun, begun_cpu, _), (warm, warm_cpu, read), (ended, ended_cpu, all_leads) = said["points"]
    return {
        "throughput": leads / (ended - begun),
        "throughput, warm": (all_leads - read) / (ended - warm),
        "per core": leads / (ended_cpu - begun_cpu),
        "per core, warm": (all_leads - read) / (ended_cpu - warm_cpu),
        "peak memory": said["peak_mb"],
        "broker CPU": broker_s,
        "other work of the machine": others_s / took_s,
    }


def _add(figures: Figures, taken: dict[str, list[dict[str, float]]]) -> None:
    for which, rounds in taken.items():
        for name, unit in _UNITS.items():
            each = tuple(values[name] for values in rounds)
            figures.add(name, median(each), unit, guarantee=_GUARANTEES[which], each=each)
    for name in ("throughput", "throughput, warm", "per core", "per core, warm"):
        theirs, ours = (tuple(values[name] for values in taken[which]) for which in ("loop", "engine"))
        counts = "warm" not in name
        figures.add(
            f"engine / loop, {name}",
            median(ours) / median(theirs),
            must=MUST if counts else None,
            aim=AIM if counts else None,
            guarantee="the engine beside the loop, each with its own guarantee",
            each=tuple(one / other for one, other in zip(ours, theirs, strict=True)),
        )
    figures.more["rounds"] = {
        which: [{name: round(value, 1) for name, value in values.items()} for values in rounds]
        for which, rounds in taken.items()
    }
