"""Which lead an activity without a store takes; values by hand from rulings 26 and 83."""

from __future__ import annotations

from short_story import act, lead, told

PERIODS = {"periods": {"merge": 2, "deal_merge": 3, "max_life": 6}, "series": {"long": {"merge": 2, "deal_merge": 9}}}


def won(*records: dict[str, object]) -> set[str]:
    return {name for name, (_, status, _) in told(PERIODS, *records).leads.items() if status == "WON"}


def test_of_leads_opened_at_one_instant_the_one_whose_first_touch_comes_last() -> None:
    paid = act("p", "PAID", "4 12:00", None)
    # Of one record the later part; of two by channel priority, then source id, whichever arrived first.
    assert won(lead("1", "1 10:00", None, stores=["Z", "S"]), paid) == {"1#2"}
    tied = [lead("1", "1 10:00"), lead("2", "1 10:00", "Z"), lead("0", "1 10:00", "Y", channel="b")]
    for order in ((0, 1, 2), (2, 1, 0), (1, 2, 0)):
        assert won(*(tied[place] for place in order), paid) == {"2"}


def test_a_lead_that_is_passed_over_is_not_the_latest() -> None:
    records = [lead("1", "1 10:00", series="long"), lead("2", "2 10:00", "Z")]
    # 1 is reached until 12 10:00, 2 until 7 10:00.
    assert won(*records, act("p", "PAID", "7 10:00", None)) == {"2"}
    assert won(*records, act("p", "PAID", "7 10:00:00.001", None)) == {"1"}
    assert told(PERIODS, *records, act("p", "PAID", "12 10:00:00.001", None)).refused == ["NO_LEAD"]


def test_a_moved_lead_is_opened_at_its_answer() -> None:
    records = [lead("p", "1 09:00", None), lead("q", "1 10:00", "Z"), lead("p", "1 09:00")]
    # p counts from 10:00 like q; its first touch lies before that of q.
    assert won(*records, act("d", "PAID", "4 12:00", None)) == {"q"}
