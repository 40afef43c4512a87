"""Store answers from elsewhere, folds, reopenings, and states that an older version wrote (rulings 2, 14, 53, 58, 75)."""

from __future__ import annotations

from typing import Any

import pytest
from cleaning_case import ALWAYS, CONFIG, Cleaned, act, lead, verdict
from plain_engine import DictDatabase

from operators.registry import KIND_OF
from state import keys

ASKED = {"cleaning": {"rules": [{"route": "AI", "reason": "ASKED"}]}}


def states(engine: Cleaned) -> list[tuple[str, str]]:
    return [(route, state) for route, state, _ in engine.ends()]


# --- a store that is named


def test_an_enrichment_that_names_the_store() -> None:
    """It ends what the missing store alone asked for; the lead is NONE from then on, and goes."""
    engine = Cleaned()
    record = lead("01-02T10:00")
    engine.feed(record, {**record, "store": "SH1"})
    assert states(engine) == [("AI", "OPEN"), ("AI", "WITHDRAWN")]
    last = engine.lead()
    assert (last["status"], last["stage"], last["route"]) == ("DISPATCHED", "MQL", "NONE")
    assert "cleaned_by" not in last


def test_where_another_reason_stands_the_task_goes_on() -> None:
    """The open task serves it; the lead's route is what is still asked for."""
    engine = Cleaned()
    record = lead("01-02T10:00", phone="10012345678")
    engine.feed(record, {**record, "store": "SH1"})
    assert engine.ends() == [("MANUAL", "OPEN", ["STORE_MISSING", "NO_CITY", "SEGMENT"])]
    assert (engine.lead()["status"], engine.lead()["route"]) == ("CLEANING", "AI")
    engine.feed(until="01-03T10:00")
    assert engine.ends()[-1] == ("MANUAL", "TIMEOUT", ["SEGMENT"])
    assert engine.lead()["status"] == "DISPATCHED"


def test_a_verdicts_store_lowers_the_route_too() -> None:
    """Ruling 58: a store answer ends what the missing store alone asked for, whoever gives it."""
    engine = Cleaned()
    engine.feed(lead("01-02T10:00"))
    engine.feed(verdict("01-02T10:05", "AI", "STORE_CHOSEN", task_id=engine.task()["task_id"], store="SH1"))
    assert (engine.lead()["status"], engine.lead()["route"], engine.lead()["cleaned_by"]) == (
        "DISPATCHED",
        "NONE",
        "AI",
    )


def test_a_rule_that_was_served_keeps_no_task_open() -> None:
    """People were asked by a rule, and again for the store: the store answer ends that."""
    engine = Cleaned(cleaning={"rules": [{"route": "MANUAL", "reason": "ASKED"}]})
    record = lead("01-02T10:00")
    engine.feed(record)
    engine.feed(verdict("01-02T10:05", "MANUAL", "NORMAL", task_id=engine.task()["task_id"]))
    assert engine.ends()[-1] == ("MANUAL", "OPEN", ["STORE_MISSING"])
    engine.feed({**record, "store": "SH1"})
    assert states(engine)[-1] == ("MANUAL", "WITHDRAWN")
    assert (engine.lead()["status"], engine.lead()["route"]) == ("DISPATCHED", "MANUAL")


def test_so_it_does_where_a_rule_asked() -> None:
    engine = Cleaned(**ASKED)
    record = lead("01-02T10:00")
    engine.feed(record, {**record, "store": "SH1"})
    assert states(engine) == [("AI", "OPEN")] and engine.lead()["status"] == "CLEANING"


def test_an_answer_that_names_no_known_store() -> None:
    engine = Cleaned()
    record = lead("01-02T10:00")
    engine.feed(record, {**record, "store": "NOBODY"})
    assert engine.ends() == [
        ("AI", "OPEN", ["STORE_MISSING"]),
        ("AI", "WITHDRAWN", ["STORE_MISSING"]),
        ("MANUAL", "OPEN", ["STORE_UNKNOWN"]),
    ]
    assert engine.lead()["route"] == "MANUAL"


