"""A late raw lead moves marks, counts and ids; what was sent stays sent (ruling 2)."""

import pytest
from delivery import TABLES, Case, at, configuration, instant, lead, memory_reader

PHONE = "13912345678"

pytestmark = pytest.mark.usefixtures("fabric")


def statuses(case):
    return {
        r["unique_id"].rpartition(".")[2]: (r["status"], r["closed_reason"]) for r in case.sink.records("unique_leads")
    }


def test_the_survivor_of_a_fold_is_not_dispatched_a_second_time(tmp_path):
    """The older lead waited for consent and expired; the younger was dispatched; a late raw lead makes them one."""
    case = Case(tmp_path)
    records = [
        lead("first", PHONE, at(1, 10), channel="call"),
        lead("second", PHONE, at(3, 11)),
        lead("bridge", PHONE, at(3, 9), channel="call"),
    ]
    case.run(memory_reader(records[:2]))
    assert [r["unique_id"][-2:] for r in case.sink.records("dispatches")] == ["u2"]
    case.run(memory_reader(records))
    assert statuses(case) == {"u1": ("DISPATCHED", None), "u2": ("CLOSED", "FOLDED")}
    assert len(case.sink.records("dispatches")) == 1
    marks = {r["source_lead_id"]: r["mark"] for r in case.sink.records("dispositions")}
    assert marks == {"first": "FIRST_TOUCH", "second": "DEDUPED", "bridge": "MERGED"}
    (correction,) = [r for r in case.sink.records("dispositions") if "corrects" in r]
    assert correction["source_lead_id"] == "second" and correction["corrects"] != correction["event_id"]


def test_the_order_of_arrival_gives_the_same_marks_and_one_correction_each(tmp_path):
    """The true first touch comes last: only the mark that changed is corrected, and nothing is dispatched again."""
    case = Case(tmp_path)
    case.run(memory_reader([lead("b", PHONE, at(1, 11)), lead("c", PHONE, at(1, 12)), lead("a", PHONE, at(1, 10))]))
    last = {r["source_lead_id"]: r["mark"] for r in case.sink.records("dispositions")}
    assert last == {"a": "FIRST_TOUCH", "b": "DEDUPED", "c": "DEDUPED"}
    assert [r["source_lead_id"] for r in case.sink.records("dispositions") if "corrects" in r] == ["b"]
    assert len(case.sink.records("dispatches")) == 1


@pytest.mark.parametrize(("late_ms", "reasons"), [(0, []), (1, [["NO_LEAD"]])])
def test_a_deal_exactly_at_its_bound_and_a_millisecond_later(tmp_path, late_ms, reasons):
    """A PAID wins a lost lead up to its closing + deal-merge period, also where the merge period is longer (ruling 19)."""
    periods = {**TABLES["periods"], "merge": 5, "deal_merge": 3, "max_life": 30}
    case = Case(tmp_path, settings=configuration(periods=periods))

    def activity(kind, t):
        return {"type": "activity", "activity_id": kind, "kind": kind, "event_time": instant(t), "phone": PHONE,
                "store": "P1"}  # fmt: skip

    case.run(
        memory_reader([lead("a", PHONE, at(1, 10)), activity("LOST", at(2, 10)), activity("PAID", at(5, 10) + late_ms)])
    )
    assert [r["reasons"] for r in case.sink.records("rejects")] == reasons
    assert case.sink.records("unique_leads")[-1]["status"] == ("LOST" if late_ms else "WON")
