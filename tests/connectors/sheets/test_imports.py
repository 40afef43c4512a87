"""A file's rows become raw leads, each with its fate; the result is corrected and imported again."""

import datetime
import errno
import json
import os
import stat

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from importing import AT, TABLES, Import, fates, rows_of
from sheets import Sheet, xlsx

from connectors.sheets.headings import OwnMapping
from state import errors

HEAD = "手机号,姓名,提交时间,门店,渠道,备注\n"
GOOD = "13912345678,张三,2026-03-02 10:15,上海浦东店,汽车之家,问价\n"


@pytest.fixture
def load(tmp_path):
    return Import(tmp_path)


# --- a raw lead


def test_a_row_is_a_raw_lead_in_the_shape_of_the_contract(load):
    (lead,) = load.leads(load.csv(HEAD + GOOD))
    assert lead.pop("source_lead_id").startswith("row-")
    assert lead == {
        "channel": "autohome",
        "phone": "13912345678",
        "name": "张三",
        "event_time": "2026-03-02T10:15:00.000+08:00",
        "store": "SH001",
        "remark": "问价",
        "ingest_time": "2026-03-03T12:00:00.000+08:00",
    }


def test_a_row_without_channel_is_of_the_one_asked_for(load):
    (lead,) = load.leads(load.csv("手机号\n13912345678\n", channel="expo", account="A1"))
    assert (lead["channel"], lead["account"]) == ("expo", "A1")


def test_a_row_without_time_has_its_ingest_time_alone(load):
    (lead,) = load.leads(load.csv("手机号,时间\n13912345678,\n"))
    assert "event_time" not in lead and lead["ingest_time"] == "2026-03-03T12:00:00.000+08:00"


def test_columns_that_are_no_field_are_kept(load):
    (lead,) = load.leads(load.csv("手机号,颜色,\n13912345678,红,x\n"))
    assert lead["extra"] == {"颜色": "红", "column 3": "x"}


def test_intent_and_its_words(load):
    (lead,) = load.leads(load.csv("手机号,意向级别,预算\n13912345678,高,20万\n"))
    assert lead["intent"] == {"level": "HIGH", "budget": "20万"}


def test_a_name_that_two_stores_have_is_no_code(tmp_path):
    tables = {**TABLES, "stores": {"A": {"name": "一店"}, "B": {"name": "一店"}}}
    load = Import(tmp_path, tables)
    (lead,) = load.leads(load.csv("手机号,门店\n13912345678,一店\n"))
    assert lead["store"] == "一店"


def test_a_mapping_with_constants_values_and_defaults(load):
    mapping = OwnMapping(
        {"phone": ("号码",)},
        {"series": "A6L"},
        {"store": {"浦东": "SH001", "*": "SH002"}},
        {"city": "上海", "store": "X"},
    )
    done = load.csv("号码,门店,城市\n13912345678,浦东,\n13912345679,虹口,苏州\n13912345670,,\n", mapping=mapping)
    assert [(lead["store"], lead["city"], lead["series"]) for lead in load.leads(done)] == [
        ("SH001", "上海", "A6L"),
        ("SH002", "苏州", "A6L"),
        ("X", "上海", "A6L"),
    ]


def test_numbers_pass_as_they_are_written(load, tmp_path):
    """How a number is read is the engine's (ruling 79): nothing of it is lost on the way."""
    written = ["1.39E+10", "'13912345678", "2158235823", "+86 139-1234-5678", "１３９１２３４５６７８"]
    load.csv("手机号\n" + "".join(f"{one}\n" for one in written), send_refused=True)
    sent = {json.loads(line)["phone"] for path in load.inbox.iterdir() for line in path.read_bytes().splitlines()}
    assert sent == set(written)


def test_numbers_of_a_workbook(load, tmp_path):
    path = xlsx(tmp_path / "x.xlsx", Sheet("S", [["手机号", "姓名"], [13912345678, 101], [13912345679.0, "李"]]))
    assert [(lead["phone"], lead["name"]) for lead in load.leads(load(path))] == [
        (13912345678, "101"),
        (13912345679, "李"),
    ]


# --- ids


