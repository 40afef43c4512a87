"""Records that settle (ruling 64): a command finds everything at rest, and leaves everything at rest, whatever was stopped or
killed where, and however the input is cut (decision 0027)."""

import random

import pytest
from crashes import Steps, crashed, watched
from delivery import (
    DAY_MS,
    Case,
    assert_no_event_twice,
    assert_same,
    at,
    configuration,
    instant,
    lead,
    memory_reader,
    rows_of,
    scenario,
    stored,
)

from connectors.memory import MemoryReader
from flows.engine import Engine, Options
from flows.run import run
from flows.source import _ALONE, _Part
from state import keys, limits

UNTIL = at(8, 12)
SHARDS = 4


def settings():
    return configuration(pools={"cap": 1}, follow_up={"first_hours": 24, "recycle_days": 2})


def phone(number):
    return f"1391234{number:04d}"


def command(number, kind, who, event_ms, advisor="Wang", store="A1"):
    record = {"type": "command", "command_id": f"c{number}", "kind": kind, "event_time": instant(event_ms)}
    record |= {"phone": phone(who), "store": store}
    return record if kind == "RECYCLE" else {**record, "advisor": advisor}


def activity(number, kind, who, event_ms, store="A1"):
    return {"type": "activity", "activity_id": f"a{number}", "kind": kind, "event_time": instant(event_ms),
            "phone": phone(who), "store": store}  # fmt: skip


def commands_input():
    """Each command is followed at once by what its answer must not come behind: a closing, a rival's wish, a follow-up."""
    leads = [lead(f"n{who}", phone(who), at(1, 10, who), "A1") for who in range(6)]
    return [
        command(0, "ASSIGN", 0, at(1, 9, 59)),  # the first record: nobody is there
        *leads,
        command(1, "ASSIGN", 0, at(1, 11)),
        activity(1, "FOLLOW_UP", 0, at(1, 11)),
        command(2, "ASSIGN", 1, at(1, 11)),  # no place is left
        activity(2, "LOST", 0, at(1, 11)),
        command(3, "ASSIGN", 2, at(1, 11)),  # the one that is lost has left one
        activity(3, "LOST", 2, at(1, 11, 0, 1)),
        command(4, "ASSIGN", 3, at(1, 11, 0, 1)),
        activity(4, "PAID", 3, at(1, 12)),
        command(5, "ASSIGN", 4, at(1, 12)),
        command(6, "TRANSFER", 4, at(1, 12), "Li"),
        command(7, "ASSIGN", 5, at(1, 12)),
        command(8, "RECYCLE", 5, at(1, 12)),
        command(9, "ASSIGN", 1, at(1, 12)),
        command(9, "ASSIGN", 1, at(1, 12)),  # a replay
        command(10, "FLY", 1, at(1, 12)),  # refused by its bytes: it waits for nothing
        lead("r0", phone(7), at(1, 20), "R3"),
        command(11, "ASSIGN", 7, at(2, 9), "Zhao", "R3"),  # at the very opening at which the lead is released
        lead("r1", phone(8), at(2, 9), "A1"),
        command(12, "ASSIGN", 8, at(2, 9), "Li"),
        activity(12, "INVALID", 8, at(2, 9)),
        lead("end", phone(9), at(4, 10), "A1"),
    ]


def straight(folder, **options):
    case = Case(folder, shards=options.pop("shards", SHARDS), settings=settings())
    case.run(memory_reader(commands_input(), **options), until=UNTIL)
    return case


@pytest.fixture(scope="module")
def expected(module_folder):
    return straight(module_folder / "straight")


def test_the_input_has_everything_in_play(expected):
    kinds = [r["kind"] for r in expected.sink.records("notifications")]
    assert {"ASSIGNED", "RECYCLED"} <= set(kinds)
    reasons = {reason for r in expected.sink.records("rejects") for reason in r["reasons"]}
    assert reasons >= {"CAP_REACHED", "NO_LEAD", "BAD_FIELD", "NOT_ALLOWED"}
    assert len(expected.sink.records("replays")) == 1


