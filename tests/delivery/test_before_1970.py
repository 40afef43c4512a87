"""Times before 1970 are negative; timers, openings and the clock mean the same by them (docs/architecture.md, "What must hold",
7)."""

from datetime import datetime

import delivery
import pytest
from delivery import DAY_MS, Case, assert_same, memory_reader, scenario

from state import keys


@pytest.mark.parametrize("first_day", ["1969-06-01", "1969-12-28"], ids=["before", "across"])
def test_other_shards_and_polls(tmp_path, monkeypatch, first_day):
    first = int(datetime.fromisoformat(f"{first_day}T00:00:00+08:00").timestamp() * 1000)
    monkeypatch.setattr(delivery, "FIRST_DAY_MS", first)
    records = scenario(1, 100, days=8)
    found = []
    for shards, poll in ((4, 0), (1, 1), (16, 3)):
        case = Case(tmp_path / f"{shards}", shards=shards)
        case.run(memory_reader(records, poll_limit=poll), until=first + 40 * DAY_MS)
        found.append(case.sink)
    assert len(found[0].records("dispatches")) > 20 and len(found[0].records("closings")) > 20
    assert any(record["conditions"] == ["RATE"] for record in found[0].records("holds"))
    for other in found[1:]:
        assert_same(other.streams, found[0].streams)


def test_moments_and_keys_sort_as_timers_fire():
    """By due time, then rank, then entity; a bound parts what is before it from the rest."""
    dues = [-(1 << 46), -86_400_001, -257, -256, -1, 0, 1, 255, 256, 1_756_656_000_000, 1 << 47]
    entities = [keys.customer_entity(bytes(12), False), keys.customer_entity(b"\xff" * 12, True), keys.store_entity("S"),
                keys.store_entity("S1"), keys.store_entity("\U0010ffff")]  # fmt: skip
    timers = [keys.timer_key(3, due, entity) for due in dues for entity in entities]
    assert timers == sorted(timers)
    assert [keys.timer_of(key) for key in timers] == [(due, entity) for due in dues for entity in entities]
    assert [keys.moment_of(key) for key in timers] == [keys.moment(due, e[0]) for due in dues for e in entities]
    ranks = (0, ord("a"), keys.CUSTOMER[0], ord("d"), keys.STORE[0], 255)
    for due in dues:
        for rank in ranks:
            bound = keys.moment(due, rank)
            before = [key for key in timers if key < keys.timer_bound(3, bound)]
            assert before == [key for key in timers if keys.moment_of(key) < bound]
            for kind in (keys.CUSTOMER[0], keys.STORE[0]):
                limit = keys.due_before(bound, kind)
                mine = [key for key in timers if key[10] == kind]
                assert [key for key in mine if keys.timer_of(key)[0] < limit] == [
                    key for key in before if key[10] == kind
                ]
    assert keys.moment(dues[0]) > keys.NOTHING and keys.moment(dues[-1], 255) < keys.NEVER
    assert keys.timer_bound(3, keys.NOTHING) < timers[0] and timers[-1] < keys.timer_bound(3, keys.NEVER)
