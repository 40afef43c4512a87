"""The demo's live feed: a simulated calendar of 56 channels that starts on a working morning at 09:30 (ruling 50).

The records of an interval are a pure function of (seed, interval), so a run that goes on at a stored simulated time
goes on exactly. Customers are born in slots of half an hour, each slot from a seed of its own; what a slot sends
arrives within seven days, so an interval needs the slots of the seven days before it and nothing else.
"""

from __future__ import annotations

from bisect import bisect_right
from random import Random
from typing import Any, Final

from connectors.demo.simulated.call_centre import CallCentre
from connectors.demo.simulated.cast import Cast
from connectors.demo.simulated.days import (
    DAY_MS,
    EVENING_CURVE,
    HOUR_MS,
    MINUTE_MS,
    SECOND_MS,
    DayCurve,
    day_of,
    day_start_ms,
    instant_text,
    is_weekend,
    local_day,
)
from connectors.demo.simulated.exits import demo_exits
from connectors.demo.simulated.flaws import Flaw, Flaws
from connectors.demo.simulated.records import (
    Activity,
    Delivery,
    StoreExit,
    Verdict,
    render_activity,
    render_command,
    render_raw_lead,
    render_verdict,
)
from connectors.demo.simulated.world import World

RAW_LEAD, ACTIVITY, VERDICT, COMMAND = "raw_lead", "activity", "verdict", "command"

_SLOT_MS: Final = 30 * MINUTE_MS
_LOOK_BACK_SLOTS: Final = 7 * DAY_MS // _SLOT_MS
_LIFE_MS: Final = 5 * DAY_MS
_LONGEST_DELAY_MS: Final = 36 * HOUR_MS
# Each slot numbers its customers and records within a range of its own.
_CUSTOMERS_PER_SLOT: Final = 1 << 15
_RECORDS_PER_SLOT: Final = 1 << 22
# Measured: deliveries and activities of a customer within his life here.
_RECORDS_PER_CUSTOMER: Final = 1.75
_JUNK, _BAD = 0.008, 0.002
_CHEATED: Final = 0.04
"""Share of slots in which the channel that cheats makes up a number run; the first one always."""
_GREETED: Final = 8

# arrival, slot, order within the slot, what arrives
_Entry = tuple[int, int, int, "Delivery | Activity | Verdict | StoreExit | Flaw"]


