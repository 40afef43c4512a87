"""Verdicts (rulings 24, 59, 61): the table row by row, whose task they end, and which are refused or known."""

from __future__ import annotations

from typing import Any

import pytest
from cleaning_case import PHONE, Cleaned, act, lead, opened, states, verdict

from operators.base.verdict_kinds import REASONS, VERDICTS

EFFECTS = [
    # by, outcome, route of the task → what becomes of lead, tasks
    ("AI", "DEAD", "AI", "INVALID", ["DONE"]),
    ("AI", "SUSPENDED", "AI", "INVALID", ["DONE"]),
    ("AI", "BONUS_HUNTER", "AI", "INVALID", ["DONE"]),
    ("AI", "NO_INTENT", "AI", "CLEANING", ["DONE", "OPEN"]),
    ("AI", "UNREACHED", "AI", "CLEANING", ["DONE", "OPEN"]),
    ("AI", "UNSURE", "AI", "CLEANING", ["DONE", "OPEN"]),
    ("AI", "INTENT", "AI", "DISPATCHED", ["DONE"]),
    ("AI", "STORE_CHOSEN", "AI", "DISPATCHED", ["DONE"]),
    ("AI", "DEAD", "MANUAL", "TASK_CLOSED", []),
    ("AI", "INTENT", "MANUAL", "TASK_CLOSED", []),
    ("MANUAL", "HIGH", "MANUAL", "DISPATCHED", ["DONE"]),
    ("MANUAL", "NORMAL", "MANUAL", "DISPATCHED", ["DONE"]),
    ("MANUAL", "STORE_CHOSEN", "MANUAL", "DISPATCHED", ["DONE"]),
    ("MANUAL", "INVALID", "MANUAL", "INVALID", ["DONE"]),
    ("MANUAL", "HIGH", "AI", "DISPATCHED", ["DONE"]),  # an open task of either route
    ("MANUAL", "INVALID", "AI", "INVALID", ["DONE"]),
    ("DCC", "INVALID", "AI", "INVALID", ["DONE"]),
    ("DCC", "INVALID", "MANUAL", "INVALID", ["DONE"]),
    ("DCC", "HIGH", "MANUAL", "CLEANING", []),  # sets the intent, ends nothing
    ("DCC", "NORMAL", "AI", "CLEANING", []),
    ("ADVISOR", "INVALID", "MANUAL", "INVALID", ["DONE"]),
    ("ADVISOR", "HIGH", "AI", "CLEANING", []),
    ("ADVISOR", "NORMAL", "MANUAL", "CLEANING", []),
    ("BIGDATA", "INVALID", "AI", "CLEANING", []),  # only SUSPECT
    ("BIGDATA", "INVALID", "MANUAL", "CLEANING", []),
]


@pytest.mark.parametrize(("by", "outcome", "route", "becomes", "after"), EFFECTS)
@pytest.mark.parametrize("named", ["task", "unique_id", "key"])
def test_what_becomes_of_a_lead(by: str, outcome: str, route: str, becomes: str, after: list[str], named: str) -> None:
    engine = opened(route)
    task = engine.task()
    store = {"store": "SH1"} if outcome == "STORE_CHOSEN" or named == "key" else {}
    name = {
        "task": {"task_id": task["task_id"]},
        "unique_id": {"unique_id": task["unique_id"]},
        "key": {"phone": PHONE},
    }[named]
    engine.feed(verdict("01-02T10:05", by, outcome, **name, **store))
    if becomes == "TASK_CLOSED":
        assert engine.refused() == [["TASK_CLOSED"]]
        becomes = "CLEANING"
    else:
        assert engine.refused() == []
    assert engine.lead()["status"] == becomes
    assert [state for _, state in states(engine)[1:]] == after
    if after:
        done = engine.tasks()[1]
        assert (done["by"], done["outcome"], done["task_id"]) == (by, outcome, task["task_id"])
        assert done.get("cost") == {"AI": 0.5, "MANUAL": 3.0}.get(by)
    if after == ["DONE", "OPEN"]:
        assert states(engine)[-1] == ("MANUAL", "OPEN") and engine.task()["why"]["note"] == f"{by} {outcome}"
    if becomes in ("DISPATCHED", "INVALID"):
        assert engine.lead()["cleaned_by"] == by
    if becomes == "INVALID":
        (closing,) = engine.outputs["closings"]
        assert (closing["reason"], closing["store"]) == ("INVALID", "SH1")


