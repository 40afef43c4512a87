"""Read millions of dirty inputs with every parser of what comes in; exit 1 where one of them breaks.

    fuzz.py [--inputs N] [--seed S] [--seconds T] [--processes P] [--only NUMBER]

Draws numbers, times, records, deliveries of feeds, XML, sheets and workbooks (`tests/helpers/fuzzing.py`). Each finding is
printed with its number: `--only NUMBER` with the same seed draws it again and shows where it broke. `--seconds` ends the run
after that time and says how far it came. Every process says once a second or so what it has done.
"""

import argparse
import multiprocessing
import random
import sys
import tempfile
import time
from multiprocessing.queues import Queue
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(CHECKOUT), str(CHECKOUT / "tests/helpers"), str(CHECKOUT / "tests/oracle")]

from fuzzing import Parsers, drawn, try_out  # noqa: E402

MOST_FINDINGS = 20


def work(first: int, asked: argparse.Namespace, said: "Queue[tuple[int, list[str], bool]]") -> None:
    """Every so manieth input; tells how many were done and what was found."""
    end = time.monotonic() + asked.seconds if asked.seconds else float("inf")
    findings: list[str] = []
    done, told, number = 0, time.monotonic(), first
    with tempfile.TemporaryDirectory() as folder:
        parsers = Parsers(Path(folder)).all
        while number < asked.inputs and time.monotonic() < end:
            found = try_out(parsers, asked.seed, number)
            if found:
                findings.append(f"input {number}, {found}")
            done, number = done + 1, number + asked.processes
            if time.monotonic() > told + 1 or len(findings) >= MOST_FINDINGS:
                said.put((done, findings, False))
                done, findings, told = 0, [], time.monotonic()
    said.put((done, findings, True))


def run(asked: argparse.Namespace) -> int:
    """All processes; returns how many inputs broke something."""
    context = multiprocessing.get_context("spawn")
    said: Queue[tuple[int, list[str], bool]] = context.Queue()
    workers = [context.Process(target=work, args=(n, asked, said), daemon=True) for n in range(asked.processes)]
    began = time.monotonic()
    for worker in workers:
        worker.start()
    done, findings, ended, told = 0, 0, 0, 0.0
    while ended < len(workers):
        more, found, end = said.get()
        done, ended, findings = done + more, ended + end, findings + len(found)
        for one in found:
            print(one, flush=True)
        passed = time.monotonic() - began
        if passed > told + 10 or ended == len(workers):
            told = passed
            print(
                f"{done} of {asked.inputs} inputs, {findings} findings, {passed:.0f} s, seed {asked.seed}", flush=True
            )
        if findings >= MOST_FINDINGS:
            print(f"Stopped after {findings} findings.")
            break
    for worker in workers:
        worker.terminate()
    return findings


def main() -> int:
    parser = argparse.ArgumentParser(description="Read millions of dirty inputs with every parser of what comes in.")
    parser.add_argument("--inputs", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=0)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--only", type=int)
    asked = parser.parse_args()
    if asked.only is not None:
        with tempfile.TemporaryDirectory() as folder:
            share = drawn(Parsers(Path(folder)).all, asked.only)
            print(share.name, repr(share.parse(random.Random((asked.seed << 48) | asked.only))))
        return 0
    return 1 if run(asked) else 0


if __name__ == "__main__":
    sys.exit(main())
