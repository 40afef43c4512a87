"""`leadstream topics`: are the topics as the engine needs them, and putting them right."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import typer
from rich.table import Table
from rich.text import Text

from connectors.kafka.settings import KafkaSettings, settings_of
from connectors.kafka.topics.plans import CONFIGS, Plan, TopicFault, TopicSaid, faults, plans, summary
from connectors.kafka.topics.upkeep import apply, ask, connect, refused
from flows.observe.live import Screen
from operators.config import configuration
from state import errors

WAIT_S = 10.0
"""How long an operator who looks at the command waits for a broker that does not answer."""
_PLAIN_WIDTH = 160


def topics(config: Path | None, *, mend: bool, as_json: bool) -> None:
    """Show every topic with what is wrong of it; with `mend` create and change first.

    Raises Refused (exit 1) where something is wrong in the end, Fault (exit 3) where the broker cannot be asked.
    """
    settings = settings_of(configuration.load(config))
    admin = connect(settings, WAIT_S)
    done: list[str] = []
    failed: list[str] = []
    if mend:
        done, failed = apply(settings, admin)
    wanted = plans(settings)
    said = ask(settings, admin, [plan.topic for plan in wanted])
    found = faults(settings, said)
    if as_json:
        typer.echo(json.dumps(_plain(settings, wanted, said, found, done, failed), ensure_ascii=False, indent=1))
    else:
        for line in done:
            typer.echo(line)
        console = Screen(highlight=False)
        if not console.is_terminal:
            console.width = max(console.width, _PLAIN_WIDTH)
        console.print(_table(wanted, said, found))
    if failed:
        count = "A change" if len(failed) == 1 else f"{len(failed)} changes"
        raise errors.Refused(
            "\n".join([f"{count} failed at {settings.describe()}:", *(f"  {line}" for line in failed)]),
            "Allow this user what it lacks, or correct [kafka], then run `leadstream topics --apply` again.",
        )
    if found:
        raise refused(found, shown=True)
    if not as_json:
        typer.echo(f"All {len(wanted)} topics at {settings.describe()} are as the engine needs them.")


def _table(wanted: list[Plan], said: dict[str, TopicSaid], found: list[TopicFault]) -> Table:
    """A line a topic that fits; a line a fault."""
    table = Table("topic", "is", "wanted", box=None, pad_edge=False, header_style="bold")
    for plan in wanted:
        wrong = [one for one in found if one.topic == plan.topic]
        for one in wrong:
            found_words = "missing" if one.what == "topic" else f"{one.what}: {one.found}"
            table.add_row(Text(plan.topic), Text(found_words, style="red"), Text(one.wanted, style="bold"))
        if not wrong:
            table.add_row(Text(plan.topic), Text(summary(said[plan.topic].value)), Text("fits", style="green"))
    return table


def _plain(
    settings: KafkaSettings,
    wanted: list[Plan],
    said: dict[str, TopicSaid],
    found: list[TopicFault],
    done: list[str],
    failed: list[str],
) -> dict[str, Any]:
    listed = []
    for plan in wanted:
        topic = said.get(plan.topic)
        listed.append(
            {
                "topic": plan.topic,
                "stream": plan.stream,
                "exists": topic is not None,
                "partitions": topic.partitions if topic else None,
                "replication": topic.replication if topic else None,
                "config": {key: topic.config.get(key) for key in CONFIGS} if topic else None,
                "faults": [
                    {
                        "what": one.what,
                        "is": one.found,
                        "wanted": one.wanted,
                        "action": one.action or "leadstream topics --apply",
                    }
                    for one in found
                    if one.topic == plan.topic
                ],
            }
        )
    return {
        "broker": settings.describe(),
        "fits": not found and not failed,
        "done": done,
        "failed": failed,
        "topics": listed,
    }
