"""Time-outs of tasks, each at its instant and a millisecond to each side, across a stop (rulings 24 and 59)."""

from __future__ import annotations

import pytest
from cleaning_case import Cleaned, act, lead, verdict

RULE = {"cleaning": {"rules": [{"route": "AI", "reason": "ASKED"}]}}
BY_PEOPLE = {"cleaning": {"rules": [{"route": "MANUAL", "reason": "ASKED"}]}}


@pytest.mark.parametrize(
    ("at", "ends"),
    [
        ("01-02T10:09:59.999", [("AI", "OPEN", ["ASKED"]), ("AI", "DONE", ["ASKED"])]),
        ("01-02T10:10", [("AI", "OPEN", ["ASKED"]), ("AI", "DONE", ["ASKED"])]),  # exactly then is in time
        (
            "01-02T10:10:00.001",
            [("AI", "OPEN", ["ASKED"]), ("AI", "TIMEOUT", ["ASKED"]), ("MANUAL", "OPEN", ["ASKED"])],
        ),
    ],
)
def test_the_robot_in_time_and_late(at: str, ends: list[tuple[str, str, list[str]]]) -> None:
    engine = Cleaned(**RULE)
    engine.feed(lead("01-02T10:00", store="SH1"))
    engine.feed(verdict(at, "AI", "INTENT", unique_id=engine.lead()["unique_id"]))
    assert engine.ends() == ends
    assert engine.refused() == ([["TASK_CLOSED"]] if len(ends) == 3 else [])


def test_after_the_robots_time_people_get_a_task_of_their_own() -> None:
    """Opened at the due time, another number, 24 h from there; the hold goes on."""
    engine = Cleaned(**RULE)
    engine.feed(lead("01-02T19:55", store="SH1"), until="01-03T09:04:59.999")
    assert len(engine.tasks()) == 1
    engine.feed(until="01-03T09:05")
    first, over, second = engine.tasks()
    assert (first["task_id"][-3:], second["task_id"][-3:]) == (".t1", ".t2") and over["task_id"] == first["task_id"]
    assert over["at"] == second["at"] == "2024-01-03T09:05:00.000+08:00"
    assert second["expires_at"] == "2024-01-04T09:05:00.000+08:00"
    assert second["why"] == {"rule": "cleaning_timeout", "note": "CLEANING_TIMEOUT"}
    assert engine.status() == ("CLEANING", "UQL", ["CLEANING"])
    assert engine.lead()["task_id"] == second["task_id"]


@pytest.mark.parametrize(
    ("until", "status"),
    [("01-03T09:59:59.999", "CLEANING"), ("01-03T10:00", "DISPATCHED"), ("01-04T10:00", "DISPATCHED")],
)
def test_peoples_time(until: str, status: str) -> None:
    """Manual after 24 h: cleaning counts as done, and the conditions are judged at that due time."""
    engine = Cleaned(**BY_PEOPLE)
    engine.feed(lead("01-02T10:00", store="SH1"))
    engine.feed(until=until)
    assert (engine.lead()["status"], engine.lead()["stage"]) == (status, "MQL" if status == "DISPATCHED" else "UQL")
    if status == "DISPATCHED":
        assert engine.task()["state"] == "TIMEOUT"
        (sent,) = engine.outputs["dispatches"]
        assert sent["at"] == "2024-01-03T10:00:00.000+08:00" and sent["why"]["note"] == "CLEANING_TIMEOUT"
        assert "cleaned_by" not in engine.lead()


def test_a_store_that_is_closed_then_opens_later() -> None:
    """The due time is one at which conditions are judged: HOURS stands where nothing else does."""
    engine = Cleaned(**BY_PEOPLE)
    engine.feed(lead("01-02T20:00", store="DAY"), until="01-03T20:00")
    assert engine.status() == ("HELD", "MQL", ["HOURS"])
    engine.feed(until="01-04T09:00")
    assert engine.lead()["status"] == "DISPATCHED"


@pytest.mark.parametrize(("store", "status"), [(None, "PENDING"), ("NOBODY", "CLEANING")])
def test_while_the_store_is_not_known_peoples_time_ends_nothing(store: str | None, status: str) -> None:
    """`why` says CLEANING_TIMEOUT, the task stays open; a verdict ends it later."""
    engine = Cleaned()
    engine.feed(lead("01-02T10:00", phone="10012345678", store=store), until="01-04T10:00")
    assert [state for _, state, _ in engine.ends()] == ["OPEN"]
    last = engine.lead()
    assert last["why"]["note"] == "CLEANING_TIMEOUT" and last["at"] == "2024-01-03T10:00:00.000+08:00"
    assert (last["status"], last["stage"]) == (status, "UQL")
    engine.feed(until="01-09T10:00")
    assert engine.lead()["event_id"] == last["event_id"], "it times out once"
    engine.feed(verdict("01-09T11:00", "MANUAL", "HIGH", task_id=engine.task()["task_id"], store="SH1"))
    assert engine.task()["state"] == "DONE" and engine.lead()["status"] == "DISPATCHED"


def test_a_task_that_timed_out_so_ends_with_the_store_answer() -> None:
    """Ruling 59: open until a verdict, a store answer or the closing, though SEGMENT stands beside."""
    record = lead("01-02T10:00", phone="10012345678")
    engine = Cleaned()
    engine.feed(record, until="01-04T10:00")
    assert engine.ends() == [("MANUAL", "OPEN", ["STORE_MISSING", "NO_CITY", "SEGMENT"])]
    engine.feed({**record, "store": "SH1"})
    assert engine.task()["state"] == "WITHDRAWN" and engine.lead()["status"] == "DISPATCHED"


def test_the_expiry_at_the_same_instant_comes_first() -> None:
    """Ruling 4: closings first; then the task is WITHDRAWN, not timed out."""
    engine = Cleaned(periods={"merge": 1}, **BY_PEOPLE)
    engine.feed(lead("01-02T10:00", store="SH1"), until="01-03T10:00")
    assert [state for _, state, _ in engine.ends()] == ["OPEN", "WITHDRAWN"]
    assert engine.lead()["closed_reason"] == "MERGE_EXPIRED"
    assert engine.outputs["dispatches"] == []


@pytest.mark.parametrize("kind", ["LOST", "INVALID", "PAID"])
def test_a_closing_withdraws_the_task(kind: str) -> None:
    engine = Cleaned(**BY_PEOPLE)
    engine.feed(lead("01-02T10:00", store="SH1"), act("01-02T11:00", kind, store="SH1", by="DCC"))
    assert [state for _, state, _ in engine.ends()] == ["OPEN", "WITHDRAWN"]
    engine.feed(until="01-09T00:00")
    assert len(engine.tasks()) == 2, "a closed lead's task does not time out"


def test_the_robots_time_is_configuration() -> None:
    cleaning = {**RULE["cleaning"], "ai_timeout_minutes": 30, "manual_timeout_hours": 1, "calling": ["09:00", "21:00"]}
    engine = Cleaned(cleaning=cleaning)
    engine.feed(lead("01-02T20:40", store="SH1"), until="01-04T00:00")
    assert [record["expires_at"] for record in engine.tasks()] == [
        "2024-01-03T09:10:00.000+08:00",
        "2024-01-03T09:10:00.000+08:00",
        "2024-01-03T10:10:00.000+08:00",
        "2024-01-03T10:10:00.000+08:00",
    ]
