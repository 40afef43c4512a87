"""Worked examples of fields that decide nothing, believable times and the clock (rulings 76, 78, 81)."""

from __future__ import annotations

from oracle_case import CHANNELS, RAW_LEADS, Case, act, lead
from oracle_cases_incoming import TODAY, raw

EPOCH = lead("E0", "1970-01-01T00:00:00Z", phone="13900000001")
FOUR = [lead(f"E{n}", f"2026-03-02 10:00:0{n}", phone=f"1391234567{n}") for n in range(1, 5)]
ALL_FIRST = {f"E{n}": "FIRST_TOUCH" for n in range(1, 5)}

FIELDS = [
    Case(
        "a field that decides nothing costs no lead",
        "78",
        [
            raw("T0", 0, '"phone": "13912345600"'),
            raw("T1", 1, '"phone": "13912345601", "gender": 1'),
            raw("T2", 2, '"phone": "13912345602", "series": 4521'),
            raw("T3", 3, '"phone": "13912345603", "model": 33012'),
            raw("T4", 4, '"phone": "13912345604", "city": 310100'),
            raw("T5", 5, '"phone": "13912345605", "store": 101.0'),
            raw("T6", 6, '"phone": "13912345606", "stores": "S1"'),
            raw("T7", 7, '"phone": "13912345607", "consent": 1'),
            raw("T8", 8, '"phone": "13912345608", "intent": {"days_to_buy": "7"}'),
            raw("T9", 9, '"phone": "13912345609", "intent": {"level": "high"}'),
            raw("Ta", 10, '"phone": "13912345610", "stores": [' + ", ".join(['"S1"'] * 65) + "]"),
            raw("Tb", 11, '"phone": "13912345611", "source_time": "2026-03-02 10:15:00"'),
            raw("Tc", 12, '"phone": "13912345612", "extra": []'),
        ],
        {
            "marks": {f"T{n}": "FIRST_TOUCH" for n in "0123456789abc"},
            "rejects": {},
            "splits": (0, 0),
            "flags": {"Tb": "FIELD_DROPPED", "Tc": "FIELD_DROPPED"},
            "dropped": {"a source_time": 1, "a extra": 1},
        },
        {**TODAY, "stores": {"S1": {}, "101": {}}},
    ),
    Case(
        "a number as text is its decimal text",
        "45, 78",
        [
            lead("101", "2026-03-02 10:00", "7"),
            raw("x", 0, '"source_lead_id": 101.0, "phone": "13812345678", "store": 7.0'),
            raw("x", 0, '"source_lead_id": 1.01E2, "phone": "13812345678", "store": null, "stores": 7'),
            lead("1.5", "2026-03-02 10:00", "7", phone="13912345678"),
            raw("x", 0, '"source_lead_id": 1.50, "phone": "13912345678", "store": "7"'),
        ],
        {"replays": {2: "", 3: "", 5: ""}, "marks": {"101": "FIRST_TOUCH", "1.5": "FIRST_TOUCH"}},
        TODAY,
    ),
    Case(
        "what may not be dropped",
        "78",
        [
            raw("a", 0, '"phone": "13912345600", "origin": "nowhere"'),
            raw("b", 1, '"phone": "13912345601", "account": []'),
            raw("c", 2, '"phone": "13912345602", "stores": {"S1": 1}'),
            raw("d", 3, '"phone": "13912345603", "line": false'),
            raw("e", 4, '"phone": true'),
            raw("f", 5, '"phone": "13912345605", "type": 7'),
            raw("g", 6, '"phone": "13912345606", "type": "Raw_Lead", "origin": "Market", "gender": []'),
            raw("h", 7, '"phone": "13912345607", "type": "activity", "activity_id": {}, "kind": "call"'),
            raw("i", 8, '"phone": "13912345608", "type": "activity", "activity_id": 5, "kind": "CALL", "advisor": []'),
        ],
        {
            "reject_fields": {
                1: "origin:BAD_FIELD",
                2: "account:BAD_FIELD",
                3: "stores:BAD_FIELD",
                4: "line:BAD_FIELD",
                5: "phone:BAD_FIELD",
                6: "type:UNKNOWN_TYPE",
                8: "activity_id:BAD_FIELD",
                9: "advisor:BAD_FIELD",
            },
            "marks": {"g": "FIRST_TOUCH"},
            "flags": {"g": "FIELD_DROPPED"},
            "dropped": {"a gender": 1},
        },
        TODAY,
    ),
    Case(
        "an unreadable consent is false",
        "78",
        [
            raw("a", 0, '"phone": "13912345600", "consent": "perhaps"'),
            raw("b", 1, '"phone": "13912345601", "consent": "否"'),
            raw("c", 2, '"phone": "13912345602", "consent": "Yes"'),
            raw("d", 3, '"phone": "13912345603", "consent": " "'),
            raw("e", 4, '"phone": "13912345604", "consent": "0"'),
        ],
        {
            "dispatches": [("c", "S1", "2026-03-02 10:00:02", 1), ("d", "S1", "2026-03-02 10:00:03", 1)],
            "holds": [
                (name, f"2026-03-02 10:00{at}", "CONSENT", "")
                for name, at in zip("abe", ("", ":01", ":04"), strict=True)
            ],
            "flags": {"a": "FIELD_DROPPED"},
        },
        TODAY,
    ),
    Case(
        "test in any form is the shadow realm, unreadable it is none",
        "78",
        [
            raw("a", 0, '"phone": "13912345600", "test": "是"'),
            raw("b", 1, '"phone": "13912345601", "test": 1'),
            raw("c", 2, '"phone": "13912345602", "test": "n"'),
            raw("d", 3, '"phone": "13912345603", "test": "maybe"'),
        ],
        {
            "marks": {"~a": "FIRST_TOUCH", "~b": "FIRST_TOUCH", "c": "FIRST_TOUCH", "d": "FIRST_TOUCH"},
            "received": (2, 2),
            "flags": {"d": "FIELD_DROPPED"},
        },
        TODAY,
    ),
    Case(
        "an unreadable connected is false, a duration may stand in quotes",
        "78",
        [
            lead("a", "2026-03-02 10:00"),
            act("v1", "call", "2026-03-02 11:00", connected="perhaps"),
            act("v2", "Call", "2026-03-02 12:00", connected="no"),
            act("v3", "CALL", "2026-03-02 13:00", duration_s="4"),
            lead("clock x", "2026-05-01 10:00:01", "S9", phone="13987654321"),
        ],
        # None of them is an effective follow-up: the lead expires 60 days after its first touch.
        {"closings": [("a", "2026-05-01 10:00", "MERGE_EXPIRED")], "rejects": {}},
        TODAY,
    ),
    Case(
        "unknown keys go into extra, and those that resemble one are named",
        "78",
        [
            raw("a", 0, '"phone": "13912345600", "stor": "S2"'),
            raw("b", 1, '"phone": "13912345601", "evnt_time": "2026-01-01T10:00:00Z"'),
            raw("c", 2, '"Phone": "13912345602"'),
            raw("d", 3, '"phone": "13912345603", "utm_source": "x"'),
            raw("d", 3, '"phone": "13912345603", "utm_source": "y"'),
            raw("d", 3, '"phone": "13912345603", "extra": {"utm_source": "y"}'),
        ],
        {
            "marks": {"a": "FIRST_TOUCH", "b": "FIRST_TOUCH", "d": "FIRST_TOUCH"},
            "reject_fields": {3: "phone:NO_CONTACT"},
            "flags": {"a": "KEY_UNKNOWN", "b": "KEY_UNKNOWN"},
            "unknown": {"a store": 1, "a event_time": 1},
            "replays": {5: "extra", 6: ""},
        },
        TODAY,
    ),
    Case(
        "rejects name every field",
        "81",
        [
            (RAW_LEADS, b'{"phone": "12", "landline": "110", "line": "x", "event_time": "2026-03-02 10:00:00"}'),
            lead("b", "2026-03-02 10:00", channel="nobody", phone=None),
            lead("c", "2026-03-02 10:00", channel="old"),
            (RAW_LEADS, b"not json"),
            act("v", "SMS", "2026-03-02 10:00"),
            act("w", "CALL", "2026-03-02 10:00"),
        ],
        {
            "reject_fields": {
                1: "channel:MISSING_FIELD event_time:BAD_TIME landline:SERVICE_NUMBER line:UNKNOWN_LINE phone:BAD_PHONE"
                " source_lead_id:MISSING_FIELD",
                2: "channel:UNKNOWN_CHANNEL phone:NO_CONTACT",
                3: "channel:CHANNEL_NOT_LIVE",
                4: "",
                5: "kind:BAD_FIELD",
            },
            "rejects": {
                1: "BAD_PHONE BAD_TIME MISSING_FIELD SERVICE_NUMBER UNKNOWN_LINE",
                2: "NO_CONTACT UNKNOWN_CHANNEL",
                3: "CHANNEL_NOT_LIVE",
                4: "NOT_JSON",
                5: "BAD_FIELD",
                6: "NO_LEAD",
            },
        },
        {"channels": {**CHANNELS, "old": {"status": "SUSPENDED"}}, "lines": {"main": {}}},
    ),
]

