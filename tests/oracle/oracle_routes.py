"""Which route a unique lead takes when it opens or reopens: facts and rules (ruling 58)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from oracle_cities import city_of
from oracle_cleaned import AI, MANUAL, NONE
from oracle_config import DAY_MS, Config, Store
from oracle_fold import AnswerIn, RawIn
from oracle_rows import Row, Unique

ASKS = {
    "LANDLINE_ONLY": MANUAL,
    "STORE_MISSING": AI,
    "NO_CITY": MANUAL,
    "STORE_UNKNOWN": MANUAL,
    "SEGMENT": AI,
    "NUMBER_RUN": AI,
    "SUSPECT": AI,
    "REOPENED_INVALID": MANUAL,
    "YOUNG_CHANNEL": MANUAL,
}
NAMED = ("channel", "group", "series", "campaign", "line", "level")


class CleaningRules:
    """`[cleaning]` of the configuration."""

    def __init__(self, config: Config, tables: Mapping[str, Any]) -> None:
        table = tables.get("cleaning", {})
        self.config = config
        self.enabled: bool = config.layers >= 6 and table.get("enabled", True)
        self.rules: list[Mapping[str, Any]] = table.get("rules", [])
        self.young_ms = round(table.get("young_days", 90) * DAY_MS)
        self.ai_ms: int = round(table.get("ai_timeout_minutes", 10) * 60_000)
        self.manual_ms = round(table.get("manual_timeout_hours", 24) * 3_600_000)
        self.cost: Mapping[str, float] = table.get("cost", {})
        self.number_run: int = table.get("number_run", 3) if config.layers >= 6 else 0
        self.calling = _calling(table.get("calling", "09:00-20:00"))

    def facts(self, row: Row, u: Unique, now_ms: int, was: str) -> dict[str, str]:
        """Those of the lead and its number; `was` is the status that it reopens from."""
        found = []
        store, line = u.key
        if row.customer.startswith("l:"):
            found.append("LANDLINE_ONLY")
        if store is None:
            found.append("STORE_MISSING")
            if not city_of(row).name:
                found.append("NO_CITY")
        elif not self.config.knows(store, line):
            found.append("STORE_UNKNOWN")
        if row.customer.startswith(("m:10", "m:11", "m:12")):
            found.append("SEGMENT")
        if was == "INVALID":
            found.append("REOPENED_INVALID")
        if u.cleaning.suspect_until_ms is not None and now_ms <= u.cleaning.suspect_until_ms:
            found.append("SUSPECT")
        return {code: ASKS[code] for code in found}

    def by_rule(self, row: Row, r: RawIn) -> dict[str, str]:
        """What the rules and YOUNG_CHANNEL say of the raw lead that opens or reopens: the first rule that matches stands in
        place of YOUNG_CHANNEL."""
        fields = row.source_of[r.ref].fields
        channel = self.config.channel(r.channel)
        group = channel.group if channel else ""
        values = {
            "channel": r.channel,
            "group": group,
            "series": fields.get("series", ""),
            "campaign": fields.get("campaign", ""),
            "line": fields["line"],
            "level": (fields.get("intent") or {}).get("level", ""),
        }
        for rule in self.rules:
            if all(values[name] in rule[name] for name in NAMED if name in rule):
                return {} if rule["route"] == NONE else {rule.get("reason", ""): rule["route"]}
        since_ms = channel.live_since_ms if channel else None
        if since_ms is not None and group != "offline" and r.t_ms < since_ms + self.young_ms:
            return {"YOUNG_CHANNEL": MANUAL}
        return {}

    # -- calling hours (ruling 59) ---------------------------------------------------------------------------------

    def not_before(self, at_ms: int) -> int:
        opening = self.config.next_opening(self.calling, at_ms)
        assert opening is not None
        return opening

    def ai_expiry(self, opened_ms: int) -> int:
        """The earliest instant by which so much calling time has passed."""
        left: int = self.ai_ms
        at = opened_ms
        while True:
            at = self.not_before(at)
            closes = self.config.closes_at(self.calling, at)
            if closes is None or closes - at >= left:
                return at + left
            left, at = left - (closes - at), closes


def opener(u: Unique) -> RawIn:
    """The raw lead that opened or reopened it; for a store answer the first touch it brings (ruling 58)."""
    by = u.lead.reopened
    if isinstance(by, AnswerIn):
        return by.lead.first
    return by or u.lead.first


def _calling(value: Any) -> Store:
    """'09:00-20:00', {opens, closes} or ['09:00', '20:00']."""
    if isinstance(value, Mapping):
        value = (value.get("opens", "09:00"), value.get("closes", "20:00"))
    elif isinstance(value, str):
        value = value.replace("–", "-").replace(" ", "").split("-")
    opens, closes = ((int(text[:2]) * 60 + int(text[3:5])) for text in map(str, value))
    return Store("", opens, closes, frozenset(), 0)
