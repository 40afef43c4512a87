"""The call centre (外呼中心): what robot and people say of the leads that must be cleaned, some minutes after they came.

It works on lives that are told already and changes none of their times. A verdict stands only where the script knows what it
does to the marks: nothing of the key is under way then, a closing has nothing behind it that it would change, and a store
answer leaves later raw leads without store to begin anew (ruling 7), which is written into the truth here.

Facts, outcomes and times are those of rulings 24 and 58 to 61, as a script says them: which lead must be cleaned follows from
how it was made. Where the making does not say it, there is no truth.

Stores that leave (经销商退网, `exits`) are planned before anybody calls. Of a lead at such a store the call centre ends nothing
that the plan relies on, says nothing across the exit, and sends nobody there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from random import Random

from connectors.demo.simulated import calls, exits, phones
from connectors.demo.simulated.calls import AI, MANUAL, NONE, Call
from connectors.demo.simulated.channels import Channel, young_channels
from connectors.demo.simulated.days import DAY_MS, HOUR_MS, day_start_ms, local_day
from connectors.demo.simulated.exits import AFTER, BEFORE, BETWEEN, Exits
from connectors.demo.simulated.key_life import (
    CLEANING,
    INVALID,
    LOST,
    PENDING,
    Consents,
    KeyLife,
    Stay,
    Touch,
    ends_with,
    is_dispatched,
    keys_of,
    moves_expiry,
    state_of,
)
from connectors.demo.simulated.records import DEDUPED, FIRST_TOUCH, MERGED, Activity, RawLead, StoreExit, Verdict
from connectors.demo.simulated.world import World

YOUNG_MS = 90 * DAY_MS
DEFAULT_SHARE = 0.9
_WITHOUT_TASK = 0.02
"""Of the leads without task, those of which somebody says something all the same."""
_FOLDS = 0.6
"""Share of customers with an open lead at a store who name that store when they are asked."""


class CallCentre:
    """Answers a share of the tasks. `verdicts` collects them, `cases` counts what was planned, `openings` holds the number of
    each raw lead whose time of arrival the plan relies on.

    `homes`: the robot also calls where the city may be known by the number's home alone. No truth can say that, so it is for
    feeds without one; else such leads are answered by people.
    `opens_ms` maps the number of a raw lead to the clock at which it is read; without it that is its arrival.
    """

    def __init__(
        self,
        world: World,
        rng: Random,
        last_ms: int,
        end_ms: int,
        *,
        share: float = DEFAULT_SHARE,
        opens_ms: Mapping[int, int] | None = None,
        leaving: Exits | None = None,
        homes: bool = False,
    ) -> None:
        self._world = world
        self._rng = rng
        self._last_ms = last_ms
        self._end_ms = end_ms
        self._share = share
        self._opens_ms = opens_ms
        self._leaving = leaving or Exits()
        self._if_home = AI if homes else ""
        self._involved = self._leaving.involved
        self._young = {code: day_start_ms(world.first_day + after) for code, after in young_channels().items()}
        self.verdicts: list[Verdict] = []
        self.cases: Counter[str] = Counter()
        self.expected: Counter[str] = Counter()
        """What becomes of the verdicts: `calls.TAKEN`, `REFUSED`, `REPEATED`."""
        self.openings: set[int] = set()

    def work(self, leads: list[RawLead], activities: list[Activity]) -> None:
        """All that was told of some customers: verdicts, and what they change in the truth."""
        for keys in keys_of(leads, activities):
            # Those with a store first: a lead without one may fold into them.
            for key in sorted(keys, key=lambda key: key.store is None):
                self._work(key, keys)
            consents = Consents(keys)
            for key in keys:
                if left := self._leaving.of.get(key.store or ""):
                    self._leaves(key, keys, left, consents)
            for key in keys:
                for stay in key.stays:
                    self._write(stay, key, consents)

    def _write(self, stay: Stay, key: KeyLife, consents: Consents) -> None:
        """The truth of one unique lead, on its first touch."""
        first = next((touch.part for touch in stay.touches if touch.part.mark == FIRST_TOUCH), None)
        if first is None or not stay.in_order or key.told_elsewhere():
            return
        first.route = stay.route
        if stay.route and not stay.unknown:
            first.state = state_of(stay, self._world, key.line, consents, self._last_ms, self._end_ms)

    def _work(self, key: KeyLife, keys: list[KeyLife]) -> None:
        """One key from its first raw lead to its last."""
        ended, place, acts = "", 0, list(key.acts)
        while place < len(key.touches):
            touch = key.touches[place]
            while acts and acts[0].event_ms < touch.event_ms:
                ended = self._acted(key, acts.pop(0), ended)
            if touch.part.mark == FIRST_TOUCH:
                if key.stays and not key.stays[-1].moved_to:
                    key.stays[-1].followed = not key.stays[-1].ended
                end = next(
                    (at for at in range(place + 1, len(key.touches)) if key.touches[at].part.mark == FIRST_TOUCH),
                    len(key.touches),
                )
                key.stays.append(
                    Stay(key.touches[place:end], key.in_order(place, end) and self._is_plain(key, place, end))
                )
                ended = self._opens(key, keys, touch, "")
            elif touch.part.mark == MERGED and ended in (LOST, INVALID) and key.stays[-1].ended_ms < touch.event_ms:
                key.stays[-1].ended = ""
                ended = self._opens(key, keys, touch, ended)
            place += 1
        for act in acts:
            ended = self._acted(key, act, ended)

    def _acted(self, key: KeyLife, act: Activity, ended: str) -> str:
        if not key.stays:
            return ended  # an opt-out, before this key was opened
        stay = key.stays[-1]
        if moves_expiry(act):
            stay.follow_ups.append(act.event_ms)
        if not ends_with(act):
            return ended
        stay.ended, stay.ended_ms = ends_with(act), act.event_ms
        return stay.ended

    def _opens(self, key: KeyLife, keys: list[KeyLife], touch: Touch, before: str) -> str:
        """A unique lead opens or opens again: its route, and what is said of it. Returns how it ended by that."""
        stay = key.stays[-1]
        if not stay.in_order or key.told_elsewhere():
            return ""
        lead = touch.lead
        read_ms = lead.arrival_ms if self._opens_ms is None else self._opens_ms[lead.number]
        wants = PENDING if key.store is None else self._unknown(key, touch)
        stay.route = self._route(key, keys, touch, before == INVALID)
        stay.waits, stay.ready_ms, stay.said_yes, stay.opening = "", None, False, touch
        if stay.route == NONE:
            stay.ready_ms = read_ms
            if self._rng.random() >= _WITHOUT_TASK * self._share or self._leaving.is_quiet(key, keys):
                return ""
            call = Call(self._rng, key, touch, NONE, "", read_ms, self._ends_ms(key, touch))
            self.cases[f"without task: {calls.make(call)}"] += 1
            self._collect(call)
            return self._conclude(key, keys, stay, call)
        call = Call(self._rng, key, touch, stay.route or self._if_home, wants, read_ms, self._ends_ms(key, touch))
        call.new_store, call.open_store = self._new_store(key), self._open_store(key, keys)
        self.cases[f"route_{stay.route or 'open'}"] += 1
        if self._rng.random() < self._share and not self._leaving.is_quiet(key, keys):
            self.cases[calls.make(call)] += 1
        call.times_pass(self._last_ms)
        self._collect(call)
        return self._conclude(key, keys, stay, call)

    def _collect(self, call: Call) -> None:
        if call.verdicts:
            self.openings.add(call.touch.lead.number)
        self.verdicts += call.verdicts
        self.expected.update(call.expected)

    def _conclude(self, key: KeyLife, keys: list[KeyLife], stay: Stay, call: Call) -> str:
        stay.ready_ms, stay.said_yes = call.ready_ms, call.yes_ms is not None
        if call.answered_ms is not None:
            self._answered(key, keys, stay, call.answer, call.answered_ms)
        elif call.wants:
            stay.waits = call.wants
        if call.invalid_ms is None:
            return ""
        stay.ended, stay.ended_ms = INVALID, call.invalid_ms
        return INVALID

    # Which leads must be cleaned (ruling 58).

    def _route(self, key: KeyLife, keys: list[KeyLife], touch: Touch, was_invalid: bool) -> str:
        """AI, MANUAL or NONE; "" where a city may be known by the number's home alone."""
        kind, lead = key.identity.kind, touch.lead
        if (
            kind == phones.LANDLINE
            or was_invalid
            or self._unknown(key, touch)
            or self._is_young(lead.channel, lead.event_ms)
        ):
            return MANUAL
        if key.store is not None:
            return AI if kind == phones.ODD else NONE
        if lead.gives_city:
            return AI
        # No operator gives out numbers of such a segment: they have no home.
        others = any(touch.lead.gives_city for each in keys for touch in each.touches)
        return MANUAL if kind == phones.ODD and not others else ""

    def _unknown(self, key: KeyLife, touch: Touch | None = None) -> str:
        """The status of a lead whose store the registry does not know, not for the line, or no longer when the raw lead is
        read; else ""."""
        if key.store is None:
            return ""
        left = self._leaving.of.get(key.store)
        gone = left and not left.successor and touch and self._leaving.side(touch, left) == AFTER
        return CLEANING if gone or key.store not in self._world.stores.selling[key.line] else ""

    def _is_young(self, channel: Channel, event_ms: int) -> bool:
        since_ms = self._young.get(channel.code)
        return since_ms is not None and channel.group != "offline" and event_ms < since_ms + YOUNG_MS

    # Store answers (rulings 7 and 53).

    def _new_store(self, key: KeyLife) -> str:
        """A store of the city that the customer has never named; "" where there is none."""
        if key.store is not None:
            return ""
        codes = self._world.stores.codes[key.person.city, key.line]
        left = [code for code in codes if code not in key.person.stores and code not in self._involved]
        return self._rng.choice(left) if left else ""

    def _open_store(self, key: KeyLife, keys: list[KeyLife]) -> Callable[[int], str]:
        """A store at which the customer has an open lead at an instant, whose life is told by then."""

        def at(at_ms: int) -> str:
            if key.store is not None:
                return ""
            theirs = [other for other in keys if other.store is not None and other.line == key.line]
            return next((other.store or "" for other in theirs if self._is_survivor(other, at_ms)), "")

        return at if self._rng.random() < _FOLDS else lambda at_ms: ""

    def _is_survivor(self, other: KeyLife, at_ms: int) -> bool:
        if len(other.stays) != 1 or self._unknown(other) or other.told_elsewhere() or other.store in self._involved:
            return False
        stay = other.stays[0]
        ended = any(ends_with(act) for act in other.acts)
        return (
            stay.in_order
            and not (stay.ended or ended or other.after(at_ms))
            and other.settled(at_ms)
            and other.next_act_ms(at_ms) == 1 << 62
            and at_ms < stay.expires_ms(self._world, other.line)
        )

    def _answered(self, key: KeyLife, keys: list[KeyLife], stay: Stay, store: str, at_ms: int) -> None:
        """The lead moves to the store, or folds into the one that is open there; later raw leads begin anew."""
        later = [touch for touch in stay.touches if touch.event_ms > at_ms]
        stay.touches = [touch for touch in stay.touches if touch.event_ms <= at_ms]
        stay.moved_to = store
        if later:
            later[0].part.mark, later[0].part.case = FIRST_TOUCH, "after_answer"
            intention = key.person.new_intention()
            for touch in later:
                touch.part.intention = intention
        survivor = next((other for other in keys if other.store == store and other.line == key.line), None)
        if survivor is None:
            key.person.stores.add(store)
            return
        _fold(stay, survivor.stays[0], "folded")
        self.cases["folds"] += 1

    # Stores that leave (rulings 31 and 66).

    def _is_plain(self, key: KeyLife, first: int, end: int) -> bool:
        """Whether the script knows of each raw lead of an intention at which store it is read."""
        left = self._leaving.of.get(key.store or "")
        if left is None:
            return True
        sides = {self._leaving.side(touch, left) for touch in key.touches[first:end]}
        # What a successor makes of a lead whose store did not sell the line is its registry's matter.
        return BETWEEN not in sides and not (left.successor and self._unknown(key) and sides != {BEFORE})

    def _ends_ms(self, key: KeyLife, touch: Touch) -> int:
        """Until when the call centre speaks of a lead: not across an exit."""
        left = self._leaving.of.get(key.store or "")
        if left is None or self._leaving.side(touch, left) == AFTER:
            return self._end_ms
        return min(self._end_ms, left.event_ms - HOUR_MS)

    def _leaves(self, key: KeyLife, keys: list[KeyLife], left: StoreExit, consents: Consents) -> None:
        """What the exit makes of the lead that is open at the key."""
        stays = [stay for stay in key.stays if stay.touches and stay.touches[0].event_ms <= left.event_ms]
        stands = exits.standing(self._world, key, left.event_ms)
        if not stays or stands not in (exits.OPEN, exits.UNSURE):
            return
        stay = stays[-1]
        if stay.opening is None or self._leaving.side(stay.opening, left) == AFTER:
            return  # it opened again behind the exit
        if not left.successor:
            if stay.ended and stay.ended_ms < left.event_ms:
                return
            self.cases["exit_waits"] += 1
            if stands == exits.OPEN and is_dispatched(stay, consents, left.event_ms):
                stay.waits = CLEANING
            else:
                stay.unknown = not stay.waits
            return
        other = exits.at_successor(left, key, keys)
        if other is not None and other.stays and exits.standing(self._world, other, left.event_ms) == exits.OPEN:
            _fold(stay, other.stays[-1], "exit_folded")
            other.stays[-1].unknown = True
            self.cases["exit_folds"] += 1
            return
        self.cases["exit_moves"] += 1
        stay.unknown = bool(stay.waits)
        stay.moved_ms = left.event_ms


def _fold(stay: Stay, survivor: Stay, case: str) -> None:
    """The raw leads of one lead as those of another (ruling 7)."""
    days = {local_day(touch.event_ms) for touch in survivor.touches}
    for touch in stay.touches:
        if touch.part.mark != DEDUPED:
            touch.part.mark = DEDUPED if local_day(touch.event_ms) in days else MERGED
            touch.part.case = case
        touch.part.intention = survivor.touches[0].part.intention
    survivor.touches += stay.touches
