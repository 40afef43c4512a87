"""Records as people, sheets and other programs write them: seeded, and as Hypothesis strategies.

`Dirty(seed)` writes what the rulings settle (76 to 81), so that two readers of them may be compared; `wild=True` adds what
they leave open, for tests that only ask that nothing breaks and that the sums hold. A value is kept as its JSON text: how
a number is written is part of it. `Written.customer` is the truth by construction, of each form alone.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone

from hypothesis import strategies as st
from oracle_fields import Line

UNSEEN = "\u200b\ufeff\u00ad\u2060\u200e\u200f\u202a\u202c\u202d\u2066\u2069"
BLANKS = [" ", "\u00a0", "\u3000", "\u2009", "\u202f", "\t"]
SEPARATORS = [" ", "-", ".", "\u2013", "\u2212", "\uff5e", "_", "\u30fc", "\u3000"]
CODES_86 = [
    "86",
    "+86",
    "0086",
    "(+86)",
    "(86)",
    "+(86)",
    "（+86）",
    "+86 ",
    "+86-",
    "+86+86",
    "+86 86 ",
    "+0086",
    "０086",
]
LABELS = ["手机", "电话：", "手机号: ", "phone ", "Phone:", "mobile ", "tel:", "p:", "Tel. ", "联系电话 "]
BEHIND = ["(微信同号)", "微信同号", ",", " 先生", "（本人）", ".", '"']
EXTENSION_MARKS = ["-", "转", "分机", " 分机号：", "转分机", " ext ", " ext. ", " extension ", "x", "#", ",", ";ext="]
WORDS = {
    "name": ["张三", "李四", "王 五", "O'Neil", "小明👨‍👩‍👧"],
    "gender": ["1", "男", "F"],
    "province": ["上海", "广东省"],
    "city": ["上海", "深圳市"],
    "series": ["A6L", "4521"],
    "model": ["33012", "2.0T"],
    "campaign": ["spring", "618"],
    "remark": ["想看车", "call after 6"],
    "email": ["a@example.com"],
}
WRONG = ["true", "[]", "{}", '["x"]', '{"a": 1}', '"' + "长" * 100 + '"']
SLIPS = {"stor": "store", "evnt_time": "event_time", "Phone": "phone", "Name": "name", "campain": "campaign"}
OTHER_KEYS = ["utm_source", "form_id", "wechat_nick", "page_title"]


@dataclass(frozen=True)
class Written:
    """A value as JSON text, with the customer that it names ('' where it is refused) and the code of its fault."""

    json: str
    customer: str = ""
    fault: str = ""
    both: str = ""  # the landline beside the mobile


def quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


class Dirty:
    """Draws from one stream of random numbers, so that a seed names everything that was drawn."""

    def __init__(self, seed: int | random.Random, wild: bool = False, channels: tuple[str, ...] = ("a", "b")):
        self.rng = seed if isinstance(seed, random.Random) else random.Random(seed)
        self.wild, self.channels = wild, channels
        self.at = datetime(2026, 3, 2, 10, tzinfo=UTC)
        self.drawn = 0

    # -- numbers -------------------------------------------------------------------------------------------------------

    def some_digits(self, count: int) -> str:
        return "".join(self.rng.choice("0123456789") for _ in range(count))

    def mobile(self) -> str:
        """From few numbers, so that customers come again."""
        return f"13{self.rng.choice('56789')}1234{self.rng.randrange(5000, 5020)}"

    def area_and_local(self) -> tuple[str, str]:
        area = self.rng.choice(["010", "021", "0755", "0991"])
        local = self.rng.choice("2568") + self.some_digits(7 if len(area) == 3 else self.rng.choice([6, 7]))
        return area, local

    def number(self) -> Written:
        kinds: list[tuple[int, Callable[[], Written]]] = [
            (10, self.mobile_form),
            (5, self.landline_form),
            (2, self.two_numbers),
            (4, self.bad_number),
        ]
        draw = self.rng.choices([kind for _, kind in kinds], [weight for weight, _ in kinds])[0]
        return draw()

    def mobile_form(self) -> Written:
        rng, mobile = self.rng, self.mobile()
        customer = f"m:{mobile}"
        form = rng.randrange(14)
        if form == 0:
            return Written(quoted(mobile), customer)
        if form == 1:
            return Written(rng.choice([mobile, f"{mobile}.0", f"{mobile}.00"]), customer)
        if form == 2:
            scientific = f"{mobile[0]}.{mobile[1:]}E+10"
            return Written(rng.choice([scientific, scientific.replace("E+", "e"), quoted(scientific)]), customer)
        if form == 3:
            return Written(quoted(mobile + rng.choice([".0", ".00"])), customer)
        if form == 4:
            return Written(quoted(self.grouped(mobile, 3, 4)), customer)
        if form == 5:
            return Written(quoted(rng.choice(CODES_86) + rng.choice([mobile, self.grouped(mobile, 3, 4)])), customer)
        if form == 6:
            return Written(quoted("0" + mobile), customer)
        if form == 7:
            return Written(quoted(rng.choice(LABELS) + mobile), customer)
        if form == 8:
            return Written(quoted(mobile + rng.choice(BEHIND)), customer)
        if form == 9:
            return Written(quoted(rng.choice(["'" + mobile, f'="{mobile}"', "=" + mobile])), customer)
        if form == 10:
            return Written(quoted(self.other_digits(mobile)), customer)
        if form == 11:
            return Written(quoted(self.sprinkled(mobile)), customer)
        if form == 12:
            return Written(quoted("+" + mobile), customer)
        extension = self.some_digits(rng.randrange(1, 7))
        return Written(quoted(mobile + self.mark(extension)), f"{customer}-{extension}")

    def landline_form(self) -> Written:
        rng = self.rng
        area, local = self.area_and_local()
        customer = f"l:{area}{local}"
        form = rng.randrange(7)
        if form == 0:
            return Written(
                quoted(rng.choice([area + local, f"{area}-{local}", f"({area}){local}", f"（{area}） {local}"])),
                customer,
            )
        if form == 1:
            code = rng.choice(["+86 ", "0086", "+86-", "(+86)", "86-"])
            return Written(quoted(code + rng.choice([area, area[1:]]) + rng.choice(["", "-", " "]) + local), customer)
        if form == 2:
            return Written(area[1:] + local, customer)  # a JSON number cannot carry its 0
        if form == 3:
            return Written(quoted(rng.choice(LABELS) + f"{area}-{local}"), customer)
        if form == 4:
            return Written(quoted(self.sprinkled(f"{area}-{local}")), customer)
        extension = self.some_digits(rng.randrange(1, 7))
        return Written(quoted(f"{area}-{local}{self.mark(extension)}"), f"{customer}-{extension}")

    def two_numbers(self) -> Written:
        rng, mobile = self.rng, self.mobile()
        area, local = self.area_and_local()
        between = rng.choice(["/", " / ", ";", "、", " "])
        if rng.random() < 0.3:
            return Written(quoted(mobile + between + mobile), f"m:{mobile}")
        parts = [mobile, f"{area}-{local}"]
        if between == " " or rng.random() < 0.5:
            parts.reverse()
        if len(area + local) == 11 and len(area) == 4 and parts[0] != mobile:
            between = "/"  # with 7 digits a blank would belong to the number
        return Written(quoted(between.join(parts)), f"m:{mobile}", both=f"{area}{local}")

    def bad_number(self) -> Written:
        rng, mobile = self.rng, self.mobile()
        area, local = self.area_and_local()
        other = f"18612345{self.some_digits(3)}"
        bad = [
            *("1.39E+10", '"1.39E+10"', "-" + mobile, quoted("-" + mobile), quoted(f"{mobile[:3]}****{mobile[-4:]}")),
            *(quoted(mobile[:10]), mobile[:10], quoted(mobile + "1"), quoted(local), '"无"', '"-"', '"N/A"', '"0"'),
            *(quoted(f"{mobile}/{other}"), quoted(f"021-58235823/{area}-{local}1") if area != "021" else '"12"'),
        ]
        codes = {
            "BAD_PHONE": bad,
            "SERVICE_NUMBER": ['"400-123-4567"', "4001234567", '"95588"', "110", '"+86 800 123 4567"'],
            "TEST_NUMBER": ['"13800138000"', "13800138000", '"11111111111"'],
            "FOREIGN_NUMBER": ['"+852 6123 4567"', '"0085261234567"', '"+44 20 7946 0000"'],
            "BAD_FIELD": ["true", "[13912345678]", '{"number": 1}', '"139\\ud83d12345678"'],
        }
        fault = rng.choices(list(codes), [6, 2, 1, 1, 1])[0]
        return Written(rng.choice(codes[fault]), fault=fault)

    def grouped(self, digits: str, *sizes: int) -> str:
        separator, groups, at = self.rng.choice(SEPARATORS), [], 0
        for size in (*sizes, len(digits)):
            groups.append(digits[at : at + size])
            at += size
        return separator.join(group for group in groups if group)

    def other_digits(self, text: str) -> str:
        zero = self.rng.choice(["０", "٠", "०", "𝟎"])
        return "".join(chr(ord(zero) + int(char)) if char.isdigit() else char for char in text)

    def sprinkled(self, text: str) -> str:
        """Unseen characters anywhere, white space around."""
        rng = self.rng
        for _ in range(rng.randrange(1, 4)):
            at = rng.randrange(len(text) + 1)
            text = text[:at] + rng.choice(UNSEEN) + text[at:]
        return rng.choice(["", *BLANKS]) + text + rng.choice(["", *BLANKS])

    def mark(self, extension: str) -> str:
        if self.rng.random() < 0.2:
            return self.rng.choice([f"({extension})", f"（{extension}）", f"（转{extension}）"])
        return self.rng.choice(EXTENSION_MARKS) + extension

    # -- times ---------------------------------------------------------------------------------------------------------

    def instant(self) -> datetime:
        """Mostly a little later than the one before, at times late or ahead."""
        rng = self.rng
        self.at += timedelta(minutes=rng.choice([0, 1, 7, 60, 900]))
        return self.at + timedelta(days=rng.choices([0, -2, -5], [20, 2, 1])[0])

    def time(self, at: datetime) -> str:
        """The instant as JSON text, in a form that needs no configuration."""
        rng = self.rng
        local = at.astimezone(rng.choice([UTC, timezone(timedelta(hours=8)), timezone(timedelta(hours=-5))]))
        text = local.strftime("%Y-%m-%d %H:%M") if rng.random() < 0.3 else local.strftime("%Y-%m-%dT%H:%M")
        if local.second or rng.random() < 0.8:
            text += local.strftime(":%S") + rng.choice(["", "", ".5", ".123456789"])
        offset = local.strftime("%z")
        text += rng.choice([offset, f"{offset[:3]}:{offset[3:]}"]) if offset != "+0000" else rng.choice(["Z", "+00:00"])
        return quoted(self.sprinkled(text) if rng.random() < 0.1 else text)

    def bad_time(self) -> str:
        return self.rng.choice(
            [
                *(
                    '"2026-03-02 10:00:00"',
                    '"2026-03-02T10:00"',
                    "1772416800",
                    '"1772416800000"',
                    "46083.5",
                    '"2026/03/02"',
                ),
                *(
                    '"2026-02-30T10:00:00Z"',
                    '"2026-03-02T10:00:00+08:60"',
                    '"2026-03-02T24:00:00Z"',
                    '"soon"',
                    "true",
                    "{}",
                ),
                *(
                    '"1970-01-01T00:00:00Z"',
                    '"1899-12-30T00:00:00Z"',
                    '"2009-12-31T15:59:59.999Z"',
                    '"2200-01-01T00:00:00Z"',
                ),
            ]
        )

    # -- fields and records --------------------------------------------------------------------------------------------

    def word(self, name: str) -> str:
        """An optional text: clean, unseen characters in it, blank, a number, or what does not fit."""
        rng, text = self.rng, self.rng.choice(WORDS[name])
        form = rng.randrange(8)
        if form < 3:
            return quoted(text)
        if form == 3:
            return quoted(self.sprinkled(text))
        if form == 4:
            return rng.choice(['""', "null", '" "', '"\u3000"', '"\u200b"', '"\ufeff "'])
        if form == 5:
            return rng.choice(["1", "101.0", "310100", "2.50", "1E2"])
        if form == 6:
            return quoted(text)[:-1] + rng.choice(["\\ud83d", "\\ude00"]) + '"'
        return rng.choice(WRONG)

    def bool(self) -> str:
        words = ["true", "false", "1", "0", '"yes"', '"NO"', '"y"', '"n"', '"是"', '"否"', '"true"', "1.0", '"1"']
        return self.rng.choice([*words, "null", '""', '"maybe"', "2", "[]"])

    def intent(self) -> str:
        level = self.rng.choice(['"HIGH"', '"high"', '"Normal"', '"VERY"', "3", "null", '" low "'])
        days = self.rng.choice(["7", '"7"', "7.0", "-1", '"soon"', "null", "1e1"])
        return self.rng.choice([f'{{"level": {level}, "days_to_buy": {days}}}', "[]", '"HIGH"', "{}"])

    def stores(self) -> dict[str, str]:
        rng = self.rng
        return rng.choice(
            [
                {},
                {"store": '"S1"'},
                {"store": quoted(self.sprinkled("S1"))},
                {"store": rng.choice(["101", "101.0", '"101"'])},
                {"stores": '"S2"'},
                {"store": '"S1"', "stores": '["S1", "S2", "S1", null, ""]'},
                {"stores": "[101, 101.0]"},
                {"store": rng.choice(["true", "[]", '""', '" "'])},
            ]
        )

    def record(self) -> bytes:
        """One raw lead's line."""
        rng = self.rng
        self.drawn += 1
        number = self.number()
        lead_id = rng.choice(
            [
                quoted(f"n{self.drawn}"),
                quoted(f" n{rng.randrange(self.drawn)}\u200b"),
                str(self.drawn),
                f"{self.drawn}.0",
            ]
        )
        fields = {"channel": quoted(rng.choice(self.channels)), "source_lead_id": lead_id, "phone": number.json}
        if rng.random() < 0.1:
            fields["landline"] = self.number().json
        if rng.random() < 0.95:
            fields["event_time"] = self.bad_time() if rng.random() < 0.1 else self.time(self.instant())
        for name in ("ingest_time", "source_time"):
            if rng.random() < 0.1:
                fields[name] = self.bad_time() if rng.random() < 0.5 else self.time(self.at)
        fields |= self.stores()
        for name in rng.sample(sorted(WORDS), rng.randrange(4)):
            fields[name] = self.word(name)
        for name in ("consent", "test", "additional_purchase"):
            if rng.random() < 0.15:
                fields[name] = self.bool()
        if rng.random() < 0.2:
            fields["intent"] = self.intent()
        if rng.random() < 0.1:
            fields["extra"] = rng.choice(
                ["{}", "[]", '{"nick": "x\\ud83d", "n": 1.0}', '"text"', '{"a": {"b": [1, null]}}']
            )
        if rng.random() < 0.2:
            fields[rng.choice([*SLIPS, *OTHER_KEYS])] = rng.choice(['"x"', "1", "null", "[1]"])
        if rng.random() < 0.05:
            fields.pop(rng.choice(sorted(fields)))
        if self.wild:
            self.go_wild(fields)
        return self.line(fields)

    def go_wild(self, fields: dict[str, str]) -> None:
        """Anything anywhere."""
        rng = self.rng
        for name in rng.sample(sorted(fields), min(len(fields), rng.randrange(3))):
            signs = "0123456789+-() .,#x转电话/eE*\u200b\ud83d\ufeff'=:;T"
            text = "".join(rng.choice(signs) for _ in range(rng.randrange(40)))
            fields[name] = rng.choice([json.dumps(text), *WRONG, "1e999999", "-0", "1" * 500, '"\\u0000"'])
        if rng.random() < 0.1:
            fields["type"] = rng.choice(['"RAW_LEAD"', '"lead"', "1", "[]", '"activity"', '"command"', '"verdict"'])

    def line(self, fields: dict[str, str]) -> bytes:
        rng = self.rng
        text = "{" + ", ".join(f"{quoted(name)}: {value}" for name, value in fields.items()) + "}"
        raw = text.encode()
        form = rng.randrange(60)
        if form == 0:
            return b"\xef\xbb\xbf" + raw
        if form == 1:
            return rng.choice([b"", b" ", b"\xef\xbb\xbf", b" \t\r"])
        if form == 2:
            return rng.choice([raw[:-1], b"[" + raw + b"]", b"\x1f\x8b" + raw, raw.decode().encode("utf-16"), b"NaN"])
        return raw

    def lines(self, count: int, source: str = "raw_leads.jsonl") -> list[Line]:
        return [Line(source, number, "raw_lead", self.record()) for number in range(1, count + 1)]


def numbers() -> st.SearchStrategy[Written]:
    """A written number with its truth."""
    return st.randoms(use_true_random=False).map(lambda rng: Dirty(rng).number())


def records(wild: bool = False) -> st.SearchStrategy[bytes]:
    """A raw lead's line."""
    return st.randoms(use_true_random=False).map(lambda rng: Dirty(rng, wild).record())


def inputs(count: int = 12, wild: bool = False) -> st.SearchStrategy[list[Line]]:
    """A source of raw leads of two channels, `a` and `b`, and few customers."""
    return st.randoms(use_true_random=False).map(lambda rng: Dirty(rng, wild).lines(count))
