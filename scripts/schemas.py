"""Writes docs/schemas/*.json (a JSON Schema for each topic) and docs/asyncapi.json from the types of the engine.

    python scripts/schemas.py            write them
    python scripts/schemas.py --check    exit 1 when they are not what the types say

Inputs: what a producer may send. The types of `operators.wire.records` are as loose as the contract allows; what is required
stands here as the contract has it. Outputs: the types of `operators.wire.streams` as they are encoded.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any, Final, get_args

import msgspec
from msgspec import UnsetType

CHECKOUT: Final = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(CHECKOUT))

import leadstream  # noqa: E402
from connectors.kafka.settings import KafkaSettings, settings_of  # noqa: E402
from connectors.kafka.topics.plans import CONFIGS, Plan, plans  # noqa: E402
from operators.base.kinds import RecordKind  # noqa: E402
from operators.base.verdict_kinds import VERDICTS  # noqa: E402
from operators.config.configuration import from_tables  # noqa: E402
from operators.config.kafka import INPUTS  # noqa: E402
from operators.intake.commands import KNOWN as COMMAND_KINDS  # noqa: E402
from operators.intake.validation import ACTIVITY_KINDS, BY  # noqa: E402
from operators.intention.score import GRADES  # noqa: E402
from operators.registry import RECORDS  # noqa: E402
from operators.wire import streams  # noqa: E402
from operators.wire.streams import STREAMS  # noqa: E402
from scripts.schemas_words import (  # noqa: E402
    FIELDS,
    OF_INPUTS,
    OF_OUTPUTS,
    PERSONAL,
    TIMES,
    UNTYPED,
)
from state import limits  # noqa: E402
from state.rows.codes import CLOSED_REASONS, MARKS, ROUTES, STATUSES, TASK_STATES  # noqa: E402

FOLDER: Final = CHECKOUT / "docs"
DRAFT: Final = "http://json-schema.org/draft-07/schema#"
"""What schema registries and AsyncAPI tools read."""

Schema = dict[str, Any]

_ENUMS: Final[dict[str, tuple[str | None, ...]]] = {
    "activity.kind": tuple(sorted(ACTIVITY_KINDS)),
    "commands.kind": tuple(sorted(COMMAND_KINDS)),
    "verdicts.by": tuple(sorted(BY)),
    "verdicts.outcome": tuple(sorted({kind.outcome for kind in VERDICTS})),
    "dispositions.mark": MARKS,
    "unique_leads.status": STATUSES,
    "unique_leads.stage": ("UQL", "MQL", "SQL", "WON"),
    "unique_leads.grade": GRADES,
    "unique_leads.closed_reason": (*CLOSED_REASONS[1:], None),
    "unique_leads.route": ROUTES[1:],
    "cleaning_tasks.state": TASK_STATES,
    "cleaning_tasks.route": ROUTES[2:],
    "cleaning_tasks.grade": GRADES,
    "dispatches.grade": GRADES,
    "closings.reason": CLOSED_REASONS[1:],
}
_SHAPES: Final = {kind.name: kind.shape for kind in streams.KINDS}
_ONE_OF: Final = {"raw": ("phone", "landline"), "verdicts": ("task_id", "unique_id", "phone", "landline")}
"""Fields of which a record needs one; any other kind names a unique lead, by its id or by a contact (ruling 17)."""
_NAMED: Final = ("unique_id", "phone", "landline")


# --- schemas


def schemas() -> dict[str, Schema]:
    """Name of a topic without its prefix → its schema."""
    found = {kind.topic: _untyped(kind.topic) if kind.shape is None else _of_input(kind) for kind in RECORDS}
    return found | {stream: _of_output(stream) for stream in STREAMS}


def _typed(record: type[msgspec.Struct]) -> tuple[Schema, dict[str, Schema]]:
    """The type's own schema, and those of the types inside it."""
    _, parts = msgspec.json.schema_components([record], ref_template="#/definitions/{name}")
    return parts.pop(record.__name__), parts


def _of_input(kind: RecordKind) -> Schema:
    name = kind.topic
    assert kind.shape is not None
    own, parts = _typed(kind.shape)
    properties = own["properties"]
    for part in (own, *parts.values()):
        part.pop("additionalProperties", None)  # an unknown key is no fault: it goes into `extra` (ruling 78)
        for field in part["properties"].values():
            field.pop("default", None)
    properties["type"] = {"enum": [INPUTS[name], None]}
    required = [field for field in properties if field in kind.required]
    for field in required:
        properties[field] = _given(properties[field])
    own["required"] = required
    own["anyOf"] = [{"required": [field]} for field in _ONE_OF.get(name, _NAMED)]
    return _document(name, OF_INPUTS[name], own, parts)


