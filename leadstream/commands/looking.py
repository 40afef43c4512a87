"""How the ways to look at leads are typed: holds, costs, try."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from leadstream.commands.options import AsJson, ConfigFile, StateFolder


def holds(
    store: Annotated[str | None, typer.Option("--store", metavar="CODE", help="Only leads of this store.")] = None,
    condition: Annotated[
        str | None,
        typer.Option("--condition", metavar="CODE", help="Only leads that this condition holds, as CONSENT."),
    ] = None,
    state: StateFolder = Path("var/state"),
    limit: Annotated[int, typer.Option("--limit", metavar="N", help="Lines to show; the rest is counted.")] = 50,
    totals: Annotated[
        bool, typer.Option("--totals", help="How many wait by store and condition, in place of the leads.")
    ] = False,
    config: Annotated[
        Path | None,
        typer.Option("--config", metavar="FILE", help="The run's, to name the fields that are missing."),
    ] = None,
    json: AsJson = False,
) -> None:
    """Show what waits for its dispatch and why, oldest first, with what would end it. Leads of the shadow realm (test leads) are
    not listed: nothing would end their wait."""
    from leadstream.commands.holds import Asked
    from leadstream.commands.holds import holds as look

    look(state, Asked(store, condition, limit, totals), config=config, as_json=json)


def costs(
    since: Annotated[
        str | None, typer.Option("--since", metavar="DAY", help="From this local day on, as 2026-03-01.")
    ] = None,
    before: Annotated[str | None, typer.Option("--before", metavar="DAY", help="Before this local day.")] = None,
    channel: Annotated[str | None, typer.Option("--channel", metavar="CODE", help="Only this channel.")] = None,
    limit: Annotated[
        int,
        typer.Option(
            "--limit", metavar="N", help="Campaigns shown of each channel, the costliest; the rest is summed."
        ),
    ] = 20,
    state: StateFolder = Path("var/state"),
    config: Annotated[Path | None, typer.Option("--config", metavar="FILE", help="For channel names.")] = None,
    json: AsJson = False,
) -> None:
    """Show what cleaning cost by channel and campaign, with its tasks and the robot's share of what was resolved."""
    from leadstream.commands.costs import Asked, day_of
    from leadstream.commands.costs import costs as look

    asked = Asked(day_of("--since", since), day_of("--before", before), channel, limit)
    look(state, asked, config=config, as_json=json)


def try_lead(
    lead: Annotated[str, typer.Argument(metavar="'{…}'", help="One raw lead, JSON; - reads it from stdin.")],
    config: ConfigFile = None,
    at: Annotated[
        str | None,
        typer.Option("--at", metavar="TIME", help="RFC 3339: when it comes in. Default: its event time, else now."),
    ] = None,
    json: AsJson = False,
    reveal: Annotated[bool, typer.Option("--reveal", help="Show phones and names in clear.")] = False,
) -> None:
    """Show what one lead would become, and why; nothing is written, sent or kept. It looks at no state: the lead is judged as the
    first of a customer whom nobody knows."""
    from flows.stock_runner import time_of
    from leadstream.commands.try_lead import try_out

    try_out(lead, config=config, at_ms=time_of("--at", at), as_json=json, reveal=reveal)
