"""The document behind `leadstream explain`: rows, stories and index entries as dictionaries, personal data masked."""

from __future__ import annotations

from typing import Any

from leadstream.explain import waits
from leadstream.explain.entries import Ids, entry_of
from leadstream.explain.told import Told
from operators.base.rules import Rules
from operators.base.scorecard import number_in
from operators.dispatch import holds
from operators.identity.home import home_of
from operators.intention import behaviours, score
from operators.lead import life, statuses
from state.inspect import Outcome
from state.rows.codes import BY, CLOSED_REASONS, ROUTES, STATUSES
from state.rows.customer_row import Customer, Section
from state.rows.intention import Unique
from state.rows.lead import Lead
from state.rows.story import Dispatched, Entry, Received

Customers = dict[str, Any]


def refusal_of(told: Told, outcome: Outcome) -> dict[str, Any]:
    """A reject or a late lead: what, why, and where its original lies."""
    what, _, codes = outcome.result.partition(" ")
    subject = outcome.subject
    one_id = None
    if what == "late":
        one_id, _, subject = subject.partition("-")
    source, _, position = subject.rpartition("-")
    return {
        "what": "late" if what == "late" else "rejected",
        "channel": outcome.channel,
        "channel_name": told.channel_name(outcome.channel),
        "account": told.source_id(outcome.account),
        "source_lead_id": told.source_id(outcome.source_id),
        "one_id": one_id,
        "reasons": codes.split(",") if codes else ["LATE"],
        "source": source,
        "position": int(position) if position.isdigit() else None,
    }


def customer_of(told: Told, digest: bytes, *, shadow: bool, asked: set[str]) -> Customers | None:
    """All that is known of a customer in one realm; None = nothing."""
    inspection = told.inspection
    shard = told.one_ids.shard(digest)
    row = inspection.customer(shard, digest, shadow=shadow)
    story = inspection.story(shard, digest, shadow=shadow)
    one_id = digest.hex()
    outcomes, complete = inspection.outcomes_of(shard, one_id)
    told.complete = told.complete and complete
    late = [] if shadow else [refusal_of(told, outcome) for outcome in outcomes if outcome.result == "late"]
    if row is None and not story and not late:
        return None
    mine = [one for one in outcomes if one.result != "late" and _life(one.subject).endswith("s") == shadow]
    lives = sorted({_life(one.subject) for one in mine} | ({row.life} if row is not None else set()))
    entries, ids = _entries(told, row, story, one_id, lives, mine)
    for entry in entries:
        entry["asked"] = bool(asked & {entry.get("raw_id"), entry.get("unique_id")})
    head: Customers = {"one_id": one_id, "realm": "shadow" if shadow else "live"}
    if row is not None:
        head["phone"], head["landline"] = told.phone(row.phone), told.phone(row.landline)
        if told.reveal:
            head["name"] = row.name or None
            head["home"] = home_of(row.phone or row.landline)._asdict()
        head["consent"] = _consent(row, told.rules)
        head["opted_out"] = row.opted_out
        clock = inspection.seal.clock
        head["behaviours"] = behaviours.sentences(row.behaviours, 0 if clock is None else clock, told.rules)
        prefix = Ids(f"{one_id}.{row.life}.")
        head["leads"] = [
            _lead(told, section, lead, prefix, story) for section in row.sections for lead in section.leads
        ]
        ids |= {lead["unique_id"] for lead in head["leads"]}
    else:
        head["leads"] = []
    for lead in head["leads"]:
        lead["asked"] = lead["unique_id"] in asked
    return {**head, "late": late, "story": entries, "ids": sorted(ids)}


def _life(raw_id: str) -> str:
    return raw_id.split(".")[1] if raw_id.count(".") == 2 else ""


def _consent(row: Customer, rules: Rules) -> dict[str, Any]:
    if row.consent >= 0:
        return {"given": row.consent == 1, "by": "opt_out" if row.opted_out else "the customer"}
    return {"given": holds.has_consent(row, rules), "by": "the default of the channel"}


# --- leads as they stand


