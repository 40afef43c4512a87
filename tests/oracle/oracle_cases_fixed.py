"""Fixed worked examples of ruling 83: inputs that an independent model brought, with the right values."""

from typing import Any

from oracle_case import Case, act, lead

FIRST, DEDUPED, MERGED = "FIRST_TOUCH", "DEDUPED", "MERGED"
FAR: dict[str, Any] = {
    "channels": {
        "A": {"consent": True},
        "B": {"consent": True, "priority": 50},
        "N": {},
        "T": {"status": "TESTING", "consent": True},
    },
    "stores": {"S": {}, "Z": {}},
}


def world(merge: int, deal_merge: int, late_hours: int = 24, replay: int = 1, **tables: Any) -> dict[str, Any]:
    periods = {"merge": merge, "deal_merge": deal_merge, "max_life": 6, "late_hours": late_hours, "replay": replay}
    return {**FAR, "periods": periods, **tables}


def far(source_lead_id: str, at: str, store: str | None = "S", **fields: Any) -> tuple[str, dict[str, Any]]:
    return lead(source_lead_id, at, store, **{"channel": "A", "phone": "13912345678", **fields})


def far_act(activity_id: str, kind: str, at: str, store: str | None = "S") -> tuple[str, dict[str, Any]]:
    return act(activity_id, kind, at, store, phone="13912345678")


TIED = [far("a", "2026-03-01 10:00"), far("b", "2026-03-01 10:00", "Z", channel="B")]
TIED_LEADS = [("a", "a", "WON", "WON", "S"), ("b", "b", "CLOSED", "MERGE_EXPIRED", "Z")]

CASES = [
    Case(
        "a required field that comes with the store answer is judged",
        "83, 11",
        [far("p", "2026-03-01 10:00", None), far("p", "2026-03-01 10:00", name="Li")],
        {
            "marks": {"p": FIRST},
            "leads": [("p", "p", "DISPATCHED", "", "S")],
            "replays": {2: "name store"},
            "dispatches": [("p", "S", "2026-03-01 10:00", 1)],
            "received": (2, 0),
            "clock": "2026-03-01 10:00",
        },
        world(2, 3, dispatch={"required": ["name"]}),
    ),
    Case(
        "a second PAID later than d + deal-merge is NO_LEAD where merge is longer",
        "83, 19",
        [
            far("a", "2026-03-01 10:00"),
            far_act("p", "PAID", "2026-03-02 12:00"),
            far_act("q", "PAID", "2026-03-04 12:30"),
            far("b", "2026-03-04 12:10"),
            far("c", "2026-03-05 10:00"),
        ],
        {
            "marks": {"a": FIRST, "b": FIRST, "c": MERGED},
            "leads": [("a", "a", "WON", "WON", "S"), ("b", "b c", "DISPATCHED", "", "S")],
            "rejects": {3: "NO_LEAD"},
            "dispatches": [("a", "S", "2026-03-01 10:00", 1), ("b", "S", "2026-03-04 12:30", 1)],
            "clock": "2026-03-05 10:00",
        },
        world(3, 2),
    ),
    *(
        Case(
            f"of two leads opened at one instant the later by the tie key, {name}",
            "83, 26",
            [*records, far_act("p", "PAID", "2026-03-04 12:00", None)],
            {
                "leads": TIED_LEADS,
                "dispatches": [("a", "S", "2026-03-01 10:00", 1), ("b", "Z", "2026-03-01 10:00", 1)],
                "rejects": {},
                "clock": "2026-03-04 12:00",
            },
            world(2, 3),
        )
        for name, records in (("a first", TIED), ("b first", TIED[::-1]))
    ),
    Case(
        "an answer to a lead with two closings: DEDUPED where the survivor holds the day",
        "83, 53",
        [
            far("s", "2026-03-01 10:00"),
            far("p", "2026-03-01 11:00", None),
            far_act("l", "LOST", "2026-03-01 12:00"),
            far("r", "2026-03-02 09:30"),
            far_act("i", "INVALID", "2026-03-02 10:00"),
            far("q2", "2026-03-02 12:00", "Z", phone="13900000000"),
            far("p", "2026-03-01 11:00"),
        ],
        {
            "marks": {"p": DEDUPED, "q2": FIRST, "r": MERGED, "s": FIRST},
            "leads": [("q2", "q2", "DISPATCHED", "", "Z"), ("s", "p r s", "DISPATCHED", "", "S")],
            "replays": {7: "store"},
            "dispatches": [
                ("q2", "Z", "2026-03-02 12:00", 1),
                ("s", "S", "2026-03-01 10:00", 1),
                ("s", "S", "2026-03-02 09:30", 2),
                ("s", "S", "2026-03-02 12:00", 3),
            ],
            "clock": "2026-03-02 12:00",
        },
        world(3, 3, 72, 7),
    ),
]
