"""The life after dispatch, the engine's rules beside the oracle: worked examples and random short inputs with commands.

Every record is applied when all has come to rest, as ruling 64 has it (`PlainEngine`, `at_rest`).
`LEADSTREAM_INPUTS` random inputs per plan (default 16); `make slow` runs 3 000 more of each.
"""

from __future__ import annotations

import os
from typing import Any

import pytest
from differ import differences, run_both, shown
from inputs import OWNED_CONFIG, OWNED_PLANS, draw, until_of
from oracle_case import Case
from oracle_cases import FOLLOW_UP_CASES

INPUTS = int(os.environ.get("LEADSTREAM_INPUTS", "16"))
SEED = int(os.environ.get("LEADSTREAM_SEED", "0"))


@pytest.mark.parametrize("case", FOLLOW_UP_CASES, ids=[f"{case.name} ({case.ruling})" for case in FOLLOW_UP_CASES])
def test_worked_example(case: Case) -> None:
    engine, oracle, _ = run_both(case.config, case.lines(), case.until_ms(), at_rest=True)
    assert not differences(engine, oracle)


def compare(plan: str, seed: int, count: int, config: dict[str, Any] = OWNED_CONFIG) -> None:
    lines = draw(plan, seed, count)
    engine, oracle, _ = run_both(config, lines, until_of(seed), shards=1 + seed % 4, at_rest=True)
    found = differences(engine, oracle)
    assert not found, f"plan {plan!r}, seed {seed}\n{shown(lines)}\n" + "\n".join(found)


@pytest.mark.parametrize("plan", OWNED_PLANS)
def test_random_inputs(plan: str) -> None:
    for seed in range(SEED, SEED + INPUTS):
        compare(plan, seed, 16)


@pytest.mark.slow
@pytest.mark.parametrize("block", range(1, 31))
@pytest.mark.parametrize("plan", OWNED_PLANS)
def test_many_random_inputs(plan: str, block: int) -> None:
    for seed in range(100_000 + block * 100, 100_000 + block * 100 + 100):
        compare(plan, seed, 10 + block)
