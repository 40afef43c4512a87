"""A real Kafka for tests: `Broker` is one that the test may kill, `KafkaClient` what any broker can be asked.

The broker is the child of `scripts/kafka.py start --stay --until-eof`, which ends with its standard input: when this
process is gone, however that came about, so is the broker.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from confluent_kafka import (
    Consumer,
    ConsumerGroupTopicPartitions,
    KafkaError,
    KafkaException,
    Producer,
    TopicCollection,
    TopicPartition,
)
from confluent_kafka.admin import (
    AclBinding,
    AclBindingFilter,
    AclOperation,
    AclPermissionType,
    AdminClient,
    ResourcePatternType,
    ResourceType,
)
from confluent_kafka.cimpl import NewTopic
from waiting import wait_until

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "kafka.py"
ANSWER_S = 120.0
"""Deadline of whatever is asked of a broker that runs."""
QUIET = {"log_level": 0}
"""librdkafka writes to stderr whenever a broker is away; tests take it away on purpose."""


class Read(NamedTuple):
    """A record as a reader of the topic got it."""

    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: list[tuple[str, bytes | None]]
    timestamp: tuple[int, int]
    """(`confluent_kafka.TIMESTAMP_*`, milliseconds)"""


class KafkaClient:
    """Asks a broker on a PLAINTEXT listener, from here or from elsewhere."""

    def __init__(self, bootstrap: str) -> None:
        self.bootstrap = bootstrap

    def common(self) -> dict[str, Any]:
        """librdkafka properties of every client made here."""
        return {"bootstrap.servers": self.bootstrap, **QUIET}

    def admin(self) -> AdminClient:
        return AdminClient(self.common())

    def create(self, topic: str, partitions: int = 1, config: Mapping[str, str] | None = None) -> str:
        """Create a topic and wait until every partition has a leader; returns the name."""
        admin = self.admin()
        new = NewTopic(topic, num_partitions=partitions, replication_factor=1, config=dict(config or {}))
        admin.create_topics([new])[topic].result(ANSWER_S)
        self.wait_for(topic, partitions, admin)
        return topic

    def wait_for(self, topic: str, partitions: int, admin: AdminClient | None = None) -> None:
        """Until metadata shows the topic with so many partitions, each with a leader."""
        asked = admin or self.admin()

        def led() -> bool:
            found = asked.list_topics(topic, timeout=ANSWER_S).topics[topic]
            return found.error is None and sum(one.leader >= 0 for one in found.partitions.values()) == partitions

        wait_until(led, ANSWER_S, f"leaders of the {partitions} partitions of {topic}")

    def delete(self, *topics: str) -> None:
        """Delete topics, those that are not there as well, and wait until metadata shows none of them."""
        if not topics:
            return
        admin = self.admin()
        for future in admin.delete_topics(list(topics), operation_timeout=ANSWER_S).values():
            with _passing(KafkaError.UNKNOWN_TOPIC_OR_PART):
                future.result(ANSWER_S)
        wait_until(
            lambda: not set(topics) & set(admin.list_topics(timeout=ANSWER_S).topics), ANSWER_S, f"the end of {topics}"
        )

    def topics(self, prefix: str = "") -> list[str]:
        return sorted(name for name in self.admin().list_topics(timeout=ANSWER_S).topics if name.startswith(prefix))

    def topic_id(self, topic: str) -> str:
        admin = self.admin()  # kept while it works: a client that nobody holds ends what it was asked
        return str(admin.describe_topics(TopicCollection([topic]))[topic].result(ANSWER_S).topic_id)

    def partitions(self, topic: str) -> list[int]:
        found = self.admin().list_topics(topic, timeout=ANSWER_S).topics[topic]
        if found.error is not None:
            raise KafkaException(found.error)
        return sorted(found.partitions)

    def committed(self, group: str) -> dict[tuple[str, int], int]:
        """(topic, partition) -> offset that the group has committed."""
        admin = self.admin()
        asked = admin.list_consumer_group_offsets([ConsumerGroupTopicPartitions(group)])[group].result(ANSWER_S)
        return {(one.topic, one.partition): one.offset for one in asked.topic_partitions or []}

    def remove(self, prefix: str) -> None:
        """Delete all topics and consumer groups whose names start so."""
        self.delete(*self.topics(prefix))
        admin = self.admin()
        groups = [one.group_id for one in admin.list_consumer_groups().result(ANSWER_S).valid]
        mine = [group for group in groups if group.startswith(prefix)]
        for future in (admin.delete_consumer_groups(mine) if mine else {}).values():
            # a member that has not left yet: the group goes with its session
            with _passing(KafkaError.NON_EMPTY_GROUP, KafkaError.GROUP_ID_NOT_FOUND):
                future.result(ANSWER_S)

    def produce(
        self,
        topic: str,
        values: Iterable[bytes | None],
        keys: Sequence[bytes | None] | None = None,
        partition: int | None = None,
        headers: Sequence[tuple[str, str | bytes | None]] | None = None,
        timestamps: Sequence[int] | None = None,
    ) -> None:
        """Write the values in order, acknowledged by the broker when this returns."""
        # in order without idempotence, whose producer id costs a second
        producer = Producer({**self.common(), "max.in.flight.requests.per.connection": 1, "linger.ms": 5})
        refused: list[KafkaError] = []

        def on_delivery(error: KafkaError | None, _: object) -> None:
            if error is not None:
                refused.append(error)

        for number, value in enumerate(values):
            more: dict[str, Any] = {} if partition is None else {"partition": partition}
            if timestamps is not None:
                more["timestamp"] = timestamps[number]
            key = None if keys is None else keys[number]
            while True:
                try:
                    headers_ = None if headers is None else list(headers)
                    producer.produce(topic, value, key, on_delivery=on_delivery, headers=headers_, **more)
                    break
                except BufferError:
                    producer.poll(0.1)
            producer.poll(0)
        left = producer.flush(ANSWER_S)
        if refused:
            raise KafkaException(refused[0])
        assert not left, f"{left} records of {topic} were not acknowledged within {ANSWER_S:g} s"

    def records(self, topic: str, isolation: str = "read_committed") -> list[Read]:
        """The whole topic, from its beginning to its end, in the order of partitions and offsets.

        The end is that of the isolation: before the first open transaction for `read_committed`.
        """
        waiting = set(self.partitions(topic))
        group = {"group.id": "not used", "enable.auto.commit": False, "auto.offset.reset": "earliest"}
        consumer = Consumer(
            {
                **self.common(),
                **group,
                "isolation.level": isolation,
                "enable.partition.eof": True,
                "fetch.wait.max.ms": 10,
            }
        )
        found: list[Read] = []
        end = time.monotonic() + ANSWER_S
        try:
            consumer.assign([TopicPartition(topic, number, 0) for number in waiting])
            while waiting:
                assert time.monotonic() < end, f"the end of {topic} was not reached within {ANSWER_S:g} s: {waiting}"
                for message in consumer.consume(5000, 0.1):
                    error = message.error()
                    if error is None:
                        found.append(_read(message))
                    elif error.code() == KafkaError._PARTITION_EOF:
                        waiting.discard(message.partition())
                    elif error.fatal() or error.code() == KafkaError.TOPIC_AUTHORIZATION_FAILED:
                        raise KafkaException(error)
        finally:
            consumer.close()
        return sorted(found, key=lambda one: one[:2])


def _read(message: Any) -> Read:
    headers = message.headers() or []
    place = (message.partition(), message.offset())
    return Read(*place, message.key(), message.value(), headers, message.timestamp())


@contextlib.contextmanager
def _passing(*codes: int) -> Iterator[None]:
    try:
        yield
    except KafkaException as error:
        if error.args[0].code() not in codes:
            raise


class Broker(KafkaClient):
    """A broker in `folder`, which keeps its ports and data from start to start. Not started yet when made."""

    def __init__(
        self,
        folder: Path,
        *,
        listeners: Sequence[str] = ("PLAINTEXT",),
        users: Mapping[str, Mapping[str, str]] | None = None,
        authorizer: bool = False,
        properties: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__("")
        self.folder = folder
        self.users = {mechanism: dict(names) for mechanism, names in (users or {}).items()}
        self.listeners: dict[str, str] = {}
        """Listener (PLAINTEXT, SSL, SASL_PLAINTEXT, SASL_SSL) -> host:port; known once it was started."""
        self._options = {
            "listeners": list(listeners),
            "users": self.users,
            "authorizer": authorizer,
            "properties": dict(properties or {}),
        }
        self._holder: subprocess.Popen[bytes] | None = None
        self._pid: int | None = None
        self._frozen = False

    @property
    def authority(self) -> Path:
        """PEM file with the authority of the TLS listeners, for `ssl.ca.location`."""
        return self.folder / "ca.pem"

    @property
    def log(self) -> Path:
        return self.folder / "broker.log"

    @property
    def pid(self) -> int:
        """The process of Java."""
        assert self._pid is not None, "the broker does not run"
        return self._pid

    @property
    def holder(self) -> subprocess.Popen[bytes]:
        """The script that holds the broker."""
        assert self._holder is not None, "the broker does not run"
        return self._holder

    @property
    def runs(self) -> bool:
        return self._pid is not None and self._holder is not None and self._holder.poll() is None

    def start(self) -> None:
        """Returns when every listener answers. AssertionError with what was said when it does not come up."""
        assert not self.runs, "the broker runs already"
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        options = self.folder / "wanted.json"
        options.touch(mode=0o600)
        options.write_text(json.dumps(self._options), encoding="utf-8")
        said = self.folder / "start.log"
        command: list[str | Path] = [
            sys.executable,
            SCRIPT,
            "start",
            "--stay",
            "--until-eof",
            "--folder",
            self.folder,
            "--options",
            options,
        ]
        with said.open("wb") as errors:
            holder = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                start_new_session=True,  # a Ctrl-C for pytest reaches it through its fixtures, not around them
            )
        self._holder = holder  # an interrupt while it starts finds it to be ended
        assert holder.stdout is not None
        answer = holder.stdout.readline()  # the script has the deadline, and ends with an exit code beyond it
        if not answer.startswith(b"started"):
            self._end(signal.SIGTERM)
            raise AssertionError(f"the broker did not start: {answer!r} {said.read_text(errors='replace')}")
        self._frozen = False
        self._pid = json.loads((self.folder / "running.json").read_text(encoding="utf-8"))["pid"]
        ports = json.loads((self.folder / "ports.json").read_text(encoding="utf-8"))
        self.listeners = {name: f"127.0.0.1:{port}" for name, port in ports.items() if name != "CONTROLLER"}
        self.bootstrap = self.listeners["PLAINTEXT"]

    def stop(self) -> None:
        """In good order; SIGKILL where it does not end within the script's deadline. A stopped one stays stopped."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """SIGKILL; returns when the process is gone."""
        if self.runs:
            os.kill(self.pid, signal.SIGKILL)
        self._end(None)

    def restart(self) -> None:
        """Up again with the same data on the same ports, after `stop`, `kill` or while it runs."""
        self.stop()
        self.start()

    def freeze(self) -> None:
        """SIGSTOP: connections stay open, nothing answers."""
        os.kill(self.pid, signal.SIGSTOP)
        self._frozen = True
        wait_until(self._stands_still, ANSWER_S, "each thread of the broker to stop")

    def _stands_still(self) -> bool:
        threads = Path(f"/proc/{self.pid}/task").glob("*/stat")
        return all(one.read_text().rpartition(")")[2].split()[0] == "T" for one in threads)

    def thaw(self) -> None:
        """SIGCONT."""
        os.kill(self.pid, signal.SIGCONT)
        self._frozen = False

    def ensure(self) -> None:
        """Whatever a test did to it: it runs and answers when this returns."""
        if not self.runs:
            self._end(None)
            self.start()
        elif self._frozen:
            self.thaw()

    @contextlib.contextmanager
    def denied(self, name: str, operation: str, kind: ResourceType = ResourceType.TOPIC) -> Iterator[None]:
        """Nobody may do this (`WRITE`, `READ`, `DESCRIBE` …) with the topic inside; all else is allowed.

        `kind`: of another resource, whose name begins so. Needs the authorizer.
        """
        pattern = ResourcePatternType.LITERAL if kind == ResourceType.TOPIC else ResourcePatternType.PREFIXED

        def acl(what: AclOperation, verdict: AclPermissionType) -> AclBinding:
            return AclBinding(kind, name, pattern, "User:*", "*", what, verdict)

        admin = self.admin()
        # where a topic has an ACL at all, what none allows is denied
        wanted = [acl(AclOperation.ALL, AclPermissionType.ALLOW), acl(AclOperation[operation], AclPermissionType.DENY)]
        whoever: Any = None  # typed as a string, though None is what stands for all
        every = AclBindingFilter(kind, name, pattern, whoever, whoever, AclOperation.ANY, AclPermissionType.ANY)

        def in_force(count: int) -> None:  # the broker's authorizer learns of a change a moment after it is answered
            wait_until(
                lambda: len(admin.describe_acls(every).result(ANSWER_S)) == count, ANSWER_S, f"{count} rules of access"
            )

        for future in admin.create_acls(wanted).values():
            future.result(ANSWER_S)
        in_force(len(wanted))
        try:
            yield
        finally:
            for gone in admin.delete_acls([every]).values():
                gone.result(ANSWER_S)
            in_force(0)

    def remove_data(self) -> None:
        """What is left is its log."""
        assert not self.runs, "the broker still runs"
        (self.folder / "formatted").unlink(missing_ok=True)
        shutil.rmtree(self.folder / "data", ignore_errors=True)

    def client(
        self, listener: str = "PLAINTEXT", mechanism: str | None = None, name: str | None = None
    ) -> dict[str, Any]:
        """librdkafka properties for a listener, as a user of `users` where it is a SASL one."""
        properties = {"bootstrap.servers": self.listeners[listener], "security.protocol": listener, **QUIET}
        if "SSL" in listener:
            properties["ssl.ca.location"] = str(self.authority)
        if listener.startswith("SASL"):
            mechanism = mechanism or next(iter(self.users))
            name = name or next(iter(self.users[mechanism]))
            properties.update({"sasl.mechanism": mechanism, "sasl.username": name})
            properties["sasl.password"] = self.users[mechanism][name]
        return properties

    def _end(self, number: signal.Signals | None) -> None:
        holder, self._holder, self._pid = self._holder, None, None
        if holder is None:
            return
        if number is not None and holder.poll() is None:
            holder.send_signal(number)
        try:
            holder.wait(ANSWER_S)
        finally:
            holder.kill()
            for pipe in (holder.stdin, holder.stdout):
                if pipe is not None:
                    with contextlib.suppress(OSError):
                        pipe.close()
            holder.wait()
