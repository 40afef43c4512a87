"""`make run-kafka` follows the wall's clock: whoever looks at it by night sees dispatches too."""

from collections import Counter

import pytest

from connectors.demo.simulated import DemoFeed
from connectors.memory import MemoryReader, MemorySink
from flows.engine import Engine, Options
from flows.run import run
from operators.base.calendar import parse_ms
from operators.config.configuration import from_tables
from operators.dispatch.hours import is_open
from scripts.run_kafka import tables_of

HOUR_MS = 3_600_000


def test_stores_are_open_at_any_hour_of_any_day() -> None:
    tables = tables_of(DemoFeed(1))
    rules = from_tables(tables, environ={}).rules
    assert rules.stores is not None
    start = parse_ms("2026-11-28T00:00:00+08:00")
    for hour in range(14 * 24):
        open_ = sum(is_open(store, start + hour * HOUR_MS, rules) for store in rules.stores.values())
        assert open_ >= len(rules.stores) // 3
    assert any(store.release_per_minute for store in rules.stores.values()), "an opening is still to be seen"


@pytest.mark.parametrize("night", ["2026-11-28T23:00:00+08:00", "2026-11-29T03:00:00+08:00"])
def test_an_hour_of_the_night_has_dispatches(tmp_path, night: str) -> None:
    begin = parse_ms(night)
    feed = DemoFeed(1, 20_000, born_from_ms=begin)
    records = [record for _, kind, record in feed.between(begin, begin + HOUR_MS) if kind == "raw_lead"]
    sink = MemorySink()
    reader = MemoryReader({"raw_leads": [record.decode() for record in records]})
    configuration = from_tables(tables_of(feed), environ={})
    run(Engine(configuration, reader, sink, Options(tmp_path / "state", shards=2)))
    hours = Counter(record["at"][:13] for record in sink.records("dispatches"))
    assert len(records) > 30
    assert hours[night[:13]] > len(records) // 5, "dispatched at once, not held to the morning"
