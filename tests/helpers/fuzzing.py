"""Whatever bytes: every parser of what comes in, one small function each, for millions of inputs (domain 15, ruling 81).

    parsers(folder)                the parsers, each a function of one stream of random numbers: it draws an input, reads it
                                   and asserts what must hold of any input; an exception of another kind is a finding
    try_out(parsers, seed, number) one input; the same seed and number draw the same input

What is drawn: the written forms of `dirty`, wild ones too, pieces that have broken readers, and mutations of both.
"""

from __future__ import annotations

import json
import random
import re
import zipfile
from collections.abc import Callable, Iterator, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import available_timezones

import msgspec
from dirty import Dirty
from sheets import Formula, Sheet, xlsx

from connectors.feeds.refusal import FeedRefused
from connectors.feeds.registry import FEEDS, Delivery
from connectors.sheets.imports import import_file
from connectors.sheets.outlets import FolderOutlet
from connectors.sheets.rows import Wanted
from operators.base.calendar import LocalTime
from operators.base.rules import TimeForm
from operators.config.configuration import from_tables
from operators.identity import phones
from operators.identity.masks import without_number
from operators.identity.one_id import OneIds
from operators.intake.times import Clock, read_ms
from operators.intake.validation import Validation
from operators.registry import RECORD_OF
from operators.wire.arrival import BLANK, FLAGS
from operators.wire.streams import FieldFault
from state import errors, limits

NOW = 1_772_417_700_000
"""2026-03-02, noon and a little."""
TABLES: dict[str, Any] = {
    "channels": {
        "a": {"consent": True},
        "b": {"consent": True, "time": {"zone": "America/New_York", "formats": ["%d.%m.%Y %H:%M"]}},
        "t": {"status": "TESTING"},
    },
    "lines": {"main": {}, "used": {}},
    "source": {"today": "2026-06-01"},
}
PHONE_CODES = {"BAD_PHONE", "SERVICE_NUMBER", "TEST_NUMBER", "FOREIGN_NUMBER"}
REASONS = PHONE_CODES | {
    *("NOT_JSON", "TOO_LARGE", "UNKNOWN_TYPE", "MISSING_FIELD", "BAD_FIELD", "BAD_TIME", "NO_CONTACT", "NO_LEAD"),
    *("UNKNOWN_CHANNEL", "CHANNEL_NOT_LIVE", "UNKNOWN_LINE", "NOT_SUPPORTED"),
}
"""All that bytes and configuration can say (ruling 32)."""
MOBILE = re.compile(r"(1\d{10}|\+\d{4,15})(-\d{1,6})?", re.ASCII)
LANDLINE = re.compile(r"0(10|2\d|[3-9]\d\d)\d{7,8}(-\d{1,6})?", re.ASCII)
PIECES = [
    *(
        "",
        " ",
        "\u3000",
        "\u200b",
        "\ufeff",
        "\u202e",
        "\u00ad",
        "\ufe0f",
        "\u200d",
        "\0",
        "\ud83d",
        "\ufffd",
        "\U0001f600",
    ),
    *(
        "+86",
        "0086",
        "+",
        "-",
        "\u2212",
        ".",
        ".0",
        "E+10",
        "e999999999999999999999",
        "1" * 300,
        "NaN",
        "-0",
        "𝟗",
        "٣",
        "½",
        "①",
    ),
    *(
        "转",
        "分机",
        "ext",
        "x",
        "#",
        "*",
        "/",
        ";",
        ",",
        "(",
        ")",
        "（",
        "'",
        '"',
        "=",
        "=1+1",
        "@SUM(A1)",
        "\t=",
        "手机：",
        "无",
    ),
    *(
        "2026-03-02T10:15:00+08:00",
        "2026-02-30",
        "24:00:00",
        "T",
        "Z",
        "+23:59",
        "-99:99",
        "46083.5",
        "1772416800000",
        "9999-12-31",
    ),
    *(
        "0001-01-01T00:00:00Z",
        "12/31/2026",
        "上午",
        "年",
        "日",
        "null",
        "true",
        "{}",
        "[]",
        "{",
        "]",
        ":",
        "\\u0000",
        "\\ud800",
        "\r\n",
    ),
    *(
        "<",
        ">",
        "&amp;",
        "&x;",
        "<!DOCTYPE a [",
        "]]>",
        "<![CDATA[",
        "<?xml version='1.0' encoding='utf-7'?>",
        "&#0;",
        "xmlns:",
        "%00",
    ),
]
ZONES = sorted(zone for zone in available_timezones() if "/" in zone)
BOMB = (
    '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "ha"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">'
    '<!ENTITY d "&c;&c;&c;&c;&c;&c;&c;&c;"><!ENTITY e SYSTEM "file:///etc/passwd">]><adf><prospect>&d;&e;</prospect></adf>'
)

