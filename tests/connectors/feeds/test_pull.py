"""Pulling from a server that misbehaves as real ones do: nothing lost, nothing asked for ever, the cursor behind what is durable."""

import contextlib
import json
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest

from connectors.durable.places import Done, Full, InboxDurable, Line
from connectors.feeds.cursor import CursorFile, Position
from connectors.feeds.fetch import Fetcher, PullFault, Times
from connectors.feeds.pull import Pull, Pulled, pull_of
from connectors.feeds.registry import feeds_of
from connectors.inbox.reader import FollowReader
from connectors.inbox.segments import segment_of
from leadstream.commands.places import writer_of
from operators.config import configuration
from state import errors, limits

NOW = 1_772_420_000_000
HOUR = 3_600_000
FEED = {"leads": "data", "fields": {"source_lead_id": "id", "phone": "tel"}}

Answer = tuple[int, dict[str, str], bytes]


def page(*ids: object, **more: object) -> Answer:
    """A good answer with these leads."""
    body = {"data": [{"id": one, "tel": "13912345678"} for one in ids], **more}
    return 200, {}, json.dumps(body).encode()


@dataclass
class Server:
    """A server on this machine: `answers` in turn, else `answer(query)`."""

    answers: list[Answer] = field(default_factory=list)
    answer: Callable[[dict[str, str]], Answer] = lambda _: page()
    asked: list[dict[str, str]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    url: str = ""


@pytest.fixture
def server() -> Iterator[Server]:
    script = Server()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            query = dict(parse_qsl(urlsplit(self.path).query))
            script.asked.append(query)
            script.headers.append(dict(self.headers))
            status, headers, body = script.answers.pop(0) if script.answers else script.answer(query)
            if status == 0:  # the connection breaks
                self.close_connection = True
                return
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            if "Content-Length" not in headers:
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    script.url = f"http://127.0.0.1:{http.server_address[1]}/leads"
    yield script
    http.shutdown()
    thread.join()
    http.server_close()


@dataclass
class Clock:
    """Time that passes only where somebody waits, and by `step` seconds with each look."""

    now: int = NOW
    seconds: float = 0.0
    step: float = 0.0
    waits: list[float] = field(default_factory=list)

    def monotonic(self) -> float:
        self.seconds += self.step
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.seconds += seconds

    def times(self) -> Times:
        return Times(lambda: self.now, self.monotonic, self.sleep)


class Kept:
    """A durable place in memory, which fails where it is told to."""

    def __init__(self) -> None:
        self.lines: list[dict[str, Any]] = []
        self.fails_at = -1
        self.failure: BaseException = errors.DiskFault("The disk is full.", "Free space.")
        self.refuses = False
        """Whether it refuses lines at once instead of failing with them later."""

    def give(self, lines: Sequence[Line], done: Done) -> None:
        fails = 0 <= self.fails_at <= len(self.lines)
        if fails and self.refuses:
            raise self.failure
        assert all(line.key.startswith(b"yiche/") for line in lines)
        if not fails:
            self.lines += [json.loads(line.value) for line in lines]
        # From a thread of its own, as a disk or a broker answers.
        threading.Thread(target=done, args=(self.failure if fails else None,)).start()

    def fault(self) -> None:
        return None

    def waiting(self) -> int:
        return 0

    def describe(self) -> str:
        return "memory"

    def close(self) -> None:
        """Nothing is open."""

    @property
    def ids(self) -> list[object]:
        return [line["source_lead_id"] for line in self.lines]


@dataclass
class World:
    """One pull with all that it touches."""

    server: Server
    folder: Path
    clock: Clock = field(default_factory=Clock)
    kept: Kept = field(default_factory=Kept)

    @property
    def cursor(self) -> CursorFile:
        return CursorFile(self.folder, "yiche")

    def pull(self, since: int | None = None, token: str = "", **table: Any) -> Pulled:
        tables = {"feeds": {"yiche": FEED}, "pull": {"yiche": {"url": self.server.url, "per_second": 1000, **table}}}
        loaded = configuration.from_tables(tables, environ={})
        pulled = pull_of(loaded.tables, "yiche")
        with httpx.Client(trust_env=False) as client:
            fetcher = Fetcher(pulled, client, token, self.clock.times())
            feed = feeds_of(loaded)["yiche"]
            return Pull(pulled, feed, self.kept, self.cursor, fetcher, self.clock.times()).run(since)


@pytest.fixture
def world(server: Server, tmp_path: Path) -> World:
    return World(server, tmp_path / "pull")


PAGES = {"paging": {"kind": "page", "size_parameter": "size", "size": 2}}
TOKENS = {"paging": {"kind": "cursor", "parameter": "after", "next": "next"}}
WINDOW = {"window": {"since": "from", "until": "to", "form": "ms", "first_days": 1, "overlap_minutes": 60}}


# --- pages


def test_pages_are_asked_for_until_one_is_empty(world: World) -> None:
    world.server.answers = [page(1, 2), page(3), page()]
    done = world.pull(**PAGES)
    assert world.kept.ids == [1, 2, 3] and (done.pages, done.leads, done.repeats) == (3, 3, 0)
    assert world.server.asked == [{"size": "2", "page": "1"}, {"size": "2", "page": "2"}, {"size": "2", "page": "3"}]
    assert world.kept.lines[0]["ingest_time"] == "2026-03-02T10:53:20+08:00"


def test_offsets_count_leads(world: World) -> None:
    world.server.answers = [page(1, 2), page()]
    world.pull(paging={"kind": "offset", "parameter": "skip", "first": 0, "size": 2})
    assert [one["skip"] for one in world.server.asked] == ["0", "2"]


def test_repeats_over_pages_are_put_down_once(world: World) -> None:
    """A lead that came in meanwhile pushes others to the next page; a page of repeats alone is not yet the end."""
    world.server.answers = [page(1, 2), page(2, 1), page(2, 3), page()]
    done = world.pull(**PAGES)
    assert world.kept.ids == [1, 2, 3] and done.repeats == 3


def test_a_lead_that_changed_is_no_repeat(world: World) -> None:
    changed = json.dumps({"data": [{"id": 1, "tel": "13812345679"}]}).encode()
    world.server.answers = [page(1), (200, {}, changed), page()]
    world.pull(**PAGES)
    assert [line["phone"] for line in world.kept.lines] == ["13912345678", "13812345679"]


def test_a_server_that_gives_its_last_page_for_ever_is_at_its_end(world: World) -> None:
    world.server.answers = [page(1, 2)]
    world.server.answer = lambda _: page(3)
    done = world.pull(**PAGES)
    assert world.kept.ids == [1, 2, 3] and done.pages == 2 + limits.PULL_EMPTY_PAGES


def test_endless_paging_stops_loudly_and_keeps_what_it_has(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "PULL_PAGES", 7)
    world.server.answer = lambda query: page(query["page"])
    with pytest.raises(PullFault, match="7 pages for one window"):
        world.pull(**PAGES, **WINDOW)
    assert len(world.kept.ids) == 7 and world.cursor.load() == Position()


def test_endless_tokens_without_a_lead_stop_loudly(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "PULL_EMPTY_TOKENS", 5)
    world.server.answer = lambda query: page(next=query.get("after", "") + "x")
    with pytest.raises(PullFault, match="5 pages in a row without a new lead"):
        world.pull(**TOKENS, **WINDOW)
    assert world.cursor.load() == Position()


# --- the server's cursor


def test_a_token_is_kept_and_the_next_pull_begins_with_it(world: World) -> None:
    world.server.answers = [page(1, next="a"), page(2, next="b"), page(3)]
    world.pull(**TOKENS)
    world.server.answers = [page(3, 4, next="c"), page()]
    done = world.pull(**TOKENS)
    assert [one.get("after") for one in world.server.asked] == [None, "a", "b", "b", "c"]
    assert world.kept.ids == [1, 2, 3, 4] and done.repeats == 1
    world.server.answers = [page()]
    world.pull(**TOKENS)
    assert world.server.asked[-1] == {"after": "c"}


def test_a_last_page_that_names_itself_is_the_end(world: World) -> None:
    world.server.answers = [page(1, next="a"), page(2, next="a"), page(2, next="a")]
    world.pull(**TOKENS)
    assert world.kept.ids == [1, 2] and not world.server.answers


def test_a_token_that_goes_back_is_not_kept(world: World) -> None:
    world.server.answers = [page(1, next="a"), page(2, next="b"), page(3, next="a")]
    with pytest.raises(PullFault, match="go in a circle"):
        world.pull(**TOKENS)
    assert world.kept.ids == [1, 2, 3] and world.cursor.load().token == "b"


def test_a_cursor_that_goes_back_stops_loudly(world: World) -> None:
    world.server.answers = [page(1, next="a"), page(2, next="b"), page(3, next="a")]
    with pytest.raises(PullFault, match="go in a circle"):
        world.pull(**TOKENS, **WINDOW)
    assert world.kept.ids == [1, 2, 3] and world.cursor.load() == Position()


# --- windows


def test_the_first_window_and_those_that_overlap(world: World) -> None:
    world.pull(**WINDOW)
    world.clock.now += 2 * HOUR
    world.pull(**WINDOW)
    asked = [(int(one["from"]), int(one["to"])) for one in world.server.asked]
    # a day back, and the overlap before it, in windows of a day at most
    assert asked[:2] == [(NOW - 25 * HOUR, NOW - HOUR), (NOW - HOUR, NOW)]
    assert asked[2:] == [(NOW - HOUR, NOW + 2 * HOUR)]
    assert world.cursor.load() == Position(until_ms=NOW + 2 * HOUR)


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ("s", "1772420000"),
        ("ms", "1772420000000"),
        ("rfc3339", "2026-03-02T10:53:20+08:00"),
        ("%Y/%m/%d %H", "2026/03/02 10"),
    ],
)
def test_forms_of_a_window(world: World, form: str, said: str) -> None:
    world.pull(since=NOW - HOUR, window={"since": "a", "until": "b", "form": form})
    assert world.server.asked[0]["b"] == said


