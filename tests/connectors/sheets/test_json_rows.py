"""JSON lines and arrays are rows like those of a sheet."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from importing import Import

HEAD = "手机号,姓名,提交时间,门店,渠道,备注\n"
GOOD = "13912345678,张三,2026-03-02 10:15,上海浦东店,汽车之家,问价\n"


@pytest.fixture
def load(tmp_path):
    return Import(tmp_path)


def jsonl(load, *lines, **wanted):
    path = load.folder / "leads.jsonl"
    path.write_bytes(b"\n".join(line if isinstance(line, bytes) else line.encode() for line in lines))
    return load(path, **wanted)


def test_json_lines_with_a_byte_order_mark(load):
    """Ruling 77: a mark is no content, at the start of the file and of a line."""
    done = jsonl(
        load,
        '\ufeff{"phone": "13912345678", "source_lead_id": "A"}',
        "",
        '\ufeff{"手机号": "13912345679", "线索编号": "B", "门店": "上海浦东店", "颜色": "红"}',
    )
    assert [(lead["source_lead_id"], lead["phone"]) for lead in load.leads(done)] == [
        ("A", "13912345678"),
        ("B", "13912345679"),
    ]
    assert load.leads(done)[1]["extra"] == {"颜色": "红"} and load.leads(done)[1]["store"] == "SH001"
    assert done.counts.fates == {"imported": 2, "blank": 1}


def test_a_number_in_json_is_its_literal(load):
    """Ruling 78: never through a float, which would make a customer of 1.39E+10."""
    done = jsonl(load, '{"phone": 1.39E+10}', '{"phone": 13912345678, "extra": {"x": 1.50}}', send_refused=True)
    sent = (load.inbox / done.name).read_bytes()
    assert b'"phone":"1.39E+10"' in sent and b'"x":1.50' in sent
    assert done.counts.fates == {"refused": 1, "imported": 1}


@pytest.mark.parametrize(
    "text",
    ['[{"phone": "13912345678"},\n {"phone": "13912345679"}]', '{"phone": "13912345678"}\n{"phone": "13912345679"}'],
)
def test_an_array_and_lines(load, text):
    assert len(load.leads(jsonl(load, text))) == 2


def test_one_object_over_several_lines(load):
    assert len(load.leads(jsonl(load, '{\n "phone": "13912345678",\n "name": "张三"\n}'))) == 1


def test_objects_over_several_lines_one_after_the_other(load):
    text = '{\n "phone": "1391234567%d",\n "extra": {"x": 1.50}\n}\n'
    done = jsonl(load, text % 8, "", text % 9)
    assert done.counts.fates == {"imported": 2} and b'"x":1.50' in (load.inbox / done.name).read_bytes()


def test_a_line_that_is_no_object_is_refused_by_name_and_can_be_corrected(load):
    done = jsonl(load, '{"phone": "13912345678"', "[1]", '{"phone": "13912345679"}')
    assert done.counts.fates == {"refused": 2, "imported": 1} and done.counts.reasons == {"NOT_JSON": 2}
    assert done.result.name == "leads.result.jsonl"
    lines = [json.loads(line) for line in done.result.read_text().splitlines()]
    assert [line["leadstream_fate"] for line in lines] == ["refused", "refused", "imported"]
    again = load(done.result)  # as it is: the same rows are refused again, none is forgotten
    assert again.counts.fates == {"refused": 2, "imported": 1}
    lines[0] = {"phone": "13912345678", "leadstream_id": lines[0].get("leadstream_id", "")}
    done.result.write_text("\n".join(json.dumps(line) for line in lines))
    assert load(done.result).counts.fates == {"refused": 1, "imported": 2}


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(max_size=8)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=6), inner, max_size=3)),
    max_leaves=6,
)
KEYS = st.sampled_from(
    [
        "phone",
        "手机号",
        "channel",
        "event_time",
        "日期",
        "intent",
        "intent.level",
        "extra",
        "stores",
        "type",
        "leadstream_id",
    ]
)


@settings(suppress_health_check=[HealthCheck.too_slow], max_examples=50)
@given(st.lists(st.dictionaries(KEYS, JSON, max_size=6), min_size=1, max_size=5))
def test_no_json_is_too_strange(tmp_path_factory, records):
    load = Import(tmp_path_factory.mktemp("j"))
    done = jsonl(load, *[json.dumps(record) for record in records])
    assert done.counts.rows >= len(records)
    assert done.counts.fates["imported"] == len(load.leads(done))
