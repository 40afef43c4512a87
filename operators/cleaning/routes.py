"""Which way a lead is cleaned: facts, and the first rule that matches (ruling 58)."""

from __future__ import annotations

from operators.base.rules import CleaningRule as Rule
from operators.base.rules import CleaningRules, Rules
from operators.cleaning import facts
from operators.identity import phones
from operators.identity.home import home_of
from operators.intention.attributes import LEVEL_NAMES
from state.rows.codes import NONE
from state.rows.customer_row import Customer


def store_facts(customer: Customer, store: str, line: str, rules: Rules) -> int:
    """What the key's store, or its want of one, asks for."""
    if store:
        return 0 if rules.store_of(store, line) is not None else facts.STORE_UNKNOWN
    city = customer.city or home_of(customer.phone).city
    return facts.STORE_MISSING if city else facts.STORE_MISSING | facts.NO_CITY


def number_facts(customer: Customer) -> int:
    """What the customer's number asks for."""
    phone = customer.phone
    if not phone:
        return facts.LANDLINE_ONLY
    return facts.SEGMENT if phone[1] in "012" and phones.is_segment(phone) else 0


class Submitted:
    """What YOUNG_CHANNEL and the rules read: the raw lead that opens or reopens the lead, at its event time."""

    __slots__ = ("campaign", "channel", "level", "line", "series", "t")

    def __init__(self, channel: str, series: str, campaign: str, line: str, level: int, t: int) -> None:
        self.channel = channel
        self.series = series
        self.campaign = campaign
        self.line = line
        self.level = level
        """Place in `LEVEL_NAMES`."""
        self.t = t


def is_young(cleaning: CleaningRules, submitted: Submitted) -> bool:
    """Whether its channel was live for less than `cleaning.young_days` at its event time."""
    until = cleaning.young_until.get(submitted.channel)
    return until is not None and submitted.t < until


def first_match(submitted: Submitted, rules: Rules) -> Rule | None:
    """The first rule of the file all of whose lists name what the raw lead has."""
    for rule in rules.cleaning.rules:
        if matches(rule, submitted, rules):
            return rule
    return None


def matches(rule: Rule, submitted: Submitted, rules: Rules) -> bool:
    """Whether everything that the rule names is the raw lead's; what it does not name matches all."""
    if rule.channel is not None and submitted.channel not in rule.channel:
        return False
    if rule.group is not None:
        channel = rules.channels.get(submitted.channel)
        if channel is None or channel.group not in rule.group:
            return False
    if rule.series is not None and submitted.series not in rule.series:
        return False
    if rule.campaign is not None and submitted.campaign not in rule.campaign:
        return False
    if rule.line is not None and submitted.line not in rule.line:
        return False
    return rule.level is None or LEVEL_NAMES[submitted.level] in rule.level


def route_of(reasons: int, rule: Rule | None, *, young: bool = False) -> tuple[int, int]:
    """(the strongest route, the facts that count): a rule that matches stands in place of YOUNG_CHANNEL, of nothing else."""
    if rule is None:
        if young:
            reasons |= facts.YOUNG_CHANNEL
        return facts.route_of(reasons), reasons
    asked = facts.route_of(reasons) if reasons else NONE
    return max(asked, rule.route), reasons
