"""Messages on their way: once and in each sender's order, whatever the slices; the release that they feed (ruling 29)."""

from __future__ import annotations

import random
from typing import Any

import pytest
from plain_engine import DictDatabase

from flows import messages
from flows.batch import Batch
from leadstream.compiled import variant
from operators.base.outputs import Source
from operators.base.rules import Rules
from operators.config.configuration import from_tables
from operators.dispatch.hours import closes_at, next_opening
from state import keys, limits
from state.fence import Fences
from state.rows import messages as forms
from state.rows import store_row
from state.rows.messages import AskPlace, GivePlaceBack, JoinQueue, LeaveQueue, PlaceAnswer, Slot
from state.shard import Shard

SHARDS = 4
needs_slices = pytest.mark.skipif(
    variant() == "compiled", reason="compiled rules hold the size of a slice as a constant"
)
DAY, MINUTE = 86_400_000, 60_000
MIDNIGHT = 1_756_656_000_000  # of 2025-09-01 in Shanghai
STORE = keys.store_entity("R")
HOME = keys.shard_of(STORE, SHARDS)


def rules_of(rate: int = 1, closes: str = "09:03", **more: Any) -> Rules:
    stores = {"R": {"opens": "09:00", "closes": closes, "release_per_minute": rate}} if rate >= 0 else {"other": {}}
    return from_tables({"channels": {"web": {"consent": True}}, "stores": stores, **more}, environ={}).rules


def digest(number: int) -> bytes:
    return bytes((0, number % SHARDS)) + number.to_bytes(10, "big")


class Fabric:
    """Shards over a dictionary; messages are sent by hand and applied by real batches."""

    def __init__(self, rules: Rules | None = None) -> None:
        self.database = DictDatabase()
        self.rules = rules or rules_of()
        self.sent = [0] * SHARDS
        self.open()

    def open(self) -> None:
        """What a start does: everything is read from the rows."""
        self.shards = [Shard(self.database, number, 0) for number in range(SHARDS)]  # type: ignore[arg-type]

    def tell(self, entity: bytes, *told: Any, sender: int = 0) -> None:
        batch = self.database.batch()
        pairs = [(entity, message) for message in told]
        messages.send(batch, sender, self.sent[sender], pairs, SHARDS)  # type: ignore[arg-type]
        self.sent[sender] += len(told)
        self.database.write(batch)

    def batch(self, number: int, clock: int = 0, before: int = 0) -> Batch:
        batch = Batch(self.shards[number], self.rules, {1: Source("in")}, SHARDS)
        batch.clock = max(batch.clock, clock)
        batch.before = before
        return batch

    def tick(self, number: int, clock: int, before: int = 0, *, write: bool = True) -> list[tuple[bytes, Any]]:
        """One tick of a shard; returns what it told. What it told customers is not delivered."""
        batch = self.batch(number, clock, before)
        batch.hops(limits.HOPS_PER_SLICE)
        if before:
            batch.timers(before, limits.TIMERS_PER_SLICE)
        told = list(batch.out.messages)
        batch.out.messages.clear()
        if write and not batch.is_empty():
            batch.write(0.0)
        return told

    def rest(self, clock: int, before: int = 0) -> list[tuple[bytes, Any]]:
        """Ticks until nothing waits and nothing is due."""
        found: list[tuple[bytes, Any]] = []
        bound = before or keys.moment(clock)
        for _ in range(10_000):
            found += self.tick(HOME, clock, bound)
            if not self.waits() and self.shards[HOME].next_due >= bound:
                return found
        raise AssertionError("it never comes to rest")

    def waits(self) -> list[bytes]:
        return [key for key in self.database.rows if key[0] == HOME and key[1:2] == keys.HOP]

    def row(self) -> Any:
        stored = self.database.get(keys.entity_key(HOME, STORE))
        return None if stored is None else store_row.decode(stored)


def joins(number: int, opening: int, score: int = 50, opened: int = 0) -> JoinQueue:
    return JoinQueue(digest(number), 1, opening, score, opened, f"{number:04d}", "")


