"""Worked examples: consent by verdicts, consent that changes, SUSPECT, required fields (rulings 38, 40, 61; domain 10)."""

from functools import partial
from typing import Any

from oracle_case import BASE, CHANNELS, PHONE, Case, act, clock, lead, verdict

Clean = partial(Case, layers=6)
MORNING, LATER, NIGHT = "2024-01-02 10:00", "2024-01-02 10:05", "2024-01-02 21:00"
ID = f"m:{PHONE}/1"


def routed(route: str) -> dict[str, Any]:
    rules = [{"route": route, "reason": "ALL"}]
    return {**BASE, "channels": {**CHANNELS, "n": {}}, "cleaning": {"rules": rules}}


AI, PEOPLE, NOBODY = routed("AI"), routed("MANUAL"), routed("NONE")
SILENT = lead("1", MORNING, channel="n")
SENT = [("1", "S1", LATER, 1)]
HELD = [("1", MORNING, "CLEANING CONSENT", ""), ("1", LATER, "CONSENT", "")]


def says(by: str, outcome: str, route: dict[str, Any], consents: bool, **fields: Any) -> Case:
    expect: dict[str, Any] = {"dispatches": SENT} if consents else {"dispatches": [], "holds": HELD}
    name = f"{outcome} by {by} {'counts' if consents else 'does not count'} as consent"
    return Clean(name, "38, 61", [SILENT, verdict(by, outcome, LATER, **fields)], expect, route)


