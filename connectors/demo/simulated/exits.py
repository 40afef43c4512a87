"""Stores that leave (经销商退网): which, when, and who takes over (rulings 7, 31, 53 and 66).

They are planned on lives that are told already and change none of their times. A store without successor may leave at any
time: its leads wait, and no mark hangs on it. One with a successor leaves where the script knows what becomes of every
customer who has named it: his open lead moves and stays the latest one of its key, or folds into his open lead at the
successor, and nothing comes later that would be looked up where a closed lead no longer is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Final

from connectors.demo.simulated.days import HOUR_MS, SECOND_MS, day_start_ms
from connectors.demo.simulated.key_life import KeyLife, Stay, Touch, ends_with, moves_expiry
from connectors.demo.simulated.records import FIRST_TOUCH, MERGED, StoreExit
from connectors.demo.simulated.stores import Store
from connectors.demo.simulated.world import World

DEFAULT_SHARE: Final = 0.1
NOTHING, OPEN, ENDED, EXPIRED, UNSURE = "nothing", "open", "ended", "expired", "unsure"
BEFORE, BETWEEN, AFTER = "before", "between", "after"
_WITH_SUCCESSOR: Final = 0.6
_CLOSING: Final = 0.5
"""Share of them that would rather leave when all is told: only then do leads of popular stores fold."""
_TRIES: Final = 4
_KEPT_MS: Final = 48 * HOUR_MS
"""Raw leads that are corrected when their lead folds: within the lateness of every channel (ruling 46)."""


@dataclass(slots=True)
class Exits:
    """The stores that leave, by code. `closing_ms` = an instant after everything that is delivered."""

    of: dict[str, StoreExit] = field(default_factory=dict)
    closing_ms: int = 1 << 62

    @property
    def involved(self) -> set[str]:
        """Stores that leave, and those that take over: nobody is sent to one of them by a store answer."""
        return {code for left in self.of.values() for code in (left.store, left.successor) if code}

    def side(self, touch: Touch, left: StoreExit) -> str:
        """Whether a raw lead is read before an exit or after it. BETWEEN: submitted before, delivered after."""
        if touch.event_ms > left.event_ms:
            return AFTER
        # Nothing that was read before it has a later event time: each arrives at or after its own.
        return BEFORE if touch.lead.arrival_ms < left.event_ms or left.event_ms >= self.closing_ms else BETWEEN

    def is_quiet(self, key: KeyLife, keys: list[KeyLife]) -> bool:
        """Whether the exit's plan relies on how the key's leads end, so that the call centre ends none of them."""
        here = self.of.get(key.store or "")
        if here is not None:
            return bool(here.successor)
        theirs = (self.of.get(other.store or "") for other in keys if other.line == key.line)
        return any(left is not None and left.successor == key.store for left in theirs)


def plan(
    world: World, rng: Random, share: float, customers: Iterable[list[KeyLife]], last_ms: int, end_ms: int
) -> Exits:
    """A share of the stores leaves, between a third of the way and the end. `last_ms` = the latest event time of all that is
    delivered, `end_ms` = the last instant of the folder's days."""
    at_store: dict[str, list[tuple[KeyLife, list[KeyLife]]]] = {}
    for keys in customers:
        for key in keys:
            if key.store is not None:
                at_store.setdefault(key.store, []).append((key, keys))
    first_ms = min(
        (touch.event_ms for pairs in at_store.values() for key, _ in pairs for touch in key.touches), default=0
    )
    exits = Exits(closing_ms=last_ms + SECOND_MS)
    free = {store.code for store in world.stores.all}
    for store in _leaving(world, rng, round(len(world.stores.all) * share), at_store):
        if store.code not in free:
            continue
        low, high = first_ms + (last_ms - first_ms) // 3, max(last_ms, first_ms + 1)
        times = [low + int(rng.random() * (high - low)) for _ in range(_TRIES)]
        times.append(exits.closing_ms + int(rng.random() * max(end_ms - exits.closing_ms, HOUR_MS)))
        left = StoreExit(len(exits.of) + 1, store.code, "", times[0])
        if rng.random() < _WITH_SUCCESSOR:
            if rng.random() < _CLOSING:
                times.reverse()
            left = _with_successor(world, exits, left, store, free, times, at_store) or left
        exits.of[left.store] = left
        free -= {left.store, left.successor}
    return exits


