"""The topics of an engine at the broker: checked at every start, created and mended by `leadstream topics`.

    check_topics(settings)   Refused, by name, with what to do
    connect, ask, apply      the same in steps, for the command

`plans.py` says what is wanted and what is wrong. Kafka's client is needed from `connect` on.
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING, Any, Final

from connectors.kafka.settings import KafkaSettings, unreachable
from connectors.kafka.topics.plans import (
    CONFIGS,
    PARTITIONS,
    REPLICATION,
    Plan,
    TopicFault,
    TopicSaid,
    faults,
    in_words,
    plans,
    summary,
)
from state import errors, limits

if TYPE_CHECKING:
    from confluent_kafka.admin import AdminClient

__all__ = ["TopicFault", "TopicSaid", "apply", "ask", "check_topics", "connect", "faults", "refused"]

SETTLED_S: Final = 30.0
"""Longest time that a change may take until the broker shows it."""
_LOOK_S: Final = 0.1

# What the client says while it cannot connect is raised as one sentence, not logged ten times a second.
_quiet: Final = logging.getLogger("leadstream.kafka.client")
_quiet.addHandler(logging.NullHandler())
_quiet.propagate = False

_APPLY: Final = "Run `leadstream topics --apply` (with the same --config), then start again."


def check_topics(settings: KafkaSettings, *, inputs: bool = True, outputs: bool = True) -> None:
    """Raises Refused (exit 1) where a topic is missing or wrong, Fault (exit 3) where the broker cannot be asked."""
    names = [plan.topic for plan in plans(settings, inputs=inputs, outputs=outputs)]
    found = faults(settings, ask(settings, connect(settings), names), inputs=inputs, outputs=outputs)
    if found:
        raise refused(found)


def refused(found: Collection[TopicFault], *, shown: bool = False) -> errors.Refused:
    """The refusal that says what to do, and names each fault unless they were `shown` already."""
    count = len({one.topic for one in found})
    head = f"{count} topic{'' if count == 1 else 's'} cannot be used as {'it is' if count == 1 else 'they are'}"
    by_hand = dict.fromkeys(one.action for one in found if one.action)
    actions = [_APPLY] if any(not one.action for one in found) else []
    message = f"{head}, see above." if shown else "\n".join([f"{head}:", *(f"  {one}" for one in found)])
    return errors.Refused(message, " ".join([*actions, *by_hand]))


# --- asking the broker


def connect(settings: KafkaSettings, wait_s: float = limits.CONNECT_S) -> AdminClient:
    """A client that the broker has answered.

    Raises Fault with the client's own reason: at once where waiting would not help (user, password, certificates),
    else after `wait_s`; Refused where the client is not installed or takes the settings for wrong.
    """
    try:
        from confluent_kafka import KafkaError, KafkaException
        from confluent_kafka.admin import AdminClient
    except ImportError:
        raise errors.Refused(
            "The client for Kafka is not installed.", "Install it: pip install 'leadstream[kafka]'."
        ) from None
    met: list[Any] = []
    try:
        admin = AdminClient({**settings.common(), "error_cb": met.append}, logger=_quiet)
    except KafkaException as error:
        raise errors.ConfigurationRefused(
            f"The Kafka client refuses the settings: {error.args[0].str()}.",
            "Correct [kafka] or the KAFKA_ variables; certificates and keys are files in PEM.",
        ) from None
    answer = admin.describe_cluster(request_timeout=wait_s)
    deadline = time.monotonic() + wait_s + 1
    hopeless = (KafkaError._AUTHENTICATION, KafkaError._SSL)
    while not answer.done() and time.monotonic() < deadline:
        admin.poll(_LOOK_S)
        for one in met:
            if one.code() in hopeless:
                raise _refuses(settings, one.str())
    try:
        answer.result(0)
    except (KafkaException, TimeoutError) as error:
        telling = [one.str() for one in met if one.code() != KafkaError._ALL_BROKERS_DOWN]
        raise unreachable(settings, "connecting", _without_ms(telling[-1]) if telling else "no answer") from error
    return admin


def _refuses(settings: KafkaSettings, reason: str) -> errors.Fault:
    looked_at = (
        "user, password and mechanism (sasl_username, KAFKA_SASL_PASSWORD, sasl_mechanism)"
        if "uthenticat" in reason or "SASL" in reason
        else "ssl_ca, the client's certificate, and that the address is the one in the broker's certificate"
    )
    return errors.Fault(
        f"The Kafka broker at {settings.describe()} refuses the connection: {_without_ms(reason)}.",
        f"Check {looked_at}, then start again.",
    )


def _without_ms(reason: str) -> str:
    return re.sub(r" \(after \d+ms in state \w+.*\)$", "", reason)


def ask(settings: KafkaSettings, admin: AdminClient, names: Iterable[str]) -> dict[str, TopicSaid]:
    """What the broker says of those of these topics that exist. Raises Fault; Refused where the user may not see one."""
    from confluent_kafka import KafkaError, TopicCollection
    from confluent_kafka.admin import ConfigResource

    wait_s = limits.CONNECT_S
    gone = (KafkaError.UNKNOWN_TOPIC_OR_PART, KafkaError._UNKNOWN_TOPIC)
    described: dict[str, Any] = {}
    for name, future in admin.describe_topics(TopicCollection(list(names)), request_timeout=wait_s).items():
        answer = _answer(settings, future, f"describing the topic {name}", passing=gone)
        if answer is not None:
            described[name] = answer
    configs: dict[str, dict[str, str]] = {}
    resources = [ConfigResource(ConfigResource.Type.TOPIC, name) for name in described]
    if resources:
        for resource, future in admin.describe_configs(resources, request_timeout=wait_s).items():
            doing = f"reading the configuration of the topic {resource.name}"
            entries = _answer(settings, future, doing, passing=gone)
            if entries is not None:
                configs[resource.name] = {key: str(entry.value) for key, entry in entries.items() if key in CONFIGS}
    return {
        name: TopicSaid(
            len(found.partitions), min((len(one.replicas) for one in found.partitions), default=0), configs[name]
        )
        for name, found in described.items()
        if name in configs
    }


def _answer(settings: KafkaSettings, future: Any, doing: str, passing: Collection[int] = ()) -> Any:
    from confluent_kafka import KafkaError, KafkaException

    try:
        return future.result(limits.CONNECT_S + 1)
    except KafkaException as error:
        code = error.args[0].code()
        if code in passing:
            return None
        if code in (KafkaError.TOPIC_AUTHORIZATION_FAILED, KafkaError.CLUSTER_AUTHORIZATION_FAILED):
            raise errors.Refused(
                f"This user may not do that at {settings.describe()}: {doing}.",
                "Allow it DESCRIBE and DESCRIBE_CONFIGS on the topics (for --apply also CREATE, ALTER, ALTER_CONFIGS).",
            ) from error
        raise unreachable(settings, doing, error.args[0].str()) from error
    except TimeoutError as error:
        raise unreachable(settings, doing, "no answer") from error


# --- putting it right


def apply(settings: KafkaSettings, admin: AdminClient) -> tuple[list[str], list[str]]:
    """Create what is missing and mend what is wrong; (what was done, what failed and why), each a line.

    Never deletes, never takes partitions away. Returns when the broker shows what was done.
    """
    todo = plans(settings)
    names = [plan.topic for plan in todo]
    said = ask(settings, admin, names)
    done: list[str] = []
    failed: list[str] = []
    missing = [plan for plan in todo if plan.topic not in said]
    _create(settings, admin, missing, done, failed)
    for plan in todo:
        topic = said.get(plan.topic)
        if topic is not None:
            _mend(settings, admin, plan, topic, done, failed)
    if done:
        hopeless = {line.partition(":")[0] for line in failed}
        deadline = time.monotonic() + SETTLED_S
        while time.monotonic() < deadline:
            left = faults(settings, ask(settings, admin, names))
            if all(one.action or one.topic in hopeless for one in left):
                break
            admin.poll(_LOOK_S)
    return done, failed


def _create(
    settings: KafkaSettings, admin: AdminClient, missing: list[Plan], done: list[str], failed: list[str]
) -> None:
    from confluent_kafka.admin import NewTopic

    new = []
    by_name = {plan.topic: plan for plan in missing}
    for plan in missing:
        config = {wish.what: wish.value for wish in plan.wishes if wish.what in CONFIGS}
        if settings.replication >= 3:
            config["min.insync.replicas"] = "2"  # else one broker's acknowledgement would do, and its loss lose records
        new.append(
            NewTopic(
                plan.topic,
                num_partitions=settings.partitions,
                replication_factor=settings.replication,
                config=config,
            )
        )
    for name, future in (admin.create_topics(new, request_timeout=limits.CONNECT_S) if new else {}).items():
        text = f"{name}: created, {summary(by_name[name].value)}"
        _note(settings, future, f"creating the topic {name}", text, name, done, failed)


def _mend(
    settings: KafkaSettings, admin: AdminClient, plan: Plan, said: TopicSaid, done: list[str], failed: list[str]
) -> None:
    from confluent_kafka.admin import AlterConfigOpType, ConfigEntry, ConfigResource, NewPartitions

    wrong = [wish for wish in plan.wishes if (value := said.value(wish.what)) is None or not wish.fits(value)]
    entries = []
    for wish in wrong:
        if wish.what == PARTITIONS:
            grown = admin.create_partitions(
                [NewPartitions(plan.topic, int(wish.value))], request_timeout=limits.CONNECT_S
            )
            text = (
                f"{plan.topic}: partitions {said.partitions} → {wish.value}; keys lie in other partitions from now on"
            )
            doing = f"adding partitions to the topic {plan.topic}"
            _note(settings, grown[plan.topic], doing, text, plan.topic, done, failed)
        elif wish.what != REPLICATION:
            entries.append(ConfigEntry(wish.what, wish.value, incremental_operation=AlterConfigOpType.SET))
    if not entries:
        return
    resource = ConfigResource(ConfigResource.Type.TOPIC, plan.topic, incremental_configs=entries)
    answered = admin.incremental_alter_configs([resource], request_timeout=limits.CONNECT_S)
    changes = [
        f"{wish.what} {in_words(wish.what, said.value(wish.what) or '0')} → {in_words(wish.what, wish.value)}"
        for wish in wrong
        if wish.what in CONFIGS
    ]
    doing = f"changing the configuration of the topic {plan.topic}"
    _note(settings, answered[resource], doing, f"{plan.topic}: {', '.join(changes)}", plan.topic, done, failed)


def _note(
    settings: KafkaSettings, future: Any, doing: str, text: str, name: str, done: list[str], failed: list[str]
) -> None:
    from confluent_kafka import KafkaError, KafkaException

    try:
        future.result(limits.CONNECT_S + 1)
    except KafkaException as error:
        said = error.args[0]
        if said.code() == KafkaError.TOPIC_ALREADY_EXISTS:  # made by another one at the same moment; looked at below
            return
        if said.retriable():
            raise unreachable(settings, doing, said.str()) from error
        failed.append(f"{name}: {doing} failed with {said.name()} ({said.str()})")
    except TimeoutError as error:
        raise unreachable(settings, doing, "no answer") from error
    else:
        done.append(text)
