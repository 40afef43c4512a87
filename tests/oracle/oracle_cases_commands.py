"""Worked examples: ASSIGN, TRANSFER, RECYCLE, their addresses and their replays (rulings 17, 35, 63, 66).

Lead 1 opens on 2024-01-01 at 10:00, in opening hours, and is dispatched at once. The first follow-up is due 24 hours
after the grant.
"""

from typing import Any

from oracle_case import BASE, OTHER, Case, act, clock, command, lead

ONE = lead("1", "2024-01-01 10:00")
SENT = ("1", "S1", "2024-01-01 10:00", 1)
FULL: dict[str, Any] = {**BASE, "pools": {"cap": 1}}


def assign(command_id: str, at: str, advisor: str = "Wang", **fields: Any) -> tuple[str, dict[str, Any]]:
    return command(command_id, "ASSIGN", at, advisor=advisor, **fields)


def transfer(command_id: str, at: str, advisor: str, **fields: Any) -> tuple[str, dict[str, Any]]:
    return command(command_id, "TRANSFER", at, advisor=advisor, **fields)


def recycle(command_id: str, at: str, **fields: Any) -> tuple[str, dict[str, Any]]:
    return command(command_id, "RECYCLE", at, **fields)


CASES = [
    Case(
        "ASSIGN gives the lead an owner",
        "35, 66",
        [ONE, assign("c", "2024-01-01 11:00")],
        {
            "leads": [("1", "1", "ASSIGNED", "", "S1")],
            "owners": [("1", "ASSIGNED", "Wang", "")],
            "assigned": {"1": ("2024-01-01 11:00", "", "", 0)},
            "grants": [("1", "2024-01-01 11:00", "Wang")],
            "notices": [("1", "ASSIGNED", "2024-01-01 11:00", "Wang")],
            "dispatches": [SENT],
            "rejects": {},
            "received": (1, 0),
        },
    ),
    Case(
        "a lead that nobody assigns stays in the store's queue, no clock runs",
        "3, 25",
        [ONE, act("a", "CALL", "2024-01-03 10:00"), clock("2024-02-20 10:00")],
        {"leads": [("1", "1", "DISPATCHED", "", "S1")], "owners": [], "recycles": [], "notices": []},
    ),
    Case(
        "by unique_id, whatever else is given",
        "17",
        [ONE, lead("2", "2024-01-01 10:00", "S2"), assign("c", "2024-01-01 11:00", unique_id="m:13812345678/2")],
        {"owners": [("2", "ASSIGNED", "Wang", "")]},
    ),
    Case(
        "by landline, store and line",
        "17",
        [
            lead("1", "2024-01-01 10:00", phone="021-12345678", line="used"),
            lead("2", "2024-01-01 10:00", phone="021-12345678"),
            assign("c", "2024-01-01 11:00", phone=None, landline="(021)12345678", line="used"),
        ],
        {"owners": [("1", "ASSIGNED", "Wang", "")]},
    ),
    Case(
        "a folded id follows its pointer",
        "17, 26",
        [
            lead("p", "2024-01-01 10:00", None),
            lead("1", "2024-01-01 10:30"),
            lead("p", "2024-01-01 10:00", "S1"),
            assign("c", "2024-01-01 11:00", unique_id="m:13812345678/1"),
        ],
        {"owners": [("1", "ASSIGNED", "Wang", "")], "rejects": {}},
    ),
    Case(
        "an activity by unique_id",
        "17, 26",
        [ONE, act("a", "LOST", "2024-01-01 11:00", None, phone=None, unique_id="m:13812345678/1")],
        {"leads": [("1", "1", "LOST", "LOST", "S1")], "rejects": {}},
    ),
    Case(
        "without store it speaks of the PENDING key: not dispatched, or nothing there",
        "17, 35",
        [
            lead("p", "2024-01-01 10:00", None),
            assign("c1", "2024-01-01 11:00", store=None),
            lead("2", "2024-01-01 11:00", phone=OTHER),
            assign("c2", "2024-01-01 11:00", store=None, phone=OTHER),
        ],
        {"rejects": {2: "NOT_ALLOWED", 4: "NO_LEAD"}, "owners": []},
    ),
    Case(
        "no such customer, store or id: NO_LEAD, and the clock moves",
        "66, 4",
        [
            ONE,
            assign("c1", "2024-01-01 11:00", phone=OTHER),
            assign("c2", "2024-01-01 11:00", store="S2"),
            assign("c3", "2024-01-01 11:00", unique_id="m:13812345678/7"),
            assign("c4", "2024-01-01 12:00", unique_id="nobody"),
        ],
        {"rejects": {n: "NO_LEAD" for n in (2, 3, 4, 5)}, "clock": "2024-01-01 12:00"},
    ),
    Case(
        "a shadow lead is not reached",
        "8, 26",
        [lead("1", "2024-01-01 10:00", test=True), assign("c", "2024-01-01 11:00")],
        {"rejects": {2: "NO_LEAD"}},
    ),
    Case(
        "before the dispatch NOT_ALLOWED, then granted under the same id: what is refused is not remembered",
        "35, 66",
        [
            lead("1", "2024-01-01 20:00"),
            assign("c", "2024-01-01 21:00"),
            clock("2024-01-02 09:00:00.001"),
            assign("c", "2024-01-02 10:00"),
        ],
        {
            "rejects": {2: "NOT_ALLOWED"},
            "replays": {},
            "owners": [("1", "ASSIGNED", "Wang", "")],
            "dispatches": [("1", "S1", "2024-01-02 09:00", 1)],
        },
    ),
    *(
        Case(
            f"{kind} on a closed lead",
            "35",
            [
                ONE,
                assign("c1", "2024-01-01 11:00"),
                act("a", "LOST", "2024-01-01 12:00"),
                command("c2", kind, "2024-01-01 13:00", advisor="Li"),
            ],
            {
                "rejects": {4: "NOT_ALLOWED"},
                "leads": [("1", "1", "LOST", "LOST", "S1")],
                "owners": [("1", "LOST", "Wang", "")],
            },
        )
        for kind in ("ASSIGN", "TRANSFER", "RECYCLE")
    ),
    Case(
        "ASSIGN on an owned lead is a TRANSFER, and the 24 hours start anew",
        "35",
        [
            ONE,
            assign("c1", "2024-01-01 11:00"),
            act("a", "CALL", "2024-01-01 12:00"),
            assign("c2", "2024-01-01 13:00", "Li"),
            clock("2024-01-02 13:00:00.001"),
        ],
        # The call of 12:00 counts no more for Li.
        {
            "grants": [("1", "2024-01-01 11:00", "Wang"), ("1", "2024-01-01 13:00", "Li")],
            "owners": [("1", "POOL", "", "Li")],
            "recycles": [("1", "2024-01-02 13:00", "FIRST_FOLLOW_UP")],
        },
    ),
    Case(
        "TRANSFER keeps the previous owner; without an owner it is an ASSIGN",
        "66",
        [ONE, transfer("c1", "2024-01-01 11:00", "Wang"), transfer("c2", "2024-01-01 12:00", "Li")],
        {
            "owners": [("1", "ASSIGNED", "Li", "Wang")],
            "assigned": {"1": ("2024-01-01 12:00", "", "", 0)},
            "dispatches": [SENT],
        },
    ),
    Case(
        "TRANSFER to the same advisor starts the clock anew",
        "35, 63",
        [ONE, assign("c1", "2024-01-01 11:00"), transfer("c2", "2024-01-01 15:00", "Wang"), clock("2024-01-02 15:00")],
        {
            "owners": [("1", "ASSIGNED", "Wang", "")],
            "assigned": {"1": ("2024-01-01 15:00", "", "", 0)},
            "recycles": [],
        },
    ),
    Case(
        "RECYCLE with its reason",
        "66",
        [ONE, assign("c1", "2024-01-01 11:00"), recycle("c2", "2024-01-01 12:00", reason="holiday")],
        {
            "leads": [("1", "1", "POOL", "", "S1")],
            "owners": [("1", "POOL", "", "Wang")],
            "recycles": [("1", "2024-01-01 12:00", "holiday")],
            "pooled": {"1": (1, 0)},
            "notices": [
                ("1", "ASSIGNED", "2024-01-01 11:00", "Wang"),
                ("1", "RECYCLED", "2024-01-01 12:00", "S1"),
                ("1", "RECYCLED", "2024-01-01 12:00", "Wang"),
            ],
        },
    ),
    Case(
        "RECYCLE needs an owner",
        "66",
        [
            ONE,
            recycle("c1", "2024-01-01 10:30"),
            assign("c2", "2024-01-01 11:00"),
            recycle("c3", "2024-01-01 12:00"),
            recycle("c4", "2024-01-01 12:00"),
        ],
        {"rejects": {2: "NOT_ALLOWED", 5: "NOT_ALLOWED"}, "recycles": [("1", "2024-01-01 12:00", "RECYCLE")]},
    ),
    Case(
        "ASSIGN out of the pool",
        "3, 66",
        [
            ONE,
            assign("c1", "2024-01-01 11:00"),
            recycle("c2", "2024-01-01 12:00"),
            assign("c3", "2024-01-01 13:00", "Li"),
        ],
        {"owners": [("1", "ASSIGNED", "Li", "Wang")], "dispatches": [SENT], "pooled": {"1": (1, 0)}},
    ),
    Case(
        "a command that comes again is a replay for seven days, then a command",
        "26, 66",
        [
            ONE,
            assign("c", "2024-01-01 11:00"),
            transfer("d", "2024-01-01 12:00", "Li"),
            act("a", "CALL", "2024-01-02 10:00"),
            assign("c", "2024-01-08 11:00"),
            assign("c", "2024-01-08 11:00:00.001"),
        ],
        {"replays": {5: ""}, "owners": [("1", "ASSIGNED", "Wang", "Li")], "rejects": {}},
    ),
    Case(
        "the same command_id for another customer is another command",
        "66",
        [
            ONE,
            lead("2", "2024-01-01 10:00", phone=OTHER),
            assign("c", "2024-01-01 11:00"),
            assign("c", "2024-01-01 11:00", phone=OTHER),
        ],
        {"owners": [("1", "ASSIGNED", "Wang", ""), ("2", "ASSIGNED", "Wang", "")], "replays": {}},
    ),
    Case(
        "without event time a command is as of its ingest time, or now",
        "20",
        [
            ONE,
            clock("2024-01-01 12:00"),
            assign("c1", "2024-01-01 10:00", event_time=None, ingest_time="2024-01-01T11:00:00+08:00"),
            lead("2", "2024-01-01 10:00", phone=OTHER),
            assign("c2", "2024-01-01 10:00", phone=OTHER, event_time=None),
        ],
        {
            "assigned": {"1": ("2024-01-01 11:00", "", "", 0), "2": ("2024-01-01 12:00", "", "", 0)},
            "grants": [("1", "2024-01-01 12:00", "Wang"), ("2", "2024-01-01 12:00", "Wang")],
        },
    ),
    Case(
        "what is missing, unknown or not yet applied",
        "32, 51",
        [
            ONE,
            command("c1", "ASSIGN", "2024-01-01 11:00"),
            command("c2", "GRAB", "2024-01-01 11:00"),
            command("c3", "FORGET", "2024-01-01 11:00"),
            command("c4", "ADVISOR_LEFT", "2024-01-01 11:00", advisor="Wang"),
            assign("c5", "2024-01-01 11:00", phone=None),
            assign("", "2024-01-01 11:00"),
            recycle("c6", "2024-01-01 11:00", phone="1234567"),
            command("c7", "STORE_EXIT", "2024-01-01 11:00"),
        ],
        {
            "rejects": {
                2: "MISSING_FIELD",
                3: "BAD_FIELD",
                4: "NOT_SUPPORTED",
                5: "NOT_SUPPORTED",
                6: "NO_CONTACT",
                7: "MISSING_FIELD",
                8: "BAD_PHONE",
                9: "NOT_SUPPORTED",
            }
        },
    ),
]
