"""Worked examples: a store leaves, with a successor and without (rulings 31, 58, 66)."""

from functools import partial
from typing import Any

from oracle_case import BASE, OTHER, PHONE, RAW_LEADS, Case, act, command, instant, lead, verdict

Clean = partial(Case, layers=6)
FIRST, DEDUPED, MERGED, DEAL = "FIRST_TOUCH", "DEDUPED", "MERGED", "DEAL_MERGED"
ONE = lead("1", "2024-01-02 10:00")
NOON = "2024-01-03 12:00"
LATE_STORE: dict[str, Any] = {
    **BASE,
    "stores": {"S1": {}, "S2": {"opens": "13:00", "closes": "20:00"}, "S3": {}, "S9": {}},
}


def leaves(store: str = "S1", successor: str | None = "S2", at: str = NOON, command_id: str = "x") -> Any:
    record = {"type": "command", "command_id": command_id, "kind": "STORE_EXIT", "store": store}
    record["event_time"] = instant(at).isoformat()
    if successor:
        record["successor"] = successor
    return RAW_LEADS, record


CASES = [
    Clean(
        "a dispatched lead is dispatched to the successor",
        "31, 66",
        [ONE, leaves()],
        {
            "dispatches": [("1", "S1", "2024-01-02 10:00", 1), ("1", "S2", NOON, 2)],
            "leads": [("1", "1", "DISPATCHED", "", "S2")],
            "marks": {"1": FIRST},
            "closings": [],
        },
    ),
    Clean(
        "an assigned one loses its owner",
        "31, 66",
        [ONE, command("c", "ASSIGN", "2024-01-02 13:00", advisor="Wang"), leaves()],
        {
            "owners": [("1", "DISPATCHED", "", "Wang")],
            "dispatches": [("1", "S1", "2024-01-02 10:00", 1), ("1", "S2", NOON, 2)],
        },
    ),
    Clean(
        "it waits for the successor's hours",
        "31, 66",
        [ONE, leaves()],
        {
            "dispatches": [("1", "S1", "2024-01-02 10:00", 1), ("1", "S2", "2024-01-03 13:00", 2)],
            "holds": [("1", NOON, "HOURS", "2024-01-03 13:00")],
        },
        LATE_STORE,
        until="2024-01-04 10:00",
    ),
    Clean(
        "no second hold where it waits for the same opening",
        "29, 66",
        [lead("1", "2024-01-02 20:00", "S2"), leaves("S2", "S4", "2024-01-02 21:00")],
        {
            "holds": [("1", "2024-01-02 20:00", "HOURS", "2024-01-03 13:00")],
            "dispatches": [("1", "S4", "2024-01-03 13:00", 1)],
        },
        {**LATE_STORE, "stores": {**LATE_STORE["stores"], "S4": {"opens": "13:00", "closes": "19:00"}}},
        until="2024-01-04 10:00",
    ),
    Clean(
        "one in the pool stays there",
        "66",
        [
            ONE,
            command("c", "ASSIGN", "2024-01-02 11:00", advisor="Wang"),
            command("r", "RECYCLE", "2024-01-02 12:00"),
            leaves(),
        ],
        {"owners": [("1", "POOL", "", "Wang")], "dispatches": [("1", "S1", "2024-01-02 10:00", 1)]},
    ),
    Clean(
        "one that waits waits by the successor's hours",
        "31",
        [lead("1", "2024-01-02 19:00"), leaves(at="2024-01-02 19:30")],
        {
            "dispatches": [("1", "S2", "2024-01-02 19:30", 1)],
            "holds": [("1", "2024-01-02 19:00", "HOURS", "2024-01-03 09:00")],
        },
        LATE_STORE,
    ),
    Clean(
        "a task stays",
        "66",
        [lead("1", "2024-01-02 10:00", phone="021-12345678"), leaves(at="2024-01-02 12:00")],
        {
            "tasks": [("1", "t1", "OPEN", "2024-01-02 10:00", "MANUAL", "LANDLINE_ONLY")],
            "leads": [("1", "1", "CLEANING", "", "S2")],
        },
    ),
    Clean(
        "uniqueness is kept by folding: the successor's lead survives",
        "31, 7",
        [ONE, lead("2", "2024-01-03 10:00", "S2"), leaves()],
        {
            "marks": {"1": MERGED, "2": FIRST},
            "leads": [("2", "1 2", "DISPATCHED", "", "S2")],
            "closings": [("1", NOON, "FOLDED")],
            "dispatches": [("1", "S1", "2024-01-02 10:00", 1), ("2", "S2", "2024-01-03 10:00", 1)],
        },
    ),
    Clean(
        "a survivor that still waits is not dispatched by what went to the old store",
        "31, 66",
        [lead("1", "2024-01-02 10:00"), lead("2", "2024-01-03 11:00", "S2"), leaves()],
        {
            "leads": [("2", "1 2", "HELD", "", "S2")],
            "dispatches": [("1", "S1", "2024-01-02 10:00", 1)],
        },
        LATE_STORE,
    ),
    Clean(
        "a deal at the successor takes them in",
        "31, 7",
        [ONE, lead("2", "2024-01-02 11:00", "S2"), act("p", "PAID", "2024-01-03 10:00", "S2"), leaves()],
        {"marks": {"1": DEAL, "2": FIRST}, "leads": [("2", "1 2", "WON", "WON", "S2")]},
    ),
    Clean(
        "from then on the code is an alias for every record read, late ones too",
        "31",
        [
            ONE,
            leaves(),
            lead("2", "2024-01-03 13:00"),
            lead("3", "2024-01-03 12:30"),
            act("l", "LOST", "2024-01-03 14:00"),
        ],
        {
            "marks": {"1": FIRST, "2": DEDUPED, "3": MERGED},
            "leads": [("1", "1 2 3", "LOST", "LOST", "S2")],
        },
    ),
    Clean(
        "a late one from before the exit opens a lead there, which the exit closes",
        "31, 57",
        [ONE, leaves(), lead("2", "2024-01-03 11:00")],
        {
            "marks": {"1": FIRST, "2": FIRST},
            "leads": [("1", "1", "DISPATCHED", "", "S2"), ("2", "2", "CLOSED", "MERGE_EXPIRED", "S2")],
        },
    ),
    Clean(
        "a record that names both is one raw lead",
        "31, 13",
        [ONE, leaves(), lead("2", "2024-01-04 10:00", None, stores=["S1", "S2"])],
        {"marks": {"1": FIRST, "2": MERGED}, "splits": (0, 0)},
    ),
    Clean(
        "closed leads stay where they were",
        "31",
        [
            ONE,
            act("l", "LOST", "2024-01-02 12:00"),
            leaves(),
            lead("2", "2024-01-04 10:00"),
            act("c", "CALL", "2024-01-02 11:00"),
        ],
        {
            "marks": {"1": FIRST, "2": FIRST},
            "leads": [("1", "1", "LOST", "LOST", "S1"), ("2", "2", "DISPATCHED", "", "S2")],
            "rejects": {5: "NO_LEAD"},
        },
    ),
    Clean(
        "aliases in a row",
        "31",
        [ONE, leaves(), leaves("S2", "S3", "2024-01-03 13:00", "y"), lead("2", "2024-01-04 10:00")],
        {
            "leads": [("1", "1 2", "DISPATCHED", "", "S3")],
            "dispatches": [
                ("1", "S1", "2024-01-02 10:00", 1),
                ("1", "S2", NOON, 2),
                ("1", "S3", "2024-01-03 13:00", 3),
            ],
        },
    ),
    Clean(
        "a successor that has left means its own successor",
        "31",
        [lead("1", "2024-01-02 10:00"), leaves("S2", "S3"), leaves("S1", "S2", "2024-01-03 13:00", "y")],
        {"leads": [("1", "1", "DISPATCHED", "", "S3")]},
    ),
    *(
        Clean(
            f"refused: {name}",
            "31",
            [ONE, *records],
            {"rejects": {1 + len(records): code}},
        )
        for name, code, records in (
            ("itself as successor", "BAD_FIELD", [leaves(successor="S1")]),
            ("in a circle", "NOT_ALLOWED", [leaves(), leaves("S2", "S1", NOON, "y")]),
            ("a store that has left", "NOT_ALLOWED", [leaves(), leaves("S1", "S3", NOON, "y")]),
            ("no store named", "MISSING_FIELD", [leaves(store="")]),
        )
    ),
    Clean(
        "the same command again is a replay",
        "26",
        [ONE, leaves(), leaves()],
        {"replays": {3: ""}, "rejects": {}},
    ),
    Clean(
        "all customers and lines",
        "31",
        [
            ONE,
            lead("2", "2024-01-02 10:00", phone=OTHER),
            lead("3", "2024-01-02 10:00", line="used"),
            lead("4", "2024-01-02 10:00", "S3"),
            leaves(),
        ],
        {
            "leads": [
                ("1", "1", "DISPATCHED", "", "S2"),
                ("2", "2", "DISPATCHED", "", "S2"),
                ("3", "3", "DISPATCHED", "", "S2"),
                ("4", "4", "DISPATCHED", "", "S3"),
            ],
        },
    ),
    # -- without successor -------------------------------------------------------------------------------------------------
    Clean(
        "without successor a dispatched lead is back to waiting for a store, before people",
        "31, 58",
        [ONE, command("c", "ASSIGN", "2024-01-02 13:00", advisor="Wang"), leaves(successor=None)],
        {
            "owners": [("1", "CLEANING", "", "Wang")],
            "tasks": [("1", "t1", "OPEN", NOON, "MANUAL", "STORE_UNKNOWN")],
            "holds": [("1", NOON, "STORE_UNKNOWN CLEANING", "")],
            "closings": [],
        },
    ),
    Clean(
        "an answer then dispatches it with the next sequence",
        "31, 53",
        [ONE, leaves(successor=None), verdict("MANUAL", "STORE_CHOSEN", "2024-01-03 14:00", store="S3")],
        {"dispatches": [("1", "S1", "2024-01-02 10:00", 1), ("1", "S3", "2024-01-03 14:00", 2)]},
    ),
    Clean(
        "one that waits for the robot goes to people",
        "58",
        [lead("1", "2024-01-02 10:00", phone="10012345678"), leaves(successor=None, at="2024-01-02 10:05")],
        {
            "tasks": [
                ("1", "t1", "OPEN", "2024-01-02 10:00", "AI", "SEGMENT"),
                ("1", "t1", "WITHDRAWN", "2024-01-02 10:05", "AI", "SEGMENT"),
                ("1", "t2", "OPEN", "2024-01-02 10:05", "MANUAL", "SEGMENT STORE_UNKNOWN"),
            ],
        },
    ),
    Clean(
        "later leads of that code wait for a store as well",
        "31, 14",
        [leaves(successor=None, at="2024-01-02 09:00"), lead("1", "2024-01-04 10:00")],
        {"leads": [("1", "1", "CLEANING", "", "S1")]},
        until=None,
    ),
    Clean(
        "a second command names the successor that was missing",
        "31",
        [ONE, leaves(successor=None), leaves("S1", "S2", "2024-01-03 14:00", "y")],
        {
            "tasks": [
                ("1", "t1", "OPEN", NOON, "MANUAL", "STORE_UNKNOWN"),
                ("1", "t1", "WITHDRAWN", "2024-01-03 14:00", "MANUAL", "STORE_UNKNOWN"),
            ],
            "dispatches": [("1", "S1", "2024-01-02 10:00", 1), ("1", "S2", "2024-01-03 14:00", 2)],
        },
    ),
    Clean(
        "a shadow lead moves, and shows SHADOW as before",
        "66, 83",
        [lead("1", "2024-01-02 10:00", test=True), leaves()],
        {
            "holds": [("~1", "2024-01-02 10:00", "SHADOW", "")],
            "leads": [("~1", "~1", "HELD", "", "S2")],
            "dispatches": [],
        },
    ),
    Clean(
        "without successor too: it neither closes nor reopens",
        "58, 83",
        [lead("1", "2024-01-02 10:00", test=True), leaves(successor=None)],
        {
            "holds": [("~1", "2024-01-02 10:00", "SHADOW", "")],
            "leads": [("~1", "~1", "HELD", "", "S1")],
            "tasks": [],
        },
    ),
    Clean(
        "to a successor that nobody knows too",
        "58, 83",
        [lead("1", "2024-01-02 10:00", test=True), leaves(successor="S77")],
        {
            "holds": [("~1", "2024-01-02 10:00", "SHADOW", "")],
            "leads": [("~1", "~1", "HELD", "", "S77")],
            "tasks": [],
        },
        LATE_STORE,
        until=None,
    ),
    Clean(
        "and from there to one that is known",
        "58, 83",
        [lead("1", "2024-01-02 10:00", test=True), leaves(successor=None), leaves("S1", "S2", "2024-01-03 14:00", "y")],
        {
            "holds": [("~1", "2024-01-02 10:00", "SHADOW", "")],
            "leads": [("~1", "~1", "HELD", "", "S2")],
            "tasks": [],
        },
    ),
    Clean(
        "by address of the old code a command finds the lead at the successor",
        "31, 17",
        [ONE, leaves(), command("c", "ASSIGN", "2024-01-03 13:00", "S1", advisor="Li")],
        {"owners": [("1", "ASSIGNED", "Li", "")]},
    ),
    Clean(
        "and a verdict too",
        "31, 17",
        [ONE, leaves(), verdict("DCC", "INVALID", "2024-01-03 13:00", phone=PHONE, store="S1")],
        {"leads": [("1", "1", "INVALID", "INVALID", "S2")]},
    ),
]
