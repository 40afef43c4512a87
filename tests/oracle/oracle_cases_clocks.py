"""Worked examples: the clock of the first follow-up, the idle clock, recycles and their revocation (6, 25, 63).

Lead 1 is dispatched on 2024-01-01 at 10:00 and assigned at 11:00 unless said: the first follow-up is due on 01-02 at
11:00. With a call on 01-01 at 12:00 the idle clock is due on 01-16 at 12:00.
"""

from typing import Any

from oracle_case import BASE, OTHER, Case, act, clock, command, lead
from oracle_cases_commands import FULL, ONE, assign, recycle, transfer

OWNED = [ONE, assign("c1", "2024-01-01 11:00")]
CALLED = [*OWNED, act("a1", "CALL", "2024-01-01 12:00")]
DUE, AFTER = "2024-01-02 11:00", "2024-01-02 11:00:00.001"
POOLED = ("1", DUE, "FIRST_FOLLOW_UP")
STAYS = [("1", "ASSIGNED", "Wang", "")]
IN_POOL = [("1", "POOL", "", "Wang")]


def quick(first_hours: int, recycle_days: int, **tables: Any) -> dict[str, Any]:
    return {**BASE, "follow_up": {"first_hours": first_hours, "recycle_days": recycle_days}, **tables}


FIRST = [
    Case(
        "a first follow-up one millisecond before it is due",
        "25, 63",
        [*OWNED, act("a", "FOLLOW_UP", "2024-01-02 10:59:59.999"), clock("2024-01-03 10:00")],
        {
            "owners": STAYS,
            "recycles": [],
            "assigned": {"1": ("2024-01-01 11:00", "2024-01-02 10:59:59.999", "2024-01-02 10:59:59.999", 1)},
        },
    ),
    Case(
        "at the due time it is in time",
        "5, 63",
        [*OWNED, act("a", "FOLLOW_UP", DUE), clock("2024-01-03 10:00")],
        {"owners": STAYS, "recycles": [], "disputes": []},
    ),
    Case(
        "one millisecond later the lead is in the pool",
        "25, 63",
        [*OWNED, act("a", "FOLLOW_UP", AFTER), clock("2024-01-03 10:00")],
        {
            "owners": IN_POOL,
            "recycles": [POOLED],
            "disputes": [],
            "notices": [
                ("1", "ASSIGNED", "2024-01-01 11:00", "Wang"),
                ("1", "RECYCLED", DUE, "S1"),
                ("1", "RECYCLED", DUE, "Wang"),
            ],
            "assigned": {"1": ("2024-01-01 11:00", "", "", 0)},
            "pooled": {"1": (1, 0)},
        },
    ),
    Case(
        "at the end of the input only what is due before the clock, with --until also at it",
        "4",
        [*OWNED],
        {"recycles": [POOLED], "clock": DUE},
        until=DUE,
    ),
    Case("the clock exactly at the due time fires nothing", "4", [*OWNED, clock(DUE)], {"recycles": []}),
    Case(
        "the clocks start at the grant, follow-ups count from the command's event time",
        "63",
        [
            ONE,
            act("a", "CALL", "2024-01-01 11:30"),
            clock("2024-01-01 12:00"),
            assign("c", "2024-01-01 11:00"),
            clock("2024-01-16 12:00:00.001"),
        ],
        # The call of 11:30 counts; idle due = max(12:00, 11:30) + 15 days.
        {
            "assigned": {"1": ("2024-01-01 11:00", "2024-01-01 11:30", "2024-01-01 11:30", 1)},
            "grants": [("1", "2024-01-01 12:00", "Wang")],
            "recycles": [("1", "2024-01-16 12:00", "IDLE")],
        },
    ),
    Case(
        "the first due time too is counted from the grant",
        "63",
        [ONE, clock("2024-01-01 12:00"), assign("c", "2024-01-01 11:00"), clock("2024-01-02 12:00:00.001")],
        {"recycles": [("1", "2024-01-02 12:00", "FIRST_FOLLOW_UP")]},
    ),
    Case(
        "assigned_at is not before the dispatch",
        "63",
        [
            lead("1", "2024-01-01 20:00"),
            clock("2024-01-02 09:30"),
            act("a", "CALL", "2024-01-02 08:30"),
            assign("c", "2024-01-02 08:00"),
            clock("2024-01-03 09:30:00.001"),
        ],
        # Dispatched at 09:00: the call of 08:30 does not count.
        {"recycles": [("1", "2024-01-03 09:30", "FIRST_FOLLOW_UP")], "pooled": {"1": (1, 0)}},
    ),
    Case(
        "a follow-up before assigned_at does not count, one at it does",
        "63",
        [
            ONE,
            lead("2", "2024-01-01 10:00", phone=OTHER),
            act("a", "CALL", "2024-01-01 10:59:59.999"),
            act("b", "CALL", "2024-01-01 11:00", phone=OTHER),
            assign("c1", "2024-01-01 11:00"),
            assign("c2", "2024-01-01 11:00", phone=OTHER),
            clock(AFTER),
        ],
        {"recycles": [POOLED], "owners": [*IN_POOL, ("2", "ASSIGNED", "Wang", "")]},
    ),
    Case(
        "a call that reached nobody counts, and does not move the expiry",
        "6",
        [
            *OWNED,
            act("a", "CALL", "2024-01-02 10:00", connected=False),
            act("b", "FOLLOW_UP", "2024-01-03 10:00", duration_s=2),
            clock("2024-01-06 10:00:00.001"),
        ],
        {
            "assigned": {"1": ("2024-01-01 11:00", "2024-01-02 10:00", "2024-01-03 10:00", 2)},
            "recycles": [],
            "closings": [("1", "2024-01-06 10:00", "MERGE_EXPIRED")],
        },
        {**BASE, "periods": {"merge": 5}},
    ),
    *(
        Case(
            f"{kind} is a follow-up, whoever made it",
            "6, 63",
            [*OWNED, act("a", kind, "2024-01-02 10:00", advisor="Li"), clock(AFTER)],
            {"recycles": []},
        )
        for kind in ("CALL", "FOLLOW_UP", "VISIT", "TEST_DRIVE", "QUOTE", "ORDER", "PAID")
    ),
    *(
        Case(
            f"{kind} is no follow-up",
            "6",
            [*OWNED, act("a", kind, "2024-01-02 10:00", **fields), clock(AFTER)],
            {"recycles": [POOLED]},
        )
        for kind, fields in (("OPT_OUT", {}), ("INVALID", {"by": "BIGDATA"}))
    ),
    Case(
        "a MERGED raw lead restarts no clock and dispatches nothing",
        "25",
        [*OWNED, lead("2", "2024-01-02 10:00"), clock(AFTER)],
        {"recycles": [POOLED], "dispatches": [("1", "S1", "2024-01-01 10:00", 1)]},
    ),
]

