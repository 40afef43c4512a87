"""compose.yaml, the Dockerfile and what they mount, as far as that can be said without Docker."""

import json
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import typer

from connectors.kafka.settings import settings_of
from leadstream.commands.main import app
from operators.config import configuration
from scripts.kafka import missing

OURS = "leadstream"
SCRIPT = "scripts/kafka.py"


def _yaml(file: Path) -> Any:
    """The part of YAML that these files keep to: blocks by indentation, plain or quoted scalars, JSON in one line."""
    lines = []
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
        text = re.sub(r"(^|\s)#.*", "", line).rstrip()
        if text:
            lines.append((len(text) - len(text.lstrip()), text.lstrip(), f"{file.name}:{number}"))
    block, rest = _block(lines)
    assert not rest, f"{rest[0][2]}: not in this part of YAML"
    return block


def _block(lines: list[tuple[int, str, str]]) -> tuple[Any, list[tuple[int, str, str]]]:
    depth, first, _ = lines[0]
    found: Any = [] if first.startswith("- ") else {}
    while lines and lines[0][0] == depth:
        (_, text, place), lines = lines[0], lines[1:]
        if isinstance(found, list):
            assert text.startswith("- "), f"{place}: a list is expected here"
            if re.match(r"- [a-z_]+:( |$)", text):
                one, lines = _block([(depth + 2, text[2:], place), *lines])
                found.append(one)
            else:
                found.append(_scalar(text[2:]))
            continue
        pair = re.fullmatch(r"([A-Za-z_][\w.-]*):(?: (.+))?", text)
        assert pair and pair[1] not in found, f"{place}: a new key is expected here"
        if pair[2] is None:
            assert lines and lines[0][0] > depth, f"{place}: nothing stands under it"
            found[pair[1]], lines = _block(lines)
        else:
            found[pair[1]] = _scalar(pair[2])
    assert not lines or lines[0][0] < depth, f"{lines[0][2]}: indented more than what it stands under"
    return found, lines


def _scalar(text: str) -> Any:
    if text[0] in '"[{' or text in ("true", "false") or text.isdigit():
        return json.loads(text)
    assert ": " not in text and text[0] not in "&*!|>'%@`" and text not in ("null", "yes", "no", "on", "off"), text
    return text


@pytest.fixture(scope="module")
def services(checkout: Path) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = _yaml(checkout / "compose.yaml")["services"]
    return found


def _mounts(service: dict[str, Any]) -> dict[str, str]:
    """Where it is mounted -> what: a path of the checkout or the name of a volume."""
    return {one.split(":")[1]: one.split(":")[0] for one in service.get("volumes", [])}


def _ignored(checkout: Path) -> list[str]:
    lines = (checkout / ".dockerignore").read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


# --- compose.yaml


def test_every_path_that_is_mounted_is_there(checkout: Path, services: dict[str, dict[str, Any]]) -> None:
    """Docker makes an empty folder of one that is not, and the container fails on it."""
    volumes = _yaml(checkout / "compose.yaml")["volumes"]
    for name, service in services.items():
        for target, source in _mounts(service).items():
            if source.startswith("."):
                assert (checkout / source).is_file(), f"{name}: {source}"
            else:
                assert source in volumes, f"{name}: {source}"
            assert target.startswith("/"), f"{name}: {target}"


def test_ports_are_bound_to_loopback(services: dict[str, dict[str, Any]]) -> None:
    published = [port for service in services.values() for port in service.get("ports", [])]
    assert published and all(re.fullmatch(r"127\.0\.0\.1:\d+:\d+", port) for port in published)
    assert not [name for name, service in services.items() if "network_mode" in service]


def test_services_wait_for_services_that_are_there(services: dict[str, dict[str, Any]]) -> None:
    for service in services.values():
        for other, how in service.get("depends_on", {}).items():
            wants = how["condition"]
            assert wants in ("service_healthy", "service_completed_successfully")
            assert wants != "service_healthy" or "healthcheck" in services[other]
            # what restarts never completes
            assert wants != "service_completed_successfully" or "restart" not in services[other]


