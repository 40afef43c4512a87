"""What comes in, the engine beside the oracle: everything that `differ` compares, and the fields of rejects and the flags.

Not compared: hints, what was masked, flags of what the oracle does not model.
"""

from __future__ import annotations

from typing import Any

from differ import OFF, customers_of, differences, run_engine
from engine_result import EngineResult, comparable, in_oracle_terms
from oracle_model import Oracle
from oracle_reading import Line
from plain_engine import PlainEngine

NOT_MODELLED = frozenset({"VIRTUAL_OPERATOR", "LANDLINE_ONLY", "ORDER_APPROXIMATE", "SHARED_CONTACT", "NUMBER_RUN"})
"""Flags of the engine alone."""


def incoming_differences(
    config: dict[str, Any], lines: list[Line], until_ms: int | None = None, **how: int
) -> list[str]:
    """Where the two differ, in words; `how` as of `run_engine`."""
    engine = run_engine(config, lines, until_ms, **how)
    result = Oracle({**config, **OFF}, layers=6).run(lines, until_ms)
    customers = customers_of(engine, sorted({ref[4] for ref in result.raws}))
    mine = in_oracle_terms(engine.outputs, customers) | _read_by_engine(engine, customers)
    theirs = comparable(result)
    theirs["reject fields"] = {at: result.reject_fields.get(at, frozenset()) for at in result.rejects}
    theirs["flags"] = {ref: sorted(raw.flags) for ref, raw in result.raws.items()}
    return differences(mine, theirs)


def _read_by_engine(engine: PlainEngine, customers: dict[str, str]) -> dict[str, Any]:
    found = EngineResult(engine.outputs)
    return {
        "reject fields": {
            (one["source"], one["position"]): frozenset(
                (fault["field"], fault["code"]) for fault in one["fields"] if fault.get("field")
            )
            for one in engine.outputs["rejects"]
        },
        "flags": {
            (*key[:4], customers.get(key[4], key[4]), key[5]): sorted(set(record.get("flags") or ()) - NOT_MODELLED)
            for key, record in found.raws.items()
        },
    }
