"""What comes in, the engine beside the oracle (rulings 76 to 82): worked examples and dirty records.

`LEADSTREAM_DIRTY` seeds (default 20); `make slow` runs 400 more.
"""

from __future__ import annotations

import os

import pytest
from dirty import Dirty
from incoming import incoming_differences
from oracle_case import Case
from oracle_cases import INCOMING_CASES
from oracle_reading import Line

SEEDS = int(os.environ.get("LEADSTREAM_DIRTY", "20"))
SEED = int(os.environ.get("LEADSTREAM_SEED", "0"))
CONFIG = {
    "channels": {"a": {"consent": True}, "b": {"consent": True, "time": {"zone": "Asia/Shanghai"}}},
    "source": {"today": "2026-06-01"},
}


@pytest.mark.parametrize("case", INCOMING_CASES, ids=[f"{case.name} ({case.ruling})" for case in INCOMING_CASES])
def test_worked_example(case: Case) -> None:
    assert not incoming_differences(case.config, case.lines(), case.until_ms())


def compare(seed: int, count: int) -> None:
    lines = Dirty(seed).lines(count)
    found = incoming_differences(CONFIG, lines, poll=(1, 7, 64)[seed % 3], shards=1 + seed % 4)
    assert not found, f"seed {seed}\n" + "\n".join(found[:20])


@pytest.mark.parametrize("seed", range(SEED, SEED + SEEDS))
def test_dirty_records(seed: int) -> None:
    compare(seed, 300)


@pytest.mark.parametrize("seed", range(SEED + 500, SEED + 500 + SEEDS // 4))
def test_dirty_records_of_two_feeds(seed: int) -> None:
    """What stands in one feed changes nothing for the other (ruling 76)."""
    lines = [
        Line(f"raw_leads-{n % 2}", n // 2 + 1, line.kind, line.raw) for n, line in enumerate(Dirty(seed).lines(300))
    ]
    found = incoming_differences(CONFIG, lines, poll=(1, 7, 64)[seed % 3], shards=1 + seed % 4)
    assert not found, f"seed {seed}\n" + "\n".join(found[:20])


@pytest.mark.slow
@pytest.mark.parametrize("block", range(20))
def test_many_dirty_records(block: int) -> None:
    for seed in range(1000 + 20 * block, 1020 + 20 * block):
        compare(seed, 400)
