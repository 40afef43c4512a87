"""The tables of a configuration file: which keys exist, what each may be, and its default.

pydantic walks the tables and finds unknown keys; `config_values` judges each value. Defaults that the rules have too
are taken from `operators.base.rules`, so that they stand once.
"""

from __future__ import annotations

import datetime
from typing import Annotated, Final

from pydantic import BaseModel, PlainValidator

from operators.base.rules import DAY_MS, Channel, Periods, Rules, ScoreRules, Store
from operators.base.scorecard import Scorecard
from operators.base.words import WORDS
from operators.config import kafka
from operators.config.feed_tables import (
    FeedTable,
    PagingTable,
    PullTable,
    ReplyTable,
    SignatureTable,
    WindowTable,
)
from operators.config.holidays import holiday_region
from operators.config.table import STRICT, Code, Text
from operators.config.time_table import TimeTable
from operators.config.values import (
    HOUR_MS,
    LATEST_HOURS,
    LONGEST_DAYS,
    LONGEST_JUMP_DAYS,
    REQUIRED_FIELDS,
    STATUSES,
    calling_hours,
    closing_ms,
    date_of,
    days_of,
    earliest_date,
    feedback_codes,
    flag,
    group_of,
    identity_mode,
    number,
    one_of,
    region,
    time_of_day_ms,
    time_zone,
    today_of,
    variable_name,
    whole_days,
)
from operators.intention.attributes import LEVEL_NAMES
from state import limits
from state.rows.codes import ROUTES

Days = Annotated[float, PlainValidator(days_of)]
JumpDays = Annotated[float, PlainValidator(number("days", 0, LONGEST_JUMP_DAYS, above=True))]
LateHours = Annotated[float, PlainValidator(number("hours", 0, LATEST_HOURS))]
Weight = Annotated[float, PlainValidator(number("", 0, 1_000_000))]
Points = Annotated[float, PlainValidator(number("points", 0, 100))]
Flag = Annotated[bool, PlainValidator(flag)]
Date = Annotated[datetime.date, PlainValidator(date_of)]
Opens = Annotated[int, PlainValidator(time_of_day_ms)]
Closes = Annotated[int, PlainValidator(closing_ms)]
PerMinute = Annotated[int, PlainValidator(number("leads a minute", 0, 1_000_000, whole=True))]


Yuan = Annotated[float, PlainValidator(number("yuan", 0, limits.YUAN))]
LeadsPerMinute = Annotated[int, PlainValidator(number("leads a minute", 1, 10_000_000, whole=True))]
BodyBytes = Annotated[int, PlainValidator(number("bytes", 1, limits.GATEWAY_BODY_BYTES, whole=True))]


class Table(BaseModel):
    """A table whose keys are all known."""

    model_config = STRICT


class PeriodsTable(Table):
    """`[periods]`: days, `late_hours` in hours, `earliest` a date."""

    merge: Days = Periods().merge_ms / DAY_MS
    deal_merge: Days = Periods().deal_ms / DAY_MS
    max_life: Days = Periods().life_ms / DAY_MS
    late_hours: LateHours = Rules().late_ms / HOUR_MS
    replay: Days = Rules().replay_ms / DAY_MS
    from_first: Flag = Rules().from_first
    earliest: Annotated[datetime.date, PlainValidator(earliest_date)] = datetime.date(2010, 1, 1)
    max_jump_days: JumpDays = Rules().max_jump_ms / DAY_MS
    clock_gap_days: JumpDays = 30.0


class SourceTable(Table):
    """`[source]`: what is known of the input as a whole. `today` = the latest time that it may begin with (ruling 76)."""

    today: Annotated[int | datetime.date, PlainValidator(today_of)] | None = None


class OwnPeriodsTable(Table):
    """`[series.X]`, and the periods of `[lines.X]`: what is absent is that of `[periods]` (ruling 56)."""

    name: Text = ""
    merge: Days | None = None
    deal_merge: Days | None = None
    max_life: Days | None = None

    @property
    def sets_period(self) -> bool:
        """Whether it gives any period; a series that only has a name must not hide its line's periods."""
        return not (self.merge is None and self.deal_merge is None and self.max_life is None)