class DemoFeed:
    """About `per_day` records a simulated day (at most 1 000 000), on a curve with an evening peak.

    About one in a hundred is refused; others are replays, same-day repeats, customers of earlier days, late ones;
    customers visit, buy and are lost; the call centre says what it learnt of leads that must be cleaned, minutes or
    hours later within calling hours. From the second day on a store a day leaves (经销商退网), twelve of sixty in all. Raises
    ValueError for a rate outside 1…1 000 000.
    `born_from_ms`: a feed of later days, whose first customers come then; ids stay those of the one calendar.
    """

    def __init__(self, seed: int, per_day: int = 20_000, *, born_from_ms: int = 0) -> None:
        if not 1 <= per_day <= 1_000_000:
            raise ValueError("per_day must lie between 1 and 1 000 000")
        self._seed = seed
        self._per_day = per_day
        first_day = day_of(2026, 3, 2)
        self._start_ms = day_start_ms(first_day) + 9 * HOUR_MS + 30 * MINUTE_MS
        self._world = World(seed, first_day, 365, stores=60, always_open_share=15)
        self._exits = demo_exits(self._world, seed, first_day)
        self._curve = DayCurve(EVENING_CURVE)
        self._first_ms = max(self._start_ms, born_from_ms)
        self._first_slot = (self._first_ms - self._start_ms) // _SLOT_MS
        self._slots: dict[int, dict[int, list[_Entry]]] = {}
        self._arrivals: dict[int, list[_Entry]] = {}

    def config(self) -> dict[str, Any]:
        """The configuration of the simulated world, nested dictionaries in the shape of the contract's TOML."""
        return {**self._world.config(), "source": {"today": instant_text(self._start_ms)}}

    def start_ms(self) -> int:
        """Monday, 2026-03-02 09:30 Asia/Shanghai, in ms since the epoch."""
        return self._start_ms

    def between(self, from_ms: int, to_ms: int) -> list[tuple[int, str, bytes]]:
        """(arrival in ms, "raw_lead", "activity", "verdict" or "command", the JSON line) of the records arriving in (from_ms, to_ms].

        In order of arrival; `between(a, b) + between(b, c) == between(a, c)`. Nothing arrives up to `start_ms()`.
        """
        records: list[tuple[int, str, bytes]] = []
        first = max((from_ms - self._start_ms) // _SLOT_MS, self._first_slot)
        for slot in range(first, (to_ms - self._start_ms) // _SLOT_MS + 1):
            entries = self._arriving(slot)
            low = bisect_right(entries, from_ms, key=_arrival)
            high = bisect_right(entries, to_ms, lo=low, key=_arrival)
            records.extend(_rendered(entry) for entry in entries[low:high])
        return records

    def _arriving(self, slot: int) -> list[_Entry]:
        """What arrives in a slot, whenever its customer was born."""
        if slot not in self._arrivals:
            while len(self._arrivals) >= 4:
                del self._arrivals[min(self._arrivals)]
            oldest = max(slot - _LOOK_BACK_SLOTS, self._first_slot)
            entries = [entry for born in range(oldest, slot + 1) for entry in self._slot(born).get(slot, ())]
            self._arrivals[slot] = sorted(entries, key=lambda entry: entry[:3])
            for born in [born for born in self._slots if not oldest <= born <= slot]:
                del self._slots[born]
        return self._arrivals[slot]

    def _slot(self, born: int) -> dict[int, list[_Entry]]:
        """All that the customers born in a slot ever send, by the slot of its arrival."""
        if born not in self._slots:
            by_arrival: dict[int, list[_Entry]] = {}
            for order, (arrival_ms, item) in enumerate(self._told(born)):
                arrives = (arrival_ms - self._start_ms) // _SLOT_MS
                if born <= arrives <= born + _LOOK_BACK_SLOTS and arrival_ms > self._start_ms:
                    by_arrival.setdefault(arrives, []).append((arrival_ms, born, order, item))
            self._slots[born] = by_arrival
        return self._slots[born]

    def _told(self, born: int) -> list[tuple[int, Delivery | Activity | Verdict | StoreExit | Flaw]]:
        rng = Random(f"feed/{self._seed}/{born}")
        from_ms = self._start_ms + born * _SLOT_MS
        day = local_day(from_ms)
        offset = from_ms - day_start_ms(day)
        cast = Cast(
            self._world,
            rng,
            from_ms + _LIFE_MS,
            first_number=born * _RECORDS_PER_SLOT,
            longest_delay_ms=_LONGEST_DELAY_MS,
            curve=self._curve,
        )
        index = born * _CUSTOMERS_PER_SLOT
        if born == self._first_slot:
            for number in range(_GREETED):
                # Somebody comes within the first simulated seconds, whatever the channels' delays.
                cast.greet(index + number, self._first_ms + (number + 1) * 700)
            index += _GREETED
        share = self._curve.share(offset, offset + _SLOT_MS) * (1.15 if is_weekend(day) else 1.0)
        mean = self._per_day * share
        for number in range(int(mean / _RECORDS_PER_CUSTOMER + rng.random())):
            cast.admit(index + number, day_start_ms(day) + self._curve.between(rng, offset, offset + _SLOT_MS))
        if rng.random() < _CHEATED or born == self._first_slot:
            first = born * _CUSTOMERS_PER_SLOT + _CUSTOMERS_PER_SLOT - 10
            cast.number_run(first, born, max(from_ms, self._first_ms), self._world.channels.cheating)
        flaws = Flaws(self._world, rng, born * _RECORDS_PER_SLOT + _RECORDS_PER_SLOT // 2)
        told: list[tuple[int, Delivery | Activity | Verdict | StoreExit | Flaw]] = [
            (item.arrival_ms, item) for item in cast.voice.deliveries
        ]
        for make, rate in ((flaws.junk_phone, _JUNK), (flaws.bad_line, _BAD)):
            for _ in range(int(mean * rate + rng.random())):
                flaw = make(from_ms + int(rng.random() * _SLOT_MS))
                told.append((flaw.arrival_ms, flaw))
        for activity in cast.voice.activities:
            told.append((activity.event_ms + SECOND_MS + int(rng.random() * MINUTE_MS), activity))
        centre = CallCentre(self._world, Random(f"calls/{self._seed}/{born}"), from_ms, from_ms + _LIFE_MS, homes=True)
        centre.work(cast.voice.leads, cast.voice.activities)
        told.extend((verdict.arrival_ms, verdict) for verdict in centre.verdicts)
        told.extend((left.event_ms, left) for left in self._exits if from_ms <= left.event_ms < from_ms + _SLOT_MS)
        return told


def _arrival(entry: _Entry) -> int:
    return entry[0]


def _rendered(entry: _Entry) -> tuple[int, str, bytes]:
    arrival_ms, _, _, item = entry
    if isinstance(item, Delivery):
        return arrival_ms, RAW_LEAD, render_raw_lead(item.lead, item.form, item.arrival_ms, typed=True)
    if isinstance(item, Verdict):
        return arrival_ms, VERDICT, render_verdict(item, typed=True)
    if isinstance(item, StoreExit):
        return arrival_ms, COMMAND, render_command(item, typed=True)
    if isinstance(item, Activity):
        return arrival_ms, ACTIVITY, render_activity(item, typed=True)
    return arrival_ms, RAW_LEAD, item.line
