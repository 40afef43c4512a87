"""`python -m benchmarks [SCENARIO …] [--json]`: figures with units, and what they must be and are compared with."""

from __future__ import annotations

import argparse
import fcntl
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, Protocol

from rich.console import Console

Said = Callable[[str], None]
"""Tells a person what is going on."""


class Measured(Protocol):
    """What a scenario gives."""

    def as_json(self) -> dict[str, Any]:
        """For `--json`."""

    def show(self, console: Console) -> None:
        """For a person."""


_ROOT: Final = Path(__file__).resolve().parent.parent / "var" / "bench"


def _whole_path(given: argparse.Namespace, said: Said) -> Measured:
    from benchmarks import whole_path

    return whole_path.measure(_ROOT, given.customers or whole_path.CUSTOMERS, given.leads or whole_path.LEADS, said)


def _job_d(given: argparse.Namespace, said: Said) -> Measured:
    from benchmarks import job_d

    return job_d.measure(_ROOT, given.leads or job_d.LEADS, given.rounds or job_d.ROUNDS, said)


def _kafka_latency(given: argparse.Namespace, said: Said) -> Measured:
    from benchmarks import kafka_latency

    return kafka_latency.measure(_ROOT, given.seconds or kafka_latency.SECONDS, said)


def _kafka_idle(given: argparse.Namespace, said: Said) -> Measured:
    from benchmarks import kafka_idle

    return kafka_idle.measure(_ROOT, given.seconds or kafka_idle.SECONDS, said)


def _kafka_whole_path(given: argparse.Namespace, said: Said) -> Measured:
    from benchmarks import kafka_whole_path, whole_path

    return kafka_whole_path.measure(
        _ROOT,
        given.customers or whole_path.CUSTOMERS,
        given.leads or whole_path.LEADS,
        given.rounds or kafka_whole_path.ROUNDS,
        said,
    )


def _kafka_readback(given: argparse.Namespace, said: Said) -> Measured:
    from benchmarks import kafka_readback

    return kafka_readback.measure(_ROOT, given.records or kafka_readback.RECORDS, said)


def _store_opening(given: argparse.Namespace, said: Said) -> Measured:
    from benchmarks import store_opening

    return store_opening.measure(_ROOT, given.leads or store_opening.SIZES[-1], said)


def _gateway(given: argparse.Namespace, said: Said) -> Measured:
    from benchmarks import gateway

    return gateway.measure(_ROOT, given.seconds or gateway.SECONDS, said)


def _import(given: argparse.Namespace, said: Said) -> Measured:
    from benchmarks import import_sheet

    return import_sheet.measure(_ROOT, given.leads or import_sheet.ROWS, said)


def _score(given: argparse.Namespace, said: Said) -> Measured:
    from benchmarks import score

    return score.measure(given.leads or score.LEADS, said)


# Each imports what it needs when it is asked for: the whole path on files runs without a client for Kafka.
SCENARIOS: Final[dict[str, Callable[[argparse.Namespace, Said], Measured]]] = {
    "whole_path": _whole_path,
    "store_opening": _store_opening,
    "import": _import,
    "job_d": _job_d,
    "kafka_latency": _kafka_latency,
    "kafka_idle": _kafka_idle,
    "kafka_whole_path": _kafka_whole_path,
    "kafka_readback": _kafka_readback,
    "gateway": _gateway,
    "score": _score,
}
QUICK: Final = ("whole_path",)
"""What runs when none is named: those with a broker take minutes each."""


def main(argv: list[str] | None = None) -> int:
    """Run the scenarios named; returns the exit code."""
    parser = argparse.ArgumentParser(prog="leadstream bench", description=__doc__)
    parser.add_argument("scenario", nargs="*", help=f"one of: {', '.join(SCENARIOS)}; without any {', '.join(QUICK)}")
    parser.add_argument("--json", action="store_true", help="one JSON object a scenario, for machines")
    for name, text in (
        ("customers", "customers known to the state: whole_path, kafka_whole_path"),
        ("leads", "leads: whole_path, store_opening, import, kafka_whole_path, job_d, score"),
        ("rounds", "interleaved rounds: job_d, kafka_whole_path"),
        ("seconds", "how long to measure: kafka_latency, kafka_idle, gateway"),
        ("records", "records in the output topics: kafka_readback"),
    ):
        parser.add_argument(f"--{name}", type=_size, help=text)
    given = parser.parse_args(argv)
    unknown = [name for name in given.scenario if name not in SCENARIOS]
    if unknown:
        parser.print_usage(sys.stderr)
        print(f"leadstream bench: unknown scenario {unknown[0]}; there are {', '.join(SCENARIOS)}.", file=sys.stderr)
        return 2
    err = Console(stderr=True)

    def said(text: str) -> None:
        if not given.json:
            err.print(f"[dim]… {text}[/]")

    _ROOT.mkdir(parents=True, exist_ok=True)
    with (_ROOT / "lock").open("w") as lock:
        said("one benchmark at a time: figures taken side by side say nothing")
        fcntl.flock(lock, fcntl.LOCK_EX)
        for name in given.scenario or QUICK:
            result = SCENARIOS[name](given, said)
            if given.json:
                print(json.dumps(result.as_json(), ensure_ascii=False), flush=True)
            else:
                result.show(Console())
    return 0


def _size(text: str) -> int:
    size = int(text)
    if size < 1:
        raise argparse.ArgumentTypeError("a size is at least 1")
    return size


if __name__ == "__main__":
    sys.exit(main())
