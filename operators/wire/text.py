"""Text as it is sent: blanks, unseen characters and halves of characters (ruling 77)."""

from __future__ import annotations

import re
from typing import Final

_UNSEEN: Final = re.compile(r"[\u00ad\u061c\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]+")
"""Soft hyphen, zero-width space, word joiner, byte order mark; marks, embeddings and isolates of the direction of writing."""
_JOINERS: Final = re.compile(r"[\u180b-\u180f\u200c\u200d\ufe00-\ufe0f\U000e0100-\U000e01ef]+")
"""Joiners and variation selectors: part of an emoji or of a name's spelling, and of nothing else."""
_HALVES: Final = re.compile(r"[\ud800-\udfff]")
"""Half of a character outside the basic plane: what a text that was cut in UTF-16 ends with."""

# A blank before a quote, where the quote does not begin a string: behind a structural byte it mostly does.
_BLANK_AT_END: Final = re.compile(rb' "(?:(?<![:,\[{] ")|[ \t\r\n]*[,:}\]])').search
_ESCAPED: Final = re.compile(
    rb"\\(?:[fnrt]|u(?:00[0189aA]|0020|061[cC]|1680|180|20[0-6]|3000|[dD][89a-fA-F]|[fF][eE][0fF]))"
).search

# What `cleaned` may take, as it stands in UTF-8.
_UNSEEN_BYTES: Final = re.compile(
    rb"\xc2[\x80-\xa0\xad]|\xd8\x9c|\xe1\x9a\x80|\xe1\xa0[\x8b-\x8f]|\xe2\x80[\x80-\x8f\xa8-\xaf]|\xe2\x81[\x9f-\xaf]"
    rb"|\xe3\x80\x80|\xef\xb8[\x80-\x8f]|\xef\xbb\xbf|\xf3\xa0[\x84-\x87]"
).search
_OTHER_FIRST_BYTES: Final = bytes(byte for byte in range(256) if byte not in b"\xc2\xd8\xe1\xe2\xe3\xef\xf3")
"""Bytes that none of those begins with. What is left without them is mostly nothing, which a fourth of the search's time shows."""


def needs_reading(raw: bytes) -> bool:
    """Whether a record in UTF-8 may hold a string that is not read as it is written. False is sure, True is not: what this
    lets through costs the usual record two or three searches, and no look at its strings."""
    if raw.find(b'" ') >= 0 or _BLANK_AT_END(raw) is not None:
        return True
    if raw.find(b"\\") >= 0 and _ESCAPED(raw) is not None:
        return True
    if raw.isascii():
        return False
    raw.decode()  # the typed decode does not look at what it passes over
    return bool(raw.translate(None, _OTHER_FIRST_BYTES)) and _UNSEEN_BYTES(raw) is not None


def cleaned(text: str, *, joiners: bool = False) -> str:
    """The text without unseen characters and without blanks at its ends; "" = absent. `joiners`: those that shape a name or
    an emoji stay, as long as something can be seen of it."""
    if text.isascii():
        return text.strip()
    text = _UNSEEN.sub("", text).strip()
    bare = _JOINERS.sub("", text).strip()
    return text if joiners and bare else bare


def has_halves(text: str) -> bool:
    """Whether the text holds a lone surrogate, which no UTF-8 can say."""
    return not text.isascii() and _HALVES.search(text) is not None


def whole(text: str) -> str:
    """The text with U+FFFD for each lone surrogate."""
    return text if text.isascii() else _HALVES.sub("\ufffd", text)
