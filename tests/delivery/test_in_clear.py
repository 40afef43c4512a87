"""Personal data leaves in four streams only; a channel that puts the phone into its id does not change that (ruling 37)."""

import pytest
from delivery import Case, at, instant, lead, memory_reader

IN_CLEAR = {"dispatches", "cleaning_tasks", "rejects", "late"}


@pytest.mark.parametrize(("phone", "masked"), [("13912345678", "139****5678"), ("021-62345678", "021")])
def test_a_phone_inside_a_source_id_is_masked(tmp_path, phone, masked):
    bare = phone.replace("-", "")
    inside = f"form-{bare}-7"
    records = [
        lead(inside, phone, at(1, 10), name="张三", remark="call me"),
        lead(inside, phone, at(1, 10), name="张三", remark="call me"),
        lead(inside, phone, at(1, 10), name="李四", remark="call me"),
        lead(f"{inside}b", phone, at(1, 11), "R1"),
        lead(f"{inside}c", phone, at(1, 9)),
        {"type": "activity", "activity_id": "a", "kind": "OPT_OUT", "event_time": instant(at(1, 12)), "phone": phone},
    ]
    case = Case(tmp_path)
    case.run(memory_reader(records), until=at(9, 0))
    assert case.sink.records("dispositions")[0]["source_lead_id"].startswith("form-")
    worked_on = "cleaning_tasks" if "-" in phone else "dispatches"  # a landline is cleaned first (ruling 58)
    for stream in ("dispositions", "replays", worked_on, "notifications", "unique_leads"):
        assert case.sink.records(stream), stream
    for stream, lines in case.sink.streams.items():
        if stream in IN_CLEAR:
            continue
        text = b"\n".join(lines).decode()
        for word in (phone, bare, "张三", "李四", "call me"):
            assert word not in text, f"{stream} holds {word}"
    assert masked in case.sink.records("dispositions")[0]["source_lead_id"]
