"""Runs gateways on an inbox, each in a process of its own that a test may kill at any instant.

Reads one JSON object a line: inbox, segment_bytes, synced (a folder). For each it forks, so that a start costs no imports,
and writes `started PID`, `at PID PORT` once it listens, `ended PID STATUS`.

The disk is a slow one, and what it has synced of a segment stands in the folder `synced`: the test takes back the rest.
"""

import os
import sys
import time
from functools import partial
from pathlib import Path
from typing import Any

CHECKOUT = Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(CHECKOUT), str(CHECKOUT / "tests" / "helpers")]

from forking import serve  # noqa: E402

from connectors.durable import places  # noqa: E402
from connectors.gateway.gateway import Gateway  # noqa: E402
from connectors.gateway.server import Server, listen_on  # noqa: E402
from connectors.inbox.writer import Inbox  # noqa: E402
from operators.config.configuration import from_tables  # noqa: E402

SYNC_S = 0.003


def slow_sync(file: int, synced: Path) -> None:
    """What was written before this call survives a power loss after it."""
    length = os.fstat(file).st_size
    time.sleep(SYNC_S)
    name = Path(os.readlink(f"/proc/self/fd/{file}")).name
    side = os.open(synced / name, os.O_WRONLY | os.O_CREAT)
    os.pwrite(side, length.to_bytes(8, "big"), 0)
    os.close(side)


def one(order: dict[str, Any]) -> None:
    sync = partial(slow_sync, synced=Path(order["synced"]))
    places.Inbox = partial(Inbox, segment_bytes=order["segment_bytes"], sync=sync)  # type: ignore[misc, assignment]
    durable = places.InboxDurable(Path(order["inbox"]))
    tables = {"channels": {"web": {"leads_per_minute": 10_000_000}}, "stores": {"S1": {}}}
    listening = listen_on("127.0.0.1", 0)
    gateway = Gateway(from_tables(tables), durable, {}, unsigned=True)
    port = listening.getsockname()[1]
    Server(gateway).run(listening, lambda: print(f"at {os.getpid()} {port}", flush=True))


if __name__ == "__main__":
    serve(one)
