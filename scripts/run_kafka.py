"""The whole path on a real Kafka, live: a simulated feed at the pace of the wall clock → topics → engine → topics.

    python scripts/run_kafka.py [--per-day N] [ARGUMENTS OF leadstream run ...]

Everything lies in var/run-kafka: the broker's data, the engine's state, a secret of this machine's own. Ctrl-C drains and
seals the engine, then stops the broker; the next run goes on. KAFKA_BOOTSTRAP_SERVERS uses another broker instead.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import secrets
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any, Final

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from confluent_kafka import Producer

from connectors.demo.simulated import DemoFeed
from connectors.demo.simulated.toml_text import toml_text
from connectors.kafka.settings import KafkaSettings, settings_of
from operators.config.configuration import load
from scripts.kafka import FOLDER as KAFKA_FOLDER
from scripts.kafka import KafkaProblem, start, stop

FOLDER: Final = KAFKA_FOLDER.parent / "run-kafka"
SECRET: Final = "LEADSTREAM_ONE_ID_SECRET"
SEED: Final = 1
PER_DAY: Final = 1_000_000
"""Some 5 leads a second by night and 25 in the evening."""
_EVERY_S: Final = 0.2


class Feeder(threading.Thread):
    """Writes what the simulated world sends, when it sends it, to the input topics."""

    def __init__(self, feed: DemoFeed, settings: KafkaSettings) -> None:
        super().__init__(name="feeder", daemon=True)
        self._feed = feed
        self._producer = Producer(
            {**settings.common(), "client.id": "leadstream-feeder", "linger.ms": 5, "log_level": 0}
        )
        kinds = {kind: topic for topic, kind in settings.inputs}
        self._topics = {kind: kinds[kind] for kind in ("raw_lead", "activity", "verdict", "command")}
        self._ended = threading.Event()

    def run(self) -> None:
        """Until `end`."""
        at = _now_ms()
        while not self._ended.wait(_EVERY_S):
            now = _now_ms()
            for _, kind, record in self._feed.between(at, now):
                with contextlib.suppress(BufferError):  # a broker that is away: channels would hold back too
                    self._producer.produce(self._topics[kind], record)
            self._producer.poll(0)
            at = now
        self._producer.flush(5)

    def end(self) -> None:
        """Send no more."""
        self._ended.set()
        self.join(10)


def tables_of(feed: DemoFeed) -> dict[str, Any]:
    """The feed's configuration, every second store open at all hours: the feed keeps the wall's clock, and whoever looks at it
    by night is to see dispatches too."""
    tables = feed.config()
    for number, store in enumerate(tables["stores"].values()):
        if number % 2 == 0 and "release_per_minute" not in store:
            store["opens"], store["closes"] = "00:00", "24:00"
            store.pop("calendar", None)
    return tables


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


def _secret(folder: Path) -> str:
    """A secret that this machine keeps: OneIDs must be the same at every start (ruling 18)."""
    path = folder / "secret"
    if not path.exists():
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_hex(32))
    return path.read_text()


def main(arguments: list[str]) -> int:
    """Run until Ctrl-C; returns the engine's exit code."""
    parser = argparse.ArgumentParser(prog="run_kafka", description=__doc__)
    parser.add_argument("--per-day", type=int, default=PER_DAY, help=f"simulated records a day (default {PER_DAY})")
    given, rest = parser.parse_known_args(arguments)
    FOLDER.mkdir(parents=True, exist_ok=True)
    feed = DemoFeed(SEED, given.per_day, born_from_ms=_now_ms())
    config = FOLDER / "config.toml"
    config.write_text(toml_text(tables_of(feed)), encoding="utf-8")
    environ = {**os.environ, SECRET: os.environ.get(SECRET) or _secret(FOLDER)}
    own = not environ.get("KAFKA_BOOTSTRAP_SERVERS")
    command = [sys.executable, "-m", "leadstream"]
    engine: subprocess.Popen[bytes] | None = None

    def pass_on(*_: object) -> None:
        if engine is None:
            raise KeyboardInterrupt
        engine.terminate()

    signal.signal(signal.SIGTERM, pass_on)
    try:
        if own:
            print(f"1/3 A Kafka broker of its own in {FOLDER / 'broker'}", flush=True)
            place, _ = start(FOLDER / "broker", None, None, bound=True)
            environ["KAFKA_BOOTSTRAP_SERVERS"] = place.addresses()["PLAINTEXT"]
        settings = settings_of(load(config), environ)
        print(f"2/3 Topics {settings.prefix}* at {settings.bootstrap}", flush=True)
        done = subprocess.run(
            [*command, "topics", "--apply", "--config", str(config)], env=environ, stdout=subprocess.DEVNULL
        )
        if done.returncode:
            return done.returncode
        print(
            "3/3 Simulated leads of 56 channels, as fast as the wall clock → Kafka → leadstream → Kafka. Look at it: "
            f".venv/bin/python examples/follow_output.py kafka --follow (KAFKA_BOOTSTRAP_SERVERS={settings.bootstrap})",
            flush=True,
        )
        feeder = Feeder(feed, settings)
        feeder.start()
        signal.signal(
            signal.SIGINT, signal.SIG_IGN
        )  # from here on the engine hears Ctrl-C; broker and feed end behind it
        words = [
            "run",
            "--config",
            str(config),
            "--source",
            "kafka",
            "--sink",
            "kafka",
            "--state",
            str(FOLDER / "state"),
        ]
        engine = subprocess.Popen(
            [*command, *words, *rest],
            env=environ,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
        )
        code = engine.wait()
        feeder.end()
        return code
    except KeyboardInterrupt:
        return 130
    except KafkaProblem as problem:
        print(problem, file=sys.stderr)
        return 1
    finally:
        if own:
            stop(FOLDER / "broker")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
