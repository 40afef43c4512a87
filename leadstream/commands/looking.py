"""How the ways to look at leads are typed: holds, try."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from leadstream.commands.options import AsJson, StateFolder


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
    """Show what waits for its dispatch and why, oldest first, with what would end it."""
    from leadstream.commands.holds import Asked
    from leadstream.commands.holds import holds as look

    look(state, Asked(store, condition, limit, totals), config=config, as_json=json)
