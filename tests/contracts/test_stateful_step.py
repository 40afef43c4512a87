"""The stateful step: what is built when, in which order it gets items, when it is asked for a snapshot, how it ends."""

from collections import Counter, defaultdict
from pathlib import Path

import pytest

from tests.contracts.contract_flow import Plan
from tests.contracts.contract_runs import SHAPES, Run, run

pytestmark = pytest.mark.sampled


def keys_of(done: Run) -> dict[tuple[int, str], set[str]]:
    """The keys of each logic's items."""
    keys: dict[tuple[int, str], set[str]] = defaultdict(set)
    for row in done.of("on_batch"):
        keys[row.caller] |= {item[3] for item in row.detail}
    return keys


@pytest.mark.parametrize("shape", SHAPES)
def test_a_logic_is_built_at_the_first_item_of_its_key_and_without_one_never(shape: str, tmp_path: Path) -> None:
    """So a shard that gets no tick is never opened. The builder gets None, and not the key."""
    early, late = ["k1", "k2", "k3"], ["k4"]
    plan = Plan(sources=[{"a": [early, [], early, late]}, {"b": [early, [], [], early]}])
    done = run(plan, shape, tmp_path)

    built = done.of("built")
    assert all(row.detail == {"args": [None], "kwargs": []} for row in built)
    assert sorted(key for keys in keys_of(done).values() for key in keys) == sorted(early + late)
    assert len(built) == 4
    rows = done.rows
    for row in built:
        mine = [other.what for other in rows if other.caller == row.caller]
        assert mine[:2] == ["built", "on_batch"]
    first_late = next(n for n, row in enumerate(rows) if row.what == "next_batch" and "k4" in str(row.detail))
    assert [row.what for row in rows[:first_late]].count("built") == 3


@pytest.mark.parametrize("shape", SHAPES)
def test_items_of_a_source_partition_reach_a_key_in_order(shape: str, tmp_path: Path) -> None:
    """Each once, on one logic per key, however large the batches."""
    sizes = [1, 50, 0, 3000, 7]
    plan = Plan(
        sources=[{"a": [["k1", "k2"] * size for size in sizes], "b": [["k2", "k1"] * size for size in sizes]}],
        epoch_ms=5,
    )
    done = run(plan, shape, tmp_path)
    serials = defaultdict(list)
    for row in done.of("on_batch"):
        for part, _, serial, key in row.detail:
            serials[row.caller, key, part].append(serial)
    assert len(serials) == 4
    for got in serials.values():
        assert got == sorted(set(got))
        assert len(got) == sum(sizes)


@pytest.mark.parametrize("shape", SHAPES)
def test_a_batch_of_one_key_arrives_as_one_list(shape: str, tmp_path: Path) -> None:
    """One `on_batch`, one write batch of ours, for the items of a `next_batch`."""
    done = run(Plan(sources=[{"a": [["k1"] * 50, ["k1", "k2"] * 50]}]), shape, tmp_path)
    assert sorted(len(row.detail) for row in done.of("on_batch")) == [50, 50, 50]
    assert sorted(len(row.detail) for row in done.of("write_batch")) in ([50, 50, 50], [50, 100])


def test_one_list_holds_what_all_partitions_sent_in_one_activation(tmp_path: Path) -> None:
    """A batch is not of one partition only: the fence has to go by item."""
    done = run(Plan(sources=[{"a": [["k"], ["k"]], "b": [["k"], ["k"]]}], epoch_ms=1000), "one", tmp_path)
    assert [[item[0] for item in row.detail] for row in done.of("on_batch")] == [["a", "b"], ["a", "b"]]


@pytest.mark.parametrize("shape", SHAPES)
def test_snapshot_is_called_for_logics_that_were_awoken_in_the_epoch_and_for_no_other(
    shape: str, tmp_path: Path
) -> None:
    """With recovery off too; once per epoch, after all items of the epoch; at the end once more after `on_eof`."""
    plan = Plan(sources=[{"a": [["often", "rare"], ["often"], [], ["often"], ["often", "rare"], ["often"]]}])
    done = run(plan, shape, tmp_path)
    keys = keys_of(done)
    epochs: dict[str, list[list[int]]] = defaultdict(list)
    waiting: dict[str, list[int]] = defaultdict(list)
    ended = Counter[str]()
    for row in done.of("on_batch", "on_eof", "state_snapshot"):
        (key,) = keys[row.caller]
        if row.what == "on_batch":
            waiting[key] += [item[1] for item in row.detail]
        elif row.what == "on_eof":
            ended[key] += 1
        elif ended[key]:
            ended[f"{key} snapshot"] += 1
        else:
            epochs[key].append(waiting.pop(key))
    assert epochs == {"often": [[0], [1], [3], [4], [5]], "rare": [[0], [4]]}
    assert ended == {"often": 1, "rare": 1, "often snapshot": 1, "rare snapshot": 1}


@pytest.mark.parametrize("shape", SHAPES)
def test_within_an_epoch_items_pass_first_then_state_then_sink_are_asked_for_a_snapshot(
    shape: str, tmp_path: Path
) -> None:
    """`on_batch` and `write_batch` run at once, not at the epoch's end."""
    done = run(Plan(sources=[{"a": [["k"]] * 300}], epoch_ms=4), shape, tmp_path)
    steps = [row.what for row in done.of("on_batch", "write_batch", "state_snapshot", "sink_snapshot")]
    *epochs, rest = (epoch.split() for epoch in " ".join(steps).split("sink_snapshot"))
    assert rest in ([], ["state_snapshot"])  # The end: `on_eof` awakes the key once more, the sink gets nothing.
    for epoch in epochs:
        batches = epoch[:-1]
        assert epoch == [*batches, "state_snapshot"] or epoch == [*batches[:-1], "state_snapshot", "write_batch"]
        assert batches.count("on_batch") == epoch.count("write_batch")
    assert steps.count("on_batch") == 300
    assert len(epochs) > 1
    assert max(len(epoch) for epoch in epochs) > 3


@pytest.mark.parametrize("shape", SHAPES)
def test_on_eof_comes_once_per_key_after_its_last_item(shape: str, tmp_path: Path) -> None:
    """For every logic built, and what it emits is still written and closed in order."""
    plan = Plan(sources=[{"a": [["k1", "k2"], ["k1"], ["k1"]]}, {"b": [["k3"], ["k1"]]}], eof_emits=True)
    done = run(plan, shape, tmp_path)
    ends = Counter(row.caller for row in done.of("on_eof"))
    assert ends == dict.fromkeys((row.caller for row in done.of("built")), 1)
    kinds: dict[tuple[int, str], list[str]] = defaultdict(list)
    for row in done.of("on_batch", "on_eof", "state_snapshot"):
        kinds[row.caller].append(row.what)
    assert all(calls[-2:] == ["on_eof", "state_snapshot"] for calls in kinds.values())
    sink = [row for row in done.rows if row.who == "out"]
    written = [item for row in sink if row.what == "write_batch" for item in row.detail]
    assert sorted(item[3] for item in written if item[0] == "eof") == ["k1", "k2", "k3"]
    assert [row.what for row in sink[-2:]] == ["sink_snapshot", "sink_close"]
