"""Worked examples: runs of neighbouring numbers (rulings 28, 62).

Numbers are 13800138nnn of channel a, at store S1, unless said otherwise.
"""

from functools import partial
from typing import Any

from oracle_case import BASE, Case, act, clock, lead

Clean = partial(Case, layers=6)
BLOCK = "13800137"
T1, T2, T3, T4 = (f"2024-01-02 10:0{n}" for n in (1, 2, 3, 4))


def member(number: int, at: str, store: str | None = "S1", **fields: Any) -> tuple[str, Any]:
    """Named by its last three digits."""
    return lead(f"{number:03}", at, store, **{"phone": f"{BLOCK}{number:03}", **fields})


def no_run(
    name: str, *records: tuple[str, dict[str, Any] | bytes], ruling: str = "28, 62", config: dict[str, Any] = BASE
) -> Case:
    return Clean(name, ruling, list(records), {"alerts": [], "tasks": [], "suspects": []}, config)


def alert(at: str, suffixes: str, channel: str = "a") -> tuple[str, str, str, str]:
    return (channel, BLOCK, at, suffixes)


RUN = [member(501, T1), member(502, T2), member(503, T3)]

CASES = [
    Clean(
        "the third waits for the robot, the dispatched ones have a task beside",
        "28, 62",
        RUN,
        {
            "alerts": [alert(T3, "501 502 503")],
            "tasks": [(f"{n}", "t1", "OPEN", T3, "AI", "NUMBER_RUN") for n in (501, 502, 503)],
            "suspects": [("501", T3), ("502", T3)],
            "dispatches": [("501", "S1", T1, 1), ("502", "S1", T2, 1)],
            "holds": [("503", T3, "CLEANING", "")],
            "leads": [
                ("501", "501", "DISPATCHED", "", "S1"),
                ("502", "502", "DISPATCHED", "", "S1"),
                ("503", "503", "CLEANING", "", "S1"),
            ],
            "routes": {"501": "NONE", "502": "NONE", "503": "AI"},
        },
    ),
    Clean(
        "in any order: the one in the middle joins them",
        "28",
        [member(503, T1), member(501, T2), member(502, T3)],
        {"alerts": [alert(T3, "501 502 503")], "suspects": [("501", T3), ("503", T3)]},
    ),
    Clean(
        "who waits already has his task then: held for the hours, now for the robot",
        "28, 62",
        [
            member(501, "2024-01-02 21:00"),
            member(502, "2024-01-02 21:01", "S2"),
            member(503, "2024-01-02 21:02"),
        ],
        {
            "holds": [
                ("501", "2024-01-02 21:00", "HOURS", "2024-01-03 09:00"),
                ("501", "2024-01-02 21:02", "CLEANING", ""),
                ("502", "2024-01-02 21:01", "HOURS", "2024-01-03 09:00"),
                ("502", "2024-01-02 21:02", "CLEANING", ""),
                ("503", "2024-01-02 21:02", "CLEANING", ""),
            ],
            "suspects": [],
        },
    ),
    Clean(
        "a later member: the robot, and no second alert; who was told is told no more",
        "28, 62",
        [*RUN, member(504, T4)],
        {
            "alerts": [alert(T3, "501 502 503")],
            "tasks": [
                ("501", "t1", "OPEN", T3, "AI", "NUMBER_RUN"),
                ("502", "t1", "OPEN", T3, "AI", "NUMBER_RUN"),
                ("503", "t1", "OPEN", T3, "AI", "NUMBER_RUN"),
                ("504", "t1", "OPEN", T4, "AI", "NUMBER_RUN"),
            ],
            "suspects": [("501", T3), ("502", T3)],
        },
    ),
    no_run("two are no run", member(501, T1), member(502, T2)),
    no_run("a gap parts them", member(501, T1), member(502, T2), member(504, T3)),
    no_run("the same number three times is one", member(501, T1), member(501, T2, "S2"), member(501, T3, "S3")),
    no_run("each channel for itself", member(501, T1), member(502, T2, channel="b"), member(503, T3)),
    no_run(
        "suffixes do not run over into the next block",
        lead("a", T1, phone="13800137998"),
        lead("b", T2, phone="13800137999"),
        lead("c", T3, phone="13800138001"),
        lead("d", T4, phone="13800138002"),
    ),
    no_run("switched off", *RUN, config={**BASE, "cleaning": {"number_run": 0}}),
    Clean(
        "with all cleaning switched off: the alert and the notices, no task",
        "28, 58, 62",
        RUN,
        {
            "alerts": [alert(T3, "501 502 503")],
            "tasks": [],
            "suspects": [("501", T3), ("502", T3)],
            "dispatches": [("501", "S1", T1, 1), ("502", "S1", T2, 1), ("503", "S1", T3, 1)],
        },
        {**BASE, "cleaning": {"enabled": False}},
    ),
    no_run(
        "more than 24 hours apart",
        member(501, "2024-01-02 10:00"),
        member(502, "2024-01-02 12:00"),
        member(503, "2024-01-03 10:00:00.001"),
    ),
    Clean(
        "24 hours apart to the millisecond",
        "62, 5",
        [
            member(501, "2024-01-02 10:00"),
            member(502, "2024-01-02 12:00"),
            member(503, "2024-01-03 10:00"),
        ],
        {"alerts": [alert("2024-01-03 10:00", "501 502 503")]},
    ),
    Clean(
        "the latest event time of a number counts",
        "62",
        [
            member(501, "2024-01-02 10:00"),
            lead("again", "2024-01-03 09:00", phone=f"{BLOCK}501"),
            member(502, "2024-01-03 11:00"),
            member(503, "2024-01-03 12:00"),
        ],
        {
            "alerts": [alert("2024-01-03 12:00", "501 502 503")],
            "suspects": [("501", "2024-01-03 12:00"), ("502", "2024-01-03 12:00")],
        },
    ),
    no_run(
        "a raw lead older than clock - 24 h neither counts nor is routed",
        member(501, "2024-01-03 10:00"),
        member(502, "2024-01-03 12:00"),
        clock("2024-01-03 12:01"),
        member(503, "2024-01-02 12:00"),
    ),
    Clean(
        "a late one within the day counts",
        "62",
        [
            member(501, "2024-01-03 10:00"),
            member(502, "2024-01-03 12:00"),
            member(503, "2024-01-02 12:00"),
        ],
        {
            "alerts": [alert("2024-01-03 12:00", "501 502 503")],
            "leads": [
                ("501", "501", "DISPATCHED", "", "S1"),
                ("502", "502", "DISPATCHED", "", "S1"),
                ("503", "503", "CLEANING", "", "S1"),
            ],
        },
    ),
    Clean(
        "a new alert for a run that goes on for more than 24 hours after the last",
        "28",
        [
            *(member(n, f"2024-01-02 10:0{n - 500}") for n in (501, 502, 503)),
            member(504, "2024-01-03 10:00"),
            member(505, "2024-01-03 10:03"),
            member(506, "2024-01-03 10:03:00.001"),
        ],
        {"alerts": [alert(T3, "501 502 503"), alert("2024-01-03 10:03:00.001", "504 505 506")]},
    ),
    Clean(
        "members are open leads: a closed one is told nothing",
        "62",
        [*RUN[:2], act("l", "LOST", "2024-01-02 10:02:30", phone=f"{BLOCK}501"), RUN[2]],
        {"suspects": [("502", T3)], "alerts": [alert(T3, "501 502 503")]},
    ),
    Clean(
        "the shadow realm has no run",
        "8, 28",
        [member(n, T1, channel="t") for n in (501, 502, 503)],
        {"alerts": [], "tasks": [], "suspects": []},
        {**BASE, "channels": {"a": {"consent": True}, "t": {"status": "TESTING", "consent": True}}},
    ),
    Clean(
        "a longer run by configuration",
        "28",
        [*RUN, member(504, T4)],
        {
            "alerts": [alert(T4, "501 502 503 504")],
            "dispatches": [
                ("501", "S1", T1, 1),
                ("502", "S1", T2, 1),
                ("503", "S1", T3, 1),
            ],
        },
        {**BASE, "cleaning": {"number_run": 4}},
    ),
    Clean(
        "a task of another reason only has the reason added",
        "58",
        [
            member(501, T1, city="上海"),
            member(502, T2, city="上海"),
            member(503, T3, None, city="上海"),
        ],
        {
            "tasks": [
                ("501", "t1", "OPEN", T3, "AI", "NUMBER_RUN"),
                ("502", "t1", "OPEN", T3, "AI", "NUMBER_RUN"),
                ("503", "t1", "OPEN", T3, "AI", "NUMBER_RUN STORE_MISSING"),
            ],
        },
    ),
    Clean(
        "every part of a record that names several stores",
        "62, 13",
        [*RUN[:2], lead("503", T3, None, stores=["S1", "S2"], phone=f"{BLOCK}503")],
        {
            "holds": [("503", T3, "CLEANING", ""), ("503#2", T3, "CLEANING", "")],
            "alerts": [alert(T3, "501 502 503")],
        },
    ),
]
