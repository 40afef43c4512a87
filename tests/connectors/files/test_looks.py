"""What bytes look like that are no JSON lines (ruling 81): the word, and what reads such a file."""

import gzip
import io
import json
import zipfile

import pytest

from connectors.files.looks import looks_like

LEADS = [
    {"channel": "autohome", "source_lead_id": f"A{n}", "phone": f"1391234567{n}", "name": "萧飞"} for n in range(5)
]
LINES = "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in LEADS)
CSV = "姓名,手机,渠道\n" + "".join(f"{one['name']},{one['phone']},{one['channel']}\n" for one in LEADS)
READS, UNPACKS = "leadstream import", "gunzip -c"


def workbook() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("xl/workbook.xml", "<x/>")
    return file.getvalue()


@pytest.mark.parametrize(
    ("begin", "word", "command"),
    [
        (CSV.encode(), "CSV", READS),
        (CSV.replace(",", ";").encode(), "CSV", READS),
        (CSV.replace(",", "\t").encode("utf-8-sig"), "CSV", READS),
        (CSV.encode("gb18030"), "CSV in GBK", READS),
        (LINES.encode("gb18030"), "GBK", READS),
        (LINES.encode("gb18030")[:-20], "GBK", READS),
        (LINES.encode("utf-16"), "UTF-16", READS),
        (LINES.encode("utf-16-le"), "UTF-16", READS),
        (CSV.encode("utf-16-be"), "UTF-16", READS),
        (workbook(), "a sheet (xlsx)", READS),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(40), "a sheet (xls)", READS),
        (gzip.compress(LINES.encode()), "gzip", UNPACKS),
        (json.dumps(LEADS).encode(), "a JSON array", READS),
        (json.dumps(LEADS, indent=2).encode(), "a JSON array", READS),
        (json.dumps(LEADS, indent=2, ensure_ascii=False).encode("gb18030"), "a JSON array in GBK", READS),
        (b"[\n", "a JSON array", READS),
        (json.dumps(LEADS[0], indent=2).encode(), "pretty-printed JSON", READS),
        ("\n".join(json.dumps(one, indent=4) for one in LEADS).encode(), "pretty-printed JSON", READS),
    ],
)
def test_the_word_and_the_command(begin: bytes, word: str, command: str) -> None:
    found, reads = looks_like(begin)
    assert found == word
    assert command in reads and "{file}" in reads


@pytest.mark.parametrize(
    "begin",
    [
        b"",
        b"\n",
        b"hello",
        b"hello, world",
        b"{not json",
        LINES.encode(),
        LINES.encode()[:50],
        b"<adf>\n<prospect>\n</prospect>\n</adf>\n",
        b"\xff\x00\x80" * 20,
        bytes(range(256)) * 4,
        b'{"a": 1,\n',
    ],
)
def test_what_looks_like_nothing_is_named_nothing(begin: bytes) -> None:
    assert looks_like(begin) == ("", "")
