"""Writes the parts of the pages that the code knows better: docs/kinds.md, statuses in docs/architecture.md, docs/feeds.md,
and docs/numbers.md and docs/times.md from the tables that the tests run.

    python scripts/docs_parts.py            write them (make docs)
    python scripts/docs_parts.py --check    exit 1 when they are not what the code says

Kinds are those of `operators.registry`; statuses, their groups and their table those of `operators.lead.statuses`; written
times those that tests/cases/times.toml lists and the tests run.
"""

from __future__ import annotations

import ast
import re
import sys
import tomllib
import unicodedata
from collections.abc import Callable, Iterable
from pathlib import Path
from types import ModuleType
from typing import Any, Final

CHECKOUT: Final = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(CHECKOUT))

from connectors.feeds.registry import FEEDS, Feed  # noqa: E402
from operators.base.kinds import EntityKind  # noqa: E402
from operators.lead import statuses  # noqa: E402
from operators.registry import COUNTS, ENTITIES, KIND_OF, MESSAGES, RECORDS, STREAMS  # noqa: E402
from state.rows.codes import STATUSES  # noqa: E402
from state.rows.lead import Lead  # noqa: E402

FOLDER: Final = CHECKOUT / "docs"
NUMBERS: Final = CHECKOUT / "tests" / "cases" / "numbers" / "table.toml"
_PART: Final = r"(<!-- {}: .*? -->\n).*?(<!-- /{} -->)"
_DRAWN_AS_ONE: Final = ("waiting", "closed")
"""Groups that are one box of the diagram: their statuses may become the same, and change among themselves."""


# --- tables


def _table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    lines = [list(heads), *(list(row) for row in rows)]
    lines.insert(1, ["---"] * len(lines[0]))
    return "".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |\n" for line in lines)


def _code(name: str) -> str:
    return f"`{name}`" if name else ""


def _listed(names: Iterable[str]) -> str:
    return ", ".join(_code(name) for name in names)


def _yes(value: object) -> str:
    return "yes" if value else ""


def _path(module: str) -> str:
    return module.replace(".", "/") + ".py"


def _where(rule: Callable[..., Any] | None) -> str:
    """The file of a rule and its name there."""
    if rule is None:
        return ""
    owner = getattr(rule, "__self__", None)
    module, name = rule.__module__, rule.__name__
    if owner is not None and not isinstance(owner, ModuleType):
        module, name = type(owner).__module__, f"{type(owner).__name__}.{name}"
    return f"`{_path(module)}`" + ("" if name.startswith("_") else f" `{name}`")


def _said(shape: type[Any]) -> str:
    """The first paragraph of what a type says of itself."""
    return " ".join((shape.__doc__ or "").partition("\n\n")[0].split())


# --- statuses


def _meanings() -> dict[str, str]:
    """Group → what `operators.lead.statuses` says of it, below its number."""
    module = ast.parse(Path(CHECKOUT / _path(statuses.__name__)).read_text(encoding="utf-8"))
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
    return _table(
        ("group", "statuses", "what it says", "clocks that run in all of it"),
        (
            (
                group,
                _listed(statuses.members(bits)),
                meanings[group],
                _listed(clock.name for clock in clocks if bits & clock.group == bits),
            )
            for group, bits in statuses.GROUPS.items()
        ),
    )


def statuses_part() -> str:
    """The diagram and the table of groups."""
    return f"\n{_diagram()}\n{_groups()}\n"


# --- kinds


def _records() -> str:
    return _table(
        ("type", "topic", "files", "must have", "shape", "checked by", "applied by", "settles"),
        (
            (
                _code(kind.name),
                _code(kind.topic),
                _code(f"{kind.files}*.jsonl"),
                _listed(sorted(kind.required)),
                _code(kind.shape.__name__) if kind.shape is not None else "none: refused `NOT_SUPPORTED`",
                _where(kind.check),
                _where(kind.apply),
                _yes(kind.settles),
            )
            for kind in RECORDS
        ),
    )


def _entities() -> str:
    def row(kind: EntityKind) -> tuple[str, ...]:
        return (
            kind.name,
            _code(kind.space.decode()),
            _where(kind.decode),
            _where(kind.next_due),
            _listed(clock.name for clock in kind.clocks),
            _yes(kind.fresh),
            _yes(kind.settles),
            _yes(kind.at_rest),
        )

    heads = ("entity", "letter", "row", "next due", "clocks", "begins with a message", "settles", "at rest")
    return _table(heads, map(row, sorted(ENTITIES, key=lambda kind: kind.rank)))


def _clocks() -> str:
    return _table(
        ("entity", "place", "clock", "runs in", "what happens"),
        (
            (kind.name, str(place), _code(clock.name), _listed(statuses.members(clock.group)), _where(clock.fire))
            for kind in ENTITIES
            for place, clock in enumerate(kind.clocks, 1)
        ),
    )


