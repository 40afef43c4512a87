"""Answers that are none: a pull asks again, waits as it is told, and stops with the reason."""

from email.utils import formatdate

import httpx
import pytest
from pulling import FEED, NOW, PAGES, WINDOW, Answer, World, page

from connectors.feeds.cursor import Position
from connectors.feeds.fetch import Fetcher, PullFault
from connectors.feeds.pull import pull_of
from operators.config import configuration
from state import errors, limits

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
