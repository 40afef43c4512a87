"""Worked examples of what comes in (rulings 76 to 82): other people's bug reports, as small inputs."""

from __future__ import annotations

from typing import Any

from oracle_case import BASE, CHANNELS, RAW_LEADS, Case, act, lead

Record = tuple[str, dict[str, Any] | bytes]

TODAY = {**BASE, "source": {"today": "2026-06-01"}}
STORED = {**TODAY, "stores": {"S1": {}}}
LANDLINE = "02158235823"


def each(phones: list[Any], first: str = "A") -> list[Record]:
    """A raw lead a second for each of these numbers: A0, A1, …"""
    return [lead(f"{first}{n}", f"2026-03-02 10:00:{n:02d}", phone=phone) for n, phone in enumerate(phones)]


def raw(source_lead_id: str, second: int, rest: str, source: str = RAW_LEADS) -> Record:
    """A line as bytes; `rest` are further fields as they stand."""
    text = (
        f'{{"channel": "a", "source_lead_id": "{source_lead_id}", "store": "S1",'
        f' "event_time": "2026-03-02T10:00:{second:02d}+08:00", {rest}}}'
    )
    return source, text.encode()


def marks(first: str, count: int, name: str = "A") -> dict[str, str]:
    return {f"{name}{n}": first if n == 0 else "DEDUPED" for n in range(count)}


INVISIBLE = [
    "13912345678",
    "139\u200b1234\u200b5678",
    "\u202d13912345678\u202c",
    "\u206813912345678\u2069",
    "\ufeff13912345678",
    "\u200e13912345678",
    "139\u00ad12345678",
    "139\u2060123\u200d45678",
    "1\ufe0f3912345678",
]
IN_BRACKETS = ["13912345678", "(+86)13912345678", "(+86) 139-1234-5678", "（+86）13912345678", "(86)13912345678"]
LANDLINE_IN_BRACKETS = ["021-58235823", "(+86 21) 58235823", "(+86)021-58235823", "(+86)21-58235823"]
EXTENSIONS = [
    "021-58235823-801",
    "021-58235823转801",
    "021-58235823分机801",
    "021-58235823 分机号：801",
    "021-58235823转分机801",
    "021-58235823,801",
    "+862158235823;ext=801",
    "021-58235823(801)",
    "021-58235823（转801）",
    "021-58235823 extension 801",
]
LABELLED = [
    "13912345678",
    "+86+8613912345678",
    "+86 86 139 1234 5678",
    "+008613912345678",
    "tel:+86-139-1234-5678",
    "p:+8613912345678",
    "'13912345678",
    '="13912345678"',
    "13912345678.00",
    "13912345678,",
    "手机：13912345678",
    "13912345678微信同号",
]
EPOCH = lead("E0", "1970-01-01T00:00:00Z", phone="13900000001")
FOUR = [lead(f"E{n}", f"2026-03-02 10:00:0{n}", phone=f"1391234567{n}") for n in range(1, 5)]
ALL_FIRST = {f"E{n}": "FIRST_TOUCH" for n in range(1, 5)}

