"""`[cleaning]` as rules that the decisions read (rulings 58, 59 and 61)."""

from __future__ import annotations

from dataclasses import replace

from operators.base.calendar import LocalTime
from operators.base.rules import DAY_MS, CleaningRule, CleaningRules
from operators.config.tables import CalendarTable, CleaningRuleTable, Tables
from operators.config.values import HOUR_MS, MINUTE_MS, day_of, ms_of
from state.rows.codes import ROUTES


def cleaning_rules(tables: Tables, local: LocalTime) -> CleaningRules:
    """The rules of cleaning in force, its calling hours with their calendar."""
    table = tables.cleaning
    opens, closes = table.calling
    calendar = tables.calendars.get(table.calendar or "", CalendarTable())
    young = ms_of(table.young_days, DAY_MS)
    return CleaningRules(
        enabled=table.enabled,
        young_until={
            code: local.instant(day_of(one.live_since), 0) + young
            for code, one in tables.channels.items()
            if one.live_since is not None and one.group != "offline"
        },
        rules=tuple(
            CleaningRule(
                ROUTES.index(one.route),
                one.reason,
                *(None if names is None else frozenset(names) for names in _named_by(one)),
            )
            for one in table.rules
        ),
        ai_ms=ms_of(table.ai_timeout_minutes, MINUTE_MS),
        manual_ms=ms_of(table.manual_timeout_hours, HOUR_MS),
        calling=replace(
            CleaningRules().calling,
            opens_ms=opens,
            closes_ms=closes,
            closed_days=frozenset(map(day_of, calendar.closed)),
            open_days=frozenset(map(day_of, calendar.open)),
        ),
        number_run=table.number_run,
        cost_ai=table.cost.AI,
        cost_manual=table.cost.MANUAL,
    )


def _named_by(rule: CleaningRuleTable) -> tuple[list[str] | None, ...]:
    """What a rule names, in the order of `CleaningRule`."""
    return rule.channel, rule.group, rule.series, rule.campaign, rule.line, rule.level