def _unique(section: Section, n: int) -> Unique | None:
    return next((unique for unique in reversed(section.head.uniques) if unique.n == n), None)


def _lead(told: Told, section: Section, lead: Lead, ids: Ids, story: list[Entry]) -> dict[str, Any]:
    unique = _unique(section, lead.n)
    found: dict[str, Any] = {
        "unique_id": ids.unique(lead.n),
        "status": STATUSES[lead.status],
        "closed_reason": CLOSED_REASONS[lead.reason] or None,
        "store": section.store or None,
        "line": section.line,
        "score": lead.score,
        "grade": score.GRADES[lead.grade],
        "conditions": list(holds.codes(lead.conditions)) if life.is_waiting(lead) else [],
        "until": told.time(lead.until) if lead.until else None,
        "dispatches": lead.sequence,
        "folded_into": ids.unique(lead.into) if lead.into else None,
        "approximate_order": section.approximate,
    }
    cleaning = lead.cleaning
    found["route"] = ROUTES[lead.route] or None
    found["task_id"] = ids.task(cleaning.number) if cleaning is not None and cleaning.number else None
    found["cleaned_by"] = (BY[cleaning.by] or None) if cleaning is not None else None
    if unique is not None:
        found |= {
            "channel": unique.channel,
            "first_touch_raw_id": ids.raw(unique.first),
            "raw_count": unique.count,
            "scorecard": number_in(unique.judged) or None,
            "opened_at": told.time(unique.opened),
            "last_touch_at": told.time(unique.touched),
            "expires_at": told.time(unique.expires),
        }
    found["standing"] = _standing(told, section, lead, found, story)
    return found


def _standing(told: Told, section: Section, lead: Lead, found: dict[str, Any], story: list[Entry]) -> str:
    """One sentence: is it in the store's app, and if not, why."""
    sent = [entry for entry in story if isinstance(entry, Dispatched) and entry.unique == lead.n]
    if lead.into:
        return f"It was folded into {found['folded_into']}."
    if statuses.is_in(lead, statuses.CLOSED):
        when = f" on {told.time(lead.closed_at)}" if lead.closed_at else ""
        before = f" It was dispatched on {told.time(sent[-1].at)} (sequence {sent[-1].sequence})." if sent else ""
        return f"It is closed ({found['closed_reason']}){when}.{before or ' It was never dispatched.'}"
    if statuses.is_in(lead, statuses.AT_STORE):
        where = f"store {section.store}"
        if sent:
            return f"It was dispatched to {where} on {told.time(sent[-1].at)} (sequence {sent[-1].sequence})."
        return f"It counts as dispatched: another dispatched lead stands open at {where}, line {section.line}."
    if not found["conditions"]:
        return "It waits."
    reasons = waits.reasons(section, _unique(section, lead.n), lead, told.rules, found["until"])
    return f"It waits: {'; '.join(reasons)}."


# --- the story


def _entries(
    told: Told,
    row: Customer | None,
    story: list[Entry],
    one_id: str,
    lives: list[str],
    outcomes: list[Outcome],
) -> tuple[list[dict[str, Any]], set[str]]:
    """The story in order, and every id that stands in it."""
    chapters = _chapters(story)
    found: list[dict[str, Any]] = []
    for place, chapter in enumerate(chapters):
        back = len(chapters) - place
        ids = Ids(f"{one_id}.{lives[-back] if back <= len(lives) else '?'}.")
        for entry in chapter:
            found.append(entry_of(told, entry, ids))
    named = {value for entry in found for key in ("raw_id", "unique_id") if (value := entry.get(key))}
    return found, named | {outcome.subject for outcome in outcomes}


def _chapters(story: list[Entry]) -> list[list[Entry]]:
    """The story by lives of the row: numbers begin anew when a deleted customer comes back (ruling 21)."""
    chapters: list[list[Entry]] = [[]]
    highest = 0
    for entry in story:
        if isinstance(entry, Received):
            if entry.n <= highest:
                chapters.append([])
            highest = entry.n
        chapters[-1].append(entry)
    return chapters
