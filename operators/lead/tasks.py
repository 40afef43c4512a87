"""The cleaning of a unique lead (智能清洗, 人工清洗): judged when it opens, at most one open task, and its end (rulings 58, 59).

Nothing here judges a lead's dispatch: `life.decide` asks `look` first, and then the conditions.
"""

from __future__ import annotations

from typing import Final

from operators.base.rules import CleaningRules
from operators.cleaning import calling, facts, routes
from operators.cleaning.routes import Submitted
from operators.dispatch import holds
from operators.lead import cleaning_records
from operators.lead.case import Case
from operators.lead.statuses import CLOSED, WAITING
from operators.wire.arrival import NUMBER_RUN
from state import limits
from state.rows.cleaning import Cleaning, Past
from state.rows.codes import AI, MANUAL, NONE, T_TIMEOUT, T_WITHDRAWN
from state.rows.customer_row import Section
from state.rows.intention import Answer, Raw, Unique
from state.rows.lead import Lead

_HELD_FOR_HOURS: Final = (holds.HOURS, holds.RATE)
_STAYS: Final = facts.NUMBER_RUN | facts.REOPENED_INVALID
"""Facts that a lead holds by itself; the others are read anew when it is judged."""


def of(lead: Lead) -> Cleaning:
    """The lead's cleaning, made when it is new."""
    if lead.cleaning is None:
        lead.cleaning = Cleaning(past=[], verdicts=[])
    return lead.cleaning


def is_open(lead: Lead) -> bool:
    """Whether a task of the lead is open."""
    return lead.cleaning is not None and lead.cleaning.route != 0


def begins_anew(lead: Lead, *, invalid: bool) -> None:
    """The lead opens again by a later raw lead, or by a fold: it is judged once more (ruling 58). `invalid`: it was INVALID."""
    lead.route = 0
    cleaning = lead.cleaning
    if cleaning is not None:
        assert not cleaning.route, "a closed lead has an open task"
        cleaning.reasons = cleaning.stands = cleaning.ruled = cleaning.by = cleaning.number = cleaning.wanted = 0
        cleaning.rule = ""
        cleaning.clean = False
        cleaning.before = cleaning.past[-1].number if cleaning.past else 0
    if invalid:
        of(lead).reasons = facts.REOPENED_INVALID
    elif lead.conditions in _HELD_FOR_HOURS:
        of(lead)  # else it would be taken for one that an older version held


def goes_on(lead: Lead) -> None:
    """A closing that counts as never made: the task that it withdrew opens again, of the same route and for the same reasons."""
    cleaning = lead.cleaning
    if cleaning is not None and cleaning.past and not lead.sent and (cleaning.reasons or cleaning.rule):
        last = cleaning.past[-1]
        if last.number == cleaning.number and last.end == T_WITHDRAWN:
            cleaning.wanted = last.route


# --- what asks for cleaning


def look(case: Case) -> None:
    """What cleaning asks of a lead that waits, before its conditions are judged: routed once, a task for what is not served
    yet, an end to what a store answer has served."""
    lead, rules = case.lead, case.desk.rules
    if not WAITING >> lead.status & 1:
        return  # dispatched, and in the pool: a reactivation waits for no cleaning
    if not rules.cleaning.enabled:
        _switched_off(case)
        return
    if not lead.route:
        _judge(case, rules.cleaning)
        return
    cleaning = lead.cleaning
    if cleaning is None:
        return
    wants = routes.store_facts(case.desk.row, case.section.store, case.section.line, rules)
    if case.section.store:
        answered = (cleaning.reasons | cleaning.stands) & (facts.MISSING if wants else facts.OF_STORE)
        if answered:
            _answered(case, cleaning, answered)
    if case.desk.shadow:
        return
    if cleaning.wanted:
        route, cleaning.wanted = cleaning.wanted, 0
        open_task(case, route)
    if not wants:
        return
    if not cleaning.route:
        cleaning.reasons |= wants  # asks again after any verdict: of people, since nobody else is left
        if wants & facts.STORE_UNKNOWN:
            cleaning.stands |= facts.STORE_UNKNOWN
            lead.route = MANUAL
        open_task(case, MANUAL)
    elif wants & ~cleaning.reasons & facts.STORE_UNKNOWN:
        ask(case, facts.STORE_UNKNOWN)