def test_an_overlap_longer_than_a_window_never_takes_the_cursor_back(world: World) -> None:
    window = {"window": {**WINDOW["window"], "longest_hours": 1, "overlap_minutes": 180}}
    world.pull(since=NOW, **window)
    assert world.cursor.load() == Position(until_ms=NOW) and not world.server.asked  # nothing lies between
    world.pull(since=NOW - 1, **window)
    world.clock.now += 1000
    world.kept.fails_at = -1
    world.server.answers = [page(), (404, {}, b"")]
    with pytest.raises(errors.SourceRefused):
        world.pull(**window)
    assert world.cursor.load() == Position(until_ms=NOW)


def test_a_first_pull_that_goes_back_nowhere_begins_with_now(world: World) -> None:
    window = {"window": {**WINDOW["window"], "first_days": 0, "overlap_minutes": 0}}
    world.pull(**window)
    world.clock.now += HOUR
    world.pull(**window)
    assert [(one["from"], one["to"]) for one in world.server.asked] == [(str(NOW), str(NOW + HOUR))]


def test_a_clock_behind_the_cursor_is_said(world: World) -> None:
    world.pull(**WINDOW)
    world.clock.now -= 30 * 24 * HOUR
    with pytest.raises(PullFault, match="lies ahead of this machine's clock"):
        world.pull(**WINDOW)
    assert world.cursor.load() == Position(until_ms=NOW)


