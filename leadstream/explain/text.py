"""The document of `leadstream explain` for people: a customer, his leads as they stand, his story line by line."""

from __future__ import annotations

import re
from typing import Any, Final

_PARTITION: Final = re.compile(r".+-\d+-[A-Za-z0-9_-]{22}")


def text_of_document(document: dict[str, Any]) -> str:
    """Plain text; times are local to the state's time zone."""
    lines: list[str] = []
    for one in document["refused"]:
        lines += [*_refused(one), ""]
    for customer in document["customers"]:
        lines += [*_customer(customer), ""]
    clock = _when(document["clock"]) if document["clock"] else "not started"
    lines.append(f"Times are {document['timezone']}; the clock stands at {clock}.")
    if not document["complete"]:
        lines.append("Not all of the index was searched: an older late lead may be missing; ask for it by --source.")
    return "\n".join(lines)


def _when(text: str) -> str:
    return text[:23].replace("T", " ")


def _channel(one: dict[str, Any]) -> str:
    parts = [one["channel"] or "", one["account"], one["source_lead_id"] or "?"]
    name = f" ({one['channel_name']})" if one.get("channel_name") else ""
    return "/".join(part for part in parts if part) + name


def _refused(one: dict[str, Any]) -> list[str]:
    # A partition of a topic is topic-partition-topic id, a file has a path.
    place = "offset" if _PARTITION.fullmatch(one["source"]) else "line"
    where = f"{one['source']}, {place} {one['position']}"
    if one["what"] == "late":
        return [
            f"Late: {_channel(one)} was older than the lateness of its channel when it came in.",
            f"  Its original lies in the output `late` ({where}); it can be sent again with a new event time.",
        ]
    return [
        f"Rejected: {_channel(one)} was refused with {', '.join(one['reasons'])}.",
        f"  Its original lies in the output `rejects` ({where}).",
    ]


def _customer(customer: dict[str, Any]) -> list[str]:
    known = [customer.get("phone"), customer.get("landline"), customer.get("name")]
    who = ", ".join(str(part) for part in known if part)
    realm = " in the shadow realm (test leads)" if customer["realm"] == "shadow" else ""
    lines = [f"Customer {customer['one_id']}{realm}{': ' + who if who else ''}"]
    home = customer.get("home")
    if home is not None and home["province"]:
        city = home["city"] if home["city"] != f"{home['province']}市" else ""
        lines.append(f"  Home location of the number (号码归属地): {home['province']}{' ' + city if city else ''}.")
    consent = customer.get("consent")
    if consent is not None:
        given = "given" if consent["given"] else "not given"
        lines.append(f"  Consent: {given}, by {consent['by'].replace('_', '-')}.")
    if customer.get("behaviours"):
        lines.append(f"  Behaviours (行为), the five of highest value: {'; '.join(customer['behaviours'])}.")
    for lead in customer["leads"]:
        lines += _lead(lead)
    for one in customer["late"]:
        lines += [f"  {line}" for line in _refused(one)]
    if customer["story"]:
        lines.append("  Story")
        lines += [
            f"  {'»' if entry['asked'] else ' '} {_when(entry['at'])}  {entry['what']:<10}  {said(entry)}".rstrip()
            for entry in customer["story"]
        ]
    return lines


def _lead(lead: dict[str, Any]) -> list[str]:
    place = f"store {lead['store'] or 'not known yet'}, line {lead['line']}"
    asked = "»" if lead["asked"] else " "
    lines = [
        f"{asked} Lead {_short(lead['unique_id'])} ({lead['unique_id']}): {lead['status']}, {place}",
        f"    {lead['standing']}",
    ]
    if "opened_at" in lead:
        card = f" (trained scorecard {lead['scorecard']})" if lead["scorecard"] else ""
        lines.append(
            f"    Opened {_when(lead['opened_at'])}, last touch {_when(lead['last_touch_at'])}, expires "
            f"{_when(lead['expires_at'])}; raw leads {lead['raw_count']}, score {lead['score']}{card}, grade {lead['grade']}"
        )
    if lead["task_id"] or lead["cleaned_by"]:
        by = f", cleaned by {lead['cleaned_by']}" if lead["cleaned_by"] else ""
        lines.append(f"    Cleaning (清洗): route {lead['route']}, task {_short(lead['task_id'])}{by}")
    if lead["approximate_order"]:
        lines.append("    Its oldest events were too many to keep in order (ORDER_APPROXIMATE).")
    return lines


