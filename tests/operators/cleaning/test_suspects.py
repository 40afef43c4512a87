"""SUSPECT: what BIGDATA calls invalid, and a task beside a dispatched lead (rulings 40 and 59)."""

from __future__ import annotations

import pytest
from cleaning_case import PHONE, Cleaned, act, lead, states, verdict


def test_bigdata_alone_makes_nothing_invalid() -> None:
    """Ruling 40: SUSPECT for 72 h; not yet dispatched: the robot's task; a second one confirms nothing."""
    engine = Cleaned()
    engine.feed(lead("01-02T10:00", store="DAY"), until="01-02T19:00")
    engine.feed(lead("01-02T20:00", store="DAY", phone="13912345678"))
    uid = engine.outputs["unique_leads"][-1]["unique_id"]
    engine.feed(verdict("01-02T20:01", "BIGDATA", "INVALID", unique_id=uid))
    last = engine.outputs["unique_leads"][-1]
    assert (last["status"], last["flags"], last["route"]) == ("CLEANING", ["SUSPECT"], "AI")
    engine.feed(verdict("01-02T20:02", "BIGDATA", "INVALID", unique_id=uid))
    assert engine.ends() == [("AI", "OPEN", ["SUSPECT"])]
    assert engine.outputs["unique_leads"][-1]["status"] == "CLEANING"


@pytest.mark.parametrize("how", ["verdict", "activity"])
def test_of_a_dispatched_lead_the_owner_hears_and_the_robot_looks(how: str) -> None:
    """Rulings 40 and 59: a notice, and a task beside that holds nothing."""
    engine = Cleaned()
    engine.feed(lead("01-02T10:00", store="SH1"))
    uid = engine.lead()["unique_id"]
    said = (
        verdict("01-02T10:01", "BIGDATA", "INVALID", unique_id=uid)
        if how == "verdict"
        else act("01-02T10:01", "INVALID", by="BIGDATA", unique_id=uid)
    )
    engine.feed(said)
    assert engine.ends() == [("AI", "OPEN", ["SUSPECT"])]
    assert engine.lead()["status"] == "DISPATCHED" and engine.lead()["stage"] == "MQL"
    kinds = [(n["kind"], n["to"]["id"]) for n in engine.outputs["notifications"] if n["kind"] == "FRAUD_SUSPECT"]
    assert kinds == [("FRAUD_SUSPECT", "SH1")]


@pytest.mark.parametrize(
    ("outcome", "status"), [("DEAD", "INVALID"), ("INTENT", "DISPATCHED"), ("UNREACHED", "DISPATCHED")]
)
def test_a_task_beside(outcome: str, status: str) -> None:
    """A fact of the number closes the lead and tells the owner; any other outcome ends the task alone."""
    engine = Cleaned()
    engine.feed(lead("01-02T10:00", store="SH1"))
    uid = engine.lead()["unique_id"]
    engine.feed(verdict("01-02T10:01", "BIGDATA", "INVALID", unique_id=uid))
    engine.feed(verdict("01-02T10:05", "AI", outcome, task_id=engine.task()["task_id"]))
    assert states(engine) == [("AI", "OPEN"), ("AI", "DONE")]
    assert engine.lead()["status"] == status and len(engine.outputs["dispatches"]) == 1


def test_the_time_of_a_task_beside_ends_it_alone() -> None:
    engine = Cleaned()
    engine.feed(lead("01-02T10:00", store="SH1"))
    engine.feed(verdict("01-02T10:01", "BIGDATA", "INVALID", unique_id=engine.lead()["unique_id"]), until="01-02T12:00")
    assert states(engine) == [("AI", "OPEN"), ("AI", "TIMEOUT")]
    assert engine.lead()["status"] == "DISPATCHED"


@pytest.mark.parametrize(("until", "flags"), [("01-05T10:01", ["SUSPECT"]), ("01-05T10:01:00.001", None)])
def test_the_flag_falls_after_72_hours(until: str, flags: list[str] | None) -> None:
    engine = Cleaned()
    engine.feed(lead("01-02T10:00", store="SH1"))
    engine.feed(verdict("01-02T10:01", "BIGDATA", "INVALID", unique_id=engine.lead()["unique_id"]), until=until)
    assert engine.lead().get("flags") == flags


@pytest.mark.parametrize(("said", "asked"), [("01-01T10:00", True), ("12-28T10:00", False)])
def test_the_72_hours_of_a_suspicion_begin_when_it_was_voiced(said: str, asked: bool) -> None:
    """Ruling 40, by the event time: one that is over already asks for nothing."""
    engine = Cleaned()
    engine.feed(lead("01-02T10:00", store="SH1"))
    word = verdict(said, "BIGDATA", "INVALID", phone=PHONE, store="SH1")
    if not asked:
        word["event_time"] = word["event_time"].replace("2024", "2023")
    engine.feed(word)
    assert bool(engine.tasks()) == asked
