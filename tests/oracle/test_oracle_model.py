"""The reference model on examples worked by hand, and what must hold of any run of it (domain 15)."""

import random
from datetime import timedelta
from typing import Any

import pytest
from oracle_case import BASE, RAW_LEADS, Case, act, instant, lead, readable
from oracle_cases import CASES, INCOMING_CASES
from oracle_model import Oracle, Result

FOLDS = {**BASE, "channels": {**BASE["channels"], "t": {"status": "TESTING", "consent": True}}}
ALL = [*CASES, *INCOMING_CASES]
SHORT = {**FOLDS, "periods": {"merge": 5, "deal_merge": 9, "max_life": 12}, "stores": {"S1": {}, "S2": {}}}


@pytest.mark.parametrize("case", ALL, ids=[f"{case.name} ({case.ruling})" for case in ALL])
def test_worked_example(case: Case) -> None:
    found = readable(Oracle(case.config).run(case.lines(), case.until_ms()))
    assert {name: found[name] for name in case.expect} == case.expect


def test_names_of_examples_are_unique() -> None:
    assert len({case.name for case in ALL}) == len(ALL) >= 100


def holds_together(result: Result) -> None:
    """Invariants 1 to 3, 5: a raw lead in one lead, one first touch a lead, one open lead a key, no shadow sent."""
    first = [ref for ref, raw in result.raws.items() if raw.mark == "FIRST_TOUCH"]
    assert sorted(first) == sorted(u.first_touch for u in result.intentions.values())
    grouped = {ref: lead_id for lead_id, u in result.intentions.items() for ref in u.raws}
    assert grouped == {ref: raw.intention for ref, raw in result.raws.items()}
    keys = [(u.customer, u.shadow, u.store, u.line) for u in result.intentions.values() if u.closed_reason is None]
    assert len(keys) == len(set(keys))
    assert not any(ref[0] for ref, *_ in result.dispatches)


def leads_at(
    rng: random.Random, count: int, steps_h: list[float], **fields: object
) -> list[tuple[float, dict[str, Any]]]:
    """`count` raw leads of one customer: (hours after the start, record)."""
    at, found = 0.0, []
    for number in range(count):
        at += rng.choice(steps_h)
        time = (instant("2024-01-01 00:00") + timedelta(hours=at)).isoformat()
        record = lead(str(number), time, rng.choice([None, "S1", "S2"]), channel=rng.choice("abt"), **fields)[1]
        found.append((at, record))
    return found


@pytest.mark.sampled(8)
@pytest.mark.parametrize("seed", range(40))
def test_order_of_arrival_within_the_lateness_does_not_matter(seed: int) -> None:
    """Invariant 8, for raw leads alone."""
    rng = random.Random(seed)
    made = leads_at(rng, 40, [0, 0, 0.001, 1, 5, 24, 48])
    outcomes = []
    for shuffled in (False, True, True):
        order = sorted(made, key=lambda item: item[0] + (rng.uniform(0, 71) if shuffled else 0))
        case = Case("", "", [(RAW_LEADS, record) for _, record in order], {})
        result = Oracle(SHORT).run(case.lines(), Case("", "", [], {}, until="2024-07-01 10:00").until_ms())
        holds_together(result)
        assert not result.late
        leads = {(u.first_touch, u.raws, u.status, u.closed_reason) for u in result.intentions.values()}
        outcomes.append(({ref: raw.mark for ref, raw in result.raws.items()}, leads, result.counts))
    assert outcomes[0] == outcomes[1] == outcomes[2]


@pytest.mark.sampled(15)
@pytest.mark.parametrize("seed", range(60))
def test_what_must_hold_of_any_run(seed: int) -> None:
    rng = random.Random(seed)
    records: list[tuple[str, dict[str, Any] | bytes]] = []
    for at, record in leads_at(rng, 60, [0, 0.01, 1, 5, 24, 40]):
        records.append((RAW_LEADS, record))
        time = instant("2024-01-01 00:00") + timedelta(hours=at - rng.choice([0, 0, 0.1, 20, 70, 90]))
        text = time.replace(tzinfo=None).isoformat()
        if rng.random() < 0.4:
            kind = rng.choice(["CALL", "LOST", "INVALID", "PAID", "REFUND", "OPT_OUT"])
            records.append(act(f"v{rng.randrange(50)}", kind, text, rng.choice([None, "S1", "S2", "X1"])))
        if rng.random() < 0.4:
            again = rng.choice(records)[1]
            if isinstance(again, dict) and again["type"] == "raw_lead":
                records.append((RAW_LEADS, {**again, "store": rng.choice(["S1", "S2", "X1", "X2"])}))
    case = Case("", "", list(records), {}, until="2024-12-01 10:00" if seed % 2 else None)
    result = Oracle(SHORT).run(case.lines(), case.until_ms())
    holds_together(result)
    for shadow in (False, True):
        accepted = sum(ref[0] == shadow for ref in result.raws) - result.splits[shadow]
        assert accepted <= result.received[shadow]