NUMBERS = [
    Case(
        "invisible characters in a number",
        "77, 79",
        [*each(INVISIBLE), lead("L", "2026-03-02 10:00:09", phone="021\u200b58235823")],
        {
            "marks": {**marks("FIRST_TOUCH", 9), "L": "FIRST_TOUCH"},
            "rejects": {},
            "dispatches": [("A0", "S1", "2026-03-02 10:00", 1), ("L", "S1", "2026-03-02 10:00:09", 1)],
        },
        TODAY,
    ),
    Case(
        "the plus inside brackets",
        "79",
        [*each([*IN_BRACKETS, "+(86)13912345678"]), *each(LANDLINE_IN_BRACKETS, "B")],
        {
            "marks": {**marks("FIRST_TOUCH", 6), **marks("FIRST_TOUCH", 4, "B")},
            "rejects": {},
            "dispatches": [("A0", "S1", "2026-03-02 10:00", 1), ("B0", "S1", "2026-03-02 10:00:05", 1)],
            "flags": {},
        },
        TODAY,
    ),
    Case(
        "an exponent makes no customer of two",
        "78, 79",
        [
            raw("X0", 0, '"phone": 1.39E+10'),
            raw("X1", 1, '"phone": 1.39E+10'),
            raw("X2", 2, '"phone": 1.38E+10'),
            raw("X3", 3, '"phone": 1.3912345678E+10'),
            raw("X4", 4, '"phone": 13912345679.0'),
            raw("X5", 5, '"phone": "1.3912345678E+10"'),
            raw("X6", 6, '"phone": "1.39E+10"'),
            raw("X7", 7, '"phone": -13912345670'),
        ],
        {
            "marks": {"X3": "FIRST_TOUCH", "X4": "FIRST_TOUCH", "X5": "DEDUPED"},
            "rejects": dict.fromkeys((1, 2, 3, 7, 8), "BAD_PHONE"),
            "reject_fields": dict.fromkeys((1, 2, 3, 7, 8), "phone:BAD_PHONE"),
        },
        TODAY,
    ),
    Case(
        "ways to write an extension",
        "79",
        each(EXTENSIONS, "B"),
        {"marks": marks("FIRST_TOUCH", 10, "B"), "rejects": {}, "flags": {}},
        TODAY,
    ),
    Case(
        "an extension is part of the identity",
        "39, 79",
        [
            lead("a", "2026-03-02 10:00", phone="021-58235823"),
            lead("b", "2026-03-02 10:01", phone="021-58235823-801"),
            lead("c", "2026-03-02 10:02", phone="021-58235823-0801"),
            lead("d", "2026-03-02 10:03", phone="13912345678"),
            lead("e", "2026-03-02 10:04", phone="13912345678转8012"),
            lead("f", "2026-03-02 10:05", phone="139 1234 5678-8012"),
        ],
        {
            "marks": {**dict.fromkeys("abcde", "FIRST_TOUCH"), "f": "DEDUPED"},
            "flags": {"e": "UNUSUAL", "f": "UNUSUAL"},
        },
        TODAY,
    ),
    Case(
        "labels, doubled prefixes, marks of sheets",
        "79",
        [*each(LABELLED), raw("B0", 12, '"phone": 2158235823'), lead("B1", "2026-03-02 10:00:13", phone=LANDLINE)],
        {
            "marks": {**marks("FIRST_TOUCH", 12), "B0": "FIRST_TOUCH", "B1": "DEDUPED"},
            "rejects": {},
            "flags": {"B0": "UNUSUAL"},
        },
        TODAY,
    ),
    Case(
        "activities are addressed by the same forms",
        "79",
        [
            lead("a", "2026-03-02 10:00", phone="13912345678"),
            act("v", "LOST", "2026-03-02 10:05", phone="tel:+86 139\u200b1234-5678(微信同号)"),
            lead("b", "2026-03-02 11:00", phone=LANDLINE),
            act("w", "LOST", "2026-03-02 11:05", phone=2158235823),
            act("x", "LOST", "2026-03-02 11:06", phone="139****5678"),
        ],
        {
            "leads": [("a", "a", "LOST", "LOST", "S1"), ("b", "b", "LOST", "LOST", "S1")],
            "rejects": {5: "BAD_PHONE"},
        },
        TODAY,
    ),
]

