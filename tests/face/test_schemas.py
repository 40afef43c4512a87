"""docs/schemas and docs/asyncapi.json: made from the types, and true of what goes in and comes out."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest
from face_shell import PLACES, Shell, write_inputs
from jsonschema import Draft7Validator
from jsonschema.exceptions import ValidationError
from msgspec import UnsetType

from connectors.kafka.settings import settings_of
from connectors.kafka.topics.plans import plans
from operators.config.configuration import from_tables
from operators.config.kafka import INPUTS
from operators.wire.streams import KINDS, STREAMS, FraudAlert, Why, encode
from scripts import schemas

LEADS = 400


@pytest.fixture(scope="module")
def docs(checkout: Path) -> Path:
    return checkout / "docs"


@pytest.fixture(scope="module")
def asyncapi(docs: Path) -> Any:
    return json.loads((docs / "asyncapi.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def validators(docs: Path) -> dict[str, Draft7Validator]:
    found = {}
    for path in (docs / "schemas").glob("*.json"):
        schema = json.loads(path.read_text(encoding="utf-8"))
        Draft7Validator.check_schema(schema)
        found[path.stem] = Draft7Validator(schema)
    return found


@pytest.fixture(scope="module")
def generated(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Shell:
    """Simulated inputs and inputs by hand, each run: folders `in`, `hand`, outputs `out`, `hand-out`."""
    shell = Shell(tmp_path_factory.mktemp("schemas"), checkout)
    shell.call("generate", "--leads", str(LEADS), "--seed", "5", "--out", "in")
    shell.run("run", "--config", "in/config.toml", "--source", "in", *PLACES)
    write_inputs(shell.folder / "hand")
    places = ("--state", "hand-state", "--sink", "hand-out", "--metrics", "127.0.0.1:0")
    shell.run("run", "--config", "hand/config.toml", "--source", "hand", *places)
    return shell


# --- the files


def test_the_files_are_what_the_types_say(docs: Path) -> None:
    wanted = schemas.documents()
    there = {path.relative_to(docs).as_posix() for path in (docs / "schemas").glob("*")} | {"asyncapi.json"}
    assert there == set(wanted)
    stale = [path for path, content in wanted.items() if (docs / path).read_bytes() != content]
    assert stale == [], "run scripts/schemas.py and commit what it writes"


def test_the_script_tells_fresh_from_stale(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(schemas, "FOLDER", tmp_path)
    assert schemas.main(["--check"]) == 1
    assert schemas.main([]) == 0
    assert schemas.main(["--check"]) == 0
    (tmp_path / "schemas" / "old.json").write_text("{}", encoding="utf-8")
    (tmp_path / "asyncapi.json").write_text("{}", encoding="utf-8")
    capsys.readouterr()
    assert schemas.main(["--check"]) == 1
    assert capsys.readouterr().err.splitlines() == [
        "docs/asyncapi.json is not what the types say",
        "docs/schemas/old.json is not what the types say",
    ]
    assert schemas.main([]) == schemas.main(["--check"]) == 0
    assert schemas.main(["--chek"]) == 2


def test_every_field_of_every_record_is_described(validators: dict[str, Draft7Validator]) -> None:
    assert set(validators) == {*INPUTS, *STREAMS}
    for name, validator in validators.items():
        parts = {"": validator.schema, **validator.schema.get("definitions", {})}
        for part in parts.values():
            assert all(field.get("description") for field in part["properties"].values()), name
    for stream, record in ((kind.name, kind.shape) for kind in KINDS):
        fields = msgspec.structs.fields(record)
        assert set(validators[stream].schema["properties"]) == {field.name for field in fields}
        required = {field.name for field in fields if field.required and UnsetType not in get_args(field.type)}
        assert set(validators[stream].schema["required"]) == required >= {"event_id", "at", "rule_version", "why"}


# --- AsyncAPI


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            if key == "$ref":
                yield inner
            else:
                yield from _references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _references(inner)


def test_every_reference_leads_somewhere(docs: Path, asyncapi: Any, validators: dict[str, Draft7Validator]) -> None:
    for whole, found in [(asyncapi, asyncapi), *((one.schema, one.schema) for one in validators.values())]:
        for reference in _references(found):
            if reference.startswith("#/"):
                at = whole
                for step in reference[2:].split("/"):
                    at = at[step]
            else:
                assert (docs / reference).is_file()


def test_the_document_has_every_topic_as_it_is_created(asyncapi: Any) -> None:
    of = settings_of(from_tables({}, environ={}), {})
    channels = asyncapi["channels"]
    assert [one["address"] for one in channels.values()] == [plan.topic for plan in plans(of)]
    for plan, channel in zip(plans(of), channels.values(), strict=True):
        config = channel["bindings"]["kafka"]["topicConfiguration"]
        assert config["cleanup.policy"] == [plan.value("cleanup.policy")]
        assert config["max.message.bytes"] == int(plan.value("max.message.bytes"))
    actions = {one["channel"]["$ref"].rpartition("/")[2]: one["action"] for one in asyncapi["operations"].values()}
    assert actions == {name: "receive" if name in INPUTS else "send" for name in channels}


def test_keys_headers_and_tombstones_are_in_the_document(asyncapi: Any) -> None:
    messages = asyncapi["components"]["messages"]
    headers = asyncapi["components"]["schemas"]["Headers"]
    assert headers["required"] == list(headers["properties"]) == ["event_id", "sequence"]
    for name in STREAMS:
        assert messages[name]["headers"] == {"$ref": "#/components/schemas/Headers"}
        begins = {"unique_leads": "unique_id", "rejects": "one_id where"}.get(name, "one_id")
        assert messages[name]["bindings"]["kafka"]["key"]["description"].startswith(begins)
    assert "headers" not in messages["raw"]
    deleted = messages["unique_leads_deleted"]
    assert deleted["payload"]["type"] == "null"
    assert "unique_leads_deleted" in asyncapi["channels"]["unique_leads"]["messages"]


# --- what goes in and comes out


@pytest.mark.parametrize("folder", ["out", "hand-out"])
def test_real_output_is_what_the_schemas_say(
    generated: Shell, validators: dict[str, Draft7Validator], folder: str
) -> None:
    seen = set()
    for stream in STREAMS:
        for record in generated.lines(f"{folder}/{stream}.jsonl"):
            validators[stream].validate(record)
            seen.add(stream)
    if folder == "out":
        assert seen >= {"dispositions", "dispatches", "holds", "unique_leads", "notifications", "closings", "rejects"}
    else:
        assert {"late", "replays", "rejects"} <= seen


def test_what_a_run_seldom_has(validators: dict[str, Draft7Validator]) -> None:
    alert = FraudAlert(
        "fraud_alerts-x-1", "2026-03-02T10:00:00.000+08:00", "0" * 12, Why("r"), "x", "SHARED_CONTACT", "a"
    )
    validators["fraud_alerts"].validate(json.loads(encode(alert)))


@pytest.mark.parametrize(("file", "name"), [("raw_leads", "raw"), ("activity", "activity")])
def test_real_input_is_what_the_schemas_say(
    generated: Shell, validators: dict[str, Draft7Validator], file: str, name: str
) -> None:
    refused = {
        record["position"] for record in generated.lines("out/rejects.jsonl") if record["source"].startswith(file)
    }
    taken = 0
    for number, line in enumerate((generated.folder / "in" / f"{file}.jsonl").read_bytes().splitlines()):
        if number not in refused:
            validators[name].validate(json.loads(line))
            taken += 1
    assert taken > LEADS // 10


@pytest.mark.parametrize(
    ("name", "record"),
    [
        ("raw", {}),
        ("raw", {"channel": "a", "source_lead_id": "1"}),
        ("raw", {"channel": "", "source_lead_id": "1", "phone": "13812345678"}),
        ("raw", {"channel": "a", "source_lead_id": None, "phone": "13812345678"}),
        ("raw", {"channel": "a" * 257, "source_lead_id": "1", "phone": "13812345678"}),
        ("raw", {"channel": "a", "source_lead_id": "1", "phone": "13812345678", "intent": {"level": "VERY"}}),
        ("raw", {"channel": "a", "source_lead_id": "1", "phone": "13812345678", "stores": ["x"] * 65}),
        ("raw", {"channel": "a", "source_lead_id": "1", "phone": "13812345678", "type": "activity"}),
        ("activity", {"activity_id": "1", "kind": "CALL", "phone": "13812345678"}),
        ("activity", {"activity_id": "1", "kind": "WALK", "phone": "1", "event_time": "2026-03-02T10:00:00+08:00"}),
        ("activity", {"activity_id": "1", "kind": "CALL", "event_time": "2026-03-02T10:00:00+08:00"}),
        ("verdicts", {"outcome": "INTENT"}),
        ("verdicts", {"outcome": "INTENT", "by": "ROBOT", "task_id": "t"}),
        ("verdicts", {"outcome": "MAYBE", "by": "AI", "task_id": "t"}),
        ("verdicts", {"outcome": "INTENT", "by": "AI"}),
        ("behaviour", {"kind": "VIEW"}),
        ("commands", {"command_id": "1", "kind": None}),
        ("dispositions", {"event_id": "x"}),
    ],
)
def test_what_the_engine_would_refuse_is_refused(
    validators: dict[str, Draft7Validator], name: str, record: dict[str, Any]
) -> None:
    with pytest.raises(ValidationError):
        validators[name].validate(record)


def test_unknown_fields_pass(validators: dict[str, Draft7Validator]) -> None:
    """Fields may be added: neither a producer's nor an engine's newer record is a fault."""
    validators["raw"].validate({"channel": "a", "source_lead_id": 7, "landline": "021-62345678", "newer": {"a": 1}})
    validators["verdicts"].validate({"outcome": "INTENT", "by": "AI", "task_id": "t", "newer": 1})
