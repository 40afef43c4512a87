"""Worked examples: a store that releases so many leads a minute at its opening (ruling 29)."""

from typing import Any

from oracle_case import BASE, OTHER, PHONE, Case, act, clock, lead


def slow(**store: Any) -> dict[str, Any]:
    return {**BASE, "stores": {"S1": {"release_per_minute": 1, **store}, "S9": {}}}


CASES = [
    Case(
        "a store that releases one a minute",
        "29",
        [
            lead("3", "2024-01-01 20:02", phone="13700000003"),
            lead("1", "2024-01-01 20:03", phone=PHONE),
            lead("2", "2024-01-01 20:04", phone=OTHER),
            clock("2024-01-02 10:00"),
        ],
        # Equal scores: by the opening of the lead.
        {
            "dispatches": [
                ("1", "S1", "2024-01-02 09:01", 1),
                ("2", "S1", "2024-01-02 09:02", 1),
                ("3", "S1", "2024-01-02 09:00", 1),
            ],
            "holds": [
                ("1", "2024-01-01 20:03", "HOURS", "2024-01-02 09:00"),
                ("1", "2024-01-02 09:00", "RATE", "2024-01-02 09:01"),
                ("2", "2024-01-01 20:04", "HOURS", "2024-01-02 09:00"),
                ("2", "2024-01-02 09:00", "RATE", "2024-01-02 09:02"),
                ("3", "2024-01-01 20:02", "HOURS", "2024-01-02 09:00"),
            ],
        },
        slow(),
    ),
    Case(
        "two a minute",
        "29",
        [
            lead("1", "2024-01-01 20:00", phone="13700000001"),
            lead("2", "2024-01-01 20:01", phone="13700000002"),
            lead("3", "2024-01-01 20:02", phone="13700000003"),
        ],
        {
            "dispatches": [
                ("1", "S1", "2024-01-02 09:00", 1),
                ("2", "S1", "2024-01-02 09:00", 1),
                ("3", "S1", "2024-01-02 09:01", 1),
            ]
        },
        slow(release_per_minute=2),
        "2024-01-02 09:01",
    ),
    Case(
        "leads that become ready in opening hours do not queue",
        "29",
        [lead("1", "2024-01-01 10:00"), lead("2", "2024-01-01 10:00", phone=OTHER)],
        {"dispatches": [("1", "S1", "2024-01-01 10:00", 1), ("2", "S1", "2024-01-01 10:00", 1)], "holds": []},
        slow(),
    ),
    Case(
        "a slot at the closing moves to the next opening, ahead of newer leads",
        "29",
        [
            lead("1", "2024-01-01 20:00", phone="13700000001"),
            lead("2", "2024-01-01 20:01", phone="13700000002"),
            lead("3", "2024-01-01 20:02", phone="13700000003"),
            lead("4", "2024-01-02 20:00", phone="13700000004"),
            clock("2024-01-03 10:00"),
        ],
        # Open 09:00-09:02: slots 09:00, 09:01, and 09:02 is closed: 3 goes first the next day, 4 a minute later.
        {
            "dispatches": [
                ("1", "S1", "2024-01-02 09:00", 1),
                ("2", "S1", "2024-01-02 09:01", 1),
                ("3", "S1", "2024-01-03 09:00", 1),
                ("4", "S1", "2024-01-03 09:01", 1),
            ],
        },
        slow(closes="09:02"),
    ),
    Case(
        "lost while it waits for its slot",
        "29",
        [
            lead("1", "2024-01-01 20:00"),
            lead("2", "2024-01-01 20:01", phone=OTHER),
            act("l", "LOST", "2024-01-02 09:00:30", phone=OTHER),
            clock("2024-01-02 10:00"),
        ],
        {
            "dispatches": [("1", "S1", "2024-01-02 09:00", 1)],
            "leads": [("1", "1", "DISPATCHED", "", "S1"), ("2", "2", "LOST", "LOST", "S1")],
            "closings": [("2", "2024-01-02 09:00:30", "LOST")],
        },
        slow(),
    ),
]
