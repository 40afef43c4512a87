"""A real Apache Kafka on this machine, for tests, benchmarks and trying out: one broker, loopback only, no Docker.

    python scripts/kafka.py start [--folder DIR] [--port N] [--options FILE] [--stay [--until-eof]]
    python scripts/kafka.py stop | status [--folder DIR]
    python scripts/kafka.py tool NAME ARGS...        kafka-topics, kafka-consumer-groups, ... with the same jars

Needs Java 17 and Maven, which fetches the jars once (some 45 MB) into var/cache/kafka, or LEADSTREAM_KAFKA_CACHE.
A folder (var/kafka unless told) is one broker: its data, ports, options and log stay there from start to start.
Exit codes: 0 done, 1 refused with a sentence on stderr, 3 `status` of a broker that does not run.
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import json
import os
import re
import select
import signal
import socket
import struct
import subprocess
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from scripts.kafka_folder import (
    Folder,
    Options,
    born,
    drawn_ports,
    format_storage,
    free,
    java_words,
    load,
    make_certificate,
    run_java,
    server_properties,
    write_private,
)
from scripts.kafka_jars import CHECKOUT, PARTS, SAY_EVERY_S, KafkaProblem, check_java, gone, jars, java, missing, say

__all__ = ["TOOLS", "Folder", "KafkaProblem", "Options", "born", "missing", "start", "stop", "tool_command"]

FOLDER: Final = CHECKOUT / "var" / "kafka"

READY_S: Final = 90
"""From the start of Java to the first answer; 3 s on an idle machine, the old session's time more after SIGKILL."""
STOP_S: Final = 20
"""From SIGTERM to SIGKILL."""
TRIES: Final = 3
"""Starts with ports drawn anew, where another process took one between the drawing and the start."""


def _answers(listener: str, address: str) -> bool:
    """Does the broker answer there? Asked in Kafka's protocol for its API versions; behind TLS a connection will do."""
    host, port = address.split(":")
    ask = struct.pack(">hhih", 18, 0, 7, -1)  # ApiVersions, version 0, correlation 7, no client name
    try:
        with socket.create_connection((host, int(port)), timeout=5) as connection:
            if "SSL" in listener:
                return True
            connection.sendall(struct.pack(">i", len(ask)) + ask)
            answer = connection.makefile("rb").read(10)
    except OSError:
        return False
    return len(answer) == 10 and struct.unpack(">iih", answer)[1:] == (7, 0)


# --- commands


def start(folder: Path, port: int | None, options: Options | None, *, bound: bool) -> tuple[Folder, bool]:
    """Start the broker of a folder unless it runs; returns when it answers. The second value: was it started now?

    `bound`: it is killed when this process is gone, however that ends.
    """
    place = Folder(folder)
    if place.pid() is not None:
        return place, False
    check_java()
    jars()
    with place.lock():
        if place.pid() is not None:
            return place, False
        if options is None:
            options = Options.read(place.options) if place.options.exists() else Options()
        write_private(place.options, json.dumps(asdict(options), indent=1) + "\n")
        if any("SSL" in name for name in options.listeners):
            make_certificate(place)
        for left in reversed(range(TRIES)):
            kept = load(place.ports)
            if kept and port in (None, kept["PLAINTEXT"]) and set(options.listeners) < set(kept):
                ports = kept
                _check_free(ports)
            else:
                kept = None
                ports = drawn_ports(options, port)
            write_private(place.ports, json.dumps(ports) + "\n")
            write_private(place.properties, server_properties(place, options, ports))
            format_storage(place, options)
            logged = place.log.stat().st_size if place.log.exists() else 0
            if _launch(place, options, bound):
                return place, True
            said = place.log.read_bytes()[logged:].decode("utf-8", "replace")
            if kept or not left or "Address already in use" not in said:
                break
            say("another program has taken one of its ports; trying others")
            place.ports.unlink()
    lines = [line for line in said.splitlines() if re.search(r"\b(ERROR|FATAL|Exception)\b", line)] or said.splitlines()
    raise KafkaProblem(f"The broker has ended while it started. It said:\n{chr(10).join(lines[-5:])}\nSee {place.log}.")