@pytest.mark.parametrize("refuses", [True, False])
@pytest.mark.parametrize("failure", [errors.DiskFault("The disk is full.", "Free space."), Full()])
def test_the_cursor_stays_where_leads_do_not_become_durable(
    world: World, failure: BaseException, refuses: bool
) -> None:
    world.server.answer = lambda query: page(query["page"]) if int(query["page"]) < 4 else page()
    world.kept.fails_at, world.kept.failure, world.kept.refuses = 2, failure, refuses
    with pytest.raises(errors.Fault):
        world.pull(**PAGES, **WINDOW)
    assert world.kept.ids == ["1", "2"] and world.cursor.load() == Position()
    world.kept.fails_at = -1
    world.pull(**PAGES, **WINDOW)
    assert set(world.kept.ids) == {"1", "2", "3"} and world.cursor.load() == Position(until_ms=NOW)


# --- answers that are none


@pytest.mark.parametrize(
    "bad",
    [
        (500, {}, b"oops"),
        (503, {}, b""),
        (429, {}, b""),
        (408, {}, b""),
        (0, {}, b""),
        (200, {}, b'{"data": [{"id": 1'),
        (200, {}, b""),
        (200, {}, b"<html>busy</html>"),
        (200, {}, b'{"code": 40100, "message": "too many"}'),
        (200, {"Content-Encoding": "gzip"}, b"no gzip"),
        (200, {"Content-Length": "1000"}, b'{"data": []}'),
    ],
)
def test_an_attempt_that_failed_is_made_again(world: World, bad: Answer) -> None:
    world.server.answers = [bad, bad, page(1)]
    assert world.pull().leads == 1 and len(world.server.asked) == 3
    assert all(0 <= wait <= limits.PULL_BACKOFF_S for wait in world.clock.waits)


