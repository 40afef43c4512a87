"""Worked examples: marks of raw leads alone (rulings 1, 2, 5, 6, 7, 10, 12, 13, 30, 54, 56).

2024 is a leap year: 01-01 + 60 d = 03-01, 01-01 + 180 d = 06-29.
"""

from oracle_case import BASE, CHANNELS, OTHER, PHONE, Case, clock, lead

FIRST, DEDUPED, MERGED = "FIRST_TOUCH", "DEDUPED", "MERGED"

CASES = [
    Case(
        "merge bound, inclusive",
        "5, 6",
        [lead("1", "2024-01-01 10:00"), lead("2", "2024-03-01 10:00")],
        # 31 + 29 days = exactly 60 x 86 400 s after the first: in time. 10:00 is within 09:00-18:00: sent at once.
        {
            "marks": {"1": FIRST, "2": MERGED},
            "leads": [("1", "1 2", "DISPATCHED", "", "S1")],
            "dispatches": [("1", "S1", "2024-01-01 10:00", 1)],
            "closings": [],
        },
    ),
    Case(
        "merge bound, one millisecond beyond",
        "1, 6",
        [lead("1", "2024-01-01 10:00"), lead("2", "2024-03-01 10:00:00.001")],
        # The timer of 1 stands at 03-01 10:00:00.000, which lies before the clock after record 2: it fires first.
        {
            "marks": {"1": FIRST, "2": FIRST},
            "leads": [("1", "1", "CLOSED", "MERGE_EXPIRED", "S1"), ("2", "2", "DISPATCHED", "", "S1")],
            "closings": [("1", "2024-03-01 10:00", "MERGE_EXPIRED")],
            "dispatches": [("1", "S1", "2024-01-01 10:00", 1), ("2", "S1", "2024-03-01 10:00:00.001", 1)],
        },
    ),
    Case(
        "the anchor moves with a merged raw lead",
        "6",
        [lead("1", "2024-01-01 10:00"), lead("2", "2024-02-20 10:00"), lead("3", "2024-04-20 10:00")],
        # 02-20 + 60 d: 9 days to 02-29, 31 to 03-31, 20 to 04-20.
        {"marks": {"1": FIRST, "2": MERGED, "3": MERGED}},
    ),
    Case(
        "a deduped raw lead does not move the anchor",
        "6, 12",
        [lead("1", "2024-01-01 10:00"), lead("2", "2024-01-01 23:59:59.999"), lead("3", "2024-03-01 10:00:00.001")],
        {"marks": {"1": FIRST, "2": DEDUPED, "3": FIRST}},
    ),
    Case(
        "the business day ends at midnight in Shanghai",
        "5",
        [lead("1", "2024-01-01T15:59:59.999Z"), lead("2", "2024-01-01T16:00:00Z"), lead("3", "2024-01-02T15:59:59Z")],
        # 15:59:59.999Z = 23:59:59.999 of 01-01; 16:00Z = 00:00 of 01-02; 3 = 23:59:59 of 01-02.
        {
            "marks": {"1": FIRST, "2": MERGED, "3": DEDUPED},
            "counts": {"a 2024-01-01": {FIRST: 1}, "a 2024-01-02": {MERGED: 1, DEDUPED: 1}},
        },
    ),
    Case(
        "a tie: the lower priority number wins",
        "2, 32",
        [lead("1", "2024-01-01 10:00"), lead("2", "2024-01-01 10:00", channel="b")],
        # b has 50, a the default 100: 2 comes first although it arrived later. What was sent stays sent, as sent.
        {
            "marks": {"1": DEDUPED, "2": FIRST},
            "leads": [("2", "1 2", "DISPATCHED", "", "S1")],
            "dispatches": [("1", "S1", "2024-01-01 10:00", 1)],
            "closings": [],
        },
        {"channels": {"a": {"consent": True}, "b": {"consent": True, "priority": 50}}},
    ),
    Case(
        "a tie: source ids compare as bytes",
        "32",
        [lead("9", "2024-01-01 10:00"), lead("10", "2024-01-01 10:00")],
        # '1' is 0x31, '9' 0x39: "10" < "9".
        {"marks": {"9": DEDUPED, "10": FIRST}},
    ),
    Case(
        "a tie: the channel's code before the source id",
        "32",
        [lead("1", "2024-01-01 10:00", channel="b"), lead("2", "2024-01-01 10:00", channel="a")],
        {"marks": {"1": DEDUPED, "2": FIRST}},
    ),
    Case(
        "a late record turns out to be the first touch",
        "2, 30",
        [lead("2", "2024-01-10 12:00"), lead("1", "2024-01-09 09:30", channel="b")],
        # 26.5 h late. The lead keeps its id (dispatched once), opens on 01-09; both channels' counts follow.
        {
            "marks": {"1": FIRST, "2": MERGED},
            "leads": [("1", "1 2", "DISPATCHED", "", "S1")],
            "dispatches": [("2", "S1", "2024-01-10 12:00", 1)],
            "closings": [],
            "counts": {"a 2024-01-10": {MERGED: 1}, "b 2024-01-09": {FIRST: 1}},
        },
    ),
    Case(
        "the lateness, 72 h, inclusive",
        "10",
        [lead("1", "2024-01-10 12:00"), lead("2", "2024-01-07 12:00"), lead("3", "2024-01-07 11:59:59.999")],
        {"marks": {"1": MERGED, "2": FIRST}, "late": [3], "received": (3, 0)},
    ),
    Case(
        "the lateness of an offline channel, 360 h",
        "10",
        [
            lead("1", "2024-01-20 12:00"),
            lead("2", "2024-01-05 12:00", channel="off"),
            lead("3", "2024-01-05 11:59:59.999", channel="off"),
            lead("4", "2024-01-16 12:00"),
        ],
        # 360 h = 15 d before 01-20 12:00; 4 (channel a) is 96 h late.
        {"marks": {"1": MERGED, "2": FIRST}, "late": [3, 4]},
        {"channels": {**CHANNELS, "off": {"group": "offline", "consent": True}}},
    ),
    Case(
        "max life ends a lead that is touched again and again",
        "6",
        [
            lead("1", "2024-01-01 10:00"),
            lead("2", "2024-02-20 10:00"),
            lead("3", "2024-04-09 10:00"),
            lead("4", "2024-04-10 10:00:00.001"),
        ],
        # 100 d after 01-01 (31 + 29 + 31 = 91 to 04-01, 9 more) is 04-10 10:00; 4 lies 1 ms beyond, on a new day.
        {
            "marks": {"1": FIRST, "2": MERGED, "3": MERGED, "4": FIRST},
            "closings": [("1", "2024-04-10 10:00", "MAX_LIFE")],
        },
        {**BASE, "periods": {"max_life": 100}},
    ),
    Case(
        "max life, inclusive",
        "5, 6",
        [lead("1", "2024-01-01 10:00"), lead("2", "2024-02-20 10:00"), lead("3", "2024-04-10 10:00")],
        {"marks": {"1": FIRST, "2": MERGED, "3": MERGED}},
        {**BASE, "periods": {"max_life": 100}},
    ),
    Case(
        "equal bounds are MERGE_EXPIRED; --until fires what is due at it",
        "4, 54",
        [lead("1", "2024-01-01 10:00")],
        {
            "leads": [("1", "1", "CLOSED", "MERGE_EXPIRED", "S1")],
            "closings": [("1", "2024-03-01 10:00", "MERGE_EXPIRED")],
            "clock": "2024-03-01 10:00",
        },
        {**BASE, "periods": {"max_life": 60}},
        "2024-03-01 10:00",
    ),
    Case(
        "the end of input fires only what is due before the clock",
        "4",
        [lead("1", "2024-01-01 10:00"), clock("2024-03-01 10:00")],
        {"leads": [("1", "1", "DISPATCHED", "", "S1")], "closings": [], "clock": "2024-03-01 10:00"},
    ),
    Case(
        "from_first: the period runs from the first touch",
        "6",
        [lead("1", "2024-01-01 10:00"), lead("2", "2024-02-20 10:00"), lead("3", "2024-03-01 10:00:00.001")],
        {"marks": {"1": FIRST, "2": MERGED, "3": FIRST}},
        {**BASE, "periods": {"from_first": True}},
    ),
    Case(
        "deduped even where the lead has expired meanwhile",
        "12",
        [lead("1", "2024-01-01 10:00"), lead("2", "2024-03-01 09:00"), lead("3", "2024-03-01 11:00")],
        # from_first: it expires 03-01 10:00. 2 merges; 3 repeats 2 on its day and belongs to the same lead.
        {
            "marks": {"1": FIRST, "2": MERGED, "3": DEDUPED},
            "leads": [("1", "1 2 3", "CLOSED", "MERGE_EXPIRED", "S1")],
        },
        {**BASE, "periods": {"from_first": True}},
    ),
    Case(
        "dedup by channel",
        "56",
        [
            lead("1", "2024-01-01 10:00"),
            lead("2", "2024-01-01 11:00", channel="b"),
            lead("3", "2024-01-01 12:00"),
        ],
        {"marks": {"1": FIRST, "2": MERGED, "3": DEDUPED}},
        {**BASE, "dedup": {"scope": "channel"}},
    ),
    Case(
        "the period is that of the series of the touching raw lead",
        "33, 56",
        [
            lead("1", "2024-01-01 10:00"),
            lead("2", "2024-01-20 10:00", series="X"),
            lead("3", "2024-01-30 10:00:00.001"),
        ],
        # 2 stores 01-20 + 10 d = 01-30 10:00.
        {"marks": {"1": FIRST, "2": MERGED, "3": FIRST}},
        {**BASE, "series": {"X": {"merge": 10}}},
    ),
    Case(
        "line before periods, series before line",
        "56",
        [
            lead("1", "2024-01-01 10:00", line="vip"),
            lead("2", "2024-01-07 10:00", line="vip"),
            lead("3", "2024-01-08 10:00", line="vip", series="X"),
            lead("4", "2024-01-17 10:00", line="vip"),
        ],
        # vip merges within 5 d: 2 is 6 d after 1. 3 merges and stores 01-08 + 10 d, so 4 is in time.
        {"marks": {"1": FIRST, "2": FIRST, "3": MERGED, "4": MERGED}},
        {**BASE, "lines": {"vip": {"merge": 5}}, "series": {"X": {"merge": 10}}},
    ),
    Case(
        "stores and lines are keys of their own, so is PENDING",
        "7, 13",
        [
            lead("1", "2024-01-01 10:00"),
            lead("2", "2024-01-01 11:00", "S2"),
            lead("3", "2024-01-01 12:00", line="vip"),
            lead("4", "2024-01-01 13:00", None),
            lead("5", "2024-01-02 10:00", None),
        ],
        {
            "marks": {"1": FIRST, "2": FIRST, "3": FIRST, "4": FIRST, "5": MERGED},
            "leads": [
                ("1", "1", "DISPATCHED", "", "S1"),
                ("2", "2", "DISPATCHED", "", "S2"),
                ("3", "3", "DISPATCHED", "", "S1"),
                ("4", "4 5", "PENDING", "", ""),
            ],
        },
    ),
    Case(
        "one record, three names, two stores",
        "13",
        [lead("1", "2024-01-01 10:00", "S1", stores=["S2", "S1"]), lead("2", "2024-01-02 10:00", "S2")],
        # Two parts, one split; received counts the record, accepted the parts.
        {
            "marks": {"1": FIRST, "1#2": FIRST, "2": MERGED},
            "splits": (1, 0),
            "received": (2, 0),
            "counts": {"a 2024-01-01": {FIRST: 2}, "a 2024-01-02": {MERGED: 1}},
        },
    ),
    Case(
        "a late raw lead joins two intentions",
        "2",
        [lead("1", "2024-01-01 10:00"), lead("3", "2024-03-02 10:00"), lead("2", "2024-03-01 09:00")],
        # 3 is 61 d after 1: it opened a second lead. 2 lies 60 d - 1 h after 1: MERGED, and 3 a day after 2: MERGED.
        # The first id survives, the second is FOLDED; the timer's closing of 1 counts as never made, nothing is sent.
        {
            "marks": {"1": FIRST, "2": MERGED, "3": MERGED},
            "leads": [("1", "1 2 3", "DISPATCHED", "", "S1")],
            "closings": [("1", "2024-03-01 10:00", "MERGE_EXPIRED"), ("3", "2024-03-02 10:00", "FOLDED")],
            "dispatches": [("1", "S1", "2024-01-01 10:00", 1), ("3", "S1", "2024-03-02 10:00", 1)],
        },
    ),
    Case(
        "a late raw lead splits an intention",
        "2",
        [lead("1", "2024-01-03 10:00"), lead("2", "2024-01-05 09:00"), lead("0", "2024-01-03 08:00")],
        # Max life 2 d: 2 was in time for 1 (01-05 10:00). 0 (49 h late) opens earlier: life ends 01-05 08:00, 1 is its
        # repeat of the day, 2 lies beyond: FIRST_TOUCH of a new lead, which stands and is dispatched at now = 09:00.
        {
            "marks": {"0": FIRST, "1": DEDUPED, "2": FIRST},
            "leads": [("0", "0 1", "CLOSED", "MAX_LIFE", "S1"), ("2", "2", "DISPATCHED", "", "S1")],
            "closings": [("0", "2024-01-05 09:00", "MAX_LIFE")],
            "dispatches": [("1", "S1", "2024-01-03 10:00", 1), ("2", "S1", "2024-01-05 09:00", 1)],
        },
        {**BASE, "periods": {"max_life": 2}},
    ),
    Case(
        "late, and expired when it arrives",
        "2",
        [lead("1", "2024-01-05 10:00"), lead("0", "2024-01-03 08:00")],
        # Merge 1 d: 0 expired 01-04 08:00: opened and closed at once, not dispatched; 1 stays as it was.
        {
            "marks": {"0": FIRST, "1": FIRST},
            "leads": [("0", "0", "CLOSED", "MERGE_EXPIRED", "S1"), ("1", "1", "DISPATCHED", "", "S1")],
            "closings": [("0", "2024-01-05 10:00", "MERGE_EXPIRED")],
            "dispatches": [("1", "S1", "2024-01-05 10:00", 1)],
        },
        {**BASE, "periods": {"merge": 1}},
    ),
    Case(
        "a late repeat of the same day changes who was first, not how many",
        "2, 30",
        [lead("1", "2024-01-05 15:00"), lead("2", "2024-01-05 09:00"), lead("3", "2024-01-05 12:00")],
        {"marks": {"1": DEDUPED, "2": FIRST, "3": DEDUPED}, "counts": {"a 2024-01-05": {FIRST: 1, DEDUPED: 2}}},
    ),
    Case(
        "one number, mobile and landline customers",
        "11, 39",
        [
            lead("1", "2024-01-01 10:00"),
            lead("2", "2024-01-02 10:00", phone="+86 138-1234-5678"),
            lead("3", "2024-01-02 11:00", phone="021-12345678"),
            lead("4", "2024-01-03 11:00", phone=PHONE, landline="021-12345678"),
        ],
        # 2 is the same mobile; 3 a customer known by a landline alone; 4 is the mobile's (the landline an attribute).
        {"marks": {"1": FIRST, "2": MERGED, "3": FIRST, "4": MERGED}},
    ),
    Case(
        "two sources are read as one",
        "4",
        [
            lead("1", "2024-01-01 10:00"),
            lead("3", "2024-01-03 10:00"),
            ("raw_leads2.jsonl", lead("2", "2024-01-02 10:00")[1]),
            ("raw_leads2.jsonl", lead("4", "2024-01-04 10:00", phone=OTHER)[1]),
        ],
        # Order 1, 2, 3, 4: nothing is late, no correction, so the dispatch carries 1.
        {"marks": {"1": FIRST, "2": MERGED, "3": MERGED, "4": FIRST}, "clock": "2024-01-04 10:00"},
    ),
]
