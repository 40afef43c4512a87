"""Who comes: the mixture of customers, each given the lives of his keys. The generator and the demo feed share it."""

from __future__ import annotations

from random import Random

from connectors.demo.simulated import storylines
from connectors.demo.simulated.channels import Channel
from connectors.demo.simulated.days import DAY_MS, HOUR_MS, MINUTE_MS, DayCurve
from connectors.demo.simulated.life import Lives
from connectors.demo.simulated.people import Person
from connectors.demo.simulated.records import FIRST_TOUCH, LATE, MERGED, SHADOW, Part
from connectors.demo.simulated.stores import MAIN_LINE, USED_LINE
from connectors.demo.simulated.voice import Voice
from connectors.demo.simulated.world import World

# Shares of customers.
_WECHAT_FIRST = 0.01
_LATE = 0.006
_LATE_EDGE = 0.0015
_UNDATED = 0.004
_PENDING = 0.075
_SECOND_STORE = 0.05
_SECOND_LINE = 0.03
_USED_ONLY = 0.03
_ALSO_PENDING = 0.02
_SHADOW = 0.02
_RUN_MEMBERS = 6


class Cast:
    """Admits customers; what they send collects in `voice`. Lives end at `end_ms`."""

    def __init__(
        self,
        world: World,
        rng: Random,
        end_ms: int,
        *,
        first_number: int = 0,
        longest_delay_ms: int = 10 * DAY_MS,
        curve: DayCurve | None = None,
    ) -> None:
        self._world = world
        self._rng = rng
        self._end_ms = end_ms
        self.voice = Voice(world, rng, first_number, longest_delay_ms)
        self._lives = Lives(world, rng, self.voice, end_ms, curve)

    def admit(self, index: int, start_ms: int) -> None:
        """Customer number `index`, whose first raw lead has the event time `start_ms`."""
        rng = self._rng
        draw = rng.random()
        person = self._world.people.person(index, rng, wechat_first=draw < _WECHAT_FIRST)
        if draw < _WECHAT_FIRST:
            self._wechat_first(person, start_ms)
        elif draw < (edge := _WECHAT_FIRST + _LATE):
            self._late(person, start_ms)
        elif draw < (edge := edge + _LATE_EDGE):
            self._late_edge(person, start_ms)
        elif draw < (edge := edge + _UNDATED):
            part = Part(self.voice.store(person), FIRST_TOUCH, person.new_intention(), "undated")
            self.voice.undated(person, person.identities[-1], MAIN_LINE, "aurora", start_ms, part)
        elif draw < edge + _PENDING:
            self._key(person, None, MAIN_LINE, start_ms)
        else:
            self._usual(person, start_ms)
        if rng.random() < _SHADOW:
            self._shadow(person, start_ms)

    def greet(self, index: int, at_ms: int) -> None:
        """A customer whose only raw lead arrives at its very event time."""
        person = self._world.people.person(index, self._rng)
        part = Part(self.voice.store(person), FIRST_TOUCH, person.new_intention(), "first")
        self.voice.punctual(person, person.identities[-1], MAIN_LINE, "aurora", at_ms, part)

    def number_run(self, index: int, run: int, start_ms: int, channel: Channel | None = None) -> int:
        """A number run (后3位连号): consecutive numbers by one channel, any where none is named, minutes apart. Returns how many
        customers."""
        channel = channel or self._world.channels.draw(self._rng)
        for member in range(_RUN_MEMBERS):
            person = self._world.people.person(index + member, self._rng, run=(run, member))
            part = Part(self.voice.store(person), FIRST_TOUCH, person.new_intention(), "number_run")
            at_ms = start_ms + member * 7 * MINUTE_MS
            self.voice.raw_lead(person, person.identities[-1], MAIN_LINE, "aurora", at_ms, [part], channel)
        return _RUN_MEMBERS

    def _usual(self, person: Person, start_ms: int) -> None:
        rng = self._rng
        line = USED_LINE if rng.random() < _USED_ONLY else MAIN_LINE
        self._key(person, self.voice.store(person, line), line, start_ms)
        if person.solo:
            return
        draw = rng.random()
        later_ms = start_ms + int(rng.expovariate(1 / (6 * DAY_MS)))
        if draw < _SECOND_STORE:
            for store in self.voice.more_stores(person, rng)[:1]:
                self._key(person, store, line, later_ms)
        elif draw < _SECOND_STORE + _SECOND_LINE:
            other = MAIN_LINE if line == USED_LINE else USED_LINE
            self._key(person, self.voice.store(person, other), other, later_ms)
        elif draw < _SECOND_STORE + _SECOND_LINE + _ALSO_PENDING:
            # Without a store it has a key of its own, whatever else is open (ruling 7).
            self._key(person, None, line, later_ms)

    def _key(self, person: Person, store: str | None, line: str, start_ms: int) -> None:
        if start_ms > self._end_ms:
            return
        plot = (storylines.ANY if store else storylines.WITHOUT_ACTIVITIES).draw(self._rng)
        short = plot.short and self._rng.random() < 0.8
        thread = self._lives.thread(person, person.identities[-1], store, line, short=short)
        self._lives.tell(thread, plot, start_ms)

    def _wechat_first(self, person: Person, start_ms: int) -> None:
        """A landline with a WeChat id, the mobile days later: in the strongest mode two customers (ruling 23)."""
        store = self.voice.store(person)
        part = Part(store, FIRST_TOUCH, person.new_intention(), "wechat_first")
        channel = self._rng.choice(self._world.channels.wechat)
        self.voice.raw_lead(person, person.identities[0], MAIN_LINE, "aurora", start_ms, [part], channel)
        self._key(person, store, MAIN_LINE, start_ms + int(self._rng.uniform(HOUR_MS, 6 * DAY_MS)))

    def _late(self, person: Person, start_ms: int) -> None:
        """Beyond the lateness of its channel, by a millisecond or by days; the raw lead before it holds the clock."""
        rng, channels = self._rng, self._world.channels
        part = Part(self.voice.store(person), FIRST_TOUCH, person.new_intention(), "before_late")
        rider = self.voice.punctual(person, person.identities[-1], MAIN_LINE, "aurora", start_ms, part)
        channel = rng.choice(channels.offline) if rng.random() < 0.1 else rng.choice(channels.live)
        beyond_ms = 1 if rng.random() < 0.2 else int(rng.uniform(HOUR_MS, 7 * DAY_MS))
        late = Part(part.store, "", "", "late_by_1ms" if beyond_ms == 1 else LATE.lower())
        self.voice.behind(rider, channel, start_ms - channel.late_ms - beyond_ms, late, late=True)

    def _late_edge(self, person: Person, start_ms: int) -> None:
        """Exactly as late as its channel allows: accepted, and the true first touch of what came before it."""
        channel = self._rng.choice(self._world.channels.unhurried)
        store, intention = self.voice.store(person), person.new_intention()
        merged = Part(store, MERGED, intention, "after_late")
        rider = self.voice.punctual(person, person.identities[-1], MAIN_LINE, "aurora", start_ms, merged)
        first = Part(store, FIRST_TOUCH, intention, "late_at_bound")
        self.voice.behind(rider, channel, start_ms - channel.late_ms, first, late=False)

    def _shadow(self, person: Person, start_ms: int) -> None:
        at_ms = min(start_ms + int(self._rng.expovariate(1 / (2 * DAY_MS))), self._end_ms)
        store = next(iter(sorted(person.stores)), None)
        part = Part(store, "", "", SHADOW.lower())
        self.voice.shadow(person, person.identities[-1], MAIN_LINE, "aurora", at_ms, part)