@pytest.mark.sampled(3)
@pytest.mark.parametrize(("shards", "poll"), [(1, 1), (1, 100), (2, 3), (SHARDS, 1), (SHARDS, 2), (16, 100)])
def test_other_shards_and_polls(expected, tmp_path, shards, poll):
    found = straight(tmp_path, shards=shards, poll_limit=poll)
    assert_same(found.sink.streams, expected.sink.streams)


@pytest.mark.sampled(2)
@pytest.mark.parametrize("calls", range(6))
def test_a_stop_in_the_middle_of_a_command(expected, tmp_path, monkeypatch, calls):
    """Stopped after so many calls of the phase of each command in turn; the next start goes on as if nothing had been."""
    hand_alone = _Part._hand_alone
    case = Case(tmp_path, shards=SHARDS, settings=settings())
    stopped = set()
    seen = {}

    def hooked(self, items):
        hand_alone(self, items)
        place = str(self._arrivals.state()["offsets"])
        assert self._phase in (_ALONE, 0)
        seen[place] = seen.get(place, 0) + 1
        if seen[place] == calls + 1 and place not in stopped:
            stopped.add(place)
            self._host.stop()

    monkeypatch.setattr(_Part, "_hand_alone", hooked)
    runs = 0
    ended = False
    while not ended:
        engine = case.engine(memory_reader(commands_input()), until=UNTIL)
        run(engine)
        ended = engine.ended
        runs += 1
        assert runs < 100
    assert runs > 2 or calls > 2
    assert_same(case.sink.streams, expected.sink.streams)


def decided(folder):
    rows = stored(folder)
    spaces = (keys.CUSTOMER, keys.STORE, keys.TIMER, keys.MEMBER, keys.ORDER, keys.HOP, keys.COUNTS, keys.CAMPAIGNS)
    return {space: rows_of(rows, space) for space in spaces}


@pytest.mark.sampled
@pytest.mark.parametrize("powerless", [False, True], ids=["killed", "powerless"])
def test_crashes_between_a_command_and_its_answer(tmp_path, powerless):
    """Killed before any write, sync or sending: what comes behind the command still finds its answer there."""
    records = [*commands_input()[1:4], *commands_input()[7:13]]

    def go_on(folder, sink=None):
        case = Case(folder, shards=SHARDS, settings=settings())
        case.sink = sink or case.sink
        case.run(memory_reader(records, poll_limit=3), until=at(1, 14))
        return case

    steps = Steps(tmp_path / "state", None, tmp_path / "images")
    case = Case(steps.state, shards=SHARDS, settings=settings())
    steps.sink = case.sink
    with pytest.MonkeyPatch.context() as patch, watched(steps, patch):
        case.run(memory_reader(records, poll_limit=3), until=at(1, 14))
    rows, under_way = decided(case.folder), 0
    for image in steps.taken[powerless::2]:
        with crashed(image, tmp_path, powerless=powerless) as (folder, sink):
            under_way += bool(rows_of(stored(folder), keys.HOP))
            assert_same(go_on(folder, sink).sink.streams, case.sink.streams)
            assert decided(folder) == rows
    assert under_way > 5


def busy_input(seed, records=90):
    """A scenario of everything, with commands between, also at openings and on customers who are not there."""
    rng = random.Random(f"settling/{seed}")
    found = []
    for number, record in enumerate(scenario(seed + 60, records, days=6, customers=12)):
        found.append(record)
        if isinstance(record, dict) and rng.random() < 0.5:
            kind = rng.choice(("ASSIGN", "ASSIGN", "TRANSFER", "RECYCLE"))
            given = {"type": "command", "command_id": f"c{number - rng.choice((0, 0, 0, 9))}", "kind": kind}
            given |= {key: record[key] for key in ("event_time", "store") if key in record}
            given["phone"] = rng.choice([r for r in found if isinstance(r, dict) and "phone" in r][-9:])["phone"]
            if rng.random() < 0.1:
                given.pop("event_time", None)
                given["ingest_time"] = record.get("event_time")
            found.append(given if kind == "RECYCLE" else {**given, "advisor": rng.choice(("Wang", "Li"))})
    return found


def in_files(records):
    """The same records by kind: three feeds that are read as one."""
    parts = {"raw_leads": [], "activity": [], "commands": []}
    names = {"activity": "activity", "command": "commands"}
    for record in records:
        kind = record.get("type") if isinstance(record, dict) else None
        parts[names.get(kind, "raw_leads")].append(record)
    return parts