CASES = [
    says("AI", "INTENT", AI, True),
    says("AI", "STORE_CHOSEN", AI, True, store="S1"),
    says("MANUAL", "HIGH", PEOPLE, True),
    says("MANUAL", "NORMAL", PEOPLE, True),
    says("MANUAL", "STORE_CHOSEN", PEOPLE, True, store="S1"),
    Clean(
        "UNREACHED by the robot is no consent",
        "38",
        [SILENT, verdict("AI", "UNREACHED", LATER)],
        {"holds": [("1", MORNING, "CLEANING CONSENT", "")]},
        AI,
    ),
    Clean(
        "HIGH by DCC is none",
        "38, 61",
        [SILENT, verdict("DCC", "HIGH", LATER, unique_id=ID)],
        {"holds": [("1", MORNING, "CONSENT", "")], "dispatches": []},
        NOBODY,
    ),
    Clean(
        "the latest word by event time counts: a later no of a raw lead",
        "38",
        [
            SILENT,
            lead("2", "2024-01-02 10:06", "S2", channel="n", consent=False),
            verdict("MANUAL", "HIGH", LATER),
        ],
        {"dispatches": []},
        PEOPLE,
    ),
    Clean(
        "at one instant a verdict comes after an OPT_OUT",
        "38, 5",
        [SILENT, act("o", "OPT_OUT", LATER), verdict("MANUAL", "HIGH", LATER)],
        {"dispatches": SENT},
        PEOPLE,
    ),
    Clean(
        "an OPT_OUT after the verdict holds what is not dispatched",
        "38",
        [lead("1", NIGHT), verdict("MANUAL", "HIGH", "2024-01-02 21:05"), act("o", "OPT_OUT", "2024-01-02 21:10")],
        {
            "holds": [
                ("1", NIGHT, "CLEANING", ""),
                ("1", "2024-01-02 21:05", "HOURS", "2024-01-03 09:00"),
                ("1", "2024-01-02 21:10", "CONSENT", ""),
            ],
        },
        PEOPLE,
        until="2024-01-04 10:00",
    ),
    Clean(
        "consent belongs to the customer: a verdict on one lead releases another",
        "38",
        [SILENT, lead("2", MORNING, "S2", channel="n"), verdict("MANUAL", "NORMAL", LATER)],
        {"dispatches": [("1", "S1", LATER, 1)]},
        PEOPLE,
    ),
    Clean(
        "a no after the dispatch closes and recalls nothing",
        "38",
        [lead("1", MORNING), act("o", "OPT_OUT", LATER), clock("2024-01-10 10:00")],
        {"leads": [("1", "1", "DISPATCHED", "", "S1")], "holds": []},
        NOBODY,
    ),
    # -- SUSPECT (ruling 40) -----------------------------------------------------------------------------------------------
    Clean(
        "BIGDATA on a lead that waits: the robot",
        "40, 58",
        [lead("1", NIGHT), verdict("BIGDATA", "INVALID", "2024-01-02 21:05", unique_id=ID)],
        {
            "tasks": [("1", "t1", "OPEN", "2024-01-02 21:05", "AI", "SUSPECT")],
            "windows": {"1 t1": ("2024-01-03 09:00", "2024-01-03 09:10")},
            "holds": [("1", NIGHT, "HOURS", "2024-01-03 09:00"), ("1", "2024-01-02 21:05", "CLEANING", "")],
            "routes": {"1": "AI"},
            "suspects": [],
        },
        NOBODY,
    ),
    Clean(
        "BIGDATA by an activity says the same",
        "40, 55",
        [lead("1", NIGHT), act("b", "INVALID", "2024-01-02 21:05", by="BIGDATA")],
        {"tasks": [("1", "t1", "OPEN", "2024-01-02 21:05", "AI", "SUSPECT")]},
        NOBODY,
    ),
    Clean(
        "BIGDATA on a dispatched lead: a notice and a task beside it that holds nothing",
        "40, 59",
        [lead("1", MORNING), verdict("BIGDATA", "INVALID", LATER, unique_id=ID)],
        {
            "tasks": [("1", "t1", "OPEN", LATER, "AI", "SUSPECT")],
            "suspects": [("1", LATER)],
            "holds": [],
            "leads": [("1", "1", "DISPATCHED", "", "S1")],
            "stages": {"1": "MQL"},
        },
        NOBODY,
    ),
    Clean(
        "such a task: a fact of the number closes the lead",
        "59",
        [
            lead("1", MORNING),
            verdict("BIGDATA", "INVALID", LATER, unique_id=ID),
            verdict("AI", "DEAD", "2024-01-02 10:06"),
        ],
        {"leads": [("1", "1", "INVALID", "INVALID", "S1")], "outcomes": [("1", "t1", "DEAD", "AI")]},
        NOBODY,
    ),
    *(
        Clean(
            f"such a task: {outcome} ends the task alone",
            "59",
            [
                lead("1", MORNING),
                verdict("BIGDATA", "INVALID", LATER, unique_id=ID),
                verdict("AI", outcome, "2024-01-02 10:06"),
            ],
            {
                "tasks": [
                    ("1", "t1", "DONE", "2024-01-02 10:06", "AI", "SUSPECT"),
                    ("1", "t1", "OPEN", LATER, "AI", "SUSPECT"),
                ],
                "leads": [("1", "1", "DISPATCHED", "", "S1")],
            },
            NOBODY,
        )
        for outcome in ("UNSURE", "INTENT")
    ),
    Clean(
        "such a task: the time-out ends it alone",
        "59",
        [lead("1", MORNING), verdict("BIGDATA", "INVALID", LATER, unique_id=ID), clock("2024-01-02 12:00")],
        {
            "tasks": [
                ("1", "t1", "OPEN", LATER, "AI", "SUSPECT"),
                ("1", "t1", "TIMEOUT", "2024-01-02 10:15", "AI", "SUSPECT"),
            ],
        },
        NOBODY,
    ),
    Clean(
        "a second BIGDATA confirms nothing",
        "40",
        [
            lead("1", NIGHT),
            verdict("BIGDATA", "INVALID", "2024-01-02 21:05", unique_id=ID),
            verdict("BIGDATA", "INVALID", "2024-01-02 21:06", unique_id=ID),
        ],
        {
            "tasks": [("1", "t1", "OPEN", "2024-01-02 21:05", "AI", "SUSPECT")],
            "leads": [("1", "1", "CLEANING", "", "S1")],
        },
        NOBODY,
    ),
    Clean(
        "BIGDATA asks nobody after people have said NORMAL",
        "58",
        [
            lead("1", NIGHT),
            verdict("MANUAL", "NORMAL", "2024-01-02 21:05"),
            verdict("BIGDATA", "INVALID", "2024-01-02 21:10", unique_id=ID),
            clock("2024-01-03 10:00"),
        ],
        {
            "tasks": [
                ("1", "t1", "DONE", "2024-01-02 21:05", "MANUAL", "ALL"),
                ("1", "t1", "OPEN", NIGHT, "MANUAL", "ALL"),
            ],
            "dispatches": [("1", "S1", "2024-01-03 09:00", 1)],
        },
        PEOPLE,
    ),
    *(
        Clean(
            f"a lead that reopens {'within' if suspect else 'beyond'} the 72 hours of SUSPECT",
            "40, 58",
            [
                lead("1", MORNING),
                verdict("BIGDATA", "INVALID", LATER, unique_id=ID),
                act("l", "LOST", "2024-01-02 12:00"),
                lead("2", at),
            ],
            {"routes": {"1": "AI" if suspect else "NONE"}},
            NOBODY,
        )
        for at, suspect in (("2024-01-05 10:05", True), ("2024-01-05 10:05:00.001", False))
    ),
    # -- required fields -----------------------------------------------------------------------------------------------------
    Clean(
        "required fields of the line and of the channel come to those of all",
        "domain 10",
        [
            lead("1", MORNING, name="王"),
            lead("2", MORNING, "S2", line="used", name="王"),
            lead("3", MORNING, "S3", channel="b", name="王", city="上海"),
            lead("4", MORNING, "S4"),
        ],
        {
            "dispatches": [("1", "S1", MORNING, 1), ("3", "S3", MORNING, 1)],
            "holds": [("2", MORNING, "FIELDS", ""), ("4", MORNING, "FIELDS", "")],
        },
        {
            "channels": {**CHANNELS, "b": {"consent": True, "required": ["city"]}},
            "lines": {"main": {}, "used": {"required": ["series"]}},
            "dispatch": {"required": ["name"]},
        },
    ),
]
