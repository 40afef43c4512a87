"""Worked examples: where the customer lives, the stores to recommend, and answers (rulings 7, 53, 60).

13812345678 is at home in 江苏省连云港市, 13987654321 in 云南省昆明市, 17012345678 nowhere (by the numbering plan).
"""

from functools import partial
from typing import Any

from oracle_case import BASE, OTHER, PHONE, Case, clock, lead, verdict

Clean = partial(Case, layers=6)
FIRST, DEDUPED, MERGED, DEAL = "FIRST_TOUCH", "DEDUPED", "MERGED", "DEAL_MERGED"
MORNING, LATER = "2024-01-02 10:00", "2024-01-02 10:05"
STORES: dict[str, Any] = {
    **BASE,
    "stores": {
        "L1": {"city": "连云港", "province": "江苏"},
        "L2": {"city": "连云港市", "province": "江苏省"},
        "L3": {"city": "连云港", "province": "江苏", "lines": ["used"]},
        "N1": {"city": "南京", "province": "江苏省"},
        "K1": {"city": "昆明市", "province": "云南"},
        "G1": {"city": "南宁", "province": "广西"},
        "G2": {"city": "桂林", "province": "广西壮族自治区"},
        "S1": {"city": "上海"},
    },
}


def advice(name: str, expect: tuple[str, str, str, str], **fields: Any) -> Case:
    """(city, from where, stores of the city, further stores of the province)"""
    return Clean(name, "60", [lead("1", MORNING, None, **fields)], {"recommended": {"1 t1": expect}}, STORES)


CASES = [
    advice("by the home of the mobile", ("连云港", "home_location", "L1 L2", "N1")),
    advice("stores that sell the line", ("连云港", "home_location", "L1 L2 L3", "N1"), line="used"),
    advice("the form wins over the number", ("昆明市", "form", "K1", ""), city="昆明市"),
    advice(
        "city and province with and without their endings",
        ("桂林市", "form", "G2", "G1"),
        city="桂林市",
        province="广西",
    ),
    advice("no store there", ("拉萨", "form", "", ""), city="拉萨", province="西藏自治区"),
    advice("no city", ("", "", "", ""), phone="17012345678"),
    Clean(
        "the latest raw lead that gives a city, at the opening of the task",
        "60, 59",
        [
            lead("1", MORNING, None, city="昆明"),
            lead("2", "2024-01-02 10:01", None, city="南京"),
            lead("3", "2024-01-02 10:02", None),
            clock("2024-01-02 10:30"),
        ],
        {"recommended": {"1 t1": ("昆明", "form", "K1", ""), "1 t2": ("南京", "form", "N1", "")}},
        STORES,
    ),
    Clean(
        "where the store is known none is recommended",
        "59",
        [lead("1", MORNING, "S1", phone="10012345678")],
        {"recommended": {}},
        STORES,
    ),
    Clean(
        "an answer moves the lead with its id, marks and days",
        "7, 53",
        [
            lead("1", MORNING, None),
            lead("2", "2024-01-02 10:01", None),
            verdict("AI", "STORE_CHOSEN", LATER, store="S1"),
            lead("3", "2024-01-02 11:00", "S1"),
            lead("4", "2024-01-03 10:00", "S1"),
        ],
        {
            "marks": {"1": FIRST, "2": DEDUPED, "3": DEDUPED, "4": MERGED},
            "leads": [("1", "1 2 3 4", "DISPATCHED", "", "S1")],
            "dispatches": [("1", "S1", LATER, 1)],
        },
    ),
    Clean(
        "an answer folds the lead into the one that stands open there",
        "7, 53",
        [
            lead("1", MORNING, "S1"),
            lead("2", "2024-01-03 10:00", None),
            lead("3", "2024-01-02 10:01", None),
            verdict("AI", "STORE_CHOSEN", "2024-01-03 10:05", store="S1"),
        ],
        {
            "marks": {"1": FIRST, "2": MERGED, "3": DEDUPED},
            "closings": [("3", "2024-01-03 10:05", "FOLDED")],
            "dispatches": [("1", "S1", MORNING, 1)],
        },
    ),
    Clean(
        "an answer reopens what was INVALID there: people, by the first touch that it brings",
        "7, 58",
        [
            lead("1", MORNING, "S1"),
            verdict("DCC", "INVALID", "2024-01-02 11:00", unique_id=f"m:{PHONE}/1"),
            lead("2", "2024-01-03 10:00", None),
            verdict("AI", "STORE_CHOSEN", "2024-01-03 10:05", store="S1"),
        ],
        {
            "marks": {"1": FIRST, "2": MERGED},
            "tasks": [
                ("1", "t2", "OPEN", "2024-01-03 10:05", "MANUAL", "REOPENED_INVALID"),
                ("2", "t1", "DONE", "2024-01-03 10:05", "AI", "STORE_MISSING"),
                ("2", "t1", "OPEN", "2024-01-03 10:00", "AI", "STORE_MISSING"),
            ],
            "leads": [("1", "1 2", "CLEANING", "", "S1")],
        },
    ),
    Clean(
        "an answer outside the store's hours is held to the opening",
        "7, 29",
        [lead("1", "2024-01-02 19:00", None), verdict("AI", "STORE_CHOSEN", "2024-01-02 19:05", store="S1")],
        {
            "holds": [
                ("1", "2024-01-02 19:00", "STORE_MISSING CLEANING", ""),
                ("1", "2024-01-02 19:05", "HOURS", "2024-01-03 09:00"),
            ],
        },
    ),
    Clean(
        "the store asked for stays missing: a task that people close with a store",
        "24, 58",
        [
            lead("1", MORNING, None),
            verdict("AI", "UNREACHED", LATER),
            verdict("MANUAL", "STORE_CHOSEN", "2024-01-02 10:06", task=2, store="S1"),
        ],
        {
            "outcomes": [("1", "t1", "UNREACHED", "AI"), ("1", "t2", "STORE_CHOSEN", "MANUAL")],
            "dispatches": [("1", "S1", "2024-01-02 10:06", 1)],
        },
    ),
    Clean(
        "one answer moves one lead alone",
        "7",
        [
            lead("1", MORNING, None),
            lead("2", MORNING, None, phone=OTHER),
            verdict("AI", "STORE_CHOSEN", LATER, store="S1"),
        ],
        {"leads": [("1", "1", "DISPATCHED", "", "S1"), ("2", "2", "PENDING", "", "")]},
    ),
]
