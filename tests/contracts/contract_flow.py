"""The flow whose behaviour the contract tests pin: all it does is write down every call that Bytewax makes.

It runs in processes of its own, as `python -m contract_flow PLAN.json PROCESS` or under Bytewax's stock runner
(`python -m bytewax.run contract_flow:flow`, plan named by `CONTRACT_PLAN`): a process that aborts is among the
behaviours, and `cluster_main` changes what is global to a process. Calls are rows of one journal, a file opened for
appending by all workers and processes, so that the order of its lines is the order of the calls wherever made.
"""

import atexit
import json
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import bytewax.operators as op
from bytewax.dataflow import Dataflow
from bytewax.inputs import FixedPartitionedSource, StatefulSourcePartition
from bytewax.operators import StatefulBatchLogic
from bytewax.outputs import FixedPartitionedSink, StatefulSinkPartition
from bytewax.run import cli_main
from bytewax.testing import cluster_main, run_main

Item = tuple[str, int, int, str]  # source partition, epoch of that partition, serial number in it from 1, key

KINDS: dict[str, type[BaseException]] = {
    kind.__name__: kind for kind in (ValueError, SystemExit, KeyboardInterrupt, StopIteration)
}


@dataclass
class Plan:
    """What the flow is to do. Written as JSON by the tests, read by the processes that run the flow."""

    # One source per entry: partition -> batches, one `next_batch` each, a batch being the keys of its items.
    sources: list[dict[str, list[list[str]]]]
    journal: str = ""
    entry: str = "run_main"
    workers: int = 1
    addresses: list[str] = field(default_factory=list)
    # 0: each `next_batch` is an epoch of its own.
    epoch_ms: float = 0
    # Partition -> distance of `next_awake` from now; a partition not named returns None.
    awake_ms: dict[str, float] = field(default_factory=dict)
    # Partition -> the partition whose end it waits for, repeating its last batch meanwhile.
    ends_after: dict[str, str] = field(default_factory=dict)
    # Goes on with empty batches after the script until a signal handler asks for the end.
    live: bool = False
    # None, "flag" (asks for the end), "exit" (raises SystemExit(3)) or "raise" (raises ValueError).
    handler: str | None = None
    hops: int = 3
    sink_parts: list[str] = field(default_factory=lambda: ["out"])
    # Key -> what `part_fn` answers; 0 for a key not named.
    part_index: dict[str, int] = field(default_factory=dict)
    snapshot_value: int | None = None
    eof_emits: bool = False
    # Callbacks that raise: at the item with serial number 3 of partition "a" where they get items, else at once.
    fails_in: list[str] = field(default_factory=list)
    fails_with: str = "ValueError"
    # A background daemon thread: None, "waiting", "busy" or "syncing" (a loop of RocksDB log syncs).
    thread: str | None = None
    # When it is joined: "never", "before_raising", "sink_close", "after_run" or "atexit".
    joined: str = "never"
    # What an `atexit` callback ends the process with, if anything.
    leaves_with: int | None = None

    def write(self, path: Path) -> None:
        """Write the plan to `path` as JSON."""
        path.write_text(json.dumps(asdict(self)))


