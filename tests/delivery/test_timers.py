"""Timers on disk: one per armed row, none without its row, nothing left after retention (invariants 11 and 12)."""

import random

import pytest
from delivery import Case, at, configuration, lead, memory_reader, rows_of, scenario, stored

from flows.run import run
from state import keys
from state.database import Database
from state.rows import channel_row, customer_row, store_row

pytestmark = pytest.mark.usefixtures("fabric")

LONG_AFTER = at(1, 0) + 60 * 86_400_000


def armed(found):
    """(shard, due, entity) of each row that says it has a timer."""
    wanted = set()
    for key, value in rows_of(found, keys.CUSTOMER).items():
        row = customer_row.decode(value)
        assert row.armed or row.opted_out, f"a row that nothing will ever delete: {key!r}"
        if row.armed:
            wanted.add(keys.timer_key(key[0], row.armed, key[1:]))
    for key, value in rows_of(found, keys.STORE).items():
        store = store_row.decode(value)
        orders = [
            name for name in rows_of(found, keys.ORDER) if name.startswith(key[:1] + keys.ORDER + key[1:] + b"\0")
        ]
        opening = int.from_bytes(min(orders)[len(key) + 8 :][:8], "big") - (1 << 62)
        assert store.queued == len(orders) and store.armed <= store.due == opening
        wanted.add(keys.timer_key(key[0], store.armed, key[1:]))
    for key, value in rows_of(found, keys.CHANNEL).items():
        channel = channel_row.decode(value)
        assert bool(channel.hours) == bool(channel.armed)
        if channel.armed:
            wanted.add(keys.timer_key(key[0], channel.armed, key[1:]))
    return wanted


def timers_in(found):
    return {*rows_of(found, keys.TIMER)}


def assert_one_timer_per_armed_row(folder):
    found = stored(folder)
    assert timers_in(found) == armed(found)
    return found


def stopper(engine, reader, stop_at):
    return lambda name, offset: engine.stop() if reader.polls == stop_at else None


@pytest.mark.parametrize("seed", range(4))
def test_one_timer_row_per_armed_row_at_every_stop(tmp_path, seed):
    """Stopped at random polls, and at random times after the end: each timer has its row, each row its timer."""
    records = scenario(seed + 20, 150)
    rng = random.Random(seed)
    case = Case(tmp_path)
    engine = None
    seen = 0
    while engine is None or not engine.ended:
        reader = memory_reader(records, poll_limit=11)
        stop_at = rng.randrange(3, 9)
        engine = case.engine(reader)
        reader._on_poll = stopper(engine, reader, stop_at)
        run(engine)
        seen += len(timers_in(assert_one_timer_per_armed_row(tmp_path)))
    assert seen > 20
    for hours in (6, 30, 80):
        case.run(memory_reader(records), until=at(12, 0) + hours * 3_600_000)
        assert_one_timer_per_armed_row(tmp_path)


@pytest.mark.parametrize("seed", range(3))
def test_after_retention_nothing_is_left_but_opt_outs(tmp_path, seed):
    """Every lead closed, every row deleted; who withdrew consent keeps that one fact (ruling 57)."""
    case = Case(tmp_path)
    case.run(memory_reader(scenario(seed + 30, 150)), until=LONG_AFTER)
    found = stored(tmp_path)
    for space in (keys.TIMER, keys.MEMBER, keys.ORDER, keys.HOP, keys.STORE):
        assert not rows_of(found, space)
    left = [customer_row.decode(value) for value in rows_of(found, keys.CUSTOMER).values()]
    assert all(row.opted_out and not row.sections and not row.sources and not row.name for row in left)
    opted_out = {r["one_id"] for r in case.sink.records("notifications") if r["kind"] == "OPTED_OUT"}
    assert left and len(left) >= min(1, len(opted_out))
    assert case.sink.records("unique_leads") and all(
        last["closed_reason"] for last in {r["unique_id"]: r for r in case.sink.records("unique_leads")}.values()
    )


def test_a_customer_who_comes_back_gets_ids_never_used_before(tmp_path):
    """His row was deleted; the day of the new row stands in every id (ruling 21)."""
    case = Case(tmp_path)
    records = [lead("a", "13912345678", at(1, 10)), lead("b", "13912345678", at(25, 10))]
    case.run(memory_reader(records))
    first, second = (r["raw_id"] for r in case.sink.records("dispositions"))
    assert first != second and first.split(".")[0] == second.split(".")[0]
    assert second.split(".")[1] == "20250925"


