"""Which format a file is, by its bytes first, since names lie; and what is refused before anything opens it."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path
from typing import Final, Literal

from state import errors, limits

Format = Literal["xlsx", "xls", "text", "json"]

_HEAD: Final = 4096
_SAVE_AS: Final = "Open it in a spreadsheet program and save it as .xlsx or as CSV, then import that."
_WORKBOOKS: Final = ("xl/workbook.xml",)
_OTHER: Final = (
    (b"\x1f\x8b", "is packed with gzip", "Unpack it first (gunzip), then import what was in it."),
    (b"%PDF", "is a PDF", "Ask for the table as .xlsx or CSV, and import that."),
    (b"Rar!", "is a RAR archive", "Unpack it first, then import what was in it."),
    (b"7z\xbc\xaf", "is a 7z archive", "Unpack it first, then import what was in it."),
    (b"\x89PNG", "is a picture", "Ask for the table as .xlsx or CSV, and import that."),
    (b"\xff\xd8\xff", "is a picture", "Ask for the table as .xlsx or CSV, and import that."),
    (b"PAR1", "is a Parquet file", "Write it as CSV first (DuckDB or Polars do), then import that."),
)
_JSON: Final = re.compile(rb"\{\s*[\"}]|\[\s*[\[{\]]")
_JSON_NAMES: Final = (".jsonl", ".ndjson", ".json")
_UTF16: Final = (b"\xff\xfe", b"\xfe\xff")


def refused(path: Path, what: str, action: str) -> errors.SourceRefused:
    """A file that is refused as a whole; `what` completes "The file X …"."""
    return errors.SourceRefused(f"The file {path} {what}.", action)


def format_of(path: Path) -> Format:
    """The format of a file. Raises SourceRefused for what is none that an import reads, with the way to one it reads."""
    try:
        if not path.exists():
            raise refused(path, "does not exist", "Name an xlsx, xls, csv or jsonl file.")
        if not path.is_file():
            raise refused(path, "is no regular file", "Name an xlsx, xls, csv or jsonl file, not a folder or a pipe.")
        size = path.stat().st_size
        with path.open("rb") as file:
            head = file.read(_HEAD)
    except OSError as error:
        raise refused(path, f"cannot be read ({error})", "Make it readable for this user.") from error
    if size > limits.SHEET_FILE_BYTES:
        raise refused(
            path,
            f"has {size >> 20} MiB; an import reads at most {limits.SHEET_FILE_BYTES >> 20} MiB",
            "Split it into several files, or give JSON lines to `leadstream run --source`, which has no such limit.",
        )
    if head.startswith(b"PK"):
        _check_archive(path)
        return "xlsx"
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        return "xls"
    for magic, what, action in _OTHER:
        if head.startswith(magic):
            raise refused(path, what, action)
    bare = head.removeprefix(b"\xef\xbb\xbf")
    if bare.startswith(_UTF16):
        bare = bare[2:].replace(b"\0", b"")
    bare = bare.strip()
    if not bare and size <= _HEAD:
        raise refused(path, "is empty", "Name a file with a row of headings and the leads below it.")
    lower = bare[:200].lower()
    if lower.startswith((b"<html", b"<!doctype html", b"<table", b"<meta", b"<head", b"<style")):
        raise refused(path, "is a web page, whatever its name says", _SAVE_AS)
    if lower.startswith(b"<?xml") or lower.startswith(b"<"):
        raise refused(path, "is XML, not a sheet that an import reads", _SAVE_AS)
    if _JSON.match(bare):
        return "json"
    strange = sum(byte < 32 and byte not in b"\t\r\n" for byte in head)
    if b"\0" in head and strange > len(head) // 4 and not head.startswith(_UTF16) and not looks_utf16(head):
        raise refused(path, "is no text and no workbook", "Name an xlsx, xls, csv or jsonl file.")
    # By its name too: a first line that is broken must not make a table of a file of JSON lines.
    return "json" if path.suffix.lower() in _JSON_NAMES else "text"


def looks_utf16(head: bytes) -> str:
    """ "utf-16-le" or "utf-16-be" where every other byte of the beginning is 0 (a text in UTF-16 without its mark), else ""."""
    pairs = len(head) // 2
    if pairs < 2:
        return ""
    even, odd = head[0 : 2 * pairs : 2].count(0), head[1 : 2 * pairs : 2].count(0)
    if odd > pairs // 4 and even <= odd // 8:
        encoding = "utf-16-le"
    elif even > pairs // 4 and odd <= even // 8:
        encoding = "utf-16-be"
    else:
        return ""
    text = head[: 2 * pairs].decode(encoding, "ignore")
    return "" if any(letter < " " and letter not in "\t\r\n" for letter in text) else encoding


def _check_archive(path: Path) -> None:
    """An xlsx by its archive's own list: refused where it is none, or unpacks to more than the limits."""
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError, EOFError) as error:
        raise refused(
            path, f"is a damaged archive ({error})", "Ask for it again, or save it anew in a spreadsheet program."
        ) from error
    names = {part.filename.replace("\\", "/").lstrip("/").lower() for part in parts}
    if not names & set(_WORKBOOKS):
        if "mimetype" in names or "content.xml" in names:
            raise refused(path, "is an OpenDocument file", _SAVE_AS)
        if "xl/workbook.bin" in names:
            raise refused(path, "is a binary workbook (xlsb)", _SAVE_AS)
        raise refused(path, "is an archive without a workbook", "Unpack it first, then import what was in it.")
    unpacked = sum(part.file_size for part in parts)
    if len(parts) > limits.SHEET_PARTS or unpacked > limits.SHEET_UNPACKED_BYTES:
        raise refused(
            path,
            f"unpacks to {len(parts)} parts of {unpacked >> 20} MiB; an import takes at most {limits.SHEET_PARTS} parts of "
            f"{limits.SHEET_UNPACKED_BYTES >> 20} MiB",
            "If it is what you expect, save the sheet with the leads alone, or as CSV, and import that.",
        )
