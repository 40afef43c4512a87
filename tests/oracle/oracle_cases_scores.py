"""Worked examples: grades, the gate, behaviours (rulings 23, 43, 74). The model's own score is 0 for every lead."""

from functools import partial
from typing import Any

from oracle_case import BASE, Case, act, behaviour, clock, lead, verdict

Clean = partial(Case, layers=6)
MORNING = "2024-01-02 10:00"
GATE: dict[str, Any] = {
    **BASE,
    "score": {"gate": 40},
    "stores": {"S1": {"gate_consent": True}, "S2": {}, "S9": {}},
}


def graded(name: str, grade: str, *records: Any) -> Case:
    return Clean(name, "43", list(records), {"grades": {"1": grade}})


def looked(series: str, at: str, count: int = 1, kind: str = "VIEW") -> Any:
    return behaviour(kind, at, series=series, count=count)


CASES = [
    *(
        graded(f"{days} days to buy: {grade}", grade, lead("1", MORNING, intent={"days_to_buy": days}))
        for days, grade in ((0, "H"), (7, "H"), (8, "A"), (15, "A"), (16, "B"), (30, "B"), (31, "C"), (90, "C"))
    ),
    *(
        graded(f"level {level}: {grade}", grade, lead("1", MORNING, intent={"level": level}))
        for level, grade in (("HIGH", "A"), ("NORMAL", "B"), ("LOW", "C"))
    ),
    graded("nothing known: C", "C", lead("1", MORNING)),
    graded("days to buy win over the level", "C", lead("1", MORNING, intent={"level": "HIGH", "days_to_buy": 60})),
    graded(
        "the latest by event time",
        "H",
        lead("1", MORNING, intent={"days_to_buy": 60}),
        lead("3", "2024-01-05 10:00", intent={"days_to_buy": 5}),
        lead("2", "2024-01-04 10:00", intent={"days_to_buy": 20}),
    ),
    graded(
        "the latest days to buy, though a later raw lead gives a level alone",
        "B",
        lead("1", MORNING, intent={"days_to_buy": 20}),
        lead("2", "2024-01-04 10:00", intent={"level": "HIGH"}),
    ),
    graded(
        "a deduped raw lead may raise the level of its day",
        "A",
        lead("1", MORNING, intent={"level": "NORMAL"}),
        lead("2", "2024-01-02 11:00", intent={"level": "HIGH"}),
    ),
    graded(
        "a deduped raw lead lowers nothing",
        "A",
        lead("1", MORNING, intent={"level": "HIGH"}),
        lead("2", "2024-01-02 11:00", intent={"level": "LOW"}),
    ),
    graded(
        "HIGH by DCC stands in the history at its event time",
        "B",
        lead("1", MORNING),
        lead("2", "2024-01-04 10:00", intent={"level": "NORMAL"}),
        verdict("DCC", "HIGH", "2024-01-03 10:00", unique_id="m:13812345678/1"),
    ),
    # -- the gate ------------------------------------------------------------------------------------------------------------
    Clean(
        "below the gate: held for at most 24 hours, where the store agrees",
        "43",
        [lead("1", MORNING), lead("2", MORNING, "S2"), clock("2024-01-04 10:00")],
        {
            "holds": [("1", MORNING, "SCORE", "2024-01-03 10:00")],
            "dispatches": [("1", "S1", "2024-01-03 10:00", 1), ("2", "S2", MORNING, 1)],
        },
        GATE,
    ),
    Clean(
        "another longest hold, and then the store's hours",
        "43, 29",
        [lead("1", MORNING), clock("2024-01-04 10:00")],
        {
            "holds": [
                ("1", MORNING, "SCORE", "2024-01-02 20:00"),
                ("1", "2024-01-02 20:00", "HOURS", "2024-01-03 09:00"),
            ],
            "dispatches": [("1", "S1", "2024-01-03 09:00", 1)],
        },
        {**GATE, "score": {"gate": 40, "gate_hold_hours": 10}},
    ),
    Clean(
        "off by default",
        "43",
        [lead("1", MORNING)],
        {"holds": []},
        {**BASE, "stores": {"S1": {"gate_consent": True}}},
    ),
    Clean(
        "a lead reopened is held anew",
        "43, 27",
        [
            lead("1", MORNING),
            act("l", "LOST", "2024-01-05 10:00"),
            lead("2", "2024-01-06 10:00"),
            clock("2024-01-08 10:00"),
        ],
        {
            "holds": [
                ("1", MORNING, "SCORE", "2024-01-03 10:00"),
                ("1", "2024-01-06 10:00", "SCORE", "2024-01-07 10:00"),
            ],
            "dispatches": [("1", "S1", "2024-01-03 10:00", 1), ("1", "S1", "2024-01-07 10:00", 2)],
        },
        GATE,
    ),
    # -- behaviours ------------------------------------------------------------------------------------------------------------
    Clean(
        "a dispatch shows what the customer did, and the series of most of it",
        "74",
        [
            lead("1", "2024-01-02 08:00"),
            looked("A6L", "2024-01-02 08:10", 8),
            looked("A6L", "2024-01-02 08:20", 1, "COMPARE"),
            looked("Q5", "2024-01-02 08:15", 5),
            looked("A6L", "2024-01-02 08:30", 2),
            clock("2024-01-02 10:00"),
        ],
        {"sent": {"1 1": ("C", "VIEW A6L 10", "VIEW Q5 5", "COMPARE A6L 1", "A6L")}},
    ),
    Clean(
        "five of the highest value, by what is left of it",
        "74",
        [
            lead("1", MORNING),
            *(looked(f"s{n}", "2024-01-02 11:00", n) for n in range(1, 7)),
            looked("s1", "2024-01-30 10:00", 2),
            act("l", "LOST", "2024-01-30 10:00"),
            lead("2", "2024-01-30 11:00"),
        ],
        # after 28 days a quarter is left: s6 1.5, s5 1.25, s4 1, s3 0.75, s2 0.5; s1 2.25
        {
            "sent": {
                "1 1": ("C", ""),
                "1 2": ("C", "VIEW s1 3", "VIEW s6 6", "VIEW s5 5", "VIEW s4 4", "VIEW s3 3", "s1"),
            }
        },
    ),
    Clean(
        "focus adds up over the kinds; of equal ones the smaller code",
        "74",
        [
            lead("1", "2024-01-02 08:00"),
            looked("B", "2024-01-02 08:10", 3),
            looked("A", "2024-01-02 08:10", 2),
            looked("A", "2024-01-02 08:10", 1, "COMPARE"),
            clock("2024-01-02 10:00"),
        ],
        {"sent": {"1 1": ("C", "VIEW B 3", "VIEW A 2", "COMPARE A 1", "A")}},
    ),
    Clean(
        "of a customer without a lead, and of nobody: NO_LEAD",
        "74",
        [
            lead("1", MORNING),
            behaviour("VIEW", MORNING, phone="13987654321"),
            behaviour("VIEW", MORNING, phone=None, device_id="d"),
        ],
        {"rejects": {2: "NO_LEAD", 3: "NO_LEAD"}},
    ),
    Clean(
        "by their own bytes",
        "74, 78",
        [
            lead("1", "2024-01-02 08:00"),
            behaviour("", "2024-01-02 08:01"),
            ("raw_leads.jsonl", {"type": "behaviour", "kind": "VIEW", "phone": "13812345678"}),
            behaviour("VIEW", "2024-01-02 08:02", phone="1381234567"),
            behaviour("VIEW", "2024-01-02 08:03", count="many"),
            clock("2024-01-02 10:00"),
        ],
        {
            "rejects": {2: "MISSING_FIELD", 3: "MISSING_FIELD", 4: "BAD_PHONE"},
            "sent": {"1 1": ("C", "VIEW  1", "")},
        },
    ),
    Clean(
        "a behaviour moves neither expiry nor clocks of a lead, only the clock",
        "6, 74",
        [lead("1", MORNING), looked("A", "2024-01-04 10:00"), looked("A", "2024-01-06 10:00")],
        {
            "leads": [("1", "1", "CLOSED", "MERGE_EXPIRED", "S1")],
            "closings": [("1", "2024-01-05 10:00", "MERGE_EXPIRED")],
            "clock": "2024-01-06 10:00",
        },
        {**BASE, "periods": {"merge": 3}},
    ),
]
