"""`leadstream replay`: refused and late records become input again, once, with what changes for them."""

import json
from pathlib import Path

import pytest
from face_shell import RUN, Shell, lead

AT = "2026-03-02T21:30:00+08:00"
CONFIGURED = ("--config", "in/config.toml")


def _reject(shell: Shell, *lines: str, name: str = "raw_leads_more.jsonl") -> None:
    (shell.folder / "in" / name).write_text("".join(lines), encoding="utf-8")
    shell.run(*RUN)


def _sent(shell: Shell, folder: str = "in") -> list[str]:
    files = sorted((shell.folder / folder).glob("*-replay-*.jsonl"))
    return [line for file in files for line in file.read_text(encoding="utf-8").splitlines()]


def _marks(shell: Shell) -> dict[str, str]:
    return {line["source_lead_id"]: line["mark"] for line in shell.lines("out/dispositions.jsonl")}


def _allow(shell: Shell, channel: str) -> None:
    with (shell.folder / "in/config.toml").open("a", encoding="utf-8") as file:
        file.write(f"\n[channels.{channel}]\nconsent = true\n")


def test_after_a_mended_configuration_the_refused_leads_are_taken_once(ran: Shell) -> None:
    line = lead(20, "13512345678", AT, channel="mini_program")
    _reject(ran, line)
    _allow(ran, "mini_program")
    said = ran.run("replay", "out", "--reason", "UNKNOWN_CHANNEL", "--to", "in", *CONFIGURED).stdout
    assert said.startswith("rejects: 2 read, 1 match, 1 sent again to in/raw_leads-replay-")
    assert _sent(ran) == [line.rstrip("\n")], "as it came, byte by byte"
    ran.run(*RUN)
    assert _marks(ran)["A20"] == "FIRST_TOUCH"
    said = ran.call("replay", "out", "--reason", "UNKNOWN_CHANNEL", "--to", "in", *CONFIGURED).stdout
    assert "0 sent again" in said and "1 were sent by an earlier replay" in said
    ran.call("replay", "out", "--reason", "UNKNOWN_CHANNEL", "--to", "in", "--again", *CONFIGURED)
    assert len(_sent(ran)) == 1, "the same content is the same file"
    before = ran.lines("out/dispositions.jsonl")
    ran.run(*RUN)
    assert ran.lines("out/dispositions.jsonl") == before


@pytest.mark.slow
def test_its_identity_makes_a_second_sending_a_transport_replay(ran: Shell) -> None:
    _reject(ran, lead(20, "13512345678", AT, channel="mini_program"))
    _allow(ran, "mini_program")
    ran.call("replay", "out", "--reason", "UNKNOWN_CHANNEL", "--to", "in", *CONFIGURED)
    ran.run(*RUN)
    (file,) = (ran.folder / "in").glob("*-replay-*.jsonl")
    (ran.folder / "in/raw_leads_other_name.jsonl").write_bytes(file.read_bytes())
    ran.run(*RUN)
    assert [line["source_lead_id"] for line in ran.lines("out/replays.jsonl")] == ["A1", "A20"]
    assert sum(line["source_lead_id"] == "A20" for line in ran.lines("out/dispositions.jsonl")) == 1


def test_a_dry_run_says_what_would_become_of_them_and_writes_nothing(ran: Shell) -> None:
    _reject(ran, lead(20, "13512345678", AT, channel="mini_program"))
    _allow(ran, "mini_program")
    before = {path for path in ran.folder.rglob("*") if "state" not in path.parts}
    said = ran.call("replay", "out", "--dry-run", *CONFIGURED).stdout
    assert said.splitlines() == [
        "rejects: 2 read, 2 match, 2 would be sent again.",
        "By the configuration given, 1 are accepted; refused again for BAD_PHONE 1.",
    ]
    assert {path for path in ran.folder.rglob("*") if "state" not in path.parts} == before


def test_only_what_the_rules_take_now(ran: Shell) -> None:
    _reject(ran, lead(20, "13512345678", AT, channel="mini_program"))
    _allow(ran, "mini_program")
    said = ran.call("replay", "out", "--usable", "--to", "in", *CONFIGURED).stdout
    assert "1 sent again" in said and "1 would be refused again and are left out" in said
    assert [json.loads(line)["source_lead_id"] for line in _sent(ran)] == ["A20"]


def test_by_channel_and_time(ran: Shell) -> None:
    _reject(
        ran,
        lead(20, "12", "2026-03-02T21:30:00+08:00"),
        lead(21, "12", "2026-03-02T21:40:00+08:00", channel="dongchedi"),
        lead(30, "13512345679", "2026-03-02T22:00:00+08:00"),
        lead(22, "12", "2026-03-02T22:30:00+08:00"),
    )

    def ids(*filters: str) -> list[str]:
        folder = f"to-{len(list(ran.folder.iterdir()))}"
        ran.call("replay", "out", "--to", folder, "--again", *filters, *CONFIGURED)
        return [json.loads(line)["source_lead_id"] for line in _sent(ran, folder)]

    assert ids("--channel", "dongchedi") == ["A21"]
    assert ids("--since", "2026-03-02T22:00:00+08:00") == ["A22"]
    assert ids("--before", "2026-03-02T22:00:00+08:00") == ["A4", "A20", "A21"]


