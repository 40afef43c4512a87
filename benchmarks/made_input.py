"""Input of the benchmarks: valid leads of customers who are already known, made once and kept in `var/bench`.

Two folders: `load` brings every customer's first lead, `days` brings further leads of the same customers. People, channels,
stores, written forms and day curves are the simulated world's; no store has a release rate, no line is refused.
"""

from __future__ import annotations

import os
from pathlib import Path
from random import Random
from typing import Any, Final

from connectors.demo.simulated.days import DAY_MS, HOUR_MS, MINUTE_MS, OFFICE_CURVE, DayCurve, day_of, day_start_ms
from connectors.demo.simulated.records import Part, RawLead, render_raw_lead
from connectors.demo.simulated.stores import MAIN_LINE, USED_LINE
from connectors.demo.simulated.world import World

FORMAT: Final = 2
"""Of what is made here: another number makes everything anew."""
_SEED: Final = 11
_LOAD_DAYS: Final = 5
_DAYS: Final = 5
_FIRST_DAY: Final = day_of(2025, 9, 1)

# Shares of the further leads.
_SAME_DAY: Final = 0.18
_OTHER_STORE: Final = 0.05
_REPLAYED: Final = 0.025
_NO_STORE: Final = 0.04


def configuration() -> dict[str, Any]:
    """The simulated world's configuration without release rates."""
    tables = World(_SEED, _FIRST_DAY, 90).config()
    for store in tables["stores"].values():
        store.pop("release_per_minute", None)
    return tables


def folders(root: Path, customers: int, leads: int) -> tuple[Path, Path]:
    """(load, days) for this many customers and further leads; made when they are not there yet."""
    home = root / f"input-{FORMAT}-{customers}-{leads}"
    load, days = home / "load", home / "days"
    maker = Maker(customers)
    for folder, name, make in (
        (load, "raw_leads_load.jsonl", maker.load),
        (days, "raw_leads_days.jsonl", lambda: maker.days(leads)),
    ):
        path = folder / name
        if not path.exists():
            folder.mkdir(parents=True, exist_ok=True)
            part = path.with_suffix(".part")
            with part.open("wb") as file:
                file.writelines(line + b"\n" for line in make())
            os.replace(part, path)
    return load, days


class Maker:
    """Renders leads of a number of customers, the same from run to run."""

    def __init__(self, customers: int) -> None:
        self._customers = customers
        self._world = World(_SEED, _FIRST_DAY, 90)
        self._curve = DayCurve(OFFICE_CURVE)

    def _times(self, rng: Random, first_day: int, days: int, count: int) -> list[int]:
        return sorted(day_start_ms(first_day + rng.randrange(days)) + self._curve.draw(rng) for _ in range(count))

    def load(self) -> list[bytes]:
        """The first lead of every customer, in order of arrival."""
        rng = Random(f"bench/load/{_SEED}")
        lines = []
        for index, at_ms in enumerate(self._times(rng, _FIRST_DAY, _LOAD_DAYS, self._customers)):
            lines.append(render_raw_lead(self.lead(index, index, at_ms, at_ms + rng.randrange(100, 4000), rng)))
        return lines

    def days(self, count: int) -> list[bytes]:
        """Leads of the days behind the load, in order of arrival."""
        rng = Random(f"bench/days/{_SEED}")
        made: list[tuple[int, bytes]] = []
        number = self._customers
        for at_ms in self._times(rng, _FIRST_DAY + _LOAD_DAYS, _DAYS, count):
            if len(made) >= count:
                break
            index = rng.randrange(self._customers)
            number += 1
            arrival = at_ms + rng.randrange(100, 4000)
            line = render_raw_lead(self.lead(index, number, at_ms, arrival, rng))
            made.append((arrival, line))
            if rng.random() < _REPLAYED:
                made.append((arrival + rng.randrange(MINUTE_MS, DAY_MS), line))
            if rng.random() < _SAME_DAY / (1 - _SAME_DAY):
                again = at_ms + rng.randrange(MINUTE_MS, 3 * HOUR_MS)
                number += 1
                made.append((again + 500, render_raw_lead(self.lead(index, number, again, again + 500, rng))))
        made.sort(key=lambda entry: entry[0])
        return [line for _, line in made[:count]]

    def lead(self, index: int, number: int, at_ms: int, arrival_ms: int, rng: Random) -> RawLead:
        """The lead `number` of the customer `index`."""
        own = Random(index)  # the customer's own traits, the same whenever he comes
        world = self._world
        person = world.people.person(index, own)
        line = USED_LINE if own.random() < 0.03 else MAIN_LINE
        codes = world.stores.codes[person.city, line] or world.stores.codes[person.city, MAIN_LINE]
        store: str | None = codes[int(own.random() * len(codes))]
        series = world.draw_series(own)
        if rng.random() < _NO_STORE:
            store = None
        elif number >= self._customers and rng.random() < _OTHER_STORE:
            store = codes[int(rng.random() * len(codes))]
        channel = world.channels.draw(rng)
        return RawLead(
            person=person,
            identity=person.identities[-1],
            channel=channel,
            account=rng.choice(channel.accounts) if channel.accounts else "",
            number=number,
            event_ms=at_ms,
            arrival_ms=arrival_ms,
            line=line,
            series=series,
            salt=rng.getrandbits(60),
            parts=[Part(store, "", "", "")],
        )
