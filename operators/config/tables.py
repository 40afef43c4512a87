"""The tables of a configuration file: which keys exist, what each may be, and its default.

pydantic walks the tables and finds unknown keys; `config_values` judges each value. Defaults that the rules have too
are taken from `operators.base.rules`, so that they stand once.
"""

from __future__ import annotations

import datetime
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, PlainValidator

from operators.base.rules import DAY_MS, Channel, Periods, Rules, ScoreRules, Store
from operators.config import feeds, kafka
from operators.config.values import (
    HOUR_MS,
    LATEST_HOURS,
    REQUIRED_FIELDS,
    STATUSES,
    calling_hours,
    closing_ms,
    code,
    date_of,
    days_of,
    flag,
    identity_mode,
    number,
    one_of,
    score_gate,
    text_of,
    time_of_day_ms,
    time_zone,
    variable_name,
    whole_days,
)

Days = Annotated[float, PlainValidator(days_of)]
LateHours = Annotated[float, PlainValidator(number("hours", 0, LATEST_HOURS))]
Weight = Annotated[float, PlainValidator(number("", 0, 1_000_000))]
Points = Annotated[float, PlainValidator(number("points", 0, 100))]
Flag = Annotated[bool, PlainValidator(flag)]
Text = Annotated[str, PlainValidator(text_of)]
Code = Annotated[str, PlainValidator(code)]
Date = Annotated[datetime.date, PlainValidator(date_of)]
Opens = Annotated[int, PlainValidator(time_of_day_ms)]
Closes = Annotated[int, PlainValidator(closing_ms)]
PerMinute = Annotated[int, PlainValidator(number("leads a minute", 0, 1_000_000, whole=True))]


class Table(BaseModel):
    """A table whose keys are all known."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class PeriodsTable(Table):
    """`[periods]`: days, `late_hours` in hours."""

    merge: Days = Periods().merge_ms / DAY_MS
    deal_merge: Days = Periods().deal_ms / DAY_MS
    max_life: Days = Periods().life_ms / DAY_MS
    late_hours: LateHours = Rules().late_ms / HOUR_MS
    replay: Days = Rules().replay_ms / DAY_MS
    from_first: Flag = Rules().from_first


class OwnPeriodsTable(Table):
    """`[lines.X]` and `[series.X]`: what is absent is that of `[periods]` (ruling 56)."""

    name: Text = ""
    merge: Days | None = None
    deal_merge: Days | None = None
    max_life: Days | None = None

    @property
    def sets_period(self) -> bool:
        """Whether it gives any period; a series that only has a name must not hide its line's periods."""
        return not (self.merge is None and self.deal_merge is None and self.max_life is None)


class DedupTable(Table):
    """`[dedup]`: whether a repeat on another channel is a repeat (domain 6)."""

    scope: Annotated[str, PlainValidator(one_of(("key", "channel")))] = "key"


class ChannelTable(Table):
    """`[channels.X]`."""

    name: Text = ""
    group: Text = ""
    status: Annotated[str, PlainValidator(one_of(STATUSES))] = "LIVE"
    consent: Flag = False
    priority: Annotated[int, PlainValidator(number("", -1_000_000, 1_000_000, whole=True))] = Channel("").priority
    live_since: Date | None = None
    late_hours: LateHours | None = None
    weight: Weight = Channel("").weight


class StoreTable(Table):
    """`[stores.X]`; hours as ms since local midnight."""

    name: Text = ""
    city: Text = ""
    lines: list[Code] | None = None
    opens: Opens = Store("").opens_ms
    closes: Closes = Store("").closes_ms
    calendar: Code | None = None
    release_per_minute: PerMinute | None = None
    gate_consent: Flag = False


class CalendarTable(Table):
    """`[calendars.X]`: dates that are closed, and dates that are open all the same (rulings 16 and 56)."""

    closed: list[Date] = []
    open: list[Date] = []


class DispatchTable(Table):
    """`[dispatch]`: what a dispatch needs, and how fast a store's opening releases (ruling 29)."""

    required: list[Annotated[str, PlainValidator(one_of(REQUIRED_FIELDS))]] = []
    release_per_minute: PerMinute = 0


