"""`leadstream costs`: what cleaning (清洗) cost by channel and campaign of the first touch, and the robot's share (ruling 61).

Reads beside a running engine. Channels are counted whole; campaigns are counted in the same batches, at most
`limits.CAMPAIGNS_PER_DAY` of them a shard and day, so what no campaign has by name is the channel's rest.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

import typer

from operators.base.calendar import LocalTime
from operators.base.count_kinds import PER_CAMPAIGN
from operators.base.rules import Channel
from operators.config import configuration
from operators.config.names import nearest
from operators.identity.masks import without_contacts
from state import errors, keys, limits
from state.inspect import Inspection

_EPOCH: Final = date(1970, 1, 1).toordinal()
_LIVE: Final = "l:"
_NOTHING: Final = (0,) * len(PER_CAMPAIGN)
Counted = tuple[int, ...]
"""As PER_CAMPAIGN: tasks of robot and people, resolved by either, hundredths of a yuan."""


@dataclass(frozen=True)
class Asked:
    """Which costs: days from `since` on and before `before` (counted from 1970-01-01), one channel or all, and how many
    campaigns of each channel are shown."""

    since: int | None = None
    before: int | None = None
    channel: str | None = None
    limit: int = 20


def day_of(option: str, text: str | None) -> int | None:
    """The local day of an option. Raises WrongUsage."""
    if text is None:
        return None
    try:
        return date.fromisoformat(text).toordinal() - _EPOCH
    except ValueError:
        raise errors.WrongUsage(
            f"{option} is no day: {text[:40]}.", "Give a day of the state's time zone, for example 2026-03-02."
        ) from None


def costs(state: Path, asked: Asked, *, config: Path | None, as_json: bool) -> None:
    """Print the costs. Raises WrongUsage for a limit out of range or a channel that was not counted, StateRefused where there is
    no state."""
    if not 0 <= asked.limit <= limits.CAMPAIGNS_SHOWN:
        raise errors.WrongUsage(
            f"--limit {asked.limit} is out of range.", f"Give a number from 0 to {limits.CAMPAIGNS_SHOWN}."
        )
    known = configuration.load(config).rules.channels
    with Inspection(state) as inspection:
        local = LocalTime(inspection.identity.timezone)
        clock = inspection.seal.clock
        channels, campaigns = _read(inspection, asked)
    if asked.channel is not None and asked.channel not in channels and asked.channel not in known:
        raise errors.WrongUsage(
            f"There is no channel {asked.channel}{nearest(asked.channel, {*channels, *known}) or '.'}",
            "Give the code of a channel, as in the outputs; or --config of the run.",
        )
    document = {
        "clock": None if clock is None else local.text(clock),
        "timezone": local.name,
        **_document(channels, campaigns, asked, known),
    }
    typer.echo(json.dumps(document, ensure_ascii=False) if as_json else "\n".join(said(document)))


def _read(inspection: Inspection, asked: Asked) -> tuple[dict[str, Counted], dict[str, dict[str, Counted]]]:
    """(channel → counted, channel → campaign → counted) of the live realm."""
    channels: dict[str, Counted] = {}
    campaigns: dict[str, dict[str, Counted]] = {}
    for day, name, counts in inspection.counts(keys.COUNTS):
        if _is_wanted(day, name, asked):
            of = tuple(counts[place] if place < len(counts) else 0 for place in PER_CAMPAIGN)
            channel = name.removeprefix(_LIVE)
            channels[channel] = _sum(channels.get(channel, _NOTHING), of)
    for day, name, counts in inspection.counts(keys.CAMPAIGNS):
        if _is_wanted(day, name, asked):
            channel, _, campaign = name.removeprefix(_LIVE).partition("\0")
            of_channel = campaigns.setdefault(channel, {})
            of_channel[campaign] = _sum(of_channel.get(campaign, _NOTHING), tuple(counts))
    return {channel: counted for channel, counted in channels.items() if any(counted)}, campaigns


def _is_wanted(day: int, name: str, asked: Asked) -> bool:
    if not name.startswith(_LIVE) or (asked.since is not None and day < asked.since):
        return False
    if asked.before is not None and day >= asked.before:
        return False
    return asked.channel is None or name.removeprefix(_LIVE).partition("\0")[0] == asked.channel


def _sum(one: Counted, other: Counted) -> Counted:
    return tuple(a + b for a, b in zip(one, other, strict=True))


def _document(
    channels: dict[str, Counted], campaigns: dict[str, dict[str, Counted]], asked: Asked, known: Mapping[str, Channel]
) -> dict[str, Any]:
    shown = []
    total = _NOTHING
    for channel, counted in sorted(channels.items(), key=lambda one: (-one[1][-1], one[0])):
        total = _sum(total, counted)
        ordered = sorted(campaigns.get(channel, {}).items(), key=lambda one: (-one[1][-1], one[0]))
        rest = counted
        named = []
        for campaign, of in ordered[: asked.limit]:
            rest = tuple(a - b for a, b in zip(rest, of, strict=True))
            named.append({"campaign": without_contacts(campaign) or None, **_figures(of)})
        shown.append(
            {
                "channel": channel,
                "channel_name": known[channel].name or None if channel in known else None,
                **_figures(counted),
                "campaigns": named,
                "others": _figures(rest) if any(rest) else None,
            }
        )
    return {"channels": shown, "total": _figures(total)}


def _figures(counted: Counted) -> dict[str, Any]:
    """For machines. `ai_resolution_rate`: of the leads whose cleaning a verdict ended, the robot's share; None = none was."""
    tasks_ai, tasks_manual, by_ai, by_people, fen = counted
    resolved = by_ai + by_people
    return {
        "tasks_ai": tasks_ai,
        "tasks_manual": tasks_manual,
        "resolved_ai": by_ai,
        "resolved": resolved,
        "ai_resolution_rate": round(by_ai / resolved, 4) if resolved else None,
        "cost_yuan": fen / 100,
    }


# --- for people


def said(document: dict[str, Any]) -> Iterator[str]:
    """The document for people, line by line."""
    if not document["channels"]:
        yield "No lead was cleaned (清洗) in this time, and nothing was paid."
    else:
        yield f"{'tasks AI':>10}{'people':>10}{'resolved':>10}{'by AI':>8}{'yuan':>14}  channel, campaign"
        for one in document["channels"]:
            name = f" ({one['channel_name']})" if one["channel_name"] else ""
            yield f"{_row(one)}  {one['channel']}{name}"
            for campaign in one["campaigns"]:
                yield f"{_row(campaign)}    {campaign['campaign'] or 'without a campaign'}"
            if one["others"]:
                yield f"{_row(one['others'])}    others"
        yield f"{_row(document['total'])}  all"
    clock = document["clock"]
    stands = "has not started" if clock is None else f"stands at {clock[:19].replace('T', ' ')}"
    yield f"Days are {document['timezone']}; the clock {stands}."


def _row(one: dict[str, Any]) -> str:
    rate = one["ai_resolution_rate"]
    share = "" if rate is None else f"{rate:.0%}"
    figures = f"{one['tasks_ai']:>10}{one['tasks_manual']:>10}{one['resolved']:>10}{share:>8}"
    return f"{figures}{one['cost_yuan']:>14.2f}"