def _check_free(ports: dict[str, int]) -> None:
    """Clients know these ports, so they are not drawn anew."""
    for number in ports.values():
        if not free(number):
            raise KafkaProblem(
                f"Port {number} of 127.0.0.1, which this broker had before, is taken by another program: end that, "
                "or name another port (--port N)."
            )


def _launch(place: Folder, options: Options, bound: bool) -> bool:
    """Start Java and wait until every listener answers; False = it has ended instead."""
    words = java_words(place, options.heap, "log4j2.properties", "kafka.Kafka", str(place.properties))
    command = run_java(place, "broker", words)
    parent = os.getpid()
    libc = ctypes.CDLL(None)

    def die_with_parent() -> None:
        libc.prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG
        if os.getppid() != parent:
            os._exit(1)

    began = time.monotonic()
    with place.log.open("ab") as log:
        place.log.chmod(0o600)
        process = subprocess.Popen(
            command,
            cwd=place.folder,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # a Ctrl-C meant for this process is not the broker's
            preexec_fn=die_with_parent if bound else None,
        )
    try:
        write_private(place.running, json.dumps({"pid": process.pid, "born": born(process.pid)}) + "\n")
        waiting = place.addresses()
        said_at = began
        while waiting:
            waiting = {name: address for name, address in waiting.items() if not _answers(name, address)}
            if waiting and gone(process.pid, 0.05):
                process.wait()
                place.running.unlink(missing_ok=True)
                return False
            now = time.monotonic()
            if waiting and now - began > READY_S:
                raise KafkaProblem(f"The broker did not answer within {READY_S} s. Its log is {place.log}.")
            if waiting and now - said_at >= SAY_EVERY_S:
                said_at = now
                say(f"  waiting for its answer, {now - began:.0f} s of at most {READY_S}")
    except BaseException:
        process.kill()
        process.wait()
        place.running.unlink(missing_ok=True)
        raise
    return True


def stop(folder: Path) -> bool:
    """SIGTERM, and SIGKILL to one that does not end in time. False = none was running."""
    place = Folder(folder)
    if place.pid() is None:
        return False
    with place.lock():
        pid = place.pid()
        if pid is not None:
            os.kill(pid, signal.SIGTERM)
            os.kill(pid, signal.SIGCONT)  # a stopped process hears nothing else
            if not gone(pid, STOP_S):
                say(f"it has not ended within {STOP_S} s: killed")
                os.kill(pid, signal.SIGKILL)
                gone(pid, STOP_S)
        place.running.unlink(missing_ok=True)
    return pid is not None


def _stay(place: Folder, until_eof: bool) -> None:
    """Until the broker ends, or a signal, or with `until_eof` the end of standard input; then it is stopped."""
    pid = place.pid()
    try:
        if pid is not None:
            handle = os.pidfd_open(pid)
            watched = [handle, 0] if until_eof else [handle]
            while True:
                ended = select.select(watched, [], [])[0]
                if handle in ended or not os.read(0, 4096):
                    break
    except KeyboardInterrupt:
        say("stopping")
    finally:
        # A second signal in here ends this process, and the kernel the broker with it.
        stop(place.folder)
        if pid is not None:
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, 0)


def _say_next(place: Folder) -> None:
    address = place.addresses()["PLAINTEXT"]
    say(f"ready on {address}; Ctrl-C stops it, its data stays in {place.folder}")
    if address != "127.0.0.1:9092":
        say(f"  for the commands below: export KAFKA_BOOTSTRAP_SERVERS={address}")
    say("  topics of leadstream:   .venv/bin/leadstream topics --apply")
    say("  leadstream on them:     LEADSTREAM_ONE_ID_SECRET=a-secret-for-trials .venv/bin/leadstream run")
    say("                              --source kafka --sink kafka --state var/on-kafka/state   (in one line)")
    say(
        f"  Kafka's own tools:      .venv/bin/python scripts/kafka.py tool kafka-topics --bootstrap-server {address} --list"
    )


