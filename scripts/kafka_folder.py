"""The folder of one broker: options, ports, server.properties, certificate, storage, and which process runs it."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import random
import shutil
import socket
import subprocess
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from scripts.kafka_jars import PARTS, KafkaProblem, jars, java, locked, say

FORMAT_S: Final = 90
LISTENERS: Final = ("PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL")
MECHANISMS: Final = ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512")

PROPERTIES: Final = {
    "process.roles": "broker,controller",
    "node.id": "1",
    "controller.listener.names": "CONTROLLER",
    "inter.broker.listener.name": "PLAINTEXT",
    "auto.create.topics.enable": "false",
    "offsets.topic.num.partitions": "4",
    "offsets.topic.replication.factor": "1",
    "transaction.state.log.num.partitions": "4",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "share.coordinator.state.topic.num.partitions": "1",
    "share.coordinator.state.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
    "num.network.threads": "2",
    "num.io.threads": "4",
    "group.initial.rebalance.delay.ms": "0",
    "group.min.session.timeout.ms": "1000",
    # A broker started again after SIGKILL is let in when its old session has ended: 9 s by default.
    "broker.session.timeout.ms": "3000",
    "broker.heartbeat.interval.ms": "500",
    # Retention, compaction and transaction time-outs are looked at every second, so that tests need not wait minutes.
    "log.retention.check.interval.ms": "1000",
    "log.initial.task.delay.ms": "1000",
    "log.segment.delete.delay.ms": "1000",
    "log.cleaner.backoff.ms": "500",
    "log.cleaner.dedupe.buffer.size": "8388608",
    "transaction.abort.timed.out.transaction.cleanup.interval.ms": "1000",
}


@dataclass
class Options:
    """What a broker has beside PLAINTEXT. They count at the first start in a folder and are kept there."""

    listeners: list[str] = field(default_factory=lambda: ["PLAINTEXT"])
    """PLAINTEXT is always one of them: the broker talks to itself there."""
    users: dict[str, dict[str, str]] = field(default_factory=dict)
    """Mechanism (`PLAIN`, `SCRAM-SHA-256`, `SCRAM-SHA-512`) -> name -> password."""
    authorizer: bool = False
    """ACLs count; what none speaks of is allowed. Clients of PLAINTEXT and SSL are `User:ANONYMOUS`."""
    properties: dict[str, str] = field(default_factory=dict)
    """Further lines of server.properties; they win."""
    heap: str = "-Xms256m -Xmx512m"

    @staticmethod
    def read(file: Path) -> Options:
        try:
            options = Options(**json.loads(file.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError) as error:
            raise KafkaProblem(f"The options {file} cannot be read: {error}.") from error
        for name in options.listeners:
            if name not in LISTENERS:
                raise KafkaProblem(f"There is no listener {name}; allowed are {', '.join(LISTENERS)}.")
        for name in options.users:
            if name not in MECHANISMS:
                raise KafkaProblem(f"There is no mechanism {name}; allowed are {', '.join(MECHANISMS)}.")
        options.listeners = ["PLAINTEXT", *(name for name in options.listeners if name != "PLAINTEXT")]
        return options


class Folder:
    """What lies in the folder of a broker."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.absolute()
        self.options = self.folder / "options.json"
        self.ports = self.folder / "ports.json"
        self.running = self.folder / "running.json"
        self.properties = self.folder / "server.properties"
        self.log = self.folder / "broker.log"
        self.data = self.folder / "data"
        self.formatted = self.folder / "formatted"
        self.keystore = self.folder / "broker.p12"
        self.password = self.folder / "broker.password"
        self.authority = self.folder / "ca.pem"

    def lock(self) -> contextlib.AbstractContextManager[None]:
        with contextlib.suppress(FileExistsError):
            self.folder.mkdir(parents=True, mode=0o700)
        return locked(self.folder / "lock", f"another start or stop works in {self.folder}, waiting for it")

    def pid(self) -> int | None:
        """The broker's process, if it runs: a number used again by another process is not it."""
        found = load(self.running)
        return found["pid"] if found and born(found["pid"]) == found["born"] else None

    def addresses(self) -> dict[str, str]:
        """Listener -> host:port."""
        return {name: f"127.0.0.1:{port}" for name, port in (load(self.ports) or {}).items() if name != "CONTROLLER"}


def load(file: Path) -> dict[str, Any] | None:
    try:
        loaded: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    return loaded


def write_private(file: Path, text: str) -> None:
    """Whole or not at all, and for nobody else to read: some of these hold passwords."""
    new = file.with_name(f"{file.name}.new")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as out:
        out.write(text)
    new.rename(file)


def drawn_ports(options: Options, wanted: int | None) -> dict[str, int]:
    """A free port for each listener.

    Below the range that the system gives to outgoing connections: in it a client that looks for a broker that is down
    can be given the broker's port itself, connect to itself, and keep the broker from coming back.
    """
    low = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text(encoding="ascii").split()[0])
    ports: dict[str, int] = {}
    for name in [*options.listeners, "CONTROLLER"]:
        if name == "PLAINTEXT" and wanted:
            if not free(wanted):
                raise KafkaProblem(
                    f"Port {wanted} of 127.0.0.1 is taken by another program: end that, or name another port (--port N)."
                )
            ports[name] = wanted
            continue
        for port in random.SystemRandom().sample(range(10_000, max(low, 11_000)), 200):
            if port not in ports.values() and free(port):
                ports[name] = port
                break
    return ports


