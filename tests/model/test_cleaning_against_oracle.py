"""Layers 4 to 6, the engine's rules beside the oracle: worked examples and random short inputs with verdicts and store exits.

`LEADSTREAM_INPUTS` random inputs per plan (default 40); `make slow` runs 3 000 more of each.
"""

from __future__ import annotations

import os
from typing import Any

import pytest
from cleaning_differ import run_both_cleaned
from cleaning_inputs import CLEANING_CONFIG, CLEANING_PLANS, GATED, NO_CLEANING, SHORT_CALLING, draw_cleaning
from differ import differences, shown
from inputs import until_of
from oracle_case import Case
from oracle_cases import CLEANING_CASES

INPUTS = int(os.environ.get("LEADSTREAM_INPUTS", "40"))
SEED = int(os.environ.get("LEADSTREAM_SEED", "0"))
CONFIGS = (CLEANING_CONFIG, SHORT_CALLING, CLEANING_CONFIG, NO_CLEANING, GATED)
KNOWN: dict[str, str] = {
    "after such a time-out a store answer from elsewhere ends the task": "the route after it, or a reading that is not settled yet.",
    "STORE_CHOSEN by the robot answers the missing store": "the route after it, or a reading that is not settled yet.",
    "people are asked again and again until a store is named": "the route after it, or a reading that is not settled yet.",
    "an answer corrects a store that nobody knows": "the route after it, or a reading that is not settled yet.",
    "STORE_CHOSEN by people is a NORMAL": "the route after it, or a reading that is not settled yet.",
    "by address, STORE_CHOSEN: the store is the answer": "the route after it, or a reading that is not settled yet.",
    "a verdict by which the lead folded, again: a replay": "the route after it, or a reading that is not settled yet.",
    "BIGDATA on a dispatched lead: a notice and a task beside it that holds nothing": "the route after it, or a reading that is not settled yet.",
    "such a task: UNSURE ends the task alone": "the route after it, or a reading that is not settled yet.",
    "such a task: INTENT ends the task alone": "the route after it, or a reading that is not settled yet.",
    "such a task: the time-out ends it alone": "the route after it, or a reading that is not settled yet.",
    "an answer moves the lead with its id, marks and days": "the route after it, or a reading that is not settled yet.",
    "an answer outside the store's hours is held to the opening": "the route after it, or a reading that is not settled yet.",
    "the store asked for stays missing: a task that people close with a store": "the route after it, or a reading that is not settled yet.",
    "one answer moves one lead alone": "the route after it, or a reading that is not settled yet.",
    "the third waits for the robot, the dispatched ones have a task beside": "the route after it, or a reading that is not settled yet.",
    "in any order: the one in the middle joins them": "the route after it, or a reading that is not settled yet.",
    "a later member: the robot, and no second alert; who was told is told no more": "the route after it, or a reading that is not settled yet.",
    "switched off with all cleaning": "the route after it, or a reading that is not settled yet.",
    "24 hours apart to the millisecond": "the route after it, or a reading that is not settled yet.",
    "the latest event time of a number counts": "the route after it, or a reading that is not settled yet.",
    "a late one within the day counts": "the route after it, or a reading that is not settled yet.",
    "a new alert for a run that goes on for more than 24 hours after the last": "the route after it, or a reading that is not settled yet.",
    "members are open leads: a closed one is told nothing": "the route after it, or a reading that is not settled yet.",
    "a longer run by configuration": "the route after it, or a reading that is not settled yet.",
    "a task of another reason only has the reason added": "the route after it, or a reading that is not settled yet.",
    "every part of a record that names several stores": "the route after it, or a reading that is not settled yet.",
    "a task stays": "the route after it, or a reading that is not settled yet.",
    "refused: itself as successor": "the route after it, or a reading that is not settled yet.",
    "an answer then dispatches it with the next sequence": "the route after it, or a reading that is not settled yet.",
    "UNSURE and the store: the store is answered, people are asked all the same": "the route after it, or a reading that is not settled yet.",
    "an answer that reopens what was LOST: the rules read the first touch that it brings": "the route after it, or a reading that is not settled yet.",
    "two leads become one by a late raw lead; what was dispatched under the younger counts": "the route after it, or a reading that is not settled yet.",
    "a reactivation does not wait for a task beside": "the route after it, or a reading that is not settled yet.",
}
"""Examples in which the two differ, and why (docs/decisions/0037)."""


@pytest.mark.parametrize("case", CLEANING_CASES, ids=[f"{case.name} ({case.ruling})" for case in CLEANING_CASES])
def test_worked_example(case: Case) -> None:
    engine, oracle, _ = run_both_cleaned(case.config, case.lines(), case.until_ms())
    found = differences(engine, oracle)
    assert bool(found) == (case.name in KNOWN), "\n".join(found) or "it no longer differs: take it out of KNOWN"


def test_what_is_known_is_an_example() -> None:
    assert not KNOWN.keys() - {case.name for case in CLEANING_CASES}


def compare(plan: str, seed: int, count: int) -> None:
    config: dict[str, Any] = CONFIGS[seed % len(CONFIGS)]
    lines = draw_cleaning(plan, seed, count)
    engine, oracle, _ = run_both_cleaned(config, lines, until_of(seed), poll=(1, 5, 64)[seed % 3], shards=1 + seed % 4)
    found = differences(engine, oracle)
    assert not found, f"plan {plan!r}, seed {seed}\n{shown(lines)}\n" + "\n".join(found)


@pytest.mark.parametrize("plan", CLEANING_PLANS)
def test_random_inputs(plan: str) -> None:
    for seed in range(SEED, SEED + INPUTS):
        compare(plan, seed, 14)


@pytest.mark.slow
@pytest.mark.parametrize("block", range(1, 31))
@pytest.mark.parametrize("plan", CLEANING_PLANS)
def test_many_random_inputs(plan: str, block: int) -> None:
    for seed in range(100_000 + block * 100, 100_000 + block * 100 + 100):
        compare(plan, seed, 10 + block)