def test_what_falls_due_exactly_at_the_end_of_input_does_not_fire(tmp_path):
    """At the end only what is due before the clock (ruling 4); `--until` then fires what is due at its time too."""
    case = Case(tmp_path)
    night = lead("a", "13912345678", at(1, 20))
    records = [night, lead("b", "13912345679", at(2, 9), "A1")]
    case.run(memory_reader(records))
    assert [r["store"] for r in case.sink.records("dispatches")] == ["A1"]
    case.run(memory_reader(records), until=at(2, 9))
    assert sorted(r["store"] for r in case.sink.records("dispatches")) == ["A1", "P1"]
    before = {name: len(lines) for name, lines in case.sink.streams.items()}
    case.run(memory_reader(records), until=at(1, 12))
    assert before == {name: len(lines) for name, lines in case.sink.streams.items()}


def test_a_timer_left_behind_by_a_change_does_nothing(tmp_path):
    """A follow-up moves the expiry: at the old time nothing closes, at the new one the lead does, once."""
    visit = {"type": "activity", "activity_id": "v", "kind": "VISIT", "event_time": "2025-09-02T04:00:00Z",
             "phone": "13912345678", "store": "P1"}  # fmt: skip
    case = Case(tmp_path)
    records = [lead("a", "13912345678", at(1, 10)), visit]
    case.run(memory_reader(records), until=at(3, 15))
    assert not case.sink.records("closings")
    case.run(memory_reader(records), until=at(9, 0))
    closed = [(r["at"][:16], r["reason"]) for r in case.sink.records("closings")]
    assert closed == [("2025-09-04T12:00", "MERGE_EXPIRED")]


@pytest.mark.parametrize("poll", [1, 100])
def test_a_record_that_comes_after_retention_deletes_the_row_and_its_timer(tmp_path, poll):
    """Before the record is applied its customer's timers fire, the last of them the row's deletion; the timer on disk goes
    in the same batch, also where a tick of that batch looks for timers right after it."""
    visit = {"type": "activity", "activity_id": "v", "kind": "VISIT", "event_time": "2025-09-25T04:00:00Z",
             "phone": "13912345678", "store": "P1"}  # fmt: skip
    # No store with a rate: else the openings in between would fire the timers first.
    case = Case(tmp_path, shards=1, settings=configuration(stores={"P1": {}}))
    case.run(memory_reader([lead("a", "13912345678", at(1, 10)), visit], poll_limit=poll))
    assert [r["reasons"] for r in case.sink.records("rejects")] == [["NO_LEAD"]]
    found = assert_one_timer_per_armed_row(tmp_path)
    assert not rows_of(found, keys.CUSTOMER) and not timers_in(found)


def test_a_timer_row_that_its_row_does_not_know_disarms_nothing(tmp_path):
    """A row is armed for the time that it says. A timer row for an earlier one, which a fault left behind, goes by itself:
    the armed one stays, and stays the only one (invariant 11)."""
    visit = {"type": "activity", "activity_id": "v", "kind": "VISIT", "event_time": "2025-09-02T04:00:00Z",
             "phone": "13912345678", "store": "P1"}  # fmt: skip
    case = Case(tmp_path)
    records = [lead("a", "13912345678", at(1, 10)), visit]
    case.run(memory_reader(records))
    ((key, value),) = rows_of(stored(tmp_path), keys.CUSTOMER).items()
    kept = customer_row.decode(value).armed  # of the first expiry; the visit has moved what is due beyond it
    stale = kept - 3_600_000
    database = Database(tmp_path)
    batch = database.batch()
    batch.put(keys.timer_key(key[0], stale, key[1:]), b"")
    database.write(batch)
    database.close()
    case.run(memory_reader(records), until=stale + 1)
    assert armed(assert_one_timer_per_armed_row(tmp_path)) == {keys.timer_key(key[0], kept, key[1:])}
    case.run(memory_reader(records), until=at(9, 0))
    assert [(r["at"][:16], r["reason"]) for r in case.sink.records("closings")] == [
        ("2025-09-04T12:00", "MERGE_EXPIRED")
    ]
