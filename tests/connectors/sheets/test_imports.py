"""Each row has its fate; the result is corrected and imported again."""

import errno
import os
import stat

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from importing import AT, Import, fates, rows_of

from state import errors

HEAD = "手机号,姓名,提交时间,门店,渠道,备注\n"
GOOD = "13912345678,张三,2026-03-02 10:15,上海浦东店,汽车之家,问价\n"


@pytest.fixture
def load(tmp_path):
    return Import(tmp_path)


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
    assert done.counts.fates == {"imported": 1, "refused": 2, "blank": 1, "repeated": 1, "heading": 1}
    second, fifth = rows_of(done)[1], rows_of(done)[4]
    assert (second["leadstream_code"], second["leadstream_field"], second["leadstream_row"]) == (
        "BAD_PHONE",
        "phone",
        "3",
    )
    assert second["leadstream_hint"].endswith(".")
    assert fifth["leadstream_code"].split() == ["UNKNOWN_CHANNEL", "BAD_TIME"]
    assert fifth["leadstream_field"].split() == ["channel", "event_time"]
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
        assert (done.name, done.counts.fates["refused"]) == ("", 1)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["leads.csv", "leads.result.csv"]


def test_a_file_with_the_same_leads_and_other_refused_rows_has_a_result_of_its_own(load):
    load.csv("手机号\n13912345678\n1.39E+10\n")
    again = load.csv("手机号\n13912345678\n1.39E+10\n1.38E+10\n")
    assert again.known_before and again.result.name == "leads.result-2.csv"
    assert fates(again) == ["imported", "refused", "refused"]


def test_cells_beyond_the_headings_are_not_lost(load):
    """A separator within a cell shifts a row: what is beyond must be there for who corrects it, and once more later."""
    done = load.csv("姓名,地址,手机号\n李,浦东,张杨路,13912345678\n王,浦东,13912345679,,\n")
    assert done.result.read_text("utf-8-sig").splitlines()[1].endswith(",2,13912345678")
    assert done.result.read_text("utf-8-sig").splitlines()[2].endswith(",3")
    assert done.counts.notes[0].startswith("1 row has more cells")
    again = load(done.result)
    assert again.result == done.result


def test_a_row_without_a_channel_says_how_to_name_one(load):
    done = load.csv("手机号\n13912345678\n", channel="")
    assert "--channel" in rows_of(done)[0]["leadstream_hint"]


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


def test_progress_is_told(load, tmp_path):
    assert AT  # the hour of every import here
    seen = []
    from connectors.sheets.imports import import_file
    from connectors.sheets.outlets import FolderOutlet
    from connectors.sheets.rows import Wanted

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
    assert done.counts.rows == len(rows_of(done))
    assert done.counts.fates["imported"] == len(load.leads(done))
    again = load(done.result)
    assert [lead["source_lead_id"] for lead in load.leads(again)] == [
        lead["source_lead_id"] for lead in load.leads(done)
    ]
    assert (
        again.counts.fates["imported"] == done.counts.fates["imported"]
        and again.counts.fates["refused"] == done.counts.fates["refused"]
    )
