"""`leadstream import` as it is typed: what it says, its exit codes, and the whole way into the engine."""

import json
import shutil
from collections import Counter
from pathlib import Path

import pytest

from leadstream.commands.main import main
from state import errors

CHECKOUT = Path(__file__).resolve().parent.parent.parent
CONFIG = """
[channels.expo]
name = "车展"
group = "offline"
consent = true

[stores.SH001]
name = "上海浦东店"
opens = "00:00"
closes = "24:00"
"""


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("LEADSTREAM_ONE_ID_SECRET", raising=False)
    Path("c.toml").write_text(CONFIG)


def test_a_feed_of_the_configuration_is_a_mapping(capsys: pytest.CaptureFixture[str]) -> None:
    """`--mapping NAME`: its fields, its form of times and its channel, the same as for what the channel sends."""
    feed = '[feeds.partner]\nchannel = "expo"\n[feeds.partner.fields]\nphone = "客户号码"\nevent_time = "何时"\n'
    form = '[feeds.partner.time]\nzone = "UTC"\nformats = ["%d/%m/%Y %H:%M"]\n'
    Path("c.toml").write_text(CONFIG + feed + form)
    Path("leads.csv").write_text("客户号码,何时\n13912345678,02/03/2026 02:15\n")
    assert main(["import", "leads.csv", "--mapping", "partner", "--config", "c.toml", "--to", "in"]) == 0
    (line,) = [line for path in Path("in").iterdir() for line in path.read_text().splitlines()]
    lead = json.loads(line)
    assert (lead["channel"], lead["event_time"]) == ("expo", "2026-03-02T02:15:00+00:00")
    assert main(["import", "leads.csv", "--mapping", "partnr", "--config", "c.toml", "--to", "in"]) == 2
    assert "did you mean partner?" in capsys.readouterr().err


def _run() -> dict[str, list[dict[str, object]]]:
    """The engine over the inbox; its outputs."""
    words = ["run", "--config", "c.toml", "--source", "in", "--state", "s", "--sink", "o", "--metrics", "127.0.0.1:0"]
    assert main(words) == 0
    return {
        path.stem: [json.loads(line) for line in path.read_text().splitlines()] for path in Path("o").glob("*.jsonl")
    }


def test_a_sheet_goes_the_whole_way(capsys: pytest.CaptureFixture[str]) -> None:
    """Sheet → raw leads → marks and dispatches; the same file again, and its result again, decide nothing new; a corrected
    row is a new lead."""
    rows = ["手机号,姓名,登记时间,门店", "139 1234 5678,张三,2026-03-02 10:15,上海浦东店"]
    rows += ["1.39E+10,李四,2026-03-02 10:20,上海浦东店", ",,,", "13912345679,王五,2026-03-02 10:30,SH001"]
    Path("leads.csv").write_text("\n".join(rows) + "\n", "gb18030")
    words = ["import", "leads.csv", "--channel", "车展", "--config", "c.toml", "--to", "in"]
    assert main(words) == 0
    said = capsys.readouterr().out
    assert "imported 2, refused 1, repeated in the file 0, blank 1" in said
    assert "BAD_PHONE 1" in said and "leads.result.csv" in said and "1234" not in said

    outputs = _run()
    assert Counter(one["mark"] for one in outputs["dispositions"]) == {"FIRST_TOUCH": 2}
    assert len(outputs["dispatches"]) == 2 and not outputs["rejects"]

    assert main(words) == 0
    assert "nothing was changed" in capsys.readouterr().out
    assert _run() == outputs

    result = Path("leads.result.csv")
    result.write_text(result.read_text("utf-8-sig").replace("1.39E+10", "13912345670"), "utf-8-sig")
    assert main(["import", "leads.result.csv", *words[2:]]) == 0
    outputs = _run()
    assert Counter(one["mark"] for one in outputs["dispositions"]) == {"FIRST_TOUCH": 3}
    assert len(outputs["replays"]) == 2  # the two rows that were good before
    accepted, rejects, late = (len(outputs[name]) for name in ("dispositions", "rejects", "late"))
    assert rejects + late + len(outputs["replays"]) + accepted == 2 + 3


def test_the_example(capsys: pytest.CaptureFixture[str]) -> None:
    """The sheet that the page leads through."""
    shutil.copy(CHECKOUT / "examples" / "expo.csv", "expo.csv")
    assert main(["import", "expo.csv", "--channel", "auto_show", "--at", "2026-03-03T09:00:00+08:00"]) == 0
    assert "imported 3, refused 1, repeated in the file 1, blank 1" in capsys.readouterr().out
    (written,) = Path("var/inbox").iterdir()
    assert written.name in (CHECKOUT / "docs" / "import.md").read_text("utf-8") and Path("expo.result.csv").is_file()


@pytest.mark.parametrize(
    ("words", "code", "named"),
    [
        (["leads.csv", "--channel", "expoo", "--config", "c.toml"], 2, "no channel 'expoo'"),
        (["leads.csv", "--at", "yesterday"], 2, "--at yesterday"),
        (["leads.csv", "--mapping", "no.toml"], 1, "no.toml"),
        (["nothing.xlsx"], 1, "does not exist"),
        (["leads.csv"], 1, "heading for a phone number"),
        ([], 2, ""),
    ],
)
def test_what_is_refused(words: list[str], code: int, named: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path("leads.csv").write_text("a,b\n1,2\n")
    assert main(["import", *words]) == code
    said = capsys.readouterr().err
    assert named in said and "Traceback" not in said
    assert sorted(path.name for path in Path().iterdir()) == ["c.toml", "leads.csv"]


def test_a_file_of_which_no_row_could_be_imported_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    """After the files beside it; imported once more it is refused again."""
    Path("bad.csv").write_text("手机号\n1.39E+10\n")
    Path("good.csv").write_text("手机号\n13912345678\n")
    for _ in range(2):
        assert main(["import", "bad.csv", "good.csv", "--channel", "expo", "--config", "c.toml", "--to", "in"]) == 1
        said = capsys.readouterr()
        assert "No row of bad.csv could be imported." in said.err and "BAD_PHONE 1" in said.out
    assert len(list(Path("in").iterdir())) == 1


def test_without_the_library_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    from connectors.sheets import workbook

    said = workbook._ended(Path("x.xlsx"), "ModuleNotFoundError: No module named 'python_calamine'")
    assert isinstance(said, errors.Refused) and "leadstream[sheets]" in said.action