def demo_exits(world: World, seed: int, first_day: int) -> list[StoreExit]:
    """For a live feed: from the second day on a store a day leaves, in office hours, until one in five is gone.

    Each is the smallest of its city that is still there, and the city's first store takes over, or nobody: the call centre
    then waits for an answer that never comes, which is what happens.
    """
    rng = Random(f"exits/{seed}")
    cities = [stores for stores in world.stores.per_city if len(stores) > 2]
    last = [stores[-1] for stores in cities] + [stores[-2] for stores in cities if len(stores) > 3]
    rng.shuffle(last)
    exits = []
    for number, store in enumerate(last[: len(world.stores.all) // 5], 1):
        successor = world.stores.per_city[store.city][0].code if rng.random() < _WITH_SUCCESSOR else ""
        at_ms = day_start_ms(first_day + number) + 10 * HOUR_MS + int(rng.random() * 7 * HOUR_MS)
        exits.append(StoreExit(number, store.code, successor, at_ms))
    return exits


def _leaving(
    world: World, rng: Random, count: int, at_store: Mapping[str, list[tuple[KeyLife, list[KeyLife]]]]
) -> list[Store]:
    """So many stores, every second one drawn by its customers: those that nobody names would leave unnoticed."""
    stores = world.stores.all
    crowds = [1 + len(at_store.get(store.code, ())) for store in stores]
    chosen: dict[str, Store] = {}
    while len(chosen) < count:
        store = rng.choices(stores, crowds)[0] if len(chosen) % 2 else rng.choice(stores)
        chosen[store.code] = store
    return list(chosen.values())


def _with_successor(
    world: World,
    exits: Exits,
    left: StoreExit,
    store: Store,
    free: set[str],
    times: list[int],
    at_store: Mapping[str, list[tuple[KeyLife, list[KeyLife]]]],
) -> StoreExit | None:
    """The first instant and successor of which the script knows what they do; None where there is none."""
    others = [
        other.code
        for other in world.stores.per_city[store.city]
        if other is not store and other.code in free and set(store.lines) <= set(other.lines)
    ]
    # Whoever shares customers with it first, so that leads fold.
    pairs = at_store.get(store.code, ())
    shared = Counter(other.store for key, keys in pairs for other in keys if other.line == key.line)
    others.sort(key=lambda code: -shared[code])
    for at_ms in times:
        for successor in others:
            trial = StoreExit(left.number, store.code, successor, at_ms)
            if all(_is_known(world, exits, trial, key, keys) for key, keys in pairs):
                return trial
    return None


def _is_known(world: World, exits: Exits, left: StoreExit, key: KeyLife, keys: list[KeyLife]) -> bool:
    """Whether the script knows what the exit does to one key at the store."""
    stands, later = standing(world, key, left.event_ms), _is_later(exits, left, key)
    if stands == UNSURE or any(exits.side(touch, left) == BETWEEN for touch in key.touches):
        return False
    other = at_successor(left, key, keys)
    if other is None:
        return stands in (OPEN, NOTHING) or not later
    if later or _is_later(exits, left, other):
        return False
    if stands != OPEN:
        return True
    theirs = standing(world, other, left.event_ms)
    if theirs == OPEN:
        kept = latest_stay(key, left.event_ms)
        return all(touch.event_ms > left.event_ms - _KEPT_MS for touch in kept.touches[1:])
    return theirs == EXPIRED


def _is_later(exits: Exits, left: StoreExit, key: KeyLife) -> bool:
    """Whether anything of the key is read behind the exit."""
    return any(exits.side(touch, left) != BEFORE for touch in key.touches) or any(
        act.event_ms >= left.event_ms for act in key.acts
    )


def at_successor(left: StoreExit, key: KeyLife, keys: list[KeyLife]) -> KeyLife | None:
    """The customer's key at the store that takes over."""
    return next((other for other in keys if other.store == left.successor and other.line == key.line), None)


def latest_stay(key: KeyLife, at_ms: int) -> Stay:
    """The raw leads of the key's latest intention at an instant; empty where there was none."""
    touches = [touch for touch in key.touches if touch.event_ms <= at_ms]
    first = max((place for place, touch in enumerate(touches) if touch.part.mark == FIRST_TOUCH), default=len(touches))
    return Stay(touches[first:], in_order=True)


def standing(world: World, key: KeyLife, at_ms: int) -> str:
    """How the latest intention of a key stands at an instant, by its script alone."""
    stay = latest_stay(key, at_ms)
    if not stay.touches:
        return NOTHING
    moved_ms = max(touch.event_ms for touch in stay.touches if touch.part.mark in (FIRST_TOUCH, MERGED))
    acts = [act for act in key.acts if stay.opened_ms() < act.event_ms <= at_ms]
    if any(ends_with(act) and act.event_ms > moved_ms for act in acts):
        return ENDED
    stay.follow_ups += [act.event_ms for act in acts if moves_expiry(act)]
    expires_ms = stay.expires_ms(world, key.line)
    if expires_ms < at_ms - HOUR_MS:
        return EXPIRED
    return OPEN if expires_ms > at_ms + HOUR_MS else UNSURE
