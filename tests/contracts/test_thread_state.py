"""Between two calls of its worker the interpreter forgets the thread, unless somebody has claimed it (decision 0020)."""

import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
FLOW = """
import sys, threading
from datetime import timedelta
import bytewax.operators as op
from bytewax.dataflow import Dataflow
from bytewax.operators import StatefulBatchLogic
from bytewax.testing import TestingSink, TestingSource, cluster_main
from flows.worker_thread import keep_thread_state

here, seen = threading.local(), []

class Logic(StatefulBatchLogic):
    def on_batch(self, values):
        if sys.argv[1] == "kept":
            keep_thread_state()
        here.calls = getattr(here, "calls", 0) + 1
        seen.append(here.calls)
        return [], False
    def snapshot(self):
        return None

flow = Dataflow("thread")
items = op.input("in", flow, TestingSource([("a", n) for n in range(5)], batch_size=1))
op.output("out", op.stateful_batch("step", items, lambda _: Logic()), TestingSink([]))
for _ in range(2):
    cluster_main(flow, [], 0, epoch_interval=timedelta(0), worker_count_per_proc=1)
print(seen)
"""


@pytest.mark.parametrize(
    ("what", "seen"), [("left", [1] * 10), ("kept", [1, 2, 3, 4, 5] * 2)], ids=["forgotten", "claimed"]
)
def test_what_a_thread_of_the_worker_remembers(what: str, seen: list[int]) -> None:
    """A thread's own values live in its interpreter state: they show whether it is made anew for each call."""
    done = subprocess.run(
        [sys.executable, "-c", FLOW, what], cwd=CHECKOUT, capture_output=True, text=True, check=False, timeout=60
    )
    assert (done.returncode, done.stdout.strip()) == (0, str(seen)), done.stderr
