"""Writes the parts of the pages that the code knows better: docs/kinds.md, statuses in docs/architecture.md, docs/feeds.md,
docs/cleaning.md, and docs/numbers.md and docs/times.md from the tables that the tests run.

    python scripts/docs_parts.py            write them (make docs)
    python scripts/docs_parts.py --check    exit 1 when they are not what the code says

Kinds are those of `operators.registry`; statuses, their groups and their table those of `operators.lead.statuses`; written
times those that tests/cases/times.toml lists and the tests run.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Final

CHECKOUT: Final = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(CHECKOUT))

from scripts import docs_cleaning, docs_feeds, docs_kinds, docs_written  # noqa: E402

FOLDER: Final = CHECKOUT / "docs"
_PART: Final = r"(<!-- {}: .*? -->\n).*?(<!-- /{} -->)"


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
        "architecture.md": _drawn("architecture.md", {"statuses": docs_kinds.statuses_part()}),
        "cleaning.md": _drawn(
            "cleaning.md", {"facts": docs_cleaning.facts_part(), "verdicts": docs_cleaning.verdicts_part()}
        ),
        "feeds.md": _drawn(
            "feeds.md", {"feeds": "\n" + docs_feeds.feeds_part() + "\n", "unknown": docs_feeds.unknown_part()}
        ),
        "kinds.md": docs_kinds.kinds_page(),
        "numbers.md": docs_written.numbers_page(),
        "times.md": docs_written.times_page(),
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
