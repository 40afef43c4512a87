"""What bytes look like that are no JSON lines, in a word, and the command that reads or unpacks such a file (ruling 81)."""

from __future__ import annotations

import csv
import re
from typing import Final

from connectors.sheets.formats import looks_utf16
from connectors.sheets.texts import SEPARATORS

IMPORT: Final = "`leadstream import {file} --channel CODE --to DIR` reads it"
_MAGIC: Final = (
    (b"\x1f\x8b", "gzip", "`gunzip -c {file} > UNPACKED` unpacks it"),
    (b"PK\x03\x04", "a sheet (xlsx)", IMPORT),
    (b"\xd0\xcf\x11\xe0", "a sheet (xls)", IMPORT),
)
_MARK: Final = b"\xef\xbb\xbf"
_ARRAY: Final = re.compile(r"\[\s*(\{|$)")
_PRETTY: Final = re.compile(r'\{\s*$|\{\s*\n\s*"')
_CUTS: Final = 2
"""Columns from which on a line is one of a table."""


def looks_like(begin: bytes) -> tuple[str, str]:
    """(a word, what reads it, with `{file}` for its name) of the beginning of a file; ("", "") where it looks
    like nothing that is known."""
    for magic, word, command in _MAGIC:
        if begin.startswith(magic):
            return word, command
    begin = begin.removeprefix(_MARK)
    if begin.startswith((b"\xff\xfe", b"\xfe\xff")) or looks_utf16(begin):
        return "UTF-16", IMPORT
    word = ""
    # By whole lines: the sample may end in the middle of a letter.
    whole = begin[: begin.rfind(b"\n")] if b"\n" in begin else begin
    try:
        text = whole.decode()
    except UnicodeDecodeError:
        try:
            text, word = whole.decode("gb18030"), "GBK"
        except UnicodeDecodeError:
            return "", ""
    shape = _shape_of(text.strip())
    if word and (shape or text.lstrip().startswith("{")):
        return f"{shape} in {word}" if shape else word, IMPORT
    return (shape, IMPORT) if shape else ("", "")


def _shape_of(text: str) -> str:
    if _ARRAY.match(text):
        return "a JSON array"
    if _PRETTY.match(text):
        return "pretty-printed JSON"
    lines = [line for line in text.split("\n") if line.strip()]
    if text.startswith(("{", "<")) or len(lines) < _CUTS:
        return ""
    for separator in SEPARATORS:
        widths = [len(row) for row in csv.reader(lines[:20], delimiter=separator)]
        if min(widths) >= _CUTS and widths.count(widths[0]) > len(widths) // 2:
            return "CSV"
    return ""
