"""The bytes of a delivery: JSON, a posted form or XML, as plain values; and a raw lead as bytes again.

Numbers come through as they were written and never through a float (ruling 79): an integer of at most 18 digits is an
integer, any other number is the text of its literal, which validation reads like the number itself.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, Final
from urllib.parse import parse_qsl
from xml.etree.ElementTree import Element, ParseError

import orjson

from connectors.feeds.refusal import FeedRefused
from state import limits

TEXT: Final = "#"
"""Key of an XML element's own text; `@name` is that of an attribute."""

_INTEGER_DIGITS: Final = 18
_XML_CODING: Final = re.compile(rb"""\A\s*<\?xml[^>]*?encoding=["']([A-Za-z0-9._-]+)["']""")
_AGAIN: Final = "Correct it and send it again; none of its leads was taken."


def read(body: bytes, kind: str) -> Any:
    """The payload of a delivery; `kind` is that of `[feeds.X] body`. Raises FeedRefused, and nothing else."""
    if len(body) > limits.FEED_BYTES:
        raise FeedRefused(
            f"The delivery has {len(body)} bytes; a feed takes {limits.FEED_BYTES}.", "Send fewer leads at a time.", 413
        )
    if not body.strip():
        raise FeedRefused("The delivery is empty.", "Send a lead in its body.")
    payload = _READERS[kind](body)
    if _too_deep(payload):
        raise FeedRefused(f"The payload is nested deeper than {limits.FEED_DEPTH} levels.", _AGAIN, 413)
    return payload


def of_json(text: str | bytes) -> Any:
    """JSON as plain values. Raises ValueError or RecursionError where it is none."""
    return json.loads(text, parse_int=_integer, parse_float=_number, parse_constant=_no_number)


def encoded(lead: Mapping[str, Any]) -> bytes:
    """A raw lead as one JSON object without a line break.

    A lone surrogate stays the escape that it was, so that validation judges it (ruling 77).
    """
    try:
        return orjson.dumps(lead)
    except TypeError:  # a lone surrogate; orjson writes UTF-8, which has none
        return json.dumps(lead, separators=(",", ":"), allow_nan=False).encode()


def _json(body: bytes) -> Any:
    try:
        return of_json(body.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise FeedRefused(f"The delivery is not UTF-8 at byte {error.start}.", "Send JSON in UTF-8.") from None
    except json.JSONDecodeError as error:
        raise FeedRefused(f"The delivery is not JSON at line {error.lineno}, column {error.colno}.", _AGAIN) from None
    except ValueError as error:
        raise FeedRefused(f"The delivery is not JSON: {error}.", _AGAIN) from None
    except RecursionError:
        raise FeedRefused(f"The payload is nested deeper than {limits.FEED_DEPTH} levels.", _AGAIN, 413) from None


def _form(body: bytes) -> Any:
    """`name=…&phone=…` as a browser posts it; of a name that stands twice the last counts, as in JSON."""
    try:
        pairs = parse_qsl(
            body.decode("utf-8-sig"),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=limits.FEED_LEADS,
        )
    except ValueError:
        raise FeedRefused("The delivery is no posted form in UTF-8.", _AGAIN) from None
    if not pairs:
        raise FeedRefused("The posted form has no field.", _AGAIN)
    return dict(pairs)


def _xml(body: bytes) -> Any:
    try:
        from defusedxml.common import DefusedXmlException
        from defusedxml.ElementTree import fromstring
    except ModuleNotFoundError:
        raise FeedRefused(
            "XML is read by the library defusedxml, which is not installed.",
            "Run `pip install 'leadstream[feeds]'`; the channel may then send it again.",
            503,
        ) from None

    if coding := _XML_CODING.match(body[:200]):
        # expat reads few encodings; what it does not know it would call broken XML
        name = coding[1].decode()
        try:
            text = body.decode(name)
        except (LookupError, UnicodeError, ValueError):
            raise FeedRefused(f"The delivery is not in the encoding {name[:40]} that it names.", _AGAIN) from None
        body = re.sub(r"\A\s*<\?xml[^>]*\?>", "", text).encode("utf-8", "replace")
    try:
        root = fromstring(body, forbid_dtd=True, forbid_entities=True, forbid_external=True)
    except DefusedXmlException:
        raise FeedRefused(
            "The XML declares a document type or entities, which can make a small file huge or read other files.",
            "Send it without a <!DOCTYPE>; none of its leads was taken.",
        ) from None
    except ParseError as error:
        line, column = error.position
        raise FeedRefused(f"The delivery is not XML at line {line}, column {column}.", _AGAIN) from None
    except (ValueError, LookupError, RecursionError, MemoryError):
        raise FeedRefused("The delivery is not XML that can be read.", _AGAIN) from None
    return _element(root)


def _element(root: Element) -> dict[str, Any]:
    """{tag: {"@attribute": text, "#": text, child: [elements]}}, without recursion: depth is judged before."""
    whole: dict[str, Any] = {}
    todo: list[tuple[Element, dict[str, Any], int]] = [(root, whole, 1)]
    while todo:
        element, under, depth = todo.pop()
        if depth > limits.FEED_DEPTH // 2:
            raise FeedRefused(f"The XML is nested deeper than {limits.FEED_DEPTH // 2} levels.", _AGAIN, 413)
        inner: dict[str, Any] = {f"@{_bare(name)}": value for name, value in element.attrib.items()}
        text = (element.text or "").strip()
        if text:
            inner[TEXT] = text
        under.setdefault(_bare(element.tag), []).append(inner)
        todo += [(child, inner, depth + 1) for child in reversed(element)]
    return whole


def _bare(name: str) -> str:
    """A name without its namespace."""
    return name.rpartition("}")[2]


_READERS: Final[Mapping[str, Callable[[bytes], Any]]] = {"json": _json, "form": _form, "xml": _xml}


def _integer(literal: str) -> int | str:
    return int(literal) if len(literal) <= _INTEGER_DIGITS else literal


def _number(literal: str) -> int | str:
    """13912345679.0 and 1.3912345678E+10 have all digits of an integer; 1.39E+10 has not and stays as written."""
    if len(literal) > 40:
        return literal
    try:
        number = Decimal(literal)
    except InvalidOperation:  # an exponent beyond every number
        return literal
    exponent = number.as_tuple().exponent
    if not isinstance(exponent, int) or exponent > 0 or number != number.to_integral_value():
        return literal
    whole = str(int(number))
    return int(whole) if len(whole) <= _INTEGER_DIGITS else whole


def _no_number(name: str) -> Any:
    raise ValueError(f"{name} is no number of JSON")


def _too_deep(payload: Any) -> bool:
    level = [payload]
    for _ in range(limits.FEED_DEPTH + 1):
        level = [
            inner
            for one in level
            if isinstance(one, dict | list)
            for inner in (one.values() if isinstance(one, dict) else one)
            if isinstance(inner, dict | list)
        ]
        if not level:
            return False
    return True
