"""`leadstream try`: one lead without effect, by the engine's own rules."""

from __future__ import annotations

import io
import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from face_shell import Shell
from plain_engine import PlainEngine

from leadstream.commands.try_lead import try_out
from leadstream.explain.trial import Trial
from operators.base.calendar import parse_ms
from operators.config.configuration import from_tables
from operators.intake.hints import BY_CODE
from state.database import Database

TOML = """
[channels.a]
name = "汽车之家"
consent = true
[channels.b]
required = ["city"]
[channels.t]
status = "TESTING"
consent = true
[stores.S1]
name = "上海浦东店"
[stores.S2]
opens = "00:00"
closes = "24:00"
[lines.main]
[lines.used]
required = ["level"]
"""
TABLES: dict[str, Any] = {
    "channels": {
        "a": {"name": "汽车之家", "consent": True},
        "b": {"required": ["city"]},
        "t": {"status": "TESTING", "consent": True},
    },
    "stores": {"S1": {"name": "上海浦东店"}, "S2": {"opens": "00:00", "closes": "24:00"}},
    "lines": {"main": {}, "used": {"required": ["level"]}},
}
NOON, NIGHT = "2026-03-02T12:00:00+08:00", "2026-03-02T21:30:00+08:00"
WALL = parse_ms("2026-03-05T10:00:00+08:00")


def lead(**more: Any) -> dict[str, Any]:
    record = {"channel": "a", "source_lead_id": "L1", "phone": "139-1234-5678", "store": "S1", "event_time": NOON}
    return {name: value for name, value in {**record, **more}.items() if value is not None}


Tried = Callable[..., dict[str, Any]]


