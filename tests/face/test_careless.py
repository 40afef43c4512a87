"""What a careless user does to files and streams, each with a sentence that helps and nothing lost."""

import json
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from face_shell import DEADLINE_S, FIRST, RUN, Shell, lead


def _modes(folder: Path) -> set[tuple[bool, int]]:
    """(whether a folder, rights) of everything below, and of the folder."""
    return {(path.is_dir(), stat.S_IMODE(path.stat().st_mode)) for path in (folder, *folder.rglob("*"))}


def _shell(shell: Shell, line: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["sh", "-c", line, "sh", sys.executable, *RUN],
        cwd=shell.folder,
        env=shell.environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
        check=False,
    )


@pytest.mark.parametrize("mask", ["0000", "0022", "0277"])
def test_state_and_output_are_nobody_elses(shell: Shell, inputs: Path, mask: str) -> None:
    done = _shell(shell, f'umask {mask}; py=$1; shift; "$py" -m leadstream "$@"')
    assert done.returncode == 0, done.stderr
    for folder in ("state", "out"):
        assert _modes(shell.folder / folder) == {(True, 0o700), (False, 0o600)}


def test_what_generate_writes_is_nobody_elses(shell: Shell) -> None:
    shell.run("generate", "--leads", "20", "--out", "made")
    assert _modes(shell.folder / "made") == {(True, 0o700), (False, 0o600)}


def test_rights_that_the_operator_has_set_stay(ran: Shell) -> None:
    (ran.folder / "out").chmod(0o750)
    (ran.folder / "out/dispatches.jsonl").chmod(0o640)
    ran.run(*RUN)
    assert stat.S_IMODE((ran.folder / "out").stat().st_mode) == 0o750
    assert stat.S_IMODE((ran.folder / "out/dispatches.jsonl").stat().st_mode) == 0o640


@pytest.mark.parametrize("closed", ["2>&-", ">&-", "<&- >&- 2>&-"])
def test_closed_standard_streams(shell: Shell, inputs: Path, closed: str) -> None:
    """Its number would go to the next file opened, and what is said would be written into that."""
    done = _shell(shell, f'py=$1; shift; "$py" -m leadstream "$@" {closed}')
    assert done.returncode == 0
    assert len(shell.lines("out/dispositions.jsonl")) == 4
    for file in (shell.folder / "out").glob("*.jsonl"):
        assert all(json.loads(line) for line in file.read_text().splitlines()), file


def _flip(state: Path) -> None:
    """Another bit in every fifth byte of the first data block of each table."""
    for table in (state / "db").glob("*.sst"):
        content = bytearray(table.read_bytes())
        for place in range(0, len(content) // 4, 5):
            content[place] ^= 0x01
        table.write_bytes(content)


@pytest.mark.parametrize("command", ["explain", "run"])
def test_flipped_bytes_of_a_table(ran: Shell, command: str) -> None:
    """Met when a row is read, not when the state is opened: tables are checked block by block."""
    _flip(ran.folder / "state")
    shutil.copytree(ran.folder / "in", ran.folder / "again")
    (ran.folder / "again/raw_leads.jsonl").rename(ran.folder / "again/raw_leads_again.jsonl")
    asked = ("--phone", FIRST) if command == "explain" else RUN[1:]
    said = ran.run(command, *(("--state", "state") if command == "explain" else ()), *asked, code=3).stderr
    assert "The state is damaged: " in said and said.splitlines()[-1].startswith(
        "Do not delete it. Restore the last backup"
    )


def test_explain_on_a_state_that_one_may_only_read(ran: Shell) -> None:
    mounted = "mount --bind state state && mount -o remount,ro,bind state state"
    command = f'{mounted} && ! touch state/x 2>&- && "$0" -m leadstream explain --state state --phone {FIRST}'
    done = subprocess.run(
        ["unshare", "-rm", "sh", "-c", command, sys.executable],
        cwd=ran.folder,
        env=ran.environment(TMPDIR=str(ran.folder)),
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
        check=False,
    )
    if "unshare" in done.stderr or "mount:" in done.stderr:
        pytest.skip(f"no namespace of mounts here: {done.stderr.strip()}")
    assert done.returncode == 0, done.stderr
    assert "FIRST_TOUCH" in done.stdout
    assert not list(ran.folder.glob("leadstream-reader-*")), "what a reader needs is removed"


def _newest_first(shell: Shell) -> None:
    (shell.folder / "export.jsonl").write_text(
        "".join(lead(n, f"1391234567{n}", f"2026-03-0{9 - n}T10:00:00+08:00") for n in range(8)), encoding="utf-8"
    )


def test_an_export_with_the_newest_lead_first(shell: Shell, inputs: Path) -> None:
    """Said before it is read, and the command that is named brings all of it in."""
    _newest_first(shell)
    places = ("--state", "state", "--sink", "out", "--metrics", "127.0.0.1:0", "--config", "in/config.toml")
    done = shell.run("run", "--source", "export.jsonl", *places)
    assert "export.jsonl is newest first: 4 of its first 8 leads" in done.stderr
    assert "leadstream order export.jsonl --to DIR" in done.stderr
    assert len(shell.lines("out/late.jsonl")) == 4
    shell.run("order", "export.jsonl", "--to", "ordered")
    again = ("--state", "state2", "--sink", "out2", "--metrics", "127.0.0.1:0", "--config", "in/config.toml")
    done = shell.run("run", "--source", "ordered/export.jsonl", *again)
    assert "newest first" not in done.stderr
    assert len(shell.lines("out2/dispositions.jsonl")) == 8 and not shell.lines("out2/late.jsonl")


def test_order_names_what_it_cannot_do(shell: Shell) -> None:
    _newest_first(shell)
    assert "There is no file nowhere.jsonl" in shell.run("order", "nowhere.jsonl", "--to", "x", code=1).stderr
    assert "is the folder of" in shell.run("order", "export.jsonl", "--to", ".", code=2).stderr
