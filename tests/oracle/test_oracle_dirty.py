"""The oracle on dirty records: each written number is whom it was made for, nothing breaks, the sums hold (domain 15)."""

import json
from typing import Any

import pytest
from dirty import Dirty, Written, inputs, numbers, records
from hypothesis import HealthCheck, given, settings
from oracle_fields import Line
from oracle_model import Oracle
from oracle_phones import read_contact
from oracle_reading import Event, Reader
from oracle_text import Numeral

CHANNELS: dict[str, Any] = {"a": {"consent": True}, "b": {"consent": True, "time": {"zone": "Asia/Shanghai"}}}
CONFIG: dict[str, Any] = {"channels": CHANNELS, "source": {"today": "2026-06-01"}}
TRIES = settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def says(written: Written) -> None:
    value = json.loads(written.json, parse_int=Numeral, parse_float=Numeral)
    contact = read_contact(value, None)
    assert (contact.customer, {code for _, code in contact.faults}) == (
        written.customer,
        {written.fault} - {""},
    ), written
    assert not written.both or contact.landline == written.both, written


@TRIES
@given(numbers())
def test_a_written_number_is_whom_it_was_made_for(written: Written) -> None:
    says(written)


@pytest.mark.sampled(5)
@pytest.mark.parametrize("seed", range(20))
def test_many_written_numbers(seed: int) -> None:
    dirty = Dirty(seed)
    for _ in range(300):
        says(dirty.number())


@TRIES
@given(records(wild=True))
def test_nothing_breaks_the_reader(raw: bytes) -> None:
    for kind in ("raw_lead", "activity", "command", "verdict"):
        for outcome in Reader(CONFIG).read([Line("x", 1, kind, raw)]):
            if isinstance(outcome, Event):
                assert outcome.customer or outcome.fields["unique_id"]
            else:
                assert outcome.reasons
                assert {code for _, code in outcome.fields} == outcome.reasons - {
                    "NOT_JSON",
                    "TOO_LARGE",
                    "NOT_SUPPORTED",
                }


def holds_together(lines: list[Line]) -> None:
    result = Oracle(CONFIG).run(lines)
    accepted = len(result.raws) - sum(result.splits.values())
    assert accepted + len(result.rejects) + len(result.late) + len(result.replays) + result.blank == len(lines)
    assert sum(result.received.values()) + result.blank == len(lines)
    assert sum(result.late_leads.values()) <= len(result.late)


@settings(TRIES, max_examples=10)
@given(inputs(12))
def test_the_sums_hold(lines: list[Line]) -> None:
    holds_together(lines)


@pytest.mark.parametrize("seed", range(12))
def test_the_sums_hold_for_many(seed: int) -> None:
    holds_together(Dirty(seed).lines(80))


def test_a_seed_names_what_was_drawn() -> None:
    assert Dirty(3).lines(50) == Dirty(3).lines(50) != Dirty(4).lines(50)


def test_dirt_is_mostly_no_reason_to_refuse() -> None:
    """Else a comparison by these records would compare rejects alone."""
    outcomes = list(Reader(CONFIG).read(Dirty(1).lines(400)))
    accepted = [outcome for outcome in outcomes if isinstance(outcome, Event)]
    assert len(accepted) > len(outcomes) / 2
    assert {flag for event in accepted for flag in event.flags} >= {"FIELD_DROPPED", "KEY_UNKNOWN", "UNUSUAL"}