def again(engine: Cleaned, **tables: Any) -> Cleaned:
    """The same state under another configuration, its waiting leads judged again as at a first tick."""
    other = Cleaned(**tables)
    other.database, other.clock, other._fed = engine.database, engine.clock, engine._fed
    other.outputs = {name: list(records) for name, records in engine.outputs.items()}
    other.feed()
    assert other.clock is not None
    for shard in other.shards:
        batch = other._batch(shard)
        batch.clock = other.clock
        batch.recheck("another registry")
        other._write(batch)
    return other


def test_the_registry_names_the_store() -> None:
    engine = Cleaned()
    engine.feed(lead("01-02T10:00", store="NEW"))
    assert states(engine) == [("MANUAL", "OPEN")]
    engine = again(engine, stores={**CONFIG["stores"], "NEW": ALWAYS})
    assert states(engine) == [("MANUAL", "OPEN"), ("MANUAL", "WITHDRAWN")]
    assert (engine.lead()["status"], engine.lead()["route"]) == ("DISPATCHED", "NONE")


@pytest.mark.parametrize("rules", [{}, ASKED])
def test_the_registry_loses_the_store_of_a_lead_that_waits(rules: dict[str, Any]) -> None:
    """STORE_UNKNOWN may arise: people get a task, in place of the robot's."""
    engine = Cleaned(**rules)
    engine.feed(lead("01-02T20:00", store="DAY"))
    engine = again(engine, stores={"SH1": ALWAYS}, **rules)
    assert engine.ends()[-1] == ("MANUAL", "OPEN", ["STORE_UNKNOWN", *(["ASKED"] if rules else [])])
    assert (engine.lead()["status"], engine.lead()["route"]) == ("CLEANING", "MANUAL")


def test_switched_off_open_tasks_are_withdrawn() -> None:
    engine = Cleaned(**ASKED)
    engine.feed(lead("01-02T10:00", store="SH1"), lead("01-02T10:00", phone="13912345678"))
    engine = again(engine, cleaning={"enabled": False})
    assert [state for _, state, _ in engine.ends()] == ["OPEN", "OPEN", "WITHDRAWN", "WITHDRAWN"]
    assert {record["status"] for record in engine.outputs["unique_leads"][-2:]} == {"DISPATCHED", "PENDING"}
    assert all("route" not in record for record in engine.outputs["unique_leads"][-2:])
    engine = again(engine)
    assert engine.ends()[-1] == ("AI", "OPEN", ["STORE_MISSING"]), "and on again, what waits is judged"


# --- folds and reopenings


def test_a_lead_that_folds_has_its_task_withdrawn() -> None:
    engine = Cleaned(periods={"merge": 2}, **ASKED)
    engine.feed(lead("01-02T10:00", store="SH1"), lead("01-04T22:00", store="SH1"))
    assert states(engine) == [
        ("AI", "OPEN"),
        ("AI", "TIMEOUT"),
        ("MANUAL", "OPEN"),
        ("MANUAL", "TIMEOUT"),
        ("AI", "OPEN"),
    ]
    engine.feed(lead("01-03T22:00", store="SH1"))  # bridges the two
    assert engine.lead(2)["closed_reason"] == "FOLDED"
    assert states(engine)[-1] == ("AI", "WITHDRAWN")


def test_one_that_is_kept_from_dispatch_gets_no_task() -> None:
    """Ruling 2: beside a dispatched lead that stands open at its key."""
    engine = Cleaned(periods={"merge": 1})
    engine.feed(lead("01-03T10:00", store="SH1"))
    assert engine.lead()["status"] == "DISPATCHED"
    engine = again(engine, periods={"merge": 1}, cleaning={"rules": [{"route": "AI", "reason": "ASKED"}]})
    engine.feed(lead("01-04T10:00", store="SH1", phone="13712345678"))
    assert len(engine.tasks()) == 1, "the rule asks"
    engine.feed(lead("01-01T11:00", store="SH1"))  # late: opens and is over at once
    assert len(engine.tasks()) == 1


