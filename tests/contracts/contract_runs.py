"""Running the contract flow in its three shapes, and reading the journal that it leaves."""

import dataclasses
import json
import os
import random
import signal
import subprocess
import sys
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

from waiting import wait_until

from tests.contracts.contract_flow import Plan

# One worker; two workers as threads of one process; two processes with one worker each.
SHAPES = ("one", "threads", "processes")

# Generous: only ever waited for in full by a test that fails.
DEADLINE_S = 60.0

_FOLDER = Path(__file__).resolve().parent


class Row(NamedTuple):
    """One call that Bytewax made."""

    process: int
    what: str
    who: str
    detail: Any

    @property
    def caller(self) -> tuple[int, str]:
        """What made the row, across processes: names of logics are unique in their process only."""
        return self.process, self.who


class Run:
    """One execution of the contract flow: its processes, and the journal as far as it is written."""

    def __init__(self, plan: Plan, folder: Path, commands: list[list[str]]) -> None:
        self._journal = Path(plan.journal)
        self._rows: list[Row] = []
        self._read_to = 0
        environment = os.environ | {"CONTRACT_PLAN": str(folder / "plan.json"), "RUST_BACKTRACE": "0"}
        self._errors = [folder / f"stderr{n}" for n in range(len(commands))]
        self._processes: list[subprocess.Popen[bytes]] = []
        for command, errors in zip(commands, self._errors, strict=True):
            if self._processes:
                # A process that finds its elder not listening yet tries again a whole second later.
                port = int(plan.addresses[0].rpartition(":")[2])
                self._wait_until_listening(port)
            with errors.open("wb") as stream:
                process = subprocess.Popen(
                    [sys.executable, *command], cwd=_FOLDER, env=environment, stdout=subprocess.DEVNULL, stderr=stream
                )
            self._processes.append(process)

    def _wait_until_listening(self, port: int) -> None:
        wait_until(lambda: listening(port) or not self.running(), DEADLINE_S, "the first process to listen")

    @property
    def rows(self) -> list[Row]:
        """The journal's complete lines."""
        if self._journal.exists():
            with self._journal.open("rb") as stream:
                stream.seek(self._read_to)
                *lines, _ = stream.read().split(b"\n")
            self._read_to += sum(len(line) + 1 for line in lines)
            self._rows += [Row(*json.loads(line)) for line in lines]
        return self._rows

    def of(self, *what: str) -> list[Row]:
        """The rows of these kinds, in order."""
        return [row for row in self.rows if row.what in what]

    def wait_for(self, what: str, count: int = 1) -> None:
        """Wait until the journal holds `count` rows of the kind `what`."""
        wait_until(lambda: len(self.of(what)) >= count, DEADLINE_S, f"{count} rows {what!r}")

    def send(self, number: signal.Signals, process: int = 0) -> None:
        """Send a signal to one of the processes."""
        self._processes[process].send_signal(number)

    def running(self, process: int = 0) -> bool:
        """Whether the process has not ended."""
        return self._processes[process].poll() is None

    def finish(self) -> "Run":
        """Wait for the end of all processes; none outlives its test."""
        watch = threading.Timer(DEADLINE_S, self.kill)
        watch.start()
        for process in self._processes:
            process.wait()  # Given a time-out it would look every 50 ms only.
        watch.cancel()
        return self

    def kill(self) -> None:
        """SIGKILL what still runs."""
        for process in self._processes:
            process.kill()
            process.wait()

    @property
    def codes(self) -> list[int]:
        """Exit codes; minus the signal's number where one ended the process (an abort is code 134 to a shell)."""
        return [process.returncode for process in self._processes]

    def stderr(self, process: int = 0) -> str:
        """What the process wrote to stderr."""
        return self._errors[process].read_text(errors="replace")

    @property
    def ends(self) -> list[str]:
        """How the entry point ended, per process: "returned", or "raised" and the types from the error to its cause."""
        ends = []
        for row in sorted(self.of("returned", "raised")):
            ends.append(" ".join([row.what, *(link["type"] for link in row.detail or [])]))
        return ends


def listening(port: int) -> bool:
    """Whether a process listens on the port. Asked of the kernel: a connection would be taken for a worker's."""
    sockets = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return any(int(fields[1].rpartition(":")[2], 16) == port and fields[3] == "0A" for fields in sockets)


def free_addresses(count: int) -> list[str]:
    """Loopback addresses that nobody listens on, below the range that the kernel hands out to connections."""
    addresses: list[str] = []
    while len(addresses) < count:
        port = random.SystemRandom().randrange(15_000, 30_000)
        if not listening(port) and f"127.0.0.1:{port}" not in addresses:
            addresses.append(f"127.0.0.1:{port}")
    return addresses


def start(plan: Plan, shape: str, folder: Path) -> Run:
    """Start the flow in a shape; `folder` takes plan, journal and stderr, and holds one run only."""
    journal = str(folder / "journal")
    if shape == "one":
        plan = dataclasses.replace(plan, journal=journal)
    elif shape == "threads":
        entry = "cluster_main" if plan.entry == "run_main" else plan.entry
        plan = dataclasses.replace(plan, journal=journal, entry=entry, workers=2)
    else:
        plan = dataclasses.replace(plan, journal=journal, entry="cluster_main", addresses=free_addresses(2))
    plan.write(folder / "plan.json")
    script = ["-m", "contract_flow", str(folder / "plan.json")]
    return Run(plan, folder, [[*script, str(n)] for n in range(2 if shape == "processes" else 1)])


def run(plan: Plan, shape: str, folder: Path) -> Run:
    """Run the flow in a shape to its end."""
    return start(plan, shape, folder).finish()


def start_stock(plan: Plan, folder: Path, *arguments: str) -> Run:
    """Start the flow under Bytewax's own runner, by name of the function that returns it."""
    plan = dataclasses.replace(plan, journal=str(folder / "journal"))
    plan.write(folder / "plan.json")
    return Run(plan, folder, [["-m", "bytewax.run", "contract_flow:flow", *arguments]])


def broken_barriers(rows: Iterable[Row]) -> list[str]:
    """Every `next_batch` of an epoch that began before all of the epochs before was sealed, as sentences.

    Sealed is an item once the stateful logic that got it and the sink part that wrote it have had their `snapshot()`.
    Items of all partitions of all sources count, in whichever process they were. An item born in an epoch that another
    partition has left long ago is listed too: it could not have been sealed.
    """
    born: dict[tuple[str, int], int] = {}
    open_items: dict[str, set[tuple[str, int]]] = {"state": set(), "sink": set()}
    held: dict[tuple[int, str], set[tuple[str, int]]] = {}
    begun = 0
    found = []
    for row in rows:
        if row.what in ("next_batch", "end"):
            epoch = row.detail["epoch"]
            for place, items in open_items.items():
                unsealed = sorted(item for item in items if born[item] < epoch)
                if unsealed:
                    found.append(f"{row.who} began epoch {epoch}, {place} had not sealed {unsealed}")
            items = {(item[0], item[2]) for item in row.detail.get("items", [])}
            if items and epoch < begun:
                found.append(f"{row.who} emitted into epoch {epoch} after epoch {begun} had begun")
            begun = max(begun, epoch)
            born |= dict.fromkeys(items, epoch)
            for places in open_items.values():
                places |= items
        elif row.what in ("on_batch", "write_batch"):
            held.setdefault(row.caller, set()).update((item[0], item[2]) for item in row.detail)
        elif row.what in ("state_snapshot", "sink_snapshot"):
            open_items[row.what.removesuffix("_snapshot")] -= held.pop(row.caller, set())
    return found
