"""What goes out about a unique lead's cleaning tasks (ruling 59), with their story and counts."""

from __future__ import annotations

from typing import Any

from operators.base import count_kinds
from operators.cleaning import calling, facts, recommend
from operators.identity.home import home_of
from operators.intention import score
from operators.intention.attributes import LEVEL_NAMES
from operators.lead.case import Case
from operators.wire import streams
from operators.wire.streams import CleaningTask, Contact, IntentOut
from state.rows.cleaning import Cleaning
from state.rows.codes import AI, ROUTES, T_OPEN, TASK_STATES
from state.rows.story import TaskEnded, TaskOpened


def reasons_of(cleaning: Cleaning) -> list[str]:
    """The codes of the facts that ask for it, then the reason of the rule that asks for it."""
    codes = facts.codes(cleaning.reasons)
    return [*codes, cleaning.rule] if cleaning.rule else codes


def opened(case: Case, cleaning: Cleaning) -> None:
    """The task that was opened: everything that robot or people need."""
    desk, section, unique, lead = case.desk, case.section, case.unique, case.lead
    row, text = desk.row, desk.text
    province, city, city_from = _city(case)
    stores = recommend.stores(desk.one_id, province, city, section.line, desk.rules) if not section.store else []
    series = next((entry.series for entry in reversed(unique.intents) if entry.series), None)
    record = _record(case, cleaning, T_OPEN)
    record.series = series
    record.score = lead.score
    record.grade = score.GRADES[lead.grade]
    record.contact = Contact(row.name or None, row.phone or row.landline)
    record.province, record.city, record.city_from = province or None, city or None, city_from
    record.stores = [streams.StoreOut(store.code, store.name, store.city) for store in stores]
    record.intents = [
        IntentOut(text(e.t), e.series, LEVEL_NAMES[e.level], e.days_to_buy, e.budget) for e in unique.intents
    ]
    _out(case, record)
    desk.story.append(
        TaskOpened(
            case.at,
            lead.n,
            cleaning.number,
            cleaning.route,
            record.reasons,
            cleaning.expires,
            [store.code for store in stores],
        )
    )
    _count(case, count_kinds.TASKS_AI if cleaning.route == AI else count_kinds.TASKS_MANUAL)


def ended(case: Case, cleaning: Cleaning, end: int, by: str, outcome: str, cost: float | None) -> None:
    """The end of the open task."""
    record = _record(case, cleaning, end)
    if by:
        record.by, record.outcome = by, outcome
    if cost is not None:
        record.cost = cost
    _out(case, record)
    case.desk.story.append(TaskEnded(case.at, case.lead.n, cleaning.number, end, by, outcome))
    desk, unique = case.desk, case.unique
    desk.out.count(desk.rules.local.day(case.at), desk.shadow, unique.channel, count_kinds.TASKS_ENDED)


def spent(case: Case, yuan: float) -> None:
    """Cost of cleaning, to channel and campaign of the first touch (ruling 61)."""
    _count(case, count_kinds.CLEANING_COST, round(yuan * 100))


def resolved(case: Case, *, by_robot: bool) -> None:
    """A verdict ended the cleaning of the lead, without a further task."""
    _count(case, count_kinds.RESOLVED_AI if by_robot else count_kinds.RESOLVED_MANUAL)


def _count(case: Case, place: int, by: int = 1) -> None:
    desk, unique = case.desk, case.unique
    day = desk.rules.local.day(case.at)
    desk.out.count_cleaning(day, desk.shadow, unique.channel, unique.campaign, place, by)


def _city(case: Case) -> tuple[str, str, str | None]:
    """(province, city, where they are from): of the latest raw lead that gives a city, else of the mobile's home location."""
    row = case.desk.row
    if row.city:
        return row.province, row.city, "form"
    home = home_of(row.phone)
    return home.province, home.city, "home_location" if home.city else None


def _record(case: Case, cleaning: Cleaning, state: int) -> CleaningTask:
    """What both records of a task say."""
    desk, section, unique, lead = case.desk, case.section, case.unique, case.lead
    text = desk.text
    task_id = f"{desk.prefix}t{cleaning.number}"
    return CleaningTask(
        f"cleaning_tasks-{task_id}-{1 if state == T_OPEN else 2}",
        text(case.at),
        desk.version,
        case.why,
        desk.one_id,
        desk.unique_id(lead.n),
        task_id,
        TASK_STATES[state],
        ROUTES[cleaning.route],
        reasons_of(cleaning),
        text(calling.not_before(cleaning.opened, desk.rules)),
        text(cleaning.expires) if cleaning.expires else None,
        section.store or None,
        section.line,
        unique.channel,
        unique.campaign or None,
    )


def _out(case: Case, record: Any) -> None:
    case.desk.out.events.append((streams.CLEANING_TASKS, record.task_id, record))
