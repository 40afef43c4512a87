"""Run an engine to its end: faults and exit codes (contract; rulings 4 and 52)."""

from __future__ import annotations

import gc
import logging
from datetime import timedelta
from typing import Final

from bytewax.testing import cluster_main

from flows.engine import Engine, describe
from flows.lead_center import build
from state.errors import InternalFault, LeadstreamError

log = logging.getLogger("leadstream")

EPOCH: Final = timedelta(seconds=1)
_COLLECT_AT: Final = (50_000, 20, 50)
"""The cyclic collector's thresholds while an engine runs: rows and records form no cycles and die by their counts, so
nothing is found among them by looking each 700 objects (decision 0010)."""


def run(engine: Engine, *, workers: int = 1, epoch: timedelta = EPOCH) -> None:
    """Run until the input ends or a stop drains it; raises the fault that stopped it. Closes the engine in any case."""
    fault: BaseException | None = None
    thresholds = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(*_COLLECT_AT)
    try:
        # `cluster_main` with no other process: the callbacks get a thread of their own, and an exception does not
        # print a Rust panic before the operator's action.
        cluster_main(build(engine), [], 0, epoch_interval=epoch, worker_count_per_proc=workers)  # type: ignore[no-untyped-call]
    except BaseException as error:
        fault = engine.core.fault or error
    finally:
        gc.set_threshold(*thresholds)
        gc.unfreeze()
    try:
        engine.close()
    except LeadstreamError as error:
        fault = fault or error  # the fault that stopped the run says more than its echo at closing
    if fault is None:
        return
    known = describe(fault)
    if known is fault:
        raise known
    if known is not None:
        raise known from fault
    if isinstance(fault, KeyboardInterrupt):
        raise fault
    raise InternalFault(
        f"The engine met an error that no rule foresees: {type(fault).__name__}.",
        "Start it again: it goes on behind the last decision. If it stops at the same place, report the trace in the log.",
    ) from fault
