"""Worked examples: what a late record does to a lead that has an owner, or had one (rulings 2, 26, 27, 64).

Lead 1 is dispatched on 2024-01-01 at 10:00 and assigned to Wang at 11:00; the merge period is five days.
"""

from oracle_case import BASE, CHANNELS, OTHER, Case, act, clock, lead
from oracle_cases_commands import ONE, assign
from oracle_cases_pool import FIVE, IN_POOL, OWNED, SENT, UNSAID, again

CASES = [
    Case(
        "a closing by the timer that a fold undoes: the owner is asked for, nothing is dispatched",
        "2, 64",
        [*OWNED, clock("2024-01-07 10:00"), act("a", "CALL", "2024-01-05 10:00"), clock("2024-01-08 10:00")],
        # Closed on 01-06 at 10:00; the call moves the expiry to 01-10.
        {
            "owners": [("1", "ASSIGNED", "Wang", "Wang")],
            "grants": [("1", "2024-01-01 11:00", "Wang"), ("1", "2024-01-07 10:00", "Wang")],
            "assigned": {"1": ("2024-01-01 11:00", "2024-01-05 10:00", "2024-01-05 10:00", 1)},
            "dispatches": [SENT],
            "closings": [("1", "2024-01-06 10:00", "MERGE_EXPIRED")],
        },
        FIVE,
    ),
    Case(
        "where he has no room it stands in the store's queue",
        "64",
        [
            *OWNED,
            lead("2", "2024-01-07 10:00", phone=OTHER),
            assign("c2", "2024-01-07 10:00", phone=OTHER),
            act("a", "CALL", "2024-01-05 10:00"),
        ],
        {
            "owners": [("1", "DISPATCHED", "", "Wang"), ("2", "ASSIGNED", "Wang", "")],
            "dispatches": [SENT, ("2", "S1", "2024-01-07 10:00", 1)],
            "disputes": [],
        },
        {**FIVE, "pools": {"cap": 1}},
    ),
    Case(
        "one in the pool whose closing is undone is in the pool again",
        "2, 64",
        [*IN_POOL, clock("2024-01-07 10:00"), act("a", "CALL", "2024-01-05 10:00")],
        {"leads": [("1", "1", "POOL", "", "S1")], "dispatches": [SENT]},
        FIVE,
    ),
    Case(
        "a deal that a late REFUND ends: a raw lead after it reopens, the owner is asked for",
        "64",
        [
            *OWNED,
            act("p", "PAID", "2024-01-03 10:00"),
            lead("2", "2024-01-05 10:00"),
            act("r", "REFUND", "2024-01-04 10:00"),
        ],
        {
            "marks": {"1": "FIRST_TOUCH", "2": "MERGED"},
            "owners": [("1", "ASSIGNED", "Wang", "Wang")],
            "grants": [("1", "2024-01-01 11:00", "Wang"), ("1", "2024-01-05 10:00", "Wang")],
            "dispatches": [SENT],
        },
        FIVE,
    ),
    Case(
        "without an owner it is dispatched again",
        "2",
        [
            ONE,
            act("p", "PAID", "2024-01-03 10:00"),
            lead("2", "2024-01-05 10:00"),
            act("r", "REFUND", "2024-01-04 10:00"),
        ],
        {"dispatches": [SENT, again("2024-01-05 10:00")], "leads": [("1", "1 2", "DISPATCHED", "", "S1")]},
        FIVE,
    ),
    Case(
        "a late loss between two raw leads changes nothing for the owner",
        "2",
        [*OWNED, lead("2", "2024-01-04 10:00"), act("l", "LOST", "2024-01-03 10:00")],
        {
            "marks": {"1": "FIRST_TOUCH", "2": "MERGED"},
            "owners": [("1", "ASSIGNED", "Wang", "")],
            "dispatches": [SENT],
        },
        FIVE,
    ),
    Case(
        "a late raw lead that reopens by its own mark takes the owner away",
        "27, 2",
        [*OWNED, act("l", "LOST", "2024-01-02 10:00"), clock("2024-01-04 10:00"), lead("2", "2024-01-03 10:00")],
        {"owners": [("1", "DISPATCHED", "", "Wang")], "dispatches": [SENT, again("2024-01-04 10:00")]},
        FIVE,
    ),
    Case(
        "two leads become one: the owner of the folded one is asked for",
        "2, 64",
        [
            ONE,
            lead("2", "2024-01-07 10:00"),
            assign("c", "2024-01-07 11:00"),
            lead("3", "2024-01-05 10:00"),
        ],
        # 1 expired on 01-06; 3 joins them. 1 keeps its id, dispatched on 01-01; 2 was dispatched under its own.
        {
            "marks": {"1": "FIRST_TOUCH", "2": "MERGED", "3": "MERGED"},
            "leads": [("1", "1 2 3", "ASSIGNED", "", "S1")],
            "owners": [("1", "ASSIGNED", "Wang", "")],
            "assigned": {"1": ("2024-01-07 11:00", "", "", 0)},
            "dispatches": [SENT, ("2", "S1", "2024-01-07 10:00", 1)],
            "closings": [("1", "2024-01-06 10:00", "MERGE_EXPIRED"), ("2", "2024-01-07 11:00", "FOLDED")],
        },
        FIVE,
    ),
    Case(
        "what was dispatched under a folded id is the dispatch of the survivor",
        "2, 63",
        [
            lead("1", "2024-01-01 10:00", channel="n"),
            lead("2", "2024-01-07 10:00", channel="n", consent=True),
            lead("3", "2024-01-05 10:00", channel="n"),
            assign("c", "2024-01-07 09:00"),
        ],
        {
            "leads": [("1", "1 2 3", "ASSIGNED", "", "S1")],
            "assigned": {"1": ("2024-01-07 10:00", "", "", 0)},
            "dispatches": [("2", "S1", "2024-01-07 10:00", 1)],
        },
        {**FIVE, **UNSAID},
    ),
    Case(
        "two leads become one: the older one's owner comes first",
        "2, 64",
        [
            *OWNED,
            lead("2", "2024-01-07 10:00"),
            assign("c", "2024-01-07 11:00", "Li"),
            lead("3", "2024-01-05 10:00"),
        ],
        {"owners": [("1", "ASSIGNED", "Wang", "Wang")], "leads": [("1", "1 2 3", "ASSIGNED", "", "S1")]},
        FIVE,
    ),
    Case(
        "a follow-up that a late raw lead moves to another lead counts no more",
        "2, 63",
        [
            lead("1", "2024-01-01 10:00", series="brief"),
            assign("c1", "2024-01-01 11:00"),
            lead("2", "2024-01-03 10:00:00.001"),
            act("a", "CALL", "2024-01-03 10:00:00.002"),
        ],
        # 1 of two days expired on 01-03 at 10:00: the call is the other lead's.
        {"assigned": {"1": ("2024-01-01 11:00", "", "", 0), "2": ("", "", "", 0)}},
        {**FIVE, "series": {"brief": {"merge": 2}}},
    ),
    Case(
        "a follow-up older than the lateness counts at its own time",
        "26, 63",
        [*OWNED, clock("2024-01-08 10:00"), act("a", "CALL", "2024-01-03 10:00"), clock("2024-01-18 10:00:00.001")],
        {
            "assigned": {"1": ("2024-01-01 11:00", "2024-01-03 10:00", "2024-01-03 10:00", 1)},
            "recycles": [("1", "2024-01-18 10:00", "IDLE")],
        },
        {**BASE, "follow_up": {"first_hours": 999}},
    ),
    Case(
        "a lead in the pool of a shadow channel does not exist",
        "8",
        [lead("1", "2024-01-01 10:00", channel="t"), assign("c", "2024-01-01 11:00")],
        {"rejects": {2: "NO_LEAD"}, "holds": [("~1", "2024-01-01 10:00", "SHADOW", "")]},
        {"channels": {**CHANNELS, "t": {"status": "TESTING", "consent": True}}},
    ),
]
