"""Worked examples: where cleaning meets folds, the pool, runs, the gate and other reasons (rulings 2, 24, 58 to 66)."""

from functools import partial
from typing import Any

from oracle_case import BASE, CHANNELS, PHONE, Case, act, clock, command, lead, verdict

Clean = partial(Case, layers=6)
FIRST, DEDUPED, MERGED = "FIRST_TOUCH", "DEDUPED", "MERGED"
MORNING, LATER, NIGHT = "2024-01-02 10:00", "2024-01-02 10:05", "2024-01-02 21:00"
PEOPLE = "021-12345678"
ID = f"m:{PHONE}/1"


def routed(*rules: tuple[str, str, str], **tables: Any) -> dict[str, Any]:
    """Rules (campaign, route, reason)."""
    found = [{"route": route, "reason": reason, "campaign": [campaign]} for campaign, route, reason in rules]
    return {**BASE, "channels": {**CHANNELS, "n": {}}, "cleaning": {"rules": found}, **tables}


RULES = routed(("M", "MANUAL", "PEOPLE"), ("R", "AI", "ROBOT"))
PEOPLE_ASK = lead("1", MORNING, campaign="M")
ROBOT_ASKS = lead("1", MORNING, campaign="R")

CASES = [
    Clean(
        "BIGDATA on a lead before people only adds its reason",
        "58",
        [
            PEOPLE_ASK,
            verdict("BIGDATA", "INVALID", LATER, unique_id=ID),
            verdict("MANUAL", "NORMAL", "2024-01-02 10:06"),
        ],
        {
            "tasks": [
                ("1", "t1", "DONE", "2024-01-02 10:06", "MANUAL", "PEOPLE SUSPECT"),
                ("1", "t1", "OPEN", MORNING, "MANUAL", "PEOPLE"),
            ],
            "dispatches": [("1", "S1", "2024-01-02 10:06", 1)],
            "suspects": [],
        },
        RULES,
    ),
    Clean(
        "BIGDATA after a time-out asks the robot again",
        "58",
        [
            lead("1", NIGHT, phone=PEOPLE, channel="n"),
            clock("2024-01-03 22:00"),
            verdict("BIGDATA", "INVALID", "2024-01-03 22:00", unique_id="l:02112345678/1"),
        ],
        {
            "tasks": [
                ("1", "t1", "OPEN", NIGHT, "MANUAL", "LANDLINE_ONLY"),
                ("1", "t1", "TIMEOUT", "2024-01-03 21:00", "MANUAL", "LANDLINE_ONLY"),
                ("1", "t2", "OPEN", "2024-01-03 22:00", "AI", "SUSPECT"),
            ],
        },
        RULES,
    ),
    Clean(
        "INVALID by people names the robot's task that ran out: it applies, and ends the open one",
        "61",
        [ROBOT_ASKS, clock("2024-01-02 10:30"), verdict("MANUAL", "INVALID", "2024-01-02 10:30", task=1)],
        {
            "outcomes": [("1", "t2", "INVALID", "MANUAL")],
            "leads": [("1", "1", "INVALID", "INVALID", "S1")],
            "rejects": {},
        },
        RULES,
    ),
    Clean(
        "HIGH by people names the robot's task that ran out: TASK_CLOSED, the open one stays",
        "24",
        [ROBOT_ASKS, clock("2024-01-02 10:30"), verdict("MANUAL", "HIGH", "2024-01-02 10:30", task=1)],
        {"rejects": {3: "TASK_CLOSED"}, "outcomes": [], "leads": [("1", "1", "CLEANING", "", "S1")]},
        RULES,
    ),
    Clean(
        "after UNSURE a fact of the number by the robot comes too late",
        "24, 59",
        [ROBOT_ASKS, verdict("AI", "UNSURE", LATER), verdict("AI", "DEAD", "2024-01-02 10:06")],
        {"rejects": {3: "TASK_CLOSED"}, "leads": [("1", "1", "CLEANING", "", "S1")]},
        RULES,
    ),
    Clean(
        "DCC names the missing store: the robot is called off",
        "61, 59",
        [lead("1", MORNING, None), verdict("DCC", "HIGH", LATER, unique_id=ID, store="S1")],
        {
            "tasks": [
                ("1", "t1", "OPEN", MORNING, "AI", "STORE_MISSING"),
                ("1", "t1", "WITHDRAWN", LATER, "AI", "STORE_MISSING"),
            ],
            "dispatches": [("1", "S1", LATER, 1)],
            "grades": {"1": "A"},
        },
        RULES,
    ),
    Clean(
        "UNSURE and the store: the store is answered, people are asked all the same",
        "24, 61",
        [lead("1", MORNING, None), verdict("AI", "UNSURE", LATER, store="S1")],
        {
            "tasks": [
                ("1", "t1", "DONE", LATER, "AI", "STORE_MISSING"),
                ("1", "t1", "OPEN", MORNING, "AI", "STORE_MISSING"),
                ("1", "t2", "OPEN", LATER, "MANUAL", ""),
            ],
            "leads": [("1", "1", "CLEANING", "", "S1")],
        },
        RULES,
    ),
    Clean(
        "with cleaning off a verdict has no task; INVALID needs none",
        "58, 61",
        [PEOPLE_ASK, verdict("MANUAL", "HIGH", LATER), verdict("DCC", "INVALID", LATER, unique_id=ID)],
        {"rejects": {2: "NO_TASK"}, "leads": [("1", "1", "INVALID", "INVALID", "S1")]},
        {**RULES, "cleaning": {**RULES["cleaning"], "enabled": False}},
    ),
    Clean(
        "an answer that reopens what was LOST: the rules read the first touch that it brings",
        "58, 7",
        [
            lead("1", MORNING),
            act("l", "LOST", "2024-01-02 12:00"),
            lead("2", "2024-01-03 10:00", None, campaign="M"),
            lead("3", "2024-01-04 10:00", None, campaign="R"),
            verdict("MANUAL", "STORE_CHOSEN", "2024-01-04 10:05", task=1, store="S1"),
        ],
        {
            "tasks": [
                ("1", "t2", "OPEN", "2024-01-04 10:05", "MANUAL", "PEOPLE"),
                ("2", "t1", "DONE", "2024-01-04 10:05", "MANUAL", "PEOPLE STORE_MISSING"),
                ("2", "t1", "OPEN", "2024-01-03 10:00", "MANUAL", "PEOPLE STORE_MISSING"),
            ],
            "marks": {"1": FIRST, "2": MERGED, "3": MERGED},
        },
        RULES,
    ),
    Clean(
        "a late raw lead opens a lead before another: that is judged by it",
        "58, 2",
        [lead("1", "2024-01-06 10:00"), lead("2", "2024-01-04 10:00", campaign="M")],
        {
            "marks": {"1": FIRST, "2": FIRST},
            "leads": [("1", "1", "DISPATCHED", "", "S1"), ("2", "2", "CLOSED", "MERGE_EXPIRED", "S1")],
            "tasks": [],
        },
        {**RULES, "periods": {"merge": 1}},
    ),
    Clean(
        "a late raw lead that becomes the first touch judges nothing anew",
        "58, 2",
        [lead("1", "2024-01-04 10:00"), lead("2", "2024-01-02 10:00", campaign="M")],
        {
            "marks": {"1": MERGED, "2": FIRST},
            "leads": [("2", "1 2", "DISPATCHED", "", "S1")],
            "tasks": [],
            "routes": {"2": "NONE"},
        },
        RULES,
    ),
    Clean(
        "a lead that a fold says was dispatched gets its task no more",
        "58, 2",
        [
            lead("1", "2024-01-02 09:00", phone=PEOPLE),
            lead("2", "2024-01-02 23:00", phone=PEOPLE, store="S1", series="x"),
            lead("3", "2024-01-03 09:30", phone=PEOPLE),
            verdict("MANUAL", "NORMAL", "2024-01-03 09:40", task_id="l:02112345678/t2"),
            lead("4", "2024-01-02 20:00", phone=PEOPLE),
        ],
        # 1 expired at 21:00 the same day; 2 of 23:00 is DEDUPED by it; 3 opened another lead, which was dispatched. 4 is
        # DEDUPED too and moves nothing.
        {
            "marks": {"1": FIRST, "2": DEDUPED, "3": FIRST, "4": DEDUPED},
            "outcomes": [("3", "t2", "NORMAL", "MANUAL")],
        },
        {**RULES, "periods": {"merge": 0.5}},
    ),
    Clean(
        "two leads become one by a late raw lead; what was dispatched under the younger counts",
        "58, 2",
        [
            lead("1", "2024-01-02 20:00", phone=PEOPLE),
            lead("2", "2024-01-03 09:30", phone=PEOPLE),
            verdict("MANUAL", "NORMAL", "2024-01-03 09:40", task_id="l:02112345678/t2"),
            lead("3", "2024-01-03 07:00", phone=PEOPLE),
        ],
        {
            "marks": {"1": FIRST, "2": DEDUPED, "3": MERGED},
            "tasks": [
                ("1", "t1", "OPEN", "2024-01-02 20:00", "MANUAL", "LANDLINE_ONLY"),
                ("1", "t1", "WITHDRAWN", "2024-01-03 08:00", "MANUAL", "LANDLINE_ONLY"),
                ("2", "t2", "DONE", "2024-01-03 09:40", "MANUAL", "LANDLINE_ONLY"),
                ("2", "t2", "OPEN", "2024-01-03 09:30", "MANUAL", "LANDLINE_ONLY"),
            ],
            "leads": [("1", "1 2 3", "DISPATCHED", "", "S1")],
            "dispatches": [("2", "S1", "2024-01-03 09:40", 1)],
        },
        {**RULES, "periods": {"merge": 0.5}},
    ),
    Clean(
        "a reactivation does not wait for a task beside",
        "59, 65",
        [
            lead("1", MORNING),
            command("c", "ASSIGN", "2024-01-02 11:00", advisor="Wang"),
            command("r", "RECYCLE", "2024-01-02 12:00"),
            verdict("BIGDATA", "INVALID", "2024-01-02 12:05", unique_id=ID),
            lead("2", "2024-01-02 12:10"),
        ],
        {
            "tasks": [("1", "t1", "OPEN", "2024-01-02 12:05", "AI", "SUSPECT")],
            "dispatches": [("1", "S1", MORNING, 1), ("1", "S1", "2024-01-02 12:10", 2)],
            "owners": [("1", "DISPATCHED", "", "Wang")],
        },
        RULES,
    ),
    Clean(
        "a member of a run that people have called is told of it no more",
        "58, 62",
        [
            lead("1", NIGHT, phone="13800137501", campaign="M"),
            verdict("MANUAL", "NORMAL", "2024-01-02 21:10", task_id="m:13800137501/t1"),
            lead("2", "2024-01-02 21:20", phone="13800137502"),
            lead("3", "2024-01-02 21:30", phone="13800137503"),
            clock("2024-01-03 09:05"),
        ],
        {
            "tasks": [
                ("1", "t1", "DONE", "2024-01-02 21:10", "MANUAL", "PEOPLE"),
                ("1", "t1", "OPEN", NIGHT, "MANUAL", "PEOPLE"),
                ("2", "t1", "OPEN", "2024-01-02 21:30", "AI", "NUMBER_RUN"),
                ("3", "t1", "OPEN", "2024-01-02 21:30", "AI", "NUMBER_RUN"),
            ],
            "dispatches": [("1", "S1", "2024-01-03 09:00", 1)],
        },
        RULES,
    ),
    Clean(
        "the gate and the robot together",
        "43, 29",
        [ROBOT_ASKS, verdict("AI", "INTENT", LATER), clock("2024-01-03 12:00")],
        {
            "holds": [("1", MORNING, "CLEANING SCORE", ""), ("1", LATER, "SCORE", "2024-01-03 10:00")],
            "dispatches": [("1", "S1", "2024-01-03 10:00", 1)],
        },
        routed(("R", "AI", "ROBOT"), score={"gate": 40}, stores={"S1": {"gate_consent": True}, "S9": {}}),
    ),
    Clean(
        "cleaning done, consent and a field still missing; an enrichment brings both",
        "29, 83",
        [
            lead("1", MORNING, channel="n", campaign="M", consent=False),
            verdict("DCC", "HIGH", LATER, unique_id=ID),
            clock("2024-01-03 10:30"),
            lead("1", MORNING, channel="n", campaign="M", consent=True, name="王"),
        ],
        {
            "holds": [("1", MORNING, "CLEANING CONSENT FIELDS", ""), ("1", "2024-01-03 10:00", "CONSENT FIELDS", "")],
            "dispatches": [("1", "S1", "2024-01-03 10:30", 1)],
        },
        routed(("M", "MANUAL", "PEOPLE"), dispatch={"required": ["name"]}),
    ),
]
