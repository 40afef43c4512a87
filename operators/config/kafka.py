"""What a single value of `[kafka]` may be, and what the table's values say of each other.

Nothing here needs the Kafka client: a configuration is judged wherever it is read. The same functions judge the
environment's values (`connectors.kafka.settings`).
"""

from __future__ import annotations

import json
import re
from typing import Any, Final, NamedTuple

from operators.config.names import nearest
from operators.config.values import shown, text_of, wrong
from operators.registry import RECORDS

INPUTS: Final = {kind.topic: kind.name for kind in RECORDS}
"""Input topic behind its prefix → the type of its records without `type` (contract, ruling 9)."""
PROTOCOLS: Final = ("PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL")
MECHANISMS: Final = ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512")
MODES: Final = ("once", "transactional")
SECRETS: Final = {"sasl_password": "KAFKA_SASL_PASSWORD", "ssl_key_password": "KAFKA_SSL_KEY_PASSWORD"}
"""Keys that the table does not have, and the variable that is meant."""
TOPIC_CHARACTERS: Final = 249
"""Longest name of a topic that Kafka takes."""

_SECRET: Final = re.compile(r"passw|passphrase|secret|pwd", re.IGNORECASE)
_SERVER: Final = re.compile(
    r"(\[[0-9A-Fa-f:.%]+\]|[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)(?::(\d{1,5}))?", re.ASCII
)
_PREFIX: Final = re.compile(r"[A-Za-z0-9._-]*", re.ASCII)
_LOST: Final = re.compile(r"([A-Za-z0-9._-]+)-(\d{1,9}):(\d{1,18})-(\d{1,18})", re.ASCII)


class Lost(NamedTuple):
    """Records that the operator has accepted as lost: a run goes on behind them. Both offsets belong to the gap."""

    topic: str
    partition: int
    first: int
    last: int

    def __str__(self) -> str:
        return f"{self.topic}-{self.partition}:{self.first}-{self.last}"


def servers(value: Any) -> str:
    """ "host:port,host:port"; never shows what could hold a password."""
    allowed = 'allowed is "HOST:PORT", or several with commas between them.'
    text = text_of(value)
    for one in text.split(","):
        found = _SERVER.fullmatch(one.strip())
        if found is None or not 0 < int(found[2] or 1) < 65536:
            named = "This" if "@" in one or "://" in one else json.dumps(one, ensure_ascii=False)[:60]
            raise wrong(f"{named} is no address of a broker; {allowed}")
    return ",".join(one.strip() for one in text.split(","))


def topic_prefix(value: Any) -> str:
    text = text_of(value)
    if not _PREFIX.fullmatch(text) or len(text) > TOPIC_CHARACTERS - 49:
        raise wrong(
            f"{shown(value)}, but no beginning of a topic's name; allowed are at most {TOPIC_CHARACTERS - 49} letters, "
            "digits, dots, - and _."
        )
    return text


def name(value: Any) -> str:
    """A name of a group or user: not empty, without control characters."""
    text = text_of(value)
    if not text.strip() or not text.isprintable():
        raise wrong(f"{shown(value)}; allowed is a text that is not blank and has no control characters.")
    return text


def file_path(value: Any) -> str:
    text = text_of(value)
    if not text or "\0" in text:
        raise wrong(f"{shown(value)}; allowed is the path of a file.")
    if "-----BEGIN" in text:
        raise wrong("This is a certificate or key itself; allowed is the path of the file that holds it.")
    return text


def lost(value: Any) -> Lost:
    """ "leads.raw-0:1000-1233" """
    allowed = 'allowed is "TOPIC-PARTITION:FIRST-LAST", as "leads.raw-0:1000-1233", with FIRST not behind LAST.'
    text = text_of(value)
    found = _LOST.fullmatch(text)
    if found is None or int(found[3]) > int(found[4]):
        raise wrong(f"{json.dumps(text, ensure_ascii=False)[:80]} names no gap; {allowed}")
    return Lost(found[1], int(found[2]), int(found[3]), int(found[4]))


def secret_in_table(key: str) -> str | None:
    """The sentence about a key that is meant to hold a secret; it must never show the value."""
    if not _SECRET.search(key):
        return None
    variable = SECRETS.get(key) or ("KAFKA_SSL_KEY_PASSWORD" if "key" in key.lower() else "KAFKA_SASL_PASSWORD")
    return (
        "A password does not belong in a configuration file, which is copied, shown and checked in; "
        f"allowed is the environment variable {variable}, or {variable}_FILE with the path of a file that holds it."
    )


def of_no_input(gap: Lost, prefix: str) -> str | None:
    """The sentence about a gap in a topic that is not read, and so would have no effect."""
    topics = tuple(prefix + one for one in INPUTS)
    if gap.topic in topics:
        return None
    return f"{gap.topic} is no input topic{nearest(gap.topic, topics)}; allowed are {', '.join(topics)}."
