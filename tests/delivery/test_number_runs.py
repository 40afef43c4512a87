"""Number runs beside crashes, stops and other batches: two rows of one batch, and messages that never lie on the disk
(ruling 62; docs/architecture.md, "What must hold", 1, 2 and 7)."""

import pytest
from crashes import Steps, crashed, watched
from delivery import ALWAYS, Case, assert_same, at, configuration, decided, lead, memory_reader, rows_of

from flows.engine import Engine, Options
from flows.run import run
from operators.identity.one_id import FORM_1
from state import keys

UNTIL = at(5, 12)
LOOKED_FOR = configuration(cleaning={})


def run_input():
    """Two runs, one over a night at a store that opens by slots, one member lost, late, enriched and repeated ones."""
    night = [lead(f"n{i}", f"1391234500{i}", at(1, 20, i), "R1", campaign=f"c{i % 2}") for i in range(5)]
    return [
        lead("p0", "13812340998", at(1, 10), consent=False),
        lead("p1", "13812340997", at(1, 11)),
        {"type": "activity", "activity_id": "a1", "kind": "LOST", "event_time": "2025-09-01T04:00:00Z",
         "phone": "13812340997", "store": "P1"},
        *night,
        night[2],
        lead("p2", "13812340999", at(1, 9), "A1"),  # late, and it completes the run
        lead("p3", "13812340000", at(1, 21), "A1"),
        lead("n2", "13912345002", at(1, 20, 2), "R1", stores=["P1"]),  # one more store: a part that joins
        lead("n5", "13912345005", at(2, 20, 2, 1), "P1"),  # by now with 003, 004, and 002 by its part
        lead("n6", "13912345006", at(4, 8), "P1"),
    ]  # fmt: skip


@pytest.fixture(scope="module")
def straight(module_folder):
    """(images before each step, outputs, rows) of a run that seals at each poll."""
    case = Case(module_folder / "state", shards=2, settings=LOOKED_FOR)
    steps = Steps(case.folder, case.sink, module_folder / "images")
    with pytest.MonkeyPatch.context() as patch, watched(steps, patch):
        case.run(memory_reader(run_input(), poll_limit=3), until=UNTIL, epoch=ALWAYS)
    return steps.taken, case.sink, decided(case.folder)


def test_the_input_has_two_runs(straight):
    _, sink, rows = straight
    alerts = sink.records("fraud_alerts")
    assert [(one["kind"], one["members"]) for one in alerts] == [
        ("NUMBER_RUN", ["139****5000", "139****5001", "139****5002"]),
        ("NUMBER_RUN", ["138****0997", "138****0998", "138****0999"]),
        ("NUMBER_RUN", ["139****5002", "139****5003", "139****5004", "139****5005"]),
    ]
    assert rows[keys.CAMPAIGNS], "its tasks are counted by campaign"
    assert rows[keys.RUN] == {}, "a day after the last number and the last alert nothing is kept"


@pytest.mark.sampled
@pytest.mark.parametrize("powerless", [False, True], ids=["killed", "powerless"])
def test_every_third_crash_point(straight, tmp_path, powerless):
    taken, sink, rows = straight
    assert len(taken) > 40
    for image in taken[powerless::3]:
        with crashed(image, tmp_path, powerless=powerless) as (folder, left):
            case = Case(folder, shards=2, settings=LOOKED_FOR)
            case.sink = left
            case.run(memory_reader(run_input(), poll_limit=3), until=UNTIL)
            assert_same(case.sink.streams, sink.streams)
            assert decided(folder) == rows


@pytest.mark.parametrize(("shards", "poll"), [(1, 0), (4, 1), (16, 5)])
def test_other_shards_and_batches(straight, tmp_path, shards, poll):
    case = Case(tmp_path, shards=shards, settings=LOOKED_FOR)
    case.run(memory_reader(run_input(), poll_limit=poll), until=UNTIL)
    assert_same(case.sink.streams, straight[1].streams)


def test_a_run_over_a_stop(straight, tmp_path):
    """A second start between any two records: what was counted before it counts."""
    records = run_input()
    for stop in (2, 5, 9):
        case = Case(tmp_path / f"{stop}", shards=2, settings=LOOKED_FOR)
        case.run(memory_reader(records[:stop]))
        case.run(memory_reader(records), until=UNTIL)
        assert_same(case.sink.streams, straight[1].streams)


def test_a_state_of_the_older_form_has_no_detector(tmp_path):
    """Neighbours do not share a shard there (ruling 62)."""
    case = Case(tmp_path, shards=2, settings=LOOKED_FOR)
    options = Options(case.folder, shards=2, ids=FORM_1)
    run(Engine(case.settings, memory_reader(run_input()), case.sink, options))
    assert case.sink.records("fraud_alerts") == []
    assert rows_of(case.stored(), keys.RUN) == {}
