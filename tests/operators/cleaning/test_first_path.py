"""The first path: a lead without store goes to the robot, and its word dispatches it (rulings 58 to 61)."""

from __future__ import annotations

from cleaning_case import Cleaned, lead, verdict


def test_a_lead_without_store_is_dispatched_by_the_robots_word() -> None:
    """STORE_CHOSEN answers the store, counts as consent, ends the task, and the lead is sent at once."""
    engine = Cleaned()
    engine.feed(lead("01-02T10:00", city="苏州", consent=False))
    task = engine.task()
    assert (task["state"], task["route"], task["reasons"]) == ("OPEN", "AI", ["STORE_MISSING"])
    assert [store["store"] for store in task["stores"]] == ["SZ1", "DAY"]
    assert engine.status() == ("PENDING", "UQL", ["STORE_MISSING", "CLEANING", "CONSENT"])
    engine.feed(verdict("01-02T10:05", "AI", "STORE_CHOSEN", task_id=task["task_id"], store="SZ1"))
    assert [record["state"] for record in engine.tasks()] == ["OPEN", "DONE"]
    assert engine.outputs["dispatches"][0]["store"] == "SZ1"
    last = engine.outputs["unique_leads"][-1]
    assert (last["status"], last["stage"], last["cleaned_by"]) == ("DISPATCHED", "MQL", "AI")
