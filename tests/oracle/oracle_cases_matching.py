"""Worked examples: which lead an activity goes to, and which none (rulings 8, 26, 57).

2024: 03-01 + 180 d = 08-28.
"""

from typing import Any

from oracle_case import CHANNELS, OTHER, RAW_LEADS, Case, act, clock, lead

FIRST, MERGED = "FIRST_TOUCH", "MERGED"
ONE = lead("1", "2024-01-01 10:00")
SENT = ("1", "S1", "2024-01-01 10:00", 1)


def reopened_at(at: str) -> tuple[str, str, str, int]:
    return ("1", "S1", at, 2)


def again(record: tuple[str, dict[str, Any]], **fields: Any) -> tuple[str, dict[str, Any]]:
    return RAW_LEADS, {**record[1], **fields}


CASES = [
    Case(
        "an activity up to ten minutes before the opening, as if at it",
        "26",
        [ONE, act("l", "LOST", "2024-01-01 09:50"), lead("2", "2024-01-01 12:00")],
        # Lost at its opening, 10:00; 2 is the day's first after that: MERGED and reopens.
        {
            "marks": {"1": FIRST, "2": MERGED},
            "closings": [("1", "2024-01-01 10:00", "LOST")],
            "dispatches": [SENT, reopened_at("2024-01-01 12:00")],
        },
    ),
    Case(
        "earlier than that there is no lead",
        "26",
        [ONE, act("l", "LOST", "2024-01-01 09:49:59.999")],
        {"rejects": {2: "NO_LEAD"}, "leads": [("1", "1", "DISPATCHED", "", "S1")]},
    ),
    Case(
        "at one instant LOST comes before PAID",
        "26",
        [ONE, act("a", "PAID", "2024-01-02 10:00"), act("b", "LOST", "2024-01-02 10:00")],
        # Folded: LOST, then PAID wins it. The result is the deal, whatever arrived first.
        {"leads": [("1", "1", "WON", "WON", "S1")], "closings": [("1", "2024-01-02 10:00", "WON")]},
    ),
    Case(
        "without store: one open in the line takes it, several are ambiguous",
        "26",
        [
            ONE,
            act("l", "LOST", "2024-01-01 10:30", None),
            lead("2", "2024-01-02 10:00", "S2"),
            lead("3", "2024-01-02 10:00", None),
            act("m", "LOST", "2024-01-02 11:00", None),
            act("n", "LOST", "2024-01-02 11:00"),
        ],
        # l: S1 alone is open. m: S2 and PENDING are open. n: names S1, whose lead is closed: recorded.
        {
            "leads": [
                ("1", "1", "LOST", "LOST", "S1"),
                ("2", "2", "DISPATCHED", "", "S2"),
                ("3", "3", "PENDING", "", ""),
            ],
            "rejects": {5: "AMBIGUOUS"},
        },
    ),
    Case(
        "without store and nothing open: the latest of the line opened by then",
        "26",
        [
            ONE,
            lead("2", "2024-01-02 10:00", "S2"),
            act("l", "LOST", "2024-01-03 10:00"),
            act("m", "LOST", "2024-01-03 10:00", "S2"),
            act("p", "PAID", "2024-01-04 10:00", None),
            act("q", "PAID", "2024-01-01 11:00", None),
        ],
        # p: 2 opened last. q (71 h before the clock): only 1 was opened by then.
        {"leads": [("1", "1", "WON", "WON", "S1"), ("2", "2", "WON", "WON", "S2")], "rejects": {}},
    ),
    Case(
        "no lead of that customer, store or line",
        "26",
        [
            ONE,
            act("x", "CALL", "2024-01-02 10:00", phone=OTHER),
            act("y", "CALL", "2024-01-02 10:00", "S2"),
            act("z", "CALL", "2024-01-02 10:00", line="vip"),
        ],
        {"rejects": {2: "NO_LEAD", 3: "NO_LEAD", 4: "NO_LEAD"}},
    ),
    Case(
        "an activity again is a replay; a refused one is not remembered",
        "26",
        [
            lead("2", "2024-01-02 10:00"),
            act("l", "LOST", "2024-01-01 12:00"),
            ONE,
            act("l", "LOST", "2024-01-01 12:00"),
            act("l", "LOST", "2024-01-01 12:00"),
        ],
        # Line 2 finds nothing opened by 01-01 12:00; after 1 (24 h late) it does: LOST, and 2 reopens.
        {
            "marks": {"1": FIRST, "2": MERGED},
            "rejects": {2: "NO_LEAD"},
            "replays": {5: ""},
            "leads": [("1", "1 2", "DISPATCHED", "", "S1")],
            "dispatches": [("2", "S1", "2024-01-02 10:00", 1)],
        },
    ),
    Case(
        "an activity id is remembered for seven days of the clock, inclusive",
        "26",
        [
            ONE,
            act("c", "VISIT", "2024-01-02 10:00"),
            act("c", "VISIT", "2024-01-09 10:00"),
            act("c", "LOST", "2024-01-09 10:00:00.001"),
        ],
        {"replays": {3: ""}, "leads": [("1", "1", "LOST", "LOST", "S1")]},
    ),
    Case(
        "the last instant at which a closed lead is reached",
        "57",
        [
            ONE,
            act("v", "VISIT", "2024-08-28 10:00"),
            act("w", "VISIT", "2024-08-28 10:00:00.001"),
        ],
        # Expired 03-01 10:00, + max(60, 180) d = 08-28 10:00.
        {"rejects": {3: "NO_LEAD"}, "closings": [("1", "2024-03-01 10:00", "MERGE_EXPIRED")]},
    ),
    Case(
        "shadow leads are not reached",
        "8, 26",
        [lead("1", "2024-01-01 10:00", test=True), act("l", "LOST", "2024-01-02 10:00")],
        {"marks": {"~1": FIRST}, "rejects": {2: "NO_LEAD"}, "leads": [("~1", "~1", "HELD", "", "S1")]},
    ),
    Case(
        "an exact repeat and an old activity on a lead opened after it",
        "26",
        [
            lead("1", "2024-01-01 10:00", channel="off"),
            clock("2024-01-20 10:00"),
            act("l", "LOST", "2024-01-01 09:55"),
            again(act("l", "LOST", "2024-01-01 09:55")),
        ],
        # 19 d old, beyond 360 h, and five minutes before the opening: only recorded.
        {"leads": [("1", "1", "DISPATCHED", "", "S1")], "rejects": {}, "replays": {4: ""}},
        {"channels": {**CHANNELS, "off": {"group": "offline", "consent": True}}},
    ),
    Case(
        "a deal at one store changes nothing at another",
        "19",
        [
            ONE,
            lead("2", "2024-01-01 10:00", "S2"),
            act("p", "PAID", "2024-01-02 10:00"),
            lead("3", "2024-01-03 10:00", "S2"),
        ],
        {"marks": {"1": FIRST, "2": FIRST, "3": MERGED}},
    ),
]
