"""How the ways in are typed: gateway, feeds, pull, import."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

import leadstream
from leadstream.commands.options import AsJson, ConfigFile


def gateway(
    to: Annotated[
        str, typer.Option("--to", metavar="DIR|kafka", help="The inbox that a run follows, or the raw topic.")
    ],
    config: ConfigFile = None,
    listen: Annotated[
        str, typer.Option("--listen", metavar="HOST:PORT", help="Where to listen; port 0 takes any free one.")
    ] = "127.0.0.1:8080",
    unsigned: Annotated[
        bool, typer.Option("--unsigned", help="For trials on this machine: channels without a secret may send.")
    ] = False,
) -> None:
    """Take in leads over HTTP: webhooks and POST /v1/channels/CODE/leads, answered when they are durable."""
    from leadstream.commands.gateway import serve

    serve(config=config, listen=listen, to=to, unsigned=unsigned, version=leadstream.__version__)


def feeds_list(config: ConfigFile = None, json: AsJson = False) -> None:
    """Show the channels with their life cycle, and the feeds."""
    from leadstream.commands.feeds import list_feeds

    list_feeds(config, as_json=json)


def feeds_try(
    channel: Annotated[str, typer.Argument(metavar="CHANNEL", help="A feed's code, or that of a channel it feeds.")],
    file: Annotated[Path, typer.Argument(metavar="FILE", help="One delivery, as the channel sends it.")],
    config: ConfigFile = None,
    json: AsJson = False,
    reveal: Annotated[bool, typer.Option("--reveal", help="Show phones and names in clear.")] = False,
) -> None:
    """Show what a sample becomes, what validation says to it and what is missing; nothing is sent."""
    from leadstream.commands.feeds import try_feed

    try_feed(channel, file, config=config, as_json=json, reveal=reveal)


def pull(
    channel: Annotated[str, typer.Argument(metavar="CHANNEL", help="The table \\[pull.CHANNEL] of the configuration.")],
    to: Annotated[str, typer.Option("--to", metavar="DIR|kafka", help="Where the raw leads are written.")],
    config: ConfigFile = None,
    cursor: Annotated[Path, typer.Option("--cursor", metavar="DIR", help="Folder of what was pulled so far.")] = Path(
        "var/pull"
    ),
    since: Annotated[
        str | None, typer.Option("--since", metavar="TIME", help="RFC 3339: from then on, not from the cursor.")
    ] = None,
) -> None:
    """Ask a channel's server for the leads since the last pull."""
    from leadstream.commands.feeds import pull_channel

    pull_channel(channel, config=config, to=to, cursor=cursor, since=since)


def import_sheets(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="xlsx, xls, csv or jsonl.")],
    to: Annotated[
        str,
        typer.Option("--to", "--out", metavar="DIR|kafka", help="A folder that `run --source` reads, or the topic."),
    ] = "var/inbox",
    channel: Annotated[
        str, typer.Option("--channel", metavar="CODE", help="Channel of rows that name none: its code or name.")
    ] = "",
    account: Annotated[
        str, typer.Option("--account", metavar="TEXT", help="Account at the channel, of rows that name none.")
    ] = "",
    config: ConfigFile = None,
    mapping: Annotated[
        str,
        typer.Option(
            "--mapping",
            metavar="NAME|FILE",
            help="Which heading is which field, constants, values: \\[feeds.NAME] of the configuration, or a TOML file.",
        ),
    ] = "",
    at: Annotated[
        str | None,
        typer.Option("--at", metavar="TIME", help="RFC 3339: when rows without a time came in. Default: now."),
    ] = None,
    sheet: Annotated[
        str, typer.Option("--sheet", metavar="NAME", help="Read this sheet alone, hidden or not. Default: all visible.")
    ] = "",
    send_refused: Annotated[
        bool, typer.Option("--send-refused", help="Send refused rows too: the engine writes them to rejects.")
    ] = False,
) -> None:
    """Import sheets of leads; each row's fate stands in a result file beside the sheet."""
    from leadstream.commands.imports import import_files

    import_files(
        files,
        to=to,
        config=config,
        channel=channel,
        account=account,
        mapping=mapping,
        at=at,
        sheet=sheet,
        send_refused=send_refused,
    )
