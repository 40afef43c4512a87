"""Feeds under test: what a payload becomes, and how one is refused."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from connectors.feeds.refusal import FeedRefused
from connectors.feeds.registry import FEEDS, Feed, feeds_of
from operators.config import configuration

NOW = 1_772_420_000_000
"""2026-03-02T10:53:20+08:00."""
SECRETS = ["old-secret", "new-secret"]
TOKEN = {"X-Leadstream-Token": "new-secret"}


def tried(code: str, payload: Any, now: int = NOW) -> list[dict[str, Any]]:
    return FEEDS[code].try_out(payload if isinstance(payload, bytes) else json.dumps(payload).encode(), now).leads


def own(toml: dict[str, Any], code: str = "yiche") -> Feed:
    return feeds_of(configuration.from_tables({"feeds": {code: toml}}, environ={}))[code]


def refused(code: str, body: bytes, headers: dict[str, str], status: int, feed: Feed | None = None) -> str:
    with pytest.raises(FeedRefused) as why:
        (feed or FEEDS[code]).read(body, headers, SECRETS, NOW)
    assert why.value.status == status
    assert re.match(r"[A-Z`].*\.$", why.value.action) and why.value.message.endswith(".")
    assert not any(secret in str(why.value) for secret in SECRETS)
    return why.value.message
