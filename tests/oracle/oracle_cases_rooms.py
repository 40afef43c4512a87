"""Worked examples: the room of an advisor at a store (rulings 35, 64). Leads are dispatched on 2024-01-01 at 10:00."""

from oracle_case import BASE, CHANNELS, OTHER, PHONE, Case, act, clock, lead
from oracle_cases_commands import FULL, ONE, assign, recycle, transfer

THIRD = "13700000003"

CASES = [
    Case(
        "the cap of distinct customers",
        "35",
        [
            lead("1", "2024-01-01 10:00", phone=PHONE),
            lead("2", "2024-01-01 10:00", phone=OTHER),
            lead("3", "2024-01-01 10:00", phone=THIRD),
            assign("c1", "2024-01-01 11:00"),
            assign("c2", "2024-01-01 11:00", phone=OTHER),
            assign("c3", "2024-01-01 11:00", phone=THIRD),
        ],
        {
            "owners": [("1", "ASSIGNED", "Wang", ""), ("2", "ASSIGNED", "Wang", "")],
            "leads": [
                ("1", "1", "ASSIGNED", "", "S1"),
                ("2", "2", "ASSIGNED", "", "S1"),
                ("3", "3", "DISPATCHED", "", "S1"),
            ],
            "rejects": {6: "CAP_REACHED"},
        },
        {**BASE, "pools": {"cap": 2}},
    ),
    Case(
        "one more lead of the same customer takes no place; it goes with the last of them",
        "35, 64",
        [
            ONE,
            lead("2", "2024-01-01 10:00", line="used"),
            lead("3", "2024-01-01 10:00", phone=OTHER),
            assign("c1", "2024-01-01 11:00"),
            assign("c2", "2024-01-01 11:00", line="used"),
            act("a", "LOST", "2024-01-01 12:00"),
            assign("c3", "2024-01-01 12:00", phone=OTHER),
            act("b", "LOST", "2024-01-01 13:00", line="used"),
            assign("c4", "2024-01-01 13:00", phone=OTHER),
        ],
        {
            "rejects": {7: "CAP_REACHED"},
            "owners": [("1", "LOST", "Wang", ""), ("2", "LOST", "Wang", ""), ("3", "ASSIGNED", "Wang", "")],
        },
        FULL,
    ),
    Case(
        "the same name at another store, and another name at this one, have rooms of their own",
        "35",
        [
            ONE,
            lead("2", "2024-01-01 10:00", "S2", phone=OTHER),
            lead("3", "2024-01-01 10:00", phone=THIRD),
            assign("c1", "2024-01-01 11:00"),
            assign("c2", "2024-01-01 11:00", store="S2", phone=OTHER),
            assign("c3", "2024-01-01 11:00", "Li", phone=THIRD),
        ],
        {
            "rejects": {},
            "grants": [(str(n), "2024-01-01 11:00", who) for n, who in ((1, "Wang"), (2, "Wang"), (3, "Li"))],
        },
        FULL,
    ),
    Case(
        "a TRANSFER at the cap is refused, the lead stays with its owner and his clock runs on",
        "35",
        [
            ONE,
            lead("2", "2024-01-01 10:00", phone=OTHER),
            assign("c1", "2024-01-01 11:00"),
            assign("c2", "2024-01-01 11:00", "Li", phone=OTHER),
            transfer("c3", "2024-01-01 12:00", "Li"),
            clock("2024-01-02 11:00:00.001"),
        ],
        {
            "rejects": {5: "CAP_REACHED"},
            "owners": [("1", "POOL", "", "Wang"), ("2", "POOL", "", "Li")],
            "recycles": [("1", "2024-01-02 11:00", "FIRST_FOLLOW_UP"), ("2", "2024-01-02 11:00", "FIRST_FOLLOW_UP")],
            "replays": {},
        },
        FULL,
    ),
    Case(
        "a TRANSFER frees the place that it leaves",
        "35",
        [
            ONE,
            lead("2", "2024-01-01 10:00", phone=OTHER),
            assign("c1", "2024-01-01 11:00"),
            transfer("c2", "2024-01-01 12:00", "Li"),
            assign("c3", "2024-01-01 12:00", phone=OTHER),
        ],
        {"owners": [("1", "ASSIGNED", "Li", "Wang"), ("2", "ASSIGNED", "Wang", "")], "rejects": {}},
        FULL,
    ),
    *(
        Case(
            f"a place is freed by {name}",
            "35",
            [
                ONE,
                lead("2", "2024-01-01 10:00", phone=OTHER),
                assign("c1", "2024-01-01 11:00"),
                ending,
                assign("c3", "2024-01-01 12:00", phone=OTHER),
            ],
            {"rejects": {}, "grants": [("1", "2024-01-01 11:00", "Wang"), ("2", "2024-01-01 12:00", "Wang")]},
            FULL,
        )
        for name, ending in (
            ("LOST", act("a", "LOST", "2024-01-01 12:00")),
            ("INVALID", act("a", "INVALID", "2024-01-01 12:00", by="DCC")),
            ("a deal", act("a", "PAID", "2024-01-01 12:00")),
            ("RECYCLE", recycle("c2", "2024-01-01 12:00")),
        )
    ),
    Case(
        "a place is held up to the due time of its clock, and free one millisecond later",
        "5, 63",
        [
            ONE,
            assign("c1", "2024-01-01 11:00"),
            lead("2", "2024-01-02 10:00", phone=OTHER),
            assign("c2", "2024-01-02 11:00", phone=OTHER),
            assign("c3", "2024-01-02 11:00:00.001", phone=OTHER),
        ],
        {
            "rejects": {4: "CAP_REACHED"},
            "grants": [("1", "2024-01-01 11:00", "Wang"), ("2", "2024-01-02 11:00:00.001", "Wang")],
        },
        FULL,
    ),
    Case(
        "a place goes with the expiry of its lead",
        "6, 35",
        [
            ONE,
            assign("c1", "2024-01-01 11:00"),
            lead("2", "2024-01-03 10:00", phone=OTHER),
            assign("c2", "2024-01-03 10:00", phone=OTHER),
            assign("c3", "2024-01-03 10:00:00.001", phone=OTHER),
        ],
        {
            "rejects": {4: "CAP_REACHED"},
            "closings": [("1", "2024-01-03 10:00", "MERGE_EXPIRED")],
            "owners": [("1", "CLOSED", "Wang", ""), ("2", "ASSIGNED", "Wang", "")],
        },
        {**FULL, "periods": {"merge": 2}, "follow_up": {"first_hours": 48}},
    ),
    Case(
        "without a cap in the configuration it is fifty",
        "35",
        [
            *(lead(str(n), "2024-01-01 10:00", phone=f"137000000{n:02}") for n in range(51)),
            *(assign(f"c{n}", "2024-01-01 11:00", phone=f"137000000{n:02}") for n in range(51)),
        ],
        {"rejects": {102: "CAP_REACHED"}},
        {"channels": CHANNELS},
    ),
]
