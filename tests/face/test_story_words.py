"""What `leadstream explain` says of number runs and store exits: the engine's own entries, in words (rulings 28, 31, 62, 66)."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

from plain_engine import PlainEngine

from leadstream.explain import text
from leadstream.explain.entries import Ids, entry_of
from leadstream.explain.told import Told

ALWAYS = {"opens": "00:00", "closes": "24:00"}
TABLES: dict[str, Any] = {
    "channels": {"a": {"consent": True, "name": "汽车之家"}},
    "stores": {"OLD": ALWAYS, "NEW": ALWAYS},
}


def lead(number: int, minute: int, store: str = "OLD") -> dict[str, Any]:
    return {
        "type": "raw_lead", "channel": "a", "source_lead_id": f"{number}-{minute}", "phone": f"1391234500{number}",
        "store": store, "event_time": f"2024-01-01T10:{minute:02}:00+08:00",
    }  # fmt: skip


def exit_of(minute: int, successor: str | None = "NEW") -> dict[str, Any]:
    given = {} if successor is None else {"successor": successor}
    return {
        "type": "command", "command_id": "close-7", "kind": "STORE_EXIT", "store": "OLD", **given,
        "event_time": f"2024-01-01T10:{minute:02}:00+08:00",
    }  # fmt: skip


def said(*records: dict[str, Any]) -> dict[str, list[tuple[str, str]]]:
    """Last digits → (what, words) of the runs and exits in the customer's story, in order."""
    engine = PlainEngine(TABLES)
    lines = [(number, json.dumps(record).encode()) for number, record in enumerate(records, 1)]
    engine.run({"raw_leads.jsonl": ("raw_lead", lines)})
    state: Any = SimpleNamespace(identity=SimpleNamespace(timezone="Asia/Shanghai", shards=2))
    told = Told(state, engine.rules, reveal=False)
    digits = {
        task["one_id"]: task["contact"]["phone"][-3:]
        for task in engine.outputs["cleaning_tasks"]
        if "contact" in task and task["contact"] is not None
    }
    found: dict[str, list[tuple[str, str]]] = {}
    for one_id, entries in engine.stories.items():
        shown = [entry_of(told, entry, Ids(f"{one_id}.1.")) for entry in entries]
        found[digits.get(one_id, "")] = [
            (one["what"], text.said(one)) for one in shown if one["what"] in ("number run", "run alert", "store exit")
        ]
    return found


def test_who_shows_a_run_and_who_is_told_of_it() -> None:
    told = said(lead(1, 0), lead(2, 1), lead(3, 2))
    earlier = [("number run", "u1 is in a number run (后3位连号): a later number showed it")]
    assert told["001"] == told["002"] == earlier
    assert told["003"] == [
        ("number run", "u1 is in a number run (后3位连号): its number came to stand beside others by r1"),
        (
            "run alert",
            "an alert went out for channel a (汽车之家): r1 makes 139****5001, 139****5002, 139****5003 a run",
        ),
    ]


def test_a_later_member_comes_without_an_alert() -> None:
    told = said(lead(1, 0), lead(2, 1), lead(3, 2), lead(4, 3))
    assert [what for what, _ in told["004"]] == ["number run"]
    assert [what for what, _ in told["001"]] == ["number run"], "each is told once a run"


def test_two_numbers_are_no_run() -> None:
    assert said(lead(1, 0), lead(2, 1)) == {"": []}


def test_a_store_exit_says_which_store_by_which_command_and_where_the_lead_went() -> None:
    head = "store OLD left (经销商退网) by command close-7: u1 "
    assert said(lead(1, 0), exit_of(5))[""] == [("store exit", f"{head}went to its successor NEW")]
    assert said(lead(1, 0), exit_of(5, None))["001"] == [
        ("store exit", f"{head}waits for another store, there is no successor")
    ]


def test_a_lead_that_folds_at_the_successor_says_into_which() -> None:
    told = said(lead(1, 0), lead(1, 2, "NEW"), exit_of(5))[""]
    assert [words.rpartition(": ")[2] for _, words in told] == ["u1 went to its successor NEW and folded into u2 there"]