def test_every_row_of_the_table_is_tried() -> None:
    assert {(by, outcome) for by, outcome, *_ in EFFECTS} == {(kind.by, kind.outcome) for kind in VERDICTS}


@pytest.mark.parametrize("by", ["AI", "MANUAL", "DCC", "ADVISOR", "BIGDATA"])
def test_an_outcome_that_is_not_foreseen_is_a_bad_field(by: str) -> None:
    """Ruling 61: and the task stays open."""
    known = {kind.outcome for kind in VERDICTS if kind.by == by}
    for outcome in {kind.outcome for kind in VERDICTS} - known:
        engine = opened("AI")
        engine.feed(verdict("01-02T10:05", by, outcome, task_id=engine.task()["task_id"], store="SH1"))
        assert engine.refused() == [["BAD_FIELD"]]
        assert states(engine) == [("AI", "OPEN")]


@pytest.mark.parametrize(
    ("outcome", "code"),
    [("DEAD", ""), ("SUSPENDED", ""), ("BONUS_HUNTER", ""), ("INTENT", "TASK_CLOSED"), ("UNSURE", "TASK_CLOSED")],
)
@pytest.mark.parametrize("named", [True, False])
def test_the_robots_word_after_its_time(outcome: str, code: str, named: bool) -> None:
    """Ruling 59: while people's task is open, what is a fact of the number ends that task; anything else is TASK_CLOSED."""
    engine = opened("AI")
    first = engine.task()
    engine.feed(until="01-02T10:30")
    name = {"task_id": first["task_id"]} if named else {"unique_id": first["unique_id"]}
    engine.feed(verdict("01-02T10:31", "AI", outcome, **name))
    assert engine.refused() == ([[code]] if code else [])
    ended = [("AI", "OPEN"), ("AI", "TIMEOUT"), ("MANUAL", "OPEN")]
    assert states(engine) == (ended if code else [*ended, ("MANUAL", "DONE")])


def test_the_robots_second_word_is_too_late_where_it_had_spoken() -> None:
    engine = opened("AI")
    name = {"task_id": engine.task()["task_id"]}
    engine.feed(verdict("01-02T10:05", "AI", "UNSURE", **name), verdict("01-02T10:06", "AI", "DEAD", **name))
    assert engine.refused() == [["TASK_CLOSED"]]
    assert states(engine) == [("AI", "OPEN"), ("AI", "DONE"), ("MANUAL", "OPEN")]


@pytest.mark.parametrize("named", ["task_id", "unique_id"])
def test_the_same_verdict_again_is_a_replay(named: str) -> None:
    """Another one, or one for a closed lead, is TASK_CLOSED (ruling 24)."""
    engine = opened("MANUAL")
    record = verdict("01-02T10:05", "MANUAL", "HIGH", **{named: engine.task()[named]})
    engine.feed(record, record, {**record, "event_time": "2024-01-02T10:07:00+08:00"})
    assert engine.refused() == [] and len(engine.outputs["replays"]) == 2
    assert engine.outputs["replays"][0]["unique_id"] == engine.lead()["unique_id"]
    engine.feed(verdict("01-02T10:08", "MANUAL", "NORMAL", **{named: engine.task()[named]}))
    assert engine.refused() == [["TASK_CLOSED"]]
    engine.feed(act("01-03T10:00", "LOST", store="SH1"))
    engine.feed(verdict("01-03T11:00", "DCC", "INVALID", unique_id=engine.lead()["unique_id"]))
    assert engine.refused() == [["TASK_CLOSED"]] * 2


