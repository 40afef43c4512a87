"""Worked examples of ruling 83: what passes over a lead, answers, further store names, turns, SHADOW, row 2."""

from typing import Any

from oracle_case import BASE, CHANNELS, OTHER, Case, act, clock, lead

FIRST, DEDUPED, MERGED, DEAL = "FIRST_TOUCH", "DEDUPED", "MERGED", "DEAL_MERGED"


def timeless(source: str, source_lead_id: str, store: str, **fields: Any) -> tuple[str, dict[str, Any]]:
    record = lead(source_lead_id, "2024-01-01 10:00", store, **fields)[1]
    return source, {name: value for name, value in record.items() if name != "event_time"}


KNOWN: dict[str, Any] = {**BASE, "stores": {"S1": {}, "S2": {}, "S3": {}, "S9": {}}}
SERIES: dict[str, Any] = {
    **BASE,
    "series": {"brief": {"merge": 2, "deal_merge": 2, "max_life": 3}, "life": {"max_life": 3}},
}
TESTING: dict[str, Any] = {**KNOWN, "channels": {**CHANNELS, "t": {"status": "TESTING", "consent": True}}}
SHORT: dict[str, Any] = {**BASE, "periods": {"merge": 5, "deal_merge": 9, "max_life": 12}}

CASES = [
    Case(
        "a day that an answer brings from before a closing holds back nothing after it",
        "83, 12",
        [
            lead("s", "2024-01-01 10:00"),
            lead("p", "2024-01-01 11:00", None),
            act("l", "LOST", "2024-01-01 12:00"),
            clock("2024-01-01 13:00"),
            lead("p", "2024-01-01 11:00"),
            lead("r", "2024-01-01 14:00"),
            lead("r2", "2024-01-01 15:00"),
        ],
        # The answer at 13:00 reopens s; r is the first of the day after the closing.
        {
            "marks": {"s": FIRST, "p": DEDUPED, "r": MERGED, "r2": DEDUPED},
            "leads": [("s", "p r r2 s", "DISPATCHED", "", "S1")],
        },
    ),
    Case(
        "an activity at the instant of an answer comes after it, whichever arrived first",
        "83, 53",
        [
            lead("s", "2024-01-01 10:00"),
            lead("p", "2024-01-02 10:00", None),
            act("l", "LOST", "2024-01-02 12:00"),
            lead("p", "2024-01-02 10:00"),
        ],
        # The answer finds s still open at 12:00: p is merged, then LOST closes. Otherwise s would be reopened.
        {"marks": {"s": FIRST, "p": MERGED}, "leads": [("s", "p s", "LOST", "LOST", "S1")]},
    ),
    Case(
        "an activity passes over a younger lead as if it were deleted",
        "83, 26",
        [
            lead("1", "2024-01-01 10:00", series="life"),
            act("f", "PAID", "2024-01-01 12:00"),
            act("r", "REFUND", "2024-01-03 12:00"),
            # Beyond the expiry that it would get (ruling 83): a new lead, of two days' periods.
            lead("2", "2024-01-04 12:00", series="brief"),
            act("v", "CALL", "2024-01-08 12:00"),
            act("w", "LOST", "2024-01-08 12:00:00.001"),
            act("p", "PAID", "2024-01-09 12:00"),
            act("q", "REFUND", "2024-01-10 12:00"),
        ],
        # 2 expired on the 6th at 12:00: it is there until the 8th at 12:00. Then the PAID goes to 1 (60 and 180 days).
        {
            "marks": {"1": FIRST, "2": FIRST},
            "leads": [("1", "1", "LOST", "LOST", "S1"), ("2", "2", "CLOSED", "MERGE_EXPIRED", "S1")],
            "rejects": {},
            "closings": [
                ("1", "2024-01-01 12:00", "WON"),
                ("1", "2024-01-03 12:00", "LOST"),
                ("1", "2024-01-09 12:00", "WON"),
                ("1", "2024-01-10 12:00", "LOST"),
                ("2", "2024-01-06 12:00", "MERGE_EXPIRED"),
            ],
        },
        SERIES,
    ),
    Case(
        "where all are passed over the next lead takes it within ten minutes",
        "83, 26",
        [
            lead("1", "2024-01-01 10:00"),
            clock("2024-01-15 10:20"),
            lead("2", "2024-01-15 10:15"),
            act("a", "LOST", "2024-01-15 10:04"),
            act("b", "CALL", "2024-01-15 10:05"),
            act("c", "LOST", "2024-01-15 10:05"),
        ],
        # 1 expired on the 6th at 10:00 and is there until the 15th at 10:00; 2 opens 11 and 10 minutes later.
        {
            "leads": [("1", "1", "CLOSED", "MERGE_EXPIRED", "S1"), ("2", "2", "LOST", "LOST", "S1")],
            "rejects": {4: "NO_LEAD"},
        },
        SHORT,
    ),
    Case(
        "without store too a lead beyond its time is passed over",
        "83, 26",
        [
            lead("1", "2024-01-01 10:00", series="long"),
            act("l", "LOST", "2024-01-02 10:00"),
            lead("2", "2024-01-03 10:00", "S2", series="brief"),
            act("m", "LOST", "2024-01-03 12:00", "S2"),
            act("p", "PAID", "2024-01-05 12:00:00.001", None),
            act("q", "PAID", "2024-07-15 12:00", None),
        ],
        # 2 is there until the 5th at 12:00; 1 of 180 days takes p. q is beyond 180 days after p.
        {
            "leads": [("1", "1", "WON", "WON", "S1"), ("2", "2", "LOST", "LOST", "S2")],
            "rejects": {6: "NO_LEAD"},
        },
        SERIES,
    ),
    Case(
        "an activity older than the lateness passes over a lead too",
        "83, 46",
        [
            lead("1", "2024-01-01 10:00"),
            act("l", "LOST", "2024-01-01 12:00"),
            lead("2", "2024-06-01 10:00", series="brief"),
            clock("2024-06-08 10:00:00.002"),
            act("p", "PAID", "2024-06-05 10:00:00.001"),
            act("q", "PAID", "2024-06-05 10:00"),
        ],
        # 2 expired on the 3rd at 10:00 and is there until the 5th at 10:00; 1 of 180 days until June 29.
        {
            "leads": [("1", "1", "WON", "WON", "S1"), ("2", "2", "WON", "WON", "S1")],
            "rejects": {},
            "closings": [
                ("1", "2024-01-01 12:00", "LOST"),
                ("1", "2024-06-08 10:00:00.002", "WON"),
                ("2", "2024-06-03 10:00", "MERGE_EXPIRED"),
                ("2", "2024-06-08 10:00:00.002", "WON"),
            ],
        },
        SERIES,
    ),
    Case(
        "an old REFUND: whether the lead is won is judged where it stands",
        "83, 19",
        [
            lead("1", "2024-01-01 10:00"),
            act("p", "PAID", "2024-01-03 10:00"),
            clock("2024-01-10 10:00"),
            act("r", "REFUND", "2024-01-02 10:00"),
        ],
        {"leads": [("1", "1", "LOST", "LOST", "S1")], "rejects": {}},
    ),
    Case(
        "scope channel: the day of a channel, after a closing and in an answer too",
        "83, 12, 53",
        [
            lead("1", "2024-01-01 10:00"),
            lead("2", "2024-01-01 10:30", channel="b"),
            lead("p", "2024-01-01 11:00", None),
            lead("q", "2024-01-01 11:30", None, channel="b"),
            act("l", "LOST", "2024-01-01 12:00"),
            lead("3", "2024-01-01 13:00", channel="b"),
            lead("4", "2024-01-01 14:00"),
            lead("p", "2024-01-01 11:00"),
        ],
        # 3 and 4 are each the first of their channel after the closing. Both pending ones come with the answer.
        {
            "marks": {"1": FIRST, "2": MERGED, "p": DEDUPED, "q": DEDUPED, "3": MERGED, "4": MERGED},
            "leads": [("1", "1 2 3 4 p q", "DISPATCHED", "", "S1")],
        },
        {**BASE, "dedup": {"scope": "channel"}},
    ),
    Case(
        "without event time its turn among feeds is its ingest time; without both it comes first",
        "83, 20",
        [
            lead("1", "2024-01-01 10:00"),
            lead("2", "2024-01-01 12:00"),
            ("raw_leads_b.jsonl", lead("3", "2024-01-01 10:30")[1]),
            timeless("raw_leads_b.jsonl", "4", "S2", ingest_time="2024-01-01T11:00:00+08:00"),
            ("raw_leads_c.jsonl", lead("5", "2024-01-01 10:20")[1]),
            timeless("raw_leads_c.jsonl", "6", "S3"),
        ],
        # 6 follows 5 at once: the clock is 10:20. 4 comes at 11:00, before 2: the clock is 10:30.
        {
            "dispatches": [
                ("1", "S1", "2024-01-01 10:00", 1),
                ("4", "S2", "2024-01-01 10:30", 1),
                ("6", "S3", "2024-01-01 10:20", 1),
            ]
        },
    ),
    Case(
        "a repeat that names a store in force: every further name is added, one that waits goes on waiting",
        "83, 11",
        [
            lead("1", "2024-01-01 10:00", None, stores=["S1", "X1"]),
            lead("1", "2024-01-01 10:00", None, stores=["S1", "S2", "S3"]),
        ],
        {
            "leads": [
                ("1", "1", "DISPATCHED", "", "S1"),
                ("1#2", "1#2", "HELD", "", "X1"),
                ("1#3", "1#3", "DISPATCHED", "", "S2"),
                ("1#4", "1#4", "DISPATCHED", "", "S3"),
            ],
            "replays": {2: "store"},
            "splits": (3, 0),
        },
        KNOWN,
    ),
    Case(
        "a repeat that names no store in force answers one waiting part, further names are added",
        "83, 11",
        [
            lead("1", "2024-01-01 10:00", None, stores=["S1", "X1", "X2"]),
            lead("1", "2024-01-01 10:00", None, stores=["S2", "S3"]),
        ],
        {
            "leads": [
                ("1", "1", "DISPATCHED", "", "S1"),
                ("1#2", "1#2", "DISPATCHED", "", "S2"),
                ("1#3", "1#3", "HELD", "", "X2"),
                ("1#4", "1#4", "DISPATCHED", "", "S3"),
            ],
            "splits": (3, 0),
        },
        KNOWN,
    ),
    Case(
        "where nothing waits the first of several names is ignored, the further ones are added",
        "83, 11",
        [lead("1", "2024-01-01 10:00"), lead("1", "2024-01-01 10:00", None, stores=["S2", "S3"])],
        {
            "leads": [("1", "1", "DISPATCHED", "", "S1"), ("1#2", "1#2", "DISPATCHED", "", "S3")],
            "replays": {2: "store"},
        },
        KNOWN,
    ),
    Case(
        "an enrichment that brings consent alone is judged at once",
        "83, 38",
        [
            lead("1", "2024-01-01 10:00", channel="n"),
            clock("2024-01-01 11:00"),
            lead("1", "2024-01-01 10:00", channel="n", consent=True),
        ],
        {"dispatches": [("1", "S1", "2024-01-01 11:00", 1)], "replays": {3: "consent"}},
        {**BASE, "channels": {**CHANNELS, "n": {}}},
    ),
    Case(
        "SHADOW stands until the lead closes or reopens, whatever else comes to hold",
        "83, 8",
        [
            lead("1", "2024-01-01 10:00", channel="t"),
            lead("2", "2024-01-02 10:00", channel="t", consent=False),
            lead("3", "2024-01-03 10:00", channel="t"),
            clock("2024-03-04 10:00"),
        ],
        {
            "marks": {"~1": FIRST, "~2": MERGED, "~3": MERGED},
            "holds": [("~1", "2024-01-01 10:00", "SHADOW", "")],
            "leads": [("~1", "~1 ~2 ~3", "CLOSED", "MERGE_EXPIRED", "S1")],
        },
        {**TESTING, "periods": {"merge": 60}},
    ),
    Case(
        "row 2: within the stored expiry, beyond the one that it would get",
        "83, 54",
        [
            lead("1", "2024-01-01 10:00"),
            lead("2", "2024-01-04 10:00", series="life"),
            lead("3", "2024-01-07 10:00:00.001", series="life"),
            clock("2024-01-09 10:00"),
        ],
        # 2 at exactly three days of life is merged and sets the expiry; 3 opens a new lead after that.
        {
            "marks": {"1": FIRST, "2": MERGED, "3": FIRST},
            "closings": [("1", "2024-01-04 10:00", "MAX_LIFE")],
        },
        SERIES,
    ),
    Case(
        "row 2: a lead that stands open is closed where the new one would not keep it",
        "83, 1",
        [
            lead("1", "2024-01-01 10:00"),
            lead("2", "2024-01-05 10:00", series="life"),
            lead("3", "2024-01-05 10:00", phone=OTHER),
        ],
        {
            "marks": {"1": FIRST, "2": FIRST, "3": FIRST},
            "closings": [("1", "2024-01-05 10:00", "MERGE_EXPIRED")],
            "leads": [
                ("1", "1", "CLOSED", "MERGE_EXPIRED", "S1"),
                ("2", "2", "DISPATCHED", "", "S1"),
                ("3", "3", "DISPATCHED", "", "S1"),
            ],
        },
        SERIES,
    ),
    Case(
        "row 2: such a lead is closed at the time of the new one, and its bounds run from there",
        "83, 19",
        [
            lead("1", "2024-01-01 10:00"),
            lead("2", "2024-01-05 10:00", series="tiny"),
            act("a", "CALL", "2024-01-10 10:00"),
            act("p", "PAID", "2024-01-10 10:00:00.001"),
            act("b", "CALL", "2024-01-25 10:00"),
            act("c", "CALL", "2024-01-25 10:00:00.001"),
        ],
        # 2 expired on the 6th and is passed over from the 7th on. 1: deal-merge 5, merge 20 days from the 5th.
        {"marks": {"1": FIRST, "2": FIRST}, "rejects": {4: "NO_LEAD", 6: "NO_LEAD"}},
        {
            **BASE,
            "periods": {"merge": 20, "deal_merge": 5},
            "series": {"tiny": {"merge": 1, "deal_merge": 1, "max_life": 3}},
        },
    ),
    *(
        Case(
            f"a deletion lets no older lead be the latest: a raw lead on the {day}th{' after a REFUND' if refund else ''}",
            "46, domain 7",
            [
                lead("1", "2024-01-01 10:00"),
                lead("2", "2024-01-07 10:00", series="tiny"),
                act("p", "PAID", "2024-01-13 10:00"),
                *([act("r", "REFUND", f"2024-01-{day} 09:00")] if refund else []),
                lead("3", f"2024-01-{day} 10:00"),
            ],
            # 2 expired on the 9th, was passed over from the 12th and deleted on the 16th; the deal of 1 lasts until the 22nd.
            {
                "marks": {"1": FIRST, "2": FIRST, "3": FIRST},
                "leads": [
                    ("1", "1", *(("LOST", "LOST") if refund else ("WON", "WON")), "S1"),
                    ("2", "2", "CLOSED", "MERGE_EXPIRED", "S1"),
                    ("3", "3", "DISPATCHED", "", "S1"),
                ],
            },
            {**SHORT, "series": {"tiny": {"merge": 2, "deal_merge": 3}}},
        )
        for day, refund in ((14, False), (20, False), (20, True))
    ),
]