TOOLS: Final = {
    "acls": "AclCommand",
    "broker-api-versions": "BrokerApiVersionsCommand",
    "cluster": "ClusterTool",
    "configs": "kafka.admin.ConfigCommand",
    "console-consumer": "consumer.ConsoleConsumer",
    "console-producer": "ConsoleProducer",
    "consumer-groups": "consumer.group.ConsumerGroupCommand",
    "consumer-perf-test": "ConsumerPerformance",
    "delete-records": "DeleteRecordsCommand",
    "dump-log": "DumpLogSegments",
    "features": "FeatureCommand",
    "get-offsets": "GetOffsetShell",
    "groups": "GroupsCommand",
    "leader-election": "LeaderElectionCommand",
    "log-dirs": "LogDirsCommand",
    "metadata-quorum": "MetadataQuorumCommand",
    "producer-perf-test": "ProducerPerformance",
    "reassign-partitions": "reassign.ReassignPartitionsCommand",
    "storage": "kafka.tools.StorageTool",
    "topics": "TopicCommand",
    "transactions": "TransactionsCommand",
}


def tool_command(name: str, arguments: list[str]) -> list[str]:
    """The command line of a tool, named as in Kafka's bin folder: `kafka-topics`, `kafka-topics.sh` or `topics`."""
    known = TOOLS.get(name.removesuffix(".sh").removeprefix("kafka-"))
    if known is None:
        listed = ", ".join(f"kafka-{one}" for one in TOOLS)
        raise KafkaProblem(f"There is no tool {name}; known are {listed}.")
    main = known if known.startswith("kafka.") else f"org.apache.kafka.tools.{known}"
    log4j = f"-Dlog4j2.configurationFile={PARTS / 'log4j2-tools.properties'}"
    return [
        java(),
        "-Xmx256m",
        "-XX:-UsePerfData",
        "-XX:TieredStopAtLevel=1",
        log4j,
        "-cp",
        f"{jars()}/*",
        main,
        *arguments,
    ]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="kafka.py", description="A real Apache Kafka for tests and trying out.")
    commands = parser.add_subparsers(dest="command", required=True)
    for name, text in (
        ("start", "start the broker, wait until it answers"),
        ("stop", "stop it"),
        ("status", "does it run, and where"),
    ):
        one = commands.add_parser(name, help=text)
        one.add_argument("--folder", type=Path, default=FOLDER, help="data, ports, log of this broker")
        if name == "start":
            one.add_argument("--port", type=int, help="of the PLAINTEXT listener; a free one unless told")
            one.add_argument("--options", type=Path, metavar="FILE", help="JSON: see the class Options")
            one.add_argument("--stay", action="store_true", help="until Ctrl-C or `stop`; then the broker is stopped")
            one.add_argument("--until-eof", action="store_true", help="with --stay: until standard input ends, too")
    one = commands.add_parser("tool", help="run a command-line tool of Kafka")
    one.add_argument("name", help="kafka-topics, kafka-consumer-groups, ...")
    one.add_argument("arguments", nargs=argparse.REMAINDER)
    return parser


def _told(place: Folder) -> str:
    shown = [f"{name} {address}" for name, address in place.addresses().items()]
    return f"pid {place.pid()}, {', '.join(shown)}, folder {place.folder}"


def main() -> int:
    """The command line; returns the exit code."""
    asked = _parser().parse_args()
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    if asked.command == "tool":
        command = tool_command(asked.name, asked.arguments)
        os.execv(command[0], command)
    if asked.command == "stop":
        say("stopped" if stop(asked.folder) else f"no broker runs in {asked.folder}")
        return 0
    if asked.command == "status":
        place = Folder(asked.folder)
        runs = place.pid() is not None
        print(f"running: {_told(place)}" if runs else f"not running: folder {place.folder}", flush=True)
        return 0 if runs else 3
    options = Options.read(asked.options) if asked.options else None
    place, new = start(asked.folder, asked.port, options, bound=asked.stay)
    print(f"{'started' if new else 'already running'}: {_told(place)}", flush=True)
    if new and asked.stay:
        if not asked.until_eof:
            _say_next(place)
        _stay(place, asked.until_eof)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KafkaProblem as problem:
        sys.exit(f"kafka: {problem}")
    except KeyboardInterrupt:
        sys.exit(130)
