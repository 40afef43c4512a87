"""A folder to run commands in, and inputs to run."""

import json
import logging
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from face_shell import DEADLINE_S, PLACES, Lead, Shell


@pytest.fixture(autouse=True)
def as_it_was() -> Iterator[None]:
    """A command run within the test's own process leaves its log and its signal handlers behind; others rely on theirs."""
    logger = logging.getLogger("leadstream")
    before = logger.handlers, logger.propagate, logger.level
    signals = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    logger.handlers, logger.propagate = before[:2]
    logger.setLevel(before[2])
    for number, handler in signals.items():
        signal.signal(number, handler)


@pytest.fixture
def shell(tmp_path: Path, checkout: Path) -> Iterator[Shell]:
    shell = Shell(tmp_path, checkout)
    yield shell
    for process in shell.started:
        if process.poll() is None:
            process.kill()
            process.wait(DEADLINE_S)


@pytest.fixture
def lead() -> Lead:
    """One line of raw_leads.jsonl."""

    def line(number: int, phone: str, at: str, **more: object) -> str:
        record = {
            "type": "raw_lead",
            "channel": "autohome",
            "source_lead_id": f"A{number}",
            "event_time": at,
            "ingest_time": at,
            "phone": phone,
            "store": "SH001",
            "consent": True,
        }
        return json.dumps({**record, **more}, ensure_ascii=False) + "\n"

    return line


@pytest.fixture
def inputs(shell: Shell, lead: Lead) -> Path:
    """A folder of inputs and its configuration: one of everything that `explain` can be asked about."""
    folder = shell.folder / "in"
    folder.mkdir()
    first, second, other, third = "13812345678", "13912345679", "13712345670", "13612345671"
    (folder / "raw_leads.jsonl").write_text(
        lead(1, first, "2026-03-02T10:00:00+08:00", name="萧飞", remark="call me")
        + lead(2, first, "2026-03-02T11:00:00+08:00")
        + lead(1, first, "2026-03-02T10:00:00+08:00", name="萧飞", remark="call me")
        + lead(3, second, "2026-03-02T20:00:00+08:00", channel="dongchedi", account="acc", source_lead_id="D/3")
        + lead(4, "123", "2026-03-02T20:30:00+08:00")
        + lead(5, other, "2026-02-20T10:00:00+08:00")
        + lead(6, third, "2026-03-02T21:00:00+08:00", store=None, consent=False, source_lead_id=f"F-{third}"),
        encoding="utf-8",
    )
    (folder / "activity.jsonl").write_text(
        json.dumps(
            {
                "type": "activity",
                "activity_id": "V1",
                "kind": "VISIT",
                "event_time": "2026-03-02T12:00:00+08:00",
                "phone": first,
                "store": "SH001",
            }
        )
        + "\n",
        encoding="utf-8",
    )
    (folder / "config.toml").write_text(
        '[channels.autohome]\nname = "汽车之家"\nconsent = true\n\n'
        '[channels.dongchedi]\nname = "懂车帝"\nconsent = true\n\n'
        '[stores.SH001]\nname = "上海浦东店"\ncity = "上海"\nopens = "09:00"\ncloses = "18:00"\n',
        encoding="utf-8",
    )
    return folder


@pytest.fixture
def ran(shell: Shell, inputs: Path) -> Shell:
    """The inputs, run: state in `state`, output in `out`."""
    shell.run("run", "--config", "in/config.toml", "--source", "in", *PLACES)
    return shell
