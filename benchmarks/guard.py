"""Guard of every change for speed: the outputs of 20 000 generated leads, compared line by line with a saved baseline.

`python -m benchmarks.guard --save` keeps what this tree writes as the baseline, `python -m benchmarks.guard` compares with it;
exit code 1 when a line differs. Lines are compared sorted: their order between batches is no promise.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import time
from pathlib import Path
from typing import Final

from connectors.demo.simulated import generate
from connectors.files.reader import FileReader
from connectors.files.sink import FileSink
from flows.engine import Engine, Options
from flows.run import run
from operators.config.configuration import load
from operators.wire.streams import STREAMS

LEADS: Final = 20_000
SEED: Final = 7
_ROOT: Final = Path(__file__).resolve().parent.parent / "var" / "bench"


def outputs_of(source: Path, home: Path) -> dict[str, list[bytes]]:
    """Stream → its lines, sorted, of one run over a generated folder."""
    shutil.rmtree(home, ignore_errors=True)
    begun = time.perf_counter()
    engine = Engine(load(source / "config.toml"), FileReader(source), FileSink(home / "out"), Options(home / "state"))
    run(engine)
    print(f"{engine.meters.leads / (time.perf_counter() - begun):,.0f} records/s", file=sys.stderr)
    return {name: sorted((home / "out" / f"{name}.jsonl").read_bytes().splitlines()) for name in STREAMS}


def compare(baseline: Path, got: dict[str, list[bytes]], shown: int = 3) -> list[str]:
    """What differs, a few lines per stream; empty = byte-identical."""
    faults: list[str] = []
    for name, lines in got.items():
        saved = (baseline / f"{name}.jsonl").read_bytes().splitlines()
        if saved == lines:
            continue
        gone, new = set(saved) - set(lines), set(lines) - set(saved)
        faults.append(f"{name}: {len(saved)} lines before, {len(lines)} now; {len(gone)} gone, {len(new)} new")
        faults += [f"  - {line.decode()}" for line in sorted(gone)[:shown]]
        faults += [f"  + {line.decode()}" for line in sorted(new)[:shown]]
    return faults


def main(argv: list[str] | None = None) -> int:
    """Save or compare; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--save", action="store_true", help="keep the outputs of this tree as the baseline")
    given = parser.parse_args(argv)
    source, baseline = _ROOT / f"guard-{SEED}-{LEADS}", _ROOT / "guard-baseline"
    if not (source / "config.toml").exists():
        generate(source, leads=LEADS, seed=SEED)
    got = outputs_of(source, _ROOT / "guard-run")
    if given.save or not baseline.exists():
        shutil.rmtree(baseline, ignore_errors=True)
        baseline.mkdir(parents=True)
        for name, lines in got.items():
            (baseline / f"{name}.jsonl").write_bytes(b"".join(line + b"\n" for line in lines))
        print("baseline saved")
        return 0
    faults = compare(baseline, got)
    print("\n".join(faults) if faults else "identical")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