class ValidationTable(Table):
    """`[validation]`: regions whose numbers are taken beside those of mainland China (ruling 79)."""

    countries: list[Annotated[str, PlainValidator(region)]] = ["CN"]


class DedupTable(Table):
    """`[dedup]`: whether a repeat on another channel is a repeat (domain 6)."""

    scope: Annotated[str, PlainValidator(one_of(("key", "channel")))] = "key"


Required = list[Annotated[str, PlainValidator(one_of(REQUIRED_FIELDS))]]


class LineTable(OwnPeriodsTable):
    """`[lines.X]`: its periods, and the fields that a dispatch of its leads needs beside those of `[dispatch]`."""

    required: Required = []


class ChannelTable(Table):
    """`[channels.X]`."""

    name: Text = ""
    group: Annotated[str, PlainValidator(group_of)] = ""
    status: Annotated[str, PlainValidator(one_of(STATUSES))] = "LIVE"
    consent: Flag = False
    priority: Annotated[int, PlainValidator(number("", -1_000_000, 1_000_000, whole=True))] = Channel("").priority
    live_since: Date | None = None
    late_hours: LateHours | None = None
    weight: Weight = Channel("").weight
    time: TimeTable | None = None
    feedback: Annotated[dict[str, str], PlainValidator(feedback_codes)] = {}
    required: Required = []
    leads_per_minute: LeadsPerMinute | None = None
    body_bytes: BodyBytes | None = None


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
    """`[calendars.X]`: dates that are closed, dates that are open all the same (rulings 16 and 56), national holidays."""

    closed: list[Date] = []
    open: list[Date] = []
    holidays: Annotated[str, PlainValidator(holiday_region)] | None = None


class DispatchTable(Table):
    """`[dispatch]`: what a dispatch needs, and how fast a store's opening releases (ruling 29)."""

    required: Required = []
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
    gate: Annotated[int, PlainValidator(number("", 0, 100, whole=True))] = ScoreRules().gate
    gate_hold_hours: Annotated[float, PlainValidator(number("hours", 0, LATEST_HOURS, above=True))] = (
        ScoreRules().gate_hold_ms / HOUR_MS
    )
    types: dict[str, Weight] = {}
    other_type: Weight = ScoreRules().other_type
    negative: dict[str, Weight] = {}
    model: Text = ""


class CleaningRuleTable(Table):
    """One of `[[cleaning.rules]]` (ruling 58): what is absent is not looked at."""

    route: Annotated[str, PlainValidator(one_of(ROUTES[1:]))]
    reason: Code
    channel: list[Code] | None = None
    group: list[Annotated[str, PlainValidator(group_of)]] | None = None
    series: list[Code] | None = None
    campaign: list[Code] | None = None
    line: list[Code] | None = None
    level: list[Annotated[str, PlainValidator(one_of(LEVEL_NAMES[1:]))]] | None = None


class CostTable(Table):
    """`[cleaning.cost]`: yuan of a task that robot or people end (ruling 61)."""

    AI: Yuan = 0.0
    MANUAL: Yuan = 0.0


class CleaningTable(Table):
    """`[cleaning]` (rulings 24, 28, 58, 59 and 61)."""

    enabled: Flag = True
    young_days: Annotated[float, PlainValidator(number("days", 0, LONGEST_DAYS))] = 90.0
    ai_timeout_minutes: Annotated[float, PlainValidator(number("minutes", 0, 1440, above=True))] = 10.0
    manual_timeout_hours: Annotated[float, PlainValidator(number("hours", 0, LATEST_HOURS, above=True))] = 24.0
    calling: Annotated[tuple[int, int], PlainValidator(calling_hours)] = (9 * HOUR_MS, 20 * HOUR_MS)
    calendar: Code | None = None
    number_run: Annotated[int, PlainValidator(number("", 0, 1000, whole=True))] = 3
    cost: CostTable = CostTable()
    rules: list[CleaningRuleTable] = []


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
    feedback: Days | None = None
    cleaning_tasks: Days | None = None


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


