"""What goes out about a unique lead: one builder per stream.

Each also tells the customer's story and counts, where that stream has a count.
"""

from __future__ import annotations

from typing import Any, Final

from msgspec import UNSET, UnsetType

from operators.base import count_kinds, outputs
from operators.base.desk import Desk
from operators.dispatch import holds
from operators.intention import behaviours, score
from operators.intention.attributes import LEVEL_NAMES
from operators.intention.merge import SAME_DAY, WITHIN_DEAL, WITHIN_MERGE, Decision
from operators.lead import validity
from operators.lead.case import Case
from operators.lead.statuses import CLOSED
from operators.wire import streams
from operators.wire.arrival import ORDER_APPROXIMATE, SUSPECT
from operators.wire.streams import Why
from state.rows.codes import BY, CLOSED_REASONS, FIRST_TOUCH, INVALID, MARKS, ROUTES, STATUSES, T_WITHDRAWN, WON
from state.rows.customer_row import Section
from state.rows.intention import Raw, Unique
from state.rows.lead import Lead
from state.rows.story import Closed, Dispatched, Held, Marked


def _why_of(desk: Desk, raw: Raw, decision: Decision, note: str) -> Why:
    """The rule of a mark, the window it compared with, the raw lead it was decided against."""
    _, unique, against, rule = decision
    text = desk.text
    start = end = ""
    if rule == SAME_DAY:
        start = desk.rules.local.day_text(desk.rules.local.day(raw.t))
    elif rule == WITHIN_MERGE:
        start, end = text(unique.opened), text(unique.expires)
    elif rule == WITHIN_DEAL:
        start, end = text(unique.at), text(unique.at + unique.deal)
    return Why(rule, start, end, desk.raw_id(against) if against else "", note)


def disposition(
    desk: Desk, section: Section, raw: Raw, raw_id: str, decision: Decision, at: int, note: str = ""
) -> None:
    """The mark of a raw lead, or, from its second version on, a correction that repeats all fields (ruling 21)."""
    mark, unique, _, rule = decision
    previous = raw.version
    raw.version += 1
    if mark == FIRST_TOUCH:
        unique.first_version = raw.version
    text = desk.text
    one_id = desk.one_id
    source_id = desk.masked(raw.source_id)
    desk.out.events.append(
        (
            streams.DISPOSITIONS,
            one_id,
            streams.Disposition(
                f"dispositions-{raw_id}-{raw.version}",
                text(at),
                desk.version,
                _why_of(desk, raw, decision, note),
                one_id,
                desk.unique_id(unique.n),
                raw_id,
                raw.channel,
                desk.masked(raw.account) if raw.account else "",
                source_id,
                text(raw.t),
                section.store or None,
                section.line,
                MARKS[mark],
                raw.split if raw.split else UNSET,
                f"dispositions-{raw_id}-{previous}" if previous else UNSET,
                _flags(section, raw.flags),
                True if desk.shadow else UNSET,
            ),
        )
    )
    desk.story.append(Marked(at, raw.n, raw.version, mark, unique.n, rule, raw.competitor))


def feedback(desk: Desk, raw: Raw, raw_id: str, decision: Decision, at: int, previous: int | None = None) -> None:
    """The mark, in the code of a channel that asks for it (`channels.X.feedback`): its answer at acceptance was given before
    there was one (domain 16). `previous` = the mark that a correction replaces.

    Parts of one raw lead speak once: the first does (ruling 71). Nothing of it leaves the shadow realm (ruling 8).
    """
    channel = desk.rules.channels.get(raw.channel)
    if channel is None or not channel.feedback or desk.shadow or raw.split > 1:
        return
    mark, unique, _, rule = decision
    code = channel.feedback.get(MARKS[mark])
    if code is None or (previous is not None and channel.feedback.get(MARKS[previous]) == code):
        return
    account = desk.masked(raw.account) if raw.account else ""
    source_id = desk.masked(raw.source_id)
    desk.out.events.append(
        (
            streams.FEEDBACK,
            f"{raw.channel}/{account}/{source_id}",
            streams.Feedback(
                f"feedback-{raw_id}-{raw.version}",
                desk.text(at),
                desk.version,
                Why(rule),
                desk.one_id,
                desk.unique_id(unique.n),
                raw_id,
                raw.channel,
                account,
                source_id,
                code,
                MARKS[mark],
            ),
        )
    )


