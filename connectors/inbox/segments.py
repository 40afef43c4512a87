"""How the segments of an inbox are named, and which of them are there.

A segment is a file of JSON lines, `raw_leads-<writer>-<id>.<line>.jsonl`: who writes, the inbox's id, and the number of its
first line counted over all segments. Several writers may share a folder, each with segments of its own.

The id is drawn when the inbox is made: a folder that was deleted and made again is other input, and its first line is not
taken for one that was read. The names say a record type, so a folder of segments is also read, in order, by anything that
reads a folder of raw leads.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Final, NamedTuple

_NAME: Final = re.compile(r"(raw_leads-[a-z0-9_]{1,64}-[0-9a-f]{8})\.([0-9]{15})\.jsonl", re.ASCII)
_WRITER: Final = re.compile(r"[a-z0-9_]{1,64}", re.ASCII)


class Segment(NamedTuple):
    """A segment's place in its inbox."""

    log: str
    """Name of the whole: what a reader calls the partition."""
    first: int
    """Number of its first line, from 1 on."""

    @property
    def file(self) -> str:
        """Name of the file."""
        return f"{self.log}.{self.first:015d}.jsonl"


def log_of(writer: str, inbox_id: str) -> str:
    """The partition's name of this writer's inbox with this id (eight hexadecimal digits)."""
    assert _WRITER.fullmatch(writer), "a writer's name is part of file names"
    return f"raw_leads-{writer}-{inbox_id}"


def segment_of(name: str) -> Segment | None:
    """The segment of a file's name; None = the file is none."""
    parts = _NAME.fullmatch(name)
    return None if parts is None else Segment(parts[1], int(parts[2]))


def segments_in(folder: Path, log: str) -> list[Segment]:
    """The segments of one inbox that are there, first lines ascending."""
    named = (segment_of(name) for name in os.listdir(folder))
    return sorted(segment for segment in named if segment is not None and segment.log == log)
