"""The broker that the tests of Kafka stand on: scripts/kafka.py, tests/helpers/broker.py."""

import functools
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from broker import ANSWER_S, SCRIPT, Broker, KafkaClient
from confluent_kafka import TIMESTAMP_LOG_APPEND_TIME, Consumer, KafkaError, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient
from waiting import wait_until

from scripts.kafka import Folder, missing, tool_command

pytestmark = [pytest.mark.kafka, pytest.mark.xdist_group("kafka")]


def _script(*arguments: str | Path, code: int = 0, environment: dict[str, str] | None = None) -> str:
    """What the script printed, on both of its outputs."""
    done = subprocess.run(
        [sys.executable, SCRIPT, *arguments],
        env=os.environ | (environment or {}),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == code, f"{arguments}: exit {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout + done.stderr


def _ended(pid: int) -> bool:
    """No such process, or one that only waits for its parent to hear of it."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


# --- what a test can lean on


def test_what_was_written_is_read_back(broker: KafkaClient, prefix: str) -> None:
    topic = broker.create(f"{prefix}raw", partitions=3, config={"message.timestamp.type": "LogAppendTime"})
    broker.produce(topic, [b"one", None, b"three"], keys=[b"a", b"b", None], partition=1, headers=[("kind", b"x")])
    broker.produce(topic, [b"four"], partition=0)
    read = broker.records(topic)
    assert [one[:4] for one in read] == [
        (0, 0, None, b"four"),
        (1, 0, b"a", b"one"),
        (1, 1, b"b", None),
        (1, 2, None, b"three"),
    ]
    assert read[1].headers == [("kind", b"x")] and read[1].timestamp[0] == TIMESTAMP_LOG_APPEND_TIME
    assert broker.partitions(topic) == [0, 1, 2]


def test_aborted_and_open_transactions_are_for_uncommitted_readers(broker: KafkaClient, prefix: str) -> None:
    topic = broker.create(f"{prefix}raw")
    producer = Producer({**broker.common(), "transactional.id": f"{prefix}writer"})
    producer.init_transactions(ANSWER_S)
    for value, end in (
        (b"kept", producer.commit_transaction),
        (b"aborted", producer.abort_transaction),
        (b"open", None),
    ):
        producer.begin_transaction()
        producer.produce(topic, value)
        producer.flush(ANSWER_S)
        if end is not None:
            end(ANSWER_S)
    assert [one.value for one in broker.records(topic)] == [b"kept"]
    assert [one.value for one in broker.records(topic, "read_uncommitted")] == [b"kept", b"aborted", b"open"]
    producer.abort_transaction(ANSWER_S)


def test_a_topic_made_again_has_another_id(broker: KafkaClient, prefix: str) -> None:
    topic = broker.create(f"{prefix}raw")
    first = broker.topic_id(topic)
    broker.delete(topic)
    assert broker.topics(prefix) == []
    broker.create(topic)
    assert broker.topic_id(topic) != first


def test_no_topic_comes_into_being_by_itself(own_broker: Broker, prefix: str) -> None:
    with pytest.raises(KafkaException) as refused:
        own_broker.records(f"{prefix}raw")
    assert refused.value.args[0].code() == KafkaError.UNKNOWN_TOPIC_OR_PART
    assert own_broker.topics(prefix) == []


def test_kill_and_restart_keep_the_data_and_the_ports(own_broker: Broker, prefix: str) -> None:
    topic = own_broker.create(f"{prefix}raw")
    own_broker.produce(topic, [b"one", b"two"])
    listeners, pid = own_broker.listeners, own_broker.pid
    own_broker.kill()
    assert _ended(pid) and not own_broker.runs
    own_broker.restart()
    assert own_broker.pid != pid and own_broker.listeners == listeners
    assert [one.value for one in own_broker.records(topic)] == [b"one", b"two"]


def test_a_frozen_broker_answers_nothing_until_it_is_thawed(own_broker: Broker, prefix: str) -> None:
    topic = own_broker.create(f"{prefix}raw")
    own_broker.freeze()
    with pytest.raises(KafkaException):
        own_broker.admin().list_topics(timeout=0.5)
    own_broker.thaw()
    own_broker.wait_for(topic, 1)
    own_broker.produce(topic, [b"one"])
    assert [one.value for one in own_broker.records(topic)] == [b"one"]


@pytest.mark.parametrize(
    ("listener", "mechanism"),
    [("SSL", None)] + [(f"SASL_{under}", m) for under in ("PLAINTEXT", "SSL") for m in ("PLAIN", "SCRAM-SHA-256")],
)
def test_the_listeners_answer(own_broker: Broker, prefix: str, listener: str, mechanism: str | None) -> None:
    topic = own_broker.create(f"{prefix}raw")
    properties = own_broker.client(listener, mechanism)
    assert topic in AdminClient(properties).list_topics(timeout=ANSWER_S).topics
    if mechanism is not None:
        errors: list[KafkaError] = []
        refused = Producer({**properties, "sasl.password": "another", "error_cb": errors.append})
        wait_until(lambda: refused.poll(0.01) or errors, ANSWER_S, "the refusal of a wrong password")
        assert errors[0].code() == KafkaError._AUTHENTICATION


def test_writes_to_one_topic_can_be_denied(own_broker: Broker, prefix: str) -> None:
    one, other = own_broker.create(f"{prefix}one"), own_broker.create(f"{prefix}other")
    with own_broker.denied(one, "WRITE"):
        own_broker.produce(other, [b"allowed"])
        with pytest.raises(KafkaException) as refused:
            own_broker.produce(one, [b"denied"])
        assert refused.value.args[0].code() == KafkaError.TOPIC_AUTHORIZATION_FAILED
        assert own_broker.records(one) == []
    own_broker.produce(one, [b"allowed again"])


def test_a_group_by_the_command_line_tool(own_broker: Broker, prefix: str) -> None:
    topic, group = own_broker.create(f"{prefix}raw"), f"{prefix}group"
    own_broker.produce(topic, [b"one", b"two"])
    consumer = Consumer({**own_broker.common(), "group.id": group})
    consumer.commit(offsets=[TopicPartition(topic, 0, 1)], asynchronous=False)
    consumer.close()
    assert own_broker.committed(group) == {(topic, 0): 1}
    said = _script(
        "tool", "kafka-consumer-groups", "--bootstrap-server", own_broker.bootstrap, "--describe", "--group", group
    )
    line = next(line.split() for line in said.splitlines() if line.startswith(group))
    assert line[1:6] == [topic, "0", "1", "2", "1"]  # topic, partition, committed, end, lag


# --- the script


@pytest.fixture
def folder(own_broker: Broker, tmp_path: Path) -> Iterator[Path]:
    """Of a second broker, stopped behind the test; depends on `own_broker` for what a broker needs."""
    yield tmp_path / "second"
    _script("stop", "--folder", tmp_path / "second")


@pytest.mark.slow
def test_start_twice_status_and_stop(folder: Path) -> None:
    command: list[str | Path] = [sys.executable, SCRIPT, "start", "--folder", folder]
    starts = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    said = sorted(one.communicate(timeout=240)[0] for one in starts)  # at once: the lock lets one of them do it
    running = Folder(folder)
    pid, addresses = running.pid(), running.addresses()
    assert pid is not None
    assert said[0].startswith(f"already running: pid {pid}") and said[1].startswith(f"started: pid {pid}")
    assert _script("start", "--folder", folder) == said[0]
    status = _script("status", "--folder", folder)
    assert f"running: pid {pid}" in status and addresses["PLAINTEXT"] in status
    # a process under SIGSTOP does not hear SIGTERM, and is not left behind for that
    os.kill(pid, signal.SIGSTOP)
    said_last = _script("stop", "--folder", folder)
    assert "stopped" in said_last and "killed" not in said_last
    assert _ended(pid)
    assert "no broker runs" in _script("stop", "--folder", folder)
    assert "not running" in _script("status", "--folder", folder, code=3)


def test_a_taken_port_is_named(own_broker: Broker, folder: Path) -> None:
    port = own_broker.bootstrap.split(":")[1]
    said = _script("start", "--folder", folder, "--port", port, code=1)
    assert f"Port {port}" in said and "--port N" in said and "Traceback" not in said


@pytest.mark.slow
def test_no_broker_outlives_who_holds_it(own_broker: Broker, tmp_path: Path) -> None:
    """Whatever ends the process that started it: its end of the pipe is closed then, and that ends the script in between.

    Should the script be the one that is killed, the kernel takes the broker along.
    """
    second = Broker(tmp_path / "second")
    try:
        for number in (None, signal.SIGKILL):
            second.start()
            pid, script = second.pid, second.holder
            if number is None:
                assert script.stdin is not None
                script.stdin.close()
            else:
                script.send_signal(number)
            script.wait(ANSWER_S)
            wait_until(functools.partial(_ended, pid), ANSWER_S, "the end of the broker")
            second.kill()
    finally:
        second.stop()


def test_secrets_are_in_no_command_line_and_for_no_other_user(own_broker: Broker) -> None:
    line = Path(f"/proc/{own_broker.pid}/cmdline").read_text()
    secrets = [word for users in own_broker.users.values() for word in users.values()]
    assert not [word for word in secrets if word in line]
    assert own_broker.folder.stat().st_mode & 0o077 == 0
    holding = [
        file
        for file in own_broker.folder.iterdir()
        if file.is_file() and any(word in file.read_text(errors="replace") for word in secrets)
    ]
    assert {file.name for file in holding} == {"options.json", "server.properties", "wanted.json"}
    assert not [file for file in holding if file.stat().st_mode & 0o077]


def test_it_listens_on_loopback_only(own_broker: Broker) -> None:
    """Every listening socket of the process, the controller's included."""
    sockets = set()
    for handle in Path(f"/proc/{own_broker.pid}/fd").iterdir():
        try:
            sockets.add(os.readlink(handle))
        except FileNotFoundError:
            continue  # closed meanwhile
    bound = []
    for table in ("tcp", "tcp6"):
        file = Path(f"/proc/{own_broker.pid}/net/{table}")
        for words in (line.split() for line in file.read_text().splitlines()[1:] if file.exists()):
            if words[3] == "0A" and f"socket:[{words[9]}]" in sockets:
                bound.append(words[1].split(":")[0])
    assert len(bound) == len(own_broker.listeners) + 1
    assert set(bound) <= {"0100007F", "0000000000000000FFFF00000100007F"}


# --- what the machine lacks (no broker needed)


def test_missing_programs_are_named_with_their_package(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("LEADSTREAM_KAFKA_CACHE", str(tmp_path))
    empty = tmp_path / "bin"
    empty.mkdir()
    monkeypatch.setenv("PATH", str(empty))
    assert "openjdk-17-jre-headless" in str(missing())
    java = empty / "java"
    java.write_text("#!/bin/sh\necho 'openjdk version \"11.0.2\" 2019-01-15' >&2\n")
    java.chmod(0o755)
    assert "is Java 11, and Apache Kafka needs 17" in str(missing()) and "JAVA_HOME" in str(missing())
    java.write_text("#!/bin/sh\necho 'openjdk version \"21.0.2\" 2024-01-16' >&2\n")
    (empty / "keytool").touch(mode=0o755)
    assert "apt-get install maven" in str(missing())
    said = _script("start", "--folder", tmp_path / "b", code=1, environment={"PATH": str(empty)})
    assert "apt-get install maven" in said and "Traceback" not in said


def test_jars_are_there_whole_or_not_at_all(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A Maven that fails behind half of its files; the next start begins anew."""
    bin_folder, cache = tmp_path / "bin", tmp_path / "cache"
    bin_folder.mkdir()
    failing = (
        '#!/bin/sh\nfor word; do case "$word" in -DoutputDirectory=*) touch "${word#*=}/kafka_half.jar";; esac; done\n'
    )
    (bin_folder / "mvn").write_text(f"{failing}echo '[ERROR] the repository is away'\nexit 1\n")
    (bin_folder / "mvn").chmod(0o755)
    environment = {"PATH": f"{bin_folder}:{os.environ['PATH']}", "LEADSTREAM_KAFKA_CACHE": str(cache)}
    said = _script("start", "--folder", tmp_path / "b", code=1, environment=environment)
    assert "the repository is away" in said and "Traceback" not in said
    assert [one.name for one in cache.iterdir()] == ["lock"]


def test_an_unknown_tool_is_refused_with_the_known_ones(lacking: Callable[[str], None]) -> None:
    said = _script("tool", "kafka-tea", code=1)
    assert re.search(r"no tool kafka-tea; known are .*kafka-topics", said)
    if (sentence := missing()) is not None:
        lacking(sentence)
    assert tool_command("kafka-topics.sh", ["--list"])[-2:] == ["org.apache.kafka.tools.TopicCommand", "--list"]
