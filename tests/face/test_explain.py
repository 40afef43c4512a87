"""`leadstream explain`: the story by every key, beside a writer, masked, for people and machines."""

import json
import os
from typing import Any

import pytest
from face_shell import FIRST, LATE, PLACES, SECOND, THIRD, Shell, lead

from operators.identity.home import home_of


def _told(shell: Shell, *arguments: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(shell.call("explain", "--state", "state", *arguments, "--json").stdout)
    return found


def _story(shell: Shell, *arguments: str) -> list[tuple[str, ...]]:
    """(what, and what it says) of the only customer's story."""
    customer = _told(shell, *arguments)["customers"][0]
    keys = ("mark", "sequence", "kind", "reason", "conditions")
    return [(entry["what"], *(str(entry[key]) for key in keys if key in entry)) for entry in customer["story"]]


def test_the_whole_story_in_order(known: Shell) -> None:
    assert _story(known, "--phone", FIRST) == [
        ("received",),
        ("mark", "FIRST_TOUCH"),
        ("dispatch", "1"),
        ("received",),
        ("mark", "DEDUPED"),
        ("replay",),
        ("activity", "VISIT"),
    ]


def test_by_every_key_the_same_customer(known: Shell) -> None:
    (lead,) = (line for line in known.lines("out/dispositions.jsonl") if line["source_lead_id"] == "A2")
    keys = {
        "--raw-id": lead["raw_id"],
        "--unique-id": lead["unique_id"],
        "--one-id": lead["one_id"],
        "--phone": f"+86 {FIRST[:3]} {FIRST[3:7]} {FIRST[7:]}",
        "--source": "autohome/A2",
    }
    told = {option: _told(known, option, value) for option, value in keys.items()}
    for option, document in told.items():
        assert [customer["one_id"] for customer in document["customers"]] == [lead["one_id"]], option
    asked = {option: _asked(document) for option, document in told.items()}
    assert asked["--raw-id"] == asked["--source"] == {lead["raw_id"]}
    assert lead["unique_id"] in asked["--unique-id"]
    assert not asked["--phone"] | asked["--one-id"]


def _asked(document: dict[str, Any]) -> set[str]:
    found: set[str] = set()
    for customer in document["customers"]:
        found |= {entry["raw_id"] for entry in customer["story"] if entry["asked"] and "raw_id" in entry}
        found |= {entry["unique_id"] for entry in customer["leads"] if entry["asked"]}
    return found


def test_marks_say_why(known: Shell) -> None:
    customer = _told(known, "--phone", FIRST)["customers"][0]
    marks = [entry for entry in customer["story"] if entry["what"] == "mark"]
    assert marks[1]["rule"] == "same_day" and marks[1]["against"] == marks[0]["raw_id"]
    assert marks[0]["raw_id"] in marks[1]["why"]


def test_why_it_is_not_in_the_app(known: Shell) -> None:
    """The question explain is for: one that waits says what for, in a sentence."""
    waits = _told(known, "--phone", SECOND)["customers"][0]["leads"][0]
    assert waits["status"] == "HELD" and waits["conditions"] == ["HOURS"]
    assert waits["standing"] == "It waits: store SH001 is closed until 2026-03-03T09:00:00.000+08:00."
    missing = _told(known, "--phone", THIRD)["customers"][0]["leads"][0]
    assert (
        missing["standing"]
        == "It waits: no store is known yet; it is being cleaned (清洗); the customer's consent is missing."
    )
    sent = _told(known, "--phone", FIRST)["customers"][0]["leads"][0]
    assert sent["standing"].startswith("It was dispatched to store SH001 on 2026-03-02T10:00:00.000+08:00")


def test_a_late_lead_by_its_source_and_by_the_phone(known: Shell) -> None:
    by_source = _told(known, "--source", "autohome/A5")
    assert by_source["customers"] == [] and by_source["refused"][0]["what"] == "late"
    assert (by_source["refused"][0]["source"], by_source["refused"][0]["position"]) == ("raw_leads.jsonl", 6)
    by_phone = _told(known, "--phone", LATE)["customers"][0]
    assert by_phone["leads"] == [] and by_phone["late"][0]["source_lead_id"] == "A5"
    assert "Late: autohome/A5" in known.call("explain", "--state", "state", "--phone", LATE).stdout


def test_a_reject_by_its_source(known: Shell) -> None:
    refused = _told(known, "--source", "autohome/A4")["refused"][0]
    assert refused["what"] == "rejected" and refused["reasons"] == ["BAD_PHONE"]


def test_a_number_in_a_refused_leads_ids_is_masked(shell: Shell) -> None:
    """Its channel's id and account as they were sent, and with blanks between: no row of a customer says whose they are."""
    lead = {"channel": "autohome", "account": "139 1234 5678", "source_lead_id": "form-13912345678", "phone": "1"}
    (shell.folder / "raw_leads.jsonl").write_text(json.dumps(lead) + "\n")
    shell.run("run", "--source", "raw_leads.jsonl", "--state", "state", "--sink", "out", "--metrics", "127.0.0.1:0")
    refused = _told(shell, "--source", "autohome/139 1234 5678/form-13912345678")["refused"][0]
    assert (refused["account"], refused["source_lead_id"]) == ("139****5678", "form-139****5678")
    revealed = _told(shell, "--source", "autohome/139 1234 5678/form-13912345678", "--reveal")["refused"][0]
    assert revealed["account"] == "139 1234 5678"


def test_an_account_may_be_left_out_and_an_id_may_hold_a_slash(known: Shell) -> None:
    for source in ("dongchedi/acc/D/3", "dongchedi/D/3", "懂车帝/acc/D/3"):
        arguments = ("--source", source, "--config", "in/config.toml")
        assert _told(known, *arguments)["customers"][0]["leads"][0]["store"] == "SH001", source


def test_phones_and_names_only_where_they_may_be_shown(known: Shell) -> None:
    for question in (("--phone", FIRST), ("--phone", THIRD), ("--source", f"autohome/F-{THIRD}")):
        for form in ((), ("--json",)):
            shown = known.call("explain", "--state", "state", *question, *form).stdout
            assert FIRST not in shown and THIRD not in shown and "萧飞" not in shown
            assert "****" in shown
    shown = known.call("explain", "--state", "state", "--phone", FIRST, "--reveal").stdout
    assert FIRST in shown and "萧飞" in shown
    home = _told(known, "--phone", FIRST, "--reveal")["customers"][0]["home"]
    assert home == home_of(FIRST)._asdict() and home["province"] in shown
    assert "home" not in _told(known, "--phone", FIRST)["customers"][0], "it tells some of the digits that are masked"


def test_for_people(known: Shell) -> None:
    shown = known.call("explain", "--state", "state", "--source", "autohome/A2", "--config", "in/config.toml").stdout
    assert "Customer " in shown and ": 138****5678" in shown
    assert "» 2026-03-02 11:00:00.000  mark        r2 is DEDUPED of u1: it repeats r1 of the same local day" in shown
    assert "received    r1 from autohome/A1 (汽车之家), event time 2026-03-02 10:00:00.000, store SH001" in shown
    assert shown.splitlines()[-1] == "Times are Asia/Shanghai; the clock stands at 2026-03-02 21:00:00.000."


@pytest.mark.parametrize(
    "question",
    [
        ("--phone", "13500000000"),
        ("--phone", "400-820-8820"),
        ("--source", "autohome/none"),
        ("--one-id", "0" * 24),
        ("--raw-id", "0" * 24 + ".20260302.r1"),
    ],
)
def test_what_is_not_known_is_a_sentence_and_1(known: Shell, question: tuple[str, str]) -> None:
    done = known.call("explain", "--state", "state", *question, code=1)
    assert done.stdout == "" and len(done.stderr.splitlines()) == 2
    assert "13500000000" not in done.stderr


def test_what_is_not_known_for_machines(known: Shell) -> None:
    done = known.call("explain", "--state", "state", "--source", "autohome/none", "--json", code=1)
    assert json.loads(done.stdout)["found"] is False


@pytest.mark.parametrize("question", [("--one-id", "x"), ("--raw-id", "1.2.3"), ("--source", "autohome")])
def test_a_question_that_is_none_is_2(known: Shell, question: tuple[str, str]) -> None:
    known.call("explain", "--state", "state", *question, code=2)


def test_a_known_customer_without_this_lead_is_not_known(known: Shell) -> None:
    raw_id = known.lines("out/dispositions.jsonl")[0]["raw_id"]
    known.call("explain", "--state", "state", "--raw-id", raw_id.replace(".r1", ".r77"), code=1)


def test_no_state_is_said(shell: Shell) -> None:
    assert "There is no state in none" in shell.call("explain", "--state", "none", "--phone", FIRST, code=3).stderr
    assert not (shell.folder / "none").exists()


def test_a_phone_needs_the_secret(known: Shell) -> None:
    question = ("explain", "--state", "state", "--phone", FIRST)
    assert "ask by --source" in known.call(*question, code=3, LEADSTREAM_ONE_ID_SECRET="other").stderr


def test_beside_a_live_writer(shell: Shell) -> None:
    """It sees what was dispatched a moment ago, holds nobody up, and leaves nothing behind."""
    scratch = shell.folder / "scratch"
    scratch.mkdir()
    demo = shell.start("leadstream", "run", *PLACES, "--demo-speed", "5")
    shell.wait_for_output(demo, "out/dispatches.jsonl", 5)
    sent = shell.lines("out/dispatches.jsonl")[-1]
    question = ("explain", "--state", "state", "--unique-id", sent["unique_id"], "--json")
    customer = json.loads(shell.run(*question, TMPDIR=str(scratch)).stdout)["customers"][0]
    assert ("dispatch", sent["sequence"]) in {(one["what"], one.get("sequence")) for one in customer["story"]}
    assert os.listdir(scratch) == []
    count = len(shell.lines("out/dispatches.jsonl"))
    shell.wait_for_output(demo, "out/dispatches.jsonl", count + 5)
    assert shell.end(demo) == 0


def test_a_story_of_a_lead_split_merged_closed_and_corrected(shell: Shell) -> None:
    phone = FIRST
    lines = [
        lead(1, phone, "2026-03-02T10:00:00+08:00", store=None, stores=["S1", "S2"]),
        lead(2, phone, "2026-03-04T10:00:00+08:00", store="S1"),
        lead(3, phone, "2026-03-03T10:00:00+08:00", store="S1"),
        lead(4, phone, "2026-03-02T09:00:00+08:00", store="S1"),
    ]
    (shell.folder / "in.jsonl").write_text("".join(lines), encoding="utf-8")
    shell.run("run", "--source", "in.jsonl", *PLACES, "--until", "2026-06-01T00:00:00+08:00")
    document = _told(shell, "--phone", phone)
    story = document["customers"][0]["story"]
    assert [entry["split"] for entry in story if entry["what"] == "received"] == [1, 2, None, None, None]
    corrected = [entry for entry in story if entry["what"] == "correction"]
    assert [(entry["raw_id"][-2:], entry["mark"]) for entry in corrected] == [("r1", "DEDUPED")]
    assert [entry["reason"] for entry in story if entry["what"] == "closing"] == ["MERGE_EXPIRED"] * 2
    standing = document["customers"][0]["leads"][0]["standing"]
    assert (
        standing.startswith("It is closed (MERGE_EXPIRED) on 2026-05-03T10:00") and "It was dispatched on" in standing
    )


def test_tasks_and_verdicts_are_told(shell: Shell) -> None:
    """A lead without store: the robot's task, its word, people's task, and their word that sends it."""
    at = "2026-03-02T10:{:02}:00+08:00".format
    record = {"channel": "autohome", "source_lead_id": "C1", "phone": FIRST, "event_time": at(0), "city": "上海"}
    said = {"type": "verdict", "phone": FIRST}
    records = [
        record,
        {**said, "by": "AI", "outcome": "UNSURE", "event_time": at(4)},
        {**said, "by": "MANUAL", "outcome": "HIGH", "store": "SH001", "event_time": at(9)},
    ]
    text = "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in records)
    (shell.folder / "leads.jsonl").write_text(text, encoding="utf-8")
    assert (
        "Cleaning (清洗): tasks for the robot 1, for people 1"
        in shell.run("run", "--source", "leads.jsonl", *PLACES).stdout
    )
    story = _told(shell, "--phone", FIRST)["customers"][0]["story"]
    assert [
        (entry["what"], entry.get("route") or entry.get("state") or entry["outcome"])
        for entry in story
        if entry["what"] in ("task", "task end", "verdict")
    ] == [
        ("task", "AI"),
        ("verdict", "UNSURE"),
        ("task end", "DONE"),
        ("task", "MANUAL"),
        ("verdict", "HIGH"),
        ("task end", "DONE"),
    ]
    told = shell.call("explain", "--state", "state", "--phone", FIRST).stdout
    assert "u1 goes to the robot (智能清洗) as t1, since STORE_MISSING, until 2026-03-02 10:10" in told
    assert "t2 of u1 is over: DONE by MANUAL: HIGH" in told
    assert "Cleaning (清洗): route NONE, task t2, cleaned by MANUAL" in told
    assert FIRST not in told
