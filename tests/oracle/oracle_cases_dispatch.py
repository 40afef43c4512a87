"""Worked examples: conditions, holds, hours, consent, release (rulings 3, 8, 12, 16, 29, 38, 54, 57).

Stores without a table are open 09:00-18:00 every day.
"""

from typing import Any

from oracle_case import ALWAYS, BASE, CHANNELS, OTHER, Case, act, clock, lead

FIRST, DEDUPED, MERGED = "FIRST_TOUCH", "DEDUPED", "MERGED"
ASKED: dict[str, Any] = {"channels": {"a": {}, "b": {"consent": True}}}
SHADOW: dict[str, Any] = {"channels": {**CHANNELS, "t": {"status": "TESTING", "consent": True}}}
NIGHT = lead("1", "2024-01-01 20:00")


CASES = [
    Case(
        "outside the hours it waits for the opening",
        "16, 29",
        [NIGHT, clock("2024-01-02 10:00")],
        {
            "holds": [("1", "2024-01-01 20:00", "HOURS", "2024-01-02 09:00")],
            "dispatches": [("1", "S1", "2024-01-02 09:00", 1)],
        },
    ),
    Case(
        "open from the opening, closed from the closing",
        "16",
        [
            lead("1", "2024-01-01 09:00"),
            lead("2", "2024-01-01 17:59:59.999", "S2"),
            lead("3", "2024-01-01 18:00", "S3"),
        ],
        {
            "dispatches": [("1", "S1", "2024-01-01 09:00", 1), ("2", "S2", "2024-01-01 17:59:59.999", 1)],
            "holds": [("3", "2024-01-01 18:00", "HOURS", "2024-01-02 09:00")],
        },
    ),
    Case(
        "before the opening it waits for the same morning",
        "16",
        [lead("1", "2024-01-01 08:59:59.999")],
        {"holds": [("1", "2024-01-01 08:59:59.999", "HOURS", "2024-01-01 09:00")], "dispatches": []},
    ),
    Case(
        "a record at the opening does not release it, the timer comes last",
        "5, 57",
        [NIGHT, lead("2", "2024-01-02 09:00")],
        # The clock stands at 09:00: what is due at it has not fired.
        {
            "marks": {"1": FIRST, "2": MERGED},
            "leads": [("1", "1 2", "HELD", "", "S1")],
            "holds": [("1", "2024-01-01 20:00", "HOURS", "2024-01-02 09:00")],
            "dispatches": [],
        },
    ),
    Case(
        "--until the opening fires it",
        "4",
        [NIGHT, lead("2", "2024-01-02 09:00")],
        {"dispatches": [("1", "S1", "2024-01-02 09:00", 1)], "clock": "2024-01-02 09:00"},
        until="2024-01-02 09:00",
    ),
    Case(
        "--until before the clock changes nothing",
        "4",
        [NIGHT, lead("2", "2024-01-02 08:00")],
        {"dispatches": [], "clock": "2024-01-02 08:00"},
        until="2024-01-02 07:00",
    ),
    Case(
        "a late lead is judged at now",
        "4, 16",
        [clock("2024-01-02 10:00"), NIGHT],
        {"dispatches": [("1", "S1", "2024-01-02 10:00", 1)], "holds": []},
    ),
    Case(
        "closed while it waits",
        "26, 29",
        [NIGHT, act("l", "LOST", "2024-01-02 08:00"), clock("2024-01-02 10:00")],
        {
            "leads": [("1", "1", "LOST", "LOST", "S1")],
            "dispatches": [],
            "closings": [("1", "2024-01-02 08:00", "LOST")],
        },
    ),
    Case(
        "closings first at the same instant",
        "4",
        [NIGHT, clock("2024-01-05 10:00")],
        # Open 20:00-22:00, closed 01-01 to 01-03, merge 3 d: expiry and opening are both 01-04 20:00.
        {
            "dispatches": [],
            "closings": [("1", "2024-01-04 20:00", "MERGE_EXPIRED")],
            "holds": [("1", "2024-01-01 20:00", "HOURS", "2024-01-04 20:00")],
        },
        {
            **BASE,
            "periods": {"merge": 3},
            "stores": {"S1": {"opens": "20:00", "closes": "22:00", "calendar": "X"}, "S9": ALWAYS},
            "calendars": {"X": {"closed": ["2024-01-01", "2024-01-02", "2024-01-03"]}},
        },
    ),
    Case(
        "closed days; a date both closed and open is open",
        "16, 56",
        [lead("1", "2024-01-01 10:00")],
        {"holds": [("1", "2024-01-01 10:00", "HOURS", "2024-01-03 09:00")]},
        {
            **BASE,
            "stores": {"S1": {"calendar": "X"}},
            "calendars": {"X": {"closed": ["2024-01-01", "2024-01-02", "2024-01-03"], "open": ["2024-01-03"]}},
        },
    ),
    Case(
        "hours past midnight belong to the day on which they open",
        "16, 56",
        [lead("1", "2024-01-02 01:59:59"), lead("2", "2024-01-03 01:59:59", phone=OTHER)],
        # 22:00-02:00, closed on 01-02: 01:59 of 01-02 belongs to 01-01 and is open; 01:59 of 01-03 is not.
        {
            "dispatches": [("1", "S1", "2024-01-02 01:59:59", 1)],
            "holds": [("2", "2024-01-03 01:59:59", "HOURS", "2024-01-03 22:00")],
        },
        {
            **BASE,
            "stores": {"S1": {"opens": "22:00", "closes": "02:00", "calendar": "X"}},
            "calendars": {"X": {"closed": ["2024-01-02"]}},
        },
    ),
    Case(
        "always open",
        "16",
        [lead("1", "2024-01-01 23:59:59.999"), lead("2", "2024-01-02 00:00", phone=OTHER)],
        {"holds": [], "dispatches": [("1", "S1", "2024-01-01 23:59:59.999", 1), ("2", "S1", "2024-01-02 00:00", 1)]},
        {**BASE, "stores": {"S1": ALWAYS}},
    ),
    Case(
        "no consent on record: accepted and held",
        "15, 38",
        [lead("1", "2024-01-01 20:00")],
        # HOURS stands only where no other condition does.
        {
            "leads": [("1", "1", "HELD", "", "S1")],
            "holds": [("1", "2024-01-01 20:00", "CONSENT", "")],
        },
        ASKED,
    ),
    Case(
        "consent belongs to the customer",
        "38",
        [
            lead("1", "2024-01-01 10:00"),
            lead("2", "2024-01-02 10:00", "S2", consent=True),
            lead("3", "2024-01-03 10:00", "S3"),
        ],
        {
            "holds": [("1", "2024-01-01 10:00", "CONSENT", "")],
            "dispatches": [
                ("1", "S1", "2024-01-02 10:00", 1),
                ("2", "S2", "2024-01-02 10:00", 1),
                ("3", "S3", "2024-01-03 10:00", 1),
            ],
        },
        ASKED,
    ),
    Case(
        "the latest word by event time counts, not the latest to arrive",
        "38",
        [
            lead("1", "2024-01-02 10:00", consent=True),
            lead("2", "2024-01-01 10:00", "S2", consent=False),
        ],
        {"dispatches": [("1", "S1", "2024-01-02 10:00", 1), ("2", "S2", "2024-01-02 10:00", 1)], "holds": []},
        ASKED,
    ),
    Case(
        "only where nothing explicit exists the default of the latest raw lead's channel",
        "38",
        [
            lead("1", "2024-01-01 10:00"),
            lead("2", "2024-01-02 10:00", "S2", channel="b"),
            lead("3", "2024-01-03 10:00", "S3"),
        ],
        # a: false; b: true, so 1 and 2 go; then a again: 3 waits.
        {
            "dispatches": [("1", "S1", "2024-01-02 10:00", 1), ("2", "S2", "2024-01-02 10:00", 1)],
            "holds": [("1", "2024-01-01 10:00", "CONSENT", ""), ("3", "2024-01-03 10:00", "CONSENT", "")],
        },
        ASKED,
    ),
    Case(
        "an enrichment gives consent at its raw lead's event time",
        "11, 38",
        [
            lead("1", "2024-01-01 10:00"),
            act("o", "OPT_OUT", "2024-01-02 10:00", None),
            lead("1", "2024-01-01 10:00", consent=True),
            lead("2", "2024-01-03 10:00", consent=True),
        ],
        # The enrichment speaks for 01-01, before the opt-out; 2 speaks for 01-03.
        {
            "replays": {3: "consent"},
            "holds": [("1", "2024-01-01 10:00", "CONSENT", "")],
            "dispatches": [("1", "S1", "2024-01-03 10:00", 1)],
        },
        ASKED,
    ),
    Case(
        "opt-out holds what is not dispatched and closes nothing",
        "38",
        [
            lead("1", "2024-01-01 10:00"),
            lead("2", "2024-01-01 20:00", "S2"),
            act("o", "OPT_OUT", "2024-01-01 21:00", None),
            act("x", "OPT_OUT", "2024-01-01 21:00", None, phone=OTHER),
        ],
        {
            "leads": [("1", "1", "DISPATCHED", "", "S1"), ("2", "2", "HELD", "", "S2")],
            "holds": [
                ("2", "2024-01-01 20:00", "HOURS", "2024-01-02 09:00"),
                ("2", "2024-01-01 21:00", "CONSENT", ""),
            ],
            "rejects": {4: "NO_LEAD"},
        },
        until="2024-01-03 10:00",
    ),
    Case(
        "a deduped raw lead completes the required fields",
        "12, 29",
        [lead("1", "2024-01-01 10:00"), lead("2", "2024-01-01 11:00", city="上海")],
        {
            "marks": {"1": FIRST, "2": DEDUPED},
            "holds": [("1", "2024-01-01 10:00", "FIELDS", "")],
            "dispatches": [("1", "S1", "2024-01-01 11:00", 1)],
        },
        {**BASE, "dispatch": {"required": ["city"]}},
    ),
    Case(
        "conditions in their order, one record for each change",
        "29, 54",
        [
            lead("1", "2024-01-01 10:00", None),
            lead("2", "2024-01-01 11:00", None, consent=True),
            lead("3", "2024-01-01 12:00", None),
            lead("1", "2024-01-01 10:00", "S1"),
            lead("1", "2024-01-01 10:00", "S1", city="上海"),
        ],
        # The clock stays at 12:00: the answer leaves FIELDS, the city completes it.
        {
            "holds": [
                ("1", "2024-01-01 10:00", "STORE_MISSING CONSENT FIELDS", ""),
                ("1", "2024-01-01 11:00", "STORE_MISSING FIELDS", ""),
                ("1", "2024-01-01 12:00", "FIELDS", ""),
            ],
            "dispatches": [("1", "S1", "2024-01-01 12:00", 1)],
        },
        {**ASKED, "dispatch": {"required": ["city"]}},
    ),
    Case(
        "a merged raw lead in the store's queue dispatches nothing",
        "3",
        [lead("1", "2024-01-01 10:00"), lead("2", "2024-01-02 10:00"), lead("3", "2024-01-03 20:00")],
        {"dispatches": [("1", "S1", "2024-01-01 10:00", 1)], "holds": []},
    ),
    Case(
        "a reopened lead passes all conditions afresh",
        "27",
        [
            lead("1", "2024-01-01 10:00"),
            act("l", "LOST", "2024-01-01 11:00"),
            lead("2", "2024-01-01 20:00"),
            clock("2024-01-02 10:00"),
        ],
        {
            "marks": {"1": FIRST, "2": MERGED},
            "holds": [("1", "2024-01-01 20:00", "HOURS", "2024-01-02 09:00")],
            "dispatches": [("1", "S1", "2024-01-01 10:00", 1), ("1", "S1", "2024-01-02 09:00", 2)],
        },
    ),
    Case(
        "a dispatch names the first touch of its moment",
        "54",
        [lead("2", "2024-01-02 20:00"), lead("1", "2024-01-02 19:00"), clock("2024-01-03 10:00")],
        {
            "marks": {"1": FIRST, "2": DEDUPED},
            "holds": [("2", "2024-01-02 20:00", "HOURS", "2024-01-03 09:00")],
            "dispatches": [("1", "S1", "2024-01-03 09:00", 1)],
        },
    ),
    Case(
        "shadow: a realm of its own, never dispatched",
        "8",
        [
            lead("1", "2024-01-01 10:00", channel="t"),
            lead("2", "2024-01-01 11:00"),
            lead("3", "2024-01-01 12:00", test=True),
            lead("4", "2024-01-01 20:00", "S2", test=True),
            clock("2024-01-02 10:00"),
        ],
        {
            "marks": {"~1": FIRST, "2": FIRST, "~3": DEDUPED, "~4": FIRST},
            "dispatches": [("2", "S1", "2024-01-01 11:00", 1)],
            "holds": [
                ("~1", "2024-01-01 10:00", "SHADOW", ""),
                ("~4", "2024-01-01 20:00", "HOURS", "2024-01-02 09:00"),
                ("~4", "2024-01-02 09:00", "SHADOW", ""),
            ],
            "received": (2, 3),
        },
        SHADOW,
    ),
    Case(
        "a shadow lead waits for what a live one would wait for",
        "57",
        [lead("1", "2024-01-01 20:00", None, test=True)],
        {"holds": [("~1", "2024-01-01 20:00", "STORE_MISSING CONSENT", "")]},
        ASKED,
    ),
]
