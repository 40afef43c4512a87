"""Faults of `[feeds]` and `[pull]` with their lines, and times in the forms of a feed."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.feeds.times import with_offset
from operators.base.calendar import LocalTime
from operators.base.rules import TimeForm
from operators.config import configuration
from operators.config.time_table import TimeTable, form_of

PULL = '[pull.x]\nurl = "https://example.com/leads"\n'


@pytest.mark.parametrize(
    ("text", "line", "key", "sentence"),
    [
        ('[feeds.x.fields]\nphone = "a"\nphon = "b"\n', 3, "feeds.x.fields.phon", "did you mean phone?"),
        ('[feeds.x]\nsecret = "s"\n', 2, "feeds.x.secret", "did you mean secret_env?"),
        ('[feeds." x"]\n', 1, 'feeds." x"', "can never match a code in a record"),
        ('[feeds.x.signature]\nkind = "hmac-sha265"\n', 2, "feeds.x.signature.kind", "did you mean hmac-sha256?"),
        ("[pull.x]\n", 1, "pull.x.url", "The key url is missing"),
        ('[pull.x]\nurl = "http://example.com"\n', 2, "pull.x.url", "in clear over the net"),
        ('[pull.x]\nurl = "https://me:pw@example.com"\n', 2, "pull.x.url", "does not belong in an address"),
        ('[pull.x]\nurl = "ftp://example.com"\n', 2, "pull.x.url", "no address of a server"),
        ('[pull.x]\nurl = "https://[::1"\n', 2, "pull.x.url", "no address of a server"),
        (PULL + 'query = { access_token = "s3cret" }\n', 3, "pull.x.query", "looks like a secret"),
        (PULL + 'headers = { Authorization = "Bearer s3cret" }\n', 3, "pull.x.headers", "looks like a secret"),
        (PULL + "query = { a = 1 }\n", 3, "pull.x.query", "1 is a number"),
        (PULL + "per_second = 0\n", 3, "pull.x.per_second", "out of range"),
        (PULL + '[pull.x.paging]\nkind = "pages"\n', 4, "pull.x.paging.kind", "did you mean page?"),
        (PULL + "[pull.x.window]\nlongest = 3\n", 4, "pull.x.window.longest", "did you mean longest_hours?"),
    ],
)
def test_a_fault_has_its_line(tmp_path: Path, text: str, line: int, key: str, sentence: str) -> None:
    file = tmp_path / "own.toml"
    file.write_text(text, encoding="utf-8")
    (fault,) = configuration.check(file)
    assert (fault.line, fault.key) == (line, key) and sentence in fault.message
    assert "s3cret" not in fault.message and "pw" not in fault.message.split()


@pytest.mark.parametrize("address", ["https://example.com/a?b=c", "http://127.0.0.1:8080/x", "http://[::1]/x"])
def test_addresses_that_are_taken(address: str) -> None:
    configuration.from_tables({"pull": {"x": {"url": address}}}, environ={})


def form(zone: str = "Asia/Shanghai", **table: Any) -> TimeForm:
    found = form_of(TimeTable.model_validate(table), LocalTime(zone))
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("value", "table", "expected"),
    [
        ("1772417700", {"epoch": "s"}, "2026-03-02T10:15:00+08:00"),
        (1772417700, {"epoch": "s"}, "2026-03-02T10:15:00+08:00"),
        (1772417700123, {"epoch": "ms"}, "2026-03-02T10:15:00.123+08:00"),
        (" 2026-03-02 10:15:00 ", {"formats": ["%Y-%m-%d %H:%M:%S"]}, "2026-03-02T10:15:00+08:00"),
        ("2026-03-02 10:15", {"formats": ["%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M"]}, "2026-03-02T10:15:00+08:00"),
        ("2026-03-02 10:15", {"zone": "UTC", "formats": ["%Y-%m-%d %H:%M"]}, "2026-03-02T10:15:00+00:00"),
        ("02.03.2026 02:15 +0000", {"formats": ["%d.%m.%Y %H:%M %z"]}, "2026-03-02T10:15:00+08:00"),
        # local times and serials of sheets are read by the zone alone, as those of a channel are (ruling 80)
        ("2026-03-02 10:15:00", {}, "2026-03-02T10:15:00+08:00"),
        ("46083.42708333", {}, "2026-03-02T10:15:00+08:00"),
        (46083, {"zone": "UTC"}, "2026-03-02T00:00:00+00:00"),
        # validation reads these without a form
        ("2026-03-02T02:15:00+0000", {"epoch": "s"}, "2026-03-02T02:15:00+0000"),
        # in no form of the feed: as it was sent, and validation says what it is
        ("2026-03-02T10:15:00+08:00", {"epoch": "s"}, "2026-03-02T10:15:00+08:00"),
        ("yesterday", {"epoch": "s", "formats": ["%d.%m.%Y"]}, "yesterday"),
        ("9999999999999999", {"epoch": "s"}, "9999999999999999"),
        (True, {"epoch": "s"}, True),
        (["x"], {"epoch": "s"}, ["x"]),
    ],
)
def test_a_time_in_a_form_of_its_feed(value: Any, table: dict[str, Any], expected: Any) -> None:
    assert with_offset(value, form(**table)) == expected


@given(st.text(max_size=30) | st.integers() | st.text("0123456789", max_size=20), st.sampled_from(["s", "ms"]))
def test_any_time_passes(value: Any, epoch: str) -> None:
    formats = ["%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S%z", "%y-%j"]
    assert with_offset(value, form("America/New_York", epoch=epoch, formats=formats)) is not None