def _messages() -> str:
    return _table(
        ("tag", "message", "to", "what it says", "applied by"),
        (
            (
                str(kind.shape.__struct_config__.tag),
                _code(kind.shape.__name__),
                KIND_OF[kind.to[0]].name,
                _said(kind.shape),
                _where(kind.apply),
            )
            for kind in sorted(MESSAGES, key=lambda kind: int(kind.shape.__struct_config__.tag))
        ),
    )


def _streams() -> str:
    return _table(
        ("number", "stream", "one record is", "kept, days", "compacted", "original", "personal data in clear"),
        (
            (
                str(number),
                _code(kind.name),
                _said(kind.shape),
                "for ever" if kind.compacted else str(kind.kept_days),
                _yes(kind.compacted),
                _yes(kind.original),
                _yes(kind.clear),
            )
            for number, kind in enumerate(STREAMS)
        ),
    )


def _counts() -> str:
    return _table(
        ("place", "count", "what is counted", "metric"),
        (
            (str(place), _code(kind.name), kind.help, _code(f"leadstream_{kind.metric}_total" if kind.metric else ""))
            for place, kind in enumerate(COUNTS)
        ),
    )


_PAGE: Final = (
    (
        "Records",
        "What comes in. *Topic* stands behind the prefix of `[kafka]`. *Settles*: by the event clock everything comes to rest "
        "before such a record is applied, and after it.",
        _records,
    ),
    (
        "Entities",
        "Who has a row, one timer and messages of its own. The *letter* begins its key and is its rank: of timers due at one "
        "instant the smaller letter comes first. *Settles*: its timers wait until everything of a smaller rank at their instant "
        "has come to rest. *At rest*: they wait, by either clock, until every record read is applied and no message is under way.",
        _entities,
    ),
    ("Clocks", "What falls due for a unique lead. At one instant they come in this order.", _clocks),
    ("Messages", "What one entity tells another. A tag is never used again.", _messages),
    (
        "Streams",
        "What goes out. The number stands in outbox rows and never changes. *Kept* is the retention of a new topic where the "
        "operator set none.",
        _streams,
    ),
    ("Counts", "Per channel and local day. The place is that in a count's row and never changes.", _counts),
)


def kinds_page() -> str:
    """docs/kinds.md."""
    begin = (
        "# Kinds\n\nEvery kind of thing that the engine knows. `scripts/docs_parts.py` writes this page from "
        "`operators/registry.py`; how to add one: [architecture](architecture.md#how-to-add-one).\n"
    )
    return begin + "".join(f"\n## {head}\n\n{words}\n\n{table()}" for head, words, table in _PAGE)


# --- numbers


def _visible(text: str) -> str:
    """What is written, in a code span; unseen characters as {U+200B}."""
    unseen = ("Cf", "Mn", "Me", "Cc", "Zs")
    shown = [f"{{U+{ord(one):04X}}}" if unicodedata.category(one) in unseen and one != " " else one for one in text]
    return _code("".join(shown))


def _numbers_row(row: dict[str, Any]) -> tuple[str, str, str]:
    said = row["is"] if isinstance(row["is"], list) else [row["is"]]
    written = f"{_code(row['json'])} as a JSON number" if "json" in row else _visible(row["written"])
    return written, " and ".join(map(_code, said)), _code(row.get("flag", ""))


def numbers_page() -> str:
    """docs/numbers.md."""
    sentences = tomllib.loads(NUMBERS.read_text(encoding="utf-8"))["sentence"]
    parts = [
        "# Numbers\n\nWhich customer a written number is, sentence by sentence of ruling 79 "
        "([3 What comes in](rules/03-what-comes-in.md#ruling-79)). `scripts/docs_parts.py` writes this page from "
        "`tests/cases/numbers/table.toml`, whose rows the tests run through validation. The result is the identity, or both "
        "where a mobile and a landline are given, or the code of the reject. Flags stand in the disposition.\n"
    ]
    for sentence in sentences:
        named = sentence.get("countries")
        where = f"\n`validation.countries`: {_listed(named)}.\n" if named else ""
        table = _table(("written", "is", "flag"), map(_numbers_row, sentence["rows"]))
        parts.append(f"\n**{sentence['says']}**\n{where}\n{table}")
    return "".join(parts)


# --- times


def _shown(form: Any) -> str:
    """A table of the configuration as one writes it in a line."""
    if isinstance(form, dict):
        return "{ " + ", ".join(f"{key} = {_shown(value)}" for key, value in form.items()) + " }"
    if isinstance(form, list):
        return "[" + ", ".join(map(_shown, form)) + "]"
    return f'"{form}"'