def _given(field: Schema) -> Schema:
    """A field that must be there: not null, and a text not empty."""
    kinds = [dict(kind) for kind in field.get("anyOf", [field]) if kind.get("type") != "null"]
    for kind in kinds:
        if kind["type"] == "string":
            kind["minLength"] = 1
    return kinds[0] if len(kinds) == 1 else {"anyOf": kinds}


def _untyped(name: str) -> Schema:
    """Record types that this version knows and does not apply: the contract's fields."""
    required, fields = UNTYPED[name]
    properties: dict[str, Schema] = {"type": {"enum": [INPUTS[name], None]}}
    kinds = {"id": ["string", "integer"], "text": ["string"], "number": ["number"], "count": ["integer"]}
    for field, kind in fields.items():
        properties[field] = {"type": kinds[kind] if field in required else [*kinds[kind], "null"]}
        if kind in ("id", "text"):
            properties[field]["maxLength"] = limits.STRING_BYTES
    return _document(name, OF_INPUTS[name], {"properties": properties, "required": list(required)}, {})


def _of_output(stream: str) -> Schema:
    own, parts = _typed(_SHAPES[stream])
    # What may be unset is left out of the JSON, whether it has a default or not.
    may_lack = {one.name for one in msgspec.structs.fields(_SHAPES[stream]) if UnsetType in get_args(one.type)}
    own["required"] = [name for name in own["required"] if name not in may_lack]
    return _document(stream, OF_OUTPUTS[stream], own, parts)


def _document(name: str, description: str, own: Schema, parts: dict[str, Schema]) -> Schema:
    for part, schema in (("", own), *parts.items()):
        for field, what in schema["properties"].items():
            _describe(name, part, field, what)
    document: Schema = {
        "$schema": DRAFT,
        "$id": f"{name}.json",
        "title": name,
        "description": description,
        "type": "object",
        "properties": own["properties"],
        "required": own["required"],
    }
    if "anyOf" in own:
        document["anyOf"] = own["anyOf"]
    if parts:
        document["definitions"] = {part: parts[part] for part in sorted(parts)}
    return document


def _describe(name: str, part: str, field: str, what: Schema) -> None:
    """Words, values and formats of a field; a field without words stops the script."""
    words = FIELDS.get(f"{part or name}.{field}") or FIELDS.get(field)
    if words is None:
        sys.exit(f"schemas: say in scripts/schemas_words.py what {part or name}.{field} is")
    if "$ref" in what:  # beside a reference other words do not count in this draft
        what["allOf"] = [{"$ref": what.pop("$ref")}]
    values = _ENUMS.get(f"{part or name}.{field}")
    if values is not None:
        for kind in ("type", "anyOf", "maxLength", "minLength"):
            what.pop(kind, None)
        what["enum"] = list(values)
    elif field in TIMES:
        what["format"] = "date-time"
    what["description"] = words + (" Personal data in clear." if f"{part or name}.{field}" in PERSONAL else "")


# --- AsyncAPI