CLOCK = [
    Case(
        "a first record at the epoch starts no clock",
        "76",
        [EPOCH, *FOUR],
        {
            "rejects": {1: "BAD_TIME"},
            "reject_fields": {1: "event_time:BAD_TIME"},
            "marks": ALL_FIRST,
            "clock": "2026-03-02 10:00:04",
        },
        TODAY,
    ),
    Case(
        "the same in one of two feeds changes nothing for the other",
        "76",
        [
            *(
                (f"raw_leads-{feed}", record)
                for feed, (_, record) in zip((0, 0, 1, 0, 1), [EPOCH, FOUR[1], FOUR[0], FOUR[3], FOUR[2]], strict=True)
            ),
        ],
        {"rejects": {"raw_leads-0:1": "BAD_TIME"}, "marks": ALL_FIRST, "late": []},
        TODAY,
    ),
    *(
        Case(
            f"a first time that is not believed ({at})",
            "76",
            [lead("E0", at), *FOUR],
            {"rejects": {1: "BAD_TIME"}, "marks": ALL_FIRST},
            TODAY,
        )
        for at in (
            "1899-12-30T00:00:00Z",
            "2009-12-31T23:59:59.999+08:00",
            "2028-03-02T10:00:00+08:00",
            "2026-06-03T00:00:00.001+08:00",
        )
    ),
    Case(
        "24 hours after the end of today",
        "76",
        [lead("a", "2026-06-03T00:00:00+08:00")],
        {"marks": {"a": "FIRST_TOUCH"}, "clock": "2026-06-03 00:00"},
        TODAY,
    ),
    Case(
        "the earliest time that is believed, by default and by configuration",
        "76",
        [lead("a", "2010-01-01T00:00:00+08:00")],
        {"marks": {"a": "FIRST_TOUCH"}},
        TODAY,
    ),
    Case(
        "the earliest time by configuration",
        "76",
        [lead("a", "2023-12-31T23:59:59+08:00"), lead("b", "2024-01-01T00:00:00+08:00")],
        {"rejects": {1: "BAD_TIME"}, "marks": {"b": "FIRST_TOUCH"}},
        {**TODAY, "periods": {"earliest": "2024-01-01"}},
    ),
    Case(
        "what is no accepted raw lead starts no clock",
        "76",
        [
            act("v", "CALL", "2026-03-05 10:00"),
            (RAW_LEADS, {"type": "verdict", "event_time": "2027-03-05T10:00:00+08:00", "by": "AI", "outcome": "DEAD"}),
            lead("x", "2026-03-06 10:00", phone="12"),
            *FOUR,
        ],
        {
            "rejects": {1: "NO_LEAD", 2: "NOT_SUPPORTED", 3: "BAD_PHONE"},
            "marks": ALL_FIRST,
            "late": [],
            "clock": "2026-03-02 10:00:04",
        },
        TODAY,
    ),
    Case(
        "an activity takes its turn by its own time before there is a clock",
        "4, 76",
        [("activity", act("v", "LOST", "2026-03-02 10:00:02", phone="13912345671")[1]), *FOUR[:1]],
        {"rejects": {}, "leads": [("E1", "E1", "LOST", "LOST", "S1")]},
        TODAY,
    ),
    Case(
        "an honest gap is applied",
        "76",
        [lead("a", "2022-03-02T10:00:00+08:00"), *FOUR],
        {"rejects": {}, "marks": {"a": "FIRST_TOUCH", **ALL_FIRST}},
        TODAY,
    ),
    Case(
        "a jump that passes today is not",
        "20, 76",
        [
            *FOUR[:1],
            lead("c", "2029-03-06T10:00:01.001+08:00", phone="13912345673"),
            lead("b", "2029-03-06T10:00:01+08:00", phone="13912345672"),
        ],
        # 1 100 days from 2026-03-02 are 2029-03-06: 365 + 365 + 366 to 2029-03-02.
        {"rejects": {2: "BAD_TIME"}, "marks": {"E1": "FIRST_TOUCH", "b": "FIRST_TOUCH"}},
        TODAY,
    ),
    Case(
        "the longest jump is configuration",
        "76",
        [
            *FOUR[:1],
            lead("b", "2026-07-01 10:00", phone="13912345672"),
            lead("c", "2026-05-30 10:00", phone="13912345673"),
        ],
        {"rejects": {2: "BAD_TIME"}, "marks": {"E1": "FIRST_TOUCH", "c": "FIRST_TOUCH"}},
        {**TODAY, "periods": {"max_jump_days": 30}},
    ),
    Case(
        "an unbelievable ingest time counts as absent",
        "76",
        [
            lead("a", "2026-03-02 10:00", ingest_time="1970-01-01T00:00:00Z"),
            lead("b", "2026-03-02 10:01", phone="13912345672", source_time="1970-01-01T00:00:00Z"),
        ],
        {"marks": {"a": "FIRST_TOUCH", "b": "FIRST_TOUCH"}, "flags": {"a": "FIELD_DROPPED", "b": "FIELD_DROPPED"}},
        TODAY,
    ),
    Case(
        "late leads are counted by channel and hour of the clock",
        "81",
        [
            lead("a", "2026-03-09 10:59:59"),
            lead("b", "2026-03-02 10:00"),
            lead("c", "2026-03-02 10:00", channel="b"),
            lead("d", "2026-03-02 10:00", test=True),
            lead("e", "2026-03-09 11:00"),
            lead("f", "2026-03-02 10:00"),
        ],
        {
            "late": [2, 3, 4, 6],
            "late_leads": {("a", "2026-03-09 11:00"): 1, ("b", "2026-03-09 11:00"): 1, ("a", "2026-03-09 12:00"): 1},
        },
        TODAY,
    ),
]

CASES: list[Case] = [*FIELDS, *CLOCK]
