"""The one broker of a test session's process, whichever folder's tests ask first."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

from broker import Broker, KafkaClient

from scripts.kafka import missing


def session_broker(folder: Path, lacking: Callable[[str], None]) -> Iterator[KafkaClient]:
    """For a session fixture: the broker that `KAFKA_BOOTSTRAP_SERVERS` names, else one started here."""
    other = os.environ.get("KAFKA_BOOTSTRAP_SERVERS")
    if other:
        yield KafkaClient(other)
        return
    if (sentence := missing()) is not None:
        lacking(sentence)
    one = Broker(folder)
    try:
        one.start()
        yield one
    finally:
        one.stop()
        one.remove_data()
