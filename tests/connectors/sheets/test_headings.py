"""Which column is which field."""

import pytest

from connectors.feeds.mapping import FieldMapping, of_columns
from connectors.sheets.headings import columns_of, load_mapping
from state import errors


@pytest.mark.parametrize(
    ("heading", "field"),
    [
        ("手机号", "phone"),
        ("联系电话", "phone"),
        (" 手机 号码 ", "phone"),
        ("*手机号（必填）", "phone"),
        ("手机号(11位)：", "phone"),
        ("手机号\n必填", "extra:手机号\n必填"),
        ("Phone Number", "phone"),
        ("PHONE_NUMBER", "phone"),
        ("ｐｈｏｎｅ", "phone"),
        ("手机号/微信", "phone"),
        ("姓名", "name"),
        ("客户姓名", "name"),
        ("门店", "store"),
        ("渠道", "channel"),
        ("时间", "event_time"),
        ("提交时间", "event_time"),
        ("日期", "event_date"),
        ("固话", "landline"),
        ("意向级别", "intent.level"),
        ("event_time", "event_time"),
        ("口味", "extra:口味"),
        ("", "extra:column 1"),
        ("leadstream_fate", ""),
        ("leadstream_id", "leadstream_id"),
    ],
)
def test_a_heading(heading, field):
    assert columns_of([heading]).targets == (field,)


def test_the_better_heading_wins_and_the_other_is_kept():
    assert columns_of(["创建时间", "提交时间"]).targets == ("extra:创建时间", "event_time")
    assert columns_of(["门店名称", "门店编码"]).targets == ("extra:门店名称", "store")


def test_a_second_number_is_the_landline_a_third_is_kept():
    """Ruling 55: either field may hold either number."""
    assert columns_of(["联系电话", "手机号", "电话"]).targets == ("landline", "phone", "extra:电话")


def test_a_serial_number_of_rows_is_no_id():
    """1, 2, 3 stand in every file: as ids they would name other people's leads."""
    assert columns_of(["序号", "编号", "手机号"]).targets == ("extra:序号", "extra:编号", "phone")


def test_a_mapping_wins():
    mapping = of_columns({"phone": ("客户号码",), "name": ("称谓", "昵称")})
    assert columns_of(["客户号码", "手机号", "昵称", "称谓"], mapping).targets == (
        "phone",
        "extra:手机号",
        "extra:昵称",
        "name",
    )
    assert columns_of(["昵称", "客户号码"], mapping).targets == ("name", "phone")


def test_a_mapping_from_a_file(tmp_path):
    file = tmp_path / "m.toml"
    file.write_text(
        '[fields]\nphone = "号码"\nname = ["称谓", "昵称"]\n[constants]\nstore = "SH001"\n[values.consent]\n"已签" = true\n'
    )
    assert load_mapping(file) == FieldMapping(
        of_columns({"phone": "号码", "name": ("称谓", "昵称")}).fields, {"store": "SH001"}, {"consent": {"已签": True}}
    )


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ('[field]\nphone = "x"', "did you mean fields?"),
        ('[fields]\nfone = "x"', "fone"),
        ("[fields]\nphone = 3", "fields.phone: 3 is a number"),
        ('[values]\nstore = "x"', ": values.store: "),
        ("[constants]\nstore = []", ": constants.store: This is a list"),
        ("no toml", "cannot be read"),
    ],
)
def test_faults_of_a_mapping_are_named(tmp_path, text, named):
    file = tmp_path / "m.toml"
    file.write_text(text)
    with pytest.raises(errors.ConfigurationRefused) as refused:
        load_mapping(file)
    assert named in refused.value.message