def test_without_a_task() -> None:
    engine = Cleaned()
    engine.feed(lead("01-02T10:00", store="SH1"))
    uid = engine.lead()["unique_id"]
    prefix = uid[: uid.rindex(".")]
    engine.feed(
        verdict("01-02T10:05", "MANUAL", "HIGH", unique_id=uid),
        verdict("01-02T10:05", "AI", "DEAD", unique_id=uid),
        verdict("01-02T10:05", "AI", "DEAD", task_id=f"{prefix}.t1"),
        verdict("01-02T10:05", "AI", "DEAD", task_id="t1"),
        verdict("01-02T10:05", "DCC", "INVALID", unique_id=f"{prefix}.u9"),
        verdict("01-02T10:05", "DCC", "INVALID", phone="13999999999"),
        verdict("01-02T10:05", "DCC", "INVALID", phone=PHONE, store="SZ1"),
    )
    assert sorted(engine.refused()) == [["NO_LEAD"]] * 3 + [["NO_TASK"]] * 4


def test_what_is_given_must_agree() -> None:
    """Ruling 17."""
    engine = opened("MANUAL")
    task = engine.task()
    other = task["unique_id"][:-1] + "7"
    engine.feed(
        verdict("01-02T10:05", "MANUAL", "HIGH", task_id=task["task_id"], unique_id=other),
        verdict("01-02T10:05", "MANUAL", "HIGH", task_id=task["task_id"], line="used"),
        verdict("01-02T10:05", "MANUAL", "HIGH", task_id=task["task_id"], phone="13999999999"),
    )
    assert sorted(engine.refused()) == [["NO_LEAD"], ["NO_LEAD"], ["NO_TASK"]]
    assert states(engine) == [("MANUAL", "OPEN")]


@pytest.mark.parametrize("by", ["MANUAL", "DCC", "ADVISOR"])
def test_invalid_needs_no_task_and_after_the_dispatch_tells_the_owner(by: str) -> None:
    """Ruling 24: it closes the lead; nothing is withdrawn."""
    engine = Cleaned()
    engine.feed(lead("01-02T10:00", store="SH1"))
    engine.feed(verdict("01-02T11:00", by, "INVALID", unique_id=engine.lead()["unique_id"], reason="office_phone"))
    last = engine.lead()
    assert (last["status"], last["why"]["note"]) == ("INVALID", f"{by} INVALID OFFICE_PHONE")
    told = [(n["kind"], n["to"]["id"]) for n in engine.outputs["notifications"] if n["why"]["rule"] == "invalid"]
    assert told == [("LEAD_WITHDRAWN", "SH1")]


@pytest.mark.parametrize(
    ("given", "reason"), [(None, "OTHER"), ("whatever", "OTHER"), *((one, one) for one in REASONS)]
)
def test_the_reason_of_an_invalid(given: str | None, reason: str) -> None:
    engine = opened("MANUAL")
    engine.feed(verdict("01-02T10:05", "MANUAL", "INVALID", task_id=engine.task()["task_id"], reason=given))
    assert engine.lead()["why"]["note"] == f"MANUAL INVALID {reason}"


def test_invalid_by_people_counts_whatever_task_it_names() -> None:
    engine = opened("AI")
    first = engine.task()["task_id"]
    engine.feed(until="01-02T10:30")
    engine.feed(verdict("01-02T10:31", "MANUAL", "HIGH", task_id=first))
    assert engine.refused() == [["TASK_CLOSED"]]
    engine.feed(verdict("01-02T10:32", "DCC", "INVALID", task_id=first))
    assert states(engine)[-1] == ("MANUAL", "DONE") and engine.lead()["status"] == "INVALID"