class Recorder:
    """The journal, the stop request and the background thread of this process."""

    def __init__(self, plan: Plan, process: int) -> None:
        self.plan = plan
        self.process = process
        self.stop = threading.Event()
        self.thrown: BaseException | None = None
        self._built = 0
        self._lock = threading.Lock()
        self._journal = os.open(plan.journal, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        self._thread_stop = threading.Event()
        self._syncing = threading.Event()
        self._thread = self._start_thread() if plan.thread else None

    def row(self, what: str, who: str = "", detail: Any = None) -> None:
        """Append one row. One write: rows of several processes never mix."""
        os.write(self._journal, json.dumps([self.process, what, who, detail]).encode() + b"\n")

    def next_logic(self) -> str:
        """A name for a logic: it is not told its key."""
        with self._lock:
            self._built += 1
            return f"logic{self._built}"

    def fail(self, where: str, items: Iterable[Item] | None = None) -> None:
        """Raise, if the plan has `where` fail here."""
        if where not in self.plan.fails_in or (items is not None and ("a", 3) not in {(i[0], i[2]) for i in items}):
            return
        if self.plan.joined == "before_raising":
            self.join_thread()
        self.thrown = KINDS[self.plan.fails_with](3)
        raise self.thrown

    def join_thread(self) -> None:
        """Stop the background thread, if there is one."""
        self._thread_stop.set()
        if self._thread:
            self._thread.join()

    def _start_thread(self) -> threading.Thread:
        work: dict[str, Callable[[], object]] = {
            "waiting": self._thread_stop.wait,
            "busy": self._spin,
            "syncing": self._sync,
        }
        thread = threading.Thread(target=work[self.plan.thread or ""], daemon=True)
        thread.start()
        if self.plan.thread == "syncing":
            self._syncing.wait()
        return thread

    def _spin(self) -> None:
        while not self._thread_stop.is_set():
            pass

    def _sync(self) -> None:
        from rocksdict import Rdict

        database = Rdict(f"{self.plan.journal}.rocksdb")
        while not self._thread_stop.is_set():
            database["row"] = b"1"
            database.flush_wal(True)
            self._syncing.set()
        database.close()


class ScriptPartition(StatefulSourcePartition[tuple[str, Item], int | None]):
    """Emits one batch of the script per `next_batch`."""

    def __init__(self, recorder: Recorder, name: str, batches: list[list[str]]) -> None:
        self._recorder = recorder
        self._name = name
        self._batches = batches
        self._polls = 0
        self._epoch = 0
        self._serial = 0
        self._asked: datetime | None = None

    def next_batch(self) -> list[tuple[str, Item]]:
        keys = self._next_keys()
        early = self._asked is not None and datetime.now(UTC) < self._asked
        if keys is None:
            Path(f"{self._recorder.plan.journal}.{self._name}").touch()
            self._recorder.row("end", self._name, {"epoch": self._epoch, "early": early})
            raise StopIteration
        items: list[Item] = [(self._name, self._epoch, self._serial + n, key) for n, key in enumerate(keys, 1)]
        self._serial += len(items)
        self._polls += 1
        self._recorder.row("next_batch", self._name, {"epoch": self._epoch, "early": early, "items": items})
        self._recorder.fail("next_batch", items)
        return [(item[3], item) for item in items]

    def _next_keys(self) -> list[str] | None:
        plan = self._recorder.plan
        if self._recorder.stop.is_set():
            return None
        if self._polls < len(self._batches):
            return self._batches[self._polls]
        if self._name in plan.ends_after:
            ended = os.path.exists(f"{plan.journal}.{plan.ends_after[self._name]}")
            return None if ended else self._batches[-1]
        return [] if plan.live else None

    def next_awake(self) -> datetime | None:
        distance_ms = self._recorder.plan.awake_ms.get(self._name)
        if distance_ms is None:
            return None
        self._asked = datetime.now(UTC) + timedelta(milliseconds=distance_ms)
        return self._asked

    def snapshot(self) -> int | None:
        self._recorder.row("source_snapshot", self._name, {"epoch": self._epoch})
        self._recorder.fail("source_snapshot")
        self._epoch += 1
        return self._recorder.plan.snapshot_value

    def close(self) -> None:
        self._recorder.row("source_close", self._name)
        self._recorder.fail("source_close")


class ScriptSource(FixedPartitionedSource[tuple[str, Item], int | None]):
    """One source of the plan. Takes no notice of a resume state, as ours does not."""

    def __init__(self, recorder: Recorder, script: dict[str, list[list[str]]]) -> None:
        self._recorder = recorder
        self._script = script

    def list_parts(self) -> list[str]:
        self._recorder.row("source_parts", threading.current_thread().name)
        return list(self._script)

    def build_part(self, step_id: str, for_part: str, resume_state: int | None) -> ScriptPartition:
        self._recorder.row("source_built", for_part, resume_state)
        return ScriptPartition(self._recorder, for_part, self._script[for_part])


class RecordingLogic(StatefulBatchLogic[Item, Item, int | None]):
    """Passes its items on."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._name = recorder.next_logic()
        self._last: Item = ("", 0, 0, "")

    def on_batch(self, values: list[Item]) -> tuple[list[Item], bool]:
        self._recorder.row("on_batch", self._name, values)
        self._recorder.fail("on_batch", values)
        self._last = values[-1]
        return values, False

    def on_eof(self) -> tuple[list[Item], bool]:
        self._recorder.row("on_eof", self._name)
        self._recorder.fail("on_eof")
        return [("eof", 0, 0, self._last[3])] if self._recorder.plan.eof_emits else [], False

    def snapshot(self) -> int | None:
        self._recorder.row("state_snapshot", self._name)
        self._recorder.fail("state_snapshot")
        return self._recorder.plan.snapshot_value


class RecordingPartition(StatefulSinkPartition[Item, int | None]):
    """Writes nothing but the journal."""

    def __init__(self, recorder: Recorder, name: str) -> None:
        self._recorder = recorder
        self._name = name

    def write_batch(self, values: list[Item]) -> None:
        self._recorder.row("write_batch", self._name, values)
        self._recorder.fail("write_batch", values)

    def snapshot(self) -> int | None:
        self._recorder.row("sink_snapshot", self._name)
        self._recorder.fail("sink_snapshot")
        return self._recorder.plan.snapshot_value

    def close(self) -> None:
        self._recorder.row("sink_close", self._name)
        if self._recorder.plan.joined == "sink_close":
            self._recorder.join_thread()
        self._recorder.fail("sink_close")


class RecordingSink(FixedPartitionedSink[Item, int | None]):
    """Routes by the plan's table."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder

    def list_parts(self) -> list[str]:
        return self._recorder.plan.sink_parts

    def part_fn(self, item_key: str) -> int:
        self._recorder.fail("part_fn")
        return self._recorder.plan.part_index.get(item_key, 0)

    def build_part(self, step_id: str, for_part: str, resume_state: int | None) -> RecordingPartition:
        self._recorder.row("sink_built", for_part, resume_state)
        return RecordingPartition(self._recorder, for_part)


def install_handler(recorder: Recorder) -> None:
    """The handler that the plan names, for SIGTERM and SIGINT."""
    kind = recorder.plan.handler

    def handle(number: int, frame: object) -> None:
        recorder.row("handler", "main" if threading.current_thread() is threading.main_thread() else "other")
        if kind == "exit":
            sys.exit(3)
        if kind == "raise":
            raise ValueError("from the handler")
        recorder.stop.set()

    if kind:
        signal.signal(signal.SIGTERM, handle)
        signal.signal(signal.SIGINT, handle)


def build(recorder: Recorder) -> Dataflow:
    """Sources, one stateful step, some steps between, one sink."""

    def build_logic(*args: object, **kwargs: object) -> RecordingLogic:
        logic = RecordingLogic(recorder)
        recorder.row("built", logic._name, {"args": args, "kwargs": sorted(kwargs)})
        recorder.fail("builder")
        return logic

    dataflow = Dataflow("contract")
    streams = [
        op.input(f"source{n}", dataflow, ScriptSource(recorder, script))
        for n, script in enumerate(recorder.plan.sources)
    ]
    stream = op.stateful_batch("step", op.merge("all", *streams), build_logic)
    for hop in range(recorder.plan.hops):
        stream = op.map(f"hop{hop}", stream, lambda pair: pair)
    op.output("sink", stream, RecordingSink(recorder))
    return dataflow


def prepare(plan_path: str, process: int) -> tuple[Recorder, Dataflow]:
    """What has to stand before the flow runs: journal, thread, handlers, `atexit` callback."""
    recorder = Recorder(Plan(**json.loads(Path(plan_path).read_text())), process)
    install_handler(recorder)
    if recorder.plan.joined == "atexit":
        atexit.register(recorder.join_thread)
    if recorder.plan.leaves_with is not None:
        atexit.register(os._exit, recorder.plan.leaves_with)
    return recorder, build(recorder)


def flow() -> Dataflow:
    """What the stock runner calls."""
    recorder, dataflow = prepare(os.environ["CONTRACT_PLAN"], int(os.environ.get("BYTEWAX_PROCESS_ID", "0")))
    recorder.row("flow_called", "main" if threading.current_thread() is threading.main_thread() else "other")
    return dataflow


def describe(error: BaseException | None, thrown: BaseException | None) -> list[dict[str, Any]]:
    """The error and its causes, outermost first."""
    chain = []
    while error is not None:
        chain.append(
            {
                "type": f"{type(error).__module__}.{type(error).__qualname__}",
                "is_exception": isinstance(error, Exception),
                "is_thrown": error is thrown,
                "text": str(error),
            }
        )
        error = error.__cause__
    return chain


def run(recorder: Recorder, dataflow: Dataflow, process: int) -> None:
    """Run by the entry point that the plan names."""
    plan = recorder.plan
    epoch = timedelta(milliseconds=plan.epoch_ms)
    if plan.entry == "run_main":
        run_main(dataflow, epoch_interval=epoch)
    elif plan.entry == "cli_main":
        cli_main(dataflow, workers_per_process=plan.workers, epoch_interval=epoch)
    else:
        cluster_main(dataflow, plan.addresses, process, epoch_interval=epoch, worker_count_per_proc=plan.workers)


def main() -> None:
    """Run a plan and write down how it ended."""
    process = int(sys.argv[2])
    recorder, dataflow = prepare(sys.argv[1], process)
    try:
        run(recorder, dataflow, process)
        recorder.row("returned")
    except BaseException as error:
        recorder.row("raised", "", describe(error, recorder.thrown))
    if recorder.plan.joined == "after_run":
        recorder.join_thread()


if __name__ == "__main__":
    main()