@pytest.mark.parametrize("name", ["engine", "topics"])
def test_the_command_takes_its_arguments(services: dict[str, dict[str, Any]], name: str) -> None:
    words = services[name]["command"]
    command: Any = typer.main.get_command(app)
    context = command.commands[words[0]].make_context(words[0], list(words[1:]))  # refuses what it does not know
    assert str(context.params["config"]) in _mounts(services[name])
    if name == "engine":
        assert (context.params["source"], context.params["sink"]) == ("kafka", "kafka")
        state = str(context.params["state"])
        assert any(
            state.startswith(f"{target}/") for target, source in _mounts(services[name]).items() if "." not in source
        )


def test_the_configuration_is_taken(checkout: Path, services: dict[str, dict[str, Any]]) -> None:
    advertised = services["kafka"]["environment"]["KAFKA_ADVERTISED_LISTENERS"]
    for name in ("engine", "topics"):
        words = services[name]["command"]
        file = checkout / _mounts(services[name])[words[words.index("--config") + 1]]
        assert configuration.check(file) == []
        settings = settings_of(configuration.load(file, environ={}), services[name]["environment"])
        assert f"://{settings.bootstrap}" in advertised


def test_the_secret_stands_in_no_file_of_the_checkout(checkout: Path, services: dict[str, dict[str, Any]]) -> None:
    """It lies in the volume of the state. One's own comes from a file in var/, which git ignores and no image holds; the comment
    on top says how to make it."""
    kept = services["engine"]["environment"]["LEADSTREAM_ONE_ID_SECRET_FILE"]
    entry = services["secret"]["entrypoint"]
    assert entry[-1] == kept and entry[1] in _mounts(services["secret"])
    assert {"/var/lib/leadstream": "state"}.items() <= _mounts(services["engine"]).items()
    assert services["engine"]["depends_on"]["secret"]["condition"] == "service_completed_successfully"
    assert "/var/" in (checkout / ".gitignore").read_text(encoding="utf-8").splitlines()
    text = (checkout / "compose.yaml").read_text(encoding="utf-8")
    assert 'echo "LEADSTREAM_ONE_ID_SECRET=$(openssl rand -hex 32)" > var/compose.env' in text
    for service in services.values():
        assert not [key for key in service.get("environment", {}) if re.search("(SECRET|PASSWORD)$", key)]


def test_it_comes_up_without_any_file_of_the_operator(services: dict[str, dict[str, Any]]) -> None:
    """`docker compose up` alone: no file that a fresh checkout lacks is required."""
    for name, service in services.items():
        for one in service.get("env_file", []):
            assert one == {"path": "var/compose.env", "required": False}, name


def test_what_was_stopped_in_order_comes_up_after_a_reboot(services: dict[str, dict[str, Any]]) -> None:
    """A reboot ends the engine with SIGTERM and so with 0, which is no failure."""
    lasting = {name for name, service in services.items() if "healthcheck" in service or "ports" in service}
    assert lasting == {"kafka", "engine", "prometheus"}
    assert {services[name]["restart"] for name in lasting} == {"unless-stopped"}


@pytest.mark.parametrize("own", ["", "a secret of my own, long enough"])
def test_the_secret_is_made_once(checkout: Path, tmp_path: Path, own: str) -> None:
    file = tmp_path / "one-id-secret"
    script = [sys.executable, str(checkout / "deploy" / "one_id_secret.py"), str(file)]
    environ = {"LEADSTREAM_ONE_ID_SECRET": own} if own else {}
    subprocess.run(script, check=True, env=environ)
    first = file.read_text()
    assert first == own if own else re.fullmatch("[0-9a-f]{64}", first)
    assert file.stat().st_mode & 0o777 == 0o600 and list(tmp_path.iterdir()) == [file]
    subprocess.run(script, check=True, env={"LEADSTREAM_ONE_ID_SECRET": "another"})
    assert file.read_text() == first, "a state refuses another one"
    found = configuration.load(None, environ={"LEADSTREAM_ONE_ID_SECRET_FILE": str(file)})
    assert found.secret == first.encode() and not found.secret_is_development


def test_one_port_of_metrics(checkout: Path, services: dict[str, dict[str, Any]]) -> None:
    engine = services["engine"]
    words = engine["command"]
    port = words[words.index("--metrics") + 1].split(":")[1]
    assert engine["ports"] == [f"127.0.0.1:{port}:{port}"]
    assert f"127.0.0.1:{port}/ready" in engine["healthcheck"]["test"][-1]
    scraped = _yaml(checkout / "deploy" / "prometheus.yml")["scrape_configs"]
    assert [target for one in scraped for group in one["static_configs"] for target in group["targets"]] == [
        f"engine:{port}"
    ]


