"""A row of a sheet or a table as a raw lead, with an id that stays the same."""

import datetime
import json

import pytest
from importing import TABLES, Import, fates, rows_of
from sheets import Sheet, xlsx

from connectors.feeds.mapping import FieldMapping, mapping_of, of_columns
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
    mapping = FieldMapping(
        of_columns({"phone": "号码"}).fields,
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
    load.csv("手机号,姓名\n" + "".join(f"{one},{name}\n" for name, one in enumerate(written)), send_refused=True)
    sent = {json.loads(line)["phone"] for path in load.inbox.iterdir() for line in path.read_bytes().splitlines()}
    assert sent == set(written)


def test_numbers_of_a_workbook(load, tmp_path):
    path = xlsx(tmp_path / "x.xlsx", Sheet("S", [["手机号", "姓名"], [13912345678, 101], [13912345679.0, "李"]]))
    assert [(lead["phone"], lead["name"]) for lead in load.leads(load(path))] == [
        (13912345678, "101"),
        (13912345679, "李"),
    ]


def test_times_of_a_sheet_are_local_to_the_rows_channel(tmp_path):
    """Ruling 80: a channel's zone is that of its sheets too; a row without channel is of the one asked for."""
    channels = {**TABLES["channels"], "abroad": {"time": {"zone": "America/New_York"}}}
    load = Import(tmp_path, {**TABLES, "channels": channels})
    text = "手机号,提交时间,渠道\n13912345678,2026-03-02 10:15,abroad\n13912345679,2026-03-02 10:15,\n"
    assert {lead["phone"]: lead["event_time"] for lead in load.leads(load.csv(text))} == {
        "13912345678": "2026-03-02T10:15:00.000-05:00",
        "13912345679": "2026-03-02T10:15:00.000+08:00",
    }
    (lead, *_) = load.leads(load.csv("手机号,提交时间\n13912345678,46083.5\n", name="b.csv", channel="abroad"))
    assert lead["event_time"] == "2026-03-02T12:00:00.000-05:00"


def test_a_mapping_reaches_into_objects_and_fills_extra(load):
    mapping = mapping_of(
        {
            "fields": {"phone": "customer.tel", "intent.level": "hot", "extra.plate": "car[0].plate", "name": "who"},
            "values": {"intent.level": {"y": "HIGH"}, "name": {"anonymous": ""}},
            "defaults": {"name": "?"},
        }
    )
    row = {"customer": {"tel": "13912345678"}, "hot": "y", "car": [{"plate": "A1"}], "who": "anonymous"}
    path = load.folder / "leads.jsonl"
    path.write_text(json.dumps(row))
    (lead,) = load.leads(load(path, mapping=mapping))
    assert (lead["phone"], lead["intent"], lead["extra"]["plate"]) == ("13912345678", {"level": "HIGH"}, "A1")
    assert lead["name"] == "?"
    (lead,) = load.leads(load.csv("customer.tel,hot,who\n13912345679,y,anonymous\n", mapping=mapping))
    assert (lead["phone"], lead["intent"], lead["name"]) == ("13912345679", {"level": "HIGH"}, "?")


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


@pytest.mark.parametrize("number", ["1.3933330002E+10", "13933330002.0", "139-3333-0002", "+86 13933330002"])
def test_a_sheet_that_was_sorted_and_saved_again_brings_nothing_new(load, number):
    before = load.leads(load.csv("序号,手机号,姓名\n1,13933330002,张三\n"))
    done = load.csv(f"序号,手机号,姓名\n7,{number},张三\n")
    assert done.known_before and load.leads(done) == before


def test_an_id_of_its_own_is_taken(load):
    assert load.leads(load.csv("线索编号,手机号\nL-7,13912345678\n"))[0]["source_lead_id"] == "L-7"


@pytest.mark.parametrize("mangled", ["1.23457E+16", "12345678901234500"])
def test_an_id_that_a_spreadsheet_has_cut_is_none(load, mangled):
    """Two leads would share what is left of their ids, and one would be taken for a repeat of the other."""
    leads = load.leads(load.csv(f"线索编号,手机号\n{mangled},13912345678\n{mangled},13912345679\n"))
    ids = {lead["source_lead_id"] for lead in leads}
    assert len(ids) == 2 and all(one.startswith("row-") for one in ids)


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
    assert any("名单" in note and "hidden" in note for note in done.counts.notes)
    assert any("说明" in note for note in done.counts.notes)
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