class ScoreTable(Table):
    """`[score]`: the weights of `ScoreRules`; names in the three groups are judged by `config_checks`."""

    customer_max: Points = ScoreRules().customer_max
    key_max: Points = ScoreRules().key_max
    behaviour_max: Points = ScoreRules().behaviour_max
    interaction_max: Points = ScoreRules().interaction_max
    customer: dict[str, Weight] = {}
    key: dict[str, Weight] = {}
    behaviour: dict[str, Weight] = {}
    interaction: Weight = ScoreRules().interaction
    half_life_days: Days = ScoreRules().half_life_ms / DAY_MS
    gate: Annotated[int, PlainValidator(score_gate)] = 0
    gate_hold_hours: Annotated[float, PlainValidator(number("hours", 0, LATEST_HOURS, above=True))] = 24.0


class CleaningTable(Table):
    """`[cleaning]` (rulings 24 and 28)."""

    ai_timeout_minutes: Annotated[float, PlainValidator(number("minutes", 0, 1440, above=True))] = 10.0
    manual_timeout_hours: Annotated[float, PlainValidator(number("hours", 0, LATEST_HOURS, above=True))] = 24.0
    calling: Annotated[tuple[int, int], PlainValidator(calling_hours)] = (9 * HOUR_MS, 20 * HOUR_MS)
    number_run: Annotated[int, PlainValidator(number("", 0, 1000, whole=True))] = 3


class FollowUpTable(Table):
    """`[follow_up]` (rulings 25 and 42)."""

    first_hours: Annotated[float, PlainValidator(number("hours", 0, LATEST_HOURS, above=True))] = 24.0
    recycle_days: Days = 15.0
    reminder_minutes: Annotated[float, PlainValidator(number("minutes", 0, 1440, above=True))] = 15.0
    reminders: Annotated[int, PlainValidator(number("reminders", 0, 100, whole=True))] = 8
    reminders_always: Flag = False


class PoolsTable(Table):
    """`[pools]`: customers that one advisor may hold (ruling 35)."""

    cap: Annotated[int, PlainValidator(number("customers", 1, 1_000_000, whole=True))] = 50


class NurtureTable(Table):
    """`[nurture]`: days after enrolment (ruling 36)."""

    days: list[Annotated[int, PlainValidator(whole_days)]] = [1, 3, 7, 10]


class IdentityTable(Table):
    """`[identity]` (ruling 23)."""

    mode: Annotated[str, PlainValidator(identity_mode)] = "strongest"


class RetentionTable(Table):
    """`[kafka.retention_days]`: how long a topic keeps a record; `unique_leads` is compacted and keeps the latest.

    None = the default of `connectors.kafka.topics.upkeep`, which any longer time of the topic satisfies too.
    """

    inputs: Days | None = None
    dispositions: Days | None = None
    rejects: Days | None = None
    replays: Days | None = None
    late: Days | None = None
    dispatches: Days | None = None
    holds: Days | None = None
    notifications: Days | None = None
    closings: Days | None = None
    fraud_alerts: Days | None = None


class KafkaTable(Table):
    """`[kafka]`: connection, delivery and topics; no rule, so never part of `Rules.version`.

    What is None has its default in `connectors.kafka.settings`, below what the environment says.
    """

    bootstrap_servers: Annotated[str, PlainValidator(kafka.servers)] | None = None
    security_protocol: Annotated[str, PlainValidator(one_of(kafka.PROTOCOLS))] | None = None
    sasl_mechanism: Annotated[str, PlainValidator(one_of(kafka.MECHANISMS))] | None = None
    sasl_username: Annotated[str, PlainValidator(kafka.name)] | None = None
    ssl_ca: Annotated[str, PlainValidator(kafka.file_path)] | None = None
    ssl_certificate: Annotated[str, PlainValidator(kafka.file_path)] | None = None
    ssl_key: Annotated[str, PlainValidator(kafka.file_path)] | None = None
    prefix: Annotated[str, PlainValidator(kafka.topic_prefix)] = "leads."
    group: Annotated[str, PlainValidator(kafka.name)] = "leadstream"
    mode: Annotated[str, PlainValidator(one_of(kafka.MODES))] = "once"
    transaction_ms: Annotated[int, PlainValidator(number("ms", 1, 10_000, whole=True))] = 30
    give_up_s: Annotated[float, PlainValidator(number("seconds", 1, 86_400))] = 120.0
    partitions: Annotated[int, PlainValidator(number("partitions", 1, 10_000, whole=True))] | None = None
    replication: Annotated[int, PlainValidator(number("copies", 1, 32, whole=True))] | None = None
    retention_days: RetentionTable = RetentionTable()
    lost: list[Annotated[kafka.Lost, PlainValidator(kafka.lost)]] = []