def test_prometheus_finds_its_rules(checkout: Path, services: dict[str, dict[str, Any]]) -> None:
    mounts = _mounts(services["prometheus"])
    assert mounts["/etc/prometheus/prometheus.yml"] == "./deploy/prometheus.yml"
    for name in _yaml(checkout / "deploy" / "prometheus.yml")["rule_files"]:
        assert mounts[f"/etc/prometheus/{name}"] == f"./deploy/{name}"


@pytest.mark.kafka
@pytest.mark.xdist_group("kafka")
def test_kafka_takes_its_settings(
    checkout: Path, services: dict[str, dict[str, Any]], tmp_path: Path, lacking: Callable[[str], None]
) -> None:
    """The image turns KAFKA_A_B into a.b; the same version's own tool reads and judges them."""
    if (sentence := missing()) is not None:
        lacking(sentence)
    pom = (checkout / "scripts" / "kafka.d" / "pom.xml").read_text(encoding="utf-8")
    version = services["kafka"]["image"].removeprefix("apache/kafka:")
    assert re.findall(r"<artifactId>kafka_2.13</artifactId>\s*<version>(.+?)<", pom) == [version]
    environment = services["kafka"]["environment"] | {"KAFKA_LOG_DIRS": str(tmp_path / "data")}
    settings = {
        key.removeprefix("KAFKA_").lower().replace("_", "."): value
        for key, value in environment.items()
        if key != "KAFKA_HEAP_OPTS"
    }
    file = tmp_path / "server.properties"
    file.write_text("".join(f"{key}={value}\n" for key, value in settings.items()), encoding="utf-8")
    done = subprocess.run(
        [
            sys.executable,
            checkout / SCRIPT,
            "tool",
            "kafka-storage",
            "format",
            "-t",
            "compose-test-compose-te",
            "-c",
            file,
        ],
        env=dict(os.environ),
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert (tmp_path / "data" / "meta.properties").exists()


# --- Dockerfile


def _instructions(checkout: Path) -> list[tuple[str, str]]:
    text = (checkout / "Dockerfile").read_text(encoding="utf-8")
    lines = "\n".join(line for line in text.splitlines() if not line.startswith("#")).replace("\\\n", " ").splitlines()
    found = (line.split(maxsplit=1) for line in lines if line)
    return [(word, " ".join(rest.split())) for word, rest in found]


def test_what_the_image_copies_is_there_and_reaches_it(checkout: Path) -> None:
    copied = []
    for word, rest in _instructions(checkout):
        if word == "COPY" and not rest.startswith("--from="):
            *sources, target = rest.split()
            # a folder's content goes into the target, so each keeps its own name
            assert all(target == f"./{one}" or (checkout / one).is_file() for one in sources)
            copied += sources
    assert [one for one in copied if not (checkout / one).exists()] == []
    ignored = _ignored(checkout)
    assert ignored[0] == "*" and set(copied) == {line[1:] for line in ignored if line.startswith("!")}
    build = tomllib.loads((checkout / "pyproject.toml").read_text(encoding="utf-8"))
    wheel = build["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    assert {*wheel, "pyproject.toml", "requirements.lock", build["project"]["readme"]} <= set(copied)


def test_the_image_runs_the_command_as_nobody_special(checkout: Path) -> None:
    steps = _instructions(checkout)
    last = max(number for number, (word, _) in enumerate(steps) if word == "FROM")
    final = dict(steps[last:])
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", final["USER"])
    assert json.loads(final["ENTRYPOINT"]) == [OURS]  # no shell, which would keep SIGTERM to itself
    project = tomllib.loads((checkout / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert OURS in project["scripts"]
    for rest in (rest for word, rest in steps if word == "FROM"):
        assert re.match(r"python:3\.1[12]-slim", rest), rest
    assert "--require-hashes" in " ".join(rest for word, rest in steps if word == "RUN")


def test_the_state_lies_in_the_image_s_volume(checkout: Path, services: dict[str, dict[str, Any]]) -> None:
    """A new volume takes over owner and mode of the folder that the image has there; elsewhere root would own it."""
    final = dict(_instructions(checkout))
    assert final["VOLUME"] in _mounts(services["engine"]) and final["VOLUME"] in final["RUN"]
