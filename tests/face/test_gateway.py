"""`leadstream gateway` as a process: the whole way, the stop, who is refused, what is logged."""

import json
import signal
import socket
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from face_shell import DEADLINE_S, Shell
from gateway_doors import SECRET, GatewayProcess
from waiting import wait_until

LEADS = "/v1/channels/autohome/leads"
SECRETS = {"LEADSTREAM_CHANNEL_AUTOHOME": SECRET}
FOLLOW = ("run", "--config", "config.toml", "--source", "in", "--follow", "--state", "state", "--sink", "out")


def lead(number: int, **more: object) -> dict[str, object]:
    return {
        "source_lead_id": f"A{number}",
        "phone": f"138{number:08d}",
        "store": "SH001",
        "event_time": datetime.now(UTC).isoformat(),
        "name": "萧飞",
        **more,
    }


@pytest.fixture
def configured(shell: Shell) -> Shell:
    (shell.folder / "config.toml").write_text(
        '[channels.autohome]\nconsent = true\n[stores.SH001]\nopens = "00:00"\ncloses = "24:00"\n', encoding="utf-8"
    )
    return shell


def test_http_to_inbox_to_engine_to_dispatches(configured: Shell, tmp_path: Path) -> None:
    shell = configured
    gateway = GatewayProcess(shell, "--config", "config.toml", "--to", "in", **SECRETS)
    with httpx.Client(timeout=DEADLINE_S) as client:
        assert gateway.send(client, LEADS, lead(1)).status_code == 202
        assert gateway.send(client, LEADS, [lead(2), lead(3, phone="12")]).status_code == 202
        assert gateway.send(client, LEADS, lead(4), secret="wrong").status_code == 401
        engine_words = Shell(tmp_path / "engine", shell.checkout, shell.started)
        engine_words.folder.mkdir()
        (engine_words.folder / "config.toml").write_bytes((shell.folder / "config.toml").read_bytes())
        (engine_words.folder / "in").symlink_to(shell.folder / "in")
        engine = engine_words.start("leadstream", *FOLLOW, "--metrics", "127.0.0.1:0")
        engine_words.wait_for_output(engine, "out/dispatches.jsonl", 2)
        assert gateway.send(client, LEADS, lead(5)).status_code == 202
        engine_words.wait_for_output(engine, "out/dispatches.jsonl", 3)
        engine_words.wait_for_output(engine, "out/rejects.jsonl", 1)
    assert {line["contact"]["phone"] for line in engine_words.lines("out/dispatches.jsonl")} == {
        f"138{number:08d}" for number in (1, 2, 5)
    }
    assert [line["reasons"] for line in engine_words.lines("out/rejects.jsonl")] == [["BAD_PHONE"]]
    assert engine_words.end(engine) == 0
    assert shell.end(gateway.process, signal.SIGTERM) == 0
    said = shell.log() + (shell.folder / "said").read_text(encoding="utf-8")
    assert "Stopped; every lead that was acknowledged is durable." in said
    assert SECRET not in said and "13800000001" not in said and "萧飞" not in said and "A1" not in said


def test_a_stop_answers_what_is_under_way(configured: Shell) -> None:
    """A request whose body is still arriving when the stop comes is kept and answered."""
    gateway = GatewayProcess(configured, "--config", "config.toml", "--to", "in", "--unsigned")
    body = json.dumps(lead(1)).encode()
    host, port = gateway.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=DEADLINE_S) as connection:
        head = f"POST {LEADS} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n".encode()
        connection.sendall(head + body[:10])
        with httpx.Client(timeout=DEADLINE_S) as client:  # the connection was taken before this one
            assert client.get(gateway.url + "/healthz").status_code == 200
        gateway.process.send_signal(signal.SIGTERM)
        wait_until(lambda: "Stopping" in configured.log(), DEADLINE_S, "the stop")
        connection.sendall(body[10:])
        assert connection.recv(1000).startswith(b"HTTP/1.1 202")
    assert gateway.process.wait(DEADLINE_S) == 0
    (segment,) = (configured.folder / "in").glob("raw_leads-inbox-*.jsonl")
    assert json.loads(segment.read_bytes())["source_lead_id"] == "A1"


def test_a_second_gateway_is_refused_naming_the_first(configured: Shell) -> None:
    gateway = GatewayProcess(configured, "--to", "in")
    said = configured.run("gateway", "--to", "in", "--listen", "127.0.0.1:0", code=3).stderr
    assert f"is being written by process {gateway.process.pid} (leadstream gateway)" in said
    address = gateway.url.removeprefix("http://")
    assert "cannot listen on" in configured.run("gateway", "--to", "other", "--listen", address, code=3).stderr
    assert configured.end(gateway.process) == 0


def test_unsigned_is_for_this_machine_alone(shell: Shell) -> None:
    said = shell.call("gateway", "--to", "in", "--listen", "0.0.0.0:0", "--unsigned", code=2).stderr
    assert "whoever reaches 0.0.0.0" in said
    assert "--listen HOST:PORT" in shell.call("gateway", "--to", "in", "--listen", "here", code=2).stderr


def test_a_channel_without_a_secret_is_warned_of(configured: Shell) -> None:
    gateway = GatewayProcess(configured, "--config", "config.toml", "--to", "in")
    assert "take nothing: autohome" in configured.log()
    with httpx.Client(timeout=DEADLINE_S) as client:
        assert client.post(gateway.url + LEADS, json=lead(1)).status_code == 401
    assert configured.end(gateway.process) == 0


@pytest.mark.parametrize("head", [b"GET /" + b"x" * 1024, b"GET / HTTP/1.1\r\nX: " + b"x" * 1024])
def test_a_head_without_end_is_cut_off(configured: Shell, head: bytes) -> None:
    """It lies in memory until it is whole: whoever sends one without end must not fill it."""
    gateway = GatewayProcess(configured, "--config", "config.toml", "--to", "in", **SECRETS)
    host, port = gateway.url.removeprefix("http://").split(":")
    sent = 0
    with socket.create_connection((host, int(port)), DEADLINE_S) as line:
        line.sendall(head)
        with pytest.raises(OSError):  # reset or closed, long before a megabyte
            while sent < 64 << 20:
                line.sendall(b"x" * 4096)
                sent += 4096
    assert sent < 8 << 20
    with httpx.Client(timeout=DEADLINE_S) as client:
        assert gateway.send(client, LEADS, lead(1)).status_code == 202
    assert configured.end(gateway.process, signal.SIGTERM) == 0
