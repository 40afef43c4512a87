"""Pulling from a server that misbehaves as real ones do: nothing lost, nothing asked for ever, the cursor behind what is durable."""

import contextlib
import json

import pytest
from pulling import HOUR, NOW, PAGES, TOKENS, WINDOW, World, page

from connectors.durable.places import Full, InboxDurable
from connectors.feeds.cursor import CursorFile, Position
from connectors.feeds.fetch import PullFault
from connectors.inbox.reader import FollowReader
from connectors.inbox.segments import segment_of
from leadstream.commands.places import writer_of
from state import errors, limits

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
