"""Consent that changes (ruling 38): false holds what is not dispatched, true lets it go, owners of dispatched leads hear of a refusal.

Channel a consents by default, n does not (short_story); stores are open day and night.
"""

from __future__ import annotations

import pytest
from short_story import Story, act, lead, told

NIGHT = {"opens": "09:00", "closes": "18:00"}


def notices(story: Story, kind: str) -> list[tuple[str, str, str | None]]:
    """(role, whom, of which store)."""
    found = [one for one in story.outputs["notifications"] if one["kind"] == kind]
    return [(one["to"]["role"], one["to"]["id"], one.get("store")) for one in found]


def test_false_holds_and_true_lets_go() -> None:
    story = told({}, lead("1", "1 10:00", consent=False), lead("2", "2 10:00", consent=True))
    assert story.holds == [("1", "CONSENT")] and story.sent == [("1", "S", "2 10:00")]


def test_of_two_words_the_later_by_event_time_counts() -> None:
    """A late yes that is older than the no changes nothing."""
    no, yes = lead("no", "2 10:00", consent=False), lead("yes", "1 10:00", consent=True)
    assert told({}, no, yes).sent == []
    assert [
        name for name, _, _ in told({}, lead("1", "1 10:00", consent=False), lead("2", "1 10:01", consent=True)).sent
    ] == ["1"]


def test_a_word_at_one_store_reaches_the_leads_at_others() -> None:
    story = told(
        {"stores": {"S": NIGHT, "Z": NIGHT, "Y": NIGHT}},
        lead("1", "1 20:00", "S"),
        lead("2", "1 20:10", "Z", consent=False),
        lead("3", "1 20:20", "Y", consent=True),
        until="2 09:00",
    )
    assert [one for one in story.holds if one[0] == "1"] == [("1", "HOURS"), ("1", "CONSENT"), ("1", "HOURS")]
    assert sorted(story.sent) == [("1", "S", "2 09:00"), ("2", "Z", "2 09:00"), ("3", "Y", "2 09:00")]


def test_false_while_the_store_is_closed_keeps_it_there_at_the_opening() -> None:
    story = told({"stores": {"S": NIGHT}}, lead("1", "1 20:00"), lead("2", "1 21:00", consent=False), until="3 12:00")
    assert story.sent == [] and story.holds[-1] == ("1", "CONSENT")


def test_a_deduped_lead_may_bring_the_consent() -> None:
    """Ruling 12: it dispatches nothing itself, but may complete the conditions of a held lead."""
    story = told({}, lead("1", "1 10:00", channel="n"), lead("2", "1 11:00", channel="n", consent=True))
    assert story.marks == {"1": "FIRST_TOUCH", "2": "DEDUPED"} and story.sent == [("1", "S", "1 11:00")]


def test_an_enrichment_may_bring_it() -> None:
    """At its raw lead's event time."""
    first = lead("1", "1 10:00", channel="n")
    assert told({}, first, {**first, "consent": True}).sent == [("1", "S", "1 10:00")]
    later = lead("2", "1 11:00", "Z", channel="n", consent=False)
    story = told({}, first, later, {**first, "consent": True})
    assert story.sent == [], "the no of eleven o'clock is the later word"


def test_the_default_of_the_latest_channel_counts_where_nothing_was_said() -> None:
    story = told({}, lead("1", "1 10:00", channel="n"), lead("2", "1 11:00", "Z", channel="a"))
    assert sorted(story.sent) == [("1", "S", "1 11:00"), ("2", "Z", "1 11:00")]


@pytest.mark.parametrize("by", ["raw lead of the store", "raw lead of another store", "enrichment", "opt-out"])
def test_who_has_a_dispatched_lead_hears_of_a_refusal(by: str) -> None:
    """It closes nothing; the store's admin hears it as long as nobody owns the lead (ruling 45)."""
    first = lead("1", "1 10:00")
    refusal = {
        "raw lead of the store": lead("2", "2 11:00", consent=False),
        "raw lead of another store": lead("2", "2 11:00", "Z", consent=False),
        "enrichment": {**first, "consent": False},
        "opt-out": act("V", "OPT_OUT", "2 11:00", None),
    }[by]
    story = told({}, first, refusal, lead("3", "3 11:00", "Z", consent=False))
    assert notices(story, "OPTED_OUT") == [("store_admin", "S", "S")], "once: a second no changes nothing"
    assert story.closings == [] and story.sent == [("1", "S", "1 10:00")]


def test_a_channel_without_a_default_is_no_refusal() -> None:
    """Its leads wait; nobody is told that the customer has withdrawn."""
    story = told({}, lead("1", "1 10:00"), lead("2", "1 11:00", "Z", channel="n"))
    assert story.holds == [("2", "CONSENT")] and notices(story, "OPTED_OUT") == []


def test_an_opt_out_of_nobody_is_refused() -> None:
    assert told({}, act("V", "OPT_OUT", "1 10:00", None)).refused == ["NO_LEAD"]


def test_a_word_after_an_opt_out_counts_and_one_before_does_not() -> None:
    out = act("V", "OPT_OUT", "2 12:00", None)
    held = [lead("1", "1 10:00", channel="n"), out]
    assert told({}, *held, lead("2", "2 11:00", "Z", consent=True)).sent == []
    assert len(told({}, *held, lead("2", "2 13:00", "Z", consent=True)).sent) == 2
