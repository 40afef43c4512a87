"""`leadstream replay` from and to topics of a real broker, and a second engine on a copy of the state."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from broker import KafkaClient
from delivery import at, lead
from kafka_runs import DEADLINE_S, SECRET, KafkaCase, command, toml
from waiting import wait_until

from connectors.again.topics import REPLAY_OF
from leadstream.commands.main import main
from operators.config.configuration import from_tables
from state import limits

pytestmark = [pytest.mark.kafka, pytest.mark.xdist_group("kafka")]


def _configured(case: KafkaCase, **channels: Any) -> Path:
    """A configuration of the case, with further channels, for the command and for the next run."""
    tables = {**case.configuration.tables, "channels": {**case.configuration.tables["channels"], **channels}}
    case.configuration = from_tables(tables, environ=SECRET)
    file = case.folder / "replay.toml"
    file.write_text(toml({**case.configuration.tables, "kafka": {"prefix": case.prefix}}), encoding="utf-8")
    return file


@pytest.mark.parametrize("mode", ["once", "transactional"])
def test_refused_leads_come_back_from_a_topic_to_a_topic_once(
    broker: KafkaClient,
    prefix: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    mode: str,
) -> None:
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", broker.bootstrap)
    case = KafkaCase(broker, prefix, tmp_path, mode=mode)
    refused = [lead(f"n{n}", f"1391234567{n}", at(1, 10, n), channel="new") for n in range(5)]
    case.give([*refused, lead("good", "13812345678", at(1, 11)), lead("bad", "12", at(1, 12))])
    case.run()
    assert len(case.stream("rejects")) == 6
    words = ["replay", "kafka", "--reason", "UNKNOWN_CHANNEL", "--to", "kafka", "--sent", str(tmp_path / "sent")]
    command = [*words, "--config", str(_configured(case, new={"consent": True}))]
    assert main(command) == 0
    assert capsys.readouterr().out.startswith(f"rejects: 6 read, 5 match, 5 sent again to {prefix}raw.")
    assert main(command) == 0
    assert "0 sent again" in capsys.readouterr().out
    raw = broker.records(f"{prefix}raw")
    ids = {one["event_id"] for one in case.stream("rejects") if "UNKNOWN_CHANNEL" in one["reasons"]}
    again = [one for one in raw if REPLAY_OF in dict(one.headers or ())]
    assert {dict(one.headers)[REPLAY_OF].decode() for one in again} == ids and len(raw) == 7 + 5
    assert sorted(json.loads(one.value or b"")["source_lead_id"] for one in again) == [f"n{n}" for n in range(5)]
    case.run()
    marks = [one["source_lead_id"] for one in case.stream("dispositions")]
    assert sorted(marks) == ["good", *(f"n{n}" for n in range(5))]


def test_a_second_engine_on_a_copy_of_the_state_stops_the_first(
    broker: KafkaClient, prefix: str, tmp_path: Path, checkout: Path
) -> None:
    """Mode `once`, where the broker lets both write."""
    case = KafkaCase(broker, prefix, tmp_path, shards=limits.SHARDS)
    case.give([lead("a", "13812345678", at(1, 10))])
    case.run()
    shutil.copytree(tmp_path / "state", tmp_path / "copy")
    with command(case, checkout, "--clock", "wall", "--clock-moved", limits={"STRAGGLERS_S": 0}) as first:
        case.give([lead("b", "13812345679", at(1, 11))])
        try:
            wait_until(
                lambda: first.poll() is not None or case.stream("late"), DEADLINE_S, "what the first one makes of b"
            )
            assert first.poll() is None, (tmp_path / "said").read_text()
            second = case.start(to_end=False, state="copy", clock_moved=True)
            case.give([lead(f"c{n}", f"1371234567{n}", at(1, 12)) for n in range(9)])
            wait_until(lambda: first.poll() is not None, DEADLINE_S, "the stop of the first one")
        finally:
            first.kill()
    assert first.returncode == 3
    *_, fault, action = (tmp_path / "said").read_text().splitlines()
    assert "came to the output topics that this engine has not sent" in fault
    assert action.startswith("An output has one writer. Stop the other process")
    assert second.runs, "within the first seconds it takes them for those of the process before it"
    second.stop()