class GatewayTable(Table):
    """`[gateway]`: what a channel may send that sets nothing of its own; no rule, so never part of `Rules.version`."""

    leads_per_minute: LeadsPerMinute = 60_000
    body_bytes: BodyBytes = limits.GATEWAY_BODY_BYTES


class OutputTable(Table):
    """`[output]`: when a file of an output folder is closed as a segment; no rule, so never part of `Rules.version`."""

    segment_mib: Annotated[int, PlainValidator(number("MiB", 1, 1_000_000, whole=True))] = limits.SEGMENT_BYTES >> 20
    daily: Flag = True


class Tables(Table):
    """A whole file."""

    profile: Text = "automotive"
    timezone: Annotated[str, PlainValidator(time_zone)] = "Asia/Shanghai"
    language: Annotated[str, PlainValidator(one_of(tuple(WORDS)))] = "zh"
    words: dict[str, Text] = {}
    one_id_secret_env: Annotated[str, PlainValidator(variable_name)] = "LEADSTREAM_ONE_ID_SECRET"
    periods: PeriodsTable = PeriodsTable()
    validation: ValidationTable = ValidationTable()
    time: TimeTable | None = None
    source: SourceTable = SourceTable()
    dedup: DedupTable = DedupTable()
    lines: dict[str, LineTable] | None = None
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
    gateway: GatewayTable = GatewayTable()
    output: OutputTable = OutputTable()


MODELS: Final[dict[tuple[str, ...], type[BaseModel]]] = {
    (): Tables,
    ("periods",): PeriodsTable,
    ("validation",): ValidationTable,
    ("dedup",): DedupTable,
    ("lines", "*"): LineTable,
    ("series", "*"): OwnPeriodsTable,
    ("channels", "*"): ChannelTable,
    ("channels", "*", "time"): TimeTable,
    ("time",): TimeTable,
    ("source",): SourceTable,
    ("stores", "*"): StoreTable,
    ("calendars", "*"): CalendarTable,
    ("dispatch",): DispatchTable,
    ("score",): ScoreTable,
    ("cleaning",): CleaningTable,
    ("cleaning", "cost"): CostTable,
    ("cleaning", "rules", "*"): CleaningRuleTable,
    ("follow_up",): FollowUpTable,
    ("pools",): PoolsTable,
    ("nurture",): NurtureTable,
    ("identity",): IdentityTable,
    ("kafka",): KafkaTable,
    ("gateway",): GatewayTable,
    ("kafka", "retention_days"): RetentionTable,
    ("feeds", "*"): FeedTable,
    ("feeds", "*", "signature"): SignatureTable,
    ("feeds", "*", "time"): TimeTable,
    ("feeds", "*", "reply"): ReplyTable,
    ("pull", "*"): PullTable,
    ("pull", "*", "paging"): PagingTable,
    ("pull", "*", "window"): WindowTable,
    ("output",): OutputTable,
}
"""Which model judges which table; `*` = any code."""

NAMED: Final = ("lines", "series", "channels", "stores", "calendars", "feeds", "pull")
"""Tables whose keys are codes that the operator chooses."""


def score_rules(table: ScoreTable, model: Scorecard | None) -> ScoreRules:
    """The weights in force: each name that the file leaves out keeps its default. `model`: what `table.model` names."""
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
        types={**base.types, **{kind.upper(): weight for kind, weight in table.types.items()}},
        other_type=table.other_type,
        negative={**base.negative, **table.negative},
        half_life_ms=round(table.half_life_days * DAY_MS),
        gate=table.gate,
        gate_hold_ms=round(table.gate_hold_hours * HOUR_MS),
        model=model,
    )
