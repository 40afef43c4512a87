"""A broker that is away: how long it has not answered, and a line a minute about it, whoever meets it.

Reader, sink, watch and every client meet the same broker: each would complain on its own, some twenty times a second.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Any, Final

from confluent_kafka import KafkaError

from state import limits

log = logging.getLogger("leadstream")
client_log = logging.getLogger("leadstream.kafka")
"""What the client says of itself."""

_AWAY: Final = "away"
_OF_THE_CLIENT: Final = frozenset({"FAIL", "ERROR", "REQTMOUT", "CONNECT", "CONNFAIL", "NOBROKER", "GETPID", "COORD"})
"""What the client calls its lines about a broker that it does not reach."""
_CODES: Final = frozenset(
    {KafkaError._TRANSPORT, KafkaError._ALL_BROKERS_DOWN, KafkaError._TIMED_OUT, KafkaError._RESOLVE}
)


class Seldom:
    """At most one line of a kind within `limits.SAID_AGAIN_S`. From any thread."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._said: dict[str, float] = {}

    def may(self, kind: str) -> bool:
        """Whether a line of this kind may be said now; it counts as said then."""
        now = self._monotonic()
        with self._lock:
            if now - self._said.get(kind, float("-inf")) < limits.SAID_AGAIN_S:
                return False
            self._said[kind] = now
            return True

    def said(self, kind: str) -> None:
        """A line of this kind was said anyway."""
        with self._lock:
            self._said[kind] = self._monotonic()


seldom: Final = Seldom()


class _OfTheClient(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        kind = record.getMessage().partition(" ")[0]
        if kind == "CONFWARN":  # settings are meant
            return False
        return seldom.may(_AWAY if kind in _OF_THE_CLIENT else kind)


client_log.addFilter(_OfTheClient())


def complain(error: Any) -> None:
    """What a client says of itself through its callback."""
    if seldom.may(_AWAY if error.code() in _CODES else error.name()):
        log.warning("Kafka: %s", error.str())


class Silence:
    """How long the broker has not answered. One thread asks it, others look."""

    def __init__(self, where: str, *, monotonic: Callable[[], float] = time.monotonic, seldom: Seldom = seldom) -> None:
        """`where`: its address, for the log."""
        self._where = where
        self._monotonic = monotonic
        self._seldom = seldom
        self._answered = monotonic()
        self._told = False

    def seconds(self) -> float:
        """Since its last answer."""
        return max(0.0, self._monotonic() - self._answered)

    def answered(self) -> None:
        """It has answered."""
        if self._told:
            log.info("The broker at %s answers again, after %.0f s.", self._where, self.seconds())
        self._answered, self._told = self._monotonic(), False

    def asked_in_vain(self) -> None:
        """It has not: said at once the first time, then once a minute."""
        if not self._told:
            self._seldom.said(_AWAY)
        elif not self._seldom.may(_AWAY):
            return
        self._told = True
        log.warning(
            "The broker at %s has not answered for %.0f s. Nothing is lost, and the run goes on when it answers: check that it "
            "runs and that this machine reaches it.",
            self._where,
            self.seconds(),
        )