def _flags(section: Section, flags: int) -> list[str] | UnsetType:
    """Names of a record's flags; a key whose order gave way says so on all of them (ruling 82)."""
    if section.approximate:
        flags |= ORDER_APPROXIMATE
    return outputs.flag_names(flags) if flags else UNSET


def hold(case: Case) -> None:
    """What the lead waits for now (ruling 29)."""
    desk, lead, at = case.desk, case.lead, case.at
    lead.holds += 1
    uid = desk.unique_id(lead.n)
    desk.out.events.append(
        (
            streams.HOLDS,
            desk.one_id,
            streams.Hold(
                f"holds-{uid}-{lead.holds}",
                desk.text(at),
                desk.version,
                case.why,
                desk.one_id,
                uid,
                case.section.store or None,
                case.section.line,
                holds.codes(lead.conditions),
                desk.text(lead.until) if lead.until else None,
                True if desk.shadow else UNSET,
            ),
        )
    )
    desk.story.append(Held(at, lead.n, lead.conditions, lead.until))
    desk.out.count(desk.rules.local.day(at), desk.shadow, case.unique.channel, count_kinds.HELD)


def dispatch(case: Case) -> None:
    """A dispatch (派单): everything that the store needs to call (domain 10)."""
    desk, section, unique, lead, at = case.desk, case.section, case.unique, case.lead, case.at
    row, text = desk.row, desk.text
    uid = desk.unique_id(lead.n)
    intents = [
        streams.IntentOut(text(e.t), e.series, LEVEL_NAMES[e.level], e.days_to_buy, e.budget) for e in unique.intents
    ]
    activities = {kind: count for kind, count in zip(score.BEHAVIOURS, lead.behaviours, strict=False) if count}
    desk.out.events.append(
        (
            streams.DISPATCHES,
            desk.one_id,
            streams.Dispatch(
                f"dispatches-{uid}-{lead.sequence}",
                text(at),
                desk.version,
                case.why,
                desk.one_id,
                uid,
                section.store,
                section.line,
                unique.channel,
                lead.score,
                score.GRADES[lead.grade],
                score.top(score.points_of(unique, lead, case.now, desk.rules, row.behaviours)),
                lead.grade + 1,
                intents,
                activities,
                streams.Contact(row.name or None, row.phone or row.landline),
                lead.sequence,
                desk.raw_id(unique.first),
                behaviours.sentences(row.behaviours, case.now, desk.rules),
                behaviours.focus_of(row.behaviours, case.now, desk.rules) or None,
            ),
        )
    )
    desk.story.append(Dispatched(at, lead.n, lead.sequence, lead.score))
    desk.out.count(desk.rules.local.day(at), False, unique.channel, count_kinds.DISPATCHED)


def closing(case: Case, into: str) -> None:
    """A move into a closed status; nothing of it leaves the shadow realm (ruling 8)."""
    desk, lead = case.desk, case.lead
    desk.story.append(Closed(case.at, lead.n, lead.reason))
    if desk.shadow:
        return
    uid = desk.unique_id(lead.n)
    desk.out.events.append(
        (
            streams.CLOSINGS,
            desk.one_id,
            streams.Closing(
                f"closings-{uid}-{lead.closings}",
                desk.text(case.at),
                desk.version,
                case.why,
                desk.one_id,
                uid,
                case.section.store or None,
                case.section.line,
                CLOSED_REASONS[lead.reason],
                into if into else UNSET,
            ),
        )
    )


def stage_of(unique: Unique, lead: Lead) -> str:
    """UQL while a task holds it, and where its closing withdrew that; MQL cleaning done or not needed; SQL first effective
    follow-up or a person's HIGH; WON (rulings 32 and 75)."""
    if unique.status == WON:
        return "WON"
    cleaning = lead.cleaning
    if cleaning is not None:
        if cleaning.holds:
            return "UQL"
        if cleaning.high:
            return "SQL"
        if CLOSED >> lead.status & 1 and not lead.sent and not unique.effective and cleaning.past:
            last = cleaning.past[-1]
            if last.number == cleaning.number and last.end == T_WITHDRAWN:
                return "UQL"
    return "SQL" if unique.effective else "MQL"


