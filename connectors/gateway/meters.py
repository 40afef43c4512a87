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
        self.requests = Counter(
            "leadstream_gateway_requests",
            "Requests answered, by door and status.",
            ["door", "status"],
            registry=registry,
        )
        self.leads = Counter(
            "leadstream_gateway_leads",
            "Leads by outcome: acknowledged (durable), refused at the door, not_kept (429 or 503: the sender has them).",
            ["channel", "outcome"],
            registry=registry,
        )
        self.later = Counter(
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

    def page(self) -> bytes:
        """The page, as Prometheus reads it."""
        return generate_latest(self._registry)
