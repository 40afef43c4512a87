"""`leadstream run --follow`: an inbox read as it grows; stopped and started again it goes on exactly."""

import json
from datetime import UTC, datetime

import pytest
from face_shell import DEADLINE_S, Shell
from waiting import wait_until

from connectors.inbox.writer import Inbox

FOLLOW = ("run", "--source", "in", "--follow", "--state", "state", "--sink", "out", "--metrics", "127.0.0.1:0")


def lead(number: int) -> bytes:
    record = {
        "channel": "autohome",
        "source_lead_id": f"A{number}",
        "phone": f"138{number:08d}",
        "store": "SH001",
        "event_time": datetime.now(UTC).isoformat(),
        "consent": True,
    }
    return json.dumps(record).encode()


def marked(shell: Shell) -> list[str]:
    return sorted(line["source_lead_id"] for line in shell.lines("out/dispositions.jsonl"))


def test_it_follows_stops_and_goes_on(shell: Shell) -> None:
    with Inbox(shell.folder / "in", segment_bytes=400) as inbox:
        run = shell.start("leadstream", *FOLLOW)
        for number in range(10):
            inbox.append([lead(number)])
        shell.wait_for_output(run, "out/dispositions.jsonl", 10)
        (shell.folder / "in" / "sheet.new").write_bytes(lead(10) + b"\n")
        (shell.folder / "in" / "sheet.new").rename(shell.folder / "in" / "raw_leads-sheet.jsonl")
        shell.wait_for_output(run, "out/dispositions.jsonl", 11)
        assert shell.end(run) == 0
        inbox.append([lead(11)])
        for read in sorted((shell.folder / "in").glob("raw_leads-inbox-*"))[:-3]:
            read.unlink()
        run = shell.start("leadstream", *FOLLOW)
        shell.wait_for_output(run, "out/dispositions.jsonl", 12)
        run.kill()
        run.wait(DEADLINE_S)
        inbox.append([lead(12)])
        run = shell.start("leadstream", *FOLLOW)
        shell.wait_for_output(run, "out/dispositions.jsonl", 13)
        assert shell.end(run) == 0
    assert marked(shell) == sorted(f"A{number}" for number in range(13))


def test_an_empty_folder_is_waited_for(shell: Shell) -> None:
    (shell.folder / "in").mkdir()
    run = shell.start("leadstream", *FOLLOW)
    wait_until(lambda: "Metrics on" in (shell.folder / "said").read_text(), DEADLINE_S, "the start")
    with Inbox(shell.folder / "in") as inbox:
        inbox.append([lead(1)])
    shell.wait_for_output(run, "out/dispositions.jsonl", 1)
    assert shell.end(run) == 0


def test_followed_and_then_read_to_its_end_it_is_one_input(shell: Shell) -> None:
    with Inbox(shell.folder / "in", segment_bytes=400) as inbox:
        run = shell.start("leadstream", *FOLLOW)
        for number in range(10):
            inbox.append([lead(number)])
        shell.wait_for_output(run, "out/dispositions.jsonl", 10)
        assert shell.end(run) == 0
        inbox.append([lead(10)])
    to_end = [word for word in FOLLOW if word != "--follow"]
    shell.run(*to_end)
    assert marked(shell) == sorted(f"A{number}" for number in range(11))
    assert not shell.lines("out/replays.jsonl")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--source", "demo", "--follow"), "goes on by itself"),
        (("--source", "kafka", "--follow"), "goes on by itself"),
        (("--source", "in", "--follow", "--clock", "event"), "keeps the wall's clock"),
        (("--source", "in", "--follow", "--until", "2026-03-03T09:00:00+08:00"), "--until moves the event clock"),
    ],
)
def test_what_does_not_go_together_is_refused(shell: Shell, words: tuple[str, ...], said: str) -> None:
    assert said in shell.call("run", *words, "--state", "state", "--sink", "out", code=2).stderr


def test_a_folder_that_is_not_there_is_refused(shell: Shell) -> None:
    assert "does not exist" in shell.call(*FOLLOW, code=1).stderr
