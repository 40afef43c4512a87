"""Worked examples: verdicts after a time-out, by their own bytes, in the fold (rulings 5, 12, 24, 59, 61, 78).

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
    # -- after the robot's time-out ----------------------------------------------------------------------------------------
    Clean(
        "after its time-out a fact of the number ends the task of people",
        "59",
        [ONE, clock("2024-01-02 10:30"), verdict("AI", "DEAD", "2024-01-02 10:30")],
        {
            "tasks": [
                OPENED,
                ("1", "t1", "TIMEOUT", "2024-01-02 10:10", "AI", "ALL"),
                ("1", "t2", "DONE", "2024-01-02 10:30", "MANUAL", "ALL"),
                ("1", "t2", "OPEN", "2024-01-02 10:10", "MANUAL", "ALL"),
            ],
            "outcomes": [("1", "t2", "DEAD", "AI")],
            "leads": [("1", "1", "INVALID", "INVALID", "S1")],
        },
        AI,
    ),
    *(
        refused(
            f"after its time-out {outcome} comes too late",
            "59",
            "TASK_CLOSED",
            clock("2024-01-02 10:30"),
            verdict("AI", outcome, "2024-01-02 10:09"),
        )
        for outcome in ("INTENT", "UNSURE")
    ),
    # -- by their own bytes ------------------------------------------------------------------------------------------------
    *(
        refused(f"{outcome} is not foreseen for {by}", "61", "BAD_FIELD", verdict(by, outcome, LATER))
        for by, outcome in (
            ("AI", "HIGH"),
            ("AI", "INVALID"),
            ("MANUAL", "DEAD"),
            ("DCC", "STORE_CHOSEN"),
            ("ADVISOR", "UNSURE"),
            ("BIGDATA", "HIGH"),
            ("MANUAL", "NEVER_HEARD_OF"),
        )
    ),
    refused("by nobody who judges", "24", "BAD_FIELD", verdict("ROBOT", "DEAD", LATER)),
    refused("STORE_CHOSEN without a store", "61", "MISSING_FIELD", verdict("AI", "STORE_CHOSEN", LATER)),
    refused(
        "without by or outcome",
        "contract",
        "MISSING_FIELD",
        ("raw_leads.jsonl", {"type": "verdict", "task_id": f"m:{PHONE}/t1"}),
    ),
    Clean(
        "in any case, and without an event time",
        "78, 20",
        [
            ONE,
            clock(LATER),
            ("raw_leads.jsonl", {"type": "verdict", "by": "ai", "outcome": "intent", "task_id": f"m:{PHONE}/t1"}),
        ],
        {"dispatches": SENT, "rejects": {}},
        AI,
    ),
    # -- in the fold -------------------------------------------------------------------------------------------------------
    Clean(
        "INVALID stands in the fold at its event time: a later raw lead of that day is no repeat",
        "61, 2, 12",
        [
            ONE,
            lead("2", "2024-01-02 11:00"),
            verdict("DCC", "INVALID", "2024-01-02 10:30", unique_id=f"m:{PHONE}/1"),
        ],
        {"marks": {"1": FIRST, "2": MERGED}, "leads": [("1", "1 2", "DISPATCHED", "", "S1")], "rejects": {}},
    ),
    Clean(
        "at one instant a verdict comes after raw leads and activities",
        "5",
        [
            ONE,
            verdict("DCC", "INVALID", "2024-01-02 11:00", unique_id=f"m:{PHONE}/1"),
            lead("2", "2024-01-02 11:00"),
        ],
        {"marks": {"1": FIRST, "2": DEDUPED}, "leads": [("1", "1 2", "INVALID", "INVALID", "S1")]},
    ),
    Clean(
        "one from before its task's opening takes effect at the clock",
        "61",
        [
            clock("2024-01-02 12:00"),
            ONE,
            verdict("MANUAL", "INVALID", "2024-01-02 11:00"),
            lead("2", "2024-01-02 11:30"),
        ],
        {"marks": {"1": FIRST, "2": DEDUPED}, "leads": [("1", "1 2", "INVALID", "INVALID", "S1")]},
        AI,
    ),
    Clean(
        "one beyond the lateness takes effect at the clock",
        "61, 46",
        [
            lead("1", MORNING, None, phone="021-12345678"),
            clock("2024-01-06 10:00"),
            verdict("MANUAL", "INVALID", "2024-01-02 11:00", task_id="l:02112345678/t1"),
            lead("2", "2024-01-04 10:00", None, phone="021-12345678"),
        ],
        {"marks": {"1": FIRST, "2": MERGED}, "leads": [("1", "1 2", "INVALID", "INVALID", "")]},
    ),
    Clean(
        "reopened after the robot's INVALID: people",
        "24, 58",
        [ONE, verdict("AI", "DEAD", LATER), lead("2", "2024-01-03 10:00")],
        {
            "leads": [("1", "1 2", "CLEANING", "", "S1")],
            "routes": {"1": "MANUAL"},
            "marks": {"1": FIRST, "2": MERGED},
        },
        AI,
    ),
    # -- an answer by which it folds -----------------------------------------------------------------------------------------
    Clean(
        "a lead that folds by the verdict: its task is done, the survivor hears the intent alone",
        "61, 7",
        [
            lead("1", MORNING, None),
            lead("2", MORNING, "S1", phone=PHONE, channel="n"),
            lead("3", "2024-01-02 10:01", "S2", channel="n", consent=False),
            verdict("MANUAL", "HIGH", LATER, store="S1", intent={"level": "HIGH"}),
        ],
        # consent is the customer's: HIGH counts as true after the word of 10:01
        {
            "outcomes": [("1", "t1", "HIGH", "MANUAL")],
            "marks": {"1": DEDUPED, "2": FIRST, "3": FIRST},
            "grades": {"2": "A", "3": "C"},
            "stages": {"2": "MQL", "3": "MQL"},
            "dispatches": [("2", "S1", MORNING, 1), ("3", "S2", LATER, 1)],
        },
        {**BASE, "channels": {**CHANNELS, "n": {"consent": True}}},
    ),
]
