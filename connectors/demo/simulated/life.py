"""The lives of simulated customers: scripts of intended marks, then times that produce them.

The truth comes from here and from nothing else. A step says what shall happen (*merged*, *first touch after the
bound*, *reopened*), chooses a time at which the rules of the domain must give just that, and writes the mark down.
Nothing looks at a finished list of leads to find out its marks. Bounds are met exactly by some steps (the last
millisecond that still merges, the first that does not) and kept away from by an hour or more by all others.

Order of delivery. A raw lead arrives at or after its event time, so the event clock (ruling 4) never passes the arrival
of what it has seen. An activity is placed after the arrival of every earlier raw lead of its key: the engine reads it
after them, and before every later one, whose event time is greater.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from connectors.demo.simulated import storylines
from connectors.demo.simulated.channels import Channel
from connectors.demo.simulated.days import (
    DAY_MS,
    HOUR_MS,
    MINUTE_MS,
    OFFICE_CURVE,
    SECOND_MS,
    DayCurve,
    day_start_ms,
    local_day,
)
from connectors.demo.simulated.people import Identity, Person
from connectors.demo.simulated.records import DEAL_MERGED, DEDUPED, FIRST_TOUCH, MERGED, Activity, Part
from connectors.demo.simulated.voice import Voice
from connectors.demo.simulated.world import Periods, World

OPEN, LOST, WON = "open", "lost", "won"
_SAFE_MS = HOUR_MS
_GAP_MS = 10 * MINUTE_MS


@dataclass(slots=True)
class Thread:
    """What the script has said so far about one key (customer, store, line), and until when that holds."""

    person: Person
    identity: Identity
    store: str | None
    line: str
    series: str | None
    periods: Periods
    intention: str = ""
    state: str = OPEN
    opened_ms: int = 0
    anchor_ms: int = 0
    ended_ms: int = 0
    day: int = 0
    at_ms: int = 0
    arrived_ms: int = 0
    channel: Channel | None = None
    splits: bool = True

    @property
    def bound_ms(self) -> int:
        """The last instant at which a raw lead still merges (ruling 6)."""
        return min(self.anchor_ms + self.periods.merge_ms, self.opened_ms + self.periods.max_life_ms)

    @property
    def reopen_bound_ms(self) -> int:
        """The last instant at which a raw lead still reopens (row 4 of the merge table, ruling 27)."""
        return min(self.ended_ms + self.periods.merge_ms, self.opened_ms + self.periods.max_life_ms)

    @property
    def deal_bound_ms(self) -> int:
        """The last instant at which a raw lead is still deal-merged."""
        return self.ended_ms + self.periods.deal_merge_ms

    @property
    def settled_ms(self) -> int:
        """From here on everything said so far has been delivered."""
        return max(self.at_ms, self.arrived_ms)


class Lives:
    """Writes lives up to `end_ms`. Every method that names a step returns False where the step has no room."""

    def __init__(self, world: World, rng: Random, voice: Voice, end_ms: int, curve: DayCurve | None = None) -> None:
        self._world = world
        self._rng = rng
        self._voice = voice
        self._end_ms = end_ms
        self._curve = curve or DayCurve(OFFICE_CURVE)
        self._waiting: list[tuple[Thread, storylines.Plot]] = []

    def tell(self, thread: Thread, plot: storylines.Plot, start_ms: int) -> None:
        """The life of a key from its first touch at `start_ms`, and of the keys that its split raw leads open."""
        self._open(thread, start_ms, "first")
        self._go_on(thread, plot)
        while self._waiting:
            self._go_on(*self._waiting.pop())

    def thread(
        self, person: Person, identity: Identity, store: str | None, line: str, *, short: bool = False
    ) -> Thread:
        """A key about which nothing was said yet."""
        series = self._world.draw_series(self._rng, short=short)
        splits = store is not None and not person.solo
        return Thread(person, identity, store, line, series, self._world.periods(series, line), splits=splits)

    def _go_on(self, thread: Thread, plot: storylines.Plot) -> None:
        for step in plot.steps:
            if not _STEPS[step](self, thread):
                return

    # Raw leads.

    def _open(self, thread: Thread, at_ms: int, case: str) -> bool:
        if at_ms > self._end_ms:
            return False
        self._begin(thread, at_ms)
        return self._say(thread, at_ms, FIRST_TOUCH, case)

    def _begin(self, thread: Thread, at_ms: int) -> None:
        thread.intention = thread.person.new_intention()
        thread.state = OPEN
        thread.opened_ms = thread.anchor_ms = at_ms
        thread.periods = self._world.periods(thread.series, thread.line)

    def _say(self, thread: Thread, at_ms: int, mark: str, case: str, channel: Channel | None = None) -> bool:
        if at_ms > self._end_ms or at_ms < thread.at_ms:
            return False
        parts = [Part(thread.store, mark, thread.intention, case)]
        told = [thread]
        if thread.splits and self._rng.random() < 0.016:
            for store in self._voice.more_stores(thread.person, self._rng):
                other = Thread(
                    thread.person, thread.identity, store, thread.line, thread.series, thread.periods, splits=False
                )
                self._begin(other, at_ms)
                parts.append(Part(store, FIRST_TOUCH, other.intention, "split"))
                told.append(other)
                self._waiting.append((other, storylines.ANY.draw(self._rng)))
        lead = self._voice.raw_lead(thread.person, thread.identity, thread.line, thread.series, at_ms, parts, channel)
        for each in told:
            each.at_ms, each.day, each.channel = at_ms, local_day(at_ms), lead.channel
            each.arrived_ms = max(each.arrived_ms, lead.arrival_ms)
        return True

    def _touch(self, thread: Thread, at_ms: int, case: str) -> bool:
        """A MERGED raw lead: it moves the expiry by the periods of its own series (rulings 6 and 33)."""
        if not self._say(thread, at_ms, MERGED, case):
            return False
        thread.state, thread.anchor_ms = OPEN, at_ms
        thread.periods = self._world.periods(thread.series, thread.line)
        return True

    def same_day(self, thread: Thread) -> bool:
        """Repeats a raw lead of the same day; after a deal too, not after a loss (ruling 12)."""
        base, day_end = thread.at_ms, day_start_ms(thread.day + 1)
        room = day_end - base
        if thread.state == LOST or room < 10 * SECOND_MS:
            return False
        gap = 20 * SECOND_MS + int(self._rng.expovariate(1 / (70 * MINUTE_MS)))
        at_ms = base + gap if gap < room else base + 1 + int(self._rng.random() * (room - 2))
        return self._say(thread, at_ms, DEDUPED, "same_day")

    def tie(self, thread: Thread) -> bool:
        """Two raw leads of one millisecond: the lower tie key was first (ruling 32): this channel is higher."""
        first = thread.channel
        if first is None or thread.at_ms != thread.opened_ms:
            return False
        higher = [channel for channel in self._world.channels.live if channel.tie_head > first.tie_head]
        return bool(higher) and self._say(thread, thread.at_ms, DEDUPED, "tie", self._rng.choice(higher))

    def next_day(self, thread: Thread) -> bool:
        day = thread.day + 1
        low, high = max(day_start_ms(day), thread.at_ms + 1), min(day_start_ms(day + 1) - 1, thread.bound_ms - _SAFE_MS)
        return thread.state == OPEN and low < high and self._touch(thread, self._between(low, high, day), "next_day")

    def later(self, thread: Thread) -> bool:
        low = max(day_start_ms(thread.day + 2), thread.at_ms + _GAP_MS)
        high = thread.bound_ms - _SAFE_MS
        if thread.state != OPEN or low >= high:
            return False
        day = local_day(low) + int(self._rng.expovariate(1 / 7))
        at_ms = self._between(low, high, day)
        # A customer may change his mind about the series; its own periods count from then on.
        if self._rng.random() < 0.05:
            thread.series = self._world.other_series(self._rng, thread.series)
        return self._touch(thread, at_ms, "later")

    def switch(self, thread: Thread) -> bool:
        thread.series = self._world.other_series(self._rng, thread.series)
        return True

    def at_bound(self, thread: Thread) -> bool:
        """Exactly at the expiry: still merged (ruling 5)."""
        at_ms = thread.bound_ms
        return thread.state == OPEN and local_day(at_ms) > thread.day and self._touch(thread, at_ms, "at_bound")

    def past_bound(self, thread: Thread) -> bool:
        """One millisecond after the expiry: a new intention."""
        at_ms = thread.bound_ms + 1
        return thread.state == OPEN and local_day(at_ms) > thread.day and self._open(thread, at_ms, "past_bound")

    def expired(self, thread: Thread) -> bool:
        return thread.state == OPEN and self._open_after(thread, thread.bound_ms, "expired")

    def reopen(self, thread: Thread) -> bool:
        low = max(day_start_ms(max(thread.day, local_day(thread.ended_ms)) + 1), thread.at_ms + _GAP_MS)
        high = thread.reopen_bound_ms - _SAFE_MS
        if thread.state != LOST or low >= high:
            return False
        day = local_day(low) + int(self._rng.expovariate(1 / 6))
        return self._touch(thread, self._between(low, high, day), "reopen")

    def reopen_same_day(self, thread: Thread) -> bool:
        """The first raw lead after a loss of the same day is merged and reopens (ruling 12)."""
        low, high = thread.at_ms + MINUTE_MS, day_start_ms(local_day(thread.ended_ms) + 1) - 1
        if thread.state != LOST or thread.day != local_day(thread.ended_ms) or low >= high:
            return False
        return self._touch(thread, self._uniform(low, high), "reopen_same_day")

    def reopen_at_bound(self, thread: Thread) -> bool:
        at_ms = thread.ended_ms + thread.periods.merge_ms
        if thread.state != LOST or at_ms > thread.reopen_bound_ms:
            return False
        return self._touch(thread, at_ms, "reopen_at_bound")

    def past_lost_bound(self, thread: Thread) -> bool:
        at_ms = thread.ended_ms + thread.periods.merge_ms + 1
        return thread.state == LOST and self._open(thread, at_ms, "past_lost_bound")

    def beyond_lost(self, thread: Thread) -> bool:
        bound_ms = thread.ended_ms + thread.periods.merge_ms
        return thread.state == LOST and self._open_after(thread, bound_ms, "beyond_lost")

    def deal_next(self, thread: Thread) -> bool:
        low = day_start_ms(max(thread.day, local_day(thread.ended_ms)) + 1)
        high = thread.deal_bound_ms - _SAFE_MS
        if thread.state != WON or low >= high:
            return False
        day = local_day(low) + int(self._rng.expovariate(1 / 6))
        return self._say(thread, self._between(low, high, day), DEAL_MERGED, "deal_next")

    def deal_at_bound(self, thread: Thread) -> bool:
        return thread.state == WON and self._say(thread, thread.deal_bound_ms, DEAL_MERGED, "deal_at_bound")

    def past_deal_bound(self, thread: Thread) -> bool:
        return thread.state == WON and self._open(thread, thread.deal_bound_ms + 1, "past_deal_bound")

    def beyond_deal(self, thread: Thread) -> bool:
        return thread.state == WON and self._open_after(thread, thread.deal_bound_ms, "beyond_deal")

    def _open_after(self, thread: Thread, bound_ms: int, case: str) -> bool:
        low = max(bound_ms + _SAFE_MS, day_start_ms(thread.day + 1))
        day = local_day(low) + int(self._rng.expovariate(1 / 4))
        return self._open(thread, self._between(low, low + 20 * DAY_MS, day), case)

    # Activities.

    def follow(self, thread: Thread) -> bool:
        """An effective follow-up: it moves the expiry within the periods in force."""
        if not self._act(thread, ("CALL", "CALL", "FOLLOW_UP", "VISIT", "VISIT", "TEST_DRIVE", "QUOTE", "ORDER"), 4.0):
            return False
        thread.anchor_ms = thread.at_ms
        return True

    def idle_call(self, thread: Thread) -> bool:
        """A call that reached nobody: it moves nothing."""
        return self._act(thread, ("CALL", "CALL", "FOLLOW_UP"), 2.0, effective=False)

    def lose(self, thread: Thread) -> bool:
        return self._act(thread, ("LOST",), 5.0) and self._end(thread, LOST)

    def invalidate(self, thread: Thread) -> bool:
        return self._act(thread, ("INVALID",), 3.0) and self._end(thread, LOST)

    def lose_same_day(self, thread: Thread) -> bool:
        low, high = thread.settled_ms + _GAP_MS, day_start_ms(thread.day + 1) - 2 * HOUR_MS
        if thread.state != OPEN or low >= high:
            return False
        kind = "LOST" if self._rng.random() < 0.6 else "INVALID"
        return self._do(thread, kind, self._uniform(low, min(low + 3 * HOUR_MS, high))) and self._end(thread, LOST)

    def pay(self, thread: Thread) -> bool:
        """A deal, after 30 to 45 days where the lead lives that long."""
        low, high = thread.settled_ms + _GAP_MS, thread.bound_ms - _SAFE_MS
        if thread.state != OPEN or low >= high:
            return False
        want = thread.opened_ms + self._uniform(30 * DAY_MS, 45 * DAY_MS)
        if not low <= want <= high:
            want = self._uniform(low, high)
        return self._do(thread, "PAID", want) and self._end(thread, WON)

    def pay_same_day(self, thread: Thread) -> bool:
        low, high = thread.settled_ms + _GAP_MS, day_start_ms(thread.day + 1) - HOUR_MS
        if thread.state != OPEN or low >= high:
            return False
        return self._do(thread, "PAID", self._uniform(low, high)) and self._end(thread, WON)

    def pay_expired(self, thread: Thread) -> bool:
        """A deal wins a lead that the timer has closed (ruling 19)."""
        low, high = thread.bound_ms + _SAFE_MS, thread.bound_ms + thread.periods.deal_merge_ms - _SAFE_MS
        if thread.state != OPEN:
            return False
        return self._pay_closed(thread, low, high)

    def pay_lost(self, thread: Thread) -> bool:
        """A deal wins a lost lead (ruling 19)."""
        low, high = thread.ended_ms + _SAFE_MS, thread.ended_ms + thread.periods.deal_merge_ms - _SAFE_MS
        return thread.state == LOST and self._pay_closed(thread, low, high)

    def _pay_closed(self, thread: Thread, low: int, high: int) -> bool:
        low = max(low, thread.settled_ms + _GAP_MS)
        if low >= high or not self._do(thread, "PAID", self._uniform(low, high), named=True):
            return False
        return self._end(thread, WON)

    def refund(self, thread: Thread) -> bool:
        """The deal ends: lost at that time (ruling 19), while the deal is still remembered (ruling 57)."""
        low, high = thread.settled_ms + HOUR_MS, thread.deal_bound_ms - _SAFE_MS
        if thread.state != WON or low >= high:
            return False
        at_ms = self._uniform(low, min(low + 8 * DAY_MS, high))
        return self._do(thread, "REFUND", at_ms, named=True) and self._end(thread, LOST)

    def opt_out(self, thread: Thread) -> bool:
        return self._act(thread, ("OPT_OUT",), 2.0)

    def _act(self, thread: Thread, kinds: tuple[str, ...], mean_days: float, *, effective: bool = True) -> bool:
        low, high = thread.settled_ms + _GAP_MS, thread.bound_ms - _SAFE_MS
        if thread.state != OPEN or low >= high:
            return False
        at_ms = low + int(self._rng.expovariate(1 / (mean_days * DAY_MS)))
        if at_ms > high:
            at_ms = self._uniform(low, high)
        return self._do(thread, self._rng.choice(kinds), at_ms, effective=effective)

    def _do(self, thread: Thread, kind: str, at_ms: int, *, effective: bool = True, named: bool = False) -> bool:
        if at_ms > self._end_ms or thread.store is None:
            return False
        # Without a store it speaks of the only open lead of the line (ruling 26).
        bare = kind == "OPT_OUT" or (thread.person.solo and not named and self._rng.random() < 0.3)
        activity = Activity(
            kind,
            at_ms,
            self._voice.next_number(),
            thread.person,
            thread.identity,
            None if bare else thread.store,
            thread.line,
            self._rng.getrandbits(32),
            effective,
        )
        self._voice.activities.append(activity)
        thread.at_ms = at_ms
        return True

    def _end(self, thread: Thread, state: str) -> bool:
        thread.state, thread.ended_ms = state, thread.at_ms
        return True

    # Times.

    def _uniform(self, low: int, high: int) -> int:
        return low + int(self._rng.random() * (high - low))

    def _between(self, low: int, high: int, day: int) -> int:
        """A time of `day` by the curve; where that lies outside low…high, any time in them of that day, or at all."""
        start = day_start_ms(day)
        at_ms = start + self._curve.draw(self._rng)
        if low <= at_ms <= high:
            return at_ms
        low_of_day, high_of_day = max(low, start), min(high, start + DAY_MS - 1)
        return self._uniform(low_of_day, high_of_day) if low_of_day < high_of_day else self._uniform(low, high)


_STEP_NAMES = {step for plot in storylines.PLOTS for step in plot.steps}
_STEPS: dict[str, Callable[[Lives, Thread], bool]] = {name: getattr(Lives, name) for name in sorted(_STEP_NAMES)}
