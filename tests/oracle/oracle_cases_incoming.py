"""Worked examples of what comes in (rulings 76 to 82): other people's bug reports, as small inputs.

Numbers and bytes here; fields and the clock in `oracle_cases_fields`."""

from __future__ import annotations

from typing import Any

from oracle_case import BASE, RAW_LEADS, Case, act, lead

Record = tuple[str, dict[str, Any] | bytes]

TODAY = {**BASE, "source": {"today": "2026-06-01"}}
LANDLINE = "02158235823"


def each(phones: list[Any], first: str = "A") -> list[Record]:
    """A raw lead a second for each of these numbers: A0, A1, …"""
    return [lead(f"{first}{n}", f"2026-03-02 10:00:{n:02d}", phone=phone) for n, phone in enumerate(phones)]


def raw(source_lead_id: str, second: int, rest: str) -> Record:
    """A line as bytes; `rest` are further fields as they stand."""
    return RAW_LEADS, marked(0, source_lead_id, second, rest)


def marked(marks: int, source_lead_id: str, second: int, rest: str) -> bytes:
    """The same with byte order marks in front."""
    text = (
        f'{{"channel": "a", "source_lead_id": "{source_lead_id}", "store": "S1",'
        f' "event_time": "2026-03-02T10:00:{second:02d}+08:00", {rest}}}'
    )
    return b"\xef\xbb\xbf" * marks + text.encode()


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
            (RAW_LEADS, marked(1, "E1", 1, '"phone": "13912345671"')),
            raw("E2", 2, '"phone": "13912345672"'),
            (RAW_LEADS, marked(1, "E3", 3, '"phone": "13912345673"')),
            (RAW_LEADS, b"\xef\xbb\xbf"),
            ("more", marked(2, "E4", 4, '"phone": "\ufeff13912345674"')),
        ],
        {"marks": {f"E{n}": "FIRST_TOUCH" for n in range(1, 5)}, "rejects": {}, "received": (4, 0), "blank": 1},
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

CASES: list[Case] = [*NUMBERS, *BYTES]