def test_a_word_that_ends_no_task_is_known_again_too() -> None:
    """Else the wish would stand in the history twice; said at another time it is another word."""
    engine = opened("AI")
    record = verdict("01-02T10:05", "DCC", "HIGH", unique_id=engine.lead()["unique_id"])
    engine.feed(record, {**record, "ingest_time": "2024-01-02T10:06:00+08:00"})
    assert len(engine.outputs["replays"]) == 1
    engine.feed({**record, "event_time": "2024-01-02T10:07:00+08:00"})
    engine.feed(verdict("01-02T10:08", "AI", "INTENT", task_id=engine.task()["task_id"]))
    (sent,) = engine.outputs["dispatches"]
    assert len(sent["intents"]) == 3


def test_said_again_after_a_reopening() -> None:
    """One that names neither time nor task is another word in another opening."""
    engine = Cleaned()
    engine.feed(lead("01-02T10:00", store="SH1"))
    record = {"type": "verdict", "by": "DCC", "outcome": "INVALID", "unique_id": engine.lead()["unique_id"]}
    engine.feed(record)
    assert engine.lead()["status"] == "INVALID"
    engine.feed(lead("01-03T10:00", store="SH1"), record)
    assert engine.lead()["status"] == "INVALID" and engine.outputs["replays"] == []


def test_said_again_in_the_same_opening() -> None:
    """Without time and task too: else the wish would stand in the history twice."""
    engine = opened("AI")
    record = {"type": "verdict", "by": "DCC", "outcome": "HIGH", "unique_id": engine.lead()["unique_id"]}
    engine.feed(record, record, verdict("01-02T10:08", "AI", "INTENT", task_id=engine.task()["task_id"]))
    assert len(engine.outputs["replays"]) == 1
    (sent,) = engine.outputs["dispatches"]
    assert len(sent["intents"]) == 2


@pytest.mark.parametrize(
    "fields", [{"cost": "much"}, {"cost": -1}, {"intent": "high"}, {"intent": {"level": "TOP"}}], ids=str
)
def test_a_field_that_decides_nothing_costs_no_verdict(fields: dict[str, Any]) -> None:
    """Ruling 78: dropped, the verdict counts; by and outcome in any case."""
    engine = opened("AI")
    engine.feed(verdict("01-02T10:05", "manual", "high", task_id=engine.task()["task_id"], **fields))
    assert engine.refused() == [] and engine.lead()["status"] == "DISPATCHED"
    assert engine.task()["cost"] == 3.0


@pytest.mark.parametrize("fields", [{"task_id": ["t1"]}, {"unique_id": {"n": 1}}, {"store": ["SH1", "SZ1"]}, {"by": 7}])
def test_what_names_it_is_never_dropped(fields: dict[str, Any]) -> None:
    engine = opened("AI")
    engine.feed({**verdict("01-02T10:05", "AI", "INTENT", task_id=engine.task()["task_id"]), **fields})
    assert engine.refused() == [["BAD_FIELD"]]
    assert states(engine) == [("AI", "OPEN")]


@pytest.mark.parametrize(("outcome", "code"), [("HIGH", ["TASK_CLOSED"]), ("INVALID", None)])
def test_a_word_that_names_a_task_that_is_over(outcome: str, code: list[str] | None) -> None:
    """Ruling 61: INVALID applies whatever task it names, nothing else does (ruling 24)."""
    engine = opened("MANUAL")
    task = engine.task()["task_id"]
    engine.feed(verdict("01-02T10:05", "MANUAL", "NORMAL", task_id=task))
    engine.feed(verdict("01-02T10:06", "DCC", outcome, task_id=task))
    assert engine.refused() == ([code] if code else [])


def test_a_verdict_again_whose_lead_has_been_folded_by_it() -> None:
    """Its address finds another lead by then; it is a replay all the same (ruling 24)."""
    engine = Cleaned()
    engine.feed(lead("01-02T10:00"), lead("01-02T10:00", store="SH1"))
    word = verdict("01-02T10:05", "AI", "STORE_CHOSEN", phone=PHONE, store="SH1")
    engine.feed(word)
    engine.feed(word)
    assert engine.refused() == [] and len(engine.outputs["replays"]) == 1


