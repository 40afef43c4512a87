"""The doors: who may send, what is refused with field and hint, what is taken and said to be refused later."""

import json
import socket
from types import SimpleNamespace

import pytest
from gateway_doors import NOW_MS, SECRET, Doors, signature_of

from connectors.gateway import gateway as shared
from connectors.gateway.rates import Rates
from connectors.gateway.refusal import DoorRefused
from connectors.gateway.server import listen_on
from state import errors, limits

LEADS = "/v1/channels/web/leads"
LEAD = {
    "source_lead_id": "A1",
    "phone": "13912345678",
    "event_time": "2026-03-12T15:00:00+08:00",
    "store": "S1",
    "name": "王小明",
}


@pytest.fixture
def doors():
    return Doors()


def test_a_lead_is_answered_when_it_is_durable(doors):
    answer = doors.send(LEADS, LEAD)
    assert answer.status_code == 202
    assert answer.json() == {
        "accepted": 1,
        "refused": 0,
        "items": [{"index": 0, "status": "accepted", "source_lead_id": "A1", "faults": []}],
    }
    (kept,) = doors.kept()
    assert kept == {**LEAD, "channel": "web", "type": "raw_lead", "ingest_time": "2026-03-12T07:20:00+00:00"}
    assert doors.durable.keys == [b"web/A1"]


def test_each_lead_of_a_batch_has_an_answer_of_its_own(doors):
    batch = [LEAD, {**LEAD, "source_lead_id": "A2", "channel": "try"}, 7, {**LEAD, "source_lead_id": "A3"}]
    answer = doors.send(LEADS, batch)
    assert answer.status_code == 207
    said = answer.json()
    assert (said["accepted"], said["refused"]) == (2, 2)
    assert [item["status"] for item in said["items"]] == ["accepted", "refused", "refused", "accepted"]
    assert said["items"][1]["faults"][0]["field"] == "channel"
    assert said["items"][2]["faults"][0]["code"] == "NOT_JSON"
    assert [lead["source_lead_id"] for lead in doors.kept()] == ["A1", "A3"]


def test_nothing_but_refused_leads_is_422(doors):
    assert doors.send(LEADS, [{**LEAD, "type": "command"}]).status_code == 422
    assert doors.kept() == []


@pytest.mark.parametrize(
    ("change", "codes"),
    [
        ({"phone": "1391234"}, ["BAD_PHONE"]),
        ({"phone": None}, ["NO_CONTACT"]),
        ({"source_lead_id": None}, ["MISSING_FIELD"]),
        ({"event_time": "yesterday"}, ["BAD_TIME"]),
        ({"event_time": "yesterday", "phone": ""}, ["BAD_TIME", "NO_CONTACT"]),
    ],
)
def test_what_the_engine_would_refuse_is_taken_and_said(doors, change, codes):
    """One rule: a lead is not lost at the door that a mended rule would take."""
    answer = doors.send(LEADS, {**LEAD, **change})
    assert answer.status_code == 202
    (item,) = answer.json()["items"]
    assert item["status"] == "accepted"
    assert [fault["code"] for fault in item["faults"]] == codes
    assert all(fault["hint"].endswith(".") for fault in item["faults"])
    assert len(doors.kept()) == 1


@pytest.mark.parametrize("kind", ["command", "activity", "verdict", "RAW_LEAD", 5, {"a": 1}])
def test_another_type_does_not_come_in_through_the_door_of_leads(doors, kind):
    """A channel's secret must not let in a command that forgets a customer."""
    answer = doors.send(LEADS, {**LEAD, "type": kind})
    assert answer.status_code == 422 and answer.json()["items"][0]["faults"][0]["field"] == "type"
    body = b'{"type":"raw_lead","\\u0074ype":"command","command_id":"1","kind":"FORGET","phone":"13912345678"}'
    assert doors.send(LEADS, body).status_code == 422
    assert doors.kept() == []


@pytest.mark.parametrize(
    "literal", [b"1.39E+10", b"1.3912345678E+10", b"13912345678.0", b"13912345678", b"-13912345678"]
)
def test_a_value_is_passed_on_as_it_was_written(doors, literal):
    """A number is read from its literal (ruling 79): a float would turn 1.39E+10 into a whole number."""
    assert doors.send(LEADS, b'{"source_lead_id":"A1",\n "phone": ' + literal + b"\n}\n").status_code == 202
    (line,) = doors.durable.lines
    assert b'"phone":' + literal + b"," in line.replace(b" ", b"") and b"\n" not in line


