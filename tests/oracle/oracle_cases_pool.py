"""Worked examples: coming back from the public pool, and reopening.

Rulings 2, 3, 27, 64, 65. Lead 1 is dispatched on 2024-01-01 at 10:00 and assigned to Wang at 11:00; opening hours are
09:00 to 18:00.
"""

from typing import Any

from oracle_case import BASE, CHANNELS, OTHER, Case, act, clock, lead
from oracle_cases_commands import FULL, ONE, assign, recycle

OWNED = [ONE, assign("c1", "2024-01-01 11:00")]
IN_POOL = [*OWNED, recycle("c2", "2024-01-01 12:00")]
SENT = ("1", "S1", "2024-01-01 10:00", 1)
FIVE: dict[str, Any] = {
    **BASE,
    "periods": {"merge": 5, "deal_merge": 9, "max_life": 40},
    "follow_up": {"first_hours": 999},
}
UNSAID: dict[str, Any] = {"channels": {**CHANNELS, "n": {}}}


def again(at: str, sequence: int = 2) -> tuple[str, str, str, int]:
    return ("1", "S1", at, sequence)


BACK = [
    Case(
        "a raw lead of a lead in the pool dispatches it again",
        "3, 65",
        [*IN_POOL, lead("2", "2024-01-02 10:00")],
        {
            "marks": {"1": "FIRST_TOUCH", "2": "MERGED"},
            "leads": [("1", "1 2", "DISPATCHED", "", "S1")],
            "owners": [("1", "DISPATCHED", "", "Wang")],
            "dispatches": [SENT, again("2024-01-02 10:00")],
            "notices": [
                ("1", "ASSIGNED", "2024-01-01 11:00", "Wang"),
                ("1", "REACTIVATED", "2024-01-02 10:00", "S1"),
                ("1", "REACTIVATED", "2024-01-02 10:00", "Wang"),
                ("1", "RECYCLED", "2024-01-01 12:00", "S1"),
                ("1", "RECYCLED", "2024-01-01 12:00", "Wang"),
            ],
            "holds": [],
        },
    ),
    Case(
        "a DEDUPED one too",
        "65",
        [*IN_POOL, lead("2", "2024-01-01 13:00")],
        {
            "marks": {"1": "FIRST_TOUCH", "2": "DEDUPED"},
            "dispatches": [SENT, again("2024-01-01 13:00")],
            "leads": [("1", "1 2", "DISPATCHED", "", "S1")],
        },
    ),
    Case(
        "one that is not in the pool is not dispatched again",
        "3",
        [*OWNED, lead("2", "2024-01-01 13:00")],
        {"dispatches": [SENT], "leads": [("1", "1 2", "ASSIGNED", "", "S1")]},
    ),
    Case(
        "outside the hours it keeps status POOL beside its hold",
        "65, 16",
        [*IN_POOL, lead("2", "2024-01-01 20:00"), clock("2024-01-02 09:00")],
        {
            "leads": [("1", "1 2", "POOL", "", "S1")],
            "holds": [("1", "2024-01-01 20:00", "HOURS", "2024-01-02 09:00")],
            "dispatches": [SENT],
        },
    ),
    Case(
        "and is dispatched at the opening",
        "65, 29",
        [*IN_POOL, lead("2", "2024-01-01 20:00"), clock("2024-01-02 09:00:00.001")],
        {"leads": [("1", "1 2", "DISPATCHED", "", "S1")], "dispatches": [SENT, again("2024-01-02 09:00")]},
    ),
    Case(
        "ASSIGN in the pool ends the hold",
        "65",
        [*IN_POOL, lead("2", "2024-01-01 20:00"), assign("c3", "2024-01-01 21:00", "Li"), clock("2024-01-02 10:00")],
        {
            "owners": [("1", "ASSIGNED", "Li", "Wang")],
            "dispatches": [SENT],
            "holds": [("1", "2024-01-01 20:00", "HOURS", "2024-01-02 09:00")],
        },
    ),
    Case(
        "a hold that ASSIGN ended begins anew",
        "65, 29",
        [
            *IN_POOL,
            lead("2", "2024-01-01 20:00"),
            assign("c3", "2024-01-01 21:00", "Li"),
            recycle("c4", "2024-01-01 22:00"),
            lead("3", "2024-01-01 23:00"),
        ],
        {
            "holds": [
                ("1", "2024-01-01 20:00", "HOURS", "2024-01-02 09:00"),
                ("1", "2024-01-01 23:00", "HOURS", "2024-01-02 09:00"),
            ],
        },
    ),
    Case(
        "a late follow-up that revokes ends the hold as well",
        "63, 65",
        [
            *OWNED,
            lead("2", "2024-01-02 20:00"),
            act("a", "CALL", "2024-01-02 10:00"),
            clock("2024-01-03 10:00"),
        ],
        {"owners": [("1", "ASSIGNED", "Wang", "Wang")], "dispatches": [SENT], "pooled": {"1": (1, 1)}},
    ),
    Case(
        "without consent it waits in the pool, and goes when consent comes",
        "65, 38",
        [
            *IN_POOL,
            lead("2", "2024-01-02 10:00", consent=False),
            clock("2024-01-02 11:00"),
            lead("2", "2024-01-02 10:00", consent=True),
        ],
        {
            "holds": [("1", "2024-01-02 10:00", "CONSENT", "")],
            "dispatches": [SENT, again("2024-01-02 11:00")],
            "leads": [("1", "1 2", "DISPATCHED", "", "S1")],
        },
    ),
    Case(
        "in the pool without a new raw lead nothing is judged",
        "65",
        [*IN_POOL, act("o", "OPT_OUT", "2024-01-01 13:00"), lead("2", "2024-01-01 14:00", "S2")],
        {
            "leads": [("1", "1", "POOL", "", "S1"), ("2", "2", "HELD", "", "S2")],
            "holds": [("2", "2024-01-01 14:00", "CONSENT", "")],
        },
    ),
    *(
        Case(
            f"a raw lead out of order {name}",
            "65",
            [*IN_POOL, clock("2024-01-01 15:00"), lead("2", at)],
            {"marks": {"1": "FIRST_TOUCH", "2": "DEDUPED"}, "dispatches": dispatches},
        )
        for name, at, dispatches in (
            ("from before the last assigned_at does not bring it back", "2024-01-01 10:59:59.999", [SENT]),
            ("from assigned_at on does", "2024-01-01 11:00", [SENT, again("2024-01-01 15:00")]),
        )
    ),
    Case(
        "a pending lead that folds into one in the pool brings it back",
        "65, 7",
        [*IN_POOL, lead("p", "2024-01-02 10:00", None), lead("p", "2024-01-02 10:00", "S1")],
        {
            "marks": {"1": "FIRST_TOUCH", "p": "MERGED"},
            "dispatches": [SENT, again("2024-01-02 10:00")],
        },
    ),
    Case(
        "after the return the owner's clocks run as at the first dispatch",
        "63, 65",
        [
            *IN_POOL,
            lead("2", "2024-01-02 10:00"),
            act("a", "CALL", "2024-01-02 10:30"),
            assign("c3", "2024-01-02 09:00"),
            clock("2024-01-17 10:30:00.001"),
        ],
        # assigned_at is not before the second dispatch at 10:00; the call of 10:30 counts; granted at 10:30.
        {
            "assigned": {"1": ("2024-01-02 10:00", "2024-01-02 10:30", "2024-01-02 10:30", 1)},
            "recycles": [("1", "2024-01-01 12:00", "RECYCLE"), ("1", "2024-01-17 10:30", "IDLE")],
        },
    ),
    Case(
        "in the pool it expires as any other",
        "6",
        [*IN_POOL, lead("2", "2024-01-06 10:00:00.001")],
        {
            "marks": {"1": "FIRST_TOUCH", "2": "FIRST_TOUCH"},
            "closings": [("1", "2024-01-06 10:00", "MERGE_EXPIRED")],
            "owners": [("1", "CLOSED", "", "Wang"), ("2", "DISPATCHED", "", "Wang")],
        },
        FIVE,
    ),
]

