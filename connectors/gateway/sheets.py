"""A sheet that is sent: judged by the rules of `leadstream import`, each row with its fate, by the gateway's own writer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from connectors.durable.places import Line
from connectors.feeds.registry import Feed, feed_named, feeds_of
from connectors.sheets.formats import format_of
from connectors.sheets.headings import NO_MAPPING
from connectors.sheets.results import Fate, words
from connectors.sheets.rows import Counts, Rows, Wanted
from operators.config.configuration import Configuration
from operators.config.names import nearest
from operators.wire.streams import FieldFault
from state import errors, limits


@dataclass(frozen=True)
class Question:
    """What a sender asks for beside the sheet itself."""

    channel: str
    account: str = ""
    mapping: str = ""
    """Code of a feed whose fields name the columns."""
    sheet: str = ""


class Fates:
    """The rows of a result as data, without their cells: the sender has these."""

    def __init__(self) -> None:
        self._rows: list[dict[str, Any]] = []
        self._imported: list[dict[str, Any]] = []
        self.left_off = 0
        """Rows that are counted and not listed."""

    def headings(self, headings: Iterable[str]) -> None:
        """They are the sender's."""

    def row(
        self,
        sheet: str,
        number: int,
        cells: list[str],
        fate: Fate,
        faults: Iterable[FieldFault] = (),
        source_id: str = "",
    ) -> None:
        """One row."""
        into = self._imported if fate == "imported" else self._rows
        if len(into) >= limits.GATEWAY_IMPORT_ROWS:
            self.left_off += 1
            return
        code, field, hint = words(faults)
        said = {"fate": fate, "code": code, "field": field, "hint": hint, "id": source_id, "sheet": sheet}
        into.append({"row": number, **{name: value for name, value in said.items() if value}})

    def line(
        self,
        number: int,
        row: dict[str, Any] | str,
        fate: Fate,
        faults: Iterable[FieldFault] = (),
        source_id: str = "",
    ) -> None:
        """One row of JSON lines."""
        self.row("", number, [], fate, faults, source_id)

    def listed(self) -> list[dict[str, Any]]:
        """Rows in their order; where they are too many, those that are not leads go first."""
        room = limits.GATEWAY_IMPORT_ROWS - len(self._rows)
        self.left_off += max(0, len(self._imported) - room)
        return sorted(self._rows + self._imported[: max(0, room)], key=_place)


def _place(row: Mapping[str, Any]) -> tuple[str, int]:
    return row.get("sheet", ""), row["row"]


@dataclass(frozen=True)
class Sheet:
    """What a sheet became."""

    lines: list[Line]
    counts: Counts
    fates: Fates

    def answer(self) -> dict[str, Any]:
        """What the sender is told once the lines are durable."""
        counts = self.counts
        rows = self.fates.listed()
        return {
            "accepted": len(self.lines),
            **{name: counts.fates[name] for name in ("refused", "repeated", "blank")},
            "reasons": [
                {"code": code, "count": count, "hint": counts.hints[code]}
                for code, count in counts.reasons.most_common()
            ],
            "notes": counts.notes,
            "rows": rows,
            "rows_left_off": self.fates.left_off,
        }


class Sheets:
    """The import of one configuration. `read` takes long and is called in a thread; calls may overlap."""

    def __init__(self, configuration: Configuration) -> None:
        self._configuration = configuration
        self._feeds = feeds_of(configuration)

    def read(self, path: Path, asked: Question, now_ms: int) -> Sheet:
        """The leads of a file, each row with its fate. Raises Refused for what is no sheet or too large."""
        feed = self._feed(asked.mapping)
        wanted = Wanted(
            channel=asked.channel,
            only_channel=True,
            account=asked.account,
            mapping=NO_MAPPING if feed is None else feed.mapping,
            form=None if feed is None else feed.time_form,
            ingest_ms=now_ms,
            sheet=asked.sheet,
        )
        fates = Fates()
        rows = Rows(path, wanted, self._configuration, fates, lambda done, total: None)
        taken = rows.read(format_of(path))
        return Sheet([one.line for one in taken], rows.counts, fates)

    def _feed(self, code: str) -> Feed | None:
        if not code:
            return None
        feed = feed_named(self._feeds, code)
        if feed is None:
            raise errors.Refused(
                f"There is no feed of this name{nearest(code, tuple(self._feeds))}.",
                "Name one that the gateway's configuration has in [feeds.X], or leave the mapping out.",
            )
        return feed
