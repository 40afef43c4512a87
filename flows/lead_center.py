"""The lead centre (线索中心) as one dataflow.

    source ──► step (keyed by shard) ──► sink
      │           │
      │           ├─ 1 validation (线索验证)      operators/intake/validation.py, in the source: bytes and configuration alone
      │           ├─   OneID (客户 OneID)        operators/identity/one_id.py, in the source: decides the shard
      │           ├─   replay, enrichment        operators/customer/replays.py, enrichment.py
      │           ├─ 2 same-day dedup (线索去重)  operators/intention/dedup.py     ┐ folded in event-time order:
      │           ├─ 3 merge (线索合并)           operators/intention/merge.py     ┘ operators/intention/fold.py
      │           ├─ 6 score (线索评分)           operators/intention/score.py
      │           ├─   dispatch or hold (派单)   operators/dispatch/holds.py, operators/lead/life.py
      │           └─   follow-up, pools (公池)   operators/follow_up/clock.py, operators/pools/commands.py
      └─ ticks: clock, messages (flows/messages.py), timers (operators/lead/clocks.py), outbox

Layers 4 and 5, cleaning, come between 3 and 6; until they exist every lead counts as exempt (ruling 51).
`python -m bytewax.run flows.lead_center` calls `flow()`; importing this module opens nothing.
"""

from __future__ import annotations

import bytewax.operators as op
from bytewax.dataflow import Dataflow

from flows.engine import Engine


def build(engine: Engine) -> Dataflow:
    """Wire an opened engine: one source, one stateful step, one sink."""
    dataflow = Dataflow("lead_center")
    items = op.input("in", dataflow, engine.source())
    decided = op.stateful_batch("shard", items, engine.step)
    op.output("out", decided, engine.outlet())
    return dataflow


def flow() -> Dataflow:
    """The dataflow of a run configured by the environment, for the stock runner.

    `LEADSTREAM_CONFIG` names the configuration, `LEADSTREAM_SOURCE`, `LEADSTREAM_SINK`, `LEADSTREAM_STATE` what `leadstream
    run` calls --source, --sink and --state; the demo, `var/out` and `var/state` where they are not set.
    """
    from flows.stock_runner import engine_from_environment

    return build(engine_from_environment())
