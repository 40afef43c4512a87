"""Deliveries byte by byte: numbers as written, what is none, and anything that may be drawn."""

import json
from typing import Any

import pytest
from feeding import NOW, SECRETS, TOKEN, refused, tried
from hypothesis import given
from hypothesis import strategies as st

from connectors.feeds.payload import encoded
from connectors.feeds.refusal import FeedRefused
from connectors.feeds.registry import FEEDS, Delivery
from state import limits

# --- bytes


@pytest.mark.parametrize(
    ("literal", "value"),
    [
        ("13912345678", 13912345678),
        ("13912345679.0", 13912345679),
        ("1.3912345678E+10", 13912345678),
        ("1.39E+10", "1.39E+10"),
        ("-13912345678", -13912345678),
        ("0.1", "0.1"),
        ("1438394065134600193", "1438394065134600193"),
        ("1e999999999", "1e999999999"),
        ("9" * 5000, "9" * 5000),
    ],
)
def test_a_number_keeps_the_digits_that_were_written(literal: str, value: Any) -> None:
    """Ruling 79 and case 03: read from the literal, never through a float."""
    assert tried("pcauto", f'{{"phone": {literal}}}'.encode())[0]["phone"] == value


def test_a_lone_surrogate_stays_for_validation() -> None:
    """Ruling 77: it becomes U+FFFD, or BAD_FIELD in contact and keys; that is not the feed's to say."""
    delivery = FEEDS["pcauto"].try_out(rb'{"phone": "1391234\ud8005678", "userName": "\ud83d"}', NOW)
    assert rb"\ud800" in delivery.lines[0] and rb"\ud83d" in delivery.lines[0]


def test_a_byte_order_mark_is_no_content() -> None:
    assert tried("pcauto", b'\xef\xbb\xbf{"phone": "1"}')[0]["phone"] == "1"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"  \n", 400),
        (b"{", 400),
        (b'{"a": NaN}', 400),
        (b"\xff\xfe{", 400),
        (b'"text"', 400),
        (b"17", 400),
        (b"null", 400),
        (b"[" * 100_000, 413),
        (b'{"a":' * 40 + b"1" + b"}" * 40, 413),
        (b" " * (limits.FEED_BYTES + 1), 413),
        (b"[" + b"{}," * limits.FEED_LEADS + b"{}]", 413),
    ],
)
def test_what_is_no_delivery_is_refused(body: bytes, status: int) -> None:
    refused("pcauto", body, TOKEN, status)


def test_an_item_that_is_no_object_is_not_passed_over() -> None:
    """Validation refuses it with its original; the others of the delivery are taken."""
    leads = FEEDS["pcauto"].read(b'["x", {"phone": "13512345672"}, null]', TOKEN, SECRETS, NOW).leads
    assert [lead.get("extra") for lead in leads] == [{"payload": "x"}, None, {"payload": None}]


def test_a_lead_without_a_number_keeps_all_that_was_sent() -> None:
    """A channel that renames its field for the number must not cost the customers."""
    sent = {"id": "1", "phone_number": "13512345672", "xm": "王"}
    (lead,) = tried("feiyu", sent)
    assert (lead["source_lead_id"], lead["extra"]["payload"]) == ("1", sent)
    assert "payload" not in tried("feiyu", {"id": "1", "telphone": "13512345672"})[0].get("extra", {})
    assert "extra" not in tried("pcauto", {"far": "x" * limits.RECORD_BYTES})[0]


@pytest.mark.parametrize("start", [b"", b"\xef\xbb\xbf", b" \n"])
def test_json_that_is_called_a_form_is_json(start: bytes) -> None:
    """As curl -d and many a client call whatever they send."""
    headers = {**TOKEN, "Content-Type": "application/x-www-form-urlencoded"}
    body = start + b'{"phone": "13512345672", "name": "a=b&c"}'
    assert FEEDS["pcauto"].read(body, headers, SECRETS, NOW).leads[0]["phone"] == "13512345672"
    assert FEEDS["pcauto"].read(b"phone=13512345672", headers, SECRETS, NOW).leads[0]["phone"] == "13512345672"


