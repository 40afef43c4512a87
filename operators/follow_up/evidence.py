"""Follow-ups as proof that somebody cared (rulings 6 and 63): what one does for a lead that was taken back from its owner."""

from __future__ import annotations

from operators.lead import care
from operators.lead.case import Case
from operators.lead.statuses import IN_POOL
from state.rows.lead import Ask
from state.rows.story import Disputed


def came(case: Case, t: int) -> None:
    """A follow-up at `t` is applied. One that was in time for an assignment which a recycle ended takes the recycle back, if
    the previous owner has room: only a timer's, only in the pool; in every other case it is a dispute, recorded."""
    lead, owned = case.lead, case.lead.care
    if owned is None or not owned.assigned_at or (owned.owner and t >= owned.assigned_at):
        return
    in_time = [place for place, (assigned_at, until) in enumerate(owned.windows) if assigned_at <= t <= until]
    if not in_time:
        return
    revokes = bool(IN_POOL >> lead.status & 1 and owned.due) and owned.ask is None
    revokes = revokes and in_time[-1] == len(owned.windows) - 1
    if revokes and max(owned.granted_at, t) + case.desk.rules.recycle_ms >= case.now:
        care.ask(case, owned.previous, owned.assigned_at, Ask(0, owned.previous, owned.assigned_at, follow_up=t))
    else:
        disputed(case, t)


def disputed(case: Case, t: int) -> None:
    """It was in time and came too late to keep the lead: the customer's story says so."""
    case.desk.story.append(Disputed(case.now, case.lead.n, t))
