"""Consent is the customer's: the latest word by event time, else the default of the latest channel (rulings 5, 38, 45)."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import Any

import pytest
from one_key import RULES, at

from operators.base.desk import Desk
from operators.base.outputs import Outputs
from operators.base.rules import Channel
from operators.customer import consent
from operators.customer.split import Submission
from operators.dispatch.holds import has_consent
from operators.wire.arrival import Arrival
from operators.wire.records import RawLeadRecord
from state.rows.customer_row import Customer

YES, NO = Channel("yes", consent=True), Channel("no", consent=False)
EARLY = Channel("early", priority=50)
KNOWN = replace(RULES, channels={channel.code: channel for channel in (YES, NO, EARLY)})
NOON = at(6, 12)


def customer() -> Customer:
    return Customer("20240106", "13812345678", "", False)


def learnt(row: Customer, t: int, channel: Channel = YES, source_id: str = "1", **fields: Any) -> Customer:
    """The row after a raw lead of this event time."""
    arrival = Arrival("raw_lead", b"")
    arrival.t, arrival.landline, arrival.channel = t, fields.pop("landline", ""), channel.code
    desk = Desk(row, b"\0" * 12, Outputs(KNOWN, {}))
    consent.learn(Submission(desk, arrival, RawLeadRecord(**fields), "", source_id, "main"))
    return row


def test_the_latest_word_by_event_time_counts_whenever_it_arrives() -> None:
    words = [(NOON, True), (NOON + 1, False), (NOON + 2, True), (NOON - 1, False)]
    for order in itertools.permutations(words):
        row = customer()
        for t, given in order:
            learnt(row, t, consent=given)
        assert has_consent(row, KNOWN), order


def test_an_explicit_no_stands_against_the_default_of_a_channel() -> None:
    row = learnt(customer(), NOON, YES, consent=False)
    assert not has_consent(learnt(row, NOON + 1, YES), KNOWN)


@pytest.mark.parametrize(("first", "last", "expected"), [(YES, NO, False), (NO, YES, True)])
def test_without_any_word_the_latest_raw_leads_channel_counts(first: Channel, last: Channel, expected: bool) -> None:
    """By event time: a late one of another channel changes nothing."""
    row = learnt(learnt(customer(), NOON, last), NOON - 1, first)
    assert has_consent(row, KNOWN) is expected


def test_channels_of_one_instant_go_by_the_tie_key() -> None:
    """The later of two in the total order is the latest: priority 100 stands behind priority 50 (ruling 32)."""
    for order in ((YES, EARLY), (EARLY, YES)):
        row = customer()
        for channel in order:
            learnt(row, NOON, channel)
        assert row.newest_channel == "yes"


def test_words_of_one_instant_go_by_the_tie_key() -> None:
    for order in ((("1", True), ("2", False)), (("2", False), ("1", True))):
        row = customer()
        for source_id, given in order:
            learnt(row, NOON, source_id=source_id, consent=given)
        assert not has_consent(row, KNOWN), "source key 2 stands behind source key 1"


def test_an_opt_out_comes_behind_the_raw_leads_of_its_instant() -> None:
    """Ruling 5; and one that is older than a word does not undo it."""
    row = customer()
    consent.say(row, False, NOON, consent.OPT_OUT_TIE)
    learnt(row, NOON, consent=True)
    assert not has_consent(row, KNOWN) and row.opted_out
    learnt(row, NOON + 1, consent=True)
    assert has_consent(row, KNOWN) and not row.opted_out
    consent.say(row, False, NOON, consent.OPT_OUT_TIE)
    assert has_consent(row, KNOWN)


def test_the_name_is_the_latest_that_was_given() -> None:
    """Ruling 45: the latest non-empty by event time."""
    row = learnt(learnt(learnt(customer(), NOON, name="王"), NOON + 1, name=""), NOON - 1, name="李")
    assert row.name == "王"
    assert learnt(row, NOON + 2, name="张").name == "张"


def test_a_landline_beside_the_mobile_is_kept() -> None:
    """Ruling 39: with both, the landline is an attribute."""
    assert learnt(customer(), NOON, landline="02158881234").landline == "02158881234"