def test_the_id_of_a_row_depends_on_what_it_says_alone(load, tmp_path):
    """Not on the file, its format, the hour, or where the row stands."""
    one = load.leads(load.csv("手机号,姓名,时间\n13912345678,张三,2026-03-02 10:15\n"))[0]
    path = xlsx(
        tmp_path / "other.xlsx",
        Sheet(
            "S",
            [
                ["x"],
                ["姓名", "时间", "手机号"],
                ["李四", None, "13912345670"],
                ["张三", datetime.datetime(2026, 3, 2, 10, 15), 13912345678],
            ],
        ),
    )
    others = [lead["source_lead_id"] for lead in load.leads(load(path, at="2026-03-09T12:00:00+08:00"))]
    assert one["source_lead_id"] in others and len(set(others)) == 2


def test_an_id_of_its_own_is_taken(load):
    assert load.leads(load.csv("线索编号,手机号\nL-7,13912345678\n"))[0]["source_lead_id"] == "L-7"


@pytest.mark.parametrize("mangled", ["1.23457E+16", "12345678901234500"])
def test_an_id_that_a_spreadsheet_has_cut_is_none(load, mangled):
    """Two leads would share what is left of their ids, and one would be taken for a repeat of the other."""
    leads = load.leads(load.csv(f"线索编号,手机号\n{mangled},13912345678\n{mangled},13912345679\n"))
    ids = {lead["source_lead_id"] for lead in leads}
    assert len(ids) == 2 and all(one.startswith("row-") for one in ids)


# --- fates and the result


def test_each_row_has_its_fate(load):
    done = load.csv(
        HEAD
        + GOOD
        + "1.39E+10,李四,2026-03-02 10:15,SH001,autohome,\n"
        + ",,,,,\n"
        + GOOD
        + "13912345679,王五,2/3/2026,SH001,没有的,\n"
        + HEAD
    )
    assert fates(done) == ["imported", "refused", "blank", "repeated", "refused", "heading"][: len(fates(done))]
    assert done.fates == {"imported": 1, "refused": 2, "blank": 1, "repeated": 1, "heading": 1}
    second, fifth = rows_of(done)[1], rows_of(done)[4]
    assert (second["leadstream_code"], second["leadstream_field"], second["leadstream_row"]) == (
        "BAD_PHONE",
        "phone",
        "3",
    )
    assert second["leadstream_hint"].endswith(".")
    assert fifth["leadstream_code"].split() == ["BAD_TIME", "UNKNOWN_CHANNEL"]
    assert fifth["leadstream_field"].split() == ["event_time", "channel"]
    assert len(load.leads(done)) == 1


def test_a_suspended_channel(load):
    done = load.csv("手机号,渠道\n13912345678,停投\n")
    assert rows_of(done)[0]["leadstream_code"] == "CHANNEL_NOT_LIVE" and not done.name


def test_the_result_is_for_a_spreadsheet_and_runs_nothing(load):
    done = load.csv("手机号,备注\n13912345678,=HYPERLINK(1)\n+8613912345679,@x\n13912345670,-y\n")
    raw = done.result.read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")
    assert [(row["手机号"], row["备注"]) for row in rows_of(done)] == [
        ("13912345678", "'=HYPERLINK(1)"),
        ("'+8613912345679", "'@x"),
        ("13912345670", "'-y"),
    ]


def test_the_result_and_the_leads_are_for_their_owner_alone(load):
    done = load.csv(HEAD + GOOD)
    assert stat.S_IMODE(done.result.stat().st_mode) == 0o600
    assert stat.S_IMODE((load.inbox / done.name).stat().st_mode) == 0o600
    assert stat.S_IMODE(load.inbox.stat().st_mode) == 0o700


def test_a_corrected_result_imported_again_is_a_new_try_of_its_row(load, tmp_path):
    first = load.csv(HEAD + GOOD + "1.39E+10,李四,2026-03-02 10:20,SH001,autohome,=1+1\n")
    ids = [row["leadstream_id"] for row in rows_of(first)]
    assert first.result.name == "leads.result.csv"
    first.result.write_text(first.result.read_text("utf-8-sig").replace("1.39E+10", "13912345670"), "utf-8-sig")
    second = load(first.result)
    assert second.result.name == "leads.result-2.csv"
    assert fates(second) == ["imported", "imported"]
    leads = load.leads(second)
    assert [lead["source_lead_id"] for lead in leads] == ids
    assert (leads[1]["phone"], leads[1]["remark"]) == ("13912345670", "=1+1")
    # what was imported before says the same again: a replay to the engine
    assert {**leads[0], "ingest_time": ""} == {**load.leads(first)[0], "ingest_time": ""}


