"""The metrics page, `/healthz` and `/ready`: a small threaded HTTP server on a registry of its own.

Labels are few: realms, channels of the configuration, marks, reasons of ruling 32. Nothing here is personal data
(ruling 37).
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final
from wsgiref.simple_server import WSGIRequestHandler, make_server

from prometheus_client import CollectorRegistry, ProcessCollector, make_wsgi_app
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.exposition import ThreadingWSGIServer

from flows.observe.meters import BUCKETS_S
from flows.observe.observation import Observation
from flows.odd_times import JUMPED
from operators.base import count_kinds
from state import errors
from state.rows.codes import MARKS

DEFAULT_HOST: Final = "127.0.0.1"
DEFAULT_PORT: Final = 9464
FURTHER_PORTS: Final = 32
"""How many ports behind the default one are tried: further processes take the next (contract)."""
UNKNOWN: Final = "unknown"
"""The channel label of records whose channel the configuration does not name: one label, however many codes arrive."""
_REALM_CHANNEL: Final = ["realm", "channel"]


class EngineCollector:
    """Reads an engine at each scrape; keeps nothing."""

    def __init__(self, seen: Observation, version: str, *, development_secret: bool) -> None:
        self._seen = seen
        self._version = version
        self._development_secret = development_secret

    def collect(self) -> Iterator[Metric]:
        """Every family of the page."""
        yield from self._channels()
        yield from self._sums()
        yield self._latency()
        yield from self._depths()
        yield from self._process()

    def _channels(self) -> Iterator[Metric]:
        channels = self._seen.channels()
        labels = {key: ["shadow" if key[1] else "live", key[0] or UNKNOWN] for key in channels}
        for place, kind in enumerate(count_kinds.KINDS):
            if not kind.metric:
                continue
            family = CounterMetricFamily(f"leadstream_{kind.metric}", kind.help, labels=_REALM_CHANNEL)
            for key, row in channels.items():
                family.add_metric(labels[key], row[place])
            yield family
        marks = GaugeMetricFamily(
            "leadstream_marks",
            "Marks in force given since the start; a correction moves a raw lead from one mark to another.",
            labels=[*_REALM_CHANNEL, "mark"],
        )
        for key, row in channels.items():
            for mark, name in enumerate(MARKS):
                marks.add_metric([*labels[key], name], row[mark])
        yield marks
        validity = GaugeMetricFamily(
            "leadstream_validity",
            "Unique leads found valid or invalid since the start, by channel of first touch; the effective rate is valid / "
            "(valid + invalid).",
            labels=[*_REALM_CHANNEL, "validity"],
        )
        for key, row in channels.items():
            for name, place in (("valid", count_kinds.VALID), ("invalid", count_kinds.INVALID)):
                validity.add_metric([*labels[key], name], row[place])
        yield validity
        meters = self._seen.engine.meters
        rejects = CounterMetricFamily(
            "leadstream_rejects",
            "Records of every type refused, by reason; a record with several reasons counts under each.",
            labels=["channel", "type", "reason"],
        )
        for (channel, record_type, reason), count in meters.reasons.copy().items():
            rejects.add_metric([channel or UNKNOWN, record_type, reason], count)
        yield rejects
        for what, text, counted in (
            ("fields_dropped", "Values that did not fit a field that decides nothing.", meters.dropped),
            ("keys_unknown", "Records with an unknown key that resembles this field.", meters.unknown),
        ):
            family = CounterMetricFamily(f"leadstream_{what}", text, labels=["channel", "field"])
            for (channel, field), count in counted.copy().items():
                family.add_metric([channel or UNKNOWN, field], count)
            yield family

    def _sums(self) -> Iterator[Metric]:
        family = GaugeMetricFamily(
            "leadstream_conservation_difference",
            "Must be 0. marks: accepted minus the four marks; received: received minus its outcomes.",
            labels=["realm", "sum"],
        )
        for (realm, name), difference in self._seen.conservation().items():
            family.add_metric([realm, name], difference)
        yield family

    def _latency(self) -> Metric:
        meters = self._seen.engine.meters
        filled = list(meters.buckets)
        passed = 0
        buckets: list[tuple[str, float]] = []
        for bound, count in zip([*map(str, BUCKETS_S), "+Inf"], filled, strict=True):
            passed += count
            buckets.append((bound, passed))
        family = HistogramMetricFamily(
            "leadstream_latency_seconds", "From the reading of a record to the sending of its events."
        )
        family.add_metric([], buckets, meters.latency_sum_s)
        return family

    def _depths(self) -> Iterator[Metric]:
        seen, depths = self._seen, self._seen.depths()
        yield _gauge("outbox_rows", "Outbox rows that no seal covers yet.", depths.outbox_rows)
        yield _gauge("output_waiting", "Output records sent and not acknowledged yet.", seen.engine.sink.waiting())
        yield _counter("rows_gave_way", "Rows that gave something up for their size.", seen.engine.meters.gave_way)
        yield _gauge("unsynced_bytes", "Decided output that waits for its sync.", seen.engine.meters.unsynced)
        yield _gauge(
            "timers_due",
            "Timers due before the clock and not fired (at most 200 a shard are counted).",
            depths.timers_due,
        )
        yield _gauge("timers_lag_seconds", "How long the oldest of them is due.", depths.timers_lag_ms / 1000)
        yield _gauge("oldest_hold_seconds", "How long the longest waiting lead waits.", depths.oldest_hold_ms / 1000)
        yield _gauge("seal_age_seconds", "Seconds since the last seal.", seen.seal_age_s())
        silent = seen.broker_silent_s()
        if silent is not None:
            yield _gauge(
                "broker_silent_seconds", "Seconds since the broker has answered; it is asked each second.", silent
            )
        if seen.clock:
            yield _gauge(
                "clock_seconds", "The clock that decisions are made by, seconds since 1970.", seen.clock / 1000
            )
        lag = seen.clock_lag_ms()
        if lag is not None:
            yield _gauge(
                "clock_lag_seconds", "How far the clock is behind the wall or the source's calendar.", lag / 1000
            )

    def _process(self) -> Iterator[Metric]:
        engine, meters = self._seen.engine, self._seen.engine.meters
        yield _counter("records", "Records applied, of every type.", meters.leads)
        yield _counter("events", "Output records decided.", meters.events)
        yield _counter("batches", "Batches written.", meters.batches)
        yield _counter("write_seconds", "Time spent writing batches.", meters.write_s)
        yield _counter("seals", "Seals written.", meters.seals)
        yield _counter("internal_rejects", "Records refused with INTERNAL.", meters.internal)
        odd = engine.arrivals.odd.counts
        yield _counter("clock_jumps", "Records that moved the event clock far and were applied.", odd[JUMPED])
        refused = CounterMetricFamily(
            "leadstream_times_refused", "Records refused for a time that is not believed.", labels=["cause"]
        )
        for cause, count in odd.items():
            if cause != JUMPED:
                refused.add_metric([cause], count)
        yield refused
        yield _gauge("shards_open", "Shards that are open.", sum(engine.progress.open))
        yield _gauge("up", "1 while no fault has stopped the engine.", int(self._seen.fault() is None))
        yield _gauge(
            "development_secret",
            "1 while OneIDs are keyed by the public development secret.",
            int(self._development_secret),
        )
        left = self._seen.holidays_left_ms()
        if left is not None:
            yield _gauge(
                "holidays_left_seconds",
                "Until the last year whose national holidays are known ends; below 60 days, update chinesecalendar.",
                left / 1000,
            )
        build = GaugeMetricFamily("leadstream_build_info", "Always 1.", labels=["version", "rule_version"])
        build.add_metric([self._version, engine.rules.version], 1)
        yield build


def _gauge(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(f"leadstream_{name}", text, value=value)


def _counter(name: str, text: str, value: float) -> Metric:
    return CounterMetricFamily(f"leadstream_{name}", text, value=value)


# --- the server


def parse_address(
    text: str, *, option: str = "--metrics", what: str = "the metrics page", example: str = "127.0.0.1:9464"
) -> tuple[str, int]:
    """("127.0.0.1", 9464) of HOST:PORT; raises WrongUsage, which names the option and what would listen there."""
    host, colon, port = text.rpartition(":")
    if not colon or not host or not (port.isascii() and port.isdigit()) or int(port) > 65_535:
        raise errors.WrongUsage(
            f"{text!r} is not an address for {what}.", f"Give {option} HOST:PORT, for example {example}."
        )
    return host.strip("[]"), int(port)


class _Handler(WSGIRequestHandler):
    timeout = 5
    """Seconds a silent client may hold its thread: the end of the server waits for it."""

    def log_message(self, format: str, *args: Any) -> None:
        """Requests are not logged."""


class _Server(ThreadingWSGIServer):
    daemon_threads = False  # joined when the server closes: a scrape may be inside the database
    block_on_close = True


class _Server6(_Server):
    address_family = socket.AF_INET6


Start = Callable[[str, list[tuple[str, str]]], object]


class MetricsServer:
    """Serves until `close`; its thread and every scrape are joined there."""

    def __init__(
        self, seen: Observation, address: tuple[str, int] | None, version: str, *, development_secret: bool
    ) -> None:
        """`address` None = the default one, or the next free port behind it. Raises Fault where none can be had."""
        registry = CollectorRegistry()
        registry.register(EngineCollector(seen, version, development_secret=development_secret))
        ProcessCollector(registry=registry)
        self._seen = seen
        self._page = make_wsgi_app(registry)
        self._server = self._bind(address)
        host, port = self._server.server_address[:2]
        shown = f"[{host!s}]" if ":" in str(host) else str(host)
        self.address = f"{shown}:{port!s}"
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, name="metrics", daemon=True
        )
        self._thread.start()

    def _bind(self, address: tuple[str, int] | None) -> Any:
        host, port = address or (DEFAULT_HOST, DEFAULT_PORT)
        tried = range(port, port + (1 if address else FURTHER_PORTS))
        for each in tried:
            try:
                kind = _Server6 if ":" in host else _Server
                return make_server(host, each, self._answer, kind, _Handler)
            except OSError as error:
                last = error
        where = f"{host}:{port}" + ("" if address else f" or one of the {FURTHER_PORTS - 1} ports behind it")
        raise errors.Fault(
            f"The metrics page cannot listen on {where} ({last.strerror or last}).",
            "Name a free address with --metrics HOST:PORT; port 0 takes any free port.",
        ) from last

    def _answer(self, environ: dict[str, Any], start: Start) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "/")
        if path == "/healthz":
            return _say(start, "200 OK", "alive")
        if path == "/ready":
            reason = self._seen.not_ready()
            return _say(start, "503 Service Unavailable" if reason else "200 OK", reason or "ready")
        if path in ("/metrics", "/"):
            found: Iterable[bytes] = self._page(environ, start)
            return found
        return _say(start, "404 Not Found", "There are /metrics, /healthz and /ready.")

    def close(self) -> None:
        """Stop serving; returns when no thread of it is left."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def _say(start: Start, status: str, text: str) -> Iterable[bytes]:
    start(status, [("Content-Type", "text/plain; charset=utf-8")])
    return [f"{text}\n".encode()]