BYTES = [
    Case(
        "byte order marks are no content",
        "77",
        [
            (RAW_LEADS, b"\xef\xbb\xbf" + bytes(raw("E1", 1, '"phone": "13912345671"')[1])),
            raw("E2", 2, '"phone": "13912345672"'),
            (RAW_LEADS, b"\xef\xbb\xbf" + bytes(raw("E3", 3, '"phone": "13912345673"')[1])),
            (RAW_LEADS, b"\xef\xbb\xbf"),
            ("more", b"\xef\xbb\xbf\xef\xbb\xbf" + bytes(raw("E4", 4, '"phone": "\ufeff13912345674"')[1])),
        ],
        {"marks": ALL_FIRST, "rejects": {}, "received": (4, 0), "blank": 1},
        TODAY,
    ),
    Case(
        "empty and blank values are skipped and counted",
        "77",
        [
            *((RAW_LEADS, value) for value in (b"", b"\n", b"   ", b" \t\r")),
            raw("E1", 1, '"phone": "13912345671"'),
            raw("E2", 2, '"phone": "13912345672"'),
        ],
        {"rejects": {}, "received": (2, 0), "blank": 4, "marks": {"E1": "FIRST_TOUCH", "E2": "FIRST_TOUCH"}},
        TODAY,
    ),
    Case(
        "half an emoji costs no lead",
        "77",
        [
            raw("U0", 0, '"phone": "13912345670"'),
            raw("U1", 1, '"phone": "13912345671", "name": "小明\\ud83d"'),
            raw("U2", 2, '"phone": "13912345672", "remark": "\\ude00好"'),
            raw("U3", 3, '"phone": "13912345673", "extra": {"nick": "x\\ud83d"}'),
            raw("U4", 4, '"phone": "13912345674", "name": "小明\\ud83d\\ude00"'),
        ],
        {"marks": {f"U{n}": "FIRST_TOUCH" for n in range(5)}, "rejects": {}, "flags": {}},
        TODAY,
    ),
    Case(
        "half a pair in contact, key fields and times is a fault",
        "77",
        [
            raw("U0", 0, '"phone": "139\\ud83d12345670"'),
            raw("U1", 1, '"phone": "13912345671", "account": "x\\ud83d"'),
            raw("U2", 2, '"phone": "13912345672", "event_time": "2026-03-02T10:00:00+08:00\\ud83d"'),
            raw("U3\\ud83d", 3, '"phone": "13912345673"'),
            raw("U4", 4, '"phone": "13912345674", "store": "S1\\ude00"'),
            raw("U5", 5, '"phone": "13912345675", "source_time": "\\ude00"'),
        ],
        {
            "rejects": dict.fromkeys(range(1, 6), "BAD_FIELD"),
            "reject_fields": {
                1: "phone:BAD_FIELD",
                2: "account:BAD_FIELD",
                3: "event_time:BAD_FIELD",
                4: "source_lead_id:BAD_FIELD",
                5: "store:BAD_FIELD",
            },
            "marks": {"U5": "FIRST_TOUCH"},
            "flags": {"U5": "FIELD_DROPPED"},
        },
        TODAY,
    ),
    Case(
        "a name of blanks is no name",
        "77",
        [
            lead("R1", "2026-03-02 10:33", name="王五"),
            lead("R1", "2026-03-02 10:33", name="王五 "),
            lead("R1", "2026-03-02 10:33", name=" "),
            lead("R1", "2026-03-02 10:33", name="\u200b\u3000"),
            lead("R1", "2026-03-02 10:33", name="王\u200b五", city="\u3000"),
            lead("\ufeffR1 ", "2026-03-02 10:33", "\u200bS1\u00a0", line=" main", account="\u2060"),
            lead("R1", "2026-03-02 10:33", name="王六"),
        ],
        {"replays": {2: "", 3: "", 4: "", 5: "", 6: "", 7: "name"}, "marks": {"R1": "FIRST_TOUCH"}},
        TODAY,
    ),
]

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
            "2026-06-02T00:00:00.001+08:00",
        )
    ),
    Case(
        "24 hours after today",
        "76",
        [lead("a", "2026-06-02T00:00:00+08:00")],
        {"marks": {"a": "FIRST_TOUCH"}, "clock": "2026-06-02 00:00"},
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

CASES: list[Case] = [*NUMBERS, *BYTES, *FIELDS, *CLOCK]
