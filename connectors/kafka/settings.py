"""Kafka as an operator set it: the table `[kafka]`, over it the environment; secrets from the environment or a file only.

    settings_of(configuration, environ)   the settings in force, or ConfigurationRefused with what to do

Reading them needs no Kafka client and no broker. No secret is ever in a `repr`, an error or a log: they are `Secret`s,
which only `common` opens.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from operators.base.rules import DAY_MS, Rules
from operators.config import kafka
from operators.config.configuration import Configuration
from operators.config.kafka import INPUTS, MECHANISMS, PROTOCOLS, Lost
from operators.config.secret import Secret, secret_of
from operators.config.tables import KafkaTable
from operators.config.values import one_of
from operators.wire.streams import STREAMS
from state.errors import ConfigurationRefused, Fault

__all__ = ["KafkaSettings", "Lost", "Secret", "settings_of", "unreachable"]

ONCE: Final = "once"
TRANSACTIONAL: Final = "transactional"
DEFAULT_BOOTSTRAP: Final = "127.0.0.1:9092"
DEFAULT_PARTITIONS: Final = 4
DEFAULT_REPLICATION: Final = 1


@dataclass(frozen=True, kw_only=True)
class KafkaSettings:
    """Connection, delivery and topics. The defaults are those of an operator who sets nothing."""

    bootstrap: str = DEFAULT_BOOTSTRAP
    """"host:port", several with commas between them."""
    group: str = "leadstream"
    """Consumer group that holds a copy of the positions, for lag tools; never read."""
    mode: str = ONCE
    """`once` or `transactional`."""
    transaction_ms: int = 30
    """How often `transactional` commits."""
    give_up_s: float = 120.0
    """A delivery that is not acknowledged for so long stops the engine (exit 3)."""
    prefix: str = "leads."
    partitions: int = DEFAULT_PARTITIONS
    """Partitions of a topic that `topics --apply` creates."""
    replication: int = DEFAULT_REPLICATION
    """Copies of a partition of a topic that `topics --apply` creates."""
    partitions_are_set: bool = False
    """Whether the operator gave `partitions`: then a topic with fewer is wrong, else one is enough."""
    replication_is_set: bool = False
    retention_ms: Mapping[str, int] = field(default_factory=dict)
    """Of `inputs` and streams, where the operator gave it."""
    needed_ms: int = Rules().late_ms + Rules().replay_ms
    """Shortest time that an input topic must keep its records: the largest lateness and the replay period."""
    lost: frozenset[Lost] = frozenset()
    """Gaps that the operator has accepted as lost: a run goes on behind them."""
    security_protocol: str = "PLAINTEXT"
    sasl_mechanism: str = ""
    sasl_username: str = ""
    sasl_password: Secret = field(default_factory=Secret)
    ssl_ca: str = ""
    ssl_certificate: str = ""
    ssl_key: str = ""
    ssl_key_password: Secret = field(default_factory=Secret)

    @property
    def inputs(self) -> tuple[tuple[str, str], ...]:
        """(topic, type of its records without `type`) of every input."""
        return tuple((self.prefix + name, kind) for name, kind in INPUTS.items())

    @property
    def outputs(self) -> tuple[tuple[str, str], ...]:
        """(topic, stream) of every output."""
        return tuple((self.output(stream), stream) for stream in STREAMS)

    def output(self, stream: str) -> str:
        """The topic of an output stream."""
        return self.prefix + stream

    def common(self) -> dict[str, Any]:
        """librdkafka properties of connection and security, for consumer, producer and admin. Holds secrets: never show it."""
        given = {
            "bootstrap.servers": self.bootstrap,
            "client.id": "leadstream",
            "security.protocol": self.security_protocol,
            "sasl.mechanism": self.sasl_mechanism,
            "sasl.username": self.sasl_username,
            "sasl.password": self.sasl_password.reveal(),
            "ssl.ca.location": self.ssl_ca,
            "ssl.certificate.location": self.ssl_certificate,
            "ssl.key.location": self.ssl_key,
            "ssl.key.password": self.ssl_key_password.reveal(),
        }
        return {key: value for key, value in given.items() if value}

    def describe(self) -> str:
        """Where and how, for logs and errors: "127.0.0.1:9092 (SASL_SSL, SCRAM-SHA-256 as engine)"."""
        how = self.security_protocol
        if self.sasl_mechanism:
            how += f", {self.sasl_mechanism} as {self.sasl_username}"
        if self.ssl_certificate:
            how += ", with a client certificate"
        return f"{self.bootstrap} ({how})"

    def __repr__(self) -> str:
        return (
            f"KafkaSettings({self.describe()}, prefix {self.prefix!r}, group {self.group!r}, mode {self.mode}, "
            f"transaction_ms {self.transaction_ms}, give_up_s {self.give_up_s:g}, lost {sorted(map(str, self.lost))})"
        )


def settings_of(configuration: Configuration, environ: Mapping[str, str] = os.environ) -> KafkaSettings:
    """The settings in force; a variable that is set and not empty wins over the table.

    Raises `ConfigurationRefused` for a value that is not allowed, for secrets that cannot be read, and for settings
    that would not be used as their writer thinks (a password without SASL, a certificate without TLS).
    """
    table = KafkaTable.model_validate(configuration.tables.get("kafka", {}))
    given = _Given(table, environ)
    settings = KafkaSettings(
        bootstrap=given("bootstrap_servers", kafka.servers) or DEFAULT_BOOTSTRAP,
        group=table.group,
        mode=table.mode,
        transaction_ms=table.transaction_ms,
        give_up_s=table.give_up_s,
        prefix=table.prefix,
        partitions=table.partitions or DEFAULT_PARTITIONS,
        replication=table.replication or DEFAULT_REPLICATION,
        partitions_are_set=table.partitions is not None,
        replication_is_set=table.replication is not None,
        retention_ms={
            name: round(days * DAY_MS) for name, days in table.retention_days.model_dump().items() if days is not None
        },
        needed_ms=configuration.rules.late_ms + configuration.rules.replay_ms,
        lost=frozenset(table.lost),
        security_protocol=given("security_protocol", one_of(PROTOCOLS)) or "PLAINTEXT",
        sasl_mechanism=given("sasl_mechanism", one_of(MECHANISMS)),
        sasl_username=given("sasl_username", kafka.name),
        sasl_password=secret_of("KAFKA_SASL_PASSWORD", environ),
        ssl_ca=given("ssl_ca", kafka.file_path),
        ssl_certificate=given("ssl_certificate", kafka.file_path),
        ssl_key=given("ssl_key", kafka.file_path),
        ssl_key_password=secret_of("KAFKA_SSL_KEY_PASSWORD", environ),
    )
    _refuse_security(settings)
    _refuse_retention(settings)
    return settings


def unreachable(settings: KafkaSettings, doing: str, error: object) -> Fault:
    """The fault for a broker that does not answer while `doing` ("reading the topics").

    A wrong password, or a listener of another protocol, shows up only as a connection that ends (`_TRANSPORT`): the
    operator is told of all three.
    """
    look = ["that the broker runs and can be reached from here", "that this listener speaks that protocol"]
    if settings.sasl_mechanism:
        look.append("user, password and mechanism")
    if settings.security_protocol.endswith("SSL"):
        look.append("the certificates")
    return Fault(
        f"The Kafka broker does not answer: {doing} at {settings.describe()} failed ({error}).",
        f"Check {', '.join(look[:-1])} and {look[-1]}, then start again.",
    )


class _Given:
    """A value of the environment, else of the table, else ''."""

    def __init__(self, table: KafkaTable, environ: Mapping[str, str]) -> None:
        self._table = table
        self._environ = environ

    def __call__(self, key: str, judge: Callable[[Any], str]) -> str:
        variable = f"KAFKA_{key.upper()}"
        value = self._environ.get(variable, "")
        if not value:  # an empty variable is how a compose file says "not set"
            return getattr(self._table, key) or ""
        try:
            return judge(value)
        except ValueError as complaint:
            raise ConfigurationRefused(
                f"The environment variable {variable} is wrong: {complaint}", "Correct it and start again."
            ) from None


def _refuse_security(settings: KafkaSettings) -> None:
    protocol = settings.security_protocol
    sasl, tls = protocol.startswith("SASL"), protocol.endswith("SSL")
    of_sasl = {
        "sasl_mechanism": settings.sasl_mechanism,
        "sasl_username": settings.sasl_username,
        "KAFKA_SASL_PASSWORD": settings.sasl_password,
    }
    of_tls = {
        "ssl_ca": settings.ssl_ca,
        "ssl_certificate": settings.ssl_certificate,
        "ssl_key": settings.ssl_key,
        "KAFKA_SSL_KEY_PASSWORD": settings.ssl_key_password,
    }
    for applies, what, values in ((sasl, "SASL", of_sasl), (tls, "TLS", of_tls)):
        unused = [name for name, value in values.items() if value]
        if unused and not applies:
            # Else a connection in the clear, or without a user, would be taken for a secure one.
            raise ConfigurationRefused(
                f"{', '.join(unused)} would not be used: security_protocol is {protocol}, which has no {what}.",
                f"Set security_protocol (or KAFKA_SECURITY_PROTOCOL) to one with {what}, or leave the others out.",
            )
    missing = [name for name, value in of_sasl.items() if not value]
    if sasl and missing:
        raise ConfigurationRefused(
            f"security_protocol is {protocol}, and {', '.join(missing)} is not set.",
            "Set sasl_mechanism and sasl_username in [kafka] or as KAFKA_SASL_MECHANISM and KAFKA_SASL_USERNAME, and the "
            "password as KAFKA_SASL_PASSWORD or KAFKA_SASL_PASSWORD_FILE.",
        )
    if bool(settings.ssl_certificate) != bool(settings.ssl_key):
        raise ConfigurationRefused(
            "Of ssl_certificate and ssl_key one is set and the other is not.", "Set both, or neither."
        )
    for name in ("ssl_ca", "ssl_certificate", "ssl_key"):
        file = getattr(settings, name)
        if file and not (os.path.isfile(file) and os.access(file, os.R_OK)):
            raise ConfigurationRefused(
                f"The file {file} of {name} cannot be read.", "Name a file in PEM that this user can read."
            )


def _refuse_retention(settings: KafkaSettings) -> None:
    kept_ms = settings.retention_ms.get("inputs")
    if kept_ms is not None and kept_ms < settings.needed_ms:
        raise ConfigurationRefused(
            f"kafka.retention_days.inputs is {kept_ms / DAY_MS:g} days, and the largest lateness of a channel with the "
            f"replay period is {settings.needed_ms / DAY_MS:g}: leads that still count would be gone before they could be "
            "read again.",
            f"Set it to at least {settings.needed_ms / DAY_MS:g}, or shorten late_hours or replay.",
        )
