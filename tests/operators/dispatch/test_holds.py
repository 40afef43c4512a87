"""The conditions of a dispatch (domain 10; rulings 14, 29, 38, 54 and 57)."""

from __future__ import annotations

from dataclasses import replace

import pytest
from one_key import RULES, at, empty, raw

from operators.base.rules import Rules, Store
from operators.dispatch import holds
from operators.intention import merge
from operators.intention.attributes import BIT
from state.rows import customer_row
from state.rows.codes import S_CLEANING, S_HELD, S_PENDING
from state.rows.customer_row import Customer
from state.rows.lead import Lead

STORES = replace(RULES, stores={"S1": Store("S1"), "L2": Store("L2", lines=frozenset({"used"}))})
NOON, NIGHT = at(6, 12), at(6, 22)


def judged(
    store: str,
    now: int,
    *,
    rules: Rules = STORES,
    consent: int = 1,
    facts: int = 0,
    shadow: bool = False,
    lead: Lead | None = None,
) -> tuple[list[str], int]:
    """(conditions, until) of a lead at this store."""
    customer = Customer("20240101", "13812345678", "", shadow, consent=consent)
    fold = empty()
    unique = merge.raw_lead(fold, raw(1, at(6, 10), facts=facts), rules)[1]
    section = customer_row.section_of("main", store)
    conditions, until = holds.judge(customer, section, unique, lead or Lead(1), now, rules)
    return holds.codes(conditions), until


def test_nothing_missing_is_a_dispatch() -> None:
    assert judged("S1", NOON) == ([], 0)


@pytest.mark.parametrize(
    ("store", "code"),
    [("", "STORE_MISSING"), ("X9", "STORE_UNKNOWN"), ("L2", "STORE_UNKNOWN")],  # L2 does not sell the line
)
def test_without_a_known_store_it_waits_without_a_known_end(store: str, code: str) -> None:
    """Ruling 14; 29: until = null where one end is unknown."""
    assert judged(store, NOON) == ([code], 0)


def test_without_a_registry_every_code_is_a_store_with_default_hours() -> None:
    """Ruling 14."""
    assert judged("X9", NOON, rules=RULES) == ([], 0)
    assert judged("X9", NIGHT, rules=RULES) == (["HOURS"], at(7, 9))


def test_the_customer_must_have_consented() -> None:
    assert judged("S1", NOON, consent=0) == (["CONSENT"], 0)


def test_hours_are_judged_last() -> None:
    """Ruling 29: HOURS stands only where no other condition does."""
    assert judged("S1", NIGHT) == (["HOURS"], at(7, 9))
    assert judged("S1", NIGHT, consent=0) == (["CONSENT"], 0)
    assert judged("", NIGHT, consent=0) == (["STORE_MISSING", "CONSENT"], 0)


def test_required_fields() -> None:
    """Ruling 29: none by default; all of them are needed."""
    rules = replace(STORES, required=("name", "series"))
    assert judged("S1", NOON, rules=rules) == (["FIELDS"], 0)
    assert judged("S1", NOON, rules=rules, facts=BIT["name"]) == (["FIELDS"], 0)
    assert judged("S1", NOON, rules=rules, facts=BIT["name"] | BIT["series"]) == ([], 0)
    assert judged("X9", NOON, rules=rules, consent=0)[0] == ["STORE_UNKNOWN", "CONSENT", "FIELDS"]


@pytest.mark.parametrize(
    ("general", "line", "channel", "asked"),
    [
        ((), (), (), ()),
        (("name",), (), (), ("name",)),
        ((), ("city",), (), ("city",)),
        ((), (), ("level",), ("level",)),
        (("name",), ("city",), ("level",), ("name", "city", "level")),
        (("name", "city"), ("city", "name"), ("name",), ("name", "city")),  # a field asked for twice is one
    ],
)
def test_what_a_line_and_a_channel_ask_for_joins_what_all_need(
    general: tuple[str, ...], line: tuple[str, ...], channel: tuple[str, ...], asked: tuple[str, ...]
) -> None:
    """Domain 10: required fields; the union of all leads', the line's and the channel's."""
    rules = replace(STORES, required=general, line_required={"main": line}, channel_required={"a": channel})
    unique = merge.raw_lead(empty(), raw(1, at(6, 10)), rules)[1]
    assert holds.missing_fields(unique, "main", rules) == list(asked)
    every = 0
    for name in asked:
        assert judged("S1", NOON, rules=rules, facts=every)[0] == ["FIELDS"], "all of them are needed"
        every |= BIT[name]
    assert judged("S1", NOON, rules=rules, facts=every) == ([], 0)


def test_other_lines_and_channels_ask_for_nothing_here() -> None:
    """The lead is of line main, its first touch of channel a."""
    rules = replace(STORES, line_required={"used": ("city",)}, channel_required={"first": ("city",)})
    assert judged("S1", NOON, rules=rules) == ([], 0)


def test_the_shadow_realm_waits_where_it_would_have_been_dispatched() -> None:
    """Rulings 8 and 57: SHADOW stands only where nothing else holds."""
    assert judged("S1", NOON, shadow=True) == (["SHADOW"], 0)
    assert judged("S1", NIGHT, shadow=True)[0] == ["HOURS"]
    assert judged("S1", NOON, shadow=True, consent=0)[0] == ["CONSENT"]


@pytest.mark.parametrize("condition", [holds.HOURS, holds.RATE])
def test_who_waits_for_an_opening_or_a_slot_is_released_by_his_timer_alone(condition: int) -> None:
    """Ruling 57: last at its instant; until then he keeps waiting even where the store is open."""
    slot = at(7, 9)
    lead = Lead(1, conditions=condition, until=slot)
    code = holds.codes(condition)
    assert judged("S1", slot - 1, lead=lead) == judged("S1", slot, lead=lead) == (code, slot)
    assert judged("S1", slot + 1, lead=lead) == ([], 0)
    assert judged("S1", slot, lead=lead, consent=0) == (["CONSENT"], 0)


def test_consent_is_the_latest_explicit_word_else_the_default_of_the_latest_channel() -> None:
    """Ruling 38."""

    def of(consent: int, channel: str) -> bool:
        return holds.has_consent(Customer("", "", "", False, consent=consent, newest_channel=channel), RULES)

    assert of(1, "first") and not of(0, "a")
    assert of(-1, "a") and not of(-1, "first"), "channel a consents by default, first does not"
    assert not of(-1, "gone"), "a channel that the configuration no longer names"


def test_codes_come_in_the_order_of_ruling_29() -> None:
    every = "STORE_MISSING STORE_UNKNOWN CLEANING CONSENT FIELDS SCORE HOURS RATE SHADOW"
    assert holds.codes((1 << 9) - 1) == every.split()


def test_pending_means_that_the_store_is_missing() -> None:
    """Ruling 54."""
    assert holds.waiting_status(holds.STORE_MISSING | holds.CONSENT) == S_PENDING
    assert holds.waiting_status(holds.STORE_MISSING | holds.CLEANING) == S_PENDING
    assert holds.waiting_status(holds.STORE_UNKNOWN | holds.CLEANING | holds.CONSENT) == S_CLEANING
    assert holds.waiting_status(holds.STORE_UNKNOWN | holds.CONSENT) == S_HELD
