"""A shadow lead that would have been dispatched shows SHADOW until it closes or reopens (ruling 83); by hand."""

from __future__ import annotations

from short_story import lead, told

HOURS = {"stores": {"S": {"opens": "09:00", "closes": "18:00"}}, "periods": {"merge": 2}}


def test_nothing_takes_the_place_of_shadow() -> None:
    records = [
        lead("1", "1 08:00", channel="t", consent=True),
        lead("2", "2 10:00", channel="t", consent=False),
        lead("3", "2 23:00", channel="t"),
        lead("4", "8 20:00", channel="t", consent=True),
    ]
    found = told(HOURS, *records)
    # 1 waits for the opening, then would go. Neither the withdrawn consent nor the night changes that; 4 is judged anew.
    assert found.holds == [("1", "HOURS"), ("1", "SHADOW"), ("4", "HOURS")]
    assert found.leads["1"][1] == "MERGE_EXPIRED"


def test_what_would_not_have_been_dispatched_is_judged_each_time() -> None:
    records = [lead("1", "1 10:00", channel="t"), lead("2", "2 10:00", channel="t", consent=True)]
    assert told(HOURS, *records).holds == [("1", "CONSENT"), ("1", "SHADOW")]