_WORKERS: Final = {"AI": "the robot (智能清洗)", "MANUAL": "people (人工清洗)"}


def _short(identifier: str | None) -> str:
    return identifier.rpartition(".")[2] if identifier else "?"


def said(entry: dict[str, Any]) -> str:
    """What one entry of a story says, behind its time and its name."""
    what = entry["what"]
    raw, unique = _short(entry.get("raw_id")), _short(entry.get("unique_id"))
    if what == "received":
        parts = [f"{raw} from {_channel(entry)}"]
        if entry["event_time"]:
            parts.append(f"event time {_when(entry['event_time'])}")
        if entry["line"]:
            parts.append(f"store {entry['store'] or 'not named'}, line {entry['line']}")
        if entry["split"]:
            parts.append(f"part {entry['split']}")
        return ", ".join(parts)
    if what in ("mark", "correction"):
        why = entry["why"].replace(entry["against"] or "?", _short(entry["against"]))
        return f"{raw} is {entry['mark']} of {unique}: {why}"
    if what == "hold":
        until = f" until {_when(entry['until'])}" if entry["until"] else ""
        return f"{unique} waits for {', '.join(entry['conditions'])}{until}"
    if what == "dispatch":
        return f"{unique} sent to its store, sequence {entry['sequence']}, score {entry['score']}"
    if what == "closing":
        return f"{unique} closed: {entry['reason']}"
    if what == "replay":
        return f"{raw} came again, unchanged"
    if what == "enrichment":
        return f"{raw} came again with other {', '.join(entry['changed'])}"
    if what == "activity":
        return f"{entry['kind']} for {unique}, event time {_when(entry['event_time'])}"
    if what == "opt_out":
        return f"the customer withdrew his consent, event time {_when(entry['event_time'])}"
    if what == "assigned":
        return f"{unique} is {entry['advisor']}'s"
    if what == "recycled":
        return f"{unique} went into the public pool (公池): {entry['reason']}"
    if what == "dispute":
        return f"{unique}: a follow-up of {_when(entry['event_time'])} came too late to keep it"
    task = _short(entry.get("task_id"))
    if what == "task":
        until = f", until {_when(entry['expires_at'])}" if entry["expires_at"] else ""
        stores = f"; recommended: {', '.join(entry['stores'])}" if entry["stores"] else ""
        asked = ", ".join(entry["reasons"]) or "the robot could not tell"
        return f"{unique} goes to {_WORKERS[entry['route']]} as {task}, since {asked}{until}{stores}"
    if what == "task end":
        said = f" by {entry['by']}: {entry['outcome']}" if entry["by"] else ""
        return f"{task} of {unique} is over: {entry['state']}{said}"
    if what == "verdict":
        reason = f" ({entry['reason']})" if entry["reason"] else ""
        return f"{entry['by']} says of {unique}: {entry['outcome']}{reason}, event time {_when(entry['event_time'])}"
    if what == "number run":
        by = f"its number came to stand beside others by {raw}" if entry["raw_id"] else "a later number showed it"
        return f"{unique} is in a number run (后3位连号): {by}"
    if what == "run alert":
        name = f" ({entry['channel_name']})" if entry["channel_name"] else ""
        return (
            f"an alert went out for channel {entry['channel']}{name}: {raw} makes {', '.join(entry['numbers'])} a run"
        )
    if what == "store exit":
        head = f"store {entry['store']} left (经销商退网) by command {entry['command_id']}: {unique} "
        if entry["successor"] is None:
            return f"{head}waits for another store, there is no successor"
        folded = f" and folded into {_short(entry['folded_into'])} there" if entry["folded_into"] else ""
        return f"{head}went to its successor {entry['successor']}{folded}"
    if what == "deleted":
        return f"{unique} deleted after its retention"
    return ", ".join(str(part) for part in entry.get("details", ()))
