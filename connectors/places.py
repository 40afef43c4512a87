"""What is named as a source or target and is none: standard streams, addresses, a word in other letters.

Such a text is a possible name of a file or folder, so nothing else would refuse it: a run would look for the file `-`, or write
its output to a folder called Kafka.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from state.errors import WrongUsage

_STANDARD: Final = frozenset({"-", "stdin", "stdout"})


def refuse_source(text: str, words: Sequence[str]) -> None:
    """Raises WrongUsage for a source that a run cannot read; `words` = those that stand beside files and folders."""
    said = text.strip().casefold()
    if _is_path(text):
        return
    if said in _STANDARD:
        raise WrongUsage(
            f"--source {text} would be standard input, of which a run that goes on could not find its place again.",
            "Write it to a file first and name that with --source; a file that grows is followed with --follow.",
        )
    if "://" in said:
        raise WrongUsage(
            f"--source {_address(text)} is an address; a run reads {', '.join(words)}, a file or a folder.",
            "Fetch it first: `leadstream pull CHANNEL` asks a server, `leadstream gateway` takes what is posted, and both write "
            "what a run reads. A broker's address is `servers` of [kafka], with --source kafka.",
        )
    _refuse_letters("--source", text, words)


def refuse_target(option: str, text: str, words: Sequence[str]) -> None:
    """Raises WrongUsage for a target that is no folder and none of `words`."""
    said = text.strip().casefold()
    if _is_path(text):
        return
    if said in _STANDARD:
        raise WrongUsage(
            f"{option} {text} would be standard output, which cannot be read back after a stop.",
            f"Name a folder with {option}; its files grow line by line and can be followed (`tail -F`).",
        )
    if "://" in said:
        raise WrongUsage(
            f"{option} {_address(text)} is an address, and would become a folder of that name.",
            f"Name a folder with {option}, or kafka; a broker's address is `servers` of [kafka].",
        )
    _refuse_letters(option, text, words)


def _is_path(text: str) -> bool:
    return ("/" in text and "://" not in text) or Path(text).exists()


def _refuse_letters(option: str, text: str, words: Sequence[str]) -> None:
    meant = next((word for word in words if word == text.strip().casefold() and word != text), None)
    if meant is not None:
        raise WrongUsage(
            f"{option} {text} is not known, did you mean {meant}?",
            f"Give {option} {meant}; for a path write ./{text.strip()}.",
        )


def _address(text: str) -> str:
    """Without what stands before @ or behind ?: passwords and keys."""
    scheme, _, rest = text.partition("://")
    return f"{scheme}://{rest.partition('?')[0].rpartition('@')[2]}"
