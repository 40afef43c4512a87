"""What to do about a refused record, in words: one sentence or two for each code (ruling 81).

A table and nothing else: rejects, the gateway, an import's result file and `leadstream feeds try` say the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

BY_CODE: Final[Mapping[str, str]] = {
    # the record
    "NOT_JSON": "Send one JSON object a line or a message, in UTF-8, without NaN and Infinity.",
    "TOO_LARGE": "A record is at most 1 MiB. Leave out what the engine does not use.",
    "UNKNOWN_TYPE": "`type` is raw_lead, activity, verdict, behaviour or command; without it the file's name or the topic says it.",
    "MISSING_FIELD": "The record needs this field, and it is absent, null or blank. Map it in the sender.",
    "BAD_FIELD": "This value cannot be read as what the field holds. Send text of at most 256 bytes, or what the schema says.",
    "BAD_TIME": "Send RFC 3339 with an offset, for example 2026-03-02T10:15:00+08:00, neither absurdly early nor far ahead.",
    # the contact
    "NO_CONTACT": "A lead needs a phone or a landline. Map the field that holds the number to `phone`.",
    "BAD_PHONE": "No single number can be read here. Send all digits of one mobile, or of one landline with its area code.",
    "SERVICE_NUMBER": "This is a service number, nobody's own. Ask for the customer's mobile.",
    "TEST_NUMBER": "This is a number for testing. For test leads set `test` to true and use any other number.",
    "FOREIGN_NUMBER": "This country's numbers are not taken. Name the country in `validation.countries`, then send the lead again.",
    # channel and line
    "UNKNOWN_CHANNEL": "Add it as [channels.CODE], or correct the sender's code; `leadstream feeds list` shows the known channels.",
    "CHANNEL_NOT_LIVE": "The channel is registered or suspended. Set its `status` to LIVE, or to TESTING, then send the lead again.",
    "UNKNOWN_LINE": "Add the business line to the configuration as [lines.CODE], or correct the code in the sender.",
    # what stands in the state
    "NO_LEAD": "No lead of this customer fits: another number, store or line, or it came before its lead. Send it again then.",
    "AMBIGUOUS": "The customer has several open leads in this line. Name the store, or the unique_id.",
    "NO_TASK": "There is no such task. Send the task_id as `cleaning_tasks` gave it.",
    "TASK_CLOSED": "The task was answered, withdrawn or timed out before.",
    "NOT_ALLOWED": "The lead does not stand where this command is possible. `leadstream explain --unique-id` says where it stands.",
    "CAP_REACHED": "The advisor holds as many customers as the cap allows. Assign another, or raise `pools.cap`.",
    # the program
    "NOT_SUPPORTED": "This version does not apply such records yet. Keep the original; it can be sent again.",
    "INTERNAL": "A fault of the program: report it with the trace in the log. The original can be sent again after an update.",
}

BY_FIELD: Final[Mapping[tuple[str, str], str]] = {
    ("source_lead_id", "MISSING_FIELD"): "Map the channel's own id of the lead to it: by that a repeated sending is known.",
    ("channel", "MISSING_FIELD"): "Every lead names its channel. Map it, or set it as a constant in the sender.",
    ("activity_id", "MISSING_FIELD"): "Every activity needs an id of its sender: by it a repeated sending is known.",
    ("command_id", "MISSING_FIELD"): "Every command needs an id of its sender: by it a repeated sending is known.",
    ("store", "MISSING_FIELD"): "STORE_CHOSEN names the store that the customer chose.",
    ("outcome", "BAD_FIELD"): "Send one of the outcomes that the schema lists for this `by`.",
    ("advisor", "MISSING_FIELD"): "ASSIGN and TRANSFER name the advisor.",
    ("phone", "BAD_FIELD"): "Send the number as text or as a number, nothing else.",
    ("landline", "BAD_FIELD"): "Send the number as text or as a number, nothing else.",
    ("stores", "BAD_FIELD"): "Send a list of at most 64 store codes, each text of at most 256 bytes.",
    ("kind", "BAD_FIELD"): "Send one of the kinds that the schema lists.",
    ("by", "BAD_FIELD"): "Send AI, MANUAL, DCC, ADVISOR or BIGDATA.",
    ("origin", "BAD_FIELD"): "Send market or advisor, or leave it out.",
}  # fmt: skip
"""Where a field needs other words than its code."""

RESEMBLES: Final = " A key of the record resembles `{field}`: write it exactly so."
"""Behind the hint of a field that is missing while such a key stands there."""


def hint_of(field: str | None, code: str) -> str:
    """The words for a code at a field; "" for a code that is not listed."""
    return BY_FIELD.get((field or "", code)) or BY_CODE.get(code, "")
