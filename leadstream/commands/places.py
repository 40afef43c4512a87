"""Where the commands put raw leads: an inbox folder, or the topic that they are read from."""

from __future__ import annotations

import os
from hashlib import blake2b
from pathlib import Path
from typing import Final

from connectors.durable.places import Durable, InboxDurable
from operators.config.configuration import Configuration
from state import errors

KAFKA: Final = "kafka"
_LETTERS: Final = frozenset("abcdefghijklmnopqrstuvwxyz0123456789_")
_NAME_CHARS: Final = 40


def inbox_of(folder: str, *, writer: str, holder: str) -> Durable:
    """The inbox of a folder under this writer's name. Raises Fault where another process writes it."""
    return InboxDurable(Path(folder), writer=writer, holder=holder)


def topic_of(loaded: Configuration, *, patient: bool) -> Durable:
    """The topic of raw leads; `patient`: nobody waits for an answer, so the broker has the time that a sink gives it.

    Raises Refused where the client is not installed or the topics do not fit, Fault where the broker does not answer.
    """
    try:
        from connectors.durable.topic import TopicDurable
        from connectors.kafka.settings import settings_of
        from connectors.kafka.topics.upkeep import check_topics
    except ImportError as error:
        raise errors.Refused(
            "The client for Kafka is not installed.", "Install it: pip install 'leadstream[kafka]'."
        ) from error
    settings = settings_of(loaded, os.environ)
    check_topics(settings, inputs=True, outputs=False)
    return TopicDurable(settings, int(settings.give_up_s * 1000)) if patient else TopicDurable(settings)


def writer_of(command: str, channel: str) -> str:
    """A writer's name for segments: letters, digits and _ alone. Codes that differ in other characters stay apart."""
    lower = channel.lower()
    plain = "".join(one if one in _LETTERS else "_" for one in lower)[:_NAME_CHARS]
    if plain != channel:
        plain += "_" + blake2b(channel.encode("utf-8", "surrogatepass"), digest_size=4).hexdigest()
    return f"{command}_{plain}"
