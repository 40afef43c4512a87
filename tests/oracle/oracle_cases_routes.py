"""Worked examples: the route of a unique lead, judged once when it opens or reopens (ruling 58).

The usual number 13812345678 is at home in 连云港 by the numbering plan, so a store that is missing asks the robot.
"""

from functools import partial
from typing import Any

from oracle_case import BASE, CHANNELS, Case, act, clock, lead, verdict

Clean = partial(Case, layers=6)
STORES: dict[str, Any] = {**BASE, "stores": {"S1": {"city": "上海"}, "S2": {"city": "南京市"}}}
YOUNG: dict[str, Any] = {
    **BASE,
    "channels": {
        **CHANNELS,
        "y": {"consent": True, "live_since": "2023-12-01", "group": "vertical"},
        "o": {"consent": True, "live_since": "2023-12-01", "group": "offline"},
        "t": {"consent": True, "status": "TESTING", "live_since": "2023-12-01"},
    },
}
MORNING = "2024-01-02 10:00"


def ruled(*rules: dict[str, Any], **cleaning: Any) -> dict[str, Any]:
    return {**YOUNG, "cleaning": {"rules": list(rules), **cleaning}}


def first(fields: dict[str, Any], route: str, reasons: str, config: dict[str, Any], name: str) -> Case:
    """One lead that opens in the morning."""
    record = lead("1", MORNING, **fields)
    tasks = [("1", "t1", "OPEN", MORNING, route, reasons)] if route != "NONE" else []
    return Clean(name, "58", [record], {"routes": {"1": route}, "tasks": tasks}, config)


