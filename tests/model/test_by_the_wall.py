"""By the wall's clock messages and timers come in any order beside the records: no assertion stops the engine, nobody waits for
ever, and what stores and customers keep of one another agrees once all has come to rest."""

from __future__ import annotations

import json
import random
from typing import Any

import inputs
import msgspec
import pytest
from inputs import DAY_MS, HOUR_MS
from plain_engine import DictDatabase

from flows.batch import Batch
from operators.base.outputs import Source
from operators.config.configuration import Configuration, from_tables
from operators.identity.one_id import OneIds
from operators.intake.times import Clock
from operators.intake.validation import Validation
from operators.lead import life
from operators.lead.statuses import CLOSED
from operators.registry import RECORD_OF
from state import keys, limits
from state.keys import moment
from state.rows import customer_row, store_row
from state.shard import Shard

STORES = (
    ["S1"],
    ["S1", "S2"],
    ["R1"],
    ["R1", "S1"],
    ["R2", "R1", None],
    [None, "S1", ["S1", "S2"]],
    [None, "R1", "X1"],
)
SHORT = {"opens": "09:00", "closes": "09:01", "release_per_minute": 1}
"""Most of its queue goes on to the next opening."""


class Loose:
    """Shards over a dictionary; what a tick does, and when, is drawn."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        periods = {**inputs.CONFIG["periods"], "max_life": rng.choice((6, 12, 30)), "merge": rng.choice((1, 5))}
        self.tables: dict[str, Any] = {
            **inputs.OWNED_CONFIG,
            "pools": {"cap": rng.choice((1, 1, 2))},
            "follow_up": {"first_hours": rng.choice((1, 24)), "recycle_days": rng.choice((1, 3))},
            "periods": periods,
            "stores": {**inputs.CONFIG["stores"], "R2": SHORT},
        }
        self.database = DictDatabase()
        self.count = rng.choice((1, 2, 3))
        self.now = inputs.START_MS + 8 * HOUR_MS
        self.registry = 0
        self.begin(from_tables(self.tables, environ={}))

    def begin(self, configuration: Configuration) -> None:
        """A start, with another registry."""
        self.rules = configuration.rules
        self.validation = Validation(self.rules, OneIds(configuration.secret, self.count), RECORD_OF)
        self.registry += 1
        self.shards = [Shard(self.database, number, 0) for number in range(self.count)]  # type: ignore[arg-type]

    def batch(self, number: int) -> Batch:
        return Batch(self.shards[number], self.rules, {1: Source("in")}, self.count)

    def apply(self, number: int, record: dict[str, Any]) -> None:
        clock = Clock(event=False, now=self.now, wall_ms=self.now)
        arrival = self.validation.read(json.dumps(record).encode(), "raw_lead", clock)
        arrival.source, arrival.offset, arrival.now = 1, number, self.now
        if arrival.reasons:
            arrival.shard = number % self.count
        batch = self.batch(arrival.shard)
        batch.records([arrival], frozenset())
        if self.rng.random() < 0.3:
            batch.before = moment(self.now)
            batch.hops(2)
        batch.write(0.0)

    def tick(self, number: int) -> None:
        rng, batch = self.rng, self.batch(number)
        batch.clock = max(batch.clock, self.now)
        batch.before = moment(self.now)
        if batch.registry and batch.registry != str(self.registry):
            batch.recheck(str(self.registry))
        batch.registry = str(self.registry)
        if rng.random() < 0.8:
            batch.hops(rng.choice((1, 2, 512)))
        if rng.random() < 0.8:
            batch.timers(moment(self.now), rng.choice((1, 256)))
        if not batch.is_empty():
            batch.write(0.0)

    def some_time(self) -> None:
        """Sometimes to an opening, or beside it."""
        rng = self.rng
        self.now += rng.choice((0, 1, 1, 60_000, HOUR_MS, 5 * HOUR_MS, 13 * HOUR_MS, DAY_MS))
        if rng.random() < 0.4:
            midnight = self.now - (self.now - inputs.START_MS) % DAY_MS
            self.now = max(self.now, midnight + 9 * HOUR_MS + rng.choice((-1, 0, 1, 2, 60_000)))

    def rest(self) -> None:
        for _ in range(3000):
            for number in range(self.count):
                self.tick(number)
            under_way = any(key[1:2] == keys.HOP for key in self.database.rows)
            if not under_way and all(shard.next_due >= moment(self.now) for shard in self.shards):
                return
        raise AssertionError("it never comes to rest")


def assert_stores_and_customers_agree(rows: dict[bytes, bytes]) -> None:
    orders, queued, places = set(), {}, {}
    for key, value in rows.items():
        if key[1:2] in (keys.ORDER, keys.MEMBER):
            entity, group, name = key[2:].split(b"\0", 2)
            if key[1:2] == keys.ORDER:
                orders.add((entity, name))
            elif group == b"queue":
                queued[entity, name] = value
            else:
                places[entity, group, name] = msgspec.msgpack.decode(value)
    assert {(entity, order) for (entity, _), order in queued.items()} == orders
    held, waits = set(), set()
    for key, value in rows.items():
        if key[1:2] == keys.STORE:
            store, entity = store_row.decode(value), key[1:]
            assert store.queued == sum(owner == entity for owner, _ in orders)
            advisors = {name: f"advisor:{name}".encode() for name in store.advisors}
            kept = {name: sum(p[:2] == (entity, group) for p in places) for name, group in advisors.items()}
            assert store.advisors == kept
            assert not store.due or keys.timer_key(key[0], store.armed, entity) in rows
        elif key[1:2] == keys.CUSTOMER:
            digest = key[2:-1].hex()
            for section in customer_row.decode(value).sections:
                entity = keys.store_entity(section.store)
                for lead in section.leads:
                    if lead.care is not None:
                        assert lead.care.ask is None, "nothing is asked for at rest"
                        if lead.care.place:
                            assert not CLOSED >> lead.status & 1
                            group = f"advisor:{lead.care.owner}".encode()
                            held.add((entity, group, digest.encode(), lead.n, lead.care.place))
                    if life.is_waiting(lead) and lead.queued and not lead.slot:
                        waits.add((entity, f"{digest}{lead.n:x}".encode()))
    assert held == {(*name, n, number) for name, kept in places.items() for n, number in kept}
    assert waits == set(queued), "who waits for a store stands in its queue, and nobody else does"


def check(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = random.Random(f"wall {seed}")
    monkeypatch.setattr(limits, "RELEASES_PER_SLICE", rng.choice((1, 2, 256)))
    monkeypatch.setattr(limits, "HOPS_PER_SLICE", rng.choice((1, 2, 512)))
    loose = Loose(rng)
    plan: dict[str, Any] = {
        "stores": rng.choice(STORES),
        "channels": rng.choice(("ab", "abc", "abct")),
        "acts": rng.choice((0.1, 0.35)),
        "agains": rng.choice((0.02, 0.1)),
        "commands": rng.choice((0.0001, 0.2, 0.4)),
        "phones": rng.choice((1, 1, 2, 3)),
        "advisors": rng.choice((("Wang",), ("Wang", "Li"))),
    }
    fewer = {name: store for name, store in loose.tables["stores"].items() if name == "S1" or rng.random() < 0.7}
    for number, line in enumerate(inputs.Draw(rng, **plan).lines(rng.choice((10, 20, 40))), 1):
        loose.some_time()
        record = json.loads(line.raw)
        record.pop("ingest_time", None)
        if rng.random() < 0.8:
            record["event_time"] = inputs.text_of(loose.now - rng.choice((0, 0, 1, HOUR_MS)))
        loose.apply(number, record)
        for _ in range(rng.choice((0, 0, 1, 2, 5))):
            loose.now += rng.choice((0, 0, 1, 3))
            loose.tick(rng.randrange(loose.count))
        if rng.random() < 0.03:
            stores = fewer if rng.random() < 0.7 else loose.tables["stores"]
            loose.begin(from_tables({**loose.tables, "stores": stores}, environ={}))
    for days in (0, 1, 2, 5, 60):
        loose.now += days * DAY_MS
        loose.rest()
        assert_stores_and_customers_agree(loose.database.rows)
    spaces = {key[1:2] for key in loose.database.rows}
    assert not spaces & {keys.STORE, keys.MEMBER, keys.ORDER, keys.TIMER, keys.WAIT, keys.HOP}, "nothing is left"


@pytest.mark.parametrize("block", range(4))
def test_stores_and_customers_agree(monkeypatch: pytest.MonkeyPatch, block: int) -> None:
    for seed in range(block * 25, block * 25 + 25):
        try:
            check(seed, monkeypatch)
        except Exception as error:
            raise AssertionError(f"seed {seed}: {error}") from error


@pytest.mark.slow
@pytest.mark.parametrize("block", range(8))
def test_many_more(monkeypatch: pytest.MonkeyPatch, block: int) -> None:
    for seed in range(10_000 + block * 300, 10_300 + block * 300):
        try:
            check(seed, monkeypatch)
        except Exception as error:
            raise AssertionError(f"seed {seed}: {error}") from error
