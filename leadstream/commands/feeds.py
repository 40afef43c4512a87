"""`leadstream feeds` and `leadstream pull`: which channels and feeds there are, what a sample becomes, and asking for leads."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

import typer
from rich.table import Table
from rich.text import Text

from connectors import places
from flows.observe.live import Screen
from leadstream.commands.places import KAFKA, inbox_of, topic_of, writer_of
from leadstream.explain.masked import masked_lead
from operators.config import configuration
from operators.config.names import nearest
from operators.intake.faults import faults_of
from operators.wire.arrival import FLAGS, Arrival
from state import errors, limits

_PLAIN_WIDTH: Final = 160


def list_feeds(config: Path | None, *, as_json: bool) -> None:
    """Show the channels of the configuration with their life cycle, and the feeds. Raises ConfigurationRefused."""
    from connectors.feeds.registry import feeds_of
    from connectors.gateway.signature import variable_of

    loaded = configuration.load(config)
    feeds = feeds_of(loaded)
    fed = {code: feed for feed in feeds.values() for code in feed.channels}
    channels = [
        {
            "channel": code,
            "name": one.name,
            "group": one.group,
            "status": one.status,
            "consent": one.consent,
            "feed": fed[code].code if code in fed else None,
            "secret_env": variable_of(code),
            "secret": _is_set(variable_of(code)),
        }
        for code, one in loaded.rules.channels.items()
    ]
    pulls = sorted(loaded.tables.get("pull", {}))
    listed = [
        {
            "feed": feed.code,
            "title": feed.table.title,
            "name": feed.table.name,
            "channels": list(feed.channels),
            "registered": all(code in loaded.rules.channels for code in feed.channels),
            "secret_env": feed.secret_env,
            "secret": _is_set(feed.secret_env),
            "unknown": feed.table.unknown,
        }
        for feed in feeds.values()
    ]
    if as_json:
        typer.echo(json.dumps({"channels": channels, "feeds": listed, "pulls": pulls}, ensure_ascii=False, indent=1))
        return
    console = _console()
    console.print(_channels_table(channels))
    console.print()
    console.print(_feeds_table(listed))
    bare = [one["channel"] for one in channels if not one["secret"] and not one["feed"]]
    if bare:
        typer.echo(
            f"The gateway takes nothing from {len(bare)} channels that have no secret: set {variable_of(str(bare[0]))} and so on."
        )
    typer.echo(f"Pulled: {', '.join(pulls) if pulls else 'none; [pull.X] in the configuration says from where'}.")


def _is_set(variable: str) -> bool:
    """Whether the environment holds secrets under this name, or names a file of them."""
    return bool(os.environ.get(variable) or os.environ.get(f"{variable}_FILE"))


def _channels_table(channels: list[dict[str, Any]]) -> Table:
    table = Table(
        "channel", "name", "group", "status", "consent", "feed", "secret", box=None, pad_edge=False, header_style="bold"
    )
    for one in channels:
        style = "" if one["status"] == "LIVE" else "yellow"
        cells = (
            one["channel"],
            one["name"],
            one["group"],
            one["status"],
            "yes" if one["consent"] else "",
            one["feed"] or "",
            one["secret_env"] if one["secret"] else "",
        )
        table.add_row(*(Text(cell, style=style) for cell in cells))
    return table


def _feeds_table(feeds: list[dict[str, Any]]) -> Table:
    table = Table("feed", "what", "channels", "secret", box=None, pad_edge=False, header_style="bold")
    for one in feeds:
        channels = ", ".join(one["channels"]) + ("" if one["registered"] else " (not in [channels])")
        secret = one["secret_env"] if one["secret"] else f"{one['secret_env']} is not set"
        what = " ".join(filter(None, (one["title"], one["name"])))
        table.add_row(*(Text(cell) for cell in (one["feed"], what, channels, secret)))
    return table


def try_feed(code: str, file: Path, *, config: Path | None, as_json: bool, reveal: bool) -> None:
    """Show what a sample becomes, what validation says, and what is missing. Nothing is sent or kept.

    Raises WrongUsage for a feed that is not there, SourceRefused for a file, FeedRefused for what no feed takes.
    """
    from connectors.feeds.mapping import missing
    from connectors.feeds.registry import feed_named, feeds_of
    from connectors.judge import Judge

    loaded = configuration.load(config)
    feeds = feeds_of(loaded)
    feed = feed_named(feeds, code)
    if feed is None:
        raise errors.WrongUsage(
            f"No feed and no feed's channel has the code {code}{nearest(code, tuple(feeds))}.",
            f"Name one of {', '.join(sorted(feeds))}, or describe yours in [feeds.{code}].",
        )
    now = time.time_ns() // 1_000_000
    delivery = feed.try_out(_bytes_of(file), now)
    judge = Judge(loaded)
    tried = []
    for lead, line in zip(delivery.leads, delivery.lines, strict=True):
        arrival = judge.judge(line, now)
        tried.append(
            {
                "lead": lead if reveal else masked_lead(lead),
                "home": _home(arrival),
                "missing": missing(lead),
                "accepted": not arrival.reasons,
                "reasons": list(arrival.reasons),
                "hints": list(dict.fromkeys(one.hint for one in faults_of(arrival))),
                "flags": [name for bit, name in FLAGS.items() if arrival.flags & bit],
            }
        )
    reply = {"status": delivery.reply.status, "body": delivery.reply.body.decode()}
    if as_json:
        said = {
            "feed": feed.code,
            "leads": tried,
            "reply": reply,
            "notes": delivery.notes,
            "unknown": feed.table.unknown,
        }
        typer.echo(json.dumps(said, ensure_ascii=False, indent=1))
        return
    _say_tried(feed.code, tried, delivery.notes)
    typer.echo(f"Answer: {reply['status']} {reply['body']}")
    for sentence in feed.table.unknown:
        typer.echo(f"Not known of this feed: {sentence}")
    typer.echo("Nothing was sent or kept.")


def _say_tried(code: str, tried: list[dict[str, Any]], notes: Iterable[str]) -> None:
    for number, one in enumerate(tried, 1):
        typer.echo(f"Lead {number} of {len(tried)} by the feed {code}:")
        for name, value in one["lead"].items():
            typer.echo(f"  {name}: {value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)}")
        if one["home"]:
            typer.echo(f"  Home location (号码归属地): {one['home']['province']} {one['home']['city']}".rstrip())
        if one["missing"]:
            typer.echo(f"  Missing: {', '.join(one['missing'])}.")
        verdict = "accepted" if one["accepted"] else f"refused with {', '.join(one['reasons'])}"
        flags = f", flagged {', '.join(one['flags'])}" if one["flags"] else ""
        typer.echo(f"  Validation (线索验证): {verdict}{flags}.")
        for hint in one["hints"]:
            typer.echo(f"    {hint}")
    for note in notes:
        typer.echo(note)
    if not tried:
        typer.echo("The sample holds no lead.")


def _home(arrival: Arrival) -> dict[str, str] | None:
    """Where the number of a lead was given out: what stands in for a city that the channel does not send."""
    from operators.identity.home import NOWHERE, home_of

    found = home_of(arrival.phone or arrival.landline)
    return None if found == NOWHERE else found._asdict()


def _bytes_of(file: Path) -> bytes:
    try:
        with file.open("rb") as opened:
            return opened.read(limits.FEED_BYTES + 1)
    except OSError as error:
        raise errors.SourceRefused(
            f"The sample {file} cannot be read ({error.strerror or error}).",
            "Name a file with one delivery of the channel.",
        ) from error


# --- pull


def pull_channel(name: str, *, config: Path | None, to: str, cursor: Path, since: str | None) -> None:
    """Ask for the leads of `[pull.NAME]` since the cursor. Raises Refused (1), WrongUsage (2), Fault (3)."""
    try:
        import httpx

        from connectors.feeds import pull
        from connectors.feeds.cursor import CursorFile
        from connectors.feeds.fetch import Fetcher, Times
        from connectors.feeds.registry import feed_named, feeds_of
    except ModuleNotFoundError as error:
        raise errors.WrongUsage(
            f"Pulling needs a library that is not installed ({error.name}).", "Run `pip install 'leadstream[feeds]'`."
        ) from error
    from operators.base.calendar import parse_ms
    from operators.config.secret import secret_of

    loaded = configuration.load(config)
    table = pull.pull_of(loaded.tables, name)
    feeds = feeds_of(loaded)
    code = table.feed or name
    feed = feed_named(feeds, code)
    if feed is None:
        raise errors.WrongUsage(
            f"No feed {code} reads what [pull.{name}] asks for{nearest(code, tuple(feeds))}.",
            f"Set feed in [pull.{name}], or describe the answers in [feeds.{code}].",
        )
    try:
        since_ms = None if since is None else parse_ms(since)
    except ValueError:
        raise errors.WrongUsage(f"--since {since} is no time.", "Give a time as 2026-03-02T00:00:00+08:00.") from None
    token = secret_of(table.token_env, os.environ).reveal().strip() if table.token_env else ""
    if table.token_env and not token:
        raise errors.SourceRefused(f"{table.token_env} is not set.", f"Set it to the token of [pull.{name}].")
    logging.getLogger("httpx").setLevel(logging.WARNING)  # it would log addresses with the token in them
    times = Times()
    places.refuse_target("--to", to, (KAFKA,))
    durable = (
        topic_of(loaded, patient=True)
        if to == KAFKA
        else inbox_of(to, writer=writer_of("pull", name), holder=f"leadstream pull {name}")
    )
    with contextlib.closing(durable), httpx.Client(follow_redirects=False) as client:
        fetcher = Fetcher(table, client, token, times)
        done = pull.Pull(table, feed, durable, CursorFile(cursor, name), fetcher, times).run(since_ms)
    repeats = f" {done.repeats} that stood on more than one page were put down once." if done.repeats else ""
    typer.echo(f"Pulled {done.leads} leads on {done.pages} pages for {name} into {durable.describe()}.{repeats}")


def _console() -> Screen:
    console = Screen(highlight=False)
    if not console.is_terminal:
        console.width = max(console.width, _PLAIN_WIDTH)
    return console