def test_a_pretty_printed_lead_is_one_line_and_what_is_in_strings_stays(doors):
    lead = {**LEAD, "remark": "first\nsecond\r\n\t“third”", "extra": {"a": [1, {"b": "x\ny"}]}}
    assert doors.send(LEADS, json.dumps(lead, indent=2, ensure_ascii=False).encode()).status_code == 202
    assert b"\n" not in doors.durable.lines[0] and b"\r" not in doors.durable.lines[0]
    assert {key: doors.kept()[0][key] for key in lead} == lead


@pytest.mark.parametrize(
    "body",
    [b"", b" \n", b"{", b"[1,", b'"text"', b"7", b"null", b"[]", b"\xff\xfe", '{"name":"王"}'.encode("gb18030"), b'{"a":NaN}',
     b"[" * 100_000, b'{"a":' * 100_000],
)  # fmt: skip
def test_what_is_no_json_is_refused_with_a_sentence(doors, body):
    answer = doors.send(LEADS, body)
    assert answer.status_code == 400
    assert answer.json()["code"] == "NOT_JSON" and answer.json()["action"].endswith(".")


def test_where_json_breaks_is_said(doors):
    assert "it breaks at byte 7." in doors.send(LEADS, b'{"a":1,}').json()["message"]


def test_a_byte_order_mark_is_no_content(doors):
    assert doors.send(LEADS, b"\xef\xbb\xbf" + json.dumps(LEAD).encode()).status_code == 202


@pytest.mark.parametrize("half", [rb"\ud83d", rb"\uDE00", rb"\ud83d\n", rb"\ud83d\ud83d\ude00", rb"\\\ud83d"])
def test_half_a_character_costs_no_lead(doors, half):
    """Text that was cut within an emoji; the record has it as it was sent (ruling 77)."""
    body = b'{"source_lead_id":"A1","phone":"13912345678","name":"x' + half + b'"}'
    answer = doors.send(LEADS, b"[" + body + b',{"source_lead_id":"A2","phone":"13912345679"}]')
    assert (answer.status_code, answer.json()["accepted"]) == (202, 2)
    assert b'"x' + half + b'"' in doors.durable.lines[0]
    assert doors.send(LEADS, body).status_code == 202


def test_half_a_character_in_an_id_is_told_and_kept(doors):
    answer = doors.send(LEADS, rb'{"source_lead_id":"A\ud800","phone":"13912345678"}')
    (item,) = answer.json()["items"]
    assert (answer.status_code, item["source_lead_id"], item["faults"][0]["code"]) == (202, "A?", "BAD_FIELD")
    assert rb'"A\ud800"' in doors.durable.lines[0]


def test_an_escaped_backslash_begins_no_half(doors):
    assert doors.send(LEADS, rb'{"source_lead_id":"A1","phone":"13912345678","name":"\\ud800"}').status_code == 202
    assert rb'"\\ud800"' in doors.durable.lines[0]


# --- channels


@pytest.mark.parametrize(
    ("channel", "status", "code"), [("none", 404, "UNKNOWN_CHANNEL"), ("off", 403, "CHANNEL_NOT_LIVE")]
)
def test_a_channel_that_is_not_taken(doors, channel, status, code):
    answer = doors.send(f"/v1/channels/{channel}/leads", LEAD)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_a_testing_channel_is_taken(doors):
    assert doors.send("/v1/channels/try/leads", LEAD).status_code == 202


# --- signatures


def test_any_of_several_secrets_signs():
    doors = Doors(environ={"LEADSTREAM_CHANNEL_WEB": "old secret\nnew secret\n"})
    assert doors.send(LEADS, LEAD, secret="old secret").status_code == 202
    assert doors.send(LEADS, LEAD, secret="new secret").status_code == 202
    assert doors.send(LEADS, LEAD, secret="old secret\nnew secret").status_code == 401


