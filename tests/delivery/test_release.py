"""A store's opening release (ruling 29): order, slots, RATE, each hop once; what does not fit waits."""

import pytest
from delivery import TABLES, Case, assert_same, at, configuration, instant, lead, memory_reader, rows_of, stored

from state import keys
from state.database import Database


def night(count, store="R1", day=1, hour=20, **more):
    """Leads of one night, in order of their event time; phones end in their number."""
    return [lead(f"{store}-{day}-{i}", f"139{day:02d}00{i:04d}", at(day, hour, i), store, **more) for i in range(count)]


DAY_FIVE = at(5, 12)

# A hop that stays, or a release that never comes, makes a run wait for quiet for ever.
pytestmark = [pytest.mark.timeout(25, func_only=True), pytest.mark.usefixtures("fabric")]


def released(case, *records, until=DAY_FIVE):
    case.run(memory_reader(list(records)), until=until)
    return dispatches(case)


def dispatches(case):
    """(number at the end of the phone, local time) in the order of the times."""
    found = sorted((r["at"], int(r["contact"]["phone"][-4:])) for r in case.sink.records("dispatches"))
    return [(number, f"{int(at_[8:10])} {at_[11:16]}") for at_, number in found]


def rates(case):
    return sorted((r["at"][5:16], r["until"][5:16]) for r in case.sink.records("holds") if r["conditions"] == ["RATE"])


def test_slots_by_the_minute_and_the_rest_at_the_next_opening(tmp_path):
    """One a minute from 09:00 to 09:03: three go, a slot at closing goes on to the next day, before newer leads."""
    case = Case(tmp_path)
    newer = lead("newer", "13999000099", at(2, 20), "R1", intent={"level": "HIGH"})
    assert released(case, *night(5), newer) == [
        (0, "2 09:00"), (1, "2 09:01"), (2, "2 09:02"), (3, "3 09:00"), (4, "3 09:01"), (99, "3 09:02"),
    ]  # fmt: skip
    assert rates(case) == [
        ("09-02T09:00", "09-02T09:01"), ("09-02T09:00", "09-02T09:02"), ("09-02T09:00", "09-03T09:00"),
        ("09-02T09:00", "09-03T09:00"), ("09-03T09:00", "09-03T09:01"), ("09-03T09:00", "09-03T09:02"),
    ]  # fmt: skip


def test_who_is_left_over_twice_is_not_passed_by_who_is_left_over_once(tmp_path):
    """Each slot that is too late moves to the next opening, ahead of newer leads: also of those with a better score."""
    newer = [
        lead(f"newer-{n}", f"139990000{n}", at(2, 20, n % 60), "R1", intent={"level": "HIGH"}) for n in range(90, 92)
    ]
    case = Case(tmp_path, settings=configuration(periods={**TABLES["periods"], "merge": 5}))
    assert released(case, *night(8), *newer) == [
        (0, "2 09:00"), (1, "2 09:01"), (2, "2 09:02"), (3, "3 09:00"), (4, "3 09:01"), (5, "3 09:02"),
        (6, "4 09:00"), (7, "4 09:01"), (90, "4 09:02"), (91, "5 09:00"),
    ]  # fmt: skip


def test_a_new_score_moves_nobody_who_is_left_over(tmp_path):
    again = lead("again", "13901000003", at(2, 12), "R1", intent={"level": "HIGH"})
    assert released(Case(tmp_path), *night(5), again)[3:] == [(3, "3 09:00"), (4, "3 09:01")]


def test_order_by_score_then_opening_of_the_lead(tmp_path):
    leads = night(3)
    leads[2]["intent"] = {"level": "HIGH"}
    assert released(Case(tmp_path), *leads) == [(2, "2 09:00"), (0, "2 09:01"), (1, "2 09:02")]


def test_two_a_minute(tmp_path):
    assert released(Case(tmp_path), *night(5, "R2")) == [
        (0, "2 10:00"), (1, "2 10:00"), (2, "2 10:01"), (3, "2 10:01"), (4, "2 10:02"),
    ]  # fmt: skip


def test_a_lead_ready_in_opening_hours_does_not_queue(tmp_path):
    """Also one exactly at the opening: timers come last at an instant (ruling 5)."""
    case = Case(tmp_path)
    during = [lead("x", "13900000050", at(2, 9), "R1"), lead("y", "13900000051", at(2, 9, 1), "R1")]
    assert released(case, *night(2), *during) == [
        (0, "2 09:00"), (50, "2 09:00"), (1, "2 09:01"), (51, "2 09:01"),
    ]  # fmt: skip


def test_who_is_lost_before_the_opening_takes_no_slot(tmp_path):
    lost = {"type": "activity", "activity_id": "a", "kind": "LOST", "event_time": instant(at(2, 8)),
            "phone": "13901000000", "store": "R1"}  # fmt: skip
    assert released(Case(tmp_path), *night(3), lost) == [(1, "2 09:00"), (2, "2 09:01")]