def opening(day: int = 1) -> int:
    return MIDNIGHT + (day - 1) * DAY + 9 * 60 * MINUTE


def slots(told: list[tuple[bytes, Any]]) -> list[tuple[int, int, int, bool]]:
    return [
        (int.from_bytes(entity[3:13], "big"), message.opening, message.until, message.waits) for entity, message in told
    ]


# --- messages


@pytest.mark.parametrize("limit", [1, 2, 3, 100])
def test_each_senders_order_in_slices(monkeypatch: pytest.MonkeyPatch, limit: int) -> None:
    """A place is asked for and given back again and again, by several senders: applied once, each sender's in order."""
    monkeypatch.setattr(limits, "HOPS_PER_SLICE", limit)
    fabric = Fabric()
    for round_ in range(4):
        for sender in (2, 0, 3):
            ask = AskPlace(digest(sender), 1, round_, "Wang", 5)
            fabric.tell(STORE, ask, GivePlaceBack(digest(sender), 1, round_, "Wang"), sender=sender)
    told = fabric.rest(10)
    answers = [(entity, message.number) for entity, message in told if isinstance(message, PlaceAnswer)]
    for sender in (2, 0, 3):
        mine = keys.customer_entity(digest(sender), False)
        assert [number for entity, number in answers if entity == mine] == [0, 1, 2, 3]
    assert fabric.row() is None and not [key for key in fabric.database.rows if key[1:2] in (keys.MEMBER, keys.HOP)]
    assert Fences(fabric.database, HOME).hops == {2: 8, 0: 8, 3: 8}  # type: ignore[arg-type]


@pytest.mark.parametrize("limit", [1, 2])
def test_two_ticks_in_one_batch_go_on_behind_one_another(limit: int) -> None:
    fabric = Fabric()
    fabric.tell(STORE, *(joins(number, opening()) for number in range(3)))
    batch = fabric.batch(HOME, 5)
    assert [batch.hops(limit) for _ in range(3)] == ([1, 1, 1] if limit == 1 else [2, 1, 0])
    batch.write(0.0)
    assert fabric.row().queued == 3 and not fabric.waits()


def test_a_batch_that_was_not_written_is_done_again() -> None:
    """Killed before the write: nothing of it happened; behind the write: nothing of it happens again."""
    fabric = Fabric()
    fabric.tell(STORE, *(joins(number, opening()) for number in range(5)))
    fabric.tick(HOME, 5, write=False)
    fabric.open()
    fabric.tick(HOME, 5)
    fabric.open()
    assert fabric.tick(HOME, 5) == [] and fabric.row().queued == 5


def test_what_lies_behind_its_fence_is_deleted_and_not_applied() -> None:
    """As a row that comes again would: it neither counts as under way nor stays."""
    fabric = Fabric()
    fabric.tell(STORE, joins(1, opening()), joins(2, opening()))
    kept = {key: fabric.database.rows[key] for key in fabric.waits()}
    fabric.tick(HOME, 5)
    batch = fabric.database.batch()
    for key, value in kept.items():
        batch.put(key, value)
    fabric.database.write(batch)
    fabric.tell(STORE, joins(3, opening()))
    assert messages.under_way(fabric.database, HOME) == [0]  # type: ignore[arg-type]
    assert len(fabric.waits()) == 1
    fabric.open()
    fabric.tick(HOME, 5)
    assert fabric.row().queued == 3 and not fabric.waits()


def test_for_who_has_no_row() -> None:
    """A customer who is gone hears nothing; a store begins with its first message, and with one that it need not keep."""
    fabric = Fabric()
    gone = digest(5)
    home = keys.shard_of_customer(gone, SHARDS)
    fabric.tell(keys.customer_entity(gone, False), Slot(1, 5, 5, False), PlaceAnswer(1, 1, True, "R", "Wang", 5))
    assert fabric.tick(home, 5) == []
    fabric.tell(STORE, LeaveQueue(gone, 1), GivePlaceBack(gone, 1, 1, "Wang"))
    fabric.tick(HOME, 5)
    assert {key[1:2] for key in fabric.database.rows} <= {keys.META, keys.HOP_FENCE}


