"""Options that several commands take."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

ConfigFile = Annotated[
    Path | None,
    typer.Option("--config", metavar="FILE", help="Configuration, TOML. Default: the built-in profile."),
]
StateFolder = Annotated[Path, typer.Option("--state", metavar="DIR", help="Folder of the state.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object, for machines.")]