def test_an_undone_closing_opens_again_what_it_withdrew() -> None:
    """The timer closed it; a late raw lead shows that the closing was none (ruling 2): it waits again, for whom it waited: the
    robot has had its time."""
    engine = Cleaned(periods={"merge": 1})
    engine.feed(lead("01-02T10:00"), until="01-03T12:00")
    assert states(engine)[-1] == ("MANUAL", "WITHDRAWN") and engine.lead()["status"] == "CLOSED"
    engine.feed(lead("01-03T09:00"))
    assert engine.ends()[-1] == ("MANUAL", "OPEN", ["STORE_MISSING"]) and engine.lead()["status"] == "PENDING"


def test_an_undone_closing_opens_again_what_a_rule_asked_for() -> None:
    """Of a lead whose store is known: nothing else would ask for its task a second time."""
    engine = Cleaned(periods={"merge": 1}, **ASKED)
    engine.feed(lead("01-02T10:00", store="SH1"), until="01-03T12:00")
    assert states(engine)[-1] == ("MANUAL", "WITHDRAWN") and engine.lead()["status"] == "CLOSED"
    engine.feed(lead("01-03T09:00", store="SH1"))
    assert states(engine)[-1] == ("MANUAL", "OPEN") and engine.lead()["status"] == "CLEANING"


def test_an_undone_closing_by_a_raw_lead_in_a_number_run() -> None:
    """What the closing withdrew is open again before the run asks: one task, not two."""
    engine = Cleaned(periods={"merge": 1}, **ASKED)
    engine.feed(lead("01-02T10:00", store="SH1"), until="01-03T10:20")
    assert states(engine)[-1] == ("MANUAL", "WITHDRAWN") and engine.lead()["status"] == "CLOSED"
    neighbours = [
        lead("01-03T10:50", store="SH1", phone="13812345677"),
        lead("01-03T10:59", store="SH1", phone="13812345679"),
    ]
    engine.feed(*neighbours, lead("01-03T09:00", store="SH1"))
    assert states(engine)[-1] == ("MANUAL", "OPEN") and engine.lead()["status"] == "CLEANING"


@pytest.mark.parametrize("closes", ["LOST", "expiry", "fold"])
def test_a_lead_that_closes_before_it_was_cleaned_is_no_mql(closes: str) -> None:
    """Ruling 75: MQL = cleaning done or not needed; a closing does neither."""
    engine = Cleaned(periods={"merge": 1})
    engine.feed(lead("01-02T10:00"))
    if closes == "LOST":
        engine.feed(act("01-02T10:05", "LOST"))
    elif closes == "expiry":
        engine.feed(until="01-04T12:00")
    else:
        engine.feed(lead("01-02T10:03", store="SH1"))
        engine.feed(verdict("01-02T10:05", "AI", "STORE_CHOSEN", task_id=engine.task()["task_id"], store="SH1"))
    stage = "MQL" if closes == "fold" else "UQL"  # it was answered: its cleaning is done
    assert (engine.lead()["stage"], engine.lead()["closed_reason"] is None) == (stage, False)


def test_what_was_cleaned_stays_clean_where_the_closing_was_none() -> None:
    engine = Cleaned(periods={"merge": 1}, **ASKED)
    engine.feed(lead("01-02T10:00", store="SH1", consent=False))
    engine.feed(verdict("01-02T10:05", "DCC", "HIGH", unique_id=engine.lead()["unique_id"]))
    engine.feed(verdict("01-02T10:06", "MANUAL", "HIGH", unique_id=engine.lead()["unique_id"]))
    count = len(engine.tasks())
    engine.feed(until="01-03T12:00")
    engine.feed(lead("01-03T09:00", store="SH1"))
    assert engine.lead()["status"] == "DISPATCHED" and len(engine.tasks()) == count


def test_a_lead_is_cleaned_once_per_opening() -> None:
    engine = Cleaned(**ASKED)
    engine.feed(lead("01-02T10:00", store="SH1"))
    engine.feed(verdict("01-02T10:05", "AI", "INTENT", task_id=engine.task()["task_id"]))
    engine.feed(lead("01-03T10:00", store="SH1"))  # merged
    assert len(engine.tasks()) == 2
    engine.feed(act("01-04T10:00", "LOST", store="SH1"), lead("01-05T10:00", store="SH1"))
    assert states(engine)[-1] == ("AI", "OPEN") and engine.lead()["status"] == "CLEANING"
    assert "cleaned_by" not in engine.lead(), "of this opening nobody cleaned it yet"