Scalar = Annotated[str | int | float | bool, PlainValidator(feeds.scalar)]
Paths = Annotated[tuple[feeds.Path, ...], PlainValidator(feeds.paths)]


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


class FeedTimeTable(Table):
    """`[feeds.X.time]`: the form of its times where they are not RFC 3339 (ruling 80)."""

    zone: Annotated[str, PlainValidator(time_zone)] | None = None
    formats: list[Text] = []
    epoch: Annotated[str, PlainValidator(one_of(("s", "ms")))] | None = None


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
    time: FeedTimeTable | None = None
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


class Tables(Table):
    """A whole file."""

    profile: Text = "automotive"
    timezone: Annotated[str, PlainValidator(time_zone)] = "Asia/Shanghai"
    one_id_secret_env: Annotated[str, PlainValidator(variable_name)] = "LEADSTREAM_ONE_ID_SECRET"
    periods: PeriodsTable = PeriodsTable()
    dedup: DedupTable = DedupTable()
    lines: dict[str, OwnPeriodsTable] | None = None
    series: dict[str, OwnPeriodsTable] = {}
    channels: dict[str, ChannelTable] = {}
    stores: dict[str, StoreTable] | None = None
    calendars: dict[str, CalendarTable] = {}
    dispatch: DispatchTable = DispatchTable()
    score: ScoreTable = ScoreTable()
    cleaning: CleaningTable = CleaningTable()
    follow_up: FollowUpTable = FollowUpTable()
    pools: PoolsTable = PoolsTable()
    nurture: NurtureTable = NurtureTable()
    identity: IdentityTable = IdentityTable()
    kafka: KafkaTable = KafkaTable()
    feeds: dict[str, FeedTable] = {}
    pull: dict[str, PullTable] = {}


MODELS: Final[dict[tuple[str, ...], type[Table]]] = {
    (): Tables,
    ("periods",): PeriodsTable,
    ("dedup",): DedupTable,
    ("lines", "*"): OwnPeriodsTable,
    ("series", "*"): OwnPeriodsTable,
    ("channels", "*"): ChannelTable,
    ("stores", "*"): StoreTable,
    ("calendars", "*"): CalendarTable,
    ("dispatch",): DispatchTable,
    ("score",): ScoreTable,
    ("cleaning",): CleaningTable,
    ("follow_up",): FollowUpTable,
    ("pools",): PoolsTable,
    ("nurture",): NurtureTable,
    ("identity",): IdentityTable,
    ("kafka",): KafkaTable,
    ("kafka", "retention_days"): RetentionTable,
    ("feeds", "*"): FeedTable,
    ("feeds", "*", "signature"): SignatureTable,
    ("feeds", "*", "time"): FeedTimeTable,
    ("feeds", "*", "reply"): ReplyTable,
    ("pull", "*"): PullTable,
    ("pull", "*", "paging"): PagingTable,
    ("pull", "*", "window"): WindowTable,
}
"""Which model judges which table; `*` = any code."""

NAMED: Final = ("lines", "series", "channels", "stores", "calendars", "feeds", "pull")
"""Tables whose keys are codes that the operator chooses."""


def score_rules(table: ScoreTable) -> ScoreRules:
    """The weights in force: each name that the file leaves out keeps its default."""
    base = ScoreRules()
    return ScoreRules(
        customer_max=table.customer_max,
        key_max=table.key_max,
        behaviour_max=table.behaviour_max,
        interaction_max=table.interaction_max,
        customer={**base.customer, **table.customer},
        key={**base.key, **table.key},
        behaviour={**base.behaviour, **table.behaviour},
        interaction=table.interaction,
        half_life_ms=round(table.half_life_days * DAY_MS),
    )
