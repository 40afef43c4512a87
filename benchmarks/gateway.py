"""`gateway`: leads acknowledged in a second, and how long an answer takes at 200 a second; into the synced inbox, and into the
topic of a real broker that runs beside it on the same cores.

A floor in the same run: one write and one sync of a lead's size after the other, on the same disk.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from benchmarks.broker import Broker
from benchmarks.figures import Figures, quantile
from benchmarks.processes import cpu_s, run_module, start, wait_until
from connectors.kafka.settings import KafkaSettings

SECONDS: Final = 10
RATE: Final = 200
MUST_LEADS: Final = 1_000.0
BATCH: Final = 100
_SECRET: Final = "a secret of the benchmark"
_PATH: Final = "/v1/channels/bench/leads"
_SINGLE: Final = 32
"""Connections with one lead a request."""
_BATCHES: Final = 4
_SYNCS: Final = 200
_LEAD_BYTES: Final = 320
_CONFIG: Final = """
[channels.bench]
consent = true
leads_per_minute = 10000000
[stores.S1]
[kafka]
prefix = "gateway."
"""


def measure(root: Path, seconds: int, said: Any) -> Figures:
    """Each way for so long."""
    figures = Figures("gateway", f"signed leads over HTTP, {seconds} s each way, sender on the same cores")
    home = root / "gateway"
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    (home / "config.toml").write_text(_CONFIG, encoding="utf-8")
    figures.add("floor: one sync after the other", _syncs(home / "floor"), "a second", guarantee="synced, no gateway")
    environ = {**os.environ, "LEADSTREAM_CHANNEL_BENCH": _SECRET}
    _way(figures, home, str(home / "inbox"), environ, seconds, "the inbox, synced", said)
    with Broker(root / "kafka") as broker:
        broker.apply(KafkaSettings(bootstrap=broker.bootstrap, prefix="gateway."))
        kafka = {**broker.environment(), "LEADSTREAM_CHANNEL_BENCH": _SECRET}
        _way(figures, home, "kafka", kafka, seconds, "the topic, acks=all, broker beside it", said, must=MUST_LEADS)
    shutil.rmtree(home, ignore_errors=True)
    return figures


def _syncs(file: Path) -> float:
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    began = time.perf_counter()
    for _ in range(_SYNCS):
        os.write(handle, b"x" * _LEAD_BYTES)
        os.fdatasync(handle)
    took = time.perf_counter() - began
    os.close(handle)
    return _SYNCS / took


def _way(
    figures: Figures,
    home: Path,
    to: str,
    environ: Mapping[str, str],
    seconds: int,
    guarantee: str,
    said: Any,
    must: float | None = None,
) -> None:
    log = home / "log"
    log.write_bytes(b"")
    words = [
        "-m",
        "leadstream",
        "gateway",
        "--config",
        str(home / "config.toml"),
        "--listen",
        "127.0.0.1:0",
        "--to",
        to,
    ]
    process = start(words, environ, log)
    try:
        wait_until(lambda: process.poll() is not None or _port(log) > 0, 60, "the gateway listens")
        assert process.poll() is None, log.read_text(encoding="utf-8")
        _send(environ, log, seconds, _SINGLE, 1, 0)  # warm: Java compiles
        for what, connections, batch in (("one a request", _SINGLE, 1), (f"{BATCH} a request", _BATCHES, BATCH)):
            said(f"{guarantee}: {what}, as fast as it goes")
            cpu = cpu_s(process.pid)
            found = _send(environ, log, seconds, connections, batch, 0)
            share = (cpu_s(process.pid) - cpu) / found["seconds"]
            figures.add(
                f"acknowledged, {what}",
                found["leads"] / found["seconds"],
                "leads/s",
                must=must,
                guarantee=guarantee,
            )
            figures.add(f"gateway, {what}, share of a core", share, guarantee=guarantee)
            _add_others(figures, found, what, guarantee)
        said(f"{guarantee}: {RATE} a second")
        found = _send(environ, log, seconds, _SINGLE, 1, RATE)
        took = sorted(found["ms"])
        for name, share in (("p50", 0.5), ("p99", 0.99), ("longest", 1.0)):
            figures.add(f"answer at {RATE}/s, {name}", quantile(took, share), "ms", most=True, guarantee=guarantee)
        _add_others(figures, found, f"{RATE}/s", guarantee)
    finally:
        _end(process)


def _add_others(figures: Figures, found: Mapping[str, Any], what: str, guarantee: str) -> None:
    if found["others"]:
        figures.notes.append(f"{guarantee}, {what}: not acknowledged, by status: {found['others']}.")


def _send(
    environ: Mapping[str, str], log: Path, seconds: int, connections: int, batch: int, rate: int
) -> dict[str, Any]:
    order = {
        "port": _port(log),
        "secret": _SECRET,
        "path": _PATH,
        "run": time.monotonic_ns(),
        "seconds": seconds,
        "connections": connections,
        "batch": batch,
        "rate": rate,
    }
    return run_module("benchmarks.gateway_load", order, environ)


def _port(log: Path) -> int:
    found = re.search(r"listens on http://127\.0\.0\.1:(\d+);", log.read_text(encoding="utf-8"))
    return int(found[1]) if found else 0


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