def test_records_without_type_stay_what_their_file_said(ran: Shell) -> None:
    visit = {"activity_id": "V9", "kind": "VISIT", "phone": "12", "store": "SH001", "event_time": AT}
    _reject(ran, json.dumps(visit) + "\n", name="activity_more.jsonl")
    ran.call("replay", "out", "--to", "in", *CONFIGURED)
    (file,) = (ran.folder / "in").glob("activity-replay-*.jsonl")
    assert json.loads(file.read_text()) == visit


def test_what_cannot_be_sent_again_says_why(ran: Shell) -> None:
    long = lead(20, "12", AT, remark="x" * (300 << 10))
    giant = lead(21, "13512345678", AT, remark="x" * (1 << 20))
    _reject(ran, long, giant)
    said = ran.call("replay", "out", "--to", "in", *CONFIGURED).stdout
    assert "1 sent again" in said
    assert f"  raw_leads_more.jsonl, position 1: its original of {len(long) - 1} bytes was cut" in said.splitlines()
    assert f"  raw_leads_more.jsonl, position 2: its original of {len(giant) - 1} bytes was cut" in said.splitlines()
    assert len(_sent(ran)) == 1


def test_bytes_that_are_no_text_go_as_they_came(ran: Shell) -> None:
    (ran.folder / "in/raw_leads_more.jsonl").write_bytes(b'{"channel": "\xff\xfe"}\n')
    ran.run(*RUN)
    ran.call("replay", "out", "--to", "to", "--since", "2026-03-02T20:50:00+08:00", *CONFIGURED)
    (file,) = (ran.folder / "to").glob("*.jsonl")
    assert file.read_bytes() == b'{"channel": "\xff\xfe"}\n'


# --- late


def test_a_late_lead_counts_from_when_it_is_read_again(ran: Shell) -> None:
    said = ran.call("replay", "out", "--stream", "late", "--to", "in", *CONFIGURED).stdout
    assert "late: 1 read, 1 match, 1 sent again to in/raw_leads-replay-" in said
    assert "1 leads go without event and ingest time" in said
    (sent,) = map(json.loads, _sent(ran))
    assert "event_time" not in sent and "ingest_time" not in sent
    assert sent["extra"] == {"late_event_time": "2026-02-20T10:00:00.000+08:00"}
    assert (sent["channel"], sent["source_lead_id"], sent["phone"]) == ("autohome", "A5", "13712345670")
    ran.run(*RUN)
    assert _marks(ran)["A5"] == "FIRST_TOUCH" and len(ran.lines("out/late.jsonl")) == 1


@pytest.mark.slow
def test_with_a_longer_lateness_it_goes_as_it_came(ran: Shell) -> None:
    text = (ran.folder / "in/config.toml").read_text(encoding="utf-8")
    longer = text.replace("[channels.autohome]\n", "[channels.autohome]\nlate_hours = 400\n")
    (ran.folder / "in/config.toml").write_text(longer, encoding="utf-8")
    said = ran.call("replay", "out", "--stream", "late", "--to", "in", *CONFIGURED).stdout
    assert "without event" not in said
    ran.run(*RUN)
    (placed,) = (line for line in ran.lines("out/dispositions.jsonl") if line["source_lead_id"] == "A5")
    assert placed["event_time"] == "2026-02-20T10:00:00.000+08:00"


def test_times_are_kept_where_that_is_asked_for(ran: Shell) -> None:
    said = ran.call("replay", "out", "--stream", "late", "--to", "in", "--keep-times", *CONFIGURED).stdout
    assert "1 lie beyond the lateness and will go to late" in said
    assert json.loads(_sent(ran)[0])["event_time"] == "2026-02-20T10:00:00+08:00"


# --- what is refused


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("out", "--to", "in", "--stream", "dispatches"), 2, "has no originals"),
        (("out",), 2, "--to DIR"),
        (("out", "--to", "out"), 2, "--to"),
        (("out", "--to", "in", "--stream", "late", "--reason", "BAD_PHONE"), 2, "no reason codes"),
        (("out", "--to", "in", "--reason", "BAD_FONE"), 2, "no reason BAD_FONE, did you mean BAD_PHONE?"),
        (("nowhere", "--to", "in"), 1, "no output folder nowhere"),
        (("out", "--to", "in", "--since", "yesterday"), 2, "--since"),
    ],
)
def test_what_makes_no_sense_is_refused(known: Shell, arguments: tuple[str, ...], code: int, words: str) -> None:
    assert words in known.call("replay", *arguments, code=code).stderr


def test_closed_segments_are_read_too(ran: Shell) -> None:
    out = ran.folder / "out"
    (out / "rejects.jsonl").rename(out / "rejects.000001.jsonl")
    Path(out / "rejects.jsonl").write_bytes(b'{"event_id": "half a li')
    assert "rejects: 1 read, 1 match" in ran.call("replay", "out", "--dry-run").stdout


def test_a_broken_line_is_named_with_its_number(ran: Shell) -> None:
    rejects = ran.folder / "out" / "rejects.jsonl"
    rejects.write_bytes(rejects.read_bytes() + b'{"event_id": \n')
    assert "rejects.jsonl has no JSON object in line 2." in ran.call("replay", "out", "--dry-run", code=1).stderr
