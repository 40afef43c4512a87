"""What the script has said about one key (customer, store, line), put together again: raw leads, activities, intentions.

The call centre works on it after the lives are told. Everything here is read from marks and times of the script.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise

from connectors.demo.simulated.days import DAY_MS
from connectors.demo.simulated.people import Identity, Person
from connectors.demo.simulated.records import FIRST_TOUCH, MERGED, Activity, Part, RawLead
from connectors.demo.simulated.world import World

INVALID, LOST, WON, CLOSED = "INVALID", "LOST", "WON", "CLOSED"
PENDING, CLEANING, DISPATCHED = "PENDING", "CLEANING", "DISPATCHED"

_ENDS = {"LOST": LOST, "INVALID": INVALID, "PAID": WON, "REFUND": LOST}
_SPEAKS_OF_CUSTOMER = "OPT_OUT"
_SCRIPTED_ELSEWHERE = frozenset({"number_run", "undated"})
"""Number runs have a script of their own; without event time nobody knows the opening."""
_DISPATCHED_WITHIN_MS = 7 * DAY_MS
"""A store opens within a week, whatever its calendar closes."""


@dataclass(slots=True)
class Touch:
    """One accepted raw lead at a key."""

    lead: RawLead
    part: Part

    @property
    def event_ms(self) -> int:
        """When the customer submitted."""
        return self.lead.event_ms

    @property
    def arrived(self) -> tuple[int, int]:
        """Orders arrivals."""
        return self.lead.arrival_ms, self.lead.number


@dataclass(slots=True)
class Stay:
    """One intention at a key: its raw leads, and what became of its cleaning. `ready_ms` = when cleaning asked for nothing
    more, `said_yes` = the customer agreed there; `waits` = the status in which it waits for a store."""

    touches: list[Touch]
    in_order: bool
    route: str = ""
    ended: str = ""
    ended_ms: int = 0
    waits: str = ""
    ready_ms: int | None = None
    said_yes: bool = False
    moved_to: str = ""
    moved_ms: int = 0
    """When its store left it to a successor."""
    opening: Touch | None = None
    """The raw lead that opened it, or opened it again."""
    unknown: bool = False
    """Whether the script does not say how it ends."""
    followed: bool = False
    """Whether the key's next intention closes it."""
    follow_ups: list[int] = field(default_factory=list)

    def opened_ms(self) -> int:
        """The event time of its first touch."""
        return next(touch.event_ms for touch in self.touches if touch.part.mark == FIRST_TOUCH)

    def expires_ms(self, world: World, line: str) -> int:
        """The last instant at which a raw lead still merges (ruling 6)."""
        moving = [touch for touch in self.touches if touch.part.mark in (FIRST_TOUCH, MERGED)]
        last = max(moving, key=lambda touch: touch.event_ms)
        periods = world.periods(last.lead.series, line)
        anchor = max([last.event_ms, *self.follow_ups])
        return min(anchor + periods.merge_ms, self.opened_ms() + periods.max_life_ms)


@dataclass(slots=True)
class KeyLife:
    """A key, its raw leads and activities in order of event time."""

    person: Person
    identity: Identity
    store: str | None
    line: str
    touches: list[Touch] = field(default_factory=list)
    acts: list[Activity] = field(default_factory=list)
    stays: list[Stay] = field(default_factory=list)

    def settled(self, at_ms: int) -> bool:
        """Whether every raw lead up to an instant has arrived by then."""
        return all(touch.lead.arrival_ms < at_ms for touch in self.touches if touch.event_ms <= at_ms)

    def in_order(self, first: int, end: int) -> bool:
        """Whether nothing of touches[first:end] passed a raw lead of this key, and none passed them."""
        near = [touch.arrived for touch in self.touches[first:end]]
        before = max((touch.arrived for touch in self.touches[:first]), default=(0, 0))
        after = min((touch.arrived for touch in self.touches[end:]), default=(1 << 62, 0))
        return before < near[0] and near[-1] < after and all(one < other for one, other in pairwise(near))

    def after(self, at_ms: int) -> list[Touch]:
        """The raw leads of later event times."""
        return [touch for touch in self.touches if touch.event_ms > at_ms]

    def next_act_ms(self, at_ms: int) -> int:
        """The next activity."""
        return next((act.event_ms for act in self.acts if act.event_ms > at_ms), 1 << 62)

    def told_elsewhere(self) -> bool:
        """Whether another script says what is done with it."""
        return any(touch.part.case in _SCRIPTED_ELSEWHERE for touch in self.touches)


def keys_of(leads: Iterable[RawLead], activities: Iterable[Activity]) -> list[list[KeyLife]]:
    """The keys of each customer (a number is one, ruling 23), in the order in which they were told."""
    customers: dict[int, dict[tuple[str | None, str], KeyLife]] = {}
    for lead in leads:
        if lead.outcome:
            continue
        keys = customers.setdefault(id(lead.identity), {})
        for part in lead.parts:
            key = keys.get((part.store, lead.line))
            if key is None:
                key = keys[part.store, lead.line] = KeyLife(lead.person, lead.identity, part.store, lead.line)
            key.touches.append(Touch(lead, part))
    for act in activities:
        keys = customers[id(act.identity)]
        # Without a store it speaks of the customer's only key, an opt-out of all of them.
        for key in keys.values() if act.store is None else (keys[act.store, act.line],):
            key.acts.append(act)
    for keys in customers.values():
        for key in keys.values():
            key.touches.sort(key=lambda touch: touch.event_ms)
            key.acts.sort(key=lambda act: act.event_ms)
    return [list(keys.values()) for keys in customers.values()]


def ends_with(act: Activity) -> str:
    """The status that an activity brings; "" where it brings none."""
    return _ENDS.get(act.kind, "")


def moves_expiry(act: Activity) -> bool:
    """Whether it is an effective follow-up."""
    return act.effective and act.kind != _SPEAKS_OF_CUSTOMER and act.kind not in _ENDS


class Consents:
    """What is known of a customer's consent."""

    def __init__(self, keys: list[KeyLife]) -> None:
        leads = [touch.lead for key in keys for touch in key.touches]
        self._noes = [lead.event_ms for lead in leads if lead.consent is False]
        self._noes += [act.event_ms for key in keys for act in key.acts if act.kind == _SPEAKS_OF_CUSTOMER]
        self._by_default = all(lead.channel.consent for lead in leads)

    def stands(self, stay: Stay) -> bool:
        """Whether nothing takes the consent away with which a lead is ready."""
        if stay.said_yes and stay.ready_ms is not None:
            return all(no_ms < stay.ready_ms for no_ms in self._noes)
        return self._by_default and not self._noes


def state_of(stay: Stay, world: World, line: str, consents: Consents, last_ms: int, end_ms: int) -> str:
    """The status of its unique lead when the input ends, at a clock between `last_ms` and `end_ms`; "" = it depends."""
    if stay.ended:
        return stay.ended
    if stay.followed:
        return CLOSED
    expires_ms = stay.expires_ms(world, line)
    if expires_ms < last_ms:
        return CLOSED
    if expires_ms <= end_ms:
        return ""
    if stay.waits:
        return stay.waits
    return DISPATCHED if is_dispatched(stay, consents, last_ms) else ""


def is_dispatched(stay: Stay, consents: Consents, at_ms: int) -> bool:
    """Whether it has surely gone to its store by then, where it waits for nothing else."""
    ready_ms = stay.ready_ms
    if ready_ms is None or max(ready_ms, stay.moved_ms) + _DISPATCHED_WITHIN_MS > at_ms:
        return False
    return consents.stands(stay)