def test_the_robot_of_an_earlier_opening_says_nothing_of_this_one() -> None:
    """Ruling 59: only the robot whose own time ran out in this opening ends the task of people."""
    engine = opened("AI")
    engine.feed(verdict("01-02T10:30", "MANUAL", "INVALID", task_id=f"{engine.task()['task_id']}"))
    engine.feed(lead("01-03T10:00", store="SH1"))
    assert states(engine)[-1] == ("MANUAL", "OPEN")
    engine.feed(verdict("01-03T10:01", "AI", "DEAD", phone=PHONE, store="SH1"))
    assert engine.refused() == [["TASK_CLOSED"]] and engine.lead()["status"] == "CLEANING"


@pytest.mark.parametrize("cost", [1_000_001, 1_764_412_345_678_901_234, 10**307, "1e30"])
def test_a_cost_that_no_verdict_has_is_dropped(cost: Any) -> None:
    """Ruling 78: an id in the wrong column must not stop the engine."""
    engine = opened("AI")
    engine.feed(verdict("01-02T10:05", "MANUAL", "HIGH", task_id=engine.task()["task_id"], cost=cost))
    assert engine.refused() == [] and engine.lead()["status"] == "DISPATCHED"
    assert engine.task()["cost"] == 3.0, "that of a task of its sort"


@pytest.mark.parametrize("ending", ["LOST", "PAID"])
@pytest.mark.parametrize("by", ["MANUAL", "ADVISOR", "DCC"])
def test_an_invalid_for_a_store_closes_no_lead_that_waits_for_one(by: str, ending: str) -> None:
    """Ruling 17: store and line are the address; the lead that was there is closed."""
    engine = Cleaned()
    engine.feed(lead("01-02T10:00", store="SH1"), act("01-02T11:00", ending, store="SH1"), lead("01-03T10:00"))
    assert engine.lead(2)["status"] == "PENDING"
    engine.feed(verdict("01-03T10:05", by, "INVALID", phone=PHONE, store="SH1"))
    assert engine.refused() == [["TASK_CLOSED"]] and engine.lead(2)["status"] == "PENDING"


@pytest.mark.parametrize("named", [True, False], ids=["its old task", "by address"])
def test_an_invalid_after_a_reopening_is_no_replay_of_the_one_before(named: bool) -> None:
    """Ruling 61: it applies to any open lead whatever task it names."""
    engine = opened("MANUAL")
    task = engine.task()
    name = {"task_id": task["task_id"]} if named else {"unique_id": task["unique_id"]}
    engine.feed(verdict("01-02T10:05", "MANUAL", "INVALID", **name), lead("01-03T12:00", store="SH1"))
    assert engine.lead()["status"] == "CLEANING"
    engine.feed(verdict("01-03T12:30", "MANUAL", "INVALID", reason="WRONG_PERSON", **name))
    assert engine.outputs["replays"] == [] and engine.lead()["status"] == "INVALID"


def test_many_verdicts_and_the_first_again() -> None:
    """What it cost is counted once (ruling 24)."""
    engine = opened("AI")
    uid = engine.lead()["unique_id"]
    said = [verdict(f"01-02T10:{n:02}", "DCC", "HIGH", unique_id=uid, cost=5) for n in range(10, 30)]
    engine.feed(*said, said[0])
    assert len(engine.outputs["replays"]) == 1


def test_a_wish_of_a_time_at_which_the_lead_was_closed_joins_the_history() -> None:
    """Ruling 61: at the verdict's event time; the lead stands open when it is said."""
    engine = Cleaned()
    engine.feed(
        lead("01-02T10:00", store="SH1"), act("01-02T11:00", "LOST", store="SH1"), lead("01-03T10:00", store="SH1")
    )
    engine.feed(verdict("01-02T12:00", "DCC", "HIGH", unique_id=engine.lead()["unique_id"], intent={"days_to_buy": 3}))
    assert engine.lead()["grade"] == "H"
