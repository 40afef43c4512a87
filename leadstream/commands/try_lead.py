"""`leadstream try`: one lead without effect, in words: as it is read, its score, and what it would wait for (domain 10)."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import typer

from flows.engine import wall_clock_ms
from leadstream.explain.trial import Trial
from operators.config import configuration
from state import errors, limits

_STDIN: Final = "-"
_HOUR_MS: Final = 3_600_000


def try_out(
    given: str, *, config: Path | None, at_ms: int | None, as_json: bool, reveal: bool, wall_ms: int | None = None
) -> None:
    """Print what would become of the lead. `wall_ms` stands in for the wall's clock. Raises WrongUsage for a record that is no raw
    lead, ConfigurationRefused."""
    loaded = configuration.load(config)
    raw = (
        sys.stdin.buffer.read(limits.RECORD_BYTES + 1) if given == _STDIN else given.encode("utf-8", "surrogateescape")
    )
    if not raw.strip():
        raise errors.WrongUsage(
            "There is no lead to try: the text is empty.",
            'Give one as JSON, as {"channel": …, "source_lead_id": …, "phone": …}, or - and the lead on the standard input.',
        )
    earliest_ms = loaded.rules.earliest_ms
    if at_ms is not None and at_ms < earliest_ms:
        raise errors.WrongUsage(
            f"--at lies before {_when(loaded.rules.local.text(earliest_ms))}: no time before that is believed.",
            "Give a later one, or set periods.earliest.",
        )
    trial = Trial(loaded, reveal=reveal)
    arrival = trial.read(raw.strip(), wall_clock_ms() if wall_ms is None else wall_ms, at_ms)
    if arrival.kind != "raw_lead":
        raise errors.WrongUsage(
            f"This is a record of type {arrival.kind[:40]}: what it does depends on what came before.",
            'Give a raw lead, as {"channel": …, "source_lead_id": …, "phone": …}.',
        )
    document = trial.document(arrival)
    if as_json:
        typer.echo(json.dumps(document, ensure_ascii=False))
    else:
        typer.echo("\n".join(text_of(document)))


def text_of(document: dict[str, Any]) -> Iterator[str]:
    """The document of a trial for people, line by line."""
    yield f"Judged as of {_when(document['at'])}, as the first lead of its customer, by rule version {document['rule_version']}."
    lead = document["lead"]
    if lead is not None:
        yield "As it is read:"
        for name, value in lead.items():
            yield f"  {name}: {value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)}"
        if document["home"]:
            yield f"  Home location (号码归属地): {document['home']['province']} {document['home']['city']}".rstrip()
        realm = " in the shadow realm (test leads)" if document["realm"] == "shadow" else ""
        yield f"  OneID (客户 OneID): {document['one_id']}{realm}"
    flags = f", flagged {', '.join(document['flags'])}" if document["flags"] else ""
    if not document["accepted"]:
        yield f"Validation (线索验证): refused with {', '.join(document['reasons'])}{flags}."
        for one in document["fields"]:
            yield f"  {one['field'] or 'the record'}: {one['hint'] or one['code']}"
    else:
        yield f"Validation (线索验证): accepted{flags}."
        if document["late"]:
            hours = document["late_ms"] / _HOUR_MS
            yield (
                f"Late: it is more than {hours:g} h older than that, the lateness of its channel; it would go to the output `late`. "
                "Without --at it is judged as of its own event time."
            )
        for part in document["parts"]:
            yield from _part(part)
    yield "Nothing was written, sent or kept."


def _part(part: dict[str, Any]) -> Iterator[str]:
    name = f" ({part['store_name']})" if part["store_name"] else ""
    yield f"At store {part['store'] or 'not known yet'}{name}, line {part['line']}:"
    yield f"  Mark: {part['mark']}, since {part['why']}."
    if part["route"]:
        reasons = f" ({', '.join(part['route_reasons'])})" if part["route_reasons"] else ""
        yield f"  Route of cleaning (清洗): {part['route']}{reasons}."
    if part["task"]:
        yield f"  Its task: from {_when(part['task']['not_before'])}, expires {_when(part['task']['expires_at'])}."
    yield f"  Score (评分): {part['score']}, grade {part['grade']}."
    for one in part["reasons"]:
        told = (
            f"{one['points']:+g}  {one['factor']}"
            if one["text"] == one["factor"]
            else f"{one['text']} ({one['factor']})"
        )
        yield f"    {told}"
    if part["dispatched"]:
        yield "  It would be dispatched (派单) at once."
    elif part["conditions"]:
        until = f" until {_when(part['until'])}" if part["until"] else ""
        yield f"  It would wait for {', '.join(part['conditions'])}{until}. What would end it:"
        for end in part["ends"]:
            yield f"    {end}"
    else:
        yield f"  It would stand as {part['status']}, not dispatched."
    if part["told"]:
        yield f"  Notices: {', '.join(part['told'])}."


def _when(text: str | None) -> str:
    return "?" if text is None else text[:19].replace("T", " ")
