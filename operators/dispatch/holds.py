"""Dispatch (派单): the conditions that all must hold, and what a lead waits for (domain 10; rulings 14, 29, 54, 57)."""

from __future__ import annotations

from typing import Final

from operators.base.rules import Rules, Store
from operators.dispatch.hours import is_open, next_opening
from operators.intention.attributes import BIT
from state.rows.codes import S_CLEANING, S_HELD, S_PENDING
from state.rows.customer_row import Customer, Section
from state.rows.intention import Unique
from state.rows.lead import Lead

STORE_MISSING: Final = 1
STORE_UNKNOWN: Final = 2
CLEANING: Final = 4
CONSENT: Final = 8
FIELDS: Final = 16
SCORE: Final = 32
HOURS: Final = 64
RATE: Final = 128
SHADOW: Final = 256
CODES: Final = ("STORE_MISSING", "STORE_UNKNOWN", "CLEANING", "CONSENT", "FIELDS", "SCORE", "HOURS", "RATE", "SHADOW")

_lists: dict[int, list[str]] = {}


def codes(conditions: int) -> list[str]:
    """The codes of a set of conditions, in the order of ruling 29. The list is shared: read it only."""
    found = _lists.get(conditions)
    if found is None:
        found = _lists[conditions] = [code for place, code in enumerate(CODES) if conditions >> place & 1]
    return found


def has_consent(customer: Customer, rules: Rules) -> bool:
    """Consent is the customer's: the latest explicit word, else the default of the latest raw lead's channel (ruling 38)."""
    if customer.consent >= 0:
        return customer.consent == 1
    channel = rules.channels.get(customer.newest_channel)
    return channel is not None and channel.consent


def missing_fields(unique: Unique, line: str, rules: Rules) -> list[str]:
    """The fields that a dispatch of this lead needs and nobody has given: of all leads, of its line, of its channel."""
    wanted = (*rules.required, *rules.line_required.get(line, ()), *rules.channel_required.get(unique.channel, ()))
    return [name for name in dict.fromkeys(wanted) if not unique.facts & BIT[name]]


def gate_end(lead: Lead, now: int, rules: Rules) -> int:
    """When the score gate lets the lead go at the latest: so long after it began to hold it (ruling 43)."""
    return lead.gated or now + rules.score.gate_hold_ms


def is_gated(store: Store | None, lead: Lead, now: int, rules: Rules) -> bool:
    """Whether the score gate holds the lead: on, agreed to by the dealer, the score last written below it, its time not over."""
    gate = rules.score.gate
    return (
        gate > 0 and store is not None and store.gate_consent and lead.score < gate and now < gate_end(lead, now, rules)
    )


def judge(customer: Customer, section: Section, unique: Unique, lead: Lead, now: int, rules: Rules) -> tuple[int, int]:
    """(conditions not met at `now`, end of the wait or 0 where unknown); (0, 0) = dispatch."""
    if customer.shadow and lead.conditions == SHADOW:
        return SHADOW, 0  # it would have been dispatched: that stands until it closes or reopens (ruling 83)
    conditions = 0
    store = None
    if not section.store:
        conditions = STORE_MISSING
    else:
        store = rules.store_of(section.store, section.line)
        if store is None:
            conditions = STORE_UNKNOWN
    if lead.cleaning is not None and lead.cleaning.holds:
        conditions |= CLEANING
    if not has_consent(customer, rules):
        conditions |= CONSENT
    if (rules.required or rules.line_required or rules.channel_required) and missing_fields(
        unique, section.line, rules
    ):
        conditions |= FIELDS
    if rules.score.gate and is_gated(store, lead, now, rules):
        if not conditions:
            return SCORE, gate_end(lead, now, rules)
        conditions |= SCORE
    if conditions:
        return conditions, 0
    assert store is not None
    if lead.conditions & (HOURS | RATE) and lead.until >= now and lead.until:
        # Released by its timer alone, last at its instant (ruling 57).
        return lead.conditions, lead.until
    if not is_open(store, now, rules):
        return HOURS, next_opening(store, now, rules)
    if customer.shadow:
        return SHADOW, 0
    return 0, 0


def waiting_status(conditions: int) -> int:
    """Status of a lead that waits (ruling 54)."""
    return S_PENDING if conditions & STORE_MISSING else S_CLEANING if conditions & CLEANING else S_HELD