REOPENED = [
    Case(
        "a lead reopened after LOST loses its owner and is dispatched again",
        "27",
        [*OWNED, act("l", "LOST", "2024-01-01 12:00"), lead("2", "2024-01-02 10:00"), clock("2024-02-01 10:00")],
        {
            "leads": [("1", "1 2", "DISPATCHED", "", "S1")],
            "owners": [("1", "DISPATCHED", "", "Wang")],
            "dispatches": [SENT, again("2024-01-02 10:00")],
            "recycles": [],
        },
    ),
    Case(
        "until then it is not dispatched: ASSIGN is NOT_ALLOWED",
        "27, 35",
        [
            *OWNED,
            act("l", "LOST", "2024-01-01 12:00"),
            lead("2", "2024-01-01 20:00"),
            assign("c2", "2024-01-01 21:00"),
            assign("c3", "2024-01-02 09:00:00.001"),
        ],
        {"rejects": {5: "NOT_ALLOWED"}, "owners": [("1", "ASSIGNED", "Wang", "Wang")]},
    ),
    Case(
        "a lost lead of the pool is dispatched again as one that waits no longer in it",
        "27, 65",
        [*IN_POOL, act("l", "LOST", "2024-01-01 13:00"), lead("2", "2024-01-01 20:00")],
        {
            "leads": [("1", "1 2", "HELD", "", "S1")],
            "owners": [("1", "HELD", "", "Wang")],
            "marks": {"1": "FIRST_TOUCH", "2": "MERGED"},
        },
    ),
    Case(
        "a reopened lead takes no place of its old owner",
        "35",
        [
            *OWNED,
            act("l", "LOST", "2024-01-01 12:00"),
            lead("2", "2024-01-02 10:00"),
            lead("3", "2024-01-02 10:00", phone=OTHER),
            assign("c2", "2024-01-02 11:00", phone=OTHER),
            assign("c3", "2024-01-02 12:00"),
        ],
        {"rejects": {7: "CAP_REACHED"}, "owners": [("1", "DISPATCHED", "", "Wang"), ("3", "ASSIGNED", "Wang", "")]},
        FULL,
    ),
    Case(
        "the new lead after an expiry has the owner as a hint",
        "1",
        [*OWNED, lead("2", "2024-01-06 10:00:00.001")],
        {"owners": [("1", "CLOSED", "Wang", ""), ("2", "DISPATCHED", "", "Wang")]},
        FIVE,
    ),
    Case(
        "the one after a loss, beyond the merge period, has none",
        "1",
        [*OWNED, act("l", "LOST", "2024-01-01 12:00"), lead("2", "2024-01-07 10:00")],
        {"owners": [("1", "LOST", "Wang", "")]},
        FIVE,
    ),
]

CASES = [*BACK, *REOPENED]
