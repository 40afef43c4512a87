"""What a verdict says of store, wish, consent and cost (rulings 53, 60, 61)."""

from __future__ import annotations

from typing import Any

import pytest
from cleaning_case import COST, Cleaned, act, lead, opened, states, verdict

# --- the store


def pending(**cleaning: Any) -> Cleaned:
    engine = Cleaned(cleaning={**COST, **cleaning})
    engine.feed(lead("01-02T10:00", city="苏州"))
    return engine


def test_an_answer_that_moves_the_lead() -> None:
    engine = pending()
    task = engine.task()["task_id"]
    intent = {"level": "HIGH", "series": "A6L", "days_to_buy": 5, "budget": "30万"}
    engine.feed(verdict("01-02T10:05", "AI", "STORE_CHOSEN", task_id=task, store="SZ1", intent=intent))
    (sent,) = engine.outputs["dispatches"]
    assert (sent["store"], sent["grade"]) == ("SZ1", "H")
    said = {
        "time": "2024-01-02T10:05:00.000+08:00",
        "level": "HIGH",
        "series": "A6L",
        "days_to_buy": 5,
        "budget": "30万",
    }
    assert sent["intents"][-1] == said, "the store hears what the robot heard"
    assert sent["why"]["note"] == "AI STORE_CHOSEN"
    assert [record["status"] for record in engine.outputs["unique_leads"]] == ["PENDING", "DISPATCHED"], (
        "one record each"
    )


def test_an_answer_that_folds_the_lead() -> None:
    """Only the wish and the cost reach the survivor."""
    engine = Cleaned(cleaning=COST)
    engine.feed(lead("01-02T09:00", store="SZ1"), lead("01-03T10:00"))
    task = engine.task()["task_id"]
    engine.feed(verdict("01-03T10:05", "AI", "STORE_CHOSEN", task_id=task, store="SZ1", intent={"level": "HIGH"}))
    assert states(engine) == [("AI", "OPEN"), ("AI", "DONE")]
    survivor, folded = engine.lead(1), engine.lead(2)
    assert (folded["closed_reason"], folded["folded_into"]) == ("FOLDED", survivor["unique_id"])
    assert survivor["grade"] == "A" and survivor["raw_count"] == 2 and "cleaned_by" not in survivor
    engine.feed(
        verdict("01-03T10:06", "AI", "DEAD", task_id=task),
        verdict("01-03T10:06", "DCC", "INVALID", unique_id=folded["unique_id"]),
    )
    assert engine.refused() == [["TASK_CLOSED"]] * 2, "what names a folded lead or its task"
    engine.feed(lead("01-01T12:00", store="SZ1"))  # folded again: the wish stays with the lead
    assert engine.lead(1)["grade"] == "A"


def test_an_older_wish_that_folds_in_stands_at_its_own_time() -> None:
    """Ruling 43: the latest days to buy, by event time."""
    engine = Cleaned()
    engine.feed(lead("01-02T10:00", intent={"days_to_buy": 5}))
    waits = engine.lead(1)["unique_id"]
    engine.feed(lead("01-03T09:00", store="SZ1", intent={"days_to_buy": 77}))
    engine.feed(verdict("01-03T09:05", "MANUAL", "STORE_CHOSEN", unique_id=waits, store="SZ1"))
    assert engine.lead(1)["folded_into"] == engine.lead(2)["unique_id"] and engine.lead(2)["grade"] == "C"
    engine.feed(lead("01-04T10:00", store="SZ1"))
    assert engine.lead(2)["grade"] == "C"


def test_a_wish_that_is_older_than_the_last_touch_is_scored_too() -> None:
    """Ruling 61: the history is rescored, wherever in it the wish stands."""
    engine = Cleaned()
    engine.feed(lead("01-02T10:00", store="SZ1"), lead("01-03T10:00", store="SZ1"))
    engine.feed(verdict("01-03T09:00", "ADVISOR", "NORMAL", unique_id=engine.lead()["unique_id"]))
    assert engine.lead()["grade"] == "B"