IDLE = [
    *(
        Case(
            f"the idle clock, a follow-up {name}",
            "25, 63",
            [*CALLED, act("a2", "CALL", at), clock("2024-01-17 10:00")],
            {"recycles": recycles, "owners": owners},
        )
        for name, at, recycles, owners in (
            ("one millisecond before it is due", "2024-01-16 11:59:59.999", [], STAYS),
            ("at the due time", "2024-01-16 12:00", [], STAYS),
            ("one millisecond later", "2024-01-16 12:00:00.001", [("1", "2024-01-16 12:00", "IDLE")], IN_POOL),
        )
    ),
    Case(
        "the last follow-up is the latest by event time",
        "63",
        [
            *CALLED,
            act("a3", "CALL", "2024-01-05 12:00"),
            act("a2", "CALL", "2024-01-03 12:00"),
            clock("2024-01-20 12:00:00.001"),
        ],
        {
            "recycles": [("1", "2024-01-20 12:00", "IDLE")],
            "assigned": {"1": ("2024-01-01 11:00", "2024-01-01 12:00", "2024-01-05 12:00", 3)},
        },
    ),
    Case(
        "hours and days of the configuration",
        "63",
        [
            *OWNED,
            act("a", "CALL", "2024-01-01 13:00"),
            act("b", "CALL", "2024-01-02 13:00"),
            clock("2024-01-03 13:00:00.001"),
        ],
        {"recycles": [("1", "2024-01-03 13:00", "IDLE")]},
        quick(2, 1),
    ),
    Case(
        "a transfer starts with the first clock again",
        "35, 63",
        [*CALLED, transfer("c2", "2024-01-10 10:00", "Li"), clock("2024-01-11 10:00:00.001")],
        {"recycles": [("1", "2024-01-11 10:00", "FIRST_FOLLOW_UP")], "owners": [("1", "POOL", "", "Li")]},
    ),
    *(
        Case(
            f"{kind} ends the clocks",
            "25",
            [*OWNED, act("a", kind, "2024-01-02 10:00"), clock("2024-01-20 10:00")],
            {"recycles": [], "owners": [("1", kind.replace("PAID", "WON"), "Wang", "")]},
        )
        for kind in ("LOST", "INVALID", "PAID")
    ),
    Case(
        "at one instant the expiry comes before the recycle",
        "4",
        [*OWNED, act("a", "CALL", "2024-01-01 12:00"), clock("2024-01-16 12:00:00.001")],
        {"recycles": [], "closings": [("1", "2024-01-16 12:00", "MERGE_EXPIRED")]},
        {**BASE, "periods": {"merge": 15}},
    ),
    Case(
        "a payment that wins counts as a follow-up of its owner",
        "6, 63",
        [*OWNED, act("a", "PAID", "2024-01-02 10:00")],
        {"assigned": {"1": ("2024-01-01 11:00", "2024-01-02 10:00", "2024-01-02 10:00", 1)}},
    ),
]