def test_a_secret_may_stand_in_a_file(tmp_path):
    (tmp_path / "secret").write_text("of the file\n", encoding="utf-8")
    doors = Doors(environ={"LEADSTREAM_CHANNEL_WEB_FILE": str(tmp_path / "secret")})
    assert doors.send(LEADS, LEAD, secret="of the file").status_code == 202
    assert doors.send(LEADS, LEAD).status_code == 401


@pytest.mark.parametrize(
    ("off_s", "status"),
    [(0, 202), (limits.SIGNATURE_WINDOW_S, 202), (-limits.SIGNATURE_WINDOW_S, 202),
     (limits.SIGNATURE_WINDOW_S + 1, 401), (-limits.SIGNATURE_WINDOW_S - 1, 401)],
)  # fmt: skip
def test_the_window_of_the_time_stamp(doors, off_s, status):
    assert doors.send(LEADS, LEAD, at_ms=NOW_MS + off_s * 1000).status_code == status


def test_what_is_signed_cannot_be_changed(doors):
    body = json.dumps(LEAD).encode()
    headers = signature_of(SECRET, LEADS, body, NOW_MS)
    assert doors.ask("POST", LEADS, body, **headers).status_code == 202
    assert doors.ask("POST", LEADS, body + b" ", **headers).status_code == 401
    assert doors.ask("POST", LEADS + "?a=1", body, **headers).status_code == 401
    assert (
        doors.ask("POST", LEADS, body, **{**headers, "X-Leadstream-Timestamp": str(NOW_MS // 1000 + 1)}).status_code
        == 401
    )
    for missing in headers:
        rest = {name: value for name, value in headers.items() if name != missing}
        assert doors.ask("POST", LEADS, body, **rest).status_code == 401
    for stamp in ("", "now", "1773300000.0", "-1", "９", "1" * 30):
        answer = doors.ask("POST", LEADS, body, **{**headers, "X-Leadstream-Timestamp": stamp.encode()})
        assert answer.status_code == 401
    assert len(doors.kept()) == 1


def test_a_signature_of_one_channel_is_none_of_another():
    doors = Doors(environ={"LEADSTREAM_CHANNEL_WEB": SECRET, "LEADSTREAM_CHANNEL_TRY": SECRET})
    body = json.dumps(LEAD).encode()
    headers = signature_of(SECRET, LEADS, body, NOW_MS)
    assert doors.ask("POST", "/v1/channels/try/leads", body, **headers).status_code == 401


def test_a_channel_without_a_secret_takes_nothing_unless_that_was_asked_for():
    shut = Doors(unsigned=False)
    answer = shut.ask("POST", "/v1/channels/try/leads", json.dumps(LEAD).encode())
    assert answer.status_code == 401 and "LEADSTREAM_CHANNEL_TRY" in answer.json()["action"]
    assert shut.gateway.without_secret() == ["off", "slow", "small", "try"]
    assert Doors().ask("POST", "/v1/channels/try/leads", json.dumps(LEAD).encode()).status_code == 202
    assert Doors().ask("POST", LEADS, json.dumps(LEAD).encode()).status_code == 401, (
        "a channel with a secret is signed for"
    )


def test_no_secret_is_shown(doors):
    shown = repr(doors.gateway) + repr(doors.gateway._secrets) + doors.send(LEADS, LEAD, secret="wrong").text
    assert SECRET not in shown


# --- sizes and rates


def test_a_body_beyond_the_channels_limit_is_413(doors):
    assert doors.send("/v1/channels/small/leads", {**LEAD, "remark": "x" * 300}).status_code == 413
    assert doors.send("/v1/channels/small/leads", LEAD).status_code == 202


def test_a_body_without_a_length_is_stopped_at_the_limit(doors):
    async def pieces():
        for _ in range(10):
            yield b" " * 100

    answer = doors.ask("POST", "/v1/channels/small/leads", pieces())
    assert answer.status_code == 413
    assert doors.gateway.bodies.taken == 0


def test_one_lead_too_large_does_not_cost_the_others(doors):
    answer = doors.send(LEADS, [LEAD, {**LEAD, "remark": "x" * limits.RECORD_BYTES}])
    assert [item["status"] for item in answer.json()["items"]] == ["accepted", "refused"]
    assert answer.json()["items"][1]["faults"][0]["code"] == "TOO_LARGE"


def test_more_leads_than_a_request_may_hold(doors, monkeypatch):
    monkeypatch.setattr(limits, "GATEWAY_BATCH", 2)
    assert doors.send(LEADS, [LEAD] * 3).status_code == 413
    assert doors.kept() == []


def test_bodies_in_memory_are_bounded(doors):
    doors.gateway.bodies.most = 10
    answer = doors.send(LEADS, LEAD)
    assert answer.status_code == 429 and int(answer.headers["Retry-After"]) >= 1
    assert doors.gateway.bodies.taken == 0


def test_a_channels_rate_is_its_own(doors):
    slow = "/v1/channels/slow/leads"
    assert [doors.send(slow, LEAD).status_code for _ in range(3)] == [202] * 3
    answer = doors.send(slow, LEAD)
    assert answer.status_code == 429
    assert 1 <= int(answer.headers["Retry-After"]) <= 60
    assert doors.send(LEADS, LEAD).status_code == 202
    assert doors.send(slow, [LEAD] * 4).status_code == 413, "a batch that never fits is not sent again for ever"


def test_a_channel_may_send_again_after_the_seconds_that_it_was_told():
    """Ten leads a minute: ten at once, then one each six seconds; what is asked for later is there later."""
    seconds = [0.0]
    rates = Rates(10, {"big": 600}, lambda: seconds[0])
    for _ in range(10):
        rates.take("web", 1)
    for leads, wait in ((1, 6), (5, 30), (10, 60)):
        with pytest.raises(DoorRefused) as refused:
            rates.take("web", leads)
        assert (refused.value.status, refused.value.retry_after_s) == (429, wait)
    seconds[0] = 29.9
    with pytest.raises(DoorRefused):
        rates.take("web", 5)
    seconds[0] = 30.0
    rates.take("web", 5)
    seconds[0] = 1e6
    rates.take("web", 10)
    with pytest.raises(DoorRefused):
        rates.take("web", 1)
    rates.take("big", 600)


def test_who_is_not_signed_takes_nothing_of_the_rate():
    doors = Doors(environ={"LEADSTREAM_CHANNEL_SLOW": SECRET})
    slow = "/v1/channels/slow/leads"
    assert [doors.send(slow, LEAD, secret="wrong").status_code for _ in range(9)] == [401] * 9
    assert doors.send(slow, LEAD).status_code == 202


# --- behind, and faults


def test_a_full_queue_is_429_with_retry_after(doors):
    doors.durable.full = True
    answer = doors.send(LEADS, LEAD)
    assert answer.status_code == 429 and int(answer.headers["Retry-After"]) >= 1
    doors.durable.full = False
    assert doors.send(LEADS, LEAD).status_code == 202
    assert 'leads_total{channel="web",outcome="not_kept"} 1.0' in doors.ask("GET", "/metrics").text


def test_a_slow_disk_is_429_with_retry_after(doors, monkeypatch):
    monkeypatch.setattr(shared.limits, "GATEWAY_WAIT_S", 0)
    doors.durable.hold = True
    answer = doors.send(LEADS, LEAD)
    assert answer.status_code == 429 and int(answer.headers["Retry-After"]) >= 1


def test_a_fault_of_the_disk_is_503_and_tells_the_sender_nothing_of_it(doors):
    doors.durable.error = errors.DiskFault("The disk is full: writing /secret/place failed.", "Free space.")
    answer = doors.send(LEADS, LEAD)
    assert answer.status_code == 503 and "Retry-After" in answer.headers
    assert "/secret/place" not in answer.text


def test_health_and_readiness(doors):
    assert doors.ask("GET", "/healthz").text == "alive\n"
    assert doors.ask("GET", "/ready").status_code == 200
    doors.durable.ended = errors.DiskFault("The disk failed.", "Check it.")
    assert doors.ask("GET", "/ready").status_code == 503
    assert "leadstream_gateway_up 0.0" in doors.ask("GET", "/metrics").text


def test_metrics_count_by_channel_and_name_no_path_that_somebody_typed(doors):
    doors.send(LEADS, [LEAD, {**LEAD, "type": "command"}, {**LEAD, "phone": "1391234"}])
    doors.ask("GET", "/13912345678")
    page = doors.ask("GET", "/metrics").text
    assert 'leadstream_gateway_leads_total{channel="web",outcome="acknowledged"} 2.0' in page
    assert 'leadstream_gateway_leads_total{channel="web",outcome="refused"} 1.0' in page
    assert 'leadstream_gateway_later_refused_total{channel="web",code="BAD_PHONE"} 1.0' in page
    assert 'leadstream_gateway_requests_total{door="/v1/channels/{code}/leads",status="207"} 1.0' in page
    assert 'leadstream_gateway_requests_total{door="unknown",status="404"} 1.0' in page
    assert "13912345678" not in page


def test_an_error_that_nobody_foresees_says_nothing_of_the_lead(doors, monkeypatch, caplog):
    def broken(*_):
        raise RuntimeError("王小明 13912345678")

    monkeypatch.setattr(doors.gateway, "keep", broken)
    answer = doors.send(LEADS, LEAD)
    assert answer.status_code == 500 and answer.json()["code"] == "INTERNAL"
    assert "13912345678" not in answer.text + caplog.text and "王小明" not in answer.text + caplog.text


def test_a_large_batch_within_the_limits_is_taken(doors):
    """The framework has a limit of its own for bodies, which must not be below ours."""
    batch = [{**LEAD, "source_lead_id": f"A{number}", "remark": "x" * 3000} for number in range(1000)]
    assert doors.send(LEADS, batch).status_code == 202
    assert len(doors.kept()) == 1000


def test_answers_do_not_wait_for_the_senders_acknowledgement():
    """asyncio turns Nagle's algorithm off for sockets that name TCP as their protocol, and for no others."""
    with listen_on("127.0.0.1", 0) as listening:
        assert listening.proto == socket.IPPROTO_TCP


def test_nothing_is_sent_to_a_collector_that_the_environment_names(doors):
    telemetry = getattr(doors.app._others, "_telemetry", None)
    if telemetry is None:
        pytest.skip("this version of the framework has no telemetry")
    assert not any(telemetry[name] for name in ("tracing", "metrics", "logs", "auto_configure"))


# --- feeds


class FakeFeed:
    code = "flying"
    secret_env = "LEADSTREAM_FEED_FLYING"

    def read(self, body, headers, secrets, now):
        if headers.get("x-token") not in secrets:
            refused = errors.Refused("The header X-Token is wrong.", "Send the right one.")
            refused.status = 401
            raise refused
        leads = [{"channel": "web", "source_lead_id": text} for text in body.decode().split()]
        reply = SimpleNamespace(status=200, content_type="text/plain", body=b"success")
        return SimpleNamespace(leads=leads, lines=[json.dumps(lead).encode() for lead in leads], reply=reply, notes=[])


@pytest.fixture
def feeds():
    environ = {"LEADSTREAM_FEED_FLYING": "one\ntwo", "LEADSTREAM_FEED_FLYING_VERIFY": "token"}
    return Doors(environ=environ, more={"feeds": {"flying": FakeFeed()}})


def test_a_webhook_is_answered_as_its_channel_expects_when_its_leads_are_durable(feeds):
    answer = feeds.ask("POST", "/v1/feeds/flying", b"A1 A2", **{"X-Token": "two"})
    assert (answer.status_code, answer.text) == (200, "success")
    assert [lead["source_lead_id"] for lead in feeds.kept()] == ["A1", "A2"]
    feeds.durable.full = True
    assert feeds.ask("POST", "/v1/feeds/flying", b"A3", **{"X-Token": "two"}).status_code == 429
    assert feeds.ask("POST", "/v1/feeds/flying", b"A3", **{"X-Token": "three"}).status_code == 401
    assert feeds.ask("POST", "/v1/feeds/other", b"A3").status_code == 404


def test_a_webhooks_address_is_verified_by_its_token(feeds):
    ask = "/v1/feeds/flying?hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token="
    assert feeds.ask("GET", ask + "token").text == "1158201444"
    assert feeds.ask("GET", ask + "one").status_code == 401
    assert feeds.ask("GET", ask).status_code == 401


def test_a_path_that_is_none(doors):
    assert doors.ask("GET", "/").status_code == 404
    assert doors.ask("GET", LEADS).status_code == 405
    assert doors.ask("GET", "/").json()["action"].endswith(".")
