"""Facts that arise while a lead is open (rulings 58, 62): what the detector of number runs and SUSPECT rely on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from one_key import RULES, at, empty, raw

from operators.base.desk import Desk
from operators.base.outputs import Outputs, Source
from operators.base.rules import Store
from operators.cleaning import facts
from operators.intention import merge
from operators.lead import statuses
from operators.lead.arising import arises
from operators.lead.case import Case, lead_for
from operators.lead.tasks import end_task
from operators.wire.streams import CleaningTask, Why
from state.rows import codes, customer_row
from state.rows.customer_row import Customer


def case_of(*, store: str = "S1", status: int = codes.S_HELD, route: int = codes.NONE, shadow: bool = False) -> Case:
    """A lead at a known store, open, of this status, not dispatched or dispatched."""
    rules = replace(RULES, stores={"S1": Store("S1", opens_ms=0, closes_ms=86_400_000)})
    row = Customer("20240101", "13812345678", "", shadow, consent=0)
    out = Outputs(rules, {1: Source("raw_leads.jsonl")})
    section = customer_row.section_of("main", store)
    row.sections.append(section)
    fold = empty()
    unique = merge.raw_lead(fold, raw(1, at(6, 10)), rules)[1]
    unique.n = row.uniques = 1
    section.head = fold
    lead = lead_for(section, unique)
    lead.route = route
    if statuses.AT_STORE >> status & 1:
        statuses.become(lead, codes.S_DISPATCHED)
        lead.sent = True
    statuses.become(lead, status)
    return Case(Desk(row, bytes(12), out), section, unique, lead, at(6, 12), Why("test"))


def tasks_of(case: Case) -> list[tuple[str, str, list[str]]]:
    """(state, route, reasons) of what goes out."""
    records = [record for _, _, record in case.desk.out.events if isinstance(record, CleaningTask)]
    return [(record.state, record.route, record.reasons) for record in records]


def test_one_not_yet_dispatched_gets_its_task_and_waits() -> None:
    """Ruling 58: a task of the fact's route where none is open."""
    case = case_of()
    assert arises(case, facts.NUMBER_RUN)
    assert tasks_of(case) == [("OPEN", "AI", ["NUMBER_RUN"])]
    assert (case.lead.status, case.lead.route) == (codes.S_CLEANING, codes.AI)


def test_a_second_fact_only_adds_its_reason() -> None:
    case = case_of()
    arises(case, facts.NUMBER_RUN)
    assert arises(case, facts.SUSPECT)
    assert not arises(case, facts.SUSPECT)
    assert [state for state, _, _ in tasks_of(case)] == ["OPEN"]
    assert case.lead.cleaning is not None
    assert facts.codes(case.lead.cleaning.reasons) == ["NUMBER_RUN", "SUSPECT"]


def test_a_fact_that_asks_people_turns_the_robots_task() -> None:
    """The robot's is WITHDRAWN with its own reasons; the one for people has all."""
    case = case_of()
    arises(case, facts.NUMBER_RUN)
    case.section.store = "NOBODY"
    assert arises(case, facts.STORE_UNKNOWN)
    assert tasks_of(case) == [
        ("OPEN", "AI", ["NUMBER_RUN"]),
        ("WITHDRAWN", "AI", ["NUMBER_RUN"]),
        ("OPEN", "MANUAL", ["STORE_UNKNOWN", "NUMBER_RUN"]),
    ]
    assert case.lead.route == codes.MANUAL


@pytest.mark.parametrize("fact", [facts.NUMBER_RUN, facts.SUSPECT])
def test_beside_a_dispatched_lead_a_task_holds_nothing(fact: int) -> None:
    """Rulings 40, 59 and 62: neither status nor route changes."""
    case = case_of(status=codes.S_DISPATCHED)
    assert arises(case, fact)
    assert tasks_of(case) == [("OPEN", "AI", facts.codes(fact))]
    assert (case.lead.status, case.lead.route, case.lead.conditions) == (codes.S_DISPATCHED, codes.NONE, 0)
    assert case.lead.cleaning is not None and not case.lead.cleaning.holds


def test_a_store_that_the_registry_lost_asks_nothing_of_a_dispatched_lead() -> None:
    assert not arises(case_of(status=codes.S_DISPATCHED), facts.STORE_UNKNOWN)


@pytest.mark.parametrize(("clean", "asks"), [(True, False), (False, True)])
def test_a_clean_lead_is_not_asked_about_again(clean: bool, asks: bool) -> None:
    """Ruling 58: NUMBER_RUN and SUSPECT not after HIGH, NORMAL, INTENT or STORE_CHOSEN of this opening; STORE_UNKNOWN is."""
    case = case_of()
    arises(case, facts.NUMBER_RUN)
    end_task(case, codes.T_DONE, by="MANUAL", outcome="HIGH")
    assert case.lead.cleaning is not None
    case.lead.cleaning.clean = clean
    assert arises(case, facts.SUSPECT) is asks
    assert arises(case, facts.STORE_UNKNOWN)


def _off(case: Case) -> None:
    case.desk.rules = replace(case.desk.rules, cleaning=replace(case.desk.rules.cleaning, enabled=False))


@pytest.mark.parametrize("change", [_off, lambda case: statuses.become(case.lead, codes.S_LOST)], ids=["off", "closed"])
def test_where_nothing_is_cleaned_nothing_arises(change: Callable[[Case], None]) -> None:
    case = case_of()
    change(case)
    assert not arises(case, facts.NUMBER_RUN)
    assert tasks_of(case) == []


def test_nor_in_the_shadow_realm() -> None:
    case = case_of(shadow=True)
    assert not arises(case, facts.NUMBER_RUN)
