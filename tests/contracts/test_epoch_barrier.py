"""Recovery off: nobody reads epoch e + 1 before everybody, everywhere, has sealed epoch e. The seal stands on this."""

from pathlib import Path

import pytest

from tests.contracts.contract_flow import Plan
from tests.contracts.contract_runs import SHAPES, Row, broken_barriers, run, start

pytestmark = pytest.mark.sampled

KEYS = [f"k{n}" for n in range(7)]


def busy_plan(epoch_ms: float) -> Plan:
    """Two sources with two partitions each, one of them slow; every key meets every partition."""
    return Plan(
        sources=[
            {name: [[KEYS[(n + shift) % 7], KEYS[(n * shift) % 7]] for n in range(60)] for shift, name in parts}
            for parts in ([(1, "a"), (2, "b")], [(3, "c"), (5, "slow")])
        ],
        epoch_ms=epoch_ms,
        awake_ms={"slow": 2},
        hops=12,
        sink_parts=["out0", "out1", "out2"],
        part_index={key: n for n, key in enumerate(KEYS)},
    )


@pytest.mark.parametrize("epoch_ms", [0, 3])
@pytest.mark.parametrize("shape", SHAPES)
def test_next_batch_waits_until_all_snapshots_of_the_epoch_before_are_done(
    shape: str, epoch_ms: float, tmp_path: Path
) -> None:
    """Epochs of one batch each, and epochs of several."""
    done = run(busy_plan(epoch_ms), shape, tmp_path)
    assert {end.split()[0] for end in done.ends} == {"returned"}
    polls = done.of("next_batch")
    assert len(polls) == 4 * 60
    assert max(row.detail["epoch"] for row in polls) >= (59 if epoch_ms == 0 else 3)
    assert broken_barriers(done.rows) == []


@pytest.mark.parametrize("shape", SHAPES)
def test_a_source_that_sleeps_holds_up_the_epochs_of_all_others(shape: str, tmp_path: Path) -> None:
    """Nobody passes its epoch before it wakes: no source of ours may ask for a long sleep.

    (Ended, it holds up nobody: the rest of "a" comes after its end.)
    """
    done = run(Plan(sources=[{"a": [["k"]] * 40}, {"sleeper": [[]]}], awake_ms={"sleeper": 100}), shape, tmp_path)
    polls = [row for row in done.of("next_batch") if row.who in ("a", "sleeper")]
    woken = [row.who for row in polls].index("sleeper")
    assert {row.detail["epoch"] for row in polls[:woken]} <= {0}
    assert len(polls) == 41


def test_beside_a_sibling_that_is_awake_the_epochs_of_a_sleeper_go_on(tmp_path: Path) -> None:
    """On the same worker, in the same source: `snapshot()` without a `next_batch` before it."""
    plan = Plan(
        sources=[{"a": [["k"]] * 40, "sleeper": [[]]}], awake_ms={"sleeper": 3_600_000}, ends_after={"a": "nobody"}
    )
    started = start(plan, "one", tmp_path)
    started.wait_for("next_batch", 1000)
    sleeper = {row.what for row in started.rows if row.who == "sleeper"}
    started.kill()
    assert sleeper == {"source_built", "source_snapshot"}


def item(part: str, epoch: int, serial: int) -> list[object]:
    return [part, epoch, serial, "k"]


def poll(part: str, epoch: int, *serials: int) -> Row:
    items = [item(part, epoch, serial) for serial in serials]
    return Row(0, "next_batch", part, {"epoch": epoch, "early": False, "items": items})


@pytest.mark.parametrize(
    ("missing", "complaint"),
    [
        (None, None),
        ("state_snapshot", "state had not sealed [('a', 1)]"),
        ("sink_snapshot", "sink had not sealed [('a', 1)]"),
        ("write_batch", "sink had not sealed [('a', 1)]"),
    ],
)
def test_the_check_notices_what_is_missing(missing: str | None, complaint: str | None) -> None:
    """A barrier check that can never fail would prove nothing."""
    rows = [
        poll("a", 0, 1),
        Row(0, "on_batch", "logic1", [item("a", 0, 1)]),
        Row(1, "write_batch", "out", [item("a", 0, 1)]),
        Row(0, "state_snapshot", "logic1", None),
        Row(1, "sink_snapshot", "out", None),
        poll("b", 1),
    ]
    found = broken_barriers(row for row in rows if row.what != missing)
    assert found == ([] if complaint is None else [f"b began epoch 1, {complaint}"])


def test_the_check_notices_an_item_of_an_epoch_already_left() -> None:
    found = broken_barriers([poll("a", 1), poll("b", 0, 1)])
    assert found == ["b emitted into epoch 0 after epoch 1 had begun"]
