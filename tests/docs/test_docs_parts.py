"""What scripts/docs_parts.py writes stands in docs as it would write it, and holds everything."""

from pathlib import Path

from connectors.feeds.registry import FEEDS
from operators.registry import COUNTS, ENTITIES, MESSAGES, RECORDS, STREAMS
from scripts import docs_feeds, docs_kinds, docs_parts
from state.rows.codes import STATUSES


def test_the_pages_are_as_the_code_says(checkout: Path) -> None:
    for path, text in docs_parts.documents().items():
        assert (checkout / "docs" / path).read_text(encoding="utf-8") == text, f"docs/{path}: make docs"
    assert docs_parts.main(["--check"]) == 0


def test_every_kind_is_on_the_page() -> None:
    page = docs_kinds.kinds_page()
    names = [kind.name for kind in (*RECORDS, *ENTITIES, *STREAMS, *COUNTS)]
    names += [clock.name for kind in ENTITIES for clock in kind.clocks] + [kind.shape.__name__ for kind in MESSAGES]
    assert not [name for name in names if f" {name} " not in page and f"`{name}`" not in page]


def test_every_feed_is_on_its_page_with_what_is_not_known() -> None:
    assert not [code for code in FEEDS if f"`{code}`" not in docs_feeds.feeds_part()]
    said = docs_feeds.unknown_part()
    assert not [one for feed in FEEDS.values() for one in feed.table.unknown if one not in said]


def test_every_status_is_in_the_diagram() -> None:
    drawn = docs_kinds.statuses_part().partition("| group |")[0]
    assert not [name for name in STATUSES if name not in drawn]
