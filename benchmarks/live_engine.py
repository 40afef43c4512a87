"""The engine as an operator runs it, Kafka to Kafka by the wall's clock, as a process of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path
from typing import Any, Final

from benchmarks import made_input
from benchmarks.broker import Broker
from benchmarks.processes import cpu_s, start, wait_until
from connectors.demo.simulated.toml_text import toml_text
from connectors.kafka.settings import KafkaSettings
from operators.wire.streams import DISPOSITIONS, STREAMS

SECRET: Final = "of benchmarks alone"
_STOP_S: Final = 60.0
_SETTLED_S: Final = 120.0


def configuration() -> dict[str, Any]:
    """The simulated world's, its stores open day and night: whatever the hour, a lead that may go goes at once."""
    tables = made_input.configuration()
    for store in tables["stores"].values():
        store.update(opens="00:00", closes="24:00")
        store.pop("calendar", None)
    return tables


class LiveEngine:
    """`leadstream run --source kafka --sink kafka` on a broker; its topics must be there."""

    def __init__(self, broker: Broker, home: Path, settings: KafkaSettings) -> None:
        home.mkdir(parents=True)
        self.log = home / "engine.log"
        self._broker = broker
        self._settings = settings
        self._home = home
        self._process: subprocess.Popen[bytes] | None = None
        kafka = {"prefix": settings.prefix, "mode": settings.mode, "group": settings.group}
        (home / "config.toml").write_text(toml_text({**configuration(), "kafka": kafka}), encoding="utf-8")

    def start(self) -> None:
        """Start it, again after its end on the same state."""
        words = ["-m", "leadstream", "run", "--source", "kafka", "--sink", "kafka"]
        words += ["--config", str(self._home / "config.toml"), "--state", str(self._home / "state")]
        environment = {**self._broker.environment(), "LEADSTREAM_ONE_ID_SECRET": SECRET}
        self._process = start(words, environment, self.log)

    @property
    def process(self) -> subprocess.Popen[bytes]:
        """The running process; AssertionError with its last words when it has ended."""
        assert self._process is not None, "it was not started"
        said = self.log.read_text(encoding="utf-8", errors="replace")[-2000:]
        assert self._process.poll() is None, f"the engine has ended with code {self._process.returncode}:\n{said}"
        return self._process

    def cpu_s(self) -> float:
        """Its CPU seconds so far."""
        return cpu_s(self.process.pid)

    def outputs(self) -> int:
        """Offsets behind the last records of all output topics, added."""
        return sum(self._broker.ends(*(topic for topic, _ in self._settings.outputs)).values())

    def dispositions(self) -> int:
        """The same of the dispositions."""
        return sum(self._broker.ends(self._settings.output(STREAMS[DISPOSITIONS])).values())

    def settle(self, at_least: int) -> None:
        """Wait until so many dispositions are written and no output follows for two seconds."""
        wait_until(
            lambda: bool(self.process) and self.dispositions() >= at_least, _SETTLED_S, f"{at_least} dispositions"
        )
        last, since = -1, time.monotonic()
        while time.monotonic() - since < 2:
            now = self.outputs()
            if now != last:
                last, since = now, time.monotonic()
            time.sleep(0.2)

    def stop(self) -> None:
        """SIGTERM; it drains, seals and ends with code 0."""
        process = self.process
        process.send_signal(signal.SIGTERM)
        code = process.wait(_STOP_S)
        assert code == 0, f"the engine has ended with code {code}, see its log"

    def kill(self) -> None:
        """SIGKILL."""
        process = self.process
        os.kill(process.pid, signal.SIGKILL)
        process.wait(_STOP_S)

    def end(self) -> None:
        """However it stands: it does not run when this returns."""
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait(_STOP_S)
