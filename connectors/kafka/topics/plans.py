"""What the engine needs of its topics, and what is wrong of what a broker says of them. Pure: asks nobody.

    plans(settings)          every topic with what is wanted of it
    faults(settings, said)   what is wrong

What is wanted is the least that the engine can work with, or what the operator has set; a topic made by other hands may be
larger and keep longer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from connectors.kafka.settings import KafkaSettings
from operators.base.rules import DAY_MS
from operators.wire.streams import KINDS
from state import limits

PARTITIONS: Final = "partitions"
REPLICATION: Final = "replication"
POLICY: Final = "cleanup.policy"
RETENTION: Final = "retention.ms"
LAG: Final = "min.compaction.lag.ms"
LARGEST: Final = "max.message.bytes"
STAMP: Final = "message.timestamp.type"
CONFIGS: Final = (POLICY, RETENTION, LAG, LARGEST, STAMP)

_KIND_OF: Final = {kind.name: kind for kind in KINDS}
LAG_MS: Final = 3_600_000
"""A compacted record stays for so long at least, so that the read-back after a crash finds what was written."""
LEAST_MS: Final = DAY_MS
"""Shortest retention of an output: a state that was down for longer would not find what it had delivered, and send it again."""
INPUT_KEPT_MS: Final = 30 * DAY_MS
"""The same for inputs; more where lateness and replay period need it."""
INPUT_BYTES: Final = limits.RECORD_BYTES + (64 << 10)
"""A record of the contract's size with its key, headers and the batch around it."""
OUTPUT_BYTES: Final = 1 << 20
"""More than the engine's longest output (`limits.OUTPUT_BYTES`), and not more than Kafka's own default."""
ORIGINAL_OUTPUT_BYTES: Final = limits.ORIGINAL_OUTPUT_BYTES + (256 << 10)
"""The same where a record carries an original."""


@dataclass(frozen=True)
class Wish:
    """What is wanted of one property of a topic; `value` is what a new topic gets."""

    what: str
    value: str
    least: int | None = None
    """Numbers: the smallest that will do (-1 = unlimited always does); None = exactly `value`."""
    action: str = ""
    """What to do where `apply` cannot mend it."""

    def fits(self, found: str) -> bool:
        """Whether what the broker says will do."""
        if self.least is None:
            return found == self.value
        return int(found) == -1 or int(found) >= self.least

    @property
    def wanted(self) -> str:
        """In words."""
        if self.least is None:
            return in_words(self.what, self.value)
        return f"at least {in_words(self.what, str(self.least))}"


@dataclass(frozen=True)
class Plan:
    """One topic as it is wanted."""

    topic: str
    stream: str | None
    """None = an input."""
    wishes: tuple[Wish, ...]

    def value(self, what: str) -> str:
        """What a new topic gets."""
        return next(wish.value for wish in self.wishes if wish.what == what)


@dataclass(frozen=True)
class TopicSaid:
    """One topic as the broker describes it."""

    partitions: int
    replication: int
    """Of the partition with the fewest copies."""
    config: Mapping[str, str] = field(default_factory=dict)

    def value(self, what: str) -> str | None:
        """The value of a wish's property; None = the broker does not say."""
        if what == PARTITIONS:
            return str(self.partitions)
        if what == REPLICATION:
            return str(self.replication)
        return self.config.get(what)


@dataclass(frozen=True)
class TopicFault:
    """What is wrong of a topic."""

    topic: str
    what: str
    """Property, or "topic" where there is none."""
    found: str
    wanted: str
    action: str = ""
    """What the operator has to do by other means; '' = `leadstream topics --apply` mends it."""

    def __str__(self) -> str:
        if self.what == "topic":
            return f"{self.topic} is missing"
        return f"{self.topic}: {self.what} is {self.found}, wanted is {self.wanted}"


# --- what is wanted


def plans(settings: KafkaSettings, *, inputs: bool = True, outputs: bool = True) -> list[Plan]:
    """Every topic that is read (`inputs`) and written (`outputs`)."""
    found = [Plan(topic, None, _of_input(settings)) for topic, _ in settings.inputs if inputs]
    return found + [Plan(topic, one, _of_output(settings, one)) for topic, one in settings.outputs if outputs]


