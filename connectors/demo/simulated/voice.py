"""How a scripted event reaches us: by which channel, when, how often, and with which small faults of time.

Nothing here changes what an event means: a late, repeated or enriched delivery keeps the mark of the script.
"""

from __future__ import annotations

from random import Random

from connectors.demo.simulated.channels import Channel
from connectors.demo.simulated.days import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS
from connectors.demo.simulated.people import Identity, Person
from connectors.demo.simulated.records import (
    ENRICHED,
    LATE,
    ORIGINAL,
    REWRITTEN,
    SAME_BYTES,
    SHADOW,
    Activity,
    Delivery,
    Part,
    RawLead,
)
from connectors.demo.simulated.stores import MAIN_LINE
from connectors.demo.simulated.world import World

_REPLAYED, _ENRICHED = 0.021, 0.005


class Voice:
    """Collects what the lives say: `leads`, `deliveries` of them, `activities`. `first_number` numbers the ids."""

    def __init__(self, world: World, rng: Random, first_number: int = 0, longest_delay_ms: int = 10 * DAY_MS) -> None:
        self._world = world
        self._rng = rng
        self._number = first_number
        self._longest_delay_ms = longest_delay_ms
        self._order = 0
        self.leads: list[RawLead] = []
        self.deliveries: list[Delivery] = []
        self.activities: list[Activity] = []
        self.accepted_parts = 0

    def next_number(self) -> int:
        """A number that no other record has."""
        self._number += 1
        return self._number

    def raw_lead(
        self,
        person: Person,
        identity: Identity,
        line: str,
        series: str | None,
        event_ms: int,
        parts: list[Part],
        channel: Channel | None = None,
    ) -> RawLead:
        """An accepted raw lead, delivered by and by; perhaps again, perhaps enriched later."""
        rng = self._rng
        channel = channel or self._world.channels.draw(rng)
        lead = self._new(person, identity, channel, line, series, event_ms, parts)
        lead.arrival_ms = event_ms + self._delay_ms(channel)
        lead.no_ingest_time = rng.random() < 0.1
        self._deliver(lead, ORIGINAL, lead.arrival_ms)
        self.accepted_parts += len(parts)
        draw = rng.random()
        if draw < 0.003:
            # A clock that runs ahead: clamped to the ingest time, which is the event time of the script (ruling 20).
            lead.arrival_ms = self.deliveries[-1].arrival_ms = event_ms
            lead.no_ingest_time = False
            lead.written_ahead_ms = int(rng.choice((0.2, 1, 8, 30, 24 * 400)) * HOUR_MS)
        elif draw < 0.003 + _REPLAYED:
            self._replay(lead)
        elif draw < 0.003 + _REPLAYED + _ENRICHED:
            delay = min(rng.choice((10 * MINUTE_MS, 10 * MINUTE_MS, 30 * HOUR_MS)), self._longest_delay_ms)
            self._deliver(lead, ENRICHED, lead.arrival_ms + int(delay * (0.8 + rng.random())))
        return lead

    def undated(
        self, person: Person, identity: Identity, line: str, series: str | None, at_ms: int, part: Part
    ) -> None:
        """The only raw lead of a customer, without event time: ruling 20 gives it one that its mark does not need."""
        lead = self._new(person, identity, self._world.channels.draw(self._rng), line, series, at_ms, [part])
        lead.no_event_time = True
        self._deliver(lead, ORIGINAL, at_ms, pinned=True)
        self.accepted_parts += 1

    def punctual(
        self, person: Person, identity: Identity, line: str, series: str | None, at_ms: int, part: Part
    ) -> RawLead:
        """A raw lead that arrives at its very event time: the event clock stands exactly there when it was read."""
        lead = self._new(person, identity, self._world.channels.draw(self._rng), line, series, at_ms, [part])
        self._deliver(lead, ORIGINAL, at_ms, pinned=True)
        self.accepted_parts += 1
        return lead

    def behind(self, rider: RawLead, channel: Channel, event_ms: int, part: Part, *, late: bool) -> None:
        """A raw lead of the same customer that arrives right after `rider`; `late` = beyond its channel's lateness."""
        lead = self._new(rider.person, rider.identity, channel, rider.line, rider.series, event_ms, [part])
        lead.arrival_ms = rider.arrival_ms
        lead.outcome = LATE if late else ""
        self._deliver(lead, ORIGINAL, lead.arrival_ms, pinned=True)
        self.accepted_parts += 0 if late else 1

    def shadow(self, person: Person, identity: Identity, line: str, series: str | None, at_ms: int, part: Part) -> None:
        """A raw lead of a TESTING channel, or a test lead of a live one (ruling 8)."""
        test = self._rng.random() < 0.3
        channel = self._world.channels.draw(self._rng) if test else self._rng.choice(self._world.channels.testing)
        lead = self._new(person, identity, channel, line, series, at_ms, [part])
        lead.arrival_ms = at_ms + int(self._rng.random() * MINUTE_MS)
        lead.test, lead.outcome = test, SHADOW
        self._deliver(lead, ORIGINAL, lead.arrival_ms)

    def more_stores(self, person: Person, rng: Random) -> list[str]:
        """One or two further stores of the person's city, and never one that he has named."""
        codes = [store.code for store in self._world.stores.per_city[person.city] if store.code not in person.stores]
        chosen = rng.sample(codes, min(len(codes), 2 if rng.random() < 0.25 else 1))
        person.stores.update(chosen)
        return chosen

    def store(self, person: Person, line: str = "") -> str:
        """A store of the person's city that he has not named yet, now and then one that the registry does not hold."""
        rng = self._rng
        if rng.random() < 0.005:
            code = rng.choice(self._world.stores.unknown)
        else:
            codes = self._world.stores.codes[person.city, line or MAIN_LINE]
            code = codes[int(rng.random() ** 1.7 * len(codes))]
        person.stores.add(code)
        return code

    def _new(
        self,
        person: Person,
        identity: Identity,
        channel: Channel,
        line: str,
        series: str | None,
        at_ms: int,
        parts: list[Part],
    ) -> RawLead:
        accounts = channel.accounts
        lead = RawLead(
            person=person,
            identity=identity,
            channel=channel,
            account=accounts[int(self._rng.random() * len(accounts))],
            number=self.next_number(),
            event_ms=at_ms,
            arrival_ms=at_ms,
            line=line,
            series=series,
            salt=self._rng.getrandbits(62),
            parts=parts,
        )
        self.leads.append(lead)
        return lead

    def _delay_ms(self, channel: Channel) -> int:
        rng = self._rng
        draw = rng.random()
        if channel.group == "offline" and draw < 0.5:
            # Lists that are imported days after the event (线下活动导入).
            delay = rng.uniform(HOUR_MS, 10 * DAY_MS)
        elif draw < 0.9:
            delay = min(rng.expovariate(1 / (8 * SECOND_MS)), 5 * MINUTE_MS)
        elif draw < 0.955:
            delay = rng.uniform(MINUTE_MS, HOUR_MS)
        elif draw < 0.988:
            delay = rng.uniform(HOUR_MS, DAY_MS)
        else:
            delay = rng.uniform(DAY_MS, 70 * HOUR_MS)
        return int(min(delay, channel.late_ms - HOUR_MS, self._longest_delay_ms))

    def _replay(self, lead: RawLead) -> None:
        """Transport replays (technical repeats): well inside the seven days of memory, after the original."""
        rng = self._rng
        at_ms = lead.arrival_ms
        for _ in range(1 if rng.random() < 0.9 else 2):
            delay = rng.expovariate(1 / (4 * MINUTE_MS)) if rng.random() < 0.8 else rng.uniform(HOUR_MS, 36 * HOUR_MS)
            at_ms += SECOND_MS + int(min(delay, self._longest_delay_ms))
            lead.replays += 1
            self._deliver(lead, SAME_BYTES if rng.random() < 0.5 else REWRITTEN, at_ms)

    def _deliver(self, lead: RawLead, form: int, arrival_ms: int, *, pinned: bool = False) -> None:
        self._order += 1
        self.deliveries.append(Delivery(arrival_ms, self._order, lead, form, pinned or form != ORIGINAL))
