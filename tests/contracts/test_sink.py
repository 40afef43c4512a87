"""`FixedPartitionedSink`: routing, batches, when parts are built, asked for a snapshot and closed."""

from collections import defaultdict
from pathlib import Path

import pytest

from tests.contracts.contract_flow import Plan
from tests.contracts.contract_runs import SHAPES, Run, run

pytestmark = pytest.mark.sampled

KEYS = [f"k{n}" for n in range(7)]


def calls(done: Run, part: str) -> list[str]:
    """What was called on a sink part, in order."""
    return [row.what for row in done.rows if row.who == part and row.what.startswith(("sink_", "write_"))]


@pytest.mark.parametrize("shape", SHAPES)
def test_part_fn_is_an_index_into_the_sorted_parts_and_wraps(shape: str, tmp_path: Path) -> None:
    """Sorted as strings, whatever the order of `list_parts`: numbers in names of parts need leading zeros."""
    plan = Plan(
        sources=[{"a": [KEYS, KEYS], "b": [KEYS]}],
        sink_parts=["z", "b", "a9", "m", "a10"],
        part_index={key: n for n, key in enumerate(KEYS)},
    )
    done = run(plan, shape, tmp_path)
    keys: dict[str, set[str]] = defaultdict(set)
    for row in done.of("write_batch"):
        keys[row.who] |= {item[3] for item in row.detail}
    assert keys == {"a10": {"k0", "k5"}, "a9": {"k1", "k6"}, "b": {"k2"}, "m": {"k3"}, "z": {"k4"}}


@pytest.mark.parametrize("shape", SHAPES)
def test_every_item_is_written_once_and_each_part_lives_in_one_place(shape: str, tmp_path: Path) -> None:
    """`write_batch` gets values, not pairs; a key's items reach its part in order."""
    plan = Plan(
        sources=[{"a": [KEYS * 3] * 20, "b": [KEYS * 2] * 20}],
        sink_parts=["out0", "out1"],
        part_index={key: n for n, key in enumerate(KEYS)},
        epoch_ms=2,
    )
    done = run(plan, shape, tmp_path)
    places = defaultdict(set)
    serials = defaultdict(list)
    for row in done.of("write_batch"):
        places[row.who].add(row.process)
        for part, _, serial, key in row.detail:
            serials[key, part].append(serial)
    assert [len(places[part]) for part in ("out0", "out1")] == [1, 1]
    assert len(done.of("sink_built")) == 2
    assert sum(map(len, serials.values())) == 20 * 7 * (3 + 2)
    assert all(got == sorted(set(got)) for got in serials.values())


@pytest.mark.parametrize("shape", SHAPES)
def test_snapshot_is_called_for_parts_written_in_the_epoch_and_a_part_never_written_is_never_built(
    shape: str, tmp_path: Path
) -> None:
    """So what has to happen at each epoch's end needs an item in each epoch that reaches the part."""
    plan = Plan(
        sources=[{"a": [["k0", "k1"], ["k0"], [], ["k0"]]}],
        sink_parts=["often", "rare", "unused"],
        part_index={"k0": 0, "k1": 1},
    )
    done = run(plan, shape, tmp_path)
    assert calls(done, "often") == ["sink_built", *["write_batch", "sink_snapshot"] * 3, "sink_close"]
    assert calls(done, "rare") == ["sink_built", "write_batch", "sink_snapshot", "sink_close"]
    assert calls(done, "unused") == []


@pytest.mark.parametrize("shape", SHAPES)
def test_at_the_end_parts_are_closed_after_the_last_snapshots(shape: str, tmp_path: Path) -> None:
    """The source partition before them all: at its `close()` its own last epoch is not sealed yet."""
    done = run(Plan(sources=[{"a": [["k"]]}], epoch_ms=60_000), shape, tmp_path)
    order = [row.what for row in done.rows if row.what not in ("source_parts", "source_built", "built", "sink_built")]
    steps = ["on_batch", "write_batch", "state_snapshot", "sink_snapshot", "sink_close"]
    assert [what for what in order if what in steps] == steps
    assert order.index("source_snapshot") == order.index("end") + 1
    assert order.index("source_close") < order.index("state_snapshot")


@pytest.mark.parametrize("where", ["on_batch", "next_batch", "write_batch"])
def test_close_is_called_after_an_exception_on_all_workers(where: str, tmp_path: Path) -> None:
    """In the other process too (`test_faults.py` has one worker and two threads)."""
    plan = Plan(
        sources=[{name: [["k0"], ["k1"], ["k0"], ["k1"]] for name in "abcd"}],
        sink_parts=["out0", "out1"],
        part_index={key: n for n, key in enumerate(KEYS)},
        fails_in=[where],
    )
    done = run(plan, "processes", tmp_path)
    for kind in ("source", "sink"):
        built = sorted((row.process, row.who) for row in done.of(f"{kind}_built"))
        assert sorted((row.process, row.who) for row in done.of(f"{kind}_close")) == built
        assert built


def test_a_close_that_raises_surfaces_when_nothing_else_did(tmp_path: Path) -> None:
    done = run(Plan(sources=[{"a": [["k"]]}], fails_in=["sink_close"]), "one", tmp_path)
    assert done.ends == ["raised bytewax.errors.BytewaxRuntimeError builtins.ValueError"]


@pytest.mark.parametrize("entry", ["run_main", "cluster_main"])
@pytest.mark.parametrize("where", [["on_batch", "sink_close"], ["sink_close"]])
def test_a_close_that_raises_while_something_else_did_aborts_the_process(
    where: list[str], entry: str, tmp_path: Path
) -> None:
    """Also two parts whose `close()` raises: code 134 to a shell, no Python code runs any more. Ours never raises."""
    plan = Plan(
        sources=[{"a": [["k0", "k1"], ["k0", "k1"]]}],
        entry=entry,
        sink_parts=["out0", "out1"],
        part_index={"k0": 0, "k1": 1},
        fails_in=where,
    )
    done = run(plan, "one", tmp_path)
    assert done.codes == [-6]
    assert done.ends == []


def test_a_close_of_a_source_that_raises_is_not_heard_of(tmp_path: Path) -> None:
    done = run(Plan(sources=[{"a": [["k"]]}], fails_in=["source_close"]), "one", tmp_path)
    assert done.ends == ["returned"]
