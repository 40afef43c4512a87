"""The tables `[feeds.X]` and `[pull.X]`: which keys exist, what each may be, and its default."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, PlainValidator

from operators.config import feeds, kafka
from operators.config.table import STRICT, Code, Text
from operators.config.time_table import TimeTable
from operators.config.values import number, one_of, variable_name

Scalar = Annotated[str | int | float | bool, PlainValidator(feeds.scalar)]
Paths = Annotated[tuple[feeds.Path, ...], PlainValidator(feeds.paths)]


class Table(BaseModel):
    """A table whose keys are all known."""

    model_config = STRICT


class SignatureTable(Table):
    """`[feeds.X.signature]`: how a delivery shows that it comes from the channel.

    `hmac-sha256`: `header` holds the digest of `signed` (pieces {timestamp} and {body}), behind `prefix`. `token`: `header`
    holds the secret itself. `body`: the secret stands in the payload at `path`.
    """

    kind: Annotated[str, PlainValidator(one_of(feeds.SIGNATURES))] = "token"
    header: Annotated[str, PlainValidator(kafka.name)] = "X-Leadstream-Token"
    encoding: Annotated[str, PlainValidator(one_of(feeds.ENCODINGS))] = "hex"
    prefix: Text = ""
    signed: Text = "{body}"
    timestamp: Text = ""
    """Header of the time at which it was signed, in seconds or ms; '' = none."""
    window_s: Annotated[int, PlainValidator(number("seconds", 1, 86_400, whole=True))] = 300
    path: Annotated[feeds.Path, PlainValidator(feeds.path)] | None = None


class ReplyTable(Table):
    """`[feeds.X.reply]`: what is answered once the leads are durable."""

    status: Annotated[int, PlainValidator(number("", 200, 299, whole=True))] = 200
    type: Text = "application/json"
    body: Text = "{}"


class FeedTable(Table):
    """`[feeds.X]`: a feed (线索接入) as data; over one that is built in, what is named here counts."""

    title: Text = ""
    name: Text = ""
    """Its name in Chinese."""
    channel: Code | None = None
    """None = the feed's own code."""
    body: Annotated[str, PlainValidator(one_of(feeds.BODIES))] = "json"
    leads: Annotated[feeds.Path, PlainValidator(feeds.path)] | None = None
    """The list of leads in the payload; None = the payload is one lead, or a list of them."""
    fields: dict[str, Paths] = {}
    constants: dict[str, Scalar] = {}
    values: dict[str, dict[str, Scalar]] = {}
    """Field → value as sent → value as ours; "*" stands for every other, "" for none."""
    defaults: dict[str, Scalar] = {}
    time: TimeTable | None = None
    """The form of its times where they are not RFC 3339; it goes before the channel's (ruling 80)."""
    signature: SignatureTable = SignatureTable()
    secret_env: Annotated[str, PlainValidator(variable_name)] | None = None
    """None = LEADSTREAM_FEED_ and the code in capitals."""
    reply: ReplyTable = ReplyTable()
    sample: Text = ""
    unknown: list[Text] = []
    """Whole sentences: what no public source says of this feed."""


class PagingTable(Table):
    """`[pull.X.paging]`: how the next page is asked for."""

    kind: Annotated[str, PlainValidator(one_of(feeds.PAGINGS))] = "none"
    parameter: Text = "page"
    first: Annotated[int, PlainValidator(number("", 0, 1_000_000, whole=True))] = 1
    size_parameter: Text = ""
    size: Annotated[int, PlainValidator(number("leads", 1, 10_000, whole=True))] = 100
    next: Annotated[feeds.Path, PlainValidator(feeds.path)] | None = None
    """Where an answer holds the cursor of the next page."""


class WindowTable(Table):
    """`[pull.X.window]`: the span of time that is asked for; what came in during `overlap_minutes` is asked for again."""

    since: Text = "start_time"
    until: Text = ""
    form: Text = "rfc3339"
    """rfc3339, s, ms, or a form of strftime in the feed's zone."""
    overlap_minutes: Annotated[int, PlainValidator(number("minutes", 0, 43_200, whole=True))] = 60
    first_days: Annotated[int, PlainValidator(number("days", 0, 3650, whole=True))] = 7
    longest_hours: Annotated[int, PlainValidator(number("hours", 1, 87_600, whole=True))] = 24


class PullTable(Table):
    """`[pull.X]`: where `leadstream pull X` asks for leads; the feed of the same code reads the answers."""

    url: Annotated[str, PlainValidator(feeds.url)]
    feed: Code | None = None
    query: Annotated[dict[str, str], PlainValidator(feeds.plain_pairs)] = {}
    headers: Annotated[dict[str, str], PlainValidator(feeds.plain_pairs)] = {}
    token_env: Annotated[str, PlainValidator(variable_name)] | None = None
    token_header: Text = "Authorization"
    token_prefix: Text = "Bearer "
    token_query: Text = ""
    """Name of the parameter that carries the token instead of a header; '' = the header does."""
    per_second: Annotated[float, PlainValidator(number("requests a second", 0, 1000, above=True))] = 2.0
    timeout_s: Annotated[float, PlainValidator(number("seconds", 0, 600, above=True))] = 30.0
    attempts: Annotated[int, PlainValidator(number("attempts", 1, 20, whole=True))] = 6
    paging: PagingTable = PagingTable()
    window: WindowTable | None = None