@pytest.mark.parametrize("body", [b"<ADF><PROSPECT/></ADF>", b"<adf/>", b"<leads><prospect/></leads>"])
def test_xml_without_a_prospect_is_not_answered_as_taken(body: bytes) -> None:
    refused("adf", body, TOKEN, 400)


# --- anything


JSON: Any = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10) | st.just("\ud800"),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=12,
)


@st.composite
def like_a_sample(draw: st.DrawFn) -> tuple[str, bytes]:
    """A delivery whose names are those of a feed and whose values are anything."""
    code = draw(st.sampled_from([code for code in FEEDS if code != "adf"]))
    names = sorted({path.steps[0] for paths in FEEDS[code].table.fields.values() for path in paths})
    top = st.sampled_from([*map(str, names), "entry", "changes", "value", "data", "attr", "location", "field"])
    values: Any = st.recursive(
        JSON, lambda inner: st.dictionaries(top, inner, max_size=4) | st.lists(inner, max_size=3), max_leaves=8
    )
    return code, json.dumps(draw(st.dictionaries(top, values, max_size=6) | values)).encode()


def _never_anything_else(code: str, body: bytes) -> None:
    feed = FEEDS[code]
    try:
        delivery: Delivery = feed.try_out(body, NOW)
    except FeedRefused as why:
        assert 400 <= why.status < 500 and why.message.endswith(".")
        return
    for lead in delivery.leads:
        line = encoded(lead)
        assert b"\n" not in line and json.loads(line)["channel"]


@given(like_a_sample())
def test_any_values_are_read_or_refused(delivery: tuple[str, bytes]) -> None:
    _never_anything_else(*delivery)


@given(st.sampled_from(sorted(FEEDS)), st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(code: str, body: bytes) -> None:
    _never_anything_else(code, body)


@given(st.sampled_from(sorted(FEEDS)), st.integers(0, 3000), st.binary(min_size=1, max_size=4))
def test_a_broken_sample_is_read_or_refused(code: str, place: int, piece: bytes) -> None:
    sample = FEEDS[code].sample()
    _never_anything_else(code, sample[: place % len(sample)] + piece + sample[place % len(sample) + 1 :])


HEADER = st.text(max_size=12) | st.text("0123456789", max_size=18) | st.just("\ud800") | st.just("\udcff")


@given(
    st.sampled_from(sorted(FEEDS)),
    st.dictionaries(
        st.sampled_from(["Signature", "timestamp", "X-Hub-Signature-256", "X-Leadstream-Token", "content-type"]), HEADER
    ),
    st.lists(HEADER, max_size=3),
)
def test_any_headers_and_secrets_are_judged(code: str, headers: dict[str, str], secrets: list[str]) -> None:
    feed = FEEDS[code]
    try:
        feed.read(feed.sample(), headers, secrets, NOW)
    except FeedRefused as why:
        assert why.status in (400, 401)
    else:
        assert headers["X-Leadstream-Token"].strip() in secrets


XML_TEXT = st.text(st.characters(codec="utf-8", exclude_characters="<&\r"), max_size=10)


@given(
    st.lists(
        st.tuples(st.sampled_from(["id", "customer", "contact", "name", "phone", "prospect", "vendor"]), XML_TEXT),
        max_size=20,
    ),
    st.integers(0, 40),
)
def test_any_xml_is_read_or_refused(elements: list[tuple[str, str]], depth: int) -> None:
    inner = "".join(f'<{tag} part="{text.replace(chr(34), "")}">{text}</{tag}>' for tag, text in elements)
    nested = "<customer>" * depth + inner + "</customer>" * depth
    _never_anything_else("adf", f"<adf><prospect>{nested}</prospect></adf>".encode())
