"""Small inputs with their right values, which came from a model that shares nothing with the engine (ruling 83).

A folder: config.toml, expected.json, and one or more orders of arrival of the same records.
"""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from delivery import Case

from connectors.memory import MemoryReader
from operators.config.configuration import load
from operators.wire.streams import STREAMS

HERE = Path(__file__).parent
INPUTS = sorted(HERE.glob("*/raw_leads*.jsonl"))


def raw_name(record: dict[str, Any]) -> str:
    return f"{record['channel']}/{record['account']}/{record['source_lead_id']}"


def result_of(outputs: dict[str, list[dict[str, Any]]], clock: int | None) -> dict[str, Any]:
    """The outputs in the words of expected.json; the last record of each raw lead and unique lead counts."""
    raws = {record["raw_id"]: record for record in outputs["dispositions"]}
    names = {raw_id: raw_name(record) for raw_id, record in raws.items()}
    leads = {record["unique_id"]: record for record in outputs["unique_leads"]}
    raws_of: dict[str, list[str]] = {}
    for raw_id, record in raws.items():
        raws_of.setdefault(record["unique_id"], []).append(names[raw_id])
    holds = {record["unique_id"]: record["conditions"] for record in outputs["holds"]}
    return {
        "marks": {names[raw_id]: record["mark"] for raw_id, record in raws.items()},
        "leads": [
            {
                "store": lead["store"],
                "line": lead["line"],
                "first_touch": names[lead["first_touch_raw_id"]],
                "raw": sorted(raws_of.get(uid, [])),
                "status": lead["status"],
                "closed_reason": lead["closed_reason"],
            }
            for uid, lead in leads.items()
            if lead["closed_reason"] != "FOLDED"
        ],
        "rejects": [
            {"id": json.loads(record["original"])["activity_id"], "reasons": record["reasons"]}
            for record in outputs["rejects"]
        ],
        "replays": [
            {"source": raw_name(record), "changed": record.get("changed", [])} for record in outputs["replays"]
        ],
        "dispatches": [
            {
                "store": record["store"],
                "line": record["line"],
                "at": record["at"],
                "first_touch": names[record["first_touch_raw_id"]],
            }
            for record in outputs["dispatches"]
        ],
        "held_at_end": [
            {"first_touch": names[lead["first_touch_raw_id"]], "conditions": holds[uid]}
            for uid, lead in leads.items()
            if lead["status"] in ("PENDING", "HELD")
        ],
        "clock": clock,
    }


def in_no_order(result: dict[str, Any]) -> dict[str, Any]:
    """Only the order within one unique lead is fixed (ruling 4)."""
    return {
        name: sorted(value, key=lambda item: json.dumps(item, sort_keys=True)) if isinstance(value, list) else value
        for name, value in result.items()
    }


def test_there_are_cases() -> None:
    assert len(INPUTS) >= 5


@pytest.mark.parametrize("source", INPUTS, ids=[f"{path.parent.name}/{path.stem}" for path in INPUTS])
def test_case(source: Path, tmp_path: Path) -> None:
    settings = load(source.parent / "config.toml")
    case = Case(tmp_path / "state", shards=4, settings=settings)
    engine = case.run(MemoryReader({"raw_leads": source.read_text().splitlines()}))
    outputs = {stream: case.sink.records(stream) for stream in STREAMS}
    expected = json.loads((source.parent / "expected.json").read_text())
    expected["clock"] = round(datetime.fromisoformat(expected["clock"]).timestamp() * 1000)
    assert in_no_order(result_of(outputs, engine.seal_row.clock)) == in_no_order(expected)