@pytest.fixture
def tried(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Tried:
    """The document of a lead, judged on 5 March 2026 at ten."""
    (tmp_path / "own.toml").write_text(TOML, encoding="utf-8")

    def run(record: object, *, at_ms: int | None = None, reveal: bool = False) -> dict[str, Any]:
        given = record if isinstance(record, str) else json.dumps(record)
        try_out(given, config=tmp_path / "own.toml", at_ms=at_ms, as_json=True, reveal=reveal, wall_ms=WALL)
        found: dict[str, Any] = json.loads(capsys.readouterr().out)
        return found

    return run


def test_at_once(tried: Tried) -> None:
    found = tried(lead(name="萧飞", city="上海", remark="call me"))
    assert found["accepted"] and found["at"] == "2026-03-02T12:00:00.000+08:00" and found["realm"] == "live"
    (part,) = found["parts"]
    assert part["dispatched"] and part["conditions"] == part["ends"] == [] and part["status"] == "DISPATCHED"
    assert part["mark"] == "FIRST_TOUCH" and part["store_name"] == "上海浦东店"
    assert part["told"] == ["ARRIVAL", "RECEIPT"]
    assert part["score"] == 18 and part["grade"] == "C", "name 4, city 4, one touch 10: domain 9's weights"
    assert {one["factor"]: one["points"] for one in part["reasons"]} == {"interaction": 10.0, "city": 4.0, "name": 4.0}


@pytest.mark.parametrize(
    ("more", "conditions", "until", "ends"),
    [
        ({"event_time": NIGHT}, ["HOURS"], "2026-03-03T09:00", ["store S1 opens on 2026-03-03 09:00"]),
        ({"channel": "b", "city": "上海"}, ["CONSENT"], None, ["the customer's consent"]),
        ({"channel": "b", "consent": True}, ["FIELDS"], None, ["field city"]),
        ({"channel": "b"}, ["CONSENT", "FIELDS"], None, ["the customer's consent", "field city"]),
        ({"line": "used"}, ["FIELDS"], None, ["field level"]),
        ({"channel": "b", "line": "used", "consent": True}, ["FIELDS"], None, ["field level, city"]),
        ({"channel": "t"}, ["SHADOW"], None, ["nothing: test leads are never sent"]),
    ],
)
def test_what_it_would_wait_for_and_until_when(
    tried: Tried, more: dict[str, Any], conditions: list[str], until: str | None, ends: list[str]
) -> None:
    (part,) = tried(lead(**more))["parts"]
    assert (part["dispatched"], part["conditions"], part["ends"]) == (False, conditions, ends)
    assert (part["until"] or "")[:16] == (until or "")


def test_each_store_named_is_a_part(tried: Tried) -> None:
    parts = tried(lead(store=None, stores=["S1", "S2"], event_time=NIGHT))["parts"]
    assert [(part["store"], part["dispatched"]) for part in parts] == [("S1", False), ("S2", True)]


def test_the_record_is_shown_as_it_is_read_and_masked(tried: Tried) -> None:
    """Ruling 37: phones masked, names and free text absent; the OneID as `explain` shows it."""
    found = tried(
        lead(name="萧飞", remark="call", phone="+86 139 1234 5678", source_lead_id="X-13912345678", line=" main ")
    )
    assert found["lead"]["phone"] == "139****5678" and found["lead"]["name"] == found["lead"]["remark"] == "(given)"
    assert found["lead"]["source_lead_id"] == "X-139****5678" and found["lead"]["line"] == "main"
    assert found["lead"]["event_time"] == "2026-03-02T12:00:00.000+08:00" and found["lead"]["stores"] == ["S1"]
    assert len(found["one_id"]) == 24 and found["home"] == {"province": "江苏", "city": "常州市"}
    assert "13912345678" not in json.dumps(found) and "萧飞" not in json.dumps(found, ensure_ascii=False)
    clear = tried(lead(name="萧飞"), reveal=True)["lead"]
    assert (clear["phone"], clear["name"]) == ("13912345678", "萧飞")


def test_a_refused_lead_has_every_reason_with_its_hint(tried: Tried) -> None:
    found = tried({"channel": "a", "phone": "139", "event_time": NOON})
    assert not found["accepted"] and found["reasons"] == ["BAD_PHONE", "MISSING_FIELD"] and found["parts"] == []
    told = {(one["field"], one["code"]): one["hint"] for one in found["fields"]}
    assert told[("phone", "BAD_PHONE")] == BY_CODE["BAD_PHONE"] and ("source_lead_id", "MISSING_FIELD") in told
    assert tried("no json")["reasons"] == ["NOT_JSON"]


def test_what_is_dropped_or_odd_is_flagged(tried: Tried) -> None:
    found = tried(lead(phone="17012345678", gender=["x"]))
    assert {"VIRTUAL_OPERATOR", "FIELD_DROPPED"} <= set(found["flags"]) and found["accepted"]


@pytest.mark.parametrize(
    ("more", "at", "judged"),
    [
        ({}, None, "2026-03-02T12:00:00.000+08:00"),  # as of its own time
        ({"event_time": None}, None, "2026-03-05T10:00:00.000+08:00"),  # as of now
        ({"event_time": "2026-03-09T10:00:00+08:00"}, None, "2026-03-05T10:00:00.000+08:00"),
        ({}, "2026-03-02T13:00:00+08:00", "2026-03-02T13:00:00.000+08:00"),
    ],
)
def test_as_of_when(tried: Tried, more: dict[str, Any], at: str | None, judged: str) -> None:
    found = tried(lead(**more), at_ms=None if at is None else parse_ms(at))
    assert found["at"] == judged and not found["late"]
    assert ("FUTURE" in found["flags"]) is (more.get("event_time") == "2026-03-09T10:00:00+08:00")


def test_a_late_lead_goes_to_late(tried: Tried) -> None:
    """72 hours by default (domain 3): at the bound in time, a millisecond later late."""
    bound = parse_ms(NOON) + 72 * 3_600_000
    assert not tried(lead(), at_ms=bound)["late"]
    found = tried(lead(), at_ms=bound + 1)
    assert found["late"] and found["accepted"] and found["parts"] == []


def test_nothing_is_opened_or_written(tried: Tried, tmp_path: Path) -> None:
    before = sorted(tmp_path.rglob("*"))
    refuse = mock.Mock(side_effect=AssertionError("try has no state"))
    with mock.patch.object(Database, "__init__", refuse), mock.patch.object(tempfile, "mkdtemp", refuse):
        assert tried(lead())["parts"][0]["dispatched"]
    assert sorted(tmp_path.rglob("*")) == before


RECORDS = [
    lead(**more)
    for more in (
        {},
        {"event_time": NIGHT},
        {"event_time": NIGHT, "store": "S2", "intent": {"level": "LOW", "days_to_buy": 12}},
        {"channel": "b"},
        {"channel": "b", "city": "上海", "consent": True, "event_time": "2026-03-02T08:59:59.999+08:00"},
        {"line": "used", "intent": {"level": "HIGH"}},
        {"store": None},
        {"store": "X9"},
        {"stores": ["S1", "S2", "X9"]},
        {"phone": None, "landline": "021-58812345"},
        {"phone": "17012345678", "name": "萧飞", "series": "A6L", "model": "45", "event_time": NIGHT},
        {"channel": "t"},
        {"test": True, "event_time": NIGHT},
        {"consent": False},
    )
]


@pytest.mark.parametrize("record", RECORDS, ids=range(len(RECORDS)))
def test_it_says_what_a_run_does(record: dict[str, Any]) -> None:
    """The same lead through the engine: one truth, not two."""
    configuration = from_tables(TABLES, environ={})
    engine = PlainEngine(configuration)
    engine.run({"raw_leads": ("raw_lead", [(1, json.dumps(record).encode())])})
    trial = Trial(configuration)
    document = trial.document(trial.read(json.dumps(record).encode(), WALL))
    states = {one["store"]: one for one in engine.outputs["unique_leads"]}
    assert {part["store"] for part in document["parts"]} == set(states)
    held = {one["store"]: one for one in engine.outputs["holds"]}
    sent = {one["store"] for one in engine.outputs["dispatches"]}
    for part in document["parts"]:
        state, hold = states[part["store"]], held.get(part["store"])
        assert (part["status"], part["score"], part["grade"]) == (state["status"], state["score"], state["grade"])
        assert part["dispatched"] is (part["store"] in sent)
        assert part["conditions"] == ([] if hold is None else hold["conditions"])
        assert part["until"] == (None if hold is None else hold["until"])
        assert part["unique_id"].split(".")[1:] == state["unique_id"].split(".")[1:]


def test_for_people(tmp_path: Path, checkout: Path) -> None:
    shell = Shell(tmp_path, checkout)
    (tmp_path / "own.toml").write_text(TOML, encoding="utf-8")
    said = shell.call("try", json.dumps(lead(event_time=NIGHT)), "--config", "own.toml").stdout
    assert "Judged as of 2026-03-02 21:30:00" in said and "phone: 139****5678" in said
    assert "Score (评分): 10, grade C.\n" in said and "interaction" in said
    assert (
        "It would wait for HOURS until 2026-03-03 09:00:00. What would end it:\n    store S1 opens on 2026-03-03 09:00"
        in said
    )
    assert said.endswith("Nothing was written, sent or kept.\n")
    sent = shell.call("try", json.dumps(lead()), "--config", "own.toml").stdout
    assert "It would be dispatched (派单) at once." in sent
    late = shell.call("try", json.dumps(lead()), "--config", "own.toml", "--at", "2026-03-09T12:00:00+08:00").stdout
    assert "Late: it is more than 72 h older" in late
    refused = shell.call("try", '{"channel": "zz"}', "--config", "own.toml").stdout
    assert "refused with MISSING_FIELD, NO_CONTACT, UNKNOWN_CHANNEL" in refused


def test_from_stdin_and_other_records(tmp_path: Path, checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shell = Shell(tmp_path, checkout)
    (tmp_path / "own.toml").write_text(TOML, encoding="utf-8")
    body = io.BytesIO(b"\n" + json.dumps(lead()).encode() + b"\n")
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(body))
    found = json.loads(shell.call("try", "-", "--config", "own.toml", "--json").stdout)
    assert found["parts"][0]["dispatched"]
    other = shell.call("try", '{"type": "activity"}', code=2).stderr
    assert "a record of type activity" in other
    assert "--at" in shell.call("try", "{}", "--at", "noon", code=2).stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("",), "the text is empty"),
        (("{}", "--at", "1969-01-01T00:00:00+08:00"), "--at lies before 2010-01-01"),
    ],
    ids=["nothing", "a time that nobody believes"],
)
def test_what_cannot_be_tried_is_said(shell: Shell, arguments: tuple[str, ...], words: str) -> None:
    assert words in shell.run("try", *arguments, code=2).stderr