def state(case: Case, flags: int = 0) -> None:
    """The one `unique_leads` record of this input for this lead (ruling 21)."""
    desk, section, unique, lead = case.desk, case.section, case.unique, case.lead
    version = lead.version = lead.version + 1
    if unique.effective or unique.status == INVALID or lead.confirmed or lead.counted is not None:
        validity.count(case)
    if not lead.into:
        lead.first = unique.first  # a folded lead keeps its own: by it a fold finds the id again (ruling 57)
    text = desk.text
    uid = desk.unique_id(lead.n)
    into: str | UnsetType = f"{desk.prefix}u{lead.into}" if lead.into else UNSET
    cleaning = lead.cleaning
    task: str | UnsetType = UNSET
    by: str | UnsetType = UNSET
    if cleaning is not None:
        if cleaning.number:
            task = f"{desk.prefix}t{cleaning.number}"
        if cleaning.by:
            by = BY[cleaning.by]
        if cleaning.suspect >= case.now:
            flags |= SUSPECT
    desk.out.events.append(
        (
            streams.UNIQUE_LEADS,
            uid,
            streams.UniqueLead(
                f"unique_leads-{uid}-{version}",
                text(case.at),
                desk.version,
                case.why,
                desk.one_id,
                uid,
                STATUSES[lead.status],
                stage_of(unique, lead),
                section.store or None,
                section.line,
                (lead.care.owner or None) if lead.care is not None else None,
                desk.raw_id(unique.first),
                unique.count,
                text(unique.opened),
                text(unique.touched),
                text(unique.expires),
                lead.score,
                score.GRADES[lead.grade],
                CLOSED_REASONS[lead.reason] if lead.reason else None,
                into,
                _flags(section, flags),
                True if desk.shadow else UNSET,
                *_cared_for(desk, lead),
                ROUTES[lead.route] if lead.route else UNSET,
                task,
                by,
            ),
        )
    )


_Cared = tuple[Any, Any, Any, Any, Any, Any]
_NOBODY: Final[_Cared] = (UNSET, UNSET, UNSET, UNSET, UNSET, UNSET)


def _cared_for(desk: Desk, lead: Lead) -> _Cared:
    """Previous owner, assigned_at, first and last follow-up, their number, times recycled; nothing where nobody cared yet."""
    care = lead.care
    if care is None or not (care.owner or care.previous):
        return _NOBODY
    text = desk.text
    return (
        care.previous or None,
        text(care.assigned_at) if care.assigned_at else None,
        text(care.first_at) if care.first_at else None,
        text(care.last_at) if care.last_at else None,
        care.number,
        care.recycled,
    )


def notify_admin(case: Case, kind: str, rule: str, raw_id: str = "") -> None:
    """Something that the store's admin should hear about the lead."""
    store = case.section.store
    notify(case.desk, kind, "store_admin", store, case.at, rule, lead=case.lead, raw_id=raw_id, store=store)


def notify(
    desk: Desk,
    kind: str,
    role: str,
    to: str,
    at: int,
    rule: str,
    *,
    lead: Lead | None = None,
    raw_id: str = "",
    store: str | None = None,
) -> None:
    """Something for another system to send; nothing of it in the shadow realm (ruling 8)."""
    if desk.shadow:
        return
    # Numbered by its own subject (ruling 21): two leads of a customer may be told of in either order at one instant.
    if lead is not None:
        number = lead.notices = lead.notices + 1
        uid = subject = desk.unique_id(lead.n)
    else:
        number = desk.row.notices = desk.row.notices + 1
        uid, subject = "", desk.prefix[:-1]
    text = desk.text(at)
    desk.out.events.append(
        (
            streams.NOTIFICATIONS,
            desk.one_id,
            streams.Notification(
                f"notifications-{subject}-{number}",
                text,
                desk.version,
                Why(rule),
                desk.one_id,
                kind,
                streams.To(role, to),
                text,
                uid or UNSET,
                raw_id or UNSET,
                store,
            ),
        )
    )