def test_a_result_is_never_overwritten(load):
    first = load.csv(HEAD + GOOD)
    first.result.write_text("somebody's corrections")
    second = load.csv(HEAD + GOOD + "13912345670,李四,,,,\n")
    assert first.result.read_text() == "somebody's corrections"
    assert second.result.name == "leads.result-2.csv"


def test_the_same_file_twice_changes_nothing(load, tmp_path):
    load.csv(HEAD + GOOD + "1.39E+10,李四,,,,\n")
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    again = load.csv(HEAD + GOOD + "1.39E+10,李四,,,,\n", at="2026-04-01T12:00:00+08:00")
    assert again.known_before and again.written == 0
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


def test_a_file_without_one_good_row_twice(load, tmp_path):
    for _ in range(2):
        done = load.csv("手机号\n1.39E+10\n")
        assert (done.name, done.fates["refused"]) == ("", 1)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["leads.csv", "leads.result.csv"]


def test_refused_rows_are_sent_where_that_is_asked_for(load):
    done = load.csv("手机号\n1.39E+10\n13912345678\n", send_refused=True)
    assert fates(done) == ["refused", "imported"]
    assert len(load.leads(done)) == 2


def test_leads_are_written_in_the_order_of_their_times(load):
    """A file is read in its order: newest first, half of a sheet would be late."""
    rows = "".join(f"139123456{n:02d},2026-03-02 {10 + n % 7}:{n}\n" for n in range(30, 50))
    times = [lead["event_time"] for lead in load.leads(load.csv("手机号,时间\n" + rows))]
    assert len(times) == 20 and times == sorted(times)


