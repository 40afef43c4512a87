"""Input of job D, made once and kept, and what a plain computation says of it."""

from __future__ import annotations

import os
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from random import Random
from typing import Final

import msgspec

from benchmarks.job_d_rules import Mark, Row, decide, decode_lead

FORMAT: Final = 1
"""Of what is made here: another number makes it anew."""
_SEED: Final = 5
_DAYS: Final = 90
_DAY_S: Final = 86_400
_BEGIN: Final = int(datetime(2026, 1, 1, tzinfo=timezone(timedelta(hours=8))).timestamp())
_PHONES: Final = 0.4
_SAME_DAY: Final = 0.12
_WITHIN_DAYS: Final = 67
"""How long a customer goes on coming: some beyond the merge period of 60 days."""
_CITIES: Final = (("上海", "上海"), ("广州", "广东"), ("杭州", "浙江"), ("成都", "四川"), ("武汉", "湖北"))
_CHANNELS: Final = ("autohome", "dongchedi", "feiyu", "wechat_mini", "bilibili", "koubei")
_SERIES: Final = (("delta", "delta 2.0T"), ("fjord", "fjord EV 620"), ("glide", "glide PHEV"))
_INTENTS: Final = ("HIGH", "NORMAL", "LOW")
_REMARKS: Final = (
    "周末有空，想试驾，请尽快联系我确认到店时间",
    "咨询落地价和置换补贴，晚上七点后联系",
    "朋友介绍，想了解配置与交车周期",
)

_mark: Final = msgspec.json.Decoder(Mark).decode


@dataclass(frozen=True)
class Truth:
    """Outputs of a run, whatever their order: how many of each mark, and a digest over every record's content."""

    marks: dict[str, int]
    digest: int


def lines_of(root: Path, leads: int) -> Path:
    """The file with so many leads, in time order."""
    path = root / f"job-d-{FORMAT}-{leads}.jsonl"
    if not path.exists():
        part = path.with_suffix(".part")
        with part.open("wb") as file:
            file.writelines(_lines(leads))
        os.replace(part, path)
    return path


def records(path: Path) -> Iterator[tuple[bytes | None, bytes]]:
    """(phone, record) of each lead."""
    with path.open("rb") as file:
        for line in file:
            at = line.index(b'"phone":"') + 9
            yield line[at : at + 11], line[:-1]


def expected(path: Path) -> Truth:
    """The plain computation: one dictionary, one lead after the other."""
    rows: dict[str, Row] = {}
    marks: list[Mark] = []
    for _, line in records(path):
        lead = decode_lead(line)
        rows[lead.phone], mark = decide(rows.get(lead.phone), lead)
        marks.append(mark)
    return truth_of(marks)


def truth_of(marks: list[Mark]) -> Truth:
    """What these outputs amount to."""
    digest = 0
    for one in marks:
        digest += zlib.crc32(f"{one.lead_id} {one.mark} {one.n} {one.unique_no}".encode())
    return Truth(dict(sorted(Counter(one.mark for one in marks).items())), digest)


def mark_of(value: bytes) -> Mark:
    """An output record."""
    return _mark(value)


def _lines(leads: int) -> Iterator[bytes]:
    rng = Random(_SEED)
    phones = max(1, int(leads * _PHONES))
    horizon = _DAYS * _DAY_S
    firsts = [rng.randrange(horizon) for _ in range(phones)]
    again = int(leads * _SAME_DAY)
    plan = [(at, phone) for phone, at in enumerate(firsts)]
    while len(plan) < leads - again:
        phone = rng.randrange(phones)
        at = firsts[phone] + rng.randrange(_WITHIN_DAYS * _DAY_S)
        if at < horizon:
            plan.append((at, phone))
    for _ in range(leads - len(plan)):
        at, phone = plan[rng.randrange(leads - again)]
        left = _DAY_S - at % _DAY_S
        plan.append((at + rng.randrange(left), phone))
    plan.sort()
    zone = timezone(timedelta(hours=8))
    day_of, day_text = -1, ""
    for number, (at, phone) in enumerate(plan):
        day, second = divmod(at, _DAY_S)
        if day != day_of:
            day_of, day_text = day, f"{datetime.fromtimestamp(_BEGIN + day * _DAY_S, UTC).astimezone(zone):%Y-%m-%d}"
        city, province = _CITIES[phone % len(_CITIES)]
        series, model = _SERIES[number % len(_SERIES)]
        yield (
            f'{{"lead_id":"L{number:09d}","channel":"{_CHANNELS[number % len(_CHANNELS)]}",'
            f'"submitted_at":"{day_text}T{second // 3600:02d}:{second // 60 % 60:02d}:{second % 60:02d}+08:00",'
            f'"name":"客户{phone % 997}","phone":"1{3_000_000_000 + phone * 7 % 5_000_000_000:010d}",'
            f'"city":"{city}","province":"{province}","store_id":"SH{phone % 300:03d}","series":"{series}",'
            f'"model":"{model}","campaign":"autumn_2026_new_car_launch_{number % 17}","intent":"{_INTENTS[number % 3]}",'
            f'"remark":"{_REMARKS[number % 3]}"}}\n'
        ).encode()