def asyncapi() -> Schema:
    """The AsyncAPI 3.0 document: a channel for each topic, what the engine does with it, its messages."""
    settings = settings_of(from_tables({}, environ={}), {})
    by_name = {plan.topic.removeprefix(settings.prefix): plan for plan in plans(settings)}
    return {
        "asyncapi": "3.0.0",
        "id": "urn:leadstream",
        "info": {
            "title": "leadstream",
            "version": leadstream.__version__,
            "description": "Sales leads in, decisions out. Topics begin with the prefix of [kafka], `leads.` unless set; "
            "every record is one JSON object in UTF-8. Fields may be added, never renamed: readers pass over what they do "
            "not know.",
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": "application/json",
        "servers": _servers(),
        "channels": {name: _channel(name, plan, settings) for name, plan in by_name.items()},
        "operations": {_operation_name(name): _operation(name) for name in by_name},
        "components": {
            "messages": _messages(),
            "schemas": {"Headers": _headers()},
            "securitySchemes": {
                "plain": {"type": "plain", "description": "SASL/PLAIN"},
                "scramSha256": {"type": "scramSha256", "description": "SASL/SCRAM-SHA-256"},
                "scramSha512": {"type": "scramSha512", "description": "SASL/SCRAM-SHA-512"},
                "certificate": {"type": "X509", "description": "A client's certificate over TLS"},
            },
        },
    }


def _servers() -> Schema:
    schemes = ("plain", "scramSha256", "scramSha512", "certificate")
    return {
        "plaintext": {"host": "127.0.0.1:9092", "protocol": "kafka", "description": "The default: [kafka] or KAFKA_*."},
        "secured": {
            "host": "broker.example:9093",
            "protocol": "kafka-secure",
            "description": "security_protocol SSL or SASL_SSL.",
            "security": [{"$ref": f"#/components/securitySchemes/{one}"} for one in schemes],
        },
    }


def _channel(name: str, plan: Plan, settings: KafkaSettings) -> Schema:
    described = OF_OUTPUTS.get(name) or OF_INPUTS[name]
    config: Schema = {}
    for wish in plan.wishes:
        if wish.what in CONFIGS and wish.what not in ("min.compaction.lag.ms", "message.timestamp.type"):
            config[wish.what] = [wish.value] if wish.what == "cleanup.policy" else int(wish.value)
    return {
        "address": plan.topic,
        "description": described,
        "messages": {one: {"$ref": f"#/components/messages/{one}"} for one in _message_names(name)},
        "bindings": {
            "kafka": {
                "topic": plan.topic,
                "partitions": settings.partitions,
                "replicas": settings.replication,
                "topicConfiguration": config,
                "bindingVersion": "0.5.0",
            }
        },
    }


def _message_names(name: str) -> tuple[str, ...]:
    return (name, "unique_leads_deleted") if name == "unique_leads" else (name,)


def _operation_name(name: str) -> str:
    return f"{'read' if name in INPUTS else 'write'}_{name}"


def _operation(name: str) -> Schema:
    return {
        "action": "receive" if name in INPUTS else "send",
        "channel": {"$ref": f"#/channels/{name}"},
        "summary": "Read by the engine." if name in INPUTS else "Written by the engine.",
        "messages": [{"$ref": f"#/channels/{name}/messages/{one}"} for one in _message_names(name)],
    }


def _messages() -> Schema:
    found: Schema = {}
    for name in (*INPUTS, *STREAMS):
        key = (
            {
                "type": ["string", "null"],
                "description": "Any key, or none: the engine finds the customer in the record.",
            }
            if name in INPUTS
            else {"type": "string", "description": _key_of(name)}
        )
        found[name] = {
            "name": name,
            "title": name,
            "summary": (OF_OUTPUTS.get(name) or OF_INPUTS[name]).partition(". ")[0].rstrip(".") + ".",
            "contentType": "application/json",
            "payload": {"$ref": f"schemas/{name}.json"},
            "bindings": {"kafka": {"key": key, "bindingVersion": "0.5.0"}},
        }
        if name not in INPUTS:
            found[name]["headers"] = {"$ref": "#/components/schemas/Headers"}
    found["unique_leads_deleted"] = {
        "name": "unique_leads_deleted",
        "title": "unique_leads: deleted",
        "summary": "A record without a value: the unique lead is gone, and compaction removes what was said of it.",
        "contentType": "application/json",
        "headers": {"$ref": "#/components/schemas/Headers"},
        "payload": {"type": "null", "description": "No value (a tombstone)."},
        "bindings": {"kafka": {"key": {"type": "string", "description": "unique_id"}, "bindingVersion": "0.5.0"}},
    }
    return found


def _key_of(stream: str) -> str:
    if stream == "unique_leads":
        return "unique_id: the topic is compacted and keeps the latest state of each unique lead."
    if stream == "rejects":
        return "one_id where the customer is known, else the channel."
    return "one_id: everything that concerns a customer is in one partition, in order."


def _headers() -> Schema:
    return {
        "type": "object",
        "description": "Headers of every record that the engine writes; nothing else stands there.",
        "properties": {
            "event_id": {
                "type": "string",
                "description": "As in the record (unique_leads-<unique_id>-deleted where there is no value): stable over "
                "crashes and replays. Drop a record whose event_id you have.",
            },
            "sequence": {
                "type": "string",
                "pattern": "^[0-9]+-[0-9]+-[0-9]+$",
                "description": "shard-row-place: the record's place in what its shard has decided. Of two records of one "
                "key and shard, the greater (row, place) is the later decision.",
            },
        },
        "required": ["event_id", "sequence"],
    }


# --- files


def documents() -> dict[str, bytes]:
    """Path below docs → what stands in it."""
    found: dict[str, Schema] = {f"schemas/{name}.json": schema for name, schema in schemas().items()}
    found["asyncapi.json"] = asyncapi()
    return {path: (json.dumps(one, ensure_ascii=False, indent=1) + "\n").encode() for path, one in found.items()}


def main(arguments: list[str]) -> int:
    """Write, or compare; the exit code."""
    if arguments not in ([], ["--check"]):
        print(__doc__, file=sys.stderr)
        return 2
    wanted = documents()
    there = {f"schemas/{path.name}" for path in (FOLDER / "schemas").glob("*")}
    stale = sorted(there - set(wanted))
    changed = [
        path
        for path, content in wanted.items()
        if not (FOLDER / path).is_file() or (FOLDER / path).read_bytes() != content
    ]
    if arguments:
        for path in [*changed, *stale]:
            print(f"docs/{path} is not what the types say", file=sys.stderr)
        return 1 if changed or stale else 0
    for path in changed:
        (FOLDER / path).parent.mkdir(parents=True, exist_ok=True)
        (FOLDER / path).write_bytes(wanted[path])
        print(f"wrote docs/{path}")
    for path in stale:
        (FOLDER / path).unlink()
        print(f"removed docs/{path}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
