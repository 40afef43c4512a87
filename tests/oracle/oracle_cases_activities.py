"""Worked examples: activities in the fold (rulings 1, 6, 12, 19, 26, 27, 46, 54, 55, 57).

2024: 01-02 + 60 d = 03-02, 01-02 + 180 d = 06-30, 03-01 + 180 d = 08-28. Opening hours 09:00-18:00.
"""

from oracle_case import BASE, OTHER, Case, act, clock, lead

FIRST, DEDUPED, MERGED, DEAL = "FIRST_TOUCH", "DEDUPED", "MERGED", "DEAL_MERGED"
ONE = lead("1", "2024-01-01 10:00")
SENT = ("1", "S1", "2024-01-01 10:00", 1)


def reopened_at(at: str) -> tuple[str, str, str, int]:
    return ("1", "S1", at, 2)


CASES = [
    Case(
        "deal-merge bound, inclusive",
        "19",
        [ONE, act("p", "PAID", "2024-01-02 10:00"), lead("2", "2024-06-30 10:00")],
        # d = 01-02 10:00; 29 + 29 + 31 + 30 + 31 + 30 = 180 d to 06-30.
        {
            "marks": {"1": FIRST, "2": DEAL},
            "leads": [("1", "1 2", "WON", "WON", "S1")],
            "dispatches": [SENT],
            "closings": [("1", "2024-01-02 10:00", "WON")],
        },
    ),
    Case(
        "deal-merge bound, one millisecond beyond",
        "19",
        [ONE, act("p", "PAID", "2024-01-02 10:00"), lead("2", "2024-06-30 10:00:00.001")],
        {"marks": {"1": FIRST, "2": FIRST}, "dispatches": [SENT, ("2", "S1", "2024-06-30 10:00:00.001", 1)]},
    ),
    Case(
        "at one instant raw leads come before a payment",
        "5",
        [ONE, act("p", "PAID", "2024-01-02 11:00"), lead("2", "2024-01-02 11:00")],
        {"marks": {"1": FIRST, "2": MERGED}, "leads": [("1", "1 2", "WON", "WON", "S1")]},
    ),
    Case(
        "a late payment marks again what came after it",
        "2, 19",
        [ONE, lead("2", "2024-01-03 10:00"), act("p", "PAID", "2024-01-02 10:00")],
        # 24 h late: within the lateness it stands in the fold at its own time.
        {
            "marks": {"1": FIRST, "2": DEAL},
            "leads": [("1", "1 2", "WON", "WON", "S1")],
            "closings": [("1", "2024-01-03 10:00", "WON")],
        },
    ),
    Case(
        "a payment older than the lateness wins at its d and marks nothing again",
        "26, 46",
        [
            ONE,
            lead("2", "2024-01-10 10:00"),
            act("p", "PAID", "2024-01-05 10:00"),
            lead("3", "2024-01-11 10:00"),
            lead("4", "2024-07-03 10:00"),
            lead("5", "2024-07-04 10:00"),
        ],
        # 120 h old at clock 01-10 10:00: 2 stays MERGED. d = 01-05 10:00, + 180 d = 07-03 10:00.
        {"marks": {"1": FIRST, "2": MERGED, "3": DEAL, "4": DEAL, "5": FIRST}},
    ),
    Case(
        "an activity exactly as old as the lateness still stands at its own time",
        "26, 46",
        [ONE, lead("2", "2024-01-10 10:00"), act("p", "PAID", "2024-01-07 10:00")],
        # 72 h: not older than the lateness, so 2 (after d) becomes DEAL_MERGED.
        {"marks": {"1": FIRST, "2": DEAL}},
    ),
    Case(
        "a payment wins an expired lead",
        "19",
        [ONE, act("p", "PAID", "2024-03-10 10:00"), lead("2", "2024-03-11 10:00")],
        {
            "marks": {"1": FIRST, "2": DEAL},
            "closings": [("1", "2024-03-01 10:00", "MERGE_EXPIRED"), ("1", "2024-03-10 10:00", "WON")],
        },
    ),
    Case(
        "a payment wins a lost lead up to its closing + 180 d",
        "19",
        [ONE, act("l", "LOST", "2024-01-02 10:00"), act("p", "PAID", "2024-06-30 10:00")],
        {
            "leads": [("1", "1", "WON", "WON", "S1")],
            "closings": [("1", "2024-01-02 10:00", "LOST"), ("1", "2024-06-30 10:00", "WON")],
            "rejects": {},
        },
    ),
    Case(
        "a payment later than that finds no lead",
        "19",
        [ONE, act("l", "LOST", "2024-01-02 10:00"), act("p", "PAID", "2024-06-30 10:00:00.001")],
        {"leads": [("1", "1", "LOST", "LOST", "S1")], "rejects": {3: "NO_LEAD"}},
    ),
    Case(
        "the first payment is the deal",
        "19",
        [
            ONE,
            act("p", "PAID", "2024-01-02 10:00"),
            act("q", "PAID", "2024-01-20 10:00"),
            lead("2", "2024-06-30 10:00:00.001"),
        ],
        {"marks": {"1": FIRST, "2": FIRST}, "closings": [("1", "2024-01-02 10:00", "WON")]},
    ),
    Case(
        "deduped on the day of the deal",
        "12",
        [ONE, act("p", "PAID", "2024-01-01 11:00"), lead("2", "2024-01-01 12:00"), lead("3", "2024-01-02 12:00")],
        {"marks": {"1": FIRST, "2": DEDUPED, "3": DEAL}},
    ),
    Case(
        "lost and asked again on the same day",
        "12, 27",
        [
            ONE,
            lead("2", "2024-01-02 09:30"),
            act("l", "LOST", "2024-01-02 11:00"),
            lead("3", "2024-01-02 12:00"),
            lead("4", "2024-01-02 13:00"),
        ],
        # 3 is the day's first after the closing: MERGED, reopens, second dispatch. 4 repeats 3.
        {
            "marks": {"1": FIRST, "2": MERGED, "3": MERGED, "4": DEDUPED},
            "leads": [("1", "1 2 3 4", "DISPATCHED", "", "S1")],
            "dispatches": [SENT, reopened_at("2024-01-02 12:00")],
            "closings": [("1", "2024-01-02 11:00", "LOST")],
        },
    ),
    Case(
        "reopened within the merge period of the closing, inclusive",
        "27",
        [ONE, act("l", "INVALID", "2024-01-02 10:00", by="DCC"), lead("2", "2024-03-02 10:00")],
        {
            "marks": {"1": FIRST, "2": MERGED},
            "dispatches": [SENT, reopened_at("2024-03-02 10:00")],
            "closings": [("1", "2024-01-02 10:00", "INVALID")],
        },
    ),
    Case(
        "one millisecond beyond it a lost lead stays lost",
        "27",
        [ONE, act("l", "LOST", "2024-01-02 10:00"), lead("2", "2024-03-02 10:00:00.001")],
        {
            "marks": {"1": FIRST, "2": FIRST},
            "leads": [("1", "1", "LOST", "LOST", "S1"), ("2", "2", "DISPATCHED", "", "S1")],
        },
    ),
    Case(
        "reopening needs to lie within max life",
        "27, 54",
        [
            ONE,
            act("l", "LOST", "2024-01-05 10:00"),
            lead("2", "2024-01-11 10:00:00.001"),
            lead("3", "2024-01-01 10:00", phone=OTHER),
        ],
        # 10 d of life end 01-11 10:00. (3 is late by ten days: it only shows that the clock is there.)
        {"marks": {"1": FIRST, "2": FIRST}, "late": [4]},
        {**BASE, "periods": {"max_life": 10}},
    ),
    Case(
        "reopened at the last instant of max life",
        "27, 54",
        [ONE, act("l", "LOST", "2024-01-05 10:00"), lead("2", "2024-01-11 10:00")],
        {"marks": {"1": FIRST, "2": MERGED}, "leads": [("1", "1 2", "DISPATCHED", "", "S1")]},
        {**BASE, "periods": {"max_life": 10}},
    ),
    Case(
        "a raw lead from before the closing reopens nothing",
        "27",
        [ONE, act("l", "LOST", "2024-01-03 10:00"), lead("2", "2024-01-02 10:00"), lead("3", "2024-01-03 10:00")],
        # 3 stands at the instant of the closing: raw leads come first, so it is no request after it either.
        {
            "marks": {"1": FIRST, "2": MERGED, "3": MERGED},
            "leads": [("1", "1 2 3", "LOST", "LOST", "S1")],
            "dispatches": [SENT],
        },
    ),
    Case(
        "a late closing before a merged raw lead reopens without a second dispatch",
        "2",
        [ONE, lead("2", "2024-01-03 10:00"), act("l", "LOST", "2024-01-02 10:00")],
        # Folded: LOST on 01-02, 2 reopens on 01-03. Before this record it was dispatched and not closed.
        {
            "marks": {"1": FIRST, "2": MERGED},
            "leads": [("1", "1 2", "DISPATCHED", "", "S1")],
            "dispatches": [SENT],
            "closings": [],
        },
    ),
    Case(
        "INVALID by BIGDATA is recorded only",
        "55",
        [ONE, act("i", "INVALID", "2024-01-02 10:00", by="BIGDATA")],
        {"leads": [("1", "1", "DISPATCHED", "", "S1")], "rejects": {}, "closings": []},
    ),
    Case(
        "LOST on a lead that the timer closed changes nothing",
        "1, 26",
        [ONE, act("l", "LOST", "2024-03-05 10:00"), lead("2", "2024-03-06 10:00")],
        {
            "marks": {"1": FIRST, "2": FIRST},
            "leads": [("1", "1", "CLOSED", "MERGE_EXPIRED", "S1"), ("2", "2", "DISPATCHED", "", "S1")],
            "rejects": {},
        },
    ),
    Case(
        "an effective follow-up moves the expiry",
        "6",
        [ONE, act("c", "CALL", "2024-02-01 10:00", connected=True, duration_s=5), lead("2", "2024-04-01 10:00")],
        # 02-01 + 60 d: 28 to 02-29, 31 to 03-31, 1.
        {"marks": {"1": FIRST, "2": MERGED}},
    ),
    Case(
        "a call that nobody took does not",
        "6",
        [
            ONE,
            act("c", "CALL", "2024-02-01 10:00", connected=False),
            act("d", "FOLLOW_UP", "2024-02-02 10:00", duration_s=4),
            lead("2", "2024-03-01 10:00:00.001"),
        ],
        {"marks": {"1": FIRST, "2": FIRST}},
    ),
    Case(
        "a call that says neither counts; a visit always",
        "6, 54",
        [
            ONE,
            act("c", "CALL", "2024-02-01 10:00"),
            act("v", "VISIT", "2024-03-01 10:00", connected=False),
            lead("2", "2024-04-30 10:00"),
        ],
        # 03-01 + 60 d: 30 to 03-31, 30 to 04-30.
        {"marks": {"1": FIRST, "2": MERGED}},
    ),
    Case(
        "a follow-up at the expiry is in time and undoes nothing",
        "5, 6",
        [ONE, act("v", "VISIT", "2024-03-01 10:00"), lead("2", "2024-03-02 10:00")],
        {"marks": {"1": FIRST, "2": MERGED}, "closings": []},
    ),
    Case(
        "a late follow-up undoes the closing by the timer, and nothing is sent again",
        "2",
        [ONE, clock("2024-03-02 10:00"), lead("2", "2024-03-02 10:00", "S2"), act("v", "VISIT", "2024-03-01 10:00")],
        # Record 3 (same customer) has the timer of 03-01 10:00 fired; the visit, 24 h late, was in time: 1 is back.
        {
            "leads": [("1", "1", "DISPATCHED", "", "S1"), ("2", "2", "DISPATCHED", "", "S2")],
            "closings": [("1", "2024-03-01 10:00", "MERGE_EXPIRED")],
            "dispatches": [SENT, ("2", "S2", "2024-03-02 10:00", 1)],
        },
    ),
    Case(
        "a refund makes the deal a lost lead, marks before it stay",
        "19",
        [
            ONE,
            act("p", "PAID", "2024-01-02 10:00"),
            lead("2", "2024-01-03 10:00"),
            act("r", "REFUND", "2024-01-05 10:00"),
            lead("3", "2024-01-06 10:00"),
        ],
        {
            "marks": {"1": FIRST, "2": DEAL, "3": MERGED},
            "leads": [("1", "1 2 3", "DISPATCHED", "", "S1")],
            "closings": [("1", "2024-01-02 10:00", "WON"), ("1", "2024-01-05 10:00", "LOST")],
            "dispatches": [SENT, reopened_at("2024-01-06 10:00")],
        },
    ),
    Case(
        "asked again on the day of the refund",
        "57",
        [
            ONE,
            act("p", "PAID", "2024-01-02 10:00"),
            lead("2", "2024-01-05 09:30"),
            act("r", "REFUND", "2024-01-05 10:00"),
            lead("3", "2024-01-05 11:00"),
            lead("4", "2024-01-05 12:00"),
        ],
        {"marks": {"1": FIRST, "2": DEAL, "3": MERGED, "4": DEDUPED}},
    ),
    Case(
        "a refund without a deal finds no lead",
        "19",
        [ONE, act("r", "REFUND", "2024-01-02 10:00")],
        {"rejects": {2: "NO_LEAD"}, "closings": []},
    ),
]