def times_page() -> str:
    """docs/times.md."""
    table = tomllib.loads((CHECKOUT / "tests/cases/times.toml").read_text(encoding="utf-8"))
    page = (
        "# Written times\n\nWhich written time is which instant. `scripts/docs_parts.py` writes this page from "
        "`tests/cases/times.toml`, which `tests/cases/test_times.py` runs. The business time zone is Asia/Shanghai; the event "
        "clock stands at 2026-03-02T12:00:00+08:00, and that day is today ([the law](rules/02-time.md)).\n"
    )
    for group in table["group"]:
        page += f"\n## {group['title']}\n\n**Ruling {group['rule']}.** {group['law']}\n\n"
        form = table["forms"].get(group["form"])
        page += f"`time = {_shown(form)}`\n\n" if form else ""
        page += _table(("`event_time`, as JSON", "is"), ((_code(written), reads) for written, reads in group["rows"]))
    page += "\n# Believed times\n\nWhat stands empty is not there.\n"
    for group in table["clock"]:
        page += f"\n## {group['title']}\n\n**Ruling {group['rule']}.** {group['law']}\n\n"
        page += _table(("clock before", "what comes", "`event_time`", "`ingest_time`", "counts as"), group["rows"])
    return page


# --- feeds


def _signed(feed: Feed) -> str:
    table = feed.table.signature
    if table.kind == "body":
        return f"its key at `{table.path.written}`" if table.path is not None else ""
    if table.kind == "token":
        return f"secret in `{table.header}`"
    stamped = f", time in `{table.timestamp}`" if table.timestamp else ""
    return f"HMAC-SHA256, {table.encoding}, in `{table.header}`{stamped}"


def _times(feed: Feed) -> str:
    form = feed.table.time
    if form is None:
        return "RFC 3339" if "event_time" in feed.table.fields else "none sent"
    local = f"local times of {form.zone}" if form.zone else "local times"
    return ", ".join([f"RFC 3339, {local}", *(_code(one) for one in form.formats), f"unix {form.epoch}"])


def feeds_part() -> str:
    """A line a feed."""
    heads = ("feed", "中文", "channels", "fields", "times", "signature", "a test lead is")
    return _table(
        heads,
        (
            (
                f"{_code(feed.code)} {feed.table.title}",
                feed.table.name,
                _listed(feed.channels),
                _listed(name for name in feed.table.fields if not name.startswith("extra.")),
                _times(feed),
                _signed(feed),
                _test(feed),
            )
            for feed in FEEDS.values()
        ),
    )


def _test(feed: Feed) -> str:
    places = " or ".join(_code(one.written) for one in feed.table.fields.get("test", ()))
    named = [sent for sent, ours in feed.table.values.get("test", {}).items() if ours is True]
    return f"{places} {', '.join(named) or 'true'}" if places else ""


def unknown_part() -> str:
    """What is not known of each feed."""
    return "\n" + "".join(
        f"- {_code(feed.code)}: {' '.join(feed.table.unknown)}\n" for feed in FEEDS.values() if feed.table.unknown
    ) + "\n"  # fmt: skip


# --- files


def _drawn(page: str, parts: dict[str, str]) -> str:
    """A page with its parts as the code says; each has one place there."""
    text = (FOLDER / page).read_text(encoding="utf-8")
    for name, part in parts.items():
        pattern = re.compile(_PART.format(name, name), re.DOTALL)
        text, places = pattern.subn(lambda place, part=part: place[1] + part + place[2], text)  # type: ignore[misc]
        assert places == 1, f"docs/{page} has one place for the {name}"
    return text


def documents() -> dict[str, str]:
    """Path below docs → what must stand in it."""
    return {
        "architecture.md": _drawn("architecture.md", {"statuses": statuses_part()}),
        "feeds.md": _drawn("feeds.md", {"feeds": "\n" + feeds_part() + "\n", "unknown": unknown_part()}),
        "kinds.md": kinds_page(),
        "numbers.md": numbers_page(),
        "times.md": times_page(),
    }


def main(arguments: list[str]) -> int:
    """Write, or compare; the exit code."""
    if arguments not in ([], ["--check"]):
        print(__doc__, file=sys.stderr)
        return 2
    changed = {
        path: text
        for path, text in documents().items()
        if not (FOLDER / path).is_file() or (FOLDER / path).read_text(encoding="utf-8") != text
    }
    for path, text in changed.items():
        if arguments:
            print(f"docs/{path} is not what the code says: python scripts/docs_parts.py", file=sys.stderr)
        else:
            (FOLDER / path).write_text(text, encoding="utf-8")
            print(f"wrote docs/{path}")
    return 1 if arguments and changed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
