"""What every table of a configuration is, and the texts that most of them hold."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import ConfigDict, PlainValidator

from operators.config.values import code, text_of

Text = Annotated[str, PlainValidator(text_of)]
Code = Annotated[str, PlainValidator(code)]

STRICT: Final = ConfigDict(extra="forbid", frozen=True)
"""A table whose keys are all known."""
