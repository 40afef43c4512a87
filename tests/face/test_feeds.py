"""`leadstream feeds` and `leadstream pull` as a user types them."""

import json
from pathlib import Path

import pytest
from face_shell import Shell
from small_server import answering

from leadstream.explain.masked import masked_lead
from operators.intake.hints import BY_CODE

OWN = """
[channels.site]
name = "官网"
consent = true

[channels.trial]
status = "TESTING"

[channels.oceanengine]
status = "SUSPENDED"

[feeds.site]
title = "Own site"
leads = "items"

[feeds.site.fields]
source_lead_id = "id"
phone = "tel"
name = "who"
event_time = "at"
store = "dealer"
"""


@pytest.fixture
def shell(tmp_path: Path, checkout: Path) -> Shell:
    (tmp_path / "own.toml").write_text(OWN, encoding="utf-8")
    lead = {"id": "S1", "tel": "13912345678", "who": "张三", "at": "2026-03-02T10:15:00+08:00", "dealer": "SH001"}
    other = {"id": "S2-139 1234 5678", "tel": "12"}
    (tmp_path / "sample.json").write_text(json.dumps({"items": [lead, other]}), encoding="utf-8")
    return Shell(tmp_path, checkout)


def test_the_list_shows_channels_with_their_life_cycle_and_feeds(shell: Shell) -> None:
    said = shell.call("feeds", "list", "--config", "own.toml", "--json")
    listed = json.loads(said.stdout)
    assert [(one["channel"], one["status"], one["feed"]) for one in listed["channels"]] == [
        ("site", "LIVE", "site"),
        ("trial", "TESTING", None),
        ("oceanengine", "SUSPENDED", "feiyu"),
    ]
    feeds = {one["feed"]: one for one in listed["feeds"]}
    assert feeds["site"]["registered"] and not feeds["google"]["registered"] and len(feeds) == 11
    assert not feeds["site"]["secret"] and feeds["site"]["secret_env"] == "LEADSTREAM_FEED_SITE"
    assert [one["secret"] for one in listed["channels"]] == [False] * 3
    shown = shell.call("feeds", "list", "--config", "own.toml", LEADSTREAM_FEED_SITE="s3cret").stdout
    assert "nothing from 1 channels that have no secret: set LEADSTREAM_CHANNEL_TRIAL" in shown
    secret = {"LEADSTREAM_CHANNEL_TRIAL": "t0p"}
    said = shell.call("feeds", "list", "--config", "own.toml", **secret).stdout
    assert "have no secret" not in said and "LEADSTREAM_CHANNEL_TRIAL" in said and "t0p" not in said
    assert "TESTING" in shown and "巨量引擎 飞鱼" in shown and "s3cret" not in shown


def test_a_sample_shows_what_it_becomes_and_what_validation_says(shell: Shell) -> None:
    said = json.loads(shell.call("feeds", "try", "site", "sample.json", "--config", "own.toml", "--json").stdout)
    first, second = said["leads"]
    assert first["accepted"] and first["missing"] == []
    assert first["lead"]["phone"] == "139****5678" and first["lead"]["name"] == "(given)"
    assert first["home"] == {"province": "江苏", "city": "常州市"} and second["home"] is None
    assert second["hints"] == [BY_CODE["BAD_PHONE"]] and first["hints"] == []
    assert second["reasons"] == ["BAD_PHONE"] and second["missing"] == ["event_time", "name", "store"]
    assert second["lead"]["source_lead_id"] == "S2-139****5678"


def test_nothing_of_the_customer_is_shown_unless_it_is_asked_for(shell: Shell) -> None:
    shown = shell.call("feeds", "try", "site", "sample.json", "--config", "own.toml").stdout
    assert "13912345678" not in shown and "张三" not in shown and "Nothing was sent or kept." in shown
    revealed = shell.call("feeds", "try", "site", "sample.json", "--config", "own.toml", "--reveal").stdout
    assert "13912345678" in revealed and "张三" in revealed
    assert sorted(path.name for path in shell.folder.iterdir()) == ["own.toml", "sample.json"]