CASES = [
    Clean(
        "nothing asks for cleaning: NONE, dispatched at once, MQL",
        "58, 32",
        [lead("1", MORNING)],
        {
            "routes": {"1": "NONE"},
            "tasks": [],
            "stages": {"1": "MQL"},
            "dispatches": [("1", "S1", MORNING, 1)],
        },
    ),
    Clean(
        "a landline alone goes to people and waits, CLEANING and UQL",
        "58, 54",
        [lead("1", MORNING, phone="021-12345678")],
        {
            "routes": {"1": "MANUAL"},
            "tasks": [("1", "t1", "OPEN", MORNING, "MANUAL", "LANDLINE_ONLY")],
            "stages": {"1": "UQL"},
            "holds": [("1", MORNING, "CLEANING", "")],
            "leads": [("1", "1", "CLEANING", "", "S1")],
            "dispatches": [],
        },
    ),
    first({"landline": "021-12345678"}, "NONE", "", BASE, "a landline beside a mobile asks for nothing"),
    Clean(
        "no store, a city known from the number: the robot asks",
        "58, 60",
        [lead("1", MORNING, None)],
        {
            "routes": {"1": "AI"},
            "tasks": [("1", "t1", "OPEN", MORNING, "AI", "STORE_MISSING")],
            "holds": [("1", MORNING, "STORE_MISSING CLEANING", "")],
            "leads": [("1", "1", "PENDING", "", "")],
        },
    ),
    Clean(
        "no store and no city: people",
        "58",
        [lead("1", MORNING, None, phone="17012345678")],
        {"tasks": [("1", "t1", "OPEN", MORNING, "MANUAL", "NO_CITY STORE_MISSING")]},
    ),
    Clean(
        "no store, a landline with a city in the form: people, for the landline alone",
        "58",
        [lead("1", MORNING, None, phone="021-12345678", city="上海")],
        {"tasks": [("1", "t1", "OPEN", MORNING, "MANUAL", "LANDLINE_ONLY STORE_MISSING")]},
    ),
    Clean(
        "a store that nobody knows: people",
        "58, 14",
        [lead("1", MORNING, "X")],
        {
            "tasks": [("1", "t1", "OPEN", MORNING, "MANUAL", "STORE_UNKNOWN")],
            "holds": [("1", MORNING, "STORE_UNKNOWN CLEANING", "")],
            "leads": [("1", "1", "CLEANING", "", "X")],
        },
        STORES,
    ),
    *(
        first({"phone": f"1{n}012345678"}, "AI", "SEGMENT", BASE, f"a mobile of segment 1{n}x goes to the robot")
        for n in (0, 1, 2)
    ),
    first({"channel": "y"}, "MANUAL", "YOUNG_CHANNEL", YOUNG, "a young channel goes to people"),
    first({"channel": "o"}, "NONE", "", YOUNG, "a young channel of group offline does not"),
    Clean(
        "a channel is young until 90 days have passed: the raw lead's event time counts",
        "58, 5",
        [
            lead("1", "2024-02-28 23:59:59.999", channel="y"),
            lead("2", "2024-02-29 00:00", "S2", channel="y"),
        ],
        {"routes": {"1": "MANUAL", "2": "NONE"}},
        YOUNG,
    ),
    first(
        {"channel": "y"},
        "NONE",
        "",
        ruled({"route": "NONE", "reason": "TRUSTED", "channel": ["y"]}),
        "a rule that matches stands in place of YOUNG_CHANNEL",
    ),
    first(
        {"channel": "y", "phone": "10012345678"},
        "AI",
        "SEGMENT",
        ruled({"route": "NONE", "reason": "TRUSTED", "channel": ["y"]}),
        "a rule stands in place of nothing else",
    ),
    first(
        {"channel": "y"},
        "AI",
        "BY_ROBOT",
        ruled({"route": "AI", "reason": "BY_ROBOT", "group": ["vertical"]}),
        "a rule may lower people to the robot where the channel is young",
    ),
    first(
        {"campaign": "S-class", "series": "A6L"},
        "MANUAL",
        "CAMPAIGN",
        ruled(
            {"route": "AI", "reason": "SERIES", "series": ["A6L"], "campaign": ["other"]},
            {"route": "MANUAL", "reason": "CAMPAIGN", "campaign": ["S-class", "T"]},
            {"route": "AI", "reason": "SERIES", "series": ["A6L"]},
        ),
        "the first rule of which all that is named matches",
    ),
    first(
        {"intent": {"level": "HIGH"}, "line": "main"},
        "NONE",
        "",
        ruled(
            {"route": "NONE", "reason": "HOT", "level": ["HIGH"], "line": ["main"]},
            {"route": "MANUAL", "reason": "ALL"},
        ),
        "level and line; a rule that names nothing matches all",
    ),
    Clean(
        "the rules read the raw lead that opens alone",
        "58",
        [lead("1", MORNING), lead("2", "2024-01-02 11:00", campaign="S")],
        {"routes": {"1": "NONE"}, "tasks": []},
        ruled({"route": "MANUAL", "reason": "CAMPAIGN", "campaign": ["S"]}),
    ),
    Clean(
        "reopened from LOST: judged again by the raw lead that reopens",
        "58, 27",
        [
            lead("1", MORNING),
            act("l", "LOST", "2024-01-03 10:00"),
            lead("2", "2024-01-04 10:00", campaign="S"),
        ],
        {
            "routes": {"1": "MANUAL"},
            "tasks": [("1", "t1", "OPEN", "2024-01-04 10:00", "MANUAL", "CAMPAIGN")],
            "dispatches": [("1", "S1", MORNING, 1)],
            "leads": [("1", "1 2", "CLEANING", "", "S1")],
        },
        ruled({"route": "MANUAL", "reason": "CAMPAIGN", "campaign": ["S"]}),
    ),
    Clean(
        "reopened from INVALID: people",
        "58, 24",
        [lead("1", MORNING), act("i", "INVALID", "2024-01-03 10:00"), lead("2", "2024-01-04 10:00")],
        {
            "routes": {"1": "MANUAL"},
            "tasks": [("1", "t1", "OPEN", "2024-01-04 10:00", "MANUAL", "REOPENED_INVALID")],
        },
    ),
    Clean(
        "a raw lead before the closing reopens nothing and asks for nothing",
        "58, 27",
        [lead("1", MORNING), act("i", "INVALID", "2024-01-04 10:00"), lead("2", "2024-01-03 10:00")],
        {"routes": {"1": "NONE"}, "tasks": [], "leads": [("1", "1 2", "INVALID", "INVALID", "S1")]},
    ),
    Clean(
        "in the shadow realm the route is shown, no task opens and nothing waits",
        "58, 8",
        [lead("1", MORNING, channel="t")],
        {
            "routes": {"~1": "MANUAL"},
            "tasks": [],
            "holds": [("~1", MORNING, "SHADOW", "")],
        },
        YOUNG,
    ),
    Clean(
        "cleaning switched off: no route and no task; a missing store waits all the same",
        "58",
        [lead("1", MORNING, None), lead("2", MORNING, "S1", phone="021-12345678")],
        {
            "tasks": [],
            "holds": [("1", MORNING, "STORE_MISSING", "")],
            "dispatches": [("2", "S1", MORNING, 1)],
        },
        {**BASE, "cleaning": {"enabled": False}},
    ),
    Clean(
        "a store answer by an enrichment ends what the missing store alone asked for",
        "58, 7",
        [lead("1", MORNING, None), clock("2024-01-02 10:05"), lead("1", MORNING, "S1")],
        {
            "tasks": [
                ("1", "t1", "OPEN", MORNING, "AI", "STORE_MISSING"),
                ("1", "t1", "WITHDRAWN", "2024-01-02 10:05", "AI", "STORE_MISSING"),
            ],
            "routes": {"1": "NONE"},
            "dispatches": [("1", "S1", "2024-01-02 10:05", 1)],
        },
    ),
    Clean(
        "where another reason stands the open task stays and serves that one",
        "58",
        [
            lead("1", MORNING, None, phone="10012345678", city="上海"),
            clock("2024-01-02 10:05"),
            lead("1", MORNING, "S1", phone="10012345678"),
        ],
        {
            "tasks": [("1", "t1", "OPEN", MORNING, "AI", "SEGMENT STORE_MISSING")],
            "holds": [("1", MORNING, "STORE_MISSING CLEANING", ""), ("1", "2024-01-02 10:05", "CLEANING", "")],
            "leads": [("1", "1", "CLEANING", "", "S1")],
        },
    ),
    Clean(
        "an answer that names an unknown store turns the robot's task into one for people",
        "58, 14",
        [lead("1", MORNING, None), clock("2024-01-02 10:05"), lead("1", MORNING, "X")],
        {
            "tasks": [
                ("1", "t1", "OPEN", MORNING, "AI", "STORE_MISSING"),
                ("1", "t1", "WITHDRAWN", "2024-01-02 10:05", "AI", "STORE_MISSING"),
                ("1", "t2", "OPEN", "2024-01-02 10:05", "MANUAL", "STORE_UNKNOWN"),
            ],
            "leads": [("1", "1", "CLEANING", "", "X")],
        },
        STORES,
    ),
    Clean(
        "a lead that folds has its task withdrawn",
        "58, 59",
        [
            lead("1", MORNING, None),
            lead("2", "2024-01-02 10:02", "S1"),
            lead("1", MORNING, "S1"),
        ],
        {
            "tasks": [
                ("1", "t1", "OPEN", MORNING, "AI", "STORE_MISSING"),
                ("1", "t1", "WITHDRAWN", "2024-01-02 10:02", "AI", "STORE_MISSING"),
            ],
            "routes": {"2": "NONE"},
        },
    ),
    Clean(
        "a lead that closes at once gets no task",
        "58, 2",
        [
            clock("2024-03-10 10:00"),
            act("a", "VISIT", "2024-03-10 10:00", phone="13987654321", store="S9"),
            lead("1", "2024-03-08 10:00", None),
        ],
        {"tasks": [], "leads": [("1", "1", "CLOSED", "MERGE_EXPIRED", "")]},
        {**BASE, "periods": {"merge": 1}},
    ),
    Clean(
        "cleaned once per opening: what follows asks nobody again",
        "24, 58",
        [
            lead("1", MORNING, phone="13812345678", campaign="S"),
            verdict("MANUAL", "NORMAL", "2024-01-02 11:00"),
            lead("2", "2024-01-03 10:00", campaign="S"),
        ],
        {
            "outcomes": [("1", "t1", "NORMAL", "MANUAL")],
            "dispatches": [("1", "S1", "2024-01-02 11:00", 1)],
            "leads": [("1", "1 2", "DISPATCHED", "", "S1")],
        },
        ruled({"route": "MANUAL", "reason": "CAMPAIGN", "campaign": ["S"]}),
    ),
]