def test_a_store_that_empties_and_begins_anew_in_one_batch() -> None:
    fabric = Fabric()
    fabric.tell(STORE, joins(1, opening()))
    fabric.tick(HOME, 5)
    fabric.tell(STORE, LeaveQueue(digest(1), 1), joins(2, opening(2)))
    fabric.tick(HOME, 5)
    row = fabric.row()
    assert (row.queued, row.due) == (1, opening(2)) and row.armed <= row.due
    fabric.tell(STORE, LeaveQueue(digest(2), 1))
    fabric.tick(HOME, 5)
    left = {key[1:2] for key in fabric.database.rows}
    assert left <= {keys.META, keys.HOP_FENCE}, "neither row, timer nor member stays"


@needs_slices
def test_one_batch_releases_no_more_than_its_slice(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many messages reach the store while its opening releases."""
    monkeypatch.setattr(limits, "RELEASES_PER_SLICE", 2)
    fabric = Fabric(rules_of(rate=50))
    fabric.tell(STORE, *(joins(number, opening()) for number in range(40)))
    fabric.tick(HOME, 5)
    fabric.tell(STORE, *(LeaveQueue(digest(number), 1) for number in range(30, 40)))
    bound = keys.moment(opening() + 1)
    assert len(fabric.tick(HOME, opening() + 1, bound)) == 2
    assert len(fabric.rest(opening() + 1, bound)) == 28


# --- the release


class Plain:
    """Ruling 29 as it is written, over a list."""

    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        self.queue: dict[int, tuple[bool, JoinQueue, int]] = {}

    def tell(self, number: int, message: JoinQueue | LeaveQueue) -> None:
        if isinstance(message, LeaveQueue):
            self.queue.pop(number, None)
        else:
            carried = number in self.queue and self.queue[number][0]
            self.queue[number] = (carried, message, message.opening)

    def open(self, at: int) -> list[tuple[int, int, int, bool]]:
        store = self.rules.store_of("R", "")
        ready = [entry for entry in self.queue.items() if entry[1][2] == at]
        ready.sort(key=lambda e: (not e[1][0], -e[1][1].score, e[1][1].opened, e[1][1].unique_id))
        found = []
        for place, (number, (_, message, _)) in enumerate(ready):
            slot = at + (place // store.release_per_minute) * MINUTE if store and store.release_per_minute else at
            closes = closes_at(store, at, self.rules) if store else 0
            if store and slot >= closes:
                following = next_opening(store, closes, self.rules)
                self.queue[number] = (True, message, following)
                found.append((number, at, following, True))
            else:
                del self.queue[number]
                found.append((number, at, slot, False))
        return found


@pytest.mark.parametrize("per_slice", [*(pytest.param(size, marks=needs_slices) for size in (1, 2, 3)), 256])
@pytest.mark.parametrize("seed", range(6))
def test_slots_as_the_ruling_says(monkeypatch: pytest.MonkeyPatch, seed: int, per_slice: int) -> None:
    """Days of joining, leaving and new scores; between two openings the rate changes, or the registry forgets the store."""
    monkeypatch.setattr(limits, "RELEASES_PER_SLICE", per_slice)
    rng = random.Random(seed)
    fabric = Fabric()
    plain = Plain(fabric.rules)
    for day in range(1, 9):
        now = opening(day) - DAY + 10 * MINUTE
        for _ in range(rng.randrange(14)):
            number = rng.randrange(12)
            message: JoinQueue | LeaveQueue
            if rng.random() < 0.3:
                message = LeaveQueue(digest(number), 1)
            else:
                waits_for = plain.queue[number][2] if number in plain.queue else opening(day + rng.choice((0, 0, 0, 1)))
                message = joins(number, waits_for, rng.choice((10, 50, 50, 99_999)), rng.randrange(-2, 2))
            plain.tell(number, message)
            fabric.tell(STORE, message, sender=rng.randrange(SHARDS))
            fabric.rest(now)  # the order between senders is this one
        if rng.random() < 0.4:
            fabric.rules = plain.rules = rules_of(rate=rng.choice((1, 2, 7, -1)), closes=rng.choice(("09:02", "18:00")))
            fabric.open()
        found = slots(fabric.rest(opening(day), keys.moment(opening(day) + 1)))
        assert found == plain.open(opening(day)), day
        row = fabric.row()
        assert (0 if row is None else row.queued) == len(plain.queue)
        if plain.rules.store_of("R", "") is None:  # who joins a store that nobody knows goes at once: not here
            fabric.rules = plain.rules = rules_of()
            fabric.open()


def test_a_score_that_was_under_way_at_the_opening_keeps_the_place() -> None:
    """By the wall's clock. The lead goes to the next opening; its message of the last one must not take it out of the queue,
    for its answer would speak of an opening that it does not wait for any more: it would wait for ever."""
    fabric = Fabric()
    fabric.tell(STORE, *(joins(number, opening()) for number in range(5)))
    fabric.rest(5)
    found = slots(fabric.rest(opening() + 7))
    assert [entry for entry in found if entry[3]] == [
        (3, opening(), opening(2), True),
        (4, opening(), opening(2), True),
    ]
    fabric.tell(STORE, joins(4, opening(), score=90))
    assert fabric.rest(opening() + 9) == []
    assert fabric.row().queued == 2
    again = slots(fabric.rest(opening(2) + 1))
    assert again == [(3, opening(2), opening(2), False), (4, opening(2), opening(2) + MINUTE, False)]


@needs_slices
def test_a_score_that_comes_during_the_release_keeps_the_rate(monkeypatch: pytest.MonkeyPatch) -> None:
    """By the wall's clock: who stands in the queue at its opening gets a slot like everybody, new score or not."""
    monkeypatch.setattr(limits, "RELEASES_PER_SLICE", 2)
    fabric = Fabric(rules_of(closes="18:00"))
    fabric.tell(STORE, *(joins(number, opening(), opened=number) for number in range(6)))
    fabric.rest(5)
    bound = keys.moment(opening() + 1)
    found = fabric.tick(HOME, opening() + 1, bound)
    fabric.tell(STORE, joins(5, opening(), score=90), joins(0, opening(), score=1), LeaveQueue(digest(2), 1))
    found += fabric.rest(opening() + 2, bound)
    late = [(0, opening(), opening(), False)]  # it has its slot: this second answer is not waited for
    assert slots(found[:2]) == [(0, opening(), opening(), False), (1, opening(), opening() + MINUTE, False)]
    rest = sorted(slots(found[2:]), key=lambda entry: entry[2])
    assert rest == [*late, (5, opening(), opening() + 2 * MINUTE, False), (3, opening(), opening() + 3 * MINUTE, False),
                    (4, opening(), opening() + 4 * MINUTE, False)]  # fmt: skip


def test_the_registry_forgets_the_store_while_a_score_is_under_way() -> None:
    """The lead goes at once, whichever opening it was told to wait for."""
    fabric = Fabric()
    fabric.tell(STORE, *(joins(number, opening()) for number in range(4)))
    fabric.rest(5)
    fabric.rest(opening() + 1)
    fabric.rules = rules_of(rate=-1)
    fabric.open()
    fabric.tell(STORE, joins(3, opening(), score=90))
    found = slots(fabric.rest(opening() + 2))
    assert (3, opening(), opening(), False) in found and (3, opening(2), opening(), False) in found
    assert fabric.row() is None


def test_the_oldest_messages_form_is_one_decoder() -> None:
    """A message of each kind comes back as it went."""
    told = [joins(1, -5), LeaveQueue(digest(1), 2), Slot(1, -1, 0, True), AskPlace(digest(1), 1, 2, "王", -3),
            PlaceAnswer(1, 2, False, "门店", "a" * 256, 0), GivePlaceBack(digest(1), 1, 2, "")]  # fmt: skip
    for message in told:
        assert forms.decode(forms.encode(STORE, message)) == (STORE, message)
