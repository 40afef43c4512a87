"""What `/metrics` of the gateway says. Labels are few: doors, channels and feeds that are configured, codes; no personal data
(ruling 37)."""

from __future__ import annotations

from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest

from connectors.durable.places import Durable

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
_BUCKETS_S: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


class Meters:
    """Counted where it happens; a registry of its own, so that several may live in one process."""

    def __init__(self, durable: Durable, version: str) -> None:
        self._registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        self._requests = Counter(
            "leadstream_gateway_requests",
            "Requests answered, by door and status.",
            ["door", "status"],
            registry=registry,
        )
        self._leads = Counter(
            "leadstream_gateway_leads",
            "Leads by outcome: acknowledged (durable), refused at the door, not_kept (429 or 503: the sender has them).",
            ["channel", "outcome"],
            registry=registry,
        )
        self._later = Counter(
            "leadstream_gateway_later_refused",
            "Leads acknowledged of which the sender was told that the engine will refuse them, by code.",
            ["channel", "code"],
            registry=registry,
        )
        self.seconds = Histogram(
            "leadstream_gateway_durable_seconds",
            "From a whole request to its leads being durable.",
            buckets=_BUCKETS_S,
            registry=registry,
        )
        waiting = Gauge("leadstream_gateway_waiting", "Leads taken and not durable yet.", registry=registry)
        waiting.set_function(durable.waiting)
        up = Gauge("leadstream_gateway_up", "1 while leads can be made durable.", registry=registry)
        up.set_function(lambda: int(durable.fault() is None))
        build = Gauge("leadstream_build_info", "Always 1.", ["version"], registry=registry)
        build.labels(version).set(1)

        self._children: dict[tuple[Counter, str, str], Counter] = {}
        """Looked up once: finding a counter by its labels costs more than counting."""

    def answered(self, door: str, status: int) -> None:
        """A request was answered; `door` = its path in the document, never what somebody typed."""
        self._of(self._requests, door, str(status)).inc()

    def leads(self, channel: str, outcome: str, count: int) -> None:
        """Leads with this outcome."""
        if count:
            self._of(self._leads, channel, outcome).inc(count)

    def later(self, channel: str, code: str) -> None:
        """An acknowledged lead of which the sender was told this code."""
        self._of(self._later, channel, code).inc()

    def _of(self, counter: Counter, first: str, second: str) -> Counter:
        key = (counter, first, second)
        child = self._children.get(key)
        if child is None:
            child = self._children[key] = counter.labels(first, second)
        return child

    def page(self) -> bytes:
        """The page, as Prometheus reads it."""
        return generate_latest(self._registry)
