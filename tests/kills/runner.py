"""Runs engines on files, each in a process of its own that a test may kill at any instant.

Reads one JSON object a line: state, source, sink, until, poll (records a poll), epoch_ms, cleaning (whose configuration:
that of `delivery` or of `cleaning_scenario`). For each it forks (so that a start costs no imports) and writes `started PID`,
`opened PID SECONDS` once the engine is open, `ended PID STATUS`.
"""

import os
import sys
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

CHECKOUT = Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(CHECKOUT), str(CHECKOUT / "tests" / "helpers")]

from cleaning_scenario import cleaning_configuration  # noqa: E402
from delivery import configuration  # noqa: E402
from forking import serve  # noqa: E402

from connectors.files.reader import FileReader  # noqa: E402
from connectors.files.sink import FileSink  # noqa: E402
from connectors.protocols import Record  # noqa: E402
from flows.engine import Engine, Options  # noqa: E402
from flows.run import run  # noqa: E402


class SmallPolls(FileReader):
    """Hands on few records at a time: more batches, more seals, more instants to be killed at."""

    limit = 10

    def poll(self, source: int, limit: int) -> list[Record]:
        return super().poll(source, min(limit, self.limit))


def one(order: dict[str, Any]) -> None:
    began = time.perf_counter()
    reader = SmallPolls(Path(order["source"]))
    reader.limit = order["poll"]
    options = Options(Path(order["state"]), shards=4, until_ms=order["until"])
    settings = cleaning_configuration() if order["cleaning"] else configuration()
    engine = Engine(settings, reader, FileSink(Path(order["sink"])), options)
    print(f"opened {os.getpid()} {time.perf_counter() - began:.4f}", flush=True)
    run(engine, epoch=timedelta(milliseconds=order["epoch_ms"]))


if __name__ == "__main__":
    serve(one)
