"""Sheets and pulls into the raw topic of a real broker: durable there before the command says so, each lead by its key."""

import json
from pathlib import Path

import pytest
from broker import KafkaClient
from face_shell import Shell
from kafka_runs import KafkaCase
from small_server import answering

pytestmark = [pytest.mark.kafka, pytest.mark.xdist_group("kafka")]

CONFIG = """
[channels.site]
consent = true
[feeds.site]
leads = "data"
[feeds.site.fields]
source_lead_id = "id"
phone = "tel"
[pull.site]
url = "{url}"
[kafka]
bootstrap_servers = "{bootstrap}"
prefix = "{prefix}"
"""


@pytest.fixture
def shell(broker: KafkaClient, prefix: str, tmp_path: Path, checkout: Path) -> Shell:
    KafkaCase(broker, prefix, tmp_path, partitions=2)
    text = CONFIG.format(bootstrap=broker.bootstrap, prefix=prefix, url="http://127.0.0.1:1/")
    (tmp_path / "config.toml").write_text(text, encoding="utf-8")
    return Shell(tmp_path, checkout)


def sent(broker: KafkaClient, prefix: str) -> dict[str, bytes]:
    """Source lead id → key of the record."""
    return {json.loads(one.value)["source_lead_id"]: one.key for one in broker.records(prefix + "raw") if one.value}


def test_a_sheet_goes_into_the_topic(broker: KafkaClient, prefix: str, shell: Shell) -> None:
    rows = [f"139{number:08d},A{number}" for number in range(3000)]
    (shell.folder / "leads.csv").write_text("手机号,线索编号\n" + "\n".join(rows) + "\n1,A-bad\n", encoding="utf-8")
    said = shell.run("import", "leads.csv", "--channel", "site", "--to", "kafka", "--config", "config.toml").stdout
    assert "3000 raw leads written to kafka" in said
    assert sent(broker, prefix) == {f"A{number}": f"site/A{number}".encode() for number in range(3000)}


def test_a_pull_goes_into_the_topic(broker: KafkaClient, prefix: str, shell: Shell) -> None:
    body = json.dumps({"data": [{"id": "P1", "tel": "13912345678"}, {"id": "P2", "tel": "13912345679"}]}).encode()

    with answering(body) as url:
        file = shell.folder / "config.toml"
        file.write_text(file.read_text().replace("http://127.0.0.1:1/", url), encoding="utf-8")
        said = shell.run("pull", "site", "--to", "kafka", "--config", "config.toml", "--cursor", "cursor").stdout
    assert "Pulled 2 leads on 1 pages for site into the topic" in said
    assert sent(broker, prefix) == {"P1": b"site/P1", "P2": b"site/P2"}


def test_a_pull_into_topics_that_are_not_there_is_refused(shell: Shell, prefix: str) -> None:
    file = shell.folder / "config.toml"
    file.write_text(file.read_text().replace(f'prefix = "{prefix}"', 'prefix = "none."'), encoding="utf-8")
    said = shell.run("pull", "site", "--to", "kafka", "--config", "config.toml", "--cursor", "cursor", code=1).stderr
    assert "leadstream topics --apply" in said
    assert not list((shell.folder / "cursor").glob("*.json"))
