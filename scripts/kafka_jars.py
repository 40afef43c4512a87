"""What a broker is made of: Java, and the jars of Apache Kafka, which Maven fetches once into a cache."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import re
import select
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

CHECKOUT: Final = Path(__file__).resolve().parent.parent
PARTS: Final = CHECKOUT / "scripts" / "kafka.d"
JAVA: Final = 17
"""The oldest Java that runs this Kafka."""
FETCH_S: Final = 900
"""From the start of Maven to its end; 6 s where the repository is near."""
SAY_EVERY_S: Final = 3.0


class KafkaProblem(Exception):
    """What stands in the way, and what to do, in whole sentences."""


def say(sentence: str) -> None:
    """Progress, for people: stderr, so that standard output holds what was asked for."""
    print(f"kafka: {sentence}", file=sys.stderr, flush=True)


def java(name: str = "java") -> str:
    """The path of Java's launcher (or of `keytool`): that of JAVA_HOME, else the one on the PATH."""
    home = os.environ.get("JAVA_HOME")
    found = shutil.which(name, path=f"{home}/bin") if home else None
    found = found or shutil.which(name)
    if found is None:
        raise KafkaProblem(
            f"The program {name} is missing: install Java {JAVA}, on Debian `apt-get install openjdk-{JAVA}-jre-headless`."
        )
    return found


def check_java() -> None:
    """Raises KafkaProblem for a Java that is missing or too old for this Kafka."""
    found = java()
    done = subprocess.run([found, "-version"], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    version = re.search(r'version "(\d+)', done.stderr + done.stdout)
    if done.returncode or version is None:
        raise KafkaProblem(f"{found} does not run; it said: {(done.stderr + done.stdout).strip()[:500]}")
    if int(version[1]) < JAVA:
        raise KafkaProblem(
            f"{found} is Java {version[1]}, and Apache Kafka needs {JAVA}: install it, on Debian "
            f"`apt-get install openjdk-{JAVA}-jre-headless`, and name it with JAVA_HOME."
        )


def missing() -> str | None:
    """The sentence that says what this machine lacks to start a broker, or None."""
    try:
        check_java()
        java("keytool")
        if not _complete(_jar_folder()):
            _maven()
    except KafkaProblem as problem:
        return str(problem)
    return None


def _maven() -> str:
    found = shutil.which("mvn")
    if found is None:
        raise KafkaProblem(
            "The program mvn is missing, which fetches Apache Kafka: install Maven, on Debian `apt-get install maven`."
        )
    return found


def _jar_folder() -> Path:
    cache = Path(os.environ.get("LEADSTREAM_KAFKA_CACHE") or CHECKOUT / "var" / "cache" / "kafka")
    return cache.absolute() / hashlib.sha256((PARTS / "pom.xml").read_bytes()).hexdigest()[:12]


def _complete(folder: Path) -> bool:
    """It came into being by a rename, when every jar was in it."""
    return folder.is_dir()


@contextlib.contextmanager
def locked(file: Path, waiting: str) -> Iterator[None]:
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(waiting)
            fcntl.flock(held, fcntl.LOCK_EX)
        yield


def jars() -> Path:
    """The folder of all jars; fetched with Maven where the cache does not have it. Whole or not there at all."""
    folder = _jar_folder()
    if _complete(folder):
        return folder
    maven = _maven()
    with locked(folder.parent / "lock", "another start fetches Apache Kafka, waiting for it"):
        if _complete(folder):
            return folder
        for left_over in folder.parent.glob("new-*"):
            shutil.rmtree(left_over)
        new = Path(tempfile.mkdtemp(prefix="new-", dir=folder.parent))
        try:
            _fetch(maven, new)
            new.chmod(0o755)
            new.rename(folder)
        finally:
            shutil.rmtree(new, ignore_errors=True)
    return folder


def _fetch(maven: str, into: Path) -> None:
    say("fetching Apache Kafka with Maven, some 45 MB, this once")
    command = [maven, "-B", "-Dstyle.color=never", "--strict-checksums", "-f", str(PARTS / "pom.xml")]
    command += ["dependency:copy-dependencies", "-DincludeScope=runtime", f"-DoutputDirectory={into}"]
    end = time.monotonic() + FETCH_S
    with tempfile.TemporaryFile("w+") as log:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT)
        try:
            while not gone(process.pid, min(SAY_EVERY_S, end - time.monotonic())):
                log.seek(0)
                say(f"  {log.read().count('Downloaded from')} files fetched")
                if time.monotonic() >= end:
                    process.kill()
        except BaseException:
            process.kill()
            raise
        finally:
            process.wait()
        log.seek(0)
        said = log.read().strip().splitlines()
    if process.returncode or not any(into.glob("kafka_*.jar")):
        why = "\n".join(line for line in said if "ERROR" in line) or "\n".join(said[-5:])
        raise KafkaProblem(
            f"Maven could not fetch Apache Kafka within {FETCH_S} s. It said:\n{why}\n"
            "Make Maven's repository reachable (its settings.xml may name a mirror), then start again."
        )


def gone(pid: int, within_s: float) -> bool:
    """Wait for the end of a process, child of this one or not."""
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([handle], [], [], max(0.0, within_s))[0])
    finally:
        os.close(handle)
