"""A late raw lead moves marks, counts and ids; what was sent stays sent (ruling 2)."""

from delivery import Case, at, lead, memory_reader

PHONE = "13912345678"


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
