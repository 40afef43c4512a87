"""Worked examples: verdicts of robot, people and others (rulings 17, 24, 61).

Lead 1 opens on 2024-01-02 at 10:00, before the robot (a rule) or before people.
"""

from functools import partial
from typing import Any

from oracle_case import BASE, CHANNELS, PHONE, Case, clock, lead, verdict

Clean = partial(Case, layers=6)
FIRST, DEDUPED, MERGED = "FIRST_TOUCH", "DEDUPED", "MERGED"
MORNING, LATER = "2024-01-02 10:00", "2024-01-02 10:05"


def routed(route: str) -> dict[str, Any]:
    rules = [{"route": route, "reason": "ALL", "channel": ["a"]}]
    channels = {**CHANNELS, "n": {"consent": False}}
    return {**BASE, "channels": channels, "cleaning": {"rules": rules}}


AI, PEOPLE = routed("AI"), routed("MANUAL")
ONE = lead("1", MORNING)
OPENED = ("1", "t1", "OPEN", MORNING, "AI", "ALL")
SENT = [("1", "S1", LATER, 1)]


def refused(name: str, ruling: str, code: str, *records: Any, config: dict[str, Any] = AI) -> Case:
    """The last record is refused with this code, and nothing else is."""
    return Clean(name, ruling, [ONE, *records], {"rejects": {1 + len(records): code}}, config)


