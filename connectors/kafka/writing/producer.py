"""The client that writes: how it is set up, and how one takes over from a process that died."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from confluent_kafka import KafkaError, KafkaException, Producer

from connectors.kafka.away import client_log
from connectors.kafka.faults import lost_client
from connectors.kafka.settings import KafkaSettings, unreachable
from state import limits


def connect(
    settings: KafkaSettings, met: Callable[[Any], None], undelivered: Callable[[Any, Any], None], state_id: str = ""
) -> Any:
    """A client that keeps the order and writes nothing twice; with `state_id`, one that writes in transactions.

    `met` is told what the client says of itself, `undelivered` (error, message) of each record that it gives up. Of those
    that are delivered nobody is told: a call into Python for each of them costs more than sending it.
    """
    config = {
        **settings.common(),
        "enable.idempotence": True,
        "enable.gapless.guarantee": True,  # a record that fails must not be overtaken by those behind it
        "acks": "all",
        "partitioner": "murmur2_random",  # the Java client's: a customer lies where other programs look
        "linger.ms": 1,
        "message.timeout.ms": 0,  # a record that timed out would be overtaken: the sink stops all of them at once
        "message.max.bytes": 8 << 20,  # the topic's own limit decides
        "queue.buffering.max.kbytes": limits.UNSENT_BYTES >> 10,
        "queue.buffering.max.messages": limits.UNSENT_RECORDS,
        "topic.metadata.propagation.max.ms": 10_000,
        "error_cb": met,
        "delivery.report.only.error": True,
        "on_delivery": undelivered,
    }
    if state_id:
        del config["enable.gapless.guarantee"]  # a transaction is whole or not at all
        config["transactional.id"] = f"leadstream-{state_id}"
        config["transaction.timeout.ms"] = limits.TRANSACTION_MS
        config["message.timeout.ms"] = limits.TRANSACTION_MS
    return Producer(config, logger=client_log)


def take_over(producer: Any, settings: KafkaSettings, monotonic: Callable[[], float] = time.monotonic) -> None:
    """Fence off whoever wrote under this transactional id, and end the transaction that it left open."""
    deadline = monotonic() + limits.CONNECT_S
    while True:
        try:
            producer.init_transactions(limits.CONNECT_S)
            return
        except KafkaException as error:
            known = error.args[0]
            if known.code() in (
                KafkaError.TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
                KafkaError.CLUSTER_AUTHORIZATION_FAILED,
            ):
                raise lost_client(known) from error
            if not known.retriable() or monotonic() > deadline:
                raise unreachable(settings, "taking over the transactional id", error) from error