def test_the_wish_reaches_a_survivor_that_is_lost_at_that_instant() -> None:
    """An answer stands before the activities of its instant, and so does what it says (rulings 61 and 83)."""
    engine = Cleaned()
    engine.feed(lead("01-02T09:00", store="SZ1"), lead("01-03T10:00"))
    task = engine.task()["task_id"]
    engine.feed(act("01-03T10:05", "LOST", store="SZ1"))
    engine.feed(verdict("01-03T10:05", "AI", "STORE_CHOSEN", task_id=task, store="SZ1", intent={"level": "HIGH"}))
    assert engine.lead(1)["status"] == "LOST" and engine.lead(2)["folded_into"] == engine.lead(1)["unique_id"]
    engine.feed(lead("01-04T10:00", store="SZ1"))
    assert (engine.lead(1)["status"], engine.lead(1)["grade"]) == ("DISPATCHED", "A")


@pytest.mark.parametrize(("by", "outcome"), [("AI", "INTENT"), ("MANUAL", "NORMAL")])
def test_done_with_the_store_still_missing(by: str, outcome: str) -> None:
    """People get a task, again after every verdict (rulings 24 and 58)."""
    engine = pending()
    engine.feed(verdict("01-02T10:05", by, outcome, task_id=engine.task()["task_id"]))
    assert engine.ends()[1:] == [("AI", "DONE", ["STORE_MISSING"]), ("MANUAL", "OPEN", ["STORE_MISSING"])]
    engine.feed(verdict("01-02T10:15", "MANUAL", "NORMAL", task_id=engine.task()["task_id"]))
    assert states(engine)[-2:] == [("MANUAL", "DONE"), ("MANUAL", "OPEN")]
    assert engine.status() == ("PENDING", "UQL", ["STORE_MISSING", "CLEANING"])


def test_a_chosen_store_that_nobody_knows() -> None:
    """Taken as given (ruling 60); it waits in manual cleaning (14)."""
    engine = pending()
    engine.feed(verdict("01-02T10:05", "AI", "STORE_CHOSEN", task_id=engine.task()["task_id"], store="NEW"))
    assert engine.ends()[1:] == [("AI", "DONE", ["STORE_MISSING"]), ("MANUAL", "OPEN", ["STORE_UNKNOWN"])]
    assert (engine.lead()["store"], engine.lead()["status"], engine.lead()["route"]) == ("NEW", "CLEANING", "MANUAL")
    engine.feed(verdict("01-02T10:06", "MANUAL", "HIGH", task_id=engine.task()["task_id"], store="SH1"))
    assert (engine.lead()["store"], engine.lead()["status"], engine.lead()["stage"]) == ("SH1", "DISPATCHED", "SQL")


def test_an_invalid_lead_closes_where_it_stands() -> None:
    engine = pending()
    engine.feed(verdict("01-02T10:05", "AI", "DEAD", task_id=engine.task()["task_id"], store="SH1"))
    assert (engine.lead()["store"], engine.lead()["status"]) == (None, "INVALID")


def test_where_the_store_is_known_another_is_ignored() -> None:
    engine = opened("MANUAL")
    engine.feed(verdict("01-02T10:05", "MANUAL", "HIGH", task_id=engine.task()["task_id"], store="SZ1"))
    assert (engine.lead()["store"], engine.lead()["status"], engine.lead()["stage"]) == ("SH1", "DISPATCHED", "SQL")


def test_the_word_of_another_answers_the_store_too() -> None:
    """DCC ends no task, but a store answer ends what STORE_MISSING alone asked for (ruling 58)."""
    engine = pending()
    engine.feed(verdict("01-02T10:05", "DCC", "HIGH", unique_id=engine.lead()["unique_id"], store="SH1"))
    assert states(engine) == [("AI", "OPEN"), ("AI", "WITHDRAWN")]
    assert (engine.lead()["status"], engine.lead()["route"], engine.lead()["grade"]) == ("DISPATCHED", "NONE", "A")


# --- wish, consent, time, cost


