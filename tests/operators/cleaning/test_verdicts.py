"""Verdicts (rulings 24, 40, 59, 61): the table row by row, whose task they end, what they say of store, wish and consent."""

from __future__ import annotations

from typing import Any

import pytest
from cleaning_case import PHONE, Cleaned, act, lead, verdict

from operators.base.verdict_kinds import REASONS, VERDICTS

ASKED = {
    "AI": {"rules": [{"route": "AI", "reason": "ASKED"}]},
    "MANUAL": {"rules": [{"route": "MANUAL", "reason": "ASKED"}]},
}
COST = {"cost": {"AI": 0.5, "MANUAL": 3.0}}


def opened(route: str, **fields: Any) -> Cleaned:
    """An engine with a lead whose task has this route."""
    engine = Cleaned(cleaning={**ASKED[route], **COST})
    engine.feed(lead("01-02T10:00", **{"store": "SH1", **fields}))
    return engine


def states(engine: Cleaned) -> list[tuple[str, str]]:
    return [(route, state) for route, state, _ in engine.ends()]


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


# --- SUSPECT


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
