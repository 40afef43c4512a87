"""The score gate (评分门槛; domain 9, rulings 29 and 43): off, or agreed to by the dealer, never for longer than its hours."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from one_key import DAY_MS, HOUR_MS, RULES, at, empty, raw
from plain_engine import PlainEngine
from short_story import ALWAYS, BASE, PHONE, clock, instant, lead, short

from operators.base.rules import ScoreRules, Store
from operators.config.configuration import from_tables, registry_digest
from operators.dispatch import holds
from operators.intention import merge
from state.rows import customer_row
from state.rows.customer_row import Customer
from state.rows.lead import Lead

NOON = at(6, 12)
GATED = replace(RULES, score=ScoreRules(gate=40), stores={"S1": Store("S1", gate_consent=True), "S2": Store("S2")})
AGREED = {**ALWAYS, "gate_consent": True}


def judged(
    points: int, now: int = NOON, *, store: str = "S1", gated: int = 0, consent: int = 1, **rules: Any
) -> tuple[list[str], int]:
    customer = Customer("20240101", PHONE, "", False, consent=consent)
    unique = merge.raw_lead(empty(), raw(1, at(6, 10)), RULES)[1]
    found = Lead(1, score=points, gated=gated)
    conditions, until = holds.judge(
        customer, customer_row.section_of("main", store), unique, found, now, replace(GATED, **rules)
    )
    return holds.codes(conditions), until


@pytest.mark.parametrize(
    ("points", "more", "expected"),
    [
        (39, {}, (["SCORE"], NOON + DAY_MS)),
        (40, {}, ([], 0)),  # ends at score >= gate
        (0, {"score": ScoreRules()}, ([], 0)),  # off by default
        (0, {"store": "S2"}, ([], 0)),  # the dealer has not agreed
        (0, {"store": "S2", "stores": None}, ([], 0)),  # without a registry nobody has
        (39, {"gated": NOON + 1}, (["SCORE"], NOON + 1)),  # it began earlier: no longer than its hours
        (39, {"gated": NOON}, ([], 0)),  # exactly at its end it is over
        (39, {"consent": 0}, (["CONSENT", "SCORE"], 0)),  # all in one hold; the end of one is not known
        (39, {"score": ScoreRules(gate=40, gate_hold_ms=2 * HOUR_MS)}, (["SCORE"], NOON + 2 * HOUR_MS)),
        (39, {"now": at(6, 22)}, (["SCORE"], at(7, 22))),  # HOURS stands only where nothing else does (ruling 29)
        (40, {"now": at(6, 22)}, (["HOURS"], at(7, 9))),
        (39, {"now": at(6, 22), "gated": at(6, 22)}, (["HOURS"], at(7, 9))),  # over, and the store is closed
    ],
)
def test_what_the_gate_holds(points: int, more: dict[str, Any], expected: tuple[list[str], int]) -> None:
    assert judged(points, **more) == expected


# --- through the engine


def run(*records: dict[str, Any], until: str | None = None, **tables: Any) -> PlainEngine:
    engine = PlainEngine({**BASE, "stores": {"S": AGREED, "Z": ALWAYS}, "score": {"gate": 20}, **tables})
    lines = [(number, json.dumps(record).encode()) for number, record in enumerate(records, 1)]
    end = None if until is None else int(datetime.fromisoformat(instant(until)).astimezone(UTC).timestamp() * 1000)
    engine.run({"raw_leads.jsonl": ("raw_lead", lines)}, end)
    return engine


def holds_of(engine: PlainEngine) -> list[tuple[str, str, str | None]]:
    return [
        (short(h["at"]), " ".join(h["conditions"]), h["until"] and short(h["until"])) for h in engine.outputs["holds"]
    ]


def sent(engine: PlainEngine) -> list[tuple[str, str, str]]:
    return [(d["store"], short(d["at"]), d["why"]["rule"]) for d in engine.outputs["dispatches"]]


@pytest.mark.parametrize(
    ("until", "dispatched"),
    [
        ("2 09:59:59.999", []),
        ("2 10:00", [("S", "2 10:00", "score_gate")]),
        ("3 10:00", [("S", "2 10:00", "score_gate")]),
    ],
)
def test_it_lets_go_after_its_hours_by_a_timer(until: str, dispatched: list[tuple[str, str, str]]) -> None:
    engine = run(lead("1", "1 10:00"), until=until)
    assert holds_of(engine) == [("1 10:00", "SCORE", "2 10:00")]
    assert sent(engine) == dispatched


def test_a_touch_that_reaches_the_gate_ends_it_at_once() -> None:
    """10 points; with series, model, budget and level HIGH 10 + 20 more."""
    intent = {"level": "HIGH", "budget": 30}
    engine = run(lead("1", "1 10:00"), lead("2", "1 15:00", series="A6L", model="45", intent=intent))
    assert holds_of(engine) == [("1 10:00", "SCORE", "2 10:00")]
    assert [(store, at) for store, at, _ in sent(engine)] == [("S", "1 15:00")]


def test_a_behaviour_ends_it_too() -> None:
    """10 points and 3 x log2(1 + 15) of a chat."""
    chat = {"type": "behaviour", "kind": "CHAT", "count": 15, "phone": PHONE, "event_time": instant("1 10:00")}
    engine = run(lead("1", "1 10:00"), chat)
    assert sent(engine) == [("S", "1 10:00", "behaviour")]
    assert engine.outputs["unique_leads"][-1]["score"] == 22


def test_a_further_touch_below_the_gate_does_not_begin_it_anew() -> None:
    engine = run(lead("1", "1 23:00"), lead("2", "2 01:00", channel="b"), until="3 00:00", score={"gate": 90})
    assert holds_of(engine)[0] == ("1 23:00", "SCORE", "2 23:00")
    assert [at for _, at, _ in sent(engine)] == ["2 23:00"]


def test_beside_another_condition_it_ends_by_its_timer_and_is_seen_to() -> None:
    """Ruling 29: one more record when the set of conditions changes."""
    engine = run(lead("1", "1 10:00", channel="n"), until="3 10:00")
    assert holds_of(engine) == [("1 10:00", "CONSENT SCORE", None), ("2 10:00", "CONSENT", None)]
    assert sent(engine) == []


def test_at_a_closed_store_it_then_waits_for_the_opening() -> None:
    store = {"gate_consent": True}
    engine = run(lead("1", "1 17:00"), until="4 10:00", stores={"S": store}, score={"gate": 20, "gate_hold_hours": 3})
    assert holds_of(engine) == [("1 17:00", "SCORE", "1 20:00"), ("1 20:00", "HOURS", "2 09:00")]
    assert [at for _, at, _ in sent(engine)] == ["2 09:00"]


def test_a_lead_that_reopens_passes_it_afresh() -> None:
    """Ruling 27."""
    lost = {
        "type": "activity",
        "activity_id": "l",
        "kind": "LOST",
        "phone": PHONE,
        "store": "S",
        "event_time": instant("3 10:00"),
    }
    engine = run(lead("1", "1 10:00"), lost, lead("2", "20 10:00"), until="25 10:00", score={"gate": 90})
    assert holds_of(engine) == [("1 10:00", "SCORE", "2 10:00"), ("20 10:00", "SCORE", "21 10:00")]
    assert [at for _, at, _ in sent(engine)] == ["2 10:00", "21 10:00"]


def test_one_that_closes_meanwhile_is_not_sent_by_the_timer() -> None:
    lost = {
        "type": "activity",
        "activity_id": "l",
        "kind": "LOST",
        "phone": PHONE,
        "store": "S",
        "event_time": instant("1 12:00"),
    }
    engine = run(lead("1", "1 10:00"), lost, until="5 10:00")
    assert sent(engine) == []


def test_in_the_shadow_realm_it_is_shown_and_sends_nothing() -> None:
    engine = run(lead("1", "1 10:00", channel="t", consent=True), until="5 10:00")
    assert holds_of(engine) == [("1 10:00", "SCORE", "2 10:00"), ("2 10:00", "SHADOW", None)]
    assert sent(engine) == []


def test_a_stored_end_stays_whatever_the_configuration_says_later() -> None:
    """Ruling 33; switched off, it holds nobody longer than he was told."""
    for later in ({"gate": 20, "gate_hold_hours": 100}, {"gate": 0}):
        engine = run(lead("1", "1 10:00"))
        other = PlainEngine({**BASE, "stores": {"S": AGREED}, "score": later})
        other.database, other.clock, other.outputs = engine.database, engine.clock, engine.outputs
        other.run({"more.jsonl": ("raw_lead", [(11, json.dumps(clock("5 10:00")).encode())])})
        assert "2 10:00" in [at for _, at, _ in sent(other)]


def test_a_configuration_that_holds_nobody_says_so() -> None:
    said = from_tables({"score": {"gate": 20}, "stores": {"S": ALWAYS}}, environ={}).notes
    assert said == ["score.gate is 20, but no store of [stores] has gate_consent = true, so it holds no lead."]
    assert not from_tables({"score": {"gate": 20}, "stores": {"S": AGREED}}, environ={}).notes


def test_a_dealers_consent_judges_waiting_leads_again() -> None:
    """It stands in the registry (ruling 14); without it the digest is that of older versions."""
    digests = [registry_digest(from_tables({"stores": {"S": store}}, environ={}).rules) for store in (ALWAYS, AGREED)]
    assert digests[0] != digests[1]


def test_one_that_closed_while_it_was_held_is_held_afresh_when_it_reopens() -> None:
    """Ruling 27: its first hold's end has passed, and says nothing of the second."""
    lost = {"type": "activity", "activity_id": "l", "kind": "LOST", "phone": PHONE, "store": "S"}
    records = lead("1", "1 10:00"), {**lost, "event_time": instant("1 12:00")}, lead("2", "20 10:00")
    engine = run(*records, until="25 10:00")
    assert holds_of(engine) == [("1 10:00", "SCORE", "2 10:00"), ("20 10:00", "SCORE", "21 10:00")]
    assert [at for _, at, _ in sent(engine)] == ["21 10:00"]