def test_who_withdraws_consent_takes_no_slot_and_may_come_back(tmp_path):
    out = {"type": "activity", "activity_id": "a", "kind": "OPT_OUT", "event_time": instant(at(2, 8)),
           "phone": "13901000000"}  # fmt: skip
    again = lead("again", "13901000000", at(2, 8, 30), "A1", consent=True)
    case = Case(tmp_path)
    found = released(case, *night(3), out, again)
    assert sorted(found) == [(0, "2 08:30"), (0, "2 09:00"), (1, "2 09:01"), (2, "2 09:02")]


@pytest.mark.parametrize("shards", [1, 2, 3, 4, 8, 16])
def test_a_lead_that_expires_at_the_opening_takes_no_slot(tmp_path, shards):
    """Releases come last at their instant (ruling 57), whatever the shards of store and customers."""
    settings = configuration(periods={**TABLES["periods"], "merge": 2})
    case = Case(tmp_path, shards=shards, settings=settings)
    # Its touch was at an opening, two days before; it waits since last night, and its score would put it first.
    first = lead("z", "13900000077", at(1, 9), "R1", consent=False, intent={"level": "HIGH"})
    consent = lead("z", "13900000077", at(1, 9), "R1", consent=True)
    found = released(case, first, *night(3, day=2), consent, until=at(5, 12))
    assert found == [(0, "3 09:00"), (1, "3 09:01"), (2, "3 09:02")]


@pytest.mark.parametrize("shards", [1, 4, 16])
def test_two_stores_that_open_together_and_one_customer(tmp_path, shards):
    """Dispatches of one customer at one instant: event ids do not depend on which store's answer came first."""
    stores = {**TABLES["stores"], "R3": {"opens": "09:00", "closes": "18:00", "release_per_minute": 1}}
    runs = []
    for count in (1, shards):
        case = Case(tmp_path / f"{len(runs)}", shards=count, settings=configuration(stores=stores))
        records = [
            lead(f"{i}-{store}", f"1390100{i:04d}", at(1, 20, i), store)
            for i in range(8)
            for store in ("R1", "R3", "P1")
        ]
        case.run(memory_reader(records, poll_limit=5), until=at(6, 12))
        runs.append(case.sink.streams)
    assert_same(runs[1], runs[0])


def test_hops_are_applied_once_and_leave_nothing(tmp_path, monkeypatch):
    """Each hop row is written once and deleted in the batch that applied it; a store's row goes with its queue."""
    case = Case(tmp_path)
    written, deleted = [], []
    batch = Database.batch

    class Spy:
        def __init__(self, inner):
            self.inner = inner

        def put(self, key, *rest):
            if key[1:2] == keys.HOP:
                written.append(key)
            self.inner.put(key, *rest)

        def delete(self, key, *rest):
            if key[1:2] == keys.HOP:
                deleted.append(key)
            self.inner.delete(key, *rest)

    write = Database.write
    monkeypatch.setattr(Database, "batch", lambda self: Spy(batch(self)))
    monkeypatch.setattr(Database, "write", lambda self, spy: write(self, getattr(spy, "inner", spy)))
    released(case, *night(5), until=at(2, 8))
    assert len(written) == len(set(written)) == 5 and sorted(deleted) == sorted(written)
    assert len(rows_of(stored(tmp_path), keys.STORE)) == 1
    monkeypatch.undo()
    case.run(memory_reader(night(5)), until=at(5, 12))
    rows = stored(tmp_path)
    assert not rows_of(rows, keys.HOP) and not rows_of(rows, keys.STORE)


def test_a_release_is_stopped_and_continued_between_slots(tmp_path):
    """`--until` in the middle of the slots and on: the same as in one go."""
    straight, pieces = Case(tmp_path / "a"), Case(tmp_path / "b")
    straight.run(memory_reader(night(7)), until=at(6, 12))
    for until in (at(2, 8), at(2, 9), at(2, 9, 1), at(2, 9, 1, 30), at(3, 9), at(6, 12)):
        pieces.run(memory_reader(night(7)), until=until)
    assert_same(pieces.sink.streams, straight.sink.streams)


def test_a_store_that_nobody_knows_any_more_releases_at_the_opening(tmp_path):
    """The rate was taken away while leads waited: judged by the rules in force at the release (ruling 33)."""
    case = Case(tmp_path)
    case.run(memory_reader(night(4)), until=at(2, 8))
    stores = {**TABLES["stores"], "R1": {"opens": "09:00", "closes": "09:03"}}
    case.settings = configuration(stores=stores)
    assert released(case, *night(4)) == [(number, "2 09:00") for number in range(4)]


def test_a_shadow_lead_never_joins_the_queue(tmp_path):
    case = Case(tmp_path)
    shadow = lead("t", "13900000042", at(1, 19), "R1", channel="trial")
    assert released(case, shadow, *night(2)) == [(0, "2 09:00"), (1, "2 09:01")]
    conditions = [r["conditions"] for r in case.sink.records("holds") if r.get("shadow")]
    assert conditions == [["HOURS"], ["SHADOW"]]
