"""Cleaning tasks that open, run out and are answered, with a number run and store exits among them, beside crashes, stops and
other batches (rulings 24, 31, 59, 61, 62 and 66; docs/architecture.md, "What must hold", 1, 2 and 7)."""

import pytest
from cleaning_scenario import cleaning_configuration, idle
from crashes import Steps, crashed, watched
from delivery import ALWAYS, Case, assert_same, at, decided, instant, lead, memory_reader

UNTIL = at(7, 12)
"""Two days behind the last number: what the detector keeps of it is swept by then, whenever the process began."""
EVERY = 8
ROBOT, PEOPLE = {"campaign": "R"}, {"campaign": "M"}


def verdict(by, outcome, phone, event_ms, store=None, **more):
    """By address: the open task of that lead."""
    record = {"type": "verdict", "by": by, "outcome": outcome, "phone": phone, "line": "main", **more}
    return {**record, "event_time": instant(event_ms), **({} if store is None else {"store": store})}


def store_exit(number, event_ms, store, **more):
    record = {"type": "command", "kind": "STORE_EXIT", "command_id": f"x{number}", "store": store, **more}
    return {**record, "event_time": instant(event_ms)}


def lost(phone, store, event_ms):
    record = {"type": "activity", "activity_id": f"a{phone}", "kind": "LOST", "phone": phone, "store": store}
    return {**record, "event_time": instant(event_ms)}


def cleaning_input():
    """A day of leads in cleaning; a run whose third member comes in the evening; one store leaves in the night, to one with a
    release rate, one in the morning without a successor."""
    people = [f"1391234{n}00{n}" for n in range(10)]
    run = [f"1377000012{n}" for n in range(3)]
    return [
        lead("r0", run[0], at(1, 9, 50), "A1"),  # dispatched before it is known
        lead("p0", people[0], at(1, 10), "A1", **ROBOT),
        lead("p1", people[1], at(1, 10, 1), **ROBOT),  # nobody answers: robot, people, dispatch
        lead("p2", people[2], at(1, 10, 2), None, city="南京"),
        lead("p3", people[3], at(1, 10, 3), "E1", **PEOPLE),
        lead("p4", people[4], at(1, 10, 4), "A1", **ROBOT),
        verdict("AI", "UNSURE", people[0], at(1, 10, 5), "A1"),
        verdict("AI", "STORE_CHOSEN", people[2], at(1, 10, 6), "P1"),
        lost(people[3], "E1", at(1, 10, 7)),
        lost(people[4], "A1", at(1, 10, 8)),
        verdict("MANUAL", "HIGH", people[0], at(1, 11), "A1", intent={"level": "HIGH", "days_to_buy": 5}),
        verdict("MANUAL", "HIGH", people[0], at(1, 11), "A1", intent={"level": "HIGH", "days_to_buy": 5}),
        lead("p5", people[5], at(1, 16), "E1"),
        lead("q5", people[5], at(1, 16, 1), "R2"),
        lead("p6", people[6], at(1, 17), "E1", **PEOPLE),
        lead("r1", run[1], at(1, 19), "R1"),  # waits for the opening
        lead("p7", people[7], at(1, 19, 55), "E1", **ROBOT),  # its ten minutes end tomorrow
        lead("p8", people[8], at(1, 20, 10), "E1"),
        lead("r2", run[2], at(1, 20, 30), "A1"),
        store_exit(1, at(1, 21), "E1", successor="R2"),
        verdict("MANUAL", "NORMAL", people[6], at(1, 21, 5), "E1"),
        lead("p9", people[9], at(2, 8), "E2"),
        lead("s9", people[1], at(2, 8, 1), "E2", **ROBOT),
        store_exit(2, at(2, 8, 30), "E2"),
        verdict("AI", "INTENT", run[1], at(2, 9, 5), "R1", intent={"level": "HIGH"}),
        verdict("AI", "BONUS_HUNTER", run[0], at(2, 9, 10), "A1"),
        verdict("AI", "INTENT", people[7], at(2, 9, 5, 1), "E1"),  # a second too late
        verdict("MANUAL", "NORMAL", people[9], at(2, 10), "E2"),
        store_exit(3, at(3, 13), "E2", successor="P1"),
        lead("p10", people[9], at(4, 10), "E2"),
    ]  # fmt: skip


@pytest.fixture(scope="module")
def straight(module_folder):
    """(images before each step, outputs, rows) of a run that seals at each poll."""
    case = Case(module_folder / "state", shards=2, settings=cleaning_configuration())
    steps = Steps(case.folder, case.sink, module_folder / "images")
    with pytest.MonkeyPatch.context() as patch, watched(steps, patch):
        case.run(memory_reader(cleaning_input(), poll_limit=3), until=UNTIL, epoch=ALWAYS)
    return steps.taken, case.sink, decided(case.folder)


def go_on(folder, sink, **options):
    case = Case(folder, shards=2, settings=cleaning_configuration())
    case.sink = sink
    case.run(memory_reader(cleaning_input(), **options), until=UNTIL)


def test_the_input_has_everything_in_play(straight):
    sink = straight[1]
    assert idle(sink.streams) == []
    assert [one["reasons"] for one in sink.records("rejects")] == [["TASK_CLOSED"]]


@pytest.mark.sampled(1, each=("powerless",))
@pytest.mark.parametrize("powerless", [False, True], ids=["killed", "powerless"])
@pytest.mark.parametrize("first", range(EVERY))
def test_every_crash_point(straight, tmp_path, powerless, first):
    taken, sink, rows = straight
    assert len(taken) > 80
    for image in taken[first::EVERY]:
        with crashed(image, tmp_path, powerless=powerless) as (folder, left):
            go_on(folder, left, poll_limit=3)
            assert_same(left.streams, sink.streams)
            assert decided(folder) == rows


@pytest.mark.parametrize(("shards", "poll"), [(1, 0), (4, 1), (16, 5)])
def test_other_shards_and_batches(straight, tmp_path, shards, poll):
    case = Case(tmp_path, shards=shards, settings=cleaning_configuration())
    case.run(memory_reader(cleaning_input(), poll_limit=poll), until=UNTIL)
    assert_same(case.sink.streams, straight[1].streams)


def test_a_stop_between_any_two_records(straight, tmp_path):
    """Tasks that were open at the stop run out, or are answered, behind it."""
    records = cleaning_input()
    for stop in range(2, len(records), 3):
        case = Case(tmp_path / f"{stop}", shards=2, settings=cleaning_configuration())
        case.run(memory_reader(records[:stop]))
        case.run(memory_reader(records), until=UNTIL)
        assert_same(case.sink.streams, straight[1].streams)