def test_closed_and_opened_again_by_one_record() -> None:
    """An INVALID that arrives behind the raw lead which reopens: nobody saw it closed, but it was (rulings 2 and 58)."""
    engine = Cleaned(**ASKED)
    engine.feed(lead("01-02T10:00", store="SH1"), lead("01-03T10:00", store="SH1"))
    engine.feed(act("01-02T18:00", "INVALID", store="SH1", by="ADVISOR"))
    assert engine.ends()[-1] == ("MANUAL", "OPEN", ["REOPENED_INVALID", "ASKED"])
    assert engine.lead()["task_id"] == engine.task()["task_id"]


@pytest.mark.parametrize(
    ("closed", "ends"),
    [("INVALID", [("MANUAL", "OPEN", ["REOPENED_INVALID", "ASKED"])]), ("LOST", [("AI", "OPEN", ["ASKED"])])],
)
def test_closed_and_opened_again_by_one_record_while_it_waits_for_the_opening(closed: str, ends: list[Any]) -> None:
    """Held for HOURS alone, it is no lead of an older version: the raw lead that reopens it is judged (rulings 24 and 58)."""
    engine = Cleaned(cleaning={"rules": [{"route": "AI", "reason": "ASKED", "campaign": ["R"]}]})
    engine.feed(lead("01-02T19:00", store="DAY"))
    engine.feed(lead("01-03T03:00", store="DAY", campaign="R"))  # merged: judged it was
    assert engine.lead()["status"] == "HELD" and not engine.tasks()
    engine.feed(act("01-03T02:00", closed, store="DAY"))
    assert engine.ends() == ends and engine.lead()["status"] == "CLEANING"


# --- states that an older version wrote


def before_cleaning(engine: Cleaned) -> None:
    """Make the state one of a version that knew no cleaning: no lead was judged."""
    database: DictDatabase = engine.database
    for shard in range(engine.shard_count):
        begin = keys.prefix(shard, keys.CUSTOMER)
        for key, value in list(database.scan(begin, keys.after(begin))):
            kind = KIND_OF[key[1]]
            row = kind.decode(value)
            for section in row.sections:
                for one in section.leads:
                    one.route, one.cleaning = 0, None
            database.rows[key] = kind.encode(row)


def test_what_waits_in_an_older_state_is_judged_at_the_first_tick() -> None:
    """Ruling 75: as if opened then; dispatched stays dispatched; HOURS alone counts as NONE."""
    off = {"cleaning": {"enabled": False}}
    engine = Cleaned(**off)
    engine.feed(
        lead("01-02T10:00", store="SH1"),
        lead("01-02T20:00", phone="13912345678"),
        lead("01-02T20:01", store="DAY", phone="13712345678"),
        lead("01-02T20:02", store="SH1", phone="13612345678", consent=False),
    )
    before_cleaning(engine)
    engine = again(engine, **ASKED)
    last = {record["unique_id"]: record for record in engine.outputs["unique_leads"]}
    assert sorted((r["store"] or "", r["status"], r.get("route", "")) for r in last.values()) == [
        ("", "PENDING", "AI"),
        ("DAY", "HELD", "NONE"),
        ("SH1", "CLEANING", "AI"),
        ("SH1", "DISPATCHED", ""),
    ]
    assert {task["at"] for task in engine.tasks()} == {"2024-01-02T20:02:00.000+08:00"}


def test_judging_again_changes_nothing_twice() -> None:
    engine = Cleaned(**ASKED)
    engine.feed(lead("01-02T10:00"), lead("01-02T10:00", store="NOBODY", phone="13912345678"))
    count = {name: len(records) for name, records in engine.outputs.items()}
    engine = again(engine, **ASKED)
    assert {name: len(records) for name, records in engine.outputs.items()} == count