def _switched_off(case: Case) -> None:
    withdraw(case)
    case.lead.route = 0
    if case.lead.cleaning is not None:
        case.lead.cleaning.reasons = case.lead.cleaning.stands = 0


def show(case: Case) -> None:
    """The route of a lead that a fold opens and that is kept from dispatch: judged and shown, no task (ruling 58)."""
    if not case.lead.route and case.desk.rules.cleaning.enabled:
        _judge(case, case.desk.rules.cleaning, asks=False)


def show_unknown(case: Case) -> None:
    """In the shadow realm a store that is unknown from now on changes the route alone: shown, no task (ruling 58)."""
    lead = case.lead
    if lead.route and case.desk.rules.cleaning.enabled:
        cleaning = of(lead)
        cleaning.reasons |= facts.STORE_UNKNOWN
        cleaning.stands |= facts.STORE_UNKNOWN
        lead.route = MANUAL


def _judge(case: Case, rules: CleaningRules, *, asks: bool = True) -> None:
    """The route, once for an opening (ruling 58), and its task. One that an older version held for HOURS or RATE alone counts as
    NONE (ruling 75)."""
    desk, section, lead = case.desk, case.section, case.lead
    if lead.cleaning is None and lead.conditions in _HELD_FOR_HOURS:
        lead.route = NONE
        return
    asked = routes.store_facts(desk.row, section.store, section.line, desk.rules) | routes.number_facts(desk.row)
    cleaning = lead.cleaning
    if cleaning is not None:
        asked |= cleaning.reasons & _STAYS
        if cleaning.suspect >= case.now:
            asked |= facts.SUSPECT
    raw = case.raw
    if raw is not None and raw.flags & NUMBER_RUN and raw.u == lead.n:
        asked |= facts.NUMBER_RUN
    rule, young = None, False
    if rules.rules or rules.young_until:
        submitted = submitted_by(case)
        rule, young = routes.first_match(submitted, desk.rules), routes.is_young(rules, submitted)
    lead.route, asked = routes.route_of(asked, rule, young=young)
    if lead.route == NONE:
        return
    cleaning = of(lead)
    cleaning.stands = asked
    cleaning.rule, cleaning.ruled = (rule.reason, rule.route) if rule is not None and rule.route != NONE else ("", 0)
    if asks and not desk.shadow:
        cleaning.reasons = asked
        open_task(case, lead.route)


def submitted_by(case: Case) -> Submitted:
    """The raw lead that opened or reopened the lead last; of one that is not kept any more what the lead knows of its first."""
    section, unique = case.section, case.unique
    raw = case.raw
    if raw is None or raw.n != unique.opener:
        raw = _kept(section, unique)
    if raw is not None:
        return Submitted(raw.channel, raw.intent.series, raw.campaign, section.line, raw.intent.level, raw.t)
    first = unique.intents[0] if unique.intents else None
    series, level = (first.series, first.level) if first is not None else ("", 0)
    return Submitted(unique.channel, series, unique.campaign, section.line, level, unique.opened)


def _kept(section: Section, unique: Unique) -> Raw | None:
    wanted = unique.opener or unique.first
    for event in section.kept:
        if isinstance(event, Raw):
            if event.n == wanted:
                return event
        elif isinstance(event, Answer):
            for raw in event.raws:
                if raw.n == wanted:
                    return raw
    return None


