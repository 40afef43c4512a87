"""What a single value of `[feeds.X]` and `[pull.X]` may be: our fields, paths into a payload, constants, signatures.

The same functions judge the registrations that are built in (`connectors/feeds/known/`) and those of a configuration.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any, Final, NamedTuple
from urllib.parse import urlsplit

import msgspec

from operators.config.names import nearest
from operators.config.values import shown, text_of, wrong
from operators.wire.records import IntentGiven, RawLeadRecord
from state import limits

FIELDS: Final = tuple(field.name for field in msgspec.structs.fields(RawLeadRecord) if field.name != "type")
"""Fields of a raw lead that a mapping may fill (contract)."""
INTENT: Final = tuple(field.name for field in msgspec.structs.fields(IntentGiven))
_INTENT: Final = tuple(f"intent.{name}" for name in INTENT)
_WHOLE: Final = tuple(name for name in FIELDS if name not in ("intent", "extra"))
ENCODINGS: Final = ("hex", "base64")
SIGNATURES: Final = ("hmac-sha256", "token", "body")
BODIES: Final = ("json", "form", "xml")
PAGINGS: Final = ("none", "page", "offset", "cursor")
LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")

_STEP: Final = re.compile(r"""(?:"([^"]+)"|([^."\[\]]+))((?:\[[^\[\]]*\])*)(\.|\Z)""")
_PICK: Final = re.compile(r"\[(?:(\d{1,6})|([^\[\]=]+)=([^\[\]]*))\]")


class Pick(NamedTuple):
    """One element of a list: the one at `place`, or the first whose member `key` is `value`."""

    place: int
    key: str = ""
    value: str = ""


class Path(NamedTuple):
    """Where a value stands in a payload; `written` is also tried as a plain key, as headers of sheets have dots too."""

    written: str
    steps: tuple[str | Pick, ...]


def path(value: Any) -> Path:
    """`customer.mobile`, `phones[0]`, `answers[id=PHONE].value`, `"a.b".c`."""
    text = text_of(value)
    allowed = (
        "allowed are names with dots between them, as customer.mobile, phones[0] for the first of a list, and "
        "answers[id=PHONE].value for the one whose id is PHONE; a name with a dot stands in quotation marks."
    )
    steps: list[str | Pick] = []
    at = 0
    while at < len(text):
        step = _STEP.match(text, at)
        if step is None or (step[4] and step.end() == len(text)):
            break
        steps.append(step[1] or step[2])
        picks = _PICK.findall(step[3])
        if sum(len(one) for one in _PICK.sub("", step[3])):
            break
        steps += [Pick(int(place)) if place else Pick(-1, key, wanted) for place, key, wanted in picks]
        at = step.end()
        if at == len(text):
            if len(steps) > limits.FEED_DEPTH:
                raise wrong(
                    f"{json.dumps(text, ensure_ascii=False)[:60]} is too deep; allowed are {limits.FEED_DEPTH} steps."
                )
            return Path(text, tuple(steps))
    raise wrong(f"{json.dumps(text, ensure_ascii=False)[:60]} is no path into a payload; {allowed}")


def paths(value: Any) -> tuple[Path, ...]:
    """A path, or a list of them: the first that leads to a value counts."""
    if isinstance(value, list):
        if not 0 < len(value) <= limits.FEED_PATHS:
            raise wrong(f"This list has {len(value)} paths; allowed are 1 to {limits.FEED_PATHS}.")
        return tuple(path(one) for one in value)
    return (path(value),)


def of_target(name: str) -> str | None:
    """The sentence about a name that is no field of a raw lead; None where it is one."""
    if name in _WHOLE or name in _INTENT or (name.startswith("extra.") and len(name) > len("extra.")):
        return None
    known = (*_WHOLE, *_INTENT)
    return (
        f"{json.dumps(name, ensure_ascii=False)[:60]} is no field of a raw lead{nearest(name, known)}; "
        f"allowed are {', '.join(known)}, and extra.NAME for what is only kept."
    )


def scalar(value: Any) -> str | int | float | bool:
    """A constant, a default, or what a value table gives."""
    if isinstance(value, str):
        return text_of(value)
    if isinstance(value, bool | int) or (isinstance(value, float) and math.isfinite(value)):
        return value
    raise wrong(f"{shown(value)}; allowed is a text, a finite number, true or false.")


def url(value: Any) -> str:
    """An address to pull from: https, or http on this machine; without user and password."""
    text = text_of(value)
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port
    except ValueError:
        parts, host = urlsplit(""), None
    if not host or parts.scheme not in ("http", "https") or not text.isprintable() or " " in text:
        raise wrong('This is no address of a server; allowed is "https://HOST/PATH".')
    if parts.username is not None or parts.password is not None:
        raise wrong(
            "A user or password does not belong in an address; allowed is token_env with an environment variable."
        )
    if parts.scheme == "http" and host not in LOOPBACK:
        raise wrong(
            "http would send leads and token in clear over the net; allowed is https, and http on this machine."
        )
    return text


_SECRET: Final = re.compile(r"token|secret|passw|api_?key|authori[sz]ation", re.IGNORECASE)


def plain_pairs(value: Any) -> dict[str, str]:
    """Headers or query parameters without a secret among them."""
    if not isinstance(value, dict):
        raise wrong(f"{shown(value)}; allowed is a table of texts.")
    for name, text in value.items():
        if _SECRET.search(name):
            raise wrong(
                f"{name[:60]} looks like a secret, which does not belong in a configuration file; allowed is token_env "
                "with the name of an environment variable, sent as token_header or token_query says."
            )
        if not text_of(text).isprintable() or not name.isprintable() or not name.isascii():
            raise wrong(
                f"{json.dumps(name, ensure_ascii=False)[:60]} has characters that cannot be sent; allowed are printable ones."
            )
    return dict(value)
