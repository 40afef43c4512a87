"""Deliveries that are signed as agreed, and those that are not."""

import base64
import hashlib
import hmac
import json

import pytest
from feeding import NOW, SECRETS, TOKEN, own, refused

from connectors.feeds.refusal import FeedRefused
from connectors.feeds.registry import FEEDS

# --- signatures


def signed(body: bytes, secret: str, stamp: int | str = NOW // 1000) -> dict[str, str]:
    digest = hmac.new(secret.encode(), body, hashlib.sha256).digest()
    return {"signature": base64.b64encode(digest).decode(), "TIMESTAMP": str(stamp)}


@pytest.mark.parametrize("secret", SECRETS)
def test_every_valid_secret_is_taken(secret: str) -> None:
    body = FEEDS["feiyu"].sample()
    assert len(FEEDS["feiyu"].read(body, signed(body, secret), SECRETS, NOW).leads) == 1
    assert len(FEEDS["feiyu"].read(body, signed(body, secret, NOW), SECRETS, NOW).leads) == 1
    assert len(FEEDS["pcauto"].read(b'{"phone": "1"}', {"x-leadstream-token": secret}, SECRETS, NOW).leads) == 1


def test_what_is_not_signed_as_agreed_is_refused() -> None:
    body = FEEDS["feiyu"].sample()
    assert "is missing" in refused("feiyu", body, {}, 401)
    assert "does not fit" in refused("feiyu", body, signed(body, "other"), 401)
    assert "does not fit" in refused("feiyu", body + b" ", signed(body, "new-secret"), 401)
    assert "does not fit" in refused("feiyu", body, {**signed(body, "new-secret"), "signature": "ü\udcff"}, 401)
    assert "does not fit" in refused("pcauto", b"{}", {"X-Leadstream-Token": "new-secre"}, 401)
    for stamp in ("", "soon", "-5", "9" * 40, NOW // 1000 - 301, NOW // 1000 + 301, "١٢"):
        refused("feiyu", body, signed(body, "new-secret", stamp), 401)
    assert FEEDS["feiyu"].read(body, signed(body, "new-secret", NOW // 1000 - 299), SECRETS, NOW).leads


@pytest.mark.parametrize("code", FEEDS)
@pytest.mark.parametrize("secrets", [[], [""]])
def test_without_a_secret_nothing_is_taken(code: str, secrets: list[str]) -> None:
    with pytest.raises(FeedRefused) as why:
        FEEDS[code].read(FEEDS[code].sample(), {**TOKEN, "X-Leadstream-Token": ""}, secrets, NOW)
    assert why.value.status == 401 and "has no secret" in why.value.message


def test_facebook_signature() -> None:
    body = FEEDS["facebook"].sample()
    digest = hmac.new(b"new-secret", body, hashlib.sha256).hexdigest()
    assert FEEDS["facebook"].read(body, {"X-Hub-Signature-256": f"sha256={digest}"}, SECRETS, NOW).leads
    refused("facebook", body, {"X-Hub-Signature-256": digest}, 401)


def test_the_google_key_stands_in_the_payload() -> None:
    body = FEEDS["google"].sample()
    assert FEEDS["google"].read(body, {}, ["x", "sample-key"], NOW).leads
    refused("google", body, {}, 401)
    for key in (None, 5, ["new-secret"], "\ud800", ""):
        refused("google", json.dumps({"google_key": key}).encode(), {}, 401)


def test_pieces_of_what_is_signed() -> None:
    table = {"kind": "hmac-sha256", "header": "X-Sign", "timestamp": "X-Time", "signed": "{timestamp}.{body}"}
    feed = own({"fields": {"phone": "p"}, "signature": table})
    body = b'{"p": "{timestamp}"}'
    stamp = str(NOW // 1000)
    digest = hmac.new(b"new-secret", f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
    lead = feed.read(body, {"X-Sign": digest, "X-Time": stamp}, SECRETS, NOW).leads[0]
    assert lead["phone"] == "{timestamp}"