def test_after_all_attempts_the_pull_stops(world: World) -> None:
    world.server.answer = lambda _: (502, {}, b"secret of a page")
    with pytest.raises(PullFault, match=r"no usable answer in 3 attempts: It answered 502\.") as stopped:
        world.pull(attempts=3, **WINDOW)
    assert len(world.server.asked) == 3 and world.cursor.load() == Position()
    assert stopped.value.exit_code == 3 and "secret" not in str(stopped.value)


def test_retry_after_is_kept_to(world: World) -> None:
    dated = formatdate(NOW / 1000 + 30, usegmt=True)
    world.server.answers = [(429, {"Retry-After": "7"}, b""), (503, {"Retry-After": dated}, b""), page(1)]
    world.pull()
    assert world.clock.waits == [7.0, 30.0]


@pytest.mark.parametrize("text", ["soon", "-3", "Thu, 99 Foo", "1e9", ""])
def test_a_retry_after_that_says_nothing_is_passed_over(world: World, text: str) -> None:
    world.server.answers = [(429, {"Retry-After": text}, b""), page(1)]
    assert world.pull().leads == 1


def test_a_pause_that_is_too_long_is_said(world: World) -> None:
    world.server.answers = [(429, {"Retry-After": "86400"}, b"")]
    with pytest.raises(PullFault, match="asks for a pause of 86400 s"):
        world.pull()
    assert world.clock.waits == []


@pytest.mark.parametrize(("status", "said"), [(401, "token"), (403, "token"), (404, "question"), (302, "elsewhere")])
def test_what_will_never_be_answered_is_refused_at_once(world: World, status: int, said: str) -> None:
    world.server.answers = [(status, {"Location": "http://127.0.0.1:1/"}, b"")]
    with pytest.raises(errors.SourceRefused, match=said):
        world.pull()
    assert len(world.server.asked) == 1


def test_a_slow_body_is_given_up(world: World) -> None:
    world.clock.step = 40.0
    world.server.answers = [page(1)]
    with pytest.raises(PullFault, match="was not complete within 30 s"):
        world.pull(attempts=1, timeout_s=30, per_second=0.001)


def test_a_server_that_does_not_answer_is_given_up(world: World) -> None:
    def never(_: httpx.Request) -> httpx.Response:
        raise httpx.ReadTimeout("slow")

    loaded = configuration.from_tables(
        {"feeds": {"yiche": FEED}, "pull": {"yiche": {"url": world.server.url, "attempts": 2}}}, environ={}
    )
    table = pull_of(loaded.tables, "yiche")
    with httpx.Client(transport=httpx.MockTransport(never)) as client, pytest.raises(PullFault, match="within 30 s"):
        Fetcher(table, client, "", world.clock.times()).get({}, lambda body: body)