def ask(case: Case, fact: int) -> bool:
    """A fact that arises after the opening (ruling 58): opens a task, turns the robot's into one for people, or adds its
    reason to the open one; beside a dispatched lead (62) a task that holds nothing. Whether something changed."""
    lead, rules = case.lead, case.desk.rules
    if not rules.cleaning.enabled or case.desk.shadow:
        return False
    if CLOSED >> lead.status & 1:
        return False
    waits = bool(WAITING >> lead.status & 1)
    if waits and not lead.route:
        of(lead).reasons |= fact
        _judge(case, rules.cleaning)
        return True
    if not waits and not fact & facts.BESIDE:
        return False
    cleaning = of(lead)
    if waits and cleaning.wanted and not cleaning.route:
        wanted, cleaning.wanted = cleaning.wanted, 0
        open_task(case, wanted)  # the closing that withdrew it counts as never made: it is open, whatever arises
    if cleaning.route and cleaning.reasons & fact == fact:
        return False
    if cleaning.clean and not fact & facts.AGAIN:
        return False
    route = facts.route_of(fact) if waits else AI
    known = cleaning.reasons if cleaning.route else 0
    if cleaning.route and route > cleaning.route:
        withdraw(case)
    cleaning.reasons = known | fact
    if waits:
        cleaning.stands |= fact
    if not cleaning.route:
        open_task(case, route)
    if waits and route > lead.route:
        lead.route = route
    return True


def _answered(case: Case, cleaning: Cleaning, answered: int) -> None:
    """There is a store now: that ends what its want alone asked for, and lowers the route to what else asked; another reason
    keeps the open task. One that timed out meanwhile had only waited for this (ruling 59)."""
    cleaning.stands &= ~answered
    case.lead.route = max(facts.route_of(cleaning.stands), cleaning.ruled)
    left = cleaning.reasons & ~answered
    if cleaning.wanted or (cleaning.route and not cleaning.late and (left or cleaning.rule)):
        cleaning.reasons = left
        return
    withdraw(case)
    served(cleaning)


# --- a task's life


def open_task(case: Case, route: int) -> None:
    """One more task, opened at `case.at` (ruling 59)."""
    desk, cleaning = case.desk, of(case.lead)
    assert not cleaning.route, "a lead has one open task at most"
    assert not desk.shadow, "a shadow lead has no task"
    desk.row.tasks += 1
    cleaning.number = desk.row.tasks
    cleaning.route = route
    cleaning.opened = case.at
    cleaning.expires = calling.expires_at(route, case.at, desk.rules)
    cleaning.holds = bool(WAITING >> case.lead.status & 1)
    cleaning.late = False
    cleaning_records.opened(case, cleaning)


def end_task(case: Case, end: int, *, by: str = "", outcome: str = "", cost: float | None = None) -> None:
    """The open task ends; who ended it, with which outcome and at what cost where a verdict did."""
    cleaning = of(case.lead)
    assert cleaning.route, "a task that is not open ends"
    cleaning_records.ended(case, cleaning, end, by, outcome, cost)
    cleaning.past = [
        *cleaning.past[1 - limits.TASKS_KEPT :],
        Past(cleaning.number, cleaning.route, end, f"{by} {outcome}" if by else ""),
    ]
    cleaning.route = cleaning.expires = 0
    cleaning.holds = cleaning.late = False


def withdraw(case: Case) -> None:
    """The open task, if any, is not needed any more: the lead is closed, folded, or answered from elsewhere."""
    if is_open(case.lead):
        end_task(case, T_WITHDRAWN)


def timed_out(case: Case) -> bool:
    """The open task's time is over (rulings 24 and 59); whether that ends it: people without a store go on looking for it."""
    cleaning = of(case.lead)
    if cleaning.route == MANUAL and cleaning.holds and cleaning.reasons & facts.OF_STORE:
        cleaning.expires, cleaning.late = 0, True
        return False
    robot, holding = cleaning.route == AI, cleaning.holds
    end_task(case, T_TIMEOUT)
    if robot and holding:
        cleaning.wanted = MANUAL
    else:
        served(cleaning)
    return True


def served(cleaning: Cleaning) -> None:
    """Nothing asks for a task any more; on what the route stands stays."""
    cleaning.reasons = 0
    cleaning.rule = ""


def number_of(lead: Lead) -> int:
    """Of the open or the latest task of this opening; 0 = it had none."""
    return lead.cleaning.number if lead.cleaning is not None else 0
