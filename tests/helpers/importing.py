"""One import for a test: a configuration, a fixed hour, a folder, and what came of it."""

import csv
import io
import json
from pathlib import Path
from typing import Any

from connectors.sheets.imports import Done, import_file
from connectors.sheets.outlets import FolderOutlet
from connectors.sheets.rows import Wanted
from operators.base.calendar import parse_ms
from operators.config import configuration

AT = "2026-03-03T12:00:00+08:00"
TABLES: dict[str, Any] = {
    "channels": {
        "expo": {"name": "车展", "group": "offline", "consent": True},
        "autohome": {"name": "汽车之家", "consent": True},
        "paused": {"name": "停投", "status": "SUSPENDED"},
    },
    "stores": {"SH001": {"name": "上海浦东店"}, "SH002": {"name": "上海徐汇店"}},
}


class Import:
    """Imports into a folder `inbox` beside the sheets."""

    def __init__(self, folder: Path, tables: dict[str, Any] | None = None) -> None:
        self.folder = folder
        self.configuration = configuration.from_tables(TABLES if tables is None else tables, environ={})
        self.inbox = folder / "inbox"

    def __call__(self, path: Path, *, at: str = AT, channel: str = "expo", **wanted: Any) -> Done:
        asked = Wanted(channel=channel, ingest_ms=parse_ms(at), **wanted)
        return import_file(path, asked, self.configuration, FolderOutlet(self.inbox), lambda done, total: None)

    def csv(self, text: str | bytes, name: str = "leads.csv", **wanted: Any) -> Done:
        """Write the text as a file, import it."""
        path = self.folder / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return self(path, **wanted)

    def leads(self, done: Done) -> list[dict[str, Any]]:
        """The raw leads that were written."""
        if not done.name:
            return []
        return [json.loads(line) for line in (self.inbox / done.name).read_bytes().splitlines()]


def rows_of(done: Done) -> list[dict[str, str]]:
    """The rows of the result, by their headings."""
    assert done.result is not None
    text = done.result.read_bytes().decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def fates(done: Done) -> list[str]:
    return [row["leadstream_fate"] for row in rows_of(done)]