CASES = [
    *(
        Clean(
            f"{outcome} by the robot is a fact of the number: INVALID",
            "24",
            [ONE, verdict("AI", outcome, LATER)],
            {
                "tasks": [("1", "t1", "DONE", LATER, "AI", "ALL"), OPENED],
                "outcomes": [("1", "t1", outcome, "AI")],
                "closings": [("1", LATER, "INVALID")],
                "leads": [("1", "1", "INVALID", "INVALID", "S1")],
                "cleaned_by": {"1": "AI"},
                "dispatches": [],
            },
            AI,
        )
        for outcome in ("DEAD", "SUSPENDED", "BONUS_HUNTER")
    ),
    *(
        Clean(
            f"{outcome} by the robot leaves the judgement to people",
            "24",
            [ONE, verdict("AI", outcome, LATER)],
            {
                "tasks": [
                    ("1", "t1", "DONE", LATER, "AI", "ALL"),
                    OPENED,
                    ("1", "t2", "OPEN", LATER, "MANUAL", "ALL"),
                ],
                "windows": {"1 t1": (MORNING, "2024-01-02 10:10"), "1 t2": (LATER, "2024-01-03 10:05")},
                "leads": [("1", "1", "CLEANING", "", "S1")],
                "holds": [("1", MORNING, "CLEANING", "")],
            },
            AI,
        )
        for outcome in ("NO_INTENT", "UNREACHED", "UNSURE")
    ),
    Clean(
        "INTENT by the robot: done, dispatched",
        "24, 61",
        [ONE, verdict("AI", "INTENT", LATER, intent={"level": "HIGH"})],
        {
            "outcomes": [("1", "t1", "INTENT", "AI")],
            "dispatches": SENT,
            "stages": {"1": "MQL"},
            "grades": {"1": "A"},
        },
        AI,
    ),
    Clean(
        "STORE_CHOSEN by the robot answers the missing store",
        "24, 53",
        [lead("1", MORNING, None), verdict("AI", "STORE_CHOSEN", LATER, store="S2")],
        {
            "tasks": [
                ("1", "t1", "DONE", LATER, "AI", "STORE_MISSING"),
                ("1", "t1", "OPEN", MORNING, "AI", "STORE_MISSING"),
            ],
            "dispatches": [("1", "S2", LATER, 1)],
            "routes": {"1": "NONE"},
        },
    ),
    Clean(
        "done with the store still missing: people",
        "24, 58",
        [lead("1", MORNING, None), verdict("AI", "INTENT", LATER)],
        {
            "tasks": [
                ("1", "t1", "DONE", LATER, "AI", "STORE_MISSING"),
                ("1", "t1", "OPEN", MORNING, "AI", "STORE_MISSING"),
                ("1", "t2", "OPEN", LATER, "MANUAL", "STORE_MISSING"),
            ],
            "leads": [("1", "1", "PENDING", "", "")],
        },
    ),
    Clean(
        "people are asked again and again until a store is named",
        "58",
        [
            lead("1", MORNING, None),
            verdict("MANUAL", "HIGH", LATER),
            verdict("MANUAL", "NORMAL", "2024-01-02 10:06", task=2),
            verdict("MANUAL", "HIGH", "2024-01-02 10:07", task=3, store="S1"),
        ],
        {
            "outcomes": [("1", "t1", "HIGH", "MANUAL"), ("1", "t2", "NORMAL", "MANUAL"), ("1", "t3", "HIGH", "MANUAL")],
            "dispatches": [("1", "S1", "2024-01-02 10:07", 1)],
            "stages": {"1": "SQL"},
        },
    ),
    Clean(
        "an answer may name a store that nobody knows",
        "60, 14, 58",
        [lead("1", MORNING, None), verdict("AI", "STORE_CHOSEN", LATER, store="X")],
        {
            "tasks": [
                ("1", "t1", "DONE", LATER, "AI", "STORE_MISSING"),
                ("1", "t1", "OPEN", MORNING, "AI", "STORE_MISSING"),
                ("1", "t2", "OPEN", LATER, "MANUAL", "STORE_UNKNOWN"),
            ],
            "leads": [("1", "1", "CLEANING", "", "X")],
        },
        {**BASE, "stores": {"S1": {}}},
    ),
    Clean(
        "an answer corrects a store that nobody knows",
        "53, 58",
        [lead("1", MORNING, "X"), verdict("MANUAL", "NORMAL", LATER, store="S1")],
        {"dispatches": SENT, "leads": [("1", "1", "DISPATCHED", "", "S1")]},
        {**BASE, "stores": {"S1": {}}},
    ),
    Clean(
        "where the store is known `store` is ignored, the rest applies",
        "61",
        [ONE, verdict("MANUAL", "HIGH", LATER, store="S2")],
        {"dispatches": SENT, "stages": {"1": "SQL"}},
        PEOPLE,
    ),
    Clean(
        "HIGH by people: done, SQL, and the level is set",
        "24, 61, 32",
        [ONE, verdict("MANUAL", "HIGH", LATER)],
        {"stages": {"1": "SQL"}, "grades": {"1": "A"}, "dispatches": SENT, "cleaned_by": {"1": "MANUAL"}},
        PEOPLE,
    ),
    Clean(
        "NORMAL by people: done, MQL",
        "24, 61",
        [ONE, verdict("MANUAL", "NORMAL", LATER)],
        {"stages": {"1": "MQL"}, "grades": {"1": "B"}, "dispatches": SENT},
        PEOPLE,
    ),
    Clean(
        "HIGH with an intent of its own: the level is that of the intent",
        "61, 43",
        [ONE, verdict("MANUAL", "HIGH", LATER, intent={"days_to_buy": 3, "series": "A6L"})],
        {"grades": {"1": "H"}},
        PEOPLE,
    ),
    Clean(
        "STORE_CHOSEN by people is a NORMAL",
        "61",
        [lead("1", MORNING, None), verdict("MANUAL", "STORE_CHOSEN", LATER, store="S1")],
        {"grades": {"1": "B"}, "stages": {"1": "MQL"}, "dispatches": SENT},
    ),
    *(
        Clean(
            f"what it cost: {name}",
            "61",
            [ONE, verdict("AI", "INTENT", LATER, **given)],
            {"costs": costs},
            {**AI, "cleaning": {**AI["cleaning"], **table}},
        )
        for name, given, table, costs in (
            ("as the verdict says", {"cost": 0.35}, {"cost": {"AI": 0.2}}, {"1 t1": 0.35}),
            ("else as the configuration says", {}, {"cost": {"AI": 0.2, "MANUAL": 3}}, {"1 t1": 0.2}),
            ("else unknown", {}, {}, {}),
        )
    ),
    Clean(
        "people end the robot's task",
        "61",
        [ONE, verdict("MANUAL", "NORMAL", LATER)],
        {"outcomes": [("1", "t1", "NORMAL", "MANUAL")], "dispatches": SENT},
        AI,
    ),
    Clean(
        "INVALID by people ends the task and closes the lead",
        "24, 61",
        [ONE, verdict("MANUAL", "INVALID", LATER, reason="EMPTY_NUMBER")],
        {
            "outcomes": [("1", "t1", "INVALID", "MANUAL")],
            "leads": [("1", "1", "INVALID", "INVALID", "S1")],
            "closings": [("1", LATER, "INVALID")],
        },
        PEOPLE,
    ),
    Clean(
        "INVALID closes where the lead stands, a store beside it is ignored",
        "61",
        [lead("1", MORNING, None), verdict("MANUAL", "INVALID", LATER, store="S1")],
        {"leads": [("1", "1", "INVALID", "INVALID", "")]},
    ),
    *(
        Clean(
            f"INVALID by {by} needs no task, after the dispatch too",
            "24, 61",
            [ONE, verdict(by, "INVALID", LATER, unique_id=f"m:{PHONE}/1")],
            {"leads": [("1", "1", "INVALID", "INVALID", "S1")], "closings": [("1", LATER, "INVALID")], "rejects": {}},
        )
        for by in ("MANUAL", "DCC", "ADVISOR")
    ),
    *(
        Clean(
            f"INVALID by {by} ends an open task: DONE",
            "61",
            [ONE, verdict(by, "INVALID", LATER)],
            {"outcomes": [("1", "t1", "INVALID", by)], "leads": [("1", "1", "INVALID", "INVALID", "S1")]},
            AI,
        )
        for by in ("DCC", "ADVISOR")
    ),
    *(
        Clean(
            f"HIGH by {by} sets the intent, the task stays open",
            "61",
            [ONE, verdict(by, "HIGH", LATER)],
            {"tasks": [OPENED], "grades": {"1": "A"}, "leads": [("1", "1", "CLEANING", "", "S1")]},
            AI,
        )
        for by in ("DCC", "ADVISOR")
    ),
    # -- whose ---------------------------------------------------------------------------------------------------------
    Clean(
        "by address: no store is the PENDING lead",
        "17",
        [lead("1", MORNING, None), lead("2", MORNING, "S2"), verdict("AI", "DEAD", LATER, phone=PHONE)],
        {
            "leads": [("1", "1", "INVALID", "INVALID", ""), ("2", "2", "DISPATCHED", "", "S2")],
        },
    ),
    Clean(
        "by address with a store and a line",
        "17",
        [ONE, lead("2", MORNING, "S2"), verdict("AI", "DEAD", LATER, phone=PHONE, store="S2")],
        {"leads": [("1", "1", "CLEANING", "", "S1"), ("2", "2", "INVALID", "INVALID", "S2")]},
        AI,
    ),
    Clean(
        "by address, STORE_CHOSEN: the store is the answer",
        "17, 61",
        [lead("1", MORNING, None), verdict("AI", "STORE_CHOSEN", LATER, phone=PHONE, store="S1")],
        {"dispatches": SENT},
    ),
    refused("of an unknown task", "24", "NO_TASK", verdict("AI", "DEAD", LATER, task=7)),
    refused("of nobody", "17", "NO_LEAD", verdict("AI", "DEAD", LATER, phone="13987654321")),
    refused("without task, lead or number", "17", "NO_CONTACT", verdict("AI", "DEAD", LATER, phone=None)),
    refused(
        "task and lead contradict each other",
        "17",
        "NO_TASK",
        lead("2", MORNING, "S2"),
        verdict("AI", "DEAD", LATER, task=1, unique_id=f"m:{PHONE}/2"),
    ),
    refused(
        "by the robot where no task ever was",
        "24",
        "NO_TASK",
        verdict("AI", "DEAD", LATER, unique_id=f"m:{PHONE}/1"),
        config=BASE,
    ),
    refused(
        "HIGH by people where no task ever was",
        "24",
        "NO_TASK",
        verdict("MANUAL", "HIGH", LATER, unique_id=f"m:{PHONE}/1"),
        config=BASE,
    ),
    # -- idempotence -----------------------------------------------------------------------------------------------------
    Clean(
        "the same verdict again is a replay",
        "24",
        [ONE, verdict("AI", "UNSURE", LATER), clock("2024-01-02 10:08"), verdict("AI", "UNSURE", LATER)],
        {"replays": {4: ""}, "rejects": {}, "outcomes": [("1", "t1", "UNSURE", "AI")]},
        AI,
    ),
    Clean(
        "an INVALID without a task, again: a replay",
        "24",
        [
            ONE,
            verdict("DCC", "INVALID", LATER, unique_id=f"m:{PHONE}/1"),
            verdict("DCC", "INVALID", LATER, unique_id=f"m:{PHONE}/1"),
        ],
        {"replays": {3: ""}, "rejects": {}},
    ),
    Clean(
        "a verdict by which the lead folded, again: a replay",
        "24",
        [
            lead("1", MORNING, None),
            lead("2", MORNING),
            verdict("AI", "STORE_CHOSEN", LATER, store="S1", phone=PHONE),
            verdict("AI", "STORE_CHOSEN", LATER, store="S1", phone=PHONE),
        ],
        {"replays": {4: ""}, "rejects": {}},
    ),
    refused(
        "another verdict of a closed task",
        "24",
        "TASK_CLOSED",
        verdict("AI", "UNSURE", LATER),
        verdict("AI", "DEAD", LATER),
    ),
    refused(
        "of a closed lead",
        "24",
        "TASK_CLOSED",
        verdict("MANUAL", "INVALID", LATER),
        verdict("DCC", "INVALID", LATER, unique_id=f"m:{PHONE}/1"),
    ),
    Clean(
        "of a folded lead, or of its task",
        "61",
        [
            lead("1", MORNING, None),
            lead("2", MORNING),
            lead("1", MORNING),
            verdict("DCC", "INVALID", LATER, unique_id=f"m:{PHONE}/1"),
            verdict("AI", "DEAD", LATER),
        ],
        {"rejects": {4: "TASK_CLOSED", 5: "TASK_CLOSED"}, "leads": [("2", "1 2", "DISPATCHED", "", "S1")]},
    ),
]