Parser = Callable[[random.Random], object]


class Share(NamedTuple):
    """A parser, and how many of 100 000 inputs are its own."""

    name: str
    of: int
    parse: Parser


def mutated(rng: random.Random, text: str) -> str:
    """The text with a few pieces put in, taken out, doubled or swapped."""
    for _ in range(rng.randrange(4)):
        at = rng.randrange(len(text) + 1)
        to = min(len(text), at + rng.choice((0, 0, 1, 1, 3, 20)))
        piece = rng.choice(PIECES) if rng.random() < 0.7 else text[at:to] * rng.randrange(4)
        text = text[:at] + piece + text[to:]
    return text


def mutated_bytes(rng: random.Random, raw: bytes) -> bytes:
    """The same of bytes, and single bytes that are no UTF-8."""
    form = rng.randrange(8)
    if form == 0 and raw:
        at = rng.randrange(len(raw))
        return raw[:at] + bytes([rng.randrange(256)]) + raw[at + rng.randrange(2) :]
    if form == 1:
        return raw[: rng.randrange(len(raw) + 1)]
    return mutated(rng, raw.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogatepass")


def written_number(rng: random.Random) -> str | int:
    """A number as a record holds it."""
    form = rng.randrange(4)
    if form == 0:
        return "".join(rng.choice("0123456789+-() .,#x转") for _ in range(rng.randrange(24)))
    value = Dirty(rng).number().json
    try:
        said = json.loads(value, parse_float=str)
    except ValueError:
        said = value
    text = said if isinstance(said, str | int) and not isinstance(said, bool) else value
    return mutated(rng, str(text)) if form > 1 else text


class Parsers:
    """All of them, with what they share."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.configuration = from_tables(TABLES, environ={})
        rules = self.configuration.rules
        self.validation = Validation(rules, OneIds(self.configuration.secret, 4), RECORD_OF)
        self.abroad = frozenset({"852", "1", "44"})
        self.forms: list[TimeForm | None] = [None, *(channel.time for channel in rules.channels.values())]
        self.samples = [(feed, feed.sample()) for feed in FEEDS.values() if feed.sample()]
        self.xml = [(feed, sample) for feed, sample in self.samples if feed.table.body == "xml"]
        self.imported = 0
        self.all: Sequence[Share] = (
            Share("numbers", 60_000, self.number),
            Share("times", 30_000, self.time),
            Share("records", 8_000, self.record),
            Share("feeds", 1_500, self.feed),
            Share("xml", 450, self.xml_feed),
            Share("text sheets", 49, self.text_sheet),
            Share("workbooks", 1, self.workbook),
        )

    # --- one input each

    def number(self, rng: random.Random) -> object:
        """A number of a customer, or one of four codes; what was read is read again as itself."""
        written = written_number(rng)
        codes = self.abroad if rng.random() < 0.3 else frozenset()
        try:
            mobile, landline, _ = phones.read(written, codes)
        except phones.BadPhone as bad:
            assert bad.args[0] in PHONE_CODES, written
            return written
        assert mobile or landline, written
        assert not mobile or MOBILE.fullmatch(mobile), (written, mobile)
        assert not landline or LANDLINE.fullmatch(landline), (written, landline)
        identity = mobile or landline
        again = phones.read(identity, codes)
        assert again[0 if mobile else 1] == identity, (written, identity, again)
        assert identity.partition("-")[0] not in phones.masked(identity), written
        assert identity.partition("-")[0] not in without_number(f"id {identity}", identity), written
        return written

    def time(self, rng: random.Random) -> object:
        """An instant of the calendar, or a fault."""
        dirty = Dirty(rng)
        text = dirty.bad_time() if rng.random() < 0.4 else dirty.time(dirty.instant())
        value: Any = json.loads(text)
        if not isinstance(value, str | int | float) or isinstance(value, bool):
            value = text
        if rng.random() < 0.7:
            value = mutated(rng, str(value))
        form = rng.choice(self.forms)
        if rng.random() < 0.01:
            form = TimeForm(LocalTime(rng.choice(ZONES)), ("%Y%m%d", "%H:%M %d/%m/%y", "%c"), rng.choice(("s", "ms")))
        ms, fault = read_ms(value, form)
        assert type(ms) is int and bool(fault) <= (ms == 0), value
        if not fault:
            text = self.configuration.rules.local.text(ms)
            assert len(text) == 29 or ms < 0, (value, ms)  # before zones had whole minutes an offset has seconds
        return value

    def record(self, rng: random.Random) -> object:
        """An arrival with a customer, or every reason with its fields."""
        raw = Dirty(rng, wild=rng.random() < 0.5).record()
        if rng.random() < 0.6:
            raw = mutated_bytes(rng, raw)
        kind = rng.choice(("raw_lead", "raw_lead", "activity", "command", "verdict"))
        self.judged(raw, kind, rng.choice((NOW, None)))
        return raw

    def judged(self, raw: bytes, kind: str, now: int | None) -> None:
        """One record through validation."""
        arrival = self.validation.read(raw, kind, Clock(event=True, now=now, wall_ms=NOW, today_ms=NOW))
        if arrival.reasons == BLANK:
            assert (
                not raw.decode().translate(dict.fromkeys(map(ord, " \t\r\n\ufeff\u200b"))).strip() or not raw.isascii()
            )
            return
        assert set(arrival.reasons) <= REASONS, (raw, arrival.reasons)
        arrival.channel.encode()
        faults: list[FieldFault] = [] if arrival.notes is None else arrival.notes.faults
        if arrival.reasons:
            assert {fault.code for fault in faults} == set(arrival.reasons), (raw, arrival.reasons, faults)
            for fault in faults:
                assert not isinstance(fault.got, str) or len(fault.got) <= limits.GOT_CHARACTERS, raw
                str(fault.got).encode()
            return
        msgspec.json.encode(arrival.record)
        assert arrival.digest and 0 <= arrival.shard < 4, raw
        assert arrival.flags & ~sum(FLAGS) == 0, raw
        assert not arrival.phone or MOBILE.fullmatch(arrival.phone), (raw, arrival.phone)
        assert not arrival.landline or LANDLINE.fullmatch(arrival.landline), (raw, arrival.landline)
        assert len(arrival.stores) <= limits.STORES_PER_LEAD, raw

    def feed(self, rng: random.Random) -> object:
        """The leads of a delivery, each a record that validation judges; or a refusal in words."""
        feed, sample = rng.choice(self.samples)
        raw = mutated_bytes(rng, sample)
        if rng.random() < 0.02:
            raw = rng.choice((b"[" * 5000, b'{"a":' * 5000, b"\xff\xfe", b"a=1&" * 3000, BOMB.encode()))
        if rng.random() < 0.2:
            headers = {"content-type": rng.choice(("application/x-www-form-urlencoded", "text/html", ""))}
            headers[rng.choice(("signature", "x-hub-signature-256", "timestamp"))] = mutated(rng, "sha256=0")
            self.answered(lambda: feed.read(raw, headers, ["secret", ""], NOW))
        self.answered(lambda: feed.try_out(raw, NOW))
        return feed.code, raw

    def xml_feed(self, rng: random.Random) -> object:
        """XML, with entities, types and encodings of every kind."""
        feed, sample = rng.choice(self.xml)
        text = sample.decode()
        form = rng.randrange(6)
        if form == 0:
            text = BOMB
        elif form == 1:
            head = rng.choice(
                ("utf-16", "gb18030", "utf-7", "idna", "punycode", "base64", "rot13", "unicode_escape", "x")
            )
            text = re.sub(r"\A<\?xml[^>]*\?>", "", text)
            text = f'<?xml version="1.0" encoding="{head}"?>{text}'
        elif form == 2:
            depth = 100_000 if rng.random() < 0.01 else rng.choice((2, 10, 60, 200))
            text = "<a>" * depth + "</a>" * depth
        raw = mutated_bytes(rng, text.encode())
        self.answered(lambda: feed.try_out(raw, NOW))
        return raw

    def answered(self, ask: Callable[[], Delivery]) -> None:
        try:
            delivery = ask()
        except FeedRefused as refusal:
            assert 400 <= refusal.status < 600 and str(refusal), "a refusal says what to do"
            return
        assert len(delivery.lines) == len(delivery.leads)
        for line in delivery.lines:
            assert b"\n" not in line
            self.judged(line, "raw_lead", NOW)

    # --- sheets

    def cells(self, rng: random.Random) -> list[str]:
        number = str(written_number(rng)) if rng.random() < 0.8 else rng.choice(PIECES)
        time = rng.choice(
            ("2026/3/2 10:15", "2026年3月2日 下午3点", "46083.5", "20260302", "03-02-2026", "2026-03-02 25:61")
        )
        return [number, mutated(rng, time), mutated(rng, rng.choice(("张三", "=1+1", "@x", "+1", "-", "Ö")))]

    def text_sheet(self, rng: random.Random) -> object:
        """Every row has a fate, and the result begins no cell like a formula."""
        separator = rng.choice((",", "\t", ";", "|"))
        rows = [["手机号", "留资时间", "姓名"], *(self.cells(rng) for _ in range(rng.randrange(5)))]
        text = "\n".join(separator.join(row) for row in rows)
        if rng.random() < 0.3:
            lines = [json.dumps({"phone": cells[0], "name": cells[2]}) for cells in rows[1:]]
            text = rng.choice(("\n".join(lines), f"[{','.join(lines)}]"))
        if rng.random() < 0.6:
            text = mutated(rng, text)
        coding = rng.choice(("utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le"))
        raw = text.encode(coding, "replace")
        if rng.random() < 0.2:
            raw = mutated_bytes(rng, raw) if coding.startswith("utf-8") else raw[: rng.randrange(len(raw) + 1)]
        path = self.fresh(rng.choice((".csv", ".txt", ".jsonl", ".xlsx")))
        path.write_bytes(raw)
        self.imports(path)
        return raw

    def workbook(self, rng: random.Random) -> object:
        """The same of an xlsx: formulas, damaged archives, archives that unpack to more than they say."""
        rows: list[list[Any]] = [["手机号", "留资时间", "姓名"], *(list(self.cells(rng)) for _ in range(3))]
        rows = [[re.sub(r"[^\t\n\r -\ud7ff\ue000-\ufffd]", "?", cell) for cell in row] for row in rows]
        rows.append([Formula("HYPERLINK(1)", "13912345678"), Formula("1/0"), 1.3912345678e10])
        path = xlsx(self.fresh(".xlsx"), Sheet("a", rows, merged=["A2:A3"] if rng.random() < 0.5 else ()))
        raw = path.read_bytes()
        form = rng.randrange(4)
        if form == 0:
            raw = mutated_bytes(rng, raw)
        elif form == 1:
            packed = BytesIO()
            with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
                archive.writestr("xl/workbook.xml", b"\0" * rng.choice((1000, 50_000_000)))
            raw = packed.getvalue()
        elif form == 2:
            at = rng.randrange(len(raw))
            raw = raw[:at] + bytes(rng.randrange(256) for _ in range(8)) + raw[at + 8 :]
        path.write_bytes(raw)
        self.imports(path)
        return raw

    def fresh(self, ending: str) -> Path:
        for old in self.folder.iterdir():
            if old.is_file():
                old.unlink()
        self.imported += 1
        return self.folder / f"sheet{ending}"

    def imports(self, path: Path) -> None:
        asked = Wanted(channel="a", ingest_ms=NOW)
        inbox = self.folder / "inbox"
        try:
            done = import_file(path, asked, self.configuration, FolderOutlet(inbox), lambda done, total: None)
        except errors.SourceRefused as refusal:
            assert str(refusal).strip()
            return
        finally:
            for one in inbox.iterdir() if inbox.is_dir() else ():
                one.unlink()
        assert done.counts.fates["imported"] == done.written or done.known_before
        assert done.result is not None and done.result.is_file()


def drawn(parsers: Sequence[Share], number: int) -> Share:
    """The parser of an input: by its number, so that any run of 100 000 has every share."""
    place = number * 61_803 % 100_000
    for share in parsers:
        place -= share.of
        if place < 0:
            return share
    raise AssertionError("the shares are 100 000 together")


def try_out(parsers: Sequence[Share], seed: int, number: int) -> str:
    """What was found at this input, "" = nothing."""
    share = drawn(parsers, number)
    rng = random.Random((seed << 48) | number)
    try:
        share.parse(rng)
    except Exception as error:
        return f"{share.name}: {type(error).__name__}: {str(error)[:2000]}"
    return ""


def numbers_of(first: int, inputs: int, step: int) -> Iterator[int]:
    """The numbers of one process."""
    return iter(range(first, inputs, step))
