"""Numbers that stand in rows: marks, statuses, reasons, kinds of activities. Never renumbered, only added to."""

from __future__ import annotations

from typing import Final

# marks
FIRST_TOUCH: Final = 0
DEDUPED: Final = 1
MERGED: Final = 2
DEAL_MERGED: Final = 3
MARKS: Final = ("FIRST_TOUCH", "DEDUPED", "MERGED", "DEAL_MERGED")

# outcome of an intention in the fold: never set by a timer
OPEN: Final = 0
WON: Final = 1
LOST: Final = 2
INVALID: Final = 3

# kinds of kept activities, in their order at one instant (ruling 26)
EFFECTIVE: Final = 0
ACT_LOST: Final = 1
ACT_INVALID: Final = 2
ACT_PAID: Final = 3
ACT_REFUND: Final = 4
ACT_INTENT: Final = 5
"""What a verdict says of the wish; stands behind the others of its instant."""

# status of a unique lead as others see it (ruling 32)
S_PENDING: Final = 0
S_CLEANING: Final = 1
S_HELD: Final = 2
S_DISPATCHED: Final = 3
S_ASSIGNED: Final = 4
S_POOL: Final = 5
S_WON: Final = 6
S_LOST: Final = 7
S_INVALID: Final = 8
S_CLOSED: Final = 9
STATUSES: Final = ("PENDING", "CLEANING", "HELD", "DISPATCHED", "ASSIGNED", "POOL", "WON", "LOST", "INVALID", "CLOSED")

CLOSED_REASONS: Final = (
    "",
    "WON",
    "LOST",
    "INVALID",
    "MERGE_EXPIRED",
    "MAX_LIFE",
    "FOLDED",
    "ONEID_MERGED",
    "FORGOTTEN",
)
R_WON: Final = 1
R_LOST: Final = 2
R_INVALID: Final = 3
R_MERGE_EXPIRED: Final = 4
R_MAX_LIFE: Final = 5
R_FOLDED: Final = 6

# routes of cleaning, the stronger behind the weaker (ruling 58); 0 = not judged
NONE: Final = 1
AI: Final = 2
MANUAL: Final = 3
ROUTES: Final = ("", "NONE", "AI", "MANUAL")

# how a cleaning task stands (ruling 59)
T_OPEN: Final = 0
T_DONE: Final = 1
T_TIMEOUT: Final = 2
T_WITHDRAWN: Final = 3
TASK_STATES: Final = ("OPEN", "DONE", "TIMEOUT", "WITHDRAWN")

BY: Final = ("", "AI", "MANUAL", "DCC", "ADVISOR", "BIGDATA")
"""Who says something of a lead (ruling 24)."""