def test_a_disk_that_is_full_leaves_nothing_behind(load, tmp_path, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(errors.DiskFault, match="full"):
        load.csv(HEAD + GOOD)
    assert [path.name for path in tmp_path.iterdir()] == ["leads.csv"]


def test_when_the_leads_cannot_be_written_the_same_import_is_right_again(load, tmp_path):
    load.inbox.write_text("a file stands where the folder is needed")
    with pytest.raises(errors.Fault):
        load.csv(HEAD + GOOD)
    load.inbox.unlink()
    done = load.csv(HEAD + GOOD)
    assert done.written == 1 and done.result.name == "leads.result.csv"
    assert not [path for path in tmp_path.rglob("*.part")]


# --- tables


def test_headings_below_a_title(load):
    done = load.csv("2026年春季车展\n主办：市场部,,\n\n手机号,姓名\n13912345678,张三\n")
    assert fates(done) == ["imported"] and rows_of(done)[0]["leadstream_row"] == "5"


def test_headings_over_two_rows(load, tmp_path):
    rows = [["联系电话", "客户", None], [None, "姓名", "城市"], ["13912345678", "张三", "上海"]]
    path = xlsx(tmp_path / "x.xlsx", Sheet("S", rows, merged=["A1:A2", "B1:C1"]))
    (lead,) = load.leads(load(path))
    assert (lead["phone"], lead["name"], lead["city"]) == ("13912345678", "张三", "上海")


def test_several_sheets(load, tmp_path):
    path = xlsx(
        tmp_path / "x.xlsx",
        Sheet("浦东", [["手机号", "姓名"], ["13912345678", "张三"]]),
        Sheet("说明", [["请填写"]]),
        Sheet("徐汇", [["姓名", "联系电话"], ["李四", "13912345679"], ["王五", "1.39E+10"]]),
        Sheet("名单", [["手机号"], ["13912345670"]], hidden=True),
    )
    done = load(path)
    assert {lead["phone"] for lead in load.leads(done)} == {"13912345678", "13912345679"}
    assert any("名单" in note and "hidden" in note for note in done.notes)
    assert any("说明" in note for note in done.notes)
    # both sheets stand in one result, each under its own headings; corrected, both are read again
    text = done.result.read_text("utf-8-sig").replace("1.39E+10", "13912345671")
    done.result.write_text(text, "utf-8-sig")
    assert {lead["phone"] for lead in load.leads(load(done.result))} == {"13912345678", "13912345679", "13912345671"}
    assert [lead["phone"] for lead in load.leads(load(path, sheet="名单"))] == ["13912345670"]


def test_a_sheet_that_is_not_there(load, tmp_path):
    path = xlsx(tmp_path / "x.xlsx", Sheet("一", [["手机号"]]), Sheet("二", [["手机号"]]))
    with pytest.raises(errors.SourceRefused, match="no sheet 三"):
        load(path, sheet="三")


def test_a_table_without_a_number_is_refused_and_nobody_is_named(load, tmp_path):
    with pytest.raises(errors.SourceRefused) as refused:
        load.csv("13912345678,张三\n13912345679,李四\n")
    assert "heading for a phone number" in refused.value.message and "--mapping" in refused.value.action
    assert "139" not in str(refused.value).replace(str(tmp_path), "") and "张三" not in str(refused.value)
    assert [path.name for path in tmp_path.iterdir()] == ["leads.csv"]


# --- JSON


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
    assert done.fates == {"imported": 2, "blank": 1}


def test_a_number_in_json_is_its_literal(load):
    """Ruling 78: never through a float, which would make a customer of 1.39E+10."""
    done = jsonl(load, '{"phone": 1.39E+10}', '{"phone": 13912345678, "extra": {"x": 1.50}}', send_refused=True)
    sent = (load.inbox / done.name).read_bytes()
    assert b'"phone":"1.39E+10"' in sent and b'"x":1.50' in sent
    assert done.fates == {"refused": 1, "imported": 1}


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
    assert done.fates == {"imported": 2} and b'"x":1.50' in (load.inbox / done.name).read_bytes()


def test_a_line_that_is_no_object_is_refused_by_name_and_can_be_corrected(load):
    done = jsonl(load, '{"phone": "13912345678"', "[1]", '{"phone": "13912345679"}')
    assert done.fates == {"refused": 2, "imported": 1} and done.reasons == {"NOT_JSON": 2}
    assert done.result.name == "leads.result.jsonl"
    lines = [json.loads(line) for line in done.result.read_text().splitlines()]
    assert [line["leadstream_fate"] for line in lines] == ["refused", "refused", "imported"]
    again = load(done.result)  # as it is: the same rows are refused again, none is forgotten
    assert again.fates == {"refused": 2, "imported": 1}
    lines[0] = {"phone": "13912345678", "leadstream_id": lines[0].get("leadstream_id", "")}
    done.result.write_text("\n".join(json.dumps(line) for line in lines))
    assert load(done.result).fates == {"refused": 1, "imported": 2}


# --- anything

CELL = st.one_of(
    st.text(max_size=12),
    st.sampled_from(
        ["13912345678", "1.39E+10", "021-58235823", "2026-03-02 10:15", "46083.5", "汽车之家", "=1+1", "-", "'x"]
    ),
)


@settings(suppress_health_check=[HealthCheck.too_slow], max_examples=30)
@given(st.lists(st.lists(CELL, max_size=7), max_size=8), st.sampled_from([",", ";", "\t", "|"]))
def test_every_row_has_one_fate_and_every_lead_is_judged_alike(tmp_path_factory, rows, separator):
    """rows = imported + refused + repeated + blank + headings; what was imported is what was written; a second import of the
    result sends the same leads."""
    load = Import(tmp_path_factory.mktemp("h"))
    quoted = [
        '"' + '","'.join(cell.replace('"', '""') for cell in row).replace('","', f'"{separator}"') + '"' for row in rows
    ]
    head = separator.join(["手机号", "姓名", "提交时间", "门店", "渠道", "备注"])
    done = load.csv("\n".join([head, *quoted]) + "\n")
    assert done.rows == len(rows_of(done))
    assert done.fates["imported"] == len(load.leads(done))
    again = load(done.result)
    assert [lead["source_lead_id"] for lead in load.leads(again)] == [
        lead["source_lead_id"] for lead in load.leads(done)
    ]
    assert again.fates["imported"] == done.fates["imported"] and again.fates["refused"] == done.fates["refused"]


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
    assert done.rows >= len(records)
    assert done.fates["imported"] == len(load.leads(done))


def test_progress_is_told(load, tmp_path):
    assert AT  # the hour of every import here
    seen = []
    from connectors.sheets.imports import Wanted, import_file
    from connectors.sheets.outlets import FolderOutlet

    path = tmp_path / "x.csv"
    path.write_text("手机号\n13912345678\n13912345679\n")
    import_file(
        path,
        Wanted(channel="expo", ingest_ms=1),
        load.configuration,
        FolderOutlet(load.inbox),
        lambda n, of: seen.append(n),
    )
    assert seen == [2, 3]
