"""A lead that waits for its store to be known is judged again when the registry names it (ruling 14), once."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from connectors.files.reader import FileReader
from connectors.files.sink import FileSink
from flows.engine import Engine, Options
from flows.run import run
from operators.config.configuration import from_tables

ALWAYS = {"opens": "00:00", "closes": "24:00"}
TABLES: dict[str, Any] = {"channels": {"a": {"consent": True}}, "cleaning": {"number_run": 0}}
BEFORE: dict[str, Any] = {**TABLES, "stores": {"S1": ALWAYS}}
AFTER: dict[str, Any] = {**TABLES, "stores": {"S1": ALWAYS, "S2": ALWAYS}}


def lead(number: int, store: str) -> str:
    record = {
        "channel": "a",
        "source_lead_id": str(number),
        "phone": f"1381234{number:04d}",
        "event_time": "2024-01-01T10:00:00+08:00",
        "store": store,
    }
    return json.dumps(record) + "\n"


def go(folder: Path, tables: dict[str, Any]) -> list[dict[str, Any]]:
    reader, sink = FileReader(folder / "raw_leads.jsonl"), FileSink(folder / "out")
    run(Engine(from_tables(tables, environ={}), reader, sink, Options(folder / "state")))
    return [json.loads(line) for line in (folder / "out" / "dispatches.jsonl").read_text().splitlines()]


def test_a_store_that_the_registry_names_later(tmp_path: Path) -> None:
    (tmp_path / "raw_leads.jsonl").write_text("".join(lead(n, "S2" if n % 2 else "S1") for n in range(40)))
    assert {record["store"] for record in go(tmp_path, BEFORE)} == {"S1"}
    sent = go(tmp_path, AFTER)
    assert sorted(record["store"] for record in sent) == ["S1"] * 20 + ["S2"] * 20
    assert {record["why"]["rule"] for record in sent if record["store"] == "S2"} == {"registry"}
    assert len(go(tmp_path, AFTER)) == 40, "nothing is judged twice"


def test_what_a_channel_requires_counts_for_leads_that_wait_from_the_next_start_on(tmp_path: Path) -> None:
    """`channels.X.required` is part of the registry: what waits for it is judged again when it changes, once."""
    asks = {**BEFORE, "channels": {"a": {"consent": True, "required": ["city"]}}}
    (tmp_path / "raw_leads.jsonl").write_text("".join(lead(n, "S1") for n in range(5)))
    assert go(tmp_path, asks) == []
    assert len(go(tmp_path, BEFORE)) == 5
    assert len(go(tmp_path, asks)) == 5, "what was sent stays sent"