def test_an_answer_that_is_too_long_is_refused(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "FEED_BYTES", 1000)
    world.server.answers = [(200, {}, b" " * 1001)]
    with pytest.raises(errors.SourceRefused, match="more than 1000 bytes"):
        world.pull()


def test_the_rate_is_kept(world: World) -> None:
    world.server.answers = [page(1), page(2), page()]
    world.pull(per_second=0.5, **PAGES)
    assert world.clock.waits == [2.0, 2.0]


def test_the_token_is_sent_and_shown_nowhere(world: World) -> None:
    world.server.answers = [page()]
    world.pull(token="T0ken")
    assert world.server.headers[-1]["Authorization"] == "Bearer T0ken"
    world.server.answers = [(500, {}, b"")]
    with pytest.raises(PullFault) as stopped:
        world.pull(token="T0ken", token_query="access_token", attempts=1)
    assert world.server.asked[-1] == {"access_token": "T0ken"} and "Authorization" not in world.server.headers[-1]
    assert "T0ken" not in str(stopped.value)


# --- the cursor's file


def test_one_pull_at_a_time(world: World) -> None:
    with world.cursor.held(), pytest.raises(errors.StateLocked, match="Another pull of yiche is running"):
        world.pull()


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"format": 2}', '{"format": 1, "until_ms": "x", "token": null, "last": []}']
)
def test_a_damaged_cursor_is_said(world: World, text: str) -> None:
    world.folder.mkdir()
    world.cursor.path.write_text(text)
    with pytest.raises(errors.StateDamaged, match="--since"):
        world.pull(**WINDOW)
    world.pull(since=NOW - HOUR, **WINDOW)
    assert world.cursor.load().until_ms == NOW


def test_the_cursor_is_private_and_written_whole(world: World) -> None:
    world.pull(**WINDOW)
    assert world.cursor.path.stat().st_mode & 0o777 == 0o600 and world.folder.stat().st_mode & 0o777 == 0o700
    assert not list(world.folder.glob("*.new"))
    assert CursorFile(world.folder, "../a b").path.parent == world.folder


# --- the inbox


def test_an_inbox_is_written_before_the_cursor_moves(world: World) -> None:
    """Two pulls are one log with whole lines, which a reader of the folder follows; one writer at a time."""
    folder = world.folder.parent / "in"
    for pages in ([page(1, 2), page()], [page(3), page()]):
        world.server.answers = list(pages)
        with contextlib.closing(InboxDurable(folder, writer="pull_yiche", holder="leadstream pull yiche")) as durable:
            world.kept = durable  # type: ignore[assignment]
            world.pull(**PAGES)
            with pytest.raises(errors.StateLocked, match="leadstream pull yiche"):
                InboxDurable(folder, writer="pull_yiche")
    reader = FollowReader(folder, to_end=True)
    assert [json.loads(record.raw)["source_lead_id"] for record in reader.poll(0, 100)] == [1, 2, 3]
    reader.close()
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}


@pytest.mark.parametrize(
    ("channel", "writer"),
    [("yiche", "pull_yiche"), ("x" * 200, "pull_" + "x" * 40), ("../x", "pull____x"), ("易车", "pull___")],
)
def test_a_writers_name_is_one_of_file_names(channel: str, writer: str) -> None:
    name = writer_of("pull", channel)
    assert name.startswith(writer) and segment_of(f"raw_leads-{name}-0123abcd.000000000000001.jsonl") is not None
    assert channel == "yiche" or name != writer


def test_codes_that_differ_have_writers_that_differ() -> None:
    names = {writer_of("pull", code) for code in ("a-b", "a_b", "A_b", "a.b", "易车", "汽车", "x" * 64, "x" * 65)}
    assert len(names) == 8
