"""Characters that show as nothing (ruling 77): copied from a contact list, a PDF or a page, they come with what is written."""

from __future__ import annotations

import re
from typing import Final

_MARKS: Final = "\ufeff\u00ad\u200b\u2060\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
"""Byte order mark, soft hyphen, zero-width space, word joiner; bidi marks, embeddings, overrides and isolates."""
_JOINERS: Final = "\u200d\u180b-\u180d\u180f\ufe00-\ufe0f\U000e0100-\U000e01ef"
"""ZWJ and variation selectors: in names and free text they are part of what is written (emoji, rare characters)."""
_UNSEEN: Final = re.compile(f"[{_MARKS}{_JOINERS}]")
_UNSEEN_BUT_JOINERS: Final = re.compile(f"[{_MARKS}]")


def without_unseen(text: str, *, joiners: bool = False) -> str:
    """`text` without unseen characters; `joiners` keeps ZWJ and variation selectors, for names and free text (ruling 77)."""
    if text.isascii():
        return text
    return (_UNSEEN_BUT_JOINERS if joiners else _UNSEEN).sub("", text)
