"""The page about feeds: a line each, and what no public source says of them."""

from __future__ import annotations

from connectors.feeds.registry import FEEDS, Feed
from scripts import docs_tables as tables


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
    return ", ".join([f"RFC 3339, {local}", *(tables.code(one) for one in form.formats), f"unix {form.epoch}"])


def feeds_part() -> str:
    """A line a feed."""
    heads = ("feed", "中文", "channels", "fields", "times", "signature", "a test lead is")
    return tables.table(
        heads,
        (
            (
                f"{tables.code(feed.code)} {feed.table.title}",
                feed.table.name,
                tables.listed(feed.channels),
                tables.listed(name for name in feed.table.fields if not name.startswith("extra.")),
                _times(feed),
                _signed(feed),
                _test(feed),
            )
            for feed in FEEDS.values()
        ),
    )


def _test(feed: Feed) -> str:
    places = " or ".join(tables.code(one.written) for one in feed.table.fields.get("test", ()))
    named = [sent for sent, ours in feed.table.values.get("test", {}).items() if ours is True]
    return f"{places} {', '.join(named) or 'true'}" if places else ""


def unknown_part() -> str:
    """What is not known of each feed."""
    return "\n" + "".join(
        f"- {tables.code(feed.code)}: {' '.join(feed.table.unknown)}\n" for feed in FEEDS.values() if feed.table.unknown
    ) + "\n"  # fmt: skip
