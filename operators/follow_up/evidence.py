"""Follow-ups as proof that somebody cared (rulings 6 and 63): kept with the lead, whatever their outcome."""

from __future__ import annotations

from bisect import insort

from operators.lead import care
from operators.lead.case import Case
from operators.lead.statuses import AT_STORE, IN_POOL, OWNED
from state import limits
from state.rows.story import Disputed


def happened(case: Case, t: int) -> bool:
    """A follow-up at `t`; whether the lead's state shows it. In the pool one that was in time takes the recycle back, if the
    previous owner has room; else it is a dispute, recorded."""
    lead = case.lead
    if not AT_STORE >> lead.status & 1:
        return False
    owned = care.of(lead)
    insort(owned.times, t)
    if len(owned.times) > limits.FOLLOW_UPS_KEPT:
        del owned.times[1]  # the first one shows that the promise was kept
    if IN_POOL >> lead.status & 1 and owned.ask is None:
        _too_late(case, t)
    return bool(OWNED >> lead.status & 1) and t >= owned.assigned_at


def _too_late(case: Case, t: int) -> None:
    owned = care.of(case.lead)
    in_time = owned.assigned_at <= t <= owned.due
    if in_time and max(owned.granted_at, t) + case.desk.rules.recycle_ms >= case.now:
        care.ask(case, owned.previous, owned.assigned_at)
    elif owned.assigned_at <= t and (in_time or not owned.due):
        case.desk.story.append(Disputed(case.now, case.lead.n, t))
