"""Where the time goes: functions at the border of each stage are wrapped, and each is charged its own time alone.

Clocks cost time themselves, so stages are measured in a run of their own over the same data; what a wrapped call costs is
calibrated and taken off. Everything that no wrapped function covers while the dataflow runs is Bytewax and its threads.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Final

import flows.batch
import flows.outlet
import flows.source
import flows.step
import operators.intake.validation
import operators.wire.streams
import state.rows.customer_row
from connectors.files.reader import FileReader
from flows.engine import Engine
from flows.order import Arrivals
from operators.intake.validation import Validation

STAGES: Final = (
    "read lines",
    "decode",
    "validation, OneID",
    "arrival order",
    "routing, Bytewax",
    "shard step",
    "row read",
    "row decode",
    "rules",
    "output encode",
    "row encode",
    "batch, timers, audit",
    "write",
    "sink",
    "sync wait",
)

_clock: Final = time.perf_counter_ns


class Stages:
    """Patches the engine's border functions for as long as it is open; `spent` is self time by stage, ns."""

    def __init__(self) -> None:
        self.spent: dict[str, int] = dict.fromkeys(STAGES, 0)
        self.calls: dict[str, int] = dict.fromkeys(STAGES, 0)
        self._inner = [0]
        self._undo: list[Callable[[], None]] = []
        self._cost_ns = 0.0

    def wrapped(self, stage: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function, charged to `stage` less what is charged inside it."""
        spent, calls, inner, clock = self.spent, self.calls, self._inner, _clock

        def charged(*arguments: Any, **named: Any) -> Any:
            outer = inner[0]
            inner[0] = 0
            begin = clock()
            try:
                return function(*arguments, **named)
            finally:
                took = clock() - begin
                spent[stage] += took - inner[0]
                calls[stage] += 1
                inner[0] = outer + took

        return charged

    def patch(self, owner: Any, name: str, stage: str) -> None:
        """Wrap an attribute of a module, class or object. A compiled class keeps its own: what it does is charged to who
        calls it."""
        former = getattr(owner, name)
        held = name in vars(owner)
        try:
            setattr(owner, name, self.wrapped(stage, former))
        except TypeError:
            return
        self._undo.append(lambda: setattr(owner, name, former) if held else delattr(owner, name))

    def open(self, engine: Engine) -> None:
        """Wrap the borders; `engine` must not have run yet."""
        self._calibrate()
        self.patch(FileReader, "poll", "read lines")
        decoders = engine.arrivals.validation.decoders
        for kind, decode in list(decoders.items()):
            decoders[kind] = self.wrapped("decode", decode)
            self._undo.append(lambda kind=kind, decode=decode: decoders.__setitem__(kind, decode))  # type: ignore[misc]
        self.patch(Validation, "read", "validation, OneID")
        self.patch(Arrivals, "poll", "arrival order")
        self.patch(flows.source._Part, "next_batch", "routing, Bytewax")
        self.patch(flows.step.ShardStep, "on_batch", "shard step")
        self.patch(engine.database, "get_many", "row read")
        self.patch(state.rows.customer_row, "decode", "row decode")
        self.patch(flows.batch.Batch, "records", "rules")
        self.patch(flows.batch.Batch, "timers", "rules")
        self.patch(flows.batch.Batch, "hops", "rules")
        self.patch(operators.wire.streams, "encode_lines", "output encode")
        self.patch(state.rows.customer_row, "encode", "row encode")
        self.patch(flows.batch.Batch, "write", "batch, timers, audit")
        self.patch(engine.database, "write", "write")
        self.patch(flows.outlet._Part, "write_batch", "sink")
        self.patch(flows.outlet._Part, "snapshot", "sync wait")
        self.patch(engine.commit, "wait", "sync wait")

    def close(self) -> None:
        """Put everything back."""
        while self._undo:
            self._undo.pop()()

    def _calibrate(self) -> None:
        def nothing() -> None:
            return None

        charged = self.wrapped("decode", nothing)
        rounds = 50_000
        begin = _clock()
        for _ in range(rounds):
            charged()
        with_clock = _clock() - begin
        begin = _clock()
        for _ in range(rounds):
            nothing()
        self._cost_ns = (with_clock - (_clock() - begin)) / rounds
        self.spent = dict.fromkeys(STAGES, 0)
        self.calls = dict.fromkeys(STAGES, 0)

    def microseconds(self, leads: int, seconds: float) -> dict[str, float]:
        """Stage → µs per lead. The cost of the clocks lies half inside a call, half in its caller: taken off the whole."""
        clocks = sum(self.calls.values()) * self._cost_ns
        known = sum(self.spent.values())
        per_lead = {stage: spent / leads / 1000 for stage, spent in self.spent.items()}
        for stage, count in self.calls.items():
            per_lead[stage] = max(0.0, per_lead[stage] - count * self._cost_ns / 2 / leads / 1000)
        rest = max(0.0, (seconds * 1e9 - known - clocks / 2) / leads / 1000)
        per_lead["routing, Bytewax"] += rest
        return per_lead