REVOKED = [
    Case(
        "a follow-up that was in time and came late revokes the recycle",
        "25, 63",
        [*OWNED, clock("2024-01-02 12:00"), act("a", "CALL", "2024-01-02 10:00"), clock("2024-01-17 12:00:00.001")],
        # It keeps assigned_at and the call; the clock starts at the new grant: idle due 15 days later.
        {
            "recycles": [("1", "2024-01-02 11:00", "FIRST_FOLLOW_UP"), ("1", "2024-01-17 12:00", "IDLE")],
            "grants": [("1", "2024-01-01 11:00", "Wang"), ("1", "2024-01-02 12:00", "Wang")],
            "assigned": {"1": ("2024-01-01 11:00", "2024-01-02 10:00", "2024-01-02 10:00", 1)},
            "pooled": {"1": (2, 1)},
            "disputes": [],
            "notices": [
                ("1", "ASSIGNED", "2024-01-01 11:00", "Wang"),
                ("1", "RECYCLED", "2024-01-02 11:00", "S1"),
                ("1", "RECYCLED", "2024-01-02 11:00", "Wang"),
                ("1", "RECYCLED", "2024-01-17 12:00", "S1"),
                ("1", "RECYCLED", "2024-01-17 12:00", "Wang"),
                ("1", "RECYCLE_REVOKED", "2024-01-02 12:00", "Wang"),
            ],
            "dispatches": [("1", "S1", "2024-01-01 10:00", 1)],
        },
    ),
    *(
        Case(
            f"late and in the pool: a follow-up {name}",
            "63",
            [*OWNED, clock("2024-01-02 12:00"), act("a", "CALL", at)],
            {"pooled": {"1": (1, revoked)}, "owners": owners, "disputes": []},
        )
        for name, at, revoked, owners in (
            ("from assigned_at on", "2024-01-01 11:00", 1, [("1", "ASSIGNED", "Wang", "Wang")]),
            ("from before assigned_at", "2024-01-01 10:59:59.999", 0, IN_POOL),
            ("at the due time", DUE, 1, [("1", "ASSIGNED", "Wang", "Wang")]),
            ("from after the due time", AFTER, 0, IN_POOL),
        )
    ),
    Case(
        "a recycle of the idle clock is revoked too",
        "63",
        [*CALLED, clock("2024-01-17 10:00"), act("a2", "VISIT", "2024-01-16 11:00")],
        {"pooled": {"1": (1, 1)}, "assigned": {"1": ("2024-01-01 11:00", "2024-01-01 12:00", "2024-01-16 11:00", 2)}},
    ),
    Case(
        "not one whose own idle time is over by now: a dispute",
        "63",
        [
            ONE,
            lead("2", "2024-01-01 10:00", phone=OTHER),
            assign("c1", "2024-01-01 11:00"),
            assign("c2", "2024-01-01 11:00", phone=OTHER),
            lead("9", "2024-01-03 12:00:00.001", "S9", phone="13700000003"),
            act("a1", "CALL", "2024-01-02 12:00:00.001"),
            act("a2", "CALL", "2024-01-02 12:00", phone=OTHER),
        ],
        # Due for the first on 01-02 at 13:00 (26 h); own idle due one day after the call; the clock is 01-03 12:00:00.001.
        {
            "disputes": [("2", "a2")],
            "pooled": {"1": (1, 1), "2": (1, 0)},
            "owners": [("1", "ASSIGNED", "Wang", "Wang"), ("2", "POOL", "", "Wang")],
            "rejects": {},
        },
        quick(26, 1),
    ),
    Case(
        "a recycle by command is not revoked: a dispute",
        "63",
        [*OWNED, recycle("c2", "2024-01-01 15:00"), act("a", "CALL", "2024-01-01 14:00")],
        {"owners": IN_POOL, "disputes": [("1", "a")], "pooled": {"1": (1, 0)}},
    ),
    Case(
        "with a new owner: a dispute",
        "25, 63",
        [
            *OWNED,
            clock("2024-01-02 12:00"),
            assign("c2", "2024-01-02 13:00", "Li"),
            act("a", "CALL", "2024-01-02 10:00"),
        ],
        {
            "owners": [("1", "ASSIGNED", "Li", "Wang")],
            "disputes": [("1", "a")],
            "assigned": {"1": ("2024-01-02 13:00", "", "", 0)},
        },
    ),
    Case(
        "in time for the owner before the last: a dispute, whose recycle it was is not asked for",
        "63",
        [
            *OWNED,
            clock("2024-01-02 12:00"),
            assign("c2", "2024-01-02 13:00", "Li"),
            clock("2024-01-03 14:00"),
            act("a", "CALL", "2024-01-02 10:00"),
        ],
        {
            "owners": [("1", "POOL", "", "Li")],
            "disputes": [("1", "a")],
            "pooled": {"1": (2, 0)},
        },
    ),
    Case(
        "without room at the old owner: a dispute, the lead stays in the pool",
        "35, 63",
        [
            *OWNED,
            lead("2", "2024-01-02 12:00", phone=OTHER),
            assign("c2", "2024-01-02 12:00", phone=OTHER),
            act("a", "CALL", "2024-01-02 10:00"),
        ],
        {"owners": [*IN_POOL, ("2", "ASSIGNED", "Wang", "")], "disputes": [("1", "a")]},
        FULL,
    ),
    Case(
        "a late payment in time wins the lead: no longer in the pool, a dispute",
        "19, 63",
        [*OWNED, clock("2024-01-02 12:00"), act("a", "PAID", "2024-01-02 10:00")],
        {"leads": [("1", "1", "WON", "WON", "S1")], "disputes": [("1", "a")], "pooled": {"1": (1, 0)}},
    ),
    Case(
        "reactivated since: a dispute",
        "63, 65",
        [
            *OWNED,
            clock("2024-01-02 12:00"),
            lead("2", "2024-01-02 13:00"),
            act("a", "CALL", "2024-01-02 10:00"),
        ],
        {"leads": [("1", "1 2", "DISPATCHED", "", "S1")], "disputes": [("1", "a")]},
    ),
    Case(
        "closed in the pool since: a dispute",
        "63",
        [
            *OWNED,
            act("l", "LOST", "2024-01-02 12:00"),
            act("a", "CALL", "2024-01-02 10:00"),
        ],
        {"leads": [("1", "1", "LOST", "LOST", "S1")], "disputes": [("1", "a")]},
    ),
    Case(
        "a second late follow-up counts for the owner who is back",
        "63",
        [
            *OWNED,
            clock("2024-01-02 12:00"),
            act("a", "CALL", "2024-01-02 10:00"),
            act("b", "CALL", "2024-01-02 09:00"),
        ],
        {"disputes": [], "assigned": {"1": ("2024-01-01 11:00", "2024-01-02 09:00", "2024-01-02 10:00", 2)}},
    ),
    Case(
        "a repeated activity revokes nothing",
        "26",
        [*OWNED, act("a", "CALL", "2024-01-01 10:30"), clock("2024-01-02 12:00"), act("a", "CALL", "2024-01-02 10:00")],
        {"replays": {5: ""}, "pooled": {"1": (1, 0)}, "owners": IN_POOL},
    ),
    Case(
        "a recycle by command of a lead without a reason",
        "66",
        [*CALLED, command("c2", "RECYCLE", "2024-01-02 12:00")],
        {"recycles": [("1", "2024-01-02 12:00", "RECYCLE")]},
    ),
]

CASES = [*FIRST, *IDLE, *REVOKED]