def test_a_channel_names_its_feed(shell: Shell, checkout: Path) -> None:
    sample = str(checkout / "connectors" / "feeds" / "known" / "adf.xml")
    assert "by the feed adf" in shell.call("feeds", "try", "adf_mail", sample).stdout
    assert "accepted" in shell.call("feeds", "try", "adf", sample).stdout


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (("feeds",), 2, "Run `leadstream feeds --help`"),
        (("feeds", "try", "sit", "sample.json", "--config", "own.toml"), 2, "did you mean site?"),
        (("feeds", "try", "site", "none.json", "--config", "own.toml"), 1, "cannot be read"),
        (("feeds", "try", "site", "own.toml", "--config", "own.toml"), 1, "The delivery is not JSON at line 2"),
        (("pull", "site", "--to", "in", "--config", "own.toml"), 2, "has no table [pull.site]; it has none."),
        (("pull", "site", "--config", "own.toml"), 2, "Missing option"),
    ],
)
def test_what_cannot_be_done_is_said(shell: Shell, arguments: tuple[str, ...], code: int, sentence: str) -> None:
    said = shell.call(*arguments, code=code).stderr
    assert sentence in said and "Traceback" not in said


def test_a_lead_is_masked_field_by_field() -> None:
    lead = {
        "phone": "+86 139-1234-5678",
        "landline": 2158235823,
        "email": "a@b.c",
        "remark": "call 13912345678",
        "extra": {"tel2": "13912345678"},
        "account": "13912345678",
        "store": "SH001",
    }
    shown = masked_lead(lead)
    text = json.dumps(shown)
    assert "12345678" not in text and "a@b.c" not in text and "58235823" not in text
    assert shown["phone"] == "139****5678" and shown["store"] == "SH001" and shown["account"] == "139****5678"


def test_a_pull_writes_a_folder_that_runs(shell: Shell) -> None:
    """Pulled twice and run: what came twice is one lead."""
    body = (shell.folder / "sample.json").read_bytes()

    with answering(body, authorization="Bearer t0k") as url:
        pull = f'\n[pull.site]\nurl = "{url}"\ntoken_env = "SITE_TOKEN"\nper_second = 1000\n'
        (shell.folder / "own.toml").write_text(OWN + pull, encoding="utf-8")
        arguments = ("pull", "site", "--config", "own.toml", "--to", "in")
        assert "SITE_TOKEN is not set" in shell.call(*arguments, code=1).stderr
        assert "refused the token (401)" in shell.call(*arguments, code=1, SITE_TOKEN="old").stderr
        for _ in range(2):
            said = shell.call(*arguments, SITE_TOKEN="t0k")
            assert (
                "Pulled 2 leads on 1 pages for site into the inbox in." in said.stdout
                and "t0k" not in said.stdout + said.stderr
            )
    lines = [line for path in (shell.folder / "in").glob("*.jsonl") for line in path.read_text().splitlines()]
    assert len(lines) == 4 and all(json.loads(line)["channel"] == "site" for line in lines)
    said = shell.run(
        "run", "--config", "own.toml", "--source", "in", "--state", "state", "--sink", "out", "--metrics", "127.0.0.1:0"
    )
    assert "FIRST_TOUCH 1" in said.stdout and "replays 1" in said.stdout and "rejected 2" in said.stdout


def test_a_number_in_the_wrong_column_is_masked() -> None:
    """Rulings 37 and 81: wherever it was typed, as text, as a number, as a key."""
    phone = "13912345678"
    lead = {
        "city": phone, "series": f"A6L {phone}", "stores": [phone], "intent": {"budget": int(phone), "level": "HIGH"},
        "extra": {phone: "x"}, "event_time": "2026-03-02T10:00:00+08:00",
    }  # fmt: skip
    shown = masked_lead(lead)
    assert phone not in json.dumps(shown) and shown["event_time"] == lead["event_time"]
    assert shown["intent"]["level"] == "HIGH" and shown["stores"] == ["139****5678"]
