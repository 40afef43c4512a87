"""Source partitions: who is polled when, and what an epoch is to them."""

from collections import defaultdict
from itertools import pairwise
from pathlib import Path

import pytest

from tests.contracts.contract_flow import Plan
from tests.contracts.contract_runs import SHAPES, run

pytestmark = pytest.mark.sampled


@pytest.mark.parametrize("shape", SHAPES)
def test_next_batch_is_never_called_before_the_time_next_awake_named(shape: str, tmp_path: Path) -> None:
    """And short distances are possible, about 1 ms on an idle machine: the fast source is polled many times between
    two polls of the slow one. (One epoch throughout: at its end the fast one would wait for the slow one.)"""
    plan = Plan(
        sources=[{"fast": [[]]}, {"slow": [[]] * 4}],
        awake_ms={"fast": 1, "slow": 100},
        ends_after={"fast": "slow"},
        epoch_ms=60_000,
    )
    done = run(plan, shape, tmp_path)
    polls = done.of("next_batch", "end")
    assert [row for row in polls if row.detail["early"]] == []
    assert len([row for row in polls if row.who == "fast"]) > 3 * 4


@pytest.mark.parametrize("shape", SHAPES)
def test_a_partition_that_always_has_items_does_not_starve_one_that_has_none(shape: str, tmp_path: Path) -> None:
    """Within a source and between sources; the busy ones end only once the quiet ones have been polled to their end."""
    plan = Plan(
        sources=[{"busy": [["k"] * 30], "quiet": [[]] * 40}, {"other busy": [["k"] * 30], "ticks": [[]] * 40}],
        ends_after={"busy": "quiet", "other busy": "ticks"},
        awake_ms={"ticks": 1},
        epoch_ms=20,
    )
    done = run(plan, shape, tmp_path)
    assert {end.split()[0] for end in done.ends} == {"returned"}
    polls = [row.who for row in done.of("next_batch")]
    assert polls.count("quiet") == polls.count("ticks") == 40


@pytest.mark.parametrize("epoch_ms", [0, 60_000])
def test_partitions_that_always_have_items_are_polled_in_turn(epoch_ms: float, tmp_path: Path) -> None:
    """Strictly, of one source on one worker; so are two sources."""
    plan = Plan(sources=[{"a": [["k"]] * 20, "b": [["k"]] * 20}, {"c": [["k"]] * 20}], epoch_ms=epoch_ms)
    polls = [row.who for row in run(plan, "one", tmp_path).of("next_batch")]
    assert polls == ["a", "b", "c"] * 20


@pytest.mark.parametrize("shape", ["threads", "processes"])
def test_partitions_are_polled_in_turn_wherever_they_are(shape: str, tmp_path: Path) -> None:
    """With an epoch per batch nobody is two polls ahead, over all workers."""
    plan = Plan(sources=[{name: [["k1", "k2"]] * 20 for name in "abcd"}])
    counts = dict.fromkeys("abcd", 0)
    done = run(plan, shape, tmp_path)
    for row in done.of("next_batch"):
        counts[row.who] += 1
        assert max(counts.values()) - min(counts.values()) <= 1
    assert set(counts.values()) == {20}


@pytest.mark.parametrize("shape", SHAPES)
def test_a_partition_is_built_once_on_one_worker(shape: str, tmp_path: Path) -> None:
    """Partitions spread over the workers; `list_parts` is called on every one of them."""
    done = run(Plan(sources=[{name: [["k"]] for name in "abcd"}]), shape, tmp_path)
    built = defaultdict(list)
    for row in done.of("source_built"):
        built[row.process].append(row.who)
        assert row.detail is None
    assert sorted(name for names in built.values() for name in names) == list("abcd")
    assert sorted(map(len, built.values())) == ([2, 2] if shape == "processes" else [4])
    assert len(done.of("source_parts")) == (1 if shape == "one" else 2)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("epoch_ms", [0, 3])
def test_a_source_snapshot_follows_the_last_poll_of_the_epoch_at_once(
    shape: str, epoch_ms: float, tmp_path: Path
) -> None:
    """Items or none, before the epoch is sealed: it is no sign of that, the next epoch's first poll is."""
    done = run(Plan(sources=[{"a": [["k"], []] * 150}], epoch_ms=epoch_ms), shape, tmp_path)
    mine = [row for row in done.rows if row.who == "a" and row.what in ("next_batch", "end", "source_snapshot")]
    for before, after in pairwise(mine):
        passed = before.what == "source_snapshot"
        assert after.detail["epoch"] == before.detail["epoch"] + passed
        assert not (passed and after.what == "source_snapshot")
    assert [row.what for row in mine[-2:]] == ["end", "source_snapshot"]
    if epoch_ms == 0:
        assert len(mine) == 2 * 301
    unsealed = [row.what for row in done.rows if row.what in ("source_snapshot", "sink_snapshot")]
    assert unsealed[0] == "source_snapshot"
