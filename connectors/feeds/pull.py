"""Pulling leads from a server that does not push them: windows of time or the server's cursor, page by page.

What was pulled is durable before the cursor moves, so a pull that is killed anywhere asks again for a little and loses
nothing; what comes twice is dropped by the engine as a transport replay.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from connectors.durable.places import Durable, Line, keep, key_of
from connectors.feeds.cursor import CursorFile, Position
from connectors.feeds.fetch import Again, Fetcher, PullFault, Times
from connectors.feeds.mapping import at
from connectors.feeds.payload import encoded
from connectors.feeds.refusal import FeedRefused
from connectors.feeds.registry import Feed
from connectors.feeds.times import of_ms
from operators.config.feed_tables import PagingTable, PullTable, WindowTable
from state import errors, limits

_DAY_MS: Final = 86_400_000
_MINUTE_MS: Final = 60_000
_HOUR_MS: Final = 3_600_000


@dataclass(slots=True)
class Pulled:
    """What one pull did."""

    pages: int = 0
    leads: int = 0
    repeats: int = 0
    """Leads that stood on another page of the same window too; put down once."""
    until_ms: int | None = None
    """Up to when everything was asked for; None without a window."""


class Pull:
    """One pull of one channel. `run` may be called again; not for use by several threads."""

    def __init__(
        self, table: PullTable, feed: Feed, durable: Durable, cursor: CursorFile, fetcher: Fetcher, times: Times
    ) -> None:
        self.table = table
        self.feed = feed
        self.durable = durable
        self.cursor = cursor
        self.fetcher = fetcher
        self.times = times
        self.done = Pulled()
        self._seen: set[bytes] = set()

    def run(self, since_ms: int | None = None) -> Pulled:
        """Ask for everything since the cursor, or since `since_ms`. Raises Refused, PullFault, Fault."""
        self.done = Pulled()
        with self.cursor.held():
            position = Position() if since_ms is not None else self.cursor.load()
            window = self.table.window
            if window is None:
                self._without_window(position)
            else:
                self._windows(window, position.until_ms if since_ms is None else since_ms, given=since_ms is not None)
        return self.done

    # --- windows

    def _windows(self, window: WindowTable, since: int | None, *, given: bool) -> None:
        now = self.times.now_ms()
        if since is not None and since > now:
            raise PullFault(
                f"The cursor stands at {of_ms(since)}, which lies ahead of this machine's clock ({of_ms(now)}).",
                "Set the clock right, or give --since TIME to pull from that time on.",
            )
        start = now - window.first_days * _DAY_MS if since is None else since
        if not given:
            start -= window.overlap_minutes * _MINUTE_MS
        if start >= now:  # nothing lies between: the next pull begins here
            self.cursor.save(Position(until_ms=now))
        while start < now:
            end = min(now, start + window.longest_hours * _HOUR_MS)
            self._seen.clear()
            self._pages({**self._bound(window.since, window, start), **self._bound(window.until, window, end)}, None)
            # An overlap that is longer than a window must not take the cursor back.
            self.done.until_ms = max(end, since if since is not None else end)
            self.cursor.save(Position(until_ms=self.done.until_ms))
            start = end

    def _bound(self, name: str, window: WindowTable, instant: int) -> dict[str, str]:
        if not name:
            return {}
        form = self.feed.table.time
        return {name: written(instant, window.form, (form.zone if form else None) or self.feed.timezone)}

    def _without_window(self, position: Position) -> None:
        self._seen = {bytes.fromhex(one) for one in position.last}
        self._pages({}, position.token)

    # --- pages

    def _pages(self, bounds: Mapping[str, str], token: str | None) -> None:
        """Every page of one window. A page is durable before the next is asked for."""
        paging = self.table.paging
        empty = 0
        tokens = {token}
        for number, parameters in self._questions(paging):
            asked = {**bounds, **parameters}
            if paging.kind == "cursor" and token:
                asked[paging.parameter] = token
            payload, leads = self.fetcher.get(asked, self._answer)
            fresh = self._put(leads)
            self.done.pages += 1
            empty = 0 if fresh else empty + 1
            if paging.kind == "none":
                return
            if paging.kind == "cursor":
                following = _token(payload, paging)
                if following != token and following in tokens:
                    raise PullFault(
                        f"The pages of {self.fetcher.where} go in a circle: a cursor came again after page {number}.",
                        "What was pulled is kept and the cursor stays. Tell the channel, or ask for shorter windows.",
                    )
                if self.table.window is None:
                    self._save_token(following, token, leads)
                if not following or (following == token and not fresh):
                    return
                if empty >= limits.PULL_EMPTY_TOKENS:
                    raise PullFault(
                        f"{self.fetcher.where} gave {empty} pages in a row without a new lead, and names a next one still.",
                        "What was pulled is kept. Tell the channel, or ask for shorter windows.",
                    )
                tokens.add(following)
                token = following
            elif not leads or empty >= limits.PULL_EMPTY_PAGES:
                return
        raise PullFault(
            f"{self.fetcher.where} gave {limits.PULL_PAGES} pages for one window and was not at its end.",
            "What was pulled is kept and the cursor stays. Set window.longest_hours lower or paging.size higher.",
        )

    def _save_token(self, following: str, token: str | None, leads: list[dict[str, Any]]) -> None:
        """Without a following page the next pull asks for this one again: what stands on it is remembered."""
        if following and following != token:
            self.cursor.save(Position(token=following))
        else:
            self.cursor.save(Position(token=token, last=tuple(_digest(lead).hex() for lead in leads)))

    def _questions(self, paging: PagingTable) -> Iterator[tuple[int, dict[str, str]]]:
        size = {paging.size_parameter: str(paging.size)} if paging.size_parameter else {}
        for number in range(limits.PULL_PAGES):
            place = {}
            if paging.kind == "page":
                place = {paging.parameter: str(paging.first + number)}
            elif paging.kind == "offset":
                place = {paging.parameter: str(paging.first + number * paging.size)}
            yield number + 1, {**size, **place}

    def _answer(self, body: bytes) -> tuple[Any, list[dict[str, Any]]]:
        try:
            return self.feed.answer(body, self.times.now_ms())
        except FeedRefused as refused:  # half an answer, or an error page with the status of success
            raise Again(refused.message) from None

    def _put(self, leads: list[dict[str, Any]]) -> int:
        """Make the leads durable that were not on a page before; how many these are."""
        lines: list[Line] = []
        digests: set[bytes] = set()
        for lead in leads:
            digest = _digest(lead)
            if digest in self._seen or digest in digests:
                self.done.repeats += 1
                continue
            digests.add(digest)
            lines.append(Line(encoded(lead), key_of(lead.get("channel"), lead.get("source_lead_id"))))
        keep(self.durable, lines)
        self.done.leads += len(lines)
        if len(self._seen) < limits.PULL_SEEN:
            self._seen.update(digests)
        return len(digests)


def _digest(lead: Mapping[str, Any]) -> bytes:
    """What tells a lead from others: all of it but the time of its pull."""
    same = {name: value for name, value in lead.items() if name != "ingest_time"}
    return hashlib.blake2b(encoded(same), digest_size=16).digest()


def written(epoch_ms: int, form: str, zone: str) -> str:
    """An instant as a server wants it: "rfc3339", "s", "ms", or a form of strftime."""
    if form == "ms":
        return str(epoch_ms)
    if form == "s":
        return str(epoch_ms // 1000)
    if form == "rfc3339":
        return of_ms(epoch_ms, zone)
    return datetime.fromtimestamp(epoch_ms / 1000, UTC).astimezone(ZoneInfo(zone)).strftime(form)


def _token(payload: Any, paging: PagingTable) -> str:
    value = at(payload, paging.next) if paging.next is not None else None
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) and value != "" else ""


def pull_of(tables: Mapping[str, Any], name: str) -> PullTable:
    """The table `[pull.NAME]` of a configuration that was judged. Raises WrongUsage where it is not there."""
    pulls = tables.get("pull", {})
    if name not in pulls:
        known = ", ".join(sorted(pulls)) or "none"
        raise errors.WrongUsage(
            f"The configuration has no table [pull.{name}]; it has {known}.",
            f"Add [pull.{name}] with a url, or name one of these.",
        )
    return PullTable.model_validate(pulls[name])
