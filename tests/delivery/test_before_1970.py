"""Times before 1970 are negative: keys sort by them all the same, and no record has one (ruling 76)."""

import pytest
from delivery import Case, configuration, lead, memory_reader

from operators.config.configuration import from_tables
from state import keys
from state.errors import ConfigurationRefused

FIRST_MS = 86_400_000 - 8 * 3_600_000
"""1970-01-02 in Shanghai."""


def test_no_record_has_a_time_that_rows_read_as_none(tmp_path):
    """The first instant of 1970 is 0, which is "none" in rows; the earliest day that can be set lies behind it."""
    times = {"before": -1, "none": 0, "a day short": FIRST_MS - 1, "first": FIRST_MS, "next": FIRST_MS + 1}
    case = Case(tmp_path / "state", settings=configuration(periods={"earliest": "1970-01-02"}))
    leads = [lead(name, f"1381234567{n}", at) for n, (name, at) in enumerate(times.items())]
    case.run(memory_reader(leads))
    assert [record["reasons"] for record in case.sink.records("rejects")] == [["BAD_TIME"]] * 3
    assert {record["source_lead_id"] for record in case.sink.records("dispositions")} == {"first", "next"}
    with pytest.raises(ConfigurationRefused, match="1970-01-02 on"):
        from_tables({"periods": {"earliest": "1970-01-01"}}, environ={})


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
