"""Processes that are measured: what they use, as the kernel counts it, and what they say."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

CHECKOUT: Final = Path(__file__).resolve().parent.parent
_TICKS: Final = os.sysconf("SC_CLK_TCK")


def cpu_s(pid: int) -> float:
    """User and system seconds of a running process, all its threads."""
    words = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    return (int(words[11]) + int(words[12])) / _TICKS


def busy_s() -> float:
    """CPU seconds that all processes of the machine have used since it was started."""
    words = Path("/proc/stat").read_text(encoding="ascii").split("\n", 1)[0].split()
    return (sum(map(int, words[1:4])) + sum(map(int, words[6:9]))) / _TICKS


def used_s() -> float:
    """CPU seconds of this process and of those that it has started and seen end."""
    return sum(os.times()[:4])


def peak_mb() -> float:
    """Most memory that this process has held so far, MB."""
    # Not `ru_maxrss`: that begins with what the process that started this one held.
    for line in Path("/proc/self/status").read_text(encoding="utf-8").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1000
    raise AssertionError("the kernel does not say how much memory was held")


def run_module(module: str, order: Mapping[str, Any], environment: Mapping[str, str]) -> dict[str, Any]:
    """Run `python -m module` with the order as its argument; what it prints as JSON. Its stderr passes through."""
    done = subprocess.run(
        [sys.executable, "-m", module, json.dumps(dict(order))],
        cwd=CHECKOUT,
        env={**environment, "PYTHONPATH": str(CHECKOUT)},
        stdout=subprocess.PIPE,
        check=False,
    )
    assert done.returncode == 0, f"{module} has ended with code {done.returncode}"
    said: dict[str, Any] = json.loads(done.stdout)
    return said


def start(words: Sequence[str], environment: Mapping[str, str], log: Path, **more: Any) -> subprocess.Popen[bytes]:
    """Start `python words…` in the checkout; stdout and stderr go to `log` unless told."""
    with log.open("ab") as file:
        return subprocess.Popen(
            [sys.executable, *words],
            cwd=CHECKOUT,
            env={**environment, "PYTHONPATH": str(CHECKOUT)},
            **{"stdout": file, "stderr": file, **more},
        )


def wait_until(holds: Callable[[], bool], deadline_s: float, what: str, every_s: float = 0.1) -> None:
    """Look again and again; AssertionError after the deadline."""
    end = time.monotonic() + deadline_s
    while not holds():
        assert time.monotonic() < end, f"not within {deadline_s:g} s: {what}"
        time.sleep(every_s)


class Marks:
    """(time, CPU seconds of this process, records so far) at the moments between which figures are taken."""

    def __init__(self, warm: int) -> None:
        self._warm = warm
        self.points: list[tuple[float, float, int]] = []

    def saw(self, count: int) -> None:
        """So many records were read in all: notes the first and, once, the one behind which all is warm."""
        if not self.points or (len(self.points) == 1 and count >= self._warm):
            self.note(count if self.points else 0)

    def note(self, count: int) -> None:
        """Note this moment."""
        self.points.append((time.time(), time.process_time(), count))


def cpu_by_thread() -> dict[str, float]:
    """CPU seconds of this process by the names of its threads, so far."""
    found: dict[str, float] = {}
    for task in Path("/proc/self/task").iterdir():
        try:
            head, _, rest = (task / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")
        except FileNotFoundError:
            continue  # it has ended since it was listed
        words = rest.split()
        name = head.partition("(")[2]
        found[name] = found.get(name, 0.0) + (int(words[11]) + int(words[12])) / _TICKS
    return found
