"""The simulated world: channels, stores, series with their periods, people; and the configuration that says so."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Any

from connectors.demo.simulated.channels import Channels, young_channels
from connectors.demo.simulated.days import DAY_MS, date_text, is_weekend
from connectors.demo.simulated.people import People
from connectors.demo.simulated.phones import Numbers
from connectors.demo.simulated.stores import MAIN_LINE, USED_LINE, Stores


@dataclass(frozen=True, slots=True)
class Periods:
    """Merge, deal-merge and longest life of a unique lead, in milliseconds."""

    merge_ms: int
    deal_merge_ms: int
    max_life_ms: int


# Days. Short periods of some series make expiry, deals and returns happen within a quarter.
_DEFAULT = {"merge": 60, "deal_merge": 180, "max_life": 365}
_LINES: dict[str, dict[str, int]] = {MAIN_LINE: {}, USED_LINE: {"merge": 20, "deal_merge": 30}}
_SERIES: dict[str, dict[str, int]] = {
    "delta": {"merge": 14, "deal_merge": 21},
    "fjord": {"merge": 10, "deal_merge": 15, "max_life": 30},
    "glide": {"merge": 30, "deal_merge": 45},
}
_PLAIN_SERIES = ("aurora", "boreal", "cirrus", "ember")
SHORT_SERIES = tuple(_SERIES)
_SERIES_DRAW = (*_PLAIN_SERIES, *_PLAIN_SERIES, *_PLAIN_SERIES, "delta", "delta", "glide", "fjord", None, None)
# A switch to or from a series with a short longest life would move two bounds at once.
_SWITCHABLE = (*_PLAIN_SERIES, "delta", "glide")


class World:
    """All that is drawn once per seed. `first_day` is a local day (see `days`)."""

    def __init__(self, seed: int, first_day: int, days: int, *, stores: int = 200, always_open_share: int = 8) -> None:
        self.first_day = first_day
        self.days = days
        self.channels = Channels()
        self.stores = Stores(seed, stores, always_open_share)
        self.people = People(seed, Numbers(seed))
        self._periods = {
            (series, line): _periods(_DEFAULT | _LINES[line] | _SERIES.get(series or "", {}))
            for series in (*_PLAIN_SERIES, *_SERIES, None)
            for line in _LINES
        }

    def periods(self, series: str | None, line: str) -> Periods:
        """The periods of a raw lead: series before line before the default (ruling 56)."""
        return self._periods[series, line]

    def draw_series(self, rng: Random, *, short: bool = False) -> str | None:
        """A series, or none; `short` prefers one whose periods end within a quarter."""
        pool = SHORT_SERIES if short else _SERIES_DRAW
        return pool[int(rng.random() * len(pool))]

    def other_series(self, rng: Random, series: str | None) -> str | None:
        """A series that a customer may change to, or the same one where a change would be ambiguous."""
        return rng.choice(_SWITCHABLE) if series in _SWITCHABLE else series

    def config(self) -> dict[str, Any]:
        """The configuration of this world as nested dictionaries, in the shape of the contract's TOML."""
        first = date_text(self.first_day - 400)
        young = {code: date_text(self.first_day + after) for code, after in young_channels().items()}
        return {
            "profile": "automotive",
            "timezone": "Asia/Shanghai",
            "periods": _DEFAULT | {"late_hours": 72, "replay": 7},
            "lines": _LINES,
            "series": _SERIES,
            "channels": self.channels.tables(first, young),
            "stores": self.stores.tables(),
            "calendars": self._calendars(),
        }

    def _calendars(self) -> dict[str, Any]:
        days = range(self.first_day, self.first_day + self.days)
        holiday = [date_text(day) for day in days if 28 <= day - self.first_day < 33]
        mondays = [date_text(day) for day in days if not is_weekend(day) and is_weekend(day - 1)]
        return {"holiday": {"closed": holiday}, "mondays": {"closed": mondays, "open": mondays[:1]}}


def _periods(days: dict[str, int]) -> Periods:
    return Periods(days["merge"] * DAY_MS, days["deal_merge"] * DAY_MS, days["max_life"] * DAY_MS)