def free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as Kafka does: TIME_WAIT does not count
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def server_properties(place: Folder, options: Options, ports: dict[str, int]) -> str:
    own = [name for name in ports if name != "CONTROLLER"]
    lines = dict(PROPERTIES)
    lines["controller.quorum.voters"] = f"1@127.0.0.1:{ports['CONTROLLER']}"
    lines["listeners"] = ",".join(f"{name}://127.0.0.1:{port}" for name, port in ports.items())
    lines["advertised.listeners"] = ",".join(f"{name}://127.0.0.1:{ports[name]}" for name in own)
    lines["listener.security.protocol.map"] = ",".join(f"{name}:{name}" for name in own) + ",CONTROLLER:PLAINTEXT"
    lines["log.dirs"] = str(place.data)
    if options.authorizer:
        lines["authorizer.class.name"] = "org.apache.kafka.metadata.authorizer.StandardAuthorizer"
        lines["allow.everyone.if.no.acl.found"] = "true"
    if any("SSL" in name for name in own):
        lines["ssl.keystore.location"] = str(place.keystore)
        lines["ssl.keystore.type"] = "PKCS12"
        lines["ssl.keystore.password"] = place.password.read_text(encoding="ascii")
    if options.users:
        lines["sasl.enabled.mechanisms"] = ",".join(options.users)
    for listener in own if options.users else []:
        for mechanism, users in options.users.items() if listener.startswith("SASL") else ():
            plain = mechanism == "PLAIN"
            module = "plain.PlainLoginModule" if plain else "scram.ScramLoginModule"
            known = "".join(f' user_{name}="{_quoted(word)}"' for name, word in users.items()) if plain else ""
            key = f"listener.name.{listener.lower()}.{mechanism.lower()}.sasl.jaas.config"
            lines[key] = f"org.apache.kafka.common.security.{module} required{known};"
    lines.update(options.properties)
    return "".join(f"{key}={_escaped(value)}\n" for key, value in lines.items())


def _escaped(value: str) -> str:
    """A value in the form of Java's property files: ASCII, other characters as their UTF-16 units."""
    units = memoryview(value.replace("\\", "\\\\").encode("utf-16-le", "surrogatepass")).cast("H")
    return "".join(chr(unit) if unit < 128 else f"\\u{unit:04x}" for unit in units)


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


def born(pid: int) -> str | None:
    """When the process began, in the kernel's ticks; None = there is none, or it has ended."""
    try:
        words = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if words[0] in "ZX" else words[19]


def run_java(place: Folder, name: str, words: list[str]) -> list[str]:
    """The command line that runs `words`: from a private file, since anybody may read command lines."""
    file = place.folder / f"{name}.args"
    write_private(file, "".join(f'"{_quoted(word)}"\n' for word in words))
    return [java(), f"@{file}"]


def java_words(place: Folder, heap: str, log4j: str, *words: str) -> list[str]:
    temporary = place.folder / "tmp"
    temporary.mkdir(exist_ok=True)
    return [
        *heap.split(),
        "-XX:+ExitOnOutOfMemoryError",
        "-XX:-UsePerfData",
        "-Djava.awt.headless=true",
        "-Djava.net.preferIPv4Stack=true",
        f"-Djava.io.tmpdir={temporary}",  # unpacked native libraries, which SIGKILL leaves behind
        f"-Dlog4j2.configurationFile={PARTS / log4j}",
        "-cp",
        f"{jars()}/*",
        *words,
    ]


def _do(command: list[str], what: str) -> None:
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=FORMAT_S, check=False
    )
    if done.returncode:
        raise KafkaProblem(f"{what} has failed: {(done.stdout + done.stderr).strip()[-2000:]}")


def make_certificate(place: Folder) -> None:
    """A key for the TLS listeners, and its own certificate, which clients take as the authority."""
    if place.authority.exists():
        return
    for left_over in (place.keystore, place.authority):
        left_over.unlink(missing_ok=True)
    write_private(place.password, uuid.uuid4().hex)
    tool = [java("keytool"), "-J-XX:-UsePerfData"]
    store = ["-keystore", str(place.keystore), "-storetype", "PKCS12", "-storepass:file", str(place.password)]
    make = ["-genkeypair", "-alias", "broker", "-keyalg", "EC", "-dname", "CN=localhost", "-validity", "3650"]
    _do([*tool, *make, "-ext", "san=ip:127.0.0.1,dns:localhost", "-ext", "bc:c=ca:true", *store], "keytool")
    place.keystore.chmod(0o600)
    new = place.folder / "ca.pem.new"
    _do([*tool, "-exportcert", "-rfc", "-alias", "broker", "-file", str(new), *store], "keytool")
    new.rename(place.authority)


def format_storage(place: Folder, options: Options) -> None:
    if place.formatted.exists():
        return
    say("formatting its storage")
    shutil.rmtree(place.data, ignore_errors=True)
    cluster = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode("ascii").rstrip("=").replace("-", "A")
    words = ["kafka.tools.StorageTool", "format", "-t", cluster, "-c", str(place.properties)]
    for mechanism, users in options.users.items():
        for name, word in users.items() if mechanism.startswith("SCRAM") else ():
            words += ["--add-scram", f'{mechanism}=[name="{name}",password="{word}"]']
    command = run_java(place, "format", java_words(place, "-Xmx256m", "log4j2-tools.properties", *words))
    try:
        _do(command, "Formatting the storage of the broker")
    finally:
        (place.folder / "format.args").unlink()
    write_private(place.formatted, cluster + "\n")
