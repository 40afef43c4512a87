"""Worked examples: repeats, enrichments and store answers (rulings 7, 11, 13, 14, 53, 57)."""

from typing import Any

from oracle_case import BASE, CHANNELS, OTHER, RAW_LEADS, Case, act, clock, lead

FIRST, DEDUPED, MERGED, DEAL = "FIRST_TOUCH", "DEDUPED", "MERGED", "DEAL_MERGED"
KNOWN: dict[str, Any] = {**BASE, "stores": {"S1": {}, "S2": {}, "S9": {}}}


def pending(at: str, source_lead_id: str = "p", **fields: Any) -> tuple[str, dict[str, Any]]:
    return lead(source_lead_id, at, None, **fields)


CASES = [
    Case(
        "an exact repeat, whatever its ingest time; null and '' are not given",
        "11",
        [
            lead("1", "2024-01-01 10:00", name="王"),
            lead("1", "2024-01-01 10:00", ingest_time="2024-01-01T10:05:00+08:00"),
            lead("1", "2024-01-01 10:00", name="", city=None),
        ],
        {"marks": {"1": FIRST}, "replays": {2: "", 3: ""}, "received": (3, 0)},
    ),
    Case(
        "an enrichment overwrites; one with an older source time only fills gaps",
        "11",
        [
            lead("1", "2024-01-01 10:00", name="A", source_time="2024-01-01T10:01:00+08:00"),
            lead("1", "2024-01-01 10:00", name="B", source_time="2024-01-01T10:02:00+08:00"),
            lead("1", "2024-01-01 10:00", name="C", city="X", source_time="2024-01-01T10:01:30+08:00"),
            lead("1", "2024-01-01 10:00", name="B", city="X"),
        ],
        # 3 is older than 2: its name differs and stays out, its city fills a gap; 4 repeats what is in force.
        {"replays": {2: "name", 3: "city name", 4: ""}},
    ),
    Case(
        "what never changes is listed and ignored",
        "11",
        [
            lead("1", "2024-01-01 10:00"),
            lead("1", "2024-01-01 11:00", landline="021-12345678"),
            lead("1", "2024-01-01 10:00"),
        ],
        {"marks": {"1": FIRST}, "replays": {2: "event_time landline", 3: ""}, "clock": "2024-01-01 11:00"},
    ),
    Case(
        "a source key is remembered for seven days of the clock, inclusive",
        "11",
        [
            lead("1", "2024-01-01 10:00"),
            clock("2024-01-08 10:00"),
            lead("1", "2024-01-01 10:00"),
            clock("2024-01-08 10:00:00.001"),
            lead("1", "2024-01-01 10:00"),
        ],
        {"marks": {"1": FIRST}, "replays": {3: ""}, "late": [5]},
    ),
    Case(
        "a source key with another customer's number is a new raw lead",
        "11",
        [lead("1", "2024-01-01 10:00"), lead("1", "2024-01-01 10:00", phone=OTHER)],
        {"marks": {"1@5678": FIRST, "1@4321": FIRST}, "replays": {}},
    ),
    Case(
        "a late lead is not remembered",
        "11",
        [
            clock("2024-01-10 10:00"),
            lead("1", "2024-01-01 10:00"),
            lead("1", "2024-01-09 10:00"),
        ],
        {"marks": {"1": FIRST}, "late": [2], "replays": {}},
    ),
    Case(
        "a pending lead moves to a store where nothing stands",
        "7, 53",
        [
            pending("2024-01-01 10:00"),
            pending("2024-01-01 11:00", "q"),
            clock("2024-01-02 12:00"),
            lead("p", "2024-01-01 10:00"),
            lead("2", "2024-01-03 10:00"),
        ],
        # At T = 01-02 12:00 both go with their marks and days; dispatched then; 2 is an ordinary MERGED one.
        {
            "marks": {"p": FIRST, "q": DEDUPED, "2": MERGED},
            "leads": [("p", "2 p q", "DISPATCHED", "", "S1")],
            "holds": [("p", "2024-01-01 10:00", "STORE_MISSING", "")],
            "dispatches": [("p", "S1", "2024-01-02 12:00", 1)],
            "closings": [],
            "replays": {4: "store"},
        },
    ),
    Case(
        "a pending lead folds into the open one",
        "7",
        [
            lead("1", "2024-01-01 10:00"),
            pending("2024-01-01 15:00"),
            pending("2024-01-02 10:00", "q"),
            pending("2024-01-02 11:00", "r"),
            lead("p", "2024-01-01 15:00"),
        ],
        # p: S1's lead holds 01-01: DEDUPED. q: MERGED. r was DEDUPED and stays.
        {
            "marks": {"1": FIRST, "p": DEDUPED, "q": MERGED, "r": DEDUPED},
            "leads": [("1", "1 p q r", "DISPATCHED", "", "S1")],
            "closings": [("p", "2024-01-02 11:00", "FOLDED")],
            "dispatches": [("1", "S1", "2024-01-01 10:00", 1)],
        },
    ),
    Case(
        "what was folded in moves the expiry and holds its day",
        "53",
        [
            lead("1", "2024-01-01 10:00"),
            pending("2024-02-10 10:00"),
            lead("p", "2024-02-10 10:00"),
            lead("2", "2024-02-10 15:00"),
            lead("3", "2024-04-10 10:00"),
        ],
        # 02-10 + 60 d = 04-10 (19 to 02-29, 31, 10). 2 repeats p on its day.
        {"marks": {"1": FIRST, "p": MERGED, "2": DEDUPED, "3": MERGED}},
    ),
    Case(
        "the store's latest lead is won",
        "7",
        [
            lead("1", "2024-01-01 10:00"),
            act("p", "PAID", "2024-01-02 10:00"),
            pending("2024-01-03 10:00"),
            lead("p", "2024-01-03 10:00"),
        ],
        {
            "marks": {"1": FIRST, "p": DEAL},
            "leads": [("1", "1 p", "WON", "WON", "S1")],
            "dispatches": [("1", "S1", "2024-01-01 10:00", 1)],
        },
    ),
    Case(
        "the store's latest lead is lost: it reopens",
        "7, 53",
        [
            lead("1", "2024-01-01 10:00"),
            pending("2024-01-01 15:00"),
            act("l", "LOST", "2024-01-02 10:00"),
            pending("2024-01-03 10:00", "q"),
            lead("p", "2024-01-01 15:00"),
        ],
        # p: the survivor holds 01-01: DEDUPED; q: MERGED.
        {
            "marks": {"1": FIRST, "p": DEDUPED, "q": MERGED},
            "leads": [("1", "1 p q", "DISPATCHED", "", "S1")],
            "dispatches": [("1", "S1", "2024-01-01 10:00", 1), ("1", "S1", "2024-01-03 10:00", 2)],
            "closings": [("1", "2024-01-02 10:00", "LOST"), ("p", "2024-01-03 10:00", "FOLDED")],
        },
    ),
    Case(
        "an answer that reopens counts as a touch",
        "53",
        [
            lead("1", "2024-01-01 10:00"),
            pending("2024-01-01 15:00"),
            act("l", "LOST", "2024-01-02 10:00"),
            clock("2024-01-08 10:00"),
            lead("p", "2024-01-01 15:00"),
            lead("2", "2024-03-08 10:00"),
        ],
        # T = 01-08 10:00, + 60 d = 03-08 (23 to 01-31, 29, 8), though the only raw lead brought is DEDUPED.
        {"marks": {"1": FIRST, "p": DEDUPED, "2": MERGED}},
    ),
    Case(
        "the store's lead has expired: the pending one moves",
        "7",
        [
            lead("1", "2024-01-01 10:00"),
            pending("2024-02-26 10:00"),
            clock("2024-03-02 10:00"),
            lead("p", "2024-02-26 10:00"),
        ],
        {
            "marks": {"1": FIRST, "p": FIRST},
            "leads": [("1", "1", "CLOSED", "MERGE_EXPIRED", "S1"), ("p", "p", "DISPATCHED", "", "S1")],
        },
    ),
    Case(
        "late beside a moved lead",
        "53, 57",
        [
            pending("2024-01-01 10:00"),
            clock("2024-01-03 12:00"),
            lead("p", "2024-01-01 10:00"),
            lead("0", "2024-01-02 10:00"),
            lead("2", "2024-01-04 10:00"),
        ],
        # p moved at T = 01-03 12:00. 0 lies before T: it finds nothing at S1, opens, and is closed at T beside p: not
        # dispatched. 2 meets p.
        {
            "marks": {"p": FIRST, "0": FIRST, "2": MERGED},
            "leads": [("0", "0", "CLOSED", "MERGE_EXPIRED", "S1"), ("p", "2 p", "DISPATCHED", "", "S1")],
            "dispatches": [("p", "S1", "2024-01-03 12:00", 1)],
            "closings": [("0", "2024-01-03 12:00", "MERGE_EXPIRED")],
        },
    ),
    Case(
        "a raw lead at exactly T comes before the answer",
        "57",
        [
            pending("2024-01-01 10:00"),
            clock("2024-01-03 12:00"),
            lead("p", "2024-01-01 10:00"),
            lead("2", "2024-01-03 12:00"),
        ],
        {
            "marks": {"p": FIRST, "2": FIRST},
            "leads": [("2", "2", "CLOSED", "MERGE_EXPIRED", "S1"), ("p", "p", "DISPATCHED", "", "S1")],
        },
    ),
    Case(
        "an activity from before T goes to the moved lead where there is no other",
        "57",
        [
            pending("2024-01-01 10:00"),
            clock("2024-01-03 12:00"),
            lead("p", "2024-01-01 10:00"),
            act("l", "LOST", "2024-01-02 10:00"),
            lead("2", "2024-03-02 10:00"),
            lead("3", "2024-03-02 10:00:00.001", phone=OTHER),
        ],
        # Effect at T, its time 01-02 10:00: reopened up to 03-02 10:00, which 2 just meets.
        {
            "marks": {"p": FIRST, "2": MERGED, "3": FIRST},
            "closings": [("p", "2024-01-03 12:00", "LOST")],
            "dispatches": [
                ("3", "S1", "2024-03-02 10:00:00.001", 1),
                ("p", "S1", "2024-01-03 12:00", 1),
                ("p", "S1", "2024-03-02 10:00", 2),
            ],
        },
    ),
    Case(
        "a raw lead without store that comes late after the move starts anew",
        "7, 53",
        [
            pending("2024-01-02 10:00"),
            lead("p", "2024-01-02 10:00"),
            pending("2024-01-02 09:00", "q"),
        ],
        {
            "marks": {"p": FIRST, "q": FIRST},
            "leads": [("p", "p", "DISPATCHED", "", "S1"), ("q", "q", "PENDING", "", "")],
        },
    ),
    Case(
        "a closed pending lead is answered by nothing",
        "53",
        [
            pending("2024-01-01 10:00"),
            act("l", "LOST", "2024-01-02 10:00", None),
            lead("p", "2024-01-01 10:00"),
            pending("2024-01-01 10:00", stores=["S1", "S2"]),
        ],
        # 3 is ignored and listed. 4 names two: the first is ignored, the further one is a part of its own.
        {
            "marks": {"p": FIRST, "p#2": FIRST},
            "leads": [("p", "p", "LOST", "LOST", ""), ("p#2", "p#2", "DISPATCHED", "", "S2")],
            "replays": {3: "store", 4: "store"},
            "splits": (1, 0),
        },
    ),
    Case(
        "another store for a lead that has one is ignored, an added one is a new part",
        "11",
        [
            lead("1", "2024-01-01 10:00"),
            lead("1", "2024-01-01 10:00", "S2"),
            clock("2024-01-03 12:00"),
            lead("1", "2024-01-01 10:00", "S1", stores=["S1", "S3"]),
            lead("1", "2024-01-01 10:00", "S3"),
        ],
        # The part at S3 has the clock as event time, and counts there. 5 names a store in force: an exact repeat.
        {
            "marks": {"1": FIRST, "1#2": FIRST},
            "replays": {2: "store", 4: "store", 5: ""},
            "splits": (1, 0),
            "counts": {"a 2024-01-01": {FIRST: 1}, "a 2024-01-03": {FIRST: 2}},
            "dispatches": [("1", "S1", "2024-01-01 10:00", 1), ("1#2", "S3", "2024-01-03 12:00", 1)],
        },
    ),
    Case(
        "an unknown store waits until an answer",
        "14, 53",
        [
            lead("1", "2024-01-01 10:00", "X1"),
            lead("2", "2024-01-02 10:00", "X1"),
            lead("1", "2024-01-01 10:00", "S1"),
        ],
        {
            "marks": {"1": FIRST, "2": MERGED},
            "leads": [("1", "1 2", "DISPATCHED", "", "S1")],
            "holds": [("1", "2024-01-01 10:00", "STORE_UNKNOWN", "")],
            "dispatches": [("1", "S1", "2024-01-02 10:00", 1)],
        },
        KNOWN,
    ),
    Case(
        "a payload that still names the waiting code adds",
        "57",
        [lead("1", "2024-01-01 10:00", "X1"), lead("1", "2024-01-01 10:00", "X1", stores=["S1"])],
        {
            "marks": {"1": FIRST, "1#2": FIRST},
            "leads": [("1", "1", "HELD", "", "X1"), ("1#2", "1#2", "DISPATCHED", "", "S1")],
            "splits": (1, 0),
        },
        KNOWN,
    ),
    Case(
        "an answer and an addition in one payload",
        "57",
        [pending("2024-01-01 10:00"), pending("2024-01-01 10:00", stores=["S1", "S2"])],
        {
            "marks": {"p": FIRST, "p#2": FIRST},
            "leads": [("p", "p", "DISPATCHED", "", "S1"), ("p#2", "p#2", "DISPATCHED", "", "S2")],
            "splits": (1, 0),
        },
        KNOWN,
    ),
    Case(
        "from PENDING to an unknown code to a store",
        "53",
        [
            pending("2024-01-01 10:00"),
            lead("p", "2024-01-01 10:00", "X1"),
            clock("2024-01-02 10:00"),
            lead("p", "2024-01-01 10:00", "S1"),
        ],
        {
            "leads": [("p", "p", "DISPATCHED", "", "S1")],
            "holds": [
                ("p", "2024-01-01 10:00", "STORE_MISSING", ""),
                ("p", "2024-01-01 10:00", "STORE_UNKNOWN", ""),
            ],
            "dispatches": [("p", "S1", "2024-01-02 10:00", 1)],
        },
        KNOWN,
    ),
    Case(
        "a store that does not sell the line",
        "14",
        [lead("1", "2024-01-01 10:00", line="vip"), lead("2", "2024-01-01 10:00")],
        {
            "leads": [("1", "1", "HELD", "", "S1"), ("2", "2", "DISPATCHED", "", "S1")],
            "holds": [("1", "2024-01-01 10:00", "STORE_UNKNOWN", "")],
        },
        {**BASE, "stores": {"S1": {"lines": ["main"]}}, "lines": {"main": {}, "vip": {}}},
    ),
    Case(
        "a late raw lead before T changes what the answer met",
        "53",
        [
            pending("2024-01-04 10:00"),
            lead("2", "2024-01-05 10:00"),
            lead("p", "2024-01-04 10:00"),
            lead("1", "2024-01-04 09:00"),
        ],
        # At T = 01-05 10:00 p (01-04) folds into 2 as MERGED. 1 opens a day earlier: the survivor now holds 01-04 when
        # the answer is repeated, p becomes DEDUPED, 2 MERGED.
        {
            "marks": {"1": FIRST, "2": MERGED, "p": DEDUPED},
            "leads": [("1", "1 2 p", "DISPATCHED", "", "S1")],
            "dispatches": [("2", "S1", "2024-01-05 10:00", 1)],
        },
    ),
    Case(
        "shadow leads are answered in their own realm",
        "8, 11",
        [
            pending("2024-01-01 10:00", channel="t"),
            lead("p", "2024-01-01 10:00", channel="t"),
            (RAW_LEADS, {"type": "raw_lead", "channel": "t"}),
        ],
        {
            "marks": {"~p": FIRST},
            "holds": [("~p", "2024-01-01 10:00", "SHADOW", ""), ("~p", "2024-01-01 10:00", "STORE_MISSING", "")],
            "received": (0, 3),
        },
        {"channels": {**CHANNELS, "t": {"status": "TESTING", "consent": True}}},
    ),
]