@pytest.mark.sampled(1, each=("files",))
@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("files", [False, True], ids=["one feed", "three feeds"])
def test_a_busy_input_in_other_pieces(tmp_path, monkeypatch, seed, files):
    """Shards, polls, slices and stops: the same outputs."""
    records = busy_input(seed)
    parts = in_files(records) if files else {"raw_leads": records}
    until = at(20, 0)
    first = Case(tmp_path / "first", settings=settings())
    first.run(MemoryReader(parts), until=until)
    assert len(first.sink.records("notifications")) > 20
    for shards, poll in ((1, 2), (16, 7)):
        case = Case(tmp_path / f"{shards}", shards=shards, settings=settings())
        case.run(MemoryReader(parts, poll_limit=poll), until=until)
        assert_same(case.sink.streams, first.sink.streams)
    rng = random.Random(seed)
    for name in ("HOPS_PER_SLICE", "TIMERS_PER_SLICE", "RELEASES_PER_SLICE"):
        monkeypatch.setattr(limits, name, rng.choice((1, 2)))
    case = Case(tmp_path / "stopped", settings=settings())
    ended, runs = False, 0
    while not ended:
        reader = MemoryReader(parts, poll_limit=5)
        engine = case.engine(reader, until=until)
        stop_at = rng.randrange(3, 60)
        reader._on_poll = lambda *_, reader=reader, engine=engine, stop_at=stop_at: (
            engine.stop() if reader.polls == stop_at else None
        )
        run(engine)
        ended, runs = engine.ended, runs + 1
        assert runs < 200
    assert_same(case.sink.streams, first.sink.streams)


def test_by_the_walls_clock_a_command_waits_for_nothing(tmp_path):
    """Leads and commands in one poll: each is applied, answered or refused once, and at the end nothing is under way."""
    case = Case(tmp_path, shards=SHARDS, settings=settings())
    records = [record for record in commands_input() if isinstance(record, dict)]
    now = [at(1, 11)]

    def wall():
        now[0] += 1
        return now[0]

    reader = memory_reader(records)
    run(Engine(case.settings, reader, case.sink, Options(tmp_path, event_clock=False, shards=SHARDS, wall_ms=wall)))
    now[0] += DAY_MS  # what stood open for an answer at the stop has it by then
    run(Engine(case.settings, reader, case.sink, Options(tmp_path, event_clock=False, shards=SHARDS, wall_ms=wall)))
    assert_no_event_twice(case.sink.streams)
    rows = stored(tmp_path)
    assert not rows_of(rows, keys.HOP)
    given = [r for r in records if r["type"] == "command"]
    refused = [r for r in case.sink.records("rejects") if "command_id" in r["original"]]
    assigned = [r for r in case.sink.records("notifications") if r["kind"] in ("ASSIGNED", "RECYCLED")]
    assert 0 < len(refused) < len(given) and assigned


def test_who_is_assigned_while_he_waits_for_an_opening_takes_no_slot(tmp_path):
    """A lead of the pool comes back at night and is assigned before the opening: the next in the queue goes first."""
    case = Case(tmp_path, shards=SHARDS, settings=settings())
    back = lead("p", phone(1), at(1, 20), "R3", intent={"level": "HIGH"}, name="王")
    records = [
        lead("p0", phone(1), at(1, 10), "R3"),
        command(1, "ASSIGN", 1, at(1, 11), store="R3"),
        command(2, "RECYCLE", 1, at(1, 12), store="R3"),
        back,
        lead("q", phone(2), at(1, 21), "R3"),
        command(3, "ASSIGN", 1, at(1, 22), store="R3"),
    ]
    case.run(memory_reader(records), until=at(2, 12))
    told = [(r["kind"], r["at"][8:16]) for r in case.sink.records("notifications") if r["one_id"] != ""]
    assert ("ASSIGNED", "01T22:00") in told and "REACTIVATED" not in dict(told)
    last = case.sink.records("dispatches")[-1]
    assert (last["contact"]["phone"], last["at"][8:19]) == (phone(2), "02T09:00:00")