def _of_input(settings: KafkaSettings) -> tuple[Wish, ...]:
    kept_ms = settings.retention_ms.get("inputs")
    new_ms = kept_ms or max(INPUT_KEPT_MS, settings.needed_ms)
    return (
        *_of_places(settings, may_grow=True),
        Wish(POLICY, "delete"),
        Wish(RETENTION, str(new_ms), least=kept_ms or settings.needed_ms),
        Wish(LARGEST, str(INPUT_BYTES), least=INPUT_BYTES),
        Wish(STAMP, "LogAppendTime"),
    )


def _of_output(settings: KafkaSettings, stream: str) -> tuple[Wish, ...]:
    kind = _KIND_OF[stream]
    largest = ORIGINAL_OUTPUT_BYTES if kind.original else OUTPUT_BYTES
    last = (Wish(LARGEST, str(largest), least=largest), Wish(STAMP, "LogAppendTime"))
    if kind.compacted:
        # With more partitions a key would lie in another one, and its former record stay in the old one for ever.
        kept = (Wish(POLICY, "compact"), Wish(LAG, str(LAG_MS), least=LAG_MS))
        return (*_of_places(settings, may_grow=False), *kept, *last)
    set_ms = settings.retention_ms.get(stream)
    if set_ms is not None:  # personal data too: neither shorter nor longer than the operator has said
        retention = Wish(RETENTION, str(set_ms))
    else:
        retention = Wish(RETENTION, str(kind.kept_days * DAY_MS), least=LEAST_MS)
    return (*_of_places(settings, may_grow=True), Wish(POLICY, "delete"), retention, *last)


def _of_places(settings: KafkaSettings, *, may_grow: bool) -> tuple[Wish, Wish]:
    partitions = settings.partitions if may_grow and settings.partitions_are_set else 1
    copies = settings.replication if settings.replication_is_set else 1
    return (
        Wish(PARTITIONS, str(settings.partitions), least=partitions),
        Wish(
            REPLICATION,
            str(settings.replication),
            least=copies,
            action="Give its partitions more copies with Kafka's own tool (kafka-reassign-partitions), or set [kafka] "
            "replication to what there is.",
        ),
    )


# --- what is wrong


def faults(
    settings: KafkaSettings, said: Mapping[str, TopicSaid], *, inputs: bool = True, outputs: bool = True
) -> list[TopicFault]:
    """Everything that is wrong, in the order of the topics; [] = a run may start. A topic that is not in `said` is missing."""
    found = []
    for plan in plans(settings, inputs=inputs, outputs=outputs):
        topic = said.get(plan.topic)
        if topic is None:
            found.append(TopicFault(plan.topic, "topic", "missing", summary(plan.value)))
            continue
        for wish in plan.wishes:
            value = topic.value(wish.what)
            if value is None or not wish.fits(value):
                words = "unknown" if value is None else in_words(wish.what, value)
                found.append(TopicFault(plan.topic, wish.what, words, wish.wanted, wish.action))
    return found


def summary(value: Callable[[str], str | None]) -> str:
    """A topic in a few words, of a plan's values or of what the broker says: "4 partitions, 1 copy, kept 30 days"."""
    partitions, copies, policy = value(PARTITIONS), value(REPLICATION), value(POLICY)
    kept = f"kept {in_words(RETENTION, value(RETENTION) or '-1')}" if policy == "delete" else str(policy)
    return (
        f"{partitions} partition{'' if partitions == '1' else 's'}, "
        f"{copies} cop{'y' if copies == '1' else 'ies'} of each, {kept}"
    )


def in_words(what: str, value: str) -> str:
    """A value as a person reads it: "22 days", "1.1 MiB"."""
    if what in (RETENTION, LAG):
        ms = int(value)
        if ms < 0:
            return "unlimited"
        for unit_ms, name in ((DAY_MS, "day"), (3_600_000, "hour"), (60_000, "minute"), (1000, "second")):
            if ms >= unit_ms:
                count = f"{ms / unit_ms:.4g}"
                return f"{count} {name}{'' if count == '1' else 's'}"
        return f"{ms} ms"
    if what == LARGEST:
        return f"{int(value)} bytes"
    return value
