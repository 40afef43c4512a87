"""Worked examples: cleaning tasks, their windows and time-outs (rulings 24, 59).

Calling hours are 09:00 to 20:00. A number of segment 10x asks the robot, a landline asks people.
"""

from functools import partial
from typing import Any

from oracle_case import BASE, OTHER, Case, act, clock, lead, verdict

Clean = partial(Case, layers=6)
ROBOT, PEOPLE = "10012345678", "021-12345678"


def calling(hours: str) -> dict[str, Any]:
    return {**BASE, "cleaning": {"calling": hours}}


def window(name: str, phone: str, at: str, not_before: str, expires: str, config: dict[str, Any] = BASE) -> Case:
    record = lead("1", at, phone=phone)
    return Clean(name, "59", [record], {"windows": {"1 t1": (not_before, expires)}}, config)


CASES = [
    window("the robot has ten minutes", ROBOT, "2024-01-02 10:00", "2024-01-02 10:00", "2024-01-02 10:10"),
    window("opened at 19:50: until 20:00", ROBOT, "2024-01-02 19:50", "2024-01-02 19:50", "2024-01-02 20:00"),
    window(
        "opened at 19:55: five minutes, and five of the morning",
        ROBOT,
        "2024-01-02 19:55",
        "2024-01-02 19:55",
        "2024-01-03 09:05",
    ),
    window(
        "opened at the end of calling: the whole of it in the morning",
        ROBOT,
        "2024-01-02 20:00",
        "2024-01-03 09:00",
        "2024-01-03 09:10",
    ),
    window(
        "opened in the night, before its day begins", ROBOT, "2024-01-02 03:00", "2024-01-02 09:00", "2024-01-02 09:10"
    ),
    window(
        "people have 24 hours from the opening, by night too",
        PEOPLE,
        "2024-01-02 22:00",
        "2024-01-03 09:00",
        "2024-01-03 22:00",
    ),
    window(
        "calling past midnight: what is left of it comes in the evening",
        ROBOT,
        "2024-01-02 01:55",
        "2024-01-02 01:55",
        "2024-01-02 20:05",
        calling("20:00-02:00"),
    ),
    window(
        "calling across midnight without a gap",
        ROBOT,
        "2024-01-02 23:55",
        "2024-01-02 23:55",
        "2024-01-03 00:05",
        calling("20:00-02:00"),
    ),
    window(
        "calling at all hours",
        ROBOT,
        "2024-01-02 23:55",
        "2024-01-02 23:55",
        "2024-01-03 00:05",
        calling("00:00-24:00"),
    ),
    window(
        "a short calling window takes several days",
        ROBOT,
        "2024-01-02 12:00",
        "2024-01-03 09:00",
        "2024-01-05 09:02",
        calling("09:00-09:04"),
    ),
    window(
        "other time-outs",
        ROBOT,
        "2024-01-02 10:00",
        "2024-01-02 10:00",
        "2024-01-02 10:30",
        {**BASE, "cleaning": {"ai_timeout_minutes": 30}},
    ),
    Clean(
        "the robot hears nothing: a new task for people from that instant on",
        "24, 59",
        [lead("1", "2024-01-02 10:00", phone=ROBOT), clock("2024-01-02 12:00")],
        {
            "tasks": [
                ("1", "t1", "OPEN", "2024-01-02 10:00", "AI", "SEGMENT"),
                ("1", "t1", "TIMEOUT", "2024-01-02 10:10", "AI", "SEGMENT"),
                ("1", "t2", "OPEN", "2024-01-02 10:10", "MANUAL", "SEGMENT"),
            ],
            "windows": {
                "1 t1": ("2024-01-02 10:00", "2024-01-02 10:10"),
                "1 t2": ("2024-01-02 10:10", "2024-01-03 10:10"),
            },
            "holds": [("1", "2024-01-02 10:00", "CLEANING", "")],
            "stages": {"1": "UQL"},
        },
    ),
    Clean(
        "exactly at its end a task is still open",
        "59, 5",
        [
            lead("1", "2024-01-02 10:00", phone=ROBOT),
            verdict("AI", "INTENT", "2024-01-02 10:10", task_id=f"m:{ROBOT}/t1"),
        ],
        {
            "outcomes": [("1", "t1", "INTENT", "AI")],
            "dispatches": [("1", "S1", "2024-01-02 10:10", 1)],
            "rejects": {},
        },
    ),
    Clean(
        "people say nothing: cleaning counts as done, the lead is judged at that instant",
        "24, 59",
        [lead("1", "2024-01-02 10:00", phone=PEOPLE), clock("2024-01-04 10:00")],
        {
            "tasks": [
                ("1", "t1", "OPEN", "2024-01-02 10:00", "MANUAL", "LANDLINE_ONLY"),
                ("1", "t1", "TIMEOUT", "2024-01-03 10:00", "MANUAL", "LANDLINE_ONLY"),
            ],
            "dispatches": [("1", "S1", "2024-01-03 10:00", 1)],
            "stages": {"1": "MQL"},
            "leads": [("1", "1", "DISPATCHED", "", "S1")],
        },
    ),
    Clean(
        "a time-out at night is held to the opening",
        "59, 29",
        [lead("1", "2024-01-02 20:00", phone=PEOPLE), clock("2024-01-05 10:00")],
        {
            "holds": [
                ("1", "2024-01-02 20:00", "CLEANING", ""),
                ("1", "2024-01-03 20:00", "HOURS", "2024-01-04 09:00"),
            ],
            "dispatches": [("1", "S1", "2024-01-04 09:00", 1)],
        },
    ),
    Clean(
        "a time-out at night takes its place in the store's release",
        "59, 29",
        [
            lead("1", "2024-01-02 20:00", phone=PEOPLE),
            lead("2", "2024-01-03 21:00", phone=OTHER),
            clock("2024-01-05 10:00"),
        ],
        {
            "dispatches": [("1", "S1", "2024-01-04 09:00", 1), ("2", "S1", "2024-01-04 09:01", 1)],
            "holds": [
                ("1", "2024-01-02 20:00", "CLEANING", ""),
                ("1", "2024-01-03 20:00", "HOURS", "2024-01-04 09:00"),
                ("2", "2024-01-03 21:00", "HOURS", "2024-01-04 09:00"),
                ("2", "2024-01-04 09:00", "RATE", "2024-01-04 09:01"),
            ],
        },
        {**BASE, "stores": {"S1": {"release_per_minute": 1}, "S9": {}}},
    ),
    Clean(
        "while the store is missing a manual time-out ends nothing",
        "24, 59",
        [
            lead("1", "2024-01-02 10:00", None, phone=PEOPLE),
            clock("2024-01-05 10:00"),
            verdict("MANUAL", "STORE_CHOSEN", "2024-01-05 11:00", store="S1", task_id="l:02112345678/t1"),
        ],
        {
            "tasks": [
                ("1", "t1", "DONE", "2024-01-05 11:00", "MANUAL", "LANDLINE_ONLY NO_CITY STORE_MISSING"),
                ("1", "t1", "OPEN", "2024-01-02 10:00", "MANUAL", "LANDLINE_ONLY NO_CITY STORE_MISSING"),
            ],
            "dispatches": [("1", "S1", "2024-01-05 11:00", 1)],
        },
    ),
    Clean(
        "after such a time-out a store answer from elsewhere ends the task",
        "59",
        [
            lead("1", "2024-01-02 10:00", None, phone=PEOPLE),
            clock("2024-01-05 10:00"),
            lead("1", "2024-01-02 10:00", "S1", phone=PEOPLE),
        ],
        {
            "tasks": [
                ("1", "t1", "OPEN", "2024-01-02 10:00", "MANUAL", "LANDLINE_ONLY NO_CITY STORE_MISSING"),
                ("1", "t1", "WITHDRAWN", "2024-01-05 10:00", "MANUAL", "LANDLINE_ONLY NO_CITY STORE_MISSING"),
            ],
            "dispatches": [("1", "S1", "2024-01-05 10:00", 1)],
        },
    ),
    Clean(
        "a closing withdraws the task, a reopening opens another",
        "59, 58",
        [
            lead("1", "2024-01-02 10:00", phone=PEOPLE),
            act("l", "LOST", "2024-01-02 12:00", phone=PEOPLE),
            lead("2", "2024-01-03 10:00", phone=PEOPLE),
        ],
        {
            "tasks": [
                ("1", "t1", "OPEN", "2024-01-02 10:00", "MANUAL", "LANDLINE_ONLY"),
                ("1", "t1", "WITHDRAWN", "2024-01-02 12:00", "MANUAL", "LANDLINE_ONLY"),
                ("1", "t2", "OPEN", "2024-01-03 10:00", "MANUAL", "LANDLINE_ONLY"),
            ],
        },
    ),
    Clean(
        "the timer that closes a lead withdraws its task",
        "59, 6",
        [lead("1", "2024-01-02 10:00", None, phone=PEOPLE), clock("2024-01-08 10:00")],
        {
            "tasks": [
                ("1", "t1", "OPEN", "2024-01-02 10:00", "MANUAL", "LANDLINE_ONLY NO_CITY STORE_MISSING"),
                ("1", "t1", "WITHDRAWN", "2024-01-05 10:00", "MANUAL", "LANDLINE_ONLY NO_CITY STORE_MISSING"),
            ],
            "closings": [("1", "2024-01-05 10:00", "MERGE_EXPIRED")],
        },
        {**BASE, "periods": {"merge": 3}},
    ),
    Clean(
        "a closing by the timer that a late raw lead undoes counts as never made: the task again",
        "2, 58",
        [
            lead("1", "2024-01-02 10:00", None, phone=PEOPLE),
            clock("2024-01-05 12:00"),
            lead("2", "2024-01-04 10:00", None, phone=PEOPLE),
        ],
        {
            "tasks": [
                ("1", "t1", "OPEN", "2024-01-02 10:00", "MANUAL", "LANDLINE_ONLY NO_CITY STORE_MISSING"),
                ("1", "t1", "WITHDRAWN", "2024-01-05 10:00", "MANUAL", "LANDLINE_ONLY NO_CITY STORE_MISSING"),
                ("1", "t2", "OPEN", "2024-01-05 12:00", "MANUAL", "LANDLINE_ONLY NO_CITY STORE_MISSING"),
            ],
            "leads": [("1", "1 2", "PENDING", "", "")],
        },
        {**BASE, "periods": {"merge": 3}},
    ),
    Clean(
        "a task opens at the clock, not at a late lead's own time",
        "59",
        [clock("2024-01-02 12:00"), lead("1", "2024-01-02 10:00", phone=ROBOT)],
        {"windows": {"1 t1": ("2024-01-02 12:00", "2024-01-02 12:10")}},
    ),
    Clean(
        "tasks count per customer",
        "21, 59",
        [
            lead("1", "2024-01-02 10:00", phone=ROBOT),
            lead("2", "2024-01-02 10:00", "S2", phone=ROBOT),
            clock("2024-01-02 10:10:00.001"),
        ],
        {
            "tasks": [
                ("1", "t1", "OPEN", "2024-01-02 10:00", "AI", "SEGMENT"),
                ("1", "t1", "TIMEOUT", "2024-01-02 10:10", "AI", "SEGMENT"),
                ("1", "t3", "OPEN", "2024-01-02 10:10", "MANUAL", "SEGMENT"),
                ("2", "t2", "OPEN", "2024-01-02 10:00", "AI", "SEGMENT"),
                ("2", "t2", "TIMEOUT", "2024-01-02 10:10", "AI", "SEGMENT"),
                ("2", "t4", "OPEN", "2024-01-02 10:10", "MANUAL", "SEGMENT"),
            ],
        },
    ),
    Clean(
        "ASSIGN is not allowed while a task holds the lead",
        "35, 59",
        [
            lead("1", "2024-01-02 10:00", phone=ROBOT),
            (
                "raw_leads.jsonl",
                {
                    "type": "command",
                    "command_id": "c",
                    "kind": "ASSIGN",
                    "advisor": "Wang",
                    "phone": ROBOT,
                    "store": "S1",
                    "event_time": "2024-01-02T10:05:00+08:00",
                },
            ),
        ],
        {"rejects": {2: "NOT_ALLOWED"}},
    ),
]