@pytest.mark.parametrize(
    ("by", "outcome", "intent", "grade"),
    [
        ("MANUAL", "HIGH", None, "A"),
        ("MANUAL", "NORMAL", None, "B"),
        ("MANUAL", "STORE_CHOSEN", None, "B"),
        ("DCC", "HIGH", None, "A"),
        ("ADVISOR", "NORMAL", None, "B"),
        ("MANUAL", "HIGH", {"days_to_buy": 3}, "H"),
        ("MANUAL", "NORMAL", {"level": "HIGH"}, "A"),
        ("AI", "INTENT", {"level": "NORMAL"}, "B"),
        ("AI", "INTENT", None, "C"),
    ],
)
def test_the_wish(by: str, outcome: str, intent: dict[str, Any] | None, grade: str) -> None:
    """Ruling 61: it joins the history; HIGH and NORMAL set the level where it does not."""
    engine = opened("AI")
    record = verdict("01-02T10:05", by, outcome, unique_id=engine.lead()["unique_id"], intent=intent, store="SH1")
    engine.feed(record)
    last = engine.lead()
    assert last["grade"] == grade and last["raw_count"] == 1
    assert last["last_touch_at"] == "2024-01-02T10:00:00.000+08:00"
    assert last["expires_at"] == "2024-03-02T10:00:00.000+08:00", "it is no touch"


@pytest.mark.parametrize(
    ("by", "outcome", "sent"),
    [
        ("AI", "INTENT", True),
        ("AI", "STORE_CHOSEN", True),
        ("MANUAL", "HIGH", True),
        ("MANUAL", "NORMAL", True),
        ("DCC", "HIGH", False),
        ("ADVISOR", "NORMAL", False),
    ],
)
def test_consent(by: str, outcome: str, sent: bool) -> None:
    """Rulings 38 and 61."""
    engine = opened("AI", consent=False)
    engine.feed(verdict("01-02T10:05", by, outcome, unique_id=engine.lead()["unique_id"], store="SH1"))
    assert bool(engine.outputs["dispatches"]) is sent


def test_consent_frees_the_customers_other_leads() -> None:
    engine = opened("AI", consent=False)
    engine.feed(lead("01-02T10:01", store="SZ1", consent=False))
    first, second = engine.tasks()
    engine.feed(verdict("01-02T10:05", "MANUAL", "HIGH", task_id=first["task_id"]))
    holds = [record["conditions"] for record in engine.outputs["holds"] if record["store"] == "SZ1"]
    assert holds == [["CLEANING", "CONSENT"], ["CLEANING"]]
    engine.feed(verdict("01-02T10:06", "AI", "INTENT", task_id=second["task_id"]))
    assert [record["store"] for record in engine.outputs["dispatches"]] == ["SH1", "SZ1"]


def test_an_opt_out_after_it_counts() -> None:
    engine = opened("AI", consent=False)
    engine.feed(act("01-02T10:06", "OPT_OUT"))
    engine.feed(verdict("01-02T10:05", "AI", "INTENT", task_id=engine.task()["task_id"]))
    assert engine.status()[2] == ["CONSENT"]


def test_invalid_stands_in_the_fold_at_its_event_time() -> None:
    """A raw lead between its event time and its arrival comes after it: MERGED, and it reopens (rulings 2 and 61)."""
    engine = opened("AI")
    engine.feed(lead("01-02T10:08", store="SH1"))
    engine.feed(verdict("01-02T10:05", "AI", "DEAD", task_id=engine.task()["task_id"]))
    marks = {record["raw_id"]: record["mark"] for record in engine.outputs["dispositions"]}
    assert sorted(marks.values()) == ["FIRST_TOUCH", "MERGED"]
    assert engine.lead()["status"] == "CLEANING" and engine.ends()[-1] == (
        "MANUAL",
        "OPEN",
        ["REOPENED_INVALID", "ASKED"],
    )


@pytest.mark.parametrize("at", ["01-02T09:59:59.999", "01-01T10:00"])
def test_a_verdict_older_than_its_task_counts_when_it_comes(at: str) -> None:
    engine = opened("AI")
    engine.feed(lead("01-02T10:06", store="SZ1"))
    engine.feed(verdict(at, "AI", "DEAD", task_id=engine.tasks()[0]["task_id"]))
    assert engine.lead()["status"] == "INVALID"
    assert engine.lead()["at"] == "2024-01-02T10:06:00.000+08:00"


def test_cost_as_the_verdict_says() -> None:
    engine = opened("AI")
    engine.feed(verdict("01-02T10:05", "AI", "INTENT", task_id=engine.task()["task_id"], cost=1.25))
    assert engine.task()["cost"] == 1.25
