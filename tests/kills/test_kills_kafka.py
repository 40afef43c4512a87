"""SIGKILL at any instant between Kafka and Kafka: nothing lost, nothing decided twice, and what a reader of the topics sees.

`LEADSTREAM_KILLS` = how many (300), `LEADSTREAM_SEED` = which inputs and which instants. Modes take turns input by input.
Each kill comes only after something new was decided: the output topics, then the database's log, grew by amounts drawn
from the seed. An input is compared with its straight run, and with the oracle where that knows the input.
"""

import os
import random
import shutil
import signal
import statistics
import tomllib
from pathlib import Path

import orjson
import pytest
from cleaning_differ import beside_oracle
from cleaning_scenario import idle
from kafka_case import Follower, ends
from killed_runs import Killed, compared, drawn
from waiting import slowness

from operators.config.configuration import load

KILLS = int(os.environ.get("LEADSTREAM_KILLS") or 300)
SEED = int(os.environ.get("LEADSTREAM_SEED") or 1)
KILLS_PER_INPUT = 60
DULL = 3
"""Inputs drawn in which not everything is in play: left out, but not more than so many."""
MODES = ("once", "transactional")
FIRST_OUTPUT_WITHIN_S = 2.0
NOISE = 3

pytestmark = [pytest.mark.kills_kafka]


def killed_again_and_again(runner, case, rng, kills, total, follower):
    """One input to its end; returns the kills made and what each start took until its first new output."""
    made, first_s, seen = 0, [], 0
    step = 2 * total // KILLS_PER_INPUT
    while True:
        follower.catch_up(ends(case.admin, case.topics, committed=True))
        began = follower.arm()
        polls, epochs, transactions = rng.choice((3, 10, 40)), rng.choice((0, 5, 50)), rng.choice((5, 20, 50))
        runner.start(case.order(poll=polls, epoch_ms=epochs, transaction_ms=transactions))
        if made < kills:
            if rng.random() < 0.1:  # one more, which does not count: nothing was decided yet
                runner.until(lambda: runner.is_open, "an engine")
                assert runner.kill() in (-signal.SIGKILL, 0), runner.trace()
                continue
            wanted = seen + rng.randrange(1, step)
            more = rng.randrange(40_000) if rng.random() < 0.7 else 0
            if runner.until(lambda wanted=wanted: follower.first is not None and case.end() >= wanted, "new output"):
                log = case.log_bytes()
                if runner.until(lambda log=log, more=more: not log <= case.log_bytes() < log + more, "a new decision"):
                    status = runner.kill()
                    assert status in (-signal.SIGKILL, 0), runner.trace()
                    seen = max(seen, case.end())
                    first_s.append(follower.first - began)
                    if status:
                        made += 1
                        continue
        if runner.wait() == 0:
            return made, first_s
        raise AssertionError(f"the run ended with {runner.ended}\n{runner.trace()}")


def oracle_differs(case, found):
    """Where the outputs are not the oracle's; None = it does not know this input."""
    if not case.given.config:
        return None
    decoded = {name: [orjson.loads(row.value) for row in rows if row.value] for name, rows in found.items()}
    path = Path(case.given.config)
    tables, secret = tomllib.loads(path.read_text()), load(path).secret
    return beside_oracle(tables, secret, case.given.oracle_lines(), decoded, case.given.until)


def not_in_play(rows, given):
    """What an input lacks."""
    outputs = {stream: [row.value for row in some if row.value is not None] for stream, some in rows.items()}
    text = b"\n".join(outputs["holds"] + outputs["dispositions"] + outputs["closings"])
    words = (b'"HOURS"' if given.config else b'"RATE"', b'"corrects"', b'"MERGE_EXPIRED"')
    return [word.decode() for word in words if word not in text] + (idle(outputs) if given.cleaning else [])


def test_killed_again_and_again_it_comes_to_the_same(runner, session_broker, memory_path, prefix, capsys):
    made = number = dull = 0
    first_s = {"once": [], "transactional": []}
    doubled = dict.fromkeys(first_s, 0)
    while made < KILLS:
        seed, mode = SEED * 1000 + number, MODES[number % 2]
        name, folder = f"{prefix}{number}.", memory_path / f"{number}"
        given = drawn(session_broker, name, folder / "in", seed)
        straight = Killed(session_broker, given, f"{name}straight.", folder / "straight", "once")
        case = Killed(session_broker, given, f"{name}killed.", folder / "killed", mode)
        runner.start(straight.order())
        assert runner.wait() == 0, runner.trace()
        expected = straight.rows()
        if missing := not_in_play(expected, given):
            dull += 1
            assert dull <= DULL, f"{missing} is not in play, nor were others in {dull - 1} inputs before"
            number += 1
            continue
        follower = Follower(case.client, case.topics)
        try:
            kills, rng = min(KILLS_PER_INPUT, KILLS - made), random.Random(f"kills/{seed}")
            now, taken = killed_again_and_again(runner, case, rng, kills, straight.end(), follower)
        finally:
            follower.close()
        assert now, "no kill was made"
        made += now
        number += 1
        case.settle()
        found = case.rows()
        again = compared(found, expected)
        doubled[mode] += again
        first_s[mode] += taken
        assert case.decided() == straight.decided()
        differing = oracle_differs(case, found)
        assert not differing, differing[:10]
        kind = f"{mode}, cleaning" if given.cleaning else mode
        oracle = "" if differing is None else ", and the oracle's"
        with capsys.disabled():
            print(
                f"\nkills on Kafka: {made} of {KILLS}, input {number} (seed {seed}, {kind}): the same{oracle}", end=""
            )
            print(f"; {again} records twice", end="")
        session_broker.delete(*session_broker.topics(name))
        shutil.rmtree(folder)
    figures = {mode: said(found) for mode, found in first_s.items() if found}
    with capsys.disabled():
        for mode, words in figures.items():
            print(f"\nkills on Kafka, {mode}: from a start to its first new output in the topics, {words}", end="")
        print(f"\nkills on Kafka: records twice in the topics: {doubled}")
    assert not any(doubled.values()), doubled
    assert max(max(found) for found in first_s.values() if found) < NOISE * FIRST_OUTPUT_WITHIN_S * slowness(), figures


def said(seconds):
    """p50 and max in words."""
    return f"p50 {statistics.median(seconds) * 1000:.0f} ms, max {max(seconds) * 1000:.0f} ms ({len(seconds)} starts)"
