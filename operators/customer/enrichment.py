"""A known source key again: a replay, an enrichment, a store answer (rulings 7, 11, 53, 57)."""

from __future__ import annotations

from typing import Any

import msgspec

from operators.base import count_kinds
from operators.base.desk import Desk
from operators.base.rules import Rules
from operators.customer import consent, replays, store_naming
from operators.dispatch import holds
from operators.intention import merge
from operators.intention.attributes import facts_of, intent_of
from operators.intention.merge import stands
from operators.lead import life, records
from operators.lead.case import Case
from operators.wire.arrival import Arrival
from operators.wire.records import RawLeadRecord
from operators.wire.streams import Why
from state.rows.codes import DEDUPED
from state.rows.customer_row import Section, Source
from state.rows.intention import Answer, IntentEntry, Raw
from state.rows.story import Repeated


def again(desk: Desk, source: Source, arrival: Arrival, record: RawLeadRecord) -> None:
    """Apply a record whose source key is remembered."""
    out, rules, now = desk.out, desk.rules, arrival.now
    given = replays.values_of(arrival, record)
    stores = store_naming.standing_stores(desk, source) if arrival.stores else replays.stores_in_force(source)
    changed, in_force = replays.compare(source, given, stores, arrival.raw)
    place = count_kinds.ENRICHED if changed else count_kinds.REPLAYED
    day = rules.local.day(arrival.t)
    out.count(day, desk.shadow, arrival.channel, count_kinds.RECEIVED)
    out.count(day, desk.shadow, arrival.channel, place)
    names = sorted(changed)
    replays.say(desk, arrival, desk.raw_id(source.raws[0]), source, names)
    desk.story.append(Repeated(now, source.raws[0], names))
    if not changed:
        return
    fills_only = bool(arrival.source_ms) and arrival.source_ms < source.source_ms
    applied = replays.overwrite(in_force, given, changed, fills_only=fills_only)
    consented = holds.has_consent(desk.row, rules)
    _learn(desk, source, arrival, record, applied)
    parts = list(source.raws)
    if applied:
        _enrich(desk, source, record, applied, fills_only, _judged(record, in_force, rules))
    written: set[int] = set()
    if "store" in changed:
        written = store_naming.name_stores(desk, source, arrival, replays.as_enriched(record, in_force), in_force)
    source.payload = replays.payload_of(in_force)
    source.source_ms = max(source.source_ms, arrival.source_ms)
    if applied:
        _judge(desk, parts, now, written)
    consent.changed(desk, consented, now, "consent")


def _learn(desk: Desk, source: Source, arrival: Arrival, record: RawLeadRecord, applied: list[str]) -> None:
    """Name and consent count at the raw lead's event time (ruling 38)."""
    row = desk.row
    t = source.t
    if "name" in applied and record.name and t >= row.name_at:
        row.name, row.name_at = record.name, t
    if "city" in applied and t >= row.city_at:
        row.city_at = t - 1  # the same raw lead says another city: it takes the place of what it said before
        consent.lives_in(row, record, t)
    if "consent" in applied and record.consent is not None:
        consent.say_of(desk, source, record.consent)


def _judged(record: RawLeadRecord, in_force: list[Any], rules: Rules) -> int:
    """What the trained scorecard says of a raw lead with the values now in force; 0 = it cannot say it anew: what stood in
    `extra` is remembered as a digest alone."""
    model = rules.score.model
    if model is None or (record.extra is None and model.reads_extra):
        return 0
    campaign = in_force[replays.place_of("campaign")]
    given = replays.as_enriched(record, in_force)
    if given.campaign is None and type(campaign) is str:
        given = msgspec.structs.replace(given, campaign=campaign)
    return model.judge(given)


def _enrich(
    desk: Desk, source: Source, record: RawLeadRecord, applied: list[str], fills_only: bool, judged: int
) -> None:
    """What the enrichment brings to the raw leads of its parts, their unique leads, and all that a later fold starts from;
    before a store that it names too is answered, so that nothing is judged by half of it (ruling 83)."""
    rules, facts = desk.rules, facts_of(record)
    entry = intent_of(record, source.t)
    for n in source.raws:
        found = store_naming.locate(desk, n)
        if found is None:
            continue
        section, unique, _, raw = found
        if raw is not None:
            raw.facts |= facts
            raw.intent = _merged(raw.intent, entry, applied, fills_only)
            raw.judged = judged or raw.judged
        holders = [unique, *(u for u in section.base.uniques if u.n == unique.n)]
        if raw is not None:
            holders += [e.lead for e in section.kept if isinstance(e, Answer) and any(one is raw for one in e.raws)]
        for held in holders:
            held.facts |= facts
            if judged and held.touched == source.t:
                held.judged = judged
            if raw is not None and raw.mark == DEDUPED:  # no entry of its own: it raises that of its day (ruling 12)
                merge.raise_level(held, raw, _first_at(section, raw), rules)
                continue
            for index, old in enumerate(held.intents):
                if old.t == source.t:
                    held.intents[index] = _merged(old, entry, applied, fills_only)
                    break


def _first_at(section: Section, raw: Raw) -> int:
    """The time of the raw lead that this one repeats; its own where that is not kept any more."""
    for event in section.kept:
        for one in (event,) if isinstance(event, Raw) else getattr(event, "raws", ()):
            if one.n == raw.competitor:
                return one.t
    return raw.t


def _judge(desk: Desk, parts: list[int], now: int, done: set[int]) -> None:
    """Rescored and judged; one new `unique_leads` state per lead of the parts but those `done`, no new raw lead."""
    for n in parts:
        found = store_naming.locate(desk, n)
        if found is None:
            continue
        section, unique, lead, _ = found
        if unique.n in done:
            continue
        done.add(unique.n)
        case = Case(desk, section, unique, lead, now, Why("enrichment"))
        life.rescore(case)
        if life.is_waiting(lead) and stands(unique, now):
            life.decide(case)
        case.why = Why("enrichment", against=desk.raw_id(n))
        records.state(case)


def _merged(old: IntentEntry, new: IntentEntry, applied: list[str], fills_only: bool) -> IntentEntry:
    series, level, days, budget = old.series, old.level, old.days_to_buy, old.budget
    if "series" in applied and new.series:
        series = new.series
    if "intent" in applied:
        level = new.level if new.level and (not level or not fills_only) else level
        days = new.days_to_buy if new.days_to_buy >= 0 and (days < 0 or not fills_only) else days
        budget = new.budget if new.budget and (not budget or not fills_only) else budget
    return IntentEntry(old.t, series, level, days, budget)
