"""The pages about what the engine knows: statuses with their diagram, and every kind of `operators.registry`."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Final

from operators.base.count_kinds import PER_CAMPAIGN
from operators.base.kinds import EntityKind
from operators.lead import statuses
from operators.registry import COUNTS, ENTITIES, KIND_OF, MESSAGES, RECORDS, STREAMS, WITNESSES
from scripts import docs_tables as tables
from scripts.docs_tables import CHECKOUT
from state.rows.codes import STATUSES
from state.rows.lead import Lead

_DRAWN_AS_ONE: Final = ("waiting", "closed")
"""Groups that are one box of the diagram: their statuses may become the same, and change among themselves."""


# --- statuses


def _meanings() -> dict[str, str]:
    """Group → what `operators.lead.statuses` says of it, below its number."""
    module = ast.parse(Path(CHECKOUT / tables.path(statuses.__name__)).read_text(encoding="utf-8"))
    said: dict[str, str] = {}
    names: dict[str, str] = {}
    for node, following in zip(module.body, module.body[1:], strict=False):
        if not isinstance(node, ast.AnnAssign) or not isinstance(node.target, ast.Name):
            continue
        if isinstance(following, ast.Expr) and isinstance(following.value, ast.Constant):
            said[node.target.id] = " ".join(str(following.value.value).split())
        if node.target.id == "GROUPS" and isinstance(node.value, ast.Dict):
            for key, value in zip(node.value.keys, node.value.values, strict=True):
                if isinstance(key, ast.Constant) and isinstance(value, ast.Name):
                    names[str(key.value)] = value.id
    return {group: said[name] for group, name in names.items()}


def _boxes() -> list[tuple[str, int]]:
    """(name, statuses as a group) of each box of the diagram."""
    boxes: dict[int, str] = {}
    for status, name in enumerate(STATUSES):
        one = next((one for one in _DRAWN_AS_ONE if statuses.GROUPS[one] >> status & 1), "")
        boxes.setdefault(statuses.GROUPS[one] if one else 1 << status, one or name)
    return [(name, group) for group, name in boxes.items()]


def _diagram() -> str:
    boxes = _boxes()
    lines = ["stateDiagram-v2"]
    lines += [
        f"    {name} : {', '.join(members)}"
        for name, members in ((name, statuses.members(group)) for name, group in boxes)
        if members != [name]
    ]
    first = Lead(0).status
    lines.append(f"    [*] --> {next(name for name, group in boxes if group >> first & 1)} : {STATUSES[first]}")
    for name, group in boxes:
        inside = [status for status in range(len(STATUSES)) if group >> status & 1]
        for other, target in boxes:
            from_here = [status for status in inside if statuses.NEXT[status] & target]
            if other == name or not from_here:
                continue
            reached = target & sum(1 << to for to in range(len(STATUSES)) if statuses.NEXT[from_here[0]] >> to & 1)
            said = [] if reached == target else statuses.members(reached)
            if len(from_here) < len(inside):  # only some of those that are drawn as one
                said.append("from " + ", ".join(STATUSES[status] for status in from_here))
            lines.append(f"    {name} --> {other}" + (" : " + " ".join(said) if said else ""))
    return "```mermaid\n" + "\n".join(lines) + "\n```\n"


def _groups() -> str:
    meanings = _meanings()
    clocks = [clock for kind in ENTITIES for clock in kind.clocks]
    return tables.table(
        ("group", "statuses", "what it says", "clocks that run in all of it"),
        (
            (
                group,
                tables.listed(statuses.members(bits)),
                meanings[group],
                tables.listed(clock.name for clock in clocks if bits & clock.group == bits),
            )
            for group, bits in statuses.GROUPS.items()
        ),
    )


def statuses_part() -> str:
    """The diagram and the table of groups."""
    return f"\n{_diagram()}\n{_groups()}\n"


# --- kinds


def _records() -> str:
    return tables.table(
        ("type", "topic", "files", "must have", "shape", "checked by", "applied by", "witness", "settles"),
        (
            (
                tables.code(kind.name),
                tables.code(kind.topic),
                tables.code(f"{kind.files}*.jsonl"),
                tables.listed(sorted(kind.required)),
                tables.code(kind.shape.__name__) if kind.shape is not None else "none: refused `NOT_SUPPORTED`",
                tables.where(kind.check),
                tables.where(kind.apply),
                tables.where(kind.witness),
                tables.yes(kind.settles),
            )
            for kind in RECORDS
        ),
    )


def _entities() -> str:
    def row(kind: EntityKind) -> tuple[str, ...]:
        return (
            kind.name,
            tables.code(kind.space.decode()),
            tables.where(kind.decode),
            tables.where(kind.next_due),
            tables.listed(clock.name for clock in kind.clocks),
            tables.yes(kind.fresh),
            tables.yes(kind.settles),
            tables.yes(kind.at_rest),
        )

    heads = ("entity", "letter", "row", "next due", "clocks", "begins with a message", "settles", "at rest")
    return tables.table(heads, map(row, sorted(ENTITIES, key=lambda kind: kind.rank)))


def _witnesses() -> str:
    return tables.table(
        ("witness", "letter", "row"),
        ((kind.name, tables.code(kind.space.decode()), tables.where(kind.decode)) for kind in WITNESSES),
    )


def _clocks() -> str:
    return tables.table(
        ("entity", "place", "clock", "runs in", "what happens"),
        (
            (
                kind.name,
                str(place),
                tables.code(clock.name),
                tables.listed(statuses.members(clock.group)),
                tables.where(clock.fire),
            )
            for kind in ENTITIES
            for place, clock in enumerate(kind.clocks, 1)
        ),
    )


def _messages() -> str:
    return tables.table(
        ("tag", "message", "to", "what it says", "applied by"),
        (
            (
                str(kind.shape.__struct_config__.tag),
                tables.code(kind.shape.__name__),
                KIND_OF[kind.to[0]].name,
                tables.said(kind.shape),
                tables.where(kind.apply),
            )
            for kind in sorted(MESSAGES, key=lambda kind: int(kind.shape.__struct_config__.tag))
        ),
    )


def _streams() -> str:
    return tables.table(
        ("number", "stream", "one record is", "kept, days", "compacted", "original", "personal data in clear"),
        (
            (
                str(number),
                tables.code(kind.name),
                tables.said(kind.shape),
                "for ever" if kind.compacted else str(kind.kept_days),
                tables.yes(kind.compacted),
                tables.yes(kind.original),
                tables.yes(kind.clear),
            )
            for number, kind in enumerate(STREAMS)
        ),
    )


def _counts() -> str:
    return tables.table(
        ("place", "count", "what is counted", "metric", "by campaign too"),
        (
            (
                str(place),
                tables.code(kind.name),
                kind.help,
                tables.code(f"leadstream_{kind.metric}_total" if kind.metric else ""),
                "yes" if place in PER_CAMPAIGN else "",
            )
            for place, kind in enumerate(COUNTS)
        ),
    )


_PAGE: Final = (
    (
        "Records",
        "What comes in. *Topic* stands behind the prefix of `[kafka]`. *Witness*: names a further row, which the rule reads "
        "and changes. *Settles*: by the event clock everything comes to rest before such a record is applied, and after it.",
        _records,
    ),
    (
        "Entities",
        "Who has a row, one timer and messages of its own. The *letter* begins its key and is its rank: of timers due at one "
        "instant the smaller letter comes first. *Settles*: its timers wait until everything of a smaller rank at their instant "
        "has come to rest. *At rest*: they wait, by either clock, until every record read is applied and no message is under way.",
        _entities,
    ),
    (
        "Witnesses",
        "Rows beside that of an entity, for what is seen across customers of one shard. They have no timer and get no messages; "
        "they are swept when they say nothing any more.",
        _witnesses,
    ),
    ("Clocks", "What falls due for a unique lead. At one instant they come in this order.", _clocks),
    ("Messages", "What one entity tells another. A tag is never used again.", _messages),
    (
        "Streams",
        "What goes out. The number stands in outbox rows and never changes. *Kept* is the retention of a new topic where the "
        "operator set none.",
        _streams,
    ),
    (
        "Counts",
        "Per channel and local day. The place is that in a count's row and never changes. *By campaign too*: "
        "also kept per channel and campaign of the first touch, for `leadstream costs`.",
        _counts,
    ),
)


def kinds_page() -> str:
    """docs/kinds.md."""
    begin = (
        "# Kinds\n\nEvery kind of thing that the engine knows. `scripts/docs_parts.py` writes this page from "
        "`operators/registry.py`; how to add one: [architecture](architecture.md#how-to-add-one).\n"
    )
    return begin + "".join(f"\n## {head}\n\n{words}\n\n{table()}" for head, words, table in _PAGE)
