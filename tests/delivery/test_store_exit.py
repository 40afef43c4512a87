"""Store exits beside crashes, stops, other batches and the wall's clock (rulings 31 and 66; docs/architecture.md,
"What must hold", 1, 2 and 7)."""

import pytest
from crashes import Steps, crashed, watched
from delivery import ALWAYS, Case, assert_same, at, decided, instant, lead, memory_reader

from state import limits

UNTIL = at(5, 12)


def command(kind, command_id, event_ms, **fields):
    return {"type": "command", "kind": kind, "command_id": command_id, "event_time": instant(event_ms), **fields}


def exit_input():
    """A store with a release rate leaves in the night, with leads that wait, are dispatched, owned, in the pool, or meet one
    at the successor; a second one leaves without a successor, and gets it later."""
    people = [f"1391234{n}00{n}" for n in range(8)]
    day = [lead(f"d{n}", people[n], at(1, 9, n), "P1" if n % 2 else "R3") for n in range(4)]
    night = [lead(f"n{n}", people[n], at(1, 20, n), "R3") for n in range(4, 7)]
    return [
        *day,
        command("ASSIGN", "c1", at(1, 10), phone=people[0], store="R3", advisor="Wang"),
        command("ASSIGN", "c2", at(1, 10, 1), phone=people[2], store="R3", advisor="Wang"),
        command("RECYCLE", "c3", at(1, 11), phone=people[2], store="R3"),
        lead("t0", people[1], at(1, 12), "R3"),
        lead("t1", people[4], at(1, 12), "R2"),
        *night,
        command("STORE_EXIT", "x1", at(1, 21), store="R3", successor="R2"),
        lead("l0", people[7], at(1, 20, 30), "R3"),
        command("STORE_EXIT", "x2", at(2, 9, 30), store="P1"),
        lead("l1", people[0], at(2, 11), "R3"),
        lead("l2", people[3], at(2, 12), "P1"),
        command("STORE_EXIT", "x3", at(2, 13), store="P1", successor="A1"),
        command("STORE_EXIT", "x1", at(2, 14), store="R3", successor="R2"),
        lead("l3", people[5], at(3, 10), "P1"),
    ]  # fmt: skip


@pytest.fixture(scope="module")
def straight(module_folder):
    case = Case(module_folder / "state", shards=2)
    steps = Steps(case.folder, case.sink, module_folder / "images")
    with pytest.MonkeyPatch.context() as patch, watched(steps, patch):
        case.run(memory_reader(exit_input(), poll_limit=3), until=UNTIL, epoch=ALWAYS)
    return steps.taken, case.sink, decided(case.folder)


def test_the_input_has_everything_in_play(straight):
    sink = straight[1]
    assert {r["store"] for r in sink.records("dispatches")} == {"P1", "R3", "R2", "A1"}
    assert [r["command_id"] for r in sink.records("replays")] == ["x1"]
    assert sink.records("rejects") == []
    rules = [r["why"]["rule"] for r in sink.records("unique_leads")]
    assert rules.count("store_exit") >= 8
    assert "FOLDED" in {r["reason"] for r in sink.records("closings")}
    assert any("STORE_UNKNOWN" in r["conditions"] for r in sink.records("holds"))


@pytest.mark.sampled
@pytest.mark.parametrize("powerless", [False, True], ids=["killed", "powerless"])
def test_every_fourth_crash_point(straight, tmp_path, powerless):
    taken, sink, rows = straight
    assert len(taken) > 40
    for image in taken[powerless::4]:
        with crashed(image, tmp_path, powerless=powerless) as (folder, left):
            case = Case(folder, shards=2)
            case.sink = left
            case.run(memory_reader(exit_input(), poll_limit=3), until=UNTIL)
            assert_same(case.sink.streams, sink.streams)
            assert decided(folder) == rows


@pytest.mark.parametrize(("shards", "poll"), [(1, 0), (4, 1), (16, 5)])
def test_other_shards_and_batches(straight, tmp_path, shards, poll):
    case = Case(tmp_path, shards=shards)
    case.run(memory_reader(exit_input(), poll_limit=poll), until=UNTIL)
    assert_same(case.sink.streams, straight[1].streams)


@pytest.mark.parametrize("customers", [1, 3])
def test_smaller_slices(straight, tmp_path, monkeypatch, customers):
    monkeypatch.setattr(limits, "EXIT_ROWS_PER_SLICE", 2)
    monkeypatch.setattr(limits, "EXIT_CUSTOMERS_PER_SLICE", customers)
    case = Case(tmp_path, shards=2)
    case.run(memory_reader(exit_input()), until=UNTIL)
    assert_same(case.sink.streams, straight[1].streams)
