"""A sheet through its door: the rules of the import, every row's fate in the answer, nothing answered before it is durable."""

import asyncio
import json
import tempfile
from pathlib import Path
from urllib.parse import quote

import pytest
from gateway_doors import SECRET, TABLES, Doors, signature_of
from sheets import Sheet, xlsx

from connectors.gateway import bodies
from state import errors, limits

PATH = "/v1/imports?channel=web&name=leads.csv"
FEEDS = {
    "site": {
        "fields": {"phone": "客户号码", "source_lead_id": "编码", "event_time": "何时"},
        "time": {"zone": "UTC", "formats": ["%d/%m/%Y %H:%M"]},
    }
}


@pytest.fixture
def doors():
    return Doors()


@pytest.fixture(autouse=True)
def no_file_is_left(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    yield
    assert not list(tmp_path.glob("leadstream-*"))


def test_a_sheet_is_answered_row_by_row_when_it_is_durable(doors):
    text = (
        "手机号,姓名,提交时间,线索编号\n"
        "13912345678,张三,2026-03-12 10:15,A1\n"
        "1391234,李四,2026-03-12 10:16,A2\n"
        ",,,\n"
        "13912345678,张三,2026-03-12 10:15,A1\n"
    )
    answer = doors.send(PATH, text.encode("gb18030"))
    said = answer.json()
    assert answer.status_code == 207
    assert {name: said[name] for name in ("accepted", "refused", "repeated", "blank", "rows_left_off")} == {
        "accepted": 1, "refused": 1, "repeated": 1, "blank": 1, "rows_left_off": 0,
    }  # fmt: skip
    assert [(row["row"], row["fate"]) for row in said["rows"]] == [
        (2, "imported"), (3, "refused"), (4, "blank"), (5, "repeated"),
    ]  # fmt: skip
    assert (said["rows"][1]["code"], said["rows"][1]["field"], said["rows"][1]["id"]) == ("BAD_PHONE", "phone", "A2")
    assert [(one["code"], one["count"]) for one in said["reasons"]] == [("BAD_PHONE", 1)]
    assert "张三" not in answer.text and "139" not in answer.text
    (lead,) = doors.kept()
    assert (lead["channel"], lead["phone"], lead["event_time"]) == (
        "web",
        "13912345678",
        "2026-03-12T10:15:00.000+08:00",
    )
    assert doors.durable.keys == [b"web/A1"]
    page = doors.ask("GET", "/metrics").text
    assert 'leads_total{channel="web",outcome="acknowledged"} 1.0' in page
    assert 'leads_total{channel="web",outcome="refused"} 1.0' in page


def test_the_same_sheet_twice_has_the_same_ids(doors):
    """What is sent again is a replay to the engine, also where rows have no id of their own (ruling 11)."""
    for _ in range(2):
        assert doors.send(PATH, "手机号\n13912345678\n".encode()).status_code == 202
    first, second = doors.kept()
    assert first["source_lead_id"] == second["source_lead_id"]


def test_a_workbook_and_one_of_its_sheets(doors, tmp_path):
    book = xlsx(tmp_path / "x.xlsx", Sheet("一", [["手机号"], [13912345678]]), Sheet("二", [["手机号"], [13912345679]]))
    assert doors.send(PATH, book.read_bytes()).json()["accepted"] == 2
    answer = doors.send(f"{PATH}&sheet={quote('二')}", book.read_bytes())
    assert (answer.json()["accepted"], answer.json()["rows"][0]["sheet"]) == (1, "二")


def test_json_lines_and_a_mapping_of_the_configuration():
    doors = Doors(tables={**TABLES, "feeds": FEEDS})
    lines = [
        {"客户号码": "13912345678", "编码": "A1", "何时": "12/03/2026 02:15"},
        {"客户号码": "1", "编码": "A2"},
    ]
    body = "\n".join(json.dumps(line) for line in lines).encode()
    answer = doors.send("/v1/imports?channel=web&name=a.jsonl&mapping=site", body)
    assert (answer.status_code, answer.json()["refused"]) == (207, 1)
    assert doors.kept()[0]["event_time"] == "2026-03-12T02:15:00+00:00"
    answer = doors.send("/v1/imports?channel=web&mapping=sit", body)
    assert answer.status_code == 400 and "did you mean site?" in answer.json()["message"]


@pytest.mark.parametrize(
    "row",
    [
        {"phone": "13912345678", "channel": "try"},
        {"phone": "13912345678", "渠道": "try"},
        {"phone": "13912345678", "channel": "web​"},
        {"phone": "13912345678", "type": "activity", "kind": "CALL"},
        {"type": "command", "kind": "FORGET", "command_id": "1", "phone": "13912345678"},
        {"type": "Command", "kind": "FORGET", "command_id": "1", "phone": "13912345678"},
    ],
)
def test_another_channel_or_type_does_not_come_in_through_a_sheet(doors, row):
    """One channel's secret lets in neither another's leads nor a command."""
    answer = doors.send("/v1/imports?channel=web&name=x.jsonl", json.dumps(row).encode())
    assert (answer.status_code, answer.json()["refused"]) == (422, 1)
    assert answer.json()["rows"][0]["hint"].endswith(".")
    assert doors.kept() == []


@pytest.mark.parametrize("body", [b"", b"a,b\n1,2\n", b"PK\x03\x04", b"%PDF-1.7", b"<html></html>", b"\x1f\x8b\x08"])
def test_what_is_no_sheet_is_refused_with_a_sentence_and_without_our_path(doors, body, tmp_path):
    answer = doors.send(PATH, body)
    said = answer.json()
    assert (answer.status_code, said["code"]) == (400, "SHEET_REFUSED")
    assert "leads.csv" in said["message"] and said["action"].endswith(".")
    assert str(tmp_path) not in answer.text


def test_who_may_send_and_how_much(doors, monkeypatch):
    body = "手机号\n13912345678\n".encode()
    assert doors.send(PATH, body, secret="wrong").status_code == 401
    assert doors.send(PATH.replace("web", "off"), body).status_code == 403
    assert doors.send(PATH.replace("web", "none"), body).status_code == 404
    headers = signature_of(SECRET, PATH, body, doors.now_ms)
    assert doors.ask("POST", PATH + "&account=x", body, **headers).status_code == 401, "the query is signed too"
    answer = doors.send("/v1/imports", body)
    assert answer.status_code == 400 and "channel" in answer.json()["message"]
    monkeypatch.setattr(limits, "GATEWAY_IMPORT_BYTES", 10)
    assert doors.send(PATH, body).status_code == 413
    assert doors.kept() == []


def test_more_sheets_than_there_is_room_for_are_429(doors):
    body = "手机号\n13912345678\n".encode()
    doors.gateway.files.most = 5
    answer = doors.send(PATH, body)
    assert answer.status_code == 429 and int(answer.headers["Retry-After"]) >= 1
    doors.gateway.files.most = 1000
    assert doors.send(PATH, body).status_code == 202 and doors.gateway.files.taken == 0


def test_a_sheet_waits_its_turn_and_not_for_ever(doors, monkeypatch):
    monkeypatch.setattr(limits, "GATEWAY_WAIT_S", 0)
    doors.gateway._reading = asyncio.Semaphore(0)
    answer = doors.send(PATH, "手机号\n13912345678\n".encode())
    assert answer.status_code == 429 and "Retry-After" in answer.headers


def test_leads_that_do_not_become_durable_are_not_acknowledged(doors):
    doors.durable.error = errors.DiskFault("The disk is full: /secret/place.", "Free space.")
    answer = doors.send(PATH, "手机号\n13912345678\n".encode())
    assert answer.status_code == 503 and "/secret/place" not in answer.text
    doors.durable.error, doors.durable.full = None, True
    assert doors.send(PATH, "手机号\n13912345678\n".encode()).status_code == 429


def test_a_full_disk_for_temporary_files_is_503(doors, monkeypatch):
    def full(**_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(bodies.tempfile, "NamedTemporaryFile", full)
    answer = doors.send(PATH, b"x")
    assert answer.status_code == 503 and "Retry-After" in answer.headers


def test_of_many_rows_those_that_are_no_leads_are_listed_first(doors, monkeypatch):
    monkeypatch.setattr(limits, "GATEWAY_IMPORT_ROWS", 4)
    rows = [f"1391234567{n}" for n in range(5)] + ["1", "2"] + [f"1381234567{n}" for n in range(3)]
    said = doors.send(PATH, ("手机号\n" + "\n".join(rows) + "\n").encode()).json()
    assert (said["accepted"], said["refused"], said["rows_left_off"]) == (8, 2, 6)
    assert [(row["row"], row["fate"]) for row in said["rows"]] == [
        (2, "imported"), (3, "imported"), (7, "refused"), (8, "refused"),
    ]  # fmt: skip


def test_a_sheet_of_many_rows_is_given_in_slices(doors):
    text = "手机号\n" + "".join(f"139{n:08d}\n" for n in range(5000))
    assert doors.send(PATH, text.encode()).json()["accepted"] == 5000
    assert len(doors.kept()) == 5000


def test_the_file_is_for_its_owner_alone(doors, monkeypatch):
    seen = []
    read = doors.gateway._sheets.read

    def look(path: Path, *rest: object) -> object:
        seen.append(path.stat().st_mode & 0o777)
        return read(path, *rest)

    monkeypatch.setattr(doors.gateway._sheets, "read", look)
    doors.send(PATH, "手机号\n13912345678\n".encode())
    assert seen == [0o600]
