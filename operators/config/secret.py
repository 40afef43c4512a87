"""Secrets: from the environment or a file that it names, never from the configuration; shown nowhere."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from state.errors import ConfigurationRefused

SECRET_BYTES: Final = 64 << 10
"""Longest file of a secret; a longer one is another file."""


class Secret:
    """A text that is shown nowhere: `reveal` is the only way to it, and it cannot be pickled by accident."""

    __slots__ = ("_text",)

    def __init__(self, text: str = "") -> None:
        self._text = text

    def __bool__(self) -> bool:
        return bool(self._text)

    def __repr__(self) -> str:
        return "Secret(set)" if self._text else "Secret(not set)"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._text == self._text

    def __hash__(self) -> int:
        return hash((Secret, self._text))

    def __deepcopy__(self, memo: dict[int, Any]) -> Secret:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        raise TypeError("A secret is not pickled: read it from the environment again.")

    def reveal(self) -> str:
        """The text itself, for the client alone."""
        return self._text


def secret_of(variable: str, environ: Mapping[str, str]) -> Secret:
    """What `variable` holds, or the file that `variable`_FILE names. Raises ConfigurationRefused, which shows none of it."""
    text, file = environ.get(variable, ""), environ.get(f"{variable}_FILE", "")
    if text and file:
        raise ConfigurationRefused(f"{variable} and {variable}_FILE are both set.", "Set one of the two.")
    if not file:
        return Secret(text)
    try:
        with Path(file).open("rb") as opened:
            raw = opened.read(SECRET_BYTES + 1)
        text = raw.decode("utf-8")
    except (OSError, ValueError) as error:  # ValueError: not UTF-8; its text would show what was read
        why = error.strerror or type(error).__name__ if isinstance(error, OSError) else "it is not UTF-8"
        raise ConfigurationRefused(
            f"The file {file} of {variable}_FILE cannot be read: {why}.",
            "Name a file that this user can read and that holds the secret alone.",
        ) from None
    text = text.removesuffix("\n").removesuffix("\r")
    if not text or len(raw) > SECRET_BYTES:
        what = "is empty" if not text else f"is longer than {SECRET_BYTES} bytes"
        raise ConfigurationRefused(
            f"The file {file} of {variable}_FILE {what}.", "Name the file that holds the secret alone."
        )
    return Secret(text)
