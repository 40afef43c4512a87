"""Invariants of domain 15 on random inputs: what must hold of any run, whatever the input."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any

import pytest
from engine_result import EngineResult, ms
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from inputs import CONFIG, OWNED_CONFIG, OWNED_PLANS, PLANS, START_MS, draw
from plain_engine import PlainEngine

from operators.dispatch.hours import is_open
from operators.registry import ENTITIES
from state import keys
from state.counts import read_counts
from state.rows import channel_row, codes, customer_row, store_row
from state.rows.codes import STATUSES
from state.rows.lead import Care

OPEN = {"PENDING", "CLEANING", "HELD", "DISPATCHED", "ASSIGNED", "POOL"}
FAR = START_MS + 400 * 86_400_000

owned_input = st.tuples(st.sampled_from(sorted(OWNED_PLANS)), st.integers(0, 10**9), st.integers(1, 30))
some_input = st.tuples(st.sampled_from(sorted(PLANS)), st.integers(0, 10**9), st.integers(1, 30))
any_input = some_input | owned_input
quick = settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
patient = settings(quick, max_examples=300)


def run(drawn: tuple[str, int, int], until_ms: int | None = None, **how: int) -> PlainEngine:
    plan, seed, count = drawn
    engine = PlainEngine(OWNED_CONFIG if plan in OWNED_PLANS else CONFIG, **how)
    lines = draw(plan, seed, count)
    engine.run({"raw_leads.jsonl": ("raw_lead", [(line.number, line.raw) for line in lines])}, until_ms)
    return engine


def live(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [record for record in records if not record.get("shadow")]


@quick
@given(any_input)
def test_conservation(drawn: tuple[str, int, int]) -> None:
    """1: first + deduped + merged + deal-merged = accepted, per channel and day, by the mark in force."""
    engine = run(drawn)
    found = EngineResult(engine.outputs)
    expected: dict[tuple[int, str], Counter[str]] = defaultdict(Counter)
    for (shadow, channel, *_), record in found.raws.items():
        at = ms(record["event_time"])
        assert at is not None
        expected[(engine.rules.local.day(at), f"{'s' if shadow else 'l'}:{channel}")][record["mark"]] += 1
    counts = read_counts(engine.database, engine.shard_count)  # type: ignore[arg-type]
    for key, counted in counts.items():
        marks = dict(zip(codes.MARKS, counted[:4], strict=True))
        assert sum(counted[:4]) == counted[15]
        assert {name: n for name, n in marks.items() if n} == dict(expected.pop(key, Counter()))
    assert not expected


@quick
@given(any_input)
def test_unique_leads(drawn: tuple[str, int, int]) -> None:
    """2 and 3: one open unique lead a key, as many FIRST_TOUCH as standing leads, N ≥ M."""
    found = EngineResult(run(drawn).outputs)
    open_keys = Counter(
        (lead["one_id"], bool(lead.get("shadow")), lead["store"], lead["line"])
        for lead in found.standing.values()
        if lead["status"] in OPEN
    )
    assert all(count == 1 for count in open_keys.values())
    firsts = [record for record in found.raws.values() if record["mark"] == "FIRST_TOUCH"]
    assert len(firsts) == len(found.standing) <= len(found.raws)
    assert {record["raw_id"] for record in firsts} == {lead["first_touch_raw_id"] for lead in found.standing.values()}


@quick
@given(any_input)
def test_records(drawn: tuple[str, int, int]) -> None:
    """4, 21: one mark a raw lead, changed by corrections alone; event ids once; one state a lead and input."""
    engine = run(drawn)
    EngineResult(engine.outputs)  # checks the chain of corrections
    for stream, records in engine.outputs.items():
        ids = [record["event_id"] for record in records]
        assert len(ids) == len(set(ids)), stream
    versions: dict[str, int] = {}
    for record in engine.outputs["unique_leads"]:
        number = int(record["event_id"].rpartition("-")[2])
        assert number == versions.get(record["unique_id"], 0) + 1, "versions of a lead have no gap"
        versions[record["unique_id"]] = number
        assert record["status"] in STATUSES


@quick
@given(any_input)
def test_dispatches(drawn: tuple[str, int, int]) -> None:
    """5, 7, 13: only in opening hours, never of the shadow realm; every accepted raw lead ends or visibly waits."""
    engine = run(drawn)
    found = EngineResult(engine.outputs)
    sequences: dict[str, int] = {}
    for record in engine.outputs["dispatches"]:
        store = engine.rules.store_of(record["store"], record["line"])
        at = ms(record["at"])
        assert store is not None and at is not None and is_open(store, at, engine.rules)
        assert record["sequence"] > sequences.get(record["unique_id"], 0)
        sequences[record["unique_id"]] = record["sequence"]
        assert ".s" not in record["unique_id"] and "s." not in record["unique_id"].split(".", 1)[1]
    held = {record["unique_id"] for record in engine.outputs["holds"]}
    for uid, lead in found.standing.items():
        if lead["status"] in ("HELD", "PENDING"):
            assert uid in held, "who waits is seen to wait"
        if lead["status"] == "DISPATCHED":
            assert uid in sequences or len(found.leads) > len(found.standing)


@quick
@given(any_input)
def test_personal_data(drawn: tuple[str, int, int]) -> None:
    """Ruling 37: no number in clear outside dispatches, cleaning_tasks, rejects and late."""
    engine = run(drawn)
    for stream, records in engine.outputs.items():
        if stream in ("dispatches", "cleaning_tasks", "rejects", "late"):
            continue
        text = str(records)
        assert "13812345678" not in text and "13987654321" not in text and "02112345678" not in text


@quick
@given(any_input)
def test_timers_and_retention(drawn: tuple[str, int, int]) -> None:
    """11 and 12: one timer a row, at its armed time; after the retention nothing of a closed key is left."""
    engine = run(drawn)
    armed = set()
    for shard in range(engine.shard_count):
        for kind in ENTITIES:
            begin = keys.prefix(shard, kind.space)
            for key, value in engine.database.scan(begin, keys.after(begin)):
                armed_at = kind.decode(value).armed
                if armed_at:
                    armed.add(keys.timer_key(shard, armed_at, key[1:]))
    assert armed == {key for key in engine.database.rows if key[1:2] == keys.TIMER}
    engine.run({"raw_leads.jsonl": ("raw_lead", [])}, FAR)
    for shard in range(engine.shard_count):
        begin = keys.prefix(shard, keys.CUSTOMER)
        for _, value in engine.database.scan(begin, keys.after(begin)):
            row = customer_row.decode(value)
            assert row.opted_out and not row.sections and not row.name
        begin = keys.prefix(shard, keys.CHANNEL)
        for _, value in engine.database.scan(begin, keys.after(begin)):
            assert not channel_row.decode(value).hours, "every late lead was told of"
    assert not [
        key for key in engine.database.rows if key[1:2] in (keys.TIMER, keys.MEMBER, keys.ORDER, keys.HOP, keys.STORE)
    ]


@quick
@given(any_input, st.integers(1, 5), st.sampled_from([1, 3, 200]))
def test_batches_and_shards(drawn: tuple[str, int, int], shards: int, poll: int) -> None:
    """9, 10: other batches and shards, the same decisions, event ids and payloads included."""
    one = run(drawn, FAR, shards=1, poll=7).outputs
    other = run(drawn, FAR, shards=shards, poll=poll).outputs
    for stream in one:
        mine = sorted(one[stream], key=lambda record: str(record["event_id"]))
        theirs = sorted(other[stream], key=lambda record: str(record["event_id"]))
        assert mine == theirs, stream


def rows_of(engine: PlainEngine) -> Iterator[tuple[bytes, customer_row.Customer]]:
    """(digest, row) of every live customer."""
    for shard in range(engine.shard_count):
        begin = keys.prefix(shard, keys.CUSTOMER)
        for key, value in engine.database.scan(begin, keys.after(begin)):
            row = customer_row.decode(value)
            if not row.shadow:
                yield key[2:-1], row


@quick
@given(owned_input, st.integers(1, 4))
def test_rooms(drawn: tuple[str, int, int], shards: int) -> None:
    """6: a room counts the customers of whom its advisor holds an ASSIGNED lead, each once, and never more than the cap."""
    engine = run(drawn, shards=shards)
    held: defaultdict[tuple[str, str], set[bytes]] = defaultdict(set)
    for digest, row in rows_of(engine):
        for section in row.sections:
            for lead in section.leads:
                if lead.status == codes.S_ASSIGNED:
                    assert lead.care is not None
                    held[section.store, lead.care.owner].add(digest)
    counted = {}
    for shard in range(engine.shard_count):
        begin = keys.prefix(shard, keys.STORE)
        for _, value in engine.database.scan(begin, keys.after(begin)):
            store = store_row.decode(value)
            counted.update({(store.code, advisor): number for advisor, number in store.advisors.items()})
    assert counted == {place: len(customers) for place, customers in held.items()}
    assert all(number <= engine.rules.cap for number in counted.values())


@quick
@given(owned_input)
def test_owners(drawn: tuple[str, int, int]) -> None:
    """7, 11: ASSIGNED if and only if somebody owns it and it is open; what is closed has no place, no ask and no clock but that
    of its deletion; who is in the pool had an owner."""
    engine = run(drawn)
    for _, row in rows_of(engine):
        for section in row.sections:
            for lead in section.leads:
                owned = lead.care or Care()
                assert (lead.status == codes.S_ASSIGNED) == bool(owned.place)
                assert lead.status == codes.S_ASSIGNED or not owned.owner or lead.reason
                assert lead.status != codes.S_ASSIGNED or owned.owner
                assert owned.ask is None, "messages have come to their end"
                if lead.status == codes.S_POOL:
                    assert owned.previous and not owned.owner
    for record in engine.outputs["unique_leads"]:
        if not record["closed_reason"]:
            assert (record["status"] == "ASSIGNED") == bool(record.get("owner"))


OF_THEIR_OWN = {
    test_batches_and_shards: (any_input, st.integers(1, 5), st.sampled_from([1, 3, 200])),
    test_rooms: (owned_input, st.integers(1, 4)),
    test_owners: (owned_input,),
}


@pytest.mark.slow
@pytest.mark.parametrize(
    "check",
    [
        test_conservation,
        test_unique_leads,
        test_records,
        test_dispatches,
        test_personal_data,
        test_timers_and_retention,
        test_batches_and_shards,
        test_rooms,
        test_owners,
    ],
)
def test_many_more(check: Any) -> None:
    """Each of these on many more inputs."""
    patient(given(*OF_THEIR_OWN.get(check, (any_input,)))(check.hypothesis.inner_test))()
