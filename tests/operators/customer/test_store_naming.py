"""Store answers beside activities of their instant, and repeats that name several stores; by hand from ruling 83."""

from __future__ import annotations

from short_story import act, clock, lead, told


def test_an_answer_comes_before_the_activities_of_its_instant() -> None:
    before = [lead("s", "1 10:00"), lead("p", "2 10:00", None)]
    lost, named = act("l", "LOST", "2 12:00"), lead("p", "2 10:00")
    for records in ([lost, named], [clock("2 12:00"), named, lost]):
        found = told({}, *before, *records)
        assert found.marks == {"s": "FIRST_TOUCH", "p": "MERGED"}
        assert found.leads == {"s": ("S", "LOST", "p s")}
        assert found.sent == [("s", "S", "1 10:00")], "nothing is reopened"


def test_whether_the_lead_moves_is_judged_where_the_answer_stands() -> None:
    tables = {"periods": {"merge": 5, "deal_merge": 9, "max_life": 12}}
    before = [lead("s", "1 10:00"), lead("p", "7 09:00", None)]
    paid, named = act("d", "PAID", "7 10:00"), lead("p", "7 09:00")
    for records in ([paid, named], [clock("7 10:00"), named, paid]):
        # s expired on the 6th: p moves to S at 10:00, and the deal of 10:00 is that of the latest lead, p.
        found = told(tables, *before, *records)
        assert found.leads == {"s": ("S", "MERGE_EXPIRED", "s"), "p": ("S", "WON", "p")}


def test_an_activity_older_than_the_lateness_comes_behind_the_answer_of_its_clock_too() -> None:
    tables = {"periods": {"merge": 30, "deal_merge": 30, "max_life": 60, "late_hours": 24}}
    before = [lead("s", "1 10:00"), lead("p", "5 10:00", None), clock("5 12:00")]
    old, named = act("l", "LOST", "2 12:00"), lead("p", "5 10:00")
    for records in ([old, named], [named, old]):
        found = told(tables, *before, *records)
        assert found.marks["p"] == "MERGED" and found.leads == {"s": ("S", "LOST", "p s")}


def test_the_first_answers_and_further_names_are_added() -> None:
    found = told(
        {},
        lead("1", "1 10:00", None),
        lead("1", "1 10:00", None, stores=["S", "Z"]),
        lead("1", "1 10:00", None, stores=["Y", "S"]),
        lead("1", "1 10:00", "Q"),
    )
    # S answers, Z is added; S is in force, Y is added; Q finds nothing that waits.
    assert {name: store for name, (store, _, _) in found.leads.items()} == {"1": "S", "1#2": "Z", "1#3": "Y"}
    assert found.changed == ["store", "store", "store"]


def test_a_name_in_force_answers_nothing_though_a_part_waits() -> None:
    found = told({}, lead("1", "1 10:00", None, stores=["X", "S"]), lead("1", "1 10:00", None, stores=["S", "Z"]))
    assert found.leads["1"][:2] == ("X", "CLEANING") and found.leads["1#3"][:2] == ("Z", "DISPATCHED")
    # The code that waits is in force as well: naming it beside another adds the other.
    found = told({}, lead("1", "1 10:00", "X"), lead("1", "1 10:00", None, stores=["X", "Z"]))
    assert found.leads["1"][:2] == ("X", "CLEANING") and found.leads["1#2"][:2] == ("Z", "DISPATCHED")


def test_one_payload_answers_one_part_the_first_by_split() -> None:
    found = told({}, lead("1", "1 10:00", None, stores=["X", "W"]), lead("1", "1 10:00", "S"))
    assert found.leads["1"][:2] == ("S", "DISPATCHED") and found.leads["1#2"][:2] == ("W", "CLEANING")


def test_a_closed_lead_does_not_wait() -> None:
    records = [lead("1", "1 10:00", None, stores=["X", "S"]), act("l", "LOST", "1 11:00", "X")]
    found = told({}, *records, lead("1", "1 10:00", None, stores=["Z", "Y"]))
    assert found.leads["1"][:2] == ("X", "LOST"), "the first name is ignored"
    assert found.leads["1#3"][:2] == ("Y", "DISPATCHED") and "Z" not in str(found.leads)


def test_a_lead_that_moves_away_gives_back_the_place_it_had_taken() -> None:
    tables = {"periods": {"merge": 5, "deal_merge": 9, "max_life": 12}, "series": {"brief": {"max_life": 2}}}
    records = [
        lead("1", "1 10:00", "X"),
        lead("2", "4 10:00", "X", series="brief"),
        lead("2", "4 10:00", "S", series="brief"),
    ]
    # 2 closed the open lead of X, being beyond two days of life; at S it is a lead of its own, and X has 1 alone again.
    found = told(tables, *records)
    assert found.leads == {"1": ("X", "CLEANING", "1"), "2": ("S", "DISPATCHED", "2")}


def test_so_does_one_that_an_answer_had_brought() -> None:
    records = [
        lead("p", "1 10:00", None),
        clock("2 10:00"),
        lead("p", "1 10:00", "X"),
        lead("r", "1 12:00", "X"),
        lead("p", "1 10:00", "S"),
    ]
    # p comes to X on the 2nd; r, which is late, would be open there then and is closed; at S p closes nothing of X.
    assert told({}, *records[:4]).leads["r"][1] == "MERGE_EXPIRED"
    assert told({}, *records).leads == {"r": ("X", "CLEANING", "r"), "p": ("S", "DISPATCHED", "p")}
